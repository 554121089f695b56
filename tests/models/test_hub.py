"""Models from the hub: huggingface_hub itself against a server on loopback that speaks the hub's protocol."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub")

FILE = b"GGUF" + bytes(range(256)) * 4000
REVISION = "1" * 40
Start = Callable[..., "subprocess.Popen[str]"]
Run = Callable[..., "subprocess.CompletedProcess[str]"]


@dataclass
class Hub:
    """`files` by repository and name. Of the first body, `stall` bytes are sent, and no more until it is `over`."""

    files: dict[str, dict[str, bytes]]
    url: str = ""
    stall: int = 0
    drip: bool = False  # the headers come byte by byte
    over: threading.Event = field(default_factory=threading.Event)
    damaged: bool = False
    ranges: list[str] = field(default_factory=list)


@pytest.fixture
def hub() -> Iterator[Hub]:
    state = Hub({"me/some-GGUF": {"m.gguf": FILE, "sub/n.gguf": FILE[:999], "README.md": b"x"}})
    state.files["me/split-GGUF"] = {f"big-0000{n}-of-00002.gguf": FILE[: 1000 * n] for n in (1, 2)}

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer(body=False)

        def do_GET(self) -> None:
            self.answer(body=True)

        def answer(self, *, body: bool) -> None:
            path = self.path.partition("?")[0].strip("/")
            if path.startswith("api/models/"):
                repository = "/".join(path.split("/")[2:4])
                names = [{"rfilename": name} for name in state.files.get(repository, {})]
                found = repository in state.files
                said = json.dumps({"id": repository, "sha": REVISION, "siblings": names}).encode()
                self.send(200 if found else 404, said)
                return
            owner, name, _, _, *rest = [*path.split("/"), "", "", ""]
            data = state.files.get(f"{owner}/{name}", {}).get("/".join(part for part in rest if part))
            if data is None:
                missing = "RepoNotFound" if f"{owner}/{name}" not in state.files else "EntryNotFound"
                self.send(404, b"{}", **{"X-Error-Code": missing})
                return
            sha = hashlib.sha256(data).hexdigest()
            headers = {"ETag": f'"{sha}"', "X-Linked-Etag": f'"{sha}"', "X-Linked-Size": str(len(data))}
            headers |= {"X-Repo-Commit": REVISION, "Accept-Ranges": "bytes"}
            start = 0
            if body and (asked := self.headers.get("Range")):
                state.ranges.append(asked)
                start = int(asked.removeprefix("bytes=").split("-")[0])
                headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
            if state.damaged and body:
                data = data[:-1] + b"!"
            self.send(206 if start else 200, data[start:], body=body, **headers)

        def send(self, status: int, data: bytes, *, body: bool = True, **headers: str) -> None:
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            if state.drip:
                self.dripped()
            self.end_headers()
            if body and self.command == "GET":
                stall, state.stall = state.stall, 0
                if stall:
                    self.wfile.write(data[:stall])
                    state.over.wait(60)
                    self.close_connection = True
                else:
                    self.wfile.write(data)

        def dripped(self) -> None:
            self.flush_headers()
            for _ in range(1200):
                try:
                    self.wfile.write(b"X: y\r\n")
                except OSError:  # whoever asked has gone
                    return
                if state.over.wait(0.05):
                    return

        def log_message(self, *_: object) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.01})
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield state
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def start(hub: Hub, tmp_path: Path) -> Start:
    """Starts the command in a process of its own: huggingface_hub reads its settings when it is imported."""

    def begin(*arguments: str) -> subprocess.Popen[str]:
        own = {"HF_ENDPOINT": hub.url, "CHAPTERVERSE_MODELS": str(tmp_path / "models"), "HF_HOME": str(tmp_path / "hf")}
        nowhere = dict.fromkeys(("OLLAMA_HOST", "LMSTUDIO_HOST", "LLAMASERVER_HOST"), "127.0.0.1:1")
        environment = {**os.environ, **own, **nowhere, "HF_HUB_DISABLE_TELEMETRY": "1", "HF_HUB_DISABLE_XET": "1"}
        for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "ALL_PROXY", "HF_TOKEN"):
            environment.pop(name, None)
        command = [sys.executable, "-c", "from rag.cli import main; main()", *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)

    return begin


@pytest.fixture
def rag(start: Start) -> Run:
    """Runs the command to its end: its exit status, what it wrote and what it said."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        with start(*arguments) as process:
            out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(arguments, process.returncode, out, err)

    return run


def test_a_model_is_pulled_listed_and_removed(rag: Run, tmp_path: Path) -> None:
    done = rag("models", "pull", "hf:me/some-GGUF/m.gguf", "-q")
    assert (done.returncode, done.stderr) == (0, "")
    path = tmp_path / "models" / "me--some-GGUF" / "m.gguf"
    assert path.read_bytes() == FILE
    assert str(path) in done.stdout
    assert "--model llama:m.gguf" in done.stdout
    listed = json.loads(rag("models", "-f", "json").stdout)
    (row,) = [row for row in listed if row["name"] == "llama:m.gguf"]
    assert (row["path"], row["megabytes"]) == (str(path), 1)
    asked = rag("ask", "x", "-m", "llama:m.gguf", "-d", str(tmp_path / "no.db"))
    assert "no such model file" not in asked.stderr
    assert rag("models", "remove", "m.gguf").returncode == 0
    assert not path.exists()
    again = rag("models", "remove", "m.gguf")
    assert (again.returncode, "Pulled are: none" in again.stderr) == (2, True)


def test_a_model_in_several_files_comes_whole(rag: Run, tmp_path: Path) -> None:
    done = rag("models", "pull", "hf:me/split-GGUF/big-00001-of-00002.gguf", "-q")
    assert done.returncode == 0, done.stderr
    assert sorted(file.name for file in (tmp_path / "models" / "me--split-GGUF").glob("*.gguf")) == [
        "big-00001-of-00002.gguf",
        "big-00002-of-00002.gguf",
    ]
    assert rag("models", "remove", "hf:me/split-GGUF/big-00001-of-00002.gguf").returncode == 0
    assert not list((tmp_path / "models").glob("*/*.gguf"))


def test_what_was_killed_goes_on_where_it_stopped(hub: Hub, start: Start, tmp_path: Path) -> None:
    whole = b"GGUF" + bytes(30 << 20)
    hub.files["me/big-GGUF"] = {"b.gguf": whole}
    hub.stall = 20 << 20
    models, name = tmp_path / "models", "hf:me/big-GGUF/b.gguf"
    with start("models", "pull", name, "-q") as process:
        for _ in range(600):
            assert process.poll() is None
            if any(part.stat().st_size for part in models.rglob(".*.part")):
                break
            hub.over.wait(0.1)
        process.kill()
    hub.over.set()
    with start("models", "-f", "json") as process:
        assert "b.gguf" not in str(process.communicate()[0])
    with start("models", "pull", name, "-q") as process:
        process.communicate()
    assert process.returncode == 0
    (again,) = hub.ranges
    assert int(again.removeprefix("bytes=").split("-")[0]) >= 1 << 20
    assert (models / "me--big-GGUF" / "b.gguf").read_bytes() == whole
    assert not list(models.rglob(".*.part"))


def test_what_arrives_damaged_is_thrown_away(hub: Hub, rag: Run, tmp_path: Path) -> None:
    hub.damaged = True
    done = rag("models", "pull", "hf:me/some-GGUF/m.gguf", "-q")
    assert done.returncode == 3
    assert "arrived damaged" in done.stderr
    assert not list((tmp_path / "models").glob("*/*.gguf"))


def test_without_room_or_a_folder_it_is_said_what_to_do(rag: Run, tmp_path: Path) -> None:
    """Both were called "could not be fetched", and to be run again."""
    folder, pull = tmp_path / "models" / "me--some-GGUF", ("models", "pull", "hf:me/some-GGUF/m.gguf", "-q")
    folder.mkdir(parents=True)
    part = folder / f".m.gguf.{hashlib.sha256(FILE).hexdigest()[:16]}.part"
    part.symlink_to("/dev/full")
    done = rag(*pull)
    assert (done.returncode, "the disk is full" in done.stderr, "Free some space" in done.stderr) == (3, True, True)
    part.unlink()
    shutil.rmtree(folder)
    folder.write_text("a file")
    done = rag(*pull)
    assert (done.returncode, "cannot be written" in done.stderr, "CHAPTERVERSE_MODELS" in done.stderr) == (
        2,
        True,
        True,
    )


@pytest.mark.parametrize(
    ("name", "code", "message"),
    [
        ("nothing", 2, "names no model to pull"),
        ("hf:me/some-GGUF", 2, "names no model to pull"),
        ("hf:me/some-GGUF/../x.gguf", 2, "names no model to pull"),
        ("hf:me/none-GGUF/m.gguf", 3, "is not to be had at the hub"),
        ("hf:me/some-GGUF/other.gguf", 3, "has no file other.gguf"),
    ],
)
def test_what_cannot_be_pulled_is_said_in_two_lines(rag: Run, name: str, code: int, message: str) -> None:
    done = rag("models", "pull", name, "-q")
    assert (done.returncode, message in done.stderr) == (code, True), done.stderr
    assert done.stderr.count("\n") <= 2
    if "other" in name:
        assert "It has: m.gguf, sub/n.gguf" in done.stderr


def test_without_a_name_those_worth_having_are_listed_with_licence_and_size(rag: Run) -> None:
    rows = json.loads(rag("models", "pull", "-f", "json").stdout)
    assert len(rows) >= 4
    assert all(row["licence"] and row["megabytes"] and row["file"].endswith(".gguf") for row in rows)


def test_the_default_is_said_with_its_reason(rag: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def defaults() -> dict[str, str]:
        return {row["name"]: row["default"] for row in json.loads(rag("models", "-f", "json").stdout) if row["default"]}

    assert defaults() == dict.fromkeys(("minilm", "smollm2"), "it is bundled, and nothing else is named")
    monkeypatch.setenv("RAG_MODEL", "openai:gpt-x")
    assert defaults()["openai:gpt-x"] == "RAG_MODEL names it"


@pytest.mark.parametrize("head", [True, False])
def test_headers_without_end_are_not_read_for_ever(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, head: bool
) -> None:
    """It drips for a minute, each byte soon after the last: no time limit of a single read ever ends that."""
    from rag.errors import ModelError
    from rag.models import hub as ours

    monkeypatch.setenv("HF_ENDPOINT", hub.url)
    monkeypatch.setenv("CHAPTERVERSE_MODELS", str(tmp_path))
    monkeypatch.setattr(ours, "ANSWER", 1.0)
    monkeypatch.setattr(ours, "SLOWEST", 1e9)
    hub.drip = head
    if not head:  # only once the hub has said what the file is
        check = ours._download
        monkeypatch.setattr(ours, "_download", lambda *given: (setattr(hub, "drip", True), check(*given)))
    try:
        with pytest.raises(ModelError, match=r"could not be fetched: .*(?:whole exchange|timed out)"):
            ours.pull("hf:me/some-GGUF/m.gguf", quiet=True)
        assert not hub.over.is_set()
        assert not list(tmp_path.rglob("*.gguf"))
    finally:
        hub.over.set()
