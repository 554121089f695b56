"""A connection to an index on a server, made ready: what it needs is there, its tables are those of this version."""

from __future__ import annotations

import re
import zlib
from contextlib import suppress
from urllib.parse import parse_qsl, quote, urlencode, urlsplit

import psycopg
from psycopg import errors, sql

from rag.address import Address
from rag.errors import DatabaseError
from rag.store.engine import Row, now
from rag.store.postgres import adapting, faults
from rag.store.postgres.schema import MIGRATIONS

SERVER = 140000  # the oldest version that is known to do
PGVECTOR = (0, 8)  # the first that goes on searching until enough is found
WRITING = 1  # the advisory lock of whoever has a transaction that writes
NEW = "Make one: rag index"
Connection = psycopg.Connection[Row]


def connected(
    conninfo: str, path: Address, schema: str, wait: str, *, create: bool, readonly: bool
) -> tuple[Connection, str]:
    """
    The connection, and the name of pgvector's type there; `create` makes the tables if they are missing.

    Raises DatabaseError: not reachable, no rights, no pgvector, too old, made by a newer version.
    """
    try:
        made = psycopg.connect(conninfo, autocommit=True, client_encoding="utf8", connect_timeout=10)
    except psycopg.Error as error:
        raise faults.unreachable(error, path, Address(conninfo)) from error
    try:
        with faults.told(path):
            return made, _prepare(made, path, schema, wait, create=create, readonly=readonly)
    except BaseException:
        made.close()
        raise


def _prepare(made: Connection, path: Address, schema: str, wait: str, *, create: bool, readonly: bool) -> str:
    if made.info.server_version < SERVER:
        version = made.info.server_version // 10000
        raise DatabaseError(f"{path} is PostgreSQL {version}, which is too old", "Upgrade it to 14 or later.")
    made.execute("set client_min_messages = warning")
    with suppress(errors.InvalidParameterValue):  # a server on a system that cannot look
        made.execute(
            "set client_connection_check_interval = '5s'"
        )  # who is killed keeps no lock for as long as a query
    made.execute("set lock_timeout = '" + wait + "'")
    made.execute(sql.SQL("set search_path = {}, public").format(sql.Identifier(schema)))
    if made.execute(
        "select nspname from pg_namespace where nspname = %s and not has_schema_privilege(oid, 'usage')", (schema,)
    ).fetchone():
        raise faults.no_right(path, f"schema {schema}", made.info.user)
    there = made.execute("select to_regclass('setting')").fetchone()
    if there == (None,) or not _extension(made):
        if not create or readonly:
            raise DatabaseError(f"there is no index at {path}", f"{NEW} PATH… -d {path}")
        _found(made, path, schema)
    where = _check_vector(made, path)
    made.execute(sql.SQL("set search_path = {}, public, {}").format(*map(sql.Identifier, (schema, where))))
    vector = f'"{where}".vector'  # there is a table of that name, too
    adapting.register(made)
    made.execute("set jit = off")  # compiling a question would take longer than answering it
    made.execute("set hnsw.iterative_scan = strict_order")
    made.execute("set hnsw.ef_search = 1000")  # a search asks for 600: fewer candidates cost more turns, and find less
    made.execute("set hnsw.max_scan_tuples = 1000000")
    _migrate(made, path, schema, vector, readonly)
    if readonly:
        made.execute("set default_transaction_read_only = on")
    return vector


def _found(made: Connection, path: Address, schema: str) -> None:
    """Make what the tables lie in and need."""
    if not _extension(made):
        try:
            made.execute("create extension if not exists vector")
        except (errors.FeatureNotSupported, errors.UndefinedFile) as error:
            raise DatabaseError(
                f"the server of {path} has no pgvector",
                "Install it there (Debian: apt install postgresql-17-pgvector), or name another server.",
            ) from error
        except errors.InsufficientPrivilege as error:
            raise DatabaseError(
                f"you have no right to add pgvector to {path}",
                f"Let its administrator type: create extension vector; in the database {path.stem}.",
            ) from error
        except errors.UniqueViolation:  # another process was first
            pass
    try:
        made.execute(sql.SQL("create schema if not exists {}").format(sql.Identifier(schema)))
    except errors.InsufficientPrivilege as error:
        raise DatabaseError(
            f"you have no right to make tables in {path}",
            f"Let its administrator type: grant create on database {path.stem} to {made.info.user};",
        ) from error
    except errors.UniqueViolation:
        pass


def _migrate(made: Connection, path: Address, schema: str, vector: str, readonly: bool) -> None:
    done = _applied(made)
    known = {name for name, _ in MIGRATIONS}
    if ahead := sorted(done - known):
        raise DatabaseError(
            f"{path} was made by a newer version of rag (it has {', '.join(ahead)})",
            "Upgrade: pip install -U chapterverse",
        )
    if done == known:
        return
    if readonly:
        raise DatabaseError(f"{path} was made by an older version of rag", "Open it once to write: rag info")
    with made.transaction():
        made.execute("select pg_advisory_xact_lock(%s, %s)", (WRITING, key(schema, "")))
        made.execute("create table if not exists migration (name text primary key, applied_at text not null)")
        for name, script in MIGRATIONS:
            if name not in _applied(made):
                made.execute(spelled(script, vector).encode())
                made.execute("insert into migration values (%s, %s)", (name, now()))


def spelled(script: str, vector: str) -> str:
    """What `schema.py` says in the words of this server; `vector` is the name of pgvector's type here."""
    return re.sub(r"\bTEXT\b", 'text collate "C"', script.replace("VECTOR", vector))


def key(schema: str, text: str) -> int:
    """A number for an advisory lock, of this schema alone."""
    return zlib.crc32(f"{schema}/{text}".encode("utf-8", "surrogatepass")) - (1 << 31)


def parted(secret: str) -> tuple[str, str]:
    """What libpq is given, and the schema."""
    parts = urlsplit(secret)
    options = dict(parse_qsl(parts.query))
    schema = options.pop("schema", "rag")
    if not re.fullmatch(r"[a-z_][a-z0-9_]{0,62}", schema):
        raise DatabaseError(f"{schema!r} is no name for a schema", "Use small letters, digits and _: ?schema=notes")
    query = urlencode(options, safe="/", quote_via=quote)
    return f"{parts.scheme}://{parts.netloc}{parts.path}{'?' if query else ''}{query}", schema  # also without a host


def _extension(made: Connection) -> bool:
    return made.execute("select 1 from pg_extension where extname = 'vector'").fetchone() is not None


def _check_vector(made: Connection, path: Address) -> str:
    """The schema that pgvector is in."""
    row = made.execute(
        "select extversion, extnamespace::regnamespace::text from pg_extension where extname = 'vector'"
    ).fetchone()
    version, where = (str(row[0]), str(row[1]).strip('"')) if row else ("0", "")
    if tuple(int(part) for part in version.split(".")[:2]) < PGVECTOR:
        raise DatabaseError(
            f"{path} has pgvector {version}, which is too old: 0.8 is needed",
            "Upgrade it, then type in the database: alter extension vector update",
        )
    return where


def _applied(made: Connection) -> set[str]:
    if made.execute("select to_regclass('migration')").fetchone() == (None,):
        return set()
    return {str(name) for (name,) in made.execute("select name from migration")}
