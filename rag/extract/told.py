"""
What a text says by rules alone: its numbers and days as values, the rows and tasks of its lists.

Nothing here knows an embedder or asks a model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from rag.dates import When, dates, days, titled_year
from rag.extract import rows as tables
from rag.extract.agendas import agenda
from rag.extract.candidates import COMMON, Candidate
from rag.extract.choices import chosen_in
from rag.extract.clock import clock
from rag.extract.counted_rows import counted_rows
from rag.extract.due import due
from rag.extract.fields import Field
from rag.extract.findings import told_results
from rag.extract.flags import YES_NO
from rag.extract.gathered import gathered, shares
from rag.extract.grids import flags_of, truth
from rag.extract.headed import headed
from rag.extract.headless import headless
from rag.extract.items import as_people, items
from rag.extract.labelled import blocks, labelled
from rag.extract.layout import LABEL, Layout
from rag.extract.lexicon import bag
from rag.extract.lists import said_in_list
from rag.extract.medicines import medicines
from rag.extract.parties import signatories
from rag.extract.pieces import fitting, held_to, pieces, region
from rag.extract.planned import planned
from rag.extract.polled import polled
from rag.extract.residents import residents
from rag.extract.scores import goals
from rag.extract.sides import legs_in_cells, sides
from rag.extract.stations import noted, roled, stations
from rag.extract.things import things
from rag.extract.torn import torn
from rag.sentences import spans

JSON = Any
PRESENT = frozenset({"attendees"}), frozenset({"absent"})
ASKING = re.compile(
    r"\b(?:would (?:like|rather|love|prefer)|want|please (?:send|refund|replace|cancel|call|fix)|i request|möchten?"
    r"|hätten? gern|wünschen?|voudrais|souhaite|veuillez|quiero|quisiera|vorrei)\b|ください|お願い|希望",
    re.IGNORECASE,
)
FAILING = re.compile(
    r"\b(?:crash\w*|br[oe]ke\w*|fail\w*|does(?: not|n't)|won't|cannot|can't|never|damaged|crack\w*|leak\w*"
    r"|wrong|defect|bent|dent\w*|scratch\w*|torn|burst|smash\w*|broken|stain\w*|no longer|out of order|cold"
    r"|dirty|noisy\w*|missing|flicker\w*|late|slow(?:ly)?|stopped"
    r"|keeps? \w+ing|dropp\w+|twice|stuck|error|bug|not work\w*|unable"
    r"|kaputt|defekt|funktioniert nicht|beschädigt|fehlt|leider"
    r"|cassée?|ne (?:s['’]\w+ plus|\w+ plus|marche|fonctionne)|panne|défectueux|roto|no funciona)\b|壊れ|動かない|故障",
    re.IGNORECASE,
)
CUT = re.compile(
    r"(?:(?<!\w)\d{1,2}|\b(?:Nr|No|Tel|Dr|St|ca|bzw|z\.\s?B|Art|Abs|Fa|inkl|zzgl|approx|etc|p\.\s?ex|tél))\.\Z"
)
MARKED = re.compile(r"(?P<mark>\*{1,3}|_{1,2}|`)(?P<said>[^\s*_`](?:[^\n]*[^\s*`])?)(?P=mark)")
SPOKEN_WORDS, LABEL_WORDS = 3, 3
FENCED = re.compile(r"^(```|~~~).*?^\1[^\n]*$", re.MULTILINE | re.DOTALL)
GREETING = re.compile(
    r"(?:dear|hi|hello|hey|good (?:morning|evening)|thanks?|thank you|(?:best|kind|warm) (?:regards|wishes)|regards"
    r"|cheers|sehr geehrte\w*|liebe[rs]?|hallo|guten (?:tag|morgen|abend)|(?:mit )?(?:freundlichen?|herzlichen?) gr"
    r"|(?:mit )?(?:vielen?|besten?|herzlichen?) dank"
    r"|bonjour|cher|chère|madame|monsieur|merci|cordialement|hola|estimad[oa]s?|gracias|saludos)\b|お世話になって"
    r"|いつもお世話|よろしくお願い",
    re.IGNORECASE,
)
ANSWERING = re.compile(
    r"(?:yes|no|and|but|or|so|it|he|she|they|this|that|ja|nein|und|aber|oui|non|et|mais)\b", re.IGNORECASE
)
CONCLUDING = re.compile(
    r"\b(?:we (?:conclude|found|find|show|demonstrate|report)|(?:results?|findings?|data) (?:show|suggest"
    r"|indicate)\w*"
    r"|in conclusion|zeigen,? dass|fanden wir|nous (?:concluons|montrons)|concluimos)\b",
    re.IGNORECASE,
)
SOLVING = re.compile(
    r"\b(?:fixed|solved|works? (?:again|now|fine)|helped|did the trick|(?:re)?set|updat\w+|reinstall\w*"
    r"|mov(?:ed|ing)|replac\w+|renew\w+"
    r"|behoben|gelöst|funktioniert (?:wieder|jetzt)|geholfen|résolu|fonctionne (?:de nouveau|maintenant)"
    r"|solucion\w+|funciona (?:de nuevo|ahora))\b",
    re.IGNORECASE,
)
RESULTING = re.compile(
    CONCLUDING.pattern + r"|\b(?:increas|reduc|shorten|improv|decreas|lower|rais|doubl|halv|led|ros|fell|declin"
    r"|enhanc)\w*\b[^.]{0,60}\b(?:by|from|than|to)\b" + r"|\bmore \w+ than\b|\bless \w+ than\b|\bfewer\b",
    re.IGNORECASE,
)
PROPOSING = re.compile(
    r"\b(?:(?:i|we) (?:therefore )?(?:propose|suggest|recommend)|it is proposed|(?:ich|wir) schlagen?\b.{0,80}\bvor"
    r"|schlagen? (?:ich|wir)|(?:je|nous) propos(?:e|ons)|propon(?:go|emos|iamo)|(?:we|wij|ik) stellen? .{0,20}?voor"
    r"|vi foreslår|vi föreslår)\b",
    re.IGNORECASE,
)
CUES = {"proposal": PROPOSING} | {
    "wish": ASKING,
    "problem": FAILING,
    "finding": RESULTING,
    "damage": FAILING,
    "solution": SOLVING,
}
LAST_YEAR = re.compile(  # behind a day: "22 November last year"
    r",?\s(?:of )?(?:last year|(?:des )?(?:letzten|vergangenen|vorigen) Jahr(?:es)?|(?:de )?l['’](?:an|année)"
    r" (?:dernier|dernière|passée?)|del año pasado|dell['’]anno scorso|(?:van )?(?:vorig|afgelopen|verleden) jaar)\b",
    re.IGNORECASE,
)
YEARLESS = re.compile(r"(0?[1-9]|[12]\d|3[01])\.(0?[1-9]|1[0-2])\.")  # "02.03.", in a column of days
SLASHED = re.compile(r"(?<![\d/-])(\d{1,2})[/-](\d{1,2})[/-](?:\d{4}|\d{2})(?![\d/-])")
MONTH_FIRST = re.compile(r"(?<![A-Z])\$|\bUSD\b|\b[A-Z]{2} \d{5}(?:-\d{4})?\b|\bUSA\b|\bZIP\b")
DAY_FIRST = re.compile(
    r"[£€]|\b(?:GBP|EUR|CHF|AUD|NZD|INR|VAT|GST|MwSt|TVA|IVA)\b|\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b"
    r"|\.co\.uk|\+44|\+3\d|\+49"
    r"|\b(?:le|la|der|und|et|el|de|il|di)\b"
)
HEADED = bag("date time timestamp sender recipient issued sent created number email")  # what the head of a mail says
SERVING = bag("support help service contact info hello office team care customercare hilfe kontakt")


def value_of(one: Candidate, comma: bool = False) -> int | float | None:
    """The number that a candidate says; `comma` says that its text writes decimals with one."""
    return tables.amount(one.text, whole=False, comma=comma)


def is_year(number: Candidate, one: Field) -> bool:
    """Whether a number is only a year, and the field asks for none."""
    return re.fullmatch(r"(?:19|20)\d\d", number.text) is not None and not one.units & {"year", "birth", "date"}


def dated(text: str, found: Sequence[Candidate]) -> list[tuple[Candidate, str]]:
    """The days of a text as ISO 8601; one that is said without a year is of the year that the text says first."""
    first = day_first(text)
    whole = [
        (one, when.iso)
        for one in found
        if one.kind in ("date", "stamp")
        for when in [_first_date(one.text, first)]
        if when
    ]
    year = next((iso[:4] for _, iso in sorted(whole, key=lambda pair: pair[0].start)), "") or titled_year(text)
    whole = [(one, iso) for one, iso in whole if len(iso) == 10]
    if year:
        for one in found:
            day = next(days(one.text), None) if one.kind == "day" else None
            if day is not None:
                before = int(year) - (LAST_YEAR.match(text, one.end) is not None)
                whole.append((one, f"{before}-{day.month:02}-{day.day:02}"))
    return sorted(whole, key=lambda pair: pair[0].start)


def _first_date(text: str, day_first: bool = False) -> When | None:
    """What a date most likely says: of "02/04/2025" the second reading has the day first."""
    found = list(dates(text))
    read = found[1] if day_first and len(found) > 1 and found[1].doubt and SLASHED.fullmatch(text.strip()) else None
    return read or next((when for when in found if not when.doubt), None)


def day_first(text: str) -> bool:
    """
    Whether "02/04/2025" is the second of April here: other dates of the text tell it, else what only countries have
    that write so; if nothing does, the month comes first.
    """
    told = [(int(match[1]), int(match[2])) for match in SLASHED.finditer(text)]
    if any(one > 12 for one, _ in told) or any(other > 12 for _, other in told):
        return any(one > 12 for one, _ in told)
    return bool(told) and MONTH_FIRST.search(text) is None and DAY_FIRST.search(text) is not None


def of_kinds(one: Field, found: Sequence[Candidate], headed: int = 0) -> list[Candidate]:
    """
    The candidates of the only kinds that a field takes; a number has no kind of its own without a label. Addresses that
    say what is asked leave out the others: "help@" for the support. `headed` is where the head of a mail ends.
    """
    if "fax" in one.units:  # a number is a telephone's, if nothing says more
        return []
    kinds = {"version"} & one.units if "number" in one.wants else one.wants
    fitting = [other for other in found if other.kind in kinds]
    if one.units - HEADED and (below := [other for other in fitting if other.start >= headed]):
        fitting = below  # the day of a mail is not that of the interview
    return [other for other in fitting if other.kind == "email" and _serves(one, other.text)] or fitting


def _serves(one: Field, address: str) -> bool:
    """Whether the name of an address is one for what a field asks: "help" for "support"."""
    said = set(re.split(r"[\W_]+", address.partition("@")[0].lower()))
    asked = set(one.words)
    return bool(said & asked) or (bool(asked & SERVING) and bool(said & SERVING))


def elements(
    text: str,
    layout: Layout,
    wanted: Sequence[Field],
    comma: bool,
    names: Sequence[str],
    days_said: Sequence[tuple[Candidate, str]],
    persons: Sequence[str] = (),
    among: Sequence[Candidate] = (),
) -> list[dict[str, list[JSON]]]:
    """The rows of the text's table, or the items of its list of tasks, as values of these fields."""
    plain = [one for one in wanted if not one.listed]  # of the forms below only sections have lists in their elements
    named = region(text, wanted[0].parent) if plain == list(wanted) else None  # sections are no pieces
    own: list[Callable[[], list[tables.Row]]] = [  # whatever else stands behind a label or below a heading
        lambda: shares(text, plain),
        lambda: due(text, plain),
        lambda: polled(text, plain),
    ]
    first: list[Callable[[], list[tables.Row]]] = [
        lambda: legs_in_cells(text, layout, plain),
        lambda: tables.under_heads(text, layout, wanted),
        lambda: counted_rows(text, plain),
        lambda: goals(text, layout, plain),
        lambda: agenda(text, plain),
        lambda: residents(text, layout, plain),
        lambda: medicines(text, plain),
        lambda: sides(text, plain),
        lambda: signatories(text, plain),
        lambda: blocks(text, layout, plain),
        lambda: headless(text, plain),
        lambda: max((tables.rows(text, layout, plain), torn(text, layout, plain), headed(text, wanted)), key=len),
        lambda: stations(text, layout, plain),
        lambda: labelled(text, layout, plain),
        lambda: noted(text, layout, plain),
    ]
    last: list[Callable[[], list[tables.Row]]] = [
        lambda: pieces(named, plain) if named else [],
        lambda: roled(text, plain, persons),
        lambda: _tasks(text, layout, plain, names, days_said),
        lambda: things(text, layout, plain, among),
        lambda: told_results(text, plain),
        lambda: gathered(text, plain, among),
    ]
    said = itertools.chain(
        (held_to(named, form(), plain) for form in first),
        (form() for form in own),
        (held_to(named, form(), plain) for form in last),
    )
    found = (fitting(part, plain) for part in said)
    return _all_valued(text, wanted, next(filter(None, found), []), comma, days_said)


def _tasks(
    text: str,
    layout: Layout,
    wanted: Sequence[Field],
    names: Sequence[str],
    days_said: Sequence[tuple[Candidate, str]],
) -> list[tables.Row]:
    """Who is to do what until when, and the items of other lists."""
    people = [name for said in PRESENT for name in said_in_list(text, layout, said)]
    written = any(one.kind == "date" for one in wanted)
    said_days = [(one.start, iso if written else one.text) for one, iso in days_said]
    return planned(text, layout, wanted, said_days) or items(
        text, layout, wanted, as_people([*people, *names]), said_days
    )


def _all_valued(
    text: str,
    asked: Sequence[Field],
    rows: Sequence[tables.Row],
    comma: bool,
    days_said: Sequence[tuple[Candidate, str]],
) -> list[dict[str, list[JSON]]]:
    """The rows as values of these fields."""
    first, known = day_first(text), {one.text: iso for one, iso in days_said}
    return [{one.key[1]: _valued(one, row.get(one.key[1], []), comma, first, known) for one in asked} for row in rows]


def _valued(one: Field, said: Sequence[str], comma: bool, first: bool, known: Mapping[str, str]) -> list[JSON]:
    if one.kind == "choice":
        return [value for part in said if (value := choice_of(one, part)) is not None]
    if one.kind == "flag":
        done = "done" in one.units
        flags = [truth(part) if done else YES_NO.get(part.casefold().strip()) for part in said]
        return [value for value in flags if value is not None]
    if one.kind == "date":
        whole = [when.iso for part in said for when in [_first_date(part, first)] if when and len(when.iso) == 10]
        year = next(iter(known.values()), "")[:4]
        return (
            whole
            or [known.get(part, part) for part in said if part in known or re.fullmatch(r"\d{4}-\d\d-\d\d", part)]
            or [
                f"{year}-{int(day[2]):02}-{int(day[1]):02}"
                for part in said
                if year and (day := YEARLESS.fullmatch(part))
            ]
        )
    if one.kind != "number":
        bare = [unmarked(part) for part in said]
        return [hour for part in bare if (hour := clock(part))] if one.clock else bare
    numbers = [tables.amount(part, whole=one.whole, comma=comma) for part in said]
    return [value for value in numbers if value is not None and not (one.whole and isinstance(value, float))]


def choice_of(one: Field, said: str) -> str | None:
    """The value of a choice that a cell says: itself, its mark ("H"), a word for it in some language."""
    bare = unmarked(said).strip(" ().").casefold()
    exact = next((value for value in one.values if value.casefold() == bare), None)
    told = None if exact or not bare else chosen_in(said, one)
    return exact or flags_of(one).get(bare) or (told.value if told and isinstance(told.value, str) else None)


def unmarked(said: str) -> str:
    """A value without the marks of Markdown and of tables around it: "**Coffee**", "| Rent |"."""
    bare = said.strip("| ")
    while (mark := MARKED.fullmatch(bare)) is not None:
        bare = mark["said"]
    return bare or said


def _joined(text: str) -> list[tuple[int, int]]:
    """The sentences of a text; those that a number or an abbreviation has cut ("zum 30.", "Nr.") are whole again."""
    found: list[tuple[int, int]] = []
    for span in spans(text):
        if found and _is_cut(text, found[-1][1], span.start):
            found[-1] = (found[-1][0], span.end)
        else:
            found.append((span.start, span.end))
    return found


def _is_cut(text: str, end: int, start: int) -> bool:
    """Whether what was taken for the end of a sentence is a point behind a number or an abbreviation."""
    before = text[max(0, end - 12) : end]
    if not CUT.search(before) or "\n\n" in text[end:start]:
        return False
    following = re.match(r"[^\W\d_]+", text[start:])
    opens = following is not None and following[0][0].isupper() and following[0].lower() in COMMON
    return not (re.search(r"\d\.\Z", before) and (opens or ":" in before[-6:]))


def _parts(sentence: str) -> list[str]:
    """A sentence, or the lines that were taken for one: "Ticket 7\\nReporter: Ada\\nIt crashes."."""
    lines = sentence.split("\n")
    if not any(map(_is_labelled, lines)):
        return [sentence]
    return [line.strip() for line in lines if line.strip() and not _is_labelled(line)]  # a label's value is no sentence


def _is_labelled(line: str) -> bool:
    """Whether a line begins with a label, and not with words that a colon ends: "Confirmed, but not today: …"."""
    match = LABEL.match(line)
    return match is not None and len(match[1].split()) <= LABEL_WORDS and "," not in match[1]


def is_sentence(said: str) -> bool:
    """Whether it has words enough to be one: "Abstract." has not."""
    solid = len(re.findall("[\u3040-\u9fff]", said))
    return len(re.findall(r"[^\W\d_]{2,}", said)) >= SPOKEN_WORDS or solid >= 2 * SPOKEN_WORDS


def is_telling(sentence: str) -> bool:
    """Whether it is a sentence that may tell what a text says: no greeting, no closing, no table, no list of words."""
    if not is_sentence(sentence):
        return False
    return not GREETING.match(sentence) and not re.match(r"[|>#]|```|\$ |https?:", sentence)


def sentences(text: str, longest: int, most: int) -> list[str]:
    """The sentences of a text that are no longer than that, each once."""
    said = [part for start, end in _joined(text) for part in _parts(text[start:end])]
    return [one for one in dict.fromkeys(said) if len(one) <= longest][:most]
