"""
Trials of what must not break; docs/reliability.md says what was found.

    python eval/reliability                      every trial in its short form, some minutes
    python eval/reliability NAME --trials 1000   one of them; --list names them
    python eval/reliability --write              and write the table of docs/reliability.md anew
    python eval/reliability NAME --seed 7 --add  or add what was found to its row: a long trial in parts

A line a trial: its name, how many there were, how many faults. Exit code 1 if there was one.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import damage
import interruptions
import limits
import sealed
import soak
import strangers
import together
import versions
from common import Result
from soak import EARLY, LATE

TRIALS = {
    "points": (interruptions.kills_at_points, 90),
    "random": (interruptions.kills_at_random, 60),
    "power": (interruptions.power, 50),
    "full": (interruptions.no_room, 60),
    "main": (damage.main_file, 30),
    "side": (damage.side_file, 30),
    "together": (together.pairs, 20),
    "filling": (together.filling, 10),
    "upgrades": (limits.upgrades, 40),
    "clock": (limits.clock, 4),
    "memory": (limits.memory, 6),
    "bombs": (limits.bombs, 6),
    "line": (limits.line, 1),
    "many": (limits.many, 1000),
    "strangers": (strangers.strangers, 60),
    "sealed": (sealed.sealed, 120),
    "servers": (limits.servers, 6),
    "versions": (versions.versions, 3),
    "soak": (soak.soak, 1),
}
DOCS = Path(__file__).parents[2] / "docs" / "reliability.md"
BEGIN, END = "<!-- table: python eval/reliability --write -->", "<!-- end -->"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", choices=[*TRIALS, []], help="trials; all")
    parser.add_argument("--trials", type=int, default=0, help="so many of each, not its short form")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--write", action="store_true", help="write the figures into docs/reliability.md")
    parser.add_argument("--add", action="store_true", help="add the figures to those that are there")
    parser.add_argument("--list", action="store_true")
    options = parser.parse_args()
    if options.list:
        for name, (trial, many) in TRIALS.items():
            print(f"{name:10} {many:5}  {trial.__doc__}")
        return
    results = {}
    for name in options.names or TRIALS:
        trial, many = TRIALS[name]
        before, began = os.times(), time.monotonic()
        result = trial(options.trials or many, options.seed)
        after = os.times()
        result.seconds = sum(after[:4]) - sum(before[:4])
        results[name] = result
        _print(name, result, time.monotonic() - began)
        if options.write or options.add:
            _write(name, result, options.add)
    sys.exit(any(result.faults for result in results.values()))


def _print(name: str, result: Result, wall: float) -> None:
    seen = ", ".join(f"{count} {what}" for what, count in sorted(result.seen.items()))
    print(f"{name:10} {result.name}: {result.trials} trials, {len(result.faults)} faults ({seen})"
          f" in {result.seconds:.0f} CPU-s, {wall:.0f} s", flush=True)  # fmt: skip
    for fault in result.faults[:20]:
        print(f"           {fault}")


def _told(seen: dict[str, int]) -> str:
    """Counts, and what was measured early and late beside each other."""
    parts = [f"{count:,} {what}" for what, count in sorted(seen.items()) if not what.endswith((EARLY, LATE))]
    both = sorted(what.removesuffix(EARLY) for what in seen if what.endswith(EARLY))
    return "; ".join([*parts, *(f"{what}: {seen[what + EARLY]:,}, then {seen[what + LATE]:,}" for what in both)])


def _write(name: str, result: Result, more: bool) -> None:
    """A row of the table: the newest run of each trial, or with `more` all that were added up."""
    text = DOCS.read_text(encoding="utf-8")
    before, rest = text.split(BEGIN)
    table, after = rest.split(END, 1)
    rows = dict(json.loads(line[5:-4]) for line in table.splitlines() if line.startswith("<!-- ["))
    _, trials, faults, seen, seconds = rows[name] if more and name in rows else ("", 0, 0, {}, 0)
    counted = dict(Counter(seen) + result.seen)
    counted |= {what: count for what, count in result.seen.items() if what.endswith((EARLY, LATE))}  # not to be added
    sums = trials + result.trials, faults + len(result.faults), counted, round(seconds + result.seconds)
    rows[name] = [result.name, *sums]
    lines = ["| trial | command | trials | faults | what was seen | CPU seconds |", "|---|---|---|---|---|---|"]
    for one in TRIALS:
        if one in rows:
            what, trials, faults, seen, seconds = rows[one]
            told = _told(seen)
            command = f"`python eval/reliability {one}`"
            lines.append(f"| {what} | {command} | {trials:,} | {faults:,} | {told} | {seconds:,} |")
    kept = [f"<!-- {json.dumps([one, row])} -->" for one, row in rows.items()]
    DOCS.write_text(before + BEGIN + "\n\n" + "\n".join(lines) + "\n\n" + "\n".join(kept) + "\n" + END + after)


if __name__ == "__main__":
    main()
