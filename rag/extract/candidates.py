"""
What of a text may be a value: numbers with their units, dates, times, codes, names, addresses, quoted words, the cells
of its lines, and in a short text every run of some words. Rules only; nothing here knows fields or asks a model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Container, Iterator
from dataclasses import dataclass

from rag.dates import dates, days
from rag.extract.german import is_german, is_noun
from rag.extract.layout import ADDRESSED, Layout
from rag.extract.lexicon import SOLID, all_notions, bag, is_notion, units
from rag.extract.measuring import AMOUNTS
from rag.extract.paragraphs import whole
from rag.extract.shapes import (
    ADDRESS,
    CODE,
    CURRENCY,
    EMAIL,
    HANDLE,
    IBAN,
    IDENTIFIER,
    LETTERED,
    NUMBER_WORD,
    NUMERAL,
    PATH,
    PHONE,
    PLATE,
    SPAN,
    STAMP,
    TERM,
    TIME,
    URL,
    VERSION,
    ZEROED,
)
from rag.extract.titled import is_rare, is_titled
from rag.quantities import quantities

SHORT = 90  # words of a text of which every run is looked at
RUN = 3  # words of a run
MOST = 400  # candidates of one text
WORD = re.compile(r"[^\s,;:!?()\[\]{}|\"“”«»]+")
EDGES = ".,;:!?'\"()[]{}“”‘’«»*#¹²³⁴⁵⁶⁷⁸⁹⁰†‡"
JOINING = {"of", "the", "de", "la", "le", "du", "von", "van", "der", "den", "di", "da", "del", "&", "for"}
QUOTED = re.compile(
    r"[\"“«]([^\"“”«»\n]{2,60})[\"”»]|[「『]([^」』\n]{2,60})[」』]|(?<!\w)['‘]([^'’\n]{2,60})['’](?!\w)"
)
PART = re.compile(r"(?:(?!\s[–—]\s).)+(?=\s[–—]\s)|(?<=\s[–—]\s).+")
PIECE = re.compile(r"\s*[,;、，]\s+|\s+[–—-]\s+|、")
END = re.compile(
    r"(?<=\w\w)(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bSt)(?<!\bMrs)(?<!\bProf)(?<!\bNr)(?<!\bNo)(?<!\bInc)(?<!\bCo)[.;]\s|\Z"
)
CALLED_AT = re.compile(rf"\s?:\s?(?:{PHONE.pattern}|{EMAIL.pattern})")
OUT_OF = re.compile(r"\d\s?(?:/|out of|von|sur|de)\s?\Z")
CELL, SAID = 80, 300  # characters of a cell; of one that has a label
SMALL_WORDS = (
    "a about after all also am an and any are as at be been but by can could did do does for from had has have he her"
    " him his how i if in into is it its just like me more my no not now of on one or our out she so some than"
    " that the"
    " their them then there these they this to too up us was we were what when where which who will with would"
    " you your"
    " please thank thanks hello hi dear regards sincerely best kind yours"
    " ich wir sie ihr ihre ihnen ihren uns unser mein meine der die das ein eine und oder aber nicht mit von zu zum"
    " zur im am bei für auf bitte guten tag hallo liebe lieber sehr geehrte geehrter damen herren viele freundliche"
    " freundlichen grüße bis heute morgen gestern du dir dein deine es ist war das dies"
    " je nous vous le la les un une des et ou mais bonjour madame monsieur merci il elle on ce cette cordialement"
    " yo nosotros usted el los las un una y o pero hola gracias estimado estimada"
    " monday tuesday wednesday thursday friday saturday sunday montag dienstag mittwoch donnerstag freitag samstag"
    " sonntag lundi mardi mercredi jeudi vendredi samedi dimanche"
)
SALUTED = {
    "Frau",
    "Herr",
    "Herrn",
    "Mr",
    "Mrs",
    "Ms",
    "Miss",
    "Mme",
    "Mlle",
    "Madame",
    "Monsieur",
    "Señor",
    "Señora",
    "Sr",
    "Sra",
}
TITLES = {
    "Herrn",
    "Miss",
    "Madame",
    "Monsieur",
    "Señor",
    "Señora",
    "Dr",
    "Mr",
    "Mrs",
    "Ms",
    "Prof",
    "St",
    "Sr",
    "Sra",
    "Mme",
    "Mlle",
    "Herr",
    "Frau",
    "Dott",
    "Ing",
    "Rev",
}
LEGAL = re.compile(
    r",?\s(?:Inc|Ltd|LLC|LLP|Corp|plc|PLC|eG|e\.\s?V|s\.a\.s|S\.A|S\.L|S\.p\.A|S\.r\.l|B\.V|N\.V|A/S|ApS)(?!\w)\.?(?=[\s,;:)]|\Z)"
)
SCALED = re.compile(r"(?:[€$£]|\b(?:EUR|USD|GBP|CHF)) ?\d[\d.,]*(?: ?(?:m|M|mn|bn|b|B|k|K))\Z")
INITIALS = re.compile(r"[A-ZÀ-Þ](?:\.[A-ZÀ-Þ]){0,3}")
CURRENCIES = {"EUR", "USD", "GBP", "CHF", "JPY", "CNY", "CAD", "AUD", "SEK", "NOK", "DKK", "PLN", "INR"}
OPENERS = bag(  # words that begin a sentence, and no name
    "meet many most some other another both each every several few when while after before since because"
    " although today"
    " yesterday tomorrow zwischen mit nach seit während durch ohne gegen wegen als wenn avec sans pour dans"
    " chez entre"
    " depuis pendant con sin para desde entre durante según ayer hoy there here between with without under over"
)
CALLS = bag("call contact ask email write see meet from to by")
COMMON = bag(SMALL_WORDS) | OPENERS


@dataclass(frozen=True, slots=True)
class Candidate:
    """
    A run of a text. `kind` is "number", "date", "day" (without its year), "time", "stamp", "phone", "code", "email",
    "url", "version", "path", "currency", "handle", "span" (a time that is no day), "term" (how long), "name",
    "opening" (of a sentence: a name, perhaps), "quoted", "cell"
    (of a line) or "words".
    """

    text: str
    start: int
    end: int
    kind: str


def candidates(text: str, known: Container[str] = COMMON, layout: Layout | None = None) -> list[Candidate]:
    """
    The candidates of a text, each text of a kind once, those of the surest kinds first. `known` are words, in lower
    case, that are no name where all words are capitalised, as in a title.
    """
    found: dict[tuple[str, int], Candidate] = {}
    for one in _all(text, known, layout or Layout(text)):
        if one.text and (one.text, one.start) not in found:
            found[one.text, one.start] = one
            if len(found) == MOST:
                break
    return list(found.values())


def _all(text: str, known: Container[str], layout: Layout) -> Iterator[Candidate]:
    taken: list[tuple[int, int]] = []
    for kind, way in (("email", EMAIL), ("url", URL), ("stamp", STAMP), ("code", IDENTIFIER)):
        for match in way.finditer(text):
            said = match[0].rstrip(".,;:")
            taken.append((match.start(), match.start() + len(said)))
            yield Candidate(said, *taken[-1], kind)
    for when in dates(text):
        taken.append((when.start, when.end))
        yield Candidate(text[when.start : when.end], when.start, when.end, "date")
    for day in days(text):
        if not _within(day.start, day.end, taken) and not text.startswith(" of ", day.end):  # "4 out of 5"
            taken.append((day.start, day.end))
            yield Candidate(text[day.start : day.end], day.start, day.end, "day")
    for match in TERM.finditer(text):
        yield Candidate(match[0], *match.span(), "term")
    for match in SPAN.finditer(text):
        if not any(start <= match.start() and match.end() <= end for start, end in taken):
            taken.append(match.span())
            yield Candidate(match[0], *match.span(), "span")
    for kind, way in (
        ("code", IBAN),
        ("code", PLATE),
        ("version", VERSION),
        ("phone", PHONE),
        ("time", TIME),
        ("handle", HANDLE),
        ("path", PATH),
        ("code", ZEROED),
    ):
        for match in way.finditer(text):
            if not _within(*match.span(), taken) and (kind != "phone" or _dialled(match[0])):
                taken.append(match.span())
                yield Candidate(match[0], *match.span(), kind)
    for match in CURRENCY.finditer(text):
        yield Candidate(match[0], *match.span(), "currency")
    yield from _figures(text, taken, layout)
    for name in _names(text, known):
        called = CALLED_AT.match(text, name.end) is not None  # "Ruben Clay: 01572 555 0110"
        if not _within(name.start, name.end, taken) and (called or not layout.is_label(name.start, name.end)):
            yield name
    for match in QUOTED.finditer(text):
        start, end = match.span(match.lastindex or 0)
        yield Candidate(text[start:end], start, end, "name" if text[start - 1] in "「『" else "quoted")
    yield from _cells(text, layout)
    for match in ADDRESS.finditer(text):
        yield Candidate(match[0], *match.span(), "cell")
    words = list(_words(text))
    if len(words) <= SHORT:
        yield from (run for run in _runs(text, words) if not layout.is_label(run.start, run.end))


def _figures(text: str, taken: list[tuple[int, int]], layout: Layout) -> Iterator[Candidate]:
    """Numbers with their units, and codes that hold digits: "A-17"."""
    for pair in layout.pairs:
        if NUMERAL.fullmatch(text, pair.start, pair.end) and not _within(pair.start, pair.end, taken):
            taken.append((pair.start, pair.end))
            yield Candidate(text[pair.start : pair.end], pair.start, pair.end, "number")
    codes = [match.span() for match in CODE.finditer(text) if not _within(*match.span(), taken)]
    for start, end in codes:
        if (
            text[start:end].isascii()
            and re.search(r"[^\W\d]|[-/]", text[start:end])
            and not re.fullmatch(r"[\d.,]+[^\W\d]{1,4}", text[start:end])
            and not AMOUNTS.fullmatch(text, start, end)
        ):
            yield Candidate(text[start:end], start, end, "code")
            if LETTERED.match(text, start):
                taken.append((start, end))  # "BN-2207" is no number
    for one in quantities(text):
        if text[one.start - 1 : one.start] == "(" and layout.is_label(one.start, one.end):
            continue  # "pH (20 °C): 1.2"
        if OUT_OF.search(text, max(0, one.start - 12), one.start) and text[one.start : one.end] in ("5", "10", "100"):
            continue  # "4.6 out of 5"
        if not one.doubt and not _within(one.start, one.end, taken):
            end = _unit(text, one.end)
            money = SCALED.search(text, max(0, one.start - 5), one.end)  # "GBP 41.2m"
            start = money.start() if money else one.start
            yield Candidate(text[start:end], start, end, "number")
    for match in NUMBER_WORD.finditer(text):  # "Three employees", "a three-year warranty"
        if not _within(*match.span(), taken):
            yield Candidate(match[0], *match.span(), "number")


def _within(start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    return any(start < last and first < end for first, last in spans)


def _dialled(said: str) -> bool:
    return 7 <= sum(map(str.isdigit, said)) <= 15


def _cells(text: str, layout: Layout) -> Iterator[Candidate]:
    """The cells of a text of several lines, and what stands between the commas of those that are no sentences."""
    for pair in layout.pairs:
        yield Candidate(text[pair.start : pair.end], pair.start, pair.end, "cell")
    for below in layout.paragraphs:
        yield from _cell(text, below.start, below.end)
    lines = layout.lines
    if len(lines) < 3 and not any(cell.label for line in lines for cell in line.cells):
        return
    for line in lines:
        for cell in line.cells:
            said = text[cell.start : cell.end]
            if cell.label:
                for match in ADDRESSED.finditer(said):
                    start = cell.start + match.start("name")
                    start += len(match["name"]) - len(match["name"].lstrip(" ,;"))
                    yield Candidate(
                        text[start : cell.start + match.end("name")], start, cell.start + match.end("name"), "name"
                    )
                yield from _cell(text, cell.start, cell.start + len(first_sentence(said)))
                if end := whole(layout, cell):
                    yield Candidate(text[cell.start : end], cell.start, end, "cell")
            if len(said) <= CELL and (not said.endswith((".", "!", "?")) or len(said.split()) < 6):
                edges = [(0, 0), *(match.span() for match in PIECE.finditer(said)), (len(said), len(said))]
                for (_, start), (end, _) in itertools.pairwise(edges):
                    yield from _cell(text, cell.start + start, cell.start + end)
                for match in PART.finditer(said):
                    yield from _cell(text, cell.start + match.start(), cell.start + match.end())
                if len(edges) > 2:
                    yield from _cell(text, cell.start, cell.end)


def first_sentence(said: str) -> str:
    """What a label says: up to the end of its sentence."""
    return END.split(said[:SAID], maxsplit=1)[0].rstrip(" .;,")


def _cell(text: str, start: int, end: int) -> Iterator[Candidate]:
    said = text[start:end].strip()
    for mark in "*`":  # of Markdown, around all of it
        if mark not in said.strip(mark):
            said = said.strip(mark).strip()
    start = text.find(said, start)
    if re.search(r"[^\W\d]", said):
        yield Candidate(said, start, start + len(said), "cell")


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


def _names(text: str, known: Container[str]) -> Iterator[Candidate]:
    """Runs of capitalised words, joined by small ones such as "of"; in a title, where all are, single words."""
    words = list(_words(text))
    german = is_german(text)
    titled = is_titled(text, [text[start:end] for start, end in words])
    run: list[tuple[int, int]] = []
    for at in range(len(words) + 1):
        start, end = words[at] if at < len(words) else (len(text), len(text))
        word = text[start:end]
        gap = text[run[-1][1] : start] if run else ""
        named = word[:1].isupper() and not SOLID.search(word) and word.lower() not in COMMON and word not in CURRENCIES
        joined = gap == " " or (gap == ". " and run and _goes_on(text[slice(*run[-1])]))
        if run and not titled and joined and (named or word.lower() in JOINING or _counts(word, text[slice(*run[-1])])):
            run.append((start, end))
            continue
        while run and text[slice(*run[-1])].lower() in JOINING:
            run.pop()
        if (
            run
            and not (len(run) == 1 and text[slice(*run[0])] in TITLES)
            and (not titled or is_rare(text[slice(*run[0])], known))
        ):
            if len(run) > 2 and text[slice(*run[0])] in SALUTED:
                run = run[1:]  # "Frau Renate Ackermann"
            start, end = run[0][0], run[-1][1]
            if text[end : end + 1] == "." and re.search(r"\b(?:[A-Z]\.)+[A-Z]\Z", text[start:end]):  # "Havenlogic B.V."
                end += 1
            if legal := LEGAL.match(text, end):  # "Brookmere Irrigation, Inc."
                end = legal.end()
            noun = german and len(run) == 1 and is_noun(text, start)
            if titled or not (noun or (len(run) == 1 and is_notion(text[start:end]))):
                yield Candidate(text[start:end], start, end, _surely(text, start, end, known))
            first = text[slice(*run[0])]
            if (
                len(run) > 2
                and text[slice(*run[1])].lower() not in JOINING
                and (units(first) & all_notions() or (first.lower() in OPENERS and _opens(text, start)))
            ):
                yield Candidate(text[run[1][0] : end], run[1][0], end, "name")  # "Referee Karen Stead"
            if len(run) > 1 and first.lower() in CALLS and _opens(text, start):
                yield Candidate(text[run[1][0] : end], run[1][0], end, "name")  # "Call Fiona Grant"
            elif len(run) > 2 and not text[:start].strip():
                yield Candidate(text[slice(*run[0])], *run[0], "name")  # of a headline the brand, often
        run = [words[at]] if named else []


def _goes_on(word: str) -> bool:
    """Whether a name goes on behind this and a point: "Dr. Lee", "Ursula K. Le Guin", "P.J. Moor"."""
    return word in TITLES or INITIALS.fullmatch(word) is not None


def _counts(word: str, before: str) -> bool:
    """Whether a number belongs to the name before it: "Turbo 3000", "LH 2034"; a year does not."""
    if before.lower() in JOINING:  # "Ada of 9 Quay Road"
        return False
    code = before.isupper() and len(before) < 4
    return word.isdecimal() and len(word) < 5 and (code or not (len(word) == 4 and word[:2] in ("19", "20")))


def _surely(text: str, start: int, end: int, known: Container[str]) -> str:
    """ "name", or "opening" for a word of the dictionary that is capitalised because it begins a sentence."""
    single = " " not in text[start:end] and text[start:end].lower() in known
    return "opening" if single and _opens(text, start) else "name"


def _opens(text: str, start: int) -> bool:
    """Whether a sentence or a line begins there."""
    return not text[:start].strip() or text[:start].rstrip()[-1] in ".!?:;\n" or "\n" in text[:start][-2:]


def _runs(text: str, words: list[tuple[int, int]]) -> Iterator[Candidate]:
    """Every run of some words that begins and ends with one that says something."""
    for size in range(1, RUN + 1):
        for first in range(len(words) - size + 1):
            start, end = words[first][0], words[first + size - 1][1]
            inside = [text[slice(*word)] for word in words[first : first + size]]
            gaps = text[start:end]
            for word in inside:
                gaps = gaps.replace(word, "", 1)
            if gaps.strip() or "=" in text[start:end] or inside[0].lower() in COMMON or inside[-1].lower() in COMMON:
                continue
            yield Candidate(text[start:end], start, end, "words")
