"""
A text as it is compared: one spelling for all that mean the same, and pieces where a script sets no spaces.

Questions and texts go through the same `fold`, so that "Straße" and "STRASSE", "ﬁle" and "file", "كِتَابٌ" and "كتاب" are
one word. The folded text is only searched: offsets and quotes are those of the original. Chinese, Japanese and Korean
are cut into overlapping pairs of characters, Thai, Lao, Khmer, Burmese and others into triples, so that FTS5 finds a
word inside of a sentence as a phrase of pieces; at the end of a run the pieces grow shorter, so a piece begins at every
character and a single one is found as a prefix. No library, no dictionary.
"""

from __future__ import annotations

import json
import math
import re
from functools import cache
from unicodedata import category, digit, normalize

PAIRS = (  # Bopomofo, kana, Han, Hangul
    "\u1100-\u11ff\u3005-\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff\u3105-\u312f\u3131-\u318e\u31a0-\u31bf\u31f0-\u31ff"
    "\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f\uac00-\ud7ff\uf900-\ufaff\U00020000-\U000323af"
)
TRIPLES = (  # Thai, Lao, Tibetan, Burmese, Khmer, Tai Le, New Tai Lue, Tai Tham, Balinese, Javanese, Cham, Tai Viet
    "\u0e01-\u0e3a\u0e40-\u0e4e\u0e81-\u0ece\u0edc-\u0edf\u0f40-\u0fbc\u1000-\u103f\u1050-\u109f\u1780-\u17d3\u1950-\u19c9"
    "\u1a20-\u1a7c\u1b00-\u1b4b\ua980-\ua9c0\ua9e0-\ua9ef\ua9fa-\ua9fe\uaa00-\uaa4d\uaa60-\uaac2"
)
WORD = re.compile(r"[^\W_]")
ARABIC = re.compile("[\u0620-\u064a\u0671-\u06d3\u06d5]+")
MARKS = (  # of Latin, Greek, Cyrillic, Hebrew, Arabic, Syriac: they may be left out in writing
    *range(0x0300, 0x0370), *range(0x0483, 0x048A), *range(0x0591, 0x05BE), 0x05BF, 0x05C1, 0x05C2, 0x05C4, 0x05C5,
    0x05C7, *range(0x0610, 0x061B), 0x0640, *range(0x064B, 0x0660), 0x0670, *range(0x06D6, 0x06DD), *range(0x06DF,
    0x06E5), 0x06E7, 0x06E8, *range(0x06EA, 0x06EE), *range(0x0711, 0x0712), *range(0x0730, 0x074B), *range(0x08D3,
    0x0900), *range(0x1AB0, 0x1B00), *range(0x1DC0, 0x1E00), *range(0x20D0, 0x2100), *range(0xFE00, 0xFE10),
    *range(0xFE20, 0xFE30),
)  # fmt: skip
LETTERS = {  # that Unicode does not take apart, and Arabic ones that are written in more than one way
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n",
    "ɓ": "b", "ɗ": "d", "ƙ": "k", "ƴ": "y", "ə": "e", "ё": "е", "ى": "ي", "ة": "ه", "ٱ": "ا", "ک": "ك", "ی": "ي",
    "ھ": "ه", "ہ": "ه", "ە": "ه", "ے": "ي",
}  # fmt: skip
HALF = re.compile("[\ud800-\udfff]")
RAISED = re.compile("(?<=[0-9])(?=[²³¹⁰⁴-⁹¼-¾⅐-⅞])|[™®©℠]")  # 10⁶ is not 106, 2½ not 21/2, Python™ not Pythontm


class _Letters(dict[int, str]):
    """What each character becomes, found out when it is first seen; for `str.translate`."""

    def __missing__(self, code: int) -> str:
        character = chr(code)
        kind = category(character)
        if kind == "Cf":  # soft hyphens, zero width marks, marks of direction
            made = ""
        elif kind == "Nd":
            made = str(digit(character))
        else:
            base, *marks = list(normalize("NFD", character))
            # The breve of й is part of the letter, as are the marks of kana and of the scripts of India.
            apart = marks and all(ord(mark) in self for mark in marks) and not "\u0400" <= base < "\u0530"
            made = base if apart else character
        self[code] = made
        return made


_LETTERS = _Letters(dict.fromkeys(MARKS, "") | {ord(letter): made for letter, made in LETTERS.items()})


def fold(text: str) -> str:
    """The text in the spelling in which words are compared; not in pieces yet."""
    if text.isascii():
        return text.lower()
    made = normalize("NFKC", RAISED.sub(" ", text)).casefold()
    return ARABIC.sub(_light, normalize("NFC", made).translate(_LETTERS))


def searched(text: str) -> str:
    """The folded text in words and pieces, as it is stored for FTS5."""
    folded = fold(text)
    return folded if folded.isascii() else runs().sub(lambda run: f" {' '.join(pieces(run[0]))} ", folded)


@cache
def runs() -> re.Pattern[str]:
    """Runs of scripts without spaces; made when a text has more than ASCII, for its classes take 3 ms."""
    return re.compile(f"([{PAIRS}]+)|([{TRIPLES}]+)")


def unspaced(text: str) -> bool:
    """Whether some of a text is in a script without spaces."""
    return not text.isascii() and runs().search(text) is not None


def needed(text: str) -> bool:
    """Does `searched` say anything else than what FTS5's unicode61 makes of the text as it is?"""
    return not text.isascii() and not all(map(_plain, set(text)))


@cache
def _plain(character: str) -> bool:
    """unicode61 lowers ASCII and takes accents off Latin letters, and all but letters and numbers separate words."""
    if character.isascii():
        return True
    if category(character)[0] in "PZ":
        return normalize("NFKC", character).strip().isascii() or not normalize("NFKC", character).isalnum()
    base = normalize("NFD", character)[0]
    if base.isascii() and base.isalpha():
        return fold(character) == base.lower() and character not in "Ǡǡ"  # the two that unicode61 leaves alone
    return "\u0430" <= character.lower() <= "\u044f" and character.lower() == fold(character)


def pieces(run: str) -> list[str]:
    """The overlapping pieces of a run of a script without spaces, one for each character, shorter at the end."""
    size, parts = _parts(run)
    return ["".join(parts[at : at + size]) for at in range(len(parts))]


def phrase(text: str) -> str:
    """
    The FTS5 expression, without a column, that finds a text as it stands: "" if it has no word.

    A run without spaces at its end is asked for by whole pieces; a shorter one as the prefix of a piece.
    """
    folded = fold(text)
    last = None if folded.isascii() else next(reversed([*runs().finditer(folded)]), None)
    if last is None or WORD.search(folded, last.end()):
        words = searched(text)
        return f'"{_quoted(words)}"' if WORD.search(words) else ""
    whole = whole_pieces(last[0])
    before = runs().sub(lambda run: f" {' '.join(pieces(run[0]))} ", folded[: last.start()])
    return f'"{_quoted(before)} {" ".join(whole or [last[0]])}"' + ("" if whole else "*")


def _quoted(text: str) -> str:
    return text.replace('"', " ").replace("\x00", " ").strip()


def whole_pieces(run: str) -> list[str]:
    """The pieces of a run that are as long as pieces are: what a question asks for; none if the run is shorter."""
    size, parts = _parts(run)
    return ["".join(parts[at : at + size]) for at in range(len(parts) - size + 1)]


def _parts(run: str) -> tuple[int, list[str]]:
    """How many parts make a piece, and the parts: characters, or letters with the marks that belong to them."""
    if re.match(f"[{PAIRS}]", run):
        return 2, list(run)
    parts: list[str] = []
    for character in run:
        if parts and category(character)[0] == "M":
            parts[-1] += character
        else:
            parts.append(character)
    return 3, parts


def _light(word: re.Match[str]) -> str:
    """
    An Arabic word without article, conjunction and common endings ("light stemming", Larkey et al. 2002, light10).
    """
    text = word[0]
    for prefix in ("وال", "بال", "كال", "فال", "ال", "لل", "و"):
        if text.startswith(prefix) and len(text) - len(prefix) >= (3 if prefix == "و" else 2):
            text = text[len(prefix) :]
            break
    for ending in ("ها", "ان", "ات", "ون", "ين", "يه", "ه", "ي"):
        if text.endswith(ending) and len(text) - len(ending) >= 2:
            text = text[: -len(ending)]
    return text


# -- names -------------------------------------------------------------------------------------------------------

_COMPOUND = re.compile(r"[A-Za-z0-9]+(?:[_.\-/:]+[A-Za-z0-9]+)*")
_PART = re.compile(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+|[A-Z]+|[0-9]+")
_VERSION = re.compile(r"(?<![\d.])\d+(?:\.\d+)+")
_SIGNED = re.compile(r"(?<![\w+#])([A-Za-z]\w{0,15})(\+\+|#)(?![\w+#])|(?<![\w.)\]/])\.([A-Za-z]\w*)")


def names(text: str) -> str:
    """
    What is searched of the names in a text beside its words, each once, in order.

    The parts of compound names (fooBar, foo_bar, foo.bar), and whole those that the words alone would mistake for
    others: version numbers ("2.10.1" is "2x10x1"), C++, C#, .NET ("cplusplus", "csharp", "dotnet").
    """
    found: dict[str, None] = {}
    for name in _COMPOUND.findall(text):
        if name.isalpha() and (name.islower() or name[1:].islower()):  # most are words
            continue
        parts = _PART.findall(name)
        if len(parts) > 1:
            found.update(dict.fromkeys(part.lower() for part in parts if len(part) > 1))
    found.update(dict.fromkeys(wholes(text)))
    return " ".join(found)


def wholes(text: str) -> list[str]:
    """The names in a text that are one word each, though their signs are none: versions, C++, C#, .NET."""
    found = [version.replace(".", "x") for version in _VERSION.findall(text)]
    for word, sign, dotted in _SIGNED.findall(text):
        found.append(f"dot{dotted}" if dotted else word + ("plusplus" if sign == "++" else "sharp"))
    return list(dict.fromkeys(name.lower() for name in found))


def named(text: str, title: str = "", heading: str = "", key: str = "") -> str:
    """What is searched of a passage's names: those in its text, whole ones of what stands above it, and its file's."""
    above = wholes(f"{title} {heading}")
    path = re.sub(r"^\w+://", "", key)
    return " ".join(filter(None, [names(text), *above, searched(path).strip(), names(path)]))


def instead(title: str, heading: str, text: str, said: str = "") -> str | None:
    """
    JSON of what is searched in the place of these: {"text": …}; None if they are searched as they are.

    `said` is what is read in the place of the text, if that is something else.
    """
    fields = {"title": title, "heading": heading, "text": said or text}
    made = {name: searched(value) for name, value in fields.items() if needed(value)}
    if said and said != text:
        made.setdefault("text", said)
    return json.dumps(made, ensure_ascii=False) if made else None


# -- compounds ---------------------------------------------------------------------------------------------------

_COMPOUNDING = re.compile(  # German, Dutch and the Nordic languages, which write words together
    r"\b(?:und|oder|der|die|das|des|dem|den|im|vom|beim|zur|zum|ist|sind|wird|werden|nicht|eine|einen|mit|bei|auf|nach|aus"
    r"|het|een|voor|niet|wordt|zijn|och|inte|som|av|og|ikke|til|af)\b"
    "|[äöüßøåæ]",
    re.IGNORECASE,
)
_LONG = re.compile(r"[a-z]{8,40}")
FORM = 0.7  # of a word's letters stand at the beginning of its other forms
_INFLECTED = re.compile(r"(?:ern|em|en|er|es|e|n|s)$")


def compounds(text: str) -> list[str]:
    """The long words of a text in a language that writes words together, folded; none of others."""
    if len(_COMPOUNDING.findall(text)) * 20 < len(text.split()) or not _COMPOUNDING.search(text):
        return []
    return sorted(set(_LONG.findall(fold(text))))


def part(word: str, least: int) -> str:
    """What of a folded word may stand in a compound: without its ending; "" if fewer than `least` letters are left."""
    stem = _INFLECTED.sub("", word) if len(word) > 5 else word
    return stem if len(stem) >= least and stem.isascii() and stem.isalpha() else ""


def forms(word: str) -> str:
    """The FTS5 expression of what begins like a folded word, and so is likely a form of it; "" if it is short."""
    stem = word[: max(4, math.ceil(FORM * len(word)))]
    return f'"{stem}"*' if len(word) >= 4 and word.isalpha() and not unspaced(word) else ""


def halves(word: str) -> list[tuple[str, str]]:
    """The ways to take a long folded word apart into two of four letters, without what German puts between them."""
    if not _LONG.fullmatch(word):
        return []
    found = []
    for at in range(4, len(word) - 3):
        first, second = word[:at], word[at:]
        found += [(first, second), *((first.removesuffix(link), second) for link in ("es", "en", "s", "n", "e"))]
    return sorted({(a, b) for a, b in found if len(a) >= 4}, key=lambda pair: (-min(map(len, pair)), pair))


def holds(compound: str, stem: str) -> bool:
    """
    Is a stem a part of a compound: at its beginning, at its end (inflected), or between parts of three letters? One of
    three letters only at the beginning of four more: "dak" of "dakwerken".
    """
    if len(stem) < 4:
        return len(stem) == 3 and len(compound) >= 7 and compound.startswith(stem)
    at = compound.rfind(stem)
    after = len(compound) - at - len(stem)
    return at >= 0 and len(compound) - len(stem) >= 3 and (at == 0 or at >= 3) and (after == 0 or after >= 3 or at >= 3)


def whole(text: str) -> str:
    """The text with U+FFFD for every half of a character (a surrogate alone), which UTF-8 cannot hold."""
    return text if text.isascii() else HALF.sub("\ufffd", text)


def mended(text: str) -> str:
    """The text with its halves of surrogate pairs put together; a half that is alone becomes U+FFFD."""
    if not HALF.search(text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def loosely(pattern: str) -> str:
    """The source of a pattern whose letters with accents are also found without: people type "par defaut"."""
    made, inside = "", False
    for at, one in enumerate(pattern):
        escaped = pattern[at - 1 : at] == "\\"
        if not escaped and one in "[]":
            inside = one == "["
        plain = fold(one) if one.isalpha() and not one.isascii() else one
        same = plain == one or not plain.isascii()
        made += one if same else f"{one}{plain}" if inside else f"(?:{one}|{plain})"
    return made
