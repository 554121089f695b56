"""
What is asked and what should come out: the cases of an evaluation, and the documents they are asked of.

Plain data for all tasks; a case has only what its set has. `Problems` collects everything that is wrong with a suite
and its data, so that all of it is reported at once. Nothing here reads a file.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import Any

from rag.errors import InputError
from rag.types import Document

JSON = Any
Range = tuple[str, int, int]
UNJUDGED = "cases of which nothing says what is right: relevant documents, answers, or that there is none"
SHOWN = 8  # problems of one kind that are named; the others are counted


@dataclass(frozen=True, slots=True)
class Case:
    """One question (or one document to extract from, or one schema), with what is known to be right."""

    id: str
    question: str = ""
    relevant: Mapping[str, int] = field(default_factory=dict)  # document key -> grade
    answers: tuple[str, ...] = ()
    unanswerable: bool = False
    spans: tuple[Range, ...] = ()  # what a retrieval must cover: document key, start, end
    sentences: tuple[str, ...] = ()  # gold sentences of the relevant documents
    given: tuple[str, ...] = ()  # documents that came with the question
    exclude: tuple[str, ...] = ()  # documents that may not be found: the one that the question was made from
    history: tuple[tuple[str, str], ...] = ()  # earlier questions of the conversation with their answers
    document: Document | None = None  # what to extract from
    schema: JSON = None
    gold: JSON = None
    instances: tuple[tuple[JSON, bool], ...] = ()  # for a schema: an instance, and whether it is valid

    def expected(self) -> JSON:
        """What is right, for a report."""
        parts = {
            "relevant": dict(self.relevant) or None,
            "answers": list(self.answers) or None,
            "unanswerable": self.unanswerable or None,
            "spans": [list(span) for span in self.spans] or None,
            "sentences": list(self.sentences) or None,
            "gold": self.gold,
        }
        return {name: value for name, value in parts.items() if value is not None}


@dataclass(frozen=True)  # without slots: the hashes are kept
class Data:
    """Documents and cases; `notes` says what was left out on purpose."""

    documents: tuple[Document, ...] = ()
    cases: tuple[Case, ...] = ()
    notes: tuple[str, ...] = ()
    whole: bool = True  # whether `documents` is all there is; not so for a user's own index
    all: str = ""  # the hash of all cases, if these are a part of them

    @cached_property
    def hashes(self) -> dict[str, str]:
        """What the results depend on, of documents and of cases."""
        return {
            "documents": digest([(d.key, d.title, d.kind, d.text) for d in self.documents]),
            "cases": digest([_told(case) for case in self.cases]),
        }


def so_many(count: int, noun: str = "case") -> str:
    """ "1 case", "2 cases": how many of a thing."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def _told(case: Case) -> dict[str, JSON]:
    """A case as plain data; what it need not have is left out where it has none."""
    told = asdict(case)
    return {name: value for name, value in told.items() if value or name not in ("exclude", "history")}


def digest(value: JSON) -> str:
    """16 hex digits that change when the value does."""
    text = json.dumps(value, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]


class Problems:
    """Everything that is wrong, said at once."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.messages: list[str] = []

    def add(self, message: str) -> None:
        if message not in self.messages:
            self.messages.append(message)

    def some(self, what: str, names: Iterable[str]) -> None:
        """One message for all the names that share a problem; none if there is none."""
        listed = list(dict.fromkeys(names))
        if listed:
            more = f" and {len(listed) - SHOWN:,} more" if len(listed) > SHOWN else ""
            self.add(f"{what}: {', '.join(map(repr, listed[:SHOWN]))}{more}")

    def stop(self, hint: str = "") -> None:
        """Raise InputError if there was a problem."""
        if not self.messages:
            return
        if len(self.messages) == 1:
            raise InputError(f"{self.name}: {self.messages[0]}", hint)
        lines = "".join(f"\n  - {message}" for message in self.messages)
        raise InputError(f"{self.name}: {len(self.messages)} problems{lines}", hint)


def check(data: Data, problems: Problems, *, unjudged: str = "error") -> Data:
    """Whether the parts fit together: unique ids, judgements that point somewhere, at least one case."""
    problems.some("document ids that occur twice", twice(d.key for d in data.documents))
    problems.some("case ids that occur twice", twice(case.id for case in data.cases))
    notes = list(data.notes)
    cases = data.cases
    if data.whole:
        keys = {document.key for document in data.documents}
        pointing = [key for case in cases for key in _points(case) if key not in keys]
        problems.some("cases point to documents that are not in the corpus", pointing)
        lengths = {document.key: len(document.text) for document in data.documents}
        outside = [c.id for c in cases for d, start, end in c.spans if not 0 <= start < end <= lengths.get(d, end)]
        problems.some("cases with a span that is outside of its document", outside)
    empty = [case.id for case in cases if not _judged(case)]
    what = "documents that gold.jsonl says nothing of" if data.cases and data.cases[0].document else UNJUDGED
    if empty and unjudged == "skip":
        notes.append(f"{so_many(len(empty))} left out: nothing says what is right")
        cases = tuple(case for case in cases if _judged(case))
    else:
        problems.some(f'{what} (unjudged = "skip" leaves them out)', empty)
    if not cases:
        problems.add("there are no cases")
    return Data(data.documents, cases, tuple(notes), data.whole)


def with_relevant(data: Data, problems: Problems) -> Data:
    """The cases that a ranking can be judged by; what has an answer, or none, but no relevant document says nothing."""
    kept = tuple(case for case in data.cases if any(grade > 0 for grade in case.relevant.values()))
    if not kept:
        problems.add("no case names a relevant document: a ranking cannot be judged")
    left_out = len(data.cases) - len(kept)
    note = (f"{so_many(left_out)} left out: no relevant document is named",) if left_out else ()
    return Data(data.documents, kept, (*data.notes, *note), data.whole)


def twice(names: Iterable[str]) -> list[str]:
    seen: set[str] = set()
    return [name for name in names if name in seen or seen.add(name)]  # type: ignore[func-returns-value]


def _points(case: Case) -> Sequence[str]:
    return [*case.relevant, *(span[0] for span in case.spans), *case.given, *case.exclude]


def _judged(case: Case) -> bool:
    known = case.answers or case.spans or case.sentences or case.instances or case.unanswerable or case.given
    return bool(known) or any(grade > 0 for grade in case.relevant.values()) or case.gold is not None
