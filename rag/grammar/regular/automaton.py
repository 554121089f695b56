"""
Finite automata over characters: what patterns, formats, keys and lengths have in common, and what is left of one
without another.

Every construction counts its states and gives up (`TooLarge`) instead of growing without end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache

from rag.gbnf.ranges import ANY, Ranges
from rag.grammar.regular.alphabet import (
    EVERYTHING,
    MANY,
    Alphabet,
    Machine,
    Moves,
    TooLarge,
    joined,
    split,
    trim,
)
from rag.grammar.regular.regex import Node, Sense, Unsupported, parse


class _Nfa:
    """Thompson's construction; edges without a character are plain, or stand for ^ or $."""

    def __init__(self) -> None:
        self.plain: list[list[int]] = []
        self.starts: list[list[int]] = []
        self.stops: list[list[int]] = []
        self.moves: list[list[tuple[Ranges, int]]] = []

    def state(self) -> int:
        if len(self.plain) > 8 * MANY:
            raise TooLarge("it needs too many states")
        self.plain.append([])
        self.starts.append([])
        self.stops.append([])
        self.moves.append([])
        return len(self.plain) - 1

    def add(self, node: Node, start: int) -> int:
        """Build `node` from `start` on; gives the state behind it."""
        kind = node[0]
        if kind == "cat":
            for item in node[1]:
                start = self.add(item, start)
            return start
        if kind == "rep":
            return self.repeat(node[1], node[2], node[3], start)
        end = self.state()
        if kind == "set":
            self.moves[start].append((node[1], end))
        elif kind == "alt":
            for item in node[1]:
                self.plain[self.add(item, start)].append(end)
        elif kind == "bol":
            self.starts[start].append(end)
        elif kind == "eol":
            self.stops[start].append(end)
        else:
            raise Unsupported("a look-ahead inside a group")
        return end

    def repeat(self, item: Node, least: int, most: int | None, start: int) -> int:
        if max(least, most or 0) > 2 * MANY:
            raise TooLarge(f"it counts to {max(least, most or 0)}")
        for _ in range(least):
            start = self.add(item, start)
        if most is None:
            loop = self.state()
            self.plain[start].append(loop)
            self.plain[self.add(item, loop)].append(loop)
            end = self.state()
            self.plain[loop].append(end)
            return end
        end = self.state()
        self.plain[start].append(end)
        for _ in range(most - least):
            start = self.add(item, start)
            self.plain[start].append(end)
        return end

    def embed(self, machine: Machine, start: int) -> int:
        offset = [self.state() for _ in machine.moves]
        end = self.state()
        for state, moves in enumerate(machine.moves):
            for low, high, target in moves:
                self.moves[offset[state]].append((((low, high),), offset[target]))
            if machine.ends[state]:
                self.stops[offset[state]].append(end)
        if offset:
            self.plain[start].append(offset[0])
        return end

    def closure(self, states: Iterable[int], first: bool, last: bool) -> frozenset[int]:
        """What can be reached without a character; over ^ only at the start, over $ only at the end."""
        todo = list(states)
        seen = set(todo)
        while todo:
            state = todo.pop()
            nexts = self.plain[state]
            if first and self.starts[state]:
                nexts = nexts + self.starts[state]
            if last and self.stops[state]:
                nexts = nexts + self.stops[state]
            for other in nexts:
                if other not in seen:
                    seen.add(other)
                    todo.append(other)
        return frozenset(seen)

    def determinise(self, start: int, end: int) -> Machine:
        alphabet = Alphabet(ranges for moves in self.moves for ranges, _ in moves)
        edges = [[(alphabet.sets[ranges], target) for ranges, target in moves] for moves in self.moves]
        closures: dict[int, frozenset[int]] = {}
        afters: dict[frozenset[int], int] = {}
        anchored = any(self.stops) or any(self.starts)
        order = [self._live(self.closure([start], True, False), end)]
        index = {order[0]: 0}
        moves: list[Moves] = []
        ends: list[bool] = []
        for at, group in enumerate(order):
            ends.append(end in group or (anchored and end in self.closure(group, at == 0, True)))
            here: Moves = []
            for low, high, targets in split([move for s in group for move in edges[s]]):
                number = afters.get(targets)
                if number is None:
                    for target in targets:
                        if target not in closures:
                            closures[target] = self._live(self.closure((target,), False, False), end)
                    after = frozenset().union(*[closures[target] for target in targets])
                    number = index.get(after)
                    if number is None:
                        if len(order) >= MANY:
                            raise TooLarge("it needs too many states")
                        number = index[after] = len(order)
                        order.append(after)
                    afters[targets] = number
                here.append((low, high, number))
            moves.append(joined(here))
        return alphabet.spelled_out(trim(moves, ends))

    def _live(self, states: frozenset[int], end: int) -> frozenset[int]:
        """Only the states from which something is still to be read, or at which a text may end."""
        return frozenset(s for s in states if self.moves[s] or self.stops[s] or self.starts[s] or s == end)


@lru_cache(maxsize=1024)
def search(pattern: str, sense: Sense = "lower") -> Machine:
    """All texts in which a pattern is found somewhere, as `pattern` of JSON Schema means it; `sense` as in `parse`."""
    tree = parse(pattern, sense)
    options = tree[1] if tree[0] == "alt" else [tree]
    plain = [option for option in options if not _looks(option)]
    machines = [_found(("alt", plain))] if plain else []
    machines += [
        _with_look(option[1] if option[0] == "cat" else [option], True) for option in options if _looks(option)
    ]
    return machines[0] if len(machines) == 1 else either(machines)


def _looks(node: Node) -> bool:
    if node[0] == "look":
        return True
    if node[0] in ("cat", "alt"):
        return any(_looks(item) for item in node[1])
    return node[0] == "rep" and _looks(node[1])


def _anchors(node: Node) -> bool:
    if node[0] == "bol":
        return True
    if node[0] in ("cat", "alt"):
        return any(_anchors(item) for item in node[1])
    return node[0] in ("rep", "look") and _anchors(node[1])


_REST: Node = ("rep", ("set", ANY), 0, None)


def _found(node: Node, before: bool = True) -> Machine:
    nfa = _Nfa()
    start = nfa.state()
    end = nfa.add(("cat", [_REST, node, _REST] if before else [node, _REST]), start)
    return nfa.determinise(start, end)


def _with_look(items: list[Node], before: bool) -> Machine:
    """A sequence with look-aheads: what comes before one, then what both the look-ahead and the rest admit."""
    at = next(i for i, item in enumerate(items) if _looks(item))
    if items[at][0] == "cat":
        return _with_look([*items[:at], *items[at][1], *items[at + 1 :]], before)
    if items[at][0] != "look":
        raise Unsupported("a look-ahead inside a group")
    head, (_, looked, negative), tail = items[:at], items[at], items[at + 1 :]
    anchored = any(item[0] == "bol" for item in head)
    if any(_anchors(item) for item in tail) or _anchors(looked):
        if any(item[0] != "bol" for item in head):
            raise Unsupported("a ^ behind a look-ahead")
        anchored = True
    seen = _found(looked, False)
    rest = _with_look(tail, False) if any(map(_looks, tail)) else _found(("cat", tail), False)
    both = minus(rest, seen) if negative else meet(rest, seen)
    nfa = _Nfa()
    start = nfa.state()
    middle = nfa.add(("cat", head if anchored or not before else [_REST, *head]), start)
    return nfa.determinise(start, nfa.embed(both, middle))


def texts(values: Iterable[str]) -> Machine:
    """Exactly these texts."""
    nfa_moves: list[dict[str, int]] = [{}]
    ends = [False]
    for value in values:
        state = 0
        for char in value:
            following = nfa_moves[state].get(char)
            if following is None:
                following = nfa_moves[state][char] = len(nfa_moves)
                nfa_moves.append({})
                ends.append(False)
                if len(ends) > 20 * MANY:
                    raise TooLarge("too many texts")
            state = following
        ends[state] = True
    return trim([sorted((ord(c), ord(c), t) for c, t in moves.items()) for moves in nfa_moves], ends)


def combine(machines: Sequence[Machine], keep: Callable[[tuple[bool, ...]], bool], most: int = MANY) -> Machine:
    """All machines at once; a text is admitted if `keep` likes which of them admit it."""
    alphabet, small = Alphabet.of(machines)
    moves, marks = _together(small, ((0, alphabet.size - 1),), most)
    return alphabet.spelled_out(trim(moves, [keep(mark) for mark in marks]))


def sorts(machines: Sequence[Machine], most: int = MANY) -> dict[tuple[bool, ...], Machine]:
    """The texts sorted by which of the machines admit them; what no text has is left out."""
    alphabet, small = Alphabet.of(machines)
    moves, marks = _together(small, ((0, alphabet.size - 1),), most)
    found = {mark: trim(moves, [other == mark for other in marks]) for mark in sorted(set(marks), reverse=True)}
    return {mark: alphabet.spelled_out(machine) for mark, machine in found.items() if not machine.empty}


def _together(machines: Sequence[Machine], everything: Ranges, most: int) -> tuple[list[Moves], list[tuple[bool, ...]]]:
    """The product of machines, complete over all characters: its moves, and which machines each state ends."""
    first = tuple(0 if machine.moves else -1 for machine in machines)
    index = {first: 0}
    order = [first]
    moves: list[Moves] = []
    marks = []
    for group in order:
        marks.append(tuple(s >= 0 and m.ends[s] for m, s in zip(machines, group, strict=True)))
        edges: list[tuple[Ranges, int]] = [(everything, -1)]
        for number, (machine, state) in enumerate(zip(machines, group, strict=True)):
            if state >= 0:
                # a target is told apart by its machine
                edges += [
                    (((low, high),), number + len(machines) * target) for low, high, target in machine.moves[state]
                ]
        here: Moves = []
        for low, high, targets in split(edges):
            after = [-1] * len(machines)
            for target in targets:
                if target >= 0:
                    after[target % len(machines)] = target // len(machines)
            key = tuple(after)
            found = index.get(key)
            if found is None:
                if len(order) >= most:
                    raise TooLarge("it needs too many states together with the others")
                found = index[key] = len(order)
                order.append(key)
            here.append((low, high, found))
        moves.append(joined(here))
    return moves, marks


def meet(*machines: Machine, most: int = MANY) -> Machine:
    """What all of them admit."""
    wanted = [machine for machine in machines if machine is not EVERYTHING]
    if len(wanted) < 2:
        return wanted[0] if wanted else EVERYTHING
    return combine(wanted, all, most)


def either(machines: Sequence[Machine]) -> Machine:
    return combine(machines, any)


def minus(one: Machine, other: Machine, most: int = MANY) -> Machine:
    """What `one` admits and `other` does not."""
    return combine([one, other], lambda mark: mark[0] and not mark[1], most)
