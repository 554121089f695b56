"""
Letters of a PDF page whose font says nothing of them: TeX's bitmap fonts, where "fi" is the character U+001C.

Such a font has no names of glyphs, so that a reader gets TeX's codes as if they were characters. Which of TeX's two
encodings a font is in (T1 or OT1, the "Cork" and the older one) its ligatures tell; letters and accents follow. Each is
marked by one character of private use, so that offsets stay those of the page, and written out at the end.
"""

from __future__ import annotations

import ctypes
import re
from collections import defaultdict
from typing import Any
from unicodedata import normalize

T1_LOW = [
    "`", "´", "ˆ", "˜", "¨", "˝", "˚", "ˇ", "˘", "¯", "˙", "¸", "˛", "‚", "‹", "›",
    "“", "”", "„", "«", "»", "–", "—", "", "", "ı", "ȷ", "ff", "fi", "fl", "ffi", "ffl",
]  # fmt: skip
# From 0x80 to 0xBF; above they are those of Latin-1, but for a few.
T1_HIGH = "ĂĄĆČĎĚĘĞĹĽŁŃŇŊŐŔŘŚŠŞŤŢŰŮŸŹŽŻĲİđ§ăąćčďěęğĺľłńňŋőŕřśšşťţűůÿźžżĳ¡¿£"
T1 = (
    dict(enumerate(T1_LOW))
    | {0x7F: "-", 0xD7: "Œ", 0xDF: "SS", 0xF7: "œ", 0xFF: "ß"}
    | {0x80 + place: letter for place, letter in enumerate(T1_HIGH)}
)
OT1 = {
    0x0B: "ff", 0x0C: "fi", 0x0D: "fl", 0x0E: "ffi", 0x0F: "ffl", 0x10: "ı", 0x11: "ȷ", 0x12: "`", 0x13: "´", 0x14: "ˇ",
    0x15: "˘", 0x16: "¯", 0x17: "˚", 0x18: "¸", 0x19: "ß", 0x1A: "æ", 0x1B: "œ", 0x1C: "ø", 0x1D: "Æ", 0x1E: "Œ",
    0x1F: "Ø", 0x22: "”", 0x3C: "¡", 0x3E: "¿", 0x5C: "“", 0x7B: "–", 0x7C: "—", 0x7D: "˝", 0x7F: "¨",
}  # fmt: skip
BULLET = 0x88  # of the companion of both (TS1)
PLACES = ((0xEE00, T1), (0xEF00, OT1))  # where the characters of private use begin
SYMBOLS = {0xF0B7: "•", 0xF0A7: "▪", 0xF0A8: "▪", 0xF0D8: "‣", 0xF076: "▪", 0xF0E0: "→", 0xF0FC: "✓", 0xF02D: "–"}
WRITTEN = {place + code: text for place, table in PLACES for code, text in table.items()} | SYMBOLS
ODD = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\xbf÷×ßÿ]|\r(?!\n)")
OLD = re.compile(r"[a-z][\x0b\x0c\x0e\x0f]|[\x0b\x0c\x0e\x0f][a-z]")
NEW = re.compile(r"[A-Za-z][\x1b-\x1f]|[\x1b-\x1f][a-z]")
WORDS = re.compile(r"[A-Za-z\x0b-\x1f]{4}")
ACCENTS = dict(zip("`´ˆ˜¨˝˚ˇ˘¯˙¸˛", "\u0300\u0301\u0302\u0303\u0308\u030b\u030a\u030c\u0306\u0304\u0307\u0327\u0328",
                   strict=True))  # fmt: skip
ACCENTED = re.compile("([´ˆ˜¨˝˚ˇ˘¯˙¸˛]|(?<=[^\\W\\d_])`)([^\\W\\d_])")  # TeX draws an accent before its letter
DOTLESS = {"ı": "i", "ȷ": "j"}


def marked(textpage: Any, text: str) -> str:
    """The text of a page, as long as it was, with a character of private use for each that its font does not tell."""
    import pypdfium2.raw as raw

    places = [match.start() for match in ODD.finditer(text)]
    if not any(raw.FPDFText_HasUnicodeMapError(textpage, place) == 1 for place in places):
        return text
    fonts = defaultdict[int, list[int]](list)
    for place in range(min(len(text), textpage.count_chars())):
        if not text[place].isspace() or text[place] not in " \n":
            fonts[_font(textpage, place)].append(place)
    untold = {font for font, own in fonts.items() if font and any(_untold(textpage, place, text) for place in own)}
    shown = {font: _run(text, fonts[font]) for font in untold}
    old = any(OLD.search(run) for run in shown.values())
    if not old and not any(NEW.search(run) for run in shown.values()):
        return text  # nothing tells that TeX wrote it
    letters = list(text)
    for font in untold:
        run = shown[font]
        if not WORDS.search(run):  # of formulas and signs
            table, base = ({BULLET: ""}, 0)
        else:
            table, base = (OT1, 0xEF00) if (old and not NEW.search(run)) or OLD.search(run) else (T1, 0xEE00)
        plain = base == 0xEF00 and not OLD.search(run)  # perhaps of fixed width, where these are ASCII
        for place in fonts[font]:
            code = ord(text[place])
            if code == BULLET and not base:
                letters[place] = "•"
            elif base and code in table and not (plain and 0x20 <= code < 0x7F) and text[place : place + 2] != "\r\n":
                letters[place] = chr(base + code)
    return "".join(letters)


def written(text: str) -> str:
    """The text with its letters in the place of their marks, and accents set on their letters."""
    made = text if text.isascii() else text.translate(WRITTEN)
    return made if made.isascii() else ACCENTED.sub(_accented, made)


def _accented(found: re.Match[str]) -> str:
    letter = DOTLESS.get(found[2], found[2])
    whole = normalize("NFC", letter + ACCENTS[found[1]])
    return whole if len(whole) == 1 else found[0]


def _font(textpage: Any, place: int) -> int:
    import pypdfium2.raw as raw

    drawn = raw.FPDFText_GetTextObject(textpage, place)
    font = raw.FPDFTextObj_GetFont(drawn) if drawn else None
    return ctypes.cast(font, ctypes.c_void_p).value or 0 if font else 0


def _untold(textpage: Any, place: int, text: str) -> bool:
    import pypdfium2.raw as raw

    return bool(ODD.match(text, place)) and raw.FPDFText_HasUnicodeMapError(textpage, place) == 1


def _run(text: str, places: list[int]) -> str:
    """What a font shows; a space where something else stands between."""
    return "".join(
        text[place] if not number or place == places[number - 1] + 1 else f" {text[place]}"
        for number, place in enumerate(places)
    )
