"""
Bring sources up to date: settings to a walk, the walk into the index, and what is remembered of both.

What a source is, is the business of `rag.sources`; what of it is new, of `rag.index`.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Any

from rag.app import twins
from rag.errors import InputError, RagError
from rag.index import Index
from rag.index.adding import Summary
from rag.sources import Walk, kinds
from rag.sources.items import READ_ALREADY
from rag.sources.settings import WEB, Settings, from_json
from rag.store import Store
from rag.store import sources as store
from rag.store.sources import Remembered
from rag.terminal import line

NO_SETTINGS = Settings(())
Progress = Callable[[Summary, int], None]  # what was done so far, and of how many items (0: not known)


@dataclass(frozen=True, slots=True)
class Source:
    """A source that can be read: its name in the index, its complete settings, and the walk that they lead to."""

    name: str
    settings: Settings
    walk: Walk


def source(name: str, settings: Settings) -> Source:
    """What is to be read, not read yet. Raises InputError for a path or setting that cannot be used."""
    settings = kinds.complete(settings)
    return Source(name, settings, kinds.walk(settings, name))


def sources_of(paths: Iterable[str], settings: Settings = NO_SETTINGS, name: str = "") -> list[Source]:
    """Each path as a source of its own, or all as one of this name."""
    listed = tuple(paths)
    part = settings.table or ("pictures" if settings.pictures else "")  # a folder may be read in both ways
    groups = {name: listed} if name else {source_name(path, part): (path,) for path in listed}
    return [source(group, replace(settings, paths=several)) for group, several in groups.items()]


def source_name(path: str, table: str = "") -> str:
    """The source that a path stands for: where it lies, whatever the command's folder; an address is its own name."""
    if path == "-":
        return "stdin"
    if path.startswith(WEB):
        return path
    where = os.path.abspath(os.path.expanduser(path))
    return f"{where}#{table}" if table else where


def refresh(
    index: Index,
    wanted: Source,
    *,
    full: bool = False,
    prune: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """
    Remember a source and bring it up to date. What went wrong is kept with the source.

    Settings that could not be used are not kept: a source that is new is forgotten, another has its old ones again.
    """
    name, settings, walk = wanted.name, wanted.settings, wanted.walk
    text = settings.to_json()
    known = {one.name: one for one in store.sources(index.db)}.get(name)
    if not known and (other := twins.twin(index.db, name, settings)):
        return Summary(notes=[f"{name}: is read already, as the source {other}"])
    walk.elsewhere, walk.own = twins.elsewhere(index.db, name, settings), getattr(index.db, "real", None)
    if not dry_run:
        store.remember(index.db, name, settings.kind, text)
    walk.since = known.cursor if known and known.settings == text else ""
    walk.full = full
    try:
        show = (lambda summary: progress(summary, walk.total)) if progress else None
        summary = index.add(name, walk, prune=prune or None, full=full, dry_run=dry_run, progress=show)
    except RagError as error:
        if not dry_run and isinstance(error, InputError):
            _take_back(index, name, known)
        if not dry_run and known:
            store.failed(index.db, name, error.message)
        raise
    summary.skipped, summary.left = dict(walk.skipped), dict(walk.left + Counter(summary.left))
    summary.named += walk.named
    summary.problems += walk.problems
    summary.notes += walk.notes
    nothing = walk.elsewhere and walk.skipped[READ_ALREADY] and not known and not dry_run
    if nothing and not store.source(index.db, name).documents:
        store.remove(index.db, name)
        summary.notes = [f"{name}: is read already, in the source {next(iter(walk.elsewhere.values()))}"]
    elif walk.skipped and not (dry_run or summary.notes or store.source(index.db, name).documents):
        summary.notes.append(f"{name}: no documents; what it holds was skipped")
    return summary


def _take_back(index: Index, name: str, known: Remembered | None) -> None:
    """Undo the remembering of a source whose settings led to nothing."""
    if known:
        store.remember(index.db, name, known.kind, known.settings)
    elif not store.source(index.db, name).documents:
        store.remove(index.db, name)


def refresh_these(index: Index, given: list[Source], **options: Any) -> Summary:
    """These sources, one after the other; one that fails does not stop the others, and alone it raises InputError."""
    total = Summary()
    for one in given:
        try:
            merge(total, refresh(index, one, **options))
        except InputError as error:
            if len(given) == 1:
                raise
            total.problems.append((one.name, error.message))
    return total


def refresh_all(
    index: Index,
    *,
    full: bool = False,
    prune: bool = False,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> Summary:
    """Every remembered source, one after the other; one that fails does not stop the others."""
    found, notes = remembered(index.db)
    if not found and not notes:
        raise InputError(f"{index.db.path} has no sources yet", "Index something first: rag index PATH…")
    total, read = Summary(notes=notes), False
    for name, settings in found:
        try:
            done = again(index, name, settings, full=full, prune=prune, dry_run=dry_run, progress=progress)
        except InputError as error:
            total.problems.append((name, error.message))
            total.unread.append(name)
        else:
            merge(total, done)
            read = True
    if not dry_run and not read:  # where no source can be read again, nothing else would do it
        index.settle(total)
    return total


def again(index: Index, name: str, settings: Settings, *, dry_run: bool = False, **options: Any) -> Summary:
    """A remembered source, refreshed; what is in the way of reading it at all is kept with it, too."""
    try:
        wanted = source(name, settings)
    except InputError as error:
        if not dry_run:
            store.failed(index.db, name, error.message)
        raise
    return refresh(index, wanted, dry_run=dry_run, **options)


def remembered(db: Store) -> tuple[list[tuple[str, Settings]], list[str]]:
    """The sources that can be read again, and notes on those that cannot."""
    found, notes = [], []
    for one in store.sources(db):
        settings = from_json(one.settings)
        if one.kind == "llm":
            notes.append(f"{one.name}: it came from llm; rag import-llm brings it up to date")
        elif not settings.paths:
            notes.append(f"{one.name}: it was added by a program, which alone can refresh it")
        elif settings.paths == ("-",):
            notes.append(f"{one.name}: it came from standard input and cannot be read again")
        else:
            found.append((one.name, settings))
    return found, notes


def merge(total: Summary, other: Summary) -> None:
    """Add one summary to another."""
    for name in ("added", "changed", "removed", "unchanged", "reread", "embedded", "passages", "seconds"):
        setattr(total, name, getattr(total, name) + getattr(other, name))
    total.problems += other.problems
    total.notes += other.notes
    total.named += other.named
    for counts, more in ((total.skipped, other.skipped), (total.left, other.left)):
        for reason, count in more.items():
            counts[reason] = counts.get(reason, 0) + count


def problem_line(path: str, why: str) -> str:
    """A problem as one line; the path is not named twice."""
    return line(why if re.search(rf"(?<!\w){re.escape(path)}(?!\w)", why) else f"{path}: {why}")
