"""
One of several texts: an enum as a list, or as a tree of common beginnings where it is long.

A matcher follows every alternative of a list at once; the tree keeps that to a few. Nothing here reads a schema.
"""

from __future__ import annotations

import json
from itertools import groupby

from rag.gbnf.expressions import VOID, Expr, Rules, alt, lit, seq
from rag.types import JSON

FEW = 12


def text_of(value: JSON) -> str | None:
    """A value as compact JSON; None if it has no JSON text that can be encoded."""
    try:
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
        text.encode()
    except (ValueError, RecursionError):
        return None
    return text


def spellings(value: JSON, short: bool = True) -> list[str]:
    """The ways in which a value is written: a whole number also as 2.0, unless it must be `short`."""
    text = text_of(value)
    if text is None:
        return []
    if short or isinstance(value, bool) or not isinstance(value, int | float) or "e" in text or len(text) > 16:
        return [text]
    return [str(int(value)), f"{int(value)}.0"] if float(value).is_integer() else [text]


def write(rules: Rules, texts: list[str]) -> Expr:
    """Exactly these texts."""
    texts = list(dict.fromkeys(texts))
    if not texts:
        return VOID
    if len(texts) <= FEW:
        return alt([lit(text) for text in texts])
    return _tree(rules, sorted(texts), 0, 0)


def _tree(rules: Rules, texts: list[str], at: int, depth: int) -> Expr:
    """Sorted texts that agree up to `at`."""
    if len(texts) == 1:
        return lit(texts[0][at:])
    first, last = texts[0], texts[-1]
    end = at
    while end < len(first) and end < len(last) and first[end] == last[end]:
        end += 1
    head = lit(first[at:end]) if end > at else seq()
    if depth > 40:
        return seq(head, alt([lit(text[end:]) for text in texts]))
    groups = [list(group) for _, group in groupby(texts, key=lambda text: text[end : end + 1])]
    parts = [_tree(rules, group, end, depth + 1) if end < len(group[0]) else seq() for group in groups]
    body = alt(parts)
    return seq(head, rules.named("choice", body) if depth % 10 == 9 else body)
