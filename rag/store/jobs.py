"""
Extraction jobs: what was asked of which model, and what came back for every document.

A job is everything that decides a result (schema, prompt, examples, model, settings); its hash names it. A row is one
document text under one job, so a document that did not change is never asked again, under whatever name it comes, and
one that changed is a new row. The rows are the truth: a run that is killed loses only what was in flight. Nothing here
knows what a schema means.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from rag.errors import DatabaseError, InputError, NotFoundError
from rag.files import typed
from rag.store.engine import Store, now

JSON = Any


@dataclass(frozen=True, slots=True)
class Job:
    """One way of asking. `settings` holds what else decides a result."""

    hash: str
    schema: JSON
    schema_hash: str
    prompt: str
    prompt_hash: str
    model: str
    fingerprint: str
    settings: Mapping[str, JSON] = field(default_factory=dict)
    id: int = 0
    runs: int = 0
    created: str = ""
    used: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """A document as a run met it: its place in the input, its name, the hash of what is asked about."""

    seq: int
    source: str
    key: str
    hash: str


@dataclass(frozen=True, slots=True)
class Result:
    """What came back for a text. `status` is "pending", "done" or "failed"; `note` says what was done about trouble."""

    hash: str
    status: str = "pending"
    data: JSON = None
    evidence: JSON = None
    raw: str = ""
    error: str = ""
    note: str = ""
    attempts: int = 0
    windows: int = 1
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    finished: str = ""


@dataclass(frozen=True, slots=True)
class Counts:
    """How the documents of a job stand."""

    documents: int = 0
    done: int = 0
    failed: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0

    @property
    def pending(self) -> int:
        return self.documents - self.done - self.failed


COLUMNS = "hash, schema, schema_hash, prompt, prompt_hash, model, fingerprint, settings, id, runs, created, used"
RESULT = "hash, status, data, evidence, raw, error, note, attempts, windows, tokens_in, tokens_out, seconds, finished"
JOINED = (
    "from job_document join job_row on job_row.job_id = job_document.job_id and job_row.hash = job_document.hash"
    " where job_document.job_id = ?"
)
RESULT_OF_ROW = ", ".join(f"job_row.{name.strip()}" for name in RESULT.split(","))


def begin(db: Store, job: Job) -> Job:
    """The job as the database knows it, made if it is new, with the number of this run."""
    with db.transaction():
        db.execute(
            "insert into job"
            " (hash, schema, schema_hash, prompt, prompt_hash, model, fingerprint, settings, created, used)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"
            " on conflict (hash) do update set used = excluded.used",
            (
                job.hash,
                _dump(job.schema),
                job.schema_hash,
                job.prompt,
                job.prompt_hash,
                job.model,
                job.fingerprint,
                _dump(dict(job.settings)),
                now(),
                now(),
            ),
        )
        db.execute("update job set runs = runs + 1 where hash = ?", (job.hash,))
        row = db.one(f"select {COLUMNS} from job where hash = ?", (job.hash,))
    assert row is not None
    return _job(row)


def known(db: Store, hash: str) -> Job | None:
    """The job of this hash, if there is one."""
    row = db.one(f"select {COLUMNS} from job where hash = ?", (hash,))
    return _job(row) if row else None


def schema_of(db: Store, hash: str) -> JSON:
    """The schema of this hash (or of one that begins so, from 6 characters) if a job used it, else None."""
    if len(hash) < 6 or not hash.isalnum():
        return None
    text = db.value("select schema from job where substr(schema_hash, 1, ?) = ? order by id desc", (len(hash), hash))
    return None if text is None else json.loads(text)


def status_of(db: Store, job: Job, hash: str) -> str:
    """Of one text; "pending" if the job never met it."""
    return str(db.value("select status from job_row where job_id = ? and hash = ?", (job.id, hash)) or "pending")


def jobs(db: Store) -> list[Job]:
    """All jobs, the last used first."""
    return [_job(row) for row in db.execute(f"select {COLUMNS} from job order by used desc, id desc")]


def get(db: Store, number: int) -> Job:
    """The job of this number. Raises InputError."""
    row = db.one(f"select {COLUMNS} from job where id = ?", (number,))
    if row is None:
        raise NotFoundError(
            f"there is no job {number} in {db.path}", f"See which there are: rag jobs -d {typed(db.path)}"
        )
    return _job(row)


def forget(db: Store, number: int) -> None:
    """Delete a job with its rows."""
    get(db, number)
    with db.transaction():
        db.execute("delete from job where id = ?", (number,))


def register(db: Store, job: Job, entries: Sequence[Entry]) -> dict[str, str]:
    """Note where in the input these documents stand; the status of each of their hashes."""
    with db.transaction():
        db.executemany(
            "insert into job_document (job_id, seq, source, key, hash) values (?, ?, ?, ?, ?)"
            " on conflict (job_id, seq) do update set"
            " source = excluded.source, key = excluded.key, hash = excluded.hash",
            [(job.id, entry.seq, entry.source, entry.key, entry.hash) for entry in entries],
        )
        db.executemany(
            "insert into job_row (job_id, hash) values (?, ?) on conflict (job_id, hash) do nothing",
            [(job.id, entry.hash) for entry in entries],
        )
    hashes = sorted({entry.hash for entry in entries})
    marks = ", ".join("?" * len(hashes))
    found = db.execute(f"select hash, status from job_row where job_id = ? and hash in ({marks})", (job.id, *hashes))
    return {str(hash): str(status) for hash, status in found}


def end_of_input(db: Store, job: Job, count: int) -> None:
    """The input had so many documents: what an earlier run met after them is no longer part of the job."""
    with db.transaction():
        db.execute("delete from job_document where job_id = ? and seq >= ?", (job.id, count))


def save(db: Store, job: Job, results: Sequence[Result]) -> None:
    """Write what came back; one transaction, on disk when this returns."""
    with db.transaction():
        db.executemany(
            "update job_row set status = ?, data = ?, evidence = ?, raw = ?, error = ?, note = ?, attempts = ?,"
            " windows = ?, tokens_in = ?, tokens_out = ?, seconds = ?, finished = ? where job_id = ? and hash = ?",
            [
                (
                    result.status,
                    None if result.status != "done" else _dump(result.data),
                    None if result.evidence is None else _dump(result.evidence),
                    _storable(result.raw),
                    _storable(result.error),
                    _storable(result.note),
                    result.attempts,
                    result.windows,
                    result.tokens_in,
                    result.tokens_out,
                    result.seconds,
                    now(),
                    job.id,
                    result.hash,
                )
                for result in results
            ],
        )


def results(db: Store, job: Job, status: str = "", offset: int = 0, limit: int = -1) -> Iterator[tuple[Entry, Result]]:
    """The documents of the job with what came back, in input order."""
    rows = db.execute(
        f"select seq, source, key, job_document.hash, {RESULT_OF_ROW} {JOINED}"
        f" {'and status = ?' if status else ''} order by seq limit ? offset ?",
        (job.id, *([status] if status else []), limit if limit >= 0 else 1 << 62, offset),
    )
    for seq, source, key, hash, *rest in rows:
        yield Entry(seq, source, key, hash), _result(rest)


def counts(db: Store, job: Job) -> Counts:
    """How many documents are done and failed, and what was spent on the job (a text that occurs twice is paid once)."""
    row = db.one(
        f"select count(*), count(*) filter (where status = 'done'), count(*) filter (where status = 'failed') {JOINED}",
        (job.id,),
    )
    spent = db.one("select sum(tokens_in), sum(tokens_out), sum(seconds) from job_row where job_id = ?", (job.id,))
    assert row is not None
    assert spent is not None
    return Counts(row[0], row[1] or 0, row[2] or 0, spent[0] or 0, spent[1] or 0, spent[2] or 0.0)


def mean_output(db: Store, job: Job) -> float | None:
    """Tokens that the finished rows of a job took on average; None while there are none."""
    found = db.value("select avg(tokens_out) from job_row where job_id = ? and status = 'done'", (job.id,))
    return None if found is None else float(found)


def written(db: Store, path: str) -> str:
    """The digest of the file that a job wrote to this path, "" if none did."""
    return str(db.setting("job_files", {}).get(path, ""))


def wrote(db: Store, path: str, digest: str) -> None:
    with db.transaction():
        db.remember("job_files", {**db.setting("job_files", {}), path: digest})


def check_table(db: Store, name: str) -> None:
    """Raises InputError if a table of this name cannot be written: not a name, or there and not made by a job."""
    if not name or name.casefold().startswith("sqlite_") or "\0" in name:
        raise InputError(f"{name!r} is no name for a table", "--table people")
    there = db.tables().get(name.lower())
    if there and name not in db.setting("job_tables", []):
        raise InputError(f"{db.path} has a table {there!r} that no job made", "Name another --table.")


def write_table(db: Store, name: str, columns: Sequence[tuple[str, str]], records: Iterable[Sequence[Any]]) -> None:
    """A table of these (name, type) columns, made anew in one transaction; lists and objects are stored as JSON."""
    check_table(db, name)
    taken = {column.casefold() for column, _ in columns}
    key = next(key for key in ("id", "row_id", "row_id_", "row_id__") if key not in taken)
    declared = ", ".join([f"{quoted(key)} integer primary key", *(f"{quoted(c)} {kind}" for c, kind in columns)])
    marks = ", ".join("?" * len(columns))
    into = f"insert into {quoted(name)} ({', '.join(quoted(column) for column, _ in columns)}) values ({marks})"
    with db.transaction():
        db.execute(f"drop table if exists {quoted(name)}")
        db.execute(f"create table {quoted(name)} ({declared})")
        db.executemany(into, ([_cell(value) for value in record] for record in records))
        db.remember("job_tables", sorted({*db.setting("job_tables", []), name}))


def quoted(name: str) -> str:
    """A name of the user's as SQL."""
    return '"' + name.replace('"', '""') + '"'


@contextmanager
def running(db: Store, job: Job) -> Iterator[None]:
    """Hold a job while it runs. A second run of it gets a clear message at once; other jobs go on beside it."""
    with db.claim("-jobs-lock", job.id) as ours:
        if not ours:
            raise DatabaseError(
                f"job {job.id} is running already in another process",
                f"Wait until it has ended, or watch it: rag jobs show {job.id} -d {typed(db.path)}",
            )
        yield


def _job(row: Sequence[Any]) -> Job:
    hash, schema, schema_hash, prompt, prompt_hash, model, fingerprint, settings, *rest = row
    return Job(
        hash, json.loads(schema), schema_hash, prompt, prompt_hash, model, fingerprint, json.loads(settings), *rest
    )


def _result(row: Sequence[Any]) -> Result:
    found = Result(*row)
    return replace(found, data=_load(found.data), evidence=_load(found.evidence), finished=found.finished or "")


def _load(text: str | None) -> JSON:
    return None if text is None else json.loads(text)


def _cell(value: JSON) -> JSON:
    if isinstance(value, dict | list):
        return _dump(value)
    if isinstance(value, str):
        return _storable(value)
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        return str(value)
    return value


def _dump(value: JSON) -> str:
    return _storable(json.dumps(value, ensure_ascii=False))


def _storable(text: str) -> str:
    """SQLite keeps UTF-8, so a lone surrogate (from a broken reply) is written as its escape."""
    return text.encode("utf-8", "backslashreplace").decode()
