"""Adapters: every form of data to cases."""

import csv
import json
from pathlib import Path

import ir_measures
import pytest
from evaluation import lines

from rag.errors import InputError
from rag.evaluate import adapters
from rag.evaluate.cases import Case, Data, Problems


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
