"""`rag eval` from a suite to figures: real files, a real index, systems of every kind."""

import csv
import json
from importlib import import_module

import ir_measures
import pytest
from evaluation import ANIMALS, QUESTIONS, RETRIEVAL, lines, toml

from rag import grammar, models, ranking
from rag.app.evaluate.corpora import Corpora
from rag.app.evaluate.factory import prepare
from rag.app.evaluate.settings import SETTINGS
from rag.errors import InputError, RagError
from rag.evaluate import suite
from rag.evaluate.provenance import code_hash
from rag.grammar import citations
from rag.store.cache import CachedEmbedder


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
    assert entry["provenance"]["notes"] == ["1 case left out: no relevant document is named"]
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
    def indexes() -> set[str]:
        return {path.name for path in (tmp_path / "cache").glob("*.db")} - {"vectors.db"}

    path = toml(tmp_path, RETRIEVAL)
    cli("eval", "run", path)
    made = indexes()
    cli("eval", "run", path)
    animals.rename(tmp_path / "zoo")  # the same content under another name
    cli("eval", "run", toml(tmp_path, RETRIEVAL.replace("animals", "zoo"), "zoo.toml"))
    assert indexes() == made
    assert len(made) == 1
    with (tmp_path / "zoo" / "corpus.jsonl").open("a") as file:
        file.write('{"id": "fox", "text": "A fox is red."}\n')
    cli("eval", "run", toml(tmp_path, RETRIEVAL.replace("animals", "zoo"), "zoo.toml"))
    assert len(indexes()) == 2


def test_questions_are_embedded_before_the_first_system_is_timed(tmp_path, animals):
    loaded = suite.read(toml(tmp_path, RETRIEVAL), SETTINGS)
    prepared = prepare(loaded, loaded.systems[1], Corpora(tmp_path / "none.db", tmp_path / "cache"))
    embedder = CachedEmbedder(models.embedder("hash:64"), tmp_path / "cache" / "vectors.db")
    embedder.embed([case.question for case in loaded.data.cases], "query")
    assert embedder.embedded == 0
    prepared.close()


def test_a_case_may_exclude_documents_and_follow_others(tmp_path, animals, cli):
    rows = [
        {
            "id": "q1",
            "question": "What hunts mice at night?",
            "relevant": ["owl"],
            "exclude": ["cat"],
            "answers": ["owl"],
        },
        {
            "id": "q2",
            "question": "And what does it hunt?",
            "relevant": ["owl"],
            "answers": ["mice"],
            "history": [{"question": "Who flies without a sound?", "answer": "An owl."}],
        },
    ]
    lines(animals / "qa.jsonl", rows)
    (animals / "queries.jsonl").unlink()
    path = toml(tmp_path, RETRIEVAL)
    cli("eval", "run", path, "--trec", tmp_path / "t")
    found = [line.split() for line in (tmp_path / "t" / "suite.words.run").read_text().splitlines()]
    assert "cat" not in [document for query, _, document, *_ in found if query == "q1"]
    assert next(document for query, _, document, *_ in found if query == "q2") == "owl"  # "it" is the owl
    asking = RETRIEVAL.replace("retrieval", "ask").replace('["nDCG@10", "R@1", "MRR"]', '["Retrieved"]')
    (run, _) = json.loads(cli("eval", "run", toml(tmp_path, asking, "ask.toml"), "--format", "json"))["runs"]
    assert run["measures"]["Retrieved"]["mean"] == 1.0
    lines(animals / "qa.jsonl", [rows[0] | {"exclude": ["nobody"]}, rows[1] | {"history": ["who?"]}])
    with pytest.raises(InputError, match="history is a list of turns"):
        cli("eval", "run", path)


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
    with pytest.raises(RagError, match="1 case failed"):
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
    with pytest.raises(RagError, match="1 case failed"):
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


def test_the_bench_finds_no_corpus_for_cases_alone(tmp_path, cli):
    """Cases without documents are asked of the user's index, and say so if there is none."""
    path = toml(tmp_path, 'task = "retrieval"\n[[cases]]\nid = "a"\nquestion = "x?"\nrelevant = ["k"]\n')
    loaded = suite.read(path, SETTINGS)
    with pytest.raises(RagError, match="there is no index"):
        prepare(loaded, loaded.systems[0], Corpora(tmp_path / "none.db", tmp_path / "cache"))


def test_the_code_of_a_package_is_all_of_it(tmp_path, monkeypatch):
    leaf = tmp_path / "zoo" / "room" / "deep" / "leaf.py"
    leaf.parent.mkdir(parents=True)
    for file in (tmp_path / "zoo" / "__init__.py", leaf.parents[1] / "__init__.py", leaf.with_name("__init__.py")):
        file.write_text("")
    leaf.write_text("A = 1\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    room, inside = import_module("zoo.room"), import_module("zoo.room.deep.leaf")
    before = code_hash(room)
    assert before == code_hash(inside) != code_hash(import_module("zoo"))
    leaf.write_text("A = 2\n")
    assert code_hash(room) == code_hash(inside) != before
    assert code_hash(grammar) == code_hash(citations) != code_hash(ranking)
