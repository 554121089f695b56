"""
What is new since the last look, by theme, with quotes; and what is new for a saved search: as data, a page or a feed.

A look is remembered by the number of the newest passage and the version of the newest change. A feed is no look: it
holds what is newest, whenever it is fetched.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from html import escape
from typing import Any
from xml.etree import ElementTree

from rag.app import themes as told
from rag.app.sources import fitting, new_for, unless_sealed
from rag.app.themes import Themes, ThemesRequest
from rag.errors import InputError
from rag.index import Index
from rag.store import collection, documents, hashes, sources
from rag.store.filters import Filters
from rag.terminal import safe
from rag.types import Document, Generator, Hit

ENTRIES = 50  # of a feed
WIDE = 200  # passages that are looked at for the feed of a saved search
READ = 500  # characters of a text in a feed's entry
LOOK = "digested"  # the setting that remembers the last one
ATOM = "http://www.w3.org/2005/Atom"


@dataclass(frozen=True, slots=True)
class Digest:
    """
    What came after a look: documents that were added, changed and removed, what the new passages say by theme, and
    what is new for each saved search.
    """

    changes: list[dict[str, Any]]
    themes: Themes | None
    searches: list[tuple[str, list[Hit]]] = field(default_factory=list)
    since: str = ""  # when the last look was; "" if there was none

    def count(self, change: str) -> int:
        return sum(row["change"] == change for row in self.changes)


def digest(
    index: Index,
    filters: Filters = Filters(),  # noqa: B008 (frozen)
    generator: Generator | None = None,
    *,
    peek: bool = False,
) -> Digest:
    """What is new since the last look; with `peek` this does not count as one."""
    db = index.db
    last = db.setting(LOOK) or {"version": 0, "passage": 0, "at": ""}
    version, passage = sources.version(db), db.last_passage()
    changes = [
        row
        for row in sources.changes(db, last["version"])
        if row["source"] == (filters.source or row["source"]) and row["key"].startswith(filters.prefix)
    ]
    found = None
    try:
        request = ThemesRequest(filters=replace(filters, after=last["passage"]))
        found = told.themes(index, request, generator)
    except InputError:  # nothing new has words
        found = None
    searches = [(alert.name, hits) for alert, hits in new_for(index, peek=peek) if hits]
    if not peek:
        at = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        with unless_sealed():
            db.remember(LOOK, {"version": version, "passage": passage, "at": at})
    return Digest(changes, found, searches, last["at"])


def plain(made: Digest) -> dict[str, Any]:
    """All of it as plain data."""
    return {
        "since": made.since,
        "changes": made.changes,
        **(told.plain(made.themes) if made.themes else {"themes": [], "uncommon": [], "disagreements": []}),
        "searches": [{"name": name, "hits": [documents.row_of(hit) for hit in hits]} for name, hits in made.searches],
    }


def text(made: Digest) -> str:
    """For people: Markdown."""
    counts = [f"{made.count(name)} {name}" for name in ("added", "changed", "removed") if made.count(name)]
    if not counts and not made.themes:
        return "nothing new since your last look\n"
    parts = [f"# New{f' since {made.since[:10]}' if made.since else ''}: {', '.join(counts) or 'the same documents'}"]
    if made.themes:
        parts.append(told.markdown(made.themes).strip())
    for name, hits in made.searches:
        parts.append(f"## Search: {name}")
        parts += [f"- {_title(hit.passage.document)}: {' '.join(hit.passage.text.split())[:200]}" for hit in hits]
    gone = [row["key"] for row in made.changes if row["change"] == "removed"]
    if gone:
        parts.append(f"Removed: {', '.join(gone[:20])}" + (f" and {len(gone) - 20} more" if len(gone) > 20 else ""))
    return "\n\n".join(parts) + "\n"


STYLE = """
:root { color-scheme: light dark; --soft: #6b6d76; --line: #8883; --accent: #3355cc }
@media (prefers-color-scheme: dark) { :root { --soft: #a0a2ac; --accent: #8fa8ff } }
body { font: 17px/1.6 ui-sans-serif, system-ui, sans-serif; max-width: 42rem; margin: 2.5rem auto; padding: 0 1.2rem }
h1 { font-size: 1.5rem; line-height: 1.25 } h2 { font-size: 1.15rem; margin: 2.2rem 0 .2rem } a { color: var(--accent) }
p.soft, cite { color: var(--soft); font-size: .88rem; font-style: normal } p.soft { margin: 0 0 .8rem }
blockquote { margin: .9rem 0; padding: .1rem 0 .1rem 1rem; border-left: 3px solid var(--line); overflow-wrap: anywhere }
blockquote p { margin: 0 0 .2rem; white-space: pre-line }
"""


def page(made: Digest, title: str) -> str:
    """The same as one self-contained page that asks for nothing from outside."""
    counts = [f"{made.count(name)} {name}" for name in ("added", "changed", "removed") if made.count(name)]
    since = f" since {made.since[:10]}" if made.since else ""
    parts = [
        f"<h1>{escape(title)}: new{since}</h1>",
        f'<p class="soft">{escape(", ".join(counts) or "nothing new")}</p>',
    ]
    if made.themes:
        for theme in made.themes.themes:
            parts += [f"<h2>{escape(theme.title)}</h2>", f'<p class="soft">{escape(_about(theme))}</p>']
            parts += [f"<p>{escape(theme.summary)}</p>"] if theme.summary else []
            parts += [_block(quote) for quote in theme.quotes]
        if made.themes.uncommon:
            parts += ["<h2>Uncommon opinions</h2>", *(_block(one) for one in made.themes.uncommon)]
        for against in made.themes.disagreements:
            parts += [f"<h2>{escape(against.who)} disagrees with {escape(against.whom)}</h2>", _block(against.quote)]
    for name, hits in made.searches:
        parts += [f"<h2>Search: {escape(name)}</h2>"]
        parts += [
            f"<blockquote><p>{escape(hit.passage.text[:READ])}</p>{_cite(hit.passage.document)}</blockquote>"
            for hit in hits
        ]
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>\n<body>\n"
        + "\n".join(parts)
        + "\n</body></html>\n"
    )


def _about(theme: told.Theme) -> str:
    return f"{theme.passages} passages · {', '.join(theme.keywords[:6])}"


def _block(one: Any) -> str:
    return f"<blockquote><p>{escape(one.text)}</p>{_cite(one.document)}</blockquote>"


def _cite(document: Document) -> str:
    name = escape(" · ".join(part for part in (document.author, _title(document), document.date[:10]) if part))
    if document.url.startswith(("http://", "https://")):
        name = f'<a href="{escape(document.url)}">{name}</a>'
    return f"<cite>{name}</cite>"


def _title(document: Document) -> str:
    return document.title or document.key


# -- feeds -------------------------------------------------------------------------------------------------------------


def feed(index: Index, title: str, alert: str = "", filters: Filters = Filters()) -> str:  # noqa: B008 (frozen)
    """
    An Atom feed (RFC 4287) of the newest documents, or of the newest that fit a saved search; fetching it is no look.

    Raises InputError if there is no such search.
    """
    name = f"{title}: {alert}" if alert else title
    entries = _fitting(index, alert) if alert else _newest(index, filters)
    root = ElementTree.Element("feed", {"xmlns": ATOM})
    _put(root, "id", _urn(index, "feed", alert))
    _put(root, "title", name)
    _put(root, "updated", max((when for _, when, _ in entries), default="1970-01-01T00:00:00Z"))
    author = ElementTree.SubElement(root, "author")
    _put(author, "name", title)
    _put(root, "generator", "rag digest")
    for document, when, said in entries:
        _entry(index, root, document, when, said)
    return '<?xml version="1.0" encoding="utf-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _entry(index: Index, root: ElementTree.Element, document: Document, when: str, said: str) -> None:
    entry = ElementTree.SubElement(root, "entry")
    _put(entry, "id", _urn(index, document.source, document.key, hashes.digest(document.text)))
    _put(entry, "title", _title(document))
    _put(entry, "updated", when)
    if document.author:
        _put(ElementTree.SubElement(entry, "author"), "name", document.author)
    if document.url.startswith(("http://", "https://")):
        ElementTree.SubElement(entry, "link", {"rel": "alternate", "href": _clean(document.url)})
    content = ElementTree.SubElement(entry, "content", {"type": "text"})
    content.text = _clean(said)


def _newest(index: Index, filters: Filters) -> list[tuple[Document, str, str]]:
    """The documents that were indexed last, with when and how they begin, the newest first."""
    numbers = collection.newest(index.db, filters, ENTRIES)
    loaded = documents.load(index.db, [number for number, _ in numbers])
    return [(loaded[number], when, loaded[number].text[:READ]) for number, when in numbers if number in loaded]


def _fitting(index: Index, alert: str) -> list[tuple[Document, str, str]]:
    """The documents that fit a saved search, the newest first, with the passage that does."""
    one = sources.alert(index.db, alert)
    found = list(fitting(index, replace(one, seen=0), WIDE))
    times = dict(collection.newest(index.db, Filters(source=one.source), 1 << 40))
    keys = {
        (document.source, document.key): number for number, document in documents.load(index.db, list(times)).items()
    }
    seen: dict[tuple[str, str], tuple[Document, str, str]] = {}
    for hit in found:
        document = hit.passage.document
        place = (document.source, document.key)
        seen.setdefault(place, (document, times.get(keys.get(place, 0), ""), hit.passage.text))
    return sorted(seen.values(), key=lambda entry: entry[1], reverse=True)[:ENTRIES]


def _put(parent: ElementTree.Element, name: str, value: str) -> None:
    ElementTree.SubElement(parent, name).text = _clean(value)


def _clean(value: str) -> str:
    """Without what XML cannot hold."""
    return "".join(
        one
        for one in safe(value)
        if one in "\t\n\r" or (one >= " " and one not in "\ufffe\uffff" and not "\ud800" <= one <= "\udfff")
    )


def _urn(index: Index, *parts: str) -> str:
    """A name that stays: of the index and what is in it."""
    return f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, '|'.join((str(index.db.setting('uuid')), *parts)))}"
