"""
Finished rows to a file, in input order: JSON lines, JSON, CSV, or columns for a table.

A file is written beside its place and moved there when it is whole, so nobody ever reads half of one. A file that is
there already is only replaced if a job wrote it as it now stands. Nothing here asks the database.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from rag import files
from rag.errors import InputError
from rag.extract.evidence import leaves
from rag.extract.grounding import counted, nowhere
from rag.store.jobs import Entry, Result
from rag.terminal import escaped, inert

JSON = Any
FORMATS = {".jsonl": "jsonl", ".ndjson": "jsonl", ".json": "json", ".csv": "csv"}
Row = Mapping[str, JSON]
KEPT = "All rows are safe in the database; run the same command again."
OWN = ("document", "status", "nowhere", "error", "note")  # the columns that are not the schema's
OTHERS = "others"  # and the one of the keys that a schema does not name, as JSON
STANDS = (  # the columns of a table of evidence
    ("document", "text"), ("pointer", "text"), ("value", "text"), ("stands", "integer"),
    ("start", "integer"), ("end", "integer"), ("quote", "text"), ("how", "text"),
)  # fmt: skip


def row(entry: Entry, result: Result, schema: JSON, *, evidence: bool = False) -> dict[str, JSON]:
    """A document with what came back for it, as it is written; `nowhere` are the values that it does not hold."""
    missing = nowhere(result.data, result.evidence, schema) if result.status == "done" else []
    shown: dict[str, JSON] = {"id": entry.key, "status": result.status, "data": result.data, "nowhere": missing}
    if evidence:
        shown["evidence"] = result.evidence
    return {**shown, "error": result.error or None, "note": result.note or None}


def format_of(path: Path, format: str = "") -> str:
    """The format that is asked for, or that the name says. Raises InputError."""
    found = format or FORMATS.get(path.suffix.lower(), "")
    if found not in FORMATS.values():
        raise InputError(f"{path} does not say its format", "End it in .jsonl, .json or .csv, or give --format.")
    return found


def check_writable(path: Path, written_before: str, *, force: bool) -> None:
    """Raises InputError now, not after a night's work. `written_before` is the digest of what a job wrote there."""
    if path.is_dir():
        raise InputError(f"{path} is a folder", f"Name a file: --out {path / 'records.jsonl'}")
    files.refuse(path, force=True)  # a database is not replaced even so
    if path.exists() and not force and file_digest(path) != written_before:
        raise InputError(
            f"{path} exists, and no job wrote it as it is", "Name another --out, or replace it with --force."
        )
    try:
        with tempfile.TemporaryFile(dir=path.parent):
            pass
    except OSError as error:
        raise InputError(f"cannot write to {path.parent}: {error.strerror}", "Name another --out.") from error


def write_file(path: Path, rows: Iterable[Row], format: str, schema: JSON, *, evidence: bool = False) -> str:
    """Write the rows, whole or not at all; the digest of what was written."""
    with files.whole(path, KEPT) as file:
        write(file, rows, format, schema, evidence=evidence)
    return file_digest(path)


def write_lines(path: Path, lines: Iterable[str]) -> int:
    """Write the lines, all or none; how many."""
    count = 0
    with files.whole(path, KEPT) as file:
        for line in lines:
            file.write(line + "\n")
            count += 1
    return count


def write(file: IO[str], rows: Iterable[Row], format: str, schema: JSON, *, evidence: bool = False) -> None:
    if format == "csv":
        names = columns(schema, evidence=evidence)
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(names.values())
        for row in rows:
            writer.writerows([_cell(record.get(name)) for name in names] for record in flat(row, schema))
    elif format == "json":
        file.write("[")
        for number, row in enumerate(rows):
            file.write((",\n " if number else "\n ") + escaped(json.dumps(row, ensure_ascii=False)))
        file.write("\n]\n")
    else:
        for row in rows:
            file.write(escaped(json.dumps(row, ensure_ascii=False)) + "\n")


def text_of(rows: Iterable[Row], format: str, schema: JSON) -> str:
    """What would be written, as a text."""
    file = io.StringIO()
    write(file, rows, format, schema)
    return file.getvalue()


def records_of(schema: JSON) -> JSON:
    """The schema of one record: of the elements of `items`, where a document has many."""
    if is_multi(schema):
        return schema["properties"]["items"]["items"]
    return schema


def is_multi(schema: JSON) -> bool:
    """An object that holds nothing but a list `items`: many records a document."""
    found = schema.get("properties") if isinstance(schema, Mapping) else None
    return isinstance(found, Mapping) and list(found) == ["items"] and isinstance(found["items"].get("items"), Mapping)


def has_others(record: JSON) -> bool:
    """Whether a record may have keys that its schema does not name."""
    return record.get("additionalProperties", record.get("unevaluatedProperties")) is not False or bool(
        record.get("patternProperties")
    )


def columns(schema: JSON, *, evidence: bool = False) -> dict[str, str]:
    """Key in a flat record -> name of its column; the schema's names come first, ours give way to them."""
    record = records_of(schema)
    properties = record.get("properties") if isinstance(record, Mapping) else None
    fields = list(properties) if isinstance(properties, Mapping) and properties else ["value"]
    taken: set[str] = set()

    def free(name: str) -> str:
        while name.casefold() in taken:
            name = f"{name}_"
        taken.add(name.casefold())
        return name

    named = {f"field {field}": free(field) for field in fields}
    names = [*OWN, "evidence"] if evidence else list(OWN)
    if properties and has_others(record):
        names.insert(1, OTHERS)
    own = {name: free(name if name not in fields else f"row_{name}") for name in names}
    return {names[0]: own[names[0]], **named, **{name: own[name] for name in names[1:]}}


def types(schema: JSON) -> dict[str, str]:
    """Key in a flat record -> SQLite type."""
    record = records_of(schema)
    properties = (record.get("properties") if isinstance(record, Mapping) else None) or {}
    return {
        key: _affinity(properties.get(key.removeprefix("field "))) if key.startswith("field ") else "text"
        for key in columns(schema)
    }


def flat(row: Row, schema: JSON) -> Iterator[dict[str, JSON]]:
    """A row as flat records with the keys of `columns`: one each, or as many as the document has."""
    own = {"document": row["id"], "status": row["status"], "error": row.get("error"), "note": row.get("note")}
    data = row.get("data")
    record = records_of(schema)
    named = (record.get("properties") if isinstance(record, Mapping) else None) or {}
    beside: dict[str, JSON] = {}
    records: Sequence[tuple[str, JSON]] = [("", data)]
    if is_multi(schema) and isinstance(data, Mapping):
        records = [(f"/items/{number}", record) for number, record in enumerate(data.get("items") or [])]
        beside = {key: value for key, value in data.items() if key != "items"}
    for place, record in records:
        values = record if named and isinstance(record, Mapping) else {"value": record}
        missing = [pointer.removeprefix(place) or "/" for pointer in row.get("nowhere") or [] if _below(pointer, place)]
        found = {pointer: span for pointer, span in (row.get("evidence") or {}).items() if _below(pointer, place)}
        stands = {pointer.removeprefix(place): span for pointer, span in found.items()}
        said = {f"field {name}": value for name, value in values.items()}
        others = beside | {name: value for name, value in values.items() if named and name not in named}
        yield {**own, OTHERS: others or None, "nowhere": " ".join(missing) or None, "evidence": stands or None, **said}


def _below(pointer: str, place: str) -> bool:
    return pointer == place or pointer.startswith(f"{place}/")


def stands(row: Row, schema: JSON) -> Iterator[tuple[JSON, ...]]:
    """What each value of a row stands on, with the columns of `STANDS`; `stands` is null where nothing need stand."""
    for pointer, value in leaves(row.get("data")):
        span = (row.get("evidence") or {}).get(pointer) or {}
        if value is not None:
            stand = 1 if span else 0 if counted(pointer, value, schema) else None
            text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            yield row["id"], pointer, text, stand, *(span.get(name) for name, _ in STANDS[4:])


def file_digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _cell(value: JSON) -> JSON:
    if isinstance(value, Mapping | list):
        return escaped(json.dumps(value, ensure_ascii=False))
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else inert(value) if isinstance(value, str) else value


def _affinity(schema: JSON) -> str:
    found = schema.get("type") if isinstance(schema, Mapping) else None
    kinds = {kind for kind in (found if isinstance(found, list) else [found]) if kind != "null"}
    if kinds and kinds <= {"integer", "boolean"}:
        return "integer"
    return "real" if kinds and kinds <= {"integer", "number"} else "text"
