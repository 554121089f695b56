"""
One document into a file, with its passages and their windows; many into a server are put by `postgres/storing.py`.

What is new is written once, as it will stay: a row that grows later, by its seal or checksum, splits its page.
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from rag import folding, onpage
from rag.store import checksums, links
from rag.store.documents import Chunk, Entry, item_of, seal, sealed
from rag.store.engine import Store, now

NAMES = "title, url, author, date, kind, meta, text, hash, title_hash, item, stamp, indexed"
NEW = f"id, source_id, key, {NAMES}, seal"
MARKS = ", ".join(f"? as {name}" for name in NEW.split(", "))
ADD = f"insert into document ({NEW}, checksum) select *, {checksums.CALLS['document']} from (select {MARKS})"
CHANGE = f"update document set ({NAMES}) = ({', '.join('?' * (NAMES.count(',') + 1))}) where id = ?"
NEXT = "select coalesce((select seq from sqlite_sequence where name = 'document'), 0) + 1"
FAR = 100_000  # characters from the beginning of a document; as in 022_once.sql
PASSAGE = 'seq, start, "end", title, heading, own, identifiers, folded'


def put(db: Store, source: int, entry: Entry) -> int:
    """
    Store a document whole, in the place of what had its key; passages that are the same keep their numbers.

    Returns the document's number.
    """
    document = entry.document
    meta = json.dumps(dict(document.meta), ensure_ascii=False, default=str)
    values = (
        document.title, document.url, document.author, document.date, document.kind, meta, document.text, entry.hash,
        entry.title_hash, item_of(entry.item, document.key), entry.stamp, now(),
    )  # fmt: skip
    number = db.value("select id from document where source_id = ? and key = ?", (source, document.key))
    if number is None:
        number = db.value(NEXT)
        db.execute(ADD, (number, source, document.key, *values, _sealed(entry, meta)))
        _passages(db, number, entry, {})
    else:
        db.execute(CHANGE, (*values, number))
        old: dict[tuple[str, str], list[int]] = {}
        for passage, text, windows in db.execute(
            f"select p.id, p.text, {WINDOWS} from passage_whole p where p.document_id = ? order by p.seq desc",
            (number,),
        ):
            old.setdefault((text, windows), []).append(passage)
        _passages(db, number, entry, old)
        db.execute("update document set seal = ? where id = ?", (seal(db, number), number))
    links.put(db, number, document.key, document.meta)
    together = [(word,) for word in folding.compounds(document.text)]
    db.executemany("insert into compound (word) values (?) on conflict do nothing", together)
    return int(number)


def given(start: int, end: int, text: str) -> bool:
    """Whether the document gives a passage its text, which then is written once. SQLite counts from the beginning."""
    return end <= FAR and "\0" not in text[:end] and start < end


def once(db: Store, numbers: Sequence[int]) -> None:
    """The same of passages that were loaded with their texts: what their documents give is taken away."""
    db.execute(
        "update passage set own = '' where document_id in (select value from json_each(?))"
        f' and "end" <= {FAR} and own = (select substr(d.text, passage.start + 1, passage."end" - passage.start)'
        " from document d where d.id = document_id)",
        (json.dumps(list(numbers)),),
    )


# The windows of a passage `p` in one text: those of a text that is cut in another way are others.
WINDOWS = (
    """(select string_agg(w.start || ' ' || w."end" || ' ' || w.hash, ',' order by w.seq) from passage_window w"""
    " where w.passage_id = p.id)"
)


def windows_of(chunk: Chunk) -> str:
    """The same of a chunk in hand."""
    return ",".join(f"{start} {end} {hash_}" for start, end, hash_ in _windows(chunk))


def _windows(chunk: Chunk) -> Sequence[tuple[int, int, str]]:
    return chunk.windows or [(0, len(chunk.passage.text), chunk.hash)]


def _sealed(entry: Entry, meta: str) -> str:
    """The seal of a document that is new, in hand."""
    one, chunks = entry.document, list(enumerate(entry.chunks))
    return sealed(
        (one.key, one.title, one.url, one.author, one.date, one.kind, meta, entry.hash, entry.title_hash),
        [
            (seq, c.passage.start, c.passage.end, one.title, c.passage.heading, c.identifiers, c.passage.text)
            for seq, c in chunks
        ],
        [(seq, place, *window) for seq, chunk in chunks for place, window in enumerate(_windows(chunk))],
    )


def _passages(db: Store, number: int, entry: Entry, old: dict[tuple[str, str], list[int]]) -> None:
    """The passages, in the place of `old` ones: (text, windows) -> their numbers, the first one last."""
    title = entry.document.title
    for seq, chunk in enumerate(entry.chunks):
        passage = chunk.passage
        folded = folding.instead(title, passage.heading, passage.text, onpage.words(passage.text, entry.document.kind))
        own = "" if given(passage.start, passage.end, entry.document.text) else passage.text
        row = (seq, passage.start, passage.end, title, passage.heading, own, chunk.identifiers, folded)
        if same := old.get((passage.text, windows_of(chunk))):
            db.execute(f"update passage set ({PASSAGE}) = (?, ?, ?, ?, ?, ?, ?, ?) where id = ?", (*row, same.pop()))
        else:
            new = db.insert(
                f"insert into passage ({PASSAGE}, document_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?)", (*row, number)
            )
            db.executemany(
                'insert into passage_window (passage_id, seq, start, "end", hash) values (?, ?, ?, ?, ?)',
                [(new, place, *window) for place, window in enumerate(_windows(chunk))],
            )
    for ids in old.values():
        db.executemany("delete from passage where id = ?", [(passage,) for passage in ids])
