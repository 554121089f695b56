"""An index carried away: served by another user from a folder that cannot be written, and as plain files."""

from __future__ import annotations

import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect
from serving import NOTES, Served, made

from rag.store import Database

ROOT = Path(__file__).parents[2]


def rag(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "rag", *arguments], capture_output=True, text=True, timeout=120)


@pytest.fixture
def public() -> Iterator[Path]:
    """A folder that others may enter: pytest closes its own again whenever it starts anywhere on the machine."""
    with tempfile.TemporaryDirectory() as name:
        Path(name).chmod(0o755)
        yield Path(name)


@pytest.mark.skipif(os.geteuid() != 0 or not shutil.which("setpriv"), reason="only root can become another user")
def test_a_space_is_served_from_a_folder_of_another_user(served: Served, public: Path) -> None:
    served.token("kept at home", "ask")
    with served.owner as client:
        assert client.post("/api/ask", json={"question": "What is the private question?"}).status_code == 200
    folder = public / "space"
    ran = rag("export", "space", str(folder), "-d", str(served.database), "--title", 'My "notes": all')
    assert ran.returncode == 0, ran.stderr
    readme, dockerfile = (folder / "README.md").read_text(), (folder / "Dockerfile").read_text()
    assert "app_port: 7860" in readme
    assert "USER 1000" in dockerfile
    assert b"private question" not in (folder / "index.db").read_bytes()
    with Database(folder / "index.db", readonly=True) as db:
        assert not any(db.value(f"select count(*) from {table}") for table in ("answer", "token", "job", "eval_run"))
    folder.chmod(0o755)
    flags = re.search(r'CMD \["rag", (.*)\]', dockerfile.replace("\\\n", ""))[1]
    flags = [part.strip(' "') for part in flags.split(", ")][:-1]
    flags = [
        {"/app/index.db": str(folder / "index.db"), "7860": "0", "0.0.0.0": "127.0.0.1"}.get(one, one) for one in flags
    ]
    user = ["setpriv", "--reuid", "1000", "--regid", "1000", "--clear-groups"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/nonexistent"}
    command = [*user, sys.executable, "-m", "rag", *flags, "My notes"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=environment, cwd="/")
    log = []
    for line in process.stderr:
        log.append(line)
        if "Ctrl-C" in line:
            break
    try:
        url = re.search(r" at (http://\S+)/", "".join(log))
        assert url, "".join(log)
        with httpx.Client(base_url=url[1], timeout=60) as client:
            found = client.get("/api/search", params={"q": "turn on WAL mode"}, headers={"host": "me-notes.hf.space"})
            assert found.status_code == 200, found.text + "".join(log)
            assert found.json()["items"][0]["key"] == "wal.md"
            answer = client.post("/api/ask", json={"question": "How do I turn on WAL mode?"}).json()
            assert answer["citations"][0]["quote"] in NOTES["wal.md"]
            assert answer["id"] is None  # nothing is kept
            assert client.get("/api/status").json()["readonly"]
            assert "frame-ancestors https://huggingface.co" in client.get("/").headers["content-security-policy"]
        assert {file.name for file in folder.iterdir()} <= {"index.db", "index.db-index", "index.db-index-seal",
                                                            "Dockerfile", "README.md"}  # fmt: skip
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()


def test_a_site_is_searched_in_the_browser(browser: Browser, tmp_path: Path) -> None:
    folder = tmp_path / "site"
    assert rag("export", "site", str(folder), "-d", str(made(tmp_path))).returncode == 0
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(folder))
    handler.log_message = lambda *_: None  # type: ignore[attr-defined]
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        page = browser.new_page()
        wrong: list[str] = []
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.goto(f"http://127.0.0.1:{server.server_address[1]}/")
        page.get_by_label("Search for").fill("wal mode")
        expect(page.locator("#hits h2").first).to_have_text("WAL mode")
        page.get_by_label("Search for").fill("القَهْوَة")
        expect(page.locator("#hits h2").first).to_have_text("القهوة")
        page.get_by_label("Search for").fill("script click")
        expect(page.locator("#hits h2").first).to_have_text("<script>alert(1)</script>")
        page.locator("#hits a").first.click()
        expect(page.locator("h1")).to_have_text("<script>alert(1)</script>")
        page.close()
        server.shutdown()
    assert wrong == []


def test_a_folder_that_is_used_is_left_alone(served: Served, tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("x")
    for what in ("site", "space"):
        ran = rag("export", what, str(tmp_path), "-d", str(served.database))
        assert ran.returncode == 2
        assert "is not empty" in ran.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["mine"]


def test_an_export_that_was_killed_is_done_again(served: Served, tmp_path: Path) -> None:
    """Killed in the middle it left half a folder, which the same command would not touch."""
    script = (
        "import os, signal, sys\n"
        "from pathlib import Path\n"
        "from rag import Index\n"
        "from rag.web import export\n"
        "def watch(event, arguments):\n"
        "    if event == 'open' and str(arguments[0]).endswith('search.json'):\n"
        "        os.kill(os.getpid(), signal.SIGKILL)\n"
        "sys.addaudithook(watch)\n"
        "with Index(sys.argv[1]) as index:\n"
        "    export.site(index, Path(sys.argv[2]), 'x')\n"
    )
    folder = tmp_path / "site"
    assert subprocess.run([sys.executable, "-c", script, str(served.database), str(folder)]).returncode == -9
    assert not folder.exists()
    assert rag("export", "site", str(folder), "-d", str(served.database)).returncode == 0
    assert (folder / "search.json").exists()
    assert os.listdir(tmp_path) == ["site"]
