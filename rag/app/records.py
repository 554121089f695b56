"""The records of a job to a file, a table or a stream; jobs and their rows as plain data."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from rag.errors import InputError
from rag.extract import grounding, output
from rag.extract.evidence import leaves
from rag.store import Store, jobs
from rag.store.jobs import Job

FORMATS = ("jsonl", "json", "csv")


@dataclass(frozen=True, slots=True)
class Target:
    """Where the records go: a file, a table, or both; a stream if neither. With `evidence`, where each value stands."""

    out: Path | None = None
    format: str = "jsonl"
    table: str = ""
    evidence: bool = False

    @classmethod
    def of(cls, out: Path | None, format: str, table: str, evidence: bool) -> Target:
        """The format told by the file's name where it is not given. Raises InputError: there is no such format."""
        if out is not None:
            return cls(out.expanduser(), output.format_of(out, format), table, evidence)
        if format and format not in FORMATS:
            raise InputError(f"unknown format {format!r}", f"One of: {', '.join(FORMATS)}")
        return cls(None, format or "jsonl", table, evidence)


def check(db: Store, target: Target, *, force: bool = False) -> None:
    """Can the results be written? Asked before the work. Raises InputError."""
    if target.out is not None:
        output.check_writable(target.out, jobs.written(db, str(target.out.absolute())), force=force)
    if target.table:
        jobs.check_table(db, target.table)
    if target.table and target.evidence:
        jobs.check_table(db, f"{target.table}_evidence")


def write(db: Store, job: Job, target: Target, stream: TextIO) -> None:
    """The rows of a job where they are wanted; with `evidence` a table gets a second one, NAME_evidence."""
    schema, evidence = job.schema, target.evidence

    def rows() -> Iterator[dict[str, Any]]:
        return (output.row(entry, result, schema, evidence=evidence) for entry, result in jobs.results(db, job))

    if target.table:
        names, kinds = output.columns(schema), output.types(schema)
        records = ([record.get(key) for key in names] for row in list(rows()) for record in output.flat(row, schema))
        jobs.write_table(db, target.table, [(names[key], kinds[key]) for key in names], records)
    if target.table and evidence:
        stands = [stand for row in rows() for stand in output.stands(row, schema)]
        jobs.write_table(db, f"{target.table}_evidence", output.STANDS, stands)
    if target.out is not None:
        digest = output.write_file(target.out, rows(), target.format, schema, evidence=evidence)
        jobs.wrote(db, str(target.out.absolute()), digest)
    elif not target.table:
        output.write(stream, rows(), target.format, schema, evidence=evidence)


@dataclass(frozen=True, slots=True)
class Filled:
    """
    Of a job's records: texts and numbers, those that rules told by a label or a sentence, those that stand nowhere in
    their document, and values that are null.
    """

    given: int
    told: int
    missing: int
    null: int


def filled(db: Store, job: Job) -> Filled:
    """How much the records of a job say."""
    given = told = missing = null = 0
    for _, result in jobs.results(db, job, "done"):
        said = list(leaves(result.data))
        counted = [pointer for pointer, value in said if grounding.counted(pointer, value, job.schema)]
        given += len(counted)
        told += sum(
            ((result.evidence or {}).get(pointer) or {}).get("how") in ("label", "sentence") for pointer in counted
        )
        missing += len(grounding.nowhere(result.data, result.evidence, job.schema))
        null += sum(value is None for _, value in said)
    return Filled(given, told, missing, null)


def job_row(db: Store, job: Job) -> dict[str, Any]:
    """A job as plain data: who was asked what, and how far it is."""
    counts = jobs.counts(db, job)
    return {
        "job": job.id,
        "model": job.model,
        "schema": job.schema_hash[:12],
        "documents": counts.documents,
        "done": counts.done,
        "failed": counts.failed,
        "pending": counts.pending,
        "tokens": counts.tokens_in + counts.tokens_out,
        "used": job.used,
    }


def job_rows(db: Store) -> list[dict[str, Any]]:
    """Every job, the last used first."""
    return [job_row(db, job) for job in jobs.jobs(db)]


def job(db: Store, number: int, status: str = "", *, limit: int = 50, raw: bool = False) -> dict[str, Any]:
    """A job with its `rows`: all, or those of a `status` ("failed", "pending"). Raises InputError: no such job."""
    found = jobs.get(db, number)
    head = job_row(db, found)
    head |= {"fingerprint": found.fingerprint, "settings": dict(found.settings), "schema": found.schema}
    rows = []
    for entry, result in jobs.results(db, found, status, limit=limit):
        row: dict[str, Any] = {"id": entry.key, "status": result.status, "attempts": result.attempts}
        row |= {"tokens_in": result.tokens_in, "tokens_out": result.tokens_out, "seconds": round(result.seconds, 2)}
        missing = grounding.nowhere(result.data, result.evidence, found.schema)
        row |= {"error": result.error, "note": result.note, "nowhere": missing, "data": result.data}
        rows.append(row | ({"raw": result.raw} if raw else {}))
    return head | {"rows": rows}
