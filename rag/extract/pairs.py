"""
What is written as key=value, or stands where the lines of a log and the citation of a journal have it.

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re

STAMP = (
    r"(?:\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:[.,]\d+)?(?:Z|[+-]\d\d:?\d\d)?|[A-Z][a-z]{2}\s+\d{1,2}\s\d\d:\d\d:\d\d)"
)
LEVEL = r"(?:TRACE|DEBUG|INFO|NOTICE|WARN(?:ING)?|ERROR|CRITICAL|FATAL|SEVERE)"
PAIR = re.compile(r"(?<![\w.])([A-Za-z_][\w.-]{0,30})=(\"[^\"\n]*\"|'[^'\n]*'|[^\s,;&]+)")
EQUALS = re.compile(r"(?<![\w.])([A-Za-z]\w{0,20}) ?(?:=|[<>]=?) ?([-+]?[.\d][\d.,]*(?<=\d))")  # "(p < 0.05, n = 64)"
STATISTICS = {"n": "sample size", "p": "p value"}
CITED = re.compile(
    r"(?P<journal>[A-Z][\w&.,:' -]{2,90}?),?\s(?:vol\. ?)?(?P<volume>\d{1,4})"
    r"\s?\((?P<issue>\d{1,4}(?:[-–]\d+)?)\)[,:;.]?\s?"
    r"(?:\(?(?P<year>(?:19|20)\d\d)\)?[,:;.]?\s?)?(?:pp?\. ?|S\. ?|Seiten )?(?P<pages>\d{1,5}\s?[-–]\s?\d{1,5})?"
)
LOGS = [  # lines of logs, with the names of their parts
    re.compile(form, re.MULTILINE)
    for form in (
        r"^(?P<ip>[\d.:a-f]{7,39}) \S+ (?P<user>\S+) \[(?P<timestamp>[^\]\n]+)\]"
        r" \"(?P<method>[A-Z]+) (?P<path>\S+)[^\"\n]*\""
        r" (?P<status_code>\d{3}) (?P<bytes>\d+|-)(?: \"(?P<referrer>[^\"\n]*)\" \"(?P<user_agent>[^\"\n]*)\")?",
        rf"^(?P<timestamp>{STAMP}) (?P<host>[\w.-]+) (?P<service>[\w./-]+)(?:\[(?P<process_id>\d+)\])?:"
        rf" (?:(?P<level>{LEVEL}):? )?(?P<message>[\w.]+=[^\n]*|[^\n]*?(?=,? [\w.]+=|$))",
        rf"^\[?(?P<timestamp>{STAMP})\]?,?\s+\[?(?:[\w-]+\.)?(?P<level>{LEVEL})\]?:?\s+"
        r"(?:\[?(?P<service>[a-z][\w.-]*|[\w-]+\.[\w.-]+|[A-Z][a-z]+[A-Z]\w*|[\w.-]*[a-z][\w.-]*(?=\]|:\s))\]?:?\s+)?"
        r"(?:\[[^\]\n]*\]\s+)*-?\s*(?P<message>[\w.]+=[^\n]*|[^\n]*?(?=,? [\w.]+=|$))",
    )
]


def paired(text: str) -> list[tuple[int, int, str]]:
    """The values that are written so, as (start, end, key)."""
    found = []
    for match in PAIR.finditer(text):
        start, end = match.span(2)
        quoted = text[start] in "\"'" and end - start > 1
        found.append((start + quoted, end - quoted, match[1]))
    equal = EQUALS.finditer(text)
    found += [(*match.span(2), STATISTICS.get(match[1].lower(), match[1])) for match in equal]
    for form in (*LOGS, CITED):
        for match in form.finditer(text):
            found += [(*match.span(name), name) for name, said in match.groupdict().items() if said not in (None, "-")]
    return found


def beside(labels: list[bool]) -> list[tuple[int, int]]:
    """
    Which cells of a line are values, and of which label (-1: of none), by which of its cells may be labels: label,
    value, label, value; or something else, an address, with a label and its value to the right of it.
    """
    if len(labels) % 2 == 0 and all(labels[::2]) and not any(labels[1::2]):
        return [(n, n - 1) for n in range(1, len(labels), 2)]
    if labels == [False, True, False]:
        return [(0, -1), (2, 1)]
    return [(n, -1) for n in range(len(labels))]


__all__ = ["beside", "paired"]
