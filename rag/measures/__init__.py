"""
What a result is worth: pure functions of plain data.

`ranking` for lists of ids, `spans` for character ranges, `answers` for texts and citations, `extraction` for records,
`statistics` for intervals and tests. Every case gives a `Score`, a value with a weight, and a mean is always the
weighted mean: so a share such as "precision over all citations" has intervals and tests like any other. Nothing here
reads a file, knows a model, or decides what to measure.
"""

from rag.measures.ranking import Measure, parse, ranked

__all__ = ["Measure", "parse", "ranked"]
