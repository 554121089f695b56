"""
Yes or no: whether a text speaks of what a field asks for, and whether it says that it is so.

    "Never smoked"  "No need to book"  "Ein Stellplatz ist leider nicht vorhanden"  "| Dishwasher safe | no |"

What a field asks for is told by the words of its name, in the languages of `topics.txt`; that it is not so by what
stands beside them in their clause; by what is ticked, or answered. A text that does not speak of it, or only asks, says
nothing: null. Nothing here asks a model.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from rag.extract.boxes import groups
from rag.extract.fields import Field, in_words
from rag.extract.layout import Cell, Layout
from rag.extract.lexicon import alike, all_notions, bag, units, within
from rag.extract.telling import NOTHING, UNKNOWN, Told

TOPICS = Path(__file__).parent / "topics.txt"
YES = (
    "yes true ja oui sí si sì sim tak x ✓ ✔ はい 是 wahr vrai done included enthalten inklusive compris incluido"
    " vorhanden contient contiene bevat enthält contains contém inneholder indeholder innehåller zawiera présent"
    " presente autorisé zulässig zugelassen allowed permitted admis admitido ammesso toegestaan verplicht obligatoire"
)
NO = (
    "no false nein non いいえ 否 falsch faux none keine keiner keines kein aucun aucune ninguno ninguna – — - ✗ ✘ open"
    " offen nil nothing nichts nee geen não nej nei nie ingen inget inga intet brak néant nessuno nessuna nenhum"
    " nenhuma rien nada niente absent absente"
)
YES_NO = {**dict.fromkeys(YES.split(), True), **dict.fromkeys(NO.split(), False)}
# Words of names of fields that ask nothing by themselves: "is_parking_available", "history_of_diabetes".
AT_ALL = bag(
    "is are was were has have had does do did can could will any of the a an for with to in on be been history current"
    " currently known available availability allowed allows permitted included includes include requested requests"
    " request needed required requires require wanted wants possible offered offers provided present exists access"
    " accessible status flag yes no active given made taken accepted accepts supported supports please ist hat sind"
    " vorhanden erlaubt möglich gewünscht inklusive enthalten nötig erforderlich autorisé inclus possible disponible"
    " permitido incluido sent contains contain on in"
)
TURNED = bag("non no not without free frei sans sin")  # in the name of a field: it asks whether there is none
FREED, ENTRY = bag("free frei gratuit kostenlos"), bag("entry entrance admission eintritt")
FREE = re.compile(
    r"\b(?:(?:entry|entrance|admission|eintritt|entrée|entrada|accès)\s?:?\s(?:is |ist |est |es )?"
    r"(?:free|frei|kostenlos|gratis|libre|gratuite?|gratuita)|free(?:\sof charge)?\b(?! parking| delivery| shipping)"
    r"|freie[rn]? eintritt"
    r"|eintritt frei|gratis|gratuite?s?|entrée libre|entrada (?:libre|gratuita)|kostenlos|kostenfrei)(?!\w)",
    re.IGNORECASE,
)
PRICED = re.compile(
    r"[€$£]\s?\d|\d\s?(?:[€£]|EUR\b|CHF\b|USD\b|GBP\b|euros?\b|dollars?\b)|\b(?:CHF|EUR|Fr\.)\s?\d", re.IGNORECASE
)
# What says that something is so although a word of denial stands in it.
AFTER_ALL = re.compile(
    r"\b(?:no|not a|kein|pas de|ningún) (?:problem|problème|problema)\b|\bkein problem\b|\bnot only\b|\bnicht nur\b"
    r"|\bwhether or not\b|\bnothing\b[^.;]{0,40}\bprevents?\b|\bno later than\b|\bno longer than\b|\bno less than\b"
    r"|\bno matter\b|\bno doubt\b|\bne\b(?= \w+ que\b)|\bno rush\b",
    re.IGNORECASE,
)
DENIED_BEFORE = re.compile(
    r"(?<![\w-])(?:no|not|non|never|without|none of|neither|nor|nobody|no one|nothing|denies|denied|declin\w+"
    r"|nicht|kein\w*|ohne|nie|niemals|weder|niemand"
    r"|pas|sans|jamais|aucun\w*|ni|sin|nunca|ningun\w*|tampoco|senza|stopped|gave up|given up|quit|former|formerly|ex"
    r"|free (?:of|from)|instead of|rather than|arrêté de|arrête de|dejó de|anymore|cancelled"
    r"|isn't|wasn't|aren't|weren't|don't|doesn't|didn't|hasn't|haven't|won't|can't|cannot|needn't|mustn't|wouldn't"
    r"|shouldn't|n['’]a|ne|n['’]est|nobody has|lacks?|fehlt|must not|may not|personne n['’e]|nadie|nessun\w*|né"
    r"|geen|niet|zonder|nooit|inte|inga|inget|aldrig|utan|ikke|ingen|aldri|uten|uden|não|nenhum\w*|ninguém"
    r"|nie ma|bez|brak|nikt|żad\w+|nigdy)(?![\w-])",
    re.IGNORECASE,
)
DENIED_AFTER = re.compile(
    r"(?<![\w-])(?:(?:is|are|was|were|will be|has been|have been)? ?(?:not|n't|never)|isn't|aren't|wasn't|weren't|no"
    r"|nicht|kein\w*|nein|pas|non|none|verboten|untersagt|prohibited|forbidden|interdit\w*|prohibid\w*|excluded"
    r"|ausgeschlossen|separately|separat|gesondert|optional|needn't|unnecessary|unnötig|entfällt|of no use|inutile"
    r"|n['’]est|n['’]a|don't|doesn't|didn't|hasn't|haven't|won't|can't|cannot|en option|no use|impossible"
    r"|nobody|no one|niemand\w*|personne|nadie|nessuno|ninguém|ingen|nikt|niet|geen|inte|ikke|não|nie"
    r"|unmöglich|aufgehört|aufgegeben|fehlt|is missing|gibt es (?:leider )?(?:nicht|kein\w*))(?![\w-])",
    re.IGNORECASE,
)
OPEN = re.compile(
    r"\bstatus\b[^\n\w]{1,6}(?:open|offen|waiting|wartet|pending|in progress|in bearbeitung|new|neu|ouvert|en attente"
    r"|en cours|abiert[oa]|pendiente)|\bno better\b"
    r"|\bstill (?:not|does|do|has|stop|fail|crash|the same|hasn't|haven't|no)"
    r"|\bimmer noch (?:nicht|kein)|\btoujours pas\b|\btodavía no\b|\bnot (?:yet )?(?:been )?(?:resolved|solved|fixed)\b"
    r"|\bstill (?:\w+ )?(?:stops|crashes|fails)\b",
    re.IGNORECASE,
)
# A question, or words before a colon or in a cell, and the yes or no behind it.
QUESTION = re.compile(
    r"(?P<asked>[^\W\d_][^\n?:|.!]{3,120}?)"
    r"(?:\s?\?[\s|*_]{1,9}|\s?:[\s*_]{1,5}|\s?\|\s?|[ \t]{2,}|\s?\.{3,}\s?)[*_]{0,2}"
    r"(?P<answer>yes|no|ja|nein|oui|non|sí|si|sì|sim|não|nee|nej|nei|tak|nie|none|nil|keine?|aucun|ninguno|nessuno|geen"
    r"|ingen|brak)(?=[*_]{0,2}(?:[ \t]*(?:[.,;!|(–—\n]|\Z)|\s{2,}))",
    re.IGNORECASE,
)
ANSWER = re.compile(r"\s?:\s([^\W\d_]+|[✓✔✗✘–—-])")
LISTING = re.compile(r"\s*(?:denies|no|kein\w*|ohne|sans|sin|ni)\b", re.IGNORECASE)
MEANS, HALF = 0.6, 0.5  # from which a label means a field; how much of it a question with an answer says
LABEL_WORDS, FEW, MANY = 4, 6, 12  # words of a label, of a short answer, of an answer
NEAR_BY, LAST = 60, 2  # characters of such a list; what only says that it is not so counts if nothing names it
BREAK = re.compile(
    r"(?<=[^\W\d_]{2})[.!?]+(?=\s|\Z)|(?<=[)\d%€\]\"”])[.!?]+(?=\s+[A-ZÀ-Þ¿¡]|\s*\Z)|[;!?](?=\s)|\n(?!\s{0,99}[a-zà-ÿ(])"
    r"|\s[–—·|•]\s|\s{3,}|\s\|"
)
COMMA = re.compile(
    r"[,(:)](?=\s|\Z)|\s(?:but|however|aber|jedoch|sondern|mais|pero|although|though|obwohl|and(?= \w+ (?:is|are|was))"
    r"|while|während)\s",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Topic:
    """What a yes or no asks for: the ways to speak of it, and those that say that it is not so."""

    way: re.Pattern[str]
    against: re.Pattern[str] | None = None
    notions: frozenset[str] = frozenset()


def flagged(text: str, layout: Layout, one: Field) -> Told | None:
    """Whether a text says that what a field asks for is so, and where; None if it does not speak of it."""
    words = in_words(one.key[1]).split()
    if FREED & set(words) and ENTRY & set(words):
        return _free(text)
    topics = topics_of(" ".join(words))
    if not topics:
        return None
    turned = bool(set(words[:1]) & TURNED - {"free", "frei"} or set(words[-1:]) & {"free", "frei"}) and len(topics) == 1
    return (
        _boxed(text, one, topics, turned)
        or _labelled(text, layout, one)
        or _asked(text, one, topics, turned)
        or _in_cells(text, layout, topics, turned)
        or _in_clauses(text, topics, turned, words)
    )


def _free(text: str) -> Told | None:
    """Whether nothing is to be paid: not where a price stands."""
    free, priced = FREE.search(text), PRICED.search(text)
    found = priced or free
    return Told(priced is None, *clause_at(text, found.start()), "sentence") if found else None


@lru_cache(maxsize=4_000)
def topics_of(name: str) -> tuple[Topic, ...]:
    """What the name of a field asks for, in words: each of these must be spoken of."""
    words = name.split()
    known = _known()
    asked = [word for word in words if word not in AT_ALL and word not in TURNED] or words
    for said in ("_".join(words), "_".join(word for word in words if word not in AT_ALL), "_".join(asked)):
        if said in known:
            return (known[said],)
    return tuple(_topic(word) for word in asked if len(word) > 1)


def _topic(word: str) -> Topic:
    known = _known()
    for form in (word, word.rstrip("s"), word + "s", _root(word)):
        if form in known:
            return known[form]
    for topic in _known().values():
        if topic.way.fullmatch(unaccented(word)):
            return topic
    root = _root(word)
    way = re.escape(unaccented(root)) + r"\w{0,6}" if len(root) >= 4 else re.escape(unaccented(word)) + "s?"
    return Topic(re.compile(rf"(?<![\w-])(?:{way})(?!\w)", re.IGNORECASE), None, units(word) & all_notions())


def _root(word: str) -> str:
    for end in ("ing", "ies", "ed", "er", "es", "e", "s", "y"):
        if word.endswith(end) and len(word) - len(end) >= 4:
            return word[: -len(end)]
    return word


@cache
def _known() -> dict[str, Topic]:
    """The name of a topic -> what speaks of it."""
    found: dict[str, Topic] = {}
    for line in TOPICS.read_text(encoding="utf-8").splitlines()[1:]:
        name, _, said = line.partition(": ")
        ways = [way for way in said.split() if not way.startswith("-")]
        against = [way[1:] for way in said.split() if way.startswith("-")]
        found[name] = Topic(_words(ways), _words(against) if against else None)
    return found


def unaccented(text: str) -> str:
    """The text without accents, each character where it was."""
    if text.isascii():
        return text
    return "".join(unicodedata.normalize("NFD", char)[0] for char in text)


def _words(ways: list[str]) -> re.Pattern[str]:
    longest = sorted(map(unaccented, ways), key=len, reverse=True)
    said = "|".join(re.escape(way).replace("_", r"\s").replace(r"\*", r"\w*").replace(r"\#", r"\d+") for way in longest)
    return re.compile(rf"(?<![\w-])(?:{said})(?!\w)", re.IGNORECASE)


def _labelled(text: str, layout: Layout, one: Field) -> Told | None:
    """What a plain yes or no says behind the label that means all of a field: "Nüchtern: ja", "Complications: nil"."""
    best: tuple[float, Told] | None = None
    for label, cell in _pairs(text, layout):
        said = text[cell.start : cell.end].strip(" .*_|")
        sureness = alike(one.units, units(label))
        if sureness < MEANS or (best is not None and sureness <= best[0]):
            continue
        value = False if NOTHING.fullmatch(said) else _plainly(said)
        if value is not None:
            best = (sureness, Told(value, cell.start, cell.end, "label"))
        elif UNKNOWN.fullmatch(said) and one.nullable:
            best = (sureness, Told(None, -1, -1, "label"))
    return best[1] if best else None


def _plainly(said: str) -> bool | None:
    """Yes or no of a value that begins with just that: "ja", "no, none", "nein (unverbindlich)"."""
    if (value := YES_NO.get(said.casefold())) is not None:
        return value
    first = re.match(r"([^\W\d_]+)(?:\s?[,;(–—-]|\.\s)", said)
    return YES_NO.get(first[1].casefold()) if first else None


def _boxed(text: str, one: Field, topics: tuple[Topic, ...], turned: bool) -> Told | None:
    """Whether the box of what a field asks for is ticked, or that of yes: "[x] police informed", "Injured? [ ] yes"."""
    for group in groups(text):
        answers = [(YES_NO.get(option.said.casefold().strip(" .")), option) for option in group.options]
        if any(value is not None for value, _ in answers):
            if alike(one.units, units(group.label)) >= MEANS or _is_about(topics, group.label):
                told = [(value, option) for value, option in answers if option.ticked and value is not None]
                if len(told) == 1:
                    value, option = told[0]
                    return Told(value != turned, option.start, option.end, "label")
            continue
        for option in group.options:
            if len(option.said.split()) <= FEW and _is_about(topics, option.said):
                so = is_so(option.said, 0, 0) != turned
                return Told(option.ticked == so, option.start, option.end, "label")
    return None


def _is_about(topics: tuple[Topic, ...], said: str) -> bool:
    """Whether some words speak of all that is asked for."""
    plain = unaccented(said)
    return all(_speaks(topic, plain) for topic in topics)


def _asked(text: str, one: Field, topics: tuple[Topic, ...], turned: bool) -> Told | None:
    """The yes or no behind a question, or a label of many words, that asks what the field asks for."""
    best: tuple[float, Told] | None = None
    for match in QUESTION.finditer(text):
        answer = YES_NO.get(match["answer"].casefold(), False)
        plain = unaccented(match["asked"])
        spoken = sum(_speaks(topic, plain) for topic in topics) / len(topics) if _speaks(topics[0], plain) else 0.0
        sure = max(spoken, within(one.units, units(match["asked"])))
        if sure >= (HALF if spoken else MEANS) and (best is None or sure > best[0]):
            best = (sure, Told(answer != turned, *match.span("answer"), "label"))
    return best[1] if best else None


def _pairs(text: str, layout: Layout) -> Iterator[tuple[str, Cell]]:
    """The labels of a text, each with its cell."""
    for line in layout.lines:
        pairs = [(cell.label, cell) for cell in line.cells if cell.label]
        if len(line.cells) == 2 and not pairs:
            pairs = [(text[line.cells[0].start : line.cells[0].end], line.cells[1])]
        yield from pairs


def _in_cells(text: str, layout: Layout, topics: tuple[Topic, ...], turned: bool) -> Told | None:
    """What the cell behind a label says that speaks of nothing else: "| Mudguards | included |"."""
    for label, cell in _pairs(text, layout):
        plain = unaccented(label)
        if len(label.split()) > LABEL_WORDS or not all(_speaks(topic, plain) for topic in topics):
            continue
        value = _answer(text[cell.start : cell.end].strip(" .*_|"))
        if value is not None:
            named = any(topic.way.search(plain) or topic.notions & units(label) for topic in topics)
            return Told((value != turned) == named, cell.start, cell.end, "label")
    return None


def _answer(said: str) -> bool | None:
    """Whether what stands behind a label says that it is so: "no", "not included", "Yard for six cars, barn"."""
    words = said.split()
    first = re.match(r"[^\W\d_]+|[✓✔✗✘–—-]", said)
    value = False if NOTHING.fullmatch(said) else YES_NO.get(said.casefold())
    if value is None and first and len(words) < FEW:
        value = YES_NO.get(first[0].casefold())
    if value is None and words and len(words) <= MANY and not re.search(r"\d{2}", said):
        value = is_so(said, 0, 0)
    return value


def _speaks(topic: Topic, said: str) -> bool:
    if topic.way.search(said) or (topic.against and topic.against.search(said)):
        return True
    return bool(topic.notions and topic.notions & units(said))


def _in_clauses(text: str, topics: tuple[Topic, ...], turned: bool, words: list[str]) -> Told | None:
    """What the first clause says that speaks of all that is asked for; what asks for it before what only names it."""
    found: list[tuple[int, int, bool, tuple[int, int]]] = []
    resolving = "resolved" in words or "solved" in words
    if resolving and (still := OPEN.search(text)):
        return Told(turned, *clause_at(text, still.start()), "sentence")
    plain = unaccented(text)
    for start, end in clauses(text):
        said = plain[start:end]
        if text[end : end + 1] == "?" or said.endswith("?") or not all(_speaks(topic, said) for topic in topics):
            continue  # what is asked is not said
        match = next((named for topic in topics if (named := topic.way.search(said))), None)
        if topics[0].against and topics[0].against.search(said):
            found.append((0 if match else LAST, len(found), False, (start, end)))
        elif match:
            value = is_so(text[start:end], *match.span())
            found.append((0 if _is_strong(said) else 1, len(found), value, (start, end)))
    if not found:
        return None
    _, _, value, span = min(found)
    return Told(value != turned, *span, "sentence")


def _is_strong(said: str) -> bool:
    """Whether a clause says whether it is so, and does not only name it."""
    return (
        DENIED_BEFORE.search(said) is not None
        or re.search(
            r"\b(?:available|allowed|included|required|obligatoire|erforderlich|notwendig|inbegriffen|enthalten|möglich"
            r"|possible|vorhanden|verfügung|welcome|willkommen|compris\w*|inclus\w*|inclui\w*|necessary|needed|mandatory"
            r"|must|bitte|please|disponible|autorisé\w*|permitid\w*|admit\w*|would like|i'd like|möchte\w*)\b",
            said,
            re.IGNORECASE,
        )
        is not None
    )


def is_so(clause: str, start: int, end: int) -> bool:
    """Whether what stands around a word in its clause does not deny it."""
    kept = AFTER_ALL.sub(lambda match: " " * len(match[0]), clause)
    before, after = COMMA.split(kept[:start]), kept[end:]
    if value := ANSWER.match(after):
        return YES_NO.get(value[1].casefold(), True)
    listed = len(before) > 1 and LISTING.match(before[0]) is not None and start < NEAR_BY  # "Denies fever, cough"
    denied = listed or DENIED_BEFORE.search(before[-1]) is not None
    return not (denied or DENIED_AFTER.search(COMMA.split(after)[0]) is not None)


def clauses(text: str) -> Iterator[tuple[int, int]]:
    """The sentences and cells of a text, without blanks at their ends."""
    at = 0
    for match in [*BREAK.finditer(text), None]:
        start, end = at, match.start() if match else len(text)
        at = match.end() if match else end
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start < end:
            yield start, end


def clause_at(text: str, place: int, end: int = -1) -> tuple[int, int]:
    """The sentence or cell in which a place stands; from the place to `end` (or nothing) if it stands in none."""
    return next((span for span in clauses(text) if span[0] <= place < span[1]), (place, max(place, end)))


__all__ = ["clause_at", "flagged", "topics_of"]
