"""
The JSON value that a reply holds, whatever the model wrote around it.

A model that no grammar holds puts its value into a code fence, into prose, behind its thoughts; it drafts one and
corrects itself; it is cut in the middle. `whole_value` takes the last whole value that fits, never a part of one: what
stands inside of a value that is broken or cut is not looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from rag.types import JSON

Fits = Callable[[JSON], bool]
OPENING = re.compile(r"[{\[]")
TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[{}\[\]]', re.DOTALL)
# What begins or ends the thoughts of the families of models that show them.
THOUGHTS_END = re.compile(
    r"</(?:seed:)?(?:think(?:ing)?|thoughts?|reasoning|reflection)>|◁/think▷|\[/THINK\]|<\|END_THINKING\|>"
    r"|<\|channel\|>final[^<]{0,40}<\|message\|>",
    re.IGNORECASE,
)
THOUGHTS_BEGIN = re.compile(
    r"\s*(?:<(?:seed:)?(?:think(?:ing)?|thoughts?|reasoning|reflection)>|◁think▷|\[THINK\]|<\|START_THINKING\|>"
    r"|<\|channel\|>analysis)",
    re.IGNORECASE,
)
CUT_SHORT = re.compile(r"\s*(?:t|tr|tru|f|fa|fal|fals|n|nu|nul|-)?\s*")  # what may be left where a value breaks off
MOST_READ = 20  # how often a text is read over, at most, in search of values that turn out to be none


@dataclass(frozen=True, slots=True)
class Found:
    """`value` stands at `text[start:end]`; `repeats` if an object of it has a key twice."""

    start: int
    end: int
    value: JSON
    repeats: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """
    What was taken out of a reply. `text` is JSON if `value` fits; `alone` if nothing else stood in the reply, and
    `cut` if the reply ends inside of a value.
    """

    text: str
    fits: bool
    alone: bool = False
    cut: bool = False
    value: JSON = None


def whole_value(text: str, fits: Fits, schema: JSON = None) -> Taken:
    """The last whole value of a reply that fits. With `schema` a value may also stand in a wrapping of one part."""
    spoken = without_thoughts(text)
    found, open_at = _values(spoken)
    found = _after_thoughts(spoken, found)
    if open_at is not None:
        return Taken(spoken[open_at:].strip(), False, cut=True)
    for one in reversed(found):
        if one.repeats or fits(one.value):  # a key that comes twice is for the caller's strict reader to refuse
            said = spoken[one.start : one.end]
            return Taken(said, not one.repeats, text.strip() == said, value=one.value)
    for one in reversed(found):
        for inner in _unwrapped(one.value, schema):
            if fits(inner):
                return Taken(json.dumps(inner, ensure_ascii=False), True, value=inner)
    if not found and (inner := _quoted(spoken)) is not None and fits(inner):
        return Taken(json.dumps(inner, ensure_ascii=False), True, value=inner)
    rest = spoken[found[-1].start : found[-1].end] if found else spoken.strip()
    return Taken(rest, False, text.strip() == rest, value=found[-1].value if found else None)


def without_thoughts(text: str) -> str:
    """What a model says after it has thought aloud; nothing if it never came to an end of that."""
    if text.lstrip()[:1] in ("{", "["):
        return text
    ends = list(THOUGHTS_END.finditer(text))
    if ends:
        return text[ends[-1].end() :]
    return "" if THOUGHTS_BEGIN.match(text) else text


def _after_thoughts(text: str, found: list[Found]) -> list[Found]:
    """The values behind the last end of thoughts that does not itself stand in a value."""
    ends = [
        end.end() for end in THOUGHTS_END.finditer(text) if not any(one.start < end.start() < one.end for one in found)
    ]
    return [one for one in found if not ends or one.start >= ends[-1]]


def _values(text: str) -> tuple[list[Found], int | None]:
    """The objects and arrays of a text, outermost only; where the one begins that the text breaks off in."""
    found: list[Found] = []
    at, budget = 0, MOST_READ * len(text) + 100_000
    while budget > 0 and (opening := OPENING.search(text, at)):
        start = opening.start()
        repeats = [False]
        try:
            value, at = _decoder(repeats).raw_decode(text, start)
            found.append(Found(start, at, value, repeats[0]))
            continue
        except json.JSONDecodeError as error:
            budget -= error.pos - start
            if _breaks_off(text, error):
                return found, start
        except (ValueError, RecursionError):  # NaN; a number of thousands of digits; too deep
            pass
        end = _closing(text, start)
        budget -= (end or len(text)) - start
        at = end or start + 1
    return found, None


def _decoder(repeats: list[bool]) -> json.JSONDecoder:
    def constant(name: str) -> JSON:
        raise ValueError(name)

    def pairs(items: list[tuple[str, JSON]]) -> JSON:
        made = dict(items)
        repeats[0] = repeats[0] or len(made) < len(items)
        return made

    return json.JSONDecoder(parse_constant=constant, object_pairs_hook=pairs)


def _breaks_off(text: str, error: json.JSONDecodeError) -> bool:
    if error.msg.startswith("Unterminated string"):
        return True
    rest = text[error.pos :]
    return bool(CUT_SHORT.fullmatch(rest)) or (error.msg.startswith("Invalid \\") and len(rest) < 8)


def _closing(text: str, start: int) -> int | None:
    """Where the bracket at `start` is closed, brackets in strings left out."""
    depth = 0
    for token in TOKEN.finditer(text, start):
        if token[0] in "{[":
            depth += 1
        elif token[0] in "}]":
            depth -= 1
            if not depth:
                return token.end()
    return None


def _unwrapped(value: JSON, schema: JSON) -> Iterator[JSON]:
    """What a value may stand for, nothing lost: a bare list for an object of one list, the only part of a wrapping."""
    if isinstance(value, list):
        if (name := _only_list(schema)) is not None:
            yield {name: value}
        if len(value) == 1:
            yield value[0]
    elif isinstance(value, dict) and len(value) == 1:
        inner = next(iter(value.values()))
        yield inner
        if isinstance(inner, str) and (read := _read(inner)) is not None:
            yield read


def _only_list(schema: JSON) -> str | None:
    """The name of the only property of a schema's object, if it is one."""
    properties = schema.get("properties") if isinstance(schema, Mapping) else None
    return str(next(iter(properties))) if isinstance(properties, Mapping) and len(properties) == 1 else None


def _quoted(text: str) -> JSON | None:
    """The value of JSON that is written as a JSON string."""
    said = _read(text.strip())
    return _read(said) if isinstance(said, str) else None


def _read(text: str) -> JSON | None:
    repeats = [False]
    try:
        value, end = _decoder(repeats).raw_decode(text)
    except (ValueError, RecursionError):
        return None
    return value if end == len(text) and not repeats[0] else None
