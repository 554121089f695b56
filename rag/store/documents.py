"""
Documents and their passages: what is known of a source, find them, take them out.

A document is replaced in one transaction; a passage whose text stays keeps its number, so saved answers and alerts
can rely on it. Ranking by vectors is in `vectors.py`; fusing the two is the business of `rag.index`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rag import places
from rag.errors import DatabaseError, InputError, NotFoundError
from rag.store import fields
from rag.store.engine import Store
from rag.store.filters import Filters
from rag.store.hashes import digest, hashed, long, short
from rag.types import Document, Hit, Passage, Via

TRIES = 3  # of reading what another process may be changing
SHORT = 11  # of a document's hash, 66 bits: it is compared with what that document was before. Older ones are longer.
SEAL = 8  # characters of a seal, 48 bits, which finds damage. Older ones have 11.


@dataclass(frozen=True, slots=True)
class Known:
    """A document as the index has it."""

    id: int
    key: str
    item: str
    stamp: str
    hash: str


@dataclass(slots=True)
class Chunk:
    """
    A passage about to be stored; `hash` is of its text alone, `identifiers` are the parts of names in it.

    `windows` are the parts that are embedded: (start, end) within its text, and the hash; none: its whole text.
    """

    passage: Passage
    hash: str
    identifiers: str = ""
    windows: Sequence[tuple[int, int, str]] = ()


@dataclass(slots=True)
class Entry:
    """A document about to be stored. `title_hash` is that of the title's vector, empty if it has none."""

    document: Document
    chunks: Sequence[Chunk]
    item: str
    stamp: str
    hash: str
    title_hash: str = ""
    replaces: int = 0  # the number of the document that had its key


@dataclass(slots=True)
class Counts:
    """How large an index is."""

    documents: int = 0
    passages: int = 0
    vectors: int = 0
    sources: list[tuple[str, int]] = field(default_factory=list)


def document_hash(document: Document, chunking: str) -> str:
    """Changes when anything that is stored of the document, or how it is cut, changes; SHORT characters of a hash."""
    meta = json.dumps(document.meta, sort_keys=True, ensure_ascii=False, default=str)
    return hashed(
        document.text, document.title, document.url, document.author, document.date, document.kind, meta, chunking
    )[:SHORT]


def source_id(db: Store, name: str, kind: str = "files", *, create: bool = True) -> int:
    """The number of a source; 0 if it does not exist and is not to be made."""
    found = db.value("select id from source where name = ?", (name,))
    if found is None and create:
        found = db.insert("insert into source (name, kind) values (?, ?)", (name, kind))
    return int(found or 0)


def known(db: Store, source: int, items: Iterable[str] | None = None) -> dict[str, list[Known]]:
    """item -> its documents, for one source; only for these items if they are given."""
    found: dict[str, list[Known]] = {}
    some = "in (select value from json_each(?))"
    parts = [""] if items is None else [f" and item != '' and item {some}", f" and item = '' and key {some}"]
    values = [source] if items is None else [source, json.dumps(list(items))]
    for only in parts:  # each by an index of its own
        for number, key, item, *rest in db.execute(
            f"select id, key, item, stamp, hash from document where source_id = ?{only}", values
        ):
            found.setdefault(item or key, []).append(Known(number, key, item or key, *rest))
    return found


def item_of(item: str, key: str) -> str:
    """What a document was read from, as it is stored: nothing where it is what its key says."""
    return "" if item == key else item


def seal(db: Store, number: int) -> str:
    """A hash over all that is stored of a document and how it is cut, but for its vectors and when it was read."""
    document = db.one(
        "select key, title, url, author, date, kind, meta, hash, title_hash from document where id = ?", (number,)
    )
    passages = db.execute(
        'select seq, start, "end", title, heading, identifiers, text from passage_whole where document_id = ?'
        " order by seq",
        (number,),
    )
    windows = db.execute(
        'select p.seq, w.seq, w.start, w."end", w.hash from passage p cross join passage_window w'
        " where w.passage_id = p.id and p.document_id = ? order by p.seq, w.seq",
        (number,),
    )
    return sealed(document or (), passages, windows)


def sealed(document: Sequence[Any], passages: Iterable[Sequence[Any]], windows: Iterable[Sequence[Any]]) -> str:
    """
    The same of rows in hand, in the order of the columns and rows above; SEAL characters of a hash.

    Hashes count as hex digits, as they did when seals were first made.
    """
    rows = [
        [*document[:-2], *map(long, document[-2:])],
        *([*rest, digest(text)] for *rest, text in passages),
        *([*rest, long(hash_)] for *rest, hash_ in windows),
    ]
    return short(digest(*(str(value) for row in rows for value in row)))[:SEAL]


def touch(db: Store, number: int, stamp: str) -> None:
    """The file was touched, its content is the same."""
    with db.transaction():
        db.execute("update document set stamp = ? where id = ?", (stamp, number))


def remove(db: Store, numbers: Iterable[int]) -> None:
    """Documents and, by cascade, their passages; the words are taken out of the search by trigger."""
    for number in numbers:
        db.execute("delete from passage where document_id = ?", (number,))
        db.execute("delete from document where id = ?", (number,))


def passages(db: Store, numbers: Sequence[int]) -> dict[int, Passage]:
    """
    Passages by number, with their documents (one object a document). Raises DatabaseError for one that is damaged.

    They are two statements: where another process changed a document in between, both are asked again.
    """
    for _ in range(TRIES):
        rows = db.execute(
            'select p.id, p.document_id, p.start, p."end", p.text, p.heading from passage_whole p'
            " where p.id in (select value from json_each(?))",
            (json.dumps(list(numbers)),),
        )
        found = list(rows)
        documents = load(db, sorted({row[1] for row in found}))
        if all(row[1] in documents and _stands(documents[row[1]], *row[2:5]) for row in found):
            break
    for _, document, *place, text, heading in found:
        whole = document in documents and isinstance(text, str) and isinstance(heading, str)
        if not whole or not all(isinstance(offset, int) for offset in place):
            raise DatabaseError(f"{db.path} holds a passage that is damaged", db.doctor())
    return {
        number: Passage(documents[document], start, end, text, heading, number)
        for number, document, start, end, text, heading in found
    }


def _stands(document: Document, start: Any, end: Any, text: Any) -> bool:
    """Whether a passage is one of this text; not if another process has changed it."""
    offsets = isinstance(start, int) and isinstance(end, int) and isinstance(document.text, str)
    return offsets and document.text[start:end] == text


def keys(db: Store) -> dict[int, str]:
    """The key of every passage's document, by the passage's number."""
    return dict(db.execute("select p.id, d.key from passage p join document d on d.id = p.document_id"))


def titles(db: Store, numbers: Sequence[int]) -> dict[int, tuple[int, str]]:
    """Passage id -> its document and the title of that."""
    rows = db.execute(
        "select p.id, d.id, d.title from passage p join document d on d.id = p.document_id"
        " where p.id in (select value from json_each(?))",
        (json.dumps(list(numbers)),),
    )
    return {number: (document, title) for number, document, title in rows if isinstance(title, str)}


def named(db: Store, numbers: Sequence[int]) -> dict[int, tuple[str, str]]:
    """Document -> its title and key, of the documents that passages are of."""
    rows = db.execute(
        "select d.id, d.title, d.key from passage p join document d on d.id = p.document_id"
        " where p.id in (select value from json_each(?))",
        (json.dumps(list(numbers)),),
    )
    return {document: (title, key) for document, title, key in rows if isinstance(title, str)}


def beside(db: Store, key: str, source: str) -> dict[int, tuple[str, str, str]]:
    """Document -> its title, key and date, of the documents of a source in the folder of a key, no deeper."""
    folder = key[: key.rfind("/") + 1]
    rows = db.execute(
        "select d.id, d.title, d.key, d.date from document d join source s on s.id = d.source_id"
        " where s.name = ? and substr(d.key, 1, ?) = ? and instr(substr(d.key, ?), '/') = 0",
        (source, len(folder), folder, len(folder) + 1),
    )
    return {number: (title, own, day) for number, title, own, day in rows if isinstance(title, str)}


def headings(db: Store, numbers: Sequence[int]) -> dict[int, str]:
    """Passage id -> the path of headings that it stands under."""
    rows = db.execute(
        "select id, heading from passage where id in (select value from json_each(?))", (json.dumps(list(numbers)),)
    )
    return {number: heading for number, heading in rows if isinstance(heading, str)}


def leading(db: Store, document: int, count: int) -> list[int]:
    """The numbers of the first passages of a document, in its order."""
    rows = db.execute("select id from passage where document_id = ? and seq < ? order by seq", (document, count))
    return [number for (number,) in rows]


def texts(db: Store, numbers: Sequence[int]) -> dict[int, str]:
    """The texts of passages, unchecked: they are compared with, not shown."""
    rows = db.execute(
        "select p.id, p.text from passage_whole p where p.id in (select value from json_each(?))",
        (json.dumps(list(numbers)),),
    )
    return {number: text for number, text in rows if isinstance(text, str)}


def load(db: Store, numbers: Sequence[int]) -> dict[int, Document]:
    """Documents by number."""
    rows = db.execute(
        "select d.id, s.name, d.key, d.text, d.title, d.url, d.author, d.date, d.meta, d.kind from document d"
        " join source s on s.id = d.source_id where d.id in (select value from json_each(?))",
        (json.dumps(list(numbers)),),
    )
    return {
        number: Document(source, key, text, title, url, author, date, {} if meta == "{}" else db.parsed(meta), kind)
        for number, source, key, text, title, url, author, date, meta, kind in rows
    }


def hits(db: Store, scored: Sequence[tuple[int, float, Mapping[str, Via]]]) -> list[Hit]:
    """(passage id, score, via) with the passages themselves."""
    found = passages(db, [number for number, _, _ in scored])
    return [Hit(found[number], score, via) for number, score, via in scored if number in found]


def first_passages(db: Store, keys: Sequence[tuple[str, str]]) -> list[int]:
    """The numbers of the first passages of documents, named by source and key; of those that are there."""
    rows = [
        db.value(
            "select p.id from passage p join document d on d.id = p.document_id join source s on s.id = d.source_id"
            " where d.key = ? and s.name = ? order by p.seq limit 1",
            (key, source),
        )
        for source, key in keys
    ]
    return [int(row) for row in rows if row is not None]


def around(db: Store, number: int, count: int) -> list[Passage]:
    """A passage with up to `count` neighbours on each side, in the order of the document."""
    row = db.one("select document_id, seq from passage where id = ?", (number,))
    if row is None:
        return []
    ids = db.execute(
        "select id from passage where document_id = ? and seq between ? and ? order by seq",
        (row[0], row[1] - count, row[1] + count),
    )
    numbers = [value for (value,) in ids]
    found = passages(db, numbers)
    return [found[value] for value in numbers]


def find(db: Store, key: str, source: str = "") -> tuple[int, Document]:
    """The document that a key names; raises InputError if none or several do."""
    rows = list(
        db.execute(
            "select d.id, s.name from document d join source s on s.id = d.source_id"
            " where d.key = ? and (? = '' or s.name = ?)",
            (key, source, source),
        )
    )
    if not rows:
        near = [
            value
            for (value,) in db.execute(
                "select key from document where instr(lower(key), lower(?)) > 0 order by length(key) limit 3", (key,)
            )
        ]
        hint = f"Did you mean {' or '.join(near)}?" if near else "List the keys: rag info --documents"
        raise NotFoundError(f"the index has no document {key!r}", hint)
    if len(rows) > 1:
        names = ", ".join(name for _, name in rows)
        raise InputError(f"{len(rows)} sources have a document {key!r}: {names}", "Say which: --source NAME")
    number = int(rows[0][0])
    return number, load(db, [number])[number]


def ids(db: Store, filters: Filters = Filters()) -> list[int]:  # noqa: B008 (frozen)
    """The numbers of the documents that may be found, by source and key."""
    fields.check(db, filters)
    condition, values = filters.where()
    sql = "select d.id from document d join source s on s.id = d.source_id"
    rows = db.execute(f"{sql} {'where ' + condition if condition else ''} order by s.name, d.key", values)
    return [number for (number,) in rows]


def all_documents(db: Store, filters: Filters = Filters()) -> Iterator[Document]:  # noqa: B008 (frozen)
    """Every document that may be found, by source and key, one at a time."""
    for number in ids(db, filters):
        yield load(db, [number])[number]


def length(db: Store, number: int) -> int:
    """How many characters a document has."""
    return int(db.value("select length(text) from document where id = ?", (number,)) or 0)


def stamp(db: Store, number: int) -> str:
    """What a document's item was stamped with when it was read."""
    return str(db.value("select stamp from document where id = ?", (number,)))


def passage_count(db: Store) -> int:
    """How many passages there are."""
    return int(db.value("select count(*) from passage"))


def is_empty(db: Store) -> bool:
    return db.value("select 1 from document limit 1") is None


def undated(db: Store, filters: Filters) -> int:
    """How many documents have no date, so that `since` and `until` pass over them; 0 if neither is asked for."""
    if not (filters.since or filters.until):
        return 0
    condition, values = replace(filters, since="", until="").where()
    wanted = f" and {condition}" if condition else ""
    sql = f"select count(*) from document d join source s on s.id = d.source_id where d.date = ''{wanted}"
    return int(db.value(sql, values) or 0)


def counts(db: Store) -> Counts:
    return Counts(
        documents=db.value("select count(*) from document"),
        passages=db.value("select count(*) from passage"),
        vectors=db.value("select count(*) from vector"),
        sources=[
            (name, count)
            for name, count in db.execute(
                "select s.name, count(d.id) from source s left join document d on d.source_id = s.id"
                " group by s.id order by s.name"
            )
        ],
    )


def row_of(hit: Hit) -> dict[str, Any]:
    """A hit as one flat JSON object: the row shape of `llm similar`, and where it stands."""
    passage, document = hit.passage, hit.passage.document
    return {
        "id": passage.id,
        "score": round(hit.score, 6),
        "content": passage.text,
        "metadata": places.shown(document.meta),
        "key": document.key,
        "source": document.source,
        "title": document.title,
        "heading": passage.heading,
        "start": passage.start,
        "end": passage.end,
        "url": document.url,
        "author": document.author,
        "date": document.date,
        "place": places.place(document, passage.start, passage.end),
        "via": {name: {"rank": via.rank, "score": round(via.score, 6)} for name, via in hit.via.items()},
    }
