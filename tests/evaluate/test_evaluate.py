"""Suites, adapters, runs, reports: real files, a real index (hashing embedder), real processes where it matters."""

import csv
import itertools
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import ir_measures
import pytest
from typer.testing import CliRunner

from rag.cli import app
from rag.cli.evaluate_tasks import SETTINGS, Bench
from rag.errors import InputError, ModelError, OutputError, RagError
from rag.evaluate import adapters, plots, scoring, suite
from rag.evaluate.cases import Case, Data, Problems
from rag.evaluate.report import baseline, differences, gate, report
from rag.evaluate.run import Outcome, Prepared, run
from rag.evaluate.suite import Suite, System
from rag.measures.statistics import Interval
from rag.store import Database, runs
from rag.types import Document

SHARED = Path(os.environ.get("RAG_SHARED_DATA", Path(__file__).parents[2] / ".." / "shared" / "data"))
ANIMALS = {
    "cat": ("The cat", "A cat purrs when it is content. It hunts mice at night."),
    "dog": ("The dog", "A dog barks at strangers. It was the first animal to live with people."),
    "owl": ("The owl", "An owl flies without a sound. It hunts mice at night."),
    "bee": ("The bee", "A bee dances to tell the others where the flowers are."),
}
QUESTIONS = [
    {"id": "q1", "question": "Which animal purrs?", "answers": ["cat"], "context_ids": ["cat"]},
    {"id": "q2", "question": "Who flies without a sound?", "answers": ["an owl"], "context_ids": ["owl"]},
    {"id": "q3", "question": "What dances for flowers?", "answers": ["bee"], "context_ids": ["bee"]},
    {
        "id": "q4",
        "question": "Who invented the telescope?",
        "answers": [],
        "context_ids": ["dog"],
        "unanswerable": True,
    },
]


def lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    """A folder in our form, with retrieval judgements and questions."""
    folder = tmp_path / "animals"
    folder.mkdir()
    lines(folder / "corpus.jsonl", [{"id": key, "title": t, "text": x} for key, (t, x) in ANIMALS.items()])
    lines(folder / "queries.jsonl", [{"id": q["id"], "text": q["question"]} for q in QUESTIONS[:3]])
    rows = [f"{q['id']}\t{q['context_ids'][0]}\t1" for q in QUESTIONS[:3]]
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "\n".join(rows) + "\n")
    lines(folder / "qa.jsonl", QUESTIONS)
    return folder


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`rag` in this process, with its own database and cache; errors are raised, not printed."""
    monkeypatch.setenv("RAG_EVAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RAG_DB", str(tmp_path / "runs.db"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, code: int = 0) -> str:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if isinstance(result.exception, RagError):
            raise result.exception
        assert result.exit_code == code, result.output + repr(result.exception)
        return result.stdout

    return call


def toml(tmp_path: Path, text: str, name: str = "suite.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


RETRIEVAL = """
task = "retrieval"
data = "animals"
measures = ["nDCG@10", "R@1", "MRR"]
[settings]
embedder = "hash:64"
[[system]]
name = "words"
mode = "words"
[[system]]
name = "hybrid"
"""


# -- suites -------------------------------------------------------------------------------------------------------


def test_everything_wrong_with_a_suite_is_said_at_once(tmp_path, animals):
    (animals / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\nq1\tlion\t1\nq9\tcat\t1\nq2\towl\tx\n")
    with (animals / "corpus.jsonl").open("a") as file:
        file.write('{"id": "cat", "text": "again"}\nnot json\n{"title": "no id"}\n')
    path = toml(
        tmp_path,
        'task = "retrieval"\ndata = "animals"\nmeasures = ["nDCG@10", "EM", "P"]\ncolour = 1\nbaseline = "none"\n'
        '[[system]]\nname = "a"\nmodee = "words"\ntarget = "big"\n[[system]]\nname = "a"\ngrid = { weight = 3 }\n',
    )
    with pytest.raises(InputError) as caught:
        suite.read(path, SETTINGS)
    said = caught.value.message
    for part in (
        "colour", "no measure 'EM'", "no measure 'P'", "unknown setting 'modee'", "target is 'big'", "a grid is a",
        "baseline is 'none'", "'lion'", "'q9'", "qrels.tsv, line 4", "'cat'", "line 6: not JSON", "line 7: no 'id'",
        "'q3'",
    ):  # fmt: skip
        assert part in said, part


def test_settings_that_cannot_be_are_named_before_anything_runs(tmp_path, animals):
    path = toml(
        tmp_path,
        'task = "ask"\ndata = "animals"\n[settings]\nk = 0\ntemperature = -1\nmode = "fast"\n'
        '[[system]]\nencoding = "letters"\npassages = "giv"\ncandidates = 0\n',
    )
    with pytest.raises(InputError) as caught:
        suite.read(path, SETTINGS)
    expected = ["k is 0; it must be 1 or more", "temperature is -1; it must be 0 or more", "mode is 'fast'"]
    for part in [
        *expected,
        "encoding is 'letters'; it must be one of auto, numbers",
        "passages is 'giv'",
        "5 problems",
    ]:
        assert part in caught.value.message


def test_a_grid_becomes_a_system_for_each_combination(tmp_path, animals):
    path = toml(
        tmp_path,
        'task = "retrieval"\ndata = "animals"\n[settings]\nk = 7\n'
        '[[system]]\nname = "h"\ngrid = { weight = [0.3, 0.5], target = [800, 1200] }\n'
        '[[system]]\nname = "w"\nmode = "words"\n',
    )
    loaded = suite.read(path, SETTINGS)
    assert [system.name for system in loaded.systems] == [
        "h weight=0.3 target=800", "h weight=0.3 target=1200",
        "h weight=0.5 target=800", "h weight=0.5 target=1200", "w",
    ]  # fmt: skip
    assert dict(loaded.systems[1].settings) == {"k": 7, "weight": 0.3, "target": 1200}
    assert loaded.measures == ("nDCG@10", "R@5", "R@100", "RR")


@pytest.mark.parametrize(
    "text", ["", 'task = "retrieval"', 'task = "retrieval"\ndata = "nowhere"', 'task = "x"\ndata = "animals"']
)
def test_an_empty_suite_is_an_error(tmp_path, animals, text):
    with pytest.raises(InputError):
        suite.read(toml(tmp_path, text), SETTINGS)
    with pytest.raises(InputError, match="not TOML"):
        suite.read(toml(tmp_path, "task = "), SETTINGS)
    with pytest.raises(InputError, match="there is no suite"):
        suite.read(tmp_path / "missing.toml", SETTINGS)


def test_a_limit_chooses_the_same_cases_every_time(tmp_path, animals):
    path = toml(tmp_path, RETRIEVAL)
    chosen = [[c.id for c in suite.read(path, SETTINGS, limit=2).data.cases] for _ in range(2)]
    assert chosen[0] == chosen[1]
    assert len(chosen[0]) == 2


# -- adapters -----------------------------------------------------------------------------------------------------


def read(path: Path, **options: str) -> Data:
    problems = Problems("test")
    data = adapters.read(path, problems, **options)
    problems.stop()
    return data


def test_beir_folders(tmp_path):
    lines(tmp_path / "corpus.jsonl", [{"_id": "d1", "title": "T", "text": "x"}, {"_id": "d2", "text": "y"}])
    lines(tmp_path / "queries.jsonl", [{"_id": "1", "text": "q one"}, {"_id": "2", "text": "q two"}])
    (tmp_path / "qrels").mkdir()
    (tmp_path / "qrels" / "test.tsv").write_text("query-id\tcorpus-id\tscore\n1\td2\t2\n1\td1\t0\n")
    data = read(tmp_path)
    assert [d.key for d in data.documents] == ["d1", "d2"]
    assert [dict(case.relevant) for case in data.cases] == [{"d2": 2, "d1": 0}, {}]
    with pytest.raises(InputError, match=r"qrels/dev\.tsv"):
        read(tmp_path, split="dev")


def test_squad_json(tmp_path):
    article = {
        "title": "Normans",
        "paragraphs": [
            {
                "context": "They gave their name to Normandy.",
                "qas": [
                    {"id": "a", "question": "To what?", "answers": [{"text": "Normandy", "answer_start": 24}] * 2},
                    {"id": "b", "question": "When?", "answers": [], "is_impossible": True},
                ],
            }
        ],
    }
    path = tmp_path / "dev.json"
    path.write_text(json.dumps({"version": "v2.0", "data": [article]}))
    data = read(path)
    assert data.documents[0].title == "Normans"
    assert data.cases[0] == Case("a", "To what?", {"000-000": 1}, ("Normandy",), given=("000-000",))
    assert data.cases[1].unanswerable
    path.write_text('{"data": [{"paragraphs": [{}]}]}')
    with pytest.raises(InputError, match="not SQuAD"):
        read(path)


def test_claims_with_evidence(tmp_path):
    folder = tmp_path / "claims"
    folder.mkdir()
    lines(folder / "corpus_sentences.jsonl", [{"id": "7", "title": "T", "sentences": ["It  grows.", "It falls.\n"]}])
    evidence = [{"doc": "7", "label": "CONTRADICT", "sentences": [1]}]
    claim = {"question": "It rises.", "cited": ["7"]}
    lines(folder / "qa.jsonl", [{"id": "1", **claim, "evidence": evidence}, {"id": "2", **claim, "evidence": []}])
    data = adapters.read(folder, problems := Problems("x"), task="ask")
    assert not problems.messages
    assert data.documents[0].text == "It grows.\n\nIt falls."
    assert [(c.sentences, c.unanswerable, c.given) for c in data.cases] == [
        (("It falls.",), False, ("7",)), ((), True, ("7",)),
    ]  # fmt: skip
    records = adapters.read(folder, problems, task="extract").cases
    assert [case.gold for case in records] == [
        {"verdict": "CONTRADICT", "evidence": [1]}, {"verdict": "NEI", "evidence": []},
    ]  # fmt: skip
    assert records[0].document.text == "Claim: It rises.\n\nAbstract:\n[0] It grows.\n[1] It falls."
    assert records[0].schema["properties"]["evidence"]["items"]["maximum"] == 1
    lines(folder / "qa.jsonl", [{"id": "1", "question": "?", "cited": ["9"], "evidence": []}])
    adapters.read(folder, problems, task="ask")
    assert "not in the corpus: '9'" in problems.messages[0]


def test_csv_of_question_and_expected(tmp_path):
    path = tmp_path / "mine.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(
            [["question", "expected", "relevant"], ["How, exactly?", "so | thus", "a | b"], ["Why?", "", ""]]
        )
    first, second = read(path).cases
    assert (first.answers, dict(first.relevant), first.id) == (("so", "thus"), {"a": 1, "b": 1}, "line 2")
    assert second.unanswerable
    path.write_text("frage,antwort\nx,y\n")
    with pytest.raises(InputError, match="no column expected and question"):
        read(path)


def test_trec_runs_are_read_and_written_as_ir_measures_reads_them(tmp_path):
    found = [("q 1", [("d 1", 0.5), ("d2", 0.5), ("d3", 0.1)]), ("q2", [("d2", 3.0)])]
    with (tmp_path / "a.run").open("w") as file:
        adapters.write_run(found, "my system", file.write)
    with (tmp_path / "a.qrels").open("w") as file:
        adapters.write_qrels([Case("q2", relevant={"d2": 1, "d9": 2}), Case("q 1", relevant={"d3": 1})], file.write)
    problems = Problems("x")
    run_read, qrels = (
        adapters.read_run(tmp_path / "a.run", problems),
        adapters.read_qrels(tmp_path / "a.qrels", problems),
    )
    problems.stop()
    assert [sorted(scores, key=lambda d: -scores[d]) for scores in run_read.values()] == [["d 1", "d2", "d3"], ["d2"]]
    assert qrels == {"q2": {"d2": 1, "d9": 2}, "q 1": {"d3": 1}}
    rows = [line for line in (tmp_path / "a.run").read_text().splitlines() if "\t" not in line]
    (theirs,) = ir_measures.read_trec_run("\n".join(rows) + "\n")
    assert (theirs.query_id, theirs.doc_id) == ("q2", "d2")
    (tmp_path / "bad.run").write_text("q1 Q0 d1 1 nonsense tag\nq1 Q0 d2 1 1 tag\nq1 Q0 d2 2 0 tag\n")
    adapters.read_run(tmp_path / "bad.run", problems)
    with pytest.raises(InputError, match="line 1") as caught:
        problems.stop()
    assert "twice" in caught.value.message


# -- scoring ------------------------------------------------------------------------------------------------------


def test_a_failed_case_scores_zero_and_never_vanishes():
    case = Case("q", "who?", {"d": 1}, ("cat",))
    names = ["AnswerInCitation", "F1", "CitationP", "CitationR", "AbstainP", "ErrorRate"]
    scores = scoring.score("ask", case, None, names, {}, error="ModelError: gone")
    assert scores["F1"] == (0.0, 1.0)
    assert scores["AnswerInCitation"] == (0.0, 1.0)
    assert scores["CitationR"] == (0.0, 1.0)
    assert scores["AbstainP"] == (0.0, 0.0)  # it did not abstain
    assert scores["ErrorRate"] == (1.0, 1.0)
    assert scores["Failed"] == (1.0, 1.0)
    nothing = Case("u", "who?", unanswerable=True)
    lost = scoring.score("ask", nothing, None, ["Hallucination", "AbstainR", "ErrorRate"], {}, error="x")
    assert (lost["Hallucination"], lost["AbstainR"], lost["ErrorRate"]) == ((1.0, 1.0), (0.0, 1.0), (0.0, 0.0))
    assert scoring.score("retrieval", case, None, ["nDCG@10"], {}, error="x")["nDCG@10"] == (0.0, 1.0)
    lost = scoring.score("extract", Case("e", gold={"a": "b"}), None, ["F1", "Exact", "Valid"], {}, error="x")
    assert (lost["F1"], lost["Exact"], lost["Valid"]) == ((0.0, 1.0), (0.0, 1.0), (0.0, 1.0))


def test_an_empty_record_that_failed_is_not_exact():
    lost = scoring.score("extract", Case("e", gold={}), None, ["Exact"], {}, error="x")
    assert lost["Exact"] == (0.0, 1.0)


def test_citations_of_an_answer():
    text = "One fish. Two fish. Red fish."
    case = Case("q", "?", {"d": 1}, ("two fish",), sentences=("Two fish.",))
    good = {"quote": "Two fish.", "document": "d", "start": 10, "end": 19}
    bad = {"quote": "Blue fish.", "document": "e", "start": 0, "end": 10}
    output = {"answerable": True, "answer": "two fish", "citations": [good, bad], "passages": ["e", "d"]}
    names = ["EM", "AnswerInCitation", "CitationP", "CitationR", "QuoteP", "QuoteR", "Verbatim", "Retrieved"]
    scores = scoring.score("ask", case, output, names, {"d": text, "e": text})
    assert {name: scores[name] for name in names} == {
        "EM": (1, 1), "AnswerInCitation": (1, 1), "CitationP": (0.5, 2), "CitationR": (1, 1), "QuoteP": (0.5, 2),
        "QuoteR": (1, 1), "Verbatim": (0.5, 2), "Retrieved": (1, 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("task", "name"), [("ask", "nDCG@10"), ("extract", "F1[]"), ("chunking", "SpanR"), ("grammar", "F1")]
)
def test_a_measure_of_another_task_is_an_error(task, name):
    with pytest.raises(InputError, match="has no measure"):
        scoring.check(task, name)


# -- runs ---------------------------------------------------------------------------------------------------------


def plain_suite(count: int = 5, name: str = "plain") -> Suite:
    cases = tuple(Case(f"c{i}", f"question {i}", {f"d{i}": 1}) for i in range(count))
    documents = tuple(Document("s", f"d{i}", "text") for i in range(count))
    return Suite(name, "retrieval", Data(documents, cases), (System("a"), System("b")), ("RR", "R@5"))


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
from test_evaluate import plain_suite
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
    code = KILLED.format(tests=str(Path(__file__).parent), path=path)
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


# -- reports ------------------------------------------------------------------------------------------------------


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


@pytest.mark.skipif(not shutil.which("node"), reason="node parses the page's script")
def test_the_pages_script_parses(two, tmp_path, cli):
    db, numbers = two
    cli("eval", "show", *numbers, "-d", db.path, "--html", tmp_path / "r.html")
    script = re.findall(r"<script>(.*?)</script>", (tmp_path / "r.html").read_text(), re.S)
    (tmp_path / "s.js").write_text(script[0])
    subprocess.run(["node", "--check", str(tmp_path / "s.js")], check=True)


def test_labels_of_a_plot_do_not_stand_on_each_other():
    same = [(f"system {i}", Interval(0.5, 0.4, 0.6, 9), Interval(1.0, 1.0, 1.0, 9)) for i in range(4)]
    heights = re.findall(r'<text x="[0-9.]+" y="([0-9.]+)">system', plots.costs(same, "F1", "seconds"))
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


# -- the command --------------------------------------------------------------------------------------------------


def test_a_retrieval_suite_from_file_to_figures(tmp_path, animals, cli):
    path = toml(tmp_path, RETRIEVAL)
    made = json.loads(
        cli("eval", "run", path, "--format", "json", "--baseline", tmp_path / "b.json", "--trec", tmp_path / "t")
    )
    assert [entry["system"] for entry in made["runs"]] == ["words", "hybrid"]
    assert made["runs"][0]["measures"]["nDCG@10"]["mean"] == 1.0
    assert made["runs"][0]["provenance"]["index"]["embedder"].startswith("hash")
    theirs = ir_measures.calc_aggregate(
        [ir_measures.nDCG @ 10],
        list(ir_measures.read_trec_qrels(str(tmp_path / "t" / "suite.qrels"))),
        list(ir_measures.read_trec_run(str(tmp_path / "t" / "suite.hybrid.run"))),
    )
    assert theirs[ir_measures.nDCG @ 10] == pytest.approx(made["runs"][1]["measures"]["nDCG@10"]["mean"])
    assert "not worse than" in cli("eval", "gate", path, "--baseline", tmp_path / "b.json")
    committed = json.loads((tmp_path / "b.json").read_text())
    committed["systems"]["hybrid"]["measures"]["RR"][0] = 1.5
    (tmp_path / "b.json").write_text(json.dumps(committed))
    assert "worse: hybrid: RR was 1.5" in cli("eval", "gate", path, "--baseline", tmp_path / "b.json", code=7)
    shown = cli("eval", "diff", 1, 2)
    assert "mode: words -> None" in shown
    rows = [json.loads(line) for line in cli("eval", "history", "--format", "jsonl").splitlines()]
    assert {row["system"] for row in rows} == {"words", "hybrid"}
    cli("eval", "history", "--html", tmp_path / "h.html")
    assert "<svg" in (tmp_path / "h.html").read_text()
    table = list(csv.DictReader(cli("eval", "show", 1, 2, "--format", "csv").splitlines()))
    assert {row["measure"] for row in table} >= {"nDCG@10", "R@1", "RR", "Seconds:p50"}
    assert "nDCG@10" in cli("eval", "show", 2)


def test_a_question_without_an_answer_is_no_bad_ranking(tmp_path, animals, cli):
    (animals / "queries.jsonl").unlink()
    (entry, _) = json.loads(cli("eval", "run", toml(tmp_path, RETRIEVAL), "--format", "json"))["runs"]
    assert entry["cases"] == 3
    assert entry["provenance"]["notes"] == ["1 cases left out: no document is relevant to them"]
    lines(animals / "qa.jsonl", QUESTIONS[3:])
    with pytest.raises(InputError, match="no case names a relevant document"):
        cli("eval", "run", toml(tmp_path, RETRIEVAL))


def test_a_trec_run_is_a_system(tmp_path, animals, cli):
    cli("eval", "run", toml(tmp_path, RETRIEVAL), "--trec", tmp_path / "trec")
    (tmp_path / "short.run").write_text("q1 Q0 cat 1 3.5 peer\nq2 Q0 bee 1 1 peer\nq2 Q0 owl 2 2 peer\n")
    ours = '[[system]]\nname = "again"\nrun = "trec/suite.words.run"\n'
    path = toml(tmp_path, f'{RETRIEVAL}{ours}[[system]]\nname = "peer"\nrun = "short.run"\n')
    words, _, again, peer = json.loads(cli("eval", "run", path, "--format", "json"))["runs"]
    for name in ("nDCG@10", "R@1", "RR"):
        assert words["measures"][name] == again["measures"][name]
    assert peer["measures"]["RR"]["mean"] == pytest.approx(2 / 3)  # q3 is not in it, and scores zero
    (tmp_path / "short.run").write_text("q1 cat\n")
    with pytest.raises(InputError, match=r"short\.run, line 1: not query Q0 document"):
        cli("eval", "run", path)
    with pytest.raises(InputError, match=r"there is no run at .*none\.run"):
        cli("eval", "run", toml(tmp_path, RETRIEVAL + '[[system]]\nname = "x"\nrun = "none.run"\n'))


def test_a_corpus_is_indexed_once_for_its_content_and_settings(tmp_path, animals, cli):
    path = toml(tmp_path, RETRIEVAL)
    cli("eval", "run", path)
    made = set((tmp_path / "cache").glob("animals-*.db"))
    cli("eval", "run", path)
    assert set((tmp_path / "cache").glob("animals-*.db")) == made
    assert len(made) == 1
    with (animals / "corpus.jsonl").open("a") as file:
        file.write('{"id": "fox", "text": "A fox is red."}\n')
    cli("eval", "run", path)
    assert len(set((tmp_path / "cache").glob("animals-*.db"))) == 2


PEERS = """
def make(documents, settings):
    def search(question):
        if "purrs" in question:
            raise ValueError("cannot")
        words = set(question.lower().strip("?").split())
        return sorted((d.key for d in documents), key=lambda key: -len(words & set(texts[key].lower().split())))
    texts = {d.key: d.text for d in documents}
    return search

def answers(documents, settings):
    return lambda question: {"answerable": False, "answer": "", "citations": [], "passages": []}
"""


def test_any_callable_is_a_system_and_its_errors_are_counted(tmp_path, animals, cli, monkeypatch):
    (tmp_path / "bench_peers.py").write_text(PEERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    path = toml(tmp_path, RETRIEVAL + '[[system]]\nname = "peer"\ncallable = "bench_peers:make"\n')
    with pytest.raises(RagError, match="1 cases failed"):
        cli("eval", "run", path, "--system", "peer", "--system", "words")
    made = json.loads(cli("eval", "show", 1, 2, "--format", "json"))
    peer = next(entry for entry in made["runs"] if entry["system"] == "peer")
    assert peer["failures"] == {"RagError: ValueError: cannot": 1}
    assert peer["measures"]["R@1"]["mean"] == pytest.approx(2 / 3)
    with pytest.raises(InputError, match="cannot be imported"):
        cli(
            "eval",
            "run",
            toml(tmp_path, RETRIEVAL + '[[system]]\nname = "p"\ncallable = "nowhere:x"\n'),
            "--system",
            "p",
        )
    with pytest.raises(InputError, match="has no system nobody"):
        cli("eval", "run", path, "--system", "nobody")


def test_an_ask_suite_without_a_generator(tmp_path, animals, cli, monkeypatch):
    (tmp_path / "bench_peers.py").write_text(PEERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    path = toml(
        tmp_path,
        'task = "ask"\ndata = "animals"\nmeasures = ["AnswerInCitation", "Verbatim", "AbstainR", "ErrorRate"]\n'
        '[settings]\nk = 2\n[[system]]\nname = "none"\nmodel = "none"\nembedder = "hash:64"\n'
        '[[system]]\nname = "never"\ncallable = "bench_peers:answers"\n',
    )
    made = json.loads(cli("eval", "run", path, "--format", "json"))
    means = [{name: interval["mean"] for name, interval in entry["measures"].items()} for entry in made["runs"]]
    assert means[0]["Verbatim"] == 1.0
    assert means[0]["AnswerInCitation"] == 1.0
    assert means[1]["AbstainR"] == 1.0
    assert means[1]["ErrorRate"] == 1.0
    assert made["runs"][0]["provenance"]["prompt"]["hash"]


def test_given_passages_and_chunking(tmp_path, animals, cli):
    rows = [{**QUESTIONS[1], "spans": [{"doc": "owl", "start": 0, "end": 30}]}]
    lines(animals / "qa.jsonl", rows)
    path = toml(
        tmp_path,
        'task = "chunking"\ndata = "animals"\n[[system]]\nname = "w"\nmode = "words"\nembedder = "hash:64"\nk = 1\n',
    )
    (entry,) = json.loads(cli("eval", "run", path, "--format", "json"))["runs"]
    assert entry["measures"]["SpanR@5"]["mean"] == 1.0
    assert entry["measures"]["Characters@5"]["mean"] == len(ANIMALS["owl"][1])
    path = toml(
        tmp_path,
        'task = "ask"\ndata = "animals"\nmeasures = ["Verbatim", "Retrieved"]\n'
        '[[system]]\nname = "n"\nmodel = "none"\nembedder = "hash:64"\npassages = "given"\n',
    )
    (entry,) = json.loads(cli("eval", "run", path, "--format", "json"))["runs"]
    assert entry["measures"]["Retrieved"]["mean"] == 1.0


@pytest.mark.model
def test_a_grammar_suite_asks_llama_cpps_matcher(tmp_path, cli):
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "additionalProperties": False,
    }
    tests = [{"data": {"a": 1}, "valid": True}, {"data": {"a": "1"}, "valid": False}, {"data": {}, "valid": False}]
    folder = tmp_path / "schemas"
    folder.mkdir()
    unsatisfiable = {"id": "bad", "schema": {"type": "nonsense"}, "tests": tests}
    lines(folder / "schemas.jsonl", [{"id": "good", "schema": schema, "tests": tests}, unsatisfiable])
    path = toml(tmp_path, 'task = "grammar"\ndata = "schemas"\n[[system]]\nname = "ours"\nstrict = true\n')
    with pytest.raises(RagError, match="1 cases failed"):
        cli("eval", "run", path)
    (entry,) = json.loads(cli("eval", "show", 1, "--format", "json"))["runs"]
    assert entry["measures"]["Right"]["mean"] == 0.5
    assert entry["measures"]["Compiled"]["mean"] == 0.5


@pytest.mark.model
def test_an_extract_suite_runs_the_bundled_model(tmp_path, cli):
    folder = tmp_path / "slots"
    folder.mkdir()
    schema = {
        "type": "object", "required": ["name", "kind"], "additionalProperties": False,
        "properties": {"name": {"type": "string", "maxLength": 30}, "kind": {"enum": ["pub", "restaurant"]}},
    }  # fmt: skip
    (folder / "schema.json").write_text(json.dumps(schema))
    lines(folder / "docs.jsonl", [{"id": "1", "text": "The Golden Palace is a pub."}, {"id": "2", "text": "x"}])
    gold = {"name": "The Golden Palace", "kind": "pub"}
    lines(folder / "gold.jsonl", [{"id": "1", "gold": gold}, {"id": "2", "gold": {}, "multi": True}])
    path = toml(tmp_path, 'task = "extract"\ndata = "slots"\nmeasures = ["F1", "Valid", "F1[kind]"]\n')
    (entry,) = json.loads(cli("eval", "run", path, "--format", "json"))["runs"]
    assert entry["cases"] == 1
    assert entry["measures"]["Valid"]["mean"] == 1.0
    assert entry["provenance"]["model"]["fingerprint"]
    assert "F1[kind]" in cli("eval", "show", 1)
    path.write_text(path.read_text() + '[[system]]\nname = "taught"\nexamples = "taught.jsonl"\nshots = 1\n')
    with pytest.raises(InputError, match=r"taught\.jsonl cannot be read"):
        cli("eval", "run", path)
    known = {"text": "The Old Mill is a pub.", "data": {"name": "The Old Mill", "kind": "pub"}}
    lines(tmp_path / "taught.jsonl", [known, {**known, "text": "Elsewhere, The Old Mill."}])
    (entry,) = json.loads(cli("eval", "run", path, "--format", "json"))["runs"]
    assert entry["measures"]["F1"]["mean"] == 1.0
    assert entry["provenance"]["examples"]


# -- one's own suite ----------------------------------------------------------------------------------------------


def test_a_suite_of_ones_own_in_a_minute(tmp_path, cli):
    notes = tmp_path / "notes"
    notes.mkdir()
    for key, (title, text) in ANIMALS.items():
        (notes / f"{key}.md").write_text(f"# {title} in the house\n\n{text}\n")
    cli("index", "notes", "--embedder", "hash:64")
    assert cli("eval", "init", "mine", "--cases", 2).strip() == "mine.toml"
    assert len((tmp_path / "mine.jsonl").read_text().splitlines()) == 2
    with pytest.raises(InputError, match="exists already"):
        cli("eval", "init", "mine")
    cli("ask", "Who flies without a sound?", "--model", "none")
    cli("eval", "add", "Which animal purrs?", "--relevant", "cat.md", "--answer", "the cat")
    cli("eval", "add", "--good", 1)
    with pytest.raises(InputError, match="has the case"):
        cli("eval", "add", "--bad", 1)
    with pytest.raises(InputError, match=r"no document 'lion\.md'"):
        cli("eval", "add", "Who roars?", "--relevant", "lion.md")
    with pytest.raises(InputError, match="nothing says what is right"):
        cli("eval", "add", "Who roars?")
    rows = [json.loads(line) for line in (tmp_path / "mine.jsonl").read_text().splitlines()]
    assert rows[-1]["question"] == "Who flies without a sound?"
    assert rows[-1]["relevant"][0] == "owl.md"
    made = json.loads(cli("eval", "run", "mine.toml", "--format", "json"))
    assert made["runs"][0]["cases"] == 4
    assert made["runs"][1]["measures"]["nDCG@10"]["mean"] > 0.5


def test_a_thumb_down_means_that_there_is_no_answer():
    from rag.evaluate.drafts import judged

    cited = {"question": "q?", "answerable": True, "answer": "a", "citations": [{"document": "d"}, {"document": "d"}]}
    assert judged(cited, True)["relevant"] == ["d"]
    assert judged(cited, False)["unanswerable"] is True
    nothing = {"question": "q?", "answerable": False, "answer": "", "citations": []}
    assert judged(nothing, True)["unanswerable"] is True
    with pytest.raises(InputError, match="say what is right"):
        judged(nothing, False)


# -- the project's own suites -------------------------------------------------------------------------------------


SUITES = sorted((Path(__file__).parents[2] / "eval").glob("*.toml"))


@pytest.mark.parametrize("path", SUITES, ids=lambda path: path.stem)
def test_the_projects_own_suites_are_sound(path):
    """Their keys and measures always; their data where it is there."""
    if (SHARED / suite.tomllib.loads(path.read_text())["data"]).exists():
        assert suite.read(path, SETTINGS, root=SHARED).data.cases
    else:
        with pytest.raises(InputError, match="there is no data") as caught:
            suite.read(path, SETTINGS, root=SHARED)
        assert "problems" not in caught.value.message or "there are no cases" in caught.value.message


def test_the_bench_finds_no_corpus_for_cases_alone(tmp_path, cli):
    """Cases without documents are asked of the user's index, and say so if there is none."""
    path = toml(tmp_path, 'task = "retrieval"\n[[cases]]\nid = "a"\nquestion = "x?"\nrelevant = ["k"]\n')
    loaded = suite.read(path, SETTINGS)
    with pytest.raises(RagError, match="there is no index"):
        Bench(tmp_path / "none.db", tmp_path / "cache").prepare(loaded, loaded.systems[0])


def test_the_code_of_a_package_is_all_of_it():
    from rag import grammar, ranking
    from rag.cli.evaluate_tasks import code
    from rag.grammar import citations

    assert code(grammar) == code(citations) != code(ranking)
