"""
What a wiki (MediaWiki, DokuWiki, MoinMoin, Confluence …) puts around a page and into it: boxes of contents, links to
edit
a section, where the page was retrieved from, its categories. They are taken out of a page, and told.

The day on which a page was last edited stands at its foot, and is its date where its head says none.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from rag.dates import dates
from rag.sources import html_parts as parts
from rag.sources.html_blog import remove
from rag.sources.items import Left

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

CONTENTS, EDIT, AROUND = "boxes of contents", "links to edit", "notes of a wiki"
# kind -> what a class or the id of such an element is, and how many characters it has at most
NAMES = {
    CONTENTS: (
        re.compile(r"toc|toctitle|toc-macro|dw__toc|table-?of-?contents|tableofcontents|vector-toc|tocright", re.I),
        20_000,
    ),
    EDIT: (
        re.compile(r"(?:mw-)?editsection(?:-bracket)?|secedit\w*|editbutton_\w+|edit-page-link|section-edit", re.I),
        100,
    ),
    AROUND: (
        re.compile(
            r"printfooter|catlinks|mw-normal-catlinks|jump-to-nav|mw-jump(?:-link)?|siteSub|contentSub\d?|mw-indicators"
            r"|lastmod|docInfo|pageId|pageinfo|page-metadata|likes-and-labels-container|mw-hidden-catlinks|breadcrumbs"
            r"|interlang\w*|vector-body-before-content|noprint-link",
            re.IGNORECASE,
        ),
        3000,
    ),
}
_EDIT = (
    r"edit|edit source|edit section|bearbeiten|quelltext bearbeiten|modifier|modifier le code|editar|editar código"
    r"|modifica|modifica wikitesto|bewerken|brontekst bewerken|redigera|redigera wikitext|rediger|edytuj|edytuj kod"
    r"|править|править код|編集|编辑"
)
LINK = re.compile(rf"\s*(?:{_EDIT})\s*", re.IGNORECASE)  # of a link that stands in brackets
SAYS = re.compile(
    rf"\[\s*(?:{_EDIT})(?:\s*\|\s*(?:{_EDIT}))?\s*\]|(?:jump to|skip to|zur|zum|aller à la|ir a la|vai alla):? "
    r"(?:navigation|search|content|suche|inhalt|recherche|navegación|búsqueda|navigazione|ricerca)[^\n.]{0,40}"
    r"|(?:retrieved from|abgerufen von|récupérée de|obtenido de|estratto da|disponível em|overgenomen van)"
    r" [\"“„«][^\n]{0,300}"
    r"|(?:hidden )?categor(?:y|ies) ?: ?[^\n]{1,300}|kategorien? ?: ?[^\n]{1,300}",
    re.IGNORECASE,
)
LAST = re.compile(
    r"\b(?:last (?:edited|modified|updated|changed|revised)|zuletzt (?:bearbeitet|geändert|aktualisiert|am)"
    r"|dernière modification|última (?:edición|modificación|edição)|ultima modifica|laatst (?:bewerkt|gewijzigd)"
    r"|senast (?:redigerad|ändrad)|sidst (?:ændret|redigeret)|ostatnio (?:edytowan\w*|zmodyfikowan\w*))\b",
    re.IGNORECASE,
)
LONGEST = 400  # characters of what is known by its words


def clean(main: Element, left: Left, *, wiki: bool) -> None:
    """Take what a wiki adds out of a page; by its words alone only where the page says that a wiki made it."""
    todo = [main]
    while todo:
        for element in list(todo.pop()):
            if not isinstance(element.tag, str):
                continue
            kind = _kind(element, wiki)
            if _in_brackets(element):
                left(EDIT, "".join(element.itertext()))
            elif kind:
                left(kind, " ".join(parts.text_of(element).split()))
                remove(element)
            else:
                todo.append(element)


def is_wiki(tree: Element) -> bool:
    """Whether the head or the body of a page says that a wiki made it."""
    said = [one.get("content") or "" for one in tree.iter("meta") if (one.get("name") or "").lower() == "generator"]
    said += [one.get("class") or "" for one in tree.iter("body")]
    return any(re.search(r"wiki|confluence|moin|gollum|dokuwiki", one, re.IGNORECASE) for one in said)


def edited(tree: Element) -> str:
    """The day on which a page says that it was last edited, as ISO 8601; "" if it says none, or one that may be two."""
    text = " ".join(parts.text_of(tree).split())
    found = ""
    for mark in LAST.finditer(text):
        near = text[mark.end() : mark.end() + 60]
        days = sorted((one for one in dates(near) if len(one.iso) == 10), key=lambda one: one.start)
        if days and not days[0].doubt and len({one.iso for one in days if one.start == days[0].start}) == 1:
            found = days[0].iso
    return found


def _kind(element: Element, wiki: bool) -> str:
    if element.tag in ("body", "main", "html", "article", "h1"):
        return ""
    names = [*(element.get("class") or "").split(), element.get("id") or ""]
    for kind, (form, most) in NAMES.items():
        called = any(form.fullmatch(name) for name in names)
        called = called and parts.few(element, most // 2) and 0 < len(_text(element, most)) <= most
        if called and (kind != CONTENTS or _points_inside(element)):
            return kind
    if wiki and element.tag in ("div", "span", "p", "a", "small", "li", "ul") and len(element) < 12:
        text = _text(element, LONGEST)
        return AROUND if text and len(text) <= LONGEST and SAYS.fullmatch(text) else ""
    return ""


def _in_brackets(element: Element) -> bool:
    """Whether it is a link "[edit]"; it is taken out with its brackets."""
    if element.tag != "a" or not LINK.fullmatch(_text(element, 100)):
        return False
    before, parent = element.getprevious(), element.getparent()
    above = (parent.text if before is None else before.tail) or ""
    if not above.rstrip().endswith("[") or not (element.tail or "").lstrip().startswith("]"):
        return False
    above = above.rstrip()[:-1].rstrip() + " "
    if before is None:
        parent.text = above
    else:
        before.tail = above
    element.tail = (element.tail or "").lstrip()[1:]
    remove(element)
    return True


def _points_inside(element: Element) -> bool:
    """Whether a box is links to places of its own page, and little else."""
    links = [link for link in element.iter("a") if link.get("href")]
    inside = [link for link in links if "#" in (link.get("href") or "")]
    return len(inside) > 1 and 2 * len(inside) > len(links)


def _text(element: Element, most: int) -> str:
    found, length = [], 0
    for piece in element.itertext():
        found.append(piece)
        length += len(piece)
        if length > 2 * most:
            break
    return " ".join("".join(found).split())
