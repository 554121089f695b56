"""
Lists a page at a time, for faces that cannot show everything: documents, answers, changes.

A page begins behind the last row of the one before (its id or version), so it costs the same at any depth and rows that
come or go in between are neither shown twice nor left out.
"""

from __future__ import annotations

import json
from typing import Any

from rag.store import fields
from rag.store.engine import Store
from rag.store.filters import Filters


def documents(db: Store, filters: Filters, words: str = "", after: int = 0, size: int = 50) -> list[dict[str, Any]]:
    """Documents by id, without their text. `words` must stand in the title or key, each of them."""
    fields.check(db, filters)
    condition, values = filters.where()
    wanted = [condition] if condition else []
    for number, word in enumerate(words.casefold().split()[:8]):
        wanted.append(f"(instr(lower(d.title), :w{number}) > 0 or instr(lower(d.key), :w{number}) > 0)")
        values[f"w{number}"] = word
    rows = db.execute(
        "select d.id, s.name, d.key, d.title, d.url, d.author, d.date, d.kind, length(d.text), d.indexed"
        f" from document d join source s on s.id = d.source_id where d.id > :after"
        f" {''.join(' and ' + part for part in wanted)} order by d.id limit :size",
        {**values, "after": after, "size": size},
    )
    names = ("id", "source", "key", "title", "url", "author", "date", "kind", "length", "indexed")
    return [dict(zip(names, row, strict=True)) for row in rows]


def document(db: Store, number: int) -> dict[str, Any] | None:
    """A document with its text and metadata, and how many passages it has; None if there is none of this id."""
    row = db.one(
        "select d.id, s.name, s.kind, d.key, d.title, d.url, d.author, d.date, d.kind, d.meta, d.text, d.indexed,"
        " (select count(*) from passage p where p.document_id = d.id)"
        " from document d join source s on s.id = d.source_id where d.id = ?",
        (number,),
    )
    if row is None:
        return None
    names = (
        "id", "source", "source_kind", "key", "title", "url", "author", "date", "kind", "meta", "text",
        "indexed", "passages",
    )  # fmt: skip
    found = dict(zip(names, row, strict=True))
    found["meta"] = json.loads(found["meta"])
    return found


def document_id(db: Store, source: str, key: str) -> int:
    """The number of a document; 0 if there is none."""
    found = db.value(
        "select d.id from document d join source s on s.id = d.source_id where s.name = ? and d.key = ?", (source, key)
    )
    return int(found or 0)


def ids_of(db: Store, places: list[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """(source, key) -> the number of the document, for those that are there."""
    wanted = set(places)
    rows = db.execute(
        "select s.name, d.key, d.id from document d join source s on s.id = d.source_id"
        " where d.key in (select value from json_each(?))",
        (json.dumps([key for _, key in places]),),
    )
    return {(source, key): number for source, key, number in rows if (source, key) in wanted}


def answers(db: Store, before: int = 0, size: int = 50, asked_by: int | None = None) -> list[dict[str, Any]]:
    """Answers of the log, newest first, from below a number; of one token, if it is given."""
    names = (
        "id",
        "conversation",
        "created",
        "model",
        "answerable",
        "citations",
        "question",
        "answer",
        "thumb",
        "asked_by",
    )
    rows = db.execute(
        "select a.id, a.conversation, a.created, a.model, a.answerable, a.citations, a.question, a.answer, a.thumb,"
        " t.name from answer a left join token t on t.id = a.asked_by"
        " where (:before = 0 or a.id < :before) and (:by is null or a.asked_by = :by) order by a.id desc limit :size",
        {"before": before, "size": size, "by": asked_by},
    )
    return [{**dict(zip(names, row, strict=True)), "answerable": bool(row[4])} for row in rows]


def thumb(db: Store, number: int, value: int) -> bool:
    """Say whether an answer helped: 1, -1, or 0 to take it back. False if there is no such answer."""
    with db.transaction():
        return bool(db.run("update answer set thumb = ? where id = ?", (value, number)))


def thumbs(db: Store) -> list[tuple[int, int, str]]:
    """(number, thumb, question) of every answer that somebody rated, in the order of the log."""
    return list(db.execute("select id, thumb, question from answer where thumb <> 0 order by id"))


def asked(db: Store, number: int, token: int) -> None:
    """Note who asked."""
    with db.transaction():
        db.execute("update answer set asked_by = ? where id = ?", (token if token > 0 else None, number))


def share(db: Store, number: int, short: str) -> str:
    """Give an answer a permanent address; the one it has if it has one already. "" if there is no such answer."""
    with db.transaction():
        db.execute("update answer set short = coalesce(short, ?) where id = ?", (short, number))
        return str(db.value("select short from answer where id = ?", (number,)) or "")


def unshare(db: Store, number: int) -> None:
    """Take the address back: it leads nowhere from now on, and is never given again."""
    with db.transaction():
        db.execute("update answer set short = null where id = ?", (number,))


def shared(db: Store, short: str) -> int:
    """The number of the answer with this address; 0 if there is none."""
    return int(db.value("select id from answer where short = ?", (short,)) or 0)


def about(db: Store, number: int) -> dict[str, Any]:
    """What the log knows of an answer beside the answer: its address, its thumb, who asked."""
    row = db.one(
        "select coalesce(a.short, ''), a.thumb, coalesce(t.name, ''), coalesce(a.asked_by, 0) from answer a"
        " left join token t on t.id = a.asked_by where a.id = ?",
        (number,),
    )
    return dict(zip(("short", "thumb", "asked_by", "token"), row or ("", 0, "", 0), strict=True))


def texts(db: Store, key: str) -> list[tuple[int, str]]:
    """(number, text) of every document with this key, whatever its source."""
    return list(db.execute("select id, text from document where key = ? order by id", (key,)))


def kind(db: Store, number: int) -> str:
    """How a document's text is cut: "markdown", "text" or "code"; "text" if there is none of this number."""
    return str(db.value("select kind from document where id = ?", (number,)) or "text")


def passages(db: Store, number: int) -> list[dict[str, Any]]:
    """The passages of a document in order: start, end, heading, text."""
    rows = db.execute(
        'select start, "end", heading, text from passage_whole where document_id = ? order by seq', (number,)
    )
    return [dict(zip(("start", "end", "heading", "text"), row, strict=True)) for row in rows]
