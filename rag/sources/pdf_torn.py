"""
Words of a PDF page that pdfium tears: where each letter is drawn by itself, as Google Docs and Chrome may do, it takes
the next one for the beginning of a line.
"""

from __future__ import annotations

import ctypes
import re
from typing import Any

BREAK = re.compile(r"(?<=\S)\r\n(?=\S)")
JOINT = "\x01"  # stands for a character of a break that is none; it is never shown
TOUCHING, APART = 0.1, 0.9  # of the size of a letter: nearer is one word, nearer is the next word of one line
LEVEL = 0.1  # of the size: more apart are two lines
FEWEST = 3  # torn words, from which on a page is torn


def mended(textpage: Any, text: str) -> str:
    """The text of a page, as long as it was, without the breaks between letters that stand side by side on one line."""
    found = {match.start(): gap for match in BREAK.finditer(text) if (gap := _gap(textpage, match.start())) is not None}
    if sum(gap <= TOUCHING for gap in found.values()) < FEWEST:
        return text
    letters = list(text)
    for at, gap in found.items():
        letters[at : at + 2] = [JOINT, JOINT if gap <= TOUCHING else " "]
    return "".join(letters)


def _gap(textpage: Any, at: int) -> float | None:
    """The white between the letters before and after a break, in sizes; None if they do not stand side by side."""
    import pypdfium2.raw as raw

    box = raw.FS_RECTF()
    if not raw.FPDFText_GetLooseCharBox(textpage.raw, at - 1, ctypes.byref(box)):
        return None
    right, foot, size = box.right, box.bottom, box.top - box.bottom
    if not raw.FPDFText_GetLooseCharBox(textpage.raw, at + 2, ctypes.byref(box)) or size <= 0:
        return None
    gap = (box.left - right) / size
    level = abs(box.bottom - foot) < LEVEL * size and abs(box.top - box.bottom - size) < LEVEL * size
    return gap if level and -TOUCHING < gap < APART else None
