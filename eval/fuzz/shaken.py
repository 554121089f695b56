"""Good JSON with values replaced, left out or repeated, as the bytes of a fuzzer say: nearly always valid."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, 0, -1, 1e308, 10**30, "", " ", "a", "2025-02-30T99:00:00", "1736236920.5", "99999999999999", [], {},
    [None], [[]], ["a", {"text": "b"}], {"name": "a"}, {"text": None}, "\ud800", "\u202e<@U1|x>\n\n", 5e-324, "9" * 400,
)  # fmt: skip
RARELY = 40  # of the 256 values of a byte those that change something


def shaken(good: Any, data: bytes) -> bytes:
    """The bytes of a file: a byte for each value in its order says what becomes of it; what none says stays."""
    return json.dumps(_shaken(good, iter(data))).encode("utf-8", "surrogatepass")


def _shaken(value: Any, said: Iterator[int]) -> Any:
    if isinstance(value, dict):
        if next(said, 255) < RARELY // 8:
            return ODD[next(said, 0) % len(ODD)]
        kept = {name: _shaken(part, said) for name, part in value.items()}
        return {name: part for name, part in kept.items() if next(said, 255) >= RARELY // 4}
    if isinstance(value, list):
        parts: list[Any] = []
        for part in value:
            times = {0: 0, 1: 2, 2: 3}.get(next(said, 255), 1)
            parts += [_shaken(part, said)] * times
        return parts if next(said, 255) >= RARELY // 4 else ODD[next(said, 0) % len(ODD)]
    return ODD[next(said, 0) % len(ODD)] if next(said, 255) < RARELY else value
