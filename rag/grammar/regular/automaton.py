"""
Finite automata over characters: what patterns, formats, keys and lengths have in common, and what is left of one
without another.

Every construction counts its states and gives up (`TooLarge`) instead of growing without end.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from itertools import groupby

from rag.gbnf.ranges import ANY, Ranges
from rag.grammar.regular.alphabet import (
    DENSE,
    EVERYTHING,
    MANY,
    Alphabet,
    Machine,
    Moves,
    TooLarge,
    ranges_by_target,
    trim,
)
from rag.grammar.regular.regex import Node, Sense, Unsupported, parse

CROWDED = "its states tell too many characters apart"


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
            for target, ranges in ranges_by_target(moves).items():
                self.moves[offset[state]].append((ranges, offset[target]))
            if machine.ends[state]:
                self.stops[offset[state]].append(end)
        if offset:
            self.plain[start].append(offset[0])
        return end

    def closure(self, states: Iterable[int], first: bool, last: bool) -> set[int]:
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
        return seen

    def determinise(self, start: int, end: int) -> Machine:
        alphabet = Alphabet(ranges for moves in self.moves for ranges, _ in moves)
        anchored = any(self.stops) or any(self.starts)
        order = [self._live(self.closure([start], True, False), end)]
        index = {order[0]: 0}
        rows: dict[int, list[tuple[int, int, int]]] = {}  # by state: classes, and all that they lead to
        moves: list[Moves] = []
        ends: list[bool] = []
        ranges = 0
        for at, group in enumerate(order):
            states = _bits(group)
            ends.append(bool(group >> end & 1) or (anchored and end in self.closure(states, at == 0, True)))
            row = [0] * alphabet.size
            for state in states:
                if state not in rows:
                    rows[state] = self._row(state, end, alphabet)
                for low, high, after in rows[state]:
                    row[low : high + 1] = [had | after for had in row[low : high + 1]]
            here: Moves = []
            low = 0
            for after, run in groupby(row):
                high = low + len(list(run))
                if after:
                    number = index.get(after)
                    if number is None:
                        if len(order) >= MANY:
                            raise TooLarge("it needs too many states")
                        number = index[after] = len(order)
                        order.append(after)
                    here.append((low, high - 1, number))
                low = high
            moves.append(here)
            ranges += len(here)
            if ranges > DENSE:
                raise TooLarge(CROWDED)
        return alphabet.spelled_out(trim(moves, ends))

    def _row(self, state: int, end: int, alphabet: Alphabet) -> list[tuple[int, int, int]]:
        out: list[tuple[int, int, int]] = []
        for ranges, target in self.moves[state]:
            after = self._live(self.closure((target,), False, False), end)
            out += [(low, high, after) for low, high in alphabet.sets[ranges]]
        return out

    def _live(self, states: Iterable[int], end: int) -> int:
        """Only the states from which something is still to be read, or at which a text may end; a bit for each."""
        found = 0
        for s in states:
            if self.moves[s] or self.stops[s] or self.starts[s] or s == end:
                found |= 1 << s
        return found


def _bits(mask: int) -> list[int]:
    out = []
    while mask:
        lowest = mask & -mask
        out.append(lowest.bit_length() - 1)
        mask ^= lowest
    return out


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


def is_free(node: Node) -> bool:
    """Whether a pattern says nothing of where a text begins or ends."""
    if node[0] in ("bol", "eol", "look"):
        return False
    if node[0] in ("cat", "alt"):
        return all(is_free(item) for item in node[1])
    return node[0] != "rep" or is_free(node[1])


_REST: Node = ("rep", ("set", ANY), 0, None)


def _found(node: Node, before: bool = True) -> Machine:
    ways = [list(way[1]) if way[0] == "cat" else [way] for way in (node[1] if node[0] == "alt" else [node])]
    after = True
    if before and all(way and way[0][0] == "bol" for way in ways):
        ways, before = [way[1:] for way in ways], False
    if all(way and way[-1][0] == "eol" for way in ways):
        ways, after = [way[:-1] for way in ways], False
    nfa = _Nfa()
    start = nfa.state()
    end = nfa.add(("cat", [_REST] * before + [("alt", [("cat", way) for way in ways])] + [_REST] * after), start)
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
    moves, marks = _together(small, alphabet.size, most)
    return alphabet.spelled_out(trim(moves, [keep(mark) for mark in marks]))


def sorts(
    machines: Sequence[Machine], wanted: Callable[[tuple[bool, ...]], bool], most: int = MANY
) -> dict[tuple[bool, ...], Machine]:
    """The texts by which of the machines admit them, as far as that is `wanted`; what no text has is left out."""
    alphabet, small = Alphabet.of(machines)
    moves, marks = _together(small, alphabet.size, most)
    kept = sorted(filter(wanted, set(marks)), reverse=True)
    found = {mark: trim(moves, [other == mark for other in marks]) for mark in kept}
    return {mark: alphabet.spelled_out(machine) for mark, machine in found.items() if not machine.empty}


def _together(machines: Sequence[Machine], size: int, most: int) -> tuple[list[Moves], list[tuple[bool, ...]]]:
    """The product of machines over `size` classes, complete: its moves, and which machines each state ends."""
    first = tuple(0 if machine.moves else -1 for machine in machines)
    index = {first: 0}
    order = [first]
    moves: list[Moves] = []
    marks, ranges = [], 0
    rows: list[dict[int, list[int]]] = [{-1: [-1] * size} for _ in machines]  # by state: where each class leads
    for group in order:
        marks.append(tuple(s >= 0 and m.ends[s] for m, s in zip(machines, group, strict=True)))
        for machine, state, known in zip(machines, group, rows, strict=True):
            if state not in known:
                known[state] = _row(machine.moves[state], size)
        here: Moves = []
        low = 0
        for key, run in groupby(zip(*[known[state] for known, state in zip(rows, group, strict=True)], strict=True)):
            high = low + len(list(run))
            found = index.get(key)
            if found is None:
                if len(order) >= most:
                    raise TooLarge("it needs too many states together with the others")
                found = index[key] = len(order)
                order.append(key)
            here.append((low, high - 1, found))
            low = high
        moves.append(here)
        ranges += len(here)
        if ranges > DENSE:
            raise TooLarge(CROWDED)
    return moves, marks


def _row(moves: Moves, size: int) -> list[int]:
    out = [-1] * size
    for low, high, target in moves:
        out[low : high + 1] = [target] * (high + 1 - low)
    return out


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
