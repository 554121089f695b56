"""Gold records that say more than their schema can: several names of one thing, keys that it forbids."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rag.evaluate import adapters, cases, scoring
from rag.evaluate.cases import Problems
from rag.evaluate.gold import as_asked
from rag.grammar import check
from rag.measures import extraction

TEXT = {"type": "string"}


def _list(**fields: Any) -> dict[str, Any]:
    closed = {"type": "object", "additionalProperties": False, "properties": fields, "required": list(fields)}
    return {"type": "array", "items": closed}


SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "entities": _list(name=TEXT, type={"enum": ["PER", "LOC"]}),
        "relations": _list(head=TEXT, relation={"enum": ["born in"]}, tail=TEXT),
    },
}
GOLD = {
    "entities": [{"names": ["Ada Lovelace", "Ada"], "type": "PER"}, {"names": ["London"], "type": "LOC"}],
    "relations": [{"head": "Ada Lovelace", "relation": "born in", "tail": "London", "h": 0, "t": 1}],
}


def scores(gold: Any, data: Any) -> tuple[int, int, int]:
    counts = extraction.counts(*reversed(extraction.settled(gold, data)))
    right, given, wanted = (sum(column) for column in zip(*counts.values(), strict=True))
    return right, given, wanted


def test_one_of_several_names_is_right_wherever_it_stands() -> None:
    left: set[str] = set()
    gold = as_asked(GOLD, SCHEMA, left)
    assert left == {"h", "t"}
    relation = {"head": "Ada", "relation": "born in", "tail": "London"}
    said = {"entities": [{"name": "Ada", "type": "PER"}, {"name": "London", "type": "LOC"}], "relations": [relation]}
    assert check(said, SCHEMA) == []
    assert scores(gold, said) == (3, 3, 3)
    # the same person by another name is not a second one, and a wrong kind is wrong
    twice = {**said, "entities": [*said["entities"], {"name": "Ada Lovelace", "type": "PER"}]}
    assert scores(gold, twice) == (3, 3, 3)
    wrong = {**said, "entities": [{"name": "Ada", "type": "LOC"}]}
    assert scores(gold, wrong) == (1, 2, 3)


def test_a_list_of_ways_to_say_one_text() -> None:
    schema = {"type": "object", "properties": {"brand": TEXT, "tags": {"type": "array", "items": TEXT}}}
    gold = as_asked({"brand": ["Acme", "ACME Inc"], "tags": ["a", "b"]}, schema, set())
    assert scores(gold, {"brand": "acme inc", "tags": ["b"]}) == (2, 2, 3)
    assert as_asked({"tags": ["a", "b"]}, schema, set()) == {"tags": ["a", "b"]}  # nothing to change


def told(folder: Path, *gold: object, unjudged: str = "error") -> tuple[list[str], tuple[str, ...]]:
    """What is wrong with a set of two documents and these lines of gold.jsonl, and what is noted of it."""
    (folder / "schema.json").write_text(json.dumps(SCHEMA))
    (folder / "docs.jsonl").write_text("".join(json.dumps({"id": key, "text": "Ada"}) + "\n" for key in "ab"))
    (folder / "gold.jsonl").write_text("".join(json.dumps(row) + "\n" for row in gold))
    problems = Problems("suite")
    data = cases.check(adapters.read(folder, problems, task="extract"), problems, unjudged=unjudged)
    return problems.messages, data.notes


def test_gold_may_be_called_as_in_examples(tmp_path: Path) -> None:
    assert told(tmp_path, {"id": "a", "gold": {}}, {"id": "b", "data": {}}) == ([], ())


def test_a_record_that_is_missing_is_told_by_its_key(tmp_path: Path) -> None:
    (first, *_), _ = told(tmp_path, {"id": "a", "record": {}}, {"id": "b", "record": {}})
    assert 'line 1: no "gold" (or "data") with the right record, only id, record (and 1 further line likewise)' in first
    assert 'write it like {"id": "a.txt", "gold": {…}}' in first


def test_a_document_without_a_record_is_told_by_its_name(tmp_path: Path) -> None:
    wrong, _ = told(tmp_path, {"id": "a", "gold": {}})
    assert wrong == ["documents that gold.jsonl says nothing of (unjudged = \"skip\" leaves them out): 'b'"]
    assert told(tmp_path, {"id": "a", "gold": {}}, unjudged="skip") == (
        [],
        ("1 case left out: nothing says what is right",),
    )


def test_what_is_left_out_is_told(tmp_path: Path) -> None:
    (tmp_path / "schema.json").write_text(json.dumps(SCHEMA))
    (tmp_path / "docs.jsonl").write_text(json.dumps({"id": "1", "text": "Ada Lovelace was born in London."}) + "\n")
    (tmp_path / "gold.jsonl").write_text(json.dumps({"id": "1", "gold": GOLD}) + "\n")
    data = adapters.read(tmp_path, Problems("suite"), task="extract")
    assert data.notes == ("gold keys that the schema forbids left out: h, t",)
    output = {"data": {"entities": [{"name": "Ada", "type": "PER"}], "relations": []}, "valid": True}
    (case,) = data.cases
    found = scoring.TASKS["extract"].score(case, output, ["P", "R"], {})
    assert found["P"] == (1.0, 1.0)
    assert found["R"] == (1.0 / 3, 3.0)
