"""Hits as text for people, a few lines each, and as `path:line:text` for other programs."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.app.locate import Locator
    from rag.types import Hit

INDENT = "   "
WIDEST = 100  # characters of a line


def show(
    hits: Sequence[Hit],
    question: str,
    locator: Locator,
    *,
    full: bool = False,
    explain: bool = False,
    like: Mapping[int, Sequence[Hit]] | None = None,
) -> None:
    """
    Each hit under its place: what matches best of it, or, if `full`, the whole passage; matches in bold.

    `like` are the hits that were left out because they are nearly the same, by the number of the passage shown.
    """
    from rag import places, render
    from rag.app.snippets import snippet, wanted
    from rag.sentences import open_fence

    pattern = render.highlighter(question.replace('"', " ").split())
    columns = shutil.get_terminal_size().columns if sys.stdout.isatty() else WIDEST
    words, width = wanted(question), min(WIDEST, columns) - len(INDENT)
    for rank, hit in enumerate(hits, 1):
        passage, document = hit.passage, hit.passage.document
        at, lines = 0, passage.text.split("\n")
        if not full:
            fenced = document.kind == "markdown" and open_fence(document.text[: passage.start])
            at, lines = snippet(passage.text, words, max(20, width), document.kind, fenced)
        spot = locator.hit(hit, at)
        name = places.readable(spot.shown or document.key)
        title = "" if document.title == document.key else document.title
        place = places.place(document, passage.start, passage.end)
        head = render.place(name, title, passage.heading, place, document.author, render.day(document.date, name))
        linked = render.link(render.style(head, "36"), spot.link)
        score = render.style(f" {hit.score:.3f}", "2") if explain else ""  # it compares hits, and is no probability
        print(f"{render.style(f'{rank}.', '1')} {linked}{score}")
        if document.url:
            print(render.style(f"{INDENT}{render.line(places.address(document.url))}", "2"))
        if explain:
            for way, via in sorted(hit.via.items()):
                print(render.style(f"{INDENT}{way}: rank {via.rank}, score {via.score:.4f}", "2"))
        for line in lines:
            text = render.safe(line.expandtabs(4))
            marked = pattern.sub(lambda match: render.style(match[0], "1;33"), text) if pattern else text
            print((INDENT + marked).rstrip())
        for other in (like or {}).get(passage.id, ()):
            print(render.style(f"{INDENT}also: {render.line(other.passage.document.key)}", "2"))
        print()


def grep(hits: Sequence[Hit], question: str, locator: Locator) -> None:
    """A line a hit, `path:line:text` (`path:text` where there is no line): what editors and other tools jump to."""
    from rag.app.snippets import best_line, wanted

    words = wanted(question)
    for hit in hits:
        at, line = best_line(hit.passage.text, words)
        spot = locator.hit(hit, at)
        print_line(spot.shown or spot.url or hit.passage.document.key, line)


def print_line(name: str, text: str) -> None:
    """One line of grep's form: `path:line:text`, or `path:text` where the file has no such line."""
    from rag import render

    print(f"{render.line(name)}:{render.safe(text.strip())}", file=sys.stdout)
