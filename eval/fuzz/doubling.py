"""
Whether the time of a reader grows with its input, and no faster: hostile repetitions, four times as long each time.

    python eval/fuzz/doubling.py [TARGET …] [--size 20000]

Linear work takes 4 times as long, quadratic 16: more than 10 is a fault, if it takes longer than a fifth of a CPU
second at all. A line a target: its steepest repetition.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from targets import READERS, REFUSALS, TARGETS, target

UNITS = (
    "a ", "a. ", "a", "[", "[[", "[a](", "![", "(", "<", "<b>", "</b>", "<!--", "<!", "<a href=", "&amp;", "&", "`",
    "```\n", "`a", "*", "**a", "*a ", "_", "a___b", "~", "> ", ">\n", "- ", "- a\n", "1. a\n", "# ", "# [\n", "# a\n",
    "|", "|a|b|\n", "|-|\n", "\n", "\n\n", " ", "\t", "    a\n", '"', "'a", "“", "!", "?", "...", "e.g. ", "Dr. A. ",
    "http://a.b ", "a@b.c ", "é", "\u0301", "中", "。", "\u202e", "\\", "\\(", "$", "{", "{{", "{%", "}", "=", "a=b;",
    "a,", '"a",', '"\n', "def a():\n", "class A:\n    x\n", "// a\n", "/*", "@", "~~~\n", ":::", "::\n\n", ".. a::\n",
    "a\n=\n", "00:00:01,000 --> 00:00:02,000\na\n\n", "From a\n", "From: (", "> > ", "On a, b wrote:\n", "--\n",
    "=?utf-8?b?", "a: b\n", "---\n", "+++\n", "<table><tr><td>", "<ul><li>", "<math><mi>", "<script>", "0", "1,",
    "who wrote it ", "when was the text ",
    "x" * 50 + "\n", "(?:", "(a|", "a{2}", "[^a]", "a*", "\\p{L}", "(?=a)", 'a ::= "b" ', "[{", '{"a":', "data: {}\n",
)  # fmt: skip
FORMATS = (
    "markdown", "text", "code", "html", "rst", "eml", "mbox", "subtitles", "csv", "json", "jsonl", "feed", "asciidoc",
    "org", "latex", "man", "vcf", "ics", "rtf", "whatsapp", "notion", "blog", "transcript", "configs",
)  # fmt: skip
MOST, LEAST = 10.0, 0.2  # times; CPU seconds


def seconds(run: Callable[[bytes], object], data: bytes) -> float:
    """CPU seconds, the better of two."""
    taken = []
    for _ in range(2):
        began = time.process_time()
        with suppress(REFUSALS):
            run(data)
        taken.append(time.process_time() - began)
        if taken[0] > 5:
            break
    return min(taken)


def repeated(unit: str, size: int) -> bytes:
    data = unit.encode()
    return data * (size // len(data))


def steepest(name: str, size: int) -> tuple[float, float, str]:
    """(ratio, CPU seconds at the larger size, unit) of the worst repetition."""
    run, head = target(name), b"\1\20" if name in TARGETS else b""
    found = []
    for unit in UNITS:
        most = seconds(run, head + repeated(unit, 4 * size))
        if most > LEAST:
            found.append((most / max(seconds(run, head + repeated(unit, size)), 1e-4), most, unit))
    return max(found, default=(0.0, 0.0, ""))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*TARGETS, *READERS, []])
    parser.add_argument("--size", type=int, default=20_000, help="bytes of the smaller input")
    options = parser.parse_args()
    faults = 0
    for name in options.names or [*(name for name in TARGETS if name not in ("pages", "settings")), *FORMATS]:
        ratio, most, unit = steepest(name, options.size)
        faults += ratio > MOST
        told = f"{ratio:.1f} times, {most:.2f} CPU s, by {unit!r}" if unit else f"never longer than {LEAST} CPU s"
        print(f"{name:10} {'FAULT' if ratio > MOST else 'ok':5} {told}", flush=True)
    sys.exit(faults > 0)


if __name__ == "__main__":
    main()
