"""
Asking, measured: are all answers valid, do the citations hold the gold answer, does it abstain when it should?

    python eval/bench_ask.py ../shared/data --model smollm2 [--questions 200] [--seed 1] [--rows FILE.jsonl]

For squad2_cs224n (indexed through `Index`, a seed-fixed sample of its questions): the model beside `--model none` with
the same number of citations allowed, on the same retrieved passages; for nomiracl_en: abstention on the ten passages
that each question brings. Shares with 95 % bootstrap intervals, the difference paired. Every answer is written to the
rows file at once, and a run that was stopped goes on from it.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema

import rag
from rag import models
from rag.ask import Asking, answer, to_json
from rag.errors import RagError
from rag.index import Index
from rag.measures.answers import answer_in_citation, exact_match, token_f1
from rag.measures.statistics import compare, intervals
from rag.types import Document, Hit, Passage

SCHEMA = json.loads((Path(rag.__file__).parent / "data" / "answer.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Item:
    """A document as something to index."""

    document: Document
    stamp: str = "1"

    @property
    def key(self) -> str:
        return self.document.key

    def read(self) -> list[Document]:
        return [self.document]


def main() -> None:
    options = _options()
    rows: list[Row] = []
    if "squad" in options.sets:
        rows += _run(options, "squad2_cs224n", _squad(options))
        _squad_table(options, [row for row in rows if row["set"] == "squad2_cs224n"])
    if "nomiracl" in options.sets:
        rows += _run(options, "nomiracl_en", _nomiracl(options))
        _abstention_table([row for row in rows if row["set"] == "nomiracl_en"])
    print(f"\nload of the machine {os.getloadavg()[1]:.1f}, {time.process_time():.0f} CPU seconds in this run")


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("data", type=Path, help="the folder with squad2_cs224n and nomiracl_en")
    parser.add_argument("--model", default="smollm2")
    parser.add_argument("--questions", type=int, default=200)
    parser.add_argument("--nomiracl", type=int, default=100, help="questions of nomiracl_en")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--citations", type=int, default=Asking().citations)
    parser.add_argument("--candidates", type=int, default=Asking().candidates)
    parser.add_argument("--encoding", default=Asking().encoding)
    parser.add_argument("--prompt", default=Asking().prompt)
    parser.add_argument("--threads", type=int, default=0, help="of the local model; 0: its own default")
    parser.add_argument("--sets", nargs="*", default=["squad", "nomiracl"])
    parser.add_argument("--rows", type=Path, default=Path("bench_ask.jsonl"))
    parser.add_argument("--database", type=Path, default=Path("bench_ask.db"))
    return parser.parse_args()


def _lines(path: Path) -> list[Row]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def _squad(options: argparse.Namespace) -> Iterator[tuple[Row, list[Hit]]]:
    folder = options.data / "squad2_cs224n"
    documents = [
        Document("squad", row["id"], row["text"], title=row["title"]) for row in _lines(folder / "corpus.jsonl")
    ]
    asked = _sample(_lines(folder / "qa.jsonl"), options.questions, options.seed)
    with Index(options.database, create=True) as index:
        index.add("squad", [Item(document) for document in documents])
        for case in asked:
            yield case, index.search(case["question"], 8)


def _nomiracl(options: argparse.Namespace) -> Iterator[tuple[Row, list[Hit]]]:
    folder = options.data / "nomiracl_en"
    corpus = {row["id"]: row for row in _lines(folder / "corpus.jsonl")}
    for case in _sample(_lines(folder / "qa.jsonl"), options.nomiracl, options.seed):
        found = [corpus[key] for key in case["context_ids"] if key in corpus]
        documents = [Document("nomiracl", row["id"], row["text"], title=row["title"]) for row in found]
        yield case, [Hit(Passage(one, 0, len(one.text), one.text), 1 / rank) for rank, one in enumerate(documents, 1)]


def _sample(cases: list[Row], many: int, seed: int) -> list[Row]:
    return random.Random(seed).sample(cases, min(many, len(cases)))


def _run(options: argparse.Namespace, name: str, cases: Iterator[tuple[Row, list[Hit]]]) -> Iterator[Row]:
    """A row for every question and both systems; what the rows file has is not asked again."""
    asking = Asking(
        citations=options.citations, candidates=options.candidates, encoding=options.encoding, prompt=options.prompt
    )
    settings = [options.model, options.citations, options.candidates, options.encoding, options.prompt]
    done = {}
    if options.rows.exists():
        done = {(row["set"], row["id"], row["system"]): row for row in _lines(options.rows) if row["as"] == settings}
    embedder = models.embedder("minilm")
    threads = {"threads": options.threads} if options.threads and not options.model.startswith("openai:") else {}
    generator = models.generator(options.model, **threads)
    with options.rows.open("a") as out:
        for number, (case, hits) in enumerate(cases, 1):
            for system, writer in (("none", None), ("model", generator)):
                row = done.get((name, case["id"], system))
                if row is None:
                    began = time.process_time()
                    row = {"set": name, "id": case["id"], "system": system, "as": settings}
                    try:
                        row |= _judged(case, answer(case["question"], hits, writer, embedder, asking))
                    except RagError as error:
                        row |= {"error": error.message, "valid": 0, "verbatim": 0, "answered": 0, "covered": 0,
                                "em": 0, "f1": 0, "cited": 0, "unanswerable": case["unanswerable"]}  # fmt: skip
                    row["cpu"] = time.process_time() - began
                    out.write(json.dumps(row, ensure_ascii=False) + "\n")
                    out.flush()
                yield row
            if number % 20 == 0:
                print(f"{name}: {number} questions", file=sys.stderr)


def _judged(case: Row, given: Any) -> Row:
    found = to_json(given)
    golds = case["answers"]
    stands = [one.passage.document.text[one.start : one.end] == one.quote for one in given.citations]
    return {
        "valid": int(VALIDATOR.is_valid(json.loads(json.dumps(found)))),
        "verbatim": int(all(stands)),
        "answered": int(given.answerable),
        "covered": answer_in_citation([one.quote for one in given.citations], golds) if golds else 0,
        "first": answer_in_citation([one.quote for one in given.citations[:1]], golds) if golds else 0,
        "em": exact_match(given.text, golds) if given.answerable else 0.0,
        "f1": token_f1(given.text, golds) if given.answerable else 0.0,
        "cited": len(given.citations),
        "unanswerable": case["unanswerable"],
        "relevance": max((one["score"] for one in found["trace"]["candidates"]), default=0.0),
        "tokens_in": given.usage.get("tokens_in", 0),
        "tokens_out": given.usage.get("tokens_out", 0),
        "question": case["question"],
        "answer": given.text,
        "golds": golds[:1],
        "reply": found["trace"].get("reply", ""),
    }


def _squad_table(options: argparse.Namespace, rows: list[Row]) -> None:
    by = {system: [row for row in rows if row["system"] == system] for system in ("none", "model")}
    print(f"\nsquad2_cs224n, {len(by['model'])} questions, at most {options.citations} citations, {options.encoding}")
    for system, name in (("none", "none"), ("model", options.model)):
        mine = by[system]
        answerable = [row for row in mine if not row["unanswerable"]]
        print(f"{name}: valid {sum(row['valid'] for row in mine)} of {len(mine)},"
              f" verbatim {sum(row['verbatim'] for row in mine)}, citations {_mean(mine, 'cited'):.2f},"
              f" tokens {_mean(mine, 'tokens_in'):.0f} in, {_mean(mine, 'tokens_out'):.0f} out,"
              f" {_mean(mine, 'cpu'):.2f} CPU s each")  # fmt: skip
        for measure, about in (("covered", "a citation holds a gold answer"), ("first", "the first citation does"),
                               ("em", "exact match"), ("f1", "token F1"), ("answered", "answered")):  # fmt: skip
            _line(f"  answerable ({len(answerable)}): {about}", [row.get(measure, 0) for row in answerable])
        unanswerable = [row for row in mine if row["unanswerable"]]
        _line(f"  unanswerable ({len(unanswerable)}): abstained", [1 - row["answered"] for row in unanswerable])
    first, second = ([row["covered"] for row in by[system] if not row["unanswerable"]] for system in ("none", "model"))
    gap = compare(first, second)
    print(f"model - none, a citation holds a gold answer: {gap.difference:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]")


def _abstention_table(rows: list[Row]) -> None:
    print("\nnomiracl_en, the ten passages given")
    for system in ("none", "model"):
        for flag, name in ((False, "answerable"), (True, "unanswerable")):
            mine = [row for row in rows if row["system"] == system and row["unanswerable"] is flag]
            _line(f"  {system}, {name} ({len(mine)}): abstained", [1 - row["answered"] for row in mine])


def _mean(rows: list[Row], name: str) -> float:
    return sum(row.get(name, 0) for row in rows) / max(1, len(rows))


def _line(label: str, values: list[float]) -> None:
    if values:
        (one,) = intervals([values])
        print(f"{label}: {one.mean:.3f} [{one.low:.3f}, {one.high:.3f}]")


if __name__ == "__main__":
    main()
