"""
Markdown, plain text and source code: bytes to text, and what the text says about itself.

The text of a document is the text of the file: without its byte order mark, and with CRLF and CR written as LF, nothing
else changed. For UTF-8 files without CRLF, offsets in the document are offsets in the file. Front matter stays in the
text and is described in the fields; the chunker leaves it out of every passage.
"""

from __future__ import annotations

import codecs
import re
from datetime import UTC, date, datetime
from pathlib import PurePosixPath
from typing import Any

from rag.errors import InputError
from rag.sources.formats import LANGUAGES
from rag.types import Document

LONGEST_LINE = 1_000_000  # characters; a longer one is data, not prose
FRONT_MATTER = re.compile(r"\A---[ \t]*\n(.*?\n)?(?:---|\.\.\.)[ \t]*(?:\n|\Z)", re.DOTALL)
FRONT_MATTER_BYTES = 100_000
BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16: its mark begins with the one of UTF-16
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
CHARSET_XML = re.compile(rb"\s*<\?xml[^>]{0,100}?encoding\s*=\s*[\"']([\w.:-]{2,40})")
CONTROL = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def decode(data: bytes, key: str, declared: str = "") -> str:
    """
    The text of a file: byte order mark, else UTF-8, else what the file declares, else UTF-16, else a guess.

    Raises InputError if it is binary or in no encoding that can be told.
    """
    return lines(exactly(data, key, declared))


def exactly(data: bytes, key: str, declared: str = "") -> str:
    """The same with the line ends that it has."""
    for mark, encoding in BOMS:
        if data.startswith(mark):
            return _strict(data[len(mark) :], encoding, key)
    if b"\0" not in data:
        try:
            return data.decode("utf-8")
        except UnicodeDecodeError:
            return _declared(data, declared) or _guess(data, key)
    if encoding := _utf16(data):
        return _strict(data, encoding, key)
    raise InputError(f"{key} is binary: it contains zero bytes")


def lines(text: str) -> str:
    """CRLF and CR as LF: the one change that is made to a text."""
    return text.replace("\r\n", "\n").replace("\r", "\n") if "\r" in text else text


def _strict(data: bytes, encoding: str, key: str) -> str:
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise InputError(f"{key} begins like {encoding}, but is not: {error.reason} at byte {error.start}") from error
    if "\0" in text:
        raise InputError(f"{key} is binary: it contains zero characters")
    return text


def _declared(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding) if encoding else ""
    except (LookupError, UnicodeError):
        return ""


def _utf16(data: bytes) -> str:
    """UTF-16 without a mark: in Western text every other byte is zero."""
    head = data[:4096]
    even, odd = head[0::2].count(0), head[1::2].count(0)
    half = max(len(head) // 2, 1)
    if len(data) % 2 or max(even, odd) < 0.4 * half or min(even, odd) > 0.02 * half:
        return ""
    return "utf-16-be" if even > odd else "utf-16-le"


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
    from charset_normalizer import from_bytes

    matches = from_bytes(data)
    best = matches.best()
    if best is None:
        return ""
    equals = [match for match in matches if (match.chaos, match.coherence) == (best.chaos, best.coherence)]
    return "cp1252" if any("cp1252" in match.could_be_from_charset for match in equals) else best.encoding


def prose(data: bytes, key: str) -> str:
    """The text of a file that people write."""
    return readable(decode(data, key), key)


def readable(text: str, key: str) -> str:
    """The text, unless it has one endless line: nobody could quote from it, and it would take hours to embed."""
    if len(text) > LONGEST_LINE and (longest := max(map(len, text.split("\n")))) > LONGEST_LINE:
        raise InputError(f"{key} has a line of {longest:,} characters: it is data, not text")
    return text


def plain(data: bytes, key: str, source: str) -> list[Document]:
    """A text file as one document, named by its file name."""
    text = prose(data, key)
    return [Document(source, key, text, title=words_of(key))] if text.strip() else []


def code(data: bytes, key: str, source: str) -> list[Document]:
    """A file of source code as one document; `meta` says the language."""
    text = prose(data, key)
    language = LANGUAGES.get(PurePosixPath(key).suffix.lower(), "")
    return [Document(source, key, text, title=key, meta={"language": language}, kind="code")] if text.strip() else []


def markdown(data: bytes, key: str, source: str) -> list[Document]:
    """A Markdown file as one document; title, date, url and author are those of its front matter."""
    text = prose(data, key)
    if not text.strip():
        return []
    front, body = front_matter(text)
    title = first(front, "title") or first_heading(text[body:]) or words_of(key)
    known = {"title", "date", "url", "author"}
    return [
        Document(
            source,
            key,
            text,
            title=title,
            url=first(front, "url", "canonical_url", "link"),
            author=first(front, "author", "authors", "by"),
            date=iso_date(front.get("date") or front.get("published") or front.get("created")),
            meta={name: plain_json(value) for name, value in front.items() if name not in known},
            kind="markdown",
        )
    ]


def front_matter(text: str) -> tuple[dict[str, Any], int]:
    """The fields of a YAML block between `---` lines at the top, and where the body begins; bad YAML gives none."""
    found = FRONT_MATTER.match(text[: FRONT_MATTER_BYTES + 8])
    if not found:
        return {}, 0
    import yaml

    block = found.group(1) or ""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        if "*" in block and any(isinstance(token, yaml.AliasToken) for token in yaml.scan(block)):
            return {}, found.end()  # aliases can unfold a few lines to gigabytes
        fields = yaml.load(block, loader)
    except (yaml.YAMLError, ValueError, RecursionError):
        return {}, found.end()
    if not isinstance(fields, dict):  # a rule, a paragraph and another rule
        return {}, 0
    return {str(name): value for name, value in fields.items()}, found.end()


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
            return unmarked(bare.strip("#"))
        elif not fence and before and bare and not bare.strip("=") and not before.startswith(("#", "-", ">", " ")):
            return unmarked(before)
        before = line
    return ""


def unmarked(text: str) -> str:
    """A line of Markdown without the marks of emphasis, code and links."""
    text = re.sub(r"!?\[([^\[\]]*)\]\([^()]*\)", r"\1", text[:1000])
    return re.sub(r"[*`]+|(?<!\w)_|_(?!\w)", "", text).strip()


def words_of(key: str) -> str:
    """A file's name as words: `how_to-install.md` is "how to install"."""
    stem = PurePosixPath(key).stem
    return " ".join(re.sub(r"[-_]+", " ", stem).split()) or stem


def iso_date(value: object) -> str:
    """A date as ISO 8601, as much of it as is known; "" if it cannot be read."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            return value.strftime("%Y-%m-%dT%H:%M:%S")
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    text = str(value or "").strip()
    if re.fullmatch(r"\d{4}(-\d\d){0,2}", text):
        return text
    if re.match(r"\d{4}-\d\d-\d\d[T ]\d", text):
        try:
            return iso_date(datetime.fromisoformat(text))
        except ValueError:
            return text[:10]
    return _worded_date(text)


def _worded_date(text: str) -> str:
    """RFC 2822 and the forms that people write."""
    from email.utils import parsedate_to_datetime

    try:
        return iso_date(parsedate_to_datetime(text))
    except (ValueError, TypeError, IndexError, OverflowError):
        pass
    for form in ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y", "%Y/%m/%d", "%Y%m%d"):
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
