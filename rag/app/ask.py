"""
A question to an answer in the log, and an answer of the log asked again.

How passages are found and answers made is the business of `rag.index` and `rag.ask`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from rag import ask as verb
from rag import models, prompts, ranking
from rag.app.open import open_generator
from rag.app.search import passed_over
from rag.ask.unsaid import misread
from rag.errors import DatabaseError, InputError
from rag.index import Index, shown, spelling
from rag.index.absent import absent
from rag.index.hits import Hits
from rag.store import Store
from rag.store import answers as store
from rag.store.answers import Logged
from rag.store.filters import Filters
from rag.types import Answer, Generator, Hit

FILTERS = ("source", "prefix", "since", "until", "condition")
History = tuple[tuple[str, str], ...]  # (question, answer) of the conversation so far, in order


@dataclass(frozen=True, slots=True)
class AskRequest:
    """A question and all that decides how it is answered. It is logged with the answer, and replayed from there."""

    question: str
    model: str = models.DEFAULT_GENERATOR
    base_url: str = ""  # of a hosted model
    k: int = 8  # passages that are searched for
    filters: Filters = field(default_factory=Filters)
    asking: verb.Asking = field(default_factory=verb.Asking)
    rerank: str = ""  # the cross-encoder that orders the first passages anew

    def settings(self) -> dict[str, Any]:
        """All but the question as JSON, without the password that may stand in an address."""
        return {
            "model": self.model,
            "base_url": _public(self.base_url),
            "k": self.k,
            "rerank": self.rerank,
            "filters": {name: getattr(self.filters, name) for name in FILTERS},
            "asking": {one.name: getattr(self.asking, one.name) for one in fields(self.asking)},
        }

    @classmethod
    def of(cls, logged: Logged) -> AskRequest:
        """The request that led to an answer of the log; settings of other versions are passed over."""
        given = logged.settings
        known = {one.name for one in fields(verb.Asking)}
        return cls(
            logged.question, given["model"], given["base_url"], given["k"],
            Filters(**{name: given["filters"].get(name, "") for name in FILTERS}),
            verb.Asking(**{name: value for name, value in given["asking"].items() if name in known}),
            given.get("rerank", ""),
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """An answer, the same as plain data (`answer.schema.json`), and its number in the log (0: it is not there)."""

    answer: Answer
    object: dict[str, Any]
    number: int = 0
    notes: tuple[str, ...] = ()  # what the user should know: why it was not logged, what has no date


@dataclass(frozen=True, slots=True)
class Replayed:
    """An answer of the log beside what comes out now; `parts` are rows of what, same, before, now."""

    number: int
    object: dict[str, Any]
    parts: list[dict[str, Any]]

    @property
    def same(self) -> bool:
        return all(part["same"] for part in self.parts)


def ask(
    index: Index,
    request: AskRequest,
    generator: Generator | None,
    *,
    earlier: Logged | None = None,
    log: bool = True,
    on_hits: Callable[[Sequence[Hit]], None] | None = None,
    on_text: Callable[[str], None] | None = None,
) -> Asked:
    """
    Search, answer, and log the answer; after `earlier` the question goes on with its conversation.

    `generator` is the open model of `request.model`. `on_hits` gets what was found, `on_text` the answer as it is
    written. Raises what `rag.ask.answer` raises; an index that cannot be written loses no answer.
    """
    if not request.question.strip():
        raise InputError("the question is empty", 'Ask something: rag ask "How do I …?"')
    prompts.find(request.asking.prompt)  # one that is not there is told, also where no model is asked
    history = (*earlier.history, (earlier.question, earlier.answer)) if earlier else ()
    answer = _answer(index, request, history, generator, on_hits, on_text)
    found = verb.to_json(answer)
    notes = tuple(filter(None, [passed_over(index, request.filters)]))
    if not log:
        return Asked(answer, found, notes=notes)
    conversation = earlier.conversation if earlier else 0
    logged = Logged(found["question"], found["answer"], found, request.settings(), history, conversation)
    try:
        return Asked(answer, found, store.add(index.db, logged), notes)
    except DatabaseError as error:
        return Asked(answer, found, notes=(*notes, f"the answer was not logged: {error.message}"))


def replay(index: Index, number: int, base_url: str = "") -> Replayed:
    """Ask a question of the log again in the same way. Raises InputError if there is no such answer."""
    logged = store.get(index.db, number)
    request = AskRequest.of(logged)
    generator = open_generator(request.model, base_url or request.base_url)
    again = verb.to_json(_answer(index, request, logged.history, generator, None, None))
    parts = [
        {"what": name, "same": before == after, "before": before, "now": after}
        for (name, before), (_, after) in zip(_traits(logged.object), _traits(again), strict=True)
    ]
    return Replayed(number, again, parts)


def last_answer(db: Store) -> Logged:
    """The answer given last. Raises InputError if there is none."""
    if (earlier := store.last(db)) is None:
        raise InputError(f"{db.path} has no answers yet", 'Ask something: rag ask "…"')
    return earlier


def _answer(
    index: Index,
    request: AskRequest,
    history: History,
    generator: Generator | None,
    on_hits: Callable[[Sequence[Hit]], None] | None,
    on_text: Callable[[str], None] | None,
) -> Answer:
    exchanges = [verb.Exchange(asked, said) for asked, said in history]
    question = request.question.strip()  # word for word what is compared with the sentences: it is embedded once
    searched = verb.standalone(question, exchanges, generator)
    hits = index.search(searched, request.k, filters=request.filters, rerank=request.rerank)
    hits = index.with_replies(hits, request.filters)
    if exchanges and searched != question:
        last = verb.standalone(exchanges[-1].question, exchanges[:-1])
        earlier = index.search(last, request.k, filters=request.filters)
        hits = Hits(shown.with_shown(index.db, hits, earlier, exchanges[-1].answer), hits.question, hits.respelled)
    if on_hits:
        on_hits(hits)
    embedder = index.embedder if hits else None
    spelled = respelled(hits)
    plain, asked = (spelling.replaced(one, spelled) for one in (question, searched))
    missing = absent(index.db, plain)
    said = verb.answer(plain, hits, generator, embedder, request.asking, exchanges, on_text, asked, missing)
    return replace(said, question=question, trace=_told(index, said.trace, spelled, request.filters))


def respelled(hits: Hits) -> dict[str, str]:
    """Slip -> what the search took it for, but for what is rather a name."""
    names = misread(hits.respelled, hits)
    return {word: read for word, read in hits.respelled.items() if word not in names}


def _told(index: Index, trace: Mapping[str, Any], spelled: Mapping[str, str], filters: Filters) -> dict[str, Any]:
    """The trace, with the words that were read as others, and those that nothing found says but others do."""
    unsaid = trace.get("unsaid", ())
    elsewhere = [word for word in unsaid if index.db.by_words(ranking.match_expression([word]), 1, filters, ())]
    told = {"respelled": spelled, "elsewhere": elsewhere}
    return {**trace, **{name: value for name, value in told.items() if value}}


def _public(url: str) -> str:
    """An address without the password that may stand in it: settings are stored."""
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
