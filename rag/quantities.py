"""
Numbers as people write them, in the digits of any script, with every reading that a notation has.

"1,234.50", "1.234,50", "1 234,50", "1'234.50", "١٬٢٣٤٫٥٠", "1,2 Mio.", "−5", "$-5", "(5)", "5mg", "50 %", "three".
What is ambiguous has several readings: "1.234" is 1.234 or 1234. Nothing here knows fields or documents.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

BLANKS = " \u00a0\u2009\u202f\u3000"
MINUS = "-\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
PLAIN = str.maketrans("\u066b\uff0e\u066c\uff0c\u2019\u02bc\uff07" + BLANKS, "..','''" + " " * len(BLANKS))
LONGEST = 300  # characters; what is longer is no number that anything counts to
NUMERAL = r"(?:\d+(?:[.,'\u2019\u02bc\uff07\u066b\u066c\uff0e\uff0c]\d+)*|(?<!\w)[.\u066b]\d+)"
RUN = re.compile(NUMERAL)
THOUSANDS = re.compile(r"\d{3}(?:[.,\u066b]\d+)?")
NEGATIVE = re.compile(r"(?<!\w)(?:minus|moins|menos|минус|负|負|マイナス)\s?\Z", re.IGNORECASE)
EXPONENT = re.compile(r"[eE]([+-]?\d{1,3})(?!\w)|\s?[x×·*]\s?10\^?([-−]?\d{1,3}|[⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+)")
SUPER = str.maketrans("⁻⁰¹²³⁴⁵⁶⁷⁸⁹−", "-0123456789-")
WRITTEN_FRACTION = re.compile(r"(?<![\d/.,])(?:(\d{1,3})\s)?(\d{1,2})/(\d{1,2})(?![\d/]|[.,]\d)")
FRACTIONS = {"½": Decimal("0.5"), "¼": Decimal("0.25"), "¾": Decimal("0.75")}
TIMES: dict[int, str] = {
    2: "百 백",
    3: "k thousand tausend tsd mille mil тысяч тыс 千 천",
    4: "万 萬 만",
    5: "lakh lakhs",
    6: "million millions millionen mio mn млн миллионов millones milhões milioni",
    7: "crore crores",
    8: "亿 億 억",
    9: "billion bn milliard milliards milliarde milliarden mrd млрд miliardi",
}
FACTORS = {word: Decimal(10) ** power for power, words in TIMES.items() for word in words.split()}
FACTOR = re.compile(
    rf"[{BLANKS}]?(" + "|".join(sorted(map(re.escape, FACTORS), key=len, reverse=True)) + r")(\.?)(?![^\W\d_])",
    re.IGNORECASE,
)
# "GBP 41.2m", "$2bn", "6,5 M€", "1,2 Md€": letters that only money has.
MONEY = r"(?:[€$£¥]|\b(?:EUR|USD|GBP|CHF|SEK|NOK|DKK|CAD|AUD)\b)"
PAID = re.compile(rf"{MONEY}\s?[{MINUS}]?\Z")
MONEY_FACTOR = re.compile(r"[ \u00a0\u202f]?(m|M|mn|bn|b|B|Md|Mrd|k|K)(?!\w)")
MONEY_BEHIND = re.compile(rf"[ \u00a0\u202f]?(m|M|Md|Mrd|k|K|bn)[ \u00a0\u202f]?(?={MONEY}|d['’]euros)")
LETTERS = {"m": 6, "mn": 6, "bn": 9, "b": 9, "md": 9, "mrd": 9, "k": 3}
SOLID_FACTOR = re.compile("[百백千천万萬만亿億억]")
SPELLED = {
    word: number
    for words in (
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
        " seventeen eighteen nineteen twenty",
        "null eins zwei drei vier fünf sechs sieben acht neun zehn elf zwölf",
        "zéro un deux trois quatre cinq six sept huit neuf dix onze douze",
        "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce",
    )
    for number, word in enumerate(words.split())
    if word not in ("null", "once", "un")
}
SPELLED_OUT = re.compile(r"(?<!\w)(?:" + "|".join(SPELLED) + r")(?!\w)", re.IGNORECASE)
HAN = dict(zip("〇零一二三四五六七八九两", (0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 2), strict=True))
HAN_RUN = re.compile("[〇零一二三四五六七八九两十百千]+")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number that stands at `text[start:end]`. `doubt` is 0 for the plainest reading, more for those less likely."""

    value: Decimal
    start: int
    end: int
    doubt: int = 0


def quantities(text: str) -> Iterator[Quantity]:
    """Every reading of every number of a text, in the order of their places."""
    for start, end in _runs(text):
        yield from _readings_at(text, start, end)
    for match in SPELLED_OUT.finditer(text):
        yield Quantity(Decimal(SPELLED[match[0].lower()]), *match.span(), 4)
    for match in HAN_RUN.finditer(text):
        if (value := _han(match[0])) is not None:
            yield Quantity(Decimal(value), *match.span(), 4)
    for match in WRITTEN_FRACTION.finditer(text):
        over = Decimal(match[3])
        if int(match[2]) < over and over in (2, 4, 5, 8, 10, 16):
            yield Quantity(Decimal(match[1] or 0) + Decimal(match[2]) / over, *match.span(), 2)
    for at, char in enumerate(text) if not text.isascii() else ():
        if char in FRACTIONS and not text[max(0, at - 1) : at].isdecimal():
            yield Quantity(FRACTIONS[char], at, at + 1)


def number(text: str) -> Decimal | None:
    """The number that a whole text is, in its likeliest reading; None if it is none: "1,234" is 1234, "1.234" 1.234."""
    text = text.strip()
    match = re.fullmatch(rf"([{MINUS}+]?)({NUMERAL})", _joined(text))
    readings = _readings(match[2]) if match and len(match[2]) <= LONGEST else []
    if not readings:
        return None
    return -readings[0] if text[0] in MINUS else readings[0]


def _joined(text: str) -> str:
    """The text without the blanks between thousands."""
    return re.sub(rf"(?<=\d)[{BLANKS}](?=\d{{3}}(?!\d))", "", text)


def _runs(text: str) -> Iterator[tuple[int, int]]:
    """Digits with the marks between them; groups of three after a blank are one number with those before it."""
    found = [match.span() for match in RUN.finditer(text)]
    at = 0
    while at < len(found):
        start, end = found[at]
        if 1 <= end - start <= 3 and text[start:end].isdecimal() and unicodedata.decimal(text[start]):
            logged = text[max(0, start - 2) : start] == '" '  # a web server's: "GET /" 200 157
            while not logged and at + 1 < len(found) and _goes_on(text, end, found[at + 1]):
                at += 1
                end = found[at][1]
                if not text[found[at][0] : end].isdecimal():
                    break
        yield start, end
        at += 1


def _goes_on(text: str, end: int, after: tuple[int, int]) -> bool:
    """Whether three digits follow a blank, with nothing but a decimal part behind them."""
    start, last = after
    return (
        start == end + 1
        and text[end] in BLANKS
        and re.fullmatch(r"\d{3}(?:[.,\u066b]\d+)?", text[start:last]) is not None
    )


def _readings_at(text: str, start: int, end: int) -> Iterator[Quantity]:
    run = text[start:end]
    if len(run) > LONGEST:
        return
    values = _readings(run)
    if not values:
        yield from _parts(text, start, end)
        return
    doubt = _stuck(text, start, end)
    if doubt is None:
        return
    first, negative = _signed(text, start)
    factor, wider = _factor(text, end)
    if factor is None:
        factor, wider = _money_factor(text, start, end)
    for rank, size in enumerate(values):
        size += FRACTIONS.get(text[end : end + 1], 0)
        last = end + (text[end : end + 1] in FRACTIONS)
        value = -size if negative else size
        if factor is not None:
            yield Quantity(value * factor, first, wider, doubt + rank)
        yield Quantity(value, first, last, doubt + rank + (factor is not None))
        if re.match(rf"[{BLANKS}]?[%％٪]", text[end : end + 2]):
            yield Quantity(value / 100, first, last, doubt + rank + 3)
        if not negative and _accounted(text, start, end):
            yield Quantity(-size, start, end, doubt + rank + 1)


def _parts(text: str, start: int, end: int) -> Iterator[Quantity]:
    """The numbers of a run that is none itself: of a date with dots, of a list; none of a version or an address."""
    run = text[start:end]
    pieces = list(re.finditer(r"\d+", run))
    widths = [len(piece[0]) for piece in pieces]
    dated = len(widths) == 3 and sorted(widths)[-1] in (2, 4) and sorted(widths)[1] <= 2 and max(widths[1], 1) <= 2
    if dated or "." not in run.translate(PLAIN):
        for piece in pieces:
            yield Quantity(_whole(piece[0]), start + piece.start(), start + piece.end(), 1)


def _readings(run: str) -> list[Decimal]:
    """What digits with marks between them may be, the likeliest first; nothing if they are no number."""
    plain = run.translate(PLAIN)
    marks = re.sub(r"\d", "", plain)
    if not marks:
        return [_whole(plain)]
    *groups, last = re.split(r"[.,' ]", plain)
    kinds = set(marks)
    if len(marks) == 1:
        decimal = [_decimal(groups, last)] if marks in ".," else []
        grouped = [_whole("".join([*groups, last]))] if _grouped([*groups, last]) else []
        return [*grouped, *decimal] if marks == "," else [*decimal, *grouped]
    if len(kinds) == 1:
        return [_whole("".join([*groups, last]))] if _grouped([*groups, last]) else []
    if len(kinds) == 2 and marks[-1] in ".," and marks[-1] not in marks[:-1] and _grouped(groups):
        return [_decimal(groups, last)]
    return []


def _grouped(groups: list[str]) -> bool:
    """Thousands, or the lakhs and crores of India: 12,34,567."""
    first, *rest = groups
    if not first or _whole(first) == 0 or not rest or len(rest[-1]) != 3:
        return False
    western = len(first) <= 3 and all(len(group) == 3 for group in rest)
    return western or (len(first) <= 2 and all(len(group) == 2 for group in rest[:-1]))


def _whole(digits: str) -> Decimal:
    return Decimal("".join(str(unicodedata.decimal(char)) for char in digits) or "0")


def _decimal(groups: list[str], last: str) -> Decimal:
    return Decimal(f"{_whole(''.join(groups))}.{''.join(str(unicodedata.decimal(char)) for char in last)}")


def _stuck(text: str, start: int, end: int) -> int | None:
    """How doubtful letters beside a number make it; None if it is a part of a code. Units may follow it: 5mg."""
    before, after = text[start - 1 : start], text[end : end + 1]
    if not (before.isalpha() or before == "_") or solid(before):
        code = re.match(r"[^\W\d_]+\d", text[end : end + 12]) is not None and not solid(after)
        return 1 if code else 0
    if after.isalnum() and not solid(after):
        return None
    letters = re.search(r"[^\W\d_]+\Z", text[max(0, start - 8) : start])
    return 0 if letters and len(letters[0]) == 3 and letters[0].isupper() else 2


def solid(char: str) -> bool:
    """Whether a character is of a script that puts no blanks between words, or glues its particles to them."""
    code = ord(char[:1] or " ")
    return (
        0x0E00 <= code <= 0x0EFF
        or 0x1000 <= code <= 0x109F
        or 0x1780 <= code <= 0x17FF
        or 0x1100 <= code <= 0x11FF
        or 0x3005 <= code <= 0x9FFF
        or 0xAC00 <= code <= 0xD7AF
        or 0xF900 <= code <= 0xFAFF
        or 0xFF66 <= code <= 0xFF9F
        or 0x20000 <= code <= 0x3FFFF
    )


def _signed(text: str, start: int) -> tuple[int, bool]:
    """Where a number begins with its sign, and whether it is negative: "-5", "$-5", "-$5", "minus 5"."""
    at = start
    if at and unicodedata.category(text[at - 1]) == "Sc":
        at -= 1
    if at and text[at - 1] in MINUS and not re.match(r"[\w.)\]%]", text[at - 2 : at - 1]):
        return at - 1, True
    if word := re.search(
        r"(?<!\w)(?:minus|moins|menos|минус|负|負|マイナス)\s?\Z", text[max(0, start - 8) : start], re.IGNORECASE
    ):
        return max(0, start - 8) + word.start(), True
    return start, False


def _accounted(text: str, start: int, end: int) -> bool:
    """Whether brackets or a sign behind it may say that a number is negative: "(5)", "5-"."""
    before = text[max(0, start - 2) : start].strip()
    if before[-1:] and unicodedata.category(before[-1]) == "Sc":
        before = before[:-1]
    if before.endswith("(") and text[end : end + 1] == ")":
        return True
    return re.match(rf"[{MINUS}](?=[\s;|)]|\Z)", text[end : end + 2]) is not None


def _factor(text: str, end: int) -> tuple[Decimal | None, int]:
    """What a number is multiplied by, by a word or an exponent behind it, and where that ends."""
    if match := SOLID_FACTOR.match(text, end) or FACTOR.match(text, end):
        word = match[1] if match.re is FACTOR else match[0]
        return FACTORS[word.lower()], match.end(1) if match.re is FACTOR else match.end()
    if match := EXPONENT.match(text, end):
        return Decimal(10) ** int((match[1] or match[2]).translate(SUPER)), match.end()
    return None, end


def _money_factor(text: str, start: int, end: int) -> tuple[Decimal | None, int]:
    """The same by a letter, of an amount of money."""
    match = MONEY_BEHIND.match(text, end)
    if match is None and PAID.search(text[max(0, start - 5) : start]):
        match = MONEY_FACTOR.match(text, end)
    return (Decimal(10) ** LETTERS[match[1].lower()], match.end(1)) if match else (None, end)


def _han(run: str) -> int | None:
    """三十六 is 36; None if it is no number of that kind."""
    if len(run) > LONGEST:
        return None
    if not set(run) & set("十百千"):
        return int("".join(str(HAN[char]) for char in run)) if len(run) != 1 or run not in "零" else None
    total, digit = 0, 0
    for char in run:
        if char in HAN:
            digit = HAN[char]
        else:
            total += (digit or 1) * {"十": 10, "百": 100, "千": 1000}[char]
            digit = 0
    return total + digit
