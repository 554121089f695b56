"""Runs: failures kept, a run that was stopped goes on, what is known is not asked again."""

import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from evaluation import plain_suite

from rag.errors import ModelError, OutputError
from rag.evaluate.cases import Case
from rag.evaluate.report import report
from rag.evaluate.run import Outcome, Prepared, run
from rag.evaluate.suite import System
from rag.store import Database, runs


def test_a_run_keeps_failures_and_reports_them(tmp_path):
    def task(case: Case) -> Outcome:
        if case.id == "c2":
            raise OutputError("no list")
        return Outcome([["d0", 2.0], [f"d{case.id[1]}", 1.0]])

    with Database(tmp_path / "r.db", create=True) as db:
        number = run(db, plain_suite(), System("a"), Prepared(task, {"model": "m1"}))
        made = report(db, [number])
    (standing,) = made.standings
    assert standing.run.state == "done"
    assert standing.failures == {"OutputError: no list": 1}
    assert standing.means["RR"].mean == pytest.approx((1 + 0.5 + 0 + 0.5 + 0.5) / 5)
    assert standing.means["RR"].n == 5
    assert standing.means["Failed"].mean == pytest.approx(0.2)
    assert standing.run.provenance["model"] == "m1"
    assert standing.run.provenance["data"]["documents"]


def test_a_model_that_is_gone_stops_the_run_and_the_next_one_goes_on(tmp_path):
    asked = []

    def broken(case: Case) -> Outcome:
        asked.append(case.id)
        if len(asked) > 4:
            raise ModelError("connection refused", retry=True)
        return Outcome([])

    with Database(tmp_path / "r.db", create=True) as db:
        with pytest.raises(ModelError, match=r"3 cases in a row.*connection refused"):
            run(db, plain_suite(9), System("a"), Prepared(broken))
        (stopped,) = runs.runs(db)
        assert stopped.state == "started"
        assert runs.done(db, stopped.id) == {"c0", "c1", "c2", "c3"}
        seen = []
        number = run(db, plain_suite(9), System("a"), Prepared(lambda case: seen.append(case.id) or Outcome([])))
        assert number == stopped.id
        assert seen == ["c4", "c5", "c6", "c7", "c8"]
        assert runs.get(db, number).state == "done"
        again = run(db, plain_suite(9), System("a"), Prepared(lambda case: Outcome([])))
        assert again != number  # what is finished is not gone on with
        other = run(db, plain_suite(9), System("a", {"k": 3}), Prepared(lambda case: Outcome([])))
        assert runs.get(db, other).fingerprint != runs.get(db, number).fingerprint


def test_a_suite_goes_on_with_the_system_that_it_was_stopped_in(tmp_path):
    seen = []

    def both(db, stop: str = "") -> list[int]:
        def task(name: str):
            def asked(case: Case) -> Outcome:
                if name + case.id == stop:
                    raise KeyboardInterrupt
                seen.append(name + case.id)
                return Outcome([])

            return Prepared(asked)

        return [run(db, plain_suite(3), System(name), task(name), together=["a", "b"]) for name in "ab"]

    with Database(tmp_path / "r.db", create=True) as db:
        with pytest.raises(KeyboardInterrupt):
            both(db, stop="bc1")
        assert both(db) == [1, 2]
        assert seen == ["ac0", "ac1", "ac2", "bc0", "bc1", "bc2"]  # nothing twice
        assert both(db) == [3, 4]  # it was finished, so this is a run of its own
        assert run(db, plain_suite(3), System("a"), Prepared(lambda case: Outcome([])), together=["a"]) == 5


def test_a_higher_limit_asks_only_about_the_further_cases(tmp_path):
    seen = []

    def task(case: Case) -> Outcome:
        seen.append(case.id)
        if case.id == "c1" and seen[0] == "c0":
            raise OutputError("not this time")
        return Outcome([[f"d{case.id[1]}", 1.0]])

    def asked(db, count: int, **more) -> int:
        given = plain_suite(6)
        cases = given.data.cases[:count]
        part = replace(given.data, cases=cases, all=more.pop("all", given.data.hashes["cases"]))
        loaded = replace(given, data=part, measures=more.pop("measures", ("RR",)))
        seen.clear()
        return run(db, loaded, System("a"), Prepared(task, more.pop("way", {})), **more)

    with Database(tmp_path / "r.db", create=True) as db:
        asked(db, 3)
        whole = asked(db, 6, measures=("RR", "R@5"))
        assert seen == ["c1", "c3", "c4", "c5"]  # what failed is asked again
        assert report(db, [whole]).standings[0].means["R@5"].mean == 1.0  # also of those that were known
        asked(db, 6, measures=("RR", "R@5"))
        assert len(seen) == 6  # the same cases again: that is a new measurement
        asked(db, 3, way={"model": "another"})
        assert len(seen) == 3
        asked(db, 5, fresh=True)
        assert len(seen) == 5
        asked(db, 4, all="edited since")
        assert len(seen) == 4


def test_one_case_without_a_model_is_a_failure_of_that_case(tmp_path):
    def task(case: Case) -> Outcome:
        if case.id == "c1":
            raise ModelError("timeout")
        return Outcome([[f"d{case.id[1]}", 1.0]])

    with Database(tmp_path / "r.db", create=True) as db:
        number = run(db, plain_suite(), System("a"), Prepared(task))
        (standing,) = report(db, [number]).standings
    assert standing.failures == {"ModelError: timeout": 1}
    assert standing.means["RR"].mean == pytest.approx(0.8)


KILLED = """
import sys
sys.path.insert(0, {tests!r})
from evaluation import plain_suite
import rag.evaluate.run as runner
from rag.store import Database

def slow(case):
    print(case.id, flush=True)
    sys.stdin.readline()
    return runner.Outcome([])

runner.FLUSH = 0
runner.run(Database({path!r}, create=True), plain_suite(50), runner.System("a"), runner.Prepared(slow))
"""


def test_a_killed_run_keeps_what_it_had_and_goes_on(tmp_path):
    path = str(tmp_path / "r.db")
    code = KILLED.format(tests=str(Path(__file__).parents[1]), path=path)
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", code], stdin=pipe, stdout=pipe, text=True) as process:
        for number in range(5):
            assert process.stdout.readline().strip() == f"c{number}"  # those before it are written
            if number < 4:
                print(file=process.stdin, flush=True)
        process.send_signal(signal.SIGKILL)
    with Database(path) as db:
        (stopped,) = runs.runs(db)
        assert runs.done(db, stopped.id) == {"c0", "c1", "c2", "c3"}
        number = run(db, plain_suite(50), System("a"), Prepared(lambda case: Outcome([])))
        assert number == stopped.id
        assert len(runs.outcomes(db, number)) == 50
