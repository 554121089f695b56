"""
Look for what is wrong with an index, say how to mend it, and mend it if asked.

Every finding carries the command that mends it. Mending never removes a document: what cannot be mended from the file
itself is forgotten, so that the next `rag index` reads it again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from functools import cache, partial

from rag import chunking, models
from rag.errors import RagError
from rag.files import typed
from rag.store import (
    Database,
    Store,
    checks,
    documents,
    links,
    neighbours,
    parts,
    placed,
    searched,
    shape,
    shaped,
    side,
    sidecar,
    vectors,
)
from rag.types import Embedder

BATCH = 256  # texts embedded between two commits
Step = tuple[str, Callable[[], str], Callable[[], object] | None]  # its name, what looks, what mends
STORED = ("structure", "schema", "triggers", "spans", "words", "records")  # what --recover makes anew from the rows
SAMPLE = 100  # documents whose rows in the sidecar are made again


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: `problem` is empty if all is well; `command` is to be typed next; `mended`: it was mended now."""

    check: str
    problem: str
    command: str = ""
    mended: bool = False


def examine(db: Store, *, fix: bool = False, deep: bool = False) -> list[Finding]:
    """
    Run every check; with `fix`, mend what was found and look again. `deep` compares every row of the sidecar, not some.

    A check that cannot be made because the file is damaged is a problem, and the others go on.
    """
    findings = []
    for where, part in parts(db, write=fix):
        for name, look, mend in _steps(part, db, deep):
            problem, mended = _look(look), False
            if problem and fix and mend is not None:
                try:
                    db.changed()
                    side.remade(db)  # before: the sidecar is mended last
                    mend()
                except Exception as error:
                    problem = f"{problem}; mending failed: {_told(error)}"
                else:
                    mended = not _look(look)
            said = f"{name} of {where}" if where else name
            findings.append(Finding(said, problem, _command(db, name, problem, mended, fix) if problem else "", mended))
    if misplaced := _look(lambda: placed(db)):
        findings.append(Finding("shards", misplaced, f"rag shards rebalance -d {db.path}"))
    if any(finding.mended for finding in findings):
        checks.read_again(db)
        _catch_up(db)
    return findings


def _steps(db: Store, whole: Store, deep: bool) -> list[Step]:
    @cache
    def embedder() -> Embedder | None:
        """The index's own, loaded once, and only when the checks that need none are done."""
        name = whole.setting("embedder")
        return models.embedder(name) if name else None

    expected = partial(_hashes, db)
    where = ("spans", lambda: checks.spans(db), lambda: checks.mend_spans(db))
    stored: list[Step] = [
        ("edited passages", lambda: checks.hashes(db), lambda: checks.mend_hashes(db)),
        ("documents", lambda: checks.edited(db, expected), lambda: checks.mend_edited(db, expected)),
        ("links", lambda: _links(db), lambda: links.mend(db)),
    ]
    embedded: list[Step] = [
        ("damaged vectors", lambda: checks.damaged(db), lambda: checks.mend_damaged(db)),
        ("embedder", lambda: _fingerprint(db, embedder()), lambda: _adopt(whole, embedder())),
        ("vectors", lambda: _unembedded(db, embedder()), lambda: _embed(db, whole, embedder())),
        ("orphans", lambda: checks.orphans(db), lambda: vectors.prune(db)),
    ]
    if not isinstance(db, Database):
        return [shaped(db), where, *stored, *embedded, *searched(db)]
    return [
        ("sqlite", checks.sqlite, None),
        ("structure", lambda: checks.structure(db), lambda: checks.mend_structure(db)),
        ("schema", lambda: shape.schema(db), lambda: shape.mend_schema(db)),
        ("triggers", lambda: shape.triggers(db), lambda: shape.mend_triggers(db)),
        where,
        ("words", lambda: checks.words(db), lambda: checks.mend_words(db)),
        *stored,
        ("records", lambda: checks.records(db), lambda: checks.mend_records(db)),
        *embedded,
        ("sidecar", lambda: _sidecar(db, embedder(), deep), lambda: _rebuild(db, embedder())),
    ]


def _look(check: Callable[[], str]) -> str:
    """What a check finds. Damage gives rows of any shape: whatever a check dies of is a finding."""
    try:
        return check()
    except Exception as error:
        return _told(error)


def _told(error: Exception) -> str:
    if isinstance(error, RagError):
        return error.message
    return f"this cannot be checked, what it reads is damaged ({type(error).__name__}: {error})"


def _command(db: Store, check: str, problem: str, mended: bool, tried: bool) -> str:
    """What to type next; `tried`: not once more what did not help just now."""
    if check == "sqlite":
        return "pip install -U apsw"
    if mended:
        return (
            f"rag index --all -d {typed(db.path)}"
            if check in ("spans", "documents", "edited passages", "records")
            else ""
        )
    lost = "damaged" in problem and check not in ("damaged vectors", "records")
    if lost or (tried and check in STORED and isinstance(db, Database)):
        return f"rag doctor --recover NEW.db -d {typed(db.path)}"
    return f"rag doctor --fix -d {typed(db.path)}"


def _hashes(db: Store, number: int) -> set[str]:
    """What a document's hash may be: passages were cut for the length that the index aims at, or aimed at then."""
    document = documents.load(db, [number])[number]
    stamp = documents.stamp(db, number)
    targets = {str(db.setting("target", chunking.TARGET)), str(chunking.TARGET), stamp.rpartition(" ")[2]}
    manners = {*targets, *(chunking.manner(document, target) for target in targets)}  # older ones, too
    return {documents.document_hash(document, manner) for manner in manners}


def _links(db: Store) -> str:
    count = len(links.wrong(db))
    return f"{count} documents have other names or links than they say" if count else ""


def _model(db: Store, embedder: Embedder) -> int:
    """The number of these weights in the index, made if they have none."""
    return vectors.model_id(db, embedder.name, embedder.fingerprint, embedder.dimensions, create=True)


def _fingerprint(db: Store, embedder: Embedder | None) -> str:
    built = db.setting("fingerprint")
    if embedder is None or embedder.fingerprint == built:
        return ""
    return f"the vectors were made with {built}, but {embedder.name} is now {embedder.fingerprint}"


def _adopt(db: Store, embedder: Embedder | None) -> None:
    """Take today's weights; the vectors of the old ones go, new ones are made by the next check."""
    if embedder is not None:
        with db.transaction():
            _model(db, embedder)
            vectors.forget_others(db, embedder.fingerprint)
            db.remember("fingerprint", embedder.fingerprint)


def _known_as(db: Store, embedder: Embedder) -> int:
    """The number of these weights in the index; 0 if they have never embedded anything here."""
    return vectors.model_id(db, embedder.name, embedder.fingerprint, embedder.dimensions)


def _without(db: Store, embedder: Embedder) -> list[tuple[str, str]]:
    return checks.unembedded(db, _known_as(db, embedder))


def _unembedded(db: Store, embedder: Embedder | None) -> str:
    if embedder is None:
        return ""
    texts, pictures = len(_without(db, embedder)), len(checks.unseen(db, _known_as(db, embedder)))
    counted = [f"{count} {what}" for count, what in ((texts, "texts"), (pictures, "pictures")) if count]
    return f"{' and '.join(counted)} have no vector: search by meaning does not see them" if counted else ""


def _embed(db: Store, whole: Store, embedder: Embedder | None) -> None:
    """Give every passage of an engine that has no vector its vector."""
    if embedder is None:
        return
    model = _model(whole, embedder)
    rows = _without(db, embedder)
    for first in range(0, len(rows), BATCH):
        part = rows[first : first + BATCH]
        made = embedder.embed([text for _, text in part], "passage")
        with db.transaction():
            vectors.put(db, model, [key for key, _ in part], made)
    checks.mend_unseen(db, model)


def _opened(db: Database, embedder: Embedder) -> closing[sidecar.Sidecar]:
    model = vectors.model_id(db, embedder.name, embedder.fingerprint, embedder.dimensions)
    return closing(sidecar.Sidecar(db, model, embedder.dimensions))


def _sidecar(db: Database, embedder: Embedder | None, deep: bool) -> str:
    """Every byte against its checksum, and the rows of some documents against the vectors that they were made of."""
    if embedder is None:
        return ""
    listed = documents.ids(db)
    some = listed if deep else random.Random(str(db.setting("version"))).sample(listed, min(SAMPLE, len(listed)))
    with _opened(db, embedder) as opened:
        return opened.problem(some)


def _catch_up(db: Store) -> None:
    """What was mended is searched by meaning, too."""
    name, fingerprint = db.setting("embedder"), db.setting("fingerprint")
    if name and (model := vectors.model_id(db, name, fingerprint, 0)):
        with closing(neighbours(db, model, vectors.dimensions(db, model))) as opened:
            opened.catch_up()


def _rebuild(db: Database, embedder: Embedder | None) -> None:
    if embedder is not None:
        with _opened(db, embedder) as opened:
            opened.rebuild()
