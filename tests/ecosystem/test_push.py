"""`rag push` to the real servers on loopback: only what changed is sent, what is gone goes, a kill loses nothing."""

from __future__ import annotations

import http.server
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import ClassVar

import httpx
import pytest
import venvs
from typer.testing import CliRunner

from rag import Index
from rag.cli import app
from rag.errors import InputError, ModelError, RagError
from rag.remote import connect
from rag.sources import files
from rag.store import Database, tokens

WORDS = ["amber", "basil", "cedar", "delta", "ember", "fjord", "grove", "heron", "inlet", "jetty", "kelp", "larch"]
TEXTS = {f"n{n:02}.md": f"# Note {n}\n\nThe {word} stands in note {n}.\n" for n, word in enumerate(WORDS)}
MAY = ("create-table", "insert-row", "update-row", "delete-row")


def rag(*words: object, code: int = 0) -> str:
    """What the command prints, or what it refuses with."""
    done = CliRunner().invoke(app, list(map(str, words)))
    told = done.output
    if isinstance(done.exception, RagError):
        told += f"{done.exception.message} {done.exception.hint}"
        assert done.exception.exit_code == code, told
    else:
        assert done.exit_code == code, told + repr(done.exception)
    return told


@pytest.fixture
def here(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    for name, text in TEXTS.items():
        (tmp_path / "notes" / name).write_text(text)
    (tmp_path / "notes" / "n00.md").write_text(
        "---\ntags: [a]\nurl: https://example.org/0\ndate: 2024-03-01\n---\n# Note 0\n\nThe amber.\n"
    )
    again(tmp_path)
    return tmp_path


def again(here: Path) -> None:
    with Index(here / "here.db", "hash:64", create=True) as index:
        index.add(str(here / "notes"), files([here / "notes"]))


class Counting(http.server.BaseHTTPRequestHandler):
    """Stands before a server and passes everything on; what was written through it is kept."""

    url = there = ""
    wrote: ClassVar[list[tuple[str, str, bytes]]] = []
    fail_after = 10**9  # writes, then who sends is killed
    victim = 0

    def pass_on(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        if self.command != "GET":
            self.wrote.append((self.command, self.path, body))
            if len(self.wrote) > self.fail_after:
                os.kill(type(self).victim, signal.SIGKILL)  # it is sent, and nobody hears the answer
        headers = {
            name: value for name, value in self.headers.items() if name.lower() not in ("host", "content-length")
        }
        reply = httpx.request(self.command, self.there + self.path, content=body, headers=headers, timeout=60)
        self.send_response(reply.status_code)
        self.send_header("content-length", str(len(reply.content)))
        self.send_header("content-type", reply.headers.get("content-type", ""))
        self.end_headers()
        with suppress(BrokenPipeError):
            self.wfile.write(reply.content)

    do_GET = do_POST = do_DELETE = pass_on

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def between() -> Iterator[type[Counting]]:
    class Handler(Counting):
        wrote: ClassVar[list[tuple[str, str, bytes]]] = []

    handler = Handler
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    handler.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield handler
    server.shutdown()
    server.server_close()


@pytest.fixture
def server(tmp_path: Path, between: type[Counting]) -> Iterator[Path]:
    """A `rag serve` behind the counting one; the file that it serves."""
    (tmp_path / "own.txt").write_text("Their own text about the amber room.")
    rag("index", tmp_path / "own.txt", "-d", tmp_path / "there.db", "--embedder", "hash:64", "--source", "own")
    command = [
        sys.executable,
        "-m",
        "rag",
        "serve",
        "-d",
        tmp_path / "there.db",
        "--port",
        "0",
        "-m",
        "none",
        "--pace",
        "0",
    ]
    process = subprocess.Popen(list(map(str, command)), stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    told = ""
    for line in process.stderr:
        told += line
        if "Ctrl-C" in line:
            break
    found = re.search(r" at (http://\S+)/", told)
    assert found, told
    between.there = found[1]
    drain = threading.Thread(target=process.stderr.read, daemon=True)
    drain.start()
    yield tmp_path / "there.db"
    process.terminate()
    process.wait(60)
    drain.join(60)
    process.stderr.close()


def documents(database: Path) -> dict[str, tuple[str, str, str]]:
    with Database(database) as db:
        rows = db.execute(
            "select s.name, d.key, d.title, d.text, d.url from document d join source s on s.id = d.source_id"
            " where s.kind = 'written'"
        )
        return {f"{source}/{key}": (title, text, url) for source, key, title, text, url in rows}


def test_a_server_of_ours_gets_what_changed_and_loses_what_is_gone(
    here: Path, server: Path, between: type[Counting]
) -> None:
    with Database(server) as db:
        secret = tokens.create(db, "pusher", ("write",))
        reader = tokens.create(db, "reader", ("read",))
    target = ["push", between.url, "-d", here / "here.db"]
    assert "12 sent" in rag(*target, "--token", secret, "--dry-run")
    assert between.wrote == []
    assert "may not write" in rag(*target, "--token", reader, code=2)
    between.wrote.clear()
    assert "12 sent, 0 removed, 0 unchanged" in rag(*target, "--token", secret)
    found = documents(server)
    assert len(found) == 12
    assert found["notes/n00.md"] == (
        "Note 0", (here / "notes" / "n00.md").read_text(), "https://example.org/0"
    )  # fmt: skip
    between.wrote.clear()
    assert "0 sent, 0 removed, 12 unchanged" in rag(*target, "--token", secret)
    assert between.wrote == []

    (here / "notes" / "n01.md").write_text("# Note 1\n\nThe basilisk.\n")
    (here / "notes" / "n02.md").unlink()
    again(here)
    assert "1 sent, 1 removed, 10 unchanged" in rag(*target, "--token", secret)
    assert [method for method, _, _ in between.wrote] == ["POST", "DELETE"]
    assert [one["key"] for one in json.loads(between.wrote[0][2])["documents"]] == ["n01.md"]
    assert {key: text for key, (_, text, _) in documents(server).items()} == {
        f"notes/{path.name}": path.read_text() for path in (here / "notes").iterdir()
    }
    with Database(server) as db:
        assert db.value("select count(*) from document where text like '%amber room%'") == 1  # theirs is untouched
    for file in here.glob("here.db*"):
        assert secret.encode() not in file.read_bytes()
    assert "11 sent" in rag(*target, "--token", secret, "--full")


def test_killed_at_any_moment_it_ends_where_it_would_have(here: Path, server: Path, between: type[Counting]) -> None:
    """The process dies while a batch is on its way; the next run sends that batch again and no other twice."""
    with Database(server) as db:
        secret = tokens.create(db, "pusher", ("write",))
    rag("push", between.url, "-d", here / "here.db", "--token", secret)
    (here / "notes" / "n03.md").unlink()
    (here / "notes" / "n04.md").write_text("# Note 4\n\nThe ember glows.\n")
    again(here)
    for survived in (0, 1):
        between.wrote.clear()
        between.fail_after = survived
        command = [sys.executable, "-m", "rag", "push", between.url, "-d", here / "here.db", "--token", secret]
        process = subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        between.victim = process.pid
        assert process.wait(120) == -signal.SIGKILL
    between.fail_after = 10**9
    rag("push", between.url, "-d", here / "here.db", "--token", secret)
    expected = {f"notes/{path.name}": path.read_text() for path in (here / "notes").iterdir()}
    assert {key: text for key, (_, text, _) in documents(server).items()} == expected
    assert "0 sent, 0 removed, 11 unchanged" in rag("push", between.url, "-d", here / "here.db", "--token", secret)


def test_what_a_place_refuses_is_named_and_the_rest_goes_on(here: Path, server: Path, between: type[Counting]) -> None:
    with Database(server) as db:
        secret = tokens.create(db, "pusher", ("write",))
    (here / "notes" / "bad.md").write_text(f"---\ntitle: {'x' * 600}\n---\n# Long\n\nA title of 600 characters.\n")
    again(here)
    told = rag("push", between.url, "-d", here / "here.db", "--token", secret, code=6)
    assert "bad.md" in told
    assert "12 sent" in told
    assert len(documents(server)) == 12


def test_an_address_that_is_none_is_said(tmp_path: Path) -> None:
    for address in ("ftp://x", "nothing", "https://user:secret@example.org", "http://x/?token=1"):
        with pytest.raises(InputError):
            connect(address, "t")
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
    with pytest.raises(ModelError, match="cannot be reached"):
        connect(f"http://127.0.0.1:{port}", "t")


def test_a_datasette_gets_rows_and_loses_those_that_are_gone(here: Path, between: type[Counting]) -> None:
    programs = venvs.made("datasette-1.0", "datasette>=1.0a0")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (here / "config.json").write_text(json.dumps({"permissions": {name: {"id": "root"} for name in MAY}}))
    subprocess.run(
        [sys.executable, "-c", f"import sqlite3; sqlite3.connect({str(here / 'site.db')!r}).execute('vacuum')"],
        check=True,
    )
    command = [programs / "datasette", here / "site.db", "-p", port, "-c", here / "config.json", "--secret", "s3cret"]
    env = {**os.environ, "PYTHONPATH": ""}
    token = subprocess.run(
        [programs / "datasette", "create-token", "root", "--secret", "s3cret"],
        capture_output=True,
        text=True,
        env=env,
        check=True,
    ).stdout.strip()
    log = (here / "log").open("w")
    process = subprocess.Popen(list(map(str, command)), stdout=log, stderr=log, env=env)
    try:
        between.there = f"http://127.0.0.1:{port}"
        for _ in range(600):
            try:
                httpx.get(between.there, timeout=5)
                break
            except httpx.HTTPError:
                time.sleep(0.1)
        target = ["push", f"{between.url}/site", "-d", here / "here.db", "--source", here / "notes", "--as", "a b.c~"]
        assert "refused (403)" in rag(*target, code=2)
        between.wrote.clear()
        assert "12 sent, 0 removed" in rag(*target, "--token", token)

        def there() -> dict[str, str]:
            rows = httpx.get(f"{between.there}/site/passage.json?_shape=array&_size=100", timeout=60).json()
            return {row["id"]: row["text"] for row in rows}

        assert there()["a b.c~/n01.md#0"] == "The basil stands in note 1."
        assert len(there()) == 12
        (here / "notes" / "n01.md").write_text("# Note 1\n\nThe basilisk.\n")
        (here / "notes" / "n02.md").unlink()
        again(here)
        between.wrote.clear()
        assert "1 sent, 1 removed, 10 unchanged" in rag(*target, "--token", token)
        assert [path.rpartition("/")[2] for _, path, _ in between.wrote] == ["-", "upsert", "delete"] or [
            path.rpartition("/")[2] for _, path, _ in between.wrote
        ] == ["upsert", "delete"]
        assert there()["a b.c~/n01.md#0"] == "The basilisk."
        assert "a b.c~/n02.md#0" not in there()
        assert "0 sent, 0 removed, 11 unchanged" in rag(*target, "--token", token)
    finally:
        process.terminate()
        process.wait(60)
        log.close()
