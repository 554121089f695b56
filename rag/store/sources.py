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
from rag.store.engine import Store, now


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


def sources(db: Store) -> list[Remembered]:
    """Every source, by name."""
    rows = db.execute(
        "select s.name, s.kind, s.settings, coalesce(s.cursor, ''), coalesce(s.refreshed, ''), coalesce(s.error, ''),"
        " count(d.id) from source s left join document d on d.source_id = s.id group by s.id order by s.name"
    )
    return [Remembered(*row) for row in rows]


def older(db: Store, name: str) -> list[tuple[str, str]]:
    """(name, settings) of the sources that were there before this one, the oldest first; of all if it is new."""
    rows = db.execute(
        "select name, settings from source where name != :name"
        " and id < coalesce((select id from source where name = :name), 4611686018427387904) order by id",
        {"name": name},
    )
    return [(str(one), str(settings)) for one, settings in rows]


def numbers(db: Store) -> dict[str, int]:
    """name -> number of every source, oldest first."""
    return dict(db.execute("select name, id from source order by id"))


def kind(db: Store, name: str) -> str | None:
    """How a source is made; None if there is no such source."""
    found = db.value("select kind from source where name = ?", (name,))
    return None if found is None else str(found)


def source(db: Store, name: str) -> Remembered:
    """The source of this name. Raises InputError if there is none."""
    listed = sources(db)
    found = next((one for one in listed if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in listed) or "none yet"
        raise NotFoundError(f"{db.path} has no source {name!r}", f"Its sources: {names}")
    return found


def remember(db: Store, name: str, kind: str, settings: str) -> None:
    """Keep what a source is made from. With other settings it is read whole the next time."""
    with db.transaction():
        db.execute("insert into source (name) values (?) on conflict do nothing", (name,))
        db.execute(
            "update source set cursor = case when settings is not distinct from ? then cursor end, kind = ?,"
            " settings = ? where name = ?",
            (settings, kind, settings, name),
        )


def finished(db: Store, name: str, cursor: str = "") -> None:
    """The source was read to its end."""
    with db.transaction():
        db.execute(
            "update source set cursor = ?, refreshed = ?, error = null where name = ?", (cursor or None, now(), name)
        )


def progressed(db: Store, name: str, cursor: str) -> None:
    """Some of the source was read, and the cursor says what."""
    with db.transaction():
        db.execute("update source set cursor = ? where name = ?", (cursor or None, name))


def failed(db: Store, name: str, error: str, *, ended: bool = False) -> None:
    """Reading the source stopped; or it `ended`, and some of it could not be read."""
    with db.transaction():
        db.execute(
            "update source set error = ?, refreshed = coalesce(?, refreshed) where name = ?",
            (error, now() if ended else None, name),
        )


def remove(db: Store, name: str) -> int:
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


def version(db: Store) -> int:
    """The number of the last change of a document."""
    return int(db.value("select coalesce(max(__version), 0) from _chronicle_document"))


def changes(db: Store, since: int = 0) -> Iterator[dict[str, Any]]:
    """Documents that were added, changed or removed after a version, oldest change first."""
    rows = db.execute(
        "select c.__version, c.source, c.key, c.__added_ms, c.__updated_ms, c.__deleted, c.added_version,"
        " d.title, d.url"
        " from document_change c left join document d on d.id = c.id where c.__version > ? order by c.__version",
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


def changes_page(db: Store, since: int, size: int, only: tuple[str, ...] = ()) -> list[dict[str, Any]]:
    """The first `size` changes after a version; `only` of these sources, if any are named."""
    names = ("version", "change", "source", "key", "title", "url", "updated_ms")
    found = []
    for row in changes(db, since):
        if not only or row["source"] in only:
            found.append({name: row[name] for name in names})
        if len(found) == size:
            break
    return found


def status(db: Store, since: int) -> dict[str, dict[str, int]]:
    """source -> how many documents were added, changed and removed after a version."""
    counts: dict[str, dict[str, int]] = {}
    rows = db.execute(
        "select source, count(*) filter (where __deleted = 0 and added_version > :since),"
        " count(*) filter (where __deleted = 0 and added_version <= :since),"
        " count(*) filter (where __deleted = 1 and added_version <= :since)"
        " from document_change where __version > :since group by source order by source",
        {"since": since},
    )
    for name, added, changed, removed in rows:
        counts[name] = {"added": added, "changed": changed, "removed": removed}
    return counts


# -- saved searches ----------------------------------------------------------------------------------------------------


def last_passage(db: Store) -> int:
    """The number of the newest passage; numbers are never given twice."""
    return db.last_passage()


def alerts(db: Store) -> list[Alert]:
    rows = db.execute(
        "select name, query, min_score, source, seen, created, coalesce(run, '') from alert order by name"
    )
    return [Alert(*row) for row in rows]


def alert(db: Store, name: str) -> Alert:
    """The saved search of this name. Raises InputError if there is none."""
    listed = alerts(db)
    found = next((one for one in listed if one.name == name), None)
    if found is None:
        names = ", ".join(one.name for one in listed) or "none yet"
        raise NotFoundError(f"there is no alert {name!r}", f"The alerts: {names}")
    return found


def add_alert(db: Store, name: str, query: str, min_score: float, source: str = "", *, all_: bool = False) -> None:
    """Save a search; it looks at what comes from now on, or at `all_` first. Raises InputError: a bad name."""
    if not name.strip():
        raise InputError("the saved search has no name", 'rag alert add wal "how do I enable WAL mode"')
    if any(one.name == name for one in alerts(db)):
        raise InputError(f"there is an alert {name!r} already", f"Remove it first: rag alert remove {name}")
    with db.transaction():
        db.execute(
            "insert into alert (name, query, min_score, source, seen, created) values (?, ?, ?, ?, ?, ?)",
            (name, query, min_score, source, 0 if all_ else last_passage(db), now()),
        )


def alert_ran(db: Store, name: str, seen: int) -> None:
    """The saved search has looked at every passage up to this number."""
    with db.transaction():
        db.execute("update alert set seen = ?, run = ? where name = ?", (seen, now(), name))


def remove_alert(db: Store, name: str) -> None:
    alert(db, name)
    db.execute("delete from alert where name = ?", (name,))
