"""
Indexing a folder: what it costs beside embedding the same texts in a bare loop, and what a second run does again.

    python eval/bench_index.py FOLDER [--files N]

Prints, from one run: wall and CPU seconds of `Index.add` and of the embedder alone over the same texts (the order
swapped for every pair of rounds), their ratio, and the counts of the follow-up runs: nothing changed, one paragraph
appended, a directory renamed. Beside it the CPU seconds of cold commands.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rag import Index
from rag.chunking import split, windows
from rag.index.adding import Summary
from rag.models import embedder
from rag.sources import files


def clock() -> tuple[float, float]:
    return time.monotonic(), time.process_time()


def since(start: tuple[float, float]) -> tuple[float, float]:
    wall, cpu = clock()
    return wall - start[0], cpu - start[1]


def bare(folder: Path) -> tuple[float, float]:
    """Embed the windows of the folder's passages and the titles, read and cut before the clock starts."""
    model = embedder("minilm")
    documents = [document for item in files([folder]) for document in item.read()]
    passages = [passage for document in documents for passage in split(document)]
    texts = {passage.text[start:end] for passage in passages for start, end in windows(passage)}
    texts |= {document.title for document in documents if document.title}
    model.embed(["warm", "up", "please"])
    start = clock()
    model.embed(list(texts))
    return since(start)


def whole(folder: Path, database: Path) -> tuple[float, float]:
    with Index(database, create=True) as index:
        index.embedder.embed(["warm", "up", "please"])
        start = clock()
        index.add("bench", files([folder]))
        return since(start)


def again(folder: Path, database: Path) -> Summary:
    with Index(database) as index:
        return index.add("bench", files([folder]))


def cold(*args: str) -> float:
    """CPU seconds of a whole process, the smallest of five."""
    found = []
    for _ in range(5):
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", "from rag.cli import main; main()", *args], capture_output=True, check=True
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
    return min(found)


def line(what: str, summary: Summary) -> None:
    counted = ", ".join(f"{getattr(summary, name)} {name}" for name in ("added", "changed", "removed", "unchanged"))
    print(f"{what:28} {counted}; {summary.embedded} embedded; {summary.seconds:.2f} s")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--files", type=int, default=0, help="only so many of the files")
    options = parser.parse_args()
    work = Path(tempfile.mkdtemp())
    folder = work / "tree"
    shutil.copytree(options.folder, folder)
    if options.files:
        for path in sorted(path for path in folder.rglob("*") if path.is_file())[options.files :]:
            path.unlink()
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)

    print(f"load average {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    rounds = []
    for number in range(2):
        database = work / f"{number}.db"
        if number % 2:
            indexed = whole(folder, database)
            loop = bare(folder)
        else:
            loop = bare(folder)
            indexed = whole(folder, database)
        rounds.append((indexed, loop))
        print(
            f"round {number}: index {indexed[0]:.1f} s wall {indexed[1]:.1f} CPU-s,"
            f" bare loop {loop[0]:.1f} s wall {loop[1]:.1f} CPU-s,"
            f" ratio wall {indexed[0] / loop[0]:.3f} CPU {indexed[1] / loop[1]:.3f}"
        )
    wall = sum(i[0] for i, _ in rounds) / sum(b[0] for _, b in rounds)
    cpu = sum(i[1] for i, _ in rounds) / sum(b[1] for _, b in rounds)
    print(f"index / bare loop            wall {wall:.3f}, CPU {cpu:.3f}")

    database = work / "0.db"
    line("nothing changed", again(folder, database))
    path = next(path for path in sorted(folder.rglob("*.md")))
    path.write_text(path.read_text() + "\n\nOne more paragraph at the end.\n")
    line("one paragraph appended", again(folder, database))
    directory = next(path for path in sorted(folder.iterdir()) if path.is_dir())
    directory.rename(directory.with_name(directory.name + "-renamed"))
    line("a directory renamed", again(folder, database))

    cold("search", "warm the sidecar", "-d", str(database))
    question = ("search", "how do I export bookmarks", "-d", str(database))
    commands = {"rag --help": ("--help",), "rag search --words": (*question, "--words"), "rag search": question}
    for what, args in commands.items():
        print(f"{what:28} {cold(*args):.2f} CPU-s")
    shutil.rmtree(work)


if __name__ == "__main__":
    main()
