"""
HTML to Markdown-like text: the main text with its headings, lists, tables and code, and what the head says.

Menus, forms, footers and scripts are left out; everything else of the main element is kept. The markup of emphasis and
links is dropped, so that sentences read as they are seen. No style sheet is applied and no script run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from rag.errors import InputError
from rag.sources.text import decode, first, iso_date, words_of
from rag.types import Document

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


DROPPED = _names(
    "script style noscript template nav aside form button select input textarea label svg canvas iframe object embed"
    " audio video head title dialog menu"
)
BLOCKS = _names(
    "address article blockquote body center dd details dialog div dl dt fieldset figcaption figure footer h1 h2 h3 h4"
    " h5 h6 header hr html li main ol p pre section summary table tbody td tfoot th thead tr ul caption"
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
LABELS = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "menu", "dialog"))
CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w.:-]{2,40})", re.IGNORECASE)
SPACE = re.compile(r"[ \t\n\r\f\v]+")
PERMALINK = "#§¶🔗 \u200b"  # the signs that headings carry to be linked to
BREAK = "\u2028"  # stands for <br> until a block is written
LARGEST = 10_000_000  # characters; a tree takes some fifty times its page
LEVELS = 100  # deeper nesting is read as running text


def read(data: bytes, key: str, source: str) -> list[Document]:
    """An HTML page as one document."""
    found = CHARSET.search(data[:4096])
    return page(decode(data, key, found.group(1).decode("ascii") if found else ""), key, source)


def page(html: str, key: str, source: str) -> list[Document]:
    """As `read`, from a string. No document if the page has no text."""
    tree = parse(html, key)
    if tree is None:
        return []
    main = main_element(tree)
    text = markdown_of(main)
    if not text:
        return []
    about = head(tree, main)
    title = about["title"] or words_of(key)
    return [Document(source, key, text, title, about["url"], about["author"], about["date"], {}, "markdown")]


def fragment(html: str) -> str:
    """A piece of HTML (a column of a table, a comment) as text."""
    tree = parse(html, "HTML")
    return "" if tree is None else markdown_of(tree)


def parse(html: str, key: str) -> Element | None:
    """The tree of a page; None if there is nothing in it."""
    from lxml import etree

    if len(html) > LARGEST:
        raise InputError(f"{key} is too large for an HTML page: {len(html):,} characters, more than {LARGEST:,}")
    parser = etree.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True, huge_tree=True)
    try:
        return etree.fromstring(html.encode("utf-8", "replace"), parser)
    except etree.ParserError:
        return None
    except etree.XMLSyntaxError as error:
        if not html.strip() or "Document is empty" in str(error):
            return None
        raise InputError(f"{key} cannot be read as HTML: {error}") from error


def main_element(tree: Element) -> Element:
    """The element that holds the main text: the only `main` or `article`, else the body."""
    whole = _length(tree)
    found: list[list[Element]] = [[], [], [], []]
    for element in tree.iter("*"):
        tests = (
            element.tag == "main",
            element.get("role") == "main",
            element.tag == "article",
            element.get("itemprop") == "articleBody",
        )
        for place, fits in zip(found, tests, strict=True):
            if fits and not _hidden(element):
                place.append(element)
    for place in found:
        # several articles are a list of them, and a main element that is nearly empty was filled by a script
        if len(place) == 1 and _length(place[0]) * 5 >= whole:
            return place[0]
    body = tree.find("body")
    return tree if body is None else body


def _length(element: Element) -> int:
    return sum(len(text.strip()) for text in _texts(element))


def _texts(element: Element, level: int = 0) -> Iterator[str]:
    if element.tag in DROPPED or level > LEVELS:
        return
    yield element.text or ""
    for child in element:
        yield from _texts(child, level + 1)
        yield child.tail or ""


def _hidden(element: Element) -> bool:
    return (
        element.tag in DROPPED
        or element.get("hidden") is not None
        or element.get("aria-hidden") == "true"
        or element.get("role") in LABELS
        or "display:none" in (element.get("style") or "").replace(" ", "")
    )


def markdown_of(element: Element) -> str:
    """The text below an element, blocks separated by an empty line."""
    holders = _holders(element)
    return "\n\n".join(block for block in _blocks(element, 0, holders) if block).strip("\n")


def _blocks(element: Element, level: int, holders: set[Element]) -> Iterator[str]:
    """The blocks below an element; running text between them is a paragraph of its own."""
    run = [element.text or ""]
    for child in element:
        if not isinstance(child.tag, str) or _hidden(child) or _furniture(child):
            run.append(" ")
        elif level < LEVELS and (child.tag in BLOCKS or child in holders):
            yield _running(run)
            run = []
            yield from _block(child, level + 1, holders)
        else:
            run.append(_inline(child, level + 1))
        run.append(child.tail or "")
    yield _running(run)


def _holders(root: Element) -> set[Element]:
    """The elements that have a block below them: a link or span around paragraphs is not running text."""
    found: set[Element] = set()
    for block in root.iter(*BLOCKS):
        for parent in block.iterancestors():
            if parent in found or block is root:
                break
            found.add(parent)
    return found


def _furniture(element: Element) -> bool:
    """The page's own header and footer; those of an article belong to it."""
    if element.tag not in ("header", "footer"):
        return False
    if element.tag == "header" and element.find(".//h1") is not None:
        return False
    return not any(parent.tag in ("article", "main", "section", "blockquote") for parent in element.iterancestors())


def _block(element: Element, level: int, holders: set[Element]) -> Iterator[str]:
    tag = element.tag
    if level > LEVELS:
        yield _running([_inline(element, level)])
    elif tag in HEADINGS:
        text = _line([_inline(element, level)])
        yield text and "#" * HEADINGS[tag] + " " + text
    elif tag == "pre":
        yield _code(element)
    elif tag in ("ul", "ol"):
        yield _list(element, level, holders)
    elif tag == "blockquote":
        inner = "\n\n".join(block for block in _blocks(element, level, holders) if block)
        yield "\n".join(f"> {line}".rstrip() for line in inner.split("\n")) if inner else ""
    elif tag == "table":
        yield from _table(element, level, holders)
    elif tag == "hr":
        yield ""
    else:
        yield from _blocks(element, level, holders)


def _inline(element: Element, level: int) -> str:
    """Running text; code keeps its backticks, a picture is its description."""
    if not isinstance(element.tag, str) or _hidden(element):
        return ""
    if element.tag == "br":
        return BREAK
    if element.tag == "img":
        return element.get("alt") or ""
    if element.tag == "a" and not "".join(element.itertext()).strip(PERMALINK):
        return ""
    if element.tag == "code" and not len(element):
        text = (element.text or "").strip()
        return f"`{text}`" if text and "`" not in text else text
    if level > LEVELS:
        return "".join(element.itertext())
    parts = [element.text or ""]
    for child in element:
        parts += (_inline(child, level + 1), child.tail or "")
    return "".join(parts)


def _line(parts: list[str]) -> str:
    return SPACE.sub(" ", "".join(parts).replace(BREAK, " ")).strip()


def _running(parts: list[str]) -> str:
    """Running text: a break is a new line, two are a new paragraph, as on old pages."""
    lines = [line.strip() for line in SPACE.sub(" ", "".join(parts)).split(BREAK)]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _code(element: Element) -> str:
    """A fenced block; its text is kept to the letter, the button that copies it is not."""
    text = "".join(_letters(element)).replace("\r\n", "\n").strip("\n")
    if not text.strip():
        return ""
    fence = "```"
    while fence in text:
        fence += "`"
    return f"{fence}{_language(element)}\n{text}\n{fence}"


def _letters(element: Element, level: int = 0) -> Iterator[str]:
    """The text of preformatted markup; two `code` elements side by side are two pieces."""
    yield element.text or ""
    for child in element:
        if child.tag == "br":
            yield "\n"
        elif isinstance(child.tag, str) and not _hidden(child) and level < LEVELS:
            before = child.getprevious()
            if child.tag == "code" and before is not None and before.tag == "code" and not (before.tail or "").strip():
                yield "\n\n"
            yield from _letters(child, level + 1)
        yield child.tail or ""


def _language(element: Element) -> str:
    """As highlighters write it on the block, on the code in it or on the box around it."""
    around = [element, *element.iter("code"), *list(element.iterancestors())[:2]]
    for place in around:
        for name in (place.get("class") or "").split():
            for prefix in ("language-", "lang-", "highlight-source-", "sourceCode-"):
                if name.startswith(prefix) and name != prefix:
                    return re.sub(r"[^\w+#-]", "", name.removeprefix(prefix))
    return ""


def _list(element: Element, level: int, holders: set[Element]) -> str:
    """Items on lines of their own; what is inside one is indented below it."""
    lines: list[str] = []
    number = int(start) if (start := element.get("start") or "1").isdecimal() and len(start) < 9 else 1
    for child in element:
        if not isinstance(child.tag, str) or _hidden(child):
            continue
        mark = f"{number}. " if element.tag == "ol" else "- "
        number += 1
        blocks = [block for block in _blocks(child, level + 1, holders) if block] if child.tag == "li" else []
        if child.tag != "li":  # a list right inside a list
            blocks = [block for block in _block(child, level + 1, holders) if block]
        if not blocks:
            continue
        tight = not any(block.startswith(("```", "|")) for block in blocks) and child.find("p") is None
        body = ("\n" if tight else "\n\n").join(blocks).split("\n")
        indent = " " * len(mark)
        lines.append("\n".join([mark + body[0], *(indent + line if line else "" for line in body[1:])]))
    return "\n".join(lines)


def _table(element: Element, level: int, holders: set[Element]) -> Iterator[str]:
    """A table of lines; one that only arranges the page is read as blocks."""
    if not _simple(element):
        yield from _blocks(element, level, holders)
        return
    if (caption := element.find("caption")) is not None:
        yield _line([_inline(caption, level)])
    rows = [
        [_line([_inline(cell, level)]).replace("|", r"\|") for cell in row if cell.tag in ("td", "th")]
        for row in element.iter("tr")
    ]
    rows = [row for row in rows if any(row)]
    if not rows:
        return
    width = max(map(len, rows))
    lines = ["| " + " | ".join(row + [""] * (width - len(row))) + " |" for row in rows]
    yield "\n".join([lines[0], "|" + " --- |" * width, *lines[1:]])


def _simple(table: Element) -> bool:
    """Cells that hold at most one paragraph, and nothing larger, are data."""
    if any(part.tag in HEADINGS or part.tag in ("table", "pre", "ul", "ol") for part in table.iterdescendants()):
        return False
    return all(len(cell.findall(".//p")) <= 1 for cell in table.iter("td", "th"))


def head(tree: Element, main: Element) -> dict[str, str]:
    """Title, author, date and address, as the head or JSON-LD gives them, else as the text does."""
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        if name and element.get("content"):
            meta.setdefault(name.lower(), element.get("content"))
    linked = _json_ld(tree)
    headings = [_line([_inline(element, 0)]) for element in main.iter("h1")]
    title = tree.find(".//title")
    time = next((element.get("datetime") for element in main.iter("time") if element.get("datetime")), "")
    author = first({**meta, "ld": linked.get("author")}, "author", "citation_author", "dc.creator", "ld")
    names = ("article:published_time", "citation_publication_date", "dc.date", "dcterms.date", "date", "datepublished")
    canonical = [link.get("href") or "" for link in tree.iter("link") if (link.get("rel") or "").lower() == "canonical"]
    url = next(iter(canonical), "") or meta.get("og:url", "")
    return {
        "title": first(meta, "og:title", "citation_title")
        or (headings[0] if len(headings) == 1 else "")
        or (_line([title.text or ""]) if title is not None else ""),
        "author": "" if author.startswith("http") else author,
        "date": iso_date(first(meta, *names) or linked.get("datePublished") or time),
        "url": url if url.startswith(("http://", "https://")) else "",
    }


def _json_ld(tree: Element) -> dict[str, Any]:
    """The first JSON-LD object that has a date or an author."""
    for script in [one for one in tree.iter("script") if one.get("type") == "application/ld+json"][:20]:
        try:
            found = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        graph = found.get("@graph", [found]) if isinstance(found, dict) else found
        for thing in graph if isinstance(graph, list) else []:
            if isinstance(thing, dict) and ("datePublished" in thing or "author" in thing):
                return thing
    return {}
