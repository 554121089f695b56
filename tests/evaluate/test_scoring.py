"""Scoring: what an outcome is worth."""

import pytest

from rag.errors import InputError
from rag.evaluate import scoring
from rag.evaluate.cases import Case


def test_a_failed_case_scores_zero_and_never_vanishes():
    case = Case("q", "who?", {"d": 1}, ("cat",))
    names = ["AnswerInCitation", "F1", "CitationP", "CitationR", "AbstainP", "ErrorRate"]
    scores = scoring.score("ask", case, None, names, {}, error="ModelError: gone")
    assert scores["F1"] == (0.0, 1.0)
    assert scores["AnswerInCitation"] == (0.0, 1.0)
    assert scores["CitationR"] == (0.0, 1.0)
    assert scores["AbstainP"] == (0.0, 0.0)  # it did not abstain
    assert scores["ErrorRate"] == (1.0, 1.0)
    assert scores["Failed"] == (1.0, 1.0)
    nothing = Case("u", "who?", unanswerable=True)
    lost = scoring.score("ask", nothing, None, ["Hallucination", "AbstainR", "ErrorRate"], {}, error="x")
    assert (lost["Hallucination"], lost["AbstainR"], lost["ErrorRate"]) == ((1.0, 1.0), (0.0, 1.0), (0.0, 0.0))
    assert scoring.score("retrieval", case, None, ["nDCG@10"], {}, error="x")["nDCG@10"] == (0.0, 1.0)
    lost = scoring.score("extract", Case("e", gold={"a": "b"}), None, ["F1", "Exact", "Valid"], {}, error="x")
    assert (lost["F1"], lost["Exact"], lost["Valid"]) == ((0.0, 1.0), (0.0, 1.0), (0.0, 1.0))


def test_an_empty_record_that_failed_is_not_exact():
    lost = scoring.score("extract", Case("e", gold={}), None, ["Exact"], {}, error="x")
    assert lost["Exact"] == (0.0, 1.0)


def test_citations_of_an_answer():
    text = "One fish. Two fish. Red fish."
    case = Case("q", "?", {"d": 1}, ("two fish",), sentences=("Two fish.",))
    good = {"quote": "Two fish.", "document": "d", "start": 10, "end": 19}
    bad = {"quote": "Blue fish.", "document": "e", "start": 0, "end": 10}
    output = {"answerable": True, "answer": "two fish", "citations": [good, bad], "passages": ["e", "d"]}
    names = ["EM", "AnswerInCitation", "CitationP", "CitationR", "QuoteP", "QuoteR", "Verbatim", "Retrieved"]
    scores = scoring.score("ask", case, output, names, {"d": text, "e": text})
    assert {name: scores[name] for name in names} == {
        "EM": (1, 1), "AnswerInCitation": (1, 1), "CitationP": (0.5, 2), "CitationR": (1, 1), "QuoteP": (0.5, 2),
        "QuoteR": (1, 1), "Verbatim": (0.5, 2), "Retrieved": (1, 1),
    }  # fmt: skip


@pytest.mark.parametrize(
    ("task", "name"), [("ask", "nDCG@10"), ("extract", "F1[]"), ("chunking", "SpanR"), ("grammar", "F1")]
)
def test_a_measure_of_another_task_is_an_error(task, name):
    with pytest.raises(InputError, match="has no measure"):
        scoring.check(task, name)
