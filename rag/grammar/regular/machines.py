"""
Finished automata: their lengths, their order, the same in fewer states, or with a length bounded.

Nothing here builds one from a pattern (that is `rag.grammar.regular.automaton`) or writes grammar.
"""

from __future__ import annotations

from bisect import bisect_left

from rag.grammar.regular.alphabet import DENSE, MANY, NOTHING, Alphabet, Machine, Moves, TooLarge, joined, trim

WIDE = 60  # ranges of a state


def lengths(machine: Machine) -> tuple[int, int | None]:
    """The shortest and the longest text of a machine; None if there is no longest."""
    if machine.empty:
        return 0, 0
    level, low, seen = {0}, 0, {0}
    while not any(machine.ends[state] for state in level):
        level = {target for state in level for _, _, target in machine.moves[state]} - seen
        seen |= level
        low += 1
    order = children_first(machine)
    place = {state: at for at, state in enumerate(order)}
    long = [0] * len(machine.moves)
    for state in order:
        for _, _, target in machine.moves[state]:
            if place[target] >= place[state]:
                return low, None
            long[state] = max(long[state], long[target] + 1)
    return low, long[0]


def children_first(machine: Machine) -> list[int]:
    order: list[int] = []
    seen = {0}
    stack = [(0, iter(machine.moves[0]))]
    while stack:
        state, moves = stack[-1]
        for _, _, target in moves:
            if target not in seen:
                seen.add(target)
                stack.append((target, iter(machine.moves[target])))
                break
        else:
            order.append(state)
            stack.pop()
    return order


def minimise(machine: Machine) -> Machine:
    """The same texts in fewer states: one look where there are no cycles, until nothing changes where there are."""
    size = len(machine.moves)
    if sum(map(len, machine.moves)) > WIDE * size:  # sets of hundreds of ranges: first by classes of characters
        alphabet, (small,) = Alphabet.of([machine])
        if alphabet.size < WIDE:
            return alphabet.spelled_out(minimise(small))
    group = [0] * size
    order = _acyclic(machine)
    if order is None:
        if size > 300:
            return machine
        group, count = _refined(machine)
    else:
        signs: dict[object, int] = {}
        for state in order:
            sign = (machine.ends[state], _sign(machine.moves[state], group))
            group[state] = signs.setdefault(sign, len(signs))
        count = len(signs)
    if count == size:
        return machine
    moves: list[Moves] = [[] for _ in range(count)]
    ends = [False] * count
    for state in range(size):
        moves[group[state]] = joined([(low, high, group[target]) for low, high, target in machine.moves[state]])
        ends[group[state]] = machine.ends[state]
    return _started(moves, ends, group[0] if size else 0)


def _refined(machine: Machine) -> tuple[list[int], int]:
    """The group of each state, and how many there are: groups are parted until all in one go to the same groups."""
    group = [int(end) for end in machine.ends]
    crowds = [[s for s, end in enumerate(machine.ends) if end is which] for which in (False, True)]
    count = 2
    while True:
        parted: list[list[int]] = []
        new = list(group)
        for crowd in crowds:
            signs: dict[object, list[int]] = {}
            for state in crowd:
                signs.setdefault(_sign(machine.moves[state], group), []).append(state)
            for number, part in enumerate(signs.values()):
                if number:
                    for state in part:
                        new[state] = count
                    count += 1
                if len(part) > 1:  # one alone cannot be parted
                    parted.append(part)
        if new == group:
            return _numbered(group)
        group, crowds = new, parted


def _numbered(group: list[int]) -> tuple[list[int], int]:
    numbers: dict[int, int] = {}
    return [numbers.setdefault(one, len(numbers)) for one in group], len(numbers)


def _sign(moves: Moves, group: list[int]) -> tuple[int, ...]:
    """The moves as seen from outside: neighbouring ranges that lead to one group are one."""
    out: list[int] = []
    last = after = -1
    for low, high, target in moves:
        to = group[target]
        if to == last and low == after:
            out[-1] = high
        else:
            out += (to, low, high)
            last = to
        after = high + 1
    return tuple(out)


def _started(moves: list[Moves], ends: list[bool], start: int) -> Machine:
    """Numbered so that the start is 0."""
    if start:
        swap = {0: start, start: 0}
        moves[0], moves[start] = moves[start], moves[0]
        ends[0], ends[start] = ends[start], ends[0]
        moves = [[(low, high, swap.get(t, t)) for low, high, t in here] for here in moves]
    return trim(moves, ends)


def _acyclic(machine: Machine) -> list[int] | None:
    """The states with children first; None if there is a cycle."""
    state = [0] * len(machine.moves)
    order: list[int] = []
    for start in range(len(machine.moves)):
        if state[start]:
            continue
        state[start] = 1
        stack = [(start, iter(machine.moves[start]))]
        while stack:
            here, moves = stack[-1]
            for _, _, target in moves:
                if state[target] == 1:
                    return None
                if not state[target]:
                    state[target] = 1
                    stack.append((target, iter(machine.moves[target])))
                    break
            else:
                state[here] = 2
                order.append(here)
                stack.pop()
    return order


def sized(machine: Machine, least: int, most: int | None, states: int = MANY) -> Machine:
    """Those texts of a machine that have `least` to `most` characters; with no `most`, no upper end."""
    top = least if most is None else most
    if not machine.moves or top < least:
        return NOTHING
    index = {(0, 0): 0}
    order = [(0, 0)]
    moves: list[Moves] = []
    ends, ranges = [], 0
    for state, count in order:
        ends.append(machine.ends[state] and count >= least)
        here: Moves = []
        if most is None or count < most:
            after = min(count + 1, top)
            for low, high, target in machine.moves[state]:
                key = (target, after)
                found = index.get(key)
                if found is None:
                    if len(order) >= states:
                        raise TooLarge("its length needs too many states")
                    found = index[key] = len(order)
                    order.append(key)
                here.append((low, high, found))
        moves.append(here)
        ranges += len(here)
        if ranges > DENSE:
            raise TooLarge("its length needs too many states")
    return trim(moves, ends)


def unrolled(machine: Machine, rounds: int) -> Machine:
    """Those texts of a machine that take its ways back at most `rounds` times; a state may still lead to itself."""
    place = {state: at for at, state in enumerate(children_first(machine))}
    index = {(0, 0): 0}
    order = [(0, 0)]
    moves: list[Moves] = []
    for state, round_ in order:
        here: Moves = []
        for low, high, target in machine.moves[state]:
            after = round_ + (target != state and place[target] >= place[state])
            if after > rounds:
                continue
            key = (target, after)
            if key not in index:
                index[key] = len(order)
                order.append(key)
            here.append((low, high, index[key]))
        moves.append(here)
    return trim(moves, [machine.ends[state] for state, _ in order])


def loop_room(machine: Machine, most: int, rounds: int) -> int:
    """How often (at most `rounds`) states may lead to themselves, so that no text has more than `most` characters."""
    if machine.empty:
        return 0
    order = []
    for state in children_first(machine):
        targets = {target for _, _, target in machine.moves[state]}
        order.append((state, targets - {state}, state in targets))
    longest = [0] * len(machine.moves)

    def fits(rounds: int) -> bool:
        for state, targets, loops in order:
            onward = max([longest[target] for target in targets]) + 1 if targets else 0
            longest[state] = onward + rounds * loops
        return longest[0] <= most

    tried = [rounds]
    while tried[-1]:
        tried.append(tried[-1] * 2 // 3)
    return tried[bisect_left(tried, True, hi=len(tried) - 1, key=fits)]
