"""`rag ask`, and the log of its answers: `rag answers`, `rag show`, `rag replay`."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.common import (
    DEFAULT_DATABASE,
    BaseUrl,
    Database,
    Format,
    FoundFormat,
    FoundOutput,
    Fresh,
    K,
    Model,
    Output,
    Partial,
    Prefix,
    Question,
    Rerank,
    Since,
    Source,
    Tags,
    Until,
    Where,
    freshen,
    question_of,
    tell_behind,
    tell_missing,
)
from rag.errors import InputError
from rag.terminal import safe, sequence

if TYPE_CHECKING:
    from rag.app.locate import Spot
    from rag.types import Hit

Number = Annotated[
    int, typer.Argument(help="The number of an answer, as rag answers lists it; else the last one.", show_default=False)
]


def ask(
    words: Question,
    database: Database = DEFAULT_DATABASE,
    model: Model = "smollm2",
    base_url: BaseUrl = "",
    k: K = 8,
    citations: Annotated[int, typer.Option("--citations", help="Show at most so many excerpts.", min=1)] = 3,
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
    rerank: Rerank = "",
    where: Where = "",
    tag: Tags = None,
    fresh: Fresh = False,
    partial: Partial = False,
    log: Annotated[bool, typer.Option("--log/--no-log", help="Keep the answer (rag answers).")] = True,
    form: FoundOutput = FoundFormat.text,
) -> None:
    """Answer a question from the index, citing it word for word."""
    if form is FoundFormat.csv:
        raise InputError("an answer is not a table", "Choose --format text, json, jsonl or grep.")
    status = Status(form is FoundFormat.text)
    status("searching …")  # before anything heavy is read
    from rag import render
    from rag.app.ask import AskRequest, last_answer
    from rag.app.ask import ask as answer
    from rag.app.locate import Locator
    from rag.app.open import filters, open_generator, open_index
    from rag.app.sources import settled
    from rag.ask import Asking, capable
    from rag.cli import answered

    asking = Asking(citations, max_tokens=max_tokens or None, temperature=temperature, seed=seed, prompt=prompt)
    wanted = filters(source, prefix, since, until, where, tag or ())
    request = AskRequest(question_of(words), model, base_url, k, wanted, asking, rerank)
    live = form is FoundFormat.text and sys.stdout.isatty()
    with status, open_index(database, partial=partial) as index:
        tell_missing(index)
        if fresh:
            freshen(index)
        request = replace(request, filters=settled(index.db, wanted))
        earlier = last_answer(index.db) if follow else None
        generator = open_generator(model, base_url)
        live = live and capable(generator)  # others write a line at most
        show_text = _printer(status) if live else None
        done = answer(index, request, generator, earlier=earlier, log=log, on_hits=status.found, on_text=show_text)
        spots = Locator(index.db).cited(done.object)
        tell_behind(index)
    for note in done.notes:
        render.note(f"rag: {note}")
    if form is FoundFormat.text:
        _print(done.object, spots, done.number, streamed=live)
    elif form is FoundFormat.grep:
        answered.grep(done.object, spots)
    else:
        _as_json(done.object, form)


def answers(
    database: Database = DEFAULT_DATABASE,
    limit: Annotated[int, typer.Option("-n", "--limit", help="How many, newest first.", min=1)] = 20,
    form: Output = Format.text,
) -> None:
    """List the answers given, newest first."""
    from rag import render
    from rag.app.open import open_database
    from rag.store import answers as store

    with open_database(database) as db:
        found = store.listed(db, limit)
    if form is not Format.text:
        render.rows(found, form.value)
    elif not found:
        render.note('no answers yet; ask something: rag ask "…"')
    else:
        render.table([{"id": row["id"], "created": row["created"], "model": row["model"], "cited": row["citations"],
                       "question": row["question"], "answer": _short(row["answer"])} for row in found])  # fmt: skip


def show(number: Number = 0, database: Database = DEFAULT_DATABASE, form: FoundOutput = FoundFormat.text) -> None:
    """Print one answer of the log again, with what it cites and how it came about."""
    from rag import render
    from rag.app.ask import last_answer
    from rag.app.locate import Locator
    from rag.app.open import open_database
    from rag.cli import answered
    from rag.pager import paged
    from rag.store import answers as store

    with open_database(database) as db:
        logged = store.get(db, number) if number else last_answer(db)
        spots = Locator(db).cited(logged.object)
    if form is FoundFormat.grep:
        answered.grep(logged.object, spots)
        return
    if form is not FoundFormat.text:
        _as_json(logged.object, form)
        return
    with paged():
        print(render.style(render.safe(logged.question), "1") + "\n")
        _print(logged.object, spots, logged.id)
        trace = logged.object["trace"]
        facts = {"asked": logged.created, "model": logged.object["model"], "conversation": logged.conversation}
        facts |= {
            name: trace[name] for name in ("prompt_hash", "grammar_hash", "fingerprint", "why") if trace.get(name)
        }
        for name, value in facts.items():
            print(render.style(f"{name}: {render.safe(str(value))}", "2"))


def replay(
    number: Number = 0,
    database: Database = DEFAULT_DATABASE,
    base_url: BaseUrl = "",
    form: Output = Format.text,
) -> None:
    """Ask a logged question again in the same way and say whether it came out the same (exit code 1 if not)."""
    from rag import render
    from rag.app.ask import last_answer
    from rag.app.ask import replay as ask_again
    from rag.app.open import open_index

    with open_index(database) as index:
        found = ask_again(index, number or last_answer(index.db).id, base_url)
    if form is Format.text:
        for part in found.parts:
            print(f"{part['what']}: " + ("same" if part["same"] else "changed"))
        print("the same answer" if found.same else f"changed: {render.safe(found.object['answer'])}")
    elif form is Format.csv:
        render.rows(found.parts, "csv")
    else:
        _as_json({"id": found.number, "same": found.same, "parts": found.parts}, form)
    if not found.same:
        raise typer.Exit(1)


class Status:
    """One line on stderr, on a terminal: what is being done, until there is something to show."""

    def __init__(self, wanted: bool) -> None:
        self.wanted = wanted and sys.stderr.isatty() and os.environ.get("TERM") != "dumb"

    def __call__(self, text: str) -> None:
        if self.wanted:
            line = safe(text)[: max(10, shutil.get_terminal_size().columns - 1)]
            begin = sequence("[1G", sys.stderr) + sequence("[K", sys.stderr)
            print(begin + line, end="", file=sys.stderr, flush=True)

    def found(self, hits: Sequence[Hit]) -> None:
        names = list(dict.fromkeys(hit.passage.document.title or hit.passage.document.key for hit in hits))
        self(f"found {len(hits)} passages in {', '.join(names[:3])}{' …' if names[3:] else ''}" if hits else "")

    def __enter__(self) -> Status:
        return self

    def __exit__(self, *_: object) -> None:
        self("")


def _printer(status: Status) -> Callable[[str], None]:
    def show(piece: str) -> None:
        status("")
        status.wanted = False
        print(safe(piece), end="", flush=True)

    return show


def _print(found: Mapping[str, Any], spots: Sequence[Spot], number: int, *, streamed: bool = False) -> None:
    from rag import render
    from rag.cli import answered

    answered.show(found, spots, streamed=streamed)
    if number and sys.stdout.isatty():
        at = f", rag open {number}.1" if found["citations"] else ""
        render.note(f"\nanswer {number}: rag show {number}, rag replay {number}{at}; go on with rag ask -c")


def _as_json(value: Mapping[str, Any], form: Format | FoundFormat) -> None:
    from rag import render

    if form.value == "json":
        print(render.as_json(value))
    else:
        render.rows([value], form.value)


def _short(text: str, most: int = 80) -> str:
    text = " ".join(text.split())
    return text if len(text) <= most else text[: most - 1] + "…"
