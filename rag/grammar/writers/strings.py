"""
The strings that a schema admits, as grammar expressions with their JSON quotes and escapes.

A pattern becomes a readable expression where its length can be counted on the tree, and an automaton where several
conditions meet. What no automaton can follow is told to the caller. Nothing here reads a schema.
"""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from functools import lru_cache

from rag.gbnf import library
from rag.gbnf.expressions import ALT, REP, SEQ, VOID, Expr, Rules, alt, lit, maybe, ref, seq
from rag.gbnf.graph import refs
from rag.gbnf.ranges import ANY, Ranges, common, union
from rag.grammar.limits import Limits
from rag.grammar.regular import automaton, formats
from rag.grammar.regular.alphabet import EVERYTHING, Alphabet, Machine, TooLarge, ranges_by_target
from rag.grammar.regular.laws import machine_of, pattern_of
from rag.grammar.regular.machines import children_first, lengths, loop_room, minimise, sized, unrolled
from rag.grammar.regular.regex import Node, parse, widths
from rag.grammar.regular.trees import Complex, first, fold, shrink, tail, tree_size
from rag.grammar.writers.chars import spell, spell_away, spell_one

QUOTE = lit('"')
BIG = 4000  # rules that one string may take
SMALL = 400  # the same where the schema sets no length
SIZED = 2600  # and where it does, in a grammar for writing
JOINED = 2000  # states of several patterns together
COUNTED = 40  # characters that are counted one by one rather than by rounds
ROUNDS = (8, 4, 2, 1, 0)  # that a way back is taken: the most that leaves room
FAIR = 16  # parts of a text that share its length
ROOM = 2000  # characters of a text whose length the schema leaves open, at most
NESTED = 40  # repetitions of a part of a pattern that is repeated itself


@dataclass(frozen=True, slots=True)
class Text:
    """What a string must be. `laws` are ("pattern" or "format", its text, whether it must hold)."""

    least: int = 0
    most: int | None = None
    laws: tuple[tuple[str, str, bool], ...] = ()
    excluded: tuple[str, ...] = ()  # these values not


@dataclass(slots=True)
class Strings:
    """Writes strings into one grammar."""

    rules: Rules
    limits: Limits
    _sets: dict[Ranges, Expr] = field(default_factory=dict)
    _away: dict[str, Expr] = field(default_factory=dict)
    _texts: dict[Text, Expr] = field(default_factory=dict)
    _others: dict[tuple[object, ...], Expr] = field(default_factory=dict)

    def string(self, text: Text, hint: str = "string") -> Expr:
        """A whole JSON string. Raises Unsupported where a law cannot be followed."""
        found = self._texts.get(text)
        if found is None:
            found = self._texts[text] = self._string(text, hint)
        return found

    def _string(self, text: Text, hint: str) -> Expr:
        if text.most is not None and text.most < text.least:
            return VOID
        if not text.laws:
            return self._free(text)
        if len(text.laws) == 1 and not text.excluded:
            kind, name, holds = text.laws[0]
            if kind == "format" and holds and (text.least, text.most) == (0, None) and name in formats.WRITTEN:
                return self.rules.named(f"{name}-string", seq(QUOTE, self.base("date", formats.WRITTEN[name]), QUOTE))
            lean = self.limits.closed and kind == "format" and name in formats.LEAN
            if holds and not lean:
                with suppress(Complex, TooLarge):
                    return self._plainly(pattern_of(kind, name), text, hint)
                try:
                    machine, rounds = _machine(text, self.limits)
                except TooLarge as error:
                    with suppress(Complex):
                        return self._plainly(pattern_of(kind, name), text, hint, anywhere=True)
                    raise error from None
                return self.rules.named(hint, self.write_dfa(machine, rounds, hint))
        return self.rules.named(hint, self.write_dfa(*_machine(text, self.limits), hint))

    def _free(self, text: Text) -> Expr:
        """Any characters, so many of them."""
        most = upper(text.least, text.most, self.limits)
        if text.excluded:
            return self.any_but(text.excluded, text.least, most)
        expr = seq(QUOTE, self.rules.times(self.char(), text.least, most, "char"), QUOTE)
        if (text.least, text.most) == (0, None):
            self.rules.body["string"] = expr
            return ref("string")
        return self.rules.named(f"string-{text.least}-{'' if text.most is None else text.most}", expr)

    def char(self) -> Expr:
        return self.base("json", "char" if self.limits.closed else "unichar")

    def base(self, grammar: str, name: str) -> Expr:
        """A rule of a hand-written grammar, with what it needs."""
        body = library.rules(grammar)
        todo = [name]
        while todo:
            one = todo.pop()
            if one not in self.rules.body:
                self.rules.body[one] = body[one]
                todo.extend(reversed(refs(body[one])))
        return ref(name)

    # patterns as trees

    def _plainly(self, pattern: str, text: Text, hint: str, anywhere: bool = False) -> Expr:
        """`anywhere`: what an automaton cannot find, the engine tries to find at every place of the text."""
        tree = parse(pattern)
        options = tree[1] if tree[0] == "alt" and not (anywhere and automaton.is_free(tree)) else [tree]
        bodies = []
        for option in options:
            items = list(option[1]) if option[0] == "cat" else [option]
            before = after = True
            while items and items[0][0] == "bol":
                del items[0]
                before = False
            while items and items[-1][0] == "eol":
                del items[-1]
                after = False
            if not before and not items and not after:
                bodies.append(self._fitted(("cat", []), text))
                continue
            if before and self.limits.string is None and not anywhere:
                raise Complex  # an automaton finds the place without trying all of them
            rest: Node = ("rep", ("set", ANY), 0, None)
            bodies.append(self._fitted(("cat", [rest] * before + items + [rest] * after), text, anywhere))
        return self.rules.named(hint, seq(QUOTE, alt(bodies), QUOTE))

    def _fitted(self, tree: Node, text: Text, anywhere: bool = False) -> Expr:
        least, most = widths(tree)
        if least < text.least or (text.most is not None and (most is None or most > text.most)):
            try:
                fitted = fold(tree, text.least, text.most)
            except Complex:
                fitted = self._shrunk(tree, text, anywhere)
            if fitted is None:
                return VOID
            tree = fitted
        return self.tree(tree, 1, anywhere)

    def _shrunk(self, tree: Node, text: Text, surely: bool = False) -> Node | None:
        """Where counting a length would take too many states: each part gets its share of it, once and for all."""
        if text.most is None or widths(tree)[0] < text.least:
            raise Complex
        if not surely and tree_size(tree) * text.most <= (SMALL if self.limits.closed else BIG // 2):
            raise Complex
        return shrink(tree, text.most)

    def tree(self, node: Node, times: int, anywhere: bool = False) -> Expr:
        """
        A tree as an expression; `times` is how often it stands in what is repeated around it. `anywhere`: where its
        parts begin and end, the engine finds out.
        """
        kind = node[0]
        if kind == "set":
            return self.chars(node[1])
        if kind == "cat":
            parts = [self.tree(item, times) for item in node[1]]
            if not anywhere:
                self._unambiguous(node[1])
            return seq(*parts)
        if kind == "alt":
            return alt([self.tree(item, times) for item in node[1]])
        if kind != "rep":
            raise Complex
        _, item, least, most = node
        if most is None and self.limits.string is not None:
            most = max(least, self.limits.string if times == 1 else NESTED)
        if most is None or most > 1:
            if widths(item)[0] == 0 or common(first(item), tail(item)):
                raise Complex
            if (most or 0) > 100_000:
                raise Complex
        inner = self.tree(item, times * (2 if most is None or most > 1 else 1))
        if (least, most) == (0, 1):
            return maybe(self.rules.named("part", inner) if heavy(inner) else inner)
        return self.rules.times(inner, least, most, "part")

    def _unambiguous(self, items: list[Node]) -> None:
        """Two open-ended parts side by side that share characters open a path for every way to divide them."""
        open_ended: Ranges = ()
        for item in items:
            if open_ended and widths(item)[1] != widths(item)[0] and common(open_ended, first(item)):
                raise Complex
            ends = tail(item)
            open_ended = union(open_ended, ends) if widths(item)[0] == 0 else ends

    def chars(self, ranges: Ranges) -> Expr:
        """One character of `ranges`, as a JSON string writes it."""
        found = self._sets.get(ranges)
        if found is None:
            expr = self.char() if ranges == ANY else spell(ranges, self.limits.closed)
            found = self._sets[ranges] = self._set(expr)
        return found

    def _set(self, expr: Expr) -> Expr:
        return self.rules.named("set", expr) if expr[0] == ALT and expr[1] else expr

    # automata

    def write_dfa(
        self, machine: Machine, rounds: int | None, hint: str, open_: Expr = QUOTE, close: Expr = QUOTE
    ) -> Expr:
        """
        A machine as rules, one for each state that several others lead to.

        A state that leads to itself repeats its characters, at most `rounds` times; None for no bound.
        """
        if machine.empty:
            return VOID
        by_target = [ranges_by_target(moves) for moves in machine.moves]
        uses = [0] * len(by_target)
        for targets in by_target:
            for target in targets:
                uses[target] += 1
        uses[0] += 1
        names: dict[int, str] = {}
        exprs: dict[int, Expr] = {}
        deep: dict[int, int] = {}
        for state in children_first(machine):
            own = by_target[state].pop(state, None)
            end = close if machine.ends[state] else None
            expr, depth = self._state(by_target[state], exprs, deep, names, hint, end)
            if own:
                expr = seq(self.rules.times(self.chars(own), 0, rounds, "loop"), expr)
            if state in names or (state and (uses[state] > 1 or depth > 8)):
                name = names.setdefault(state, "") or self.rules.fresh(hint)
                names[state] = name
                self.rules.body[name] = expr
                expr, depth = ref(name), 0
            exprs[state], deep[state] = expr, depth
        return seq(open_, exprs[0])

    def _state(
        self,
        targets: dict[int, Ranges],
        exprs: dict[int, Expr],
        deep: dict[int, int],
        names: dict[int, str],
        hint: str,
        close: Expr | None,
    ) -> tuple[Expr, int]:
        parts = []
        depth = 0
        for target, ranges in targets.items():
            if target in exprs:
                after = exprs[target]
                depth = max(depth, deep[target])
            else:  # a way back: its rule is written later
                if target not in names:
                    names[target] = self.rules.fresh(hint)
                after = ref(names[target])
            parts.append(seq(self.chars(ranges), after))
        if close is not None:
            parts.append(close)
        return (ALT, tuple(parts)) if len(parts) != 1 else parts[0], depth + (len(parts) > 1)  # no two are the same

    # any text but some

    def any_but(self, names: Iterable[str], least: int = 0, most: int | None = None, close: Expr = QUOTE) -> Expr:
        """Any string but these, with no character written in two ways; linear in the names."""
        told = tuple(names)
        key = (told, least, most, close)
        found = self._others.get(key)
        if found is None:
            found = self._others[key] = self._any_but(told, least, most, close)
        return found

    def _any_but(self, names: tuple[str, ...], least: int, most: int | None, close: Expr) -> Expr:
        trie: dict[str, object] = {}
        deepest = 0
        for name in names:
            node = trie
            for char in name:
                node = node.setdefault(char, {})  # type: ignore[assignment]
            node[""] = True
            deepest = max(deepest, len(name))
        if least > 1 or deepest > 400 or (most is not None and most <= deepest + 1):
            machine = automaton.minus(EVERYTHING, automaton.texts(names))
            return self.write_dfa(sized(machine, least, most, 4 * BIG), None, "other", QUOTE, close)
        left = None if most is None else most - deepest - 1
        each = self.rules.named("keychar", spell_away("", self.limits.closed))
        rest = self.rules.named("others", seq(self.rules.times(each, 0, left, "keychar"), close))
        return seq(QUOTE, self._other(trie, rest, close, least == 0))

    def _other(self, trie: dict[str, object], rest: Expr, close: Expr, may_end: bool) -> Expr:
        """From the leaves up, without recursion: what may follow at each place of the trie."""
        order: list[tuple[dict[str, object], bool]] = [(trie, may_end)]
        for node, _ in order:
            order.extend([(child, True) for char, child in node.items() if char])  # type: ignore[misc]
        done: dict[int, tuple[Expr, int]] = {}
        for node, end in reversed(order):
            chars = [char for char in node if char] if "" in node or len(node) > 1 else list(node)
            known = chars[0] if len(chars) == 1 else "".join(sorted(chars))
            other = self._away.get(known)
            if other is None:
                away = self._set(spell_away(known, self.limits.closed))
                other = self._away[known] = away
            parts: list[Expr] = [(SEQ, (other, rest))]
            depth = 0
            for char in chars:
                expr, below = done[id(node[char])]
                if below > depth:
                    depth = below
                parts.append((SEQ, (spell_one(char), expr)))
            if end and "" not in node:
                parts.append(close)
            expr = (ALT, tuple(parts))
            if depth > 12:
                name = self.rules.fresh("other")
                self.rules.body[name] = expr
                expr, depth = ref(name), 0
            done[id(node)] = (expr, depth + 1)
        return done[id(trie)][0]


@lru_cache(maxsize=512)
def _machine(text: Text, limits: Limits) -> tuple[Machine, int | None]:
    """What meets all that is said of a string, with its length bounded, and how often a state may lead to itself."""
    machine = EVERYTHING
    for law in text.laws:
        machine = joined(machine, machine_of(*law, lean=limits.closed or text.most is not None))
    if text.excluded:
        machine = automaton.minus(machine, automaton.texts(text.excluded))
    alphabet, (small,) = Alphabet.of([machine])
    small, rounds = bounded(small, text.least, text.most, limits)
    return alphabet.spelled_out(minimise(small)), rounds


def joined(machine: Machine, other: Machine) -> Machine:
    """What both admit, in few states."""
    if EVERYTHING in (machine, other):
        return automaton.meet(machine, other)
    return minimise(automaton.meet(machine, other, most=JOINED))


def bounded(
    machine: Machine, least: int, most: int | None, limits: Limits, cost: int | None = None
) -> tuple[Machine, int | None]:
    """
    A machine with its length bounded as the schema says, else so that it ends and stays small.

    Lengths are counted where that takes few states. Else each way back is taken a few times only, and a state may lead
    to itself so many times (the number given) that the longest text still fits.
    """
    low, high = lengths(machine)
    if least <= low and high is not None and (most is None or high <= most):
        return machine, None
    if most is None and limits.string is None:
        return (sized(machine, least, None) if least > low else machine), None
    top, size = upper(least, most, limits), max(1, len(machine.moves))
    cost = cost or (SMALL if limits.closed and most is None else SIZED if limits.closed else BIG)
    if least <= low and top is not None and size * top > cost and limits.closed and top >= COUNTED:
        for back in sorted({min(count, SMALL // size) for count in ROUNDS}, reverse=True):
            straight = unrolled(machine, back)
            rounds = loop_room(straight, top if most is not None else max(top, ROOM), top)
            if rounds * FAIR >= top or (rounds and not back):
                return straight, rounds
    room = max(least, low + 8, cost // size)
    return sized(machine, least, room if top is None else min(top, room), 2 * BIG), None


def upper(least: int, most: int | None, limits: Limits) -> int | None:
    """The upper end of a length, where the schema sets none or a silly one."""
    if most is None:
        return None if limits.string is None else max(limits.string, least)
    return min(most, max(200_000, least)) if limits.string is None else min(most, max(20_000, least))


def heavy(expr: Expr) -> bool:
    """Whether llama.cpp makes many symbols of an expression, which must not stand in an optional group."""
    if expr[0] == REP:
        return (expr[3] or 0) > 20 or heavy(expr[1])
    return expr[0] in (SEQ, ALT) and any(heavy(item) for item in expr[1])
