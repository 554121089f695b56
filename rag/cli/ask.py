"""`rag ask`, and the log of its answers: `rag answers`, `rag show`, `rag replay`."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.common import (
    DEFAULT_DATABASE,
    BaseUrl,
    Database,
    Format,
    Fresh,
    K,
    Model,
    Output,
    Prefix,
    Since,
    Source,
    Until,
    filters,
    freshen,
    open_generator,
    open_index,
)
from rag.errors import DatabaseError, InputError

if TYPE_CHECKING:
    from rag.index import Index
    from rag.store.answers import Logged
    from rag.types import Answer, Generator

Number = Annotated[int, typer.Argument(help="The number of an answer, as rag answers lists it.", show_default=False)]


def ask(
    question: Annotated[str, typer.Argument(help="A question in plain words.", show_default=False)],
    database: Database = DEFAULT_DATABASE,
    model: Model = "smollm2",
    base_url: BaseUrl = "",
    k: K = 8,
    citations: Annotated[int, typer.Option("--citations", help="Cite at most so many sentences.", min=1)] = 3,
    max_tokens: Annotated[
        int, typer.Option("--max-tokens", help="The longest reply; 0: as long as it needs.", min=0)
    ] = 0,
    temperature: Annotated[float, typer.Option("--temperature", "-t", help="0 is greedy.", min=0.0)] = 0.0,
    seed: Annotated[int, typer.Option("--seed", help="The same seed gives the same answer.")] = 0,
    prompt: Annotated[str, typer.Option("--prompt", help="A bundled prompt, or a file of yours: ./my.txt")] = "ask",
    follow: Annotated[bool, typer.Option("--continue", "-c", help="Go on with the last conversation.")] = False,
    source: Source = "",
    prefix: Prefix = "",
    since: Since = "",
    until: Until = "",
    fresh: Fresh = False,
    log: Annotated[bool, typer.Option("--log/--no-log", help="Keep the answer (rag answers).")] = True,
    form: Output = Format.text,
) -> None:
    """Answer a question from the index, citing it word for word."""
    question = question.encode("utf-8", "replace").decode()  # bytes of the shell that are no UTF-8 become "?"
    if not question.strip():
        raise InputError("the question is empty", 'Ask something: rag ask "How do I …?"')
    if form is Format.csv:
        raise InputError("an answer is no table", "Choose --format text, json or jsonl.")
    settings: dict[str, Any] = {
        "model": model, "base_url": _public(base_url), "k": k,
        "filters": {"source": source, "prefix": prefix, "since": since, "until": until},
        "asking": {"citations": citations, "max_tokens": max_tokens or None, "temperature": temperature,
                   "seed": seed, "prompt": prompt},
    }  # fmt: skip
    with open_index(database) as index:
        if fresh:
            freshen(index)
        earlier = _earlier(index) if follow else None
        history = (*earlier.history, (earlier.question, earlier.answer)) if earlier else ()
        generator = open_generator(model, base_url)
        live = form is Format.text and sys.stdout.isatty()
        given = _answer(index, question, settings, history, generator, _printer() if live else None)
        found = _object(given)
        number = _logged(index, found, settings, history, earlier.conversation if earlier else 0) if log else 0
    if form is Format.text:
        _print(found, number, streamed=live)
    else:
        _as_json(found, form)


def answers(
    database: Database = DEFAULT_DATABASE,
    limit: Annotated[int, typer.Option("-n", "--limit", help="How many, newest first.", min=1)] = 20,
    form: Output = Format.text,
) -> None:
    """List the answers given, newest first."""
    from rag import render
    from rag.store import Database as Store
    from rag.store import answers as store

    with Store(database.expanduser()) as db:
        found = store.listed(db, limit)
    if form is not Format.text:
        render.rows(found, form.value)
    elif not found:
        render.note('no answers yet; ask something: rag ask "…"')
    else:
        render.table([{"id": row["id"], "created": row["created"], "model": row["model"], "cited": row["citations"],
                       "question": row["question"], "answer": _short(row["answer"])} for row in found])  # fmt: skip


def show(number: Number, database: Database = DEFAULT_DATABASE, form: Output = Format.text) -> None:
    """Print one answer of the log again, with what it cites and how it came about."""
    from rag import render
    from rag.store import Database as Store
    from rag.store import answers as store

    with Store(database.expanduser()) as db:
        logged = store.get(db, number)
    if form is not Format.text:
        _as_json(logged.object, form)
        return
    print(render.style(render.safe(logged.question), "1") + "\n")
    _print(logged.object, number)
    trace = logged.object["trace"]
    told = {"asked": logged.created, "model": logged.object["model"], "conversation": logged.conversation}
    told |= {name: trace[name] for name in ("prompt_hash", "grammar_hash", "fingerprint", "why") if trace.get(name)}
    for name, value in told.items():
        print(render.style(f"{name}: {render.safe(str(value))}", "2"))


def replay(
    number: Number,
    database: Database = DEFAULT_DATABASE,
    base_url: BaseUrl = "",
    form: Output = Format.text,
) -> None:
    """Ask a logged question again in the same way and say whether it came out the same (exit code 1 if not)."""
    from rag import render
    from rag.store import answers as store

    with open_index(database) as index:
        logged = store.get(index.db, number)
        settings = logged.settings
        generator = open_generator(settings["model"], base_url or settings["base_url"])
        again = _object(_answer(index, logged.question, settings, logged.history, generator, None))
    rows = [
        {"what": name, "same": before == after, "before": before, "now": after}
        for (name, before), (_, after) in zip(_traits(logged.object), _traits(again), strict=True)
    ]
    same = all(row["same"] for row in rows)
    if form is Format.text:
        for row in rows:
            print(f"{row['what']}: " + ("same" if row["same"] else "changed"))
        print("the same answer" if same else f"changed: {render.safe(again['answer'])}")
    elif form is Format.csv:
        render.rows(rows, "csv")
    else:
        _as_json({"id": number, "same": same, "parts": rows}, form)
    if not same:
        raise typer.Exit(1)


def _answer(
    index: Index,
    question: str,
    settings: Mapping[str, Any],
    history: tuple[tuple[str, str], ...],
    generator: Generator | None,
    on_text: Callable[[str], None] | None,
) -> Answer:
    from rag import ask as verb

    exchanges = [verb.Exchange(asked, said) for asked, said in history]
    chosen = filters(**settings["filters"])
    found = index.search(verb.standalone(question, exchanges), settings["k"], filters=chosen)
    embedder = index.embedder if found else None
    asking = verb.Asking(**settings["asking"])
    return verb.answer(question, found, generator, embedder, asking, exchanges, on_text)


def _object(given: Answer) -> dict[str, Any]:
    from rag import ask as verb

    return verb.to_json(given)


def _earlier(index: Index) -> Logged:
    from rag.store import answers as store

    if (earlier := store.last(index.db)) is None:
        raise InputError("there is no conversation to go on with", 'Begin one: rag ask "…" (without -c)')
    return earlier


def _logged(
    index: Index,
    found: dict[str, Any],
    settings: dict[str, Any],
    history: tuple[tuple[str, str], ...],
    conversation: int,
) -> int:
    """The answer's number in the log; 0 if the index cannot be written, which must not lose the answer."""
    from rag import render
    from rag.store import answers as store

    try:
        logged = store.Logged(found["question"], found["answer"], found, settings, history, conversation)
        return store.add(index.db, logged)
    except DatabaseError as error:
        render.note(f"rag: the answer was not logged: {error.message}")
        return 0


def _public(url: str) -> str:
    """An address without the password that may stand in it: settings are stored."""
    from urllib.parse import urlsplit, urlunsplit

    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))


def _traits(found: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What must be equal for two answers to be the same."""
    places = ("document", "start", "end")
    trace = found["trace"]
    return [
        ("passages", [[one[name] for name in places] for one in found["passages"]]),
        ("prompt", trace.get("prompt_hash", "")),
        ("grammar", trace.get("grammar_hash", "")),
        ("model", [found["model"], trace.get("fingerprint", "")]),
        ("answer", found["answer"]),
        ("citations", [[*(one[name] for name in places), one["quote"]] for one in found["citations"]]),
    ]


def _printer() -> Callable[[str], None]:
    from rag import render

    return lambda piece: print(render.safe(piece), end="", flush=True)


def _print(found: Mapping[str, Any], number: int, *, streamed: bool = False) -> None:
    from rag import render

    print() if streamed else print(render.safe(found["answer"]))
    for rank, one in enumerate(found["citations"], 1):
        quote = render.safe(" ".join(one["quote"].split()))
        print("\n" + render.style(f"[{rank}]", "1") + f" “{quote}”")
        where = render.place(one["title"], one["document"], one["heading"], one.get("place", ""), one.get("author", ""))
        print(render.style("    " + where, "36"))
        if one["url"]:
            print(render.style(f"    {render.safe(one['url'])}", "2"))
    if not found["answerable"] and found["passages"]:
        print("\nnearest:")
        for name in dict.fromkeys(render.place(one["title"], one["document"], "") for one in found["passages"][:3]):
            print(render.style(f"    {name}", "36"))
    if number and streamed:
        render.note(f"\nanswer {number}: rag show {number}, rag replay {number}; go on with rag ask -c")


def _as_json(value: Mapping[str, Any], form: Format) -> None:
    from rag import render

    if form is Format.json:
        print(render.as_json(value))
    else:
        render.rows([value], form.value)


def _short(text: str, most: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
