"""
Zip files, opened with suspicion: the member list of an archive, and one member's bytes.

Nothing is written to disk. Members that would unfold without bound, have names that lead elsewhere, are encrypted, or
are archives themselves are refused by name. Office files and books are zip files too and come through here.
"""

from __future__ import annotations

import io
import re
import stat
import unicodedata
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from rag.errors import InputError

MAX_MEMBERS = 20_000
MAX_MEMBER = 50_000_000  # bytes, unfolded
MAX_TOTAL = 500_000_000
MAX_RATIO = 200  # unfolded to folded; text stays under 30
ELSEWHERE = re.compile(r"^[/\\]|^[A-Za-z]:|(^|[/\\])\.\.([/\\]|$)|\\")
ENCRYPTED = 0x1
DAMAGED = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError)
UTF8 = 0x800  # the flag of a name in UTF-8


@contextmanager
def opened(data: bytes | Path, key: str) -> Iterator[zipfile.ZipFile]:
    """The archive, if it may be read at all; its errors as ours."""
    try:
        with zipfile.ZipFile(io.BytesIO(data) if isinstance(data, bytes) else data) as archive:
            _check(archive, key)
            _named(archive)
            yield archive
    except DAMAGED as error:
        raise InputError(f"{key} is a damaged or truncated archive: {error}") from error


def _check(archive: zipfile.ZipFile, key: str) -> None:
    members = archive.infolist()
    if len(members) > MAX_MEMBERS:
        raise InputError(f"{key} has {len(members):,} members, more than {MAX_MEMBERS:,}")
    if (total := sum(member.file_size for member in members)) > MAX_TOTAL:
        raise InputError(f"{key} would unfold to {total:,} bytes, more than {MAX_TOTAL:,}")


def _named(archive: zipfile.ZipFile) -> None:
    """
    Give the members the names they were given: without the flag of UTF-8, `zipfile` takes all for those of old DOS.

    They are UTF-8, or of one code page for all. The names by which their contents are found stay as they are.
    """
    members = archive.infolist()
    odd: dict[str, bytes] = {}
    for member in members:
        if not member.flag_bits & UTF8 and not member.filename.isascii():
            with suppress(UnicodeEncodeError):
                odd[member.filename] = member.filename.encode("cp437")
    page = _code_page(list(odd.values())) if odd else ""
    for member in members:
        name = odd[member.filename].decode(page, "replace") if member.filename in odd else member.filename
        member.filename = unicodedata.normalize("NFC", _unicode_path(member) or name)
    archive.NameToInfo = {member.filename: member for member in members}


def _unicode_path(member: zipfile.ZipInfo) -> str:
    """The name in UTF-8 that Info-ZIP stores beside one of a code page; "" if there is none."""
    extra, at = member.extra, 0
    while at + 4 <= len(extra):
        kind, size = int.from_bytes(extra[at : at + 2], "little"), int.from_bytes(extra[at + 2 : at + 4], "little")
        if kind == 0x7075 and size > 5:
            return extra[at + 9 : at + 4 + size].decode("utf-8", "replace")
        at += 4 + size
    return ""


# Of two-byte encodings, the characters that are used most, by their first byte; of one-byte ones, the letters.
TWO = re.compile(rb"[\x81-\xfe][\x40-\xfe]")
PAGES = (
    ("cp932", re.compile(rb"[\x88-\x97][\x40-\xfc]|[\x82\x83][\x40-\xf1]|\x81[\x40-\x9a]"), TWO),
    ("gb18030", re.compile(rb"[\xb0-\xd7][\xa1-\xfe]|\xa3[\xa1-\xfe]|\xa1[\xa1-\xbf]"), TWO),
    ("big5hkscs", re.compile(rb"[\xa4-\xc6][\x40-\x7e\xa1-\xfe]|\xa1[\x40-\xfe]"), TWO),
    ("cp866", re.compile(rb"[\x80-\xaf\xe0-\xf1]"), re.compile(rb"[\x80-\xff]")),
)
KOREAN = frozenset(
    "가각간감강개거건검결경계고공과관광교구국군권규그금기김나남내년노농는다단당대도동드라락로록료류르름리린마만명모목무문물미민"
    "바발방배백법변별병보본부북분비사산상생서석선설성세소속수술스승시식신실심아안양어업여연영예오요용우운울원월유율으은을의이인일"
    "임입자작장재전정제조종주중지직진집차참창책천청체초총추출치카코타태통트파판편평포표품프하학한합항해행현협형호화확환회효후훈"
)


def _code_page(names: list[bytes]) -> str:
    """The encoding in which all of these names are words."""
    data = b"\n".join(names)
    with suppress(UnicodeDecodeError):
        data.decode("utf-8")
        return "utf-8"
    with suppress(UnicodeDecodeError):  # its bytes are those of Chinese characters, too
        syllables = re.findall("[가-힣]", korean := data.decode("cp949"))
        if 2 * sum(map(KOREAN.__contains__, syllables)) > len(re.findall(r"[^\x00-\x7f]", korean)):
            return "cp949"
    best, found = 0.8, "cp437"
    for page, usual, any_ in PAGES:
        try:
            text = data.decode(page)
        except UnicodeDecodeError:
            continue
        characters = any_.findall(data)
        share = sum(bool(usual.fullmatch(character)) for character in characters) / max(len(characters), 1)
        words = re.findall(r"[^\W\d_a-zA-Z]+", text)
        if page == "cp866" and (not words or max(map(len, words)) < 3):  # German in old DOS has single letters
            continue
        if share > best:
            best, found = share, page
    return found


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
