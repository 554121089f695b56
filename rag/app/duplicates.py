"""
Passages or documents that are nearly the same, and what differs between them; one of each group in a list of hits.

How texts are compared is the business of `rag.understand.near`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rag import frontmatter
from rag.app.open import which
from rag.errors import InputError
from rag.store import Store, collection, documents
from rag.store.filters import Filters
from rag.types import Document, Hit
from rag.understand import near
from rag.understand.differences import changes

LEAST = 0.9  # share of words in common, in their order
WORDS = 8  # a shorter text says too little to be a duplicate
WIDER = 3  # times as many hits as are wanted are looked at, where one of a group is shown


@dataclass(frozen=True, slots=True)
class Member:
    """One of a group: what it is, the share of words that it has in common with the first, and what differs."""

    document: Document
    start: int
    end: int
    id: int  # of the passage, or of the document
    similarity: float = 1.0
    changes: list[tuple[str, str]] = field(default_factory=list)  # (what the first says, what this says)


@dataclass(frozen=True, slots=True)
class Duplicates:
    """Groups of at least two, the largest first, each with its oldest member first; and how many were too short."""

    groups: list[list[Member]]
    short: int


def duplicates(
    db: Store,
    kind: str = "passages",
    filters: Filters = Filters(),  # noqa: B008 (frozen)
    least: float = LEAST,
    words: int = WORDS,
) -> Duplicates:
    """
    The near-duplicates among passages or documents, each compared word by word with the first of its group.

    Raises InputError for a kind or a share that there is not.
    """
    which(kind)
    if not 0.5 <= least <= 1:
        raise InputError(f"--least {least} is no share from 0.5 to 1", "0.9 means: nine words of ten are the same.")
    found = list(collection.texts(db, kind, filters))
    long = [one for one in found if len(one.text.split()) >= words]
    groups = near.groups([one.text for one in long], least)
    groups.sort(key=lambda group: (-len(group.others), group.first))
    made = [_members(db, kind, long, group) for group in groups]
    if kind == "passages":
        made = [group for group in made if not _in_front(group[0])]
    return Duplicates(made, len(found) - len(long))


def _in_front(one: Member) -> bool:
    """Whether it is nothing but front matter, whose fields pages of one kind have alike."""
    return one.document.kind == "markdown" and one.end <= frontmatter.end(one.document.text)


def _members(db: Store, kind: str, texts: Sequence[collection.Text], group: near.Group) -> list[Member]:
    places = [(group.first, 1.0), *group.others]
    loaded = documents.load(db, sorted({texts[place].document for place, _ in places}))
    numbers = [texts[place].id for place, _ in places]
    spans = {} if kind == "documents" else {n: (p.start, p.end) for n, p in documents.passages(db, numbers).items()}
    first = texts[group.first].text
    members = []
    for place, share in places:
        one = texts[place]
        document = loaded[one.document]
        start, end = spans.get(one.id, (0, len(document.text)))
        differ = changes(first, one.text) if share < 1 or one.text != first else []
        members.append(Member(document, start, end, one.id, round(share, 3), differ))
    return members


def rows(found: Duplicates) -> list[dict[str, Any]]:
    """A row a member, its group's number first."""
    return [
        {
            "group": number,
            "id": one.id,
            "key": one.document.key,
            "source": one.document.source,
            "title": one.document.title,
            "start": one.start,
            "end": one.end,
            "url": one.document.url,
            "date": one.document.date,
            "similarity": one.similarity,
            "differences": [{"first": first, "this": this} for first, this in one.changes],
        }
        for number, group in enumerate(found.groups, 1)
        for one in group
    ]


def one_of_each(hits: Sequence[Hit], k: int, least: float = LEAST) -> tuple[list[Hit], dict[int, list[Hit]]]:
    """The best `k` hits of which no two are nearly the same; passage id -> those that are like it and were left out."""
    kept: list[Hit] = []
    like: dict[int, list[Hit]] = {}
    for hit in hits:
        same = next((one for one in kept if near.alike(one.passage.text, hit.passage.text, least)), None)
        if same is not None:
            like.setdefault(same.passage.id, []).append(hit)
        elif len(kept) < k:
            kept.append(hit)
    return kept, like
