"""
A document's text as HTML that is pleasant to read, with places marked by their offsets.

It typesets what people write in notes: headings, paragraphs, lists, tables, fenced code, and inside a line code, links,
bold and slanted words, broken lines. It is no Markdown engine: what it does not know stays as it is written. Everything
is escaped; a link leads to http, https or mailto only, and nothing is loaded from anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape
from itertools import pairwise

from rag import markup, onpage

Mark = tuple[int, int]  # offsets in the text, end exclusive
Line = tuple[int, str]  # where it begins, without its line end

LINES = re.compile(r"[^\r\n]*(?:\r\n|\r|\n|$)")
FENCE = re.compile(r"[ \t]{0,3}(?:>[ \t]?)*(`{3,}|~{3,})[ \t]*([\w+#.-]*)")
HEADING = re.compile(r"(#{1,6})[ \t]+(.*?)[ \t]*#*$")
ITEM = re.compile(r"([ \t]*)(?:([-*+•])|(\d{1,4})[.)])[ \t]+(?=\S)")
ROW = re.compile(r"[ \t]*\|.*\|[ \t]*$")
RULER = re.compile(r"[ \t]*\|?[ \t]*:?-{2,}:?[ \t]*(?:\|[ \t]*:?-*:?[ \t]*)*$")
THEMATIC = re.compile(r"[ \t]{0,3}(?:(?:-[ \t]*){3,}|(?:\*[ \t]*){3,}|(?:_[ \t]*){3,})$")
QUOTED = re.compile(r"[ \t]{0,3}>[ \t]?")
INLINE = re.compile(
    r"(?P<ticks>`+)(?P<code>[^`\n](?:.*?[^`])?|[^`\n])(?P=ticks)(?!`)"
    r"|!?\[(?P<label>[^\[\]\n]*)\]\((?P<target>[^()\s]*(?:\([^()\s]*\)[^()\s]*)*)(?:[ \t]+[^()\n]*)?\)"
    r"|\*\*(?P<bold>[^*\n]+)\*\*"
    r"|(?<![\w*])\*(?P<slanted>[^*\s][^*\n]*(?<=\S))\*(?![\w*])"
    r"|(?P<break><br[ \t]*/?>)|(?P<unseen><!--[^\n]*?-->)"
    r"|(?P<bare>https?://[^\s<>()\[\]\"'`]+[^\s<>()\[\]\"'`.,;:!?])"
)
WRAPPED = 50  # characters of the widest line of a text that was broken by an editor
SAFE = re.compile(r"(?:https?://|mailto:)", re.I)
LARGEST = 400_000  # characters; what is longer is shown as plain text, at once


def typeset(text: str, marks: Sequence[Mark] = (), kind: str = "text", base: int = 0) -> str:
    """
    HTML of a text. `marks` are highlighted; `base` is the text's own offset in what the marks count in.

    `kind` is that of the document: "code" is set line for line.
    """
    inside = sorted((start - base, end - base) for start, end in marks)
    if kind == "markdown" and len(text) <= LARGEST:
        page = onpage.page(text)
        inside = (
            sorted(page.marked(text, max(start, 0), end) for start, end in inside if end > 0) if page.edits else inside
        )
        text = page.text
    setter = _Setter(
        text, kind == "markdown", [(max(start, 0), end) for start, end in inside if end > 0 and start < len(text)]
    )
    if kind == "code" or len(text) > LARGEST:
        return f'<pre class="code"><code>{setter.marked(0, len(text))}</code></pre>'
    return "".join(setter.blocks())


class _Setter:
    """One text with its marks; what is already written of a mark decides whether it gets the anchor."""

    def __init__(self, text: str, markdown: bool, marks: list[Mark]) -> None:
        self.text, self.markdown, self.marks = text, markdown, marks
        self.anchored = False

    def marked(self, start: int, end: int) -> str:
        """The text between two offsets, escaped, with the marks in it."""
        made, at = [], start
        for first, last in self.marks:
            first, last = max(first, at), min(last, end)
            if first >= last:
                continue
            anchor = "" if self.anchored else ' id="at"'
            self.anchored = True
            made.append(f"{escape(self.text[at:first])}<mark{anchor}>{escape(self.text[first:last])}</mark>")
            at = last
        return "".join(made) + escape(self.text[at:end])

    def inline(self, start: int, end: int) -> str:
        """A line with its code, links and bold."""
        made, at = [], start
        for found in INLINE.finditer(self.text, start, end):
            made.append(self.marked(at, found.start()))
            made.append(self._span(found))
            at = found.end()
        return "".join(made) + self.marked(at, end)

    def _span(self, found: re.Match[str]) -> str:
        if found["code"] is not None:
            return f"<code>{self.marked(*found.span('code'))}</code>"
        if found["bold"] is not None:
            return f"<strong>{self.marked(*found.span('bold'))}</strong>"
        if found["slanted"] is not None:
            return f"<em>{self.marked(*found.span('slanted'))}</em>"
        if found["break"] or found["unseen"]:
            return "<br>" if found["break"] else ""
        if found["bare"] is not None:
            return f'<a href="{escape(found["bare"])}" rel="noreferrer">{self.marked(*found.span("bare"))}</a>'
        label = self.marked(*found.span("label")) or escape(found["target"])
        if not SAFE.match(found["target"]):
            return label
        return f'<a href="{escape(found["target"])}" rel="noreferrer">{label}</a>'

    def blocks(self) -> Iterator[str]:
        """The whole text, block by block."""
        lines = [(match.start(), match[0].rstrip("\r\n")) for match in LINES.finditer(self.text) if match[0]]
        at = 0
        while at < len(lines):
            begin, line = lines[at]
            fence = FENCE.match(line)
            told = markup.told(line) if self.markdown and not fence else None
            if not line.strip():
                at += 1
            elif told is not None:
                if told:
                    yield f'<p class="told">{escape(told)}</p>'
                at += 1
            elif fence:
                at, html = self._fenced(lines, at, fence)
                yield html
            elif heading := HEADING.fullmatch(line):
                level = min(len(heading[1]) + 1, 6)
                end = begin + heading.start(2) + len(markup.heading(heading[2]))
                yield f"<h{level}>{self.inline(begin + heading.start(2), end)}</h{level}>"
                at += 1
            elif ROW.match(line):
                last = _while(lines, at, lambda each: bool(ROW.match(each) or RULER.match(each)))
                yield self._table(lines[at:last])
                at = last
            elif _heads(lines, at):
                last = _while(lines, at, lambda each: "|" in each)
                yield self._table(lines[at:last])
                at = last
            elif THEMATIC.match(line):
                yield "<hr>"
                at += 1
            elif line.startswith(("    ", "\t")) and not ITEM.match(line):
                last = _while(lines, at, lambda each: each.startswith(("    ", "\t")))
                body = chr(10).join(
                    self.marked(first + _indent(each), first + len(each)) for first, each in lines[at:last]
                )
                yield f'<pre class="code"><code>{body}</code></pre>'
                at = last
            else:
                last = _while(lines, at, self._goes_on)
                yield self._paragraph(lines[at:last])
                at = last

    def _goes_on(self, line: str) -> bool:
        return _continues(line) and not (self.markdown and markup.told(line) is not None)

    def _fenced(self, lines: list[Line], at: int, fence: re.Match[str]) -> tuple[int, str]:
        last = at + 1
        while last < len(lines):
            closing = FENCE.match(lines[last][1])
            if closing and closing[1].startswith(fence[1]) and not closing[2]:
                break
            last += 1
        inside = lines[at + 1 : last]
        body = self.marked(inside[0][0], _end(inside[-1])) if inside else ""
        if not self.anchored and any(a <= lines[at][0] < b for a, b in self.marks):
            body = f'<span id="at"></span>{body}'
        return last + 1, f'<pre class="code"><code>{body}</code></pre>'

    def _table(self, rows: list[Line]) -> str:
        ruler = next((place for place, (_, line) in enumerate(rows) if RULER.match(line)), -1)
        made = []
        for place, (begin, line) in enumerate(rows):
            if place == ruler:
                continue
            tag = "th" if place < ruler else "td"
            cells = "".join(f"<{tag}>{self.inline(begin + a, begin + b)}</{tag}>" for a, b in _cells(line))
            made.append(f"<tr>{cells}</tr>")
        return f'<div class="table" role="region" aria-label="Table" tabindex="0"><table>{"".join(made)}</table></div>'

    def _paragraph(self, lines: list[Line]) -> str:
        """A paragraph, or the items of a list; quoted lines and indents keep their place."""
        made: list[tuple[str, list[str]]] = []
        widest, before = max(len(line) for _, line in lines), ""
        for begin, line in lines:
            quoted = QUOTED.match(line)
            offset = quoted.end() if quoted else 0
            item = ITEM.match(line, offset)
            if item:
                depth = min(len(item[1].expandtabs(4)) // 2, 4)
                bullet = escape(f"{item[3]}." if item[3] else "•")
                body = self.inline(begin + item.end(), begin + len(line))
                made.append((f"item d{depth}", [f'<span class="bullet">{bullet}</span>{body}']))
                before = line
                continue
            if not made or (quoted and "quoted" not in made[-1][0]):
                made.append(("quoted" if quoted else "", []))
            skip = len(line) - len(line.lstrip()) if not quoted else offset
            if made[-1][1]:
                made[-1][1].append(" " if _wrapped(before, line, widest) else "\n")
            made[-1][1].append(self.inline(begin + skip, begin + len(line)))
            before = line
        return "".join(
            f'<p class="{name}">{"".join(parts)}</p>' if name else f"<p>{''.join(parts)}</p>" for name, parts in made
        )


def _wrapped(line: str, following: str, widest: int) -> bool:
    """Whether a line ends where it does because the next word had no room, not because somebody wanted it to."""
    word = following.split(maxsplit=1)[0] if following.split() else ""
    return widest >= WRAPPED and not line.endswith(("  ", "\\")) and len(line) + 1 + len(word) > widest


def _continues(line: str) -> bool:
    """Does a line belong to the paragraph before it?"""
    return bool(line.strip()) and not (
        FENCE.match(line) or HEADING.fullmatch(line) or ROW.match(line) or THEMATIC.match(line)
    )


def _while(lines: list[Line], at: int, holds: object) -> int:
    last = at + 1
    while last < len(lines) and holds(lines[last][1]):  # type: ignore[operator]
        last += 1
    return last


def _indent(line: str) -> int:
    """The characters that make a line code."""
    return 1 if line.startswith("\t") else 4


def _end(line: Line) -> int:
    return line[0] + len(line[1])


def _heads(lines: list[Line], at: int) -> bool:
    """Whether a table begins here whose rows have no bars at their ends."""
    below = lines[at + 1][1] if at + 1 < len(lines) else ""
    return "|" in lines[at][1] and "|" in below and bool(RULER.fullmatch(below))


def _cells(line: str) -> Iterator[Mark]:
    """Where the cells of a table's row stand in it, without the space around them."""
    bars = [match.start() for match in re.finditer(r"(?<!\\)\|", line)]
    if not line.lstrip().startswith("|"):
        bars.insert(0, -1)
    if line[bars[-1] + 1 :].strip():
        bars.append(len(line))
    for first, last in pairwise(bars):
        start, end = first + 1, last
        while start < end and line[start] in " \t":
            start += 1
        while end > start and line[end - 1] in " \t":
            end -= 1
        yield start, end
