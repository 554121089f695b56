"""
Tables without a head: pairs of columns side by side, and rows of as many cells as there are fields.

    Deutsch     2      Mathematik   4            White cells     >100     x10^6/L     (<10)     HIGH
    Englisch    2      Biologie     3            Red cells       4        x10^6/L     (<10)

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import groupby

from rag.extract.fields import Field
from rag.extract.grids import FLAG, apart
from rag.extract.kinds import by_kind
from rag.extract.lexicon import is_notion

Row = dict[str, list[str]]
FEW, MANY, SHORT = 2, 60, 4
WORDS = re.compile(r"[^\W\d_][^\d:]{1,40}")
GRADE = re.compile(r"\d{1,3}(?:[.,]\d{1,2})?|[A-F][+-]?|\d[+-]|[A-ZÅÄÖ]{1,2}")


def headless(text: str, wanted: Sequence[Field]) -> list[Row]:
    """The rows of the longest such table; none where there is none."""
    lines = [[said.strip() for _, _, said in apart(line)] for line in text.split("\n")]
    return _side_by_side(lines, wanted) or _by_form(lines, wanted)


def _side_by_side(lines: Sequence[list[str]], wanted: Sequence[Field]) -> list[Row]:
    """Lines in which words and short values take turns, twice or more."""
    if len(wanted) != FEW or any(one.listed or one.wants for one in wanted):
        return []
    name, value = sorted(wanted, key=lambda one: one.kind == "number")
    if name.kind != "text" or value.kind not in ("text", "number"):
        return []
    best: list[list[str]] = []
    for holds, run in groupby(lines, key=lambda cells: _is_paired(cells) or not cells or cells == [""]):
        kept = [cells for cells in run if _is_paired(cells)] if holds else []
        best = max(best, kept, key=len)
    if len(best) < FEW or not any(len(cells) >= SHORT for cells in best):
        return []
    pairs = [(cells[n], cells[n + 1]) for cells in best for n in range(0, len(cells), 2)]
    if any(is_notion(said) and not GRADE.fullmatch(other) for said, other in pairs):
        return []
    return [{name.key[1]: [said], value.key[1]: [other]} for said, other in pairs][:MANY]


def _is_paired(cells: Sequence[str]) -> bool:
    return (
        len(cells) >= FEW
        and len(cells) % 2 == 0
        and all(WORDS.fullmatch(cell) for cell in cells[::2])
        and all(GRADE.fullmatch(cell) for cell in cells[1::2])
    )


def _by_form(lines: Sequence[list[str]], wanted: Sequence[Field]) -> list[Row]:
    """Lines of as many cells as there are fields, where the form of the cells tells all of them."""
    if len(wanted) <= FEW:
        return []
    bare = [[cell for cell in cells if not FLAG.fullmatch(cell)] for cells in lines]
    best: list[Row] = []
    for size, run in groupby(bare, key=len):
        kept = list(run)
        if size != len(wanted) or len(kept) < FEW or len(kept) <= len(best):
            continue
        columns = [[row[n] for row in kept] for n in range(size)]
        if placed := by_kind(wanted, columns):
            best = [{name: [row[n].strip("()")] for name, n in placed.items()} for row in kept]
    return best[:MANY]


__all__ = ["headless"]
