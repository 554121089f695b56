"""
From finished runs to what they say: means with intervals, comparisons with verdicts, and the gate for CI.

A `Report` is plain data; `tables` and `page` show it. Comparisons are paired by case, so only the cases that both runs
have take part, and p values are corrected for the number of systems compared on the same measure (Holm).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from html import escape
from math import isnan
from typing import Any

from rag.errors import InputError
from rag.evaluate import scoring
from rag.evaluate.cases import digest
from rag.evaluate.judge import doubt
from rag.measures.statistics import Comparison, Interval, compare, holm, verdict
from rag.store import Store, runs
from rag.store.runs import Row, Run

JSON = Any


@dataclass(frozen=True, slots=True)
class Standing:
    """One run with its means."""

    run: Run
    means: Mapping[str, Interval]
    failures: Mapping[str, int]  # what went wrong -> in how many cases
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Versus:
    """One system against the baseline on one measure."""

    baseline: str
    system: str
    measure: str
    comparison: Comparison
    p: float  # corrected
    verdict: str
    left_out: int  # cases that only one of the two has


@dataclass(frozen=True, slots=True)
class Report:
    """Several runs of one suite side by side; the first is what the others are compared with."""

    suite: str
    task: str
    measures: tuple[str, ...]
    standings: tuple[Standing, ...]
    comparisons: tuple[Versus, ...]
    doubts: Mapping[str, str] = field(default_factory=dict)  # judged measure -> why its judge is not believed

    def _repr_html_(self) -> str:
        """In a notebook: each system's means with their intervals, and what the comparisons say."""
        head = "".join(f"<th>{escape(name)}</th>" for name in ("system", *self.measures))
        rows = ""
        for one in self.standings:
            means = [_interval_html(one.means.get(name)) for name in self.measures]
            rows += f"<tr><td>{escape(one.run.system)}</td>{''.join(f'<td>{mean}</td>' for mean in means)}</tr>"
        said = ""
        for versus in self.comparisons:
            line = f"{versus.system} against {versus.baseline}, {versus.measure}: {versus.verdict}"
            said += f"<li>{escape(line)}</li>"
        return f"<div><b>{escape(self.suite)}</b><table><tr>{head}</tr>{rows}</table><ul>{said}</ul></div>"


def _interval_html(found: Interval | None) -> str:
    return "" if found is None or isnan(found.mean) else f"{found.mean:.3f} [{found.low:.3f}, {found.high:.3f}]"


def report(db: Store, numbers: Sequence[int], *, resamples: int = 10_000) -> Report:
    """The report on some runs of the same task, given by number."""
    found = [runs.get(db, number) for number in numbers]
    if len(tasks := {run.task for run in found}) > 1:
        raise InputError(f"runs of different tasks cannot be compared: {', '.join(sorted(tasks))}", "Choose others.")
    first = found[0]
    named = first.provenance.get("baseline")
    found.sort(key=lambda run: run.system != named)  # stable: the baseline first, the others as given
    names = tuple(dict.fromkeys(name for run in found for name in run.provenance.get("measures", [])))
    names = names or tuple({name: None for row in runs.outcomes(db, first.id) for name in row.scores}) or ("Failed",)
    seed = int(first.provenance.get("seed", 20))
    standings = tuple(_standing(db, run, names, seed, resamples) for run in found)
    return Report(
        " / ".join(dict.fromkeys(run.suite for run in found)),
        first.task,
        names,
        standings,
        _comparisons(standings, names, seed, resamples),
        _doubts(db, found, names),
    )


def _doubts(db: Store, found: Sequence[Run], names: Sequence[str]) -> dict[str, str]:
    """The judged measures that are not believed, whether for one of the runs or for all."""
    judges = {digest(run.provenance["judge"]): run.provenance["judge"] for run in found if "judge" in run.provenance}
    judged = [name for name in names if name in scoring.JUDGED]
    doubts = {name: [why for judge in judges.values() if (why := doubt(db, judge, name))] for name in judged}
    return {name: "; ".join(whys) for name, whys in doubts.items() if whys}


def _standing(db: Store, run: Run, names: Sequence[str], seed: int, resamples: int) -> Standing:
    rows = runs.outcomes(db, run.id)
    shown = [*names, *(name for name in ("Failed", "Seconds:p50", "Seconds:p95") if name not in names)]
    means = scoring.summarise([dict(row.scores) for row in rows], shown, seed=seed, resamples=resamples)
    failures: dict[str, int] = {}
    for row in rows:
        if row.error:
            failures[row.error] = failures.get(row.error, 0) + 1
    return Standing(run, means, failures, rows)


def label(standing: Standing, standings: Sequence[Standing]) -> str:
    """The system's name; with the run's number if two share it."""
    same = [other for other in standings if other.run.system == standing.run.system]
    return standing.run.system if len(same) == 1 else f"{standing.run.system} (run {standing.run.id})"


def _comparisons(standings: Sequence[Standing], names: Sequence[str], seed: int, resamples: int) -> tuple[Versus, ...]:
    base, result = standings[0], []
    for name in names:
        if not scoring.is_mean(name):
            continue
        compared = [(other, *_paired(base, other, name, seed, resamples)) for other in standings[1:]]
        corrected = holm([1.0 if isnan(comparison.p) else comparison.p for _, comparison, _ in compared])
        for (other, comparison, left_out), p in zip(compared, corrected, strict=True):
            a, b = label(base, standings), label(other, standings)
            said = verdict(comparison, a, b, p=p, lower=scoring.lower_is_better(name))
            result.append(Versus(a, b, name, comparison, p, said, left_out))
    return tuple(result)


def _paired(a: Standing, b: Standing, name: str, seed: int, resamples: int) -> tuple[Comparison, int]:
    left = {row.case: row.scores.get(name, (0.0, 0.0)) for row in a.rows}
    right = {row.case: row.scores.get(name, (0.0, 0.0)) for row in b.rows}
    both = [case for case in left if case in right]
    comparison = compare(
        [left[case][0] for case in both],
        [right[case][0] for case in both],
        [left[case][1] for case in both],
        [right[case][1] for case in both],
        seed=seed,
        resamples=resamples,
    )
    return comparison, len(left.keys() ^ right.keys())


def differences(a: Standing, b: Standing, measure: str) -> list[tuple[Row, Row, float]]:
    """Cases of both runs with B's score less A's, B's worst regressions first."""
    theirs = {row.case: row for row in b.rows}
    sign = -1 if scoring.lower_is_better(measure) else 1
    pairs = [
        (row, theirs[row.case], theirs[row.case].scores[measure][0] - row.scores[measure][0])
        for row in a.rows
        if row.case in theirs and measure in row.scores and measure in theirs[row.case].scores
    ]
    return sorted(pairs, key=lambda pair: (sign * pair[2], pair[0].case))


def changed(report: Report) -> list[str]:
    """What differs between the first two runs in settings and provenance."""
    before, after = (standing.run for standing in report.standings[:2])
    lines = []
    for part in ("settings", "provenance"):
        old, new = dict(getattr(before, part)), dict(getattr(after, part))
        keys = [key for key in dict.fromkeys([*old, *new]) if old.get(key) != new.get(key)]
        lines += [f"{key}: {old.get(key)} -> {new.get(key)}" for key in keys]
    return lines


def history(db: Store, suite: str, system: str, measure: str) -> list[tuple[Run, str, Interval]]:
    """Every run with one of its measures, oldest first: the named one, else its first."""
    result = []
    for run in runs.runs(db, suite):
        names = list(run.provenance.get("measures", []))
        name = measure or (names[0] if names else "Failed")
        if (system and run.system != system) or (measure and measure not in (*names, *scoring.COMMON)):
            continue
        rows = [dict(row.scores) for row in runs.outcomes(db, run.id)]
        seed = int(run.provenance.get("seed", 20))  # the same figures as in a report
        interval = scoring.summarise(rows, [name], seed=seed)[name]
        doubted = name in scoring.JUDGED and doubt(db, run.provenance.get("judge", {}), name)
        result.append((run, f"{name}, not believed" if doubted else name, interval))
    return result


def plain(report: Report) -> dict[str, JSON]:
    """The report as JSON, without the single cases."""
    return {
        "suite": report.suite,
        "task": report.task,
        "runs": [
            {
                "run": standing.run.id,
                "suite": standing.run.suite,
                "system": standing.run.system,
                "cases": len(standing.rows),
                "started": standing.run.started,
                "settings": dict(standing.run.settings),
                "provenance": dict(standing.run.provenance),
                "measures": {name: _finite(asdict(interval)) for name, interval in standing.means.items()},
                "failures": dict(standing.failures),
            }
            for standing in report.standings
        ],
        "doubts": dict(report.doubts),
        "comparisons": [
            {
                "baseline": versus.baseline,
                "system": versus.system,
                "measure": versus.measure,
                **_finite(asdict(versus.comparison)),
                "p_corrected": versus.p,
                "verdict": versus.verdict,
                "left_out": versus.left_out,
            }
            for versus in report.comparisons
        ],
    }


def _finite(figures: dict[str, JSON]) -> dict[str, JSON]:
    """nan as null: JSON has no nan."""
    return {name: None if isinstance(value, float) and isnan(value) else value for name, value in figures.items()}


def baseline(report: Report) -> dict[str, JSON]:
    """What `gate` compares with later: the means of every system, small enough to be committed."""
    return {
        "suite": report.suite,
        "task": report.task,
        "systems": {
            standing.run.system: {
                "cases": len(standing.rows),
                "data": standing.run.provenance.get("data"),
                "measures": {
                    name: [round(value, 4) for value in (interval.mean, interval.low, interval.high)]
                    for name, interval in standing.means.items()
                    if not isnan(interval.mean)
                    and not name.startswith(("Seconds", "Tokens"))
                    and name not in report.doubts
                },
            }
            for standing in report.standings
        },
    }


def gate(report: Report, committed: Mapping[str, JSON], max_drop: float) -> list[str]:
    """What got worse than the committed baseline by more than `max_drop`; empty if nothing did."""
    systems = committed.get("systems")
    if not isinstance(systems, Mapping):
        raise InputError("the baseline has no systems", "Write one: rag eval run SUITE --baseline FILE.json")
    complaints, compared = [], 0
    for standing in report.standings:
        before = systems.get(standing.run.system)
        if before is None:
            continue
        if before.get("data") != standing.run.provenance.get("data"):
            complaints.append(f"{standing.run.system}: the baseline was measured on other data: not comparable")
            continue
        for name, (mean, *_) in before.get("measures", {}).items():
            if name in report.doubts:
                complaints.append(f"{standing.run.system}: {name} is not believed: {report.doubts[name]}")
                continue
            if name not in standing.means:
                complaints.append(f"{standing.run.system}: {name} was not measured")
                continue
            compared += 1
            now = standing.means[name].mean
            drop = (now - mean) if scoring.lower_is_better(name) else (mean - now)
            if isnan(drop) or drop > max_drop + 1e-9:
                complaints.append(f"{standing.run.system}: {name} was {mean:.4f}, is {now:.4f}, worse by {drop:.4f}")
    if not compared and not complaints:
        raise InputError("none of the systems is in the baseline", f"It has: {', '.join(systems)}")
    return complaints
