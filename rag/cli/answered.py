"""An answer as text for people: a line or prose, then each excerpt under its place, what matters in it marked."""

from __future__ import annotations

import itertools
import re
import shutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rag.places import address, readable

if TYPE_CHECKING:
    from rag.app.locate import Spot
    from rag.blocks import Block
    from rag.onpage import Edit

FENCED = re.compile(r"^[ \t]*(?:>[ \t]?)*(`{3,}|~{3,})", re.MULTILINE)
INDENT = "    "
WIDEST = 100  # characters of a line of prose
MARKED = re.compile(r"!\[([^\]]{0,400})\]\(([^)\s]{0,2000})[^)]{0,400}\)")  # a picture of Markdown
MARKUP = re.compile(rf"\s*(?:</?[a-zA-Z][^<>]*/?>\s*|\[?{MARKED.pattern}(?:\]\([^)]*\))?\s*)+")  # a line without words


def show(found: Mapping[str, Any], spots: Sequence[Spot] = (), *, streamed: bool = False) -> None:
    """
    Print the answer object; `spots` are the places of its citations, as far as they are known, `streamed` says that
    its text was printed while it was written.
    """
    from rag import files, render
    from rag.cli.common import tell_respelled

    tell_respelled(found["trace"].get("respelled", {}))
    cited = found["citations"]
    near = found.get("nearest", [])  # an answer of the log may be older than these
    if streamed:
        print()
    elif not cited or found["answer"] != cited[0]["quote"]:
        for line in _wrapped([(found["answer"], False)], _width()):
            print(line)
    missing, elsewhere = found["trace"].get("unsaid", ()), found["trace"].get("elsewhere", ())
    if nowhere := [one for one in missing if one not in elsewhere]:
        print(f"Nothing found says {' or '.join(f'“{render.line(one)}”' for one in nowhere)}.")
    for word in elsewhere:
        print(f"What was found does not say “{render.line(word)}”, other passages do: rag search {files.typed(word)}")
    if unshown := found["trace"].get("unshown"):
        print(f"What is shown does not say {' or '.join(f'“{render.line(one)}”' for one in unshown)}.")
    if near:
        head = "The nearest is" if len(near) == 1 else "What comes nearest"
        if lacks := found["trace"].get("lacks"):
            head = f"What comes nearest has {'nothing of' if lacks.isdecimal() else 'no'} {lacks}"
        print(f"\n{head}:")
    if languages := found["trace"].get("languages"):
        others = " and ".join(languages["documents"])
        render.note(
            f"the question is in {languages['question']}, what was found in {others}: ask in that language, or index"
            " with an embedder of many languages (docs/models.md)"
        )
    shown = cited or near
    if not shown and found["passages"] and sys.stdout.isatty():
        print(render.style(f"What was found for it: rag search {files.typed(found['question'])}", "2"))
    for rank, (one, spot) in enumerate(itertools.zip_longest(shown, spots[: len(shown)]), 1):
        if rank > 1 or streamed or missing or unshown or found["answer"] != one["quote"]:
            print()
        print(f"{render.style(f'[{rank}]', '1')} {place(one, spot)}" if cited else place(one, spot))
        for line in excerpt(one):
            print(line)
        if one["url"] and one["url"] not in [other["url"] for other in shown[rank:]]:  # once, below the last of a page
            print(render.style(f"{INDENT}{render.line(address(one['url']))}", "2"))


def place(one: Mapping[str, Any], spot: Spot | None) -> str:
    """Where an excerpt stands: "notes/bash.md:12 · Title · Heading > Path · page 3"; a link on a terminal."""
    from rag import render

    if spot is None:
        return render.style(where(one), "36")
    return render.link(render.style(where(one, spot.shown), "36"), spot.link)


def where(one: Mapping[str, Any], path: str = "") -> str:
    from rag import render

    numbered = one.get("line") and not (one.get("place") or one["url"])
    path = path or (f"{one['document']}:{one['line']}" if numbered else one["document"])
    title = "" if one["title"] == one["document"] else one["title"]
    day = render.day(one.get("date", ""), path)
    current = f"the current edition is {readable(one['current'])}" if one.get("current") else ""
    return render.place(
        readable(path), title, one["heading"], one.get("place", ""), one.get("author", ""), day, current
    )


def grep(found: Mapping[str, Any], spots: Sequence[Spot]) -> None:
    """Each line that is cited as `path:line:text`."""
    from rag.cli.found import print_line

    for one, spot in zip(found["citations"], spots, strict=True):
        path, _, first = (
            spot.shown.rpartition(":") if spot.line else (spot.shown or spot.url or one["document"], "", "")
        )
        for number, line in enumerate(one["quote"].split("\n")):
            known = first and (spot.steady or not number)
            if line.strip():
                print_line(f"{path}:{int(first) + number}" if known else path, line)


def excerpt(one: Mapping[str, Any]) -> Iterator[str]:
    """
    The lines of an excerpt: prose is wrapped, everything else stands as it is written. A listing that it begins or ends
    within has its fences.
    """
    from rag.blocks import begins_in_code
    from rag.sentences import open_fence

    quote, fence = one["quote"], one.get("fence", "")
    inside = bool(fence) or begins_in_code(quote)
    if fence:
        yield _fence(fence)
    yield from _lines(one, inside)
    if one.get("kind") == "markdown" and open_fence(quote, inside):
        yield _fence(re.sub(r"[^`~]", "", fence or FENCED.findall(quote)[-1]))


def _fence(line: str) -> str:
    from rag import render

    return INDENT + render.style(_safe(line), "2")


def _lines(one: Mapping[str, Any], inside: bool) -> Iterator[str]:
    """
    The lines as they stand, without empty ones at the ends and several where something is not shown; `inside`: they
    begin within fenced code.
    """
    from rag import onpage
    from rag.blocks import blocks

    quote, start, kind = one["quote"], one["start"], one.get("kind", "text")
    page = onpage.page(quote, inside) if kind == "markdown" else onpage.Page(quote)
    marked = [page.marked(quote, first - start, last - start) for first, last in one.get("highlights", [])]
    found = blocks(page.text, kind, inside)
    at, blank, some, cut = 0, 0, False, bool(page.edits)
    for line, code in onpage.lines(page.text, inside):
        block = next((each for each in found if each.start <= at + len(line.rstrip()) and at <= each.end), None)
        shown = list(_line(line, at, block, page.text, marked, kind == "markdown" and not code))
        cut = cut or not shown
        if shown and not any(text.strip() for text in shown):
            blank += 1
        elif shown:
            yield from [""] * (min(blank, 1) if cut else blank) if some else ()
            yield from shown
            blank, some = 0, True
        at += len(line) + 1


def _line(
    line: str, at: int, block: Block | None, whole: str, marked: list[tuple[int, int]], markdown: bool
) -> Iterator[str]:
    """A line, which begins at offset `at` of the whole, as it is shown; nothing if it says nothing to a reader."""
    from rag import markup, render

    kind = block.kind if block else ""
    text = markdown and kind != "code"
    if text and (told := markup.told(line)) is not None:
        yield from [INDENT + render.style(_safe(told), "2")] if told else []
        return
    if text and MARKUP.fullmatch(line):
        said = [f"[picture: {name}]" for name in _pictures(line)] or [markup.read(line).strip()]
        yield from (INDENT + render.style(_safe(one), "2") for one in said if one)
        return
    edits = markup.edits(line) if text else []
    if block and kind == "table" and max(map(len, whole[block.start : block.end].split("\n"))) > WIDEST:
        edits = _narrowed(line, edits)
    parts = _parts(markup.heading(line) if text and kind == "heading" else line, at, marked, edits)
    if kind == "prose":
        yield from (INDENT + text for text in _wrapped(parts, _width() - len(INDENT)))
    elif kind == "code":
        fence = line.lstrip().startswith(("```", "~~~"))
        styled = (render.style(_safe(part), "2" if fence else "1;33" if bold else "33") for part, bold in parts)
        yield (INDENT + "".join(styled)).rstrip()
    else:
        yield (INDENT + "".join(_bold(part, bold) for part, bold in parts)).rstrip()


def _narrowed(line: str, edits: list[Edit]) -> list[Edit]:
    """The edits of a row of a wide table, with those that take the blanks between its bars away."""
    from rag.markup import PADDING

    known = {place for start, end, _ in edits for place in range(start, end)}
    blanks = [(*found.span(), "---" if found[0][0] == "-" else " ") for found in PADDING.finditer(line)]
    return sorted(edits + [one for one in blanks if known.isdisjoint(range(*one[:2]))])


def _pictures(line: str) -> list[str]:
    """What the pictures in a line of Markdown or HTML are called: what they show, or the name of their file."""
    found = []
    for told, path in MARKED.findall(line):
        found.append(told or path.rsplit("/", 1)[-1])
    for attributes in re.findall(r"<img\b([^>]*)", line, re.IGNORECASE):
        said = {
            name.lower(): value for name, value in re.findall(r"""(alt|src)\s*=\s*["']([^"']*)""", attributes, re.I)
        }
        found.append(said.get("alt") or said.get("src", "").rsplit("/", 1)[-1])
    return list(filter(None, found))


def _parts(line: str, at: int, marked: list[tuple[int, int]], edits: list[Edit]) -> list[tuple[str, bool]]:
    """
    A line in pieces, each with whether it is marked: the line begins at offset `at` of what the marks count in. What is
    edited stands as it is shown.
    """
    instead = {edit[:2]: edit[2] for edit in edits if edit[1] <= len(line)}
    edges = {0, len(line), *(min(max(edge - at, 0), len(line)) for mark in marked for edge in mark)}
    edges = {edge for edge in edges if not any(first < edge < last for first, last in instead)}
    edges |= {edge for span in instead for edge in span}
    return [
        (
            instead.get((first, last), line[first:last]),
            any(mark[0] < at + last and at + first < mark[1] for mark in marked),
        )
        for first, last in itertools.pairwise(sorted(edges))
    ]


def _wrapped(parts: list[tuple[str, bool]], width: int) -> Iterator[str]:
    """The pieces on lines no wider than `width`, cut between words; a file or a pipe gets one line."""
    line, length = "", 0
    for part, bold in parts:
        for number, run in enumerate(part.split("\n")):
            if number:
                yield _ended(line)
                line, length = "", 0
            for word in _words(run):
                if length + len(word.rstrip()) > width and length:
                    yield _ended(line)
                    line, length = "", 0
                    word = word.lstrip()
                line += _bold(word, bold)
                length += len(word)
    yield _ended(line)


def _ended(line: str) -> str:
    """A line without the space at its end, and without marks that end and begin again at once."""
    return line.replace("\x1b[0m\x1b[1m", "").rstrip()


def _words(text: str) -> list[str]:
    return re.findall(r"\s*\S+\s?|\s+", text)


def _bold(text: str, bold: bool) -> str:
    from rag import render

    return render.style(_safe(text), "1") if bold else _safe(text)


def _safe(text: str) -> str:
    """Without control characters; a tab is some spaces, and the end of a line of Windows nothing."""
    from rag import render

    return render.safe(text.replace("\r", "").expandtabs(4))


def _width() -> int:
    """Characters of a line of prose: those of the terminal, but no more than one reads well."""
    if not sys.stdout.isatty():
        return 1_000_000
    return max(20, min(WIDEST, shutil.get_terminal_size().columns - 1))
