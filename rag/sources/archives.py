"""
Zip files, opened with suspicion: the member list of an archive, and one member's bytes.

Nothing is written to disk. Members that would unfold without bound, have names that lead elsewhere, are encrypted, or
are archives themselves are refused by name. Office files and books are zip files too and come through here.
"""

from __future__ import annotations

import io
import re
import stat
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rag.errors import InputError

MAX_MEMBERS = 20_000
MAX_MEMBER = 50_000_000  # bytes, unfolded
MAX_TOTAL = 500_000_000
MAX_RATIO = 200  # unfolded to folded; text stays under 30
ELSEWHERE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\\")
ENCRYPTED = 0x1


@contextmanager
def opened(data: bytes | Path, key: str) -> Iterator[zipfile.ZipFile]:
    """The archive, if it may be read at all; its errors as ours."""
    try:
        with zipfile.ZipFile(io.BytesIO(data) if isinstance(data, bytes) else data) as archive:
            _check(archive, key)
            yield archive
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError) as error:
        raise InputError(f"{key} is a damaged or truncated archive: {error}") from error


def _check(archive: zipfile.ZipFile, key: str) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise InputError(f"{key} has {len(members):,} members, more than {MAX_MEMBERS:,}")
    if (total := sum(member.file_size for member in members)) > MAX_TOTAL:
        raise InputError(f"{key} would unfold to {total:,} bytes, more than {MAX_TOTAL:,}")


def refusal(member: zipfile.ZipInfo) -> str:
    """Why a member is not read; "" if it may be."""
    if ELSEWHERE.search(member.filename):
        return "leads out of the archive"
    if (mode := member.external_attr >> 16) and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
        return "is a link" if stat.S_ISLNK(mode) else "is no regular file"
    if member.flag_bits & ENCRYPTED:
        return "is encrypted"
    if member.file_size > MAX_MEMBER:
        return f"is too large: {member.file_size:,} bytes, more than the limit of {MAX_MEMBER:,}"
    if member.file_size > 1_000_000 and member.file_size > MAX_RATIO * max(member.compress_size, 1):
        return f"unfolds to {member.file_size // max(member.compress_size, 1):,} times its size"
    return ""


def member(archive: zipfile.ZipFile, name: str, key: str) -> bytes:
    """The bytes of a member; no more than it says it has, and no more than the limit."""
    try:
        info = archive.getinfo(name)
    except KeyError:
        raise InputError(f"{key} has no {name}: it is damaged, or not what its name says") from None
    if why := refusal(info):
        raise InputError(f"{key}#{name} {why}")
    with archive.open(info) as file:
        data = file.read(MAX_MEMBER + 1)
    if len(data) > MAX_MEMBER:
        raise InputError(f"{key}#{name} is too large: more than the limit of {MAX_MEMBER:,} bytes")
    return data


def parts(data: bytes, key: str) -> None:
    """Check a zip file that another library will read: every part within bounds, no XML with its own entities."""
    with opened(data, key) as archive:
        for info in archive.infolist():
            if why := refusal(info):
                raise InputError(f"{key}#{info.filename} {why}")
            if info.filename.endswith((".xml", ".rels", ".opf", ".ncx")):
                no_entities(member(archive, info.filename, key), f"{key}#{info.filename}")


def no_entities(data: bytes, key: str) -> None:
    """Refuse XML that declares entities: a few lines of them unfold to gigabytes, or read other files."""
    plain = data.replace(b"\0", b"")  # also in UTF-16
    start = plain.find(b"<!DOCTYPE")
    declared = start >= 0 and b"[" in plain[start : plain.find(b">", start)]
    if declared or b"<!ENTITY" in plain:
        raise InputError(f"{key} declares XML entities, which are not read")
