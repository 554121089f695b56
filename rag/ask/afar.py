"""
Words of a question that what is shown is not about: they do not stand there, nor does a word that is near them.

    things    those of some words that name something, by the words beside them
    afar      those to which no word of what is shown is near in meaning, each taken by itself; what is done is told in
              too many words for that

"kettlebell" is answered by what says "kettle bell", "psql" by what says "postgres", "redis" by nothing of either, and
"the oracle database" not by any database.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag import folding, languages
from rag.ask import units
from rag.ask.irregular import BASE
from rag.ask.words import stems
from rag.models import english
from rag.types import Citation, Embedder

WORD = re.compile(r"[^\W\d_]{3,24}")
MOST = 600  # words of what is shown that are looked at
NEAR = 0.5  # cosine of two single words by the bundled embedder: "freezer" and "freeze" .75, "psql" and "postgres" .60
DOES = (  # stand before a word that tells what somebody does, or how something is
    r"(?:i|you|we|they|he|she|it|who|what|not|never|is|are|was|were|be|been|being|am|do|does|did|has|have|had|can|could"
    r"|will|would|shall|should|may|might|must|cannot|\w+n['’]t|\w+['’](?:s|re|ll|d|m|ve))"
)
DONE = ("ed", "ing", "ly")  # how such a word ends
GETS = r"\b(?:get|gets|got|getting)"  # "get rid of", "get hold of"
WAY = r"(?<!ed )(?<!en )\bby"  # before a word without an article: "by hand", "by accident"; not "written by"


def things(question: str, words: Sequence[str]) -> list[str]:
    """The words of an English question that name something, and do not tell what is done, or how something is."""
    if languages.foreign(question):
        return []
    return [word for word in words if not _done(question, word)]


def _done(question: str, word: str) -> bool:
    one = re.escape(word)
    before = rf"(?:{DOES}|to)" if _acts(word) else DOES  # "to deploy", and not "deploy to azure"
    done = rf"\b{before}\s+{one}\b|{WAY}\s+{one}\b|{GETS}\s+{one} of\b|\b{one} to\b|\b(?={one}\b){DOES}\b"
    return re.search(done, question, re.IGNORECASE) is not None


def _acts(word: str) -> bool:
    """Is it a verb by its forms?"""
    folded = folding.fold(word)
    return folded in BASE or folded in BASE.values() or english.acts(folded)


def afar(words: Sequence[str], shown: Sequence[Citation], embedder: Embedder | None, question: str = "") -> list[str]:
    """
    Those of some words to which no word shown is near; none by other embedders, whose cosines are others.

    What the `question` says beside a word stands for itself there: it is no other name of it.
    """
    words = [word for word in words if not (word.lower().endswith(DONE) or units.measures(word))]
    if not words or not getattr(embedder, "english", False) or embedder is None:
        return []
    text = "\n".join("\n".join((one.quote, one.passage.heading, one.passage.document.title)) for one in shown)
    there = list(dict.fromkeys(WORD.findall(text.lower())))[:MOST]
    if not there:
        return words
    vectors = embedder.embed([*(word.lower() for word in words), *there])
    nearness = vectors[: len(words)] @ vectors[len(words) :].T
    said, asked = [set(stems(one)) for one in there], set(stems(question))
    for row, word in zip(nearness, words, strict=True):
        others = asked - set(stems(word))
        row[[bool(one & others) for one in said]] = -1.0
    return [word for word, near in zip(words, nearness.max(axis=1), strict=True) if near < NEAR]


__all__ = ["afar", "things"]
