"""
The title of a text without marks: its first line, where it is underlined, in capitals, or short and alone above a blank
line. A sentence, a greeting, a field, a date and a line of code are none.
"""

from __future__ import annotations

import re

from rag import outline
from rag.dates import date
from rag.letters import GREETING

LONGEST, MOST = 100, 14  # characters and words of a title
WIDE = re.compile(r"\S(?: {4,}|\t+)\S")  # columns, as in the head of a letter
RULE = re.compile(r"[ \t]*([=\-~*_#^+])(?:[ \t]?\1){2,}[ \t]*")
SENTENCE = re.compile(r".*[.,;:…!]\W*")
FIELD = re.compile(r"[\w -]{1,24}:\s+\S|[\w.-]+\s?=\s?\S")
CODE = re.compile(r"[<{}\[\]|\\;`$]|#!|//|/\*|^\W*\d[\d\W]*$|^[-*+•>#%@]|^\d+[.)]\s|\d\d:\d\d")
BY = re.compile(r"(?:by|von|par|por|di|door|av|af)[ \t]+((?:[^\W\d_a-z][\w.'’-]*[ \t]*){1,5})")


def title(text: str) -> tuple[str, str]:
    """(title, author) as the first lines say them; "" for what they do not say."""
    lines = [line.strip() for line in text[:3000].lstrip("\ufeff\n").split("\n")[:12]]
    while lines and (not lines[0] or RULE.fullmatch(lines[0])):
        lines.pop(0)
    if not lines or not (called := _title(lines)):
        return "", ""
    found = next((match for line in lines[1:5] if (match := BY.fullmatch(line))), None)
    return called, found[1].strip() if found else ""


def _title(lines: list[str]) -> str:
    line = " ".join(lines[0].split())
    below = lines[1] if len(lines) > 1 else ""
    if WIDE.search(lines[0]):
        return ""
    if len(line) > LONGEST or len(line.split()) > MOST or not re.search(r"[^\W\d_]{2}", line) or CODE.search(line):
        return ""
    if RULE.fullmatch(below) or (not below and any(lines[1:]) and outline.called(line)):
        return line
    if SENTENCE.fullmatch(line) or FIELD.match(line) or GREETING.match(line) or date(line):
        return ""
    following = next(filter(None, lines[1:]), "")
    if re.search(r"\d{4}$", line) and len(following.split()) < 7 and following.endswith((",", "!")):
        return ""  # where and when a letter was written
    if line.isupper() and len(line) > 3 and not date(below):
        goes_on = below and not "".join(lines[2:3]) and sum(map(str.isupper, below)) > sum(map(str.islower, below))
        return f"{line} {' '.join(below.split())}" if goes_on and len(below) <= 60 and not WIDE.search(below) else line
    alone = not below and any(lines[1:])
    return line if alone or BY.fullmatch(below) else ""
