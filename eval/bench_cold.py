"""
What one command costs a person, all of it: starting, importing, the model, the work.

    python eval/bench_cold.py ../shared/data/til/tree [--runs 9] [--against CHECKOUT]

CPU seconds of the process, one thread, the median of some runs, over a copy of the folder that is indexed once with the
bundled embedder: a search, an answer, `rag index` where nothing changed, and where one paragraph did. `--against` runs
another checkout of rag in turns with this one, since a processor second is longer under load.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parents[1]
QUESTION = "how do I list the tables of a database"


def spent(checkout: Path, *words: str) -> float:
    """CPU seconds of one command."""
    environment = {**os.environ, "PYTHONPATH": str(checkout), "RAG_THREADS": "1"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # what is installed has its bytecode
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "rag", *words]
    subprocess.run(command, env=environment, cwd=checkout, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def change(note: Path, turn: int) -> None:
    paragraphs = note.read_text(encoding="utf-8").split("\n\n")
    paragraphs[len(paragraphs) // 2] += f" Seen again, time {turn}."
    note.write_text("\n\n".join(paragraphs), encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=9)
    parser.add_argument("--against", type=Path, help="another checkout")
    options = parser.parse_args()
    checkouts = {"this": HERE} | ({"the other": options.against.resolve()} if options.against else {})
    with tempfile.TemporaryDirectory() as work:
        notes, database = Path(work) / "notes", str(Path(work) / "x.db")
        shutil.copytree(options.folder, notes)
        for path in [notes, *notes.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
        spent(HERE, "index", str(notes), "-d", database)
        note = sorted(notes.rglob("*.md"), key=lambda path: path.stat().st_size)[-100]  # of some length
        found: dict[tuple[str, str], list[float]] = {}
        for turn in range(options.runs):
            for name, checkout in checkouts.items():
                steps = {
                    "search": ("search", "-d", database, QUESTION),
                    "ask, no model": ("ask", "-d", database, "-m", "none", QUESTION),
                    "index, nothing changed": ("index", str(notes), "-d", database),
                    "index, one paragraph changed": ("index", str(notes), "-d", database),
                }
                for step, words in steps.items():
                    if step.endswith("paragraph changed"):
                        change(note, 100 * turn + len(name))
                    found.setdefault((step, name), []).append(spent(checkout, *words))
    print(f"{sum(1 for _ in options.folder.rglob('*.md'))} notes, load {os.getloadavg()[0]:.1f}")
    for (step, name), times in sorted(found.items()):
        print(f"{step}: {statistics.median(times):.2f} CPU-s, {min(times):.2f} to {max(times):.2f} ({name})")


if __name__ == "__main__":
    main()
