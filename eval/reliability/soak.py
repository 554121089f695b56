"""
A long time of changes and questions at `rag watch` and `rag serve`: nothing grows, and the index is that of the end.

As a trial it counts minutes. Each step changes some files (new, other, moved, gone) and asks the server; memory, open
files, threads and the sizes of the files beside the index are taken all the while.
"""

from __future__ import annotations

import json
import os
import random
import re
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from statistics import median

import apsw
from common import Found, Result, content, corpus, folder, problems

from rag import Index
from rag.sources import files

FILES = 60
STEP = 1.0  # seconds between two changes: the machine is to be idle in between
WAIT = 120.0  # seconds in which the watcher must have caught up with the last change
ROOM = 1.15  # how much more memory at the end than after a quarter of the time
WAL = 16 << 20  # bytes: twice the 1,000 pages after which SQLite begins at its front again
KEPT = ("answer", "document_past", "document_clock", "source_clock", "_chronicle_document")  # tables that grow
SEARCHED = "without answers and earlier versions"
EARLY, LATE = ", second quarter", ", last"


def soak(trials: int, seed: int) -> Result:
    """Minutes of changes and questions at watch and serve: memory, files, WAL and side file flat, the index right."""
    result, chance = Result("minutes of watching and serving"), random.Random(seed)
    with folder() as place:
        notes, database = corpus(place, FILES), place / "x.db"
        _command(place, "index", notes)
        with _running(place, "watch") as (watch, _), _running(place, "serve", "--port", "0") as (serve, log):
            url, token = address(log)
            samples: list[dict[str, int]] = []
            until = time.monotonic() + 60 * trials
            while time.monotonic() < until:
                began = time.monotonic()
                _change(notes, chance)
                result.seen["changes"] += 1
                _questions(url, token, chance, result, log)
                samples.append(_sample(watch, serve, database))
                time.sleep(max(0.0, STEP - (time.monotonic() - began)))
            caught = _until(lambda: _same(place), WAIT)
            result.check(caught, "at the end the index is not that of the files")
            samples.append(_sample(watch, serve, database))
            result.check(watch.poll() is None and serve.poll() is None, "a process ended by itself")
        result.check(problems(database) == "", f"unsound: {problems(database)}")
        _agree(place, result)
        _flat(samples, result)
    result.trials = trials
    return result


def _command(place: Path, verb: str, *arguments: object) -> None:
    command = [sys.executable, "-m", "rag", verb, *map(str, arguments), "-d", str(place / "x.db"), "-q"]
    subprocess.run(command, check=True)


@contextmanager
def _running(place: Path, verb: str, *arguments: str) -> Iterator[tuple[subprocess.Popen[bytes], Path]]:
    command = [sys.executable, "-m", "rag", verb, *arguments, "-d", str(place / "x.db")]
    command += ["-m", "none", "--pace", "0"] if verb == "serve" else []
    log = place / f"{verb}.log"
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out)
    try:
        yield process, log
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()


def address(log: Path) -> tuple[str, str]:
    """Of the server, and its owner's token."""
    assert _until(lambda: "Ctrl-C" in log.read_text(), WAIT), log.read_text()
    told = log.read_text()
    url, token = re.search(r" at (http://[^\s/]+)", told), re.search(r"token=(\S+)", told)
    assert url
    assert token
    return url[1], token[1]


def _until(holds: Callable[[], bool], seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.5)
    return False


# -- what happens ------------------------------------------------------------------------------------------------------


def _change(notes: Path, chance: random.Random) -> None:
    """One file new, other, moved or gone; about as many as before."""
    there = sorted(notes.iterdir())
    what = chance.choice(["new", "other", "other", "moved", "gone"])
    if len(there) < FILES - 10 or not there:
        what = "new"
    elif len(there) > FILES + 10:
        what = "gone"
    path = chance.choice(there)
    number = chance.randrange(100_000)
    if what == "new":
        path = notes / f"new{number}.md"
    if what in ("new", "other"):
        parts = [f"Thing{number} is kept in box{chance.randrange(999)}." for _ in range(chance.choice([1, 2, 40]))]
        path.write_text(f"# Thing {number}\n\n" + "\n\n".join(parts) + "\n")
    elif what == "moved":
        path.rename(notes / f"moved{number}.md")
    else:
        path.unlink()


def _questions(url: str, token: str, chance: random.Random, result: Result, log: Path) -> None:
    """A search and a question; both must be answered, from whatever was indexed by then."""
    thing = f"thing{chance.randrange(FILES)}"
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    asked = json.dumps({"question": f"where is {thing} kept?"}).encode()
    for path, body in ((f"/api/search?q={thing}", None), ("/api/ask", asked)):
        try:
            with urllib.request.urlopen(urllib.request.Request(url + path, body, headers), timeout=WAIT) as reply:
                json.load(reply)
        except (OSError, ValueError) as error:
            lines = [line for line in log.read_text().splitlines() if '"status": 200' not in line]
            result.check(False, f"{path}: {error!r}: {' / '.join(lines[-12:])[-2000:]}")
        result.seen["questions"] += 1


# -- what is measured --------------------------------------------------------------------------------------------------


def _sample(watch: subprocess.Popen[bytes], serve: subprocess.Popen[bytes], database: Path) -> dict[str, int]:
    sizes = {suffix: database.with_name("x.db" + suffix) for suffix in ("", "-wal", "-index")}
    found = {f"x.db{suffix} kB": path.stat().st_size >> 10 for suffix, path in sizes.items() if path.exists()}
    found[f"x.db kB, {SEARCHED}"] = _searched(database)
    for name, process in (("watch", watch), ("serve", serve)):
        told = dict(line.split(":", 1) for line in Path(f"/proc/{process.pid}/status").read_text().splitlines())
        found[f"{name} kB"] = int(told["VmRSS"].split()[0])
        found[f"{name} threads"] = int(told["Threads"])
        found[f"{name} open files"] = len(os.listdir(f"/proc/{process.pid}/fd"))
    return found


def _searched(database: Path) -> int:
    """kB of the main file without what is meant to grow: the log of answers, what documents said before, and when."""
    with closing(apsw.Connection(str(database), apsw.SQLITE_OPEN_READONLY)) as connection:
        connection.set_busy_timeout(10_000)
        used = connection.execute(
            "select coalesce(sum(s.pgsize), 0) from dbstat s left join sqlite_schema m on m.name = s.name"
            f" where s.aggregate = 1 and coalesce(m.tbl_name, '') not in ({', '.join('?' * len(KEPT))})", KEPT
        ).get  # fmt: skip
    return int(used) >> 10


def _flat(samples: list[dict[str, int]], result: Result) -> None:
    """The last quarter beside the second: what is not flat is a fault."""
    quarter = max(1, len(samples) // 4)
    early, late = samples[quarter : 2 * quarter] or samples, samples[-quarter:]
    for name in samples[-1]:
        before, after = (int(median(one.get(name, 0) for one in part)) for part in (early, late))
        result.seen[name + EARLY], result.seen[name + LATE] = before, after
        most = max(one.get(name, 0) for one in late)
        if name in ("watch kB", "serve kB"):
            result.check(after <= ROOM * before, f"{name}: {before}, then {after}")
        elif name.endswith(("threads", "files")):
            result.check(after <= before + 2, f"{name}: {before}, then {after}")
        elif name == "x.db-wal kB":
            result.check(most <= WAL >> 10, f"{name}: {most}")
        elif name in ("x.db-index kB", f"x.db kB, {SEARCHED}"):
            result.check(after <= 2 * before, f"{name}: {before}, then {after}")


def _same(place: Path) -> bool:
    """Whether the index holds the files as they are: compared with a fresh one of the same folder."""
    fresh = place / "fresh.db"
    for path in place.glob("fresh.db*"):
        path.unlink()
    with Index(place / "x.db") as opened:
        name = opened.db.setting("embedder")
    with Index(fresh, name, create=True) as opened:
        opened.add("notes", files([place / "notes"]), prune=True)
    return content(fresh) == content(place / "x.db")


def _agree(place: Path, result: Result) -> None:
    """The same passages with the same scores, by words and by vectors, as a fresh index finds."""
    for question in ("where is thing7 kept", "box12", "thing99999", "Thing"):
        for mode in ("words", "vectors"):
            old, new = (_found(place / name, question, mode) for name in ("x.db", "fresh.db"))
            result.check(old == new, f"{question} ({mode}): another result than a fresh index")
            result.seen["comparisons"] += 1


def _found(database: Path, question: str, mode: str) -> Found:
    with Index(database) as opened:
        hits = opened.search(question, 20, mode=mode)
    return Found([((hit.passage.document.key, hit.passage.start), hit.score) for hit in hits])
