"""
Numbers that a sentence says in words of its own: how many of what is asked for, how old, in which year something was
built, how large a home is, of which year a wine is; between how many and how many.

    Four scholarships of £6,500    für 36 Monate    he's 4    stone house of 1868    164 sq m in all    six to 14 people

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag.extract.fields import Field, in_words
from rag.extract.figures import Figures, wanted
from rag.extract.flags import unaccented
from rag.extract.lexicon import bag, units
from rag.extract.telling import Told
from rag.extract.worded import NUMBER, ONES, WORD, number_of

AGE, YEARS = bag("age alter âge edad età leeftijd alder"), bag("years year jahre ans años anni jaar yrs")
AGED = re.compile(
    rf"(?:\b(?:he|she|it|who)(?:['’]s|\sis|\swas)\s(?:now\s|just\s|about\s|only\s)?(?P<a>\d{{1,3}}|{WORD})"
    r"(?=[,.;!]|\sand\s|\syears?\b|\Z)"
    rf"|(?<![\w.,-])(?P<b>\d{{1,3}}|{WORD}|{ONES.replace(' ', '|')})[ -](?:years?|yrs?|Jahren?|ans|años|anni|anno"
    rf"|jaar|jaren)[ -]"
    r"(?:old|of age|alt|d'âge|de edad|di età|oud|jong)"
    rf"|\b(?:mit|Mit)\s(?:ihren|seinen)\s(?P<c>\d{{1,2}}|{WORD})\sJahren"
    rf"|\b(?:à|a los|con i suoi|aged|dead at|alter von|edad de|età di|leeftijd van|âgée? de"
    rf"|the age of)\s(?P<d>\d{{1,3}}|{WORD})"
    r"\s?(?:ans|años|anni|jaar|Jahren)?(?![\w%]|[.,]\d))",
    re.IGNORECASE,
)
BUILT = bag("built construction constructed erected baujahr construit construido costruzione bouwjaar gebouwd")
HOMES = (
    r"house|home|building|villa|cottage|farmhouse|flat|property|apartment|barn|mansion|terrace|haus|gebäude|altbau"
    r"|neubau"
    r"|wohnung|bau|immeuble|maison|bâtiment|résidence|bâtisse|casa|edificio|chalet|piso|vivienda|finca|palazzo"
    r"|palazzina"
    r"|appartamento|woning|bovenwoning|huis|pand|appartement|boerderij|flatgebouw|\w{3,20}haus|\w{3,20}woning"
)
BUILT_IN = re.compile(
    r"(?<!\w)(?:(?:built|erected|constructed|completed|dating|dates|erbaut|errichtet|gebaut|baujahr|construite?|bâtie?"
    r"|édifiée?|construid[oa]s?|edificad[oa]|construcción|costruit[oa]|costruzione|edificat[oa]|gebouwd|bouwjaar)"
    rf"(?:\s(?:in|around|about|circa|c\.|from|back|to|im|jahr|jahre|um|en|vers|el|año|de|nel|verso|rond|omstreeks"
    rf"|uit)){{0,3}}"
    rf"|(?:{HOMES})\s(?:of|from|von|aus(?:\sdem\sjahre?)?|de|du|del|uit|van|d'environ|di|dating from))\W{{0,3}}"
    r"(?P<year>1[5-9]\d\d|20\d\d)(?![\d/.,-]*\d|\s?(?:m²|€|euros?|sq))",
    re.IGNORECASE,
)
HOME = re.compile(
    rf"(?<!\w)(?:{HOMES}|in all|in total|wohnfläche|living (?:area|space)|floor ?(?:area|space)|surface habitable"
    rf"|superficie"
    r"|construid[oa]s|útiles|oppervlakte|woonoppervlakte|gebruiksoppervlakte|abitabile|abitabili|accommodation)(?!\w)",
    re.IGNORECASE,
)
LAND = re.compile(
    r"(?<!\w)(?:plot|garden|grounds?|land|grundstück\w*|garten|terrain|parcelle|jardin|parcela|jardín|terreno"
    r"|giardino|lotto"
    r"|perceel|tuin|grond)(?!\w)",
    re.IGNORECASE,
)
ROOM = re.compile(
    r"(?<!\w)(?:living room|kitchen|bedroom|balcony|terrace|garage|cellar|séjour|salon|cuisine|chambre|balcon"
    r"|terrasse|küche"
    r"|wohnzimmer|zimmer|balkon|keller|salón|cocina|dormitorio|terraza|soggiorno|cucina|camera|woonkamer|keuken"
    r"|slaapkamer)"
    r"(?!\w)",
    re.IGNORECASE,
)
AREA, PLOT = bag("living_area area surface floor superficie oppervlakte wohnfläche"), bag("plot land grundstück parcel")
SAID_YEAR = re.compile(r"(?<![\w/.-])(?:19|20)\d\d(?![\w/-]|[.,]\d)")
HEAD_LINES, NEAR, BEHIND = 6, 60, 15  # lines of a head; characters to what a number is of; more of one behind it
BOTH = re.compile(
    rf"(?<![\w.,/€$£-])(?P<low>{NUMBER})\s?(?:-|–|—|to|bis(?: zu)?|à|a|y|e|and|et|und"
    rf"|tot(?: en met)?)\s?(?P<high>{NUMBER})"
    r"(?:[ -](?P<of>[^\W\d_]+))?",
    re.IGNORECASE,
)
ENDS = re.compile(
    rf"(?<!\w)(?:(?P<most>at most|no more than|not more than|up to|max\.?|maximum(?: of)?|limited to|under|höchstens"
    rf"|maximal"
    r"|bis zu|bis|nicht älter als|maximum de|au plus|au maximum|jusqu'à|moins de|como máximo|máximo(?: de)?|hasta"
    r"|menores de"
    r"|al massimo|massimo|fino a|maximaal|hoogstens|ten hoogste)"
    r"|(?P<least>at least|no fewer than|minimum(?: of)?|min\.?|from|over|mindestens|wenigstens|ab|au moins|minimum de"
    r"|à partir de|al menos|mínimo(?: de)?|mayores de|a partir de|almeno|minimo|minstens|minimaal|ten minste|vanaf))"
    rf"\s(?:the age of\s)?(?P<n>{NUMBER})(?:\s(?P<of>[^\W\d_]+))?(?:\s(?P<more>[^\W\d_]+))?",
    re.IGNORECASE,
)
LIMIT = re.compile(
    r"(?<!\w)(?:age limit|age|altersgrenze|alter|limite d'âge|âge|edad|età|leeftijd)\W{0,3}\s?"
    r"(?:(?:limit|max(?:imum|imal|\.)?|bis|up to|under|moins de|hasta|massim[oa]"
    r"|maximaal)\W{0,3}\s?)+(?P<n>\d{2})(?!\d)",
    re.IGNORECASE,
)
LOW, HIGH = bag("min minimum least lowest"), bag("max maximum most highest")
PEOPLE = bag(
    "occupants participants people persons guests group members players seats visitors attendees teilnehmer personen"
    " gäste"
    " participants personnes participantes personas partecipanti persone deelnemers personen occupancy capacity"
)
SAYING_PEOPLE = re.compile(
    r"(?:people|persons?|participants?|guests?|members?|players?|visitors?|teilnehm\w+|person\w*|gäste|personnes?"
    r"|participant\w*"
    r"|personas?|plazas|partecipanti|persone|deelnemers?|personen|kinder|children|adults?)\Z",
    re.IGNORECASE,
)
SAYING_YEARS = re.compile(r"(?:years?|yrs?|jahren?|ans|años|anni|jaar|jaren)\Z", re.IGNORECASE)
PLAIN = bag("number count of total how many int amount quantity anzahl nombre número numero aantal given available no")
ADJECTIVES = 2  # words between a number and what is counted


def spoken(text: str, one: Field, figures: Figures) -> Told | None:
    """What a sentence says of a number; None where it says nothing."""
    if one.kind != "number" or one.element or one.listed:
        return None
    name = set(in_words(one.key[1]).split())
    for way in (_aged, _bounded, _built, _sized, _vintage, _until, _proof, _lasting, _counted):
        if (told := way(text, one, name, figures)) is not None:
            return told
    return None


def _whole(value: int | None, match: re.Match[str], group: str) -> Told | None:
    return None if value is None else Told(value, *match.span(group), "sentence")


def _aged(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    if not name & AGE or not name <= AGE | YEARS | {"in"}:
        return None
    for match in AGED.finditer(text):
        group = next(group for group in "abcd" if match[group])
        value = number_of(match[group])
        if value is not None and 0 < value < 120:
            return _whole(value, match, group)
    return None


def _bounded(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    """The least or the most of people or of years of age: "Grupos de seis a catorce personas"."""
    ends = name & (LOW | HIGH)
    rest = name - LOW - HIGH - PLAIN - YEARS
    way = SAYING_YEARS if rest & AGE else SAYING_PEOPLE if rest & PEOPLE else None
    if not ends or way is None:
        return None
    low = bool(name & LOW)
    for match in BOTH.finditer(text):
        if way.match(match["of"] or ""):
            group = "low" if low else "high"
            return _whole(number_of(match[group]), match, group)
    for match in ENDS.finditer(text):
        if bool(match["least"]) == low and (way.match(match["of"] or "") or way.match(match["more"] or "")):
            return _whole(number_of(match["n"]), match, "n")
    return (
        Told(None, -1, -1, "sentence")
        if rest & AGE and one.nullable and not figures.matches.said.get(one.key)
        else None
    )


def _built(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    if not name & BUILT or not name <= BUILT | bag("year in of jahr année año anno jaar"):
        return None
    match = BUILT_IN.search(text)
    return Told(int(match["year"]), *match.span("year"), "sentence") if match else None


def _sized(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    """Of several areas that of the home, or that of the land: by the nearest noun before or behind it."""
    unit = wanted(one)
    if unit is None or not unit.family.startswith("area"):
        return None
    ways = [LAND, HOME] if name & PLOT else [HOME, LAND] if name & AREA else []
    for figure in figures.fitting(one) if ways else ():
        near = {way: _nearest(text, way, figure.one.start, figure.one.end) for way in (HOME, LAND, ROOM)}
        if near[ways[0]] < min(near[ways[1]], near[ROOM], NEAR):
            return Told(figure.value, figure.one.start, figure.one.end, "sentence", figure.converted)
    return None


def _nearest(text: str, way: re.Pattern[str], start: int, end: int) -> int:
    """How far the nearest word is from a number, in its sentence; one behind it only if nothing is between."""
    before = re.split(r"[.;!?]\s|\n", text[max(0, start - NEAR) : start])[-1]
    after = re.split(r"[.;,!?]\s|\n", text[end : end + 30])[0]
    far = [len(before) - match.end() for match in way.finditer(before)]
    far += [match.start() + BEHIND for match in way.finditer(after)]
    return min(far, default=NEAR)


def _vintage(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    """The year at the end of a line of the head, or of the first part of its first sentence."""
    if "vintage" not in one.units or name - bag("vintage year jahrgang millésime añada annata"):
        return None
    for line in [match[0] for match in re.finditer(r"[^\n]+", text)][:HEAD_LINES]:
        first = re.split(r"[.!?]\s", line)[0]
        years = list(SAID_YEAR.finditer(first))
        if (
            len(years) == 1
            and not re.search(r"\d", first[: years[0].start()])
            and not first[years[0].end() :].strip(" *_.)")
        ):
            start = text.index(line) + years[0].start()
            return Told(int(years[0][0]), start, start + 4, "sentence")
    return None


def _until(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    """The year until which: "drink now to 2030"."""
    if not one.whole or not {"until", "till", "by", "bis", "hasta", "jusqu"} & name or name & YEARS - {"year", "jahr"}:
        return None
    found = list(UNTIL_YEAR.finditer(text)) if "year" in one.label or "drink" in name else []
    return Told(int(found[0]["year"]), *found[0].span("year"), "sentence") if len(found) == 1 else None


UNTIL_YEAR = re.compile(
    r"(?<!\w)(?:to|until|till|through|by|before|bis(?: ins jahr)?|jusqu['’]en|hasta|fino al"
    r"|tot)\s(?P<year>20\d\d)(?![\d/-])",
    re.IGNORECASE,
)


def _proof(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    """So many of a hundred of alcohol."""
    if not name & bag("alcohol abv alkohol alcool alcol"):
        return None
    match = PROOF.search(text)
    group = next((group for group in "ab" if match and match[group]), "")
    if match is None or not group:
        return None
    value = float(match[group].replace(",", "."))
    return Told(int(value) if value.is_integer() else value, *match.span(group), "sentence")


PROOF = re.compile(
    r"(?<![\d.,])(?P<a>\d{1,2}(?:[.,]\d{1,2})?)\s?%\s?(?:vol|alc|abv|alk|alcohol|alcool)"
    r"|(?:alc(?:ohol)?|alkohol|alcool|abv)\W{0,4}(?P<b>\d{1,2}(?:[.,]\d{1,2})?)\s?%",
    re.IGNORECASE,
)
SCORE = re.compile(
    r"(?:CVSS|base\s?score|basis-?(?:wert|score))(?:[\s|*-]*v?\d\.\d(?=[\s:|)]))?[^\d\n]{0,30}(?P<n>10(?:[.,]0)?"
    r"|\d[.,]\d)(?![\d/]|[.,]\d)",
    re.IGNORECASE,
)


def formal(text: str, one: Field, figures: Figures) -> Told | None:
    """The score of a weakness, what an account held, the year in a signature: whatever a label says beside them."""
    if one.kind != "number" or one.element or one.listed:
        return None
    name = set(in_words(one.key[1]).split())
    for way in (_scored, _balance, _dated):
        if (told := way(text, one, name, figures)) is not None:
            return told
    return None


def _dated(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    """The year with which a work is signed: "signed and dated 'W. Ash 1912'"."""
    match = DATED.search(text) if name <= bag("year made painted") and "year" in name else None
    return Told(int(match["year"]), *match.span("year"), "sentence") if match else None


DATED = re.compile(
    r"(?<!\w)(?:dated|datiert|datée?|fechad[oa]|datat[oa]|gedateerd|dat\.)[^.;\n\d]{0,40}?(?P<year>1[4-9]\d\d"
    r"|20\d\d)(?![\d/-])",
    re.IGNORECASE,
)


def _scored(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    """The score of a weakness, not the version of its scale: "CVSS v3.1: 8.8"; null where none is said."""
    about = name | set().union(*(word.split("_") for word in one.owner))
    if not {"cvss"} & about or not name <= bag("cvss score base value rating"):
        return None
    match = next((one for one in SCORE.finditer(text) if not re.match(r"[\s:|]+\d", text[one.end("n") :])), None)
    if match is None:
        return Told(None, -1, -1, "sentence") if one.nullable else None
    value = float(match["n"].replace(",", "."))
    return Told(int(value) if value.is_integer() and not one.kind else value, *match.span("n"), "sentence")


def _balance(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    """What an account held before and after: "started the quarter with $5,310.22 and ended it with $5,844.90"."""
    side = next((side for side in ("opening", "closing") if f"{side}_balance" in one.units), "")
    match = BALANCES[side].search(text) if side else None
    if match is None:
        return None
    figure = next(
        (figure for figure in figures.fitting(one) if figure.one.start <= match.start("n") < figure.one.end), None
    )
    return Told(figure.value, figure.one.start, figure.one.end, "sentence") if figure else None


BALANCES = {
    side: re.compile(rf"(?:{said})[^\n;]{{0,90}}?(?<![\d.,/])(?P<n>\d[\d.,'’ ]*[.,]\d\d)(?!\d|[.,]\d)", re.IGNORECASE)
    for side, said in {
        "opening": r"(?<!\w)(?:started|opened|began)\s[^\n.;]{0,30}?\bwith|brought forward|(?:opening|previous"
        "|beginning|starting) balance"
        r"|alter (?:konto)?stand|anfangs(?:stand|saldo|bestand)|ancien solde|solde (?:initial|précédent)"
        r"|saldo (?:anterior|inicial"
        r"|iniziale|precedente)|(?:begin|oud|vorig) ?saldo",
        "closing": r"(?<!\w)(?:ended|closed|finished)\s[^\n.;]{0,30}?\bwith|carried forward|(?:closing|new|ending"
        "|final) balance"
        r"|neuer (?:konto)?stand|end(?:stand|saldo|bestand)|nouveau solde|solde final|saldo (?:final|nuevo|finale)"
        r"|(?:eind"
        r"|nieuw) ?saldo",
    }.items()
}


def _lasting(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    """How long something lasts: the only time in the very unit that the name asks for; of a stay, the one beside it."""
    unit = wanted(one)
    if unit is None or unit.family not in ("days", "months", "time") or name & AGE:
        return None
    found = list(_times(text, one, figures))
    stay = name & bag("hospital stay krankenhaus klinik séjour hospitalisation ingreso hospital ricovero")
    if stay:
        found = [told for told in found if STAY.search(text, max(0, told.start - NEAR), told.end + 20)]
    values = {told.value for told in found}
    return found[0] if len(values) == 1 else None


STAY = re.compile(
    r"(?<!\w)(?:discharged|hospital\w*|in-?patient|stay(?:ed)?|entlassen|stationär\w*|aufenthalt\w*|klinik\w*|quitte"
    r"|sortie?"
    r"|service|hospitalisée?|séjour|alta|ingres\w+|dimess\w+|ricover\w+|degenza|ontslagen|opname|opgenomen)(?!\w)",
    re.IGNORECASE,
)


def _times(text: str, one: Field, figures: Figures) -> Iterator[Told]:
    words = {key for key, way in SPANS.items() if any(map(way.fullmatch, in_words(one.key[1]).split()))}
    for match in SPANNED.finditer(text):
        if words & {key for key, way in SPANS.items() if way.fullmatch(match["of"])}:
            value = number_of(match["n"])
            if value is not None:
                yield Told(value, *match.span("n"), "sentence")


_SPANS = {
    "day": r"(?:days?|tagen?|jours?|días?|giorn[oi]|dag(?:en)?)",
    "week": r"(?:weeks?|wochen?|semaines?|semanas?|settiman[ae]|we(?:ek|ken))",
    "month": r"(?:months?|monaten?|mois|mes(?:es)?|mes[ei]|maand(?:en)?)",
    "hour": r"(?:hours?|stunden?|heures?|horas?|or[ae]|uur|uren)",
    "minute": r"(?:minutes?|minuten?|minutos?|minut[oi]|minuut)",
    "night": r"(?:nights?|nächten?|nuits?|nuitées?|noches?|nott[ei]|nachten?|übernachtungen)",
}
SPANS = {name: re.compile(way, re.IGNORECASE) for name, way in _SPANS.items()}
SPANNED = re.compile(rf"(?<![\w.,/–-])(?P<n>{NUMBER})[ -](?P<of>[^\W\d_]{{3,14}})(?!\w)", re.IGNORECASE)


def _counted(text: str, one: Field, name: set[str], figures: Figures) -> Told | None:
    """How many of what is asked for: a number, a word or two, and the noun of the field in any language."""
    rest = frozenset().union(*(units(word) for word in name - PLAIN)) if name - PLAIN else frozenset()
    unit = wanted(one)
    if unit is not None or not one.whole or not rest or len(name - PLAIN) > 1 or rest & UNCOUNTED:
        return None
    found = list(_before_nouns(text, rest))
    return found[0] if len({told.value for told in found}) == 1 else None


UNCOUNTED = bag("year age number code price amount score rating total percent level floor rank version lot date id")
COUNTED = re.compile(rf"(?<![\w.,/€$£:–-])(?P<n>{NUMBER})(?![.,]?\d)[ -]", re.IGNORECASE)
FOLLOWING = re.compile(r"[ -]?(?P<word>[^\W\d_][\w'’-]*)")


def _before_nouns(text: str, rest: frozenset[str]) -> Iterator[Told]:
    for match in COUNTED.finditer(text):
        at = match.end()
        for _ in range(ADJECTIVES + 1):
            word = FOLLOWING.match(text, at)
            if word is None:
                break
            if _is_of(word["word"], rest):
                yield Told(number_of(match["n"]), *match.span("n"), "sentence")
                break
            if word["word"].lower() in BREAKING or units(word["word"]) & UNITED:
                break
            at = word.end()


BREAKING = bag(
    "of per and or to for in on at with from der die das und oder von pro mit de du des et ou la le les y o e a van en"
)
UNITED = bag("day week month year hour minute days weeks months years hours minutes price euro dollar pound percent")


def _is_of(word: str, rest: frozenset[str]) -> bool:
    """Whether a noun is what is asked for: by what it means, or by its beginning."""
    plain = unaccented(word).casefold()
    return bool(units(word) & rest) or any(len(one) > 4 and plain.startswith(unaccented(one)[:-1]) for one in rest)


__all__ = ["formal", "spoken"]
