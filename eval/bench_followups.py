"""
Follow-ups, measured: is what answers "and for a full burial?" shown after the question before it?

    python eval/bench_followups.py [eval/followups/qa.jsonl] [--collections eval/people] [--databases FOLDER] [--show]

Each line has a collection (a folder with `documents`), the questions asked before in order, the follow-up, and gold
strings: right if all strings of one alternative stand in the excerpts or in the answer itself, or, where nothing in the
documents answers it, if that is said. Every question is asked as
`rag ask` and `rag ask -c` do, without a model.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from bench_excerpts import stands

from rag.app.ask import AskRequest, ask
from rag.app.open import open_index
from rag.sources import files
from rag.store.answers import Logged


def main() -> None:
    options = _options()
    cases = [json.loads(line) for line in options.cases.read_text(encoding="utf-8").splitlines()]
    rows: list[tuple[bool, bool]] = []  # whether it can be answered, and whether that is what was done
    for case in cases:
        found = _asked(options, case)
        shown = "\n".join([found["answer"], *(one["quote"] for one in found["citations"])])
        gold = bool(case["answers"])
        right = stands(case["answers"], shown) if gold and found["answerable"] else not (gold or found["answerable"])
        rows.append((gold, right))
        if options.show and not right:
            print(f"  {case['id']} {case['collection']}: {case['question']} -> {found['trace'].get('searched', '')}")
            print(f"      answered: {found['answerable']}; {shown[:300]!r}")
    yes, no = [right for gold, right in rows if gold], [right for gold, right in rows if not gold]
    print(
        f"{options.cases.name}: {sum(yes)} of {len(yes)} answered with the gold shown; {sum(no)} of {len(no)} refused"
    )


def _asked(options: argparse.Namespace, case: dict[str, Any]) -> dict[str, Any]:
    """The answer to the last question of a case, as plain data."""
    folder = options.collections / case["collection"]
    with open_index(options.databases / f"{folder.name}.db", create=True) as index:
        if not index.db.value("select count(*) from document"):
            index.add(folder.name, files([str(folder / "documents")]))
        earlier: Logged | None = None
        for question in [*case["earlier"], case["question"]]:
            asked = ask(index, AskRequest(question, "none"), None, earlier=earlier, log=False)
            history = (*earlier.history, (earlier.question, earlier.answer)) if earlier else ()
            earlier = Logged(question, asked.object["answer"], asked.object, {}, history)
    return asked.object


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("cases", type=Path, nargs="?", default=Path("eval/followups/qa.jsonl"))
    parser.add_argument("--collections", type=Path, default=Path("eval/people"))
    parser.add_argument("--databases", type=Path, default=Path())
    parser.add_argument("--show", action="store_true", help="also each that is not shown")
    return parser.parse_args()


if __name__ == "__main__":
    main()
