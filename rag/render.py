"""
A result to text, JSON, JSONL or CSV on stdout; everything else the user reads goes to stderr.

Plain rows in, characters out. Colours only on a terminal and not under NO_COLOR. Nothing here computes.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rag import places
from rag.errors import RagError
from rag.types import Hit

Row = Mapping[str, Any]
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def as_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, default=str)


def rows(found: Sequence[Row] | Iterable[Row], form: str) -> None:
    """Rows as json (one array), jsonl or csv (the columns of the first row; nested values as JSON)."""
    if form == "json":
        print(as_json(list(found)))
    elif form == "jsonl":
        for row in found:
            print(json.dumps(row, ensure_ascii=False, default=str))
    else:
        import csv

        listed = list(found)
        writer = csv.writer(sys.stdout, lineterminator="\n")
        if listed:
            writer.writerow(listed[0])
        for row in listed:
            writer.writerow([_cell(row.get(column)) for column in listed[0]])


def _cell(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False, default=str) if isinstance(value, dict | list) else value


def table(found: Sequence[Row], title: str = "") -> None:
    """Rows as a table for people."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    if not found:
        return
    shown = Table(title=title or None, title_justify="left", box=None, pad_edge=False, header_style="bold")
    for column in found[0]:
        number = all(isinstance(row.get(column), int | float) for row in found)
        shown.add_column(Text(column), justify="right" if number else "left", overflow="fold")
    for row in found:
        cells = [row.get(column) for column in found[0]]
        shown.add_row(*(Text("" if cell is None else safe(str(_cell(cell)))) for cell in cells))
    # In a file or a pipe a row is a line, however long.
    Console(width=None if sys.stdout.isatty() else 500).print(shown)


def safe(text: str) -> str:
    """Without control characters, which could move the cursor or recolour the terminal."""
    return _CONTROL.sub("�", text)


def colours() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def style(text: str, code: str) -> str:
    """ANSI `code` ("1" bold, "2" dim, "33" yellow) around the text where colours are wanted."""
    return f"\x1b[{code}m{text}\x1b[0m" if colours() and text else text


def place(*parts: str) -> str:
    """Where a passage stands, for people: "Title · key · Heading > Path · page 3 · Author"."""
    parts = tuple(part for part in parts if part)
    return safe(" · ".join(dict.fromkeys(parts)))


def hits(found: Sequence[Hit], words: Iterable[str] = (), *, explain: bool = False) -> None:
    """Search results for people, the words of the question in bold."""
    pattern = highlighter(words)
    for rank, hit in enumerate(found, 1):
        passage, document = hit.passage, hit.passage.document
        spot = places.place(document, passage.start, passage.end)
        head = place(document.title, document.key, passage.heading, spot, document.author)
        print(f"{style(f'{rank}.', '1')} {style(head, '36')} {style(f'{hit.score:.3f}', '2')}")
        if document.url:
            print(style(f"   {safe(document.url)}", "2"))
        if explain:
            for name, via in sorted(hit.via.items()):
                print(style(f"   {name}: rank {via.rank}, score {via.score:.4f}", "2"))
        body = safe(passage.text).replace("\n", "\n   ")
        print("   " + (pattern.sub(lambda match: style(match[0], "1;33"), body) if pattern else body) + "\n")


def highlighter(words: Iterable[str]) -> re.Pattern[str] | None:
    """Matches the words wherever one of them begins a word (so that "index" marks "indexes")."""
    known = sorted({word for word in words if len(word) > 1}, key=len, reverse=True)
    if not known or not colours():
        return None
    return re.compile(r"(?<!\w)(?:" + "|".join(re.escape(word) for word in known) + r")\w*", re.IGNORECASE)


def problem(error: RagError) -> None:
    """What went wrong and what to type next, on stderr."""
    print(f"rag: {safe(error.message)}", file=sys.stderr)
    if error.hint:
        print(f"hint: {safe(error.hint)}", file=sys.stderr)


def note(text: str) -> None:
    print(safe(text), file=sys.stderr)
