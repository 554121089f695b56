"""
LaTeX as Markdown-like text: title, author and date, sections, the abstract, lists, tables, listings and captions are
what a reader of the paper would see. Formulas stay as they are written.

Nothing is included or run, and no macro of the document's own is unfolded; what is not shown is told.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rag.dates import date
from rag.sources import dated
from rag.sources.encodings import CONTROL
from rag.sources.html import fenced, table_of
from rag.sources.items import Left, untold
from rag.sources.latex_words import balanced, inline
from rag.sources.text import iso_date, prose, words_of
from rag.types import Document

COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%.*$")
BEGIN = re.compile(r"\\begin[ \t]*\{([\w*]+)\}")
END = re.compile(r"\\end[ \t]*\{([\w*]+)\}")
SECTION = re.compile(r"\\(part|chapter|section|subsection|subsubsection|paragraph|subparagraph)\*?[ \t]*(?=[\[{])")
LEVELS = {name: level for level, name in enumerate(
    ("part", "chapter", "section", "subsection", "subsubsection", "paragraph", "subparagraph"))}  # fmt: skip
VERBATIM = ("verbatim", "verbatim*", "Verbatim", "lstlisting", "minted", "alltt", "comment", "filecontents")
TABLES = ("tabular", "tabular*", "tabularx", "tabulary", "longtable", "array", "supertabular", "xltabular")
LISTS = ("itemize", "enumerate", "description", "compactitem", "compactenum", "list", "thebibliography")
MATH = ("equation", "align", "gather", "multline", "eqnarray", "displaymath", "math", "alignat", "flalign", "split")
QUOTES = ("quote", "quotation", "verse", "displayquote")
ITEM = re.compile(r"\\(?:item|bibitem)(?![a-zA-Z])[ \t]*")
HEAD = ("title", "author", "date", "subtitle")
TOLD = re.compile(
    r"\\(input|include|includegraphics|bibliography|addbibresource)\*?[ \t]*(?:\[[^\[\]\n]*\])?\{([^{}\n]*)\}"
)
KINDS = {"includegraphics": "pictures"}
OWN = re.compile(r"\\(?:re)?newcommand\*?|\\providecommand|\\def(?=\\)|\\newtheorem\*?|\\DeclareMathOperator\*?")
RULES = re.compile(
    r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfirsthead|endfoot|endlastfoot|centering|small|footnotesize"
    r"|(?:cline|cmidrule)(?:\([lr]*\))?\{[^{}]*\}|addlinespace(?:\[[^\[\]]*\])?|rowcolor\{[^{}]*\})(?![a-zA-Z])"
)
MULTI = re.compile(r"\\multi(?:column|row)\*?[ \t]*(?:\[[^\[\]]*\])?\{([^{}]*)\}[ \t]*\{[^{}]*\}")
DEEPEST = 8
LONG = 2000  # characters of a line that is broken where environments and sections begin and end
BREAKS = re.compile(r"\\(?:begin|end|section|subsection|subsubsection|chapter|paragraph|item|bibitem)(?![a-zA-Z])")


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A file of LaTeX as one document."""
    text = CONTROL.sub("", prose(data, key, left))
    page = Page(left)
    written = page.read(text)
    if not written:
        return []
    title = page.head.get("title") or words_of(key)
    said = page.head.get("date", "")
    day = iso_date(said) or date(said) or dated.stated(written, title, key)
    author = re.sub(r" \([^()]*\)", "", page.head.get("author", ""))  # without what is thanked
    return [Document(source, key, written, title, author=author, date=day, kind="markdown")]


@dataclass(slots=True)
class Page:
    """A paper that is being read."""

    left: Left
    head: dict[str, str] = field(default_factory=dict)
    top: int = 2  # the level of its highest sections, of LEVELS

    def read(self, text: str) -> str:
        start = re.search(r"\\begin[ \t]*\{document\}", text)
        body = text[start.end() :] if start else text
        end = re.search(r"\\end[ \t]*\{document\}", body)
        if end:
            if body[end.end() :].strip():
                self.left("text behind the end", body[end.end() :])
            body = body[: end.start()]
        for part in (text[: start.start()] if start else "", body):
            self._heads("\n".join(self._uncommented(part.split("\n"))))
        found = {LEVELS[one[1]] for one in SECTION.finditer(body)}
        self.top = min(found, default=2)
        lines = [
            piece
            for line in body.split("\n")
            for piece in (BREAKS.sub(r"\n\g<0>", line) if len(line) > LONG else line).split("\n")
        ]
        blocks = [block for block in self.blocks(lines) if block.strip()]
        above = []
        if title := self.head.get("title", ""):
            above.append(f"# {title}")
        about = [self.head[name] for name in ("subtitle", "author", "date") if self.head.get(name)]
        return "\n\n".join([*above, *(["\n".join(about)] if about and title else []), *blocks]).strip("\n")

    def _heads(self, text: str) -> None:
        for name in HEAD:
            found = re.search(rf"\\{name}[ \t]*(?:\[[^\[\]]*\])?[ \t]*\{{", text)
            if found and name not in self.head:
                said, _ = balanced(text, found.end() - 1)
                people = re.sub(r"\\and\b|\\\\", ", " if name == "author" else " ", said)
                shown = re.sub(r"(?:\s*,)+\s*", ", ", " ".join(inline(people, self.left).split())).strip(", ")
                if shown:
                    self.head[name] = shown

    def _uncommented(self, lines: list[str]) -> Iterator[str]:
        for line in lines:
            yield COMMENT.sub(r"\1", line)

    def blocks(self, lines: list[str], level: int = 0) -> Iterator[str]:
        """The blocks of some lines; environments within them are read in turn."""
        run: list[str] = []
        at = 0
        while at < len(lines):
            line = COMMENT.sub(r"\1", lines[at])
            if line != lines[at] and (said := lines[at][len(line) + 1 :].strip()):
                self.left("comments", said)
                if not line.strip():  # a line that is a comment alone ends no paragraph
                    at += 1
                    continue
            if found := BEGIN.search(line):
                yield from self._running([*run, line[: found.start()]])
                run = []
                inside, at = self._inside(lines, at, line, found)
                yield from self._environment(found[1], inside, level)
                continue
            if not line.strip():
                yield from self._running(run)
                run = []
            elif SECTION.search(line):
                joined, at = self._joined(lines, at, line)
                before, after = self._cut(joined)
                run.append(before)
                yield from self._running(run)
                heading, rest = self._section(after)
                yield heading
                run = []
                lines[at] = rest
                continue
            else:
                run.append(line)
            at += 1
        yield from self._running(run)

    def _inside(self, lines: list[str], at: int, line: str, begin: re.Match[str]) -> tuple[list[str], int]:
        """The lines of an environment, and the number of the line that goes on behind it."""
        stop = self._end(lines, at, begin[1])
        if stop == len(lines):  # it never ends
            return [line[begin.end() :], *lines[at + 1 :]], stop
        last = [one for one in END.finditer(lines[stop]) if one[1] == begin[1]][-1]
        inside = [line[begin.end() :], *lines[at + 1 : stop], lines[stop][: last.start()]]
        if stop == at:
            inside = [lines[at][begin.end() : last.start()]]
        lines[stop] = lines[stop][last.end() :]
        return inside, stop

    def _end(self, lines: list[str], at: int, name: str) -> int:
        """The number of the line that ends an environment, which may hold others of its name."""
        depth = 0
        for number in range(at, len(lines)):
            line = lines[number] if name in VERBATIM else COMMENT.sub(r"\1", lines[number])
            if f"{{{name}}}" in line:
                depth += (
                    sum(one[1] == name for one in BEGIN.finditer(line)) if name not in VERBATIM or number == at else 0
                )
                depth -= sum(one[1] == name for one in END.finditer(line))
                if depth <= 0:
                    return number
        return len(lines)

    def _joined(self, lines: list[str], at: int, line: str) -> tuple[str, int]:
        """A heading that goes on over lines, on one."""
        while line.count("{") > line.count("}") and at + 1 < len(lines) and len(line) < 1000 and lines[at + 1].strip():
            at += 1
            line = f"{line.rstrip()} {COMMENT.sub('', lines[at]).strip()}"
        return line, at

    def _cut(self, line: str) -> tuple[str, str]:
        found = SECTION.search(line)
        return (line[: found.start()], line[found.start() :]) if found else (line, "")

    def _section(self, line: str) -> tuple[str, str]:
        found = SECTION.match(line)
        at = found.end() if found else 0
        if line[at : at + 1] == "[":  # the short form, for the contents
            at = line.find("]", at) + 1 or len(line)
        at = line.find("{", at)
        said, end = balanced(line, at) if at >= 0 else ("", len(line))
        level = min(2 + LEVELS[found[1]] - self.top, 6) if found else 2
        text = " ".join(inline(said, self.left).split())
        return f"{'#' * level} {text}" if text else "", line[end:]

    def _running(self, run: list[str]) -> Iterator[str]:
        text = "\n".join(run)
        if not text.strip():
            return
        for name in HEAD:
            text = _without(text, name)
        for found in TOLD.finditer(text):
            self.left(KINDS.get(found[1], "included files"), found[2])
        text = TOLD.sub("", text)
        if OWN.match(text.strip()):
            self.left("macros of LaTeX", " ".join(text.split()))
            return
        shown = "\n".join(" ".join(line.split()) for line in inline(text, self.left).split("\n"))
        if shown := re.sub(r"\n{2,}", "\n\n", shown).strip():
            yield shown

    def _environment(self, name: str, inside: list[str], level: int) -> Iterator[str]:
        bare = name.rstrip("*")
        if name in VERBATIM:
            text = "\n".join(inside)
            options = re.match(r"[ \t]*(?:\[[^\[\]]*\])?(?:\{(\w+)\})?", text)
            if name == "comment":
                self.left("comments", text)
            else:
                language = re.search(r"language=(\w+)", options[0]) if options else None
                shown = (options[1] if options and options[1] else "") or (language[1].lower() if language else "")
                code = text[options.end() :].strip("\n") if options else text
                yield fenced(code, shown) if code.strip() else ""
        elif level > DEEPEST:
            yield from self._running(inside)
        elif bare in TABLES or name in TABLES:
            yield self._table("\n".join(self._uncommented(inside)), bare)
        elif bare in LISTS:
            yield "## References" if bare == "thebibliography" else ""
            yield self._list(bare, inside, level)
        elif bare in MATH:
            lines = (re.sub(r"\\label\{[^{}]*\}", "", line).strip() for line in self._uncommented(inside))
            formula = "\n".join(filter(None, lines))
            yield f"$$\n{formula}\n$$" if formula else ""
        elif bare == "abstract":
            yield "## Abstract"
            yield from self.blocks(inside, level + 1)
        elif bare in QUOTES:
            found = "\n\n".join(block for block in self.blocks(inside, level + 1) if block)
            yield "\n".join(f"> {line}".rstrip() for line in found.split("\n")) if found else ""
        else:
            yield from self._other(bare, inside, level)

    def _other(self, name: str, inside: list[str], level: int) -> Iterator[str]:
        """An environment that only arranges, or a theorem, which is called what it is."""
        first = inside[0] if inside else ""
        options = re.match(r"(?:[ \t]*(?:\[([^\[\]]*)\]|\{[^{}]*\}))*", first)
        said = options[1] if options and options[1] else ""
        inside = [first[options.end() :] if options else first, *inside[1:]]
        known = ("theorem", "lemma", "proof", "definition", "corollary", "proposition", "remark", "example", "claim")
        found = [block for block in self.blocks(inside, level + 1) if block.strip()]
        if name in known and found:
            called = f"{name.capitalize()} ({inline(said, self.left)})" if said else name.capitalize()
            found[0] = f"{called}. {found[0]}"
        elif name == "frame" and (title := re.match(r"[ \t]*+(?:\[[^\[\]]*\])?[ \t]*+\{", first)):
            shown, _ = balanced(first, title.end() - 1)
            found.insert(0, f"### {inline(shown, self.left)}") if shown else None
        yield from found

    def _list(self, name: str, inside: list[str], level: int) -> str:
        """Items of a list; a list in a list is indented below its item."""
        items: list[list[str]] = []
        depth = 0
        for line in inside:
            for part in BREAKS.sub(r"\n\g<0>", COMMENT.sub(r"\1", line)).split("\n"):
                if not depth and ITEM.match(part.lstrip()):
                    items.append([part.lstrip()])
                elif items:
                    items[-1].append(part)
                depth = max(0, depth + len(BEGIN.findall(part)) - len(END.findall(part)))
        written = []
        for number, item in enumerate(items, 1):
            item[0] = ITEM.sub("", item[0], count=1)
            label = ""
            if named := re.match(r"\[((?:[^\[\]]|\[[^\[\]]*\])*)\]", item[0]):
                label, item[0] = inline(named[1], self.left), item[0][named.end() :]
            if name == "thebibliography" and (named := re.match(r"[ \t]*\{([^{}]*)\}", item[0])):
                label, item[0] = f"[{named[1]}]", item[0][named.end() :]
            mark = f"{number}. " if name in ("enumerate", "compactenum") and not label else "- "
            text = "\n".join(block for block in self.blocks(item, level + 1) if block)
            colon = ": " if label and not label.endswith((":", ".", "]")) else " " if label else ""
            indent = " " * len(mark)
            written.append(mark + f"{label}{colon}{text}".rstrip().replace("\n", f"\n{indent}"))
        return "\n".join(written)

    def _table(self, text: str, name: str) -> str:
        start = len(text) - len(text.lstrip())
        for _ in range(2 if name in ("tabularx", "tabular*", "tabulary", "xltabular") else 1):
            while text[start : start + 1] == "[":
                start = text.find("]", start) + 1 or len(text)
            if text[start : start + 1] == "{":
                _, start = balanced(text, start)
        body = text[start:]
        caption = ""
        if found := re.search(r"\\caption\*?[ \t]*(?:\[[^\[\]]*\])?\{", body):  # of a longtable
            said, end = balanced(body, found.end() - 1)
            caption, body = (
                " ".join(inline(said, self.left).split()),
                body[: found.start()] + body[end:].lstrip().removeprefix("\\\\"),
            )
        rows = []
        for line in re.split(r"\\\\(?:\*)?(?:\[[^\[\]\n]{0,20}\])?|\\tabularnewline(?![a-zA-Z])", RULES.sub("", body)):
            cells: list[str] = []
            for cell in re.split(r"(?<!\\)&", line):
                wide = re.search(r"\\multicolumn[ \t]*\{(\d{1,2})\}", cell)
                shown = " ".join(inline(MULTI.sub("", cell), self.left).split())
                cells += [shown.replace("|", r"\|"), *[""] * (min(int(wide[1]), 50) - 1 if wide else 0)]
            if any(cells):
                rows.append(cells)
        return "\n\n".join(filter(None, (caption, table_of(rows) if rows else "")))


def _without(text: str, name: str) -> str:
    """A text without a command of the head and what stands in its braces."""
    found = re.search(rf"\\{name}[ \t]*(?:\[[^\[\]]*\])?[ \t]*\{{", text)
    if not found:
        return text
    _, end = balanced(text, found.end() - 1)
    return text[: found.start()] + text[end:]
