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
from rag.grammar.regular.automaton import Machine, trim
from rag.grammar.regular.machines import minimise
from rag.grammar.regular.regex import DIGIT, Node, Unsupported
from rag.grammar.writers.strings import Strings, heavy

NONE: Node = ("alt", [])
NIL: Node = ("cat", [])
MODULUS = 1000
FLOAT = 15  # digits that a float always keeps apart
HUGE = "179769" + "0" * 303  # what a float can still hold
LONG = 40  # digits of an end that are told one by one
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


def _text(text: str) -> Node:
    return ("cat", [("set", ((ord(c), ord(c)),)) for c in text])


def _digit(low: int, high: int) -> Node:
    return ("set", ((48 + low, 48 + high),)) if low <= high else NONE


def _digits(least: int, most: int) -> Node:
    return NIL if most <= 0 else ("rep", ("set", DIGIT), least, most)


def _fraction(most: int) -> Node:
    return ("rep", ("cat", [_text("."), _digits(1, most)]), 0, 1) if most > 0 else NIL


def _row(*items: Node) -> Node:
    return NONE if any(item == NONE for item in items) else ("cat", list(items))


def _any_of(*items: Node) -> Node:
    kept = [item for item in items if item != NONE]
    return kept[0] if len(kept) == 1 else ("alt", kept)


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
        parts.append(_row(_text("-"), below))
    if high is None or high >= 0:
        start, out = (Decimal(0), False) if low is None or low < 0 else (low, want.exclusive_min)
        parts.append(_between(start, out, high, want.exclusive_max, digits, fraction))
    if fraction and not limits.closed and not want.multiples and not want.excluded:
        parts += _exponents(want)
    return _any_of(*parts)


def _exponents(want: Number) -> list[Node]:
    """1e-05, 2.5E+16: where only the sign is bounded, below 1 where all of 0 to 1 is free, and far above the ends."""
    any_sign, minus = ("rep", ("set", ((43, 43), (45, 45))), 0, 1), _text("-")
    low, high = want.low, want.high
    parts = []
    for sign, near, far in ((NIL, low, high), (minus, _negated(high), _negated(low))):
        mantissa = [sign, _digit(1, 9), _fraction(20), ("set", ((69, 69), (101, 101)))]
        if far is None and (near is None or near <= 0):
            parts.append(_row(*mantissa, any_sign, _digits(1, 2)))
        elif (near is None or near <= 0) and far is not None and far >= 1:
            parts.append(_row(*mantissa, minus, _small_exponent()))
        if far is None and near is not None and near > 0:
            above = _whole(str(max(1, near.adjusted() + 1)), "307")
            parts.append(_row(*mantissa, ("rep", _text("+"), 0, 1), above))
    for end, out in ((low, want.exclusive_min), (high, want.exclusive_max)):
        if end is not None and not out and "e+" in repr(float(end)) and Decimal(float(end)) == end:
            parts.append(_text(repr(float(end))))
    return parts


def _negated(end: Decimal | None) -> Decimal | None:
    return None if end is None else end.copy_negate()


def _small_exponent() -> Node:
    return ("alt", [("cat", [_digit(1, 9), _digits(0, 1)]), ("cat", [_text("0"), _digit(1, 9)])])


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
        return _whole(first, last)
    if int(first) > int(last):
        return NONE
    if first == last and not open_end:
        return _row(_text(first), _part(low_part, exclusive_min, high_part, exclusive_max, fraction))
    parts = [_row(_text(first), _part(low_part, exclusive_min, None, False, 0 if len(first) > FLOAT else fraction))]
    start, end = _next(first), last
    if not open_end:
        parts.append(
            _row(_text(last), _part("", False, high_part, exclusive_max, 0 if len(last) > FLOAT else fraction))
        )
        end = _before(last, exclusive_max)
    parts.insert(1, _row(_whole(start, end), _fraction(fraction)))
    if len(first) > FLOAT or (len(last) > FLOAT and not open_end):  # whole numbers are told apart to the last digit
        parts.append(_whole(str(int(first) + 1), last if open_end else str(int(last) - 1)))
    return _any_of(*parts)


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


def _whole(first: str, last: str) -> Node:
    """The integers from `first` to `last`, both 0 or more; between ends of very many digits only the rounder ones."""
    if int(first) > int(last):
        return NONE
    if len(last) > LONG:
        start, end = _rounded(first, 1), _rounded(last, -1)
        if (start, end) != (first, last):
            return _any_of(*map(_text, sorted({first, last})), _whole(start, end))
    parts = []
    size = len(first)
    while size <= len(last):
        start = first if size == len(first) else "1" + "0" * (size - 1)
        if size < len(last) and start.strip("0") in ("1", "") and start != "0":
            # all numbers of these lengths at once
            parts.append(_row(_digit(1, 9), _digits(size - 1, len(last) - 2)))
            size = len(last)
            continue
        end = last if size == len(last) else "9" * size
        parts.append(_same_length(start, end))
        size += 1
    return _any_of(*parts)


def _rounded(number: str, way: int) -> str:
    """The number, or the next (way 1) or last (way -1) one that needs few rules."""
    if len(number) <= LONG:
        return number
    unit = 10 ** (len(number) - LONG // 2)
    if int(number) % unit == (0 if way > 0 else unit - 1):
        return number
    return str((int(number) // unit + 1) * unit if way > 0 else int(number) // unit * unit - 1)


def _same_length(low: str, high: str) -> Node:
    size = len(low)
    if not size:
        return NIL
    if low == high:
        return _text(low)
    if low == "0" * size and high == "9" * size:
        return _digits(size, size)
    a, b = int(low[0]), int(high[0])
    if a == b:
        return _row(_text(low[0]), _same_length(low[1:], high[1:]))
    rest = size - 1
    parts = []
    if low[1:].strip("0"):
        parts.append(_row(_text(low[0]), _same_length(low[1:], "9" * rest)))
        a += 1
    top: Node = NONE
    if high[1:].strip("9"):
        top = _row(_text(high[0]), _same_length("0" * rest, high[1:]))
        b -= 1
    if a <= b:
        parts.append(_row(_digit(a, b), _digits(rest, rest)))
    return _any_of(*parts, top)


def _part(low: str, exclusive_min: bool, high: str | None, exclusive_max: bool, most: int) -> Node:
    """The digits behind a point (and the point), from 0.`low` to 0.`high`; high None: below 1."""
    none_fits = not low and not exclusive_min and not (high == "" and exclusive_max)
    tree = _from(low, exclusive_min, most) if high is None else _inside(low, exclusive_min, high, exclusive_max, most)
    some = NONE if tree == NONE else _row(_text("."), tree)
    return _any_of(NIL, some) if none_fits else some


def _from(low: str, out: bool, most: int) -> Node:
    """Digits (at least one) that say 0.`low` or more."""
    if most <= 0:
        return NONE
    if not low:
        if not out:
            return _digits(1, most)
        half = most // 2
        return _row(("rep", _text("0"), 0, half), _digit(1, 9), _digits(0, most - 1 - half))
    d = int(low[0])
    above = _row(_digit(d + 1, 9), _digits(0, most - 1)) if d < 9 else NONE
    return _any_of(above, _row(_text(low[0]), _or_end(_from(low[1:], out, most - 1), not low[1:] and not out)))


def _or_end(tree: Node, may_end: bool) -> Node:
    if not may_end:
        return tree
    return NIL if tree == NONE else ("alt", [NIL, tree])


def _upto(high: str, out: bool, most: int) -> Node:
    """Digits (at least one) that say 0.`high` or less."""
    if most <= 0:
        return NONE
    if not high:
        return NONE if out else ("rep", _text("0"), 1, most)
    d = int(high[0])
    below = _row(_digit(0, d - 1), _digits(0, most - 1)) if d else NONE
    may_end = bool(high[1:]) or not out
    return _any_of(below, _row(_text(high[0]), _or_end(_upto(high[1:], out, most - 1), may_end)))


def _inside(low: str, exclusive_min: bool, high: str, exclusive_max: bool, most: int) -> Node:
    """Digits (at least one) between 0.`low` and 0.`high`."""
    if most <= 0:
        return NONE
    if not low and not exclusive_min:
        return _upto(high, exclusive_max, most)
    if not high and not low:
        return NONE
    a, b = int(low[:1] or 0), int(high[:1] or 0)
    if a > b:
        return NONE
    if a == b:
        end = not low[1:] and not exclusive_min and (bool(high[1:]) or not exclusive_max)
        return _row(_text(str(a)), _or_end(_inside(low[1:], exclusive_min, high[1:], exclusive_max, most - 1), end))
    first = _row(_text(str(a)), _or_end(_from(low[1:], exclusive_min, most - 1), not low[1:] and not exclusive_min))
    middle = _row(_digit(a + 1, b - 1), _digits(0, most - 1)) if a + 1 <= b - 1 else NONE
    last = _row(_text(str(b)), _or_end(_upto(high[1:], exclusive_max, most - 1), bool(high[1:]) or not exclusive_max))
    return _any_of(first, middle, last)


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
