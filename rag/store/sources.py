"""
Remembered sources, what changed since when, and saved searches.

A source keeps what it was made from (`settings`, JSON of rag.sources), how far it was read (`cursor`), when it was
last read whole and what went wrong then. Changes are versions of `_chronicle_document`, which triggers keep.
Nothing here reads a source.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag.errors import InputError, NotFoundError
from rag.store.database import Database, now


@dataclass(frozen=True, slots=True)
class Remembered:
    """A source as the index knows it."""

    name: str
    kind: str
    settings: str
    cursor: str
    refreshed: str  # when it was last read to its end, with or without an error; "" if it never was
    error: str
    documents: int


@dataclass(frozen=True, slots=True)
class Alert:
    """A saved search. `seen` is the number of the last passage that it has looked at."""

    name: str
    query: str
    min_score: float
    source: str
    seen: int
    created: str
    run: str


def sources(db: Database) -> list[Remembered]:
    """Every source, by name."""
    rows = db.execute(
        "select s.name, s.kind, s.settings, coalesce(s.cursor, ''), coalesce(s.refreshed, ''), coalesce(s.error, ''),"
        " count(d.id) from source s left join document d on d.source_id = s.id group by s.id order by s.name"
    )
    return [Remembered(*row) for row in rows]


def older(db: Database, name: str) -> list[tuple[str, str]]:
    """(name, settings) of the sources that were there before this one, the oldest first; of all if it is new."""
    rows = db.execute(
        "select name, settings from source where name != :name"
        " and id < coalesce((select id from source where name = :name), 1 << 62) order by id",
        {"name": name},
    )
    return [(str(one), str(settings)) for one, settings in rows]


def numbers(db: Database) -> dict[str, int]:
    """name -> number of every source, oldest first."""
    return dict(db.execute("select name, id from source order by id"))


def kind(db: Database, name: str) -> str | None:
    """How a source is made; None if there is no such source."""
    found = db.value("select kind from source where name = ?", (name,))
    return None if found is None else str(found)


def source(db: Database, name: str) -> Remembered:
    """The source of this name. Raises InputError if there is none."""
    listed = sources(db)
    found = next((one for one in listed if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in listed) or "none yet"
        raise NotFoundError(f"{db.path} has no source {name!r}", f"Its sources: {names}")
    return found


def remember(db: Database, name: str, kind: str, settings: str) -> None:
    """Keep what a source is made from. With other settings it is read whole the next time."""
    with db.transaction():
        db.execute("insert or ignore into source (name) values (?)", (name,))
        db.execute(
            "update source set cursor = case when settings is ? then cursor end, kind = ?, settings = ? where name = ?",
            (settings, kind, settings, name),
        )


def finished(db: Database, name: str, cursor: str = "") -> None:
    """The source was read to its end."""
    db.execute(
        "update source set cursor = ?, refreshed = ?, error = null where name = ?", (cursor or None, now(), name)
    )


def progressed(db: Database, name: str, cursor: str) -> None:
    """Some of the source was read, and the cursor says what."""
    db.execute("update source set cursor = ? where name = ?", (cursor or None, name))


def failed(db: Database, name: str, error: str, *, ended: bool = False) -> None:
    """Reading the source stopped; or it `ended`, and some of it could not be read."""
    db.execute(
        "update source set error = ?, refreshed = coalesce(?, refreshed) where name = ?",
        (error, now() if ended else None, name),
    )


def remove(db: Database, name: str) -> int:
    """Forget a source and everything that came from it; how many documents that were."""
    found = source(db, name)
    with db.transaction():
        number = db.value("select id from source where name = ?", (name,))
        db.execute("delete from passage where document_id in (select id from document where source_id = ?)", (number,))
        db.execute("delete from document where source_id = ?", (number,))
        db.execute("delete from source where id = ?", (number,))
        db.changed()
    return found.documents


# -- changes -----------------------------------------------------------------------------------------------------------


def version(db: Database) -> int:
    """The number of the last change of a document."""
    return int(db.value("select coalesce(max(__version), 0) from _chronicle_document"))


def changes(db: Database, since: int = 0) -> Iterator[dict[str, Any]]:
    """Documents that were added, changed or removed after a version, oldest change first."""
    rows = db.execute(
        "select c.__version, c.source, c.key, c.__added_ms, c.__updated_ms, c.__deleted, c.added_version,"
        " d.title, d.url"
        " from _chronicle_document c left join document d on d.id = c.id where c.__version > ? order by c.__version",
        (since,),
    )
    for number, name, key, added, updated, deleted, born, title, url in rows:
        yield {
            "version": number,
            "change": "removed" if deleted else "added" if born > since else "changed",
            "source": name,
            "key": key,
            "title": title or "",
            "url": url or "",
            "added_ms": added,
            "updated_ms": updated,
        }


def changes_page(db: Database, since: int, size: int, only: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """The first `size` changes after a version; `only` of these sources, if any are named."""
    names = ("version", "change", "source", "key", "title", "url", "updated_ms")
    found = []
    for row in changes(db, since):
        if not only or row["source"] in only:
            found.append({name: row[name] for name in names})
        if len(found) == size:
            break
    return found


def status(db: Database, since: int) -> dict[str, dict[str, int]]:
    """source -> how many documents were added, changed and removed after a version."""
    counts: dict[str, dict[str, int]] = {}
    rows = db.execute(
        "select source, sum(not __deleted and added_version > :since),"
        " sum(not __deleted and added_version <= :since), sum(__deleted and added_version <= :since)"
        " from _chronicle_document where __version > :since group by source order by source",
        {"since": since},
    )
    for name, added, changed, removed in rows:
        counts[name] = {"added": added, "changed": changed, "removed": removed}
    return counts


# -- saved searches ----------------------------------------------------------------------------------------------------


def last_passage(db: Database) -> int:
    """The number of the newest passage; numbers are never given twice."""
    return int(db.value("select coalesce(max(seq), 0) from sqlite_sequence where name = 'passage'") or 0)


def alerts(db: Database) -> list[Alert]:
    rows = db.execute(
        "select name, query, min_score, source, seen, created, coalesce(run, '') from alert order by name"
    )
    return [Alert(*row) for row in rows]


def alert(db: Database, name: str) -> Alert:
    """The saved search of this name. Raises InputError if there is none."""
    listed = alerts(db)
    found = next((one for one in listed if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in listed) or "none yet"
        raise NotFoundError(f"there is no alert {name!r}", f"The alerts: {names}")
    return found


def add_alert(db: Database, name: str, query: str, min_score: float, source: str = "", *, all_: bool = False) -> None:
    """Save a search; it looks at what comes from now on, or at `all_` first. Raises InputError if the name is taken."""
    if any(one.name == name for one in alerts(db)):
        raise InputError(f"there is an alert {name!r} already", f"Remove it first: rag alert remove {name}")
    db.execute(
        "insert into alert (name, query, min_score, source, seen, created) values (?, ?, ?, ?, ?, ?)",
        (name, query, min_score, source, 0 if all_ else last_passage(db), now()),
    )


def alert_ran(db: Database, name: str, seen: int) -> None:
    """The saved search has looked at every passage up to this number."""
    db.execute("update alert set seen = ?, run = ? where name = ?", (seen, now(), name))


def remove_alert(db: Database, name: str) -> None:
    alert(db, name)
    db.execute("delete from alert where name = ?", (name,))
