"""
Bring sources up to date: what `rag index`, `rag watch` and `--fresh` share.

Settings to a walk, a walk into the index, and what is remembered of both. Nothing is printed here but progress.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.cli.common import progress
from rag.errors import InputError, RagError

if TYPE_CHECKING:
    from rag.index import Index, Summary
    from rag.sources import Walk
    from rag.sources.settings import Settings
    from rag.store.sources import Remembered


def refresh(
    index: Index,
    name: str,
    settings: Settings,
    *,
    full: bool = False,
    prune: bool = False,
    dry_run: bool = False,
    quiet: bool = True,
) -> tuple[Summary, Walk]:
    """
    Remember a source and bring it up to date. What went wrong is kept with the source.

    Settings that could not be used are not kept: a source that is new is forgotten, another has its old ones again.
    """
    from rag.sources import settings as settings_
    from rag.store import sources

    settings = settings_.complete(settings)
    known = {one.name: one for one in sources.sources(index.db)}.get(name)
    if not dry_run:
        sources.remember(index.db, name, settings.kind, settings.to_json())
    cursor = known.cursor if known and known.settings == settings.to_json() else ""
    try:
        walk = settings_.walk(settings, name, cursor=cursor, full=full)
        with progress("indexing", quiet=quiet) as bar:
            total = sum(1 for _ in walk) if bar is not None and settings.kind == "files" else 0  # nothing is opened

            def show(summary: Summary) -> None:
                if bar is not None:
                    done = summary.added + summary.changed + summary.unchanged + len(summary.problems)
                    rate = f"{summary.embedded} embedded"
                    bar.update(bar.task_ids[0], completed=done, total=max(total, done), rate=rate)

            summary = index.add(name, walk, prune=prune or None, dry_run=dry_run, progress=show)
    except RagError as error:
        if not dry_run and isinstance(error, InputError):
            _take_back(index, name, known)
        if not dry_run and known:
            sources.failed(index.db, name, error.message)
        raise
    summary.skipped = dict(walk.skipped)
    summary.problems += walk.problems
    return summary, walk


def _take_back(index: Index, name: str, known: Remembered | None) -> None:
    """Undo the remembering of a source whose settings led to nothing."""
    from rag.store import sources

    if known:
        sources.remember(index.db, name, known.kind, known.settings)
    elif not sources.source(index.db, name).documents:
        sources.remove(index.db, name)


def remembered(index: Index) -> tuple[list[tuple[str, Settings]], list[str]]:
    """The sources that can be read again, and notes on those that cannot."""
    from rag.sources.settings import from_json
    from rag.store import sources

    found, notes = [], []
    for one in sources.sources(index.db):
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


def refresh_all(
    index: Index, *, full: bool = False, prune: bool = False, dry_run: bool = False, quiet: bool = True
) -> tuple[Summary, list[str]]:
    """Every remembered source, one after the other; one that fails does not stop the others."""
    from rag.index import Summary

    found, notes = remembered(index)
    if not found and not notes:
        raise InputError(f"{index.db.path} has no sources yet", "Index something first: rag index PATH…")
    total = Summary()
    for name, settings in found:
        try:
            summary, walk = refresh(index, name, settings, full=full, prune=prune, dry_run=dry_run, quiet=quiet)
        except InputError as error:
            total.problems.append((name, error.message))
            continue
        merge(total, summary)
        notes += walk.notes
    return total, notes


def told(path: str, why: str) -> str:
    """A problem as one line; the path is not named twice."""
    return why if re.search(rf"(?<!\w){re.escape(path)}(?!\w)", why) else f"{path}: {why}"


def merge(total: Summary, other: Summary) -> None:
    """Add one summary to another."""
    for name in ("added", "changed", "removed", "unchanged", "embedded", "passages", "seconds"):
        setattr(total, name, getattr(total, name) + getattr(other, name))
    total.problems += other.problems
    for reason, count in other.skipped.items():
        total.skipped[reason] = total.skipped.get(reason, 0) + count


def source_name(path: str, table: str = "") -> str:
    """The source that a path stands for: where it lies, whatever the command's folder; an address is its own name."""
    import os

    if path == "-":
        return "stdin"
    if path.startswith(("http://", "https://")):
        return path
    where = os.path.abspath(os.path.expanduser(path))
    return f"{where}#{table}" if table else where
