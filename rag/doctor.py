"""
Look for what is wrong with an index, say how to mend it, and mend it if asked.

Every finding carries the command that mends it. Mending never removes a document: what cannot be mended from the file
itself is forgotten, so that the next `rag index` reads it again.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from rag import models
from rag.store import Database, checks, sidecar, vectors
from rag.types import Embedder

BATCH = 256  # texts embedded between two commits


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `problem` is empty if all is well; `command` mends it; `mended` says whether that was done now."""

    check: str
    problem: str
    command: str = ""
    mended: bool = False


def examine(db: Database, *, fix: bool = False) -> list[Finding]:
    """Run every check; with `fix`, mend what was found and look again."""
    command = f"rag doctor --fix -d {db.path}"
    steps: list[tuple[str, Callable[[], str], Callable[[], object] | None]] = [
        ("sqlite", checks.sqlite, None),
        ("structure", lambda: checks.structure(db), lambda: checks.mend_structure(db)),
        ("triggers", lambda: checks.triggers(db), lambda: checks.mend_triggers(db)),
        ("spans", lambda: checks.spans(db), lambda: checks.mend_spans(db)),
        ("words", lambda: checks.words(db), lambda: checks.mend_words(db)),
        ("edited passages", lambda: checks.hashes(db), lambda: checks.mend_hashes(db)),
        ("damaged vectors", lambda: checks.damaged(db), lambda: checks.mend_damaged(db)),
        ("embedder", lambda: _embedder(db), lambda: _adopt(db)),
        ("vectors", lambda: _unembedded(db), lambda: embed_missing(db)),
        ("orphans", lambda: checks.orphans(db), lambda: vectors.prune(db)),
        ("sidecar", lambda: _sidecar(db), lambda: _rebuild(db)),
    ]
    findings = []
    for name, look, mend in steps:
        problem, mended = look(), False
        if problem and fix and mend is not None:
            db.changed()  # before: the sidecar is mended last
            mend()
            mended = not look()
        hint = "pip install -U apsw" if name == "sqlite" else command
        findings.append(Finding(name, problem, hint if problem else "", mended))
    return findings


def embed_missing(db: Database) -> int:
    """Give every passage that has no vector its vector; how many texts that took."""
    name = db.setting("embedder")
    if not name:
        return 0
    embedder = models.embedder(name)
    model = vectors.model_id(db, embedder.name, embedder.fingerprint, embedder.dimensions, create=True)
    rows = checks.unembedded(db, model)
    for first in range(0, len(rows), BATCH):
        part = rows[first : first + BATCH]
        made = embedder.embed([text for _, text in part], "passage")
        with db.transaction():
            vectors.put(db, model, [key for key, _ in part], made)
    return len(rows)


def _current(db: Database) -> Embedder | None:
    name = db.setting("embedder")
    return models.embedder(name) if name else None


def _embedder(db: Database) -> str:
    embedder, built = _current(db), db.setting("fingerprint")
    if embedder is None or embedder.fingerprint == built:
        return ""
    return f"the vectors were made with {built}, but {embedder.name} is now {embedder.fingerprint}"


def _adopt(db: Database) -> None:
    """Take today's weights; the vectors of the old ones go, new ones are made by the next check."""
    embedder = _current(db)
    if embedder is not None:
        with db.transaction():
            vectors.model_id(db, embedder.name, embedder.fingerprint, embedder.dimensions, create=True)
            db.execute(
                "delete from vector where model_id in (select id from model where fingerprint != ?)",
                (embedder.fingerprint,),
            )
            db.remember("fingerprint", embedder.fingerprint)


def _unembedded(db: Database) -> str:
    embedder = _current(db)
    if embedder is None:
        return ""
    model = vectors.model_id(db, embedder.name, embedder.fingerprint, embedder.dimensions)
    count = len(checks.unembedded(db, model))
    return f"{count} passages have no vector: search by meaning cannot find them" if count else ""


def _open_sidecar(db: Database) -> sidecar.Sidecar | None:
    embedder = _current(db)
    if embedder is None:
        return None
    model = vectors.model_id(db, embedder.name, embedder.fingerprint, embedder.dimensions)
    return sidecar.Sidecar(db, model, embedder.dimensions)


def _sidecar(db: Database) -> str:
    opened = _open_sidecar(db)
    if opened is None:
        return ""
    try:
        return opened.problem()
    finally:
        opened.close()


def _rebuild(db: Database) -> None:
    if opened := _open_sidecar(db):
        try:
            opened.rebuild()
        finally:
            opened.close()
