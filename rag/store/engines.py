"""
Choose the engine: open an index by what was given after -d, and do there what each engine does in its own way.

Only this module knows which engines there are; the driver of a server is loaded when one is named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from rag import files
from rag.address import Address, place
from rag.errors import DatabaseError, InputError
from rag.store import putting, size
from rag.store.database import Database
from rag.store.documents import Entry
from rag.store.engine import Neighbours, Store
from rag.store.side import Asking
from rag.store.sidecar import Sidecar

MANY = 50  # documents whose words are worth writing together
MOVING = "moving"  # the setting of an index that is half there: what it is moved from

if TYPE_CHECKING:
    from rag.store.postgres.server import Postgres
    from rag.store.shards import Shards


def opened(
    address: Path | str,
    *,
    create: bool = False,
    readonly: bool = False,
    immutable: bool = False,
    moving: bool = False,
    partial: bool = False,
) -> Store:
    """
    The index at an address: a file, postgresql://…, or several of these. `create` makes it if it is missing; `readonly`
    never writes, and if a file is `immutable` nobody does. One that is half moved is opened only by what is `moving`
    it. Of several servers, `partial` does without those that are down (`missing`).

    Raises DatabaseError if it cannot be used, InputError if what it takes is not installed.
    """
    where = place(address)
    if isinstance(where, Address):
        db = _server(where, create=create, readonly=readonly, partial=partial)
    else:
        db = Database(files.home(address), create=create, readonly=readonly, immutable=immutable)
    if not moving and (half := db.setting(MOVING)):
        db.close()
        raise DatabaseError(f"{where} is half moved", f"Go on with it: rag move {place(half['from'])} {where}")
    return db


def _server(where: Address, *, create: bool, readonly: bool, partial: bool) -> Store:
    try:
        from rag.store.postgres.server import Postgres
        from rag.store.shards import Shards, family
    except ImportError as error:
        raise InputError(
            f"{where} is a server, and what speaks with servers is not installed: {error}",
            "pip install 'chapterverse[postgres]'",
        ) from None
    if len(where.parts) > 1:
        return Shards(where, create=create, readonly=readonly, partial=partial)
    db = Postgres(where, create=create, readonly=readonly)
    try:
        family.alone(db)
        db.steady()
    except DatabaseError:
        db.close()
        raise
    return db


def file_of(db: Store, hint: str) -> Database:
    """The same, if it is a file. Raises DatabaseError with the hint if it is not."""
    if not isinstance(db, Database):
        raise DatabaseError(f"{db.path} is no file", hint)
    return db


def _several(db: Store) -> Shards | None:
    from rag.store.shards import Shards

    return db if isinstance(db, Shards) else None


def _server_of(db: Store) -> Postgres:
    from rag.store.postgres.server import Postgres

    assert isinstance(db, Postgres)
    return db


def missing(db: Store) -> list[str]:
    """The shards that are down, and are done without."""
    return [str(one) for one in getattr(db, "missing", [])]


def parts(db: Store, *, write: bool = False) -> Iterator[tuple[str, Store]]:
    """(name, engine) of each that holds a part of the documents, to `write` to it; one alone has no name."""
    several = None if isinstance(db, Database) else _several(db)
    if several is None:
        yield "", db
        return
    for one in several.parts:
        with several.turned(one) if write else nullcontext():
            yield str(one.path), one


def snapshot(db: Store) -> AbstractContextManager[None]:
    """What is read in the block is of one moment. Whoever reads all of a file that may be written holds it."""
    if isinstance(db, Database):
        return db.writer() if db.writable else _reading(db)
    return several.snapshot() if (several := _several(db)) else _server_of(db).snapshot()


@contextmanager
def _reading(db: Database) -> Iterator[None]:
    with db.connection:  # one transaction, in which nothing is written
        yield


def sizes(db: Store) -> dict[str, int]:
    """part of the index -> bytes, "vector index" one of them."""
    if isinstance(db, Database):
        return {**size.parts(db), "vector index": size.files(db)["vector index"]}
    from rag.store.postgres import chores

    found: Counter[str] = Counter()
    for _, one in parts(db):
        found.update(chores.sizes(_server_of(one)))
    return dict(found)


def compact(db: Store, *, whole: bool = False) -> None:
    """Give back what nothing uses; `whole` where the stored vectors became shorter."""
    if isinstance(db, Database):
        size.compact(db, whole=whole)
        return
    from rag.store.postgres import chores

    for _, one in parts(db):
        chores.compact(_server_of(one), whole=whole)


def placed(db: Store) -> str:
    """What is wrong with where documents lie: "" if nothing is, or the index is on one engine."""
    several = None if isinstance(db, Database) else _several(db)
    if several is None:
        return ""
    from rag.store.shards import balance

    away = sum(one.misplaced for one in balance.status(several))
    return f"{away} documents are not on the shard that they belong on" if away else ""


def put(db: Store, source: int, entries: Sequence[Entry]) -> None:
    """Store documents, each whole, in the place of what had its key; inside a transaction of the caller's."""
    if not isinstance(db, Database):
        if several := _several(db):
            several.put(source, entries)
            return
        from rag.store.postgres import storing

        storing.put(_server_of(db), source, entries)
        return
    apart = len({one.document.key for one in entries}) == len(entries)  # none is put twice
    with db.gathered() if apart and len(entries) >= MANY else nullcontext():
        for one in entries:
            putting.put(db, source, one)


def neighbours(db: Store, model: int, dimensions: int, asking: Asking | None = None) -> Neighbours:
    """What searches the vectors of a model. `asking` embeds questions, for what is measured with some."""
    if not isinstance(db, Database):
        if several := _several(db):
            from rag.store.shards.near import NearOfAll

            return NearOfAll(several, model, dimensions, asking)
        from rag.store.postgres.near import Near

        return Near(_server_of(db), model, dimensions, asking)
    return Sidecar(db, model, dimensions, asking=asking)


def loaded(db: Store, numbers: Sequence[int]) -> None:
    """After rows were loaded as they are: make what finds these documents, where nothing else does."""
    if isinstance(db, Database):
        putting.once(db, numbers)
    elif several := _several(db):
        several.loaded(numbers)
    else:
        from rag.store.postgres import storing

        storing.loaded(_server_of(db), numbers)


def settle(db: Store) -> None:
    """After a long write: make what searches need and writers do not keep up."""
    if not isinstance(db, Database):
        if several := _several(db):
            from rag.store.shards import near as near_of_all

            near_of_all.settle(several)
            return
        from rag.store.postgres import near

        near.settle(_server_of(db))


def shaped(db: Store) -> tuple[str, Callable[[], str], Callable[[], None]]:
    """Whether a server has every table and what belongs to one: the name of the check, what looks, what mends."""
    from rag.store.postgres import shape

    server = _server_of(db)
    return "schema", lambda: shape.schema(server), lambda: shape.mend_schema(server)


def searched(db: Store) -> list[tuple[str, Callable[[], str], Callable[[], None]]]:
    """What can be wrong with what finds passages on a server: the name of a check, what looks, what mends."""
    from rag.store.postgres import checks

    server = _server_of(db)
    return [
        ("words", lambda: checks.words(server), lambda: checks.mend_words(server)),
        ("near", lambda: checks.near(server), lambda: checks.mend_near(server)),
    ]
