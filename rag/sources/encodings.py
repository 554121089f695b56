"""
Bytes to text: the byte order mark, UTF-8, what the file declares, UTF-16, a guess.

Encodings that a file declares are taken as browsers take them (the labels of https://encoding.spec.whatwg.org): Latin-1
means Windows-1252, GB2312 means GB 18030. What is nearly all UTF-8 is UTF-8: a wrong byte becomes U+FFFD, and the rest
stays what it is.
"""

from __future__ import annotations

import codecs
import re
import unicodedata

from rag.errors import InputError

BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the one of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Labels that Python does not know, and encodings that a larger one has taken the place of.
LABELS = {
    "ascii": "cp1252", "us-ascii": "cp1252", "ansi_x3.4-1968": "cp1252", "iso8859-1": "cp1252", "latin-1": "cp1252",
    "x-cp1252": "cp1252", "ansi": "cp1252", "iso8859-9": "cp1254", "iso8859-11": "cp874", "tis-620": "cp874",
    "dos-874": "cp874", "gb2312": "gb18030", "gbk": "gb18030", "x-gbk": "gb18030", "hz-gb-2312": "hz",
    "shift_jis": "cp932", "sjis": "cp932", "x-sjis": "cp932", "windows-31j": "cp932", "big5": "big5hkscs",
    "x-x-big5": "big5hkscs", "cn-big5": "big5hkscs", "euc_kr": "cp949", "ks_c_5601-1987": "cp949",
    "windows-949": "cp949", "korean": "cp949", "x-euc-jp": "euc_jp", "x-mac-roman": "mac-roman",
    "macintosh": "mac-roman", "x-mac-cyrillic": "mac-cyrillic", "unicode-1-1-utf-8": "utf-8",
    "iso-8859-8-i": "iso8859-8", "logical": "iso8859-8", "x-cp1250": "cp1250", "x-cp1251": "cp1251",
}  # fmt: skip
# What a file may declare: Python knows others that are no encodings of texts ("rot13", "unicode_escape").
TEXTS = re.compile(
    r"utf-8|cp(437|737|77\d|85\d|86\d|874|932|949|950|125\d)|iso8859-\d+|koi8-[rut]|mac-\w+|gb18030|hz|big5(hkscs)?"
    r"|(euc|iso2022)_(jp|kr)(_\w+)?|johab|shift_jis\w*|ptcp154|kz1048|utf-7"
)
CODED = re.compile(rb"^[^\n]{0,200}?coding[:=][ \t]*([-\w.]{2,40})", re.IGNORECASE)  # PEP 263, Emacs
ESCAPED = re.compile(rb"\x1b(\$[@B]|\([BIJ])")  # ISO-2022-JP, whose bytes are all ASCII
TEX = re.compile(rb"^[^%\n]*\\usepackage\[(\w+)\]\{inputenc\}", re.MULTILINE)
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
WRONG = "\ufffd"
SAMPLE = 100_000


def decode(data: bytes, key: str, declared: str = "") -> str:
    """
    The text of a file, CRLF and CR as LF: by its byte order mark, else UTF-8, UTF-16, what is declared, or a guess.

    Raises InputError if it is binary or in no encoding that can be told.
    """
    return lines(exactly(data, key, declared))


def written(data: bytes, key: str) -> str:
    """All of the text of a file, in the encoding that it says it is in. Raises InputError if it is binary."""
    declared = coding(data) or (found[1].decode("ascii") if (found := TEX.search(data[:20_000])) else "")
    return decode(data, key, declared)


def exactly(data: bytes, key: str, declared: str = "") -> str:
    """The same with the line ends that it has."""
    for mark, encoding in BOMS:
        if data.startswith(mark):
            text = data[len(mark) :].decode(encoding, "replace")
            if text.count(WRONG) > 2 + len(text) // 100 or text.count("\0") > len(text) // 1000:
                raise InputError(f"{key} begins like {encoding}, but is not")
            return text.replace("\0", WRONG)
    known = codec(declared) if declared else ""
    if ESCAPED.search(data[:SAMPLE]) or known in ("hz", "utf-7"):
        encoding = known if known in ("hz", "utf-7") or known.startswith("iso2022") else "iso2022_jp_ext"
        try:
            return data.decode(encoding).replace("\0", WRONG)
        except UnicodeError:
            pass  # escapes of a terminal
    zeros = data.count(0)
    if 100 * zeros > len(data):
        if encoding := _utf16(data):
            return data[: len(data) & ~1].decode(encoding, "replace").replace("\0", WRONG)
        raise InputError(f"{key} is binary: it contains zero bytes")
    try:
        return data.decode("utf-8").replace("\0", WRONG)
    except UnicodeDecodeError:
        if zeros and not _nearly_utf8(data):
            raise InputError(f"{key} is binary: it contains zero bytes") from None
        return (_nearly_utf8(data) or _declared(data, known) or _guess(data, key)).replace("\0", WRONG)


def lines(text: str) -> str:
    """CRLF and CR as LF: the one change that is made to a text."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def codec(label: str) -> str:
    """The encoding that a label means, as Python names it; "" if it means none of texts."""
    label = label.strip().lower()
    try:
        name = codecs.lookup(label).name
    except (LookupError, ValueError):
        name = label
    name = LABELS.get(name) or LABELS.get(label) or name
    return name if TEXTS.fullmatch(name) else ""


def coding(data: bytes) -> str:
    """The encoding that a comment in the first two lines declares, as editors and Python write it."""
    for line in data[:1000].split(b"\n")[:2]:
        if found := CODED.match(line):
            return found[1].decode("ascii")
    return ""


def _nearly_utf8(data: bytes) -> str:
    """The text if it is UTF-8 but for a few wrong bytes, or a character that is cut off at its end; else ""."""
    text = data.decode("utf-8", "replace")
    wrong = text.count(WRONG) - data.count(b"\xef\xbf\xbd")
    good = sum(map(len, re.findall(r"[^\x00-\x7f\ufffd]+", text)))
    if good >= 3 * wrong and good:
        return text
    try:  # a text of ASCII that was cut off within its only other character
        data[:-1].decode("ascii")
    except UnicodeDecodeError:
        return ""
    return text if data[-1] >= 0xC2 and len(data) > 100 else ""


def _declared(data: bytes, encoding: str) -> str:
    """As declared; bytes that have no meaning there become U+FFFD if they are few."""
    if not encoding or encoding == "utf-8":
        return ""
    text = data.decode(encoding, "replace")
    return text if 100 * text.count(WRONG) <= len(text) + 100 else ""


def _utf16(data: bytes) -> str:
    """UTF-16 without a mark: what is read so has words of few scripts, and no control characters."""
    if len(data) < 4:
        return ""
    best, encoding = 0.98, ""
    for name in ("utf-16-le", "utf-16-be"):
        text = data[: min(len(data), SAMPLE) & ~1].decode(name, "replace")
        if not re.search(r"[ \n\u3000\u3002]", text):
            continue
        blocks: dict[int, int] = {}
        for character in text:
            kind = unicodedata.category(character)
            if kind[0] in "LNPZMS" or character in "\n\r\t":
                block = ord(character) >> 8
                block = 0x4E if 0x4E <= block <= 0x9F or 0xAC <= block <= 0xD7 else block  # of ideographs, syllables
                blocks[block] = blocks.get(block, 0) + 1
        share = sum(sorted(blocks.values())[-4:]) / len(text)
        if share > best and blocks.get(0, 0) > len(text) // 100:
            best, encoding = share, name
    return encoding


def _guess(data: bytes, key: str) -> str:
    for sample in (data[:200_000], data):  # the head may be ASCII with a few odd bytes, the rest something else
        if encoding := _likely(sample):
            try:
                text = data.decode(encoding)
            except UnicodeError:
                continue
            if len(CONTROL.findall(text[:20_000])) <= len(text[:20_000]) // 1000:
                return text
    raise InputError(f"{key} is in no encoding that can be told", "Save it as UTF-8, then index it again.")


def _likely(data: bytes) -> str:
    """The likeliest encoding; of equals Windows-1252, which is by far the most common."""
    if _western(data):
        return "cp1252"
    from charset_normalizer import from_bytes

    matches = from_bytes(data)
    best = matches.best()
    if best is None:
        return ""
    equals = [match for match in matches if (match.chaos, match.coherence) == (best.chaos, best.coherence)]
    return "cp1252" if any("cp1252" in match.could_be_from_charset for match in equals) else best.encoding


ACCENTED = re.compile(
    rb"(?<=[A-Za-z\s\"'(])[\xc4-\xc7\xc9\xd1\xd6\xd8\xdc\xdf-\xeb\xed-\xef\xf1\xf3-\xf6\xfa-\xfc]{1,2}(?=[A-Za-z\s.,;:!?'\")-]|$)"
    rb"|[\x80\x84\x85\x91-\x97\xa0\xa7\xa9\xab\xae\xb0\xb7\xbb]"
)


def _western(data: bytes) -> bool:
    """Whether letters with accents stand singly among plain ones, as in the languages of Windows-1252."""
    head = data[:SAMPLE]
    odd = sum(map(len, re.findall(rb"[\x80-\xff]+", head)))
    if not odd or re.search(rb"[\x81\x8d\x8f\x90\x9d]", head):
        return False
    plain = sum(map(len, re.findall(rb"[A-Za-z]+", head)))
    return plain > 6 * odd and sum(map(len, ACCENTED.findall(head))) >= 0.9 * odd
