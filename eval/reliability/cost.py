"""
What the checks cost: the same work done in turn without them and with them, in CPU seconds.

    python eval/reliability/cost.py                     the working tree without any check, and with all of them
    python eval/reliability/cost.py --without rows      or without one of them
    python eval/reliability/cost.py BEFORE [AFTER]      two commits; AFTER is the working tree, if it is not named

The work: index 1,500 small texts, then 100 searches and 40 questions without a model, in a process each.
The embedder is that without weights, beside which every check weighs most. Printed: the mean of each, and the
mean of the differences of pairs with its interval of 95 % (a t of Student over the pairs).
"""

from __future__ import annotations

import argparse
import io
import os
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from common import corpus

ROOT = Path(__file__).parents[2]
FILES, SEARCHES, ASKS = 1500, 100, 40
T_95 = {4: 3.18, 5: 2.78, 6: 2.57, 7: 2.45, 8: 2.36, 9: 2.31, 10: 2.26, 12: 2.2, 15: 2.14, 20: 2.09}  # by pairs
INDEX = """
import sys
from rag import Index
from rag.sources import files
with Index(sys.argv[1], "hash:64", create=True) as index:
    index.add("notes", files([sys.argv[2]]))
"""
ASK = f"""
import sys
from rag import Index
from rag.app.ask import AskRequest, ask
from rag.app.open import open_generator
with Index(sys.argv[1]) as index:
    for number in range({SEARCHES}):
        index.search(f"where is thing{{number * 7}} kept", 8)
    for number in range({ASKS}):
        ask(index, AskRequest(f"where is thing{{number * 11}} kept?", "none"), open_generator("none", ""))
"""
NO_SUM = "type('None', (), {'crc32': staticmethod(lambda data, before=0: 0)})"
CHECKS = {  # what takes one out of the process that works
    "rows": "from rag.store import checksums; checksums.seal = lambda connection: None",
    "documents": "from rag.store import putting; putting._sealed = lambda *_: ''; putting.seal = lambda *_: ''",
    "vectors": f"from rag.store import vectors; vectors.zlib = {NO_SUM}",
    "side": f"from rag.store import seal; seal.zlib = {NO_SUM}",
    "passages": "from rag.store import documents; documents._stands = lambda *_: True",
}
PARTS = {"index": INDEX, "search and ask": ASK}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("before", nargs="?", default="", help="a commit")
    parser.add_argument("after", nargs="?", default="", help="another; the working tree")
    parser.add_argument("--without", action="append", choices=CHECKS, help="a check, if no commit is named; all")
    parser.add_argument("--pairs", type=int, default=8, choices=T_95)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rag-cost-") as name:
        place = Path(name)
        trees = [_tree(options.before, place / "before"), _tree(options.after, place / "after")]
        without = "" if options.before else "\n".join(CHECKS[check] for check in options.without or CHECKS)
        notes = corpus(place, FILES)
        taken: list[list[dict[str, float]]] = [[], []]
        for pair in range(options.pairs + 1):
            for which in (0, 1) if pair % 2 else (1, 0):
                one = _work(trees[which], place, notes, "" if which else without)
                if pair:  # the first writes what Python keeps of its modules
                    taken[which].append(one)
    for part in PARTS:
        before, after = ([one[part] for one in runs] for runs in taken)
        differences = [new - old for old, new in zip(before, after, strict=True)]
        mean, error = statistics.mean(differences), statistics.stdev(differences) / len(differences) ** 0.5
        low, high = (mean + sign * T_95[len(differences)] * error for sign in (-1, 1))
        print(f"{part:15} {statistics.mean(before):.3f} → {statistics.mean(after):.3f} CPU s"
              f" (difference {mean:+.3f} [{low:+.3f}, {high:+.3f}], {len(differences)} pairs)")  # fmt: skip


def _tree(commit: str, place: Path) -> Path:
    """The files of a commit; the working tree for none."""
    if not commit:
        return ROOT
    packed = subprocess.run(["git", "-C", ROOT, "archive", commit], capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        archive.extractall(place, filter="data")
    return place


def _work(tree: Path, place: Path, notes: Path, before_all: str) -> dict[str, float]:
    """CPU seconds of each part."""
    for path in place.glob("x.db*"):
        path.unlink()
    found = {}
    for part, code in PARTS.items():
        environment = {**os.environ, "PYTHONPATH": str(tree), "RAG_THREADS": "1"}
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run(
            [sys.executable, "-c", f"{before_all}\n{code}", place / "x.db", notes],
            env=environment,
            check=True,
            cwd=place,
        )
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        found[part] = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return found


if __name__ == "__main__":
    main()
