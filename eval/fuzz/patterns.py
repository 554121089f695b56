"""
Whether any regular expression of the program takes quadratic time: each is tried on hostile repetitions, as it is used.

    python eval/fuzz/patterns.py [--size 8000] [--only TEXT] [--quick]

Those that modules hold compiled, and those that stand in calls of `re`; searched through a text, or only matched at its
beginning, as the program does; on what each of them repeats itself (`samples.py`), and on other repetitions unless
`--quick`. Linear work takes twice as long for twice the input, quadratic four times; what takes a fiftieth of a CPU
second for so many characters or fewer, and more than three times as long as half of them, is named: where it stands,
how long, both times, the repetition.

Most are only given what is short. So each such repetition is then given to every target of the fuzzer that reads text
(`targets.py`), as a document of 8,000 characters and of a quarter of them: one that takes a quarter of a CPU second, and
more than seven times as long, is a fault, and the exit code is 1.
"""  # noqa: E501

from __future__ import annotations

import argparse
import ast
import importlib
import pkgutil
import re
import signal
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

sys.path.insert(0, str(Path(__file__).parent))
import samples
from doubling import UNITS
from rules import FIELDS
from targets import REFUSALS, target

import rag

MORE = (
    "A", "Aa ", "Aa", "a-", "a.", "a's ", "A. ", "A, ", "a;", "1 ", "1.", "1-", "1/", "1:", "12:30 ", "12.", "$1 ",
    "$", "€", "%", "+", "+1 ", "§", "#", "#a ", "„", "«a", "『", "の", "年", "１", "\u3000", "\u200e", "\r\n", " \n", "\n ",  # noqa: E501
    "a\n", "A\n", "1\n", "- \n", "(a", "(a)", "a:", ":a", ": ", "a: ", "A: a\n", "a = ", "/", "/a", "a/", ":", ";", ",", ".",  # noqa: E501
    "-", "–", "—", "^", "x", "https://", "www.", "@a", "a@", "<a", "a>", "<v a>", "[ ]", "[a]", "]", "])", ")", "}", "''", "’",  # noqa: E501
    "|a", "| ",
)  # fmt: skip
SEARCHING, MATCHING = ("compile", "search", "sub", "split", "findall", "finditer", "subn"), ("match", "fullmatch")
IMPORTED = "import"
TEXTS = (
    "chunk", "sentence", "excerpt", "markdown", "text", "code", "html", "eml", "subtitles", "csv", "json",
    "feed", "asciidoc", "org", "latex", "man", "vcf", "ics", "whatsapp", "notion", "blog", "configs",
)  # fmt: skip
# docutils' own patterns take quadratic time, so a file of reStructuredText is not among these.
ASKED = b"who wrote the total of it?\n"
LONG, NOTED, STEEP, MOST_SECONDS = 8000, 0.25, 7.0, 10.0  # characters; CPU seconds; times; CPU seconds
SLOW, MOST = 0.02, 3.0  # CPU seconds; times
ENOUGH = 2000  # characters, after which one sees whether it can become slow at all
SKIPPED = re.compile(r"llm_plugin|__main__|datasette|fastembed|on_ray")
ROOT = Path(rag.__file__).parent


def trees() -> Iterator[tuple[Path, ast.AST]]:
    for path in sorted(ROOT.rglob("*.py")):
        yield path, ast.parse(path.read_text(encoding="utf-8"))


def uses() -> dict[tuple[str, str], set[str]]:
    """(module, name) of a pattern -> how it is used: `NAME.search(`, `re.search(NAME`; also where it is imported."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for path, tree in trees():
        here = ".".join(path.relative_to(ROOT.parent).with_suffix("").parts).removesuffix(".__init__")
        known = dict(_imported(tree))
        for name in known:
            found[here, name].add(IMPORTED)
        for node in ast.walk(tree):
            if isinstance(node, ast.Attribute) and node.attr in MATCHING + SEARCHING:
                found[_named(node.value, here, known)].add(node.attr)
            elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
                found[_named(node.args[0], here, known)].add(node.func.attr)
            elif isinstance(node, ast.Call | ast.Dict | ast.List | ast.Tuple):  # used by who knows whom
                for one in ast.iter_child_nodes(node):
                    found[_named(one, here, known)].add("search")
    return found


def _imported(tree: ast.AST) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            for one in node.names:
                yield one.asname or one.name, (node.module or "", one.name)


def _named(node: ast.AST, here: str, known: dict[str, tuple[str, str]]) -> tuple[str, str]:
    if isinstance(node, ast.Attribute):  # of a module that was imported
        return ".".join(known.get(getattr(node.value, "id", ""), ("", ""))), node.attr
    name = getattr(node, "id", "")
    return known.get(name, (here, name))


def held() -> Iterator[tuple[str, re.Pattern[str], bool]]:
    """(name, pattern, whether it is searched) of what modules hold compiled."""
    used = uses()
    for found in pkgutil.walk_packages(rag.__path__, "rag."):
        if not SKIPPED.search(found.name):
            module = importlib.import_module(found.name)
            for name, value in vars(module).items():
                how = used[found.name, name]
                searched = bool(how & {*SEARCHING}) or not how & {*MATCHING}
                if IMPORTED in how:  # told where it is at home
                    continue
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


class Grown(NamedTuple):
    """Characters, the CPU seconds of half of them and of all, and the repetition."""

    long: int
    half: float
    whole: float
    by: tuple[str, str, str]  # what stands before, is repeated, stands behind


def seconds(run: Callable[[str], object], text: str) -> float:
    began = time.process_time()
    run(text)
    return time.process_time() - began


def worst(pattern: re.Pattern[str], searched: bool, size: int, units: tuple[str, ...]) -> Grown | None:
    """The slowest repetition that grows too fast; None: there is none."""
    found = []
    run: Callable[[str], object] = pattern.findall if searched else pattern.match
    for unit in units:
        for before, behind in (("", "!x"), ("a", "")):
            long, half, whole = 125, 0.0, 0.0
            while long < size and whole < SLOW:  # no longer than it takes to see it: some end never
                long *= 2
                half, whole = whole, seconds(run, before + unit * (long // len(unit)) + behind)
                if long >= ENOUGH and whole * (size / long) ** 2 < SLOW:  # it would be too little even if quadratic
                    break
            if whole >= SLOW and whole > MOST * half:
                found.append(Grown(long, half, whole, (before, unit, behind)))
                if long < size // 4:
                    return found[-1]
    return max(found, key=lambda one: one.whole / one.long, default=None)


def reached(units: set[str]) -> Iterator[str]:
    """What takes too long in a document that repeats one of these: the target, both times, the repetition."""
    ways = [(name, b"\1\20" if name in ("chunk", "sentence", "excerpt") else b"") for name in TEXTS]
    ways += [("extract", b"%d\n" % number) for number in range(len(FIELDS))] + [("answer", ASKED), ("cell", ASKED)]
    for unit in sorted(units):
        for name, head in ways:
            quarter, whole = (
                bounded(name, head + (unit * (size // len(unit)) + "!x").encode()) for size in (LONG // 4, LONG)
            )
            if whole > NOTED and whole > STEEP * quarter:
                yield f"{name:10} {quarter:.2f}, then {whole:.2f} CPU s by {unit!r}{f' after {head!r}' if head else ''}"


def bounded(name: str, data: bytes) -> float:
    """CPU seconds of a target; MOST_SECONDS if it takes longer."""

    def stop(*_: object) -> None:
        raise TimeoutError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)
    began = time.process_time()
    try:
        with suppress(*REFUSALS, TimeoutError):
            target(name)(data)
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)
    return time.process_time() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--size", type=int, default=8000, help="characters of the longest text")
    parser.add_argument("--only", default="")
    parser.add_argument("--quick", action="store_true", help="only the repetitions that each pattern itself is made of")
    options = parser.parse_args()
    seen: set[tuple[str, int, bool]] = set()
    grown = set()
    for place, pattern, searched in (*held(), *written()):
        if options.only not in place or (pattern.pattern, pattern.flags, searched) in seen:
            continue
        seen.add((pattern.pattern, pattern.flags, searched))
        units = (*samples.units(pattern), *(() if options.quick else (*UNITS, *MORE)))
        if told := worst(pattern, searched, options.size, units):
            grown.add(told.by[1])
            shown = f"{told.whole:.3f}, half: {told.half:.3f} CPU s by {'|'.join(told.by)!r}"
            print(f"{place:46} {told.long:5} characters: {shown}", flush=True)
    faults = 0
    for fault in reached(grown):
        faults += 1
        print(f"FAULT {fault}", flush=True)
    told = f"{len(seen)} patterns, {len(grown)} repetitions of which one takes too long, {faults} that matter"
    print(f"{told}, {time.process_time():.0f} CPU s")
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
