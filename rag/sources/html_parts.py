"""
What the elements of a page are: main text or not, blocks, headings, cells of a table. Nothing here writes text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def _names(words: str) -> frozenset[str]:
    return frozenset(words.split())


SILENT, HIDDEN = "silent", "hidden text"  # not for people; not shown
SILENTLY = _names("script style template canvas audio video head title object embed rp param source track meta link")
CONTROLS = _names("select textarea datalist output progress meter optgroup option")
BLOCKS = _names(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption figure footer form h1"
    " h2 h3 h4 h5 h6 header hr html legend li main menu nav noscript ol p pre section summary table tbody td tfoot th"
    " thead tr ul caption"
)
HEADINGS = {f"h{level}": level for level in range(1, 7)}
ROLES = {
    "navigation": "navigation", "menu": "navigation", "menubar": "navigation", "banner": "page headers",
    "contentinfo": "page footers", "search": "form controls", "dialog": "dialogs", "alertdialog": "dialogs",
}  # fmt: skip
INVISIBLE = re.compile(
    r"display:none|visibility:(?:hidden|collapse)|font-size:0(?![.\d]*[1-9])|opacity:0(?![.\d]*[1-9])"
)
FOLDING = re.compile(r"accordion|collaps|faq|question|expand|disclosure", re.IGNORECASE)  # of buttons over a text
SPACE = re.compile(r"[ \t\n\r\f\v]+")
BREAK = "\u2028"  # stands for <br> until a block is written
NOT_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LEVELS = 100  # deeper nesting is read as running text
WIDEST = 200  # columns of a table
MOST_CELLS = 200_000


def line_of(found: list[str]) -> str:
    """Running text on one line, without marks of division that are not seen."""
    text = re.sub("[\u00ad\u200b\u2060\ufeff]", "", "".join(found))
    return SPACE.sub(" ", text.replace(BREAK, " ")).strip()


CELLS = "data-cells"  # of a table that an office program made: a grid, whatever its cells hold
LABEL = 400  # characters; a longer text is no name of a button


def writable(text: str) -> str:
    """The text without the characters that can be read of a page, and not be written into a tree."""
    return NOT_XML.sub("", text)


def few(element: Element, most: int) -> bool:
    """Whether an element holds so many others at most: they nest, and each is asked."""
    return next(itertools.islice(element.iter(), most, None), None) is None


def text_of(element: Element) -> str:
    """The text of an element and what stands in it, but for scripts."""
    return " ".join(_texts(element))


def _texts(element: Element) -> Iterator[str]:
    """Without recursion: handed up level by level, a text would cost as much as it stands deep."""
    todo: list[tuple[Element, int] | str] = [(element, 0)]
    while todo:
        one = todo.pop()
        if isinstance(one, str):
            yield one
        elif one[0].tag not in SILENTLY and one[1] <= LEVELS:
            inside: list[tuple[Element, int] | str] = [one[0].text or ""]
            for child in one[0]:
                inside += [(child, one[1] + 1), child.tail or ""]
            todo += reversed(inside)


def _beginning(element: Element) -> str:
    """The text of an element up to `LABEL` characters and a little: elements nest, and each is asked."""
    found, length = [], 0
    for text in _texts(element):
        found.append(text)
        length += len(text.strip())
        if length > LABEL:
            break
    return " ".join(found)


def left_out(element: Element) -> str:
    """Why an element is no part of the main text: a kind for the user, SILENT, or "" if it is."""
    tag = element.tag
    if tag in SILENTLY:
        return SILENT
    if _is_hidden(element):
        return HIDDEN
    if (role := element.get("role") or "") in ROLES:
        return ROLES[role]
    if tag == "nav":
        return "navigation"
    if tag == "aside" or role == "complementary":
        return "sidebars" if _mostly_links(element) else ""
    if tag == "dialog":
        return "dialogs"
    if tag in ("iframe", "svg"):
        return "frames" if tag == "iframe" else "drawings"
    if tag == "noscript":
        return "text for browsers without scripts"
    if tag in ("header", "footer") and _furniture(element):
        return f"page {tag}s"
    return "form controls" if _is_control(element) else ""


def _is_hidden(element: Element) -> bool:
    shown_later = element.get("hidden") == "until-found" or element.get("role") == "tabpanel"
    if (element.get("hidden") is not None and not shown_later) or element.get("aria-hidden") == "true":
        return True
    style = element.get("style")
    return bool(style) and INVISIBLE.search(re.sub(r"\s+", "", style.lower())) is not None


def _furniture(element: Element) -> bool:
    """The page's own header and footer; those of an article belong to it."""
    if element.tag == "header" and element.find(".//h1") is not None:
        return False
    return not any(parent.tag in ("article", "main", "section", "blockquote") for parent in element.iterancestors())


def _mostly_links(element: Element) -> bool:
    links = sum(len(text_of(link).strip()) for link in element.iter("a"))
    return 2 * links > len(text_of(element).strip())


def _is_control(element: Element) -> bool:
    """Whether an element is there to be typed in or pressed; a button over a text that unfolds is its heading."""
    tag = element.tag
    if tag in CONTROLS:
        return True
    if tag == "input":
        return element.get("type") != "checkbox" or not any(up.tag == "li" for up in element.iterancestors())
    if tag == "label":
        return len(_beginning(element).split()) <= 8 and not any(up.tag == "li" for up in element.iterancestors())
    if tag != "button":
        return False
    if any(up.tag in HEADINGS or up.tag in ("summary", "dt", "legend", "th") for up in element.iterancestors()):
        return False
    text = _beginning(element)
    words = text.split()
    if len(words) < 2:
        return True
    if len("".join(words)) > LABEL:  # nobody presses a page
        return False
    about = " ".join(element.get(name) or "" for name in ("class", "id", "data-toggle", "data-bs-toggle"))
    folds = element.get("aria-expanded") is not None or FOLDING.search(about) is not None
    return not (folds or words[-1].endswith(("?", "？")))


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
            if fits and not left_out(element):
                place.append(element)
    for place in found:
        # several articles are a list of them, and a main element that is nearly empty was filled by a script
        if len(place) == 1 and _length(place[0]) * 5 >= whole:
            return place[0]
    body = tree.find("body")
    return tree if body is None else body


def _length(element: Element, level: int = 0) -> int:
    """Characters of text that is not of menus and the like."""
    if not isinstance(element.tag, str) or level > LEVELS or left_out(element):
        return 0
    own = len((element.text or "").strip())
    return own + sum(_length(child, level + 1) + len((child.tail or "").strip()) for child in element)


def around(main: Element, read: Sequence[Element] = ()) -> Iterator[str]:
    """What stands on the page beside the main element and what else is read, each as its first words."""
    inner = main
    for outer in main.iterancestors():
        for child in outer:
            if (
                child is not inner
                and child not in read
                and isinstance(child.tag, str)
                and (text := " ".join(text_of(child).split()))
            ):
                yield text
        inner = outer


def holders(root: Element) -> set[Element]:
    """The elements that have a block below them: a link or span around paragraphs is not running text."""
    found: set[Element] = set()
    for block in root.iter(*BLOCKS):
        for parent in block.iterancestors():
            if parent in found or block is root:
                break
            found.add(parent)
    return found


def heading(element: Element) -> int:
    """The level of a heading; 0 if the element is none."""
    if element.get("role") == "heading":
        level = element.get("aria-level") or "2"
        return int(level) if level in ("1", "2", "3", "4", "5", "6") else 6
    return HEADINGS.get(element.tag, 0)


def is_block(element: Element) -> bool:
    return element.tag in BLOCKS or element.get("role") == "heading" or element.tag == "button"


def place(element: Element) -> str:
    """ "sup" or "sub" if an element stands above or below the line, also by its style; else ""."""
    if element.tag in ("sup", "sub"):
        return str(element.tag)
    found = re.search(r"vertical-align\s*:\s*(super|sub)\b", (element.get("style") or "").lower())
    return "" if not found else "sub" if found[1] == "sub" else "sup"


def is_mark(element: Element, text: str) -> bool:
    """Whether something raised is the mark of a note: it is a link, or in one, or says so."""
    if element.tag == "sub" or text.startswith("["):
        return False
    if element.get("epub:type") == "noteref" or "footnote" in (element.get("class") or ""):
        return True
    return element.find(".//a") is not None or any(up.tag == "a" for up in list(element.iterancestors())[:2])


def language(element: Element) -> str:
    """As highlighters write it on the block, on the code in it or on the box around it."""
    near = [element, *element.iter("code"), *list(element.iterancestors())[:2]]
    for part in near:
        for name in (part.get("class") or "").split():
            for prefix in ("language-", "lang-", "highlight-source-", "sourceCode-"):
                if name.startswith(prefix) and name != prefix:
                    return re.sub(r"[^\w+#-]", "", name.removeprefix(prefix))
    return ""


# -- tables ------------------------------------------------------------------------------------------------------------


def holds_data(table: Element) -> bool:
    """Whether a table holds data: it names its columns, or its cells hold a paragraph at most."""
    if table.get("role") in ("presentation", "none"):
        return False
    if any(part.tag in HEADINGS or part.tag in ("table", "pre") for part in table.iterdescendants()):
        return False
    if table.find(".//th") is not None:
        return True
    cells = list(table.iter("td"))
    if table.get(CELLS) is not None and len(cells) > len(list(table.iter("tr"))) > 1:
        return all(cell.find(".//li") is None and len(text_of(cell)) <= LABEL for cell in cells)
    return all(len(cell.findall(".//p")) <= 1 and cell.find(".//li") is None for cell in cells)


def grid(table: Element, text: Callable[[Element], str]) -> list[list[str]]:
    """
    The cells of a table by row and column. A cell over several rows stands in each of them, one over several columns
    in the first, or in each if it names them; rows of a head are joined to one.
    """
    rows = [row for row in table.iter("tr") if row.getparent().tag != "tfoot"]
    rows += [row for row in table.iter("tr") if row.getparent().tag == "tfoot"]
    written: list[list[str]] = []
    hanging: dict[int, tuple[int, str]] = {}  # column: rows that it still goes down, its text
    names, total = 0, 0
    for number, row in enumerate(rows):
        line: list[str] = []

        def fill(line: list[str] = line) -> None:
            while len(line) in hanging:
                down, held = hanging.pop(len(line))
                if down > 1:
                    hanging[len(line)] = (down - 1, held)
                line.append(held)

        for cell in row:
            if cell.tag not in ("td", "th") or left_out(cell):
                continue
            fill()
            held, head = text(cell), cell.tag == "th"
            down = _span(cell, "rowspan", len(rows) - number)
            for column in range(_span(cell, "colspan", WIDEST)):
                if len(line) >= WIDEST:
                    break
                shown = held if not column or head else ""
                if down > 1:
                    hanging[len(line)] = (down - 1, shown)
                line.append(shown)
        fill()
        total += len(line)
        if total > MOST_CELLS:
            break
        if any(line):
            written.append(line)
            names += row.getparent().tag == "thead" and names == len(written) - 1
    return [_head(written[:names]), *written[names:]] if names > 1 else written


def _span(cell: Element, name: str, most: int) -> int:
    text = (cell.get(name) or "1").strip()
    if not text.isdecimal() or len(text) > 9:
        return 1
    return max(1, min(int(text) or (most if name == "rowspan" else 1), most))


def _head(rows: list[list[str]]) -> list[str]:
    """Several rows of column names as one: "2024 Q1"."""
    width = max(map(len, rows))
    columns = [[row[number] if number < len(row) else "" for row in rows] for number in range(width)]
    return [" ".join(dict.fromkeys(name for name in names if name)) for names in columns]
