"""
Runs one job again and again and kills it with SIGKILL at random moments, each run a process of its own.

usage: python kill_driver.py FOLDER KILLS SEED. Prints one JSON line a completed job: how often it was killed before.
"""

from __future__ import annotations

import json
import os
import random
import select
import signal
import sys
import time
from itertools import count
from pathlib import Path

from extraction import JsonForm, ManyGenerator, documents, person, plan

from rag import extract
from rag.extract import output
from rag.store import Database, jobs


def job(folder: Path) -> None:
    schema = plan().schema
    with Database(folder / "jobs.db", create=True) as db:
        done = extract.run(documents(200), plan(attempts=1), JsonForm(schema), ManyGenerator(person), db)
        rows = (output.row(entry, result, done.schema, evidence=True) for entry, result in jobs.results(db, done))
        output.write_file(folder / "out.jsonl", rows, "jsonl", schema)


def child(folder: Path) -> int:
    pid = os.fork()
    if pid == 0:
        try:
            job(folder)
        except BaseException as error:
            print(f"child: {error!r}", file=sys.stderr)
            os._exit(1)
        os._exit(0)
    return pid


def main(folder: Path, kills: int, seed: int) -> None:
    chance = random.Random(seed)
    started = time.perf_counter()
    (folder / "whole").mkdir()
    assert os.waitpid(child(folder / "whole"), 0)[1] == 0
    longest = time.perf_counter() - started
    total = 0
    for number in count():
        if total >= kills:
            break
        place = folder / f"killed-{number}"
        place.mkdir()
        killed = 0
        while True:
            pid = child(place)
            handle = os.pidfd_open(pid)
            delay = chance.uniform(0, longest / 3) if killed < 10 else None  # the last one may end
            if not select.select([handle], [], [], delay)[0]:
                signal.pidfd_send_signal(handle, signal.SIGKILL)
            os.close(handle)
            status = os.waitpid(pid, 0)[1]
            if not os.WIFSIGNALED(status):
                break
            killed += 1
        assert status == 0, f"exit {status}"
        total += killed
        print(json.dumps({"folder": place.name, "killed": killed}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
