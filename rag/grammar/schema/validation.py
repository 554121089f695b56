"""
Strict reading of JSON, and judging it by its schema.

`parse` takes only what RFC 8259 calls JSON and a careful reader can use: no key twice, no NaN, nothing infinite, no
half of a surrogate pair. `check` is jsonschema with what it leaves out by default: formats are judged, multiples are
exact, patterns run in linear time, and `x-verbatim` and `x-max-chars` count. Nothing here knows grammars or models.
"""

from __future__ import annotations

import datetime
import ipaddress
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any

from rag.errors import InputError, OutputError
from rag.grammar.schema.constraints import multiple
from rag.grammar.schema.document import Document
from rag.types import JSON

DEEP = 900  # levels that a reader takes


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value does not fit: where in the value, which keyword of the schema, and what is wrong."""

    path: tuple[str | int, ...]
    keyword: str
    message: str
    schema: JSON = field(default=None, compare=False, repr=False)
    branches: tuple[int, ...] = ()  # of oneOf: those that fit

    def __str__(self) -> str:
        where = "/".join(str(part).replace("~", "~0").replace("/", "~1") for part in self.path)
        return f"/{where}: {self.message}" if self.path else self.message


class DuplicateKey(OutputError):
    """A key stands twice in one object."""

    key = ""


def parse(text: str) -> JSON:
    """The value that a text says. Raises OutputError with the text."""

    def pairs(items: list[tuple[str, JSON]]) -> dict[str, JSON]:
        out = dict(items)
        if len(out) < len(items):
            seen: set[str] = set()
            key = next(key for key, _ in items if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            fault = DuplicateKey(f"the key {key!r} stands twice in one object", raw=text)
            fault.key = key
            raise fault
        return out

    def constant(name: str) -> JSON:
        raise OutputError(f"{name} is no JSON", raw=text)

    def number(digits: str) -> float:
        value = float(digits)
        if value in (float("inf"), float("-inf")):
            raise OutputError(f"the number {digits[:40]} is too large to be read", raw=text)
        return value

    def whole(digits: str) -> int:
        if len(digits) > 4000:
            raise OutputError("a number of more than 4,000 digits", raw=text)
        return int(digits)

    if _HALF.search(text) and _lone(text):
        raise OutputError("half of a surrogate pair (\\ud800 to \\udfff) stands alone", raw=text)
    try:
        return json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=number, parse_int=whole)
    except json.JSONDecodeError as error:
        raise OutputError(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}", raw=text) from error
    except RecursionError as error:
        raise OutputError("the JSON is nested too deep", raw=text) from error


_HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_PAIR = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u(?![dD][89a-fA-F])|[^u])")


def _lone(text: str) -> bool:
    return bool(re.search(r"\\|[\ud800-\udfff]", _PAIR.sub("", text)))


def check(data: JSON, schema: JSON, source: str | None = None) -> list[Problem]:
    """What is wrong with a value; empty if it fits. With a `source`, verbatim strings must stand in it."""
    if schema is True or schema == {}:
        return []
    try:
        return [_told(error) for error in _validator(schema, source).iter_errors(data)]
    except RecursionError as error:
        raise InputError("the schema asks for itself without end", "Correct the schema's references.") from error
    except Exception as error:
        raise _foreign(error) from error


def _foreign(error: Exception) -> Exception:
    module = type(error).__module__.split(".")[0]
    if module in ("jsonschema", "referencing") or isinstance(error, TypeError | KeyError | ValueError | AttributeError):
        return InputError(f"the schema cannot be used to check: {type(error).__name__}: {error}", "Correct the schema.")
    return error


def _told(error: Any) -> Problem:
    path = tuple(error.absolute_path)
    branches: tuple[int, ...] = ()
    if error.validator == "oneOf" and not error.context:
        branches = tuple(getattr(error, "fitting", ()))
    message = error.message if len(error.message) < 300 else error.message[:297] + "..."
    keyword = str(error.validator) if error.validator is not None else "false"
    return Problem(path, keyword, message, error.schema, branches)


def _validator(schema: JSON, source: str | None) -> Any:
    """A validator for the draft that the schema speaks; it knows the meta-schemas and fetches nothing."""
    from jsonschema import validators
    from jsonschema_specifications import REGISTRY as SPECIFICATIONS  # type: ignore[import-untyped]

    names = {3: "Draft3", 4: "Draft4", 6: "Draft6", 7: "Draft7", 2019: "Draft201909", 2020: "Draft202012"}
    kind = _extended(getattr(validators, names[Document(schema).dialect] + "Validator"), source)
    return kind(schema, format_checker=formats_checker(), registry=SPECIFICATIONS)


def _error(message: str) -> Any:
    from jsonschema.exceptions import ValidationError

    return ValidationError(message)


@lru_cache(maxsize=16)
def _extended(base: Any, source: str | None) -> Any:
    """A validator of jsonschema with our keywords; it stays ours in a part that names a draft of its own."""
    from attrs import fields
    from jsonschema import validators

    ours: dict[str, Any] = {
        "multipleOf": _multiple,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional,
        "oneOf": _one_of,
        "x-max-chars": _max_chars,
    }
    if source is not None:
        ours["x-verbatim"] = _verbatim(source)
    kind: Any = validators.extend(  # type: ignore[no-untyped-call]
        base, {name: test for name, test in ours.items() if name in base.VALIDATORS or name[0] == "x"}
    )
    evolve = kind.evolve

    def stay(self: Any, **changes: Any) -> Any:
        made = evolve(self, **changes)
        other: Any = type(made)
        if other is kind:
            return made
        return _extended(other, source)(**{f.alias: getattr(made, f.name) for f in fields(other) if f.init})

    kind.evolve = stay
    return kind


def _verbatim(source: str) -> Callable[[Any, JSON, JSON, JSON], Iterator[Any]]:
    def verbatim(validator: Any, wanted: JSON, value: JSON, part: JSON) -> Iterator[Any]:
        if wanted is True and isinstance(value, str) and value not in source:
            yield _error(f"{value!r} does not stand in the source text")

    return verbatim


def _multiple(validator: Any, step: JSON, value: JSON, schema: JSON) -> Iterator[Any]:
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if number and not multiple(Decimal(repr(value)), Decimal(repr(step))):
        yield _error(f"{value!r} is not a multiple of {step}")


def _max_chars(validator: Any, most: JSON, value: JSON, schema: JSON) -> Iterator[Any]:
    if isinstance(value, str) and isinstance(most, int) and len(value) > most:
        yield _error(f"{value!r} is longer than {most} characters")


def _pattern(validator: Any, pattern: JSON, value: JSON, schema: JSON) -> Iterator[Any]:
    if isinstance(value, str) and not found(pattern, value):
        yield _error(f"{value!r} does not match {pattern!r}")


def _pattern_properties(validator: Any, patterns: JSON, value: JSON, schema: JSON) -> Iterator[Any]:
    if isinstance(value, dict):
        for pattern, part in patterns.items():
            for key, item in value.items():
                if found(pattern, key):
                    yield from validator.descend(item, part, path=key, schema_path=pattern)


def _additional(validator: Any, rest: JSON, value: JSON, schema: JSON) -> Iterator[Any]:
    if not isinstance(value, dict):
        return
    patterns = schema.get("patternProperties", {})
    extra = [k for k in value if k not in schema.get("properties", {}) and not any(found(p, k) for p in patterns)]
    if isinstance(rest, dict):
        for key in extra:
            yield from validator.descend(value[key], rest, path=key)
    elif rest is False and extra:
        yield _error(f"no key may be called {', '.join(map(repr, extra[:5]))}")


def found(pattern: str, value: str) -> bool:
    """Whether a pattern is found in a value, as ECMA-262 reads it, in linear time wherever an automaton can do it."""
    from rag.grammar.regular import automaton
    from rag.grammar.regular.regex import BadPattern, Unsupported

    try:
        return automaton.search(pattern, True).matches(value)
    except (BadPattern, Unsupported):
        pass
    if _NESTED.search(pattern) and len(value) > 24:
        return False  # a backtracking engine may never come back from this
    try:
        return re.search(pattern, value) is not None
    except (re.error, RecursionError, OverflowError):
        return False


_NESTED = re.compile(r"[*+}]\??\)+[*+{]")


def _one_of(validator: Any, branches: JSON, value: JSON, schema: JSON) -> Iterator[Any]:
    fitting = [i for i, branch in enumerate(branches) if validator.evolve(schema=branch).is_valid(value)]
    if len(fitting) != 1:
        which = "none" if not fitting else ", ".join(map(str, fitting))
        error = _error(f"{str(value)[:100]!r} must fit exactly one of the branches of oneOf, but fits {which}")
        error.fitting = fitting
        yield error


# formats


@cache
def formats_checker() -> Any:
    """All formats that we judge; an unknown one is a remark."""
    from jsonschema import FormatChecker

    checker = FormatChecker(())
    for name, test in FORMATS.items():
        checker.checkers[name] = (_of_text(test), ())
    return checker


def _of_text(test: Callable[[str], bool]) -> Callable[[object], bool]:
    return lambda value: not isinstance(value, str) or test(value)


_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|([+-])([0-9]{2}):([0-9]{2}))")
_SPAN = r"(?:[0-9]+{})?"
_DURATION = re.compile(
    "P(?!$)(?:[0-9]+W|"
    + "".join(_SPAN.format(unit) for unit in "YMD")
    + "(?:T(?=[0-9])"
    + "".join(_SPAN.format(unit) for unit in "HMS")
    + ")?)"
)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_URI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    match = _TIME.fullmatch(text)
    if not match:
        return False
    hour, minute, second = (int(part) for part in match.group(1, 2, 3))
    away = 0
    if match[6]:
        if int(match[7]) > 23 or int(match[8]) > 59:
            return False
        away = (int(match[7]) * 60 + int(match[8])) * (1 if match[6] == "+" else -1)
    leap = second == 60 and (hour * 60 + minute - away) % 1440 == 1439
    return hour <= 23 and minute <= 59 and (second <= 59 or leap)


def _is_date_time(text: str) -> bool:
    return text[10:11] in ("T", "t") and _is_date(text[:10]) and _is_time(text[11:])


def _is_hostname(text: str) -> bool:
    return 0 < len(text) <= 253 and all(map(_LABEL.fullmatch, text.split(".")))


def _is_email(text: str) -> bool:
    name, at, host = text.rpartition("@")
    plain = re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", name)
    quoted = len(name) > 1 and name[0] == name[-1] == '"'
    if not at or not (plain or quoted):
        return False
    if host.startswith("[") and host.endswith("]"):
        return _is_address(host[1:-1].removeprefix("IPv6:"), ":" in host)
    return len(host) <= 1000 and all(re.fullmatch(r"(?!-)[A-Za-z0-9-]+(?<!-)", label) for label in host.split("."))


def _is_address(text: str, six: bool) -> bool:
    try:
        (ipaddress.IPv6Address if six else ipaddress.IPv4Address)(text)
    except ValueError:
        return False
    return "%" not in text


def _is_uri(text: str, chars: re.Pattern[str] = _URI, relative: bool = False) -> bool:
    if not chars.fullmatch(text) or text.count("#") > 1:
        return False
    if not _SCHEME.match(text) and (not relative or ":" in re.split("[/?#]", text, maxsplit=1)[0]):
        return False
    authority = re.match(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)", text)
    if authority:
        host = authority[1].rpartition("@")[2]
        box = re.fullmatch(r"\[(.*)\](?::[0-9]*)?", host)
        if box:
            return _is_address(box[1], True) or bool(re.fullmatch(r"v[0-9A-Fa-f]+\..+", box[1]))
        return (
            "[" not in host
            and "]" not in host
            and bool(re.fullmatch(r"[^:]*(?::[0-9]*)?", host))
            and "@" not in authority[1].rpartition("@")[0]
        )
    rest = text[authority.end() :] if authority else text
    return "[" not in rest and "]" not in rest


_IRI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2}|[\u00a0-\U0010fffd])*")


def _is_template(text: str) -> bool:
    plain = re.sub(
        r"\{[+#./;?&=,!@|]?[A-Za-z0-9_.%]+(?::[0-9]{1,4}|\*)?(?:,[A-Za-z0-9_.%]+(?::[0-9]{1,4}|\*)?)*\}", "", text
    )
    return not re.search(r"[{}\s\"<>\\^`|]", plain)


def _is_regex(text: str) -> bool:
    from rag.grammar.regular.regex import BadPattern, Unsupported
    from rag.grammar.regular.regex import parse as tree

    try:
        tree(text)
    except BadPattern:
        return False
    except Unsupported:
        return True
    return True


FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "time": _is_time,
    "date-time": _is_date_time,
    "duration": lambda text: bool(_DURATION.fullmatch(text)),
    "email": _is_email,
    "idn-email": lambda text: "@" in text[1:-1],
    "hostname": _is_hostname,
    "idn-hostname": lambda text: 0 < len(text) <= 253 and not re.search(r"[\s/:@]", text),
    "ipv4": lambda text: _is_address(text, False),
    "ip-address": lambda text: _is_address(text, False),
    "ipv6": lambda text: _is_address(text, True),
    "uuid": lambda text: bool(_UUID.fullmatch(text)),
    "uri": _is_uri,
    "uri-reference": lambda text: _is_uri(text, relative=True),
    "iri": lambda text: _is_uri(text, _IRI),
    "iri-reference": lambda text: _is_uri(text, _IRI, True),
    "uri-template": _is_template,
    "json-pointer": lambda text: bool(_POINTER.fullmatch(text)),
    "relative-json-pointer": lambda text: bool(re.fullmatch(r"(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~[01])*)*)", text)),
    "regex": _is_regex,
}
