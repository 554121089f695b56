"""
Words of a question that what is shown is not about: they do not stand there, nor does a word that is near them.

    things    those of some words that name something, by the words beside them
    afar      those to which no word of what is shown is near in meaning, each taken by itself; what is done is told in
              too many words for that

"kettlebell" is answered by what says "kettle bell", "psql" by what says "postgres", "redis" by nothing of either.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag import languages
from rag.ask import units
from rag.types import Citation, Embedder

WORD = re.compile(r"[^\W\d_]{3,24}")
MOST = 600  # words of what is shown that are looked at
NEAR = 0.5  # cosine of two single words by the bundled embedder: "freezer" and "freeze" .75, "psql" and "postgres" .60
DOES = (  # stand before a word that tells what somebody does, or how something is
    r"(?:to|i|you|we|they|he|she|it|who|what|not|never|is|are|was|were|be|been|being|am|do|does|did|has|have|had|can|could"
    r"|will|would|shall|should|may|might|must|cannot|\w+n['’]t|\w+['’](?:s|re|ll|d|m|ve))"
)
DONE = ("ed", "ing", "ly")  # how such a word ends


def things(question: str, words: Sequence[str]) -> list[str]:
    """The words of an English question that name something, and do not tell what is done, or how something is."""
    if languages.foreign(question):
        return []
    return [word for word in words if not _done(question, word)]


def _done(question: str, word: str) -> bool:
    one = re.escape(word)
    return re.search(rf"\b{DOES}\s+{one}\b|\b{one} to\b|\b(?={one}\b){DOES}\b", question, re.IGNORECASE) is not None


def afar(words: Sequence[str], shown: Sequence[Citation], embedder: Embedder | None) -> list[str]:
    """Those of some words to which no word shown is near; none by other embedders, whose cosines are others."""
    words = [word for word in words if not (word.lower().endswith(DONE) or units.measures(word))]
    if not words or not getattr(embedder, "english", False) or embedder is None:
        return []
    text = "\n".join("\n".join((one.quote, one.passage.heading, one.passage.document.title)) for one in shown)
    there = list(dict.fromkeys(WORD.findall(text.lower())))[:MOST]
    if not there:
        return words
    vectors = embedder.embed([*(word.lower() for word in words), *there])
    nearest = (vectors[: len(words)] @ vectors[len(words) :].T).max(axis=1)
    return [word for word, near in zip(words, nearest, strict=True) if near < NEAR]


__all__ = ["afar", "things"]
