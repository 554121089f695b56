"""
Mutated files of every format through their readers: each gives documents or an error of ours, soon, in little memory.

    python eval/fuzz_sources.py [FORMAT …] [--count 10000] [--seed 0]

One process a format. A file that takes longer than 5 s ends its process with a traceback, as does a crash; the line of
the format then names the number of the file, and `--only NUMBER` runs it alone. Zip-based formats are mutated
inside and out.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import random
import resource
import subprocess
import sys
import time
import zipfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests"))

SECONDS = 5
MEGABYTES = 1000
TOKENS = [
    b"<", b">", b"&", b"\0", b"\xff\xfe", b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"---\n", b"```", b"%PDF-1.7", b"endobj",
    b"<table>", b"<ul><li>", b"]]>", b"From a Fri Mar  1 10:00:00 2024\n", b"\n\n", b"\r", b"9" * 30, b"-1", b"{",
    b"[" * 50, b'"', b"\xed\xa0\x80", b"Content-Type: multipart/mixed; boundary=x\n", b"=?utf-8?b?!!?=",
    b"00:00:01,000 --> 00:00:02,000",
]  # fmt: skip


def mutated(data: bytes, rng: random.Random, depth: int = 0) -> bytes:
    """The file with some of its bytes changed, cut, doubled or replaced by something that means something."""
    if data[:2] == b"PK" and not depth and rng.random() < 0.7:
        return rezipped(data, rng)
    changed = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4, 8, 32))):
        at = rng.randrange(len(changed) + 1)
        length = rng.choice((1, 1, 4, 16, 200))
        kind = rng.randrange(6)
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << rng.randrange(8)
        elif kind == 1:
            del changed[at : at + length]
        elif kind == 2:
            changed[at:at] = changed[at : at + length] * rng.choice((1, 3, 50))
        elif kind == 3:
            changed[at:at] = rng.choice(TOKENS) * rng.choice((1, 1, 2, 100))
        elif kind == 4:
            changed[at : at + length] = rng.randbytes(length)
        elif rng.random() < 0.2:
            del changed[at:]
    return bytes(changed[:2_000_000])


def rezipped(data: bytes, rng: random.Random) -> bytes:
    """The archive with one or two members mutated, or dropped."""
    saved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as new:
        names = old.namelist()
        chosen = {rng.choice(names) for _ in range(2)}
        for name in names:
            content = old.read(name)
            if name in chosen:
                if rng.random() < 0.1:
                    continue
                content = mutated(content, rng, 1)
            new.writestr(name, content)
    return saved.getvalue()


def work(kind: str, count: int, seed: int, only: int | None) -> None:
    """Run in a process of its own."""
    from test_sources_formats import GOOD

    from rag.errors import InputError
    from rag.sources.formats import reader

    resource.setrlimit(resource.RLIMIT_AS, (4 * MEGABYTES << 20, 4 * MEGABYTES << 20))
    read, good = reader(kind), GOOD[kind]()
    refused, slowest = 0, 0.0
    for number in range(count) if only is None else (only,):
        data = mutated(good, random.Random(f"{kind} {seed} {number}"))
        print(number, file=sys.stderr, flush=True)
        faulthandler.dump_traceback_later(SECONDS, exit=True)
        began = time.process_time()
        try:
            documents = read(data, "a-file", "s")
        except InputError:
            refused += 1
            documents = []
        for document in documents:
            assert document.text.strip(), "an empty document"
            assert "\0" not in document.text
            document.text.encode()
            document.key.encode()
        slowest = max(slowest, time.process_time() - began)
        faulthandler.cancel_dump_traceback_later()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{kind:10} {count:7,} files  {refused:7,} refused  slowest {slowest:5.2f} s  peak {peak:4} MB", flush=True)
    if peak > MEGABYTES:
        sys.exit(f"{kind} took {peak} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="*")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.formats[0], options.count, options.seed, options.only)
        return
    from rag.sources.formats import READERS

    failed = []
    for kind in options.formats or READERS:
        command = [sys.executable, __file__, kind, "--work", "--count", str(options.count), "--seed", str(options.seed)]
        if options.only is not None:
            command += ["--only", str(options.only)]
        done = subprocess.run(command, stderr=subprocess.PIPE, text=True, errors="replace")
        if done.returncode:
            failed.append(kind)
            told = done.stderr.splitlines()
            number = next((line for line in reversed(told) if line.isdecimal()), "?")
            print(f"{kind:10} FAILED at file {number} (rc {done.returncode})")
            print("\n".join(line for line in told[-25:] if not line.isdecimal()), flush=True)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
