"""What the tests of evaluation share: a small corpus, suites, files."""

import json
import os
from pathlib import Path

from rag.evaluate.cases import Case, Data
from rag.evaluate.suite import Suite, System
from rag.types import Document

SHARED = Path(os.environ.get("RAG_SHARED_DATA", Path(__file__).parents[1] / ".." / "shared" / "data"))
ANIMALS = {
    "cat": ("The cat", "A cat purrs when it is content. It hunts mice at night."),
    "dog": ("The dog", "A dog barks at strangers. It was the first animal to live with people."),
    "owl": ("The owl", "An owl flies without a sound. It hunts mice at night."),
    "bee": ("The bee", "A bee dances to tell the others where the flowers are."),
}
QUESTIONS = [
    {"id": "q1", "question": "Which animal purrs?", "answers": ["cat"], "context_ids": ["cat"]},
    {"id": "q2", "question": "Who flies without a sound?", "answers": ["an owl"], "context_ids": ["owl"]},
    {"id": "q3", "question": "What dances for flowers?", "answers": ["bee"], "context_ids": ["bee"]},
    {
        "id": "q4",
        "question": "Who invented the telescope?",
        "answers": [],
        "context_ids": ["dog"],
        "unanswerable": True,
    },
]


def lines(path: Path, rows: list[dict]) -> None:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")


def toml(tmp_path: Path, text: str, name: str = "suite.toml") -> Path:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return path


RETRIEVAL = """
task = "retrieval"
data = "animals"
measures = ["nDCG@10", "R@1", "MRR"]
[settings]
embedder = "hash:64"
[[system]]
name = "words"
mode = "words"
[[system]]
name = "hybrid"
"""


def plain_suite(count: int = 5, name: str = "plain") -> Suite:
    cases = tuple(Case(f"c{i}", f"question {i}", {f"d{i}": 1}) for i in range(count))
    documents = tuple(Document("s", f"d{i}", "text") for i in range(count))
    return Suite(name, "retrieval", Data(documents, cases), (System("a"), System("b")), ("RR", "R@5"))
