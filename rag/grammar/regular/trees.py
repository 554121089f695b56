"""
Patterns as trees: how long they are, and what is left of one when its length is bounded.

A length that can be counted on the tree needs no automaton, and the grammar stays readable. Nothing here writes
grammar.
"""

from __future__ import annotations

from rag.gbnf.ranges import Ranges, union
from rag.grammar.regular.regex import Node, widths


class Complex(Exception):
    """A pattern that would be ambiguous or wrong as a plain expression: an automaton has to do it."""


def fold(node: Node, least: int, most: int | None) -> Node | None:
    """The part of a tree with `least` to `most` characters; None if there is none. Raises Complex if it cannot tell."""
    low, high = widths(node)
    if low >= least and (most is None or (high is not None and high <= most)):
        return node
    if (high is not None and high < least) or (most is not None and low > most):
        return None
    kind = node[0]
    if kind == "alt":
        kept = [part for part in (fold(item, least, most) for item in node[1]) if part is not None]
        return ("alt", kept) if kept else None
    if kind == "rep":
        unit, same = widths(node[1])
        if unit != same or unit == 0:
            raise Complex
        first_count = max(node[2], -(-least // unit))
        last = node[3] if most is None else most // unit if node[3] is None else min(node[3], most // unit)
        return None if last is not None and last < first_count else ("rep", node[1], first_count, last)
    if kind == "cat":
        return _fold_row(node[1], least, most)
    return None


def _fold_row(items: list[Node], least: int, most: int | None) -> Node | None:
    sizes = [widths(item) for item in items]
    loose = [i for i, (low, high) in enumerate(sizes) if low != high]
    if len(loose) == 1:
        fixed = sum(low for i, (low, _) in enumerate(sizes) if i != loose[0])
        part = fold(items[loose[0]], max(0, least - fixed), None if most is None else most - fixed)
        return None if part is None else ("cat", [*items[: loose[0]], part, *items[loose[0] + 1 :]])
    for i in loose:  # an alternative of fixed widths, or a part that may be missing: each way on its own
        ways = items[i][1] if items[i][0] == "alt" else None
        if items[i][0] == "rep" and items[i][2:] == (0, 1):
            ways = [("cat", []), items[i][1]]
        if ways and len(ways) <= 8 and len(loose) <= 4 and all(widths(way)[1] is not None for way in ways):
            rows = [_fold_row([*items[:i], way, *items[i + 1 :]], least, most) for way in ways]
            kept = [row for row in rows if row is not None]
            return ("alt", kept) if kept else None
    raise Complex


def tree_size(node: Node) -> int:
    """About how many states a tree takes."""
    if node[0] in ("cat", "alt"):
        return sum(tree_size(item) for item in node[1])
    if node[0] == "rep":
        return tree_size(node[1]) * int(max(1, node[2], node[3] or 1))
    return 1


def shrink(node: Node, most: int) -> Node | None:
    """A part of a tree that has at most `most` characters: what is open-ended gets a share of them."""
    low, high = widths(node)
    if high is not None and high <= most:
        return node
    if low > most:
        return None
    kind = node[0]
    if kind == "alt":
        kept = [part for part in (shrink(item, most) for item in node[1]) if part is not None]
        return ("alt", kept) if kept else None
    if kind == "rep":
        _, item, least, top = node
        unit = widths(item)
        size = (
            unit[1]
            if unit[1] is not None and unit[1] * max(1, least) <= most
            else max(unit[0], most // max(4, least), 1)
        )
        inner = shrink(item, size)
        if inner is None:
            return None
        count = most // max(1, widths(inner)[1] or 1)
        return ("rep", inner, least, count if top is None else min(top, count)) if count >= least else None
    return _share(node[1], most) if kind == "cat" else None


def _share(items: list[Node], most: int) -> Node | None:
    """The characters that nothing needs are dealt out to the parts that can take more, evenly."""
    sizes = [widths(item) for item in items]
    given = [low for low, _ in sizes]
    left = most - sum(given)
    open_ = [i for i, (low, high) in enumerate(sizes) if high is None or high > low]
    while open_ and left > 0:
        part = max(1, left // len(open_))
        for i in list(open_):
            top = sizes[i][1]
            more = min(part, left) if top is None else min(part, left, top - given[i])
            given[i] += more
            left -= more
            if more == 0 or (top is not None and given[i] == top):
                open_.remove(i)
    parts = [shrink(item, size) for item, size in zip(items, given, strict=True)]
    return None if any(part is None for part in parts) else ("cat", parts)


def first(node: Node) -> Ranges:
    """The characters that a tree can begin with."""
    kind = node[0]
    if kind == "set":
        return node[1]  # type: ignore[no-any-return]
    if kind == "alt":
        return union(*[first(item) for item in node[1]])
    if kind == "rep":
        return first(node[1])
    out: Ranges = ()
    if kind == "cat":
        for item in node[1]:
            out = union(out, first(item))
            if widths(item)[0]:
                break
    return out


def tail(node: Node) -> Ranges:
    """The characters with which a tree that could have ended may still go on."""
    kind = node[0]
    if kind == "alt":
        ends = [tail(item) for item in node[1]]
        lows = {widths(item) for item in node[1]}
        return union(*ends) if len(lows) == 1 else union(*ends, *[first(item) for item in node[1]])
    if kind == "rep":
        return union(tail(node[1]), first(node[1])) if node[2] != node[3] else tail(node[1])
    out: Ranges = ()
    if kind == "cat":
        for item in reversed(node[1]):
            out = union(out, tail(item))
            if widths(item)[0]:
                break
    return out
