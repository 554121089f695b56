"""Extraction jobs: list them, see how far one is, read its rows."""

from __future__ import annotations

import json
import logging
import threading
from functools import partial
from typing import Any

from rag import grammar
from rag.app import extract, extract_inputs
from rag.app.open import open_database
from rag.errors import InputError, RagError
from rag.extract import grounding
from rag.index import Index
from rag.store import jobs as store
from rag.store.filters import Filters
from rag.store.jobs import Job
from rag.web import records, schemas
from rag.web.api.documents import filters
from rag.web.desk import OWNER, Desk, visible
from rag.web.routes import Call, Problem, Route, without_paths

log = logging.getLogger("rag.web")

FIELDS = "Write names with their types, like: name, age int, size: one of S M L, tags: list of str, bio: a short text"
STATUS = {"type": "string", "enum": ["", "pending", "done", "failed"], "default": ""}


async def list_jobs(call: Call) -> Any:
    call.unlimited()
    first, size = int(call.query["cursor"] or 0), call.query["size"]

    def work(index: Index) -> Any:
        found = store.jobs(index.db)
        items = [_row(call, index, job) for job in found[first : first + size]]
        return {"items": items, "next": str(first + size) if len(found) > first + size else None}

    return await call.state.readers.run(work)


async def read_job(call: Call) -> Any:
    call.unlimited()

    def work(index: Index) -> Any:
        job = store.get(index.db, call.path("number"))
        more = {"schema": job.schema, "settings": dict(job.settings), "error": call.state.job_errors.get(job.id, "")}
        return {**_row(call, index, job), **more}

    return await call.state.readers.run(work)


async def start_job(call: Call) -> Any:
    call.unlimited()
    call.writable()
    if call.state.settings.model == "none":
        hint = "Start it with one: rag serve -m smollm2"
        raise Problem(409, "no_model", "this server has no model, so it extracts nothing", hint)
    if call.state.jobs:
        raise Problem(409, "busy", "an extraction is running already", "Wait until it has ended, or stop it.")
    body, desk = call.body, call.state
    schema = _schema(body["schema"])
    stop = desk.jobs.setdefault(0, threading.Event())  # the place is taken before anything is waited for
    try:
        number = await desk.writers.run(partial(_begin, desk, body, schema, filters(body), stop))
    finally:
        desk.jobs.pop(0, None)
    return await desk.readers.run(lambda index: _row(call, index, store.get(index.db, number)))


async def stop_job(call: Call) -> None:
    call.unlimited()
    stop = call.state.jobs.get(call.path("number"))
    if stop is None:
        raise Problem(404, "not_found", "this job is not running here")
    stop.set()


def _schema(given: Any) -> Any:
    """A schema as it was sent, or of fields in short: never of a path, files here are not theirs."""
    try:
        return grammar.shorthand(given) if isinstance(given, str) else given
    except InputError as error:
        raise Problem(400, "invalid_schema", error.message, FIELDS) from None


def _begin(desk: Desk, body: dict[str, Any], schema: Any, wanted: Filters, stop: threading.Event, index: Index) -> int:
    """Check everything, then run in a thread of its own; the job's number."""
    wanted = visible(index, OWNER, wanted, body.get("source", ""))
    with desk.loading:
        if desk.extractor is None:
            desk.extractor = extract.open_model(desk.settings.model, desk.settings.base_url)
        generator = desk.extractor
    options = {name: body[name] for name in ("multi", "verbatim") if name in body}
    what = extract.prepare(index.db, generator, json.dumps(schema), **options)
    inputs = extract_inputs.indexed([], index.db.path, body.get("query", ""), body.get("k", 100), wanted)
    inputs.only(body.get("limit"), None, 0)
    job = extract.begun(index.db, what)
    desk.jobs[job.id] = stop
    desk.job_errors.pop(job.id, None)

    def watch(_: Any) -> None:
        if stop.is_set():
            raise Stopped

    def run() -> None:
        try:
            with open_database(index.db.path) as db:
                extract.run(db, what, inputs, retry_failed=body.get("retry_failed", False), on_progress=watch)
        except Stopped:
            desk.job_errors[job.id] = "It was stopped. Start it again, and it goes on."
        except RagError as error:
            desk.job_errors[job.id] = without_paths(error.message)
        except Exception:
            log.exception("an extraction ended")
            desk.job_errors[job.id] = "The server made a mistake."
        finally:
            desk.jobs.pop(job.id, None)

    threading.Thread(target=run, name=f"job {job.id}", daemon=True).start()
    return job.id


class Stopped(Exception):
    """Somebody asked for the end of an extraction; what is done stays."""


async def list_rows(call: Call) -> Any:
    call.unlimited()
    query = call.query
    first, size = int(query["cursor"] or 0), query["size"]

    def work(index: Index) -> Any:
        job = store.get(index.db, call.path("number"))
        rows = list(store.results(index.db, job, query["status"], first, size + 1))
        items = [
            {"key": entry.key, "status": row.status, "data": row.data, "error": row.error, "note": row.note}
            | {"nowhere": grounding.nowhere(row.data, row.evidence, job.schema)}
            | ({"evidence": row.evidence} if row.evidence is not None else {})
            for entry, row in rows[:size]
        ]
        return {"items": items, "next": str(first + size) if len(rows) > size else None}

    return await call.state.readers.run(work)


def _row(call: Call, index: Index, job: Job) -> dict[str, Any]:
    counts = store.counts(index.db, job)
    return {
        "id": job.id, "model": job.model, "documents": counts.documents, "done": counts.done, "failed": counts.failed,
        "pending": counts.pending, "tokens": counts.tokens_in + counts.tokens_out, "running": job.id in call.state.jobs,
        "used": job.used, "fields": records.fields(job.schema), "keys": records.keys(index, job),
    }  # fmt: skip


ROUTES = [
    Route(
        "GET", "/api/jobs", list_jobs, "Extraction jobs, the last used first", scope="log", query=schemas.PAGED,
        returns=schemas.page(schemas.JOB),
    ),
    Route(
        "POST", "/api/jobs", start_job, "Extract records from documents of the index", scope="write",
        body=schemas.NEW_JOB, returns=schemas.JOB, status=202, errors=(409,),
    ),
    Route("POST", "/api/jobs/{number:int}/stop", stop_job, "Stop a job that runs here", scope="write", status=204),
    Route("GET", "/api/jobs/{number:int}", read_job, "How far a job is", scope="log", returns=schemas.JOB),
    Route(
        "GET", "/api/jobs/{number:int}/rows", list_rows, "The records of a job, in the order of its documents",
        scope="log", query={**schemas.PAGED, "status": STATUS}, returns=schemas.page(schemas.ROW),
    ),
]  # fmt: skip
