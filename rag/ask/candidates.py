"""
The sentences of the passages, how near each is to the question, and which of an excerpt matter most.

    relevance    how likely a question is answered at all by what was found; below a threshold nothing counts as found
    highlights   the sentences or lines of an excerpt that a reader should see first

Nothing here chooses what is shown (`excerpts`) or writes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from rag import languages, prompts
from rag.ask.words import ASIDE, BESIDE, shares
from rag.blocks import LEAD_END
from rag.sentences import open_fence, spans
from rag.types import Citation, Embedder, Hit

if TYPE_CHECKING:
    from rag.types import Vectors

EMBEDDED = 32  # sentences that are compared by meaning, the best by their words and passages; more find no more
WEIGHTS = {"meaning": 1.0, "words": 0.5, "passage": 0.2}
UNREAD = 2.0  # so many times the words' weight in a language that the embedder was not made for
RELEVANCE = {"meaning": 1.0, "words": 0.3, "passage": 0.3}  # whether it answers at all, not which sentence does best
ALSO = 0.9  # a second sentence is highlighted if it scores at least so much of the best


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be cited; `score` is what it was chosen by, `meaning` and `words` explain it."""

    citation: Citation
    hit: int  # the rank of its passage, from 1
    score: float
    meaning: float
    words: float

    @property
    def likeness(self) -> float:
        """How near the question it is by itself, wherever it was found."""
        return WEIGHTS["meaning"] * self.meaning + WEIGHTS["words"] * self.words

    @property
    def relevance(self) -> float:
        """How near the question it is: high if it may answer it, low if nothing here does."""
        return RELEVANCE["meaning"] * self.meaning + RELEVANCE["words"] * self.words + RELEVANCE["passage"] / self.hit


def candidates(question: str, hits: Sequence[Hit], embedder: Embedder | None, count: int) -> list[Candidate]:
    """The `count` best sentences for a question among those of the hits, best first; the same text only once."""
    every = _sentences(hits)
    if not every:
        return []
    words = shares(question, [citation.quote for citation, _ in every])
    near = [WEIGHTS["words"] * words[i] + WEIGHTS["passage"] / every[i][1] for i in range(len(every))]
    chosen = sorted(range(len(every)), key=lambda i: -near[i])[: max(EMBEDDED, count)]
    meanings = dict.fromkeys(chosen, 0.0)
    if embedder:
        query = asked_vector(question, embedder)
        vectors = embedder.embed([_in_context(every[i][0]) for i in chosen])
        meanings = {i: float(vector @ query) for i, vector in zip(chosen, vectors, strict=True)}

    if languages.unread(question, embedder):
        words = [UNREAD * share for share in words]

    def scored(i: int) -> Candidate:
        citation, rank = every[i]
        return Candidate(citation, rank, near[i] + WEIGHTS["meaning"] * meanings[i], meanings[i], words[i])

    return sorted(map(scored, chosen), key=lambda one: -one.score)[:count]


def asked_vector(question: str, embedder: Embedder) -> Vectors:
    """The vector of a question, of length 1; of a follow-up, its own words count more than what it is about."""
    own = ASIDE.sub("", question)
    whole: Vectors = embedder.embed([question], kind="query")[0]
    if own == question:
        return whole
    both: Vectors = whole + BESIDE * embedder.embed([own], kind="query")[0]
    both /= max(1e-9, float((both @ both) ** 0.5))
    return both


def _in_context(citation: Citation) -> str:
    """A sentence under its title and headings: alone it may not say what it is about."""
    place = heading(citation)
    return f"{place}\n{citation.quote}" if place else citation.quote


def heading(citation: Citation) -> str:
    """The title and headings that a citation stands under, on one line."""
    return prompts.line(" > ".join(filter(None, (citation.passage.document.title, citation.passage.heading))))


def _sentences(hits: Sequence[Hit]) -> list[tuple[Citation, int]]:
    """Every sentence of the hits with the rank of its hit; overlapping passages and repeated text count once."""
    found: dict[str, tuple[Citation, int]] = {}
    for rank, hit in enumerate(hits, 1):
        passage = hit.passage
        fenced = "markdown" in passage.document.kind and open_fence(passage.document.text[: passage.start])
        for span in spans(passage.text, passage.document.kind, fenced):
            quote = passage.text[span.start : span.end]
            citation = Citation(passage, quote, passage.start + span.start, passage.start + span.end)
            found.setdefault(prompts.line(quote), (citation, rank))
    return list(found.values())


def highlighted(question: str, excerpt: Citation, found: Sequence[Candidate]) -> Citation:
    """The excerpt with its best sentences or lines marked; one that announces others gives way to what it announces."""
    units = sentences_of(excerpt)
    known = {(one.citation.start, one.citation.end): one.score for one in found if within(one.citation, excerpt)}
    words = shares(question, [unit.quote for unit in units])
    plain = [WEIGHTS["words"] * share for share in words]
    scores = [max(known.get((unit.start, unit.end), 0.0), score) for unit, score in zip(units, plain, strict=True)]
    telling = [i for i, unit in enumerate(units) if not LEAD_END.search(unit.quote)] or list(range(len(units)))
    best = sorted(telling, key=lambda i: -scores[i])[:2]
    marked = [units[i] for i in best if scores[i] and scores[i] >= ALSO * scores[best[0]]]
    return replace(excerpt, highlights=tuple(sorted((unit.start, unit.end) for unit in marked)))


def sentences_of(excerpt: Citation) -> list[Citation]:
    """The sentences, items, rows and lines of an excerpt, each as a citation of its own."""
    document, at = excerpt.passage.document, excerpt.start
    fenced = document.kind == "markdown" and open_fence(document.text[: excerpt.start])
    return [
        Citation(excerpt.passage, excerpt.quote[one.start : one.end], at + one.start, at + one.end)
        for one in spans(excerpt.quote, document.kind, fenced)
    ]


def within(inner: Citation, outer: Citation) -> bool:
    """Does the one stand inside the other?"""
    one, other = inner.passage.document, outer.passage.document
    same = (one.source, one.key) == (other.source, other.key)
    return same and outer.start <= inner.start and inner.end <= outer.end
