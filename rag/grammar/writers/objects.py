"""
Objects as grammar: declared keys in the schema's order, then the others; linear in the number of keys.

Nothing here reads a schema: it asks the context for what a key's value is.
"""

from __future__ import annotations

from json.encoder import encode_basestring

from rag.gbnf.expressions import ALT, EMPTY, SEQ, VOID, Expr, Rules, alt, lit, maybe, ref, seq
from rag.grammar.schema.constraints import MISSING, Constraints
from rag.grammar.schema.values import key_nodes
from rag.grammar.writers.context import Context
from rag.grammar.writers.keys import is_silent, undeclared

COUNTED = 4000  # rules that minProperties and maxProperties may take
SHUFFLED = 6  # all keys of an object of so many may come in any order when a grammar is for reading: 2^n rules
OPTIONAL = 2000  # keys that may be left out, one after the other: llama.cpp loads them in quadratic time
GROUPED = 200  # keys whose rules llama.cpp may count one by one within a group: it takes 2,000
NEEDED = 8  # and so many of those that must be there
COMMA = lit(",")
Member = tuple[Expr, bool, str]  # the key with its value, whether it must be there, and its name


def write(context: Context, constraints: Constraints, hint: str) -> Expr:
    """All objects that fit the constraints."""
    names = dict.fromkeys(key for properties, _, _ in constraints.objects for key in properties)
    names.update(dict.fromkeys(constraints.required))
    members = _members(context, constraints, names)
    if members is None:
        return VOID
    node = constraints.source.get("maxProperties", constraints.source.get("minProperties"))
    need = sum(required for _, required, _ in members)
    if constraints.max_keys is not None and constraints.max_keys < max(need, constraints.min_keys):
        context.note_unsatisfiable(
            node,
            "maxProperties",
            f"at most {constraints.max_keys} keys, but {max(need, constraints.min_keys)} are needed",
        )
        return VOID
    extra = VOID if constraints.max_keys == len(members) == need else undeclared(context, constraints, names)
    if not context.limits.closed and (expr := _any_order(context, members, extra, constraints, hint)) is not None:
        return seq(lit("{"), expr, lit("}"))
    silent = context.limits.closed and is_silent(constraints, names)
    most = context.limits.silent if silent else context.limits.keys
    counts = constraints.min_keys > need or (
        constraints.max_keys is not None and (extra != VOID or constraints.max_keys < len(members))
    )
    if counts:
        top = constraints.min_keys if constraints.max_keys is None else constraints.max_keys
        if (len(members) + 1) * (min(top, len(members)) + 1) <= COUNTED and top <= 20_000:
            return seq(lit("{"), _counted(context, members, extra, constraints, most, hint), lit("}"))
        context.report_residual(
            "minProperties" if constraints.max_keys is None else "maxProperties", node, "too many keys to count"
        )
    if len(members) - need > OPTIONAL:
        node = constraints.source.get("properties", context.here)
        why = f"{len(members) - need:,} keys that are not required; {OPTIONAL:,} are taken"
        raise context.document.fault(node, "properties", why)
    orders = _orders(context, members, constraints, hint)
    return seq(lit("{"), alt([_chain(context, order, extra, most, hint) for order in orders]), lit("}"))


def _orders(context: Context, members: list[Member], constraints: Constraints, hint: str) -> list[list[Member]]:
    """The order of the properties, and that of `required` where the schema lists them in another there."""
    place = {name: at for at, name in enumerate(constraints.required)}
    listed = sorted(members, key=lambda member: place.get(member[2], len(place)))
    needed = [name for _, required, name in members if required]
    if not context.limits.closed or needed == [name for _, required, name in listed if required]:
        return [members]
    keys = {name: context.rules.named(f"{hint}-key", expr) for expr, _, name in members}
    return [[(keys[name], required, name) for _, required, name in order] for order in (members, listed)]


def _members(context: Context, constraints: Constraints, names: dict[str, None]) -> list[Member] | None:
    """The declared keys with their values; None if one that is required cannot be."""
    out: list[Member] = []
    single = (
        constraints.objects[0]
        if len(constraints.objects) == 1 and not constraints.objects[0][1] and not constraints.names
        else None
    )
    for name in names:
        if single is not None and name in single[0]:
            nodes = [single[0][name]]
        else:
            nodes = key_nodes(constraints, name)
            if not nodes and constraints.rest_keys is not MISSING:
                nodes = [constraints.rest_keys]
            if constraints.names and context.choices.fits(name, context.reader.constraints(constraints.names)) is False:
                nodes = [False]
        value = VOID if False in nodes else context.value(tuple(nodes), name)
        required = name in constraints.required
        if value == VOID:
            if required:
                context.note_unsatisfiable(
                    constraints.required[name], "required", f"the key {name!r} is required, but nothing fits it"
                )
                return None
            continue
        try:
            name.encode()
        except UnicodeEncodeError:
            if required:
                context.note_unsatisfiable(
                    constraints.required[name], "required", f"the key {name!r} has half of a surrogate pair in it"
                )
                return None
            continue
        out.append((seq(lit(encode_basestring(name) + ":"), value), required, name))
    return out


def _chain(context: Context, members: list[Member], extra: Expr, most: int | None, hint: str) -> Expr:
    """Keys one after the other: where the first may be any of several, the rest after each is a rule of its own."""
    rules = context.rules
    more = VOID
    rest: Expr = EMPTY
    if extra != VOID:
        extra = rules.named(f"{hint}-other", extra)
        more = rules.named(f"{hint}-more", seq(COMMA, extra))
        rest = rules.times(more, 0, most)
    first = next((i for i, (_, required, _) in enumerate(members) if required), len(members))
    parts = [(seq(COMMA, member), required) for member, required, _ in members[first + 1 :]]
    rest = seq(*[part if required else maybe(part) for part, required in parts], rest)
    starts: list[Expr] = []
    if first < len(members):
        if first:
            rest = rules.named(f"{hint}-rest", rest)
        starts.append(seq(members[first][0], rest))
        rest = seq(COMMA, members[first][0], rest)
    else:
        starts.append(EMPTY)
        if extra != VOID:
            starts.append(seq(extra, rules.times(more, 0, None if most is None else most - 1)))
    for member, _, _ in reversed(members[:first]):
        rest = rules.named(f"{hint}-rest", rest)
        starts.append(seq(member, rest))
        rest = seq(maybe(seq(COMMA, member)), rest)
    if first == len(members):
        some = alt(start for start in reversed(starts) if start != EMPTY)
        return maybe(rules.named(f"{hint}-keys", some) if first > GROUPED else some)
    return alt(reversed(starts))


def _any_order(
    context: Context, members: list[Member], extra: Expr, constraints: Constraints, hint: str
) -> Expr | None:
    """
    Keys in any order, for reading; None where they have to be counted.

    Few keys of a closed object: exactly. Else what must be there is kept in mind, the other keys are counted where it
    matters, and come as they like, even twice: the strict reader refuses that.
    """
    rules = context.rules
    low, high = constraints.min_keys, constraints.max_keys
    if extra == VOID and len(members) <= SHUFFLED:
        return shuffled(rules, members, VOID, low, high, hint)
    needed = [member for member in members if member[1]]
    least, most = max(0, low - len(needed)), None if high is None else high - len(needed)
    counts = least > 1 - bool(needed) or most is not None
    if counts and (1 << len(needed)) * (1 + (least if most is None else most)) > COUNTED:
        return None
    free = alt([*[member for member, required, _ in members if not required], extra])
    if free != VOID:
        free = rules.named(f"{hint}-any", free)
        if extra == VOID:
            node = constraints.source.get("properties", context.here)
            context.report_residual(
                "properties", node, "a key that is not required may come twice; the parser refuses that"
            )
    if counts:
        return _among(rules, needed, free, least, most, hint)
    if len(needed) <= NEEDED:
        return shuffled(rules, needed, free, low, None, hint)
    place = {name: i for i, name in enumerate(constraints.required)}
    listed = sorted(needed, key=lambda member: place[member[2]])
    return alt([_in_line(rules, order, free, hint) for order in (needed, listed)])


def shuffled(rules: Rules, members: list[Member], free: Expr, low: int, high: int | None, hint: str) -> Expr:
    """Few keys (or elements) in any order, free ones among them: a rule for each set of those already there."""
    need = sum(1 << i for i, (_, required, _) in enumerate(members) if required)
    every = (1 << len(members)) - 1
    after = EMPTY if free == VOID else rules.times(rules.named(f"{hint}-more", seq(COMMA, free)), 0, None)
    names = [rules.named(f"{hint}-key", seq(member, after)) for member, _, _ in members]
    then = [rules.named("then", seq(COMMA, name)) for name in names]
    states: dict[int, Expr] = {}
    for there in range(every, -1, -1):
        count = there.bit_count()
        parts: list[Expr] = []
        if high is None or count < high:
            for i, part in enumerate(then):
                if not there >> i & 1 and (state := states[there | 1 << i]) != VOID:
                    parts.append(part if state == EMPTY else (SEQ, (part, state)))
        expr = parts[0] if len(parts) == 1 else (ALT, tuple(parts))
        if there & need == need and (count >= low or free != VOID):
            expr = maybe(expr)
        if there and expr not in (EMPTY, VOID):
            name = rules.fresh("state")
            rules.body[name] = expr
            expr = ref(name)
        states[there] = expr
    starts = [seq(name, states[1 << i]) for i, name in enumerate(names)] if high != 0 else []
    if free != VOID:
        starts.append(seq(free, after, states[0]))
    return alt(starts) if need or low else maybe(alt(starts))


def _among(rules: Rules, needed: list[Member], free: Expr, least: int, most: int | None, hint: str) -> Expr:
    """Keys that must be there in any order, with so many free ones among them: a rule for each set and count."""
    every, cap = (1 << len(needed)) - 1, least if most is None else most
    keys = [rules.named(f"{hint}-key", member) for member, _, _ in needed]
    states: dict[tuple[int, int], Expr] = {}
    for there in range(every, -1, -1):
        for count in range(cap, -1, -1):
            name = rules.fresh("state")
            further = ref(name) if most is None and count == cap else states.get((there, count + 1), VOID)
            steps = [seq(COMMA, key, states[there | 1 << i, count]) for i, key in enumerate(keys) if not there >> i & 1]
            expr = alt([*steps, seq(COMMA, free, further)])
            if there == every and count >= least:
                expr = maybe(expr)
            if expr not in (EMPTY, VOID):
                rules.body[name] = expr
                expr = ref(name)
            states[there, count] = expr
    starts = [seq(key, states[1 << i, 0]) for i, key in enumerate(keys)]
    starts.append(seq(free, states.get((0, min(1, cap)), VOID) if most != 0 else VOID))
    return alt(starts) if needed or least else maybe(alt(starts))


def _in_line(rules: Rules, members: list[Member], free: Expr, hint: str) -> Expr:
    """Many keys that must be there, in this order, with free ones among them."""
    after = EMPTY if free == VOID else rules.times(rules.named(f"{hint}-more", seq(COMMA, free)), 0, None)
    rest = [part for member, _, _ in members[1:] for part in (COMMA, member, after)]
    first = rules.named(f"{hint}-line", seq(members[0][0], after, *rest))
    return first if free == VOID else alt([first, seq(free, after, COMMA, first)])


def _counted(
    context: Context, members: list[Member], extra: Expr, constraints: Constraints, free: int | None, hint: str
) -> Expr:
    """Keys where it matters how many there are: a rule for each place and count."""
    rules = context.rules
    low, high = constraints.min_keys, constraints.max_keys
    cap = low if high is None else high
    top = max(low, free) if high is None and free is not None else high
    if extra != VOID:
        extra = rules.named(f"{hint}-other", extra)
        more = rules.named(f"{hint}-more", seq(COMMA, extra))
    row: list[Expr] = []
    for count in range(min(cap, len(members)) + 1):
        least, most = max(0, low - count), None if top is None else max(0, top - count)
        if most is not None and free is not None:
            most = max(least, min(most, free))
        if extra == VOID or most == 0:
            row.append(EMPTY if not least else VOID)
        elif count:
            row.append(rules.times(more, least, most))
        else:
            some = seq(extra, rules.times(more, max(0, least - 1), None if most is None else most - 1))
            row.append(some if least else maybe(some))
    for member, required, _ in reversed(members):
        above = [rules.named(f"{hint}-rest", expr) for expr in row]
        row = []
        for count in range(len(above)):
            taken = VOID
            if high is None or count < high:
                after = above[min(count + 1, len(above) - 1)]
                taken = seq(COMMA, member, after) if count else seq(member, after)
            row.append(taken if required else alt([taken, above[count]]))
    return row[0]
