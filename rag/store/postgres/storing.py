"""
Many documents into a server at once: rows are copied in, numbers are fetched for all of them together.

What is stored is what `putting.put` stores in a file, and with it what finds the passages there: their words, and
their windows' vectors in context. All in one transaction, or nothing of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag import folding, onpage, wikilinks
from rag.store import context, documents, vectors
from rag.store.documents import Chunk, Entry
from rag.store.engine import Row, now
from rag.store.postgres import words
from rag.store.postgres.server import Postgres
from rag.store.putting import WINDOWS, windows_of

WORDS = ("int8", "int4", "bytea", "text")  # types of the columns of `words`, as they are copied
NEAR = ("int8", "int8", "int8", "bytea")  # the same of `near`
Window = tuple[int, int, str]
FIELDS = ("title", "url", "author", "date", "kind", "meta", "text", "hash", "title_hash", "item", "stamp", "indexed")


@dataclass(slots=True)
class Placed:
    """A passage with its number and windows."""

    id: int
    seq: int
    chunk: Chunk
    folded: str | None
    new: bool
    windows: list[tuple[int, Window]] = field(default_factory=list)  # numbered, in order


@dataclass(slots=True)
class Putting:
    """Documents on their way into one engine, in steps, so that several engines can number them as one."""

    db: Postgres
    source: int
    entries: Sequence[Entry]
    numbers: list[int] = field(default_factory=list)  # of the documents
    made: list[list[Placed]] = field(default_factory=list)  # their passages

    def begin(self, ids: Sequence[int]) -> None:
        """Write the documents: those that are new get these numbers. Passages whose text is gone go."""
        self.numbers = _documents(self.db, self.source, self.entries, ids)
        self.made = _passages(self.db, self.entries, self.numbers)

    def finish(self) -> None:
        """Write all that lies below them, once what is new is numbered."""
        db, entries = self.db, self.entries
        _copy(db, entries, self.numbers, self.made)
        _keep(db, entries, [[one for one in several if not one.new] for several in self.made])
        _seals(db, entries, self.numbers, self.made)
        _links(db, entries, self.numbers)
        near(db, self.numbers)


def put(db: Postgres, source: int, entries: Sequence[Entry]) -> None:
    """Store documents whole, each in the place of what had its key; passages that are the same keep their numbers."""
    with db.transaction():
        putting = Putting(db, source, entries)
        putting.begin(reserved(db, "document", len(entries)))
        numbered(db, putting.made)
        putting.finish()
        compounds(db, entries)


def numbered(db: Postgres, made: Sequence[Sequence[Placed]]) -> None:
    """Give the passages and windows that are new numbers of this engine, in order."""
    fresh = [one for several in made for one in several if one.new]
    for one, number in zip(fresh, reserved(db, "passage", len(fresh)), strict=True):
        one.id = number
    windows = [one.chunk.windows or [(0, len(one.chunk.passage.text), one.chunk.hash)] for one in fresh]
    numbers = iter(reserved(db, "passage_window", sum(map(len, windows))))
    for one, several in zip(fresh, windows, strict=True):
        one.windows = [(next(numbers), window) for window in several]


def compounds(db: Postgres, entries: Sequence[Entry]) -> None:
    """Keep the words of documents that are written together."""
    together = sorted({word for entry in entries for word in folding.compounds(entry.document.text)})
    if together:
        db.ask("insert into compound (word) select unnest(%s::text[]) on conflict do nothing", (together,))


def _links(db: Postgres, entries: Sequence[Entry], numbers: list[int]) -> None:
    """What the notes are called, and which they link to."""
    for table, named in (("document_name", wikilinks.names), ("document_link", wikilinks.links)):
        db.ask(f"delete from {table} where document_id = any (%s)", (numbers,))
        rows = [
            (number, name)
            for entry, number in zip(entries, numbers, strict=True)
            for name in named(entry.document.key, entry.document.meta)
        ]
        if rows:
            db.copy(table, "document_id, name", rows, ("int8", "text"))


def _documents(db: Postgres, source: int, entries: Sequence[Entry], ids: Sequence[int]) -> list[int]:
    """The numbers of the documents, in the order of the entries."""
    columns: list[list[Any]] = [[] for _ in range(len(FIELDS) + 2)]
    for number, entry in zip(ids, entries, strict=True):
        one = entry.document
        meta = json.dumps(dict(one.meta), ensure_ascii=False, default=str)
        row = (
            number, one.key, one.title, one.url, one.author, one.date, one.kind, meta, one.text, entry.hash,
            entry.title_hash, documents.item_of(entry.item, one.key), entry.stamp, now(),
        )  # fmt: skip
        for column, value in zip(columns, row, strict=True):
            column.append(value)
    listed = ", ".join(FIELDS)
    again = ", ".join(f"{name} = excluded.{name}" for name in FIELDS)
    unnested = ", ".join(["%s::bigint[]", *["%s::text[]"] * (len(columns) - 1)])
    rows = db.send(
        f"insert into document (source_id, id, key, {listed}) select {source}, * from unnest({unnested})"
        f" on conflict (source_id, key) do update set {again} returning key, id",
        columns,
    )
    found: dict[Any, Any] = dict(rows)
    return [found[entry.document.key] for entry in entries]


def _passages(db: Postgres, entries: Sequence[Entry], numbers: list[int]) -> list[list[Placed]]:
    old: dict[tuple[int, str, str], list[int]] = {}
    for passage, *same in db.ask(
        f"select p.id, p.document_id, p.text, {WINDOWS} from passage p where p.document_id = any (%s)"
        " order by p.seq desc",
        (numbers,),
    ):
        old.setdefault((same[0], same[1], same[2]), []).append(passage)
    made = [
        [
            _placed(entry, seq, chunk, old.get((number, chunk.passage.text, windows_of(chunk))))
            for seq, chunk in enumerate(entry.chunks)
        ]
        for entry, number in zip(entries, numbers, strict=True)
    ]
    gone = [number for several in old.values() for number in several]
    if gone:
        db.ask("delete from passage where id = any (%s)", (gone,))
    return made


def _placed(entry: Entry, seq: int, chunk: Chunk, same: list[int] | None) -> Placed:
    number = same.pop() if same else 0
    text = chunk.passage.text
    said = onpage.words(text, entry.document.kind)
    folded = folding.instead(entry.document.title, chunk.passage.heading, text, said)
    return Placed(number, seq, chunk, folded, not number)


def _row(title: str, one: Placed) -> tuple[Any, ...]:
    passage = one.chunk.passage
    return (
        one.seq, passage.start, passage.end, title, passage.heading, passage.text, one.chunk.identifiers, one.folded,
    )  # fmt: skip


def _searched(
    number: int, title: str, heading: str, text: str, identifiers: str, folded: str | None
) -> tuple[int, int, bytes, str]:
    """The row of `words` of a passage, its JSON as the server takes it in binary form."""
    given = {"title": title, "heading": heading, "text": text} | (json.loads(folded) if folded else {})
    _, length, frequency, stream = words.row(number, [given["title"], given["heading"], given["text"], identifiers])
    return number, length, b"\x01" + frequency.encode(), stream


def searched(title: str, one: Placed) -> tuple[int, int, bytes, str]:
    """The same of a passage in hand."""
    passage = one.chunk.passage
    return _searched(one.id, title, passage.heading, passage.text, one.chunk.identifiers, one.folded)


def _copy(db: Postgres, entries: Sequence[Entry], numbers: list[int], made: list[list[Placed]]) -> None:
    """The passages that are new, with their windows and words."""
    fresh = [
        (number, entry.document.title, one)
        for entry, number, several in zip(entries, numbers, made, strict=True)
        for one in several
        if one.new
    ]
    if not fresh:
        return
    text = "text"
    db.copy(
        "passage",
        'id, document_id, seq, start, "end", title, heading, text, identifiers, folded',
        ((one.id, number, *_row(title, one)) for number, title, one in fresh),
        ("int8", "int8", "int4", "int4", "int4", text, text, text, text, text),
    )
    db.copy(
        "passage_window",
        'id, passage_id, seq, start, "end", hash',
        ((n, one.id, seq, *window) for _, _, one in fresh for seq, (n, window) in enumerate(one.windows)),
        ("int8", "int8", "int4", "int4", "int4", text),
    )
    db.copy(
        "words",
        "id, length, frequency, stream",
        (searched(title, one) for _, title, one in fresh),
        WORDS,
    )


def _keep(db: Postgres, entries: Sequence[Entry], kept: list[list[Placed]]) -> None:
    """The passages that were there with the same text: what stands around it may be another."""
    same = [(entry.document.title, one) for entry, several in zip(entries, kept, strict=True) for one in several]
    if not same:
        return
    db.executemany(
        'update passage set (seq, start, "end", title, heading, text, identifiers, folded) = (?, ?, ?, ?, ?, ?, ?, ?)'
        " where id = ?",
        [(*_row(title, one), one.id) for title, one in same],
    )
    windows: dict[int, list[tuple[int, Window]]] = {}
    numbers = [one.id for _, one in same]
    for passage, number, *window in db.ask(
        'select passage_id, id, start, "end", hash from passage_window where passage_id = any (%s)'
        " order by passage_id, seq",
        (numbers,),
    ):
        windows.setdefault(passage, []).append((number, (window[0], window[1], window[2])))
    for _, one in same:
        one.windows = windows.get(one.id, [])
    db.ask("delete from words where id = any (%s)", (numbers,))
    db.copy(
        "words", "id, length, frequency, stream", (searched(title, one) for title, one in same),
        WORDS,
    )  # fmt: skip


def reserved(db: Postgres, table: str, count: int) -> list[int]:
    """So many numbers, in order, that nobody else gets."""
    if not count:
        return []
    return [int(n) for (n,) in db.ask(f"select nextval('{table}_id_seq') from generate_series(1, %s)", (count,))]


def _seals(db: Postgres, entries: Sequence[Entry], numbers: list[int], made: list[list[Placed]]) -> None:
    sealed = []
    for entry, number, several in zip(entries, numbers, made, strict=True):
        one = entry.document
        meta = json.dumps(dict(one.meta), ensure_ascii=False, default=str)
        document = (one.key, one.title, one.url, one.author, one.date, one.kind, meta, entry.hash, entry.title_hash)
        passages = [
            (p.seq, p.chunk.passage.start, p.chunk.passage.end, one.title, p.chunk.passage.heading,
             p.chunk.identifiers, p.chunk.passage.text)
            for p in several
        ]  # fmt: skip
        windows = [(p.seq, seq, *window) for p in several for seq, (_, window) in enumerate(p.windows)]
        sealed.append((number, documents.sealed(document, passages, windows)))
    db.send(
        "update document d set seal = x.seal from unnest(%s::bigint[], %s::text[]) x(id, seal) where d.id = x.id",
        [[number for number, _ in sealed], [seal for _, seal in sealed]],
    )


def loaded(db: Postgres, numbers: Sequence[int]) -> None:
    """Make the words and vectors that find these documents, whose passages were loaded as they are."""
    rows = db.ask(
        "select id, title, heading, text, identifiers, folded from passage where document_id = any (%s) order by id",
        (list(numbers),),
    )
    db.copy("words", "id, length, frequency, stream", (_searched(*row) for row in rows), WORDS)
    near(db, numbers)


def near(db: Postgres, numbers: Sequence[int]) -> None:
    """Make the vectors that are searched for these documents anew, for every model that has embedded them."""
    db.ask(
        "delete from near where passage_id in (select id from passage where document_id = any (%s))", (list(numbers),)
    )
    for model, dimensions in db.ask("select id, dimensions from model"):
        rows = db.send(
            "select p.document_id, w.id, p.id, v.data, v.checksum from passage p"
            f" join passage_window w on w.passage_id = p.id join vector v on v.hash = w.hash and v.model_id = {model}"
            " where p.document_id = any (%s) order by p.document_id, p.seq, w.seq",
            [list(numbers)],
        )
        if rows:
            placed = list(
                _placed_rows(db, model, dimensions, rows)
            )  # which asks, and so ends before the copying begins
            db.copy("near", "id, model_id, passage_id, embedding", placed, NEAR)


def _placed_rows(db: Postgres, model: int, dimensions: int, rows: list[Row]) -> Iterator[tuple[int, int, int, bytes]]:
    """Rows of `near`: each window's vector in its context, as the server takes it in binary form."""
    import numpy as np

    owners, windows, passages, *_ = zip(*rows, strict=True)
    made = np.array([vectors.decoded(vectors.sound(db, *row[3:]), dimensions) for row in rows], dtype=np.float32)
    numbers = sorted(set(owners))
    row_of = {number: row for row, number in enumerate(numbers)}
    titles = np.zeros((len(numbers), dimensions), dtype=np.float32)
    for document, blob, checksum in db.send(
        "select d.id, v.data, v.checksum from document d join vector v on v.hash = d.title_hash"
        f" where v.model_id = {model} and d.id = any (%s)",
        [numbers],
    ):
        titles[row_of[document]] = vectors.decoded(vectors.sound(db, blob, checksum), dimensions)
    of = np.searchsorted(numbers, owners)
    placed = context.placed(made, np.array(passages, dtype=np.int64), of, titles[of]).astype(">f4")
    head = dimensions.to_bytes(2, "big") + b"\0\0"
    for window, passage, vector in zip(windows, passages, placed, strict=True):
        yield window, model, passage, head + vector.tobytes()
