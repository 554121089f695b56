"""
A model as the judge of answers, and how far its verdicts can be believed.

    Correct     the answer says what a gold answer says        evidence: the gold answers
    Faithful    what is cited says that this is the answer     evidence: the quotes

A verdict is one of two words, held by a grammar; what a judge is asked stands in prompts/judge_*.txt. How often it
agrees with people is measured on labelled pairs (the task `judge`), and until it does so well enough, whatever it
judges is marked as not believed. Nothing here runs a suite or decides what is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isnan
from typing import Any

from rag import grammar, prompts
from rag.evaluate import scoring
from rag.evaluate.cases import Case
from rag.store import Store, runs
from rag.types import Generator, Sampling

JSON = Any
BELIEVED = 0.6  # the lower end of kappa's interval: "substantial" agreement (Landis and Koch 1977)
VERDICTS = {"Correct": ("correct", "wrong"), "Faithful": ("supported", "unsupported")}  # yes, no
PLACES = ("question", "answer", "evidence")


@dataclass(frozen=True, slots=True)
class Judge:
    """A generator that is asked for verdicts, always in the same way: greedily, with the bundled prompts."""

    generator: Generator

    def identity(self) -> dict[str, JSON]:
        """What its verdicts depend on; agreement that was measured with another identity says nothing about it."""
        hashes = {measure: _template(measure).hash for measure in VERDICTS}
        return {"model": self.generator.name, "fingerprint": self.generator.fingerprint, "prompts": hashes}

    def says(self, measure: str, question: str, answer: str, evidence: Sequence[str]) -> bool:
        """The verdict. Raises ModelError (unreachable, context too small), OutputError (a hosted model's reply)."""
        listed = "\n".join(f"- {prompts.line(one)}" for one in evidence)
        values = {"question": question, "answer": prompts.line(answer), "evidence": listed}
        yes, no = VERDICTS[measure]
        shape = grammar.compile(
            {
                "type": "object",
                "properties": {"verdict": {"enum": [yes, no]}},
                "required": ["verdict"],
                "additionalProperties": False,
            }
        )
        sampling = Sampling(max_tokens=shape.longest or 64)
        produced = grammar.produce(self.generator, prompts.fill(_template(measure), values), shape, sampling, k=2)
        return bool(produced.data["verdict"] == yes)

    def on(self, measures: Sequence[str]) -> Callable[[Case, JSON], dict[str, bool]]:
        """A function from a case and what a system gave for it to the verdicts that apply."""

        def verdicts(case: Case, output: JSON) -> dict[str, bool]:
            asked = scoring.to_judge(case, output, measures)
            return {name: self.says(name, case.question, *what) for name, what in asked.items()}

        return verdicts


def _template(measure: str) -> prompts.Template:
    return prompts.find(f"judge_{measure.lower()}", PLACES)


def doubt(db: Store, identity: Mapping[str, JSON], measure: str) -> str:
    """Why a judge is not believed on a measure; "" if it is. The newest finished run of the same judge decides."""
    name = identity.get("model")
    for run in reversed(runs.runs(db)):
        known = run.provenance.get("judge", {}) if run.task == "judge" and run.state == "done" else {}
        same = known.get("fingerprint") == identity.get("fingerprint")
        if same and known.get("prompts", {}).get(measure) == identity.get("prompts", {}).get(measure):
            rows = [dict(row.scores) for row in runs.outcomes(db, run.id)]
            kappa = f"Kappa[{measure}]"
            found = scoring.summarise(rows, [kappa], seed=int(run.provenance.get("seed", 20)))[kappa]
            if isnan(found.mean):
                continue
            if found.low >= BELIEVED:
                return ""
            return (
                f"{name} agrees with the labels no better than kappa {found.mean:.2f} [{found.low:.2f},"
                f" {found.high:.2f}] on {found.n:,} pairs (run {run.id}); the lower end must reach {BELIEVED}"
            )
    return f"how far {name} agrees with people was not measured here (a suite of the task judge does it)"
