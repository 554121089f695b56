"""
Tokens of the server: who may do what, and for how long.

A token is 256 random bits, shown once; the file keeps its SHA-256 alone, so whoever reads the file cannot use it.
Nothing here knows HTTP.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from rag.errors import InputError, NotFoundError
from rag.store.engine import Store, now

SCOPES = ("read", "ask", "write", "admin")
PREFIX = "rag_"  # so that tools that look for leaked secrets find one
GRAIN = 60  # seconds: how exactly the last use is kept, so that reading does not mean writing
COLUMNS = "id, name, scopes, sources, created, coalesce(expires, ''), coalesce(used, ''), coalesce(revoked, '')"


@dataclass(frozen=True, slots=True)
class Token:
    """What is known of a token. `scopes` always hold "read"; no `sources`: every source; times are ISO 8601 UTC."""

    id: int
    name: str
    scopes: tuple[str, ...]
    sources: tuple[str, ...] = ()
    created: str = ""
    expires: str = ""
    used: str = ""
    revoked: str = ""

    def may(self, scope: str) -> bool:
        """`log`, what was asked and extracted, is for whoever has a token that reads, not for "anyone" (0)."""
        if scope == "log":
            return self.id != 0 and "read" in self.scopes
        return scope in self.scopes or "admin" in self.scopes

    @property
    def state(self) -> str:
        """ "valid", "expired" or "revoked"."""
        if self.revoked:
            return "revoked"
        return "expired" if self.expires and self.expires <= now() else "valid"


def create(db: Store, name: str, scopes: tuple[str, ...], sources: tuple[str, ...] = (), days: float = 0) -> str:
    """
    A new token: the secret itself, which cannot be had again. `days` 0: it does not expire.

    Raises InputError for an unknown scope or source, or a name that is taken.
    """
    name = name.strip()
    if not name:
        raise InputError("the token has no name", "Say whose it is: rag token create laptop")
    for scope in scopes:
        if scope not in SCOPES:
            raise InputError(f"there is no scope {scope!r}", f"The scopes: {', '.join(SCOPES)}")
    known = {found for (found,) in db.execute("select name from source")}
    for source in sources:
        if source not in known:
            raise InputError(
                f"{db.path} has no source {source!r}", f"Its sources: {', '.join(sorted(known)) or 'none yet'}"
            )
    if any(one.name == name and one.state == "valid" for one in tokens(db)):
        raise InputError(
            f"there is a token {name!r} already", f"Choose another name, or revoke it: rag token revoke {name}"
        )
    secret = PREFIX + secrets.token_urlsafe(32)
    expires = (datetime.now(UTC) + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ") if days else None
    kept = " ".join(scope for scope in SCOPES if scope == "read" or scope in scopes)
    with db.transaction():
        db.execute(
            "insert into token (name, hash, scopes, sources, created, expires) values (?, ?, ?, ?, ?, ?)",
            (name, _hash(secret), kept, "\n".join(sources), now(), expires),
        )
    return secret


def tokens(db: Store) -> list[Token]:
    """Every token, also those that are over, oldest first."""
    return [_token(row) for row in db.execute(f"select {COLUMNS} from token order by id")]


def revoke(db: Store, name: str) -> Token:
    """End a token, by its name or number. Raises InputError if none that is valid is called so."""
    found = [one for one in tokens(db) if name in (one.name, str(one.id)) and not one.revoked]
    if not found:
        names = ", ".join(one.name for one in tokens(db) if one.state == "valid") or "none"
        raise NotFoundError(f"there is no valid token {name!r}", f"The valid ones: {names}")
    with db.transaction():
        db.execute("update token set revoked = ? where id = ?", (now(), found[-1].id))
    return found[-1]


def find(db: Store, secret: str) -> Token | None:
    """The token of a secret, whatever its state; None if there is none."""
    hash_ = _hash(secret)
    row = db.one(f"select {COLUMNS}, hash from token where hash = ?", (hash_,))
    if row is None or not hmac.compare_digest(row[-1], hash_):
        return None
    return _token(row[:-1])


def used(db: Store, token: Token) -> None:
    """Note that a token is used now, once a minute at most."""
    before = (datetime.now(UTC) - timedelta(seconds=GRAIN)).strftime("%Y-%m-%dT%H:%M:%SZ")
    with db.transaction():
        db.execute("update token set used = ? where id = ? and coalesce(used, '') < ?", (now(), token.id, before))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()


def _token(row: tuple[object, ...]) -> Token:
    number, name, scopes, sources, *times = row
    listed = tuple(part for part in str(sources).split("\n") if part)
    return Token(int(str(number)), str(name), tuple(str(scopes).split()), listed, *map(str, times))
