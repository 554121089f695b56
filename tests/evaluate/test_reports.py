"""Reports: comparisons, the page, plots, the gate."""

import itertools
import json
import re
import shutil
import subprocess
from html.parser import HTMLParser

import pytest
from evaluation import plain_suite

from rag.errors import InputError
from rag.evaluate import plots
from rag.evaluate.report import baseline, differences, gate, report
from rag.evaluate.run import Outcome, Prepared, run
from rag.evaluate.suite import System
from rag.evaluate.tables import figure, unseen
from rag.measures.statistics import Interval
from rag.store import Database, runs


@pytest.fixture
def two(tmp_path):
    """A database with two runs: b is better on two cases, worse on one."""
    scores = {"a": [1, 2, 3, 1, 1, 1], "b": [1, 1, 1, 4, 1, 1]}

    def task(name: str):
        return lambda case: Outcome([["x", 9.0]] * (scores[name][int(case.id[1])] - 1) + [[f"d{case.id[1]}", 1.0]])

    def distinct(name: str):
        inner = task(name)
        return lambda case: Outcome(
            [[f"{key}{i}" if key == "x" else key, s] for i, (key, s) in enumerate(inner(case).output)]
        )

    db = Database(tmp_path / "r.db", create=True)
    loaded = plain_suite(6, "two <b>&amp; 'more'")
    numbers = [run(db, loaded, System(name, {"k": i}), Prepared(distinct(name))) for i, name in enumerate("ab")]
    yield db, numbers
    db.close()


def test_a_report_compares_with_the_baseline_system(two):
    db, numbers = two
    made = report(db, list(reversed(numbers)))
    assert [standing.run.system for standing in made.standings] == ["a", "b"]
    versus = next(v for v in made.comparisons if v.measure == "RR")
    assert versus.comparison.difference == pytest.approx((0.5 + 2 / 3 - 0.75) / 6)
    assert versus.verdict.startswith("cannot tell b from a")
    pairs = differences(made.standings[0], made.standings[1], "RR")
    assert pairs[0][0].case == "c3"
    assert pairs[0][2] == pytest.approx(-0.75)
    assert pairs[-1][0].case == "c2"


class Page(HTMLParser):
    """Tags that are opened and closed in order, and what the page refers to."""

    VOID = ("meta", "link", "br", "img", "line", "circle", "rect", "polyline")

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.links: list[str] = []
        self.clicks: list[str] = []
        self.data = ""

    def handle_starttag(self, tag, attrs):
        names = dict(attrs)
        self.links += [names[key] for key in ("src", "href") if key in names]
        self.clicks += [names["data-case"]] if "data-case" in names else []
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        if tag not in self.VOID:
            while self.open and self.open.pop() != tag:
                pass

    def handle_data(self, data):
        if self.open and self.open[-1] == "script" and data.startswith("{"):
            self.data = data


def test_the_page_is_self_contained_and_escaped(two, tmp_path, cli):
    db, numbers = two
    cli("eval", "show", *numbers, "-d", db.path, "--html", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    page = Page()
    page.feed(text)
    assert page.links == []
    assert not re.search(r"https?://", text)
    assert "<b>&amp; 'more'" not in text
    assert text.count("<svg") >= 4  # two measures, the costs, the differences
    cases = json.loads(page.data)
    assert cases["systems"] == ["a", "b"]
    assert set(page.clicks) <= set(cases["cases"])
    assert page.clicks[0] == "c3"  # the worst regression is on top
    assert cases["cases"]["c3"]["outputs"][1]["output"][-1] == ["d3", 1.0]


def test_the_page_opens_with_the_verdict_and_lists_every_case(two, tmp_path, cli):
    db, numbers = two
    cli("eval", "show", *numbers, "-d", db.path, "--html", tmp_path / "r.html")
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    body = text[text.index("<h1>") :]
    assert 0 < body.index("cannot tell b from a") < body.index("<h2>")
    listed = re.findall(r"<details class=case.*?</details>", body, re.S)
    assert len(listed) == 6  # those that did not change, too
    for case in listed:
        assert "<strong>a</strong>" in case
        assert "<strong>b</strong>" in case
        assert "RR " in case
        assert "<summary>" in case


def test_all_charts_of_a_share_have_one_axis():
    def ends(drawn: str) -> tuple[str, str]:
        ticks = re.findall(r'text-anchor="middle">([0-9.]+)<', drawn)
        return ticks[0], ticks[-1]

    high, low = Interval(0.93, 0.91, 0.95, 9), Interval(0.11, 0.1, 0.12, 9)
    charts = [plots.intervals([("a", one)], "F1", share=True) for one in (high, low)]
    assert {ends(chart) for chart in charts} == {(".000", "1.000")}
    assert ends(plots.intervals([("a", Interval(40, 38, 45, 9))], "Seconds", share=False)) != (".000", "1.000")


def test_what_cases_that_score_alike_say_of_others_is_plain():
    assert unseen(3) == "where all 3 cases score alike, they are too few to say how others would score"
    assert "up to 25% of others may still score otherwise" in unseen(12)


def test_an_interval_without_width_says_why():
    assert figure("F1", Interval(1.0, 1.0, 1.0, 12)) == "1.000 (all 12 alike)"
    assert figure("F1", Interval(0.5, 0.5, 0.5, 1)) == ".500 (one case)"
    assert figure("F1", Interval(0.5, 0.4, 0.6, 9)) == ".500 [.400, .600]"


@pytest.mark.skipif(not shutil.which("node"), reason="node parses the page's script")
def test_the_pages_script_parses(two, tmp_path, cli):
    db, numbers = two
    cli("eval", "show", *numbers, "-d", db.path, "--html", tmp_path / "r.html")
    script = re.findall(r"<script>(.*?)</script>", (tmp_path / "r.html").read_text(), re.S)
    (tmp_path / "s.js").write_text(script[0])
    subprocess.run(["node", "--check", str(tmp_path / "s.js")], check=True)


def test_labels_of_a_plot_do_not_stand_on_each_other():
    same = [(f"system {i}", Interval(0.5, 0.4, 0.6, 9), Interval(1.0, 1.0, 1.0, 9)) for i in range(4)]
    heights = re.findall(r'<text x="[0-9.]+" y="([0-9.]+)">system', plots.costs(same, "F1", "seconds", share=True))
    gaps = [b - a for a, b in itertools.pairwise(sorted(map(float, heights)))]
    assert len(gaps) == 3
    assert min(gaps) >= plots.LINE


def test_the_gate_closes_on_a_drop(two):
    db, numbers = two
    before = json.loads(json.dumps(baseline(report(db, numbers))))
    made = report(db, numbers)
    assert gate(made, before, 0.01) == []
    before["systems"]["b"]["measures"]["RR"][0] += 0.02
    (complaint,) = gate(made, before, 0.01)
    assert complaint.startswith("b: RR was")
    assert gate(made, before, 0.05) == []
    before["systems"]["b"]["measures"]["Failed"][0] = -0.5  # of failures less is better
    assert any("Failed" in line for line in gate(made, before, 0.05))
    before["systems"]["a"]["data"] = {"cases": "other"}
    assert any("other data" in line for line in gate(made, before, 0.05))
    with pytest.raises(InputError, match="none of the systems"):
        gate(made, {"systems": {"z": {}}}, 0.01)


def test_runs_of_different_tasks_cannot_be_compared(two):
    db, numbers = two
    other = runs.begin(db, runs.Run("s", "x", "ask", "f", {}, {"measures": []}, 0))
    with pytest.raises(InputError, match="different tasks"):
        report(db, [numbers[0], other])
    with pytest.raises(InputError, match="no run 99"):
        report(db, [99])
