"""Records to files: each format, and a file that is whole or not there."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from extraction import PERSON

from rag.errors import InputError
from rag.extract import output
from rag.extract.examples import many


def rows() -> list[dict[str, Any]]:
    return [
        {"id": "a", "status": "done", "data": {"name": 'Ünï, "q"', "age": None}, "error": None, "note": None},
        {"id": "b", "status": "failed", "data": None, "error": "why", "note": None},
    ]


def test_rows_are_written_in_each_format() -> None:
    assert [json.loads(line) for line in output.text_of(rows(), "jsonl", PERSON).splitlines()] == rows()
    assert json.loads(output.text_of(rows(), "json", PERSON)) == rows()
    assert json.loads(output.text_of([], "json", PERSON)) == []
    listed = list(csv.DictReader(io.StringIO(output.text_of(rows(), "csv", PERSON))))
    assert list(listed[0]) == ["document", "name", "age", "status", "nowhere", "error", "note"]
    assert listed[0]["name"] == 'Ünï, "q"'
    assert (listed[1]["document"], listed[1]["status"], listed[1]["error"]) == ("b", "failed", "why")


def test_a_field_keeps_its_name_and_ours_gives_way() -> None:
    names = output.columns({"properties": {"status": {}, "Name": {}, "name": {}, "row_status": {}}})
    assert list(names.values()) == [
        "document",
        "status",
        "Name",
        "name_",
        "row_status",
        "others",
        "row_status_",
        "nowhere",
        "error",
        "note",
    ]


def test_many_records_are_many_rows() -> None:
    data = {"items": [{"name": "a", "age": 1}, {"name": "b", "age": 2}]}
    row = {"id": "d", "status": "done", "data": data, "error": None, "note": None}
    flat = list(output.flat(row, many(PERSON)))
    assert [(r["document"], r["field name"], r["field age"]) for r in flat] == [("d", "a", 1), ("d", "b", 2)]
    assert output.types(many(PERSON))["field age"] == "integer"


def test_keys_that_the_schema_does_not_name_have_a_column() -> None:
    def written(schema: Any, data: Any) -> dict[str, str]:
        row = {"id": "d", "status": "done", "data": data, "error": None, "note": None}
        (found,) = csv.DictReader(io.StringIO(output.text_of([row], "csv", schema)))
        return {name: cell for name, cell in found.items() if name in ("name", "others", "value")}

    named = {"type": "object", "properties": {"name": {"type": "string"}}}
    assert written(named, {"name": "a", "x": [1]}) == {"name": "a", "others": '{"x": [1]}'}
    assert written(named, {"name": "a"}) == {"name": "a", "others": ""}
    assert written(named | {"additionalProperties": False}, {"name": "a"}) == {"name": "a"}
    patterned = named | {"additionalProperties": False, "patternProperties": {"^x": {}}}
    assert written(patterned, {"xy": 1}) == {"name": "", "others": '{"xy": 1}'}
    free = {"type": "object", "additionalProperties": {"type": "integer"}}
    assert written(free, {"a": 1, "b": 2}) == {"value": '{"a": 1, "b": 2}'}
    listed = {"type": "object", "properties": {"items": {"type": "array", "items": named}}}
    assert written(listed, {"items": [{"name": "a"}], "more": 1}) == {"name": "a", "others": '{"more": 1}'}


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    with pytest.raises(ZeroDivisionError):
        output.write_file(path, ({"id": str(1 // n)} for n in (1, 0)), "jsonl", PERSON)
    assert path.read_text() == "old"
    assert [file.name for file in tmp_path.iterdir()] == ["out.jsonl"]
    digest = output.write_file(path, rows(), "jsonl", PERSON)
    output.check_writable(path, digest, force=False)
    path.write_text("mine")
    with pytest.raises(InputError, match="no job wrote it"):
        output.check_writable(path, digest, force=False)
    output.check_writable(path, digest, force=True)


def test_a_file_that_cannot_be_written_to_its_end_is_said_and_the_rows_are_safe(tmp_path: Path) -> None:
    """As on a full disk: the system refuses to write on, here because the process may write no larger file."""
    code = "import resource, sys; from pathlib import Path; from rag.extract import output\n"
    code += "resource.setrlimit(resource.RLIMIT_FSIZE, (4096, 4096))\n"
    code += "rows = [{'id': 'x' * 50, 'status': 'done', 'data': None}] * 10_000\n"
    code += "try: output.write_file(Path(sys.argv[1]), rows, 'jsonl', {})\n"
    code += "except Exception as error: print(type(error).__name__, error.message, error.hint)"
    path = tmp_path / "out.jsonl"
    path.write_text("old")
    ran = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True)
    assert ran.stdout.startswith(f"RagError {path} was not written: ")
    assert "safe in the database" in ran.stdout
    assert [(file.name, file.read_text()) for file in tmp_path.iterdir()] == [("out.jsonl", "old")]
