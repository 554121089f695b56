"""
JSON Schema to grammar.

The compiler walks a schema breadth first: each object and array becomes a rule, and what stands inside waits in a
queue, so that no schema is too deep. What it cannot say in a grammar it tells as residual; what nothing can fit it
refuses by name.
"""

from __future__ import annotations

import gc
import json
import re
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal

from rag.errors import InputError
from rag.gbnf.expressions import VOID, Expr, Rules, alt, lit, maybe, ref, seq, write_rules
from rag.gbnf.graph import Graph, longest_text, merge_units, prune, unroll
from rag.grammar.limits import WRITING, Limits
from rag.grammar.regular.laws import Law, pattern_of, too_much
from rag.grammar.regular.regex import BadPattern, Unsupported, parse
from rag.grammar.schema.constraints import ALL, ARR, BOOL, FRAC, INT, NULL, NUM, OBJ, STR, Constraints
from rag.grammar.schema.once import Once
from rag.grammar.writers import arrays, enums, numbers, objects, word_runs
from rag.grammar.writers.context import Context
from rag.grammar.writers.strings import Text
from rag.types import JSON, Residual, Shape

RULES = 60_000  # of one grammar
FREE = frozenset(("value", "object", "array", "member"))  # the rules of any value: their recursion has an end
TWICE = frozenset(("properties", "additionalProperties", "patternProperties", "uniqueItems"))  # may stand there twice
EXCLUDING = ("not", "oneOf", "if")  # whose contrary may leave out single values
SCALAR = frozenset(("string", "integer", "number", "boolean", "null"))
SILENT = frozenset(
    ("type", "description", "title", "default", "examples", "example", "$comment", "id", "$id", "deprecated")
)


class Compiler(Context):
    """One schema on its way to a grammar."""

    def __init__(self, schema: JSON, limits: Limits, source: str | None = None, also: Sequence[JSON] = ()) -> None:
        super().__init__(schema, limits)
        self.source = source
        self.also = tuple(also)
        self._queue: deque[tuple[str, tuple[JSON, ...], str]] = deque()
        self._memo: dict[tuple[int, ...], Expr] = {}
        self._kept: list[object] = []

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
            self.note_unsatisfiable(schema, "", "the schema is false")
        while self._queue:
            name, nodes, hint = self._queue.popleft()
            self.here = nodes[0]
            self.rules.body[name] = self.expr(self.reader.constraints(nodes), hint)
            if len(self.rules.body) > RULES:
                raise InputError(f"the schema needs more than {RULES:,} rules", "Cut it down to what you extract.")
        return self._finished()

    def _finished(self) -> Shape:
        body = self.rules.body
        graph = Graph(body, "root")
        if graph.back - FREE and (straight := merge_units(body, graph)) is not body:
            body, graph = straight, Graph(straight, "root", graph)
        if graph.back - FREE or any(body[name] == VOID for name in graph.after):
            body, graph = self._pruned(body, graph)
        if graph.back and self.limits.depth is not None:
            body = unroll(body, "root", graph, self.limits.depth)
            body, graph = self._pruned(body, Graph(body, "root", graph))
        order = ["root", *[name for name in body if name in graph.children and name != "root"]]
        longest = None if graph.back else longest_text(body, graph.after)
        residual = tuple(
            Residual(keyword, self.document.pointer(node, keyword), why)
            for (keyword, _), (node, why) in self._residual.items()
        )
        twice = not TWICE.isdisjoint(one.keyword for one in residual)
        watched = Once(self.document) if twice else None
        return Shape(self.document.schema, write_rules(order, body), residual, longest, once=watched)

    def _pruned(self, body: dict[str, Expr], graph: Graph) -> tuple[dict[str, Expr], Graph]:
        pruned = prune(body, graph)
        if pruned is not body:
            if pruned.get("root", VOID) == VOID:
                raise self._refusal()
            graph = Graph(pruned, "root", graph)
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
                constraints = self.reader.constraints(nodes)
                if not constraints.groups:
                    return self.expr(constraints, hint)
            elif type(node.get("enum")) is list or "const" in node:
                constraints = self.reader.constraints(nodes)
                if not constraints.groups:
                    return self.expr(constraints, hint)
            elif node.keys() <= SILENT and kind is None:
                return self.anything()
        name = self.rules.fresh(hint)
        self.rules.body[name] = VOID
        self._queue.append((name, nodes, hint))
        return ref(name)

    def expr(self, constraints: Constraints, hint: str) -> Expr:
        """What fits the constraints."""
        if constraints.groups:
            if constraints.bare and len(constraints.groups) == 1:
                kind, branches, _ = constraints.groups[0]
                if kind == "anyOf" or (kind == "oneOf" and self._apart(branches)):
                    return alt([self.value((branch,), hint) for branch in branches])
            first = constraints.groups[0][0]
            found = self.choices.alternatives(constraints)
            if not found:
                self.note_unsatisfiable(self.here, first, "none of its branches can be")
            return alt([self.plain(one, hint) for one in found])
        return self.plain(constraints, hint)

    def _apart(self, branches: list[JSON]) -> bool:
        several = [self.reader.constraints((branch,)) for branch in branches]
        if self.choices.distinct(several):
            return True
        if len(several) > 60:
            return False
        return all(self.choices.disjoint(one, other) for i, one in enumerate(several) for other in several[:i])

    def plain(self, constraints: Constraints, hint: str) -> Expr:
        """What fits constraints without choices, type by type."""
        if constraints.enum is not None:
            return self.enum(constraints, hint)
        mask = constraints.mask
        if self.limits.closed and not constraints.typed and mask == ALL:
            mask = constraints.speaks_of() or ALL
            if mask != ALL:
                found = self._of_types(constraints, mask, hint)
                return found if found != VOID else self._of_types(constraints, ALL & ~mask, hint)
        if mask == ALL and constraints.bare:
            return self.anything()
        if not mask:
            self.note_unsatisfiable(
                constraints.source.get("type", self.here), "type", "no type is left that it may have"
            )
        return self._of_types(constraints, mask, hint)

    def _of_types(self, constraints: Constraints, mask: int, hint: str) -> Expr:
        parts = []
        if mask & OBJ:
            parts.append(objects.write(self, constraints, hint))
        if mask & ARR:
            parts.append(arrays.write(self, constraints, hint))
        if mask & STR:
            parts.append(self.string(constraints, hint))
        if mask & NUM:
            parts.append(self.number(constraints, mask))
        values = [value for value, bit in ((True, BOOL), (False, BOOL), (None, NULL)) if mask & bit]
        kept = [value for value in values if not any(value is one for one in constraints.excluded)]
        if kept[:2] == [True, False]:
            parts.append(self.strings.base("json", "boolean"))
            del kept[:2]
        parts += [lit(json.dumps(value)) for value in kept]
        self._no_structure(constraints, mask)
        return alt(parts)

    def _no_structure(self, constraints: Constraints, mask: int) -> None:
        if any(isinstance(value, dict | list) for value in constraints.excluded) and mask & (OBJ | ARR):
            said = [key for key in EXCLUDING if isinstance(self.here, dict) and key in self.here] or ["not"]
            for key in said:
                self.report_residual(key, self.here, "a single object or array cannot be left out")

    def enum(self, constraints: Constraints, hint: str = "choice") -> Expr:
        """The values of an enum that the rest of the schema lets through."""
        values = self.enum_values(constraints)
        texts = [text for value in values for text in enums.spellings(value, self.limits.closed)]
        if not texts:
            node = constraints.source.get("enum", self.here)
            keyword = "enum" if isinstance(node, dict) and "enum" in node else "const"
            self.note_unsatisfiable(node, keyword, "none of its values fits the rest")
        expr = enums.write(self.rules, texts)
        return expr if len(texts) <= enums.FEW else self.rules.named(hint, expr)

    def string(self, constraints: Constraints, hint: str) -> Expr:
        """Strings: free, by pattern, by format, or out of the source text."""
        if constraints.verbatim is not None:
            span = self._verbatim(constraints)
            if span is not None:
                return span
        most = constraints.longest
        if most is not None and most < constraints.min_length:
            self.note_unsatisfiable(
                constraints.source.get("minLength"),
                "minLength",
                f"at least {constraints.min_length} characters, but at most {most}",
            )
        if constraints.min_length > 20_000:
            self.note_unsatisfiable(
                constraints.source.get("minLength"),
                "minLength",
                "more than 20,000 characters cannot be counted in a grammar",
            )
            return VOID
        laws = constraints.laws
        excluded = tuple(value for value in constraints.excluded if isinstance(value, str))
        while True:
            try:
                expr = self.strings.string(Text(constraints.min_length, most, laws, excluded), hint)
            except (Unsupported, BadPattern) as error:
                if not laws:
                    raise
                laws = self._unfollowed(constraints, laws, str(error))
                continue
            if expr == VOID:
                law = next(iter(constraints.laws), None)
                node = constraints.source.get(law[1] if law else "minLength", self.here)
                self.note_unsatisfiable(node, law[0] if law else "minLength", "no string fits all that is said of it")
            return expr

    def _unfollowed(self, constraints: Constraints, laws: tuple[Law, ...], why: str) -> tuple[Law, ...]:
        """Tell the laws that no automaton can follow; where it is all of them together, those that are too much."""
        bad = [law for law in laws if not self._followed(law)] or too_much(laws)
        for law in bad:
            self._readable(law, constraints)
            self.report_residual(law[0] if law[2] else "not", constraints.source.get(law[1], self.here), why)
        return tuple(law for law in laws if law not in bad)

    def _readable(self, law: Law, constraints: Constraints) -> None:
        """Refuse what is no regular expression to anybody: nothing could ever be checked against it."""
        try:
            parse(pattern_of(*law[:2]))
        except BadPattern as error:
            try:
                re.compile(law[1])
            except (re.error, RecursionError, OverflowError):
                node = constraints.source.get(law[1], self.here)
                raise self.document.fault(node, "pattern", f"{law[1]!r} is no regular expression: {error}") from error
        except Unsupported:
            pass

    def _followed(self, law: Law) -> bool:
        try:
            self.strings.string(Text(laws=(law,)))
        except (Unsupported, BadPattern):
            return False
        return True

    def _verbatim(self, constraints: Constraints) -> Expr | None:
        node = constraints.verbatim
        if self.source is None:
            self.report_residual("x-verbatim", node, "no source text was given")
            return None
        most = constraints.longest
        if constraints.laws or constraints.min_length > 1 or constraints.excluded:
            found = word_runs.spans(self.source, most, lambda text: self.choices.fits(text, constraints) is not False)
            if found is None:
                self.report_residual("x-verbatim", node, "the source is too long to look for what else is said of it")
                return None
            if not found:
                self.note_unsatisfiable(node, "x-verbatim", "nothing in the source text fits what else is said of it")
            return enums.write(self.rules, [json.dumps(text, ensure_ascii=False) for text in found])
        run = word_runs.write(self.rules, self.source, most)
        if run is None:
            why = f"the source text has {len(self.source):,} characters, {word_runs.TEXT:,} are taken"
            self.report_residual("x-verbatim", node, why)
            return None
        expr, exact = run
        if not exact:
            self.report_residual("maxLength", constraints.source.get("maxLength", node), "a span may be longer")
        if expr == VOID:
            self.note_unsatisfiable(node, "x-verbatim", "the source text has no words")
        return expr

    def number(self, constraints: Constraints, mask: int) -> Expr:
        """Numbers between their bounds."""
        excluded = tuple(
            Decimal(repr(value))
            for value in constraints.excluded
            if isinstance(value, int | float) and not isinstance(value, bool)
        )
        want = numbers.Number(
            bool(mask & INT),
            bool(mask & FRAC),
            constraints.low,
            constraints.exclusive_min,
            constraints.high,
            constraints.exclusive_max,
            constraints.multiples,
            excluded,
            not self.limits.closed and self.document.dialect > 4,
        )
        try:
            expr = numbers.number(want, self.strings, self.limits, self.rules)
        except Unsupported as error:
            self.report_residual("multipleOf", constraints.source.get("multipleOf", self.here), str(error))
            expr = numbers.number(replace(want, multiples=()), self.strings, self.limits, self.rules)
        if expr == VOID:
            self.note_unsatisfiable(self.here, "minimum", "no number of so few digits lies within its bounds")
        return expr

    def anything(self) -> Expr:
        """Any JSON value."""
        body = self.rules.body
        if "value" not in body:
            base, limits = self.strings.base, self.limits
            body["value"] = VOID
            value = ref("value")
            word = self.string(Constraints(), "string")
            short = limits.key if limits.key is not None else None
            key = seq(lit('"'), self.rules.times(self.strings.char(), 0, short, "char"), lit('":'))
            number = self.number(Constraints(), NUM)
            body["member"] = seq(key, value)
            body["object"] = _listed(self.rules, "{", ref("member"), limits.keys, "}")
            body["array"] = _listed(self.rules, "[", value, limits.items, "]")
            body["value"] = alt(
                [ref("object"), ref("array"), word, number, base("json", "boolean"), base("json", "null")]
            )
        self.report_residual(
            "additionalProperties", self.here, "a key inside of a free value may come twice; the parser refuses that"
        )
        return ref("value")


def _listed(rules: Rules, start: str, item: Expr, most: int | None, end: str) -> Expr:
    more = rules.named("next", seq(lit(","), item))
    return seq(lit(start), maybe(seq(item, rules.times(more, 0, None if most is None else max(0, most - 1)))), lit(end))


def compile_schema(
    schema: JSON,
    *,
    source: str | None = None,
    strict: bool = False,
    limits: Limits = WRITING,
    also: Sequence[JSON] = (),
) -> Shape:
    """The grammar of a schema; see `rag.grammar.compile`."""
    collecting = gc.isenabled()
    gc.disable()  # a grammar is many small tuples that all stay: looking through them again and again costs a fifth
    try:
        shape = Compiler(schema, limits, source, also).shape()
    except RecursionError as error:
        raise InputError("the schema's choices are nested too deep", "Flatten it.") from error
    finally:
        if collecting:
            gc.enable()
    if strict and shape.residual:
        first = shape.residual[0]
        raise InputError(
            f"a grammar cannot enforce {first.keyword} at {first.pointer or '/'}: {first.why}",
            "Leave out --strict: it is then checked after decoding.",
        )
    return shape
