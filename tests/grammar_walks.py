"""Random texts out of a GBNF: each choice by chance, and an end by the shortest way when it gets long."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from typing import Any

from rag import grammar
from rag.errors import InputError, OutputError
from rag.gbnf.expressions import ALT, CLS, LIT, REF, SEQ
from rag.gbnf.reader import class_ranges, read
from rag.grammar import Problem
from rag.grammar.schema.validation import DuplicateKey
from rag.types import Shape


class Walker:
    def __init__(self, gbnf: str) -> None:
        self.body = read(gbnf)
        self.cost = self._costs()

    def _costs(self) -> dict[str, float]:
        """The fewest steps in which a rule can come to an end."""
        cost = dict.fromkeys(self.body, float("inf"))
        changed = True
        while changed:
            changed = False
            for name, expr in self.body.items():
                new = 1 + self._least(expr, cost)
                if new < cost[name]:
                    cost[name] = new
                    changed = True
        return cost

    def _least(self, expr, cost) -> float:
        kind = expr[0]
        if kind in (LIT, CLS):
            return 0
        if kind == REF:
            return cost[expr[1]]
        if kind == SEQ:
            return sum(self._least(item, cost) for item in expr[1])
        if kind == ALT:
            return min((self._least(item, cost) for item in expr[1]), default=float("inf"))
        return self._least(expr[1], cost) * expr[2] if expr[2] else 0

    def walk(self, rng: random.Random, most: int = 2000) -> str:
        out: list[str] = []
        steps = 0
        stack: list[Any] = [(REF, "root")]
        while stack:
            steps += 1
            expr = stack.pop()
            kind = expr[0]
            tired = steps > most
            if kind == LIT:
                out.append(expr[1])
            elif kind == CLS:
                out.append(self._char(expr[1], rng))
            elif kind == REF:
                stack.append(self.body[expr[1]])
            elif kind == SEQ:
                stack.extend(reversed(expr[1]))
            elif kind == ALT:
                options = expr[1]
                if tired:
                    options = [min(options, key=lambda item: self._least(item, self.cost))]
                stack.append(rng.choice(options))
            else:
                _, item, least, top = expr
                if tired:
                    count = least
                elif rng.random() < 0.1 and top is not None and top - least < 500:
                    count = top
                else:
                    count = least + min(int(rng.expovariate(0.5)), 10**6 if top is None else top - least)
                stack.extend([item] * count)
        return "".join(out)

    @staticmethod
    def _char(text: str, rng: random.Random) -> str:
        low, high = rng.choice(class_ranges(text))
        if rng.random() < 0.7:
            high = min(high, low + 100)
        return chr(rng.randint(low, high))


KEYS = {"properties", "additionalProperties", "patternProperties"}
# keywords whose own schema decides what is said elsewhere: a leak below them shows as whatever that is
DYNAMIC = {"$dynamicRef", "$recursiveRef"}
AROUND = {"allOf", "anyOf", "oneOf", "not", "if", "then", "else", "$ref", "contains", "propertyNames"}
AROUND |= {"dependentSchemas", "dependencies", "unevaluatedItems", "unevaluatedProperties"}


def verdict(text: str, schema: Any, shape: Shape) -> str:
    """valid, not JSON, declared (the residual names the keyword that it breaks) or undeclared."""
    named = {one.keyword for one in shape.residual}
    inside = any(AROUND & set(one.pointer.split("/")[:-1]) for one in shape.residual)
    inside |= bool(named & DYNAMIC)  # whatever is broken behind such a reference is told of by it
    try:
        problems = grammar.check(grammar.parse(text), schema)
    except DuplicateKey:
        return "declared" if named & KEYS else "undeclared"
    except OutputError:
        return "not JSON"
    except InputError:
        return "not judged"
    if not problems:
        return "valid"
    branches = list(_branches(schema)) if "if" in named else []
    told = all(_named(one, named) or _within(one, branches) for one in problems)
    return "declared" if inside or told else "undeclared"


def _branches(schema: Any) -> Iterator[str]:
    """What follows an `if`, as JSON: whatever is broken there is told of by it."""
    if isinstance(schema, dict):
        yield from (json.dumps(schema[key]) for key in ("then", "else") if "if" in schema and key in schema)
    for part in schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ():
        yield from _branches(part)


def _within(problem: Problem, branches: list[str]) -> bool:
    return any(json.dumps(problem.schema) in branch for branch in branches)


def _named(problem: Problem, named: set[str]) -> bool:
    """Whether a keyword is named, or one below it that stands in its schema."""
    if problem.keyword in named:
        return True
    below = json.dumps(problem.schema) if problem.keyword in AROUND else ""
    return any(f'"{keyword}"' in below for keyword in named)
