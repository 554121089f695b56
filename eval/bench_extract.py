"""
Extraction, measured: are all rows valid or explicitly failed, how many values are right, what few-shot examples and
verbatim text do for it, and whether memory stays flat.

    python eval/bench_extract.py quality ../shared/data --model smollm2 [--sets wnut17] [--ways plain,verbatim]
    python eval/bench_extract.py memory [--documents 10000]

`quality` runs real jobs in a database beside (`--database`), so a run that was stopped goes on. The sample is fixed by
the seed; few-shot examples come from documents that are not in it. Micro-F1 over fields with a 95 % bootstrap interval
over documents; `nowhere` counts the texts and numbers that stand nowhere in their document, of all that should (those
of an enum need not); each way is compared with the first on the same documents: `verbatim`, `shots` (three examples,
the same for all), `near` (of a hundred the three most like the document), `prompt=NAME` (another prompt, by name or
path), `open` (the schema says that there may be other fields), `silent` (it says nothing of them), and in databases of
their own `unjudged` (without the second pass) and `lean=N` (another weight of the values that stand in the document).
CPU seconds are those of this process.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from rag import extract, models, prompts
from rag.app.extract import bundled_judge
from rag.extract import Example, Plan, SchemaForm, grounding, leaning, near, sense
from rag.extract.evidence import leaves, standing
from rag.extract.examples import verbatim
from rag.grammar.schema import validation as checking
from rag.measures import extraction, statistics
from rag.store import Database, jobs
from rag.types import Document, Message, Reply, Request, Sampling, Shape

SETS = {"e2e_slots": 60, "product_ae110k": 60, "wnut17": 60, "redocred": 12}
MAX_TOKENS = {"redocred": 1500}
SHOTS = {**dict.fromkeys(SETS, 3), "redocred": 1}  # an example of that takes 1,000 tokens and more
MANY = 100
LEAN = leaning.LEAN


@dataclass(frozen=True)
class Case:
    """A document with its gold record; `group` is what its schema is known by."""

    id: str
    text: str
    gold: Any
    group: str = ""


def lines(path: Path) -> list[Any]:
    return [json.loads(line) for line in path.open(encoding="utf-8")]


def load(folder: Path, name: str) -> tuple[list[Case], dict[str, Any]]:
    """The cases of a set, and its schema(s) by group."""
    gold = {row["id"]: row for row in lines(folder / name / "gold.jsonl")}
    cases = [
        Case(row["id"], row["text"], gold[row["id"]]["gold"], row.get("category", ""))
        for row in lines(folder / name / "docs.jsonl")
        if not gold[row["id"]].get("multi")
    ]
    by_group = folder / name / "schemas_by_category.json"
    schemas = (
        json.loads(by_group.read_text())
        if by_group.exists()
        else {"": json.loads((folder / name / "schema.json").read_text())}
    )
    return cases, schemas


def plain_gold(name: str, gold: Any) -> Any:
    """A gold record in the form of the schema, for examples."""
    if name == "product_ae110k":
        return {key: value and value[0] for key, value in gold.items()}
    if name == "redocred":
        entities = [{"name": entity["names"][0], "type": entity["type"]} for entity in gold["entities"]]
        keys = ("head", "relation", "tail")
        return {"entities": entities, "relations": [{key: row[key] for key in keys} for row in gold["relations"]]}
    return gold


def counted(name: str, data: Any, gold: Any) -> tuple[int, int, int]:
    """(right, given, expected) values of a record; a gold value may have several names."""
    data = data or {}
    if name == "product_ae110k":
        names = {key: {extraction.normalise(one): value[0] for one in value} for key, value in gold.items() if value}
        data = {key: names.get(key, {}).get(extraction.normalise(value), value) for key, value in data.items()}
    if name == "redocred":
        alias = {extraction.normalise(one): row["names"][0] for row in gold["entities"] for one in row["names"]}

        def known(text: str) -> str:
            return alias.get(extraction.normalise(text), text)

        def once(rows: list[dict[str, str]]) -> list[dict[str, str]]:
            return [dict(row) for row in dict.fromkeys(tuple(sorted(row.items())) for row in rows)]

        data = {
            "entities": once([{**row, "name": known(row["name"])} for row in data.get("entities", [])]),
            "relations": once(
                [{**r, "head": known(r["head"]), "tail": known(r["tail"])} for r in data.get("relations", [])]
            ),
        }
        gold = plain_gold(name, gold)
        gold = {
            key: once([{k: known(v) if k != "type" and k != "relation" else v for k, v in row.items()} for row in rows])
            for key, rows in gold.items()
        }
    found = extraction.counts(data, plain_gold(name, gold) if name == "product_ae110k" else gold)
    right, given, expected = (sum(column) for column in zip(*found.values(), strict=True)) if found else (0, 0, 0)
    return right, given, expected


def without(schema: Any, keyword: str) -> Any:
    """The schema without a keyword, wherever it stands."""
    if isinstance(schema, list):
        return [without(part, keyword) for part in schema]
    if not isinstance(schema, dict):
        return schema
    return {key: without(part, keyword) for key, part in schema.items() if key != keyword}


def sample(cases: Sequence[Case], count: int, seed: int) -> tuple[list[Case], list[Case]]:
    """The cases to be asked, and the others, both in an order fixed by the seed."""
    drawn = list(cases)
    random.Random(seed).shuffle(drawn)
    asked = drawn[:count]
    texts = {case.text for case in asked}
    return asked, [case for case in drawn[count:] if case.text not in texts]


def examples(name: str, way: str, others: Sequence[Case], group: str) -> tuple[Example, ...]:
    """Examples of the group from documents that are not asked: `shots` are the first that say anything, `near` all."""
    fitting = [case for case in others if case.group == group]
    if "near" in way:
        fitting = fitting[:MANY]
    elif "shots" in way:
        fitting = [case for case in fitting if any(plain_gold(name, case.gold).values())]
        fitting = fitting[: SHOTS[name]]
    else:
        return ()
    return tuple(Example(case.text, plain_gold(name, case.gold)) for case in fitting)


def ask(
    name: str, way: str, asked: Sequence[Case], others: Sequence[Case], schemas: Any, args: Any, generator: Any
) -> Any:
    """Run the jobs of one way; (row by case id, CPU seconds)."""
    started = time.process_time()
    found: dict[str, Any] = {}
    lean = way.partition("lean=")[2]
    leaning.LEAN = float(lean or LEAN)
    apart = f"-lean-{lean}" if lean else "-unjudged" if "unjudged" in way else ""
    path = args.database.with_stem(f"{args.database.stem}{apart}")
    with Database(path, create=True) as db:
        for group in dict.fromkeys(case.group for case in asked):
            schema = verbatim(schemas[group]) if "verbatim" in way else schemas[group]
            schema = {**schema, "additionalProperties": True} if "open" in way else schema
            schema = without(schema, "additionalProperties") if "silent" in way else schema
            shown = examples(name, way, others, group)
            worded = way.partition("prompt=")[2] or args.prompt
            template = prompts.find(worded, ["text"], generator.name)
            judged = grounding.judgements(shown)
            schema = grounding.loosened(schema, judged)
            plan = Plan(schema, template, shown, max_tokens=MAX_TOKENS.get(name, 400), shots=SHOTS[name])
            plan = replace(plan, taught=bool(shown) and args.embedder is not None, judged=judged)
            chooses = not plan.choosing and args.embedder is not None
            plan = replace(plan, examples=()) if chooses else plan  # as `rag extract` does: few make it worse
            embedder, judge = (args.embedder, bundled_judge(generator)) if chooses else (None, None)
            judge = None if "unjudged" in way else judge
            form = SchemaForm(schema, plan.max_tokens, plan.attempts, embedder=embedder, judge=judge)
            documents = [Document("", case.id, case.text) for case in asked if case.group == group]
            job = extract.run(documents, plan, form, generator, db, on_progress=args.progress)
            for entry, row in jobs.results(db, job):
                assert row.status == "failed" or not checking.check(row.data, schema), "an invalid row"
                found[entry.key] = row
    return found, time.process_time() - started


HEAD = (
    "set            way             valid failed again  micro-F1              P     R     CPU s/doc tokens/doc  nowhere"
)


def quality(args: Any) -> None:
    generator = models.generator(args.model, threads=1, slots=args.slots)
    for name, value in (one.split("=") for one in args.set):
        module = next(module for module in (near, sense) if hasattr(module, name))
        setattr(module, name, float(value))
    args.embedder = None if args.embedder == "none" else models.embedder(args.embedder)
    print(HEAD)
    for name in args.sets.split(","):
        cases, schemas = load(args.data, name)
        asked, others = sample(cases, min(args.documents or SETS[name], len(cases)), args.seed)
        base: tuple[list[float], list[float]] | None = None
        for way in args.ways.split(","):
            rows, seconds = ask(name, way, asked, others, schemas, args, generator)
            counts = [counted(name, rows[case.id].data, case.gold) for case in asked]
            weights = [float(given + expected) for _, given, expected in counts]
            values = [2 * right / max(given + expected, 1) for right, given, expected in counts]
            told = f"{name:<15}{way:<16}" + row_of(list(rows.values()), counts, values, weights)
            told += f"  {seconds / len(rows):>9.2f}  {sum(row.tokens_out for row in rows.values()) / len(rows):>8.0f}"
            share, count = nowhere(rows, asked, schemas)
            told += f"  {share}/{count}"
            if base:
                found = statistics.compare(base[0], values, base[1], weights)
                told += f"  {found.difference:+.3f} [{found.low:+.3f}, {found.high:+.3f}] p {found.p:.4f}"
            base = base or (values, weights)
            print(told, flush=True)


def nowhere(rows: Any, asked: Sequence[Case], schemas: Any) -> tuple[int, int]:
    """How many of the values that should stand in their document do not, and how many there are."""
    missing = every = 0
    for case in asked:
        data, schema = rows[case.id].data, schemas[case.group]
        found = standing(data, Document("", case.id, case.text))
        missing += len(grounding.nowhere(data, found, schema))
        every += sum(grounding.counted(pointer, value, schema) for pointer, value in leaves(data))
    return missing, every


def row_of(
    rows: Sequence[Any], counts: Sequence[tuple[int, int, int]], values: list[float], weights: list[float]
) -> str:
    """How many rows are valid, failed, asked again; micro-F1, precision, recall."""
    (f1,) = statistics.intervals([values], [weights])
    right, given, expected = (sum(column) for column in zip(*counts, strict=True))
    failed = sum(row.status == "failed" for row in rows)
    again = sum(row.attempts > 1 for row in rows)
    shares = f"{right / max(given, 1):.3f} {right / max(expected, 1):.3f}"
    return f"{len(rows) - failed:>6} {failed:>6} {again:>5}  {f1.mean:.3f} [{f1.low:.3f}, {f1.high:.3f}]  {shares}"


class Scripted:
    """A generator that costs nothing and answers at once; what is measured is everything around it."""

    name, fingerprint, context = "scripted", "scripted", 4096
    constrained, parameters = True, None

    def count(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content) for message in messages) // 4

    def generate(
        self,
        messages: Sequence[Message],
        shape: Shape | None = None,
        sampling: Sampling = Sampling(),  # noqa: B008 (frozen)
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        return Reply(json.dumps({"name": messages[-1].content[:20], "age": 1}), 100, 10)

    def generate_many(self, requests: Iterator[Request]) -> Iterator[tuple[int, Reply]]:
        for index, request in enumerate(requests):
            yield index, self.generate(request.messages)


def memory(args: Any) -> None:
    """Resident memory at tenths of a job of many documents of 2,000 characters."""
    schema = {
        "type": "object",
        "required": ["name", "age"],
        "additionalProperties": False,
        "properties": {"name": {"type": "string"}, "age": {"type": "integer"}},
    }
    plan = Plan(schema, prompts.find("extract", ["text"]), max_tokens=400)
    step = max(1, args.documents // 10)

    def documents() -> Iterator[Document]:
        for number in range(args.documents):
            if number % step == 0:
                print(
                    f"{number:>7} documents: {resident():7.1f} MB, {time.process_time() - started:6.1f} CPU s",
                    flush=True,
                )
            yield Document("", f"d{number}", f"Person number {number}. " + "Some words of a text. " * 90)

    with tempfile.TemporaryDirectory() as folder, Database(Path(folder) / "jobs.db", create=True) as db:
        started = time.process_time()
        job = extract.run(documents(), plan, SchemaForm(schema, plan.max_tokens), Scripted(), db)
        counts = jobs.counts(db, job)
    print(f"{counts.documents:>7} documents: {resident():7.1f} MB, {time.process_time() - started:6.1f} CPU s")
    print(f"{counts.done} done; at most {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f} MB")


def resident() -> float:
    """MB of this process that are in memory now (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    judged = commands.add_parser("quality")
    judged.add_argument("data", type=Path)
    judged.add_argument("--model", default="smollm2")
    judged.add_argument("--sets", default=",".join(SETS))
    judged.add_argument("--ways", default="plain,verbatim,shots")
    judged.add_argument("--documents", type=int)
    judged.add_argument("--seed", type=int, default=1)
    judged.add_argument("--slots", type=int, default=8)
    judged.add_argument("--prompt", default="extract")
    judged.add_argument("--embedder", default="minilm", help="none: without what stands near a field")
    judged.add_argument("--set", action="append", default=[], help="a constant of rag.extract.near or sense: NAME=2")
    judged.add_argument("--database", type=Path, default=Path("bench_extract.db"))
    held = commands.add_parser("memory")
    held.add_argument("--documents", type=int, default=10_000)
    args = parser.parse_args()
    args.progress = None
    if args.command == "memory":
        memory(args)
    else:
        quality(args)


if __name__ == "__main__":
    sys.exit(main())
