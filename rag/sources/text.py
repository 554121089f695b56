"""
Markdown, plain text and source code: bytes to text, and what the text says about itself.

The text of a document is the text of the file: without its byte order mark, and with CRLF and CR written as LF, nothing
else changed. For UTF-8 files without CRLF, offsets in the document are offsets in the file. Front matter stays in the
text and is described in the fields; the chunker leaves it out of every passage.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Any

from rag import markup
from rag.dates import is_iso
from rag.errors import InputError
from rag.sources import dated, first_lines, names, notes
from rag.sources.encodings import written
from rag.sources.formats import LANGUAGES
from rag.sources.front import front_matter
from rag.sources.items import Left, untold
from rag.types import Document

LONGEST_LINE = 1_000_000  # characters; a longer one is data, not prose
CHARSET_XML = re.compile(rb"\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})")
PICTURE = re.compile(
    r"data:[\w.+-]+/[\w.+-]+(?:;[\w.=+-]+)*(?:;base64,[\w+/=%-]{60,}(?:\s*\n\s*[\w+/=%-]{60,})*|,[^\s\"'()<>]{200,})"
)
# No word of a language is that long: base64 and keys; minified code, addresses with whole queries in them if they are
# longer still. (Languages without spaces are not in ASCII.)
DATA = re.compile(r"[A-Za-z0-9+/=_-]{2000,}|[!-~]{20000,}")
# lines of base64 of equal length, as in mail and certificates
BASE64 = re.compile(
    r"^[ \t]*[A-Za-z0-9+/]{60,100}(?:\n[ \t]*[A-Za-z0-9+/]{60,100}){9,}(?:\n[ \t]*[A-Za-z0-9+/]{1,99}={0,2}$)?", re.M
)
NUMBERED = re.compile(r"(?<=.) [0-9a-f]{32}(?:_all)?$")  # of a page of Notion
MADE_OF = re.compile(
    r"(?<=.)(?:\.(?:x?html?|md|mdx|markdown))+$", re.IGNORECASE
)  # of a page: "setup.html.md" makes one
SHOWN = 40  # characters of data that are kept


def prose(data: bytes, key: str, left: Left = untold) -> str:
    """The text of a file that people write, without data that nobody reads."""
    text = written(data, key)
    if (wrong := text.count("\ufffd") - data.count(b"\xef\xbf\xbd")) > 0:
        left("wrong bytes", f"{wrong} of them")
    return readable(text, key, left)


def readable(text: str, key: str, left: Left = untold) -> str:
    """
    The text, without the bytes of pictures and other data that stand in it: nobody could read or quote them.

    Raises InputError for an endless line, which would take hours to embed.
    """
    longest = max(map(len, text.split("\n"))) if len(text) > LONGEST_LINE else 0
    text = bounded(text, left)
    if longest > LONGEST_LINE and (len(text) < 1000 or max(map(len, text.split("\n"))) > LONGEST_LINE):
        raise InputError(f"{key} has a line of {longest:,} characters: it is data, not text")
    return text


def bounded(text: str, left: Left = untold) -> str:
    """The text with pictures (`data:` addresses) and long runs of other data cut to their first characters."""
    if len(text) < 260:
        return text

    def cut(found: re.Match[str]) -> str:
        whole = found[0]
        kind = "pictures in the text" if whole.startswith("data:") else "data in the text"
        left(kind, f"{len(whole):,} characters: {whole[:SHOWN]}")
        return (whole[: whole.index(",") + 1] if whole.startswith("data:") else whole[:SHOWN]) + "…"

    for pattern in (PICTURE, BASE64, DATA):
        text = pattern.sub(cut, text)
    return text


def plain(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A text file as one document, called by its first line where that is a title, else by its file name."""
    text = prose(data, key, left)
    day = dated.stated(text, "", key, first_line=True)
    title, author = ("", "") if key.lower().endswith((".log", ".bib")) else first_lines.title(text)
    return [Document(source, key, text, title or words_of(key), "", author, day)] if text.strip() else []


def code(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A file of source code as one document; `meta` says the language."""
    text = prose(data, key, left)
    language = LANGUAGES.get(PurePosixPath(key).suffix.lower()) or names.language(key) or ""
    return [Document(source, key, text, title=key, meta={"language": language}, kind="code")] if text.strip() else []


def markdown(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A Markdown file as one document; title, date, url and author are those of its front matter."""
    text = prose(data, key, left)
    if not text.strip():
        return []
    front, body = front_matter(text)
    if not front and NUMBERED.search(PurePosixPath(key).stem):
        front = notes.page_properties(text)
    fields = {name.lower(): value for name, value in front.items()}
    title = first(fields, "title") or first_heading(text[body:]) or words_of(key)
    day = iso_date(fields.get("date") or fields.get("published") or fields.get("created"))
    told = day or dated.stated(text[body:], title, key)
    known = {"title", "url", "author"} | ({"date"} if day else set())  # what cannot be read as a date is kept as it is
    said = notes.described(text, body, {name: plain_json(value) for name, value in front.items()})
    return [
        Document(
            source,
            key,
            text,
            title=title,
            url=first(fields, "url", "canonical_url", "link"),
            author=first(fields, "author", "authors", "by"),
            date=told,
            meta={name: value for name, value in said.items() if name.lower() not in known},
            kind="markdown",
        )
    ]


def first(fields: dict[str, Any], *names: str) -> str:
    """The first of these fields that says something, as one line."""
    for name in names:
        value = fields.get(name)
        if isinstance(value, dict):
            value = value.get("name")
        if isinstance(value, list):
            value = ", ".join(str(part.get("name", "") if isinstance(part, dict) else part) for part in value)
        if value not in (None, ""):
            return " ".join(str(value).split())
    return ""


def first_heading(text: str) -> str:
    """The first `# ` heading (or one underlined with `=`) outside code blocks, without its marks."""
    fence, before = "", ""
    for line in text[:200_000].split("\n"):
        bare = line.strip()
        if bare.startswith(("```", "~~~")) and not (fence and bare[:3] != fence):
            fence = "" if fence else bare[:3]
        elif not fence and line.startswith("# "):
            return markup.bare(bare.strip("#")[:1000])
        elif not fence and before and bare and not bare.strip("=") and not before.startswith(("#", "-", ">", " ")):
            return markup.bare(before[:1000])
        before = line
    return ""


def words_of(key: str) -> str:
    """A file's name as words: `how_to-install.html.md` is "how to install"; without the number of a page of Notion."""
    stem = NUMBERED.sub("", MADE_OF.sub("", PurePosixPath(key).stem))
    return " ".join(re.sub(r"[-_]+", " ", stem).split()) or stem


def iso_date(value: object) -> str:
    """A date as ISO 8601, as much of it as is known; "" if it cannot be read. Large numbers count from 1970."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.strftime("%Y-%m-%dT%H:%M:%S")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) or (isinstance(value, int) and value > 10**8):
        return iso_date(_moment(value))
    if isinstance(value, bool):
        return ""
    text = str(value or "").strip()[:200]
    if found := re.fullmatch(r"(?:/Date\()?(-?\d{9,19})(?:\.\d+)?(?:[+-]\d{4})?(?:\)/)?", text):
        return iso_date(_moment(int(found[1])))
    if is_iso(text) and "T" not in text:
        return text
    if re.match(r"\d{4}-\d\d-\d\d[T ]\d", text):
        try:
            return iso_date(datetime.fromisoformat(text))
        except (ValueError, OverflowError):
            return text[:10] if is_iso(text[:10]) else ""
    return _worded_date(text)


def _moment(value: float) -> datetime | None:
    """A moment counted from 1970 in seconds, or in thousandths, millionths, billionths of one; None if it is none."""
    for unit in (1, 10**3, 10**6, 10**9):
        if 10**8 * unit <= value < 10**10 * unit:
            return datetime.fromtimestamp(value / unit, UTC)
    return None


def _worded_date(text: str) -> str:
    """RFC 2822 and the forms that people write."""
    from email.utils import parsedate_to_datetime

    try:
        return iso_date(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    for form in ("%d.%m.%Y", "%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%Y/%m/%d", "%Y%m%d"):
        try:
            return datetime.strptime(text, form).date().isoformat()
        except ValueError:
            continue
    return ""


def plain_json(value: Any, depth: int = 0) -> Any:
    """What YAML gives, as JSON can hold it."""
    if value is None or isinstance(value, bool | int | str) or (isinstance(value, float) and value == value):
        return value if not isinstance(value, float) or abs(value) != float("inf") else str(value)
    if isinstance(value, dict) and depth < 20:
        return {str(name): plain_json(part, depth + 1) for name, part in value.items()}
    if isinstance(value, list | tuple) and depth < 20:
        return [plain_json(part, depth + 1) for part in value]
    return value.isoformat() if isinstance(value, date) else str(value)
