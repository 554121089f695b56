"""
Answer a question from the passages that were found, and show where the answer stands.

    question + hits --candidates--> is it answered at all? --excerpts--> what is shown --lines--> a line above it

An excerpt is a part of a passage, word for word, at exactly its place; it is the answer. A model may put a line above
it, held by a grammar of its sentences. Nothing here retrieves, stores or prints: hits, models and the log belong to
the caller.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from rag.ask import excerpts, lines, questions
from rag.ask.asking import CAPABLE, ENCODINGS, SMALL, STYLES, Asking, Exchange, capable, style
from rag.ask.candidates import EMBEDDED, RELEVANCE, Candidate, candidates, highlighted, within
from rag.ask.objects import to_json
from rag.ask.written import Written
from rag.errors import InputError
from rag.types import Answer, Embedder, Generator, Hit

NEAR, NEAREST = 0.85, 3  # of an answer that was refused: documents whose relevance is at least so much of the threshold
UNKNOWN = "The documents found do not answer this."

__all__ = ["CAPABLE", "EMBEDDED", "ENCODINGS", "RELEVANCE", "SMALL", "STYLES", "UNKNOWN", "Asking", "Candidate",
           "Exchange", "Written", "answer", "candidates", "capable", "standalone", "to_json"]  # fmt: skip


def answer(
    question: str,
    hits: Sequence[Hit],
    generator: Generator | None = None,
    embedder: Embedder | None = None,
    asking: Asking = Asking(),  # noqa: B008 (frozen)
    history: Sequence[Exchange] = (),
    on_text: Callable[[str], None] | None = None,
) -> Answer:
    """
    An answer with its excerpts; `on_text` gets its text, piece by piece where a model writes it.

    Raises InputError (empty question, a token limit that is too small), ModelError (question longer than the context,
    model unreachable), OutputError (a hosted model's reply does not fit, twice).
    """
    question = question.strip()
    if not question:
        raise InputError("the question is empty", 'Ask something: rag ask "How do I …?"')
    began = time.perf_counter()
    asked = standalone(question, history)
    found = candidates(asked, hits, embedder, EMBEDDED)
    threshold = asking.threshold
    if threshold is None:
        threshold = embedder.threshold if embedder else 0.0
    relevance = max((one.relevance for one in found), default=0.0)
    trace: dict[str, Any] = {"relevance": round(relevance, 4), "threshold": threshold, "style": "none"}
    name = generator.name if generator else "none"
    result = Answer(question, UNKNOWN, False, (), tuple(hits), name, {}, trace)
    shown = excerpts.chosen(asked, hits, embedder, asking.citations) if found and relevance >= threshold else []
    seconds = {"candidates": round(time.perf_counter() - began, 3)}
    if shown:
        result = replace(
            result,
            text=shown[0].quote,
            answerable=True,
            citations=tuple(highlighted(asked, one, found) for one in shown),
            trace={**trace, "style": "excerpts", "seconds": seconds},
        )
        if generator and style(asking, generator) in ("line", "prose"):
            result = _with_line(result, found, generator, asking, history)
    else:
        near = dict.fromkeys(
            hits[one.hit - 1].passage.document.key for one in found if one.relevance >= NEAR * threshold
        )
        why = {"why": "nothing relevant was found", "near": list(near)[:NEAREST]}
        result = replace(result, trace={**trace, "seconds": seconds, **why})
    if on_text:
        on_text(result.text)
    return result


def _with_line(
    result: Answer, found: Sequence[Candidate], generator: Generator, asking: Asking, history: Sequence[Exchange]
) -> Answer:
    """The answer with a line above its excerpts, if the question is after a fact and the model is sure."""
    wanted = questions.wants(result.question)
    own = [one for one in found if any(within(one.citation, shown) for shown in result.citations)]
    if wanted not in questions.FACTS or not own:
        return result
    began = time.perf_counter()
    said = lines.line(result.question, own, generator, asking, history)
    seconds = {**result.trace["seconds"], "generator": round(time.perf_counter() - began, 3)}
    result = replace(result, usage=said.usage, trace={**result.trace, **said.told, "seconds": seconds})
    if not said.sentence or not lines.sure(said.text, result.question, wanted):
        return result
    sentence = said.sentence
    first = sorted(result.citations, key=lambda one: not within(sentence, one))
    return replace(
        result,
        text=lines.widened(said.text, sentence.quote),
        citations=(replace(first[0], highlights=((sentence.start, sentence.end),)), *first[1:]),
        trace={**result.trace, "style": "line"},
    )


def standalone(question: str, history: Sequence[Exchange]) -> str:
    """The question with what it may refer to: the search for a follow-up has the earlier questions in it."""
    return "\n".join([*(exchange.question for exchange in history[-2:]), question])
