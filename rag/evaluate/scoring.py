"""
What each task measures, and how: from an outcome to scores, from scores to a mean with its interval.

A score is (value, weight); a mean is the weighted mean, so "of all citations" and "of the unanswerable questions" are
means like any other. A case that failed gets the score of an empty outcome: zero, never left out. The arithmetic is
`rag.measures`; this file only says which applies. Nothing here runs a system.

Outcomes are plain JSON, so that they can be kept and looked at:
retrieval [[document, score], …] · chunking [[document, start, end], …] · grammar {"compiled", "verdicts": [bool, …]} ·
extract {"data", "valid"} · ask {"answerable", "answer", "citations": [{"quote", "document", "start", "end"}],
"passages": [document, …], "verdicts": {measure: bool}} · judge {"verdict": bool}
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag.errors import InputError, RagError
from rag.evaluate.cases import Case
from rag.measures import answers, extraction, ranking, spans
from rag.measures.statistics import Interval, intervals, kappa_interval, quantile_interval

JSON = Any
Scores = dict[str, tuple[float, float]]
COMMON = ("Failed", "Seconds", "Seconds:p50", "Seconds:p95", "TokensIn", "TokensOut")
LOWER = ("Hallucination", "ErrorRate", "Failed", "Seconds", "Tokens", "Characters")  # less of it is better
JUDGED = ("Correct", "Faithful")  # measures of an answer that a model decides


@dataclass(frozen=True, slots=True)
class Kind:
    """A task: its measures by default, the names it knows, and how it scores an outcome."""

    default: tuple[str, ...]
    known: str  # for the error message
    accepts: Callable[[str], str | None]  # the name as it prints, or None
    score: Callable[[Case, JSON, Sequence[str], Mapping[str, str]], Scores]


def check(task: str, name: str) -> str:
    """A measure's name as it prints; raises InputError if the task has no such measure."""
    if name in COMMON:
        return name
    kind = TASKS[task]
    found = kind.accepts(name)
    if found is None:
        raise InputError(f"the task {task} has no measure {name!r}", f"known: {kind.known}, {', '.join(COMMON)}")
    return found


def score(
    task: str, case: Case, output: JSON, names: Sequence[str], texts: Mapping[str, str], *,
    error: str = "", seconds: float = 0.0, tokens: tuple[int, int] = (0, 0),
) -> Scores:  # fmt: skip
    """
    Every named measure of one case. `texts` are the documents' texts by key, for what is checked against them.

    Always also `Failed`, `Seconds`, `TokensIn` and `TokensOut`: the cost of a system belongs to its quality.
    """
    own = [name for name in names if name not in COMMON]
    scores = TASKS[task].score(case, None if error else output, own, texts)
    cost = {"Failed": float(bool(error)), "Seconds": seconds, "TokensIn": tokens[0], "TokensOut": tokens[1]}
    return scores | {name: (float(value), 1.0) for name, value in cost.items()}


def lower_is_better(name: str) -> bool:
    return name.startswith(LOWER)


def is_share(name: str) -> bool:
    """Whether a measure lies between 0 and 1."""
    return not name.startswith(("Seconds", "Tokens", "Characters", "Kappa["))


def is_mean(name: str) -> bool:
    """Whether a measure is a mean over cases: only these can be compared case by case."""
    return ":p" not in name and not name.startswith("Kappa[")


def summarise(
    rows: Sequence[Scores], names: Sequence[str], *, seed: int, resamples: int = 10_000
) -> dict[str, Interval]:
    """
    The mean of every measure over all cases with its 95 % interval; quantiles for `NAME:p50`, `NAME:p95`, and Cohen's
    kappa for `Kappa[NAME]`.
    """
    plain = [name for name in names if is_mean(name)]
    columns = [[row.get(name, (0.0, 0.0)) for row in rows] for name in plain]
    values = [[value for value, _ in column] for column in columns]
    weights = [[weight for _, weight in column] for column in columns]
    means = dict(zip(plain, intervals(values, weights, seed=seed, resamples=resamples), strict=True)) if plain else {}
    for name in names:
        if ":p" in name:
            base, _, percent = name.partition(":p")
            means[name] = quantile_interval([row[base][0] for row in rows if base in row], int(percent) / 100)
        elif not is_mean(name) and (match := PAIRED.fullmatch(name)):
            own = [(row[says][0], row[label][0]) for row in rows for says, label in [_hidden(match[2])] if says in row]
            means[name] = kappa_interval(own, seed=seed, resamples=resamples)
    return {name: means[name] for name in names}


def _share(part: float, whole: float) -> tuple[float, float]:
    return (part / whole, whole) if whole else (0.0, 0.0)


# -- retrieval ----------------------------------------------------------------------------------------------------


def _ranking_name(name: str) -> str | None:
    try:
        return str(ranking.parse(name))
    except RagError:
        return None


def _retrieval(case: Case, output: JSON, names: Sequence[str], texts: Mapping[str, str]) -> Scores:
    found = list(dict.fromkeys(str(entry[0]) for entry in output or []))
    return {name: (ranking.parse(name)(found, case.relevant), 1.0) for name in names}


# -- chunking -----------------------------------------------------------------------------------------------------

SPAN = re.compile(r"(SpanR|SpanP|SpanIoU|Characters)@([1-9][0-9]*)")


def _chunking(case: Case, output: JSON, names: Sequence[str], texts: Mapping[str, str]) -> Scores:
    scores: Scores = {}
    for name in names:
        match = SPAN.fullmatch(name)
        assert match
        top = [(str(d), int(start), int(end)) for d, start, end in (output or [])[: int(match[2])]]
        if match[1] == "Characters":
            scores[name] = _share(sum(end - start for _, start, end in top), len(top))
        else:
            measure = {"SpanR": spans.recall, "SpanP": spans.precision, "SpanIoU": spans.iou}[match[1]]
            scores[name] = (measure(top, case.spans), 1.0)
    return scores


# -- ask ----------------------------------------------------------------------------------------------------------

ASK = (
    "EM", "F1", "HasAnsEM", "HasAnsF1", "AnswerInCitation", "CitationP", "CitationR", "QuoteP", "QuoteR", "Verbatim",
    "Retrieved", "Answered", "AbstainP", "AbstainR", "Hallucination", "ErrorRate", *JUDGED,
)  # fmt: skip


def _ask(case: Case, output: JSON, names: Sequence[str], texts: Mapping[str, str]) -> Scores:
    failed = output is None
    output = output or {}
    abstained = not failed and not output.get("answerable")
    answer = "" if abstained or failed else str(output.get("answer") or "")
    citations = output.get("citations") or []
    everything = _texts(case, answer, failed, citations, output) | _citations(case, citations, texts)
    for name, (part, whole) in answers.abstention(abstained, case.unanswerable).items():
        if failed:  # neither an answer nor an abstention: the worst of both, so that no failure looks good
            part = whole * float(name in ("Hallucination", "ErrorRate"))
        everything[name] = _share(part, whole)
    return {name: everything[name] for name in names}


def to_judge(case: Case, output: JSON, names: Sequence[str]) -> dict[str, tuple[str, Sequence[str]]]:
    """What a judge is asked about an outcome: measure -> (answer, evidence). Nothing about an abstention."""
    output = output or {}
    answer = str(output.get("answer") or "") if output.get("answerable") else ""
    evidence = {"Correct": case.answers, "Faithful": [str(c.get("quote", "")) for c in output.get("citations") or []]}
    return {name: (answer, evidence[name]) for name in JUDGED if name in names and answer and evidence[name]}


def _texts(case: Case, answer: str, failed: bool, citations: Sequence[JSON], output: Mapping[str, JSON]) -> Scores:
    judged = float(bool(case.answers or case.unanswerable))
    has = float(bool(case.answers))
    em, f1 = answers.exact_match(answer, case.answers), answers.token_f1(answer, case.answers)
    if failed:
        em = f1 = 0.0
    quotes = [str(citation.get("quote", "")) for citation in citations]
    wanted = set(case.relevant) or (set() if case.unanswerable else set(case.given))
    retrieved = not wanted.isdisjoint(output.get("passages") or [])
    verdicts = output.get("verdicts") or {}
    return {
        "EM": (em, judged),
        "F1": (f1, judged),
        "HasAnsEM": (em, has),
        "HasAnsF1": (f1, has),
        "AnswerInCitation": (answers.answer_in_citation(quotes, case.answers), has),
        "Retrieved": (float(retrieved), float(bool(wanted))),
        "Answered": (float(not failed and bool(answer or citations)), 1.0),
        "Correct": (float(bool(verdicts.get("Correct"))), has),
        "Faithful": (float(bool(verdicts.get("Faithful"))), float(failed or bool(answer))),
    }


def _citations(case: Case, citations: Sequence[JSON], texts: Mapping[str, str]) -> Scores:
    cited = [str(citation.get("document", "")) for citation in citations]
    places = [
        (str(c.get("document", "")), int(c.get("start") or 0), int(c.get("end") or 0)) for c in citations
    ]  # fmt: skip
    gold = [place for key in case.relevant for place in answers.find_sentences(texts.get(key, ""), case.sentences, key)]
    right = sum(
        answers.verbatim([(str(c.get("quote", "")), start, end)], texts.get(key, ""))[0]
        for c, (key, start, end) in zip(citations, places, strict=True)
    )
    known = bool(case.relevant)  # for an unanswerable question every citation is wrong, by Hallucination
    nothing = (0.0, 0.0)
    return {
        "CitationP": _share(*answers.citation_precision(cited, case.relevant)) if known else nothing,
        "CitationR": _share(*answers.citation_recall(cited, case.relevant)) if known else nothing,
        "QuoteP": _share(*answers.quote_precision(places, gold)) if gold else nothing,
        "QuoteR": _share(*answers.quote_recall(places, gold)) if gold else nothing,
        "Verbatim": _share(right, len(citations)),
    }


# -- extract ------------------------------------------------------------------------------------------------------

FIELD = re.compile(r"(P|R|F1)\[(.+)\]")


def _extract_name(name: str) -> str | None:
    return name if name in ("P", "R", "F1", "Exact", "Valid") or FIELD.fullmatch(name) else None


def _extract(case: Case, output: JSON, names: Sequence[str], texts: Mapping[str, str]) -> Scores:
    data = (output or {}).get("data")
    gold, data = extraction.settled(case.gold, data)
    counts = extraction.counts(data, gold)
    sums = (sum(c[0] for c in counts.values()), sum(c[1] for c in counts.values()), sum(c[2] for c in counts.values()))
    scores: Scores = {
        "Exact": (float(output is not None and extraction.exact(data, gold)), 1.0),
        "Valid": (float(bool((output or {}).get("valid"))), 1.0),
    } | {name: _share(*share) for name, share in extraction.shares(*sums).items()}
    for name in names:
        if match := FIELD.fullmatch(name):
            # a field's name, or a pattern ending in * for all below it
            own = [c for field, c in counts.items() if _matches(field, match[2])]
            total = (sum(c[0] for c in own), sum(c[1] for c in own), sum(c[2] for c in own))
            scores[name] = _share(*extraction.shares(*total)[match[1]])
    return {name: scores[name] for name in names}


def _matches(field: str, pattern: str) -> bool:
    return field.startswith(pattern[:-1]) if pattern.endswith("*") else field == pattern


# -- grammar ------------------------------------------------------------------------------------------------------

GRAMMAR = ("Compiled", "Right", "ValidAccepted", "InvalidRejected")


def _grammar(case: Case, output: JSON, names: Sequence[str], texts: Mapping[str, str]) -> Scores:
    verdicts = list((output or {}).get("verdicts") or [])
    compiled = bool((output or {}).get("compiled"))
    pairs = list(zip(verdicts, (valid for _, valid in case.instances), strict=False)) if compiled else []
    valid = sum(expected for _, expected in case.instances)
    everything = {
        "Compiled": (float(compiled), 1.0),
        "Right": (float(compiled and len(pairs) == len(case.instances) and all(a == b for a, b in pairs)), 1.0),
        "ValidAccepted": _share(sum(a and b for a, b in pairs), valid),
        "InvalidRejected": _share(sum(not a and not b for a, b in pairs), len(case.instances) - valid),
    }
    return {name: everything[name] for name in names}


# -- judge --------------------------------------------------------------------------------------------------------

PAIRED = re.compile(rf"(Agreement|Kappa)\[({'|'.join(JUDGED)})\]")
PAIRS = tuple(f"{name}[{judged}]" for judged in JUDGED for name in ("Agreement", "Kappa"))


def _hidden(judged: str) -> tuple[str, str]:
    """The scores that kappa is made from: what the judge said, and the label."""
    return f"Says[{judged}]", f"Label[{judged}]"


def _judge(case: Case, output: JSON, names: Sequence[str], texts: Mapping[str, str]) -> Scores:
    label, verdict = bool(case.gold["label"]), (output or {}).get("verdict")
    says = bool(verdict) if verdict is not None else not label  # one that failed disagrees
    measure = case.gold["measure"]
    own = dict(zip(_hidden(measure), ((float(says), 1.0), (float(label), 1.0)), strict=True))
    agreement = f"Agreement[{measure}]"
    own |= {name: (float(says == label), float(name == agreement)) for name in names if is_mean(name)}
    return own


TASKS: dict[str, Kind] = {
    "retrieval": Kind(
        ("nDCG@10", "R@5", "R@100", "MRR"), "nDCG@10, R@100, P@5, MRR, MAP, Success@1, Rprec", _ranking_name, _retrieval
    ),
    "chunking": Kind(
        ("SpanR@5", "SpanP@5", "SpanIoU@5", "Characters@5"),
        "SpanR@5, SpanP@5, SpanIoU@5, Characters@5",
        lambda name: name if SPAN.fullmatch(name) else None,
        _chunking,
    ),
    "ask": Kind(
        ("AnswerInCitation", "CitationP", "CitationR", "Verbatim", "AbstainP", "AbstainR", "F1"),
        ", ".join(ASK),
        lambda name: name if name in ASK else None,
        _ask,
    ),
    "extract": Kind(("F1", "P", "R", "Exact", "Valid"), "P, R, F1, Exact, Valid, F1[FIELD]", _extract_name, _extract),
    "judge": Kind(PAIRS, ", ".join(PAIRS), lambda name: name if PAIRED.fullmatch(name) else None, _judge),
    "grammar": Kind(GRAMMAR, ", ".join(GRAMMAR), lambda name: name if name in GRAMMAR else None, _grammar),
}
