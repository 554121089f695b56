"""
What of a text may be a value: numbers with their units, dates, names, addresses, quoted words, and in a short text
every run of some words. Rules only; nothing here knows fields or asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from rag.dates import dates
from rag.quantities import quantities

SHORT = 90  # words of a text of which every run is looked at
RUN = 3  # words of a run
MOST = 160  # candidates of one text
WORD = re.compile(r"[^\s,;:!?()\[\]{}|\"“”«»]+")
EDGES = ".,;:!?'\"()[]{}“”‘’«»*#"
JOINING = {"of", "the", "de", "la", "le", "du", "von", "van", "der", "den", "di", "da", "del", "&", "for"}
QUOTED = re.compile(r"[\"“«]([^\"“”«»\n]{2,60})[\"”»]|(?<!\w)['‘]([^'’\n]{2,60})['’](?!\w)")
ADDRESS = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+|https?://[^\s<>\"]+|(?<!\w)[@#]\w+")
SMALL_WORDS = (
    "a about after all also am an and any are as at be been but by can could did do does for from had has have he her"
    " him his how i if in into is it its just like me more my no not now of on one or our out she so some than that the"
    " their them then there these they this to too up us was we were what when where which who will with would you your"
    " please thank thanks hello hi dear regards sincerely"
)
CURRENCIES = {"EUR", "USD", "GBP", "CHF", "JPY", "CNY", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "INR"}
COMMON = frozenset(SMALL_WORDS.split())


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A run of a text. `kind` is "number", "date", "name", "opening" (of a sentence: a name, perhaps), "address", "quoted"
    or "words".
    """

    text: str
    start: int
    end: int
    kind: str


def candidates(text: str, known: Container[str] = COMMON) -> list[Candidate]:
    """
    The candidates of a text, each text once, those of the surest kinds first. `known` are words, in lower case, that
    are no name where all words are capitalised, as in a title.
    """
    found: dict[str, Candidate] = {}
    for one in _all(text, known):
        if one.text and one.text not in found:
            found[one.text] = one
            if len(found) == MOST:
                break
    return list(found.values())


def _all(text: str, known: Container[str]) -> Iterator[Candidate]:
    for match in ADDRESS.finditer(text):
        yield Candidate(match[0].rstrip(".,;:"), match.start(), match.start() + len(match[0].rstrip(".,;:")), "address")
    for when in dates(text):
        yield Candidate(text[when.start : when.end], when.start, when.end, "date")
    for one in quantities(text):
        if not one.doubt:
            end = _unit(text, one.end)
            yield Candidate(text[one.start : end], one.start, end, "number")
    words = list(_words(text))
    dated = {(when.start, when.end) for when in dates(text)}
    for name in _names(text, words, known):
        if not any(start < name.end and name.start < end for start, end in dated):
            yield name
    for match in QUOTED.finditer(text):
        start, end = match.span(match.lastindex or 0)
        yield Candidate(text[start:end], start, end, "quoted")
    if len(words) <= SHORT:
        yield from _runs(text, words)


def _unit(text: str, end: int) -> int:
    """Where a number ends with the unit that sticks to it."""
    match = re.compile(r"(?:[^\W\d_]{1,4}|%|[\"'″′]|°[CF]?)(?![^\W_])").match(text, end)
    return match.end() if match else end


def _words(text: str) -> Iterator[tuple[int, int]]:
    for match in WORD.finditer(text):
        start, end = match.span()
        while end > start and text[end - 1] in EDGES:
            end -= 1
        while start < end and text[start] in EDGES[:-1]:
            start += 1
        if start < end:
            yield start, end


def _names(text: str, words: list[tuple[int, int]], known: Container[str]) -> Iterator[Candidate]:
    """Runs of capitalised words, joined by small ones such as "of"; in a title, where all are, single words."""
    capital = [text[start].isupper() for start, end in words if text[start].isalpha() and end - start > 3]
    titled = sum(capital) > 0.6 * len(capital) and len(words) > 4
    run: list[tuple[int, int]] = []
    for at in range(len(words) + 1):
        start, end = words[at] if at < len(words) else (len(text), len(text))
        word = text[start:end]
        gap = text[run[-1][1] : start] if run else ""
        named = word[:1].isupper() and word.lower() not in COMMON and word not in CURRENCIES
        if run and not titled and gap == " " and (named or word in JOINING or (word.isdecimal() and len(word) < 4)):
            run.append((start, end))
            continue
        while run and text[slice(*run[-1])] in JOINING:
            run.pop()
        if run and (not titled or _rare(text[slice(*run[0])], known)):
            start, end = run[0][0], run[-1][1]
            yield Candidate(text[start:end], start, end, _surely(text, start, end, known))
        run = [words[at]] if named else []


def _surely(text: str, start: int, end: int, known: Container[str]) -> str:
    """ "name", or "opening" for a word of the dictionary that is capitalised because it begins a sentence."""
    opens = not text[:start].strip() or text[:start].rstrip()[-1] in ".!?:;\n" or "\n" in text[:start][-2:]
    return "opening" if opens and " " not in text[start:end] and text[start:end].lower() in known else "name"


def _rare(word: str, known: Container[str]) -> bool:
    """Whether a word of a title is one that no dictionary has: SeaKnight, Neploe."""
    return word.isalpha() and len(word) > 3 and word.lower() not in known and word.lower().rstrip("s") not in known


def _runs(text: str, words: list[tuple[int, int]]) -> Iterator[Candidate]:
    """Every run of some words that begins and ends with one that says something."""
    for size in range(1, RUN + 1):
        for first in range(len(words) - size + 1):
            start, end = words[first][0], words[first + size - 1][1]
            inside = [text[slice(*word)] for word in words[first : first + size]]
            gaps = text[start:end]
            for word in inside:
                gaps = gaps.replace(word, "", 1)
            if gaps.strip() or inside[0].lower() in COMMON or inside[-1].lower() in COMMON:
                continue
            yield Candidate(text[start:end], start, end, "words")
