"""
What differs between two indexes, or in one since a version or a date: documents, their passages, answers of the log.

How two texts are compared is the business of `rag.understand.differences`; nothing is embedded and no model is asked.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

from rag import chunking
from rag.app.ask import AskRequest, ask
from rag.errors import InputError
from rag.index import Index
from rag.store import Store, documents, past, sources
from rag.store import answers as log
from rag.store.answers import Logged
from rag.store.filters import Filters
from rag.types import Document
from rag.understand.differences import Piece, pieces, similarity

ALIKE = 0.5  # share of words in common from which a passage that went and one that came are one that changed
Pair = tuple[Document | None, Document | None]
DATE = re.compile(r"\d{4}-\d\d(-\d\d(T[\d:.]+(Z|[+-]\d\d:\d\d)?)?)?")


@dataclass(frozen=True, slots=True)
class PassageChange:
    """A passage that is "added", "changed" or "gone"; of one that changed both texts."""

    change: str
    before: str = ""
    now: str = ""

    def pieces(self) -> list[Piece]:
        """The two texts as one: "=", "-" or "+" and the words."""
        return pieces(self.before, self.now)


@dataclass(frozen=True, slots=True)
class DocumentChange:
    """
    A document that is "added", "changed", "gone" or "moved" (its text is the same, its key another: `was`).

    Of what changed, its passages; `known` is false where what it said before is not kept any more.
    """

    change: str
    source: str
    key: str
    title: str = ""
    url: str = ""
    was: str = ""
    passages: list[PassageChange] = field(default_factory=list)
    known: bool = True


def between(before: Store, now: Store, filters: Filters = Filters()) -> Iterator[DocumentChange]:  # noqa: B008 (frozen)
    """What differs from one index to another: documents by source and key, else by key, else by text."""
    old = {(one.source, one.key): one for one in documents.all_documents(before, filters)}
    new = {(one.source, one.key): one for one in documents.all_documents(now, filters)}
    targets = before.setting("target") or chunking.TARGET, now.setting("target") or chunking.TARGET
    yield from _compared(old, new, targets)


def _compared(
    old: dict[tuple[str, str], Document], new: dict[tuple[str, str], Document], targets: tuple[int, int]
) -> list[DocumentChange]:
    """What differs, by source and key; both are used up."""
    pairs: list[Pair] = [(old.pop(key), new.pop(key)) for key in sorted(old.keys() & new.keys())]
    pairs += _matched(old, new, lambda one: one.key)
    pairs += _matched(old, new, lambda one: one.text)
    pairs += [(one, None) for one in old.values()] + [(None, one) for one in new.values()]
    made = [change for one, other in pairs if (change := _change(one, other, targets)) is not None]
    return sorted(made, key=lambda one: (one.source, one.key))


def _matched(
    old: dict[tuple[str, str], Document], new: dict[tuple[str, str], Document], trait: Callable[[Document], str]
) -> list[Pair]:
    """Those left on either side that alone share a trait, taken out of both."""
    counts = [Counter(trait(one) for one in side.values()) for side in (old, new)]
    there = {trait(one): key for key, one in new.items()}
    found: list[Pair] = []
    for key, one in list(old.items()):
        value = trait(one)
        if value in there and counts[0][value] == counts[1][value] == 1:
            found.append((old.pop(key), new.pop(there[value])))
    return found


def since(db: Store, when: str) -> list[DocumentChange]:
    """What changed in an index after a version (a number) or a date. Raises InputError: it is neither."""
    target = db.setting("target") or chunking.TARGET
    old: dict[tuple[str, str], Document] = {}
    new: dict[tuple[str, str], Document] = {}
    found = []
    for one in past.changed(db, *moment(when, sources.version(db))):
        place = (one.source, one.key)
        if not one.known:
            change = "gone" if one.now is None else "changed"
            found.append(DocumentChange(change, *place, one.title, one.url, known=False))
            continue
        if one.now is not None:
            new[place] = documents.find(db, one.key, one.source)[1]
        if one.before is not None:
            kind = new[place].kind if place in new else "markdown"
            old[place] = Document(*place, one.before, one.title, kind=kind)
    found += _compared(old, new, (target, target))
    return sorted(found, key=lambda one: (one.source, one.key))


def moment(when: str, newest: int) -> tuple[int, int]:
    """
    (version, 0) or (0, milliseconds); four digits are a year where the index has not so many versions.

    Raises InputError: neither, or either.
    """
    year = re.fullmatch(r"(19|20)\d\d", when)
    if year and newest >= int(when):
        raise InputError(f"{when} may be a version or a year", f"Write {when}-01 for the year, or v{when}.")
    if not year and re.fullmatch(r"v?\d+", when):
        return int(when.removeprefix("v")), 0
    if year or DATE.fullmatch(when):
        with suppress(ValueError):
            return 0, past.moment(when)
    raise InputError(f"{when!r} is no version and no date", "Write a number (see rag changes), or 2024-03-01.")


def _change(old: Document | None, new: Document | None, targets: tuple[int, int]) -> DocumentChange | None:
    if old is None or new is None:
        one = new or old
        assert one
        target = targets[1] if new else targets[0]
        texts = [passage.text for passage in chunking.split(one, target)]
        listed = [PassageChange("added", now=text) if new else PassageChange("gone", before=text) for text in texts]
        return DocumentChange("added" if new else "gone", one.source, one.key, one.title, one.url, passages=listed)
    if old.text == new.text:
        if old.key == new.key:
            return None
        return DocumentChange("moved", new.source, new.key, new.title, new.url, old.key)
    cut = [
        [passage.text for passage in chunking.split(one, target)]
        for one, target in zip((old, new), targets, strict=True)
    ]
    return DocumentChange("changed", new.source, new.key, new.title, new.url, passages=passages(*cut))


def passages(before: Sequence[str], now: Sequence[str]) -> list[PassageChange]:
    """The passages that came, went, or changed (are alike and not the same), in the order of the text now."""
    went, came = list(before), list(now)
    for text in before:
        if text in came:
            came.remove(text)
            went.remove(text)
    found = []
    for text in came:
        best = max(went, key=lambda one: similarity(one, text), default="")
        if best and similarity(best, text) >= ALIKE:
            went.remove(best)
            found.append(PassageChange("changed", best, text))
        else:
            found.append(PassageChange("added", now=text))
    return found + [PassageChange("gone", before=text) for text in went]


def rows(found: Sequence[DocumentChange]) -> list[dict[str, Any]]:
    """A row a document, its passages with what was replaced."""
    return [
        {
            "change": one.change, "source": one.source, "key": one.key, "title": one.title, "url": one.url,
            "was": one.was, "known": one.known,
            "passages": [
                {"change": part.change, "before": part.before, "now": part.now,
                 "pieces": [list(piece) for piece in part.pieces()] if part.change == "changed" else []}
                for part in one.passages
            ],
        }
        for one in found
    ]  # fmt: skip


# -- answers -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnswerChange:
    """An answer of a log asked again without a model: `same` if it shows the same excerpts of the same documents."""

    number: int
    question: str
    same: bool
    gone: list[dict[str, str]]  # excerpts shown then and not now: document, quote
    came: list[dict[str, str]]


def answers(index: Index, logged: Store | None = None) -> Iterator[AnswerChange]:
    """
    Every answer of the log (of the index, or of another) against what the index shows now, oldest first.

    Excerpts are compared, not what a model made of them.
    """
    from_ = logged or index.db
    for number in sorted(row["id"] for row in log.listed(from_, 1 << 40)):
        one = log.get(from_, number)
        request = replace(AskRequest.of(one), model="none")
        earlier = _earlier(one)
        found = ask(index, request, None, earlier=earlier, log=False).object
        before, now = _shown(one.object), _shown(found)
        yield AnswerChange(
            number, one.question, before.keys() == now.keys(),
            [value for key, value in before.items() if key not in now],
            [value for key, value in now.items() if key not in before],
        )  # fmt: skip


def _earlier(one: Logged) -> Logged | None:
    """The exchange before an answer, as far as its conversation remembers it."""
    if not one.history:
        return None
    question, answer = one.history[-1]
    return Logged(question, answer, {}, {}, one.history[:-1])


def _shown(found: Any) -> dict[tuple[str, str], dict[str, str]]:
    return {
        (cited["document"], cited["quote"]): {"document": cited["document"], "quote": cited["quote"]}
        for cited in found["citations"]
    }
