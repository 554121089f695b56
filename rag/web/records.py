"""
The rows of a job as a table for people: values as values, lists as lists, each with the place where it stands.

What is given to the templates is plain data. A value is a node: `{"text"}` of a leaf (with `href` where it stands in
the document, `nowhere` where it should and does not, `chosen` where it need not), `{"items"}` of a list, `{"fields"}`
of an object.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from rag import pointers
from rag.app import records
from rag.extract import grounding, output
from rag.index import Index
from rag.store import documents, jobs, pages
from rag.store.jobs import Entry, Job, Result
from rag.types import Document

JSON = Any
Node = dict[str, Any]
Known = tuple[int, Document, int]  # its number, and where in its text the offsets of the evidence begin
PART = re.compile(r"(.*)#(\d{1,15})-(\d{1,15})", re.S)  # the key of a passage: of which document, from where to where
UNBROKEN = re.compile(r"\S{1,24}|[\d\s()+/.:,-]{1,20}")  # dates, numbers, telephone numbers: never over two lines
NOTHING: tuple[JSON, ...] = (None, "", [], {})


def fields(schema: JSON) -> list[str]:
    """The names of what is asked for, in the order of the schema; "value" if it is one value."""
    return [name.removeprefix("field ") for name in output.columns(schema) if name.startswith("field ")]


def table(index: Index, job: Job, status: str, first: int, size: int) -> dict[str, Any]:
    """
    `columns`, the `rows` of so many documents from the `first`, whether there are `more`, and whether a value of these
    is `linked` or `chosen`.
    """
    found = list(jobs.results(index.db, job, status, first, size + 1))
    known = _documents(index, [entry for entry, _ in found[:size]])
    rows = [_row(entry, result, job.schema, known.get(entry.seq)) for entry, result in found[:size]]
    said = {name: any(row[name] for row in rows) for name in ("linked", "chosen")}
    return {"columns": fields(job.schema), "rows": rows, "more": len(found) > size, **said}


def keys(index: Index, job: Job, size: int = 3) -> list[str]:
    """The names of the first documents of a job."""
    return [entry.key for entry, _ in jobs.results(index.db, job, limit=size)]


def text(index: Index, job: Job, form: str) -> str:
    """All records as `rag jobs export` writes them; as JSON lines with where each value stands."""
    file = io.StringIO()
    records.write(index.db, job, records.Target(format=form, evidence=form != "csv"), file)
    return file.getvalue()


def _documents(index: Index, entries: Sequence[Entry]) -> dict[int, Known]:
    """The documents that the index still has, by the place in the input."""
    parts = {entry.seq: PART.fullmatch(entry.key) for entry in entries}
    whole = [(entry.source, entry.key) for entry in entries]
    whole += [(entry.source, part[1]) for entry in entries if (part := parts[entry.seq])]
    numbers = pages.ids_of(index.db, whole)
    found: dict[int, tuple[int, int]] = {}
    for entry in entries:
        part = parts[entry.seq]
        if number := numbers.get((entry.source, entry.key)):
            found[entry.seq] = number, 0
        elif part and (number := numbers.get((entry.source, part[1]))):
            found[entry.seq] = number, int(part[2])
    loaded = documents.load(index.db, sorted({number for number, _ in found.values()}))
    return {seq: (number, loaded[number], base) for seq, (number, base) in found.items() if number in loaded}


def _row(entry: Entry, result: Result, schema: JSON, known: Known | None) -> dict[str, Any]:
    """One document with its records: one, or as many as the schema lets it have."""
    made = _Nodes(result, schema, known)
    data, columns = result.data, fields(schema)
    many = output.is_multi(schema) and isinstance(data, Mapping)
    listed = [(f"/items/{n}", one) for n, one in enumerate(data.get("items") or [])] if many else [("", data)]
    cells = [
        [made.node(*_cell(record, place, name, schema)) for name in columns]
        for place, record in (listed if result.status == "done" else [])
    ]
    title = known[1].title if known else ""
    stem = entry.key.rpartition("/")[2].rpartition(".")[0]
    return {
        "seq": entry.seq, "key": entry.key, "title": title if title.casefold() != stem.casefold() else "",
        "href": f"/d/{known[0]}" if known else "", "status": result.status, "error": result.error,
        "note": result.note, "records": cells, "changed": made.changed, "linked": made.linked,
        "chosen": made.chosen,
    }  # fmt: skip


def _cell(record: JSON, place: str, name: str, schema: JSON) -> tuple[JSON, str]:
    """The value of a column and its JSON pointer."""
    if isinstance(record, Mapping):
        return record.get(name), f"{place}/{pointers.step(name)}"
    return record, place


class _Nodes:
    """
    The values of one row as nodes. `linked`: a value leads to its place; `chosen`: one need not stand anywhere;
    `changed`: what one stood on is not there any more.
    """

    def __init__(self, result: Result, schema: JSON, known: Known | None) -> None:
        self.evidence: Mapping[str, JSON] = result.evidence or {}
        self.missing = set(grounding.nowhere(result.data, result.evidence, schema))
        self.known = known
        self.linked = self.chosen = self.changed = False

    def node(self, value: JSON, pointer: str) -> Node:
        if value in NOTHING and not isinstance(value, bool | int | float):
            return {"text": ""}
        if isinstance(value, Mapping):
            return {
                "fields": [(name, self.node(one, f"{pointer}/{pointers.step(name)}")) for name, one in value.items()]
            }
        if isinstance(value, list):
            return {"items": [self.node(one, f"{pointer}/{number}") for number, one in enumerate(value)]}
        return self._leaf(value, pointer)

    def _leaf(self, value: JSON, pointer: str) -> Node:
        said = ("yes" if value else "no") if isinstance(value, bool) else value
        text = said if isinstance(said, str) else json.dumps(said)
        span = self.evidence.get(pointer)
        node = {"text": text, "unbroken": bool(UNBROKEN.fullmatch(text)), "nowhere": pointer in self.missing}
        if span:
            return {**node, "quote": span["quote"], "href": self._href(span)}
        self.chosen = self.chosen or not node["nowhere"]
        return {**node, "chosen": not node["nowhere"]}

    def _href(self, span: Mapping[str, JSON]) -> str:
        """The address of the place in the document; of the document, if it stands in what its format knows."""
        if self.known is None:
            return ""
        number, document, base = self.known
        self.linked = True
        if "about" in span or "column" in span:
            return f"/d/{number}"
        start, end = base + span["start"], base + span["end"]
        if document.text[start:end] != span["quote"]:
            self.changed = True
            return ""
        return f"/d/{number}?start={start}&end={end}#at"
