"""
What an endpoint takes and keeps to, learned from its replies and shared by all requests of a run.

A form of request counts as not taken once the endpoint says in so many words that it does not know it, or refuses it
for two requests that it then answers in a lower form; one failure of one document lowers nothing for the others. An
endpoint that takes a schema and does not keep to it gets the schema in the prompt, too.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Callable, Mapping

from rag.models.hosted.problems import Refused
from rag.types import JSON

FORMATS = ("json_schema", "json_object with schema", "json_object", "text")  # how a shape is asked for, best first
OPTIONAL = ("temperature", "seed", "stream_options")  # what some models refuse and all can do without
UNKNOWN = re.compile(
    r"support|unknown|unrecogni[sz]ed|not (permitted|allowed|available|implemented|found)|unavailable|must be|extra"
    r"|unexpected|invalid (value|type|param)|expected|no such|should be|one of",
    re.IGNORECASE,
)
GENERATED = re.compile(
    r"generate|json_validate|failed to|does not match", re.IGNORECASE
)  # the model's fault, not the form's
TOO_MANY = re.compile(r"max_(?:completion_)?tokens.{0,40}too large", re.IGNORECASE)
TAKES, HAS = re.compile(r"context length is (\d{1,9})"), re.compile(r"has (\d{1,9}) input tokens")
REASONING = re.compile(r"(?:.*/)?(o[1-9]\d*|gpt-5)(?![a-z0-9])(?!.*chat)")  # OpenAI's names of models that think first
THINKING = 8192  # tokens that a model may think for, beside those of its reply
TWICE = 2


class Manners:
    """One endpoint and model. `notice` is told once what the user should know."""

    def __init__(self, where: str, model: str, notice: Callable[[str], None]) -> None:
        self._where, self._notice = where, notice
        self._lock = threading.Lock()
        self._level = 0  # the first of FORMATS that the endpoint takes
        self._works: set[int] = set()
        self._refusals: dict[int, int] = {}
        self._schemas: dict[str, int] = {}  # schema -> the first of FORMATS that it is taken in
        self.in_words = False  # whether the schema stands in the prompt, too
        self.thinks = bool(REASONING.match(model))
        self.limit_name = "max_completion_tokens" if self.thinks else "max_tokens"
        self.dropped: set[str] = {"temperature", "seed"} if self.thinks else set()
        self._told: set[str] = set()

    def level(self, schema: JSON) -> int:
        """The form to ask for this schema in."""
        return max(self._level, self._schemas.get(_key(schema), 0))

    def limit(self, tokens: int) -> int:
        """The tokens to allow for a reply of so many."""
        return tokens + THINKING if self.thinks else tokens

    def refused(self, refused: Refused, body: Mapping[str, JSON], level: int) -> tuple[int, dict[str, JSON]]:
        """The form to try next, and what to send otherwise (None: not at all); raises if there is nothing to change."""
        text, client_error = refused.text.lower(), refused.status < 500
        if client_error and TOO_MANY.search(text) and body.get(self.limit_name):
            takes, has = TAKES.search(text), HAS.search(text)
            room = int(takes[1]) - int(has[1]) if takes and has else 0
            return level, {self.limit_name: room if 0 < room < int(body[self.limit_name]) else None}
        if client_error and "max_completion_tokens" in text and "max_tokens" in body:
            self.limit_name = "max_completion_tokens"
            return level, {}
        for name in OPTIONAL:
            if client_error and name in text and name in body:
                self.dropped.add(name)
                return level, {}
        about_format = "response_format" in text or "json_" in text
        about_format = about_format or (client_error and ("schema" in text or "json" in text))
        if about_format and "response_format" in body:
            return level + 1, {}
        raise refused.problem from None

    def took(self, level: int, schema: JSON, refusals: Mapping[int, Refused]) -> None:
        """A request was answered in this form; those above it were refused for it."""
        with self._lock:
            self._works.add(level)
            for above, refused in refusals.items():
                if above >= level or above in self._works:
                    continue
                text = refused.text.lower()
                if "invalid schema" in text:  # it is this schema that is not taken, not schemas
                    self._schemas[_key(schema)] = above + 1
                    continue
                self._refusals[above] = self._refusals.get(above, 0) + 1
                clear = UNKNOWN.search(text) and not GENERATED.search(text)
                if clear or self._refusals[above] >= TWICE:
                    self._level = max(self._level, above + 1)
            lowered = self._level > 0
        if lowered:
            self._tell("takes no JSON schema")

    def broke(self) -> None:
        """The endpoint took a schema and the reply does not keep to it."""
        self.in_words = True
        self._tell("does not hold its model to the schema")

    def thought_too_long(self) -> bool:
        """The model thought until its tokens were used up. Whether that is news."""
        with self._lock:
            news, self.thinks = not self.thinks, True
        return news

    def _tell(self, what: str) -> None:
        with self._lock:
            if self._told:
                return
            self._told.add(what)
        self._notice(f"{self._where} {what}: it is asked for in words, and every reply is checked")


def _key(schema: JSON) -> str:
    return json.dumps(schema, sort_keys=True, ensure_ascii=False)
