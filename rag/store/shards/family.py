"""
Which servers are the shards of one index, and which of them a document belongs on.

Each shard knows itself (`member`) and its index (`family`); the first knows all. So a server may move to another
address, and one that is left out, or belongs elsewhere, is noticed. A document lies on the shard with the highest hash
of member and key (rendezvous hashing: Thaler, Ravishankar 1998): a shard that is added takes its part from all others,
and nothing else moves.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

from rag.address import Address
from rag.errors import DatabaseError
from rag.store import vectors
from rag.store.postgres import Postgres

BROADCAST = ("embedder", "fingerprint", "target", "uuid", vectors.STORED)  # settings that all shards have
COLUMNS = {"source": "id, name, kind, settings, cursor, refreshed, error", "model": "id, name, fingerprint, dimensions"}
UNBALANCED = "unbalanced"  # setting of the first: a shard was added, and documents are not yet where they belong


@dataclass(frozen=True, slots=True)
class Member:
    """What a server says of itself; `members` are (member, address) of all, on the first alone."""

    member: str
    family: str
    members: tuple[tuple[str, str], ...] = ()


def asked(db: Postgres) -> Member | None:
    """What a server says; None if it is no shard."""
    rows = db.ask("select member, family, members from shard")
    if not rows:
        return None
    member, family, members = rows[0]
    return Member(member, family, tuple((one, name) for one, name in json.loads(members or "[]")))


def written(db: Postgres, one: Member) -> None:
    """Have a server say this from now on; the groups it keeps may name documents of other servers."""
    with db.transaction():
        db.ask("delete from shard")
        members = json.dumps(one.members) if one.members else ""
        db.ask("insert into shard (member, family, members) values (%s, %s, %s)", (one.member, one.family, members))
        for column in ("document_id", "passage_id"):
            db.ask(f"alter table cluster_item drop constraint if exists cluster_item_{column}_fkey")


def alone(db: Postgres) -> None:
    """Raises DatabaseError if a server that was named alone is a shard."""
    one = asked(db)
    if one is None:
        return
    if len(one.members) == 1:
        return
    if one.members:
        listed = Address(",".join(name for _, name in one.members))
        raise DatabaseError(f"{db.path} is the first of {len(one.members)} shards", f"Name them all: -d {listed}")
    raise DatabaseError(f"{db.path} is a shard of an index on several servers", "Name them all: -d 'postgresql://…,…'")


def founded(servers: Sequence[Postgres]) -> None:
    """Make empty servers the shards of a new index, the first last: until then they may be made again."""
    family = uuid.uuid4().hex
    members = tuple((uuid.uuid4().hex, str(db.path)) for db in servers)
    for db, (member, _) in reversed(list(zip(servers, members, strict=True))):
        written(db, Member(member, family, members if db is servers[0] else ()))


def empty(db: Postgres) -> bool:
    """Whether nothing was ever indexed on a server."""
    return db.value("select id from document limit 1") is None and db.setting("uuid") is None


def leads(db: Postgres) -> bool:
    """Whether a server is the first shard of an index."""
    one = asked(db)
    return one is not None and bool(one.members)


def free(db: Postgres) -> bool:
    """Whether a server may become a shard of a new index."""
    return empty(db) and not leads(db)


def ordered(address: Address, servers: Sequence[Postgres], *, partial: bool) -> tuple[list[Postgres], list[str], bool]:
    """
    The shards in their own order, their members, and whether all are there. With `partial` some may be missing.

    Raises DatabaseError, which says what to type: one is missing, or is no shard of this index, or has other vectors.
    """
    said = {db: asked(db) for db in servers}
    first = next((db for db, one in said.items() if one and one.members), None)
    own = said[first] if first else None
    if first is None or own is None:
        full = next((db for db in servers if not empty(db)), None)
        if full is not None and not any(said.values()):
            others = [str(db.path) for db in servers if db is not full]
            raise DatabaseError(
                f"{full.path} is an index of its own, on one server",
                f"Add the other: rag shards add {others[0]} -d {full.path}",
            )
        raise DatabaseError(f"the first shard of {address} is not among them", "Name all servers of the index.")
    by_member: dict[str, Postgres] = {}
    for db, one in said.items():
        if one is None or one.family != own.family or one.member not in dict(own.members):
            what = "is no shard of" if one is None or one.family != own.family else "is not yet added to"
            known = Address(",".join(name for _, name in own.members))
            raise DatabaseError(f"{db.path} {what} {first.path}", f"Add it: rag shards add {db.path} -d {known}")
        if one.member in by_member:
            raise DatabaseError(f"{db.path} is named twice", "Name each server once.")
        by_member[one.member] = db
    missing = [name for member, name in own.members if member not in by_member]
    if missing and not partial:
        raise DatabaseError(
            f"{len(missing)} of {len(own.members)} shards of {first.path} is not named: {', '.join(missing)}",
            f"Name them all: -d {Address(','.join(name for _, name in own.members))}",
        )
    shards = [by_member[member] for member, _ in own.members if member in by_member]
    for db in shards:
        _same(first, db)
    return shards, [member for member, _ in own.members if member in by_member], not missing


def _same(first: Postgres, db: Postgres) -> None:
    for name in ("embedder", "fingerprint"):
        one, other = first.setting(name), db.setting(name)
        if other is not None and one != other:
            raise DatabaseError(
                f"the shard {db.path} was built with {other}, the first with {one}",
                "Restore both from backups of the same time, or name the shards of one index.",
            )


def weight(member: str, key: str) -> int:
    """How much a shard wants a document."""
    text = f"{member}/{key}".encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(text, digest_size=8).digest(), "big")


def home(members: Sequence[str], key: str) -> int:
    """The number of the shard that a document with this key belongs on."""
    return max(range(len(members)), key=lambda number: weight(members[number], key))


def copied(first: Postgres, db: Postgres, table: str) -> None:
    """Make a shard's copy of a small table that of the first."""
    columns = COLUMNS[table]
    names = columns.split(", ")
    rows = list(first.execute(f"select {columns} from {table} order by id"))
    db.execute(f"delete from {table} where not id = any (array[{', '.join(str(row[0]) for row in rows)}]::bigint[])")
    again = ", ".join(f"{name} = excluded.{name}" for name in names[1:])
    marks = ", ".join("?" * len(names))
    db.executemany(f"insert into {table} ({columns}) values ({marks}) on conflict (id) do update set {again}", rows)
