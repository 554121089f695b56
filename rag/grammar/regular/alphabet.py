"""
Machines over characters: what one is, how its characters are told apart, and how it is made small.

A `Machine` is deterministic: state 0 is the start, `moves[state]` are (first, last, target) sorted and apart, `ends`
says which states may stop. States that lead nowhere are cut off, so a machine without states admits nothing.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from rag.gbnf.ranges import ANY, Ranges, union, without
from rag.grammar.regular.regex import Unsupported

MANY = 3000  # states of one machine
DENSE = 120_000  # ranges of characters that the states of one machine may tell apart, all together
POINTS = sum(high + 1 - low for low, high in ANY)
SURROGATE = ANY[0][1] + 1
SEVERAL = 60  # sets from which it pays to note what the wide ones do not hold
NOWHERE = -1  # where what is not admitted leads to
Moves = list[tuple[int, int, int]]


class TooLarge(Unsupported):
    """The automaton would need too many states."""


class Machine:
    """With its moves, or `over` classes of characters: then these are spelled out when somebody asks."""

    def __init__(
        self, moves: list[Moves] | None, ends: list[bool], over: tuple[Alphabet, Machine] | None = None
    ) -> None:
        self.ends, self.over = ends, over
        if moves is not None:
            self.moves = moves

    @cached_property
    def moves(self) -> list[Moves]:
        if self.over is None:
            raise AttributeError("a machine needs moves, or classes")
        alphabet, small = self.over
        return [alphabet.characters(here) for here in small.moves]

    def matches(self, text: str) -> bool:
        if self.empty:
            return False
        state = 0
        for char in text:
            found = self.step(state, ord(char))
            if found is None:
                return False
            state = found
        return self.ends[state]

    def step(self, state: int, point: int) -> int | None:
        for low, high, target in self.moves[state]:
            if low <= point <= high:
                return target
        return None

    @property
    def empty(self) -> bool:
        return not self.ends


NOTHING = Machine([], [])
EVERYTHING = Machine([[(low, high, 0) for low, high in ANY]], [True])


class Alphabet:
    """
    The characters that no set tells apart, as classes: machines are built over these, which are few, and spelled out
    at the end. The sets of Unicode have hundreds of ranges each.
    """

    def __init__(self, sets: Iterable[Ranges]) -> None:
        distinct = dict.fromkeys((ANY, *sets))
        wide = set(filter(_is_wide, distinct)) if len(distinct) > SEVERAL else set()
        opens: dict[int, list[int]] = {}
        closes: dict[int, list[int]] = {}
        for number, ranges in enumerate(distinct):  # of a set that holds most characters, those that it does not hold
            for low, high in without(ANY, ranges) if ranges in wide else ranges:
                opens.setdefault(low, []).append(number)
                closes.setdefault(high + 1, []).append(number)
        for low, high in ANY:
            opens.setdefault(low, [])
            closes.setdefault(high + 1, [])
        classes: dict[frozenset[int], int] = {}
        marked: list[set[int]] = [set() for _ in distinct]
        self.ranges: list[list[tuple[int, int]]] = []  # of each class
        active: set[int] = set()
        before = 0
        for point in sorted(opens.keys() | closes.keys()):
            if before < point and not SURROGATE <= before < ANY[1][0]:
                found = classes.setdefault(frozenset(active), len(classes))
                if found == len(self.ranges):
                    self.ranges.append([])
                self.ranges[found].append((before, point - 1))
                for number in active:
                    marked[number].add(found)
            active.difference_update(closes.get(point, ()))
            active.update(opens.get(point, ()))
            before = point
        self.size = len(classes)
        self._known: dict[tuple[tuple[int, int, int], ...], Moves] = {}
        self.sets = {
            ranges: _others(of, self.size) if ranges in wide else union(tuple((one, one) for one in of))
            for ranges, of in zip(distinct, marked, strict=True)
        }

    @classmethod
    def of(cls, machines: Sequence[Machine]) -> tuple[Alphabet, list[Machine]]:
        """The alphabet of finished machines, and these over it."""
        if len(machines) == 1 and (over := machines[0].over) is not None:
            return over[0], [over[1]]
        grouped = [[ranges_by_target(moves) for moves in machine.moves] for machine in machines]
        alphabet = cls(ranges for states in grouped for here in states for ranges in here.values())
        sets = alphabet.sets
        small = [
            Machine(
                [sorted((low, high, to) for to, r in here.items() for low, high in sets[r]) for here in states],
                machine.ends,
            )
            for machine, states in zip(machines, grouped, strict=True)
        ]
        return alphabet, small

    def spelled_out(self, machine: Machine) -> Machine:
        """A machine over classes as one over characters."""
        return Machine(None, machine.ends, (self, machine))

    def characters(self, moves: Moves) -> Moves:
        numbers: dict[int, int] = {}  # many states part the classes alike and differ in where they lead
        alike = tuple([(low, high, numbers.setdefault(target, len(numbers))) for low, high, target in moves])
        known = self._known.get(alike)
        if known is None:
            known = self._known[alike] = self._spelled(alike)
        targets = list(numbers)
        return [(low, high, targets[number]) for low, high, number in known]

    def _spelled(self, moves: tuple[tuple[int, int, int], ...]) -> Moves:
        """The same moves over characters. Where most classes lead to one state, it gets what the others leave."""
        widths: dict[int, int] = {}
        for low, high, to in moves:
            widths[to] = widths.get(to, 0) + high + 1 - low
        most = max(widths, key=lambda to: widths[to], default=-1)
        if 2 * widths.get(most, 0) <= self.size:
            each = [(*pair, to) for low, high, to in moves for part in self.ranges[low : high + 1] for pair in part]
            return joined(sorted(each))
        other = [(low, high, to) for low, high, to in moves if to != most]
        other += [
            (low, high, NOWHERE) for low, high in without(((0, self.size - 1),), tuple(move[:2] for move in moves))
        ]
        each = sorted((*pair, to) for low, high, to in other for part in self.ranges[low : high + 1] for pair in part)
        rest = without(ANY, union(tuple(move[:2] for move in each)))
        return joined(sorted([*[move for move in each if move[2] != NOWHERE], *[(*pair, most) for pair in rest]]))


def _is_wide(ranges: Ranges) -> bool:
    """Whether a set holds most characters."""
    return 2 * sum(high - low for low, high in ranges) > POINTS


def _others(numbers: set[int], size: int) -> Ranges:
    """The classes that are none of these."""
    return without(((0, size - 1),), union(tuple((one, one) for one in numbers)))


def ranges_by_target(moves: Moves) -> dict[int, Ranges]:
    found: dict[int, list[tuple[int, int]]] = {}
    for low, high, target in moves:
        found.setdefault(target, []).append((low, high))
    return {target: tuple(ranges) for target, ranges in found.items()}


def joined(moves: Moves) -> Moves:
    """Sorted moves, neighbours with one target as one."""
    if len(moves) < 2:
        return moves
    out: Moves = []
    last = after = -1
    for move in moves:
        low, high, target = move
        if target == last and low == after:
            out[-1] = (out[-1][0], high, target)
        else:
            out.append(move)
            last = target
        after = high + 1
    return out


def trim(moves: list[Moves], ends: list[bool]) -> Machine:
    """The machine without states that never come to an end, numbered in the order of a walk from the start."""
    users: list[list[int]] = [[] for _ in moves]
    for state, here in enumerate(moves):
        for _, _, target in here:
            users[target].append(state)
    alive = list(ends)
    todo = [state for state, end in enumerate(ends) if end]
    while todo:
        for user in users[todo.pop()]:
            if not alive[user]:
                alive[user] = True
                todo.append(user)
    if not moves or not alive[0]:
        return NOTHING
    number = {0: 0}
    order = [0]
    for state in order:
        for _, _, target in moves[state]:
            if alive[target] and target not in number:
                number[target] = len(order)
                order.append(target)
    if len(order) == len(moves) and order == list(range(len(moves))):
        return Machine(moves, list(ends))
    kept = [[(low, high, number[t]) for low, high, t in moves[s] if alive[t]] for s in order]
    return Machine(kept, [ends[state] for state in order])
