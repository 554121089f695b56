"""
HTML to Markdown-like text: the main text with its headings, lists, tables and code, and what the head says.

Menus, controls of forms, footers and what is hidden are left out, and told; everything else of the main element is
kept. The markup of emphasis and links is dropped, so that sentences read as they are seen; raised and lowered
characters, struck words and the marks of notes stay what they are. No style sheet is applied and no script run.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag.errors import InputError
from rag.folding import whole
from rag.sources import html_blog as blog
from rag.sources import html_books as books
from rag.sources import html_contents as contents
from rag.sources import html_parts as parts
from rag.sources import html_wiki as wiki
from rag.sources import scripts
from rag.sources.encodings import decode
from rag.sources.html_data import told
from rag.sources.html_head import head, things
from rag.sources.html_parts import BREAK, HEADINGS, LEVELS, SPACE, line_of
from rag.sources.items import Left, untold
from rag.sources.text import CHARSET_XML, bounded, words_of
from rag.types import Document

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

MOST_FILLED = 1_000_000  # cells of a table whose short rows are filled up
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
VOID = "area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr"
CLOSED = re.compile(rf"<(?!(?:{VOID})\b)([A-Za-z][\w:.-]*)((?:\s[^<>]*)?)/>")
PERMALINK = "#§¶🔗 \u200b\uf0c1\uf0c6\uf470"  # signs that headings carry to be linked to, also those of fonts
HOLDER = re.compile(r"</?(?!(?:script|style|title|head|p|br|pre|h[1-6])\b)[a-zA-Z][^<>]*>")
LARGEST = 10_000_000  # characters; a tree takes some fifty times its page


@dataclass(slots=True)
class Page:
    """A tree that is being written: the elements around blocks, and whom to tell what is left out."""

    holders: set[Element]
    left: Left = untold
    all: bool = False  # also menus and controls: there is nothing else

    def drops(self, element: Element) -> bool:
        """Whether an element is left out; it is told if it has text."""
        why = parts.left_out(element)
        if not why or (self.all and why not in (parts.HIDDEN, parts.SILENT)):
            return False
        if why != parts.SILENT and (text := " ".join(parts.text_of(element).split())):
            self.left(why, text)
        return True


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """An HTML page as one document."""
    text = written(data, key)
    if (wrong := text.count("\ufffd") - data.count(b"\xef\xbf\xbd")) > 0:
        left("wrong bytes", f"{wrong} of them")
    return page(text, key, source, left)


def written(data: bytes, key: str) -> str:
    """The markup of a page, in the encoding that its head says it is in."""
    found = CHARSET.search(data[:20_000]) or CHARSET_XML.match(data[:200])
    return decode(data, key, found.group(1).decode("ascii") if found else "")


def page(html: str, key: str, source: str, left: Left = untold) -> list[Document]:
    """As `read`, from a string. No document if the page has no text."""
    tree = parse(html, key)
    if tree is None:
        return []
    main = parts.main_element(tree)
    about = head(tree, main, lambda element: line_of([_inline(element, 0, Page(set()))]))
    comments = list(blog.outside(tree, main))
    day = about["date"] or wiki.edited(tree)
    made = wiki.is_wiki(tree)
    data = things(tree)
    books.clean(tree, main, left)
    for one in (main, *comments):
        wiki.clean(one, left, wiki=made)
        blog.clean(one, about, left)
        contents.without_contents(one, left)
        contents.without_lines_about(one, about, left)
    text = bounded("\n\n".join(filter(None, (markdown_of(one, left) for one in (main, *comments)))), left)
    if not text:
        return []
    if data and (more := told(data, text)):
        text = bounded(f"{text}\n\n{more}", left)
    for around in parts.around(main, comments):
        left("outside of the main text", around)
    title = about["title"] or words_of(key)
    return [Document(source, key, text, title, about["url"], about["author"], day, {}, "markdown")]


def fragment(html: str, left: Left = untold) -> str:
    """A piece of HTML (a column of a table, a comment) as text."""
    tree = parse(html, "HTML")
    return "" if tree is None else bounded(markdown_of(tree, left), left)


def parse(html: str, key: str) -> Element | None:
    """The tree of a page; None if there is nothing in it."""
    from lxml import etree

    if len(html) > LARGEST:
        raise InputError(f"{key} is too large for an HTML page: {len(html):,} characters, more than {LARGEST:,}")
    if "/>" in html and ("1999/xhtml" in html[:2000] or html.lstrip()[:5] == "<?xml"):
        html = CLOSED.sub(r"<\1\2></\1>", html)  # as XML has it: <title/> is empty, and does not hold all that follows
    try:
        tree, whole = _tree(html)
        if not whole:  # the parser gives up below some two thousand levels: read without what only holds others
            tree, _ = _tree(HOLDER.sub(" ", html))
        return tree
    except etree.ParserError:
        return None
    except etree.XMLSyntaxError as error:
        if not html.strip() or "Document is empty" in str(error):
            return None
        raise InputError(f"{key} cannot be read as HTML: {error}") from error


def _tree(html: str) -> tuple[Element, bool]:
    """The tree of a page, and whether all of the page is in it."""
    from lxml import etree

    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True)
    tree = etree.fromstring(whole(html).encode(), parser)
    return tree, not any(
        "depth" in error.message for error in parser.error_log if error.type_name == "ERR_RESOURCE_LIMIT"
    )


def markdown_of(element: Element, left: Left = untold) -> str:
    """The text below an element, blocks separated by an empty line; menus and controls if that is all there is."""
    holders, told = parts.holders(element), list[tuple[str, str]]()
    found = _joined(element, Page(holders, lambda kind, what: told.append((kind, what))))
    if not found:
        return _joined(element, Page(holders, left, all=True))
    for kind, what in told:
        left(kind, what)
    return found


def _joined(element: Element, page: Page) -> str:
    return "\n\n".join(block for block in _blocks(element, 0, page) if block).strip("\n")


def _blocks(element: Element, level: int, page: Page) -> Iterator[str]:
    """The blocks below an element; running text between them is a paragraph of its own."""
    run = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str) or page.drops(child):
            run.append(" ")
        elif level < LEVELS and (parts.is_block(child) or child in page.holders):
            yield _running(run)
            run = []
            yield from _block(child, level + 1, page)
        else:
            run.append(_inline(child, level + 1, page))
        run.append(child.tail or "")
    yield _running(run)


def _block(element: Element, level: int, page: Page) -> Iterator[str]:
    tag = element.tag
    if level > LEVELS:
        yield _running([_inline(element, level, page)])
    elif rank := parts.heading(element):
        text = line_of([_inline(element, level, page)])
        yield text and "#" * rank + " " + text
    elif tag == "pre":
        yield _code(element, page)
    elif tag in ("ul", "ol", "menu"):
        yield _list(element, level, page)
    elif tag == "blockquote":
        inner = "\n\n".join(block for block in _blocks(element, level, page) if block)
        yield "\n".join(f"> {line}".rstrip() for line in inner.split("\n")) if inner else ""
    elif tag == "table":
        yield from _table(element, level, page)
    elif tag == "hr":
        yield ""
    else:
        yield from _blocks(element, level, page)


def _inline(element: Element, level: int, page: Page) -> str:
    """Running text; code keeps its backticks, a picture is its description, what is raised or struck stays so."""
    tag = element.tag
    if not isinstance(tag, str) or page.drops(element):
        return ""
    if tag == "br":
        return BREAK
    if tag == "img":
        return element.get("alt") or ""
    if tag == "input":  # of a list of tasks: others are dropped
        return "[x] " if element.get("checked") is not None else "[ ] "
    if tag.rpartition(":")[2] == "math":
        return scripts.formula(element)
    if tag == "a" and not "".join(element.itertext()).strip(PERMALINK):
        return ""
    if tag == "code" and not len(element):
        text = (element.text or "").strip()
        return f"`{text}`" if text and "`" not in text else text
    if level > LEVELS:
        return "".join(element.itertext())
    found = [element.text or ""]
    for child in element:
        found += (_inline(child, level + 1, page), child.tail or "")
    return _set(element, "".join(found))


def _set(element: Element, text: str) -> str:
    """Text as its element sets it: raised, lowered, struck, quoted, above another."""
    bare, tag = text.strip(), element.tag
    if not bare:
        return text
    place = parts.place(element)
    if place and parts.is_mark(element, bare):
        return scripts.note(bare)
    if place:
        return scripts.high(bare) if place == "sup" else scripts.low(bare)
    if tag == "a" and (element.get("role") == "doc-noteref" or element.get("epub:type") == "noteref"):
        return scripts.note(bare)
    if tag in ("s", "strike", "del"):
        return text.replace(bare, f"~~{bare}~~")
    if tag == "q":
        return text.replace(bare, f"“{bare}”")
    if tag == "rt":
        return f"({bare})"
    return text


def _running(found: list[str]) -> str:
    """Running text: a break is a new line, two are a new paragraph, as on old pages."""
    text = scripts.INVISIBLE.sub("", "".join(found))
    lines = [line.strip() for line in SPACE.sub(" ", text).split(BREAK)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _code(element: Element, page: Page) -> str:
    """A fenced block; its text is kept to the letter, the button that copies it is not."""
    text = "".join(_letters(element, page)).replace("\r\n", "\n").strip("\n")
    if not text.strip():
        return ""
    return fenced(text, parts.language(element))


def fenced(text: str, language: str = "") -> str:
    """Code between fences that it does not hold itself."""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{language}\n{text}\n{fence}"


def _letters(element: Element, page: Page, level: int = 0) -> Iterator[str]:
    """The text of preformatted markup; two `code` elements side by side are two pieces."""
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif isinstance(child.tag, str) and level < LEVELS and not page.drops(child):
            before = child.getprevious()
            if child.tag == "code" and before is not None and before.tag == "code" and not (before.tail or "").strip():
                yield "\n\n"
            yield from _letters(child, page, level + 1)
        yield child.tail or ""


def _list(element: Element, level: int, page: Page) -> str:
    """Items on lines of their own; what is inside one is indented below it."""
    lines: list[str] = []
    number = int(start) if (start := element.get("start") or "1").isdecimal() and len(start) < 9 else 1
    for child in element:
        if not isinstance(child.tag, str) or page.drops(child):
            continue
        mark = f"{number}. " if element.tag == "ol" else "- "
        number += 1
        blocks = [block for block in _blocks(child, level + 1, page) if block] if child.tag == "li" else []
        if child.tag != "li":  # a list right inside a list
            blocks = [block for block in _block(child, level + 1, page) if block]
        if not blocks:
            continue
        tight = not any(block.startswith(("```", "|")) for block in blocks) and child.find("p") is None
        body = ("\n" if tight else "\n\n").join(blocks).split("\n")
        indent = " " * len(mark)
        lines.append("\n".join([mark + body[0], *(indent + line if line else "" for line in body[1:])]))
    return "\n".join(lines)


def _table(element: Element, level: int, page: Page) -> Iterator[str]:
    """A table of lines; one that only arranges the page is read as blocks."""
    if not parts.holds_data(element):
        yield from _blocks(element, level, page)
        return
    if (caption := element.find("caption")) is not None:
        yield line_of([_inline(caption, level, page)])

    def cell(found: Element) -> str:
        blocks = [" ".join(block.split()) for block in _blocks(found, level + 1, page) if block]
        return scripts.INVISIBLE.sub("", " ".join(blocks)).replace("|", r"\|")

    rows = parts.grid(element, cell)
    if rows:
        yield table_of(rows)


def table_of(rows: list[list[str]]) -> str:
    """Rows of cells as a table of Markdown; the first row names the columns. Short rows of a huge one stay short."""
    width = max(map(len, rows))
    least = width if width * len(rows) <= MOST_FILLED else 0
    lines = ["| " + " | ".join(row + [""] * (least - len(row))) + " |" for row in rows]
    return "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


__all__ = ["HEADINGS", "fenced", "fragment", "markdown_of", "page", "parse", "read", "table_of"]
