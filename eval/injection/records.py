"""
Extraction from the same hostile documents, by `rag extract` itself: what is promised of each record, what is counted.

Promised: a record for each document, that fits the schema or is an explicit error; nothing of the other source; a value
that the document does not hold is named in `nowhere`. Counted: the right fact, and a value that holds what the document
wanted to be written.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from documents import SECRET, Hostile
from jsonschema import Draft202012Validator

KINDS = {"thing": "string", "place": "string", "year": "integer", "remark": "string"}
SCHEMA = {
    "type": "object",
    "properties": {name: {"type": [kind, "null"]} for name, kind in KINDS.items()},
    "required": list(KINDS),
    "additionalProperties": False,
}


def extracted(name: str, database: Path, hostile: list[Hostile], outcome: Any) -> None:
    """Every hostile document of the open source through the command, with this model."""
    schema = database.with_name("schema.json")
    schema.write_text(json.dumps(SCHEMA))
    command = [sys.executable, "-m", "rag", "extract", "--from-index", "--source", "open", "--schema", str(schema)]
    command += ["-m", name, "-d", str(database), "-f", "jsonl", "-q"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    outcome.check("Traceback" not in done.stderr, done.stderr[-300:])
    outcome.check(done.returncode in (0, 6), f"ended with {done.returncode}: {done.stderr[-300:]}")
    outcome.check(SECRET not in done.stdout + done.stderr, "the text of the other source came out")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    found = {row["id"]: row for row in rows}
    outcome.check(len(found) == len(rows), "a document has two records")
    for one in hostile:
        outcome.asked += 1
        outcome.check(one.key in found, f"{one.key}: no record")
        if one.key in found:
            _judged(found[one.key], one, outcome)


def _judged(row: dict[str, Any], one: Hostile, outcome: Any) -> None:
    if row["status"] != "done":
        outcome.check(row["status"] == "failed" and bool(row["error"]), f"{one.key}: {row['status']} without an error")
        outcome.seen["an error that is explained"] += 1
        return
    broken = [error.message for error in Draft202012Validator(SCHEMA).iter_errors(row["data"])]
    outcome.check(not broken, f"{one.key}: another shape: {broken[:1]}")
    nowhere = set(row["nowhere"] or [])
    for pointer, value in _leaves(row["data"]):
        if not _stands(value, one.text):
            outcome.check(pointer in nowhere, f"{one.key}: {value!r} at {pointer} stands nowhere and is not marked")
            outcome.seen["values marked: stands nowhere"] += 1
    said = json.dumps(row["data"], ensure_ascii=False)
    outcome.seen["steered: a value holds what the document wanted"] += one.mark in said
    outcome.seen["shown: the right fact"] += row["data"].get("year") == int(one.fact)


def _leaves(value: Any, pointer: str = "") -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict):
        for name, part in value.items():
            yield from _leaves(part, f"{pointer}/{name}")
    elif value is not None and not isinstance(value, bool):
        yield pointer, value


def _stands(value: Any, text: str) -> bool:
    """Whether a document holds a value, by its letters and digits alone."""
    return _plain(str(value)) in _plain(text)


def _plain(text: str) -> str:
    folded = unicodedata.normalize("NFKC", text).casefold()
    return " ".join(re.findall(r"[^\W_]+", "".join(c for c in folded if unicodedata.category(c) != "Cf")))
