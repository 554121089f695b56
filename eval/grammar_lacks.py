"""
Why a grammar for writing refuses what fits: what has to be given up before a schema is fully right.

Each schema is counted once, under the fewest changes that make it right, tried alone, then in pairs, then in threes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from itertools import combinations
from typing import Any

from rag.grammar import Limits

KEYS, ORDER = "keys that the schema does not name", "keys in another order than the schema's"
WIDER: dict[str, dict[str, int]] = {
    "longer texts": {"string": 4000},
    "more elements": {"items": 400},
    "longer numbers": {"digits": 60, "fraction": 60},
    "more or longer undeclared keys": {"keys": 300, "key": 300},
    "deeper recursion": {"depth": 8},
}
CAUSES = (KEYS, ORDER, *WIDER)
Admits = Callable[[Any, Limits, list[Any]], list[bool] | None]


def opened(schema: Any) -> Any:
    """The schema with every object open that names its keys and does not say whether it has others."""
    if isinstance(schema, list):
        return [opened(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    says = {"additionalProperties", "patternProperties", "unevaluatedProperties", "propertyNames"} & set(schema)
    more = {"additionalProperties": True} if isinstance(schema.get("properties"), dict) and not says else {}
    return {key: part if key in ("enum", "const", "default") else opened(part) for key, part in schema.items()} | more


def named(schema: Any, found: dict[str, None]) -> dict[str, None]:
    """The keys that a schema names, in the order in which it names them."""
    parts = schema.values() if isinstance(schema, dict) else schema if isinstance(schema, list) else ()
    if isinstance(schema, dict) and isinstance(schema.get("properties"), dict):
        found.update(dict.fromkeys(schema["properties"]))
    for part in parts:
        named(part, found)
    return found


def ordered(data: Any, place: dict[str, int]) -> Any:
    """The value with its keys in the schema's order, others behind them."""
    if isinstance(data, list):
        return [ordered(one, place) for one in data]
    if not isinstance(data, dict):
        return data
    return {key: ordered(data[key], place) for key in sorted(data, key=lambda key: place.get(key, len(place)))}


def lacking(cases: list[dict[str, Any]], limits: Limits, admits: Admits) -> Counter[str]:
    """What the schemas lack that are not fully right; `admits` judges values with the grammar of a schema."""
    found: Counter[str] = Counter()
    for case in cases:
        valid = [test["valid"] for test in case["tests"]]
        said = admits(case["schema"], limits, [test["data"] for test in case["tests"]]) if valid else valid
        if said == valid:
            continue
        if said is None:
            found["(no grammar: nothing fits the schema)"] += 1
        elif any(yes and not fits for yes, fits in zip(said, valid, strict=True)):
            found["(admits what does not fit)"] += 1
        else:
            found[_cause(case, limits, admits)] += 1
    return found


def _cause(case: dict[str, Any], limits: Limits, admits: Admits) -> str:
    for count in (1, 2, 3):
        for causes in combinations(CAUSES, count):
            if _right(case, causes, limits, admits):
                return " + ".join(causes)
    most = {name: value for wider in WIDER.values() for name, value in wider.items()}
    reading = _right(case, (), replace(limits, **most, closed=False), admits)
    return "(only a grammar for reading admits it)" if reading else "(something else)"


def _right(case: dict[str, Any], causes: tuple[str, ...], limits: Limits, admits: Admits) -> bool:
    """Whether, with these given up, every instance that fits is admitted."""
    schema = opened(case["schema"]) if KEYS in causes else case["schema"]
    data = [test["data"] for test in case["tests"] if test["valid"]]
    if ORDER in causes:
        place = {key: at for at, key in enumerate(named(schema, {}))}
        data = [ordered(one, place) for one in data]
    wider = {name: value for cause in causes for name, value in WIDER.get(cause, {}).items()}
    return all(admits(schema, replace(limits, **wider), data) or [False])
