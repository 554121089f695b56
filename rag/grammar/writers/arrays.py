"""
Arrays as grammar: the first elements one by one, then the rest by number.

Nothing here reads a schema: it asks the context for what an element is.
"""

from __future__ import annotations

from rag.gbnf.expressions import EMPTY, VOID, Expr, alt, lit, maybe, seq
from rag.grammar.schema.constraints import MISSING, Constraints, same
from rag.grammar.schema.values import item_nodes
from rag.grammar.writers import enums
from rag.grammar.writers.context import Context
from rag.grammar.writers.objects import shuffled
from rag.types import JSON

COMMA = lit(",")
FEW = 9  # constants of which each may stand in an array once: 2^n rules
FAR = 100_000  # elements that a grammar can count


def write(context: Context, constraints: Constraints, hint: str) -> Expr:
    """All arrays that fit the constraints."""
    least, most = constraints.min_items, constraints.max_items
    node = constraints.source.get("minItems")
    if least > FAR:
        context.note_unsatisfiable(node, "minItems", f"more than {FAR:,} elements cannot be counted in a grammar")
        return VOID
    size = max((len(prefix) for prefix, _ in constraints.arrays), default=0)
    if most is not None and size > most:
        size = most
    heads: list[Expr] = []
    for index in range(size):
        head = context.value(tuple(item_nodes(constraints, index)), f"{hint}-{index + 1}")
        if head == VOID:
            most = index
            break
        heads.append(head)
    rest = _rest(context, constraints, hint) if most is None or most > len(heads) else VOID
    if rest == VOID:
        most = len(heads) if most is None else min(most, len(heads))
    most = _bounded(context, constraints, least, most)
    if most is not None and most < least:
        context.note_unsatisfiable(node, "minItems", f"{least} elements are needed, but only {most} can be")
        return VOID
    if constraints.unique and (most is None or most > 1):
        few = None if constraints.contains else _different(context, constraints, least, most, hint)
        if few is not None:
            return seq(lit("["), few, lit("]"))
        context.report_residual("uniqueItems", constraints.source["uniqueItems"], "an element may come twice")
    wanted = [part for part in constraints.contains if part[1] > 0 or part[2] is not None]
    if wanted:
        expr = _containing(context, constraints, wanted, heads, rest, (least, most), hint)
        if expr is not None:
            return expr
        context.report_residual(
            "contains", constraints.source["contains"], "which element it is cannot be told in advance"
        )
    return seq(lit("["), _row(context, heads, rest, least, most, hint), lit("]"))


def _different(context: Context, constraints: Constraints, least: int, most: int | None, hint: str) -> Expr | None:
    """Elements out of few constants, none of them twice; None where they are not that."""
    if any(prefix for prefix, _ in constraints.arrays):
        return None
    item = context.reader.constraints(tuple(item_nodes(constraints, 0)))
    if item.enum is None or item.groups or len(item.enum) > FEW:
        return None
    values: list[JSON] = []
    for value in context.enum_values(item):
        if not any(same(value, other) for other in values):
            values.append(value)
    closed = context.limits.closed
    elements = [(alt([lit(text) for text in enums.spellings(value, closed)]), False, "") for value in values]
    return shuffled(context.rules, elements, VOID, least, most, hint)


def _rest(context: Context, constraints: Constraints, hint: str) -> Expr:
    nodes = [rest for _, rest in constraints.arrays if rest is not MISSING]
    if not nodes and constraints.rest_items is not MISSING:
        if constraints.contains and context.document.dialect >= 2020:
            context.report_residual("unevaluatedItems", constraints.source["unevaluatedItems"], "beside contains")
        else:
            nodes = [constraints.rest_items]
    return VOID if False in nodes else context.value(tuple(nodes), f"{hint}-item")


def _bounded(context: Context, constraints: Constraints, least: int, most: int | None) -> int | None:
    """The upper end, where the schema sets none or one that nobody can count to."""
    limit = context.limits.items
    if most is None:
        most = None if limit is None else max(limit, least)
    else:
        most = min(most, max(FAR if limit is None else 10_000, least))
    if constraints.unique and limit is not None:
        values = _constants(constraints)
        if values is not None:
            most = values if most is None else min(most, max(values, least))
    return most


def _constants(constraints: Constraints) -> int | None:
    """How many different elements an array of constants can have."""
    for prefix, rest in constraints.arrays:
        if not prefix and isinstance(rest, dict) and isinstance(rest.get("enum"), list):
            return len(rest["enum"])
    return None


def _row(context: Context, heads: list[Expr], rest: Expr, least: int, most: int | None, hint: str) -> Expr:
    """Elements with commas between them, built from the last one on."""
    rules = context.rules
    if rest == VOID or most == len(heads):
        tail = EMPTY
    else:
        more = rules.named(f"{hint}-next", seq(COMMA, rest))
        left = None if most is None else most - len(heads)
        if not heads:
            some = seq(rest, rules.times(more, max(0, least - 1), None if left is None else left - 1))
            return some if least else maybe(some)
        tail = rules.times(more, max(0, least - len(heads)), left)
    for index in range(min(len(heads), most if most is not None else len(heads)) - 1, -1, -1):
        part = seq(heads[index], tail) if index == 0 else seq(COMMA, heads[index], tail)
        if index % 20 == 19:
            part = rules.named(f"{hint}-from", part)
        tail = part if index < least else maybe(part)
    return tail


def _containing(
    context: Context,
    constraints: Constraints,
    wanted: list[tuple[object, int, int | None]],
    heads: list[Expr],
    rest: Expr,
    counts: tuple[int, int | None],
    hint: str,
) -> Expr | None:
    """One element that must be there, anywhere among the others; None where that cannot be counted."""
    least, most = counts
    if len(wanted) != 1 or heads or wanted[0][1] != 1 or wanted[0][2] is not None or least > 1:
        return None
    if most is not None and most != context.limits.items:
        return None
    hit = context.value((wanted[0][0], *item_nodes(constraints, 0)), f"{hint}-hit")
    if hit == VOID:
        return VOID
    rules = context.rules
    before = rules.named(f"{hint}-before", seq(rest, COMMA))
    after = rules.named(f"{hint}-next", seq(COMMA, rest))
    half = None if most is None else max(0, (most - 1) // 2)
    return seq(lit("["), rules.times(before, 0, half), hit, rules.times(after, 0, half), lit("]"))
