"""
What was sent to which place: each document with its hash then, and the names that it has there.

Nothing here sends. A token is never kept.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from rag.store.engine import Store, now


@dataclass(frozen=True, slots=True)
class Due:
    """A document here, or once here. `number` is 0 if it is gone; `names` and `sent` are its names and hash there."""

    number: int
    source: str
    key: str
    hash: str
    names: tuple[str, ...]
    sent: str


def begin(db: Store, url: str, kind: str, *, full: bool = False) -> int:
    """The number of a place. `full` forgets what was sent there, not what must be removed from it."""
    with db.transaction():
        number = db.value("select id from push where url = ?", (url,))
        if number is None:
            number = db.insert("insert into push (url, kind) values (?, ?)", (url, kind))
        db.execute("update push set kind = ? where id = ?", (kind, number))
        if full:
            db.execute("update pushed set hash = '' where push_id = ?", (number,))
    return int(number)


def known(db: Store, push: int, sources: Sequence[str] = ()) -> list[Due]:
    """Every document that is here or there, in a fixed order; of these sources only, if any are named."""
    only = "and s.name in (select value from json_each(:sources))" if sources else ""
    values = {"push": push, "sources": json.dumps(list(sources))}
    here = db.execute(
        "select d.id, s.name, d.key, d.hash, coalesce(p.names, '[]'), coalesce(p.hash, '')"
        " from document d join source s on s.id = d.source_id"
        " left join pushed p on p.push_id = :push and p.source = s.name and p.key = d.key"
        f" where s.kind != 'evaluation' {only} order by d.id",
        values,
    )
    gone = db.execute(
        "select 0, s.name, p.key, '', p.names, p.hash from pushed p join (select distinct source as name from pushed) s"
        " on s.name = p.source where p.push_id = :push and not exists (select 1 from document d"
        f" join source o on o.id = d.source_id where o.name = p.source and d.key = p.key) {only} order by p.id",
        values,
    )
    return [
        Due(number, source, key, hash_, tuple(map(str, json.loads(names))), before)
        for number, source, key, hash_, names, before in (*here, *gone)
    ]


def sent(db: Store, push: int, done: Sequence[tuple[Due, str, Sequence[str] | None]]) -> None:
    """These are there now: with which hash, under which names; None: they are there no more."""
    with db.transaction():
        for one, hash_, names in done:
            db.execute("delete from pushed where push_id = ? and source = ? and key = ?", (push, one.source, one.key))
            if names is not None:
                db.execute(
                    "insert into pushed (push_id, source, key, hash, names) values (?, ?, ?, ?, ?)",
                    (push, one.source, one.key, hash_, json.dumps(list(names), ensure_ascii=False)),
                )
        db.execute("update push set sent = ? where id = ?", (now(), push))
