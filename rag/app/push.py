"""
Publishing: what changed since the last push goes to another place, what is gone is removed from it.

A batch is sent, then noted; stopped between the two, it is sent again, which changes nothing there. What a place
refuses is named, and the rest goes on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from rag.app.sources import labels
from rag.errors import InputError, NotFoundError
from rag.remote import Given, Place
from rag.remote.link import Refused
from rag.store import Store, documents, pages, pushes
from rag.store import sources as store
from rag.store.pushes import Due
from rag.types import Passage

MOST = 50  # documents of a batch
LARGEST = 1_000_000  # characters of a batch, unless one document has more


@dataclass(slots=True)
class Pushed:
    """What a push did, counted in documents."""

    sent: int = 0
    removed: int = 0
    unchanged: int = 0
    problems: list[tuple[str, str]] = field(default_factory=list)  # (key, why)


def push(
    db: Store,
    place: Place,
    url: str,
    *,
    names: Sequence[str] = (),
    called: str = "",
    full: bool = False,
    dry_run: bool = False,
    progress: Callable[[Pushed, int], None] | None = None,
) -> Pushed:
    """
    Bring a place up to date with these sources, else with all. `called` is what the only source is called there.

    `full` sends everything again, as for a place that was emptied. Raises InputError for a source that is not there, or
    a token that is not let in.
    """
    shown = _called(db, names, called)
    number = pushes.begin(db, url, place.kind)
    listed = pushes.known(db, number, names)
    done, total = Pushed(), len(listed)
    due: list[tuple[Due, str]] = []
    for one in listed:
        mark = f"{one.hash} {shown[one.source]}" if one.number else ""
        if one.number and one.sent == mark and not full:
            done.unchanged += 1
        else:
            due.append((one, mark))
    if dry_run:
        done.sent = sum(bool(one.number) for one, _ in due)
        done.removed = len(due) - done.sent
        return done
    for batch in _batches(db, due):
        _send(db, place, number, batch, shown, done)
        if progress:
            progress(done, total)
    return done


def _called(db: Store, names: Sequence[str], called: str) -> dict[str, str]:
    """Source -> what it is called there: no slash stands in it, so that the key begins behind the first."""
    there = labels(db)
    for name in names:
        if name not in there:
            store.source(db, name)  # says which there are
            raise NotFoundError(f"there is no source {name!r}")
    if called:
        if len(names) != 1:
            raise InputError("--as names one source", "Say which: --source NAME")
        if "/" in called or not called.strip():
            raise InputError(f"--as {called!r} is not a name for a source", "Use a short word without a slash.")
        return there | {names[0]: called}
    return {name: (label.partition("://")[2] or label).replace("/", " ").strip() for name, label in there.items()}


def _batches(db: Store, due: Sequence[tuple[Due, str]]) -> Iterator[list[tuple[Due, str]]]:
    """So many at a time that a place takes them."""
    batch: list[tuple[Due, str]] = []
    size = 0
    for one, mark in due:
        length = documents.length(db, one.number) if one.number else 0
        if batch and (len(batch) >= MOST or size + length > LARGEST):
            yield batch
            batch, size = [], 0
        batch.append((one, mark))
        size += length
    if batch:
        yield batch


def _send(
    db: Store, place: Place, number: int, batch: list[tuple[Due, str]], shown: dict[str, str], done: Pushed
) -> None:
    """Send a batch and note it; refused as a whole it is sent one by one."""
    try:
        noted = _exchange(db, place, batch, shown)
    except Refused as error:
        if error.status in (401, 403, 405, 501):
            raise
        if len(batch) == 1:
            done.problems.append((batch[0][0].key, error.message))
            return
        for one in batch:
            _send(db, place, number, [one], shown, done)
        return
    pushes.sent(db, number, noted)
    done.sent += sum(bool(one.number) for one, _ in batch)
    done.removed += sum(not one.number for one, _ in batch)


def _exchange(
    db: Store, place: Place, batch: list[tuple[Due, str]], shown: dict[str, str]
) -> list[tuple[Due, str, list[str] | None]]:
    """What a batch is there afterwards: (document, its hash, its names; None: it is gone)."""
    here = [(one, mark) for one, mark in batch if one.number]
    given: list[Given] = []
    for one, _ in here:
        document = documents.load(db, [one.number])[one.number]
        rows = pages.passages(db, one.number)
        parts = [Passage(document, row["start"], row["end"], row["text"], row["heading"]) for row in rows]
        given.append((shown[one.source], document, parts))
    names = place.put(given) if given else []
    noted: list[tuple[Due, str, list[str] | None]] = []
    stale: list[str] = []
    for (one, mark), now in zip(here, names, strict=True):
        noted.append((one, mark, now))
        stale += [name for name in one.names if name not in now]
    for one, _ in batch:
        if not one.number:
            noted.append((one, "", None))
            stale += one.names
    place.delete(stale)
    return noted
