"""
The official JSON-Schema-Test-Suite: every group without remote references, in drafts 4 to 2020-12.

`make setup` puts it into .venv (the source package of jsonschema carries it). What we do not get fully right stands in
data/grammar_suite.txt with the reason; an invalid instance that is admitted and named nowhere is never expected.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import pytest
from grammar_oracle import oracle

from rag import grammar
from rag.errors import InputError
from rag.grammar import READING
from rag.grammar.schema.format_checks import FORMATS

SUITE = Path(sys.prefix) / "json-schema-test-suite" / "tests"
EXPECTED = Path(__file__).parents[1] / "data" / "grammar_suite.txt"
DRAFTS = {
    "draft4": "http://json-schema.org/draft-04/schema#",
    "draft6": "http://json-schema.org/draft-06/schema#",
    "draft7": "http://json-schema.org/draft-07/schema#",
    "draft2019-09": "https://json-schema.org/draft/2019-09/schema",
    "draft2020-12": "https://json-schema.org/draft/2020-12/schema",
}
ELSEWHERE = ("refRemote.json", "vocabulary.json")  # schemas and dialects that would have to be fetched

REMARKS = {"contentEncoding", "contentMediaType"}


def expected() -> dict[str, str]:
    """What is known: the group to how it fails (refused, narrower, residual, remark)."""
    out = {}
    kind = ""
    for line in EXPECTED.read_text("utf-8").splitlines():
        if line.startswith("["):
            kind = line[1 : line.index("]")]
        elif line and not line.startswith("#"):
            out[line] = kind
    return out


@cache
def outcomes(draft: str) -> dict[str, set[str]]:
    folder = SUITE / draft
    assert folder.is_dir(), f"{folder} is not there: rm .venv/ready; make setup"
    out: dict[str, set[str]] = {}
    for file in sorted([*folder.glob("*.json"), *folder.glob("optional/**/*.json")]):
        if file.name in ELSEWHERE:
            continue
        for group in json.loads(file.read_text("utf-8")):
            schema = group["schema"]
            if isinstance(schema, dict):
                schema = {"$schema": DRAFTS[draft], **schema}
            name = f"{file.relative_to(folder).as_posix()} | {group['description']}"
            out.setdefault(name, set()).add(outcome(schema, group["tests"]))
    return out


def outcome(schema: dict | bool, tests: list[dict]) -> str:
    """right, refused, narrower, residual, remark (a keyword that never asserts); or LEAK, which nothing expects."""
    try:
        shape = grammar.compile(schema, limits=READING)
    except InputError:
        return "refused" if any(test["valid"] for test in tests) else "right"
    admits = oracle(shape.grammar)
    found = set()
    for test in tests:
        yes = admits(json.dumps(test["data"], ensure_ascii=False, separators=(",", ":")))
        if test["valid"] and not yes:
            found.add("narrower")
        elif yes and not test["valid"]:
            named = [residual for residual in shape.residual if "twice; the parser" not in residual.why]
            found.add("residual" if named else "remark" if REMARKS & schema.keys() else "LEAK")
    return " and ".join(sorted(found)) or "right"


@pytest.mark.parametrize("draft", DRAFTS)
def test_every_group_is_right_or_known(draft: str) -> None:
    known = expected()
    found = outcomes(draft)
    wrong = {name: how for name, how in found.items() if not how <= {"right", known.get(name)}}
    assert wrong == {}
    assert len(found) > 180


def test_nothing_is_expected_to_fail_that_does_not() -> None:
    failing = {name for draft in DRAFTS for name, how in outcomes(draft).items() if how != {"right"}}
    assert expected().keys() - failing == set()


def test_the_judge_knows_every_format_of_the_suite() -> None:
    wrong = []
    for draft in DRAFTS:
        for file in sorted((SUITE / draft / "optional" / "format").glob("*.json")):
            for group in json.loads(file.read_text("utf-8")):
                name = group["schema"].get("format", "")
                if name not in FORMATS or name == "regex":  # which takes what schemas hold in the wild
                    continue
                judge = FORMATS[name]
                texts = [test for test in group["tests"] if isinstance(test["data"], str)]
                wrong += [(draft, file.stem, test["data"]) for test in texts if judge(test["data"]) != test["valid"]]
    assert wrong == []
