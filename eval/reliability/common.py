"""What the trials share: small corpora, verbs run in processes of their own, and what a sound index is."""

from __future__ import annotations

import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Hashable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

os.environ.setdefault("RAG_EMBEDDER", "hash:64")
os.environ.setdefault("RAG_THREADS", "1")

import apsw

from rag import doctor
from rag.errors import RagError
from rag.store import Database

ROUNDED = 6e-4  # of a score, which the side file has from 12 bits of a number
EXPECTED, SURPRISE = 3, 7  # exit codes of a child: an error that is explained, and a traceback


@dataclass(slots=True)
class Result:
    """What a trial found. A fault is a promise that was not kept; `seen` counts what happened besides."""

    name: str
    trials: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)
    seen: Counter[str] = field(default_factory=Counter)

    def check(self, holds: bool, what: str) -> None:
        if not holds:
            self.faults.append(what)


@contextmanager
def folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="rag-reliability-") as name:
        yield Path(name)


def corpus(place: Path, count: int, seed: int = 0) -> Path:
    """Small texts, some with several passages, all different."""
    chance = random.Random(seed)
    made = place / "notes"
    made.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        parts = [f"Thing{number} is kept in box{chance.randrange(999)}." for _ in range(chance.choice([1, 2, 40]))]
        (made / f"{number:05}.md").write_text(f"# Thing {number}\n\n" + "\n\n".join(parts) + "\n")
    return made


# -- children ----------------------------------------------------------------------------------------------------------


def child(work: Callable[[], object], *, quiet: bool = True) -> int:
    """Start the work in a process of its own; its number. It ends with 0, EXPECTED or SURPRISE."""
    sys.stdout.flush()
    number = os.fork()
    if number:
        return number
    try:
        if quiet:
            sink = os.open(os.devnull, os.O_WRONLY)
            os.dup2(sink, 1)
        work()
    except RagError:
        os._exit(EXPECTED)
    except BaseException:
        traceback.print_exc()
        os._exit(SURPRISE)
    os._exit(0)


def ended(number: int, seconds: float = 120.0) -> int:
    """The exit code of a child, negative for a signal; a child that takes too long is killed, and that is SIGALRM."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        done, status = os.waitpid(number, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        time.sleep(0.002)
    os.kill(number, signal.SIGKILL)
    os.waitpid(number, 0)
    return -signal.SIGALRM


def run(work: Callable[[], object], seconds: float = 120.0) -> int:
    return ended(child(work), seconds)


# -- what is sound -----------------------------------------------------------------------------------------------------


def _begun(database: Path) -> bool:
    """Whether a file is an index: one that was stopped before its first commit is none yet."""
    with closing(apsw.Connection(str(database))) as connection:
        sql = "select 1 from sqlite_schema where name = '_sqlite_migrations'"
        return bool(connection.execute(sql).fetchall())


def problems(database: Path) -> str:
    """What doctor finds; empty if the file is sound."""
    if not database.exists():
        return ""
    if not _begun(database):
        return ""
    with Database(database) as db:
        if db.setting("embedder") is None:
            return "; ".join(f.problem for f in doctor.examine(db) if f.problem and f.check in ("structure", "schema"))
        return "; ".join(f"{f.check}: {f.problem}" for f in doctor.examine(db) if f.problem)


def content(database: Path) -> dict[str, str]:
    """key -> the hash of all that is stored of it: two indexes of the same folder have the same."""
    with Database(database) as db:
        rows = db.execute(
            "select d.key, d.hash || group_concat(p.seq || ':' || p.text, ',' order by p.seq) from document d"
            " left join passage_whole p on p.document_id = d.id group by d.id"
        )
        return dict(rows)


@dataclass(frozen=True, eq=False, slots=True)
class Found:
    """
    (passage, or what names it, and its score) of a search; equal to another within what is rounded where vectors are
    kept in fewer bits.

    Of several with about the last score, any may be among them.
    """

    hits: list[tuple[Hashable, float]]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Found) or len(self.hits) != len(other.hits):
            return False
        both = sorted(score for _, score in self.hits), sorted(score for _, score in other.hits)
        last = both[0][0] + 2 * ROUNDED if self.hits else 0.0
        return all(abs(one - two) < ROUNDED for one, two in zip(*both, strict=True)) and {
            number for number, score in self.hits if score > last
        } <= {number for number, _ in other.hits}


def clone(source: Path, target: Path) -> None:
    """A folder as it is, in the place of what was there."""
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(source, target)
