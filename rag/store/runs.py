"""
Evaluation runs: what was run with which settings, what came out for every case, and what that scored.

One run is one system on one suite. Rows are written as they come, so a run that is stopped keeps what it has, and goes
on from there: it is found again by its `fingerprint`, the hash of everything that decides its results. Nothing here
knows what a measure means.
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from rag.errors import DatabaseError, NotFoundError
from rag.files import typed
from rag.store.engine import Store, now

JSON = Any


@dataclass(frozen=True, slots=True)
class Run:
    """One system on one suite. `provenance` holds versions and hashes of data, prompts, grammars and weights."""

    suite: str
    system: str
    task: str
    fingerprint: str
    settings: Mapping[str, JSON]
    provenance: Mapping[str, JSON]
    cases: int
    id: int = 0
    state: str = "started"
    started: str = ""
    finished: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """What a system gave for one case, and what it scored: measure -> (value, weight)."""

    case: str
    question: str
    output: JSON
    scores: Mapping[str, tuple[float, float]]
    error: str = ""
    seconds: float = 0.0
    tokens_in: int = 0
    tokens_out: int = 0
    expected: JSON = None
    id: int = field(default=0, compare=False)


@contextmanager
def claimed(db: Store, suite: str) -> Iterator[None]:
    """Hold a suite while it runs. A second run of it gets a clear message at once; other suites go on beside it."""
    with db.claim("-eval-lock", zlib.crc32(suite.encode())) as ours:
        if not ours:
            raise DatabaseError(
                f"the suite {suite} is running already in another process", "Wait until it has ended, then run this."
            )
        yield


def begin(db: Store, run: Run) -> int:
    """Record a run; its number."""
    with db.transaction():
        return db.insert(
            "insert into eval_run (suite, system, task, fingerprint, settings, provenance, cases, started)"
            " values (?, ?, ?, ?, ?, ?, ?, ?)",
            (
                run.suite,
                run.system,
                run.task,
                run.fingerprint,
                json.dumps(run.settings),
                json.dumps(run.provenance),
                run.cases,
                now(),
            ),
        )


def unfinished(db: Store, fingerprint: str) -> int | None:
    """The newest run that was stopped and would give the same results if it went on."""
    sql = "select id from eval_run where fingerprint = ? and state = 'started' order by id desc limit 1"
    found = db.value(sql, (fingerprint,))
    return None if found is None else int(found)


def done_before_a_stop(db: Store, record: Run, systems: Sequence[str]) -> int | None:
    """
    The newest finished run like this one, if the suite was stopped after it, in a run of one of these systems.

    So a suite that is run again goes on with the system it was stopped in, and does not begin with the first one anew.
    """
    sql = (
        "select max(id) from eval_run where fingerprint = :fingerprint and state = 'done' and id <"
        " (select max(id) from eval_run where suite = :suite and state = 'started'"
        " and system in (select value from json_each(:systems)))"
    )
    values = {"fingerprint": record.fingerprint, "suite": record.suite, "systems": json.dumps(list(systems))}
    found = next(iter(db.execute(sql, values)))[0]
    return None if found is None else int(found)


def add(db: Store, run_id: int, rows: Iterable[Row]) -> None:
    """Keep the outcomes of some cases with their scores, all or none."""
    with db.transaction():
        for row in rows:
            outcome = db.insert(
                "insert into eval_outcome"
                " (run_id, case_id, question, expected, output, error, seconds, tokens_in, tokens_out)"
                " values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    run_id,
                    row.case,
                    row.question,
                    json.dumps(row.expected, ensure_ascii=False),
                    json.dumps(row.output, ensure_ascii=False),
                    row.error,
                    row.seconds,
                    row.tokens_in,
                    row.tokens_out,
                ),
            )
            scores = [(outcome, name, value, weight) for name, (value, weight) in row.scores.items()]
            db.executemany("insert into eval_score (outcome_id, measure, value, weight) values (?, ?, ?, ?)", scores)


def finish(db: Store, run_id: int) -> None:
    with db.transaction():
        db.execute("update eval_run set state = 'done', finished = ? where id = ?", (now(), run_id))


def done(db: Store, run_id: int) -> set[str]:
    """The cases that a run has."""
    return {case for (case,) in db.execute("select case_id from eval_outcome where run_id = ?", (run_id,))}


def get(db: Store, run_id: int) -> Run:
    found = runs(db, ids=[run_id])
    if not found:
        raise NotFoundError(
            f"there is no run {run_id} in {db.path}", f"List them: rag eval history -d {typed(db.path)}"
        )
    return found[0]


def runs(db: Store, suite: str = "", ids: Sequence[int] | None = None) -> list[Run]:
    """Runs, oldest first."""
    sql = (
        "select suite, system, task, fingerprint, settings, provenance, cases, id, state, started,"
        " coalesce(finished, '') from eval_run where (:suite = '' or suite = :suite)"
        " and (:ids is null or id in (select value from json_each(:ids))) order by id"
    )
    values = {"suite": suite, "ids": None if ids is None else json.dumps(list(ids))}
    return [
        Run(suite, system, task, fingerprint, json.loads(settings), json.loads(provenance), *others)
        for suite, system, task, fingerprint, settings, provenance, *others in db.execute(sql, values)
    ]


def outcomes(db: Store, run_id: int) -> list[Row]:
    """Every case of a run with its scores, in the order in which they came."""
    scores: dict[int, dict[str, tuple[float, float]]] = {}
    sql = (
        "select s.outcome_id, s.measure, s.value, s.weight from eval_score s"
        " join eval_outcome o on o.id = s.outcome_id where o.run_id = ? order by s.id"
    )
    for outcome, measure, value, weight in db.execute(sql, (run_id,)):
        scores.setdefault(outcome, {})[measure] = (value, weight)
    sql = (
        "select id, case_id, question, expected, output, error, seconds, tokens_in, tokens_out"
        " from eval_outcome where run_id = ? order by id"
    )
    return [
        Row(
            case,
            question,
            json.loads(output),
            scores.get(id, {}),
            error,
            seconds,
            tokens_in,
            tokens_out,
            json.loads(expected),
            id,
        )
        for id, case, question, expected, output, error, seconds, tokens_in, tokens_out in db.execute(sql, (run_id,))
    ]


def delete(db: Store, run_id: int) -> None:
    with db.transaction():
        db.execute("delete from eval_run where id = ?", (run_id,))
