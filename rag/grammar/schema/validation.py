"""
Strict reading of JSON, and judging it by its schema.

`parse` takes only what RFC 8259 calls JSON and a careful reader can use: no key twice, no NaN, nothing infinite, no
half of a surrogate pair. `check` is jsonschema with what it leaves out by default: formats are judged, multiples are
exact, patterns run in linear time, and `x-verbatim` and `x-max-chars` count. Nothing here knows grammars or models.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache, lru_cache
from itertools import islice
from typing import Any

from rag import pointers
from rag.errors import InputError, OutputError
from rag.grammar.regular import automaton
from rag.grammar.regular.regex import BadPattern, Unsupported
from rag.grammar.schema.constraints import multiple
from rag.grammar.schema.document import Document
from rag.grammar.schema.format_checks import FORMATS
from rag.types import JSON

FRAMES = 12_000  # of Python, for values and schemas of some hundred levels
FAR = 10**9
ERRORS = 20  # that are kept of one reference
SECONDS = 1.0  # that a pattern beyond automata may take


@dataclass(frozen=True, slots=True)
class Problem:
    """Why a value does not fit: where in the value, which keyword of the schema, and what is wrong."""

    path: tuple[str | int, ...]
    keyword: str
    message: str
    schema: JSON = field(default=None, compare=False, repr=False)
    branches: tuple[int, ...] = ()  # of oneOf: those that fit

    def __str__(self) -> str:
        where = "/".join(pointers.step(part) for part in self.path)
        return f"/{where}: {self.message}" if self.path else self.message


class DuplicateKey(OutputError):
    """A key stands twice in one object of a text that is JSON otherwise."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(f"the key {key!r} stands twice in one object", raw=text)
        self.key = key


def parse(text: str) -> JSON:
    """The value that a text says. Raises OutputError with the text."""

    twice: list[str] = []

    def pairs(items: list[tuple[str, JSON]]) -> dict[str, JSON]:
        out = dict(items)
        if len(out) < len(items):
            seen: set[str] = set()
            twice.append(next(key for key, _ in items if key in seen or seen.add(key)))  # type: ignore[func-returns-value]
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
        value = json.loads(text, object_pairs_hook=pairs, parse_constant=constant, parse_float=number, parse_int=whole)
    except json.JSONDecodeError as error:
        raise OutputError(f"not JSON: {error.msg} at line {error.lineno}, column {error.colno}", raw=text) from error
    except RecursionError as error:
        raise OutputError("the JSON is nested too deep", raw=text) from error
    if twice:  # said of whole JSON only: what is cut is cut
        raise DuplicateKey(twice[0], text)
    return value


_HALF = re.compile(r"\\u[dD][89a-fA-F]|[\ud800-\udfff]")
_PAIR = re.compile(r"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|u(?![dD][89a-fA-F])|[^u])")


def _lone(text: str) -> bool:
    return bool(re.search(r"\\|[\ud800-\udfff]", _PAIR.sub("", text)))


def check(data: JSON, schema: JSON, source: str | None = None) -> list[Problem]:
    """What is wrong with a value; empty if it fits. With a `source`, verbatim strings must stand in it."""
    if schema is True or schema == {}:
        return []
    token = _RUN.set(_Run())
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(max(limit, FRAMES))  # a validator takes some ten frames a level
    try:
        return [_told(error) for error in _validator(schema, source).iter_errors(data)]
    except RecursionError as error:
        raise InputError("the schema or the value is nested too deep to be checked", "Flatten it.") from error
    except Exception as error:
        raise _foreign(error) from error
    finally:
        sys.setrecursionlimit(limit)
        _RUN.reset(token)


def _foreign(error: Exception) -> Exception:
    module = type(error).__module__.split(".")[0]
    if module in ("jsonschema", "referencing", "re") or isinstance(
        error, TypeError | KeyError | ValueError | AttributeError
    ):
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
    document = Document(schema)
    base = getattr(validators, names[document.dialect] + "Validator")
    kind = _extended(base, source, document.nullable, not document.dynamics)
    return kind(schema, format_checker=formats_checker(), registry=SPECIFICATIONS)


def _error(message: str) -> Any:
    from jsonschema.exceptions import ValidationError

    return ValidationError(message)


@lru_cache(maxsize=16)
def _extended(base: Any, source: str | None, nullable: bool, static: bool) -> Any:
    """
    A validator of jsonschema with our keywords; it stays ours in a part that names a draft of its own.

    `nullable` is honoured as OpenAPI 3.0 means it; in a `static` schema a reference means the same wherever it stands.
    """
    from attrs import fields
    from jsonschema import validators

    known = base.VALIDATORS
    ours: dict[str, Any] = {
        "multipleOf": _multiple,
        "pattern": _pattern,
        "patternProperties": _pattern_properties,
        "additionalProperties": _additional,
        "oneOf": _one_of,
    }
    ours = {name: test for name, test in ours.items() if name in known} | {"x-max-chars": _max_chars}
    if "dependencies" not in known:  # 2019-09 split it, and still takes it as it was
        ours["dependencies"] = _dependencies
    if nullable:
        ours["type"] = _or_null(known["type"])
    if static and "$ref" in known:
        ours["$ref"] = _once(known["$ref"])
    if source is not None:
        ours["x-verbatim"] = _verbatim(source)
    kind: Any = validators.extend(base, ours)  # type: ignore[no-untyped-call]
    evolve = kind.evolve

    def stay(self: Any, **changes: Any) -> Any:
        made = evolve(self, **changes)
        other: Any = type(made)
        if other is kind:
            return made
        return _extended(other, source, nullable, static)(
            **{f.alias: getattr(made, f.name) for f in fields(other) if f.init}
        )

    kind.evolve = stay
    return kind


@dataclass(slots=True)
class _Run:
    """One check: what references have said of which value, and which are being followed."""

    done: dict[tuple[int, int], list[Any]] = field(default_factory=dict)
    open: dict[tuple[int, int], int] = field(default_factory=dict)
    back: int = FAR  # the outermost reference that has been met again


_RUN: ContextVar[_Run] = ContextVar("run")


def _once(follow: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    """
    `$ref`, judged once for each value: references that double at each level take time in their number only.

    A reference that leads to itself on the same value proves nothing: what fits must fit some other way, as a grammar
    has it.
    """

    def reference(validator: Any, target: JSON, value: JSON, schema: JSON) -> Iterator[Any]:
        run, key = _RUN.get(), (id(schema), id(value))
        if key in run.done:
            yield from map(_copied, run.done[key])
            return
        if key in run.open:
            run.back = min(run.back, run.open[key])
            yield _error("the schema asks for itself without end")
            return
        depth = run.open[key] = len(run.open)
        before, run.back = run.back, FAR
        errors = list(islice(follow(validator, target, value, schema), ERRORS))
        del run.open[key]
        if run.back >= depth:  # else it holds only within the reference that was met again
            run.done[key] = list(map(_copied, errors))
            run.back = before
        else:
            run.back = min(before, run.back)
        yield from errors

    return reference


def _copied(error: Any) -> Any:
    """An error as it is now: those above add to its path."""
    copy = type(error).create_from(error)
    if hasattr(error, "fitting"):
        copy.fitting = error.fitting
    return copy


def _or_null(judge: Callable[..., Iterator[Any]]) -> Callable[..., Iterator[Any]]:
    def type_(validator: Any, types: JSON, value: JSON, schema: JSON) -> Iterator[Any]:
        if value is not None or schema.get("nullable") is not True:
            yield from judge(validator, types, value, schema)

    return type_


def _dependencies(validator: Any, rules: JSON, value: JSON, schema: JSON) -> Iterator[Any]:
    if not isinstance(value, dict):
        return
    for key, wanted in rules.items():
        if key not in value:
            continue
        if isinstance(wanted, list):
            for name in wanted:
                if name not in value:
                    yield _error(f"{name!r} must be there beside {key!r}")
        else:
            yield from validator.descend(value, wanted, schema_path=key)


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
    try:
        return automaton.search(pattern, "exact").matches(value)
    except (BadPattern, Unsupported):
        pass
    import regex  # type: ignore[import-untyped]

    try:
        return regex.search(pattern, value, timeout=SECONDS) is not None
    except (regex.error, TimeoutError, RecursionError, OverflowError):  # it may never come back
        return False


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
