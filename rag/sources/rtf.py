"""
Rich Text (.rtf) as its paragraphs and tables. Fonts, colours, pictures and what is hidden are not read.

Read by the rules of the specification 1.9.1 for readers that know few words: what begins with `\\*` and is not known is
passed over with its group.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable
from dataclasses import dataclass

from rag import folding
from rag.errors import InputError
from rag.sources import about as properties
from rag.sources.encodings import CONTROL
from rag.sources.html import table_of
from rag.sources.items import Left, untold
from rag.sources.text import bounded, words_of
from rag.types import Document

TOKEN = re.compile(
    rb"\\([a-z]{1,32})(-?\d{1,10})? ?|\\'([0-9a-fA-F]{2})|\\([^a-z])|([{}])|([\r\n]+)|([^\\{}\r\n]+)|\\", re.DOTALL
)
PASSED = frozenset("""
    fonttbl colortbl stylesheet listtable listoverridetable revtbl rsidtbl generator pict object themedata datastore
    latentstyles header headerl headerr headerf footer footerl footerr footerf xmlnstbl filetbl fldinst bkmkstart
    bkmkend pntext pntxta pntxtb nonshppict colorschememapping mmathPr background annotation atnid atnauthor
""".split())  # fmt: skip  # noqa: SIM905
SIGNS = {
    "par": "\n\n", "sect": "\n\n", "page": "\n\n", "line": "\n", "tab": " ", "cell": "\ue001", "row": "\ue002",
    "nestcell": "\ue001", "nestrow": "\ue002", "emdash": "—", "endash": "–", "lquote": "‘", "rquote": "’",
    "ldblquote": "“", "rdblquote": "”", "bullet": "•", "emspace": " ", "enspace": " ",
}  # fmt: skip
DEEPEST = 1000
LONGEST_FIELD = 10_000  # characters of a title or a name
STEADY = {
    b"~": "\u00a0",
    b"_": "-",
    b"\n": "\n\n",
    b"\r": "\n\n",
    b"\\": "\\",
    b"{": "{",
    b"}": "}",
}
Put = Callable[[str], None]


@dataclass(slots=True)
class Group:
    """What holds inside of a pair of braces."""

    passed: bool = False
    hidden: bool = False
    after: int = 1  # characters that stand behind a Unicode one for readers that know none
    field: str = ""  # of the properties: title, author, creatim


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A Rich Text file as one document."""
    if not data.lstrip().startswith(b"{\\rtf"):
        raise InputError(f"{key} is no Rich Text: it does not begin so", "Save it anew as .docx.")
    about: dict[str, str] = {}
    text = bounded(_written(_text(data, about, left)), left)
    if not text:
        raise InputError(f"{key} has no text")
    title = properties.title(about.get("title", "")) or words_of(key)
    date, saved = properties.date(text, title, key, about.get("revtim", ""), about.get("creatim", ""))
    meta, author = properties.saved(saved), properties.author(about.get("author", ""))
    return [Document(source, key, text, title, "", author, date, meta, "markdown")]


def _text(data: bytes, about: dict[str, str], left: Left) -> str:
    """The text with its signs, properties into `about`."""
    page = re.search(rb"\\ansicpg(\d+)", data[:1000])
    coding = f"cp{page[1].decode()}" if page else "cp1252"
    try:
        codecs.lookup(coding)
    except LookupError:
        coding = "cp1252"
    found, hidden, stack, one, skip, pending = list[str](), list[str](), list[Group](), Group(), 0, bytearray()

    def put(text: str) -> None:
        if one.field:
            about[one.field] = (about.get(one.field, "") + text)[:LONGEST_FIELD]
        elif one.hidden and not one.passed:
            hidden.append(text)
        elif not one.passed:
            found.append(text)

    for token in TOKEN.finditer(data):
        word, number, code, sign, brace, _, plain = token.groups()
        if code and not skip:
            pending += bytes([int(code, 16)])
            continue
        if pending:
            put(pending.decode(coding, "replace"))
            pending.clear()
        if brace == b"{" and len(stack) < DEEPEST:
            stack.append(one)
            one = Group(one.passed, one.hidden, one.after)
        elif brace == b"}":
            one = stack.pop() if stack else one
            skip = 0
        elif sign:
            skip = max(skip - 1, 0)
            if sign == b"*":
                one.passed = True
            elif not skip:
                put(STEADY.get(sign, ""))
        elif plain:
            put(plain[skip:].decode(coding, "replace"))
            skip = max(skip - len(plain), 0)
        elif code:
            skip -= 1
        elif word:
            skip = _word(word.decode(), number, one, put, about)
    if pending:
        put(pending.decode(coding, "replace"))
    if hidden:
        left("hidden text", "".join(hidden)[:LONGEST_FIELD])
    about |= {field: folding.mended(value) for field, value in about.items()}
    return folding.mended("".join(found))


def _word(word: str, number: bytes | None, one: Group, put: Put, about: dict[str, str]) -> int:
    """What a control word does; how many of the following characters are to be passed over."""
    if word in PASSED:
        one.passed = True
    elif word in ("title", "author") and not one.field:
        one.passed, one.field = False, word
    elif word in ("creatim", "revtim"):
        one.field = word
    elif word in ("yr", "mo", "dy") and one.field:
        put(("-" if word != "yr" else "") + (number or b"0").decode().zfill(2))
    elif word == "info":
        one.passed = True
    elif word == "v":
        one.hidden = number != b"0"
    elif word == "plain":
        one.hidden = False
    elif word == "uc":
        one.after = max(int(number or 1), 0)
    elif word == "u" and number:
        put(chr(int(number) % 65536))
        return one.after
    elif word == "bin" and number:
        return max(int(number), 0)
    elif word in SIGNS:
        put(SIGNS[word])
    return 0


def _written(text: str) -> str:
    """The text with its tables as Markdown, paragraphs apart."""
    rows: list[list[str]] = []
    made: list[str] = []

    def end() -> None:
        if rows:
            made.append(table_of(rows))
            rows.clear()

    for part in re.split("(?<=\ue002)", text):
        *before, first = part.split("\ue001", 1)[0].split("\n\n") if part.endswith("\ue002") else [part, ""]
        if any(map(str.strip, before)):
            end()
            made.append("\n\n".join(before))
        if part.endswith("\ue002"):
            cells = [first, *part[:-1].split("\ue001")[1:-1]]
            rows.append([" ".join(cell.split()).replace("|", r"\|") for cell in cells])
    end()
    text = CONTROL.sub("", "\n\n".join(made).replace("\ue001", " "))
    return re.sub(r"\n{3,}", "\n\n", re.sub(r"(?:(?<![ \t])[ \t]+)?\n[ \t]*", "\n", text)).strip()
