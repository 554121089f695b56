"""
A row of a table to a document: which column is the key, which are text, what the others say.

Shared by files of rows, standard input and SQLite tables. By the convention of `llm embed-multi` and `symbex`, the
first column is the key and the others are the text, unless their names or the user say otherwise. Nothing here reads.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from hashlib import blake2b
from itertools import chain, islice
from typing import Any
from urllib.parse import quote

from rag.errors import InputError
from rag.sources import values
from rag.sources.columns import Columns
from rag.sources.encodings import CONTROL, lines
from rag.sources.items import Item, Walk
from rag.sources.text import bounded, first, iso_date, plain_json, readable
from rag.types import Document

Row = Mapping[str, Any]

TITLES = ("title", "name", "subject", "headline")
URLS = ("url", "link", "permalink", "html_url")
AUTHORS = ("author", "user", "by", "creator", "username")
DATES = (
    "date", "published", "created", "created_at", "createdat", "pubdate", "publication_date", "published_at",
    "post_date", "datetime", "day", "start_date", "start_time", "starttime", "started_at", "timestamp", "time",
)  # fmt: skip
TEXTS = ("text", "body", "content", "contents", "message", "comment", "review", "markdown", "html", "code")
KEYS = ("id", "_id", "key", "uuid", "guid", "slug", "rowid", "pk")
NOTHING = ("", "NaN", "nan", "NULL", "\\N", "<NA>", "NaT")  # as programs write a cell that holds nothing
SAMPLE = 200  # rows that tell which column is the key
LONGEST_KEY = 100  # characters
LONGEST_NAME = 80
LINE = re.compile(r", line (\d+)$")  # where a row stands
READER = "rows.6"  # raised whenever the same row gives another document


class About(dict[str, Any]):
    """A row that is none: what an export says beside its records, under a name of its own."""

    def __init__(self, name: str, text: str) -> None:
        super().__init__(text=text)
        self.name = name


@dataclass(frozen=True, slots=True)
class Roles:
    """Which column of a row is what."""

    key: str
    text: tuple[str, ...]
    title: str
    url: str
    author: str
    date: str
    kind: str


def roles(row: Row, columns: Columns) -> Roles:
    """What the columns of this row are, by what the user says, else by their names."""
    names = list(row)
    key = "" if columns.keys else columns.key or names[0]
    rest = [name for name in names if (name != key or _says(row[key], columns)) and name not in columns.keys]
    lower = {name.lower(): name for name in rest}

    def known(given: str, candidates: Iterable[str]) -> str:
        return given or next((lower[name] for name in candidates if name in lower), "")

    title, url, author = known(columns.title, TITLES), known(columns.url, URLS), known(columns.author, AUTHORS)
    days = [name for one in DATES for name in names if name.lower() == one and name not in columns.keys]
    date = columns.date or next((name for name in days if iso_date(row[name])), days[0] if days else "")
    # a name that could be a field is text after all where there is nothing else ("id,name" is a list of names)
    text = columns.text or tuple(name for name in rest if name not in (title, url, author, date))
    text = text or tuple(name for name in rest if name == title)
    kind = columns.kind or ("code" if tuple(text) == ("code",) else "text")
    return Roles(key, text, title, url, author, date, kind)


def _says(key: object, columns: Columns) -> bool:
    """Whether the key is words that somebody may look for, and not only a name for the row."""
    if columns.told or not isinstance(key, str) or not _words(key):
        return False
    return (columns.key or "").lower() in TITLES or not re.fullmatch(r"\S*[\d_/.:@#-]\S*", key.strip())


def document_of(row: Row, key: str, source: str, columns: Columns) -> Document | None:
    """The document of a row; None if it has no text."""
    if isinstance(row, About):
        return Document(source, key, row["text"], title=row.name) if row["text"] and not columns.text else None
    row = {name: None if _nothing(value) else value for name, value in row.items()}
    role = roles(row, columns)
    wanted = [name for name in role.text if name in row]
    figured = not columns.exact and not any(name.lower() in TEXTS for name in row)  # numbers are named in the text
    if not columns.text and (figured or any(_words(row[name]) for name in wanted)):
        wanted = [name for name in wanted if _words(row[name])]
    parts = {name: _text(row[name], columns, name) for name in wanted}
    dated = role.date if iso_date(row.get(role.date)) else ""
    unsaid = [name for name in row if (name in role.text or name == dated) and name not in wanted]
    figures = "" if columns.exact else _figures(row, unsaid, columns)
    text = "\n\n".join(part for part in (*parts.values(), figures) if part.strip())
    if not columns.text and set(wanted) == {"error"}:
        return None
    if not text.strip() and not columns.text and role.title:  # a row that is a title and no more can be found by it
        text = _text(row.get(role.title), columns, role.title)
    if not text.strip():
        return None
    date = iso_date(row.get(role.date))
    fields = {role.title, role.url, role.author, role.key, *(columns.keys if len(columns.keys) == 1 else ())}
    fields |= {role.date} if date else set()  # what cannot be read as a date is kept as it is
    url = role.url.format_map(_Cells(row)) if "{" in role.url else first(dict(row), role.url)
    others = {name: value for name, value in row.items() if name not in fields and name not in wanted}
    meta = {name: plain_json(value) for name, value in others.items() if not isinstance(value, bytes)}
    if "{" in role.url:
        meta.pop(role.url, None)
    if columns.exact and len(said := {name: part for name, part in parts.items() if part.strip()}) > 1:
        meta["text_columns"] = _places(said)
    if columns.exact and not columns.text:  # nothing was chosen, so all of it is what the row says
        meta["row"] = {name: cell for name, value in row.items() if (cell := _cell(value))}
    html = columns.kind == "html" or any(name in columns.html for name in wanted)
    return Document(
        source,
        key,
        text,
        title=first(dict(row), role.title)
        if role.title
        else (key if role.kind == "code" else _called(parts, figures, columns)),
        url=url if url.startswith(("http://", "https://", "/")) else "",
        author=first(dict(row), role.author),
        date=date,
        meta={name: value for name, value in meta.items() if value not in (None, "")},
        kind="markdown" if html else role.kind,
    )


def _called(parts: Mapping[str, str], figures: str, columns: Columns) -> str:
    """What a row without a title is called: its first words, if they are short and others follow."""
    name = (
        ""
        if columns.exact or columns.text or len(parts) + bool(figures) < 2 or not parts
        else next(iter(parts.values())).strip()
    )
    return name if len(name) <= LONGEST_NAME and "\n" not in name else ""


def _figures(row: Row, names: Iterable[str], columns: Columns) -> str:
    """
    The cells of a row that hold no words, with the names of their columns: what a row says if no column is the text.

    They are metadata, too, and only that where the user or its name says which column is the text.
    """
    if columns.text or any(name.lower() in TEXTS for name in row):
        return ""
    told = [(name, row[name]) for name in names if name in row and not isinstance(row[name], bytes)]
    return "\n".join(
        f"{name}: {_text(value, columns, name)}" for name, value in told if value not in (None, "", [], {})
    )


def _cell(value: object) -> str:
    """A cell as it is said beside its column's name; a list of plain values stands between commas."""
    if isinstance(value, list):
        return ", ".join(map(str, value)) if all(isinstance(part, str | int | float) for part in value) else ""
    return str(value) if isinstance(value, str | int | float) else ""


def _places(parts: Mapping[str, str]) -> dict[str, list[int]]:
    """Column -> [start, end] in the text that the parts make together."""
    found, at = {}, 0
    for name, part in parts.items():
        found[name] = [at, at + len(part)]
        at += len(part) + len("\n\n")
    return found


class _Cells(dict[str, Any]):
    """The cells of a row for an address; a column that is not there stays as it is written."""

    def __missing__(self, name: str) -> str:
        return "{" + name + "}"


def _nothing(value: object) -> bool:
    """Whether a cell says that it holds nothing."""
    return value != value or (isinstance(value, str) and value.strip() in NOTHING)


def _words(value: object) -> bool:
    """Whether a cell holds words, not a number or nothing."""
    if isinstance(value, list | dict):
        return bool(value)
    if not isinstance(value, str) or not value.strip():
        return False
    try:
        float(value)
    except ValueError:
        return True
    return False


def _text(value: object, columns: Columns, name: str) -> str:
    """A cell as text."""
    if value is None:
        return ""
    if isinstance(value, bytes):
        value = value.decode("utf-8", "replace")
    if isinstance(value, list) and all(isinstance(part, str | int | float) for part in value):
        value = "\n".join(map(str, value))
    if isinstance(value, list | dict) and not columns.exact:
        value = f"{name}:\n{values.lines(value)}"
    elif isinstance(value, list | dict):
        value = json.dumps(value, ensure_ascii=False)
    text = CONTROL.sub(" ", str(value))
    text = text if columns.exact else lines(text)
    if name in columns.html or columns.kind == "html":
        from rag.sources.html import fragment

        return fragment(text)
    return text


def stamp_of(row: Row) -> str:
    """A fingerprint of all cells."""
    cells = json.dumps([*row, *row.values()], ensure_ascii=True, default=repr, separators=(",", ":"))
    return blake2b(cells.encode(), digest_size=12).hexdigest()


def key_of(row: Row, columns: Columns) -> str:
    """The key of a row as text; that of a row without one is made of its cells."""
    if isinstance(row, About):
        return row.name
    values = [row[name] for name in columns.keys] or [row[columns.key] if columns.key else next(iter(row.values()))]
    key = "" if any(map(_nothing, values)) else join_key(values)
    if len(key) > LONGEST_KEY and not columns.told and not columns.keys:
        return f"{key[:LONGEST_KEY].rsplit(' ', 1)[0]}… {blake2b(key.encode(), digest_size=4).hexdigest()}"
    return key or f"row {stamp_of(row)[:12]}"


def told_key(sample: Sequence[Row], columns: Columns) -> Columns:
    """The columns with a key: the one that the user names, else one with the name of a key, else the first."""
    if columns.key or columns.keys or not sample:
        return replace(columns, told=True) if columns.key and columns.told is None else columns
    names = [name for name in sample[0] if name.lower() in KEYS]
    for name in sorted(names, key=lambda name: (name != next(iter(sample[0])), KEYS.index(name.lower()))):
        values = [str(row.get(name)) for row in sample]
        if len(set(values)) == len(values) and not any(_nothing(row.get(name)) for row in sample):
            return replace(columns, key=name, told=True)
    name = next(iter(sample[0]))
    return replace(columns, key=name, told=name.lower() in KEYS)


def join_key(values: Sequence[object]) -> str:
    """A key as text; the parts of a compound one are told apart."""
    if None in values:
        return ""
    texts = [str(value).encode("utf-8", "replace").decode().replace("\0", " ").strip() for value in values]
    return texts[0] if len(texts) == 1 else ",".join(quote(text, safe=" /:") for text in texts)


def items(
    rows: Iterable[tuple[str, Row]], walk: Walk, source: str, columns: Columns, prefix: str = ""
) -> Iterator[Item]:
    """
    One item a row; `rows` gives (where it stands, row). A key that comes again gets `#2`, `#3`, … and is told; `prefix`
    stands before each.

    Rows without text are counted in `skipped`; one without its key or a column that was named is told, and the rest
    goes on. Raises InputError if the first row lacks a column that was named.
    """
    seen: dict[str, int] = {}
    checked: tuple[str, ...] = ()
    listed = iter(rows)
    head = list(islice(listed, SAMPLE))
    columns = told_key([row for _, row in head if row], columns)
    settings = stamp_of({"columns": repr(columns)})[:8]
    keyless = 0
    for where, row in chain(head, listed):
        if not row:
            walk.skip("empty", where)
            continue
        if (names := tuple(row)) != checked and not isinstance(row, About):
            try:
                columns.check(names, where)
            except InputError as error:
                if not checked:
                    raise  # the first row: the table is not what it was taken for
                walk.problems.append((where, error.message.removeprefix(f"{where} ")))
                continue
            checked = names
        key = prefix + key_of(row, columns)
        keyless += key.startswith("row ")
        if keyless == 1 and key.startswith("row "):
            walk.notes.append(f"{where}: has no key; such rows are named by a sum of their cells ({key})")
        seen[key] = count = seen.get(key, 0) + 1
        if count > 1:
            if count == 2:
                walk.notes.append(f"{where}: the key {key!r} comes again and is kept apart as {key}#2")
            key = f"{key}#{count}"
        line = int(found[1]) if (found := LINE.search(where)) else 0
        yield Item(key, f"{settings}{stamp_of(row)}", partial(_read, row, key, source, columns, walk), READER, line)


def _read(row: Row, key: str, source: str, columns: Columns, walk: Walk) -> list[Document]:
    document = document_of(row, key, source, columns)
    if document is None:
        if error := row.get("error"):  # as blip-caption and others write it
            walk.problems.append((f"row {key}", f"holds an error and no text: {str(error)[:200]}"))
        else:
            walk.skip("empty", f"row {key}")
        return []
    readable(document.text, f"row {key}")
    if columns.exact:
        return [document]
    return [replace(document, text=bounded(document.text, walk.leaving(f"row {key}")))]
