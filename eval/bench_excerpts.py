"""
Excerpts, measured: is what a reader must see shown, how much of it, and how much besides?

    python eval/bench_excerpts.py ../shared/data [--model none] [--style auto] [--limit 0] [--rows FILE.jsonl]
    python eval/bench_excerpts.py eval/household …
    python eval/bench_excerpts.py eval/people/notes …

Questions of til_howto, as people type them, over a folder of Markdown notes (til/tree, indexed once); or those of a
folder with `qa.jsonl` and `documents`, as eval/household: minutes, recipes, manuals, a contract, a README, source code,
a page, whose questions no weight was chosen by; eval/people: notes, the documentation of a tool, a club's papers in
German, a vault, chats, letters, transcripts, an export, a blog, a mailing list, and what somebody who knew only the
README asked them (mends were made looking at these). A question is hit if all strings of one gold alternative stand in
the excerpts shown (or in the answer itself); recall and precision are characters of the gold excerpt, by offsets, where
there is one. Shares with 95 % bootstrap intervals.
"""

from __future__ import annotations

import argparse
import json
import re
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rag.app.open import open_generator, open_index
from rag.ask import Asking, answer, to_json
from rag.index.absent import absent
from rag.measures.statistics import intervals
from rag.sources import files
from rag.store import documents

SAME = str.maketrans({"`": "", "×": "x", "’": "'", "‘": "'", "“": '"', "”": '"', "–": "-", "\u00a0": " "})
SPACED = "[^\\W\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]"  # of a word that blanks part from others


def main() -> None:
    options = _options()
    own = (options.data / "qa.jsonl").exists()
    folder = options.data if own else options.data / "til_howto"
    tree = folder / "documents" if own else options.data / "til" / "tree"
    cases = [json.loads(line) for line in (folder / "qa.jsonl").read_text(encoding="utf-8").splitlines()]
    generator = open_generator(options.model)
    asking, rows = Asking(style=options.style), []
    database = options.database or Path(f"bench_{folder.name}.db")
    with open_index(database, create=True) as index:
        if not index.db.value("select count(*) from document"):
            index.add(folder.name, files([str(tree)]))
        texts = {document.key: document.text for document in documents.all_documents(index.db)}
        for case in cases[: options.limit or None]:
            began = time.process_time()
            hits = index.with_replies(index.search(case["question"], 8))
            nowhere = absent(index.db, case["question"])
            given = answer(case["question"], hits, generator, index.embedder, asking, absent=nowhere)
            rows.append(_judged(_placed(case, texts), to_json(given)) | {"cpu": time.process_time() - began})
            if options.rows:
                with options.rows.open("a", encoding="utf-8") as out:
                    out.write(json.dumps(rows[-1], ensure_ascii=False) + "\n")
    _table(rows, options.model)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("data", type=Path, help="the folder with til_howto and til, or one with qa.jsonl and documents")
    parser.add_argument("--model", default="none")
    parser.add_argument("--style", default="auto")
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--rows", type=Path)
    parser.add_argument("--database", type=Path, help="the index, made if it is missing; else bench_FOLDER.db")
    return parser.parse_args()


def _placed(case: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    """The case with its gold excerpt as offsets, where it is told by its first and last words."""
    gold = case.get("excerpt")
    if not gold or "start" in gold:
        return case
    text = texts[gold["document"]]
    start = text.index(gold["first"])
    end = text.index(gold["last"], start) + len(gold["last"])
    return {**case, "excerpt": {"document": gold["document"], "start": start, "end": end}}


def _flat(text: str) -> str:
    return re.sub(r"\s+", " ", text.translate(SAME)).strip()


def stands(alternatives: Sequence[Sequence[str]], text: str) -> bool:
    """Whether all strings of one alternative stand in the text, none as a part of a longer word."""
    text = _flat(text)

    def there(one: str) -> bool:
        one = _flat(one)
        before = f"(?<!{SPACED})" if re.match(SPACED, one[0]) else ""
        after = f"(?!{SPACED})" if re.match(SPACED, one[-1]) else ""
        return re.search(before + re.escape(one) + after, text) is not None

    return any(all(map(there, alternative)) for alternative in alternatives)


def _judged(case: dict[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    shown = "\n".join(one["quote"] for one in found["citations"])
    row: dict[str, Any] = {
        "id": case["id"], "gold": not case["unanswerable"], "answered": found["answerable"], "length": len(shown),
        "answer": found["answer"], "style": found["trace"]["style"], "excerpts": len(found["citations"]),
    }  # fmt: skip
    if row["gold"]:
        own = found["answer"] if found["answerable"] else ""
        row |= {"shown": stands(case["answers"], f"{own}\n{shown}"), "said": stands(case["answers"], own)}
        row |= {"lone": sum(_lone(one["quote"]) for one in found["citations"])}
    if gold := case.get("excerpt") if row["gold"] else None:
        common = sum(
            max(0, min(one["end"], gold["end"]) - max(one["start"], gold["start"]))
            for one in found["citations"]
            if one["document"] == gold["document"]
        )
        row |= {"recall": common / (gold["end"] - gold["start"]), "precision": common / len(shown) if shown else 0.0}
    return row


def _lone(quote: str) -> bool:
    """A lead-in without what it introduces, or a mere piece of code or of a word."""
    return quote.rstrip().endswith(":") or len(quote.split()) < 2


def _table(rows: Sequence[dict[str, Any]], model: str) -> None:
    yes, no = [row for row in rows if row["gold"]], [row for row in rows if not row["gold"]]
    seconds = statistics.mean(row["cpu"] for row in rows)
    print(f"{model}: {len(yes)} answerable questions, {len(no)} not; {seconds:.2f} CPU s each")
    for name, label in (("shown", "gold strings shown"), ("said", "gold strings in the answer itself"),
                        ("recall", "recall of the excerpt"), ("precision", "precision"), ("length", "characters shown"),
                        ("excerpts", "excerpts")):  # fmt: skip
        if any(name not in row for row in yes):
            continue  # these questions have no gold excerpt
        (one,) = intervals([[float(row[name]) for row in yes]])
        print(f"  {label:34} {one.mean:.3f} [{one.low:.3f}, {one.high:.3f}]")
    print(f"  refused though answerable          {sum(not row['answered'] for row in yes)} of {len(yes)}")
    print(f"  answered though unanswerable       {sum(row['answered'] for row in no)} of {len(no)}")
    print(f"  lead-ins or fragments shown        {sum(row['lone'] for row in yes)}")


if __name__ == "__main__":
    main()
