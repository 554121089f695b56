"""
Measures of an answer and of its citations: exact match, token F1, citations against gold, abstention.

Each function judges one question. Texts are compared as SQuAD compares them: lower case, no punctuation, no articles,
single spaces. Nothing here asks a model.
"""

from __future__ import annotations

import re
import string
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from rag.measures.spans import Range, overlap
from rag.quantities import solid

ARTICLES = re.compile(r"\b(a|an|the)\b")
SOLID_OR_NOT = re.compile(r"[^\0]+")
PUNCTUATION = frozenset(string.punctuation)
Share = tuple[float, float]  # a part and a whole; over many questions both are summed first


def normalise(text: str) -> str:
    """
    SQuAD's normalisation: an answer and a gold answer are the same when this is. Of ASCII text it is SQuAD's exactly;
    other punctuation (「」、。“”–) goes as well, and composed and full-width forms are one (NFKC).
    """
    text = text if text.isascii() else unicodedata.normalize("NFKC", text)
    text = "".join(character for character in text.lower() if not _marks(character))
    return " ".join(ARTICLES.sub(" ", text).split())


def _marks(character: str) -> bool:
    if character.isascii():
        return character in PUNCTUATION
    return unicodedata.category(character).startswith("P")


def tokens(text: str) -> list[str]:
    """
    The words of a normalised text. In scripts that put no blanks between words each character is one, as in MLQA's
    measure (Lewis et al. 2020).
    """
    found: list[str] = []
    for word in normalise(text).split():
        if any(map(solid, word)):
            found += (
                part for part in SOLID_OR_NOT.findall("".join(f"\0{c}\0" if solid(c) else c for c in word)) if part
            )
        else:
            found.append(word)
    return found


def exact_match(answer: str, golds: Sequence[str]) -> float:
    """1 if the answer is one of the gold answers. Without gold answers (unanswerable) the right answer is none."""
    mine = normalise(answer)
    return float(any(mine == normalise(gold) for gold in golds or [""]))


def token_f1(answer: str, golds: Sequence[str]) -> float:
    """The best overlap of tokens with a gold answer, as F1. Two empty texts agree, an empty and another do not."""
    return max(_f1(tokens(answer), tokens(gold)) for gold in golds or [""])


def _f1(mine: list[str], gold: list[str]) -> float:
    if not mine or not gold:
        return float(mine == gold)
    same = sum((Counter(mine) & Counter(gold)).values())
    if not same:
        return 0.0
    precision, recall = same / len(mine), same / len(gold)
    return 2 * precision * recall / (precision + recall)


def contains(text: str, golds: Iterable[str]) -> bool:
    """Whether a gold answer stands in the text, word by word ("art" does not stand in "party")."""
    padded = f"\0{chr(0).join(tokens(text))}\0"
    return any(f"\0{chr(0).join(gold)}\0" in padded for gold in map(tokens, golds) if gold)


def answer_in_citation(quotes: Iterable[str], golds: Sequence[str]) -> float:
    """1 if a gold answer stands in one of the quotes."""
    return float(any(contains(quote, golds) for quote in quotes))


def citation_precision(cited: Sequence[str], gold: Iterable[str]) -> Share:
    """Cited passages that are gold ones, of all that are cited."""
    gold = set(gold)
    return sum(id in gold for id in cited), len(cited)


def citation_recall(cited: Iterable[str], gold: Iterable[str]) -> Share:
    """Gold passages that are cited, of all gold ones."""
    gold = set(gold)
    return len(gold & set(cited)), len(gold)


def quote_precision(quotes: Sequence[Range], gold: Iterable[Range]) -> Share:
    """Quotes that overlap a gold sentence (half of the quote or of the sentence at least), of all quotes."""
    gold = list(gold)
    return sum(any(_agree(quote, one) for one in gold) for quote in quotes), len(quotes)


def quote_recall(quotes: Iterable[Range], gold: Sequence[Range]) -> Share:
    """Gold sentences that a quote overlaps, of all gold sentences."""
    quotes = list(quotes)
    return sum(any(_agree(quote, one) for quote in quotes) for one in gold), len(gold)


def _agree(left: Range, right: Range) -> bool:
    shorter = min(left[2] - left[1], right[2] - right[1])
    return shorter > 0 and 2 * overlap([left], [right]) >= shorter


def verbatim(quotes: Iterable[tuple[str, int, int]], text: str) -> Share:
    """Quotes that stand at exactly the place they name, of all quotes: (quote, start, end) in one document's text."""
    quotes = list(quotes)
    return sum(bool(quote) and text[start:end] == quote for quote, start, end in quotes), len(quotes)


def find_sentences(text: str, sentences: Iterable[str], document: str) -> list[Range]:
    """Where gold sentences stand in a text; one that does not stand there literally is found without its spaces."""
    places: list[Range] = []
    for sentence in sentences:
        at = text.find(sentence)
        if at >= 0:
            places.append((document, at, at + len(sentence)))
        elif words := sentence.split():
            match = re.search(r"\s*".join(map(re.escape, words)), text)
            places += [(document, match.start(), match.end())] if match else []
    return places


def abstention(abstained: bool, unanswerable: bool) -> dict[str, Share]:
    """
    One question's part in the four shares of abstaining.

    precision: of the abstentions, how many were right; recall: of the unanswerable questions, how many were
    abstained from. NoMIRACL's pair: hallucination, of the unanswerable questions, how many got an answer; error, of
    the answerable ones, how many got none.
    """
    return {
        "AbstainP": (float(abstained and unanswerable), float(abstained)),
        "AbstainR": (float(abstained and unanswerable), float(unanswerable)),
        "Hallucination": (float(not abstained and unanswerable), float(unanswerable)),
        "ErrorRate": (float(abstained and not unanswerable), float(not unanswerable)),
    }
