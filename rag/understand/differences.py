"""
What differs between two texts, word by word: for people, and as plain data.

Long texts are compared by lines first, and only what differs there by words, so that a document costs little. A change
is (what stood before, what stands now); either may be empty.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

WORDS = re.compile(r"\w+(?:['’.,:/@_-]\w+)*|\s+|[^\w\s]")
JOIN = 1  # words that two changes may lie apart and still be shown as one
LONG = 2000  # words from which texts are compared by lines first
Change = tuple[str, str]
Piece = tuple[str, str]  # "=", "-" or "+", and the words


def words(text: str) -> list[str]:
    """The words, signs and spaces of a text; joined again they are the text."""
    return WORDS.findall(text)


def pieces(before: str, after: str) -> list[Piece]:
    """The two texts as one: what both have ("="), what only the first has ("-"), what only the second has ("+")."""
    one, other = words(before), words(after)
    return _joined(_by_lines(before, after) if len(one) + len(other) > LONG else _by_words(one, other))


def changes(before: str, after: str) -> list[Change]:
    """Each run of words that was replaced, added or taken away, without the space around it."""
    found: list[Change] = []
    gone, came = "", ""
    for sign, text in [*pieces(before, after), ("=", "")]:
        if sign == "-":
            gone += text
        elif sign == "+":
            came += text
        elif gone or came:
            if gone.strip() != came.strip():
                found.append((gone.strip(), came.strip()))
            gone, came = "", ""
    return found


def similarity(before: str, after: str) -> float:
    """The share of words and signs that both have in the same order, from 0 to 1 (Ratcliff and Obershelp)."""
    one, other = before.split(), after.split()
    if not one and not other:
        return 1.0
    if len(one) + len(other) > LONG:
        shared = sum(len(text.split()) for sign, text in pieces(before, after) if sign == "=")
        return 2 * shared / (len(one) + len(other))
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def _by_words(one: Sequence[str], other: Sequence[str]) -> Iterator[Piece]:
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if tag == "equal":
            yield "=", "".join(one[a:b])
            continue
        if b > a:
            yield "-", "".join(one[a:b])
        if d > c:
            yield "+", "".join(other[c:d])


def _by_lines(before: str, after: str) -> Iterator[Piece]:
    one, other = before.splitlines(keepends=True), after.splitlines(keepends=True)
    for tag, a, b, c, d in SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        gone, came = "".join(one[a:b]), "".join(other[c:d])
        if tag == "equal":
            yield "=", gone
        elif gone and came and len(words(gone)) + len(words(came)) <= LONG:
            yield from _by_words(words(gone), words(came))
        else:
            yield from ((sign, text) for sign, text in (("-", gone), ("+", came)) if text)


def _joined(found: Iterator[Piece]) -> list[Piece]:
    """Changes that lie so near each other that they read as one are one."""
    made: list[list[str]] = []
    gap, gone, came = "", "", ""

    def flush() -> None:
        nonlocal gone, came
        made.extend([sign, text] for sign, text in (("-", gone), ("+", came)) if text)
        gone = came = ""

    for sign, text in found:
        if sign == "=":
            small = not text.strip() or (len(text.split()) <= JOIN and len(text) < 4)
            if small and (gone or came):
                gap += text
                continue
            flush()
            text, gap = gap + text, ""
            made.append(["=", text])
        else:
            gone, came = gone + gap, came + gap
            gap = ""
            gone, came = (gone + text, came) if sign == "-" else (gone, came + text)
    flush()
    if gap:
        made.append(["=", gap])
    return [(sign, text) for sign, text in made]


def as_lines(before: str, after: str, context: int = 2) -> list[str]:
    """A unified difference of lines, without its head."""
    from difflib import unified_diff

    lines = unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=context)
    return [line for line in lines if not line.startswith(("---", "+++"))]
