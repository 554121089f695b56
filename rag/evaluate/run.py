"""
Run a system on the cases of a suite: every outcome is scored and written as it comes, and a stopped run goes on.

A system is any callable from a `Case` to an `Outcome`; what it does is the caller's affair. A case that fails is kept
with its reason and scores zero. When the model itself is gone (several cases in a row), the run stops, keeps what is
finished and says how to go on. Nothing here knows an index or a model.
"""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from rag.__about__ import __version__
from rag.errors import ModelError, RagError
from rag.evaluate import scoring
from rag.evaluate.cases import Case, digest
from rag.evaluate.suite import Suite, System
from rag.store import Store, runs
from rag.store.runs import Row, Run

JSON = Any
IN_A_ROW = 3  # so many cases without a model one after the other, and it is gone
FLUSH = 1.0  # seconds of work that a kill may lose


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a system gave for a case; `output` has the form that `scoring` says for the task."""

    output: JSON
    tokens_in: int = 0
    tokens_out: int = 0


@dataclass(frozen=True, slots=True)
class Prepared:
    """
    A system that is ready. `provenance` names what its results depend on: hashes of weights, prompts, grammars.

    `judge` gives a model's verdicts on an output, measure -> yes or no; its time is not the system's.
    """

    task: Callable[[Case], Outcome]
    provenance: Mapping[str, JSON] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)  # document key -> text, to check quotes against
    close: Callable[[], None] = lambda: None
    judge: Callable[[Case, JSON], Mapping[str, bool]] | None = None


Progress = Callable[[int, int], None]


def run(
    db: Store,
    suite: Suite,
    system: System,
    prepared: Prepared,
    *,
    fresh: bool = False,
    together: Sequence[str] = (),
    progress: Progress | None = None,
) -> int:
    """
    The number of the finished run. With `fresh`, nothing is taken over, neither of a run that was stopped nor of one
    that asked the same about some of these cases (with a lower limit).

    `together` are the names of the systems that are run by one command: if it was stopped in a later one of them, this
    one is not run again.

    Raises ModelError if the model is gone; what was finished is kept, and running again goes on from there.
    """
    record = describe(suite, system, prepared)
    number = None if fresh else runs.unfinished(db, record.fingerprint)
    if number is None and not fresh and (before := runs.done_before_a_stop(db, record, together)) is not None:
        return before
    if number is None:
        known = [] if fresh or system.callable else _known(db, record, suite, prepared)
        number = runs.begin(db, record)
        runs.add(db, number, known)
    finished = runs.done(db, number)
    cases = [case for case in suite.data.cases if case.id not in finished]
    _work(db, number, suite, prepared, cases, len(finished), progress)
    runs.finish(db, number)
    return number


def describe(suite: Suite, system: System, prepared: Prepared) -> Run:
    """The run as it will be recorded. Whatever may change its results is in the fingerprint."""
    provenance = {
        "rag": __version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
        "data": suite.data.hashes,
        "all": suite.data.all or suite.data.hashes["cases"],
        "notes": list(suite.data.notes),
        "measures": list(suite.measures),
        "seed": suite.seed,
        "baseline": suite.baseline or suite.systems[0].name,
        **prepared.provenance,
    }
    settings = dict(system.settings) | ({"callable": system.callable} if system.callable else {})
    fingerprint = digest([suite.name, suite.task, system.name, settings, provenance])
    return Run(suite.name, system.name, suite.task, fingerprint, settings, provenance, len(suite.data.cases))


def _known(db: Store, record: Run, suite: Suite, prepared: Prepared) -> list[Row]:
    """Outcomes of the newest run of the same system, with all it depends on, on another part of the same cases."""
    for run in reversed(runs.runs(db, record.suite)):
        if run.system == record.system and _way(run) == _way(record):
            if run.provenance["data"] == record.provenance["data"]:
                return []  # the same cases: whoever runs them again wants them asked again
            rows = {row.case: row for row in runs.outcomes(db, run.id) if not row.error}
            return [_again(rows[case.id], case, suite, prepared) for case in suite.data.cases if case.id in rows]
    return []


def _way(run: Run) -> JSON:
    """All that decides what comes out for a case; `all` are the cases before a limit."""
    free = ("data", "notes", "measures", "baseline", "seed")
    rest = {key: value for key, value in run.provenance.items() if key not in free}
    return [dict(run.settings), rest, run.provenance.get("data", {}).get("documents")]


def _again(row: Row, case: Case, suite: Suite, prepared: Prepared) -> Row:
    """The same outcome, scored by the measures of today."""
    tokens = (row.tokens_in, row.tokens_out)
    scores = scoring.score(
        suite.task, case, row.output, suite.measures, prepared.texts, seconds=row.seconds, tokens=tokens
    )
    return replace(row, scores=scores)


def _work(
    db: Store,
    number: int,
    suite: Suite,
    prepared: Prepared,
    cases: Sequence[Case],
    before: int,
    progress: Progress | None,
) -> None:
    waiting: list[Row] = []
    lost: list[Row] = []  # cases in a row that found no model: kept only if it comes back
    flushed = time.monotonic()
    try:
        for count, (row, gone) in enumerate(_rows(suite, prepared, cases), before + 1):
            if gone:
                lost.append(row)
                if len(lost) == IN_A_ROW or len(lost) == len(cases):
                    raise ModelError(
                        f"the model failed on {len(lost)} cases in a row, the last time with: {row.error}",
                        "What is finished is kept. When the model is back, run the same command again: it goes on.",
                    )
            else:
                waiting += [*lost, row]
                lost.clear()
            if time.monotonic() - flushed > FLUSH:
                runs.add(db, number, waiting)
                waiting.clear()
                flushed = time.monotonic()
            if progress:
                progress(count, before + len(cases))
        waiting += lost
    finally:
        runs.add(db, number, waiting)


def _rows(suite: Suite, prepared: Prepared, cases: Sequence[Case]) -> Iterator[tuple[Row, bool]]:
    """Each case's outcome with its scores, and whether the model was not there."""
    for case in cases:
        began, outcome, error, gone = time.perf_counter(), Outcome(None), "", False
        seconds = None
        try:
            outcome = prepared.task(case)
            seconds = time.perf_counter() - began
            if prepared.judge and (verdicts := prepared.judge(case, outcome.output)):
                outcome = replace(outcome, output={**outcome.output, "verdicts": dict(verdicts)})
        except RagError as problem:
            whose = "" if seconds is None else "the judge: "
            error, gone = f"{whose}{type(problem).__name__}: {problem.message}", isinstance(problem, ModelError)
        seconds = time.perf_counter() - began if seconds is None else seconds
        tokens = (outcome.tokens_in, outcome.tokens_out)
        scores = scoring.score(
            suite.task,
            case,
            outcome.output,
            suite.measures,
            prepared.texts,
            error=error,
            seconds=seconds,
            tokens=tokens,
        )
        question = case.question or (case.document.text if case.document else "")
        row = Row(case.id, question, outcome.output, scores, error, seconds, *tokens, case.expected())
        yield row, gone
