"""
Cut a text into what can be quoted: sentences, list items, table rows, code lines, each with its exact offsets.

The one promise: `text[span.start:span.end]` is the unit, without space at its ends; units never overlap and come in
the order of the text. Headings, fence lines, rules and images are not units. It reads Markdown and plain text with
simple rules, it is no parser; it knows no language, only what ends a sentence and common English abbreviations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rag import dates, grids

LONGEST = 600  # characters; a longer unit is cut after a clause or a word
ITEM = 300  # a list item up to this size stays whole, a longer one is cut into its sentences

FENCE = re.compile(r"[ \t]{0,3}(?:>[ \t]?)*(`{3,}|~{3,})")
OPENS = re.compile(r"^([ \t]*)((?:>[ \t]?)*)(`{3,}(?![^\n]*`)|~{3,})", re.MULTILINE)  # or closes, wherever it stands
HEADING = re.compile(r" {0,3}#{1,6}(?:[ \t]+|$)")
RULE = re.compile(r"[ \t]*+(?:[-=*_][ \t]*+){2,}$|[ \t]*+\|?[ \t]*+:?-{2}[-:| \t]*+$")
MARKER = re.compile(r"[ \t]*+(?:>[ \t]?)*[ \t]*+(?:[-*+•]|\d{1,3}[.)]|[a-zA-Z][)])[ \t]+(?:\[[ xX]\][ \t]+)?")
DAY_MONTH = r"(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])\."  # a day without its year: "9.11."
APART = r"(?:[ ]{2,}|\t|[ ]?[:–—](?=\s)|[ ]-[ ])"  # what stands between a day or code and what is told of it
SAID = rf"(?:{APART}|\.[ ]+|[ ](?=[A-ZÀ-ÖØ-Þ\"“„(]))"  # and between the name of a month with a day and it: "May 2 Rain"
RECORD = re.compile(  # a line of a log, that begins with a day; one of a list of codes, with space behind the code
    r"[ \t]*+(?:\[?(?:\d{4}-\d{2}-\d{2}|\d{1,2}[./]\d{1,2}[./](?:\d{4}|\d{2}))(?!\d)"
    r"|[A-Z\d][\w./:-]{0,14}\d(?:[ ]{2,}|\t)"
    rf"|(?:{dates.WEEKDAY}\.?,?[ ]+)?(?:{DAY_MONTH}(?=[ \t:,–—-])|\d{{1,2}}/\d{{1,2}}{APART}"
    rf"|(?:{dates.MONTH_NAME}\.?[ ]\d{{1,2}}(?:st|nd|rd|th)?|\d{{1,2}}(?:st|nd|rd|th|er|\.)?[ ](?:of[ ]|de[ ])?"
    rf"{dates.MONTH_NAME}\.?)(?:,?[ ]\d{{4}})?{SAID})"
    rf"|{dates.WEEKDAY}\.?,?[ ]+(?:the[ ])?\d{{1,2}}(?:st|nd|rd|th|\.)?{APART})[^\n]*[^\W_]"
)
ROW = re.compile(r"[ \t]*\|.*\|[ \t]*$")
QUOTED = re.compile(r"[ \t]{0,3}>[ \t]?")
IMAGE = re.compile(r"[ \t]*(?:\[?!\[[^\]]*\]\([^)]*\)\]?(?:\([^)]*\))?[ \t]*)+$")
WORD = re.compile(r"[^\W_]")
LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r|$)")

# A run of marks is looked at from its first one only: tried from each, it takes quadratic time.
END = re.compile(r"(?<![.!?…])[.!?…]+[\"'”’»)\]*_]*(?=\s)|[。！？｡]+[」』”’）]*")
# Of English, German, French, Spanish, Italian, Portuguese, Dutch, the languages of the north, Polish and Czech: titles,
# months, what is counted and cited. Those of `COUNTED` are words or sentences, too, unless a number stands behind.
BEFORE = r"(?:^|[\s(\[\"'“‘„«/-])"
ABBREVIATION = re.compile(
    rf"{BEFORE}(?:mr|mrs|ms|messrs|mx|dr|prof|st|mt|ft|gen|col|lt|sgt|capt|cpt|cmdr|rev|hon|gov|sen|rep|pres|jr|sr|vs|etc"
    r"|cf|al|approx|vols?|pp|figs?|eqs?|secs?|chs?|chap|eds?|inc|ltd|co|corp|dept|univ|est|ave|blvd|incl|excl|viz|ibid"
    r"|lit|jan|feb|febr|mar|apr|jun|jul|aug|sept?|oct|okt|nov|dec|dez"
    r"|hr|hrn|frl?|dipl|ing|fa|abs|nr|nrn|ziff|bd|bde|hrsg|jh|jhd|ggf|inkl|exkl|zzgl|evtl|vgl|bspw|bzw|bzgl|usw|ca|str"
    r"|std|mio|mrd|tsd|geb|gest|verh|sog|urspr|einschl|ehem|lfd|kap|anm|aufl|anl|allg|betr|ausg|tel|resp"
    r"|mme|mmes|mlle|mlles|mm|éd|ste|janv|févr|avr|juil|déc|bât|réf"
    r"|sra|srta|dra|dña|uds?|vds?|núm|págs?|avda|aprox|abr|dic|izq|dcha"
    r"|sigg?|dott|avv|pagg?|ecc|genn|magg|giu|ott|spett|egr|dhr|mevr|mw|blz|bijv|enz|hfst"
    r"|dvs|osv|stk|jfr?|pkt|ul|tj|godz|ust|poz|mgr|inż|čl|odst|např|tzv|esim|klo)\.$",
    re.IGNORECASE,
)
COUNTED = re.compile(
    rf"{BEFORE}(?:nos?|art|arts|paras?|sec|ll|nn|ss|ff|fol|bl|rm|num|op|min|max|av|tab|rn|rz|pt|pts|apt|cap|ver|kl|ks"
    r"|ok|str|mon|tues?|wed|thu|thurs?|fri|sat|sun|mo|mi|do|sa|so|lun|mar|mer|jeu|ven|sam|dim|ago|ene|set|out)\.$",
    re.IGNORECASE,
)
DOTTED = re.compile(r"(?<![\w.])(?:[^\W\d_]{1,2}\.-?){1,3}[^\W\d_]{1,3}\.(?<![ap]\.m\.)$")  # "z.B.", "t.ex.", "c.-à-d."
LETTER = re.compile(r"(?:^|[\s(\[\"'“‘„.-])[^\W\d_]\.(?<![ap]\.m\.)$")  # an initial, or one part of "z. B."
ORDINAL = re.compile(  # of a day, "on 9.11.", and no number of a version; in German also before a noun: "der 3. Absatz"
    r"(?:^|\n\s*|[(–-]|\b(?i:am|vom|bis|ab|zum|de[rnm]|seit|und|on|until|till|by|from|of|since|til|fra|dne|do|od|dnia|le|du"
    rf"|au|al|del|dal|el)\s){DAY_MONTH}$"
    r"|\b(?i:(?<!I )am|de[rmsn]|das|die|vom|zu[mr]|im|seit|eine?[nmrs]?|jede[rnms]?)\s\d{1,3}\.$"
)
OF_MONTH = re.compile(rf"\s+{dates.MONTH_NAME}(?!\w)")
STARTER = re.compile(
    r"\s+(?:The|This|That|These|Those|It|Its|He|She|They|We|In|On|At|A|An|But|And|However|After|As|For|If|When|There|You"
    r"|Der|Die|Das|Es|Er|Sie|Wir|Ich|Ein|Eine|Im|Am|Und|Aber|Wer|Wenn|Bei|Nach|Für|Zum|Dies[er]?|Dort|Bitte)\s"
)
SOFT = re.compile(r"[;:,–—][ \t\r\n]|\s")


@dataclass(frozen=True, slots=True)
class Span:
    """One unit of a text. `kind` is "sentence", "item", "row" or "code"."""

    start: int
    end: int
    kind: str


def spans(text: str, kind: str = "text", fenced: bool = False) -> list[Span]:
    """
    The units of a text, in order. `kind` "code" makes every line a unit; `fenced` says that the text begins inside a
    code fence (a passage may).
    """
    found: list[Span] = []
    for start, end, what in _blocks(text, kind == "code", fenced):
        if what == "sentence" or (what == "item" and end - start > ITEM):
            found += (Span(a, b, what) for a, b in _sentences(text, start, end))
        else:
            found.append(Span(start, end, what))
    return [piece for span in found for piece in _short(text, span)]


def open_fence(text: str, fenced: bool = False) -> bool:
    """Is a code fence open where this text ends? (So that a passage from the middle of a document is read rightly.)"""
    mark, deep, quoted = "`" if fenced else "", False, False  # opened within an item, where it may stand further in
    for line in OPENS.finditer(text):
        within, said = len(line[1].expandtabs(4)) > 3, bool(line[2])
        if mark and quoted and not said:  # what was quoted has ended
            mark = ""
        if not mark:
            mark, deep, quoted = line[3], within, said
        elif deep or not within:
            mark = _toggle(mark, line[3])
    return bool(mark)


def fence_above(text: str) -> str:
    """The line that opens the fenced code in which a text ends; "" if it ends in none."""
    mark = line = ""
    for found in re.finditer(r"^[ \t]{0,3}(?:>[ \t]?)*(`{3,}|~{3,})[^\n]*", text, re.MULTILINE):
        line = line if mark else found[0].strip()
        mark = _toggle(mark, found[1])
    return line if mark else ""


def _toggle(mark: str, found: str) -> str:
    """The fence that is open after a fence line: a block closes only with the mark that opened it, at least as long."""
    if not mark:
        return found
    return "" if found.startswith(mark) else mark


def _blocks(text: str, code: bool, fenced: bool) -> Iterator[tuple[int, int, str]]:
    """Paragraphs, list items, rows and code lines as (start, end, kind); what cannot be quoted is left out."""
    mark = "`" if fenced else ""
    tables = [] if code or fenced else grids.grids(text)
    start, end, what = -1, -1, "sentence"  # the paragraph or item that is still growing
    for match in LINE.finditer(text):
        at, line = match.start(), match[0].rstrip()
        if table := next((one for one in tables if at < one.end and at + len(line) >= one.start), None):
            if start >= 0:
                yield start, end, what
                start = -1
            yield from ((row.start, row.end, "row") for row in table.rows if at <= row.start < match.end())
            continue
        fence = None if code else FENCE.match(line)
        if fence:
            mark = _toggle(mark, fence[1])
        alone = "" if fence else "code" if code or mark else "row" if ROW.match(line) else "text"
        breaks = fence or not line or alone in ("code", "row") or HEADING.match(line) or RULE.match(line)
        marker = None if breaks else MARKER.match(line)
        record = not (breaks or marker) and RECORD.match(line) is not None
        if (breaks or marker or record) and start >= 0:
            yield start, end, what
            start = -1
        if breaks:
            if alone in ("code", "row") and line and not (alone == "row" and RULE.match(line)):
                yield at + len(line) - len(line.lstrip()), at + len(line), alone
        elif IMAGE.match(line):
            continue
        elif start < 0:
            skip = (marker or QUOTED.match(line) or re.match(r"[ \t]*", line)).end()  # type: ignore[union-attr]
            start, end, what = at + skip, at + len(line), "item" if marker or record else "sentence"
        else:
            end = at + len(line)
    if start >= 0:
        yield start, end, what


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Cut where a mark ends a sentence and what follows can begin one."""
    begin = start
    for match in END.finditer(text, start, end):
        if match.end() < end and not ends(text, match, end):
            continue
        yield begin, match.end()
        begin = match.end()
    if begin < end:
        yield begin, end


def ends(text: str, match: re.Match[str], end: int) -> bool:
    """Is this mark, or run of marks, in a text that goes on up to `end`, the end of a sentence?"""
    if match[0][0] in "。！？｡":
        return True
    after = re.compile(r"\s*[\"'“‘«(\[*_`]*(.?)", re.DOTALL).match(text, match.end(), end)
    following = after[1] if after else ""
    if following.islower():
        return False
    if match[0] != ".":
        return True
    before = text[max(0, match.start() - 12) : match.start() + 1]
    starts = bool(STARTER.match(text, match.end(), end))
    if LETTER.search(before):
        named = bool(re.search(r"[^\W\d_a-z]\.$", before)) and not re.search(r"[A-Z]\.[A-Z]\.$", before)
        return starts and not named
    if following.isdecimal() and COUNTED.search(before):
        return False
    if re.search(r"\d\.$", before):
        return starts or not (ORDINAL.search(before) or _of_month(text, match, end))
    return not (ABBREVIATION.search(before) or DOTTED.search(before))


def _of_month(text: str, match: re.Match[str], end: int) -> bool:
    """Is it the point of the day of a month: "24. Dezember"?"""
    return bool(re.search(r"(?<!\d)\d{1,2}$", text[: match.start()][-3:]) and OF_MONTH.match(text, match.end(), end))


def _short(text: str, span: Span) -> Iterator[Span]:
    """Without space at its ends, with at least one letter or digit, and no longer than LONGEST."""
    start, end = span.start, span.end
    while start < end:
        stop = end
        if end - start > LONGEST:
            cuts = [m.end() for m in SOFT.finditer(text, start + LONGEST // 2, start + LONGEST)]
            clauses = [c for c in cuts if text[c - 2] in ";:,–—"]
            stop = (clauses or cuts or [start + LONGEST])[-1]
        left, right = start, stop
        while left < right and text[left].isspace():
            left += 1
        while right > left and text[right - 1].isspace():
            right -= 1
        if WORD.search(text, left, right):
            yield Span(left, right, span.kind)
        start = stop
