"""
What the head of a page says about it: title, author, date, address.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from rag.sources.html_parts import line_of
from rag.sources.text import first, iso_date

if TYPE_CHECKING:
    from lxml.etree import _Element as Element


def head(tree: Element, main: Element, line: Callable[[Element], str]) -> dict[str, str]:
    """Title, author, date and address, as the head or JSON-LD gives them, else as the text does."""
    meta: dict[str, str] = {}
    for element in tree.iter("meta"):
        name = element.get("property") or element.get("name") or element.get("itemprop") or ""
        if name and element.get("content"):
            meta.setdefault(name.lower(), element.get("content"))
    linked = next((thing for thing in things(tree) if "datePublished" in thing or "author" in thing), {})
    headings = [line(element) for element in main.iter("h1")]
    title = tree.find(".//title")
    time = next((element.get("datetime") for element in main.iter("time") if element.get("datetime")), "")
    author = first({**meta, "ld": linked.get("author")}, "author", "citation_author", "dc.creator", "ld")
    names = ("article:published_time", "citation_publication_date", "dc.date", "dcterms.date", "date", "datepublished")
    canonical = [link.get("href") or "" for link in tree.iter("link") if (link.get("rel") or "").lower() == "canonical"]
    url = next(iter(canonical), "") or meta.get("og:url", "")
    return {
        "title": first(meta, "og:title", "citation_title")
        or (headings[0] if len(headings) == 1 else "")
        or (line_of([title.text or ""]) if title is not None else ""),
        "author": "" if author.startswith("http") else author,
        "date": iso_date(first(meta, *names) or linked.get("datePublished") or time),
        "url": url if url.startswith(("http://", "https://")) else "",
    }


def things(tree: Element) -> list[dict[str, Any]]:
    """The objects of the JSON-LD of a page, those of a graph one by one."""
    found: list[dict[str, Any]] = []
    for script in [one for one in tree.iter("script") if one.get("type") == "application/ld+json"][:20]:
        try:
            written = json.loads(script.text or "")
        except (ValueError, RecursionError):
            continue
        graph = written.get("@graph", [written]) if isinstance(written, dict) else written
        found += [thing for thing in graph if isinstance(thing, dict)] if isinstance(graph, list) else []
    return found
