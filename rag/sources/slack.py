"""A day of a channel as Slack exports it: names from its `users.json`, replies below what they answer."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from typing import Any

from rag.sources.chats import AUTOMATIC, BOT, Chat, Message, clean, dicts, folder, local, message
from rag.sources.formats import Beside
from rag.sources.items import Left

MARK = re.compile(r"<(?P<sign>[@#!]?)(?P<what>[^<>|\s]+)(?:\|(?P<shown>[^<>]*))?>")
PEOPLE_MOVE = re.compile(
    r"(?:channel|group)_(?:join|leave|name|archive|unarchive|convert_to_private)|bot_add|bot_remove|reminder_add"
    r"|sh_room_created|tombstone|app_conversation_join|pinned_item"
)
SHORTENED = "parts of messages of bots"


def channel(found: list[dict[str, Any]], key: str, left: Left, beside: Beside) -> Chat:
    """The messages of a day in a channel."""
    names = _names(beside("../users.json")) | _own_names(found)
    tops: dict[str, Message] = {}
    listed: list[Message] = []
    for one in sorted(found, key=lambda one: _number(one.get("ts"))):
        if PEOPLE_MOVE.fullmatch(str(one.get("subtype") or "")):
            left(AUTOMATIC, _readable(str(one.get("text") or ""), names))
            continue
        for made in message(_who(one, names), local(one.get("ts")), _text(one, names, left), left):
            thread = str(one.get("thread_ts") or "")
            if thread in tops:
                tops[thread].replies.append(made)
            else:
                listed.append(made)
            tops.setdefault(thread or str(one.get("ts")), made)
    return Chat(_title(key, names, beside), listed)


def _number(ts: object) -> float:
    try:
        return float(str(ts))
    except ValueError:
        return 0.0


def _names(data: bytes | None) -> dict[str, str]:
    """What people are called, by their numbers."""
    try:
        value = json.loads(data or b"[]")
    except (ValueError, RecursionError):
        return {}
    return {str(one.get("id")): name for one in dicts(value) if (name := _name(one, one.get("profile")))}


def _name(one: Mapping[str, Any], profile: Any) -> str:
    about = profile if isinstance(profile, dict) else {}
    said = (about.get("real_name"), one.get("real_name"), about.get("display_name"), one.get("name"), about.get("name"))
    return next((clean(name) for name in said if clean(name)), "")


def _own_names(found: list[dict[str, Any]]) -> dict[str, str]:
    """The names that the messages themselves tell, where they do."""
    told = ((str(one.get("user")), _name({}, one.get("user_profile"))) for one in found if one.get("user"))
    return {number: name for number, name in told if name}


def _who(one: Mapping[str, Any], names: Mapping[str, str]) -> str:
    number = str(one.get("user") or "")
    profile = one.get("bot_profile")
    bot = one.get("username") or (profile.get("name") if isinstance(profile, dict) else "")
    return names.get(number) or clean(bot) or number or str(one.get("bot_id") or "someone")


def _text(one: Mapping[str, Any], names: Mapping[str, str], left: Left) -> str:
    """What a message says: its text, or that of its blocks; of what is attached the words and the names of files."""
    text = str(one.get("text") or "") or "\n".join(filter(None, map(_block, dicts(one.get("blocks")))))
    parts = [text]
    for part in dicts(one.get("attachments")):
        said = [str(part.get(name) or "") for name in ("pretext", "title", "text")]
        said = [words for words in said if words.strip() and words not in text]
        parts += said or ([str(part["fallback"])] if not text and part.get("fallback") else [])
    for file in dicts(one.get("files")):
        if name := file.get("title") or file.get("name"):
            parts.append(f"[file: {name}]")
    shown = _readable("\n".join(filter(None, parts)), names)
    if one.get("subtype") == "bot_message" and len(shown) > BOT:
        left(SHORTENED, shown[BOT:])
        return shown[:BOT].rsplit(" ", 1)[0] + " …"
    return shown


def _block(block: Any, depth: int = 0) -> str:
    """The words of a block of rich text."""
    if not isinstance(block, dict) or depth > 10:
        return ""
    text = block.get("text")
    if isinstance(text, dict):
        return str(text.get("text") or "")
    kind = block.get("type")
    if kind == "user":
        return f"<@{block.get('user_id')}>"
    if kind == "emoji":
        return f":{block.get('name')}:"
    if kind == "link":
        return f"<{block.get('url')}|{text}>" if text else f"<{block.get('url')}>"
    mark = "\n" if kind in ("rich_text", "rich_text_list") else ""
    return str(text or "") + mark.join(_block(one, depth + 1) for one in dicts(block.get("elements")))


def _readable(text: str, names: Mapping[str, str]) -> str:
    """A text as it is seen: people by name, links behind their words."""

    def shown(found: re.Match[str]) -> str:
        sign, what, words = found["sign"], found["what"], found["shown"] or ""
        if sign == "@":
            return f"@{names.get(what) or words or what}"
        if sign == "#":
            return f"#{words or what}"
        if sign == "!":
            return words if words and "^" in what else f"@{what.partition('^')[0]}"
        bare = what.removeprefix("mailto:").removeprefix("tel:")
        return f"{words} ({bare})" if words and words != bare and words not in what else bare

    return html.unescape(MARK.sub(shown, text))


def _title(key: str, names: Mapping[str, str], beside: Beside) -> str:
    """The channel by its name; a conversation of two or more by theirs."""
    name = folder(key)
    if name.startswith("mpdm-"):
        return ", ".join(re.sub(r"-\d+$", "", name.removeprefix("mpdm-")).split("--"))
    if re.fullmatch(r"D[A-Z0-9]{1,20}", name):
        with_ = next((one.get("members") for one in _listed(beside("../dms.json")) if one.get("id") == name), None)
        people = [names.get(str(one), str(one)) for one in with_] if isinstance(with_, list) else []
        return ", ".join(people) or name
    return f"#{name}" if name else "Slack"


def _listed(data: bytes | None) -> list[dict[str, Any]]:
    try:
        return dicts(json.loads(data or b"[]"))
    except (ValueError, RecursionError):
        return []
