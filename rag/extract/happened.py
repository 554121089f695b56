"""
Which of several days is the one on which something happened, by the verb or the noun beside it in its sentence; and
which ends a field asks for where a sentence says from when until when.

    slipped away on 3 February 2026        La cérémonie aura lieu le 16 janvier        vom 14.02. bis zum 21.02.2026

What sentences say of days stands in `happenings.txt`. A word speaks of the day that is nearest to it in its sentence,
and a day is told by the nearest word, whatever is asked. Rules only; nothing here asks a model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from pathlib import Path

from rag.extract.candidates import Candidate
from rag.extract.fields import Field, in_words
from rag.extract.flags import unaccented
from rag.extract.lexicon import bag
from rag.extract.ranged import TILL
from rag.extract.telling import Told
from rag.sentences import spans

HAPPENINGS = Path(__file__).parent / "happenings.txt"  # words of fields: cues | cues
FAR, AHEAD = 110, 18  # characters from a word to its day; how much nearer a day behind a word is than one before it
BROKEN = re.compile(r"\n[ \t]*\n|\n[ \t]*[-*#|>]|[|;]|\n(?=[^\n:]{1,30}:\s)")  # what no sentence goes over
JOINED = re.compile(
    r"(?:(?<!\w)\d{1,2}|\b(?:Nr|No|St|Dr|Mr|Mrs|Ms|Prof|Mme|ca|geb|dott|dr|nr|sr|sra))\.\Z", re.IGNORECASE
)
Days = Sequence[tuple[Candidate, str]]
# Names of fields that ask for the first and the last day of a time.
FIRST = bag(
    "from since start starts starting begin begins beginning check_in checkin arrival pickup pick_up opens opening"
    " von ab seit beginn anfang anreise anreisetag abholung du depuis début arrivée desde inicio llegada dal inizio"
    " arrivo van vanaf aankomst incheckdatum"
)
LAST = bag(
    "to until till through end ends ending check_out checkout departure return drop_off dropoff closes closing"
    " bis ende abreise abreisetag rückgabe au jusqu fin départ hasta salida al fine partenza tot eind einde vertrek"
    " uitcheckdatum"
)
LEAD, WORDS = 90, 4  # characters before a range; letters of a word of the field's name that is sought there
OTHERS = bag("date day datum fecha data dag jour tag día giorno valid period")


@cache
def _happenings() -> list[tuple[frozenset[str], re.Pattern[str]]]:
    """Words of names of fields, and what sentences say."""
    found = []
    for line in HAPPENINGS.read_text(encoding="utf-8").splitlines()[1:]:
        words, _, cues = line.partition(": ")
        forms = "|".join(cue.replace("~", r"\w*").replace(" ", r"\s").replace("'", "['’]") for cue in cues.split(" | "))
        found.append(
            (frozenset(map(unaccented, words.split())), re.compile(rf"(?<!\w)(?:{forms})(?!\w)", re.IGNORECASE))
        )
    return found


def happened(text: str, one: Field, days: Days) -> Told | None:
    """The day that a sentence says of what a field asks for: "passed away on", "wurde am … geimpft"."""
    asked = set(_of(one))
    if not asked or len({iso for _, iso in days}) < 2:
        return None
    told = [(far, day, iso) for far, number, day, iso in _told(text, tuple(days)) if number in asked]
    if not told:
        return None
    _, day, iso = min(told, key=lambda one: (one[0] > FAR / 2, one[1].start))
    return Told(iso, day.start, day.end, "sentence")


def speaks(one: Field, said: str) -> bool:
    """Whether a sentence has a word for what happens on the day that a field asks for."""
    return any(_happenings()[number][1].search(said) is not None for number in _of(one))


def _of(one: Field) -> Iterator[int]:
    """Of which happenings a field asks for the day: those of which its name has a word, or two of one."""
    name = unaccented(in_words(one.key[1]))
    words = set(name.split()) | {name.replace(" ", "_")} | {"_".join(pair) for pair in itertools.pairwise(name.split())}
    known = [(number, said & words) for number, (said, _) in enumerate(_happenings()) if said & words]
    most = max((max(map(len, said)) if any("_" in word for word in said) else 0 for _, said in known), default=0)
    yield from (number for number, said in known if not most or any("_" in word for word in said))


@lru_cache(maxsize=16)
def _told(text: str, days: tuple[tuple[Candidate, str], ...]) -> list[tuple[int, int, Candidate, str]]:
    """(how far, of which happening, day, ISO 8601): each day with the nearest word of those that it is nearest to."""
    best: dict[int, tuple[int, int, Candidate, str]] = {}
    for start, end in _sentences(text):
        inside = [(day, iso) for day, iso in days if start <= day.start and day.end <= end]
        for number, (_, way) in enumerate(_happenings()) if inside else ():
            for cue in way.finditer(text, start, end):
                far, day, iso = min(((_far(text, cue, day), day, iso) for day, iso in inside), key=lambda one: one[0])
                if far <= FAR and (day.start not in best or far < best[day.start][0]):
                    best[day.start] = far, number, day, iso
    return list(best.values())


def _far(text: str, cue: re.Match[str], day: Candidate) -> int:
    """How many characters a word is from a day; a day behind it is nearer than one before it."""
    before = cue.end() <= day.start
    gap = text[cue.end() : day.start] if before else text[day.end : cue.start()]
    return FAR + 1 if BROKEN.search(gap) else len(gap) + (0 if before else AHEAD)


@lru_cache(maxsize=16)
def _sentences(text: str) -> list[tuple[int, int]]:
    """The sentences of a text; those that a number or a title has cut are whole again."""
    found: list[tuple[int, int]] = []
    for span in spans(text):
        if (
            found
            and JOINED.search(text, max(0, found[-1][1] - 8), found[-1][1])
            and "\n\n" not in text[found[-1][1] : span.start]
        ):
            found[-1] = (found[-1][0], span.end)
        else:
            found.append((span.start, span.end))
    return found


def end_of_range(text: str, one: Field, days: Days) -> Told | None:
    """The first or the last day of the only range of days, or of the one beside the field's other words."""
    name = in_words(one.key[1])
    words = set(name.split()) | {name.replace(" ", "_")}
    first, last = words & FIRST, words & LAST
    if bool(first) == bool(last) or one.kind != "date":
        return None
    pairs = _ranges(text, days)
    rest = [unaccented(word)[:5] for word in name.split() if word not in OTHERS | FIRST | LAST and len(word) >= WORDS]
    beside = [pair for pair in pairs if any(word in _lead(text, pair[0][0]) for word in rest)]
    among = beside or (pairs if len({(low[1], high[1]) for low, high in pairs}) == 1 else [])
    if not among:
        return None
    day, iso = among[0][0 if first else 1]
    return Told(iso, day.start, day.end, "sentence")


def _ranges(text: str, days: Days) -> list[tuple[tuple[Candidate, str], tuple[Candidate, str]]]:
    """The days between which "to", "bis", "au" stands."""
    ordered = sorted(days, key=lambda pair: pair[0].start)
    return [
        (low, high)
        for low, high in itertools.pairwise(ordered)
        if low[1] < high[1] and TILL.fullmatch(text, low[0].end, high[0].start)
    ]


def _lead(text: str, day: Candidate) -> str:
    return unaccented(text[max(0, day.start - LEAD) : day.start]).casefold()


__all__ = ["end_of_range", "happened", "speaks"]
