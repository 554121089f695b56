"""
The fields of a schema that a value goes into, each with what its name says it is.

What a name says is told by its words ("brand", "city": a name is wanted; "tone": a judgement; "e-mail": an address), in
some languages. Nothing here reads a document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from rag.extract.clock import CLOCK
from rag.extract.lexicon import GENERIC, all_notions, bag, is_phrase, units
from rag.extract.plan import resolved, types_of

JSON = Any
Key = tuple[int, str]  # of a schema's node, and the name of the field that it is of
UNTIL = frozenset({"by", "until", "till", "before", "bis", "avant", "limite", "limit"})  # ends of the names of dates
FROM = frozenset({"from", "since", "ab", "seit", "von", "depuis", "desde"})
BEGUN, ENDED = bag("from von de desde da van since"), bag("to bis à a hasta al tot until")
SPENT = bag("job company school degrees education store customer affiliation")  # where one was from … to …
PLACED = bag("flight departure origin train bus price salary")  # "departure_from" is a place
# What happens on a day, by names of fields: "died", "admitted".
EVENTS = frozenset(
    word
    for words in (
        "died admitted discharged announced booked visited opened closed published released signed received sent"
        " delivered",
        "ordered arrived departed started ended finished completed created updated joined married lent borrowed"
        " returned",
        "purchased bought sold reported hired founded inaugurated launched posted issued expires expired cancelled",
        "gestorben aufgenommen entlassen angekündigt besucht eröffnet veröffentlicht unterschrieben gekauft verkauft",
        "fecha inaugurado publicado comprado vendido visitado",
    )
    for word in words.split()
)
SENTENCES = bag("problem finding damage solution")
MEASURES = bag(
    "minutes minute seconds mm cm km kg mg ml m2 m² sqm kwh kw mmhg gb mb eur usd gbp chf"
)  # that end the name of a number
PHRASE = 3  # words of a description from which a value may be a phrase as well
NAMES = (
    "name title brand author artist writer composer person people company corporation organisation organization"
    " manufacturer maker vendor seller customer client sender recipient contact city town country place location near"
    " venue street address region state band group team club agency affiliation institution"
    " product event work creative head tail subject entity"
)
# What a text says as a whole, in a sentence.
SUMMARIES = frozenset(
    word
    for words in (
        "summary summarise summarize abstract gist overview synopsis tldr zusammenfassung kurzfassung résumé resumé",
        "resumen riassunto resumo samenvatting 要約 概要 摘要 总结",
    )
    for word in words.split()
)
# What is said in sentences.
SAYING = bag(
    "wish problem finding damage solution purpose remark symptoms decision message description workaround expected"
    " actual likes dislikes tasks benefits requirements change offer status"
)
RANGED = frozenset({"range", "rang", "limits", "limit", "bereich"})
BOUNDED = re.compile(r"\s*(?:from |von |de )?(\d{1,4})\s?(?:to|-|–|bis|à|a)\s?(\d{1,4})\b")
# What a description begins with that asks for a name, a day or a place, and for no sentence.
SHORT = re.compile(
    r"(?:the |a |an |der |die |das |le |la )?(?:who|whom|whose|where|when|until when|since when|which|name|date|day"
    r"|time|year|place|city|town|country|number|code|title|company|person|organisation|organization|last|first|full"
    r"|wer|wo"
    r"|wann|bis wann|welche[rs]?|qui|où|quand)\b",
    re.IGNORECASE,
)
NUMBERED = re.compile(r"\b(?:number|code|name|nummer|numéro|nom|código|número|nombre)\Z", re.IGNORECASE)  # ends so
HOUR = re.compile(  # of a description that asks for an hour: "time from which the room is ready"
    r"(?:the |die |l['’]|la )?(?:time|hour|uhrzeit|heure|hora|ora|tijd)\s(?:of day|from|at|when|since|until|by|ab|zu"
    r"|zur|der"
    r"|à|de|desde|en|dalle|da|waarop|vanaf)\b",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"\b(?:sentences?|sätze?|satz|phrases?|frases?)\b|一文|一句", re.IGNORECASE)
JUDGEMENTS = (
    "tone sentiment mood category topic priority urgency kind class language severity genre intent emotion stance label"
)
# With such a word the field is no number, day or hour: "sender name", "delivery time".
OTHERWISE = bag("author customer person sender recipient attendees responsible shipping") - {"customer"}
NAMING, JUDGING = (frozenset(word.rstrip("s") for word in words.split()) for words in (NAMES, JUDGEMENTS))


# What the value of a field is by its name: notions of the name -> kinds of candidates that may be one.
WANTS: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(notions.split()), frozenset(kinds.split()))
    for notions, kinds in (
        ("email", "email"),
        ("phone fax", "phone"),
        ("url referrer", "url"),
        ("timestamp", "stamp"),
        ("date due birth died", "date day stamp span"),
        ("return", "date day stamp time span"),
        ("notice", "term"),
        ("plate", "code"),
        ("time", "time"),
        ("path", "path"),
        ("currency", "currency"),
        ("iban vat_id tracking isbn doi version number", "code number phone version"),
    )
)
OF_FORMAT = {  # the kinds of candidates that may be of a format
    "email": "email", "idn-email": "email", "uri": "url", "iri": "url", "uri-reference": "url", "time": "time",
    "date-time": "stamp",
}  # fmt: skip
ADDRESSES = bag("email phone fax url")  # whoever's it is: "contact_email"
CALLED, DATED = bag("name place city country person address"), bag("birth died date")
KINDRED = bag("email phone url time date timestamp currency path")  # what a description of one word may say
NO_DAY = bag("place name city country address cause birthplace")
CODED = bag("order invoice receipt customer user")  # what has a number, and may be asked for without the word
ITEMISED = bag("tasks decision problem steps ingredients topic benefits bug")
NATURES = {
    "person": (
        "person sender author reporter recipient responsible customer attendees mayor president director"
        " founder deputy"
        " doctor patient passenger landlord tenant holder spokesperson referee spouse teacher driver candidate lender"
        " borrower chair minute_taker interviewer player architect children speaker case_officer"
    ),
    "organisation": "company vendor store brand publisher insurance association",
    "place": "city country place",
    "address": "address street site_address",
    "title": "title subject job",
}
NATURE = {notion: nature for nature, notions in NATURES.items() for notion in notions.split()}
# Which kinds of names (`known_names.txt`) a field takes that asks for one: words and notions of its name -> kinds.
LIKE: tuple[tuple[frozenset[str], frozenset[str]], ...] = tuple(
    (frozenset(words.split()), frozenset(kinds.split()))
    for words, kinds in (
        ("customer recipient sender author client member participant artist contact holder", "person organisation"),
        (f"{NATURES['person']} people person writer composer actor speaker player victim", "person"),
        ("city country place location region state province", "place"),
        (
            "company store publisher organisation organization corporation group team band club agency affiliation"
            " institution",
            "organisation",
        ),
        ("creative work book film movie song album", "work"),
        ("product device", "product"),
        ("event", "event"),
    )
)


@dataclass(frozen=True, slots=True)
class Field:
    """
    A place of a schema that a text ("text"), a number ("number"), a day ("date"), yes or no ("flag") or one of some
    values ("choice") goes into.
    """

    key: Key
    label: str  # its name in words, and how it is described
    words: frozenset[str]  # of its name, without a plural's s
    kind: str
    nullable: bool
    beside: int  # fields of one object have the same
    phrase: bool  # described at length: a value may be a phrase
    values: tuple[str, ...] = ()
    listed: bool = False  # whether it is the elements of a list
    units: frozenset[str] = frozenset()  # what the words of its name mean
    whole: bool = False  # of numbers: whether only whole ones fit
    element: bool = False  # whether its object is an element of a list
    parent: frozenset[str] = frozenset()  # what the words of that list's name mean
    owner: frozenset[str] = frozenset()  # of a field of a single object: what the words of the object's name mean
    bounds: tuple[float, float] | None = None  # of a number that is described as from "1 to 5"
    formed: Mapping[str, JSON] = field(
        default_factory=dict, compare=False
    )  # its schema, if that says how it is written

    @property
    def digits(self) -> frozenset[str]:
        """The numbers in its name, which are no values: "temperature_2000m"."""
        return frozenset(re.findall(r"\d+", self.key[1]))

    @property
    def clock(self) -> bool:
        """Whether it takes an hour as "14:30", the type `time` of fields in short."""
        return self.formed.get("pattern") == CLOCK

    @property
    def wants(self) -> frozenset[str]:
        """The kinds of candidates that its value can only be; empty if it may be anything."""
        if self.clock:
            return bag("time")
        if self.formed:
            return bag(OF_FORMAT.get(str(self.formed.get("format")), ""))
        if self.kind == "text" and HOUR.match(self.label.partition(". ")[2]):
            return bag("time")
        if self.kind == "text":
            head = units(in_words(self.key[1]).partition(" of ")[0].rpartition(" ")[2])
            if head & ADDRESSES:
                return next(kinds for notions, kinds in WANTS if head & ADDRESSES & notions)
            if head & CALLED and self.units & DATED:
                return frozenset()  # "birth_name", "place_of_death"
            for notions, kinds in WANTS:
                if self.units & notions and not (self.units - notions) & OTHERWISE:
                    if "term" in kinds and "number" in self.units:
                        continue  # "notice_number"
                    if "date" in kinds and self.units & NO_DAY and "date" not in self.units:
                        continue  # "place_of_death", "birth_name"
                    return kinds
            if self.units and self.units <= CODED - {"customer", "user"}:
                return WANTS[-1][1]
        return frozenset()

    @property
    def nature(self) -> str:
        """What a name that it asks for is of: a person, an organisation, a place; "" if nobody knows."""
        return next((NATURE[notion] for notion in NATURE if notion in self.units), "")

    @property
    def like(self) -> frozenset[str]:
        """The kinds of names that it takes; empty if any, or if it asks for none."""
        asked = self.units | self.words
        return next((kinds for words, kinds in LIKE if asked & words), frozenset()) if self.naming else frozenset()

    @property
    def naming(self) -> bool:
        """Whether it asks for a name, which no meaning tells from another."""
        return bool(self.words & NAMING or self.nature in ("person", "organisation", "place")) and not self.wants

    @property
    def itemised(self) -> bool:
        """Whether it asks for a list of what is said in words of its own, which no nearness tells: "decisions"."""
        return self.listed and bool(self.units & ITEMISED)

    @property
    def summing(self) -> bool:
        """Whether it asks what the whole text says, in a sentence of it."""
        solid = any(word in self.key[1] for word in SUMMARIES if not word.isascii())
        return self.kind == "text" and (bool(self.words & SUMMARIES) or solid)

    @property
    def judged(self) -> bool:
        """Whether it asks what to think of the whole text, which need not say so anywhere."""
        return bool(self.words & JUDGING)


def fields_of(schema: JSON) -> Iterator[Field]:
    """The fields of a schema, each object's once."""
    yield from _fields(schema, schema, "", "", 0, set())


def _fields(
    node: JSON,
    root: JSON,
    name: str,
    about: str,
    beside: int,
    seen: set[int],
    listed: bool = False,
    within: bool = False,
    parent: str = "",
    siblings: tuple[str, ...] = (),
    owner: str = "",
) -> Iterator[Field]:
    node = resolved(node, root, "#")
    if not isinstance(node, Mapping):
        return
    properties = node.get("properties")
    if isinstance(properties, Mapping):
        if id(node) not in seen:
            seen.add(id(node))
            for key, part in properties.items():
                told = resolved(part, root, "#")
                said = str(told.get("description", "")) if isinstance(told, Mapping) else ""
                around = tuple(map(str, properties))
                above, owned = (name, "") if listed else ("", name)
                yield from _fields(
                    part,
                    root,
                    str(key),
                    said,
                    id(node),
                    seen,
                    within=listed,
                    parent=above,
                    siblings=around,
                    owner=owned,
                )
    elif "items" in node:
        yield from _fields(node["items"], root, name, about, beside, seen, listed=True)
    elif name and (kind := _kind(node)):
        words = in_words(name)
        enum = node["enum"] if isinstance(node.get("enum"), list) else []
        alone = units(about) if len(about.split()) == 1 else frozenset()
        yield Field(
            (id(node), name),
            f"{words}. {about}" if about else words,
            frozenset(word.rstrip("s") for word in words.split()),
            kind,
            "null" in types_of(node) or None in enum,
            beside,
            kind == "text"
            and (SENTENCE.search(about) is not None or _told(name, listed, within) or _worded(name, about)),
            tuple(value for value in enum if isinstance(value, str)),
            listed,
            asked(name, kind, siblings) | (alone & KINDRED),
            "number" not in types_of(node),
            within,
            units(parent),
            units(owner) - RANGED,
            _bounds(about) if kind == "number" else None,
            node if kind == "text" and {"pattern", "format"} & set(node) else {},
        )


def _told(name: str, listed: bool, within: bool) -> bool:
    """Whether a field asks for what only a sentence says: "problem", "main_finding"."""
    meant = units(name)
    return not (listed or within) and bool(meant & SENTENCES) and not meant & bag("number code name date title")


def _worded(name: str, about: str) -> bool:
    """Whether a description at length asks for a phrase: the name asks for nothing that has a form of its own."""
    short = SHORT.match(about) or NUMBERED.search(about)
    return len(about.split()) >= PHRASE and not ((units(name) & all_notions()) - SAYING or short)


def _bounds(about: str) -> tuple[float, float] | None:
    """The ends of "1 to 5", where a description begins so."""
    ends = BOUNDED.match(about)
    return (float(ends[1]), float(ends[2])) if ends and float(ends[1]) < float(ends[2]) else None


def asked(name: str, kind: str, beside: Iterable[str] = ()) -> frozenset[str]:
    """
    What a field's name asks for; "reply_by", of a date, asks until when; "cooking_min" is of minutes, but beside
    "cooking_max"; "from" beside an employer is a time.
    """
    if " " in in_words(name) and is_phrase(in_words(name)):
        return units(name)
    if in_words(name) in BEGUN | ENDED and any(units(one) & SPENT for one in beside):
        return bag("start") if in_words(name) in BEGUN else bag("end")
    ranged = any(in_words(one).endswith(" max") for one in beside)
    if kind == "number" and in_words(name).endswith(" min") and not ranged:
        return units(name[: -len("min")]) | {"minute"}
    if kind == "number" and in_words(name).rpartition(" ")[2] in MEASURES and " " in in_words(name):
        return units(in_words(name).rpartition(" ")[0])  # "height_mm"
    until = kind == "date" and in_words(name).rpartition(" ")[2] in UNTIL
    if until:
        return bag("due date")
    head, _, owner = in_words(name).partition(" of ")
    known = units(name) - units(head) - units(owner)  # "man_of_the_match" means something by itself
    if owner and units(head) - GENERIC and not known:  # "ceo_of_buyer"; not "date_of_birth"
        return units(head)
    return _dated(name) if kind == "text" else units(name)


def _dated(name: str) -> frozenset[str]:
    """What a text is asked by its name; "closed_from", "lent_on", "reply_by", "announced" ask for a day."""
    words = in_words(name).split() or [""]  # "--" is a name, too
    rest, last = " ".join(words[:-1]), words[-1]
    meant = units(name)
    if len(words) == 1:
        return meant | {"date"} if last in EVENTS else meant
    if last in FROM:
        return units(rest) | bag("start date") if not units(rest) & PLACED else meant
    if last in ("between", "during"):
        return units(rest) | {"date"}
    if last in UNTIL and not (last == "by" and rest.endswith(("ed", "en", "wn"))):
        return units(rest) | bag("due date") if last in ("by", "bis") else units(rest) | bag("end date")
    return units(rest) | {"date"} if last == "on" and rest in EVENTS else meant


def _kind(node: Mapping[str, JSON]) -> str:
    if isinstance(node.get("enum"), list):
        return "choice"
    if {"integer", "number"} & types_of(node):
        return "number"
    if "boolean" in types_of(node):
        return "flag"
    if "string" not in types_of(node) or {"const", "x-verbatim"} & set(node):
        return ""
    return "date" if node.get("format") == "date" and "pattern" not in node else "text"


def in_words(name: str) -> str:
    """A name as words: "paid_eur" is "paid eur", "eatType" is "eat type"."""
    return " ".join(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", re.sub(r"[\W_]+", " ", name)).split()).lower()
