"""
Records that are sections, and entries by date: what their heading says, and what stands below it.

    ## 3.2.0 (2025-03-18)        **12 January.** Pain after 14 km.        2025-03-01: pump replaced, 89 €
    - New: export of CSV

The headings of one form, of which each says a day or a version that the fields ask for, divide the text; without such,
those below which stands what the fields ask for. Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.dates import Day, When, dates, days
from rag.extract.candidates import Candidate
from rag.extract.fields import Field
from rag.extract.items import counted
from rag.extract.layout import LABEL
from rag.extract.lexicon import alike, bag, is_notion, units
from rag.extract.lists import SEMICOLON
from rag.extract.matching import MONEY, PRICED, measured
from rag.extract.rows import Row
from rag.quantities import quantities
from rag.sentences import spans

FEW, MANY = 2, 30
LONGEST, TITLE = 300, 80  # characters of a value, of what is left of a heading
ALIKE = 0.5
MARKED = re.compile(r"^(?P<level>#{1,6})[ \t]+(?P<head>[^\n]*[^\n \t#])[ \t#]*$", re.MULTILINE)
RULED = re.compile(r"^(?P<head>[^\s#|>*-][^\n]{1,80})\n(?P<level>={3,}|-{3,}|~{3,})[ \t]*$", re.MULTILINE)
BOLD = re.compile(
    r"^[ \t]*(?:[-*+•][ \t]+)?(?P<level>\*\*|__)(?P<head>[^*_\n]{2,80})(?P=level)[ \t]*[:.]?", re.MULTILINE
)
BULLET = re.compile(r"^(?P<indent>[ \t]*)(?:[-*+•–]|\d{1,2}[.)])[ \t]+(?=\S)", re.MULTILINE)
LINED = re.compile(
    r"^(?P<head>[^\W_#*•-][^\n|]{1,60}?)[ \t]*[:：]?[ \t]*\n(?:[ \t]*\n)?(?=[ \t]*[-*+•][ \t])", re.MULTILINE
)
# What a line of a diary or a log begins with; its day may be a weekday's: "Mo 3.3.2025", "Tuesday, 4 March".
OPENED = re.compile(
    r"^[ \t]*(?:[-*+•][ \t]+)?[*_]{0,2}(?:\[)?(?:[^\W\d_]{2,10}[.,]{0,2}[ \t]+)?(?=[\d(]|[A-Z][a-zà-ÿ]{2,8}\.?[ \t]\d)",
    re.MULTILINE,
)
CLOSED = re.compile(r"[\])]?[*_]{0,2}[ \t]*(?:[:：–—|]|-[ \t]|[.,](?=[ \t])|\t|[ \t](?=[^\W\d_])|\n)[*_]{0,2}[ \t]*")
VERSION = re.compile(
    r"(?<![\w.])[vV]?\d+(?:\.\d+)+(?:\.?[-+]?(?:alpha|beta|rc|pre|dev|post|a|b)[\d.]*|[-+][\w.]+)?(?![\w.]*\w)|(?<!\w)[vV]\d+(?![\w.])"
)
LINKED = re.compile(r"\[(?P<text>[^\]\n]*)\](?:\([^)\n]*\))?")
WORDED = re.compile(
    r"^[ \t]*(?:[-*+•][ \t]+)?[*_]{0,2}(?P<name>[^\W\d_][^:\n]{1,60}?)[*_]{0,2} ?(?::| [–—-])[*_]{0,2} "
    r"(?P<rest>[^\n]*\d[^\n]*)$",
    re.MULTILINE,
)
NAMED = re.compile(r"(?P<name>[A-ZÀ-Þ][\w.'’-]*(?:[ ][A-ZÀ-Þ][\w.'’-]*){0,2})\s?[:：]\s")
EDGES = " \t:：–—|/,.;·-()[]*_#"
VERSIONS = bag("version release released number title name")
RELEASES = re.compile(r"(?i)\b(?:version|release[sd]?|rel|ver|vom|from|of|on|am)\b\.?")


@dataclass(slots=True)
class Entry:
    """A heading `text[start:end]`, and what stands below or behind it, `text[body:last]`."""

    start: int
    end: int
    body: int
    last: int
    day: str = ""
    version: str = ""
    rest: str = ""  # of the heading, without day and version


def headed(text: str, wanted: Sequence[Field]) -> list[Row]:
    """The entries of the form that has most of them, as far as they say the fields; none if no form has two."""
    day = next((one for one in wanted if one.kind == "date" or (one.kind == "text" and "date" in one.units)), None)
    version = next((one for one in wanted if one.kind == "text" and "version" in one.words), None)
    best: list[Entry] = []
    for form in _forms(text):
        found = [_said(text, one, version is not None) for one in form]
        typed = [one for one in found if (day and one.day) or (version and one.version)]
        if len(typed) > len(best) and (len(typed) >= FEW or (day and version and typed[0].day and typed[0].version)):
            best = typed
    if best:
        return [_row(text, one, wanted, day, version) for one in best[:MANY]]
    return (_sections(text, wanted) if day is None and version is None else []) or _worded(text, wanted)


def _sections(text: str, wanted: Sequence[Field]) -> list[Row]:
    """Sections whose headings are what the first field asks for, and below which stands what most others do."""
    for form in _forms(text, plain=False):
        rows = [_row(text, _said(text, one, False), wanted, None, None) for one in form]
        rows = [row for row in rows if 2 * sum(map(bool, row.values())) > len(wanted)]
        if (
            len(rows) >= FEW
            and 2 * len(rows) > len(form)
            and all(any(row.get(one.key[1]) for row in rows) for one in wanted[1:])
        ):
            return rows[:MANY]
    return []


def _worded(text: str, wanted: Sequence[Field]) -> list[Row]:
    """Lines that say beside each of several numbers what it is: "Theft: sum insured £12,000, excess £250"."""
    name = next((one for one in wanted if one.kind == "text" and not one.listed and not one.wants), None)
    numbers = [one for one in wanted if one.kind == "number"]
    rows: list[Row] = []
    for match in WORDED.finditer(text) if name and len(numbers) >= FEW else ():
        row: Row = {one.key[1]: [said] for one in numbers if (said := _beside(match["rest"], one))}
        if row and name:
            rows.append({name.key[1]: [match["name"].strip(" *_")], **row})
    whole = sum(len(row) > FEW for row in rows)
    return rows[:MANY] if len(rows) >= FEW and whole else []


def _beside(said: str, one: Field) -> str:
    """The number beside which words stand that say a field."""
    best = (ALIKE, "")
    for number in quantities(said):
        if number.doubt:
            continue
        before = re.split(r"[\d,;.(]", said[: number.start])[-1].strip(" $€£:").split()
        after = re.split(r"[\d,;.)]", said[number.end :])[0].strip(" €").split()
        for words in (before[-1:], before[-2:], before[-3:], after[:1], after[:2]):
            sureness = alike(one.units, units(" ".join(words)))
            if sureness > best[0]:
                best = (sureness, said[number.start : number.end])
    return best[1]


# the forms of headings


def _forms(text: str, plain: bool = True) -> Iterator[list[Entry]]:
    """The headings of each form in turn; `plain` are those that only what they say makes headings."""
    marked = list(MARKED.finditer(text))
    for level in sorted({match["level"] for match in marked}):
        yield _parted(
            text, [m for m in marked if m["level"] == level], [m.start() for m in marked if m["level"] < level]
        )
    ruled = list(RULED.finditer(text))
    for rule in dict.fromkeys(match["level"][0] for match in ruled):
        yield _parted(text, [m for m in ruled if m["level"][0] == rule], [m.start() for m in (*ruled, *marked)])
    above = [match.start() for match in marked]
    if plain:
        yield _parted(text, list(BOLD.finditer(text)), above)
        yield list(_opened(text, above))
    yield _parted(text, list(LINED.finditer(text)), above)


def _parted(text: str, heads: Sequence[re.Match[str]], ends: Sequence[int]) -> list[Entry]:
    """Headings with what stands below them up to the next, or to another that ends them."""
    stops = sorted({*(match.start() for match in heads), *ends, len(text)})
    found = []
    for match in heads:
        last = next(stop for stop in stops if stop > match.start())
        found.append(Entry(match.start("head"), match.end("head"), match.end(), last))
    return found


def _opened(text: str, above: Sequence[int]) -> Iterator[Entry]:
    """Lines that begin with a day; lines below without one go on with them, up to a blank line."""
    found: list[Entry] = []
    for match in OPENED.finditer(text):
        start = match.end()
        end = _day_at(text, start)
        closed = CLOSED.match(text, end) if end else None
        if closed:
            found.append(Entry(start, end, closed.end(), len(text)))
    after: list[Entry | None] = [*found[1:], None]
    for one, following in zip(found, after, strict=False):
        blank = re.compile(r"\n[ \t]*\n(?![ \t]+\S|[-*•][ \t])").search(text, one.end)
        stops = [place for place in above if place > one.start]
        one.last = min(
            following.start if following else len(text), blank.start() if blank else len(text), *stops[:1], len(text)
        )
        if following and one.last == following.start:  # not what stands before its day: "Mon", the mark of a list
            one.last = text.rfind("\n", one.end, one.last)
        yield one


def _day_at(text: str, start: int) -> int:
    """Where a day that begins there ends; 0 if none does."""
    part = text[start : start + 30].partition("\n")[0]
    said: list[When | Day] = [*dates(part), *days(part)]
    found = [when.end for when in said if when.start == 0]
    return start + max(found) if found else 0


def _said(text: str, one: Entry, versioned: bool) -> Entry:
    """A heading with its day, its version, and the rest of it."""
    head = LINKED.sub(lambda match: match["text"], text[one.start : one.end])
    rest = head
    when: list[When | Day] = sorted([*dates(head), *days(head)], key=lambda said: (said.start, -said.end))
    if when:
        one.day = head[when[0].start : when[0].end]
        rest = head[: when[0].start] + " " + head[when[0].end :]
    if match := VERSION.search(rest):
        one.version = match[0]
        rest = rest[: match.start()] + " " + rest[match.end() :]
    elif versioned and (match := VERSION.match(text, one.body)):  # "2024-05-01 v1.2: …"
        one.version, one.body = match[0], match.end()
    bare = RELEASES.sub(" ", rest) if one.version or one.day else rest
    rest = " ".join(bare.split()).strip(EDGES)
    one.rest = rest if len(rest) > 1 and len(rest) <= TITLE and rest in head and not is_notion(rest) else ""
    return one


# what an entry says


def _row(text: str, one: Entry, wanted: Sequence[Field], day: Field | None, version: Field | None) -> Row:
    row = Row()
    if day:
        row[day.key[1]] = [one.day] if one.day else []
    if version:
        row[version.key[1]] = [one.version] if one.version else []
    bullets = _bullets(text, one)
    first = bullets[0][0] if bullets else one.last
    lists = [other for other in wanted if other.listed]
    row.update(_lists(text, one, bullets, lists))
    left = [other for other in wanted if other not in (day, version) and not other.listed]
    body = _plain(text[one.body : first if lists else one.last])
    for other in left:
        if said := _labelled(text, one, other):
            row[other.key[1]] = [said]
    left = [other for other in left if other.key[1] not in row]
    for other in left:
        if other.kind == "number" and (said := _number(body, other)):
            row[other.key[1]] = [said]
    texts = [other for other in left if other.kind == "text" and not other.wants]
    who = next((other for other in texts if other.nature == "person"), None)
    if who and (named := NAMED.match(body)):
        row[who.key[1]], body = [named["name"]], body[named.end() :]
    texts = [other for other in texts if other is not who or (not body and not day)]
    if one.rest and texts:
        row[texts.pop(0).key[1]] = [one.rest]
    if body and texts:
        row[texts[0].key[1]] = [_short(body)]
    return row


def _bullets(text: str, one: Entry) -> list[tuple[int, int]]:
    """The items below a heading, each with the lines that go on with it and the items in it."""
    found = list(BULLET.finditer(text, one.body, one.last))
    if not found:
        return []
    least = min(len(match["indent"]) for match in found)
    top = [match for match in found if len(match["indent"]) <= least]
    places = []
    after: list[re.Match[str] | None] = [*top[1:], None]
    for match, following in zip(top, after, strict=False):
        end = following.start() if following else one.last
        stop = re.compile(r"\n[ \t]*\n(?![ \t])|\n#|\n\[[^\]\n]+\]:").search(text, match.end(), end)
        places.append((match.end(), stop.start() if stop else end))
    return places


def _lists(text: str, one: Entry, bullets: Sequence[tuple[int, int]], lists: Sequence[Field]) -> Row:
    """What is asked as lists: all items, or those below the words for each of several lists."""
    if len(lists) < FEW:
        items = [_item(text, *place) for place in bullets] or _apart(_plain(text[one.body : one.last]))
        return {other.key[1]: items[:MANY] for other in lists}
    row: Row = {other.key[1]: [] for other in lists}
    for start, end in bullets:
        said = _item(text, start, end)
        label = LABEL.match(said)
        above = [
            match["head"] for match in (*MARKED.finditer(text, one.body, start), *BOLD.finditer(text, one.body, start))
        ]
        for words, value in (
            (above[-1] if above else "", said),
            (label[1].strip("*_") if label else "", said[label.end() :] if label else ""),
        ):
            best = max(lists, key=lambda other: alike(other.units, units(words)))
            if words and value and alike(best.units, units(words)) >= ALIKE:
                row[best.key[1]].append(value)
                break
    return row


def _apart(said: str) -> list[str]:
    """What stands between semicolons, or all of it."""
    return [part.rstrip(".") for part in SEMICOLON.split(said) if part] if len(said) <= LONGEST else []


def _item(text: str, start: int, end: int) -> str:
    return _short(_plain(text[start:end])).rstrip(".;")


def _labelled(text: str, one: Entry, other: Field) -> str:
    """What stands behind a label that says a field, below the heading."""
    for line in text[one.body : one.last].split("\n"):
        said = line.strip(" \t-*•")
        match = LABEL.match(said)
        if match and len(match[1].split()) < 5 and alike(other.units, units(match[1])) >= 0.7:
            return said[match.end() :].strip(" *_").rstrip(".")
    return ""


def _number(body: str, other: Field) -> str:
    """The number in the unit that a field names, beside its word, or in money where a price is asked for."""
    for said in quantities(body):
        candidate = Candidate(body[said.start : said.end], said.start, said.end, "number")
        if not said.doubt and measured(body, candidate, other) > 0:
            return candidate.text
    if near := counted(body, other):
        return near
    if other.units & PRICED:
        for said in quantities(body):
            around = body[max(0, said.start - 4) : said.end + 5]
            if not said.doubt and MONEY.search(around):
                return body[said.start : said.end]
    return ""


def _plain(said: str) -> str:
    """A text in one line, without the marks before and behind it."""
    return " ".join(said.split()).lstrip(" :：–—|-.,;").strip()


def _short(said: str) -> str:
    """As many sentences as a value may be long."""
    if len(said) <= LONGEST:
        return said
    ends = [span.end for span in spans(said) if span.end <= LONGEST]
    return said[: ends[-1]] if ends else said[:LONGEST].rpartition(" ")[0]


__all__ = ["headed"]
