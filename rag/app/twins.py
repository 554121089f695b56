"""
One file under several names: a folder and a link to it, a folder and a file of it that was named, too.

A source that the user named is what the user wants, whatever others hold; of those that are named by their paths, the
oldest has a file, and the others leave it out.
"""

from __future__ import annotations

import dataclasses
import os
from contextlib import suppress

from rag.errors import InputError
from rag.sources import kinds, walk
from rag.sources.settings import Settings, from_json
from rag.store import Store, sources


def twin(db: Store, name: str, settings: Settings) -> str:
    """The older source that reads the same table in the same way by another spelling of its path; "" if none does."""
    if settings.kind not in ("table", "sqlite", "thread") or not _by_path(name, settings):
        return ""
    for other, text in sources.older(db, name):
        found = from_json(text)
        if found.paths and _by_path(other, found) and _real(found) == _real(settings):
            return other
    return ""


def elsewhere(db: Store, name: str, settings: Settings) -> dict[tuple[int, int], str]:
    """(device, inode) of the files that older sources read, for those whose folders overlap: the source."""
    if settings.kind != "files" or not _by_path(name, settings):
        return {}
    own = _folder(settings.paths[0])
    taken: dict[tuple[int, int], str] = {}
    for other, text in sources.older(db, name):
        found = from_json(text)
        if found.kind != "files" or not any(_overlap(own, _folder(path)) for path in found.paths):
            continue
        try:
            taken |= {place: other for place in walk.identities(kinds.walk(found, other)) if place not in taken}
        except InputError:  # it is not there at the moment
            continue
    for one in sources.sources(db):  # a table that is named by itself is read row by row
        if one.kind == "table" and one.name != name:
            with suppress(OSError):
                status = os.stat(from_json(one.settings).paths[0])
                taken.setdefault((status.st_dev, status.st_ino), one.name)
    return taken


def _by_path(name: str, settings: Settings) -> bool:
    """Whether a source has the name that its only path gives it."""
    return len(settings.paths) == 1 and name.partition("#")[0] == settings.paths[0]


def _real(settings: Settings) -> Settings:
    return dataclasses.replace(settings, paths=tuple(os.path.realpath(path) for path in settings.paths))


def _folder(path: str) -> str:
    """Where a path leads; of a glob, what stands before its first sign."""
    parts = path.split("/")
    fixed = [
        part for number, part in enumerate(parts) if not any(walk.MAGIC.search(one) for one in parts[: number + 1])
    ]
    return os.path.realpath(path if os.path.lexists(path) else "/".join(fixed) or "/")


def _overlap(one: str, other: str) -> bool:
    """Whether two paths are one, or one lies below the other."""
    return f"{one}/".startswith(f"{other.rstrip('/')}/") or f"{other}/".startswith(f"{one.rstrip('/')}/")
