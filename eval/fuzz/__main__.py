"""
Fuzz what reads the bytes of others, guided by coverage (atheris).

    pip install --require-hashes -r requirements/fuzz.txt
    python eval/fuzz                              every target for a CPU minute
    python eval/fuzz NAME … --seconds 300         some of them; --list names them
    python eval/fuzz NAME … --add                 and add them to the table of docs/reliability.md
    python eval/fuzz NAME --input FILE            what was found, again

A line a target: how many inputs, how much of the code they reached, the slowest, and faults: an exception that is none
of ours, a promise that does not hold, an input that takes more than five CPU seconds. What was found lies in
fuzz-found/, what leads further in fuzz-corpus/, from which the next run goes on.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))
SLOW = 5.0  # CPU seconds that no input may take, slowed down by being watched
LONGEST = 4096  # bytes of an input, or as long as the longest good one
MEGABYTES = 2500
DOCS = HERE.parents[1] / "docs" / "reliability.md"
BEGIN, END = "<!-- table: python eval/fuzz --add -->", "<!-- end -->"
DONE = re.compile(r"^done: ([\d,]+) inputs, .* in ([\d.]+) CPU s$", re.MULTILINE)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", help="targets; all")
    parser.add_argument("--seconds", type=int, default=60, help="CPU seconds of each")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--folder", type=Path, default=Path(), help="where fuzz-found/ and fuzz-corpus/ lie")
    parser.add_argument("--input", type=Path, help="run this one input")
    parser.add_argument("--add", action="store_true", help="add the figures to those of docs/reliability.md")
    parser.add_argument("--list", action="store_true")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        _work(options.names[0], options.seconds, options.seed, options.folder)
    from targets import READERS, REFUSALS, TARGETS, target

    if options.list:
        for name in (*TARGETS, *READERS):
            print(f"{name:10} {(TARGETS[name].__doc__ if name in TARGETS else 'a reader')}")
        return
    if options.input:
        try:
            target(options.names[0])(options.input.read_bytes())
        except REFUSALS as error:
            print(f"refused: {error}")
        return
    results = [_run(name, options) for name in options.names or (*TARGETS, *READERS)]
    sys.exit(any(results))


def _run(name: str, options: argparse.Namespace) -> bool:
    """One target in a process of its own; whether it failed."""
    command = [sys.executable, __file__, name, "--work", "--seconds", str(options.seconds), "--seed", str(options.seed)]
    log = options.folder.absolute() / "fuzz-found" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as out:
        code = subprocess.run([*command, "--folder", str(options.folder.absolute())], stdout=out, stderr=out).returncode
    said = log.read_text(errors="replace")
    reached = re.findall(r" cov: (\d+)", said)
    done = DONE.search(said)
    told = done[0].removeprefix("done: ") if done else f"FAULT ({code}), see {log}"
    if done and options.add:
        _add(name, int(done[1].replace(",", "")), float(done[2]))
    print(f"{name:10} {told}; {reached[-1] if reached else 0} edges", flush=True)
    return not done


def _add(name: str, inputs: int, seconds: float) -> None:
    """More inputs and CPU seconds of a target in the table, which sums up all runs."""
    before, rest = DOCS.read_text(encoding="utf-8").split(BEGIN, 1)
    table, after = rest.split(END, 1)
    rows = dict(json.loads(line[5:-4]) for line in table.splitlines() if line.startswith("<!-- ["))
    what, sum_inputs, sum_seconds, found = rows.get(name, [name, 0, 0, ""])
    rows[name] = [what, sum_inputs + inputs, round(sum_seconds + seconds), found]
    lines = ["| target | inputs | CPU seconds | found, and mended |", "|---|---|---|---|"]
    lines += [f"| {what} | {inputs:,} | {seconds:,} | {found} |" for what, inputs, seconds, found in rows.values()]
    kept = [f"<!-- {json.dumps([name, row])} -->" for name, row in rows.items()]
    DOCS.write_text(before + BEGIN + "\n\n" + "\n".join(lines) + "\n\n" + "\n".join(kept) + "\n" + END + after)


def _work(name: str, seconds: int, seed: int, folder: Path) -> None:
    """Never returns: libFuzzer ends the process at a fault."""
    import pkgutil

    import atheris

    with atheris.instrument_imports(include=["rag"]):
        import rag

        for module in pkgutil.walk_packages(rag.__path__, "rag."):
            if not re.search(r"llm_plugin|\.web|__main__|llama|fastembed", module.name):
                __import__(module.name)
        from targets import REFUSALS, seeds, target
    read, good = target(name), seeds(name)
    corpus, found = folder / "fuzz-corpus" / name, folder / "fuzz-found"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(good):
        (corpus / f"good{number}").write_bytes(data)
    resource.setrlimit(resource.RLIMIT_AS, (4 * MEGABYTES << 20,) * 2)
    count, refused, slowest, began = 0, 0, 0.0, time.process_time()

    def one(data: bytes) -> None:
        nonlocal count, refused, slowest
        started = time.process_time()
        try:
            read(data)
        except REFUSALS:
            refused += 1
        now = time.process_time()
        count, slowest = count + 1, max(slowest, now - started)
        if now - started > SLOW:
            raise TimeoutError(f"{now - started:.2f} CPU seconds")
        if now - began > seconds:
            told = f"{count:,} inputs, {refused:,} refused, slowest {slowest:.2f} CPU s, 0 faults"
            print(f"done: {told} in {now - began:.0f} CPU s", flush=True)
            os._exit(0)

    longest = max(LONGEST, *(len(data) for data in good))
    flags = [f"-max_len={longest}", f"-seed={seed}", f"-rss_limit_mb={MEGABYTES}", "-timeout=300", "-len_control=0"]
    atheris.Setup(["fuzz", str(corpus), *flags, f"-artifact_prefix={found}/{name}-"], one)
    atheris.Fuzz()


if __name__ == "__main__":
    main()
