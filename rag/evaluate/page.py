"""
A report as one self-contained HTML page: no network, no library, everything in the file.

Means with intervals, quality against cost, the differences case by case (worst regressions first; a click shows
what each system gave), comparisons, failures, and what the runs depended on. All text is escaped; the cases are
embedded as JSON and shown as text. Nothing here computes a figure.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from html import escape
from importlib import resources
from math import isnan
from typing import Any

from rag.evaluate import plots, scoring
from rag.evaluate.cases import so_many
from rag.evaluate.report import Report, Standing, differences, label
from rag.evaluate.tables import cell, remarks
from rag.measures.statistics import Interval
from rag.store.runs import Row, Run

MARK = '<meta name="generator" content="rag eval">'  # of every page, so that no other file is replaced by one
SHOWN = 10  # entries of a long output
WRITTEN = 500  # cases whose outputs are written out; those of more are filled in when they are opened
LISTED = 15  # worst cases that are named


def page(report: Report) -> str:
    """The page of a report."""
    title = f"{report.suite} · {report.task}"
    parts = [f"<h1>{escape(title)}</h1>", *_verdicts(report), f"<p class=soft>{escape(_subtitle(report))}</p>"]
    parts += [f"<p><strong>{escape(line)}</strong></p>" for line in remarks(report)]
    parts += ["<h2>Means with 95 % intervals</h2>", _means(report)]
    for name in report.measures:
        if ":p" not in name:
            rows = [(label(s, report.standings), s.means[name]) for s in report.standings]
            parts += [f"<h2>{escape(name)}</h2>", plots.intervals(rows, name, share=scoring.is_share(name))]
    parts += _cost(report) + _comparisons(report)
    for other in report.standings[1:]:
        parts += _case_by_case(report, report.standings[0], other)
    if len(report.standings) == 1:
        parts += _lowest(report)
    parts += _all_cases(report)
    parts += ['<section id="case"></section>', "<h2>What the runs depended on</h2>", _provenance(report)]
    return _filled(title, "\n".join(parts), _cases(report))


def history(listed: Sequence[tuple[Run, str, Interval]]) -> str:
    """A page with a plot for every suite and measure over its runs."""
    parts = ["<h1>Runs over time</h1>"]
    for suite, name in dict.fromkeys((run.suite, name) for run, name, _ in listed):
        own = [(run, interval) for run, other, interval in listed if run.suite == suite and other == name]
        systems = dict.fromkeys(run.system for run, _ in own)
        lines = [(system, [(run.id, i) for run, i in own if run.system == system]) for system in systems]
        parts += [
            f"<h2>{escape(suite)} · {escape(name)}</h2>",
            plots.over_time(lines, name, share=scoring.is_share(name)),
        ]
    return _filled("Runs over time", "\n".join(parts), {"systems": [], "cases": {}})


@cache
def _template() -> str:
    return resources.files("rag").joinpath("data/report.html").read_text(encoding="utf-8")


def _filled(title: str, body: str, cases: Mapping[str, Any]) -> str:
    text = json.dumps(cases, ensure_ascii=False).replace("<", "\\u003c").replace("\u2028", "\\u2028")
    before, after = _template().replace("{{title}}", escape(title)).split("{{body}}")
    middle, end = after.split("{{cases}}")
    return before + body + middle + text + end


def _subtitle(report: Report) -> str:
    cases = max(len(standing.rows) for standing in report.standings)
    runs = ", ".join(str(standing.run.id) for standing in report.standings)
    return f"{so_many(cases)} · runs {runs} · {report.standings[0].run.started}"


def _verdicts(report: Report) -> list[str]:
    """What the report says, in a sentence a system: the verdict on the first measure, or the mean of a single one."""
    name = report.measures[0]
    said = [versus.verdict for versus in report.comparisons if versus.measure == name]
    if not said:
        said = [f"{label(s, report.standings)}: {cell(report, name, s.means[name])}" for s in report.standings]
    doubted = "not believed: " if name in report.doubts else ""
    return [f"<p class=verdict>{escape(f'{name}: {doubted}{one}')}</p>" for one in said]


def _means(report: Report) -> str:
    names = [*report.measures, *(n for n in ("Failed", "Seconds:p50", "Seconds:p95") if n not in report.measures)]
    head = "".join(f"<th>{escape(name)}</th>" for name in names)
    rows = "".join(
        f"<tr><td>{escape(label(s, report.standings))}</td><td>{s.run.id}</td><td>{len(s.rows):,}</td>"
        + "".join(f"<td>{escape(cell(report, name, s.means[name]))}</td>" for name in names)
        + "</tr>"
        for s in report.standings
    )
    return f"<div class=wide><table><tr><th>system</th><th>run</th><th>cases</th>{head}</tr>{rows}</table></div>"


def _cost(report: Report) -> list[str]:
    name = report.measures[0]
    rows = [(label(s, report.standings), s.means[name], s.means["Seconds:p50"]) for s in report.standings]
    if len(rows) < 2:
        return []
    return [
        "<h2>Quality against cost</h2>",
        plots.costs(rows, name, "seconds a case (median)", share=scoring.is_share(name)),
    ]


def _comparisons(report: Report) -> list[str]:
    if not report.comparisons:
        return []
    rows = "".join(
        f"<tr><td>{escape(v.measure)}</td><td class=text>{escape(v.verdict)}</td>"
        f"<td>{'–' if isnan(v.comparison.p) else f'{v.comparison.p:.2g}'}</td><td>{v.p:.2g}</td></tr>"
        for v in report.comparisons
    )
    note = "Paired randomisation test; the last column is corrected for the number of systems compared (Holm)."
    head = "<tr><th>measure</th><th class=text>verdict</th><th>p</th><th>p, Holm</th></tr>"
    return ["<h2>Comparisons</h2>", f"<p class=soft>{note}</p>", f"<div class=wide><table>{head}{rows}</table></div>"]


def _case_by_case(report: Report, base: Standing, other: Standing) -> list[str]:
    name = report.measures[0]
    pairs = differences(base, other, name)
    lower = scoring.lower_is_better(name)
    bars = [(a.case, a.question, difference) for a, _, difference in pairs]
    lost = [bar for bar in bars if bar[2] != 0 and (bar[2] < 0) != lower]
    moved = sum(bar[2] != 0 for bar in bars)
    items = "".join(
        f"<li>{_button(case, question)} {difference:+.3f}</li>" for case, question, difference in lost[:LISTED]
    )
    a, b = label(base, report.standings), label(other, report.standings)
    return [
        f"<h2>{escape(b)} against {escape(a)}, case by case</h2>",
        f"<p class=soft>{escape(name)}; {so_many(len(lost))} lost, {moved - len(lost):,} gained,"
        f" {len(bars) - moved:,} stayed. Click a bar to see both outputs.</p>",
        plots.differences(bars, f"{name}, {b} less {a}", lower=lower, share=scoring.is_share(name)),
        f"<ol class=cases>{items}</ol>",
    ]


def _button(case: str, question: str) -> str:
    return f'<button data-case="{escape(case)}">{escape(" ".join(question.split())[:120] or case)}</button>'


def _lowest(report: Report) -> list[str]:
    name, lower = report.measures[0], scoring.lower_is_better(report.measures[0])
    rows = [row for row in report.standings[0].rows if row.scores.get(name, (0, 0))[1] > 0]
    rows.sort(key=lambda row: row.scores[name][0] * (-1 if lower else 1))
    items = "".join(
        f"<li>{_button(row.case, row.question)} {row.scores[name][0]:.3f}</li>" for row in rows[: 2 * LISTED]
    )
    return [f"<h2>The cases with the lowest {escape(name)}</h2>", f"<ol class=cases>{items}</ol>"]


def _all_cases(report: Report) -> list[str]:
    """Every case with its scores; what each system gave stands below it, or is filled in where there are many."""
    cases = _cases(report)
    name, systems = report.measures[0], cases["systems"]
    whole = len(cases["cases"]) <= WRITTEN
    items = []
    for key, case in cases["cases"].items():
        scores = [(out or {"scores": {}})["scores"].get(name) for out in case["outputs"]]
        told = " · ".join("–" if score is None else f"{score:.3f}" for score in scores)
        head = f"<summary>{escape(_line(case['question']) or key)} <span class=soft>{told}</span></summary>"
        inside = _outputs(case, systems) if whole else ""
        items.append(f'<details class=case data-fill="{"" if whole else escape(key)}">{head}{inside}</details>')
    legend = f"{name} of {', '.join(systems)}; open a case to see what each gave."
    return [f"<h2>All {so_many(len(items))}</h2>", f"<p class=soft>{escape(legend)}</p>", *items]


def _outputs(case: Mapping[str, Any], systems: Sequence[str]) -> str:
    """What was expected, and what each system gave, with all its scores."""
    parts = []
    if case["expected"] is not None:
        expected = json.dumps(case["expected"], ensure_ascii=False, indent=1)
        parts.append(f"<p class=soft>Expected</p><pre>{escape(expected)}</pre>")
    sides = []
    for system, out in zip(systems, case["outputs"], strict=True):
        if out is not None:
            scores = " · ".join(f"{name} {'–' if value is None else value}" for name, value in out["scores"].items())
            given = (
                f"failed: {out['error']}" if out["error"] else json.dumps(out["output"], ensure_ascii=False, indent=1)
            )
            head = f"<strong>{escape(system)}</strong><p class=soft>{escape(scores)}</p>"
            sides.append(f"<div>{head}<pre>{escape(given)}</pre></div>")
    return "".join([*parts, f"<div class=sides>{''.join(sides)}</div>"])


def _line(text: str) -> str:
    return " ".join(text.split())[:120]


def _provenance(report: Report) -> str:
    parts = []
    for standing in report.standings:
        what = {"settings": dict(standing.run.settings), **dict(standing.run.provenance)}
        text = json.dumps(what, ensure_ascii=False, indent=1)
        name = f"run {standing.run.id}, {label(standing, report.standings)}"
        parts.append(f"<details><summary>{escape(name)}</summary><pre>{escape(text)}</pre></details>")
    return "\n".join(parts)


def _cases(report: Report) -> dict[str, Any]:
    """Every case with every system's output and scores, for the click."""
    cases: dict[str, Any] = {}
    for number, standing in enumerate(report.standings):
        for row in standing.rows:
            empty = {"question": row.question, "expected": row.expected, "outputs": [None] * len(report.standings)}
            cases.setdefault(row.case, empty)["outputs"][number] = _output(row, report.measures)
    return {"systems": [label(standing, report.standings) for standing in report.standings], "cases": cases}


def _output(row: Row, names: Sequence[str]) -> dict[str, Any]:
    scores = {name: round(v, 4) if w else None for name, (v, w) in row.scores.items() if name in (*names, "Seconds")}
    output = row.output
    if isinstance(output, list) and len(output) > SHOWN:
        output = [*output[:SHOWN], f"… {len(output) - SHOWN} more"]
    return {"scores": scores, "error": row.error, "output": output}
