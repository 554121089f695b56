"""
What stands in a list that a label or a heading speaks of: "Skills: Python, SQL and R", "tags: [a, b]", or the items
below "## Skills".

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag.extract.changelog import changes
from rag.extract.decided import decisions
from rag.extract.layout import ADDRESSED, Cell, Layout, Line
from rag.extract.led import Led, led, says
from rag.extract.lexicon import alike, bag, units, within
from rag.extract.telling import NOTHING, UNKNOWN

ALIKE = 0.5  # from which a label speaks of a field
SAME = 0.7
LEADING = 0.6  # what a sentence that ends in a colon is worth: "three severe bugs are open:"
LONGEST, ITEM, MOST = 80, 600, 40  # characters of an element beside a label, of one on its own line; elements
BETWEEN = re.compile(
    r"\s*(?:[,;、，؛•|·]|(?<=\s)(?:and|und|et|y|e|sowie)(?=\s)|\s[–—]\s)\s*(?:(?:and|und|et|y)\s)?(?![^(]*\))",
    re.IGNORECASE,
)
GROUPED = re.compile(r"(?<![\d,])(?:\d{1,3}(?:,\d{3})+|\d+,\d\d?)(?!\d|,\d)")  # a number with a comma in it
COMMA = "\x00"  # stands for the comma of a number
SEMICOLON = re.compile(r"\s*;\s+(?:(?:and|und|et|y)\s)?")
FLOW = re.compile(r"\[[^\[\]]*\]")  # a list of YAML or JSON
FLOWN = re.compile(r"\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^,\"']+)")
NUMBERS = re.compile(r"(?:\A|(?<=\s))\d{1,2}[.)]\s+(?=[^\W\d_])")  # of the elements of a list in one line
STOP = re.compile(
    r"(?<!\bDr)(?<!\bMr)(?<!\bMs)(?<!\bSt)(?<!\bSr)(?<!Mrs)(?<!Dra)(?<!Prof)(?<![\s.][A-ZÀ-Þ])\.\s(?![^()]*\))"
)  # the end of what a label says
PEOPLE = bag("teacher passenger attendees author person player")
BY_NAME = re.compile(  # somebody behind other words: "with lab sessions by Piotr Zając"
    r"(?<![\w'’-])[a-zà-ÿ]+\s(?P<name>(?:(?:Dr|Prof|Mr|Mrs|Ms)\.?\s)*[A-ZÀ-Þ][\w'’-]+(?:\s[A-ZÀ-Þ][\w'’-]+){1,3})\Z"
)
DIRECTION = (
    r"(?<![\w-])(?:[NS](?:[NS]?[EWO])?|[EWO]|(?i:(?:north|south)(?:[- ]?(?:east|west))?|east|west"
    r"|nord(?:[- ]?(?:est|ouest|ovest|ost|west))?"
    r"|sud(?:[- ]?(?:est|ouest|ovest))?|süd(?:ost|west)?|ost|ouest|ovest|est|norte"
    r"|nor(?:este|oeste)|sur(?:este|oeste)?|este|oeste))"
    r"(?![\w-])"
)
DIRECTIONS = rf"{DIRECTION}(?:(?:,\s?(?:and\s|und\s)?|\s(?:and|to|und|bis|et|à|ed?|y|a)\s|/){DIRECTION})*"
FACING = re.compile(
    rf"(?P<before>{DIRECTIONS})[ -](?:aspects?|facing|slopes?|sides?|Hang\w*|Häng\w*)"
    rf"|\b(?:aspects?|slopes?|Hänge\w*|Exposition\w*|pentes|versants?|versanti|laderas|orientaci\w+)\s"
    rf"(?:\w+\s)?(?P<after>{DIRECTIONS})"
)
LASTING = re.compile(r"\d\s?(?:h|min\w*|hours?|Stunden?|heures?|ore|horas?)\b")
NUMBERED = re.compile(r"(?<!\d)\d{1,2}[.)]\s+\Z")
SAID_OF_STEP = 3  # words that one of some steps has at least
SENTENCES = bag("decision problem benefits bug finding")  # what is said in sentences
NONE = re.compile(rf"(?:{NOTHING.pattern}|{UNKNOWN.pattern}|no|nein|non|nee|[-–—/])", re.IGNORECASE)
LACKING = re.compile(
    r"\b(?:not (?:included|supplied|provided)|sold separately|nicht (?:enthalten|im Lieferumfang|dabei)"
    r"|non (?:inclus|fourni)e?s?"
    r"|no incluid[oa]s?)\b",
    re.IGNORECASE,
)
# What leads to a list in other words than its name: notions -> the line before it, or its label.
LEADS = (
    (
        bag("document requirements attachment enclosure"),
        re.compile(
            r"\b(?:send|submit|enclose|include|provide|attach|supply|upload|bring)\b|\b(?:einzureichen|einreichen|beizufügen|beizulegen|mitzubringen"
            r"|unterlagen|(?:senden|schicken|reichen) sie|benötigen wir|envoye[rz]|joindre|fournir|adjunt\w+"
            r"|env[ií]e\w*|presentar|aportar|inviare"
            r"|inviate\w*|allegare|presentare|stuur|meesturen|indienen|opsturen|aanleveren)\b",
            re.IGNORECASE,
        ),
    ),
    (
        bag("tried"),
        re.compile(
            r"\b(?:tried|attempted|versucht|probiert|ausprobiert|unternommen|essayé|tenté|probado|intentado|provato"
            r"|tentato|geprobeerd|tentei|försökt|prøvd?|prøvet)\b",
            re.IGNORECASE,
        ),
    ),
    (
        bag("tasks"),
        re.compile(
            r"\b(?:(?:is|are|am) (?:responsible|accountable) for|(?:is|are) in charge of|owns?|looks? after"
            r"|(?:ist|sind) (?:zuständig|verantwortlich) für|verantworte[tn]"
            r"|(?:est|sont) (?:responsables?|chargée?s?) d"
            r"|s['’]occupent? d|(?:es|son) responsables? de|se (?:encarga|ocupa)n? de|(?:è|sono) responsabil[ei] d"
            r"|si occupa(?:no)? d|(?:is|zijn) verantwoordelijk voor|(?:is|zijn) ansvarlig[e]? for|ansvarar för)",
            re.IGNORECASE,
        ),
    ),
    (
        bag("brings"),
        re.compile(
            r"\b(?:bring|needs?|pack|mitbringen|mitzubringen|bringen sie|braucht|brauchen|benötig\w+|einpacken|prévoir"
            r"|prévoyez|apporte[rz]|emporte[rz]|se munir|munissez|traer|traiga\w*|llev[ae]\w*|necesit\w+|portare"
            r"|portate|meenemen|meebrengen|ta med|medta\w*|medbring\w*|przynieść|zabrać|trazer|levar)\b",
            re.IGNORECASE,
        ),
    ),
    (
        bag("steps"),
        re.compile(
            r"reprodu[cz]\w*|\b(?:to repeat|how to|nachstellen|schritte|vorgehen|étapes|pasos|riprodurre|passaggi"
            r"|stappen)\b",
            re.IGNORECASE,
        ),
    ),
)
LEAD = 90  # characters of such a line
NO_ALLERGY = re.compile(
    r"\bNKD?A\b|\bno known (?:drug |food )?allergies|\bkeine (?:bekannten )?Allergien"
    r"|\bpas d['’]allergie|\bsin alergias|\bno allergies|\ballerg\w+ (?:sind |ist |are |is )?(?:nicht|keine|not"
    r"|none) (?:bekannt|known)"
    r"|\baucune allergie|\bnessuna allergia|\bgeen allergie|\bninguna alergia",
    re.IGNORECASE,
)
TO_PLACE = re.compile(r"\[[^\[\]]*\]\(#[^()\s]*\)")  # a link to a part of the same document
LINKED = re.compile(r"!?\[(?P<said>[^\[\]]+)\]\((?:[^()\s]|\([^()\s]*\))+\)")
SET = re.compile(
    r"(?P<mark>`+|\*{1,3}|__?)(?P<said>[^`*_\s](?:[^`*\n]*[^`*_\s])?)(?P=mark)"
)  # off by marks of Markdown
ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
PAGE = re.compile(r"[\w.+:-]+\(\d\w{0,3}\)")  # of a manual: "ps(1)"
WORDS = 5  # of a part of a line that is one of several
NOTE = re.compile(r"\s*[(（][^()（）]*[)）]\s*\Z")


def said_in_list(text: str, layout: Layout, asked: frozenset[str]) -> list[str]:
    """The elements of the list whose label says what is asked, as they are written; none if there is none."""
    if found := changes(text, asked):
        return [one.strip().rstrip(".;") for one in found][:MOST]
    best: tuple[float, list[str]] = (0.0, [])
    for line in layout.lines:
        for cell in (*line.cells, *_told_by_row(text, line)):
            sureness = alike(asked, units(cell.label)) if cell.label else 0.0
            if sureness >= ALIKE and sureness > best[0] and (values := _divided(text, cell, asked)):
                if "steps" in asked and all(
                    len(value.split()) < SAID_OF_STEP or LASTING.search(value) for value in values
                ):
                    continue  # "Preparation: 20 min"
                best = (sureness, values)
    sureness, lines = below(text, layout, asked)
    if asked & SENTENCES and (repeated := _repeated(layout, asked)):
        sureness, lines = best[0] + 0.01, repeated
    items = [_stripped(_whole(text, line)) for line in lines]
    items = [item for item in items if item and len(item) <= (ITEM if lines[0].marked else LONGEST)]
    if lines and not lines[0].marked and (parts := _parts_of_lines(text, lines, asked)):
        items = parts
    for cell in layout.parties:
        if alike(asked, units(cell.label)) >= SAME and best[0] < SAME:
            best = (SAME, _divided(text, cell, asked))
    found = list(dict.fromkeys(items if items and sureness > best[0] else best[1]))
    if found and found == best[1] and "decision" in asked:  # one has a label, others may be sentences
        more = [one for one in decisions(text) if not any(part in one or one in part for part in found)]
        found = sorted([*found, *more], key=lambda one: text.find(one[:20]))
    found = found or _without_heading(text, layout, asked)
    if 2 * sum(one.endswith("?") for one in found) > len(found) and "question" not in asked:
        return []  # what a form asks is no answer
    return [one for one in found if not (len(found) == 1 and NONE.fullmatch(one)) and not LACKING.search(one)][:MOST]


def says_none(text: str, layout: Layout, asked: frozenset[str]) -> bool:
    """Whether it is said that a list has no elements: "Allergies: none known", "NKDA"."""
    if "allergies" in asked and NO_ALLERGY.search(text):
        return True
    cells = [cell for line in layout.lines for cell in line.cells if cell.label]
    return any(
        NONE.fullmatch(text[cell.start : cell.end].strip(" .*_")) is not None
        and alike(asked, units(cell.label)) >= ALIKE
        for cell in cells
    )


def _told_by_row(text: str, line: Line) -> list[Cell]:
    """The second of the two cells of a row, told by the first: "| Colours | Moss, Slate |"."""
    if len(line.cells) != 2 or line.heads or line.cells[0].label or line.cells[1].label:
        return []
    first, second = line.cells
    return [Cell(second.start, second.end, text[first.start : first.end].strip("*_ "))]


def _parts_of_lines(text: str, lines: Sequence[Line], asked: frozenset[str]) -> list[str]:
    """What stands between the commas of the lines below a heading, where one of them has several such parts."""
    divided = [_divided(text, Cell(line.start, line.end), asked) for line in lines]
    if divided and len(divided[0]) > 2:  # a paragraph of one part behind it is of something else
        apart_from = [text[one.end : other.start].count("\n") > 1 for one, other in itertools.pairwise(lines)]
        divided = divided[:1] + [
            parts for parts, far in zip(divided[1:], apart_from, strict=True) if not far or len(parts) > 1
        ]
    short = all(len(part.split()) <= WORDS for parts in divided for part in parts)
    several = any(len(parts) > 2 for parts in divided) or all(PAGE.fullmatch(one) for parts in divided for one in parts)
    return [part for parts in divided for part in parts] if short and several else []


def _without_heading(text: str, layout: Layout, asked: frozenset[str]) -> list[str]:
    """What a line in other words leads to; steps that are numbered, decisions that are sentences."""
    if found := _led(text, layout, asked) or _by_lead(text, asked):
        return found
    if "steps" in asked:
        runs: list[list[Line]] = [[]]
        for line in layout.lines:
            if NUMBERED.search(text, max(0, line.start - 5), line.start):
                runs[-1].append(line)
            elif runs[-1]:
                runs.append([])
        longest = max(runs, key=len)
        return [_stripped(text[line.start : line.end]) for line in longest] if len(longest) > 1 else []
    if "decision" in asked:
        return [_stripped(part) for part in decisions(text)]
    return facing(text) if "aspects" in asked else []


def _led(text: str, layout: Layout, asked: frozenset[str]) -> list[str]:
    """The list behind a label or below a line that leads to it: "Einzureichen sind: …", "Please send us", "- …"."""
    way = next((way for notions, way in LEADS if notions & asked), None)
    if way is None:
        return []
    before: Line | None = None
    run: list[Line] = []
    for line in layout.lines:
        if line.marked and before is not None:
            run.append(line)
            continue
        if run:
            break
        for cell in line.cells:
            if (
                cell.label
                and cell.end > cell.start
                and way.search(cell.label)
                and len(found := _divided(text, cell, asked)) > 1
            ):
                return found
        said = text[line.start : line.end]
        before = line if not line.marked and way.search(said[-LEAD:]) and not said.endswith((".", "!", "?")) else None
    return [_stripped(text[line.start : line.end]) for line in run] if len(run) > 1 else []


def _by_lead(text: str, asked: frozenset[str]) -> list[str]:
    """The list whose heading, or whose sentence before it, speaks of what is asked."""
    way = next((way for notions, way in LEADS if notions & asked), None)
    best: tuple[float, Led | None] = (0.0, None)
    for one in led(text):
        sureness = max(
            alike(asked, units(one.lead)),
            alike(asked, units(one.heading)) if not one.lead else 0.0,
            LEADING * within(asked, units(one.lead)),
            LEADING * within(asked, units(one.heading)) if not one.lead else 0.0,
            LEADING if way is not None and way.search(one.lead) else 0.0,
        )
        if sureness >= ALIKE and sureness > best[0]:
            best = (sureness, one)
    items = tuple(item for item in best[1].items if not TO_PLACE.fullmatch(item)) if best[1] else ()
    if way is not None and best[1] and best[1].marked:  # "An original form. Your doctor can send it."
        items = tuple(STOP.split(item, maxsplit=1)[0] for item in items)
    return [_stripped(item) for item in items if len(item) <= ITEM]


def _whole(text: str, line: Line) -> str:
    """An item with the lines further in that go on with it."""
    said = text[line.start : line.end]
    wrapped = (item for one in led(text) if one.marked for item in one.items) if line.marked else ()
    return next((item for item in wrapped if item.startswith(f"{said} ")), said)


def facing(text: str) -> list[str]:
    """The directions in which slopes face: "on N, NE and E aspects"."""
    found = [match["before"] or match["after"] for match in FACING.finditer(text)]
    return list(dict.fromkeys(one[0] for said in found for one in re.finditer(DIRECTION, said)))


def below(text: str, layout: Layout, asked: frozenset[str]) -> tuple[float, list[Line]]:
    """The items below the heading that says what is asked, and how surely; (0, []) if there are none."""
    best: tuple[float, list[Line]] = (0.0, [])
    for above, lines in sections(layout):
        said = units(above)
        sureness = max(alike(asked, said), LEADING * within(asked, said) if len(above.split()) > 2 else 0.0)
        if sureness >= ALIKE and sureness > best[0]:
            plain = not any(line.marked for line in lines)
            items = [line for line in lines if line.marked or (plain and _is_item(text, line))]
            items = items if plain else _of_one_list(text, items)
            best = (sureness, items) if items else best
    repeated = _repeated(layout, asked)
    return (SAME, repeated) if repeated and best[0] < SAME else best


def _of_one_list(text: str, items: Sequence[Line]) -> list[Line]:
    """
    Of items below a heading those of its first list: no numbered heading behind it, no line of a table of contents, and
    nothing that stands further in below an item that says something by itself.
    """
    found: list[Line] = []
    of: tuple[int, bool] | None = None
    outer = ""
    for line in items:
        before = text[text.rfind("\n", 0, line.start) + 1 : line.start]
        indent, numbered = len(before) - len(before.lstrip()), NUMBERED.search(before) is not None
        if TO_PLACE.fullmatch(text[line.start : line.end]):
            continue
        of = of or (indent, numbered)
        if found and numbered != of[1] and indent <= of[0]:
            break
        if indent <= of[0] + 1:
            outer = text[line.start : line.end]
        elif says(outer):
            continue
        found.append(line)
    return found


def _repeated(layout: Layout, asked: frozenset[str]) -> list[Line]:
    """The lines that begin with the same label, one below the other: "ACTION: …"."""
    labelled = [
        line for line in layout.lines if line.cells[0].label and alike(asked, units(line.cells[0].label)) >= SAME
    ]
    labels = {line.cells[0].label for line in labelled}
    if len(labels) != 1 or len(labelled) < 2:
        return []
    bare = [(line, line.cells[0]) for line in labelled]
    return [replace(one, start=cell.start, cells=[Cell(cell.start, cell.end)], marked=True) for one, cell in bare]


def sections(layout: Layout) -> Iterator[tuple[str, list[Line]]]:
    """Each heading with the lines below it."""
    for above in dict.fromkeys(line.above for line in layout.lines if line.above):
        lines = [line for line in layout.lines if line.above == above]
        yield above, [line for line in lines if not layout.titles(line)]


def _is_item(text: str, line: Line) -> bool:
    """Whether a line without a mark may be an item: no sentence, no label."""
    return text[line.start - 2 : line.start] != "  " and not line.cells[0].label and text[line.end - 1] not in ".!?"


def _divided(text: str, cell: Cell, asked: frozenset[str]) -> list[str]:
    said = text[cell.start : cell.end].strip()
    if FLOW.fullmatch(said):
        flown = [match[match.lastgroup or 0].strip() for match in FLOWN.finditer(said[1:-1])]
        return [part for part in flown if part]
    if "email" not in asked and ADDRESSED.search(said):  # "Ada <ada@x.org>, Tom <tom@x.org>"
        return [match["name"].strip(" ,;") for match in ADDRESSED.finditer(said)]
    if len(NUMBERS.findall(said)) > 1:  # "1. Script. 2. Seals."
        parts = [part.rstrip(". ") for part in NUMBERS.split(said)]
    else:
        said = STOP.split(said, maxsplit=1)[0]
        parts = apart(said)
        if asked & SENTENCES and any(len(part.split()) > WORDS for part in parts):
            parts = SEMICOLON.split(said)  # a decision has commas of its own
    if asked & PEOPLE:
        parts = [match["name"] if (match := BY_NAME.search(part)) else part for part in parts]
    return [said for part in parts if part and (said := _stripped(part)) and len(said) <= LONGEST]


def apart(said: str) -> list[str]:
    """What stands between the commas of a list, or between its semicolons if it has some; no number is divided."""
    held = GROUPED.sub(lambda number: number[0].replace(",", COMMA), said)
    parts = SEMICOLON.split(held) if SEMICOLON.search(held) else BETWEEN.split(held)
    return [part.replace(COMMA, ",") for part in parts]


def _stripped(part: str) -> str:
    """An element without the marks of Markdown around it, its last stop, and a note in brackets."""
    bare = part.strip().rstrip(".;,。")
    for marks in (LINKED, SET):
        bare = match["said"] if (match := marks.fullmatch(bare)) else bare
    bare = ESCAPED.sub(r"\1", bare)
    return bare if PAGE.fullmatch(bare) else NOTE.sub("", bare).strip()
