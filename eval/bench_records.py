"""
Records of small documents as people have them: how many values are right, missing, wrong.

    python eval/bench_records.py prose --save after.json [--model smollm2] [--against before.json] [--show]

`eval/records/tune` and `eval/records/held` hold recipes, mails, minutes, bills, job ads, reports, tables and notes in
some languages, `prose` and `kept` letters, news, abstracts, contracts, threads and stories without labels; all were
written for this. `tune.jsonl` and so on say what is asked of each, in short, and what is right (of several ways to say
it: `{"any": […]}`). Rules were made looking at `tune` and `prose`. Files are read as by `rag extract`, one by one.
Micro-F1 over values with a 95 % bootstrap interval over documents; an object of a list is
one value, right only if all of it is.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rag import models, prompts
from rag.app.extract import schema_extraction
from rag.app.extract_inputs import given
from rag.extract import Plan, records
from rag.grammar import shorthand
from rag.measures import extraction, statistics
from rag.types import Document

JSON = Any
FOLDER = Path(__file__).parent / "records"
KEYS = {"bikes.csv": "id", "plants.csv": "id"}


def documents(name: str) -> Iterator[Document]:
    """The document of a file, or of the row whose id stands behind its #."""
    path, _, row = name.partition("#")
    for document in given([str(FOLDER / path)], (), KEYS.get(Path(path).name, "")):
        if document.key == row or not row:
            yield document


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("part", choices=["tune", "held", "prose", "kept"])
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--only", default="", help="only files whose name holds this")
    parser.add_argument("--save", type=Path)
    parser.add_argument("--against", type=Path, help="what an earlier run saved, to be compared with")
    parser.add_argument("--show", action="store_true", help="print what is not right")
    args = parser.parse_args()
    generator = models.generator(args.model, threads=1, slots=1)
    assert generator is not None
    counts: dict[str, tuple[int, int, int]] = {}
    fields: dict[str, list[int]] = {}
    started = time.process_time()
    for line in (FOLDER / f"{args.part}.jsonl").read_text(encoding="utf-8").splitlines():
        case = json.loads(line)
        if args.only not in case["file"]:
            continue
        plan = Plan(shorthand(case["fields"]), prompts.find("extract", ["text"], generator.name), max_tokens=700)
        what = schema_extraction(plan, generator, None)
        (row,) = records(list(documents(case["file"])), what.plan, what.form, generator)
        gold, data = extraction.settled(case["data"], row.data or {})
        by_field = extraction.counts(data, gold)
        counts[case["file"]] = tuple(map(sum, zip(*by_field.values(), strict=True)))  # type: ignore[assignment]
        for name, (right, said, wanted) in by_field.items():
            sums = fields.setdefault(kind_of(name, gold.get(name) or data.get(name)), [0, 0, 0])
            sums[:] = [one + more for one, more in zip(sums, (right, said, wanted), strict=True)]
            if args.show and not right == said == wanted:
                print(f"{case['file']} {name}: {_short(data.get(name))}\n    wanted {_short(gold.get(name))}")
    seconds = time.process_time() - started
    weights = [float(said + wanted) for _, said, wanted in counts.values()]
    values = [2 * right / max(said + wanted, 1) for right, said, wanted in counts.values()]
    (f1,) = statistics.intervals([values], [weights])
    right, said, wanted = (sum(column) for column in zip(*counts.values(), strict=True))
    print(f"{args.part}, {args.model}, {len(counts)} documents: F1 {f1.mean:.3f} [{f1.low:.3f}, {f1.high:.3f}]", end="")
    print(f", P {right / max(said, 1):.3f}, R {right / wanted:.3f}, {seconds / len(counts):.2f} CPU s a document")
    for kind, (right, said, wanted) in sorted(fields.items()):
        print(f"  {kind}: {right} right, {said - right} wrong, {max(wanted - right, 0)} missing of {wanted}")
    if args.save:
        args.save.write_text(json.dumps(counts), encoding="utf-8")
    if args.against:
        before = json.loads(args.against.read_text(encoding="utf-8"))
        old = [2 * before[name][0] / max(before[name][1] + before[name][2], 1) for name in counts]
        found = statistics.compare(old, values, [float(before[n][1] + before[n][2]) for n in counts], weights)
        print(
            f"  against {args.against}: {found.difference:+.3f} [{found.low:+.3f}, {found.high:+.3f}] p {found.p:.4f}"
        )


def kind_of(name: str, value: JSON) -> str:
    """What kind of field it is, for the table."""
    if isinstance(value, list):
        return "lists of objects" if value and isinstance(value[0], Mapping) else "lists"
    return "summaries" if name == "summary" else "single values"


def _short(value: JSON) -> str:
    return json.dumps(value, ensure_ascii=False)


if __name__ == "__main__":
    sys.exit(main())
