"""The judge: pairs from questions, agreement over a real server, and what is said of a judge that is not believed."""

import json
import re

import pytest
from evaluation import lines, toml
from scripted_server import completion, serving

from rag.errors import InputError, PartialError
from rag.evaluate import scoring, suite
from rag.evaluate.cases import Case, Data, Problems
from rag.evaluate.pairs import pairs
from rag.measures.statistics import kappa_interval
from rag.types import Document

KNOWN = {"judge": {"model": str, "base_url": str}, "ask": {"model": str, "k": int, "embedder": str}}
TEXT = "Rollo led the Norse in Normandy. He died in 930. Apples grow there, they say."


def questions() -> Data:
    asked = {"Who led the Norse?": "Rollo", "When did he die?": "930", "What grows there?": "Apples"}
    cases = [Case(f"q{i}", question, {"d": 1}, (gold,)) for i, (question, gold) in enumerate(asked.items())]
    unanswerable = Case("q3", "Who was the king of Spain?", unanswerable=True)
    return Data((Document("s", "d", TEXT),), (*cases, unanswerable))


def test_kappa_by_hand():
    # 20 both yes, 5 and 10 apart, 15 both no: observed .7, by chance .5, kappa .4 (Cohen's textbook example)
    said = [(1.0, 1.0)] * 20 + [(1.0, 0.0)] * 5 + [(0.0, 1.0)] * 10 + [(0.0, 0.0)] * 15
    found = kappa_interval(said)
    assert found.mean == pytest.approx(0.4)
    assert found.low < 0.4 < found.high
    assert found.n == 50
    assert kappa_interval([(1.0, 1.0)] * 9).mean == 0.0  # who always says yes has shown nothing
    assert kappa_interval([(1.0, 1.0), (0.0, 0.0)] * 50).low == pytest.approx(1.0)


def test_agreement_is_a_share_and_kappa_is_not():
    names = ["Agreement[Correct]", "Kappa[Correct]", "Kappa[Faithful]"]
    said = [(True, True)] * 20 + [(True, False)] * 5 + [(False, True)] * 10 + [(False, False)] * 15
    rows = []
    for verdict, label in said:
        case = Case("p", gold={"measure": "Correct", "answer": "a", "evidence": ["b"], "label": label})
        rows.append(scoring.score("judge", case, {"verdict": verdict}, names, {}))
    found = scoring.summarise(rows, names, seed=1, resamples=500)
    assert found["Agreement[Correct]"].mean == pytest.approx(0.7)
    assert found["Kappa[Correct]"].mean == pytest.approx(0.4)
    assert found["Kappa[Faithful]"].n == 0
    failed = scoring.score("judge", Case("p", gold=case.gold), None, names, {}, error="gone")
    assert failed["Agreement[Correct]"] == (0.0, 1.0)


def test_pairs_are_what_their_labels_say():
    made = pairs(questions())
    assert not made.documents
    assert {case.gold["measure"] for case in made.cases} == {"Correct", "Faithful"}
    assert {case.gold["label"] for case in made.cases} == {True, False}
    golds = {case.question: case.answers[0] for case in questions().cases if case.answers}
    for case in made.cases:
        pair, gold = case.gold, golds[case.question]
        said = pair["answer"] if pair["measure"] == "Correct" else pair["evidence"][0]
        holds = gold in said and (pair["measure"] == "Correct" or pair["answer"] == gold)
        assert holds == pair["label"], pair


def test_pairs_of_ones_own_and_what_is_wrong_with_them(tmp_path):
    lines(tmp_path / "p.jsonl", [
        {"id": "a", "measure": "Correct", "question": "?", "answer": "x", "evidence": ["y"], "label": False},
        {"id": "b", "measure": "Nice", "question": "?", "evidence": "y", "label": 1},
    ])  # fmt: skip
    path = toml(tmp_path, 'task = "judge"\ndata = "p.jsonl"\n')
    with pytest.raises(InputError) as caught:
        suite.read(path, KNOWN)
    for part in ("measure is 'Nice'", "label is 1", "evidence must be a list", "no 'answer'"):
        assert part in caught.value.message
    lines(tmp_path / "p.jsonl", [json.loads((tmp_path / "p.jsonl").read_text().splitlines()[0])])
    (case,) = suite.read(path, KNOWN).data.cases
    assert case.gold == {"measure": "Correct", "answer": "x", "evidence": ["y"], "label": False}


@pytest.mark.parametrize(
    ("text", "said"),
    [('measures = ["Correct"]', "Correct need a judge"), ('judge = "smollm2"\nmeasures = ["F1"]', "none of Correct")],
)
def test_a_judge_and_what_it_judges_belong_together(tmp_path, text, said):
    problems = Problems("x")
    assert not problems.messages
    path = toml(tmp_path, f'task = "ask"\n{text}\n[[cases]]\nid = "a"\nquestion = "x?"\nanswers = ["k"]\n')
    with pytest.raises(InputError, match=said):
        suite.read(path, KNOWN)


def honest(body):
    """A judge that looks whether what it is shown as the answer stands in the evidence, or the other way round."""
    asked = body["messages"][-1]["content"]
    words = json.dumps(body)
    answer = re.search(r"Answer to check:\n<<<\n(.*?)\n>>>", asked, re.S)[1].lower()
    evidence = re.search(r"(?:Evidence|Right answers):\n<<<\n(.*?)\n>>>", asked, re.S)[1].lower()
    good = any(one.removeprefix("- ") in answer or answer in one for one in evidence.splitlines())
    yes, no = ("correct", "wrong") if "Right answers" in words else ("supported", "unsupported")
    return completion(json.dumps({"verdict": yes if good else no}))


ASK = """
task = "ask"
data = "animals"
judge = "openai:judge"
measures = ["F1", "Correct", "Faithful"]
[[system]]
name = "none"
model = "none"
embedder = "hash:64"
k = 2
"""


def test_a_judge_is_believed_once_its_agreement_is_known(tmp_path, animals, cli, monkeypatch):
    pair = {"measure": "Correct", "question": "Which animal purrs?", "evidence": ["cat"]}
    rows = [{**pair, "id": f"{i}", "answer": "the cat" if i % 2 else "dog", "label": bool(i % 2)} for i in range(40)]
    lines(tmp_path / "p.jsonl", rows)
    judging = toml(
        tmp_path, 'task = "judge"\ndata = "p.jsonl"\n[[system]]\nname = "j"\nmodel = "openai:judge"\n', "j.toml"
    )
    asking = toml(tmp_path, ASK)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with serving(honest) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        before = json.loads(cli("eval", "run", asking, "--format", "json"))
        assert "was not measured here" in before["doubts"]["Correct"]
        text = cli("eval", "run", asking, "--baseline", tmp_path / "b.json")
        assert re.search(r"\(1\.000 ", text)  # in brackets, and said why
        assert "Correct is in brackets, not believed: how far openai:judge agrees" in text
        assert "Correct" not in json.loads((tmp_path / "b.json").read_text())["systems"]["none"]["measures"]
        assert "Correct, not believed" in cli("eval", "history", "--measure", "Correct")
        agreed = json.loads(cli("eval", "run", judging, "--format", "json"))
        after = json.loads(cli("eval", "run", asking, "--baseline", tmp_path / "b.json", "--format", "json"))
    assert "not believed" not in cli("eval", "history", "--measure", "Correct")
    means = {name: value["mean"] for name, value in agreed["runs"][0]["measures"].items()}
    assert (means["Agreement[Correct]"], means["Kappa[Correct]"], means["Kappa[Faithful]"]) == (1.0, 1.0, None)
    assert list(after["doubts"]) == ["Faithful"]  # nothing was measured on it
    assert "Correct" in json.loads((tmp_path / "b.json").read_text())["systems"]["none"]["measures"]
    (run,) = after["runs"]
    assert run["measures"]["Correct"]["mean"] == 1.0  # of the answerable three
    assert run["provenance"]["judge"]["prompts"]["Correct"]


def test_another_model_on_the_same_suite(tmp_path, animals, cli, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    text = ASK.replace('judge = "openai:judge"\nmeasures = ["F1", "Correct", "Faithful"]', "[settings]\nk = 2")
    with serving(completion('{"citations": [1], "answer": "mew"}')) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        path = toml(tmp_path, text.replace("k = 2\n[[", 'embedder = "hash:64"\nk = 2\n[['))
        (run,) = json.loads(cli("eval", "run", path, "--model", "openai:small", "--format", "json"))["runs"]
    assert run["system"] == "openai:small"
    assert run["settings"] == {"embedder": "hash:64", "k": 2, "model": "openai:small"}
    lines(tmp_path / "c.jsonl", [{"id": "1", "question": "?", "relevant": ["a"]}])
    with pytest.raises(InputError, match="the task retrieval asks no model"):
        cli("eval", "run", toml(tmp_path, 'task = "retrieval"\ndata = "c.jsonl"\n'), "--model", "smollm2")


def test_a_judge_that_fails_is_named(tmp_path, animals, cli, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with serving(completion("Looks good to me!")) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        with pytest.raises(PartialError, match=r"cases? failed"):
            cli("eval", "run", toml(tmp_path, ASK))
    text = cli("eval", "show", 1)
    assert "the judge: OutputError" in text


def test_the_gate_asks_for_a_judge_that_is_believed(tmp_path, animals, cli, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    with serving(honest) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", server.url)
        cli("eval", "run", toml(tmp_path, ASK), "--baseline", tmp_path / "b.json")
        committed = json.loads((tmp_path / "b.json").read_text())
        committed["systems"]["none"]["measures"]["Correct"] = [1.0, 1.0, 1.0]
        (tmp_path / "b.json").write_text(json.dumps(committed))
        out = cli("eval", "gate", tmp_path / "suite.toml", "--baseline", tmp_path / "b.json", code=7)
    assert "worse: none: Correct is not believed" in out


@pytest.mark.model
def test_the_bundled_model_gives_one_of_two_verdicts(tmp_path, cli):
    pair = {
        "id": "1",
        "measure": "Faithful",
        "question": "Who led?",
        "answer": "Rollo",
        "evidence": [TEXT],
        "label": True,
    }
    lines(tmp_path / "p.jsonl", [pair])
    text = 'task = "judge"\ndata = "p.jsonl"\n[[system]]\nname = "s"\nmodel = "smollm2"\n'
    made = json.loads(cli("eval", "run", toml(tmp_path, text), "--format", "json"))
    assert made["runs"][0]["measures"]["Agreement[Faithful]"]["mean"] in (0.0, 1.0)
