"""Trials of files that are not as they were written: the index itself, and the file beside it."""

from __future__ import annotations

import json
import os
import random
import re
from contextlib import closing
from pathlib import Path

import apsw
from common import EXPECTED, Found, Result, clone, folder, run
from verbs import VERBS

from rag import Index, doctor
from rag.errors import RagError
from rag.store import Database, recover, runs, sources, tokens

KINDS = ("bit", "page of zeros", "noise", "swapped pages", "cut", "longer", "text", "bit of a text")
COUNTERS = "sqlite_sequence"  # numbers that were given, which nothing checks


def spoil(path: Path, kind: str, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    at = chance.randrange(len(data))
    page = at // 4096 * 4096
    if kind == "bit":
        data[at] ^= 1 << chance.randrange(8)
    elif kind == "bit of a text":
        words = [found.span() for found in re.finditer(rb"[\x20-\x7e]{4,}", data)]
        data[chance.randrange(*chance.choice(words))] ^= 1 << chance.randrange(8)
    elif kind == "page of zeros":
        data[page : page + 4096] = bytes(len(data[page : page + 4096]))
    elif kind == "noise":
        data[at : at + 64] = chance.randbytes(len(data[at : at + 64]))
    elif kind == "swapped pages":
        other = chance.randrange(len(data)) // 4096 * 4096
        data[page : page + 4096], data[other : other + 4096] = data[other : other + 4096], data[page : page + 4096]
    elif kind == "cut":
        del data[at:]
    elif kind == "longer":
        data += chance.randbytes(chance.randrange(1, 9000))
    else:  # what an editor does to a file that it takes for text
        data = bytearray(bytes(data).decode("utf-8", "replace").encode())
    path.write_bytes(data)


def main_file(trials: int, seed: int) -> Result:
    """A damaged index: no traceback, doctor sees it or nothing is another, what can be read is recovered."""
    result, chance = Result("damaged indexes"), random.Random(seed)
    with folder() as place:
        begun = place / "begun"
        begun.mkdir()
        run(lambda: _everything(begun))
        whole = place / "whole.txt"
        run(lambda: whole.write_text(_dump(begun / "x.db")))
        for number in range(trials):
            kind = KINDS[number % len(KINDS)]
            clone(begun, place / "now")
            database = place / "now" / "x.db"
            spoil(database, kind, chance)
            result.trials += 1
            for what in ("search", "ask", "index"):
                clone(place / "now", place / "copy")
                code = run(lambda what=what: VERBS[what].work(place / "copy"))
                result.check(code in (0, EXPECTED), f"{kind} {number}: {what} ended with {code}")
            code = run(lambda: _doctor(database))
            result.check(code in (0, EXPECTED), f"{kind} {number}: doctor ended with {code}")
            result.seen["seen" if code else "nothing to see"] += 1
            if code == 0:
                now = place / "now.txt"
                run(lambda: now.write_text(_dump(database)))
                result.check(now.read_text() == whole.read_text(), f"{kind} {number}: doctor saw nothing")
            code = run(lambda: _recovered(database, place / "now" / "new.db", place / "counts"))
            result.check(code in (0, EXPECTED), f"{kind} {number}: recovering ended with {code}")
            if code == 0:
                result.seen["answers recovered"] += int((place / "counts").read_text())
    return result


def _everything(place: Path) -> None:
    """An index with answers, a job, an alert, a token and a run."""
    VERBS["search"].prepare(place)
    VERBS["ask"].work(place)
    VERBS["extract"].work(place)
    with Database(place / "x.db") as db:
        sources.add_alert(db, "new", "thing", 0.5)
        tokens.create(db, "me", ("read",))
        run_ = runs.begin(db, runs.Run("suite", "words", "search", "abc", {"k": 8}, {}, 1))
        runs.add(db, run_, [runs.Row("1", "where?", ["a"], {"recall": (0.5, 1.0)})])
    with closing(apsw.Connection(str(place / "x.db"))) as connection:
        connection.pragma("journal_mode", "delete")


def _dump(database: Path) -> str:
    """All that is stored, in an order of its own; without what the program itself writes when it opens a file."""
    with Database(database) as db:
        tables = [
            n for (n,) in db.execute("select name from sqlite_schema where type = 'table' and sql not like '%fts%'")
        ]
        rows = [
            (name, row[:-1] if name == "_sqlite_migrations" else row)
            for name in sorted(tables)
            if "fts" not in name and name != COUNTERS
            for row in db.execute(f'select * from "{name}"')
        ]
        return "\n".join(map(repr, rows))


def _doctor(database: Path) -> None:
    with Database(database) as db:
        if any(finding.problem for finding in doctor.examine(db)):
            os._exit(EXPECTED)


def _recovered(database: Path, out: Path, counts: Path) -> None:
    saved = recover.recover(database, out)
    with Database(out) as db:
        db.execute("pragma integrity_check")
        if not saved:
            raise RagError("nothing")
        counts.write_text(str(db.value("select count(*) from answer")))


def side_file(trials: int, seed: int) -> Result:
    """A damaged file beside the index: the search finds what it found before, and doctor sees the damage."""
    result, chance = Result("damaged files beside the index"), random.Random(seed)
    with folder() as place:
        begun = place / "begun"
        begun.mkdir()
        run(lambda: (VERBS["search"].prepare(begun), VERBS["search"].work(begun)))
        wanted = place / "wanted"
        run(lambda: wanted.write_text(json.dumps(_found(begun))))
        for number in range(trials):
            kind = KINDS[number % len(KINDS)]
            clone(begun, place / "now")
            side = place / "now" / "x.db-index"
            before = side.read_bytes()
            spoil(side, kind, chance)
            result.trials += 1
            if number % 2 and side.read_bytes() != before:
                code = run(lambda: _doctor(place / "now" / "x.db"))
                result.check(code == EXPECTED, f"{kind} {number}: doctor ended with {code}")
            found = place / "found"
            code = run(lambda: found.write_text(json.dumps(_found(place / "now"))))
            result.check(code == 0, f"{kind} {number}: the search ended with {code}")
            same = Found(json.loads(found.read_text())) == Found(json.loads(wanted.read_text()))
            result.check(same, f"{kind} {number}: the search found something else")
    return result


def _found(place: Path) -> object:
    with Index(place / "x.db") as opened:
        return [(number, float(score)) for number, score in opened.by_vectors("where is thing7 kept", 20)]
