"""
Words of a question that stand nowhere, read as the words of this index that they are likely to be.

A slip of the finger is one letter too many, too few, another, or two that changed places (Damerau 1964: four of five
misspellings), hardly ever the first letter. Every word so near is made and looked up by its term, like any word of a
question; then a passage must have it as it was made, or it must be a form of an English word ("received"). What is a
word of English is no slip ("cooker", of "cook"), and a letter is taken for another only if that lies beside it on a
keyboard or sounds alike. Nor is what languages share with other endings: Spanish "instalo" is not read as "install".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from rag import folding, languages, ranking
from rag.models.minilm import known
from rag.store import Store, documents
from rag.store.filters import Filters

LETTERS = "abcdefghijklmnopqrstuvwxyz"
KEYS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
SOUNDS = ("aeiouy", "cksqx", "szc", "fvwp", "mn", "gj", "bp", "dt")  # letters that are written for one another
WORD = re.compile(r"(?<![\w.:/@#'’-])[^\W\d_]{4,24}(?![\w:/@]|[.'’-]\w)")  # no part of a name, an address or a version
SHORT = 5  # letters of a word in which none is taken for another: too many words are near
FOREIGN = 7  # letters of a word, at least, in a language of which no list of words is at hand
ENDING = 2  # letters at the end of a word in which another language has its own form of it
MOST = 4  # words of a question that are looked for so
TRIED, READ = 5, 5  # words that are near, and passages of each that are read
FORM = re.compile(r"(.{4,}?)(?:s|es|d|ed|ing|ly)")  # a form of another word, that is not short: "reds"
DOER = re.compile(r"(.{4,})ers?")  # who or what does it: of "cook"


def respelled(db: Store, question: str, filters: Filters) -> dict[str, str]:
    """The words of a question that are likely misspelt -> how the passages that may be found spell them."""
    quoted = [range(*found.span()) for found in ranking.QUOTED.finditer(question)]
    words = [found for found in WORD.finditer(question) if not any(found.start() in one for one in quoted)]
    folded = {found[0]: folding.fold(found[0]) for found in words if not found[0].isupper()}
    foreign, asking = languages.foreign(question), languages.asking(question)
    least = FOREIGN if foreign else 0
    stored = dict(db.tokens(" ".join(folded.values())))  # what it takes for several words has no term
    told = [word for word, one in folded.items() if one not in asking and not languages.idle(one)]
    terms = {word: stored.get(folded[word], "") for word in told if len(folded[word]) >= least}
    there = db.frequencies([term for term in terms.values() if term])
    missing = [word for word, term in terms.items() if term and term not in there and not _real(folded[word])]
    found = {word: _nearest(db, folded[word], filters, foreign) for word in missing[:MOST]}
    return {word: _cased(word, near) for word, near in found.items() if near}


def replaced(question: str, spelled: dict[str, str]) -> str:
    """The question with those words in the place of its own."""
    return WORD.sub(lambda found: spelled.get(found[0], found[0]), question) if spelled else question


def near(word: str) -> Iterator[str]:
    """The words, each perhaps more than once, that one slip makes of a word of small ASCII letters."""
    yield word[1] + word[0] + word[2:]
    for at in range(1, len(word) + 1):
        head, tail = word[:at], word[at:]
        yield from (head + letter + tail for letter in LETTERS)
        if tail:
            yield head + tail[1:]
        if tail and len(word) > SHORT:
            yield from (head + letter + tail[1:] for letter in beside()[tail[0]])
        if len(tail) > 1:
            yield head + tail[1] + tail[0] + tail[2:]


@cache
def beside() -> dict[str, str]:
    """letter -> those that lie beside it, or sound like it"""
    places = {letter: (row, at + row / 2) for row, keys in enumerate(KEYS) for at, letter in enumerate(keys)}
    found = {}
    for one, (row, at) in places.items():
        close = {other for other, (r, a) in places.items() if abs(r - row) <= 1 and abs(a - at) <= 1}
        alike = {other for letters in SOUNDS if one in letters for other in letters}
        found[one] = "".join(sorted((close | alike) - {one}))
    return found


def _nearest(db: Store, word: str, filters: Filters, foreign: bool) -> str:
    """The word of the index that one slip leads to, as it stands there; "" if there is none."""
    if not word.isascii():
        return ""
    made = [one for one in dict.fromkeys(near(word)) if len(one) > 3 and one != word]
    made = [one for one in made if not (foreign and _cognate(word, one))]
    terms = dict(db.tokens(" ".join(made)))
    counts = db.frequencies(list({*terms.values()}))
    real = [one for one in made if terms.get(one) in counts]
    likely = sorted(real, key=lambda one: (not _real(one), -counts[terms[one]]))[:TRIED]
    free = filters == Filters()  # else the word must stand in what may be found: what else there is, is not told
    return next(filter(None, (one if free and _form(one) else _standing(db, one, filters) for one in likely)), "")


def _standing(db: Store, word: str, filters: Filters) -> str:
    """A folded word as it stands in one of the passages that have its term; "" if none that is read has it so."""
    found = db.by_words(ranking.match_expression([word]), READ, filters, ())
    for passage in documents.passages(db, [number for number, _ in found]).values():
        for text in (passage.document.title, passage.heading, passage.text):
            for one in re.findall(r"[^\W\d_]+", text):
                if folding.fold(one) == word:
                    return str(one)
    return ""


def _real(word: str) -> bool:
    """Is it a word of English? One of some 20,000 that the bundled embedder knows, or who does what one says."""
    doer = DOER.fullmatch(word)
    return known(word) or bool(doer and known(doer[1]))


def _cognate(word: str, english: str) -> bool:
    """Is a word of another language an English one but for its ending: "instalo" of "install"?"""
    return known(english) and word[-1] != english[-1] and english.startswith(word[:-ENDING])


def _form(word: str) -> bool:
    """
    Is it a form of an English word, that need not stand itself where another form does? Not any word of the vocabulary,
    which has names, too: "cooke" has the term of "cook", and stands nowhere.
    """
    base = FORM.fullmatch(word)
    return known(word) and bool(base and (known(base[1]) or known(f"{base[1]}e")))


def _cased(word: str, like: str) -> str:
    return like if not like.islower() or word.islower() else like.capitalize()
