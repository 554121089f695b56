"""The members of an archive as items, read like the files of a folder."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Container, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path

from rag.errors import InputError
from rag.sources import archives, names
from rag.sources.formats import kind_of, reader, stamp_of, why_not
from rag.sources.items import Item, Left, Walk, told
from rag.sources.peek import HEAD, MANUAL, OF_SLACK, is_manual, kind_of_json
from rag.types import Document


def members(walk: Walk, path: Path, key: str, source: str, ocr: str) -> Iterator[Item]:
    """One item a member of an archive; its checksum is its stamp."""
    try:
        with archives.opened(path, str(path)) as archive:
            # of several members of one name the last counts, as everywhere
            members = sorted(archive.NameToInfo.values(), key=lambda member: member.filename)
            kinds = {member.filename: _kind_of_member(archive, member, ocr) for member in members}
    except InputError as error:
        walk.problems.append((str(path), error.message.removeprefix(f"{path} ")))
        walk.keep.append(f"{key}#")
        return
    for member in members:
        name = member.filename
        if name.endswith("/"):  # not is_dir(), which stumbles over an empty name
            continue
        folders = [part for part in name.split("/") if part.startswith(".") and part.strip(".")]
        if not all(map(names.is_shown, folders)) or name.startswith("__MACOSX/"):
            walk.skip("hidden", f"{path}#{name}")
        elif _listed_by_slack(name, kinds):
            walk.skip("names of a Slack export", f"{path}#{name}")
        elif (kind := kinds[name]) is None:
            walk.skip(why_not(name), f"{path}#{name}")
        elif why := archives.refusal(member) or ("is an archive in an archive" if kind == "zip" else ""):
            walk.problems.append((f"{path}#{name}", why))
            walk.keep.append(f"{key}#{name}")
        else:
            stamp = f"{member.file_size}-{member.CRC}"
            own = f"{key}#{name}"
            yield Item(
                own,
                stamp,
                partial(_read_member, path, name, own, source, kind, ocr, walk.leaving(own)),
                stamp_of(kind, ocr),
            )


def _kind_of_member(archive: zipfile.ZipFile, member: zipfile.ZipInfo, ocr: str) -> str | None:
    kind = kind_of(member.filename, ocr=bool(ocr))
    name = posixpath.basename(member.filename)
    is_json = name.lower().endswith(".json")
    if kind is None and (is_json or MANUAL.fullmatch(name)) and not archives.refusal(member):
        with suppress(*archives.DAMAGED), archive.open(member) as file:
            head = file.read(HEAD)
            kind = kind_of_json(name, head) if is_json else "man" if is_manual(name, head) else None
    return kind


def _listed_by_slack(name: str, members: Container[str]) -> bool:
    folder, base = posixpath.split(name)
    return base in OF_SLACK and all(posixpath.join(folder, one) in members for one in ("users.json", "channels.json"))


def _read_member(path: Path, name: str, key: str, source: str, kind: str, ocr: str, left: Left) -> list[Document]:
    with archives.opened(path, str(path)) as archive:
        data = archives.member(archive, name, str(path))

        def beside(other: str) -> bytes | None:
            whole = posixpath.normpath(posixpath.join(posixpath.dirname(name), other))
            return archives.member(archive, whole, str(path)) if whole in archive.NameToInfo else None

        return told(reader(kind, ocr, beside)(data, key, source, left), left)
