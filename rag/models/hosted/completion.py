"""
A chat completion as endpoints send it: one object, or a stream of pieces, or the one where the other was asked for.

The text may stand in `content`, as a string or as a list of parts, in the arguments of a tool call, or in
`reasoning_content` if a server took the whole reply for thoughts. What it holds is for `value` to say.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.types import JSON

CUT = {"length", "max_tokens", "model_length", "model_context_window_exceeded"}
FILTERED = {"content_filter", "content-filter", "safety", "prohibited_content", "recitation", "blocklist"}
MOST_TOKENS = 1 << 40  # more than any reply takes: a number beyond is no count


class Malformed(Exception):
    """Not a completion."""


class Failed(Exception):
    """The endpoint reports an error where a completion should be; `error` is what it says of it."""

    def __init__(self, error: JSON) -> None:
        super().__init__("an error")
        self.error = error


@dataclass(slots=True)
class Completion:
    """What came back. `finished` is false if a stream ended without a sign that it is whole."""

    text: str = ""
    thoughts: str = ""
    arguments: str = ""
    refusal: str = ""
    reason: str = ""
    usage: dict[str, int] = field(default_factory=dict)
    some: bool = False  # whether there was any message at all
    finished: bool = True

    @property
    def cut(self) -> bool:
        return self.reason.lower() in CUT

    @property
    def filtered(self) -> bool:
        return self.reason.lower() in FILTERED

    @property
    def said(self) -> str:
        """The reply: what was written, else the arguments of its tool call."""
        return self.text if self.text.strip() else self.arguments

    def add(self, chunk: JSON) -> str:
        """Take one object of a reply in; the new text of it. Raises Failed, Malformed."""
        if isinstance(chunk, list) and len(chunk) == 1:  # Gemini wraps its errors so
            chunk = chunk[0]
        if not isinstance(chunk, Mapping):
            raise Malformed(_short(chunk))
        if chunk.get("error"):
            raise Failed(chunk["error"])
        self.usage |= _usage(chunk.get("usage"))
        choices = chunk.get("choices")
        if not isinstance(choices, list):
            if "choices" in chunk or not _harmless(chunk):
                raise Malformed(_short(chunk))
            return ""
        new = ""
        for choice in choices:
            if not isinstance(choice, Mapping):
                raise Malformed(_short(chunk))
            if choice.get("index") in (0, None):
                new += self._choice(choice)
        return new

    def _choice(self, choice: Mapping[str, Any]) -> str:
        message = choice.get("delta")
        message = message if isinstance(message, Mapping) else choice.get("message")
        if isinstance(reason := choice.get("finish_reason"), str) and reason:
            self.reason = reason
        if not isinstance(message, Mapping):
            return ""
        self.some = True
        new = _text(message.get("content"))
        self.text += new
        for name in ("reasoning_content", "reasoning"):
            if isinstance(thought := message.get(name), str) and thought:
                self.thoughts += thought
                break
        self.refusal += _text(message.get("refusal"))
        self.arguments += "".join(_arguments(message.get("tool_calls")))
        return new


def read(text: str) -> JSON:
    """The JSON of a body. Raises Malformed."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise Malformed(_short(text) or "nothing") from None


def whole(answer: JSON) -> Completion:
    """A completion that came as one object. Raises Failed, Malformed."""
    made = Completion()
    made.add(answer)
    if not made.some:
        raise Malformed(_short(answer))
    return made


def gather(lines: Iterable[str], on_text: Callable[[str], None]) -> Completion:
    """
    A completion that comes as a stream of server-sent events, or as plain JSON after all; `on_text` gets what is new.

    Raises Failed, Malformed.
    """
    made, done, data, seen = Completion(), False, "", False
    plain: list[str] = []
    for line in lines:
        if plain or (not seen and line.strip() and not re.match(r"(data|event|id|retry)?:", line)):
            plain.append(line)
            continue
        seen = seen or bool(line.strip())
        if line.startswith("data:"):
            data += line.removeprefix("data:").strip()
        if not data or (line.strip() and not _complete(data)):
            continue
        if data == "[DONE]":
            done = True
        elif new := made.add(read(data)):
            on_text(new)
        data = ""
    if data and data != "[DONE]":
        raise Malformed(_short(data))
    if plain:
        if new := made.add(read("\n".join(plain))):
            on_text(new)
        done = True
    made.finished = bool(made.reason) or done
    if not made.some and not (made.finished and made.usage):
        raise Malformed("nothing" if not seen else "a stream without a message")
    return made


def _complete(data: str) -> bool:
    """Whether the data of an event are whole: they may be spread over several lines."""
    if data == "[DONE]":
        return True
    try:
        json.loads(data)
    except ValueError:
        return False
    except RecursionError:
        return True
    return True


def _text(content: JSON) -> str:
    """The text of a message's content, which may be a list of parts; thoughts among them are left out."""
    if isinstance(content, str):
        return content
    if isinstance(content, Mapping):
        content = [content]
    if not isinstance(content, list):
        return ""
    pieces = []
    for part in content:
        if isinstance(part, str):
            pieces.append(part)
        elif isinstance(part, Mapping) and part.get("type", "text") in ("text", "output_text"):
            said = part.get("text")
            said = said.get("value") if isinstance(said, Mapping) else said
            pieces.append(said if isinstance(said, str) else "")
    return "".join(pieces)


def _arguments(calls: JSON) -> Iterable[str]:
    for call in calls if isinstance(calls, list) else ():
        function = call.get("function") if isinstance(call, Mapping) else None
        given = function.get("arguments") if isinstance(function, Mapping) else None
        if isinstance(given, str):
            yield given
        elif isinstance(given, Mapping):
            yield json.dumps(given, ensure_ascii=False)


def _usage(usage: JSON) -> dict[str, int]:
    """The counts of a usage that are counts."""
    if not isinstance(usage, Mapping):
        return {}
    found = {name: usage.get(name) for name in ("prompt_tokens", "completion_tokens")}
    details = usage.get("prompt_tokens_details")
    found["cached_tokens"] = details.get("cached_tokens") if isinstance(details, Mapping) else None
    return {
        name: value
        for name, value in found.items()
        if isinstance(value, int) and not isinstance(value, bool) and 0 < value < MOST_TOKENS
    }


def _harmless(chunk: Mapping[str, Any]) -> bool:
    """Whether an object without choices says nothing that matters: a ping, the usage at the end."""
    return "usage" in chunk or chunk.get("object") == "chat.completion.chunk" or chunk.get("type") == "ping"


def _short(value: JSON) -> str:
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    except (ValueError, RecursionError):
        text = "…"
    return text[:300]
