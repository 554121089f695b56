"""
The numbers that a schema admits, as trees over digits.

Bounds and multiples become regular expressions over the decimal text, so a number that the grammar lets through
needs no second look. An exponent is written only where it cannot lead out of the bounds.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from math import gcd

from rag.gbnf.expressions import EMPTY, REP, Expr, Rules, alt, char_class, lit, maybe, ref, seq
from rag.grammar.limits import Limits
from rag.grammar.regular import automaton
from rag.grammar.regular.alphabet import Machine, trim
from rag.grammar.regular.machines import minimise
from rag.grammar.regular.regex import DIGIT, Node, Unsupported
from rag.grammar.writers.digits import NIL, NONE, any_of, digit, digits_of, fraction_of, part, row, text_of, whole
from rag.grammar.writers.strings import Strings, heavy

MODULUS = 1000
FLOAT = 15  # digits that a float always keeps apart
HUGE = "179769" + "0" * 303  # what a float can still hold
TOLD_APART = rf"^-?([0-9]+|[0-9.]{{1,{FLOAT + 1}}})$"
_DIGIT, _NONZERO = char_class(DIGIT), char_class(((49, 57),))
_E, _SIGN = char_class(((69, 69), (101, 101))), char_class(((43, 43), (45, 45)))


@dataclass(frozen=True, slots=True)
class Number:
    """What a number must be; `low` and `high` are the ends, and whether they are excluded."""

    whole: bool = True  # integers are welcome
    broken: bool = True  # and so is what is no integer
    low: Decimal | None = None
    exclusive_min: bool = False
    high: Decimal | None = None
    exclusive_max: bool = False
    multiples: tuple[Decimal, ...] = ()
    excluded: tuple[Decimal, ...] = ()
    point: bool = False  # an integer may be written as 2.0


def number(want: Number, strings: Strings, limits: Limits, rules: Rules) -> Expr:
    """An expression for the numbers wanted. Raises Unsupported for multiples that cannot be counted."""
    tail = EMPTY
    if (
        want.point
        and not want.broken
        and all(end is None or Decimal(float(end)) == end for end in (want.low, want.high))
    ):
        tail = maybe(rules.named("point", seq(lit("."), (REP, lit("0"), 1, 20))))
    bounded = want.low is not None or want.high is not None
    if want.whole and not (bounded or want.multiples or want.excluded):
        return seq(_default(want.broken, limits, rules), tail)
    hint = "num" if want.broken else "int"
    tree = _range(want, limits)
    machines = [_multiples(m, want.broken) for m in want.multiples]
    if not want.broken and (want.excluded or machines):
        tree = _range(
            Number(True, False, want.low, want.exclusive_min, want.high, want.exclusive_max), limits, bool(machines)
        )
    if machines or want.excluded or not want.whole:
        machine = automaton.meet(_machine(tree), *machines)
        if not want.whole:
            machine = automaton.minus(machine, automaton.search(r"^-?[0-9]+(\.0*)?$"))
        for value in want.excluded:
            machine = automaton.minus(machine, automaton.search(_spellings(value)))
        if want.broken and (want.excluded or not want.whole):  # 5.0000000000000001 is read as 5
            machine = automaton.meet(machine, automaton.search(TOLD_APART))
        machine = minimise(machine)
        return rules.named(hint, seq(strings.write_dfa(machine, None, hint, EMPTY, EMPTY), tail))
    return rules.named(hint, seq(_written(tree, rules), tail))


def _default(broken: bool, limits: Limits, rules: Rules) -> Expr:
    """Any number; in rules that are the same for every schema."""
    if "integer" not in rules.body:
        first = alt([lit("0"), seq(_NONZERO, (REP, _DIGIT, 0, limits.digits - 1))])
        rules.body["integer"] = seq(maybe(lit("-")), first)
    if not broken:
        return ref("integer")
    if "number" not in rules.body:
        fraction = maybe(rules.named("fraction", seq(lit("."), (REP, _DIGIT, 1, limits.fraction))))
        rules.body["number"] = seq(ref("integer"), fraction)
        if not limits.closed:  # an exponent of three digits behind one digit only: nothing overflows
            near = seq(_E, maybe(_SIGN), (REP, _DIGIT, 1, 2))
            up = alt([seq(char_class(((49, 50),)), (REP, _DIGIT, 2, 2)), seq(lit("30"), char_class(((48, 55),)))])
            far = seq(_E, alt([seq(lit("-"), (REP, _DIGIT, 3, 3)), seq(maybe(lit("+")), up)]))
            rules.body["number"] = alt(
                [seq(ref("integer"), fraction, maybe(near)), seq(maybe(lit("-")), _DIGIT, fraction, far)]
            )
    return ref("number")


def _written(tree: Node, rules: Rules) -> Expr:
    """A tree of digits as an expression; digits are never ambiguous."""
    kind = tree[0]
    if kind == "set":
        return char_class(tree[1])
    if kind == "cat":
        return seq(*[_written(item, rules) for item in tree[1]])
    if kind == "alt":
        return alt([_written(item, rules) for item in tree[1]])
    inner = _written(tree[1], rules)
    if tree[2:] == (0, 1):
        return maybe(rules.named("part", inner) if heavy(inner) else inner)
    return rules.times(inner, tree[2], tree[3], "part")


def _machine(tree: Node) -> Machine:
    nfa = automaton._Nfa()
    start = nfa.state()
    return nfa.determinise(start, nfa.add(tree, start))


def _spellings(value: Decimal) -> str:
    """All ways to write one number without an exponent."""
    sign, text = "-" if value < 0 else "-?" if value == 0 else "", format(value.copy_abs(), "f")
    whole, _, part = text.partition(".")
    part = part.rstrip("0")
    return rf"^{sign}{whole}\.{part}0*$" if part else rf"^{sign}{whole}(\.0*)?$"


def _range(want: Number, limits: Limits, short: bool = False) -> Node:
    """The numbers between the ends."""
    digits = min(limits.digits, 18) if short or want.multiples or want.excluded else limits.digits
    fraction = limits.fraction if want.broken else 0
    ends = [(want.low, want.exclusive_min), (want.high, want.exclusive_max)]
    if fraction and any(end is not None and end != 0 and out for end, out in ends):
        # two decimals of 15 digits are never the same float: an end that is excluded stays out after reading, too
        size = max(len(format(end.copy_abs(), "f").partition(".")[0]) for end, _ in ends if end is not None)
        fraction = max(1, 15 - size)
    if want.multiples and want.broken:
        fraction = max(-min(0, int(m.normalize().as_tuple().exponent)) for m in want.multiples)
    low, high = want.low, want.high
    parts = []
    if low is None or low < 0:
        top = _negated(low)
        bottom, out = (Decimal(0), True) if high is None or high >= 0 else (high.copy_negate(), want.exclusive_max)
        below = _between(bottom, out, top, want.exclusive_min, digits, fraction)
        parts.append(row(text_of("-"), below))
    if high is None or high >= 0:
        start, out = (Decimal(0), False) if low is None or low < 0 else (low, want.exclusive_min)
        parts.append(_between(start, out, high, want.exclusive_max, digits, fraction))
    if fraction and want.whole and not limits.closed and not want.multiples and not want.excluded:
        parts += _exponents(want)
    return any_of(*parts)


def _exponents(want: Number) -> list[Node]:
    """1e-05, 2.5E+16: where only the sign is bounded, below 1 where all of 0 to 1 is free, and far above the ends."""
    any_sign, minus = ("rep", ("set", ((43, 43), (45, 45))), 0, 1), text_of("-")
    low, high = want.low, want.high
    parts = []
    for sign, near, far in ((NIL, low, high), (minus, _negated(high), _negated(low))):
        mantissa = [sign, digit(1, 9), fraction_of(20), ("set", ((69, 69), (101, 101)))]
        if far is None and (near is None or near <= 0):
            parts.append(row(*mantissa, any_sign, digits_of(1, 2)))
        elif (near is None or near <= 0) and far is not None and far >= 1:
            parts.append(row(*mantissa, minus, _small_exponent()))
        if far is None and near is not None and near > 0:
            above = whole(str(max(1, near.adjusted() + 1)), "307")
            parts.append(row(*mantissa, ("rep", text_of("+"), 0, 1), above))
    ends = [repr(float(end)) for end in (low, high) if end is not None and _within(end, want)]
    parts += [text_of(text) for text in ends if "e+" in text and Decimal(float(text)) in (low, high)]
    return parts


def _within(value: Decimal, want: Number) -> bool:
    low, high = want.low, want.high
    return not (
        (low is not None and (value < low or (want.exclusive_min and value == low)))
        or (high is not None and (value > high or (want.exclusive_max and value == high)))
    )


def _negated(end: Decimal | None) -> Decimal | None:
    return None if end is None else end.copy_negate()


def _small_exponent() -> Node:
    return ("alt", [("cat", [digit(1, 9), digits_of(0, 1)]), ("cat", [text_of("0"), digit(1, 9)])])


def _between(
    low: Decimal, exclusive_min: bool, high: Decimal | None, exclusive_max: bool, digits: int, fraction: int
) -> Node:
    """Numbers of no sign from `low` (0 or more) to `high`."""
    first, low_part = _split(low)
    if len(first) > digits:
        digits = len(first)
    if high is None or len(_split(high)[0]) > max(digits, len(first)):
        last, high_part, open_end = "9" * digits if digits < len(HUGE) or not fraction else HUGE, "", True
    else:
        (last, high_part), open_end = _split(high), False
    if not fraction:
        if low_part or exclusive_min:
            first = str(int(first) + 1)
        if not open_end and exclusive_max and not high_part:
            if last == "0":
                return NONE
            last = str(int(last) - 1)
        return whole(first, last)
    if int(first) > int(last):
        return NONE
    if first == last and not open_end:
        return row(text_of(first), part(low_part, exclusive_min, high_part, exclusive_max, fraction))
    parts = [row(text_of(first), part(low_part, exclusive_min, None, False, 0 if len(first) > FLOAT else fraction))]
    start, end = _next(first), last
    if not open_end:
        parts.append(
            row(text_of(last), part("", False, high_part, exclusive_max, 0 if len(last) > FLOAT else fraction))
        )
        end = _before(last, exclusive_max)
    parts.insert(1, row(whole(start, end), fraction_of(fraction)))
    if len(first) > FLOAT or (len(last) > FLOAT and not open_end):  # whole numbers are told apart to the last digit
        parts.append(whole(str(int(first) + 1), last if open_end else str(int(last) - 1)))
    return any_of(*parts)


def _next(first: str) -> str:
    """A whole number above: the next one, or the next that differs in the digits that a float can tell."""
    if len(first) <= FLOAT:
        return str(int(first) + 1)
    unit = 10 ** (len(first) - FLOAT)
    return str((int(first) // unit + 1) * unit)


def _before(last: str, out: bool) -> str:
    """A whole number below, such that it is still below with a fraction; "-1" if there is none."""
    if len(last) <= FLOAT:
        return str(int(last) - 1)
    unit = 10 ** (len(last) - FLOAT)
    return str((int(last) // unit - (out and int(last) % unit == 0)) * unit - 1)


def _split(value: Decimal) -> tuple[str, str]:
    whole, _, part = format(value, "f").partition(".")
    return str(int(whole)), part.rstrip("0")


def _multiples(step: Decimal, broken: bool) -> Machine:
    """All multiples of a step, written with no more digits behind the point than the step has."""
    if step <= 0:
        raise Unsupported("a multiple of nothing")
    _, digits, exponent = step.normalize().as_tuple()
    unit = int("".join(map(str, digits)))
    power = int(exponent)
    if not broken and power < 0:  # integers among the multiples of 0.25: those of its smallest whole multiple
        scale = 10**-power
        unit, power = unit // gcd(unit, scale), 0
    zeros = 10 ** max(0, power)
    size = unit * zeros
    if size > MODULUS:
        raise Unsupported(f"the multiples of {step} need too many states")
    places = max(0, -power) if broken else 0
    return _counter(size, places)


def _counter(size: int, places: int) -> Machine:
    """Digits modulo `size`; with `places` digits behind the point, counted in units of the last one."""
    shift = [pow(10, places - done, size) for done in range(places + 1)]
    index: dict[tuple[str, int, int], int] = {("start", 0, 0): 0}
    order = [("start", 0, 0)]
    moves: list[list[tuple[int, int, int]]] = []
    ends = []

    def state(key: tuple[str, int, int]) -> int:
        if key not in index:
            index[key] = len(order)
            order.append(key)
        return index[key]

    for phase, done, rest in order:
        here: list[tuple[int, int, int]] = []
        ends.append(
            phase in ("whole", "zero", "part") and (phase != "part" or done > 0) and rest * shift[done] % size == 0
        )
        if phase == "start":
            here.append((45, 45, state(("sign", 0, 0))))
        if phase in ("whole", "zero") and places:
            here.append((46, 46, state(("part", 0, rest))))
        if phase in ("start", "sign", "whole") or (phase == "part" and done < places):
            for digit in range(10):
                after = (rest * 10 + digit) % size
                if phase == "part":
                    key = ("part", done + 1, after)
                else:
                    key = ("zero" if phase != "whole" and digit == 0 else "whole", 0, after)
                here.append((48 + digit, 48 + digit, state(key)))
        moves.append(sorted(here))
    return minimise(trim(moves, ends))
