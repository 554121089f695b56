"""psycopg's errors as ours: what happened to which server, and what to type next."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from rag.address import Address
from rag.errors import DatabaseError

AGAIN = "Run the same command again: what was stored before is kept."


@contextmanager
def told(path: Address) -> Iterator[None]:
    """Whatever the driver raises in the block, said of this server."""
    try:
        yield
    except psycopg.Error as error:
        raise of(error, path) from error


def of(error: psycopg.Error, path: Address) -> DatabaseError:
    """The error that says it to a user."""
    said = " ".join((error.diag.message_primary or str(error).strip() or type(error).__name__).split())
    if isinstance(error, errors.LockNotAvailable):
        return DatabaseError(f"another program has been writing to {path} for too long", "Wait, then run this again.")
    if isinstance(error, errors.InsufficientPrivilege):
        return no_right(path, said, "your user")
    if isinstance(error, errors.DiskFull | errors.OutOfMemory):
        return DatabaseError(f"{path} has no room left: {said}", "Free some space, run the same command again.")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        return DatabaseError(f"{path} cannot be written: {said}", "Name the server that is written to, no replica.")
    if isinstance(error, errors.IntegrityError):
        return DatabaseError(f"{path}: {said}: was another program writing the same?", AGAIN)
    if isinstance(error, errors.UndefinedTable | errors.UndefinedColumn):
        return DatabaseError(f"{path} is not an index of this version of rag: {said}", "See: rag doctor -d …")
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return DatabaseError(f"the connection to {path} was lost: {said}", AGAIN)
    return DatabaseError(f"{path}: {said}", AGAIN)


def no_right(path: Address, said: str, user: str) -> DatabaseError:
    """What to ask for, to read and to write; to `optimize` and to upgrade one must be an owner."""
    schema = path.schema
    return DatabaseError(
        f"you have no right to do this on {path}: {said}",
        f"Let its owner type, to read: grant usage on schema {schema} to {user}; grant select on all tables in schema"
        f" {schema} to {user}; or for everything: grant OWNER to {user};",
    )


def unreachable(error: psycopg.Error, path: Address, asked: Address) -> DatabaseError:
    """What is said where no connection can be had at all; `asked` is the address as psql takes it."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    said = lines[0].removeprefix("connection failed: ") if lines else type(error).__name__
    if "does not exist" in said and "database" in said:
        return DatabaseError(f"there is no database at {path}: {said}", f"Make one: createdb {path.stem}")
    if "no password supplied" in said:
        return DatabaseError(
            f"{path} wants a password",
            "Give it where programs look for one: PGPASSWORD=…, or a line HOST:PORT:DATABASE:USER:PASSWORD in ~/.pgpass"
            " (chmod 600)",
        )
    if "password" in said or "authentication" in said or "role" in said:
        return DatabaseError(f"{path} does not let you in: {said}", "Name a user: postgresql://USER@HOST/DATABASE")
    if "URI query parameter" in said:
        return DatabaseError(
            f"{path} is no address: {said}",
            "After ? stand options of libpq (host, sslmode, connect_timeout …) and schema=NAME, with & between them.",
        )
    return DatabaseError(f"{path} cannot be reached: {said}", f"Is the server running? psql {asked}")
