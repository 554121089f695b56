"""
Whether any regular expression of the program takes quadratic time: each is tried on hostile repetitions, as it is used.

    python eval/fuzz/patterns.py [--size 8000] [--only TEXT]

Those that modules hold compiled, and those that stand in calls of `re`; searched through a text, or only matched at its
beginning, as the program does. Linear work takes twice as long for twice the
input, quadratic four times; what takes a fiftieth of a CPU second for so many characters or fewer, and more than three
times as long as half of them, is named: where it stands, how long, both times, the repetition. Whether a text so long ever reaches
it, the reader of the line must look up.
"""  # noqa: E501

from __future__ import annotations

import argparse
import ast
import importlib
import pkgutil
import re
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
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
SEARCHING, MATCHING = ("compile", "search", "sub", "split", "findall", "finditer", "subn"), ("match", "fullmatch")
SLOW, MOST = 0.02, 3.0  # CPU seconds; times
SKIPPED = re.compile(r"llm_plugin|__main__|datasette|fastembed|on_ray")
ROOT = Path(rag.__file__).parent


def trees() -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def uses() -> dict[str, set[str]]:
    """Name of a pattern -> how it is used: `NAME.search(`, `re.search(NAME`."""
    found: dict[str, set[str]] = defaultdict(set)
    for _, tree in trees():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
                for one in (node.func.value, *node.args[:1]):
                    name = one.attr if isinstance(one, ast.Attribute) else getattr(one, "id", "")
                    found[name].add(node.func.attr)
            elif isinstance(node, ast.Attribute) and node.attr in MATCHING + SEARCHING:
                found[getattr(node.value, "id", "")].add(node.attr)
    return found


def held() -> Iterator[tuple[str, re.Pattern[str], bool]]:
    """(name, pattern, whether it is searched) of what modules hold compiled."""
    used = uses()
    for found in pkgutil.walk_packages(rag.__path__, "rag."):
        if not SKIPPED.search(found.name):
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                searched = bool(used[name] & {*SEARCHING}) or not used[name] & {*MATCHING}
                for one in _inside(value):
                    yield f"{found.name}.{name}", one, searched


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


def written() -> Iterator[tuple[str, re.Pattern[str], bool]]:
    """(place, pattern, whether it is searched) of what stands in calls of `re` as it is."""
    for path, tree in trees():
        for node in ast.walk(tree):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
                continue
            how, first = node.func.attr, node.args[0]
            if getattr(node.func.value, "id", "") != "re" or how not in MATCHING + SEARCHING[1:]:
                continue
            if isinstance(first, ast.Constant) and isinstance(first.value, str):
                flags = re.RegexFlag(0)
                for one in ast.walk(node):
                    if isinstance(one, ast.Attribute) and one.attr.isupper():
                        flags |= getattr(re, one.attr, re.RegexFlag(0))
                yield f"{path.relative_to(ROOT.parent)}:{node.lineno}", re.compile(first.value, flags), how in SEARCHING


def seconds(run: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    run(text)
    return time.process_time() - began


def worst(pattern: re.Pattern[str], searched: bool, size: int) -> tuple[int, float, float, str] | None:
    """(characters, CPU seconds of them, of half of them, the repetition) of the slowest that grows too fast."""
    found = []
    run: Callable[[str], object] = pattern.findall if searched else pattern.match
    for unit in (*UNITS, *MORE):
        for before, behind in (("", "!x"), ("a", "")):
            long, half, whole = 125, 0.0, 0.0
            while long < size and whole < SLOW:  # no longer than it takes to see it: some end never
                long *= 2
                half, whole = whole, seconds(run, before + unit * (long // len(unit)) + behind)
            if whole >= SLOW and whole > MOST * half:
                found.append((long, half, whole, f"{before}|{unit}|{behind}"))
                if long < size // 4:
                    return found[-1]
    return max(found, key=lambda one: one[2] / one[0], default=None)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=8000, help="characters of the longest text")
    parser.add_argument("--only", default="")
    options = parser.parse_args()
    seen: set[tuple[str, int, bool]] = set()
    faults = 0
    for place, pattern, searched in (*held(), *written()):
        if options.only not in place or (pattern.pattern, pattern.flags, searched) in seen:
            continue
        seen.add((pattern.pattern, pattern.flags, searched))
        if told := worst(pattern, searched, options.size):
            faults += 1
            long, half, whole, by = told
            print(f"{place:46} {long:5} characters: {whole:.3f}, half: {half:.3f} CPU s by {by!r}", flush=True)
    print(f"{len(seen)} patterns, {faults} that grow too fast")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
