"""
What documents said before: the texts that changed or went, kept for ninety days by triggers, and versions by date.

Nothing here compares texts.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from rag.store.engine import Store


@dataclass(frozen=True, slots=True)
class Changed:
    """
    A document that changed after a version. `before` is what it said then, `now` what it says; None: it was, or is, not
    there. `known` is false where what it said is not kept any more.
    """

    source: str
    key: str
    title: str
    url: str
    before: str | None
    now: str | None
    known: bool = True


def changed(db: Store, version: int = 0, ms: int = 0) -> Iterator[Changed]:
    """The documents that changed after a version, or after a moment in milliseconds, by source and key."""
    rows = db.execute(
        "select c.source, c.key, coalesce(d.title, ''), coalesce(d.url, ''), d.text, max(c.added_version),"
        " min(coalesce(c.__added_ms, 0)), max(not c.__deleted)"
        " from _chronicle_document c left join source s on s.name = c.source"
        " left join document d on d.source_id = s.id and d.key = c.key"
        " group by c.source, c.key having max(c.__version) > :version and max(coalesce(c.__updated_ms, 0)) > :ms"
        " order by c.source, c.key",
        {"version": version, "ms": ms},
    )
    for source, key, title, url, text, *_ in rows:
        past = db.one(
            "select title, text from document_past where source = ? and key = ? and version > ? and ms > ?"
            " order by version, id limit 1",
            (source, key, version, ms),
        )
        born = bool(
            db.value(
                "select 1 from _chronicle_document where source = ? and key = ? and"
                " (added_version <= ? and coalesce(__added_ms, 0) <= case ? when 0 then 1 << 62 else ? end)"
                " and not (__deleted and (__version <= ? or coalesce(__updated_ms, 0) <= ?))",
                (source, key, version if not ms else 1 << 62, ms, ms, version, ms),
            )
        )
        if not born:  # it came after
            if text is not None:
                yield Changed(source, key, title, url, None, text)
        elif past:
            if past[1] != text:
                yield Changed(source, key, title or past[0], url, past[1], text)
        else:
            yield Changed(source, key, title, url, None, text, known=False)


def moment(date: str) -> int:
    """Milliseconds since 1970 at which an ISO date begins, UTC. Raises ValueError."""
    whole = date + "0001-01-01"[len(date) :] if len(date) < 10 else date.replace("Z", "+00:00")
    found = datetime.fromisoformat(whole)
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def forget(db: Store) -> int:
    """Drop every text that is no more; how many."""
    return db.run("delete from document_past")
