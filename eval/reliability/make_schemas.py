"""
Small files as each version of the schema made them, for the trials of upgrading: schemas/NNN.db.gz.

    python eval/reliability/make_schemas.py

It writes those that are not there yet; one that was released never changes.
"""

from __future__ import annotations

import gzip
import json
import tempfile
import zlib
from contextlib import closing
from pathlib import Path

import apsw

from rag.models import embedder
from rag.store.documents import document_hash
from rag.store.hashes import digest, long
from rag.store.schema import MIGRATIONS, lend, script
from rag.store.shape import RECORD
from rag.types import Document

SCHEMAS = Path(__file__).parent / "schemas"
TEXTS = {
    "bees.md": "Bees dance to tell where flowers are.",
    "soup.md": "Onions make the soup sweet.",
    "é.md": "Zürich 🍞",
}
WHEN = "2026-11-01T12:00:00Z"


def make(path: Path, steps: int) -> None:
    """A file with the first so many migrations and three documents, an answer, a job, a run and an alert."""
    model = embedder("hash:64")
    with closing(apsw.Connection(str(path))) as db:
        lend(db)
        db.execute(RECORD)
        db.execute("pragma foreign_keys = on; pragma recursive_triggers = on")
        for number, name in enumerate(MIGRATIONS[:steps]):
            db.execute(script(name))
            db.execute(
                "insert into _sqlite_migrations (migration_set, name, applied_at) values ('rag', ?, ?)", (name, WHEN)
            )
            if number == 0:
                _documents(db, model)
        tables = {table for (table,) in db.execute("select name from sqlite_schema where type = 'table'")}
        if "answer" in tables:
            _answer(db)
        if "job" in tables:
            _job(db)
        if "alert" in tables:
            db.execute(
                "insert into alert (name, query, min_score, seen, created) values ('a', 'bees', 0.5, 0, ?)", (WHEN,)
            )


def _documents(db: apsw.Connection, model: object) -> None:
    db.execute("insert into model values (1, ?, ?, 64)", (model.name, model.fingerprint))  # type: ignore[attr-defined]
    settings = {"uuid": "u", "embedder": "hash:64", "fingerprint": model.fingerprint, "target": 1600, "version": 1}  # type: ignore[attr-defined]
    for key, value in settings.items():
        db.execute("insert into setting (key, value) values (?, ?)", (key, json.dumps(value)))
    db.execute("insert into source (name) values ('notes')")
    for number, (key, text) in enumerate(TEXTS.items(), 1):
        document = Document("notes", key, text, date="2024-01-01", meta={"a": number})
        db.execute(
            "insert into document (id, source_id, key, date, meta, text, hash, item, indexed)"
            " values (?, 1, ?, ?, ?, ?, ?, ?, ?)",
            (
                number,
                key,
                document.date,
                json.dumps(dict(document.meta)),
                text,
                long(document_hash(document, "1600")),
                key,
                WHEN,
            ),
        )
        db.execute(
            'insert into passage (id, document_id, seq, start, "end", text, hash) values (?, ?, 0, 0, ?, ?, ?)',
            (number, number, len(text), text, digest(text)),
        )
        blob = model.embed([text])[0].tobytes()  # type: ignore[attr-defined]
        db.execute(
            "insert into vector (hash, model_id, data, checksum) values (?, 1, ?, ?)",
            (digest(text), blob, zlib.crc32(blob)),
        )


def _answer(db: apsw.Connection) -> None:
    given = {"question": "Where?", "answer": "There.", "answerable": True, "citations": [], "passages": []}
    given |= {"model": "none", "trace": {}}
    db.execute(
        "insert into answer (conversation, question, answer, answerable, citations, model, fingerprint, prompt_hash,"
        " grammar_hash, seconds, object, settings, history, created)"
        " values (1, 'Where?', 'There.', 1, 0, 'none', '', '', '', 0.1, ?, '{}', '[]', ?)",
        (json.dumps(given), WHEN),
    )


def _job(db: apsw.Connection) -> None:
    db.execute(
        "insert into job (id, hash, schema, schema_hash, prompt, prompt_hash, model, fingerprint, created, used)"
        " values (1, 'h', '{}', 's', 'p', 'p', 'none', '', ?, ?)",
        (WHEN, WHEN),
    )
    db.execute("insert into job_row (job_id, hash, status, data) values (1, 'd', 'done', '{\"a\": 1}')")
    db.execute("insert into job_document (job_id, seq, source, key, hash) values (1, 0, 'notes', 'bees.md', 'd')")


def main() -> None:
    SCHEMAS.mkdir(exist_ok=True)
    for steps, name in enumerate(MIGRATIONS, 1):
        out = SCHEMAS / f"{name[:3]}.db.gz"
        if not out.exists():
            with tempfile.TemporaryDirectory() as folder:
                make(Path(folder) / "x.db", steps)
                out.write_bytes(gzip.compress((Path(folder) / "x.db").read_bytes(), mtime=0))
            print(out)


if __name__ == "__main__":
    main()
