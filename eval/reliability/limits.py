"""Trials of what is too old, too late, too large or too slow."""

from __future__ import annotations

import gzip
import io
import os
import random
import resource
import socket
import threading
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import disk
from common import EXPECTED, Result, clone, content, corpus, folder, problems, run
from verbs import SCHEMAS, VERBS

from rag import Index
from rag.errors import DatabaseError
from rag.sources import files
from rag.store import Database, engine

MEGA = 1 << 20


def upgrades(trials: int, seed: int) -> Result:
    """Every schema there was: upgraded, killed in the middle, searched; one of a newer version is refused."""
    result, chance = Result("upgrades of old files"), random.Random(seed)
    with folder() as place:
        for path in sorted(SCHEMAS.glob("*.db.gz")):
            begun = place / path.name
            begun.mkdir()
            (begun / "x.db").write_bytes(gzip.decompress(path.read_bytes()))
            clone(begun, place / "now")
            out = place / "operations"
            code = run(lambda: disk.recorded(lambda: VERBS["upgrade"].work(place / "now"), out))
            result.check(code == 0, f"{path.name}: ended with {code}")
            wanted = VERBS["upgrade"].outcome(place / "now")
            found = problems(place / "now" / "x.db")
            result.check(found == "", f"{path.name}: unsound: {found}")
            result.check(len(wanted) == 3, f"{path.name}: {len(wanted)} of 3 documents")
            with Index(place / "now" / "x.db") as opened:
                hits = opened.search("where do bees dance", 1)
                result.check([h.passage.document.key for h in hits] == ["bees.md"], f"{path.name}: another hit")
            result.trials += 1
            for at in sorted(chance.sample(range(200), max(1, trials // 10))):
                clone(begun, place / "now")
                code = run(lambda at=at: disk.killed(lambda: VERBS["upgrade"].work(place / "now"), at))
                result.seen["killed" if code < 0 else "had ended"] += 1
                run(lambda: VERBS["upgrade"].work(place / "now"))
                same = VERBS["upgrade"].outcome(place / "now") == wanted and not problems(place / "now" / "x.db")
                result.check(same, f"{path.name}: killed before operation {at}")
                result.trials += 1
        result.check(_refused(place / "now" / "x.db"), "a newer file is not refused")
        result.trials += 1
    return result


def _refused(path: Path) -> bool:
    with Database(path) as db:
        db.execute("insert into _sqlite_migrations (migration_set, name) values ('rag', '999_future')")
    before = path.read_bytes()
    try:
        Database(path).close()
    except DatabaseError as error:
        return "newer version" in error.message and path.read_bytes() == before
    return False


def clock(trials: int, seed: int) -> Result:
    """The clock, and the times of files, go back and forward by years: what changed is still found, and only that."""
    result, chance = Result("clocks set back and forward"), random.Random(seed)
    plain = engine.now
    with folder() as place:
        corpus(place, 20)
        try:
            for _ in range(trials):
                for years in (0, -30, 60, -5, 100):
                    moment = datetime.now(UTC) + timedelta(days=365 * years)
                    for module in (engine, *_importing(plain)):
                        module.now = lambda moment=moment: moment.strftime("%Y-%m-%dT%H:%M:%SZ")  # type: ignore[attr-defined]
                    path = chance.choice(sorted((place / "notes").iterdir()))
                    text = path.read_text()
                    path.write_text(text.replace("box", "bin", 1) if "box" in text else text.replace("bin", "box", 1))
                    for file in (place / "notes").iterdir():
                        os.utime(file, (moment.timestamp(), moment.timestamp()))
                    VERBS["index"].work(place)
                    VERBS["index"].work(place)
                    (place / "fresh").mkdir(exist_ok=True)
                    clone(place / "notes", place / "fresh" / "notes")
                    (place / "fresh" / "x.db").unlink(missing_ok=True)
                    VERBS["index"].work(place / "fresh")
                    same = content(place / "x.db") == content(place / "fresh" / "x.db")
                    result.check(same, f"{years} years: another index than a fresh one")
                    result.trials += 1
        finally:
            for module in (engine, *_importing(plain)):
                module.now = plain  # type: ignore[attr-defined]
    return result


def _importing(function: Callable[[], str]) -> list[object]:
    import sys

    return [module for name, module in sys.modules.items() if name.startswith("rag.store.") and hasattr(module, "now")]


def _limited(work: Callable[[], object], megabytes: int) -> int:
    def limited() -> None:
        used = int(Path("/proc/self/statm").read_text().split()[0]) * os.sysconf("SC_PAGE_SIZE")
        resource.setrlimit(resource.RLIMIT_AS, (used + megabytes * MEGA,) * 2)
        try:
            work()
        except MemoryError:
            os._exit(EXPECTED)

    return run(limited, 300)


def memory(trials: int, seed: int) -> Result:
    """Little memory: done, or an error that says so; the index is sound and goes on with more."""
    result = Result("little memory")
    with folder() as place:
        corpus(place, 200)
        (place / "notes" / "large.md").write_text("\n\n".join(f"Line {n} of a large text." for n in range(200_000)))
        for number in range(trials):
            code = _limited(lambda: VERBS["index"].work(place), 16 << number)
            result.seen["done" if code == 0 else "explained" if code == EXPECTED else "ended by a library"] += 1
            result.check(code in (0, 1, EXPECTED), f"{16 << number} MB more: ended with {code}")
            found = problems(place / "x.db") if (place / "x.db").exists() else ""
            result.check(found == "", f"{16 << number} MB more: unsound: {found}")
            result.trials += 1
    return result


def bombs(trials: int, seed: int) -> Result:
    """Small files that unpack to gigabytes: named, in little memory, and the file beside them is indexed."""
    result = Result("bombs of gzip, zip and XML")
    made = {
        "bomb.gz": lambda: gzip.compress(bytes(600 * MEGA), 9),
        "bomb.zip": lambda: _zip({f"{n}.txt": b"a" * 90 * MEGA for n in range(6)}),
        "nested.zip": lambda: _zip({"a.zip": _zip({"b.zip": _zip({"c.txt": b"a" * 90 * MEGA})})}),
        "bomb.docx": lambda: _zip({"word/document.xml": b"<w:document>" + b"<w:p>" * 20_000_000}),
        "bomb.epub": lambda: _zip({"META-INF/container.xml": _laughs(), "mimetype": b"application/epub+zip"}),
        "bomb.xml": _laughs,
    }
    for name, make in list(made.items())[: max(trials, 1)]:
        with folder() as place:
            (place / "notes").mkdir()
            (place / "notes" / name).write_bytes(make())
            (place / "notes" / "good.md").write_text("Bees dance.\n")
            code = _limited(lambda: VERBS["index"].work(place), 700)
            result.check(code == 0, f"{name}: ended with {code}")
            if code == 0:
                keys = content(place / "x.db")
                result.check("good.md" in keys, f"{name}: the file beside it was not indexed")
                result.seen["indexed in part" if len(keys) > 1 else "named"] += 1
            result.trials += 1
    return result


def _zip(members: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, data in members.items():
            packed.writestr(name, data)
    return out.getvalue()


def _laughs() -> bytes:
    entities = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10 if n else "lol" * 10}">' for n in range(10))
    return f"<?xml version='1.0'?><!DOCTYPE x [{entities}]><x>&l9;</x>".encode()


def line(trials: int, seed: int) -> Result:
    """A file that is one line of 100 MB: indexed, in time that grows with it, or named."""
    result = Result("a line of 100 MB")
    with folder() as place:
        (place / "notes").mkdir()
        words = " ".join(f"word{n}" for n in range(100_000))
        (place / "notes" / "line.txt").write_text((words * (100 * MEGA // len(words) + 1))[: 100 * MEGA])

        def work() -> None:
            with Index(place / "x.db", "hash:64", create=True) as opened:
                summary = opened.add("notes", files([place / "notes"], max_bytes=200 * MEGA))
                (place / "told").write_text(f"{summary.added} {summary.problems[:1]}")

        code = run(work, 1800)
        result.check(code == 0, f"ended with {code}")
        told = (place / "told").read_text() if (place / "told").exists() else ""
        result.seen["indexed" if told.startswith("1 ") else "named"] += 1
        result.check(problems(place / "x.db") == "", "unsound")
        result.trials += 1
    return result


def many(trials: int, seed: int) -> Result:
    """So many files: all are indexed, and a second run reads none."""
    result = Result("many files")
    with folder() as place:
        for number in range(trials):
            path = place / "notes" / f"{number // 1000:03}" / f"{number:06}.txt"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(f"Thing{number} is kept in box{number % 977}.")
        code = run(lambda: VERBS["index"].work(place), 3600)
        result.check(code == 0, f"ended with {code}")
        with Index(place / "x.db") as opened:
            again = opened.add("notes", files([place / "notes"]))
            counted = opened.db.value("select count(*) from document")
            result.check(counted == trials, f"{counted} documents")
            result.check(again.unchanged == trials and not again.embedded, "the second run did something")
            hits = opened.search(f"thing{trials - 1}", 1, mode="words")
            result.check(bool(hits) and hits[0].passage.text.startswith(f"Thing{trials - 1} "), "not found")
        result.trials = trials
    return result


SLOW = {
    "never answers": lambda c: threading.Event().wait(20),
    "drips headers": lambda c: _drip(c, b"HTTP/1.1 200 OK\r\n", b"X-A: b\r\n"),
    "drips a body": lambda c: _drip(c, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"<p>more</p>"),
    "endless 100 Continue": lambda c: _drip(c, b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "endless chunk": lambda c: _drip(c, b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1;" + b"a" * 900),
    "endless body": lambda c: _drip(c, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n", b"a" * 65536, 0),
}


def _drip(connection: socket.socket, head: bytes, piece: bytes, pause: float = 0.2) -> None:
    connection.sendall(head)
    while True:
        connection.sendall(piece)
        threading.Event().wait(pause)


def servers(trials: int, seed: int) -> Result:
    """Servers that are slow or never end, with a deadline of three seconds: each is a problem that is named."""
    from rag.sources import fetch
    from rag.sources.kinds import walk
    from rag.sources.settings import Settings

    result = Result("slow and endless servers")
    for name in ("DEADLINE", "TIMEOUT"):
        if hasattr(fetch, name):
            setattr(fetch, name, 3.0)
    for what, answer in list(SLOW.items())[: max(trials, 1)]:
        with socket.create_server(("127.0.0.1", 0)) as server, folder() as place:
            port = server.getsockname()[1]
            threading.Thread(target=_serve, args=(server, answer), daemon=True).start()

            def work(port: int = port, place: Path = place) -> None:
                settings = Settings((f"http://127.0.0.1:{port}/",), "web", allow_private=True)
                with Index(place / "x.db", "hash:64", create=True) as opened:
                    found = opened.add("web", walk(settings, "web"))
                    os._exit(EXPECTED if found.problems else 0)

            code = run(work, 60)
            result.seen["named" if code == EXPECTED else "read"] += 1
            result.check(code in (0, EXPECTED), f"{what}: ended with {code}")
            result.trials += 1
    return result


def _serve(server: socket.socket, answer: Callable[[socket.socket], object]) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=_answer, args=(connection, answer), daemon=True).start()


def _answer(connection: socket.socket, answer: Callable[[socket.socket], object]) -> None:
    with connection:
        try:
            connection.recv(65536)
            answer(connection)
        except OSError:
            pass
