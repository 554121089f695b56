"""
Every quotation of a text against an index: is it verbatim, altered, somebody else's, or nowhere?

    text --quotations--> words, and who is said to have said them --candidates--> passages --matching--> a verdict each

No model is asked. Words are looked for in the index of words, so that a quotation costs some milliseconds however many
passages there are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rag import folding, places
from rag.app.sources import nothing_indexed
from rag.store import Store, documents, quotable
from rag.types import Document
from rag.understand import matching
from rag.understand.attribution import Names, Said, attribution, same, signed
from rag.understand.matching import Match
from rag.understand.plain import Plain, plain
from rag.understand.quotations import Quotation, quotations

ALL, ANY = 6, 8  # words of a quotation that are looked for: all of so many, any of so many
MANY = 1500  # passages that they may stand in together, so that common words cost nothing
WIDE, CLOSE = 60, 8  # passages that are looked into for the words as they are, and for words like them
COMPARED = 3  # of these, word by word
KEPT = 64  # documents that are remembered
STATES = ("verbatim", "altered", "misattributed", "not found")


@dataclass(frozen=True, slots=True)
class Checked:
    """A quotation and what the index says of it. `document` is None where nothing like it was found."""

    quotation: Quotation
    status: str  # one of STATES
    reason: str = ""  # why it is not kept
    match: Match | None = None
    document: Document | None = None
    passage: int = 0
    said: Said | None = None  # who the text says it is from


@dataclass(frozen=True, slots=True)
class Verified:
    """Every quotation of a text in its order; `unclosed` are lines with a quotation mark that is never closed."""

    checked: list[Checked]
    unclosed: list[int] = field(default_factory=list)

    def count(self, status: str) -> int:
        return sum(one.status == status for one in self.checked)

    @property
    def sound(self) -> bool:
        """Whether every quotation is kept."""
        return all(one.status == "verbatim" for one in self.checked)


def verify(db: Store, text: str) -> Verified:
    """Check every quotation of a text. Raises InputError if the index is empty."""
    if not documents.passage_count(db):
        raise nothing_indexed(db)
    found, unclosed = quotations(text)
    checker = _Checker(db, [one.text for one in found])
    return Verified([checker.check(one) for one in found], unclosed)


def rows(verified: Verified) -> list[dict[str, Any]]:
    """A row a quotation, as plain data."""
    return [_row(number, one) for number, one in enumerate(verified.checked, 1)]


def _row(number: int, one: Checked) -> dict[str, Any]:
    document, match = one.document, one.match
    stands = document.text[match.start : match.end] if document and match and match.end else ""
    return {
        "number": number,
        "line": one.quotation.line,
        "quote": one.quotation.text,
        "status": one.status,
        "kept": one.status == "verbatim",
        "reason": one.reason,
        "differences": list(match.differences) if match else [],
        "changes": [{"stands": stands, "quoted": quoted} for stands, quoted in match.changes] if match else [],
        "similarity": match.similarity if match else 0.0,
        "attributed": one.said.name if one.said else "",
        "author": document.author if document else "",
        "document": document.key if document else "",
        "source": document.source if document else "",
        "title": document.title if document else "",
        "url": document.url if document else "",
        "passage": one.passage,
        "start": match.start if match else 0,
        "end": match.end if match else 0,
        "stands": stands,
        "place": places.place(document, match.start, match.end) if document and match else "",
    }


@dataclass(frozen=True, slots=True)
class _Found:
    """Words in a document of the index."""

    passage: int
    document: Document
    match: Match


class _Checker:
    """The quotations of one text: what is asked of the index for all of them is asked once."""

    def __init__(self, db: Store, quotes: Sequence[str]) -> None:
        self.db = db
        self.terms = [db.tokens(folding.searched(quote)) for quote in quotes]
        every = sorted({term for terms in self.terms for _, term in terms})
        self.frequency = db.frequencies(every)
        named = quotable.names(db) if quotes else []
        self.titles = {title: number for number, _, title, _ in reversed(named)}
        called = (one for _, key, title, url in named for one in (key, key.rsplit("/", 1)[-1], title, url))
        self.names = Names(quotable.authors(db), called)
        self.known: dict[int, Document] = {}
        self.windows: dict[int, Plain] = {}  # of the quotation that is checked
        self.asked: tuple[tuple[str, ...], list[quotable.Place]] = (), []
        self.next = 0

    def check(self, quotation: Quotation) -> Checked:
        terms, self.next = self.terms[self.next], self.next + 1
        self.windows.clear()
        said = attribution(quotation, self.names)
        if quotation.kind == "block":
            words, own = signed(quotation.text, self.names)
            quotation, said = replace(quotation, text=words), own or said
        found = list(self._verbatim(quotation, terms, said))
        if not found:
            return self._near(quotation, terms, said)
        theirs = [one for one in found if not _quoted(one)]  # in others it is quoted from somebody
        found = theirs or found
        for one in found:
            if said is None or _said_by(said, one.document):
                return _checked(quotation, "verbatim", "", one, said)
        one = found[0]
        if said and not said.known and not any(other.document.author for other in found):
            return _checked(quotation, "verbatim", "", one, said)  # nobody says whose it is
        return _checked(quotation, "misattributed", _whose([other.document for other in found], said), one, said)

    def _verbatim(self, quotation: Quotation, terms: list[tuple[str, str]], said: Said | None) -> Iterator[_Found]:
        """Where it stands as it is: in somebody's documents first, if it is said to be theirs."""
        if number := self.titles.get(quotation.text.strip()):
            yield _Found(0, self._document(number), Match(0, 0, 1.0, ("it is the title",)))
        wanted = plain(quotation.text)
        author = self.names.authors.get(" ".join(said.name.casefold().split()), "") if said else ""
        seen: set[int] = set()
        for place in self._with_all(terms, author):
            document = self._document(place[1])
            if place[0] in seen:
                continue
            seen.add(place[0])
            start, window = _window(document.text, place, len(quotation.text))
            match = matching.exactly(quotation.text, window)
            if not match and matching.promising(quotation.text, window):
                match = matching.verbatim(wanted, self._plain(place[0], window))
            if match:
                yield _Found(place[0], document, _moved(match, start))

    def _with_all(self, terms: list[tuple[str, str]], author: str) -> Iterator[quotable.Place]:
        """Passages with all of the words that stand anywhere, then those with most: it may go over two passages."""
        known = self._rare(terms)
        if not known:
            return
        if author:
            yield from quotable.places(self.db, known[:ALL], WIDE, author)
        found = quotable.places(self.db, known[:ALL], WIDE)
        yield from found
        if len(found) == WIDE:  # of words that stand everywhere: those that stand in this order
            phrase = folding.phrase(" ".join(word for word, _ in terms))
            yield from quotable.phrased(self.db, phrase, WIDE) if phrase else ()
        elif not found:
            yield from self._like(known)

    def _like(self, known: Sequence[str]) -> list[quotable.Place]:
        """The passages with most of the words, best first; the same question is asked once."""
        words = tuple(known[:ANY])
        if words != self.asked[0]:
            self.asked = words, quotable.ranked(self.db, words, CLOSE) if words else []
        return self.asked[1]

    def _rare(self, terms: list[tuple[str, str]]) -> list[str]:
        """The words that stand in the index, the rarest first; of common ones a few."""
        counts = {word: self.frequency[term] for word, term in terms if term in self.frequency}
        found: list[str] = []
        total = 0
        for word in sorted(counts, key=lambda word: (counts[word], word)):
            total += counts[word]
            if total > MANY and len(found) > 2:
                break
            found.append(word)
        return found

    def _near(self, quotation: Quotation, terms: list[tuple[str, str]], said: Said | None) -> Checked:
        """What is most like a quotation that stands nowhere as it is."""
        wanted, best = plain(quotation.text), None
        for place, document, start, window in self._likely(wanted, self._like(self._rare(terms)), quotation):
            match = matching.altered(wanted, window)
            if match and (best is None or match.similarity > best.match.similarity):
                best = _Found(place[0], document, _moved(match, start))
        if best is None:
            return Checked(quotation, "not found", "nothing like it stands in the index", said=said)
        if not best.match.changes:  # only signs between words
            return _checked(quotation, "altered", "other signs between the words", best, said)
        wrong = "; ".join(_change(*change) for change in best.match.changes[:4])
        reason = f"not as it stands: {wrong}"
        if said and not _said_by(said, best.document) and (best.document.author or said.known):
            reason += f"; and {_whose([best.document], said)}"
        return _checked(quotation, "altered", reason, best, said)

    def _likely(
        self, wanted: Plain, places: Sequence[quotable.Place], quotation: Quotation
    ) -> list[tuple[quotable.Place, Document, int, Plain]]:
        """The few passages that have most of the words of a quotation, with the text around them."""
        found = []
        for place in places:
            document = self._document(place[1])
            start, text = _window(document.text, place, len(quotation.text))
            if not matching.promising(quotation.text, text):
                continue
            window = self._plain(place[0], text)
            if (share := matching.shared(wanted, window)) >= matching.LEAST:
                found.append((share, (place, document, start, window)))
        found.sort(key=lambda one: -one[0])
        return [one for _, one in found[:COMPARED]]

    def _plain(self, passage: int, window: str) -> Plain:
        if passage not in self.windows:
            self.windows[passage] = plain(window)
        return self.windows[passage]

    def _document(self, number: int) -> Document:
        if number not in self.known:
            if len(self.known) >= KEPT:
                self.known.pop(next(iter(self.known)))
            self.known |= documents.load(self.db, [number])
        return self.known[number]


def _quoted(one: _Found) -> bool:
    """Whether the words stand in a blockquote of their document."""
    text, start = one.document.text, one.match.start
    return text[text.rfind("\n", 0, start) + 1 : start + 1].lstrip().startswith(">")


def _window(text: str, place: quotable.Place, length: int) -> tuple[int, str]:
    """Where the text around a passage begins, in which a quotation may stand that goes beyond it, and that text."""
    start = max(0, place[2] - 2 * length - 200)
    return start, text[start : place[3] + 2 * length + 200]


def _moved(match: Match, by: int) -> Match:
    return Match(match.start + by, match.end + by, match.similarity, match.differences, match.changes)


def _checked(quotation: Quotation, status: str, reason: str, one: _Found, said: Said | None) -> Checked:
    return Checked(quotation, status, reason, one.match, one.document, one.passage, said)


def _said_by(said: Said, document: Document) -> bool:
    """Whether what is said of a quotation fits the document that it stands in."""
    if said.url:
        return said.name.rstrip("/") == document.url.rstrip("/") or said.name.partition("#")[0].endswith(document.key)
    named = (document.key, document.key.rsplit("/", 1)[-1], document.title, document.url)
    return same(said.name, document.author) or said.name in named


def _whose(found: Sequence[Document], said: Said | None) -> str:
    """Who it is from, and who not."""
    authors = list(dict.fromkeys(one.author or one.title or one.key for one in found))[:3]
    verb = "it is by" if found[0].author else "it stands in"
    return f"{verb} {' and '.join(authors)}, not {'by ' if found[0].author else ''}{said.name if said else 'anybody'}"


def _change(stands: str, quoted: str) -> str:
    if not quoted:
        return f"“{stands}” is missing"
    return f"“{quoted}” stands for “{stands}”" if stands else f"“{quoted}” was added"
