"""
Measures of a ranked list of ids, named as ir_measures names them and parsed back: `nDCG@10`, `R(rel=2)@100`, `AP`.

The figures are those of trec_eval (the tests compare them to 1e-9). A query without a result scores zero; deciding
which queries there are is the caller's affair. Nothing here averages.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import log2

from rag.errors import InputError

Grades = Mapping[str, int]  # id -> how relevant; what is missing is 0
ALIASES = {"MRR": "RR", "MAP": "AP", "Recall": "R", "Precision": "P", "NDCG": "nDCG"}
NAME = re.compile(r"^(?P<family>[A-Za-z]+)(?:\((?P<options>[^()]*)\))?(?:@(?P<cutoff>[0-9]+))?$")


@dataclass(frozen=True, slots=True)
class Measure:
    """A ranking measure; `str` gives the name that `parse` reads."""

    family: str
    cutoff: int | None = None
    rel: int = 1  # the lowest grade that counts as relevant
    dcg: str = "log2"  # "exp-log2": gain 2**grade - 1 instead of the grade

    def __str__(self) -> str:
        options = [f"dcg='{self.dcg}'"] * (self.dcg != "log2") + [f"rel={self.rel}"] * (self.rel != 1)
        return self.family + (f"({','.join(options)})" if options else "") + (f"@{self.cutoff}" if self.cutoff else "")

    def __call__(self, found: Sequence[str], grades: Grades) -> float:
        """The value for one query: `found` is best first, each id once."""
        return FAMILIES[self.family](self, found[: self.cutoff] if self.cutoff else found, grades)


def parse(name: str) -> Measure:
    """The measure that a name means; raises InputError."""
    match = NAME.match(name.replace(" ", ""))
    family = ALIASES.get(match["family"], match["family"]) if match else ""
    if not match or family not in FAMILIES:
        raise InputError(
            f"there is no ranking measure {name!r}", "Known: nDCG@10, R@100, P@5, MRR, MAP, Success@1, Rprec."
        )
    cutoff = int(match["cutoff"]) if match["cutoff"] else None
    if family in NEEDS_CUTOFF and not cutoff:
        raise InputError(f"the measure {name!r} needs a cutoff of 1 or more", f"Write {family}@10.")
    if cutoff == 0 or (cutoff and family == "Rprec"):
        raise InputError(f"the measure {name!r} cannot have this cutoff", "Rprec takes none, others 1 or more.")
    options = _options(name, family, match["options"] or "")
    return Measure(family, cutoff, int(options.get("rel", "1")), options.get("dcg", "log2"))


def _options(name: str, family: str, text: str) -> dict[str, str]:
    options: dict[str, str] = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        options[key] = value.strip("'\"")
    allowed = {"dcg": ("log2", "exp-log2")} if family == "nDCG" else {"rel": None}
    for key, value in options.items():
        known = allowed.get(key, ()) if key in allowed else ()
        if known == () or (known and value not in known) or (known is None and not re.fullmatch("[1-9][0-9]*", value)):
            raise InputError(
                f"the measure {name!r} has no option {key}={value}", "Known: rel=1, 2, …; nDCG: dcg='exp-log2'."
            )
    return options


def ranked(scores: Mapping[str, float] | Iterable[tuple[str, float]]) -> list[str]:
    """
    Ids in trec_eval's order: by score as a 32-bit float, ties by id, both descending.

    For runs read from files; a search that gives a list has already decided its ties.
    """
    pairs = scores.items() if isinstance(scores, Mapping) else scores
    return [id for id, _ in sorted(pairs, key=lambda pair: (_float32(pair[1]), pair[0].encode()), reverse=True)]


def _float32(score: float) -> float:
    value: float = struct.unpack("f", struct.pack("f", score))[0]
    return value


def _relevant(grades: Grades, rel: int) -> int:
    return sum(grade >= rel for grade in grades.values())


def _hits(measure: Measure, found: Sequence[str], grades: Grades) -> list[bool]:
    return [grades.get(id, 0) >= measure.rel for id in found]


def _precision(measure: Measure, found: Sequence[str], grades: Grades) -> float:
    return sum(_hits(measure, found, grades)) / (measure.cutoff or len(found) or 1)


def _recall(measure: Measure, found: Sequence[str], grades: Grades) -> float:
    relevant = _relevant(grades, measure.rel)
    return sum(_hits(measure, found, grades)) / relevant if relevant else 0.0


def _success(measure: Measure, found: Sequence[str], grades: Grades) -> float:
    return float(any(_hits(measure, found, grades)))


def _reciprocal_rank(measure: Measure, found: Sequence[str], grades: Grades) -> float:
    hits = _hits(measure, found, grades)
    return 1 / (hits.index(True) + 1) if True in hits else 0.0


def _average_precision(measure: Measure, found: Sequence[str], grades: Grades) -> float:
    total, seen = 0.0, 0
    for rank, hit in enumerate(_hits(measure, found, grades), 1):
        if hit:
            seen += 1
            total += seen / rank
    relevant = _relevant(grades, measure.rel)
    return total / relevant if relevant else 0.0


def _r_precision(measure: Measure, found: Sequence[str], grades: Grades) -> float:
    relevant = _relevant(grades, measure.rel)
    return sum(_hits(measure, found[:relevant], grades)) / relevant if relevant else 0.0


def _ndcg(measure: Measure, found: Sequence[str], grades: Grades) -> float:
    def gain(grade: int) -> float:
        grade = max(grade, 0)
        return grade if measure.dcg == "log2" else 2**grade - 1

    def dcg(gains: Iterable[float]) -> float:
        return sum(value / log2(rank + 1) for rank, value in enumerate(gains, 1))

    ideal = sorted((gain(grade) for grade in grades.values()), reverse=True)
    best = dcg(ideal[: measure.cutoff] if measure.cutoff else ideal)
    return dcg(gain(grades.get(id, 0)) for id in found) / best if best else 0.0


FAMILIES: dict[str, Callable[[Measure, Sequence[str], Grades], float]] = {
    "nDCG": _ndcg,
    "R": _recall,
    "P": _precision,
    "RR": _reciprocal_rank,
    "AP": _average_precision,
    "Success": _success,
    "Rprec": _r_precision,
}
NEEDS_CUTOFF = ("R", "P", "Success")
