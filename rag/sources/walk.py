"""
Paths to items: directories, single files and globs, in a fixed order.

`.gitignore` is honoured (nested ones, and those above up to the repository), hidden and binary files are left out with
a count. What cannot be used is named in `problems` and never stops the walk. A regular file is not opened here, unless
its name does not say what it is.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from rag.errors import InputError
from rag.files import SPECIAL
from rag.sources import beside, copies, names
from rag.sources.formats import BINARY, PICTURES, UNREAD, Beside, kind_of, reader, stamp_of, why_not
from rag.sources.ignored import Rules, ignored, rules_above, rules_of
from rag.sources.items import MAX_BYTES, READ_ALREADY, Item, Left, Walk, told
from rag.sources.peek import looks_binary, of_an_index, peeked, set_aside
from rag.sources.settings import checked
from rag.types import Document

MAGIC = re.compile(r"[*?\[]")
BY_ITSELF = "unsupported (to read one all the same, name it: rag index FILE)"
NEVER = {"node_modules", "__pycache__", "__MACOSX"}  # not the user's own documents, ignored or not


@dataclass(frozen=True, slots=True)
class Start:
    """One path that was given: the folder to begin in and what of it is wanted, or a single file."""

    path: Path
    folder: Path
    wanted: Callable[[str], bool] | None = None  # takes the path relative to `folder`; None for a plain path
    hidden: bool = False


@dataclass(slots=True)
class Search:
    """A walk under way: what was seen so far."""

    walk: Walk
    root: Path
    source: str
    max_bytes: int
    ocr: str = ""
    pictures: bool = False
    files: set[Path] = field(default_factory=set)
    folders: dict[tuple[int, int], str] = field(default_factory=dict)

    def problem(self, path: Path, why: str, *, folder: bool = False) -> None:
        """Name what cannot be used now. What was indexed of it before is to stay."""
        self.walk.problems.append((str(path), why))
        key = _key(path, self.root)
        self.walk.keep.append("" if key == "." else key + ("/" if folder else ""))


def files(
    paths: Sequence[str | Path],
    source: str = "",
    max_bytes: int = MAX_BYTES,
    ocr: str = "",
    pictures: bool = False,
) -> Walk:
    """
    The items of these files, directories and globs (also quoted ones, `**` for any depth).

    `ocr` is the language (of Tesseract: "eng", "deu+eng") in which scans and pictures are read; else they are not.
    With `pictures`, these alone are given, as they are.

    Keys are relative to the directory that was given; with several paths, to the folder that holds them all. Raises
    InputError if there are no paths or one of them is missing; everything else is told by the walk.
    """
    if not paths:
        raise InputError("no path was given", "Name files, folders or globs: rag index ~/notes")
    starts = [_start(str(path)) for path in paths]
    root = Path(os.path.commonpath([start.folder for start in starts]))
    make = partial(_items, starts=starts, root=root, source=source, max_bytes=max_bytes, ocr=ocr, pictures=pictures)
    return Walk(make, root)


def _start(text: str) -> Start:
    checked(text)
    path = Path(os.path.abspath(os.path.expanduser(text)))
    if os.path.lexists(path):
        return Start(path, path if path.is_dir() else path.parent)
    if not MAGIC.search(text):
        raise InputError(f"there is no file or folder {text}", "Check the path; a glob needs quotes: 'docs/**/*.md'")
    fixed = []
    for part in path.parts:
        if MAGIC.search(part):
            break
        fixed.append(part)
    folder = Path(*fixed)
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder} for the glob {text}")
    pattern = path.parts[len(fixed) :]
    match = re.compile(_translate(pattern)).fullmatch
    return Start(path, folder, lambda key: match(key) is not None, any(part.startswith(".") for part in pattern))


def _translate(parts: Sequence[str]) -> str:
    """A glob as a regular expression over paths with "/": `**` is any number of folders, `*` stays within one."""
    pieces = []
    for number, part in enumerate(parts):
        last = number == len(parts) - 1
        if part == "**":
            pieces.append(".*" if last else "(?:[^/]+/)*")
            continue
        text, at = "", 0
        while at < len(part):
            found = re.compile(r"\[(!?)([^\]]+)\]").match(part, at)
            if part[at] == "*":
                text += "[^/]*"
            elif part[at] == "?":
                text += "[^/]"
            elif found:
                chars = re.escape(found.group(2)).replace(r"\-", "-")
                text += f"[{'^/' if found.group(1) else ''}{chars}]"
                at = found.end() - 1
            else:
                text += re.escape(part[at])
            at += 1
        pieces.append(text + ("" if last else "/"))
    return "".join(pieces)


def _items(
    walk: Walk, starts: Sequence[Start], root: Path, source: str, max_bytes: int, ocr: str, pictures: bool
) -> Iterator[Item]:
    search = Search(walk, root, source, max_bytes, ocr, pictures)
    found: list[Entry] = []
    for start in starts:
        search.folders = {}  # each path finds what it names, whatever others found
        before, left_out = len(found), sum(walk.skipped.values()) + len(walk.problems)
        if start.folder == start.path or start.wanted:
            found += _folder(search, start.folder, start, rules_above(start.folder))
        else:
            found += _file(search, start.path, named=True)
        if len(found) == before and sum(walk.skipped.values()) + len(walk.problems) == left_out:
            walk.notes.append(f"{start.path}: {'no file matches' if start.wanted else 'empty'}")
    found = list(_once(walk, found))
    copied = copies.originals([(path, status) for _, path, _, status in found])
    for path, original in copied.items():
        walk.skip("copies", f"{path}, of {original.name}")
    found = [entry for entry in found if entry[1] not in copied]
    walk.total = len(found)
    mails = beside.Mails(path for _, path, _, _ in found)
    for key, path, kind, status in sorted(found, key=lambda each: each[0]):
        if kind == "zip":
            from rag.sources.members import members

            yield from members(walk, path, key, source, ocr)
            continue
        stamp, kind = f"{status.st_size}-{status.st_mtime_ns}{beside.stamp(path, kind)}", kind or "text"
        others = partial(beside.read, path, max_bytes, mails)
        read = partial(_read, path, key, source, kind, ocr, max_bytes, walk.leaving(key), others)
        yield Item(key, stamp, read, stamp_of(kind, ocr))


Entry = tuple[str, Path, "str | None", os.stat_result]


def _once(walk: Walk, found: list[Entry]) -> Iterator[Entry]:
    """Each file once, however many names it has: by the one that is no link; and not if another source has it."""
    names: dict[tuple[int, int], list[Entry]] = {}
    for number, entry in enumerate(found):
        status = entry[3]  # without inodes, every name is a file
        names.setdefault((status.st_dev, status.st_ino) if status.st_ino else (-1, number), []).append(entry)
    for place, same in names.items():
        kept = min(same, key=lambda entry: os.path.realpath(entry[1]) != str(entry[1])) if len(same) > 1 else same[0]
        for entry in same:
            if entry is not kept:
                walk.skip(READ_ALREADY, f"{entry[1]}, as {kept[1]}")
        if other := walk.elsewhere.get(place):
            walk.skip(READ_ALREADY, f"{kept[1]}, by the source {other}")
            walk.removed.append(kept[0])
        else:
            yield kept


def identities(walk: Walk) -> Iterator[tuple[int, int]]:
    """(device, inode) of the files that a walk of files gives."""
    root = str(walk.root)
    for item in walk:
        for name in (item.key, item.key.partition("#")[0]):  # of a member of an archive, the archive
            try:
                status = os.stat(os.path.join(root, name))
            except (OSError, ValueError):
                continue
            if status.st_ino:
                yield status.st_dev, status.st_ino
            break


Found = Iterator[Entry]


def _folder(search: Search, folder: Path, start: Start, rules: Rules) -> Found:
    walk = search.walk
    try:
        status = os.stat(folder)
        if (seen := search.folders.get((status.st_dev, status.st_ino))) is not None:
            if os.path.islink(folder):
                if _leads_back(folder):
                    search.problem(folder, f"is a link that leads back to {seen}")
                else:
                    walk.notes.append(f"{folder}: is a link to {seen}, which is read already")
                    walk.skipped[READ_ALREADY] += 1
            return
        search.folders[status.st_dev, status.st_ino] = str(folder)
        with os.scandir(folder) as listing:
            entries = sorted(listing, key=lambda entry: entry.name)
    except OSError as error:
        search.problem(folder, f"cannot be read: {error.strerror}", folder=True)
        return
    rules = rules_of(folder, rules)
    for entry in entries:
        path = folder / entry.name
        if entry.name.startswith(".") and not start.hidden and not names.is_shown(entry.name):
            walk.skip("hidden", str(path))
        elif entry.name in NEVER:
            walk.skip("ignored", str(path))
        elif os.path.isdir(path):
            if ignored(path, rules, folder=True):
                walk.skip("ignored", str(path))
            else:
                yield from _folder(search, path, start, rules)
        elif start.wanted and not start.wanted(path.relative_to(start.folder).as_posix()):
            continue
        elif ignored(path, rules, folder=False):
            walk.skip("ignored", str(path))
        else:
            yield from _file(search, path, named=False)


def _leads_back(link: Path) -> bool:
    """Whether a link is a loop: it leads to a folder that it lies in."""
    target = Path(os.path.realpath(link))
    return target in Path(os.path.realpath(link.parent), link.name).parents


def _file(search: Search, path: Path, *, named: bool) -> Found:
    """The file if it can become documents; else what speaks against it is counted or told."""
    walk = search.walk
    try:
        status = os.stat(path)
        if why := SPECIAL.get(stat.S_IFMT(status.st_mode)):
            search.problem(path, why)
            return
        if path in search.files:
            walk.skip(READ_ALREADY, str(path))
            return
        search.files.add(path)
        kind = kind_of(str(path), ocr=bool(search.ocr), pictures=search.pictures)
        if kind is None and not search.pictures:
            kind = peeked(path)
        if kind is None and not named and of_an_index(path, walk.own):
            return
        if not named and (why := set_aside(path, kind, status.st_size)):
            walk.skip(why, str(path))
            return
        if kind is None and (not named or search.pictures):
            why = why_not(path.name, pictures=search.pictures)
            can = why == "unsupported" and path.suffix.lower() != ".xml" and not looks_binary(path)
            walk.skip(BY_ITSELF if can else why, str(path))
            return
        if kind is None and path.suffix.lower() in PICTURES:
            search.problem(path, "is a picture: --ocr reads what stands in it")
            return
        if kind is None and (unread := UNREAD.get(path.suffix.lower())):
            search.problem(path, f"is {unread[0]}, which is not read: {unread[1]}")
            return
        if kind is None and (BINARY.fullmatch(path.suffix) or looks_binary(path)):
            search.problem(path, "is binary, and of no format that is known")
            return
    except OSError as error:
        loop = "is a link that leads nowhere" if os.path.islink(path) else f"cannot be read: {error.strerror}"
        search.problem(path, loop)
        return
    if status.st_size > search.max_bytes:
        size = f"{status.st_size:,} bytes, more than the limit of {search.max_bytes:,}"
        search.problem(path, f"is too large: {size}")
    elif not status.st_size:
        walk.skip("empty", str(path))
    else:
        yield _key(path, search.root), path, kind, status


def _key(path: Path, root: Path) -> str:
    """The path below the root; a name that is not UTF-8 is written with backslashes."""
    relative = os.fsencode(path.relative_to(root).as_posix())
    return relative.decode("utf-8", "backslashreplace")


def _read(
    path: Path, key: str, source: str, kind: str, ocr: str, max_bytes: int, left: Left, others: Beside
) -> list[Document]:
    try:
        # O_NONBLOCK: if the file has become a pipe since it was listed, this does not wait for ever
        with open(os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC), "rb") as file:
            if why := SPECIAL.get(stat.S_IFMT(os.fstat(file.fileno()).st_mode)):
                raise InputError(f"{path} {why}")
            data = file.read(max_bytes + 1)
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}") from error
    if len(data) > max_bytes:
        raise InputError(f"{path} is too large: it grew over the limit of {max_bytes:,} bytes")
    found = reader(kind, ocr, others)(data, key, source, left)
    return found if kind == "listed" else told(found, left)
