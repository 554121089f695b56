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
    kept = "document_past" in db.tables()
    lives: dict[tuple[str, str], list[_Life]] = {}
    for source, key, *life in db.execute(
        "select source, key, added_version, coalesce(__added_ms, 0), __version, coalesce(__updated_ms, 0), __deleted"
        " from document_change order by source, key, id"
    ):
        lives.setdefault((source, key), []).append(_Life(*life))
    for (source, key), listed in sorted(lives.items()):
        if not any(life.version > version and life.updated > ms for life in listed):
            continue
        row = db.one(
            "select d.title, d.url, d.text from document d join source s on s.id = d.source_id"
            " where s.name = ? and d.key = ?",
            (source, key),
        )
        title, url, text = row or ("", "", None)
        past = kept and db.one(
            "select title, text from document_past where source = ? and key = ? and version > ? and ms > ?"
            " order by version, id limit 1",
            (source, key, version, ms),
        )
        if not any(life.at(version, ms) for life in listed):  # it came after
            if text is not None:
                yield Changed(source, key, title, url, None, text)
        elif past:
            if past[1] != text:
                yield Changed(source, key, title or past[0], url, past[1], text)
        else:
            yield Changed(source, key, title, url, None, text, known=False)


@dataclass(frozen=True, slots=True)
class _Life:
    """A document from when it was added, in versions and milliseconds, to its last change, which may be its end."""

    born: int
    added: int
    version: int
    updated: int
    deleted: int

    def at(self, version: int, ms: int) -> bool:
        """Whether it was there at a version, or at a moment."""
        if ms:
            return self.added <= ms and not (self.deleted and self.updated <= ms)
        return self.born <= version and not (self.deleted and self.version <= version)


def moment(date: str) -> int:
    """Milliseconds since 1970 at which an ISO date begins, UTC. Raises ValueError."""
    whole = date + "0001-01-01"[len(date) :] if len(date) < 10 else date.replace("Z", "+00:00")
    found = datetime.fromisoformat(whole)
    return int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1000)


def forget(db: Store) -> int:
    """Drop every text that is no more; how many."""
    return db.run("delete from document_past") if "document_past" in db.tables() else 0
