"""What a file is whose name does not say it: a look at its first bytes, and at what lies beside it."""

from __future__ import annotations

import os
import re
import zlib
from pathlib import Path

from rag.sources.names import LARGEST, left_alone

# what stands behind the name of an index
BESIDE = re.compile(r"(?<=.)-(?:wal|shm|journal|index(?:-seal|-part)?|(?:jobs-|eval-)?lock)$")
SQLITE = b"SQLite format 3\0"
HEAD = 64_000  # bytes that tell what a file of JSON is
RECORDS = re.compile(rb'"\s*:\s*\[\s*\{\s*"')  # a list of objects, under its name
PACKED = b"\x1f\x8b"
MANUAL = re.compile(r".+\.(?:[1-9n][a-z]{0,12})(?:\.gz)?", re.IGNORECASE)  # the name of a file that may be a page of it
BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?\s*(?:[.'][^\n]*\n|\\[\"#])")  # a page does: a request, a comment
HEADS = re.compile(rb"^[.'](?:TH|Dd|Dt|SH|Sh)[ \t]", re.MULTILINE)
DAY = re.compile(r"\d{4}-\d\d-\d\d\.json")  # Slack writes one a day
CHATS = (
    (rb'"type"\s*:\s*"(?:\w+_(?:chat|group|channel|supergroup)|saved_messages)"', rb'"messages"\s*:\s*\['),  # Telegram
    (rb'"about"\s*:\s*"Here is the data', rb'"(?:personal_information|chats)"'),  # all chats of Telegram
    (rb'"guild"\s*:\s*\{', rb'"channel"\s*:\s*\{'),  # DiscordChatExporter
    (rb'"room_name"\s*:', rb'"messages"\s*:'),  # Element
    (rb'"participants"\s*:\s*\[', rb'"sender_name"\s*:'),  # Messenger, Instagram
    (rb'"messages"\s*:\s*\[', rb'"creator"\s*:\s*\{', rb'"created_date"\s*:'),  # Google Chat
)
# What Slack writes beside its channels: who is who, which channels there are
OF_SLACK = frozenset(
    f"{name}.json"
    for name in ("users", "channels", "groups", "dms", "mpims", "integration_logs", "canvases", "lists", "org_users")
)


def of_an_index(path: Path, own: Path | None) -> bool:
    """Whether a file is an index of ours, or lies beside one: a lock, a journal, a side file."""
    index = os.path.realpath(path.with_name(BESIDE.sub("", path.name)))
    if index == str(own) or not (os.path.isfile(index) and os.path.exists(f"{index}-lock")):
        return index == str(own)
    with open(index, "rb") as file:
        return file.read(len(SQLITE)) == SQLITE


def head_of(path: Path) -> bytes:
    with open(path, "rb") as file:
        return file.read(HEAD)


def kind_of_json(name: str, head: bytes) -> str | None:
    """
    The reader of a file of JSON by its first bytes: "chat", "listed" (a list of objects, or an object that holds one: a
    table, an export) or None.
    """
    if is_chat(name, head):
        return "chat"
    if re.match(rb"(?:\xef\xbb\xbf)?\s*\[\s*\{", head):
        return "listed"
    return "listed" if re.match(rb"(?:\xef\xbb\xbf)?\s*\{", head) and RECORDS.search(head) else None


def is_chat(name: str, head: bytes) -> bool:
    """Whether a file of JSON is what Slack, Telegram, Discord, Matrix, Messenger or Google Chat export."""
    if DAY.fullmatch(name) and b'"ts"' in head:
        return True
    return head.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"{") and any(
        all(re.search(mark, head) for mark in marks) for marks in CHATS
    )


def is_manual(name: str, head: bytes) -> bool:
    """Whether a file of this name, which begins so, is a page of the manual."""
    if not MANUAL.fullmatch(name):
        return False
    if head.startswith(PACKED):
        try:
            head = zlib.decompressobj(31).decompress(head, 20_000)
        except zlib.error:
            return False
    return BEGINS.match(head) is not None and HEADS.search(head[:20_000]) is not None


def starts_a_script(path: Path) -> bool:
    """Whether a file without a suffix says by its first line which program runs it."""
    with open(path, "rb") as file:
        head = file.read(1000)
    return head.startswith(b"#!") and b"\0" not in head


def peeked(path: Path) -> str | None:
    """The kind of a file whose name does not tell it."""
    if left_alone(path.name):
        return None
    if path.suffix.lower() == ".json":
        return kind_of_json(path.name, head_of(path))
    if MANUAL.fullmatch(path.name) and is_manual(path.name, head_of(path)):
        return "man"
    return "code" if not path.suffix and starts_a_script(path) else None


def set_aside(path: Path, kind: str | None, size: int) -> str:
    """Why a file of a folder is no document of its own although it could be read; "" if it is one."""
    if kind == "settings" and size > LARGEST:
        return "large data"
    if kind == "listed" and path.name in OF_SLACK:
        beside = (path.with_name("users.json"), path.with_name("channels.json"))
        return "names of a Slack export" if all(map(os.path.isfile, beside)) else ""
    return ""


def looks_binary(path: Path) -> bool:
    with open(path, "rb") as file:
        head = file.read(8192)
    return b"\0" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff"))
