"""
Labelled pairs, on which a judge shows how often it agrees: read from a file, or made from questions with gold answers.

A pair is a question, an answer, the evidence it is held against, and whether a person would say yes. Nothing here asks
a judge.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag.evaluate.cases import Case, Data, Problems
from rag.evaluate.scoring import JUDGED
from rag.measures import answers
from rag.sentences import spans
from rag.types import Document

JSON = Any


def labelled(row: Mapping[str, JSON], problems: Problems, where: str) -> Case:
    """A pair from a row of a file: id, question, measure, answer, evidence (a list), label (true or false)."""
    measure, label, evidence = row.get("measure"), row.get("label"), row.get("evidence")
    if measure not in JUDGED:
        problems.add(f"{where}: measure is {measure!r}; it must be one of {', '.join(JUDGED)}")
    if not isinstance(label, bool):
        problems.add(f"{where}: label is {label!r}; it must be true or false")
    if not isinstance(evidence, list) or not evidence:
        problems.add(f"{where}: evidence must be a list of texts")
    if not isinstance(row.get("answer"), str):
        problems.add(f"{where}: no 'answer'")
    key = str(row.get("id") or where)
    gold = {"measure": measure, "answer": row.get("answer"), "evidence": evidence or [], "label": label}
    return Case(key, str(row.get("question", "")), gold=gold)


def pairs(data: Data) -> Data:
    """
    Labelled pairs from questions with gold answers: for each question one of Correct and one of Faithful, half of
    them right.

    Correct, evidence the gold answers: the gold answer that stands last of them (right), the sentence that holds it
    (right), the gold answer of another question on the same document (wrong), another sentence of it (wrong).
    Faithful, evidence the sentence with the answer: the answer (supported), another question's answer (unsupported);
    and the answer with another sentence as evidence (unsupported). Questions for which there is no such distractor
    are left out. Of several sentences the one with most words of the question is taken.
    """
    documents = {document.key: document for document in data.documents}
    asked = [case for case in data.cases if case.answers and case.relevant]
    siblings: dict[str, list[Case]] = {}
    for case in asked:
        siblings.setdefault(next(iter(case.relevant)), []).append(case)
    made: list[Case] = []
    for case in asked:
        key = next(iter(case.relevant))
        if key in documents and (parts := _parts(case, documents[key], siblings[key])):
            made += _two(case, *parts, turn=len(made) // 2)
    return Data((), tuple(made), data.notes)


def _parts(case: Case, document: Document, siblings: Sequence[Case]) -> tuple[str, str, str] | None:
    """The sentence with the answer, one without it, and another question's answer that the sentence does not hold."""
    asked = set(answers.normalise(case.question).split())
    found = [document.text[span.start : span.end] for span in spans(document.text, document.kind)]
    found.sort(key=lambda text: -len(asked.intersection(answers.normalise(text).split())))
    holding = [text for text in found if answers.contains(text, case.answers)]
    others = [text for text in found if not answers.contains(text, case.answers)]
    mine = {answers.normalise(answer) for answer in case.answers}
    distractors = [
        other.answers[0]
        for other in siblings
        if other.id != case.id
        and not any(_overlap(answers.normalise(a), m) for a in other.answers for m in mine)
        and not (holding and answers.contains(holding[0], other.answers))
    ]
    return (holding[0], others[0], distractors[0]) if holding and others and distractors else None


def _overlap(one: str, other: str) -> bool:
    return bool(re.search(rf"\b{re.escape(one)}\b", other) or re.search(rf"\b{re.escape(other)}\b", one))


def _two(case: Case, holding: str, other: str, distractor: str, turn: int) -> Iterator[Case]:
    """The two pairs of a question; which of the ways is its turn."""
    correct = [(case.answers[-1], True), (other, False), (holding, True), (distractor, False)]
    faithful = [
        (case.answers[0], holding, True),
        (distractor, holding, False),
        (case.answers[0], holding, True),
        (case.answers[0], other, False),
    ]
    answer, label = correct[turn % 4]
    yield _pair(case, "Correct", answer, case.answers, label)
    answer, evidence, label = faithful[turn % 4]
    yield _pair(case, "Faithful", answer, [evidence], label)


def _pair(case: Case, measure: str, answer: str, evidence: Sequence[str], label: bool) -> Case:
    gold = {"measure": measure, "answer": answer, "evidence": list(evidence), "label": label}
    return Case(f"{case.id} {measure}", case.question, gold=gold)
