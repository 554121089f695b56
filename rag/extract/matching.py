"""
Which part of a text is said to be which field: by the label beside it, by what a name is of, by a number's range.

Every field is held against every candidate; the surest pairs are taken first, and a candidate that was taken for one
field is no longer one for another. Rules only, for all languages that the lexicon knows.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from rag.extract.candidates import Candidate
from rag.extract.countries import asks_country, is_country
from rag.extract.fields import Field, Key, in_words
from rag.extract.frames import framed
from rag.extract.layout import ABOVE, FURTHER_SENTENCE, IN_HEAD, IN_LABEL, IN_ROW, Layout
from rag.extract.letters import body_start, head_end, is_from_firm
from rag.extract.lexicon import APART, GENERIC, alike, all_notions, bag, units, within
from rag.extract.natures import PERSON, natures
from rag.extract.nested import nested
from rag.extract.planned import WEEKDAY
from rag.extract.proportions import RATES
from rag.extract.ranged import due, made, moments, ranges, stayed
from rag.extract.roles import roled_in, told_only
from rag.extract.shapes import ADDRESS

CODED = 3  # digits of what is a number of something
HALF = 0.5  # what is left of it where one is said to be another: "the other driver"
OWN = 0.85  # what a value says of itself, beside what stands beside it
TOLD = 0.56  # the same of a field that only words tell
LABELLED = 0.4  # from which a label speaks of a field
SURE = 0.7
SPOKEN = bag(  # of which more than a sentence may be said behind a label
    "comment remark description assessment finding decision follow_up tasting_notes measures danger warning method"
    " storage recall symptoms solution problem message side_effects precautions damage workaround risk"
    " complications wish"
)
BY_NATURE, BY_PLACE = 0.45, 0.42  # what it says that a name is of the nature that is asked for, or stands first
BY_PERCENT = 0.2  # that it is so many of a hundred, where that is asked for
BY_NAME = 0.6  # that its first word is the field's
TITLED, NAMED_IN = 16, 6  # words of a title, of another name
SAID_UNTIL = 0.75
UNLIKE = -0.35  # from which a name is no place, wherever it stands
AGAINST = 0.3  # what it takes away that it is of another
MONEY = re.compile(
    r"[€$£¥￥円元]|\b(?:EUR|USD|GBP|CHF|JPY|CNY|SEK|NOK|DKK|PLN|CZK|CAD|AUD|euros?|dollars?|pounds?)\b", re.IGNORECASE
)
PRICED = bag("price amount total subtotal tax unit salary change given discount shipping")
OF_A_BILL = {"sender": "vendor", "recipient": "customer"}
SPECIAL = bag("due birth next previous start end")
EITHER = bag(  # a person or an organisation
    "customer recipient sender author landlord tenant lender borrower holder agent claimant defendant donor vendor"
)
# Who writes a letter, and to whom, where nothing else says who is the guest, the driver, the applicant.
WRITERS, ADDRESSEES = (
    bag("customer passenger reporter driver patient person holder member"),
    bag("candidate employee speaker"),
)
BY_LETTER, BY_ADDRESS = 0.55, 0.65
CHANGES = bag("new previous")
ENDS = bag("min max")  # what a column of a table says of its rows
GENERAL, SPREAD = (
    ("date", "address", "title"),
    0.8,
)  # labels that may be short for the only such field; what they are worth
OF_MAIL = bag("issued sent received timestamp")
OWNED = bag("vendor store company brand")
NAMED = frozenset({"person", "organisation", "place", "site"})
WORDED = bag("name opening quoted cell code handle")
PARTLY, IN_PART = re.compile(r"[ \t]?[%°]?[ \t][^\W\d_]{3,}"), 0.15
MEASURES = (
    "min minute minuten minuto,sec second sekunde seconde,h hr hour stunde heure hora,ms millisecond,day tag jour día"
    ",km kilometer kilometre,m meter metre,cm centimeter,mm millimeter,kg kilogram kilo,g gram gramm gramme,mg,lb pound"
    ",l liter litre,ml milliliter,kw kilowatt,hp ps ch horsepower,w watt,v volt,sqm m² m2 qm,celsiu °c,gb,mb,kwh"
    ",kcal calorie"
)
MEASURE = {word: words.split()[0] for words in MEASURES.split(",") for word in words.split()}
UNIT_OF = re.compile(r"[-+\d.,' ]*\d[ \t-]?(?:(?P<sign>°[CF])|(?P<word>[^\W\d_]+[²2]?)(?!\w))")
EXACTLY = 0.1  # that its label is the field's name itself
BY_UNIT = 0.25  # that a number has the unit that the field's name says, or another
RATED = re.compile(r"\s?(?:/\s?|out of |von |sur )(?:5|10|100)(?![\d/])|\s?(?:stars?|Sternen?|étoiles|estrellas|★)")
PREVIOUSLY = re.compile(  # before a price
    r"\b(?:was|were|previously|formerly|instead of|RRP|UVP|statt|bisher|au lieu de|antes|prix conseillé"
    r"|list price)\s?:?\s?"
    r"(?:[€$£]|EUR|CHF|USD|GBP)?\s?\Z"
)
NO_NAME = re.compile(r"(?:lebenslauf|curriculum vitae|cv|résumé|resume|currículum)\W*", re.IGNORECASE)
YEARED = re.compile(r"\b(?:19|20)\d\d\b")
NO_NAMES = frozenset({"number", "time", "date", "day", "stamp", "phone"})
BY = re.compile(r"(?P<title>\S.{1,150}?),?\s(?:by|von|de|par|por|di|door|av|af)\s(?P<author>\S[^,]{2,60})")
FORMED = bag("phone email url")
CODES = bag("code number phone")
IN_PERCENT = re.compile(
    r"\b(?:in|as|als|en) (?:a )?(?:percent(?:age)?|per cent|%|Prozent|pourcentage|porcentaje)", re.IGNORECASE
)
PERCENT = bag("percent percentage pct")
KINDS = {"number": {"number"}, "date": {"date", "day", "stamp"}}


Label = tuple[frozenset[str], float, bool]  # what it says, how surely, whether loosely


@dataclass(slots=True)
class Matches:
    """How surely each candidate is said to be a field's value, best first; which was taken for which."""

    said: dict[Key, list[tuple[Candidate, float]]] = field(default_factory=dict)
    taken: dict[Key, Candidate] = field(default_factory=dict)
    framed: dict[Key, list[tuple[Candidate, float]]] = field(default_factory=dict)  # what sentences say by their form
    absent: frozenset[Key] = frozenset()  # what is not said of an object of which the rest is
    paired: frozenset[Candidate] = frozenset()  # what is written as key=value

    def elsewhere(self, key: Key, one: Candidate, sureness: float = 0.0) -> bool:
        """Whether a candidate was taken for another field, and more surely than it is this one."""
        return any(
            other != key and taken.start < one.end and one.start < taken.end and self.of(other, taken) > sureness
            for other, taken in self.taken.items()
        )

    def of(self, key: Key, one: Candidate) -> float:
        return next((sureness for other, sureness in self.said.get(key, []) if other == one), 0.0)


def match(
    text: str,
    layout: Layout,
    found: Sequence[Candidate],
    wanted: Sequence[Field],
    likenesses: Mapping[str, Mapping[str, float]],
) -> Matches:
    """What a text says of each field; `likenesses` are what its names are of by themselves."""
    found = [one for one in found if one.kind != "words"]
    if any(map(_is_timed, wanted)):
        found += moments(text, found)
    ends = ranges(text, found)
    beside = {one: layout.labels(one.start, one.end) for one in found}
    labels: dict[Candidate, list[Label]] = {
        one: [
            (
                units(label) | (ends.get(one, frozenset()) if one.kind == "number" else frozenset()) | due(text, one),
                weight,
                loose,
            )
            for label, weight, loose in said
        ]
        for one, said in beside.items()
    }
    for one, said in ends.items():
        if one.kind != "number":
            labels[one].append((said, 1.0, False))
            if stay := stayed(text, one, said):
                labels[one].append((stay, 1.0, False))
    for one in found:
        if one.kind == "number" and "~~" in text[max(0, one.start - 3) : one.start]:  # struck out
            labels[one] = [(bag("previous price"), 1.0, False)]
        if one.kind == "number" and PREVIOUSLY.search(text, max(0, one.start - 24), one.start):
            labels[one] = [(bag("previous price"), 1.0, False)]
        if one.kind == "number" and RATED.match(text, one.end):
            labels[one].append((frozenset({"rating"}), 1.0, False))
        if until := due(text, one):
            labels[one].append((until | {"date"}, SAID_UNTIL, False))
        if made(text, one):
            labels[one].append((bag("issued date"), SAID_UNTIL, False))
    if layout.is_bill:
        labels = {one: [(_billed(said), weight, loose) for said, weight, loose in told] for one, told in labels.items()}
    for low, high in itertools.pairwise(found):
        if "max" in ends.get(high, ()) and "min" in ends.get(low, ()):
            labels[high] += [(said - {"min"} | {"max"}, weight, loose) for said, weight, loose in labels[low]]
    of = {one: natures(text, one, layout) for one in found}
    for one, said_of in of.items():
        if "place" in said_of and likenesses.get(one.text, {"place": 0.0})["place"] < UNLIKE:  # "from Aqua Repairs"
            of[one] = said_of - {"place"}
    pairs = {(pair.start, pair.end) for pair in layout.pairs}
    matches = Matches(paired=frozenset(one for one in found if (one.start, one.end) in pairs))
    told = matches.framed = framed(text, found, wanted)
    of_objects, matches.absent = nested(text, layout, found, wanted, likenesses)
    for key, known in of_objects.items():
        told[key] = [*known, *told.get(key, [])]
    for key, known in roled_in(text, layout, wanted).items():
        told[key] = [*known, *told.get(key, [])]
    _join_columns(labels)
    _spread(labels, wanted, head_end(text))
    cells = {(cell.start, cell.end) for line in layout.lines for cell in line.cells if cell.label}
    body = body_start(text)  # the title of a page's head is none of what its text is labelled as
    exactly = {
        one: {in_words(label) for label, weight, _ in said if weight >= IN_ROW}
        for one, said in beside.items()
        if one.start >= body
    }
    for asked in wanted:
        name = in_words(asked.key[1])
        told_whole = cells if asked.kind == "text" and asked.phrase else ()  # a name that is all that a label says
        may = [one for one in found if _may(asked, one) or (one.start, one.end) in told_whole]
        if asked.wants and asked.wants <= FORMED:  # "+44 20 7946 0815 (24 h)" is no telephone number, but holds one
            inside = [one.start for one in may if one.kind in asked.wants]
            may = [one for one in may if one.kind != "cell" or not any(one.start <= at < one.end for at in inside)]
        rated = [
            (one, _sureness(text, layout, asked, one, labels[one], of[one]) + EXACTLY * (name in exactly.get(one, ())))
            for one in may
        ]
        rated = [*told.get(asked.key, []), *rated]
        least = TOLD if told_only(asked) else LABELLED
        matches.said[asked.key] = sorted(
            ((one, sure) for one, sure in rated if sure >= least),
            key=lambda pair: (-pair[1], pair[0].start, -pair[0].end),
        )
    _take(matches, wanted)
    _part_authors(matches, wanted)
    return matches


def _part_authors(matches: Matches, wanted: Sequence[Field]) -> None:
    """A title without its author, where the author is asked for as well: "Happy City by Charles Montgomery"."""
    authors = [matches.taken[one.key].text for one in wanted if "author" in one.units and one.key in matches.taken]
    for one in wanted:
        whole = matches.taken.get(one.key)
        found = BY.fullmatch(whole.text) if whole and one.nature == "title" else None
        if whole and found and found["author"] in authors:
            title = Candidate(found["title"], whole.start, whole.start + found.end("title"), whole.kind)
            matches.said[one.key] = [(title, matches.of(one.key, whole)), *matches.said[one.key]]
            matches.taken[one.key] = title


def _join_columns(labels: Mapping[Candidate, list[Label]]) -> None:
    """In a table with columns "Min" and "Max" a value is the least or the most of what its row names."""
    for said in labels.values():
        rows = [one for one, weight, loose in said if weight == IN_ROW and not loose]
        ends = [one for one, weight, loose in said if weight == IN_HEAD and not loose and one <= ENDS and one]
        if rows and ends:
            said[:] = [(rows[0] | ends[0], IN_LABEL, False)]


def _spread(labels: Mapping[Candidate, list[Label]], wanted: Sequence[Field], head: int) -> None:
    """
    A bare "Date" says the only day that is asked for, whatever the field says more of it: "handover_date"; but not the
    one in the head of a mail, which ends at `head`: that is the day of the mail.
    """
    for general in GENERAL:
        asked = [one for one in wanted if general in one.units and not one.element and not one.listed]
        special = asked[0].units - {general} if len(asked) == 1 else frozenset()
        if not special or special & APART:
            continue
        for one, said in labels.items():
            said += (
                []
                if one.start < head and special - OF_MAIL
                else [
                    (words | special, weight * SPREAD, False)
                    for words, weight, loose in said
                    if words == {general} and not loose
                ]
            )


def _take(matches: Matches, wanted: Sequence[Field]) -> None:
    """The surest pairs first; what is a list takes all of its own by itself."""
    single = [asked.key for asked in wanted if not asked.listed and not asked.element]
    pairs = [(sure, -one.start, key, one) for key in single for one, sure in matches.said[key]]  # of equals the longer
    used: list[tuple[int, int]] = []
    for _, _, key, one in sorted(pairs, key=lambda pair: (-pair[0], -pair[1])):
        if key not in matches.taken and not any(one.start < end and start < one.end for start, end in used):
            matches.taken[key] = one
            used.append((one.start, one.end))


def _is_timed(asked: Field) -> bool:
    """Whether a text asks for a day with its hour: "issued_at", "valid_until"."""
    last = asked.label.partition(".")[0].rpartition(" ")[2]
    return asked.kind == "text" and asked.label.count(" ") > 0 and last in ("at", "until", "till", "bis", "datetime")


def _may(asked: Field, one: Candidate) -> bool:
    """Whether a candidate is of a kind that the field takes."""
    if asked.kind in KINDS:
        return one.kind in KINDS[asked.kind] and one.text not in asked.digits
    if asked.kind != "text":
        return False
    if one.kind == "moment":
        return _is_timed(asked)
    if (asked.phrase or asked.summing) and not asked.wants:
        return one.kind == "cell"
    if one.kind == "currency" and "currency" not in asked.units:
        return False
    if asks_country(asked) and not is_country(one.text):
        return False
    if asked.naming and (one.kind in NO_NAMES or NO_NAME.fullmatch(one.text) or one.text.lower() in WEEKDAY):
        return False
    if asked.naming and "@" in one.text and " " in one.text:
        return False  # "Ada Moor <ada@x.example>"
    if "job" in asked.units and YEARED.search(one.text):
        return False  # "Mar 2019 – present"
    if asked.nature == "organisation" and one.kind == "code":
        return False
    if one.kind == "cell" and asked.wants & CODES and not any(map(str.isdigit, one.text)):
        return False  # "Our ref: kitchen doors"
    if one.kind == "term" and "term" not in asked.wants:
        return False
    return not asked.wants or one.kind in asked.wants or one.kind == "cell"


def _sureness(
    text: str,
    layout: Layout,
    asked: Field,
    one: Candidate,
    labels: Sequence[Label],
    of: frozenset[str],
) -> float:
    own = _own(text, one)
    if asked.kind == "text" and not asked.wants and one.kind not in WORDED:
        labels = [label for label in labels if not label[2] and label[1] > ABOVE]  # "3" is no service
    sure = max(
        (
            weight
            * (_within(asked.units, said, own) if loose else _alike(asked, said))
            * (HALF if ("other" in said) != ("other" in asked.units) or _is_changed(asked, said) else 1.0)
            for said, weight, loose in labels
        ),
        default=0.0,
    )
    words = len(one.text.split())
    if asked.units == {"date"} and sure < SURE + 0.2:  # "Born 1 May" is not just a date
        sure = min(sure - AGAINST, LABELLED) if any(said & SPECIAL for said, _, _ in labels) else sure
    if one.kind == "cell" and "code" in asked.wants and words > 2:
        return 0.0
    if one.kind == "cell" and asked.wants and sure < SURE:
        return 0.0
    if one.kind == "cell" and (further := FURTHER_SENTENCE.search(one.text)):
        short = bool(asked.units & all_notions()) and not asked.units & SPOKEN and not asked.phrase
        if short or asked.naming or asked.wants or asked.nature or asked.element or ":" in one.text[further.start() :]:
            return 0.0  # "Anna Moor. She was born in 1961."
    if asked.naming and (words > (TITLED if asked.nature in ("title", "address") else NAMED_IN)):
        sure -= AGAINST
    elif asked.naming and asked.nature not in ("address", "title") and ", " in one.text:
        sure -= AGAINST / 2
    if one.kind == "number" and asked.units & PRICED:
        sure += 0.08 if is_money(text, one) else 0.0
    if one.kind == "number" and asked.kind == "number":
        sure += BY_UNIT * measured(text, one, asked)
        if is_percent(text, one):
            sure += BY_PERCENT if asks_percent(asked) else -AGAINST if asked.units & PRICED else 0.0
        elif asks_percent(asked):
            sure -= AGAINST
    if "brand" in of and "brand" in asked.units:
        sure = max(sure, BY_NATURE + 0.02)
    if one.kind == "span" and "between" in asked.words:
        sure = max(sure + 0.1, BY_NAME)
    if asked.nature == "organisation" and "organisation" in of and asked.units <= units(one.text):
        sure = max(sure, BY_NAME + 0.15)  # "Riverside Society" of a field "society"
    if "model" in asked.units and one.kind == "code":
        sure = max(sure, BY_NATURE)
    if asked.kind == "text" and not asked.wants and one.kind == "number" and PARTLY.match(text, one.end):
        sure -= IN_PART  # "100" of "100 % wool"
    if asked.nature in of and not ("job" in asked.units and PERSON.fullmatch(one.text)):
        sure = max(sure + 0.05, BY_NATURE)
    elif (asked.nature in NAMED and of & NAMED and not (asked.units & EITHER and "organisation" in of)) or (
        asked.nature == "person" and words == 1 and one.kind == "name"
    ):
        sure -= AGAINST
    if asked.nature == "address" and ", " in one.text and "address" in of and "@" not in one.text:
        sure = max(sure + 0.06, BY_ADDRESS * bool(ADDRESS.fullmatch(one.text)))
    on_street = re.search(r"\d\s\Z", text[max(0, one.start - 2) : one.start]) is not None  # "22 Market St"
    if one.kind == "name" and words > 1 and not on_street and units(one.text.split()[0]) == asked.units:
        sure = max(sure, BY_NAME)  # "River Wye", "Room Curie"
    if ("employer" in of and "company" in asked.units) or ("position" in of and "job" in asked.units):
        sure = max(sure, BY_NATURE + 0.1)
    if "site" in of and "place" in asked.units:
        sure = max(sure, BY_NATURE + 0.1)
    written = any("sender" in said and not loose for said, _, loose in labels)
    greeted = any("recipient" in said and not loose for said, _, loose in labels)
    if written and not greeted and asked.units & (ADDRESSEES | {"recipient"}):
        sure -= AGAINST  # who signs is not whom it is sent to
    if is_from_firm(text):
        written, greeted = greeted, False  # the customer is who is addressed
    if (written and asked.units & WRITERS) or (greeted and asked.units & ADDRESSEES):
        sure = max(sure, BY_LETTER)
    if "first" in of and words < 9 and ((asked.units & OWNED and layout.is_bill) or asked.units == {"name"}):
        sure = max(sure, BY_PLACE)
    if one.kind == "moment":
        sure += BY_UNIT
    if one.kind == "email" and asked.naming:
        sure = min(sure, LABELLED / 2)  # an address is nobody's name, where there is any other
    if "heads_cv" in of and asked.units == {"name"}:
        sure = max(sure, SURE)
    return sure


def _is_changed(asked: Field, said: frozenset[str]) -> bool:
    """Whether a label speaks of the new or the former one, and the field of neither: "New address"."""
    return bool(said & CHANGES) and not asked.units & CHANGES and asked.units <= GENERIC | {"address", "city", "phone"}


def _alike(asked: Field, said: frozenset[str]) -> float:
    """How much of a field a label says; of one in an object also with what the object is."""
    owned = alike(asked.units | asked.owner, said) if asked.owner else 0.0
    return max(alike(asked.units, said), owned)


def _within(asked: frozenset[str], said: frozenset[str], own: frozenset[str]) -> float:
    """How much of a field some words say; what a value says of itself, a price or a day, counts for less."""
    return max(within(asked, said), OWN * within(asked, said | own))


def _billed(said: frozenset[str]) -> frozenset[str]:
    """In a bill "From" is who wants the money."""
    return said | {OF_A_BILL[one] for one in said & OF_A_BILL.keys()}


def _own(text: str, one: Candidate) -> frozenset[str]:
    """What a candidate says of itself: a day is a date, what has a currency a price."""
    if one.kind in ("date", "day"):
        return frozenset({"date"})
    if one.kind == "code" and sum(map(str.isdigit, one.text)) >= CODED:
        return frozenset({"number"})
    if one.kind == "number" and is_money(text, one):
        return frozenset({"price", "amount", "euro", "dollar", "pound"})
    return frozenset()


def measured(text: str, one: Candidate, asked: Field) -> int:
    """1 if a number has the unit that the field's name says ("weight_kg"), -1 if it has another, else 0."""
    wanted = {MEASURE[word] for word in asked.words if word in MEASURE}
    unit = UNIT_OF.match(text, one.start)
    own = MEASURE.get((unit["sign"] or unit["word"] or "").lower().rstrip("s"), "") if unit else ""
    return 0 if not wanted or not own else 1 if own in wanted else -1


def asks_percent(asked: Field) -> bool:
    """Whether a field asks for so many of a hundred: "vat_rate", "usage_percent"."""
    described = IN_PERCENT.search(asked.label) is not None
    return bool(
        asked.words & PERCENT
        or "percent" in asked.units
        or described
        or ("rate" in asked.words and asked.units & RATES)
    )


def is_percent(text: str, one: Candidate) -> bool:
    """Whether a number is so many of a hundred."""
    return (
        re.match(
            r"\s?(?:%|percent\b|per cent\b|Prozent\b|pour ?cent\b|por ciento\b)",
            text[one.end - 1 * text[one.start : one.end].endswith("%") :],
        )
        is not None
    )


def is_money(text: str, one: Candidate) -> bool:
    """Whether a number has a currency beside it, or two decimals."""
    before = text[max(0, one.start - 4) : one.start].rpartition("\n")[2]
    after = text[one.end : one.end + 7].partition("\n")[0]
    return MONEY.search(f"{before} {after}") is not None or re.search(r"[.,]\d\d(?!\d)", one.text) is not None
