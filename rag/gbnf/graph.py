"""
From collected rules to a finished grammar: what is impossible goes, recursion gets an end, the longest text is known.

Every walk over rules is a loop, never a recursion: a schema may be as deep as it likes. Nothing here knows JSON.
"""

from __future__ import annotations

from rag.gbnf.expressions import ALT, CLS, LIT, REF, REP, SEQ, VOID, Expr, alt, maybe, seq

Body = dict[str, Expr]


def refs(expr: Expr) -> list[str]:
    """The rules that an expression names, each once."""
    out: dict[str, None] = {}
    _add_refs(expr, out)
    return list(out)


def _add_refs(expr: Expr, out: dict[str, None]) -> None:
    kind = expr[0]
    if kind == REF:
        out[expr[1]] = None
    elif kind == REP:
        _add_refs(expr[1], out)
    elif kind > REF:
        for item in expr[1]:
            if item[0] == REF:
                out[item[1]] = None
            elif item[0] > REF:
                _add_refs(item, out)


class Graph:
    """
    The rules that can be reached: who names whom, in an order that sees children first, and where cycles close.

    `earlier` is the graph of a body that this one was made from: its rules that are the same are not read again.
    """

    def __init__(self, body: Body, root: str, earlier: Graph | None = None) -> None:
        self.body = body
        self.children: dict[str, list[str]] = {root: self._refs(root, earlier)}
        self.after: list[str] = []
        self.back: set[str] = set()
        state: dict[str, int] = {root: 1}
        stack = [(root, iter(self.children[root]))]
        while stack:
            name, children = stack[-1]
            for child in children:
                seen = state.get(child)
                if seen is None:
                    state[child] = 1
                    below = self.children[child] = self._refs(child, earlier)
                    if below:
                        stack.append((child, iter(below)))
                        break
                    state[child] = 2
                    self.after.append(child)
                elif seen == 1:
                    self.back.add(child)
            else:
                state[name] = 2
                self.after.append(name)
                stack.pop()

    def _refs(self, name: str, earlier: Graph | None) -> list[str]:
        if earlier is not None and name in earlier.children and earlier.body[name] is self.body[name]:
            return earlier.children[name]
        return refs(self.body[name])

    def users(self) -> dict[str, list[str]]:
        out: dict[str, list[str]] = {}
        for name, children in self.children.items():
            for child in children:
                out.setdefault(child, []).append(name)
        return out


def prune(body: Body, graph: Graph) -> Body:
    """The rules without what can never come to an end; a rule that cannot is left out."""
    order = graph.after
    good: set[str] = set()
    for name in order:  # children first: this settles all but cycles
        if _can_end(body[name], good):
            good.add(name)
    if len(good) == len(order):
        return body
    users = graph.users()
    todo = [name for name in order if name not in good]
    while todo:
        name = todo.pop()
        if name not in good and _can_end(body[name], good):
            good.add(name)
            todo.extend(users.get(name, ()))
    if len(good) == len(order):
        return body
    out: Body = {}
    for name in order:
        if name in good:
            whole = all(child in good for child in graph.children.get(name, ()))
            out[name] = body[name] if whole else _without(body[name], good)
    return out


def _can_end(expr: Expr, good: set[str]) -> bool:
    kind: int = expr[0]
    if kind == REF:
        return expr[1] in good
    if kind == REP:
        return expr[2] == 0 or _can_end(expr[1], good)
    if kind < REF:
        return True
    for item in expr[1]:
        can: bool = item[1] in good if item[0] == REF else item[0] < REF or _can_end(item, good)
        if can == (kind == ALT):  # one way is enough, every part is needed
            return kind == ALT
    return kind == SEQ


def _without(expr: Expr, good: set[str]) -> Expr:
    kind = expr[0]
    if kind == REF:
        return expr if expr[1] in good else VOID
    if kind == SEQ:
        return seq(*[_without(item, good) for item in expr[1]])
    if kind == ALT:
        return alt(_without(item, good) for item in expr[1])
    if kind == REP:
        item = _without(expr[1], good)
        if item == VOID:
            return (SEQ, ()) if expr[2] == 0 else VOID
        return maybe(item) if expr[2:] == (0, 1) else (REP, item, *expr[2:])
    return expr


def merge_units(body: Body, graph: Graph) -> Body:
    """Rules that are nothing but each other (a is b or "x", b is a) as one: that would be left recursion."""
    units: dict[str, list[str]] = {}
    for name in graph.after:
        expr = body[name]
        if expr[0] == REF or (expr[0] == ALT and any(item[0] == REF for item in expr[1])):
            units[name] = refs((ALT, tuple(item for item in _ways(expr) if item[0] == REF)))
    group = components(Graph({"": (ALT, tuple((REF, name) for name in units)), **_only(units)}, "")) if units else {}
    circles: dict[int, list[str]] = {}
    for name, number in group.items():
        circles.setdefault(number, []).append(name)
    out = dict(body) if circles else body
    for names in circles.values():
        first = "root" if "root" in names else names[0]
        ways = [way for name in names for way in _ways(body[name]) if way[0] != REF or way[1] not in names]
        out |= dict.fromkeys(names, (REF, first))
        out[first] = alt(ways)
    return out


def _ways(expr: Expr) -> tuple[Expr, ...]:
    return expr[1] if expr[0] == ALT else (expr,)


def _only(units: dict[str, list[str]]) -> Body:
    names = {child for children in units.values() for child in children}
    return dict.fromkeys(names, VOID) | {name: (ALT, tuple((REF, c) for c in below)) for name, below in units.items()}


def unroll(body: Body, root: str, graph: Graph, depth: int) -> Body:
    """Each cycle copied `depth` times, the last copy without the way back: recursion with an end."""
    back, group = graph.back, components(graph)
    out: Body = {}
    todo: list[tuple[str, int]] = [(root, 0)]
    done = {(root, 0)}

    def rename(name: str, own: int | None, level: int) -> Expr:
        same = own is not None and group.get(name) == own
        below = (level + (name in back)) if same else 0
        if below > depth:
            return VOID
        if (name, below) not in done:
            done.add((name, below))
            todo.append((name, below))
        return (REF, name if not below else f"{name}--{below}")

    while todo:
        name, level = todo.pop()
        own = group.get(name)
        if own is None:  # in no cycle: as it is
            out[name] = body[name]
            for child in graph.children[name]:
                rename(child, None, 0)
        else:
            out[name if not level else f"{name}--{level}"] = _renamed(body[name], own, level, rename)
    return out


def _renamed(expr: Expr, own: int | None, level: int, rename: object) -> Expr:
    kind = expr[0]
    if kind == REF:
        return rename(expr[1], own, level)  # type: ignore[operator, no-any-return]
    if kind == SEQ:
        return seq(*[_renamed(item, own, level, rename) for item in expr[1]])
    if kind == ALT:
        return alt(_renamed(item, own, level, rename) for item in expr[1])
    if kind == REP:
        item = _renamed(expr[1], own, level, rename)
        if item == VOID:
            return (SEQ, ()) if expr[2] == 0 else VOID
        return (REP, item, *expr[2:])
    return expr


def components(graph: Graph) -> dict[str, int]:
    """The number of the cycle that a rule belongs to; rules in no cycle have none (Kosaraju, with loops)."""
    users = graph.users()
    group: dict[str, int] = {}
    seen: set[str] = set()
    for number, start in enumerate(reversed(graph.after)):
        if start in seen:
            continue
        seen.add(start)
        members, stack = [start], [start]
        while stack:
            for user in users.get(stack.pop(), ()):
                if user not in seen:
                    seen.add(user)
                    members.append(user)
                    stack.append(user)
        if len(members) > 1 or start in graph.children[start]:
            group.update(dict.fromkeys(members, number))
    return group


def longest_text(body: Body, after: list[str]) -> int | None:
    """Bytes of the longest text; None if there is no longest one. `after` has children first."""
    size: dict[str, int | None] = {}
    for name in after:
        size[name] = _bytes(body[name], size)
    return size[after[-1]]


def _bytes(expr: Expr, size: dict[str, int | None]) -> int | None:
    kind = expr[0]
    if kind == LIT:
        return len(expr[1].encode())
    if kind == CLS:
        return expr[2]  # type: ignore[no-any-return]
    if kind == REF:
        return size.get(expr[1])
    if kind == REP:
        if expr[3] is None:
            return None
        one = _bytes(expr[1], size)
        return None if one is None else one * expr[3]
    total = 0
    for item in expr[1]:
        one = len(item[1].encode()) if item[0] == LIT else size.get(item[1]) if item[0] == REF else _bytes(item, size)
        if one is None:
            return None
        if kind == SEQ:
            total += one
        elif one > total:
            total = one
    return total
