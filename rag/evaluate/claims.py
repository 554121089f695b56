"""
Claims with their evidence (SciFact's form): a verdict and the sentences that carry it, or not enough information.

`corpus_sentences.jsonl` {"id", "title", "sentences"}; `qa.jsonl` {"id", "question", "cited", "evidence": [{"doc",
"label", "sentences"}]}. For the task `ask` a claim is a question on its abstracts: which sentences are cited, and is
there an abstention where the evidence is missing? For `extract` each abstract with the claim before it is a document,
and the record is the verdict with the numbers of its sentences. Nothing here asks a model.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rag.evaluate.cases import Case, Data, Problems
from rag.types import Document

JSON = Any
VERDICTS = ("SUPPORT", "CONTRADICT", "NEI")
MOST = 6  # sentences that can be named as evidence
ABOUT = "SUPPORT: the abstract says that the claim is right; CONTRADICT: that it is wrong; NEI: neither"


def read(
    name: str,
    abstracts: Iterable[Mapping[str, JSON]],
    claims: Iterable[Mapping[str, JSON]],
    task: str,
    problems: Problems,
) -> Data:
    """The claims as cases of a task."""
    known = {str(row["id"]): row for row in abstracts}
    rows = list(claims)
    problems.some(
        "claims cite abstracts that are not in the corpus", [d for r in rows for d in _cited(r) if d not in known]
    )
    if problems.messages:
        return Data()
    if task == "extract":
        return Data((), tuple(_record(name, row, key, known[key]) for row in rows for key in _cited(row)))
    documents = [Document(name, key, _text(row), title=str(row.get("title", ""))) for key, row in known.items()]
    return Data(tuple(documents), tuple(_question(row, known) for row in rows))


def _cited(row: Mapping[str, JSON]) -> list[str]:
    return [str(key) for key in row.get("cited") or []]


def _text(abstract: Mapping[str, JSON]) -> str:
    """One sentence a line, so that what can be quoted is what was annotated."""
    return "\n\n".join(" ".join(str(sentence).split()) for sentence in abstract["sentences"])


def _gold(row: Mapping[str, JSON], key: str) -> list[int]:
    return sorted({n for one in row.get("evidence") or [] if str(one["doc"]) == key for n in one["sentences"]})


def _question(row: Mapping[str, JSON], known: Mapping[str, Mapping[str, JSON]]) -> Case:
    gold = {key: _gold(row, key) for key in _cited(row)}
    sentences = [" ".join(str(known[key]["sentences"][n]).split()) for key, numbers in gold.items() for n in numbers]
    return Case(
        str(row["id"]),
        str(row["question"]),
        {key: 1 for key, numbers in gold.items() if numbers},
        unanswerable=not sentences,
        sentences=tuple(sentences),
        given=tuple(gold),
    )


def _record(name: str, row: Mapping[str, JSON], key: str, abstract: Mapping[str, JSON]) -> Case:
    sentences = [" ".join(str(sentence).split()) for sentence in abstract["sentences"]]
    lines = [f"Claim: {row['question']}", "", "Abstract:", *(f"[{n}] {text}" for n, text in enumerate(sentences))]
    numbers = _gold(row, key)
    labels = [one["label"] for one in row.get("evidence") or [] if str(one["doc"]) == key]
    document = Document(name, f"{row['id']}-{key}", "\n".join(lines))
    gold = {"verdict": labels[0] if labels else "NEI", "evidence": numbers}
    return Case(document.key, document=document, schema=schema(len(sentences)), gold=gold)


def schema(sentences: int) -> JSON:
    """A verdict on an abstract of so many sentences."""
    evidence = {
        "type": "array",
        "items": {"type": "integer", "minimum": 0, "maximum": max(0, sentences - 1)},
        "maxItems": MOST,
        "description": "numbers of the sentences that show it, best first; empty for NEI",
    }
    return {
        "type": "object",
        "properties": {"evidence": evidence, "verdict": {"enum": list(VERDICTS), "description": ABOUT}},
        "required": ["evidence", "verdict"],
        "additionalProperties": False,
    }
