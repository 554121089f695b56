"""
A result to text, JSON, JSONL or CSV on stdout; everything else the user reads goes to stderr.

Plain rows in, characters out. Colours only on a terminal and not under NO_COLOR. Nothing here computes.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag.errors import RagError
from rag.terminal import escaped, inert, line, raw, safe, sequence, shortened

if TYPE_CHECKING:
    from rich.console import Console
    from rich.console import RenderableType as Renderable

__all__ = [
    "as_json",
    "colours",
    "console",
    "line",
    "link",
    "note",
    "place",
    "problem",
    "rows",
    "safe",
    "style",
    "table",
]

Row = Mapping[str, Any]
READABLE = 12  # characters of a column in which words may be broken
BACKSLASH = "\\"  # with an escape before it the end of an OSC sequence


def as_json(value: Any, indent: int | None = 2) -> str:
    """JSON that is exact, in which no character steers a terminal."""
    return escaped(json.dumps(value, ensure_ascii=False, indent=indent, default=str))


def rows(found: Sequence[Row] | Iterable[Row], form: str) -> None:
    """Rows as json (one array), jsonl or csv (the columns of the first row; nested values as JSON)."""
    if form == "json":
        print(as_json(list(found)))
    elif form == "jsonl":
        for row in found:
            print(as_json(row, None))
    else:
        import csv

        listed = list(found)
        writer = csv.writer(sys.stdout, lineterminator="\n")
        if listed:
            writer.writerow(listed[0])
        for row in listed:
            writer.writerow([_cell(row.get(column)) for column in listed[0]])


def _cell(value: Any) -> Any:
    if isinstance(value, dict | list):
        return as_json(value, None)
    return safe(inert(value)) if isinstance(value, str) else value


def table(found: Sequence[Row], title: str = "") -> None:
    """Rows as a table for people; where its columns would be too narrow to be read, a row below the other."""
    from rag.pager import paged

    if not found:
        return
    cells = [[_shown(row.get(column)) for column in found[0]] for row in found]
    with paged():
        drawn = console()
        least = [
            min(READABLE, max(map(len, " ".join(column).split()))) for column in zip(found[0], *cells, strict=True)
        ]
        wide = sum(least) + 2 * (len(least) - 1) <= drawn.width
        with drawn.capture() as made:
            drawn.print(*_columns(found, cells, title) if wide else _records(list(found[0]), cells, title))
        drawn.file.write(re.sub(r"(?<! ) +$", "", made.get(), flags=re.MULTILINE))


def _columns(found: Sequence[Row], cells: list[list[str]], title: str) -> Iterator[Renderable]:
    from rich.table import Table
    from rich.text import Text

    shown = Table(title=title and safe(title), title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in found[0]:
        number = all(isinstance(row.get(column), int | float) for row in found)
        shown.add_column(Text(column), justify="right" if number else "left", overflow="fold")
    for row in cells:
        shown.add_row(*map(Text, row))
    yield shown


def _records(names: list[str], cells: list[list[str]], title: str) -> Iterator[Renderable]:
    """A name and its value a line, an empty line between two rows; what is empty is left out."""
    from rich.table import Table
    from rich.text import Text

    if title:
        yield Text(safe(title), "italic")
    for number, row in enumerate(cells):
        shown = Table.grid(padding=(0, 2, 0, 0))
        shown.add_column(no_wrap=True, width=max(map(len, names)), style="bold")
        shown.add_column(overflow="fold")
        for name, cell in zip(names, row, strict=True):
            if cell:
                shown.add_row(Text(name), Text(cell))
        yield from (Text(), shown) if number else (shown,)


def _shown(value: Any) -> str:
    if value is None:
        return ""
    return as_json(value, None) if isinstance(value, dict | list) else safe(str(value))


def console(*, stderr: bool = False) -> Console:
    """Where rich draws. In a file or a pipe a row is a line, however long."""
    from rich.console import Console
    from rich.segment import Segment

    class Safe(Console):
        """Draws texts that are safe; only what rich itself adds steers the terminal."""

        def render(self, renderable: Any, options: Any = None) -> Iterator[Segment]:
            for segment in super().render(renderable, options):
                yield segment if segment.control else Segment(safe(segment.text), segment.style)

    stream = sys.stderr if stderr else sys.stdout
    drawn = stream if not stream.isatty() else raw(stream)
    plain = stream.isatty() and not colours(stream)
    return Safe(file=drawn, width=None if stream.isatty() else 500, color_system=None if plain else "auto")


def colours(stream: Any = None) -> bool:
    """Whether what is printed on it (else on stdout) may be coloured, or bold."""
    return (stream or sys.stdout).isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def style(text: str, code: str) -> str:
    """ANSI `code` ("1" bold, "2" dim, "33" yellow) around the text where colours are wanted."""
    return f"{sequence(f'[{code}m')}{text}{sequence('[0m')}" if colours() and text else text


def link(text: str, address: str) -> str:
    """The text as a link that a terminal can follow (OSC 8); as it is where there is no terminal or no address."""
    if not (address and text and colours()):
        return text
    return f"{sequence(f']8;;{safe(address)}')}{sequence(BACKSLASH)}{text}{sequence(']8;;')}{sequence(BACKSLASH)}"


def place(*parts: str) -> str:
    """Where a passage stands, for people: "key · Title · Heading > Path · page 3 · Author · 2026-03-01"."""
    parts = tuple(part for part in parts if part)
    return line(" · ".join(dict.fromkeys(parts)))


def day(date: str, name: str) -> str:
    """The day of a document, unless its name says it."""
    return "" if date[:10] in name else date[:10]


def highlighter(words: Iterable[str]) -> re.Pattern[str] | None:
    """Matches the words wherever one of them begins a word (so that "index" marks "indexes")."""
    known = sorted({word for word in words if len(word) > 1}, key=len, reverse=True)
    if not known or not colours():
        return None
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(word) for word in known) + r")\w*", re.IGNORECASE)


def problem(error: RagError) -> None:
    """What went wrong and what to type next, on stderr; a value that fills the screen is cut."""
    for name, text in (("rag", error.message), ("hint", error.hint)):
        if text:
            print(f"{name}: {safe(shortened(text))}", file=sys.stderr)


def note(text: str) -> None:
    print(safe(text), file=sys.stderr)
