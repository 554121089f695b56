"""What an index is made from, what changed in it since when, and saved searches: as rows."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any

from rag import folding, ranking
from rag.errors import DatabaseError, EmptyError, InputError, NotFoundError
from rag.files import typed
from rag.index import Index
from rag.sources.settings import from_json
from rag.store import Store, documents, vectors
from rag.store import sources as store
from rag.store.filters import Filters
from rag.store.sources import Alert
from rag.types import Hit

COUNTS = ("added", "changed", "removed")
UNNAMED = "Your documents"  # an index of no source, or of many


def sources(db: Store) -> list[dict[str, Any]]:
    """Every source: name, kind, documents, when it was refreshed, what went wrong, the settings that were given."""
    return [
        {
            "name": one.name,
            "kind": one.kind,
            "documents": one.documents,
            "refreshed": one.refreshed,
            "error": one.error,
            "settings": from_json(one.settings).given(),
        }
        for one in store.sources(db)
    ]


def named(db: Store, given: str) -> str:
    """The source that a name or a path means, also its end alone. Raises InputError: none, or several."""
    names = [one.name for one in store.sources(db)]
    for tried in (given, os.path.abspath(os.path.expanduser(given))):
        if tried in names:
            return tried
    ends = [name for name in names if name.endswith(f"/{given.strip('/')}")]
    if len(ends) > 1:
        raise InputError(f"{given!r} may be {' or '.join(ends)}", "Name it whole.")
    return ends[0] if ends else store.source(db, given).name


def settled(db: Store, filters: Filters) -> Filters:
    """
    The filters with the whole name of the source that they mean, as a path or by its end.

    Raises InputError if there is no such source, or it can be several, EmptyError if nothing is indexed at all: neither
    may look like "nothing found".
    """
    filled(db)
    return replace(filters, source=named(db, filters.source)) if filters.source else filters


def filled(db: Store) -> None:
    """Raises EmptyError if there is no document in the index."""
    if documents.is_empty(db):
        raise nothing_indexed(db)


def nothing_indexed(db: Store) -> EmptyError:
    return EmptyError(f"{db.path} is empty: nothing has been indexed yet", f"rag index FOLDER -d {typed(db.path)}")


def key_of(db: Store, given: str, source: str = "") -> tuple[str, str]:
    """
    The key and source of a document that is named by its key, by the path of its file as results show it, or by one
    that begins with the last folder of its source, from wherever that is typed.
    """
    filled(db)
    try:
        documents.find(db, given, source)
    except NotFoundError:
        path = os.path.abspath(os.path.expanduser(given))
        for one in store.sources(db):
            if path.startswith(f"{one.name.rstrip('/')}/"):
                return path.removeprefix(f"{one.name.rstrip('/')}/"), one.name
        folder, _, rest = given.partition("/")
        for one in store.sources(db):
            if rest and one.name.rstrip("/").endswith(f"/{folder}"):
                with suppress(NotFoundError):
                    documents.find(db, rest, one.name)
                    return rest, one.name
    return given, source


def remove(db: Store, name: str) -> int:
    """Forget a source and every document that came from it; how many those were. Raises InputError: no such source."""
    with db.writer(), db.transaction():
        count = store.remove(db, name)
        vectors.prune(db)
    return count


def status(db: Store, *, peek: bool = False) -> list[dict[str, Any]]:
    """What changed since the last look, a row a source; with `peek` this does not count as a look."""
    since, now = int(db.setting("looked", 0)), store.version(db)
    counted = store.status(db, since)
    errors = {one.name: one.error for one in store.sources(db)}
    rows = [
        {"source": name, **(counted.get(name) or dict.fromkeys(COUNTS, 0)), "error": error}
        for name, error in errors.items()
    ]
    rows += [{"source": name, **row, "error": ""} for name, row in counted.items() if name not in errors]
    if not peek and now != since:
        with unless_sealed():
            db.remember("looked", now)
    return rows


def unless_sealed() -> suppress:
    """What is new is shown again where it cannot be remembered that it was: nothing of it is lost."""
    return suppress(DatabaseError)


def new_for(
    index: Index, names: Sequence[str] = (), k: int = 20, *, peek: bool = False
) -> Iterator[tuple[Alert, list[Hit]]]:
    """
    Each saved search (all, if none is named) with the at most `k` passages that are new to it and fit it.

    Without `peek` they are not given again. Raises InputError if there is no such search.
    """
    for one in [store.alert(index.db, name) for name in names] or store.alerts(index.db):
        newest = store.last_passage(index.db)
        yield one, list(fitting(index, one, k))
        if not peek:
            with unless_sealed():
                store.alert_ran(index.db, one.name, newest)


def fitting(index: Index, alert: Alert, k: int) -> Iterator[Hit]:
    """Passages that came after the alert's last run and fit it: near enough in meaning, or with all of its words."""
    only = Filters(source=alert.source, after=alert.seen)
    wanted = {term for _, term in index.db.tokens(ranking.asked(alert.query).text)}
    for hit in index.search(alert.query, k, filters=only):
        near = hit.via.get("vectors")
        if near and near.score >= alert.min_score:
            yield hit
        else:
            passage = hit.passage
            text = f"{passage.document.title} {passage.heading} {passage.text}"
            text = f"{folding.searched(text)} {folding.names(text)}"
            if wanted and wanted <= {term for _, term in index.db.tokens(text)}:
                yield hit


class _Labels(dict[str, str]):
    """Also of a source that came since they were read."""

    def __missing__(self, name: str) -> str:
        return _label(name)


def _label(name: str) -> str:
    file, mark, table = name.partition("#") if name.startswith("/") else (name, "", "")
    return f"{file.rstrip('/').rpartition('/')[2] or 'root'}{mark}{table}" if name.startswith("/") else name


def labels(db: Store) -> dict[str, str]:
    """
    Source -> the name that is shown for it. A folder of this machine is shown by its last part, never by its path.

    Two that end alike get a number.
    """
    found = _Labels()
    taken: Counter[str] = Counter()
    for name in store.numbers(db):
        label = _label(name)
        taken[label] += 1
        found[name] = label if taken[label] == 1 else f"{label} ({taken[label]})"
    return found


def called(names: Collection[str]) -> str:
    """What an index is called where nobody named it: after the sources that it is made from, if they are few."""
    return ", ".join(names) if 0 < len(names) < 4 else UNNAMED
