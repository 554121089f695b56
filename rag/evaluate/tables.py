"""
A report for the terminal: a table of means with intervals, a verdict for each comparison, what failed.

Text in, rich renderables out; the caller prints them. Nothing here computes a figure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from math import isnan
from typing import TYPE_CHECKING, Any

from rag.evaluate import scoring
from rag.evaluate.cases import so_many
from rag.evaluate.report import Report, label
from rag.measures.statistics import Interval, plain

if TYPE_CHECKING:
    from rag.store.runs import Run

Row = dict[str, Any]


def show(report: Report) -> Iterator[Any]:
    """What to print, in order."""
    from rich.table import Table
    from rich.text import Text

    title = Text(f"{report.suite} · {report.task}")  # as text: F1[field] would be read as a style
    table = Table(box=None, pad_edge=False, header_style="bold", title=title, title_justify="left")
    table.add_column("system", overflow="fold")
    table.add_column("run", justify="right")
    table.add_column("cases", justify="right")
    for name in (*report.measures, "s p50", "s p95"):
        table.add_column(Text(name), justify="right", no_wrap=True)
    for standing in report.standings:
        figures = [cell(report, name, standing.means[name]) for name in report.measures]
        seconds = [_seconds(standing.means[f"Seconds:{p}"].mean) for p in ("p50", "p95")]
        name = label(standing, report.standings)
        table.add_row(Text(name), str(standing.run.id), f"{len(standing.rows):,}", *figures, *seconds)
    yield table
    for versus in report.comparisons:
        if versus.measure in main_measures(report):
            doubted = "not believed: " if versus.measure in report.doubts else ""
            yield Text(f"{versus.measure}: {doubted}{versus.verdict}", style="" if versus.p < 0.05 else "dim")
    yield from (Text(line, style="yellow") for line in remarks(report))


def remarks(report: Report) -> Iterator[str]:
    """What one must know beside the figures: failures by name, cases left out, different data, doubtful judges."""
    for name, why in report.doubts.items():
        yield f"{name} is in brackets, not believed: {why}"
    sizes = [i.n for s in report.standings for name in report.measures if _alike(name, i := s.means[name])]
    if sizes:
        least = min(sizes)
        yield unseen(least)
    for standing in report.standings:
        name = label(standing, report.standings)
        for error, count in sorted(standing.failures.items(), key=lambda pair: -pair[1])[:5]:
            yield f"{name}: {count:,} of {so_many(len(standing.rows))} failed, which scores zero: {error}"
        if standing.run.state != "done":
            yield f"{name}: run {standing.run.id} has only {len(standing.rows):,} of {so_many(standing.run.cases)} yet"
    left_out = max((versus.left_out for versus in report.comparisons), default=0)
    if left_out:
        yield f"in one of two runs only, so not compared: {so_many(left_out)}"
    if len({str(standing.run.provenance.get("data")) for standing in report.standings}) > 1:
        yield "the runs were made on different data"


def unseen(count: int) -> str:
    """What so many cases that score alike say of others: with 95 % at most 3 of `count` differ (the rule of three)."""
    if count < 6:
        return f"where all {count} cases score alike, they are too few to say how others would score"
    return f"where all {count:,} cases score alike, up to {3 / count:.0%} of others may still score otherwise (95 %)"


def _alike(name: str, interval: Interval) -> bool:
    return interval.n > 1 and interval.low == interval.high and scoring.is_share(name)


def main_measures(report: Report) -> Sequence[str]:
    """The measures whose comparisons are printed: all of them for two or three systems, else the first."""
    named = [name for name in report.measures if scoring.is_mean(name)]
    return named if len(report.standings) <= 3 else named[:1]


def cell(report: Report, name: str, interval: Interval) -> str:
    """A figure of a report, in brackets if its judge is not believed."""
    text = figure(name, interval)
    return f"({text})" if name in report.doubts else text


def figure(name: str, interval: Interval) -> str:
    """`.734 [.708, .759]`; an interval without width says why; seconds and counts as they are."""
    if isnan(interval.mean):
        return "–"
    if name.startswith(("Seconds", "Tokens", "Characters")):
        return f"{interval.mean:,.3g}" if interval.mean < 1000 else f"{interval.mean:,.0f}"
    if interval.n == 1:
        return f"{plain(interval.mean)} (one case)"
    if interval.low == interval.high:
        return f"{plain(interval.mean)} (all {interval.n:,} alike)"
    return f"{plain(interval.mean)} [{plain(interval.low)}, {plain(interval.high)}]"


def _seconds(value: float) -> str:
    return "–" if isnan(value) else f"{value:.3g}"


def flat(report: Report) -> list[Row]:
    """One row a system and measure, for jsonl and csv."""
    return [
        {
            "suite": standing.run.suite,
            "system": standing.run.system,
            "run": standing.run.id,
            "started": standing.run.started,
            "cases": len(standing.rows),
            "measure": name,
            "mean": None if isnan(interval.mean) else interval.mean,
            "low": None if isnan(interval.low) else interval.low,
            "high": None if isnan(interval.high) else interval.high,
        }
        for standing in report.standings
        for name, interval in standing.means.items()
    ]


def history(standings: Iterable[tuple[Run, Interval]], measure: str) -> list[Row]:
    """One row a run, with a bar that can be compared by eye."""
    listed = list(standings)
    values = [interval.mean for _, interval in listed if not isnan(interval.mean)]
    high = 1.0 if scoring.is_share(measure) else max([*values, 0.0])  # from 0, so that a bar is as long as it says
    rows = []
    for run, interval in listed:
        rows.append(
            {
                "run": run.id,
                "started": run.started[:16].replace("T", " "),
                "suite": run.suite,
                "system": run.system,
                "cases": interval.n,
                measure: figure(measure, interval),
                "": "" if isnan(interval.mean) else "█" * round(20 * interval.mean / high) if high else "",
            }
        )
    return rows


def worst(pairs: Sequence[tuple[Any, Any, float]], measure: str, count: int) -> Iterator[str]:
    """The cases that lost most, one line each."""
    sign = -1 if scoring.lower_is_better(measure) else 1
    for row, _, difference in pairs[:count]:
        if sign * difference < 0:
            yield f"{difference:+.3f}  {row.case}  {' '.join(row.question.split())[:90]}"
