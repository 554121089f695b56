"""
Journeys: from where, to where, on which day and when one goes; of the way out, unless a field asks for the way back.

    Outbound  Fri 4 July 2025   Dublin (DUB) 07:15 → Oslo (OSL) 10:40      Leipzig Hbf ab 08:31 / Dresden Hbf an 09:44

Rules only; a text without a leg says nothing of this. Nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag.extract.candidates import Candidate
from rag.extract.fields import Field, in_words
from rag.extract.letters import head_end
from rag.extract.lexicon import bag
from rag.extract.shapes import MONTHS, SEASONS, WEEKDAYS
from rag.extract.telling import Told

W = r"(?!\w*\d)(?![A-Z]{3}(?!\w))[A-ZÀ-Þ][\w.'’/-]*"
PLACE = rf"{W}(?:[ ](?:(?:am|an der|de|la|le|del|St\.)[ ])?{W}){{0,3}}"
CODE = r"(?:\s\([A-Z]{3}\)|\s[A-Z]{3}(?=\s))?"
T = r"\d{1,2}(?:[:.h]|\sh\s)\d\d(?:\s?(?:[ap]\.?m\.?|Uhr)\b)?"
TO = r"\s*(?:→|->|=>|–|—|\s-\s|\b(?:to|nach|à|a|naar|arr(?:ives?|\.)?|an)\b)\s*"
DEP = r"(?:Dep(?:art(?:s|ure|ing)?)?|Abfahrt|Abflug|ab|Départ|Salida|Partenza|Vertrek)\b\.?"
ARR = r"(?:Arr(?:iv(?:es?|al|ing))?|Ankunft|an|Arrivée|Llegada|Arrivo|Aankomst)\b\.?"
LEGS = [
    re.compile(form)
    for form in (
        rf"(?P<from>{PLACE}){CODE}[,\s]+(?:(?:dep\.?|ab|dép\.?|at|um)\s)?(?P<dep>{T}){TO}"
        rf"(?P<to>{PLACE}){CODE}[,\s]+(?:(?:arr\.?|an|at|um)\s)?(?P<arr>{T})",
        rf"\b(?:ab|[Dd]ep\.?|[Dd]eparts?|[Ff]rom|von|[Dd]ép\.?)\s(?P<from>{PLACE}){CODE},?\s+(?:at\s|um\s)?(?P<dep>{T})"
        rf"[\s,;–-]*(?:an|[Aa]rr\.?|[Aa]rrives?|to|nach)\s(?P<to>{PLACE}){CODE},?\s+(?:at\s|um\s)?(?P<arr>{T})",
        rf"(?P<dep>{T})\s+(?P<from>{PLACE}){CODE}\s*(?:→|->|–|-|,|\n)\s*(?P<arr>{T})\s+(?P<to>{PLACE})",
        rf"(?P<from>{PLACE}){CODE}\s*(?:→|->|–|-|to|nach|à)\s*(?P<to>{PLACE}){CODE}[,\s:|]+(?:\w+\s){{0,2}}"
        rf"(?P<dep>{T})\s*(?:–|-|→|to|bis)\s*(?P<arr>{T})",
        rf"(?P<from>{PLACE})\s+(?:ab|dep\.?|dép\.?)\s(?P<dep>{T})[^\n]*\n\s*(?P<to>{PLACE})\s+(?:an"
        rf"|arr\.?)\s(?P<arr>{T})",
        rf"{DEP}\s?:?\s+(?P<from>{PLACE}){CODE}[^\n]{{0,30}}?(?P<dep>{T})[^\n]*\n(?:[^\n]*\n)?[ \t*|-]*"
        rf"{ARR}\s?:?\s+(?P<to>{PLACE}){CODE}"
        rf"[^\n]{{0,30}}?(?P<arr>{T})",
        rf"{DEP}\s?:?\s+(?P<dep>{T})[ ,]+(?P<from>{PLACE})[^\n]*\n(?:[^\n]*\n)?[ \t*|-]*"
        rf"{ARR}\s?:?\s+(?P<arr>{T})[ ,]+(?P<to>{PLACE})",
        rf"\|\s*(?P<from>[^|\d]{{2,40}}?)\s*\|\s*(?P<dep>{T})\s*\|\s*(?P<to>[^|\d]{{2,40}}?)\s*\|\s*(?P<arr>{T})\s*\|",
    )
]
TOLD = re.compile(
    rf"\b(?:from|go|going|fly|flying|travel|sail|von|vom|aus|de|desde|da)\s(?P<from>{PLACE})\s(?:to|nach|à|a|naar"
    rf"|hasta)\s"
    rf"(?P<to>{PLACE})"
)
NAMED = r"(?!\w*\d)(?:St\.[ ])?[A-ZÀ-Þ][\w'’/-]*"
SPOT = rf"{NAMED}(?:[ ](?:(?:am|an der|de|du|des|la|le|del|de la|di|van|upon)[ ])?{NAMED}){{0,3}}"
ROUTES = [  # from where to where, where no hours say it
    re.compile(form)
    for form in (
        r"(?:^|\n|\|)[ \t*]*(?:Route|Strecke|Verbindung|Fahrt|Trajet|Parcours|Trayecto|Recorrido|Percorso|Tratta"
        rf"|Traject|Rit|Journey)[*]{{0,2}}\s*(?:[:|]|[ ]{{2,}})[ \t*]*"
        rf"(?P<from>{SPOT})\s*{TO}(?P<to>{SPOT})\s*(?=\||\n|\Z)",
        rf"\b(?:[Ff]rom|[Vv]on|[Aa]b|[Dd]epuis|[Dd]e|[Dd]esde|[Dd]al?|[Vv]an)\s(?P<from>{SPOT})\s(?:to|towards|nach"
        rf"|vers|à|a|hasta|hacia|al|naar)\s(?P<to>{SPOT})",
        rf"\b(?:[Bb]etween|[Zz]wischen|[Ee]ntre|[Tt]ra|[Ff]ra|[Tt]ussen)\s(?P<from>{SPOT})\s(?:and|und|et|y|e|en)\s"
        rf"(?P<to>{SPOT})",
    )
]
INTO = r"(?:(?:the|der|die|das|den|dem|het|de|le|la|les|el|los|il|lo)\s|l['’])?"
GOING = {  # where one goes: "will be visiting Arbeia Roman Fort", "fahren wir in den Naturzoo", "se rendra au Théâtre"
    r"visit(?:ing|s)?|(?:[Tt]rip|[Vv]isit|[Ee]xcursion|[Oo]uting|travel\w*|going|goes?|fly\w*|sail\w*|off) to": "",
    r"fahren|fährt|reisen|reist|wandern|fliegen|besuchen|gehen|[Aa]usflug|\w*[Ff]ahrt|\w*[Rr]eise": (
        r"nach|in den|in die|ins|zum|zur"
    ),
    r"rend(?:ra|ront|rons|ons|ent)|allons|irons|ira|part(?:irons|ons)|[Ss]ortie|[Vv]isite|[Vv]oyage|[Ee]xcursion": (
        r"au|aux|à la|à l['’]|à|du|de la|de l['’]"
    ),
    r"iremos|viajaremos|[Ee]xcursión|[Vv]isita|[Vv]iaje|[Ss]alida": "al|a",
    r"andremo|andrà|andranno|[Gg]ita|[Vv]isita|[Vv]iaggio|[Uu]scita": r"al|alla|all['’]|ad|a",
    r"gaan|gaat|reizen|[Uu]itstapje|[Ee]xcursie|[Rr]eis|[Bb]ezoek": "naar|aan",
}
VISITED = [
    re.compile(rf"\b(?:{goes})" + (rf"\b[^.;\n]{{0,60}}?\s(?:{to})\s?" if to else r"\s") + rf"{INTO}(?P<to>{SPOT})")
    for goes, to in GOING.items()
]
GOALS = bag("destination ziel zielort reiseziel destino destinazione bestemming")
NO_PLACE = re.compile(rf"{WEEKDAYS}|{MONTHS}|{SEASONS}")
WAY = bag("from to von nach de")  # names of fields that ask for a sender, too
LEAVING = re.compile(rf"\b(?:leav\w+|depart\w+|sail\w*|Abfahrt|ab|départ|salida)\b[^\n\d]{{0,15}}(?P<dep>{T})")
BACK = re.compile(
    r"\b(?:return(?:ing)?|inbound|(?:come|coming|way|fly|flying|travel) back|Rück(?:fahrt|flug|reise)|[Rr]etour"
    r"|[Vv]uelta|[Rr]itorno"
    r"|[Tt]erug(?:reis|vlucht)?|regreso)\b",
    re.IGNORECASE,
)
RETURN = bag("return inbound back rückfahrt rückflug rückreise retour vuelta ritorno")
FROM, GOAL = bag("from origin start von abfahrtsort startort de"), bag("to destination ziel zielort nach reiseziel")
LEAVES, ARRIVES = bag("departure departs depart dep leaves abfahrt abflug départ salida"), bag(
    "arrival arrives arrive arr ankunft arrivée llegada"
)  # fmt: skip
SPOTS = bag("place city airport station port town location point terminal harbour ort bahnhof flughafen")
HOURS, DAYS = bag("time hour at zeit uhrzeit heure hora"), bag("date day on datum fecha")
OUT = bag("departure travel outbound trip journey departs going abreise abfahrt hinfahrt flight out start reise")
FAR = 160  # characters between the day of a leg and its places
PAYING = bag("paid payment zahlungsart paiement pago pagamento")
BY = bag("with method by type mode means paid payment zahlungsart card")
PAID = re.compile(
    r"\b(?:Visa|Master ?[Cc]ard|Maestro|Amex|American Express|PayPal|Apple Pay|Google Pay|Klarna|Bizum|Twint|TWINT"
    r"|iDEAL|SEPA"
    r"|(?:debit|credit) card|[Kk]reditkarte|EC-Karte|[Gg]irocard|[Ll]astschrift|Überweisung|Vorkasse"
    r"|[Rr]echnung(?=\s*(?:\n|\Z|[,.]))"
    r"|carte (?:bancaire|bleue|de crédit)|virement|tarjeta(?: de (?:crédito|débito))?|transferencia|carta di credito"
    r"|bonifico"
    r"|creditcard|bank transfer|cash|efectivo|espèces|contanti)\b"
)
SEATS = re.compile(
    r"\b(?:[Ss]eats?|Sitzpl[aä]tze?|Pl[aä]tze?|[Aa]sientos?|[Pp]osti?|[Ss]toel(?:en)?|Sièges?)\s?:?\s"
    r"(?P<said>\d{1,3}(?:\s?[A-K](?!\w))?(?:(?:,\s?|\s(?:and|und|et|y|e|en"
    r"|&)\s)\d{1,3}(?:\s?[A-K](?!\w))?)*)(?![\w.,]*\d)"
)


@dataclass(frozen=True, slots=True)
class Leg:
    """Where a text says a leg's places and hours; `back` if it is one of the way back."""

    start: int
    places: dict[str, tuple[int, int]]
    back: bool


@lru_cache(maxsize=16)
def legs(text: str) -> list[Leg]:
    """The legs of a journey in their order: those with hours, else the first that a sentence tells."""
    found: dict[int, Leg] = {}
    for way in LEGS:
        for match in way.finditer(text):
            if not any(one.start <= match.start() <= one.places["arr"][1] for one in found.values()):
                found[match.start()] = Leg(
                    match.start(), {part: match.span(part) for part in ("from", "to", "dep", "arr")}, False
                )
    inside = [found[start] for start in sorted(found)]
    if not inside and (told := TOLD.search(text)) and BACK.search(text):
        places = {part: told.span(part) for part in ("from", "to")}
        if leaving := LEAVING.search(text, told.end(), told.end() + FAR):
            places["dep"] = leaving.span("dep")
        return [Leg(told.start(), places, False)]
    turned = BACK.search(text)
    at = turned.start() if turned else len(text)
    return [Leg(one.start, one.places, one.start > at and n > 0) for n, one in enumerate(inside)]


def trip_told(text: str, one: Field, days: Sequence[tuple[Candidate, str]]) -> Told | None:
    """What the legs of a journey say of a field."""
    words = set(in_words(one.key[1]).split())
    if one.element or one.listed or one.kind not in ("text", "date"):
        return None
    if one.kind == "text" and words & PAYING and words <= BY | {"of"}:
        paid = PAID.search(text)
        return Told(paid[0], *paid.span(), "sentence") if paid else None
    back = bool(words & RETURN)
    part = _part(words, one.kind)
    if not part:
        return None
    found = legs(text)
    if not found:
        if words <= GOALS:
            return _of_route(text, part) or _visited(text)
        return _of_route(text, part) if words - RETURN - WAY and not back else None
    if back and one.nullable and BACK.search(text) is None:
        return Told(None, -1, -1, "sentence")  # one way
    out = [leg for leg in found if not leg.back]
    home = [leg for leg in found if leg.back]
    if part == "date":
        return _day(text, days, home if back else out, back)
    way = home if back else out
    if not way:
        return None
    leg = way[-1] if part in ("to", "arr") else way[0]  # one may change on the way
    place = leg.places.get(part)
    return Told(text[slice(*place)], *place, "sentence") if place else None


def _of_route(text: str, part: str) -> Told | None:
    """An end of the way that a text speaks of, from where to where: "von Salzburg nach Hamburg"."""
    if part not in ("from", "to"):
        return None
    for form in ROUTES:
        for match in form.finditer(text):
            if not any(NO_PLACE.match(match[end]) for end in ("from", "to")):
                return Told(match[part], *match.span(part), "sentence")
    return None


def _visited(text: str) -> Told | None:
    """Where a text says that one goes."""
    starts = (head_end(text), 0)  # what a mail says before its subject
    found = (m for start in starts for way in VISITED for m in way.finditer(text, start) if not NO_PLACE.match(m["to"]))
    match = next(found, None)
    return Told(match["to"], *match.span("to"), "sentence") if match else None


def _part(words: set[str], kind: str) -> str:
    """Which part of a leg a field's name asks for."""
    bare = words - RETURN
    if kind == "date":
        return "date" if (words & RETURN and bare <= DAYS) or (bare & OUT and bare & DAYS) else ""
    if (bare & LEAVES and bare & HOURS) or bare == {"departs"}:
        return "dep"
    if (bare & ARRIVES and bare & HOURS) or bare == {"arrives"}:
        return "arr"
    if bare and bare <= FROM | SPOTS | LEAVES and bare & (FROM | LEAVES) and not bare <= LEAVES - {"departure"}:
        return "from"
    return "to" if bare and bare <= GOAL | SPOTS | ARRIVES and bare & (GOAL | ARRIVES) else ""


def _day(text: str, days: Sequence[tuple[Candidate, str]], way: Sequence[Leg], back: bool) -> Told | None:
    """The day of the first leg: in its line or before it; of the way back also behind the word for it."""
    if way:
        start = way[0].start
        line = text.find("\n", way[0].places["to"][1])
        line = line if line >= 0 else len(text)
        inside = [(day, iso) for day, iso in days if start <= day.start < line]
        before = [(day, iso) for day, iso in days if start - FAR <= day.start < start]
        for day, iso in [*before[-1:], *inside[:1]]:
            return Told(iso, day.start, day.end, "sentence")
    turned = BACK.search(text) if back else None
    for day, iso in days if turned else ():
        if turned and turned.end() <= day.start <= turned.end() + 40:
            return Told(iso, day.start, day.end, "sentence")
    return None


def seats(text: str, one: Field) -> list[str]:
    """The seats that a booking names: "Seats 4A, 4B"."""
    if one.kind != "text" or "seat" not in one.units:
        return []
    found = [
        part for match in SEATS.finditer(text) for part in re.findall(r"\d{1,3}(?:\s?[A-K])?(?!\w)", match["said"])
    ]
    return list(dict.fromkeys(part.strip() for part in found))


__all__ = ["legs", "seats", "trip_told"]
