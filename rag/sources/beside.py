"""What a reader may look at besides its file: the names of a Slack export, the mail that a mail answers."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

HEAD = 64_000  # bytes in which a mail says its number
NUMBER = re.compile(rb"^message-id:\s*<([^<>\s]{1,998})>", re.IGNORECASE | re.MULTILINE)
USERS = "../users.json"  # of Slack, from the folder of a channel


class Mails:
    """The mails (.eml) among some files by their numbers; their heads are read when the first one is asked for."""

    def __init__(self, paths: Iterable[Path]) -> None:
        self._paths: list[Path] | None = [path for path in paths if path.suffix.lower() == ".eml"]
        self._numbered: dict[str, Path] = {}

    def find(self, number: str) -> Path | None:
        for path in self._paths or ():
            with suppress(OSError), open(path, "rb") as file:
                if found := NUMBER.search(file.read(HEAD).partition(b"\n\n")[0].replace(b"\r\n\r\n", b"")):
                    self._numbered.setdefault(found[1].decode("utf-8", "replace"), path)
        self._paths = None
        return self._numbered.get(number)


def read(path: Path, most: int, mails: Mails, name: str) -> bytes | None:
    """What `name` is from the file at `path`: another file by its way, or a mail by its number (`<…>`); None if not."""
    with suppress(OSError, ValueError):
        near = mails.find(name[1:-1]) if name.startswith("<") else path.parent / name
        if near is not None and near.is_file() and near.stat().st_size <= most:
            return near.read_bytes()
    return None


def stamp(path: Path, kind: str | None) -> str:
    """Of what is read along with a file; "" if nothing is."""
    if kind == "chat":
        with suppress(OSError):
            status = os.stat(path.parent / USERS)
            return f"+{status.st_size}-{status.st_mtime_ns}"
    return ""
