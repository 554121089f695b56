"""
Whether any regular expression of the program takes quadratic time: each is searched in hostile repetitions.

    python eval/fuzz/patterns.py [--size 4000] [--only TEXT]

Those that modules hold compiled, and those that stand in calls of `re`. Linear work takes twice as long for twice the
input, quadratic four times; what takes more than a fiftieth of a CPU second for 8,000 characters and more than three
times as long as half of them is named: where it stands, the repetition, both times. Whether a text so long ever reaches
it, the reader of the line must look up.
"""

from __future__ import annotations

import argparse
import ast
import importlib
import pkgutil
import re
import sys
import time
from collections.abc import Iterator
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from doubling import UNITS

import rag

MORE = (
    "A", "Aa ", "Aa", "a-", "a.", "a's ", "A. ", "A, ", "a;", "1 ", "1.", "1-", "1/", "1:", "12:30 ", "12.", "$1 ",
    "$", "€", "%", "+", "+1 ", "§", "#", "#a ", "„", "«a", "『", "の", "年", "１", "\u3000", "\u200e", "\r\n", " \n", "\n ",  # noqa: E501
    "a\n", "A\n", "1\n", "- \n", "(a", "(a)", "a:", ":a", ": ", "a: ", "A: a\n", "a = ", "/", "/a", "a/", ":", ";", ",", ".",  # noqa: E501
    "-", "–", "—", "^", "x", "https://", "www.", "@a", "a@", "<a", "a>", "<v a>", "[ ]", "[a]", "]", "])", ")", "}", "''", "’",  # noqa: E501
    "|a", "| ",
)  # fmt: skip
CALLS = ("compile", "search", "match", "fullmatch", "sub", "split", "findall", "finditer")
SLOW, MOST = 0.02, 3.0  # CPU seconds of 2 * size characters; times
SKIPPED = re.compile(r"llm_plugin|__main__|datasette|fastembed|on_ray")


def held() -> Iterator[tuple[str, re.Pattern[str]]]:
    """(name, pattern) of what modules hold compiled."""
    for found in pkgutil.walk_packages(rag.__path__, "rag."):
        if not SKIPPED.search(found.name):
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                yield from ((f"{found.name}.{name}", one) for one in _inside(value))


def _inside(value: object) -> Iterator[re.Pattern[str]]:
    if isinstance(value, re.Pattern):
        if isinstance(value.pattern, str):
            yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _inside(part)
    elif isinstance(value, list | tuple):
        for part in value:
            yield from _inside(part)


def written() -> Iterator[tuple[str, re.Pattern[str]]]:
    """(place, pattern) of what stands in calls of `re` as it is."""
    root = Path(rag.__file__).parent
    for path in sorted(root.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CALLS):
                continue
            if not (isinstance(node.func.value, ast.Name) and node.func.value.id == "re" and node.args):
                continue
            first = node.args[0]
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                flags = re.RegexFlag(0)
                for one in ast.walk(node):
                    if isinstance(one, ast.Attribute) and one.attr.isupper():
                        flags |= getattr(re, one.attr, re.RegexFlag(0))
                yield f"{path.relative_to(root.parent)}:{node.lineno}", re.compile(first.value, flags)


def seconds(pattern: re.Pattern[str], text: str) -> float:
    began = time.process_time()
    for _ in pattern.finditer(text):
        pass
    return time.process_time() - began


def worst(pattern: re.Pattern[str], size: int) -> tuple[float, float, str] | None:
    """(CPU seconds of half, of all, the repetition) of the slowest that grows too fast."""
    found = []
    for unit in (*UNITS, *MORE):
        for head in ("", "a"):
            once = head + unit * (size // len(unit))
            before = seconds(pattern, once)
            if before < SLOW / 8:
                continue
            after = seconds(pattern, head + unit * (2 * size // len(unit)))
            if after > SLOW and after > MOST * before:
                found.append((before, after, head + "|" + unit))
            if after > 5:
                break
    return max(found, key=lambda one: one[1], default=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=4000)
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    seen: set[tuple[str, int]] = set()
    faults = 0
    for place, pattern in (*held(), *written()):
        if options.only not in place or (pattern.pattern, pattern.flags) in seen:
            continue
        seen.add((pattern.pattern, pattern.flags))
        if told := worst(pattern, options.size):
            faults += 1
            print(f"{place:50} {told[0]:.3f}, then {told[1]:.3f} CPU s by {told[2]!r}", flush=True)
    print(f"{len(seen)} patterns, {faults} that grow too fast")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
