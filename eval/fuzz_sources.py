"""
Mutated files of every format through their readers: each gives documents or an error of ours, soon, in little memory.

    python eval/fuzz_sources.py [FORMAT …] [--count 10000] [--seed 0] [--like FILE]

The formats are those of rag.sources.formats, and what is not read file by file: zip, tables, SQLite, feeds, threads.
Of a format with several good files, each is mutated in turn; `--like` mutates a file of yours instead. One process a
format. A file that takes longer than .5 CPU-s fails the format; one that takes longer than 5 CPU-s ends its process
with a traceback, as does a crash; the line of the format then names the number of the file, and `--only NUMBER` runs
it alone. Zip-based formats are mutated inside and out.
"""

from __future__ import annotations

import argparse
import faulthandler
import io
import json
import random
import resource
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

from rag.errors import InputError
from rag.types import Document

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "tests" / "sources"))

SECONDS = 5
SLOW = 0.5  # CPU seconds that no file may take
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


def database() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("create table t (id integer primary key, title text, body text)")
            rows = ((number, f"Title {number}", "A text. " * 20) for number in range(20))
            db.executemany("insert into t values (?, ?, ?)", rows)
        return path.read_bytes()


def archive() -> bytes:
    from test_sources_formats import GOOD, zipped

    names = {"a.md": "markdown", "b/c.html": "html", "d.pdf": "pdf", "e.docx": "docx", "f.txt": "text", "g.eml": "eml"}
    return zipped({name: GOOD[kind]() for name, kind in names.items()})


ROWS = [{"id": number, "title": f"Title {number}", "text": "A text. " * 5, "n": 1.5} for number in range(10)]
ISSUE = {
    "number": 1, "title": "Broken", "body": "It is.", "author": {"login": "ann"}, "createdAt": "2024-03-01T10:00:00Z",
    "url": "https://example.org/1", "comments": [{"id": "c1", "author": {"login": "ben"}, "body": "Fixed."}] * 3,
}  # fmt: skip
STORY = {"id": 1, "author": "ann", "title": "A story", "text": "<p>One", "parent_id": None, "children": [
    {"id": 2, "author": "ben", "text": "Two <i>it</i>", "parent_id": 1, "children": [
        {"id": 3, "author": "cat", "text": "Three", "parent_id": 2, "children": []}]}]}  # fmt: skip
FEED = """<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><title>F</title><entry><id>1</id><title>A</title>
<link href="https://example.org/1"/><updated>2024-03-01T10:00:00Z</updated><content type="html">&lt;p&gt;One</content>
</entry><entry><id>2</id><title>B</title><summary>Two</summary></entry></feed>"""
# name of the file, what is in it, how it is read
WALKS: dict[str, tuple[str, Callable[[], bytes], dict[str, Any]]] = {
    "zip": ("a.zip", archive, {}),
    "csv": ("a.csv", lambda: ("id,title,text\n" + '1,"A, b","A text"\n' * 20).encode(), {}),
    "json": ("a.json", lambda: json.dumps(ROWS).encode(), {}),
    "jsonl": ("a.jsonl", lambda: "\n".join(map(json.dumps, ROWS)).encode(), {}),
    "sqlite": ("a.db", database, {"table": "t"}),
    "feed": ("a.atom", FEED.encode, {}),
    "hn": ("a.json", lambda: json.dumps(STORY).encode(), {"kind": "thread"}),
    "issue": ("a.json", lambda: json.dumps(ISSUE).encode(), {"kind": "thread"}),
}


def more(kind: str) -> list[bytes]:
    """Good files of a format beside the one of the tests: what its reader does besides the usual."""
    import test_mail
    import test_office_kinds as office
    import test_pdf_kinds as pdfs

    if kind == "pdf":
        form = pdfs.raw(
            pdfs.shown(72, 700, "Name:"), (pdfs.NAME, pdfs.PARENT, pdfs.BOX, pdfs.KID), "/Annots[6 0 R]", pdfs.FORM
        )
        return [
            (ROOT / "tests" / "data" / "pdf" / "weasyprint.pdf").read_bytes(),
            form,
            pdfs.drawn(pdfs.columns("lines")),
        ]
    if kind == "docx":
        maths = "".join(office.part("oMath", one) for one in (office.FRACTION, office.POWER, office.ROOT, office.SUM))
        hidden = office.run("x", "<w:vanish/>") + office.run("6", '<w:vertAlign w:val="superscript"/>')
        return [office.word(f"<w:p>{maths}{hidden}<w:r><w:pict>{office.BOX}</w:pict></w:r></w:p>")]
    if kind == "eml":
        mixed = test_mail.parts(
            "alternative", ("text/plain", "A"), ("text/html", "<p>B<sup>2</sup>"), test_mail.PICTURE
        )
        reply = test_mail.HEAD.format("Re: rent") + "\nI agree.\n\n" + test_mail.QUOTES[0] + "We offer 800.\n-- \nAnn\n"
        return [mixed.encode(), reply.encode()]
    if kind == "markdown":
        return [b"---\ntitle: A: b\ntags: {{x}}\ndate: 2026-01-02\n---\n# H\n\nText\n", b"+++\na = 1\n+++\nText\n"]
    if kind == "html":
        table = (
            "<table><tr><th rowspan=2>A<th colspan=2>B<tr><td>1<td>2</table><form><button aria-expanded>a b?</button>"
        )
        return [f"<p>10<sup>6</sup><math><msup><mn>1</mn><mn>2</mn></msup></math></p>{table}".encode()]
    if kind == "subtitles":
        return [office.VTT.encode()]
    return []


def reading(kind: str) -> tuple[Callable[[bytes], list[Document]], Callable[[], list[bytes]]]:
    """How the bytes of a format become documents, and good files of it."""
    from test_sources_formats import GOOD

    from rag.sources.formats import reader
    from rag.sources.kinds import walk
    from rag.sources.settings import Settings

    if kind not in WALKS:
        return lambda data: reader(kind)(data, "a-file", "s"), lambda: [GOOD[kind](), *more(kind)]
    name, good, given = WALKS[kind]
    place = tempfile.TemporaryDirectory()
    path = Path(place.name) / name

    def read(data: bytes, place: object = place) -> list[Document]:
        path.write_bytes(data)
        found: list[Document] = []
        for item in walk(Settings((str(path),), **given), "s"):
            with suppress(InputError):
                found += item.read()
        return found

    return read, lambda: [good()]


def work(kind: str, count: int, seed: int, only: int | None, like: Path | None) -> None:
    """Run in a process of its own."""
    read, make = reading(kind)
    good = [like.read_bytes()] if like else make()
    resource.setrlimit(resource.RLIMIT_AS, (4 * MEGABYTES << 20, 4 * MEGABYTES << 20))
    faulthandler.register(signal.SIGVTALRM, chain=True)
    refused, slowest, slowest_number = 0, 0.0, 0
    for number in range(count) if only is None else (only,):
        data = mutated(good[number % len(good)], random.Random(f"{kind} {seed} {number}"))
        print(number, file=sys.stderr, flush=True)
        faulthandler.dump_traceback_later(20 * SECONDS, exit=True)  # by the clock, if it only waits
        signal.setitimer(signal.ITIMER_VIRTUAL, SECONDS)
        began = time.process_time()
        try:
            documents = read(data)
        except InputError:
            refused += 1
            documents = []
        for document in documents:
            assert document.text.strip(), "an empty document"
            assert "\0" not in document.text
            document.text.encode()
            document.key.encode()
        if (spent := time.process_time() - began) > slowest:
            slowest, slowest_number = spent, number
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        faulthandler.cancel_dump_traceback_later()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"{kind:10} {count:7,} files  {refused:7,} refused  slowest {slowest:5.2f} s  peak {peak:4} MB", flush=True)
    if slowest > SLOW:
        sys.exit(f"{kind}: file {slowest_number} took {slowest:.2f} s")
    if peak > MEGABYTES:
        sys.exit(f"{kind} took {peak} MB")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("formats", nargs="*")
    parser.add_argument("--count", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", type=int)
    parser.add_argument("--like", type=Path, help="a good file to mutate, instead of the one of the tests")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.formats[0], options.count, options.seed, options.only, options.like)
        return
    from rag.sources.formats import READERS

    failed = []
    for kind in options.formats or [*(name for name in READERS if name != "picture"), *WALKS]:
        command = [sys.executable, __file__, kind, "--work", "--count", str(options.count), "--seed", str(options.seed)]
        if options.only is not None:
            command += ["--only", str(options.only)]
        if options.like is not None:
            command += ["--like", str(options.like)]
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
