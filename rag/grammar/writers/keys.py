"""
Keys that a schema does not name: what they are by its patterns, and which values they take.

Nothing here reads a schema: it asks the context for what a key's value is.
"""

from __future__ import annotations

from contextlib import suppress

from rag.gbnf.expressions import VOID, Expr, alt, lit, seq
from rag.grammar.regular import automaton
from rag.grammar.regular.alphabet import EVERYTHING, MANY, NOTHING, Alphabet, Machine, TooLarge
from rag.grammar.regular.laws import machine_of
from rag.grammar.regular.machines import lengths, minimise, sized
from rag.grammar.regular.regex import BadPattern, Unsupported, parse
from rag.grammar.schema.constraints import MISSING, STR, Constraints
from rag.grammar.writers.context import Context
from rag.grammar.writers.strings import QUOTE, Text, bounded
from rag.types import JSON

SORTS = 500  # states of keys told apart by several patterns
KEYED = 600  # rules that the key of such a sort may take
CLOSE = lit('":')
Sort = tuple[Machine, tuple[str, ...]]  # keys, and the patterns that they match


def undeclared(context: Context, constraints: Constraints, names: dict[str, None]) -> Expr:
    """A key that the schema does not name, with its value; VOID if there is none."""
    patterns = list(dict.fromkeys(pattern for _, found, _ in constraints.objects for pattern in found))
    if patterns or constraints.names:
        try:
            parts = _by_pattern(context, constraints, names, patterns)
        except (BadPattern, Unsupported) as error:
            keyword = "patternProperties" if patterns else "propertyNames"
            context.report_residual(keyword, constraints.source[keyword], f"its patterns cannot be told apart: {error}")
            parts = _plain(context, constraints, names)
    else:
        parts = _plain(context, constraints, names)
    expr = alt(parts)
    if expr != VOID and constraints.max_keys != 1:
        keyword = "patternProperties" if patterns else "additionalProperties"
        node = constraints.source.get(keyword) or constraints.source.get("properties") or context.here
        which = "a key that the schema does not name" if context.limits.closed else "a key"
        context.report_residual(keyword, node, f"{which} may come twice; the parser refuses that")
    return expr


def is_silent(constraints: Constraints, names: dict[str, None]) -> bool:
    """Whether a schema names keys, by name alone, and does not say whether there are others."""
    said = constraints.rest_keys is not MISSING or any(
        patterns or rest is not MISSING for _, patterns, rest in constraints.objects
    )
    return bool(names) and not said and constraints.min_keys <= len(names)  # else undeclared keys are asked for


def _rest(context: Context, constraints: Constraints, names: dict[str, None]) -> list[JSON] | None:
    """The schemas of undeclared keys that match no pattern; None if there may be none."""
    nodes = [rest for _, _, rest in constraints.objects if rest is not MISSING]
    if not nodes and constraints.rest_keys is not MISSING:
        nodes = [constraints.rest_keys]
    if False in nodes:
        return None
    if nodes or not context.limits.closed:
        return nodes
    if is_silent(constraints, names):
        return nodes if context.limits.silent else None
    patterned = any(patterns for _, patterns, _ in constraints.objects)
    return None if patterned and constraints.min_keys <= len(names) else nodes


def _plain(context: Context, constraints: Constraints, names: dict[str, None]) -> list[Expr]:
    nodes = _rest(context, constraints, names)
    if nodes is None:
        return []
    value = context.value(tuple(nodes), "value")
    if value == VOID:
        return []
    most = context.limits.key
    longest = None if most is None else most + max(map(len, names), default=0)
    return [seq(context.strings.any_but(names, 0, longest, CLOSE), value)]


def _by_pattern(context: Context, constraints: Constraints, names: dict[str, None], patterns: list[str]) -> list[Expr]:
    """Undeclared keys sorted by which patterns they match: each sort has its own value."""
    out = []
    alike = None if constraints.names else (tuple(names), tuple(patterns))  # of many objects: the keys are the same
    keys = {} if alike is None else context.keys.setdefault(alike, {})
    if not keys:
        keys |= dict.fromkeys(_sorts(_name_machine(context, constraints), names, patterns))
    for sort, known in keys.items():
        machine, hits = sort
        nodes = _matched(context, constraints, names, set(hits))
        if nodes is None or machine.empty:
            continue
        value = context.value(tuple(nodes), "value")
        if value != VOID:
            key = known or _plain_key(context, constraints, names, patterns, set(hits)) or _key(context, machine)
            keys[sort] = key
            out.append(seq(key, value))
    return out


def _key(context: Context, machine: Machine) -> Expr:
    """A key that a machine admits."""
    alphabet, (small,) = Alphabet.of([machine])
    small, rounds = bounded(minimise(small), 0, context.limits.key, context.limits, KEYED)
    return context.strings.write_dfa(alphabet.spelled_out(small), rounds, "key", QUOTE, CLOSE)


def _plain_key(
    context: Context, constraints: Constraints, names: dict[str, None], patterns: list[str], hits: set[str]
) -> Expr | None:
    """The same for writing, of the only pattern, as plainly as a text; None where more is said of the key."""
    most = context.limits.key
    if most is None or len(patterns) > 1 or not hits or constraints.names:
        return None
    machine = machine_of("pattern", patterns[0], True)
    if machine.empty or any(map(machine.matches, names)):
        return None
    with suppress(Unsupported):
        text = Text(0, lengths(machine)[0] + most, (("pattern", patterns[0], True),))
        return seq(context.strings.string(text, "key"), lit(":"))
    return None


def _sorts(allowed: Machine, names: dict[str, None], patterns: list[str]) -> list[Sort]:
    """Keys that no name is, with the patterns that they surely match; they surely match no others."""
    lower = [machine_of("pattern", pattern, True) for pattern in patterns]
    upper = [
        machine if parse(pattern) == parse(pattern, "upper") else machine_of("pattern", pattern, True, "upper")
        for machine, pattern in zip(lower, patterns, strict=True)
    ]
    unsure = [automaton.minus(high, low) for low, high in zip(lower, upper, strict=True) if low is not high]
    named = automaton.texts(names)
    sure = len(patterns)
    try:
        most = SORTS if sure > 1 else MANY
        found = automaton.sorts(
            [*lower, allowed, named, *unsure], lambda mark: mark[sure] and not any(mark[sure + 1 :]), most
        )
    except TooLarge:
        return _apart(automaton.minus(allowed, named), patterns, lower, upper)
    return [
        (machine, tuple(pattern for pattern, hit in zip(patterns, mark, strict=False) if hit))
        for mark, machine in found.items()
    ]


def _apart(free: Machine, patterns: list[str], lower: list[Machine], upper: list[Machine]) -> list[Sort]:
    """The same where all that patterns have in common would be too much: keys that match one of them, or none."""
    sorts: list[Sort] = []
    for number in range(-1, len(patterns)):
        with suppress(TooLarge):
            machine = free if number < 0 else automaton.meet(free, lower[number])
            for other, out in enumerate(upper):
                if other != number:
                    machine = minimise(automaton.minus(machine, out, SORTS))
            sorts.append((machine, () if number < 0 else (patterns[number],)))
    return sorts


def _matched(context: Context, constraints: Constraints, names: dict[str, None], hits: set[str]) -> list[JSON] | None:
    if not hits:
        return _rest(context, constraints, names)
    nodes: list[JSON] = []
    for _, patterns, rest in constraints.objects:
        found = [node for pattern, node in patterns.items() if pattern in hits]
        if not found and rest is not MISSING:
            found = [rest]
        nodes += found
    return None if False in nodes else nodes


def _name_machine(context: Context, constraints: Constraints) -> Machine:
    """The keys that propertyNames lets through."""
    if not constraints.names:
        return EVERYTHING
    several = context.choices.alternatives(context.reader.constraints(constraints.names))
    machines = [_names_of(context, one) for one in several]
    return automaton.either(machines) if machines else NOTHING


def _names_of(context: Context, said: Constraints) -> Machine:
    if said.verbatim:
        raise Unsupported("propertyNames out of a text")
    if not said.mask & STR:
        return NOTHING
    if said.enum is not None:
        return automaton.texts(
            [name for name in said.enum if isinstance(name, str) and context.choices.fits(name, said)]
        )
    machine = automaton.meet(*[machine_of(*law) for law in said.laws])
    if said.excluded:
        machine = automaton.minus(machine, automaton.texts([text for text in said.excluded if isinstance(text, str)]))
    if said.min_length or said.max_length is not None:
        machine = sized(machine, said.min_length, said.max_length)
    return machine
