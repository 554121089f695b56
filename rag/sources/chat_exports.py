"""
The chats in the JSON that programs export, one function a program. Texts are as they were read there: with the names
of those who are mentioned, and links behind their words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from rag.errors import InputError
from rag.sources import slack
from rag.sources.chats import AUTOMATIC, Chat, Message, clean, dicts, documents, inner, local, message
from rag.sources.encodings import decode
from rag.sources.formats import Beside
from rag.sources.items import Left, untold
from rag.sources.tables import load
from rag.types import Document


def nobody(name: str) -> bytes | None:
    """A `Beside` for a file that lies alone."""


def read(data: bytes, key: str, source: str, left: Left = untold, beside: Beside = nobody) -> list[Document]:
    """The conversations of an export. Raises InputError if it is none."""
    found = chats(load(decode(data, key), key), key, left, beside)
    if found is None:
        raise InputError(f"{key} holds no chat of a kind that is known")
    return [document for chat in found for document in documents(chat, key, source)]


def chats(value: Any, key: str, left: Left, beside: Beside) -> list[Chat] | None:
    """The chats of an export; None if it is of no kind that is known."""
    if isinstance(value, list):
        if value and not any("ts" in one for one in dicts(value)):
            return None
        return [slack.channel(dicts(value), key, left, beside)]
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("chats"), dict):
        found = dicts(value["chats"].get("list"))
        return _told_apart([_telegram(one, left) for one in found])
    for marks, read in READERS:
        if all(mark in value for mark in marks):
            return [read(value, left)]
    return None


def _told_apart(found: list[Chat]) -> list[Chat]:
    """Several chats of a file, each by its title; two of one title are numbered."""
    seen: dict[str, int] = {}
    for chat in found:
        seen[chat.title] = count = seen.get(chat.title, 0) + 1
        chat.name = chat.title + (f" ({count})" if count > 1 else "")
    return found


# -- Telegram ----------------------------------------------------------------------------------------------------------


def _telegram(value: dict[str, Any], left: Left) -> Chat:
    title = clean(value.get("name")) or (
        "Saved messages" if value.get("type") == "saved_messages" else "Deleted account"
    )
    found: list[Message] = []
    for one in dicts(value.get("messages")):
        if one.get("type") != "message":
            left(AUTOMATIC, f"{one.get('actor', '')} {one.get('action', '')}")
            continue
        text = "\n".join(filter(None, (_entities(one.get("text")), _poll(one.get("poll")), _contact(one), _file(one))))
        at = local(one.get("date"))
        if forwarded := clean(one.get("forwarded_from")):
            text = text and f"(from {forwarded}) {text}"
        found += message(one.get("from") or "Deleted account", at, text, left)
    return Chat(title, found)


def _entities(text: Any) -> str:
    """A text of pieces as one; a link stands behind its words."""
    parts = text if isinstance(text, list) else [text]
    return "".join(_entity(part) if isinstance(part, dict) else str(part or "") for part in parts)


def _entity(part: dict[str, Any]) -> str:
    words, link = str(part.get("text") or ""), part.get("href")
    return f"{words} ({link})" if link and part.get("type") == "text_link" and link != words else words


def _poll(poll: Any) -> str:
    if not isinstance(poll, dict):
        return ""
    answers = [f"{clean(one.get('text'))} ({one.get('voters', 0)})" for one in dicts(poll.get("answers"))]
    return f"Poll: {clean(poll.get('question'))} {', '.join(answers)}"


def _contact(one: dict[str, Any]) -> str:
    about = one.get("contact_information")
    if not isinstance(about, dict):
        return ""
    return "Contact: " + " ".join(clean(about.get(name)) for name in ("first_name", "last_name", "phone_number"))


def _file(one: dict[str, Any]) -> str:
    name = clean(one.get("file_name"))
    return f"[file: {name}]" if name and one.get("media_type") not in ("sticker", "animation", "voice_message") else ""


# -- Discord -----------------------------------------------------------------------------------------------------------


def _discord(value: dict[str, Any], left: Left) -> Chat:
    guild, channel = inner(value, "guild"), inner(value, "channel")
    place = clean(channel.get("name"))
    home = clean(guild.get("name"))
    found: list[Message] = []
    for one in dicts(value.get("messages")):
        if one.get("type") not in (None, "Default", "Reply"):
            left(AUTOMATIC, f"{one.get('type')} {one.get('content', '')}")
            continue
        author = inner(one, "author")
        text = "\n".join(
            filter(None, (clean(one.get("content")), *_embeds(one, bool(author.get("isBot"))), *_attached(one)))
        )
        found += message(author.get("nickname") or author.get("name"), local(one.get("timestamp")), text, left)
    direct = home in ("", "Direct Messages")
    return Chat(place if direct else f"#{place} ({home})", found)


def _embeds(one: dict[str, Any], bot: bool) -> Iterator[str]:
    """What a bot shows in a box; of a link, only the link is what somebody wrote."""
    for embed in dicts(one.get("embeds")) if bot else ():
        yield from (clean(embed.get(name)) for name in ("title", "description"))


def _attached(one: dict[str, Any]) -> Iterator[str]:
    for file in dicts(one.get("attachments")):
        name = clean(file.get("fileName"))
        if name and not re.search(r"\.(?:png|jpe?g|gif|webp|heic|mp4|mov|webm|ogg|mp3)$", name, re.IGNORECASE):
            yield f"[file: {name}]"


# -- Matrix, Messenger, Google Chat ------------------------------------------------------------------------------------


def _matrix(value: dict[str, Any], left: Left) -> Chat:
    events = dicts(value.get("messages"))
    names: dict[str, str] = {}
    for one in events:
        content = inner(one, "content")
        if one.get("type") == "m.room.member" and content.get("displayname"):
            names[str(one.get("state_key") or one.get("sender"))] = clean(content["displayname"])
    found: list[Message] = []
    for one in events:
        content = inner(one, "content")
        sender = str(one.get("sender") or "")
        if one.get("type") != "m.room.message":
            left(AUTOMATIC, str(one.get("type")))
            continue
        body = re.sub(r"\A(?:> .*\n)+\n", "", clean(content.get("body")))  # what it answers
        text = body if content.get("msgtype") in ("m.text", "m.notice", "m.emote", None) else ""
        if content.get("msgtype") == "m.file":
            text = f"[file: {body}]"
        who = names.get(sender) or sender.lstrip("@").partition(":")[0]
        found += message(who, local(one.get("origin_server_ts")), text, left)
    return Chat(clean(value.get("room_name")), found)


def _messenger(value: dict[str, Any], left: Left) -> Chat:
    people = [_repaired(clean(one.get("name"))) for one in dicts(value.get("participants"))]
    found: list[Message] = []
    for one in dicts(value.get("messages")):
        share = inner(one, "share")
        text = "\n".join(filter(None, (_repaired(clean(one.get("content"))), clean(share.get("link")))))
        found += message(_repaired(clean(one.get("sender_name"))), local(one.get("timestamp_ms")), text, left)
    found.sort(key=lambda one: one.at or datetime.min)  # it writes the newest first
    return Chat(_repaired(clean(value.get("title"))) or ", ".join(people), found)


def _repaired(text: str) -> str:
    """Facebook writes the bytes of UTF-8 as characters of their own."""
    try:
        return text.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return text


def _google(value: dict[str, Any], left: Left) -> Chat:
    found: list[Message] = []
    topics: dict[str, Message] = {}
    for one in dicts(value.get("messages")):
        creator = inner(one, "creator")
        at = _worded(clean(one.get("created_date")))
        topic = str(one.get("topic_id") or "")
        for made in message(creator.get("name") or creator.get("email"), at, clean(one.get("text")), left):
            if topic and topic in topics:
                topics[topic].replies.append(made)
            else:
                topics[topic] = made
                found.append(made)
    people = list(dict.fromkeys(one.who for one in found))
    return Chat(clean(value.get("name")) or ", ".join(people[:4]), found)


def _worded(text: str) -> datetime | None:
    """ "Tuesday, January 2, 2024 at 8:11:00 AM UTC" """
    found = re.search(r"\b(\w+ \d{1,2}, \d{4}) at (\d{1,2}:\d{2})(?::\d{2})?\s?([AP]M)", text)
    try:
        return datetime.strptime(f"{found[1]} {found[2]} {found[3]}", "%B %d, %Y %I:%M %p") if found else local(text)
    except ValueError:
        return None


READERS = (
    (("guild", "channel", "messages"), _discord),
    (("room_name", "messages"), _matrix),
    (("participants", "messages"), _messenger),
    (("name", "type", "messages"), _telegram),
    (("type", "messages"), _telegram),
    (("messages",), _google),
)
