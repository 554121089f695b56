"""
A shard more, and documents to where they belong.

Some at a time they are copied to their new shard, committed, and only then taken from the old one; nobody else writes
meanwhile. So a document is at no moment nowhere; stopped in between it is on two shards, both times the same, which
searches see as one, and the next call goes on.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from rag.address import Address
from rag.errors import DatabaseError
from rag.store import blocks, documents
from rag.store.postgres import Postgres, storing
from rag.store.shards import family, near
from rag.store.shards.family import COLUMNS, Member, copied
from rag.store.shards.shards import Shards
from rag.store.vectors import ORPHAN

BLOCK = 200  # documents between two commits
CHRONICLE = "id, __added_ms, __updated_ms, __version, __deleted, added_version, source, key"
CLOCK = "id, source, key, stamp, deleted"
PAST = "id, source, key, title, text, version, ms"


@dataclass(frozen=True, slots=True)
class Shard:
    """One server: documents and passages on it, bytes, and documents that belong on another shard."""

    address: str
    documents: int
    passages: int
    bytes: int
    misplaced: int


def status(db: Shards) -> list[Shard]:
    """What lies where, the first shard first."""
    return [
        Shard(str(one.path), int(one.value("select count(*) from document")), one.passages(), one.size(), len(away))
        for one, away in ((one, list(_away(db, one))) for one in db.parts)
    ]


def add(old: Address, new: Address) -> Address:
    """
    Make an empty server a shard of an index on one server or on several; the address of all of them.

    Documents stay where they are until `rebalance`. Raises DatabaseError if there is an index on it already.
    """
    with _family(old) as (servers, own), Postgres(new, create=True) as added:
        first, there = servers[0], family.asked(added)
        if there and there.family != own.family:
            raise DatabaseError(f"{new} is a shard of another index", "Name a server that is empty.")
        if there and there.member in dict(own.members):
            raise DatabaseError(f"{new} is a shard of this index already", "See them: rag shards status -d …")
        if not there and not family.empty(added):
            raise DatabaseError(f"there is an index on {new} already", "Name a server that is empty.")
        with first.writer():
            member = Member(there.member if there else uuid.uuid4().hex, own.family)
            family.written(added, member)
            with added.transaction():
                for table in COLUMNS:
                    copied(first, added, table)
                for name in family.BROADCAST:
                    if (value := first.setting(name)) is not None:
                        added.remember(name, value)
            with first.transaction():
                first.remember(family.UNBALANCED, True)
                family.written(first, Member(own.member, own.family, (*own.members, (member.member, str(new)))))
    return Address(f"{old.secret},{new.secret}")


@contextmanager
def _family(address: Address) -> Iterator[tuple[list[Postgres], Member]]:
    """The servers of an index, the first one first, and what that says of them; one alone says what it would."""
    if len(address.parts) > 1:
        with Shards(address) as db:
            own = family.asked(db.first)
            assert own is not None
            yield db.parts, own
        return
    with Postgres(address) as one:
        there = family.asked(one)
        family.alone(one)
        if there is None:
            member = uuid.uuid4().hex
            there = Member(member, uuid.uuid4().hex, ((member, str(one.path)),))
            family.written(one, there)
        yield [one], there


def rebalance(db: Shards, progress: Callable[[int, int], None] | None = None) -> int:
    """Bring every document to the shard that it belongs on; how many. Stopped, the next call goes on."""
    if not db.whole:
        raise DatabaseError(f"{', '.join(db.missing)} is missing", "Start it, then run this again.")
    with db.first.writer():
        away = {number: list(_away(db, one)) for number, one in enumerate(db.parts)}
        total, done = sum(map(len, away.values())), 0
        for number, listed in away.items():
            for home in range(len(db.parts)):
                for part in blocks.cut([document for document, other in listed if other == home], BLOCK):
                    carry(db.parts[number], db.parts[home], part)
                    done += len(part)
                    if progress:
                        progress(done, total)
            if listed:  # the vectors that nothing there needs any more
                with db.parts[number].transaction():
                    db.parts[number].execute(f"delete from vector where {ORPHAN}")
        near.settle(db)
        db.first.remember(family.UNBALANCED, False)
    return done


def _away(db: Shards, one: Postgres) -> Iterator[tuple[int, int]]:
    """(number of a document on a shard, the shard that it belongs on) of those that belong on another."""
    own = db.parts.index(one)
    for number, key in one.ask("select id, key from document order by id"):
        home = family.home(db.members, key)
        if home != own:
            yield number, home


def carry(old: Postgres, new: Postgres, numbers: list[int]) -> None:
    """Documents with all that is known of them from one shard to another."""
    listed = json.dumps(numbers)
    there = {number for (number,) in new.ask("select id from document where id = any (%s)", (numbers,))}
    left = [number for number in numbers if number not in there]
    named = "from document d join source s on s.id = d.source_id where d.id = any (%s)"
    places = old.ask(f"select s.name, d.key {named}", (numbers,))
    keys = [[source for source, _ in places], [key for _, key in places]]
    of = "(source, key) in (select * from unnest(%s::text[], %s::text[]))"
    with new.transaction():
        new.ask("set local rag.carrying = 'on'")
        blocks.copy(old, new, left)
        storing.loaded(new, left)
        rows = blocks.rows_of(old, "_chronicle_document", CHRONICLE, "id", left)
        new.load("_chronicle_document", CHRONICLE, rows)
        for table, columns in (("document_clock", CLOCK), ("document_past", PAST)):
            kept = old.ask(f"select {columns} from {table} where {of}", keys)
            new.ask(f"delete from {table} where id = any (%s)", ([row[0] for row in kept],))
            new.load(table, columns, kept)
        new.ask("set local rag.carrying = 'off'")
    with old.transaction():
        old.ask("set local rag.carrying = 'on'")
        documents.remove(old, numbers)
        old.execute("delete from _chronicle_document where id in (select value from json_each(?))", (listed,))
        for table in ("document_clock", "document_past"):
            old.ask(f"delete from {table} where {of}", keys)
        old.ask("set local rag.carrying = 'off'")
