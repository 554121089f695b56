"""
Random schemas with negations, choices and Unicode classes; random texts out of their grammars, judged.

    python eval/fuzz_grammar.py --schemas 5000
    python eval/fuzz_grammar.py --schemas 500 --seed 7 --show

Each schema is compiled for writing, at the limits of `rag extract` and for reading, and a few texts are drawn out of
each grammar. A text that does not fit is `declared` if the residual names the keyword that it breaks, or one that
contains it, and `undeclared` if not. A schema that is refused although an example fits it is `refused wrongly`; the
slowest compilation is printed.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

TESTS = Path(__file__).parent.parent / "tests"
sys.path[:0] = [str(TESTS), str(TESTS / "grammar")]
from grammar_walks import Walker, verdict  # noqa: E402

from rag import grammar  # noqa: E402
from rag.errors import RagError  # noqa: E402
from rag.extract.form import LIMITS as EXTRACT  # noqa: E402

CLASSES = [r"\p{L}", r"\P{L}", r"\p{Lu}", r"\p{Ll}+", r"\p{Nd}", r"\p{Script=Greek}", r"\p{Script=Cyrillic}+", r"\p{P}"]
CLASSES += [r"\w", r"\W", r"\d", r"\D", r"\s", r"\S", ".", "a", "[^a]", r"[^\W\d]", r"[\p{L}\d_]", r"[^\p{L}]", "(?i)é"]
FORMATS = ["date", "time", "email", "idn-email", "uri", "iri", "uuid", "hostname", "idn-hostname", "ipv4", "ipv6"]
EXAMPLES: list[Any] = [
    None,
    True,
    False,
    0,
    1,
    -2,
    2.5,
    7,
    1e20,
    "",
    "a",
    "Änne",
    "Москва",
    "αβγ",
    "a1 _",
    "7",
    "٣",
    "\n",
]
EXAMPLES += ["2024-02-29", "a@b.de", "http://a.de/x", [], [1], ["a", "a"], [1, "a"], {}, {"a": 1}, {"b": "x", "a": 2}]
EXAMPLES += [{"a": None, "é": 1}, {"a": {"a": 1}}, {"Москва": 3, "b": 0}]


class Maker:
    """Draws schemas."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)

    def pattern(self) -> str:
        parts = [self.rng.choice(CLASSES) + self.rng.choice(["", "", "+", "*", "?", "{1,3}"]) for _ in range(3)]
        text = "".join(part for part in parts[: self.rng.randint(1, 3)]).replace("++", "+").replace("+*", "*")
        text = text.replace("+?", "+").replace("+{1,3}", "+")
        if self.rng.random() < 0.15:
            text = f"(?{self.rng.choice('=!')}{self.rng.choice(CLASSES[:16])}){text}"
        return self.rng.choice(["", "^"]) + text + self.rng.choice(["", "$"])

    def leaf(self) -> Any:
        rng = self.rng
        return rng.choice(
            [
                lambda: {"type": rng.choice(["string", "integer", "number", "object", "array", "boolean", "null"])},
                lambda: {"pattern": self.pattern()},
                lambda: {"type": "string", "pattern": self.pattern()},
                lambda: {"type": "string", "format": rng.choice(FORMATS)},
                lambda: {"type": ["string", "null"], "minLength": rng.randint(0, 3), "maxLength": rng.randint(2, 9)},
                lambda: {"enum": rng.sample(EXAMPLES, 3)},
                lambda: {"const": rng.choice(EXAMPLES)},
                lambda: {"minimum": rng.choice([-3, 0, 1.5, 1e17]), "maximum": rng.choice([2, 40, 1e30])},
                lambda: {"exclusiveMinimum": rng.choice([0, 0.1]), "type": "number"},
                lambda: {"multipleOf": rng.choice([2, 0.5, 3])},
                lambda: {"required": [rng.choice("ab")]},
                lambda: {"minItems": rng.randint(0, 2), "maxItems": rng.randint(1, 3)},
                lambda: {"maxProperties": rng.randint(0, 2)},
                lambda: {"additionalProperties": False, "properties": {"a": True}},
                lambda: {"type": "string", "nullable": True},
            ]
        )()

    def schema(self, depth: int) -> Any:
        rng = self.rng
        if depth <= 0 or rng.random() < 0.15:
            return self.leaf()
        below = lambda: self.schema(depth - 1)  # noqa: E731
        return rng.choice(
            [
                lambda: {"not": below()},
                lambda: {**self.leaf(), "not": below()},
                lambda: {"anyOf": [below(), below()]},
                lambda: {"oneOf": [below(), below()]},
                lambda: {"allOf": [below(), below()]},
                lambda: {"if": below(), "then": below(), "else": below()},
                lambda: {"type": "object", "properties": {"a": below(), "é": below()}, "required": ["a"]},
                lambda: {"type": "object", "patternProperties": {self.pattern(): below(), self.pattern(): below()}},
                lambda: {
                    "type": "object",
                    "patternProperties": {self.pattern(): below()},
                    "additionalProperties": self.rng.choice([False, below()]),
                },
                lambda: {"type": "object", "propertyNames": below(), "additionalProperties": below()},
                lambda: {"type": "array", "items": below(), "maxItems": 3},
                lambda: {"type": "array", "prefixItems": [below()], "items": below(), "maxItems": 3},
                lambda: {"type": "array", "contains": below()},
                lambda: {"dependentSchemas": {"a": below()}, "type": "object"},
            ]
        )()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--schemas", type=int, default=500)
    parser.add_argument("--walks", type=int, default=4, help="texts out of each grammar")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--show", action="store_true", help="print what is undeclared, refused wrongly or slow")
    told = parser.parse_args()
    maker, found, slowest = Maker(told.seed), Counter[str](), 0.0
    for number in range(told.schemas):
        schema = maker.schema(maker.rng.randint(1, 3))
        rng = random.Random(number)
        for name, limits in (("writing", grammar.WRITING), ("extracting", EXTRACT), ("reading", grammar.READING)):
            start = time.process_time()
            try:
                shape = grammar.compile(schema, limits=limits)
            except RagError as error:
                fitting = [one for one in EXAMPLES if not grammar.check(one, schema)]
                found["refused wrongly" if fitting else "refused"] += 1
                if fitting and told.show:
                    print(name, json.dumps(schema), "FITS", json.dumps(fitting[:3]), error)
                continue
            finally:
                seconds = time.process_time() - start
                slowest = max(slowest, seconds)
                if seconds > 0.5 and told.show:
                    print(f"{name} {seconds:.2f} s", json.dumps(schema))
            found["grammars"] += 1
            walker = Walker(shape.grammar)
            for _ in range(told.walks):
                text = walker.walk(rng, 200)
                said = verdict(text, schema, shape)
                found[said] += 1
                if told.show and said in ("undeclared", "not JSON"):
                    print(said, name, json.dumps(schema), repr(text[:200]), [one.keyword for one in shape.residual])
    counts = dict.fromkeys(("grammars", "valid", "declared", "undeclared", "not JSON", "refused wrongly"), 0) | found
    print(", ".join(f"{count:,} {name}" for name, count in counts.items()))
    print(f"the slowest compilation took {slowest:.2f} CPU s")


if __name__ == "__main__":
    main()
