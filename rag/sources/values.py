"""
Values of JSON as people read them: a nested value on one line of a table, and a whole export as Markdown.

Names and values alone are kept, in their order: no braces and no quotes. Nothing is left out.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag.sources.encodings import CONTROL

DEEPEST = 20  # levels; of what lies deeper the last names and their values stand in a row
LINE = 80  # characters of a nested value that stands on one line beside its name


def said(value: Any, level: int = 0) -> str:
    """A value on one line: "km", "a, b", "distance: km, pace (min: 3, max: 5)"; "" for nothing."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if level > DEEPEST and isinstance(value, list | dict):
        return ", ".join(_leaves(value))
    if isinstance(value, Mapping):
        return ", ".join(_pair(str(name), part, level) for name, part in value.items())
    if isinstance(value, list | tuple):
        parts = [said(part, level + 1) for part in value]
        return ("; " if any(isinstance(part, list | tuple | dict) for part in value) else ", ").join(
            filter(None, parts)
        )
    return CONTROL.sub("", str(value)).strip()


def _leaves(value: Any) -> Iterator[str]:
    """The plain values below one, with their names; without recursion."""
    waiting = [("", value)]
    while waiting:
        name, one = waiting.pop()
        if isinstance(one, Mapping):
            waiting += reversed([(str(key), part) for key, part in one.items()])
        elif isinstance(one, list | tuple):
            waiting += reversed([(name, part) for part in one])
        elif text := said(one):
            yield f"{name}: {text}" if name else text


def _pair(name: str, part: Any, level: int) -> str:
    text = said(part, level + 1)
    return f"{name} ({text})" if isinstance(part, dict | list) and ", " in text else f"{name}: {text}"


def lines(value: Any) -> str:
    """A value of a row: a list of plain ones an item a line, what is nested a line for each of its parts."""
    if isinstance(value, list):
        return "\n".join(filter(None, map(said, value)))
    if isinstance(value, dict):
        return "\n".join(_pair(str(name), part, 0) for name, part in value.items())
    return said(value)


def is_records(value: Any) -> bool:
    """Whether it is a list of objects, of which each is a record."""
    return isinstance(value, list) and bool(value) and all(isinstance(part, dict) for part in value)


def outline(value: Mapping[str, Any], rows: Any, level: int = 2) -> list[str]:
    """
    An object as blocks of Markdown: its plain values as lines, then a section for each part that holds more.

    `rows` writes a list of records, as one block.
    """
    short: list[str] = []
    sections: list[str] = []
    for name, part in value.items():
        line = _pair(name, part, 0) if isinstance(part, dict) else f"{name}: {said(part)}"
        if is_records(part):
            sections += [f"{'#' * level} {_heading(name)}", rows(part)]
        elif not isinstance(part, dict | list) or len(line) <= LINE:
            short += [line] if part not in (None, "", [], {}) else []
        elif isinstance(part, dict) and level < 6 and _holds_more(part.values()):
            sections += [f"{'#' * level} {_heading(name)}", *outline(part, rows, level + 1)]
        else:
            sections += [f"{'#' * level} {_heading(name)}", _listed(part)]
    return [*(["\n".join(short)] if short else []), *sections]


def _holds_more(parts: Any) -> bool:
    return any(isinstance(part, dict | list) for part in parts)


def _listed(part: Sequence[Any] | Mapping[str, Any]) -> str:
    if isinstance(part, Mapping):
        return "\n".join(f"- {_pair(str(name), one, 0)}" for name, one in part.items())
    return "\n".join(f"- {text}" for one in part if (text := said(one)))


def _heading(name: str) -> str:
    return " ".join(CONTROL.sub("", name).split()) or "…"
