"""Tokens: shown once, kept as a hash, with scopes, sources and an end."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.errors import InputError
from rag.store import Database, tokens


@pytest.fixture
def db(tmp_path: Path):
    with Database(tmp_path / "x.db", create=True) as opened:
        opened.execute("insert into source (name) values ('notes'), ('mail')")
        yield opened


def test_the_secret_is_nowhere_in_the_files(db: Database, tmp_path: Path) -> None:
    secret = tokens.create(db, "laptop", ("ask",))
    assert secret.startswith("rag_")
    assert len(secret) > 40
    tokens.used(db, tokens.find(db, secret))
    db.execute("pragma wal_checkpoint(truncate)")
    for file in tmp_path.iterdir():
        assert secret.encode() not in file.read_bytes()
        assert secret[4:].encode() not in file.read_bytes()


def test_a_token_may_what_its_scopes_say(db: Database) -> None:
    found = tokens.find(db, tokens.create(db, "a", ("ask",), ("notes",)))
    assert found.scopes == ("read", "ask")
    assert found.sources == ("notes",)
    assert [found.may(scope) for scope in tokens.SCOPES] == [True, True, False, False]
    everything = tokens.find(db, tokens.create(db, "b", ("admin",)))
    assert all(everything.may(scope) for scope in tokens.SCOPES)


def test_a_token_ends(db: Database) -> None:
    secret = tokens.create(db, "a", ())
    assert tokens.find(db, secret).state == "valid"
    assert tokens.revoke(db, "a").name == "a"
    assert tokens.find(db, secret).state == "revoked"
    short = tokens.create(db, "a", (), days=-1)  # the name is free again
    assert tokens.find(db, short).state == "expired"
    with pytest.raises(InputError, match="no valid token"):
        tokens.revoke(db, "nobody")


def test_the_last_use_is_kept_by_the_minute(db: Database) -> None:
    secret = tokens.create(db, "a", ())
    assert tokens.find(db, secret).used == ""
    tokens.used(db, tokens.find(db, secret))
    first = tokens.find(db, secret).used
    assert first
    changes = db.connection.total_changes()
    tokens.used(db, tokens.find(db, secret))
    assert db.connection.total_changes() == changes


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("", ("read",)), "no name"),
        (("a", ("fly",)), "no scope 'fly'"),
        (("a", ("read",), ("elsewhere",)), "no source 'elsewhere'"),
    ],
)
def test_wrong_tokens_are_refused(db: Database, arguments, message) -> None:
    with pytest.raises(InputError, match=message):
        tokens.create(db, *arguments)


def test_a_name_is_one_tokens(db: Database) -> None:
    tokens.create(db, "a", ())
    with pytest.raises(InputError, match="there is a token 'a' already"):
        tokens.create(db, "a", ())


def test_a_wrong_secret_is_nobodys(db: Database) -> None:
    tokens.create(db, "a", ())
    for secret in ("", "rag_", "rag_ä\ud800", "x" * 10_000):
        assert tokens.find(db, secret) is None
