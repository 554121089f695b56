"""
What is in a collection: passages or documents in groups of like meaning, named, kept in the index.

    stored vectors --kmeans--> groups --keywords, naming--> names --> tables of the index, rows, a map

The vectors are those of the index; no text is embedded. What was made last is where the next time begins, so that a few
more documents move few of the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from rag.app.open import which
from rag.ask import capable
from rag.errors import DatabaseError, InputError
from rag.store import Store, collection, documents
from rag.store import clusters as store
from rag.store import vectors as stored
from rag.store.clusters import Cluster, Grouping, Item
from rag.store.context import unit
from rag.store.engine import now
from rag.store.filters import Filters
from rag.store.hashes import digest
from rag.types import Document, Generator
from rag.understand import keywords as telling
from rag.understand import kmeans, naming

Array = Any
EXEMPLARS = 5  # nearest the centre, that stand for a group
NAMED_BY = 20  # … that a model may see
READ = 20_000  # texts from which the telling words are counted, evenly from all groups
DRIFT = 0.2  # share of items that are new: from there on `auto` chooses the number anew
FORMAT = 1  # of the grouping: raise it when what is made of the same input changes


@dataclass(frozen=True, slots=True)
class ClusterRequest:
    """What is to be grouped, into how many (0: chosen by criterion), and how it is to be named."""

    k: int = 0
    kind: str = "documents"  # or "passages"
    filters: Filters = field(default_factory=Filters)
    seed: int = 0
    anew: bool = False  # whatever was made before
    name: bool = False  # by a model
    prompt: str = "cluster"


@dataclass(frozen=True, slots=True)
class Items:
    """Passages or documents with their vectors: float32 unit rows (n, dimensions), and a key of each (n,) uint64."""

    passages: Array  # (n,) numbers; 0 where items are documents
    documents: Array  # (n,)
    vectors: Array
    keys: Array
    fingerprint: str
    inputs: str

    def __len__(self) -> int:
        return len(self.documents)


def items(db: Store, kind: str = "documents", filters: Filters = Filters()) -> Items:  # noqa: B008 (frozen)
    """
    Everything of a kind that may be found, as vectors: the mean of its windows' directions, brought to length 1.

    Raises InputError if nothing has a vector.
    """
    which(kind)
    name, fingerprint = db.setting("embedder"), db.setting("fingerprint")
    model = stored.model_id(db, name, fingerprint, 0) if name else 0
    passages, owners, rows = collection.vectors(db, model, filters) if model else (np.zeros(0), np.zeros(0), None)
    if rows is None or not len(passages):
        raise InputError(f"{db.path} has no {kind} with vectors that fit", "Index something, or widen the filter.")
    own = passages if kind == "passages" else owners
    order = np.arange(len(own)) if kind == "passages" else np.argsort(own, kind="stable")
    first = np.flatnonzero(np.r_[True, own[order][1:] != own[order][:-1]])
    made = unit(np.add.reduceat(rows[order] if kind != "passages" else rows, first, axis=0)).astype(np.float32)
    numbers, holders = own[order][first], owners[order][first]
    hashes = collection.hashes(db, kind, filters)
    listed = [hashes[number] for number in numbers.tolist()]
    keys = np.array([int(one[:16], 16) for one in listed], dtype=np.uint64)
    inputs = digest(str(FORMAT), fingerprint, kind, *sorted(listed))
    return Items(numbers if kind == "passages" else np.zeros_like(numbers), holders, made, keys, fingerprint, inputs)


def cluster(
    db: Store,
    request: ClusterRequest = ClusterRequest(),
    generator: Generator | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> Grouping:
    """
    Group what the index has, name the groups, keep them. Asked for again without a change, it is what is kept; `made`
    is empty where the index cannot be written.

    `generator` is the model that names them, if `request.name`. Raises InputError: nothing to group, too many groups.
    """
    if request.k < 0 or request.k == 1:
        raise InputError(f"{request.k} is no number of groups", "Ask for 2 or more, or for auto.")
    found = items(db, request.kind, request.filters)
    if request.k > len(found):
        raise InputError(f"{len(found)} {request.kind} make no {request.k} groups", "Ask for fewer, or for auto.")
    before = store.get(db, request.kind, named(request.filters))
    inputs = digest(found.inputs, str(request.k), str(request.seed))
    if before and not request.anew and before.inputs == inputs and (not request.name or _all_named(before)):
        return before
    start = None if request.anew or not before else _start(before, request, found)
    if before and not request.anew and before.inputs == inputs:
        made = before
    else:
        made = _grouped(db, request, found, inputs, start, before if start is not None else None)
    if request.name:
        made = replace(made, clusters=_named(db, made, generator, request.prompt, progress))
    try:
        with db.writer():
            store.put(db, made)
    except DatabaseError:  # it cannot be written, or is on a server: the groups are told, and not kept
        return replace(made, made="")
    return replace(made, made=now())


def named(filters: Filters) -> dict[str, str]:
    """The filters that are set, as they are kept."""
    return {one.name: str(value) for one in fields(filters) if (value := getattr(filters, one.name))}


def filters_of(made: Grouping) -> Filters:
    """The filters that a grouping was made under."""
    source, prefix, since, until, condition = (
        made.filters.get(name, "") for name in ("source", "prefix", "since", "until", "condition")
    )
    return Filters(source, prefix, since, until, condition=condition)


def _all_named(before: Grouping) -> bool:
    return all(one.named for one in before.clusters)


def _start(before: Grouping, request: ClusterRequest, found: Items) -> Array | None:
    """The centres to begin with: those of the last time, if the same is asked for and not too much is new."""
    if before.fingerprint != found.fingerprint or before.seed != request.seed or before.auto != (not request.k):
        return None
    if request.k and len(before.clusters) != request.k:
        return None
    count = sum(len(one.items) for one in before.clusters)
    if not request.k and abs(len(found) - count) > DRIFT * max(count, 1):
        return None
    return np.stack([np.frombuffer(one.centre, dtype="<f4") for one in before.clusters])


def _grouped(
    db: Store, request: ClusterRequest, found: Items, inputs: str, start: Array | None, before: Grouping | None
) -> Grouping:
    k = len(start) if start is not None else request.k or kmeans.choose(found.vectors, found.keys, seed=request.seed)
    made = kmeans.cluster(found.vectors, k, found.keys, seed=request.seed, start=start)
    sizes = np.bincount(made.labels, minlength=k)
    order = np.arange(k) if start is not None else np.lexsort((np.arange(k), -sizes))
    order = order[sizes[order] > 0]
    members = []
    for label in order.tolist():
        own = np.flatnonzero(made.labels == label)
        members.append(own[np.lexsort((found.keys[own], -made.cosines[own]))])
    words = _keywords(db, request.kind, found, members)
    kept = {one.number: one for one in before.clusters} if before else {}
    names = naming.by_keywords(words)
    clusters = []
    for place, (label, own) in enumerate(zip(order.tolist(), members, strict=True)):
        number = before.clusters[label].number if before else place + 1
        old = kept.get(number)
        clusters.append(
            Cluster(
                number,
                old.name if old and old.named else names[place],
                words[place],
                float(made.cosines[own].mean()),
                made.centres[label].astype("<f4").tobytes(),
                [Item(int(found.documents[i]), int(found.passages[i]), float(made.cosines[i])) for i in own.tolist()],
                bool(old and old.named),
            )
        )
    auto = not request.k
    return Grouping(
        request.kind, named(request.filters), found.fingerprint, inputs, request.seed, auto, made.cohesion, clusters
    )


def _keywords(db: Store, kind: str, found: Items, members: Sequence[Array]) -> list[list[str]]:
    """The telling words of each group, from its texts nearest the centre."""
    share = min(1.0, READ / len(found))
    wanted: dict[int, int] = {}  # number of an item -> group
    numbers = found.passages if kind == "passages" else found.documents
    for group, own in enumerate(members):
        for place in own[: max(20, int(share * len(own)) + 1)].tolist():
            wanted[int(numbers[place])] = group
    texts = collection.texts_of(db, kind, list(wanted))
    words = telling.keywords((wanted[number], text) for number, text in texts)
    return [words.get(group, []) for group in range(len(members))]


def _named(
    db: Store,
    made: Grouping,
    generator: Generator | None,
    prompt: str,
    progress: Callable[[str], None] | None,
) -> list[Cluster]:
    """The groups with names by a model, largest first, each told what is taken; those that have one keep it."""
    if generator is None:
        raise InputError("--name needs a model", "Name one: --model smollm2")
    taken = [one.name for one in made.clusters if one.named]
    names: dict[int, str] = {}
    for one in sorted(made.clusters, key=lambda one: -len(one.items)):
        if one.named:
            continue
        shown = exemplars(db, one, NAMED_BY)
        texts = [f"{document.title}: {text}" if document.title else text for document, text in shown]
        group = naming.Described(texts, one.keywords)
        names[one.number] = naming.name(group, taken, generator, capable=capable(generator), prompt=prompt)
        taken.append(names[one.number])
        if progress:
            progress(names[one.number])
    return [replace(one, name=names[one.number], named=True) if one.number in names else one for one in made.clusters]


def exemplars(db: Store, one: Cluster, most: int = EXEMPLARS) -> list[tuple[Document, str]]:
    """The items of a group nearest its centre: each one's document, and its text."""
    return texts_of(db, one.items[:most])


def texts_of(db: Store, wanted: Sequence[Item]) -> list[tuple[Document, str]]:
    """Each item's document, and the text of the passage, or the whole."""
    passages = documents.passages(db, [item.passage for item in wanted if item.passage])
    whole = documents.load(db, sorted({item.document for item in wanted if not item.passage}))
    found = []
    for item in wanted:
        if item.passage in passages:
            found.append((passages[item.passage].document, passages[item.passage].text))
        elif item.document in whole:
            found.append((whole[item.document], whole[item.document].text))
    return found


# -- as rows -----------------------------------------------------------------------------------------------------------


def rows(db: Store, made: Grouping, truncate: int = 100) -> list[dict[str, Any]]:
    """The groups in the shape of `llm cluster`, and more: size, cohesion, keywords, exemplars."""
    known = collection.names(db)
    places = collection.places(db) if made.kind == "passages" else {}
    found = []
    for one in made.clusters:
        listed = list(_items(db, one.items, known, places, truncate))
        found.append(
            {
                "id": str(one.number),
                "summary": one.name,
                "size": len(one.items),
                "cohesion": round(one.cohesion, 4),
                "keywords": list(one.keywords),
                "exemplars": [item["id"] for item in listed[:EXEMPLARS]],
                "items": listed,
            }
        )
    return found


def _items(
    db: Store,
    wanted: Sequence[Item],
    known: Mapping[int, tuple[str, str, str]],
    places: Mapping[int, int],
    truncate: int,
) -> Iterable[dict[str, Any]]:
    kind = "passages" if wanted and wanted[0].passage else "documents"
    numbers = [item.passage or item.document for item in wanted]
    texts = dict(collection.texts_of(db, kind, numbers, truncate * 4 + 200))
    for item, number in zip(wanted, numbers, strict=True):
        source, key, title = known.get(item.document, ("", "", ""))
        content = " ".join(texts.get(number, "").split())
        yield {
            "id": f"{key}#{places.get(item.passage, 0)}" if item.passage else key,
            "content": content if len(content) <= truncate or not truncate else content[: truncate - 1] + "…",
            "source": source,
            "title": title,
            "similarity": round(item.similarity, 4),
        }


def flat(found: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """A row an item, for a spreadsheet."""
    return [{"cluster": one["id"], "name": one["summary"], **item} for one in found for item in one["items"]]
