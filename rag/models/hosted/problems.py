"""
What an endpoint's error means: whose fault it is, whether to wait and how long, and what it says in its own words.

A document that is refused (filtered, too long) is that document's failure, an OutputError that asking again does not
mend; what the endpoint itself does not do (key, quota, model, region) is a ModelError. Nothing here sends anything.
"""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from rag.errors import ModelError, OutputError, RagError
from rag.types import JSON

FILTERED = re.compile(
    r"content.?filter|content.?(management.?)?polic|moderat|flagged|safety|harmful|inappropriate"
    r"|violat\w* .{0,40}polic",
    re.IGNORECASE,
)
TOO_LONG = re.compile(
    r"context.?(length|window|size)|maximum.{0,30}(context|length|tokens)|too (long|large|many tokens)|too_long"
    r"|reduce the length|token limit|exceed\w{0,9}.{0,40}(tokens|context|length|size)|max_prompt|input length",
    re.IGNORECASE,
)
QUOTA = {"insufficient_quota", "billing_hard_limit_reached", "insufficient_balance", "quota_exceeded"}
DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m(?!s))?(?:(\d+(?:\.\d+)?)s)?(?:(\d+(?:\.\d+)?)ms)?")
IN_WORDS = re.compile(
    r"(?:try again|retry|wait)[^.\d]{0,40}?((?:\d+(?:\.\d+)?(?:ms|h|m|s))+(?![a-z])|\d+(?:\.\d+)? ?sec)", re.IGNORECASE
)
NOTHING = "it says nothing"  # of an error without a word
LONGEST_WAIT = 7 * 86400.0
KEY_HINT = "Check OPENAI_API_KEY (or RAG_API_KEY), and that it may use this model."


class Refused(Exception):
    """The provider does not take the request as it is; perhaps it takes another form of it."""

    def __init__(self, status: int, text: str, problem: RagError) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.problem = problem  # what to raise if there is no other form


@dataclass(frozen=True, slots=True)
class Said:
    """What a body says of an error."""

    text: str
    code: str = ""  # the provider's short name of it
    status: int | None = None  # a status of its own, where the reply's says that all is well
    after: float | None = None  # seconds to wait


def said(body: JSON, plain: str = "") -> Said:
    """What an error's body says, in whatever form it comes; `plain` is the body where it is not JSON."""
    if isinstance(body, list) and body:
        body = body[0]
    if not isinstance(body, Mapping):
        text = body if isinstance(body, str) else plain
        return Said(_words(text), after=_wait_in_words(text))
    inner = body.get("error", body)
    inner = inner if isinstance(inner, Mapping) else {"message": inner}
    message = next((inner[name] for name in ("message", "detail", "msg", "description") if inner.get(name)), inner)
    raw = inner.get("metadata")
    more = raw.get("raw") if isinstance(raw, Mapping) else None  # OpenRouter: what the provider behind it said
    text = _flat(message) + (f" ({_flat(more)})" if more else "")
    param = inner.get("param")
    code = inner.get("code") or inner.get("type") or inner.get("status") or ""
    number = inner.get("code") if isinstance(inner.get("code"), int) else inner.get("status")
    status = number if isinstance(number, int) and 400 <= number < 600 else None
    shown = f"{text} [{param}]" if isinstance(param, str) and param else text
    return Said(shown, code if isinstance(code, str) else "", status, _wait_in_body(inner) or _wait_in_words(text))


def problem(where: str, model: str, status: int, error: Said, headers: Mapping[str, str]) -> Exception:
    """The error to raise: RagError, or Refused where another form of the request may do."""
    text, flat = error.text, f"{error.text} {error.code}"
    after = retry_after(headers)
    after = error.after if after is None else after
    if status in (400, 403, 413, 422, 451) and (FILTERED.search(flat) or status in (413, 451)):
        return OutputError(f"{where} refused this text ({status}: {text})", final=True)
    if status == 401 or (status == 403 and ("key" in text.lower() or text == NOTHING)):
        return ModelError(f"{where} refused the key ({status}: {text})", KEY_HINT)
    if status in (402, 403) or error.code in QUOTA:
        hint = "Check the plan and the bill at the provider."
        if status == 403 and error.code not in QUOTA:
            hint = "Ask the provider, or name another endpoint: --base-url"
        kind = "says that the quota is used up" if error.code in QUOTA else "does not serve this request"
        return ModelError(f"{where} {kind} ({status}: {text})", hint)
    if status in (404, 405) and "response_format" not in text:
        return ModelError(
            f"{where} has no model {model!r}, or is no OpenAI-compatible endpoint ({status}: {text})",
            f"See what it has: curl {where}/models",
        )
    if status in (408, 409, 425, 429) or status >= 500:
        why = "asks us to slow down" if status == 429 else "failed"
        hint = "Lower --concurrency or set --rpm/--tpm." if status == 429 else "Try again later."
        later = ModelError(f"{where} {why} ({status}: {text})", hint, retry=True, after=after)
        return Refused(status, flat, later) if status in (500, 501) else later
    if TOO_LONG.search(flat):
        hint = "Give it less text, or a smaller --context so that documents are cut into windows that fit."
        return Refused(status, flat, OutputError(f"{where}: the text is too long ({status}: {text})", hint, final=True))
    return Refused(status, flat, OutputError(f"{where} refused the request ({status}: {text})", final=True))


def retry_after(headers: Mapping[str, str]) -> float | None:
    """Seconds that the headers ask us to wait: `retry-after-ms`, or `retry-after` as a number, a duration or a date."""
    if (value := headers.get("retry-after-ms")) and (number := _number(value)) is not None:
        return number / 1000
    if not (value := headers.get("retry-after")):
        return None
    if (seconds := duration(value)) is not None:
        return seconds
    try:
        return _within(parsedate_to_datetime(value).timestamp() - time.time())
    except (ValueError, OverflowError):
        return None


def duration(text: str) -> float | None:
    """The seconds of "3", "3.5s", "250ms", "1m30s"; None if it is no duration."""
    text = text.strip()
    if (number := _number(text)) is not None:
        return _within(number)
    found = DURATION.fullmatch(text.replace(" ", ""))
    if not text or not found:
        return None
    parts = [float(part or 0) for part in found.groups()]
    return _within(sum(size * part for size, part in zip((3600, 60, 1, 0.001), parts, strict=True)))


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if re.fullmatch(r"\d{1,12}(\.\d{1,9})?", text, re.ASCII) else None


def _within(seconds: float) -> float:
    return min(max(0.0, seconds), LONGEST_WAIT)


def _wait_in_body(inner: Mapping[str, Any]) -> float | None:
    """`retry_after` beside the message, or Google's RetryInfo in the details."""
    details = inner.get("details")
    places = [inner, *(one for one in (details if isinstance(details, list) else ()) if isinstance(one, Mapping))]
    for place in places:
        for name in ("retryDelay", "retry_after", "retryAfter", "retry_after_seconds"):
            value = place.get(name)
            number = isinstance(value, str | int | float) and not isinstance(value, bool)
            if number and (seconds := duration(str(value))) is not None:
                return seconds
    return None


def _wait_in_words(text: str) -> float | None:
    found = IN_WORDS.search(text)
    return duration(re.sub(r" ?sec$", "s", found[1], flags=re.IGNORECASE)) if found else None


def _flat(value: JSON) -> str:
    """A message that may itself be an object or a list of complaints, as text."""
    if isinstance(value, str):
        return _words(value)
    if isinstance(value, Mapping) and isinstance(value.get("msg"), str):
        where = value.get("loc")
        place = ".".join(str(part) for part in where) if isinstance(where, list) else ""
        return f"{place}: {value['msg']}" if place else str(value["msg"])
    if isinstance(value, Mapping):
        inner = [value[name] for name in ("message", "detail", "msg") if name in value]
        return _flat(inner[0]) if inner else str(dict(value))
    if isinstance(value, list):
        return "; ".join(_flat(one) for one in value[:5])
    return str(value)


def _words(text: str) -> str:
    """A page of HTML as its words; other text as it is, on one line."""
    if re.match(r"\s*<(!doctype|html|head|body)", text, re.IGNORECASE):
        text = html.unescape(re.sub(r"(?is)<(script|style).*?</\1>|<[^>]*>", " ", text[:20_000]))
    return " ".join(text.split())


def walk_causes(error: BaseException) -> Iterator[BaseException]:
    """An error and what it was raised from."""
    seen: set[int] = set()
    current: BaseException | None = error
    while current is not None and id(current) not in seen:
        seen.add(id(current))
        yield current
        current = current.__cause__ or current.__context__
