"""
Chats as documents, whatever program they come from (`chat_exports`, `chat_text`).

A document is a day of a channel, or a conversation: days in a row until there is enough to read. Messages without text,
joins and the like are left out, and told; of bots the beginning is kept.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import groupby
from pathlib import PurePosixPath
from typing import Any

from rag import messages
from rag.sources.encodings import CONTROL, lines
from rag.sources.items import Left
from rag.sources.text import bounded, iso_date
from rag.types import Document

ENOUGH = 1500  # characters: a conversation ends with the day on which it is so long
APART = timedelta(days=7)  # without a message end one, too
BOT = 300  # characters of what a bot wrote
SILENT, AUTOMATIC = "messages without text", "automatic messages"
MARKS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")  # of direction, which programs put in


@dataclass(slots=True)
class Message:
    """What somebody wrote; `at` is the time where it was exported, `line` that of its file, if it has lines."""

    who: str
    at: datetime | None
    text: str
    replies: list[Message] = field(default_factory=list)
    line: int = 0


@dataclass(slots=True)
class Chat:
    """A conversation and what it is called; `name` tells it from others of its file."""

    title: str
    messages: list[Message]
    name: str = ""


def documents(chat: Chat, key: str, source: str, *, whole: bool = False) -> list[Document]:
    """The documents of a chat; `whole` keeps all of it in one. The keys are `KEY#NAME DAY`, or what of it is needed."""
    if not chat.messages:
        return []
    pieces = [chat.messages] if whole else list(_pieces(chat.messages))
    made = []
    for piece in pieces:
        day = _day(piece[0])
        name = " ".join(filter(None, (chat.name, day if len(pieces) > 1 else "")))
        made.append(_document(chat, piece, f"{key}#{name}" if name else key, source))
    return made


def _document(chat: Chat, piece: Sequence[Message], key: str, source: str) -> Document:
    text, places = "", []
    for message in piece:
        text += "\n" if text else ""
        places.append([len(text), message.line])
        text += "\n".join(_written(message))
    people = list(dict.fromkeys(one.who for message in piece for one in (message, *message.replies)))
    meta: dict[str, Any] = {"people": people} | ({"lines": places} if piece[0].line else {})
    return Document(source, key, text, chat.title, "", "", _day(piece[0]), meta, "markdown")


def _written(message: Message, depth: int = 0) -> Iterator[str]:
    time = message.at.strftime("%Y-%m-%d %H:%M") if message.at else ""
    yield messages.written(message.who, time, bounded(message.text), depth)
    for reply in message.replies:
        yield from _written(reply, 1)


def _day(message: Message) -> str:
    return message.at.date().isoformat() if message.at else ""


def _pieces(found: Sequence[Message]) -> Iterator[list[Message]]:
    """Days in a row, until there is enough to read or a long time without a word."""
    piece: list[Message] = []
    for _, of_day in groupby(found, _day):
        day = list(of_day)
        long = sum(len(one.text) for one in piece) >= ENOUGH
        if piece and (long or _apart(piece[-1], day[0])):
            yield piece
            piece = []
        piece += day
    if piece:
        yield piece


def _apart(one: Message, other: Message) -> bool:
    return bool(one.at and other.at and abs(other.at - one.at) > APART)


# -- what the readers of exports have in common ------------------------------------------------------------------------


def clean(text: object) -> str:
    """A text without control characters and marks of direction."""
    return MARKS.sub("", CONTROL.sub("", lines(str(text or "")))).strip()


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects in a list; none if it is no list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def inner(value: Mapping[str, Any], name: str) -> dict[str, Any]:
    """The object that another has under this name; an empty one if it is none."""
    found = value.get(name)
    return found if isinstance(found, dict) else {}


def local(value: object) -> datetime | None:
    """A moment as the clock here showed it: of seconds or thousandths since 1970, or of a text, which keeps its own."""
    if isinstance(value, str) and not re.fullmatch(r"\d+(?:\.\d+)?", value):
        told = iso_date(re.sub(r"(\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?$", r"\1", value))
        try:
            return datetime.fromisoformat(told).replace(tzinfo=None) if told else None
        except ValueError:
            return None
    try:
        seconds = float(value)  # type: ignore[arg-type]
        seconds = seconds / 1000 if seconds > 10**11 else seconds
        return datetime.fromtimestamp(seconds, UTC).astimezone().replace(tzinfo=None) if seconds > 0 else None
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def message(who: object, at: datetime | None, text: str, left: Left) -> Iterator[Message]:
    """A message, if it has words; else that it has none is told."""
    name, said = clean(who) or "someone", clean(text)
    if said:
        yield Message(name, at, said)
    else:
        left(SILENT, f"{name} {at or ''}")


def folder(key: str) -> str:
    """The name of the folder that a file lies in, "" if its key does not say."""
    return PurePosixPath(key.rpartition("#")[2]).parent.name
