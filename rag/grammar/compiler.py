"""
JSON Schema to grammar.

The compiler walks a schema breadth first: each object and array becomes a rule, and what stands inside waits in a
queue, so that no schema is too deep. What it cannot say in a grammar it tells as residual; what nothing can fit it
refuses by name.
"""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from rag.errors import InputError
from rag.grammar import arrays, choice, finish, gbnf, numbers, objects, verbatim
from rag.grammar.document import Document
from rag.grammar.facts import ALL, ARR, BOOL, FRAC, INT, MISSING, NULL, NUM, OBJ, STR, Facts, mask_of
from rag.grammar.gbnf import MOST, VOID, Expr, Rules, alt, lit, maybe, ref, seq
from rag.grammar.limits import Limits
from rag.grammar.logic import Logic
from rag.grammar.reading import Reader
from rag.grammar.regex import BadPattern, Unsupported, parse
from rag.grammar.strings import Strings, Text, pattern_of
from rag.types import JSON, Residual, Shape

RULES = 60_000  # of one grammar
ENUM = 50_000  # values of one enum
FREE = frozenset(("value", "object", "array", "member"))  # the rules of any value: their recursion has an end
SCALAR = frozenset(("string", "integer", "number", "boolean", "null"))
SILENT = frozenset(
    ("type", "description", "title", "default", "examples", "example", "$comment", "id", "$id", "deprecated")
)


class Compiler:
    """One schema on its way to a grammar."""

    def __init__(self, schema: JSON, limits: Limits, source: str | None = None, also: Sequence[JSON] = ()) -> None:
        self.limits = limits
        self.source = source
        self.also = tuple(also)
        self.document = Document(schema)
        self.reader = Reader(self.document, self.told, limits.closed)
        self.logic = Logic(self.reader, self.told)
        self.rules = Rules()
        self.strings = Strings(self.rules, limits)
        self.here: JSON = schema
        self._queue: deque[tuple[str, tuple[JSON, ...], str]] = deque()
        self._memo: dict[tuple[int, ...], Expr] = {}
        self._told: dict[tuple[str, int], tuple[JSON, str]] = {}
        self._faults: list[tuple[JSON, str, str]] = []
        self._kept: list[object] = []
        self._span: Expr | None = None

    def told(self, keyword: str, node: JSON, why: str) -> None:
        """Something that the grammar does not enforce."""
        self._told.setdefault((keyword, id(node)), (node, why))

    def impossible(self, node: JSON, keyword: str, why: str) -> None:
        """Something that nothing fits: the reason, should the whole turn out to be impossible."""
        self._faults.append((node if node is not None else self.here, keyword, why))

    def shape(self) -> Shape:
        schema = self.document.schema
        self.rules.body["root"] = VOID
        if isinstance(schema, dict) or (schema and self.also):
            nodes = (schema, *self.also)
            self._memo[tuple(map(id, nodes))] = ref("root")
            self._queue.append(("root", nodes, "root"))
        elif schema:
            self.rules.body["root"] = self.anything()
        else:
            self.impossible(schema, "", "the schema is false")
        while self._queue:
            name, nodes, hint = self._queue.popleft()
            self.here = nodes[0]
            self.rules.body[name] = self.expr(self.reader.facts(nodes), hint)
            if len(self.rules.body) > RULES:
                raise InputError(f"the schema needs more than {RULES:,} rules", "Cut it down to what you extract.")
        return self._finished()

    def _finished(self) -> Shape:
        body = self.rules.body
        graph = finish.Graph(body, "root")
        if graph.back - FREE and (straight := finish.straight(body, graph)) is not body:
            body, graph = straight, finish.Graph(straight, "root")
        if graph.back - FREE or any(body[name] == VOID for name in graph.after):
            body, graph = self._pruned(body, graph)
        if graph.back and self.limits.depth is not None:
            body = finish.unroll(body, "root", graph, self.limits.depth)
            body, graph = self._pruned(body, finish.Graph(body, "root"))
        order = ["root", *[name for name in body if name in graph.children and name != "root"]]
        longest = None if graph.back else finish.longest(body, graph.after)
        residual = tuple(
            Residual(keyword, self.document.pointer(node, keyword), why)
            for (keyword, _), (node, why) in self._told.items()
        )
        return Shape(self.document.schema, gbnf.write(order, body), residual, longest)

    def _pruned(self, body: dict[str, Expr], graph: finish.Graph) -> tuple[dict[str, Expr], finish.Graph]:
        pruned = finish.prune(body, graph)
        if pruned is not body:
            if pruned.get("root", VOID) == VOID:
                raise self._refusal()
            graph = finish.Graph(pruned, "root")
        return pruned, graph

    def _refusal(self) -> InputError:
        for node, keyword, why in self._faults:
            pointer = self.document.pointer(node, keyword) if isinstance(node, dict) else ""
            return InputError(f"nothing fits the schema: at {pointer or '/'}: {why}", "Correct the schema.")
        return InputError("nothing fits the schema: it asks for itself without end", "Give the recursion a way out.")

    # values

    def value(self, nodes: tuple[JSON, ...], hint: str) -> Expr:
        """What fits all of these schemas: inline where it is small, else a rule that is written later."""
        settled: dict[int, JSON] = {}
        for node in nodes:
            for _ in range(20):
                if type(node) is dict and "$ref" in node and (len(node) == 1 or self.reader.old):
                    reference = node["$ref"]
                    node = self.document.resolve(reference, node)
                    tail = reference.rpartition("/")[2]
                    hint = tail if tail not in ("", "#") else hint
                else:
                    break
            if node is False:
                return VOID
            if node is not True and node != {}:
                settled[id(node)] = node
        if not settled:
            return self.anything()
        key = tuple(settled)
        found = self._memo.get(key)
        if found is None:
            found = self._memo[key] = self._value(tuple(settled.values()), hint)
        return found

    def _value(self, nodes: tuple[JSON, ...], hint: str) -> Expr:
        self._kept.append(nodes)
        if len(nodes) == 1 and type(nodes[0]) is dict:
            node = nodes[0]
            kind = node.get("type")
            if type(kind) is str and kind in SCALAR:
                if kind == "boolean" and node.keys() <= SILENT:
                    return self.strings.base("json", "boolean")
                facts = self.reader.facts(nodes)
                if not facts.groups:
                    return self.expr(facts, hint)
            elif type(node.get("enum")) is list or "const" in node:
                facts = self.reader.facts(nodes)
                if not facts.groups:
                    return self.expr(facts, hint)
            elif node.keys() <= SILENT and kind is None:
                return self.anything()
        name = self.rules.fresh(hint)
        self.rules.body[name] = VOID
        self._queue.append((name, nodes, hint))
        return ref(name)

    def expr(self, facts: Facts, hint: str) -> Expr:
        """What fits the facts."""
        if facts.groups:
            if facts.bare and len(facts.groups) == 1:
                kind, branches, _ = facts.groups[0]
                if kind == "anyOf" or (kind == "oneOf" and self._apart(branches)):
                    return alt([self.value((branch,), hint) for branch in branches])
            first = facts.groups[0][0]
            found = self.logic.alternatives(facts)
            if not found:
                self.impossible(self.here, first, "none of its branches can be")
            return alt([self.plain(one, hint) for one in found])
        return self.plain(facts, hint)

    def _apart(self, branches: list[JSON]) -> bool:
        several = [self.reader.facts((branch,)) for branch in branches]
        if self.logic.distinct(several):
            return True
        if len(several) > 60:
            return False
        return all(self.logic.disjoint(one, other) for i, one in enumerate(several) for other in several[:i])

    def plain(self, facts: Facts, hint: str) -> Expr:
        """What fits facts without choices, type by type."""
        if facts.enum is not None:
            return self.enum(facts, hint)
        mask = facts.mask
        if self.limits.closed and not facts.typed and mask == ALL:
            mask = facts.speaks_of() or ALL
        if mask == ALL and facts.bare:
            return self.anything()
        if not mask:
            self.impossible(facts.source.get("type", self.here), "type", "no type is left that it may have")
        parts = []
        if mask & OBJ:
            parts.append(objects.write(self, facts, hint))
        if mask & ARR:
            parts.append(arrays.write(self, facts, hint))
        if mask & STR:
            parts.append(self.string(facts, hint))
        if mask & NUM:
            parts.append(self.number(facts, mask))
        values = [value for value, bit in ((True, BOOL), (False, BOOL), (None, NULL)) if mask & bit]
        kept = [value for value in values if not any(value is one for one in facts.but)]
        if kept[:2] == [True, False]:
            parts.append(self.strings.base("json", "boolean"))
            del kept[:2]
        parts += [lit(json.dumps(value)) for value in kept]
        self._no_structure(facts, mask)
        return alt(parts)

    def _no_structure(self, facts: Facts, mask: int) -> None:
        if any(isinstance(value, dict | list) for value in facts.but) and mask & (OBJ | ARR):
            self.told("not", self.here, "a single object or array cannot be left out")

    def enum(self, facts: Facts, hint: str = "choice") -> Expr:
        """The values of an enum that the rest of the schema lets through."""
        values = self.allowed(facts)
        texts = [text for value in values for text in choice.spellings(value, self.limits.closed)]
        if not texts:
            node = facts.source.get("enum", self.here)
            keyword = "enum" if isinstance(node, dict) and "enum" in node else "const"
            self.impossible(node, keyword, "none of its values fits the rest")
        expr = choice.write(self.rules, texts)
        return expr if len(texts) <= choice.FEW else self.rules.named(hint, expr)

    def allowed(self, facts: Facts) -> list[JSON]:
        assert facts.enum is not None
        node = facts.source.get("enum", self.here)
        if len(facts.enum) > ENUM:
            raise self.document.fault(node, "enum", f"an enum of {len(facts.enum):,} values; {ENUM:,} are taken")
        rest = facts.copy()
        rest.enum = None
        if not (facts.speaks_of() or facts.but or facts.groups):
            return [value for value in facts.enum if mask_of(value) & facts.mask]
        verdicts = [self.logic.fits(value, rest) for value in facts.enum]
        if None in verdicts:
            self.told("enum", node, "whether a value fits the rest of the schema is seen afterwards")
        return [value for value, fits in zip(facts.enum, verdicts, strict=True) if fits is not False]

    def string(self, facts: Facts, hint: str) -> Expr:
        """Strings: free, by pattern, by format, or out of the source text."""
        if facts.verbatim is not None:
            span = self._verbatim(facts)
            if span is not None:
                return span
        most = (
            facts.most
            if facts.chars is None
            else min(facts.chars, facts.most if facts.most is not None else facts.chars)
        )
        if most is not None and most < facts.least:
            self.impossible(
                facts.source.get("minLength"), "minLength", f"at least {facts.least} characters, but at most {most}"
            )
        if facts.least > 20_000:
            self.impossible(
                facts.source.get("minLength"), "minLength", "more than 20,000 characters cannot be counted in a grammar"
            )
            return VOID
        laws = facts.laws
        but = tuple(value for value in facts.but if isinstance(value, str))
        while True:
            try:
                expr = self.strings.string(Text(facts.least, most, laws, but), hint)
            except (Unsupported, BadPattern) as error:
                if not laws:
                    raise
                laws = self._unfollowed(facts, laws, str(error))
                continue
            if expr == VOID:
                law = next(iter(facts.laws), None)
                node = facts.source.get(law[1] if law else "minLength", self.here)
                self.impossible(node, law[0] if law else "minLength", "no string fits all that is said of it")
            return expr

    def _unfollowed(
        self, facts: Facts, laws: tuple[tuple[str, str, bool], ...], why: str
    ) -> tuple[tuple[str, str, bool], ...]:
        """Tell the laws that no automaton can follow; where it is all of them together, the last one."""
        bad = [law for law in laws if not self._followed(law)] or [laws[-1]]
        for law in bad:
            self._readable(law, facts)
            self.told(law[0] if law[2] else "not", facts.source.get(law[1], self.here), why)
        return tuple(law for law in laws if law not in bad)

    def _readable(self, law: tuple[str, str, bool], facts: Facts) -> None:
        """Refuse what is no regular expression to anybody: nothing could ever be checked against it."""
        try:
            parse(pattern_of(*law[:2]))
        except BadPattern as error:
            try:
                re.compile(law[1])
            except (re.error, RecursionError, OverflowError):
                node = facts.source.get(law[1], self.here)
                raise self.document.fault(node, "pattern", f"{law[1]!r} is no regular expression: {error}") from error
        except Unsupported:
            pass

    def _followed(self, law: tuple[str, str, bool]) -> bool:
        try:
            self.strings.string(Text(laws=(law,)))
        except (Unsupported, BadPattern):
            return False
        return True

    def _verbatim(self, facts: Facts) -> Expr | None:
        node = facts.verbatim
        if self.source is None:
            self.told("x-verbatim", node, "no source text was given")
            return None
        most = min((n for n in (facts.chars, facts.most) if n is not None), default=None)
        if facts.laws or facts.least > 1 or facts.but:
            found = verbatim.spans(self.source, most, lambda text: self.logic.fits(text, facts) is not False)
            if found is None:
                self.told("x-verbatim", node, "the source is too long to look for what else is said of it")
                return None
            if not found:
                self.impossible(node, "x-verbatim", "nothing in the source text fits what else is said of it")
            return choice.write(self.rules, [json.dumps(text, ensure_ascii=False) for text in found])
        expr, exact = verbatim.write(self.rules, self.source, most)
        if not exact:
            self.told("maxLength", facts.source.get("maxLength", node), "a span may be longer")
        if expr == VOID:
            self.impossible(node, "x-verbatim", "the source text has no words")
        return expr

    def number(self, facts: Facts, mask: int) -> Expr:
        """Numbers between their bounds."""
        but = tuple(
            Decimal(repr(value))
            for value in facts.but
            if isinstance(value, int | float) and not isinstance(value, bool)
        )
        want = numbers.Number(
            bool(mask & INT),
            bool(mask & FRAC),
            facts.low,
            facts.low_out,
            facts.high,
            facts.high_out,
            facts.multiples,
            but,
            not self.limits.closed and self.document.dialect > 4,
        )
        try:
            expr = numbers.number(want, self.strings, self.limits, self.rules)
        except Unsupported as error:
            self.told("multipleOf", facts.source.get("multipleOf", self.here), str(error))
            expr = numbers.number(replace(want, multiples=()), self.strings, self.limits, self.rules)
        if expr == VOID:
            self.impossible(self.here, "minimum", "no number lies within its bounds")
        return expr

    def constants(self, facts: Facts) -> int | None:
        """How many different elements an array of constants can have."""
        for prefix, rest in facts.arrays:
            if not prefix and isinstance(rest, dict) and isinstance(rest.get("enum"), list):
                return len(rest["enum"])
        return None

    def anything(self) -> Expr:
        """Any JSON value."""
        body = self.rules.body
        if "value" not in body:
            base, limits = self.strings.base, self.limits
            body["value"] = VOID
            value = ref("value")
            word = self.string(Facts(), "string")
            short = limits.key if limits.key is not None else None
            key = seq(lit('"'), self.rules.times(self.strings.char(), 0, short, "char"), lit('":'))
            number = self.number(Facts(), NUM)
            body["member"] = seq(key, value)
            body["object"] = _listed(self.rules, "{", ref("member"), limits.keys, "}")
            body["array"] = _listed(self.rules, "[", value, limits.items, "]")
            body["value"] = alt(
                [ref("object"), ref("array"), word, number, base("json", "boolean"), base("json", "null")]
            )
        self.told(
            "additionalProperties", self.here, "a key inside of a free value may come twice; the parser refuses that"
        )
        return ref("value")


def _listed(rules: Rules, start: str, item: Expr, most: int | None, end: str) -> Expr:
    more = rules.named("next", seq(lit(","), item))
    return seq(lit(start), maybe(seq(item, rules.times(more, 0, None if most is None else max(0, most - 1)))), lit(end))


__all__ = ["MISSING", "MOST", "Compiler"]
