"""
Look for what is wrong with an index, say how to mend it, and mend it if asked.

Every finding carries the command that mends it. Mending never removes a document: what cannot be mended from the file
itself is forgotten, so that the next `rag index` reads it again.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache

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

    @cache
    def embedder() -> Embedder | None:
        """The index's own, loaded once, and only when the checks that need none are done."""
        name = db.setting("embedder")
        return models.embedder(name) if name else None

    steps: list[tuple[str, Callable[[], str], Callable[[], object] | None]] = [
        ("sqlite", checks.sqlite, None),
        ("structure", lambda: checks.structure(db), lambda: checks.mend_structure(db)),
        ("triggers", lambda: checks.triggers(db), lambda: checks.mend_triggers(db)),
        ("spans", lambda: checks.spans(db), lambda: checks.mend_spans(db)),
        ("words", lambda: checks.words(db), lambda: checks.mend_words(db)),
        ("edited passages", lambda: checks.hashes(db), lambda: checks.mend_hashes(db)),
        ("damaged vectors", lambda: checks.damaged(db), lambda: checks.mend_damaged(db)),
        ("embedder", lambda: _fingerprint(db, embedder()), lambda: _adopt(db, embedder())),
        ("vectors", lambda: _unembedded(db, embedder()), lambda: _embed(db, embedder())),
        ("orphans", lambda: checks.orphans(db), lambda: vectors.prune(db)),
        ("sidecar", lambda: _sidecar(db, embedder()), lambda: _rebuild(db, embedder())),
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


def _model(db: Database, embedder: Embedder) -> int:
    """The number of these weights in the index, made if they have none."""
    return vectors.model_id(db, embedder.name, embedder.fingerprint, embedder.dimensions, create=True)


def _fingerprint(db: Database, embedder: Embedder | None) -> str:
    built = db.setting("fingerprint")
    if embedder is None or embedder.fingerprint == built:
        return ""
    return f"the vectors were made with {built}, but {embedder.name} is now {embedder.fingerprint}"


def _adopt(db: Database, embedder: Embedder | None) -> None:
    """Take today's weights; the vectors of the old ones go, new ones are made by the next check."""
    if embedder is not None:
        with db.transaction():
            _model(db, embedder)
            vectors.forget_others(db, embedder.fingerprint)
            db.remember("fingerprint", embedder.fingerprint)


def _without(db: Database, embedder: Embedder) -> list[tuple[str, str]]:
    model = vectors.model_id(db, embedder.name, embedder.fingerprint, embedder.dimensions)
    return checks.unembedded(db, model)


def _unembedded(db: Database, embedder: Embedder | None) -> str:
    count = len(_without(db, embedder)) if embedder else 0
    return f"{count} texts have no vector: search by meaning does not see them" if count else ""


def _embed(db: Database, embedder: Embedder | None) -> None:
    """Give every passage that has no vector its vector."""
    if embedder is None:
        return
    rows, model = _without(db, embedder), _model(db, embedder)
    for first in range(0, len(rows), BATCH):
        part = rows[first : first + BATCH]
        made = embedder.embed([text for _, text in part], "passage")
        with db.transaction():
            vectors.put(db, model, [key for key, _ in part], made)


def _opened(db: Database, embedder: Embedder) -> closing[sidecar.Sidecar]:
    model = vectors.model_id(db, embedder.name, embedder.fingerprint, embedder.dimensions)
    return closing(sidecar.Sidecar(db, model, embedder.dimensions))


def _sidecar(db: Database, embedder: Embedder | None) -> str:
    if embedder is None:
        return ""
    with _opened(db, embedder) as opened:
        return opened.problem()


def _rebuild(db: Database, embedder: Embedder | None) -> None:
    if embedder is not None:
        with _opened(db, embedder) as opened:
            opened.rebuild()
