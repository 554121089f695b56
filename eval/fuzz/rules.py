"""
What is fuzzed of the rules that read a text: those of extraction, of answers, of chats. None of them asks a model.

The first line says what is asked: the fields of a record, a question, a title; the rest is the document.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from typing import Any

from rag import ask, chunking, folding, messages
from rag.ask import cells, words
from rag.extract import Plan, SchemaForm, reading
from rag.extract.choosing import WAYS, chosen, told
from rag.extract.evidence import standing
from rag.extract.keeping import MemoryRows
from rag.extract.run import Runner
from rag.extract.sense import Sense
from rag.extract.together import together
from rag.grammar import check, shorthand
from rag.index import named
from rag.models.hashing import HashingEmbedder
from rag.prompts import Template, find
from rag.types import Citation, Document, Hit, Message, Reply, Sampling, Shape

MOST_FIELDS = 300  # characters of the line that names fields or asks
FIELDS = (
    "name, email, phone, url, date date, due date, time, amount float, total float, currency, quantity int, city",
    "number, company, address, tags: list of str, summary, paid bool, kind: one of invoice letter recipe",
    "items: list of {name, quantity int, price float, day date, done bool}, attendees: list of str, decisions: list",
    "tasks: list of {task, responsible, due date}, absent: list, steps: list, ingredients: list, notice, iban, version",
    "parties: list of {name, role, address}, rent float, deposit float, landlord, tenant, start date, period_months int",  # noqa: E501
    "jobs: list of {title, company, from date, until date}, skills: list, birth_date date, medicines: list of {name, dose}",  # noqa: E501
    "wish: what the customer asks for, problem: what is wrong in a sentence of five words or more, order int, urgency",
)


def _divided(data: bytes) -> tuple[str, str]:
    text = data.decode("utf-8", "replace").replace("\0", "")
    line, _, rest = text.partition("\n")
    return line[:MOST_FIELDS], rest


def _stands(text: str, start: int, end: int, quote: str) -> None:
    assert 0 <= start < end <= len(text)
    assert text[start:end] == quote


@lru_cache(8)
def _sense(fields: str) -> tuple[Sense, Any]:
    schema = shorthand(fields)
    return Sense(schema, HashingEmbedder()), schema


def _asked(fields: str) -> str:
    return FIELDS[int(fields) % len(FIELDS)] if fields.strip().isdecimal() else fields


def extract(data: bytes) -> None:
    """What rules tell of the fields of a record fits their schema, and each quote of its evidence stands there."""
    fields, text = _divided(data)
    sense, schema = _sense(_asked(fields))
    near = sense.of(text)
    held = chosen(schema, near)
    value = _best(held)
    for node in (held, schema):
        assert not check(value, node), (value, check(value, node))
    told(held)
    read = reading.read(value, schema, near)
    for one in read.values():
        assert one.start < 0 or 0 <= one.start <= one.end <= len(text)
    _evident(standing(value, Document("s", "a.md", text), read), text)
    together(value, sense.items, text)
    assert len(sense._last) <= 4


def record(data: bytes) -> None:
    """The same of whole documents, in windows, with a model that says what it rather should."""
    fields, text = _divided(data)
    fields = _asked(fields)
    document = Document("s", "a.md", text, "A title", author="Ada King", date="2025-03-01")
    schema = shorthand(fields)
    form = SchemaForm(schema, 700, embedder=HashingEmbedder())
    plan = Plan(schema, _template(), max_tokens=700, grounded=True)
    rows = MemoryRows()
    Runner(rows, plan, form, Rather(form)).run([document])
    for row in rows.results.values():
        assert row.status in ("done", "failed")
        assert row.error if row.status == "failed" else not check(row.data, schema)
        _evident(row.evidence or {}, text)


@cache
def _template() -> Template:
    return find("extract", ["text"], "rather")


class Rather:
    """A model that says what the schema of a document says first."""

    name, fingerprint, context, constrained, parameters = "rather", "rather 1", 3000, True, None

    def __init__(self, form: SchemaForm) -> None:
        self.form = form

    def count(self, asked: Sequence[Message]) -> int:
        return sum(len(one.content) // 4 + 4 for one in asked)

    def generate(
        self, asked: Sequence[Message], shape: Shape | None, sampling: Sampling, on_text: object = None
    ) -> Reply:
        return Reply(json.dumps(_best(self.form.narrowed(self.form._held[0]))))


def _evident(found: Mapping[str, Any], text: str) -> None:
    for span in found.values():
        if span and not {"about", "column"} & set(span):
            _stands(text, span["start"], span["end"], span["quote"])


def _best(node: Any) -> Any:
    """What a schema that was held to a document would rather say."""
    if not isinstance(node, dict):
        return None
    if "prefixItems" in node:
        return [_best(part) for part in node["prefixItems"]]
    if "properties" in node:
        return {name: _best(part) for name, part in node["properties"].items()}
    if node.get("type") == "array":
        return []
    values = node.get("enum")
    ways = {way: nats for way, nats in (node.get(WAYS) or {}).items() if values is None or json.loads(way) in values}
    if ways:
        return json.loads(max(ways, key=lambda way: ways[way]))
    return values[0] if values else None


def _hits(text: str, target: int = 600) -> list[Hit]:
    documents = [Document("s", "a.md", text, "A title", kind="markdown", author="Ada", date="2025-02-03")]
    return [Hit(one, 1 / n) for document in documents for n, one in enumerate(chunking.split(document, target)[:6], 1)]


def answer(data: bytes) -> None:
    """An answer without a model: each citation and what is marked in it stands there."""
    question, text = _divided(data)
    if not question.strip():
        return
    answered = ask.answer(question, _hits(text), asking=ask.Asking(threshold=0.0))
    for one in (*answered.citations, *answered.nearest):
        _stands(text, one.start, one.end, one.quote)
        for start, end in one.highlights:
            assert one.start <= start < end <= one.end
    ask.to_json(answered)
    answered.text.encode()


def cell(data: bytes) -> None:
    """The cells of every row of a text lie in it, one behind the other."""
    question, text = _divided(data)
    asked, at = words.stems(question), 0
    for hit in _hits(text):
        for line in _lines(hit):
            found = cells.asked(set(asked), line)
            for one in found[0] if found else ():
                assert 0 <= one.start <= one.end <= len(line.quote)
            at += 1
            if at > 200:
                return


def _lines(hit: Hit) -> Iterator[Citation]:
    for found in re.finditer(r"[^\n]+", hit.passage.text):
        start = hit.passage.start + found.start()
        yield Citation(hit.passage, found[0], start, start + len(found[0]))


def name(data: bytes) -> None:
    """Whether a text says a title is yes or no; one that stands in it as it is, whole, it says."""
    title, text = _divided(data)
    said = named._words(text)
    says = named._saying(title)
    assert says(text, said) in (True, False)
    folding.fold(title)


def message(data: bytes) -> None:
    """What is written of a message is read as its sender and time, and it is one item of a list."""
    who, text = _divided(data)
    for depth in (0, 1):
        written = messages.written(who, "2025-02-19 10:20", text, depth)
        assert messages.HEAD.match(written) or not 0 < len(" ".join(who.split())) <= 100
        for line in written.split("\n")[1:]:
            assert line.startswith("    ")


GOOD = {
    "extract": [
        b"0\nInvoice 2025-0317\n\nDate: 3 March 2025\nTotal: 1,250.50 EUR\nCall 06131 128-400 or a@b.org by 15:30.\n",
        b"2\n| Item | Qty | Price |\n|---|---|---|\n| Oak table | 6 | 2,460.00 |\n| Bench | 15 | 3,450.00 |\nTotal 5,910\n",  # noqa: E501
        b"3\n# Minutes\n\nPresent: Ann Lee, Bo Dahl\nAbsent: none\n\n## Actions\n- [ ] Bo sends the list by 9 June\n"
        b"- [x] Ann: call the plumber (due 2025-06-10)\n\nDecided: we buy a kiln.\n",
        b'4\nThis lease is made between Harriet Lindqvist of 9 Quay Road (the "Landlord") and Tom Bell (the "Tenant").\n'  # noqa: E501
        b"The rent is GBP 950 a month, for twelve months from 1 May 2024.\n",
        b"5\nCurriculum vitae\n2019 - 2023 Baker, Rye & Sons\n2023 - today Head baker, Spelt Ltd\nSkills: sourdough, rye\n"  # noqa: E501
        b"Aspirin 100 mg once a day\nIbuprofen 400 mg as needed\n",
        b"6\nOrder 1009: the blue kettle leaks at the lid. I would like a refund of the 35 EUR I paid.\n",
        b"name, amount float, what: who did what in many words\nDear Ann,\n\n- Design: 2,400\n- Shop; 60 products\n",
    ],
    "answer": [
        b"how much is the garden room in the evening?\n| Room | Day | Evening |\n|---|---|---|\n| Garden | 9 | 22 |\n",
        b"who signed it?\n# Lease\n\nIt was signed by Ann Lee on 3 May 2024 in Bath.\n\n- First, water it.\n- Then rest.\n",  # noqa: E501
        b"how do I bake rye?\n1. Mix 500 g of flour\n2. Bake at 230 degrees for 50 minutes\n\nWhy? Because it is wet.\n",  # noqa: E501
        b"when is bo free?\n- Ann (2025-02-19 10:20): Is the kiln free?\n  - Bo (2025-02-19 10:21): On Friday at 8.\n",
    ],
    "cell": [b"evening price\n| Room | Day | Evening |\n|---|:-:|---|\n| Garden \\| x | 9 | 22 |\n| Attic | | 4\n"],
    "name": [b"Mercury (planet)\nMercury was seen above Release checklist.\n", b"Release checklist\nsee Release checklist"],  # noqa: E501
    "message": [b"Ann Lee\nThe kiln is free.\n\n- and (2025-01-01): so on\n"],
}  # fmt: skip
GOOD["record"] = GOOD["extract"]
TARGETS = {"extract": extract, "record": record, "answer": answer, "cell": cell, "name": name, "message": message}
