"""A real server in a process of its own, over a small index."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from rag.store import Database, tokens

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
NOTES = {
    "printer.md": "# Printer\n\nTo set up the printer, open **Settings** and choose *Add printer*:\n\n"
    "```\nlpadmin -p office -E -v ipp://printer.local\n```\n\nIt prints 22 pages a minute.\n",
    "wal.md": "# WAL mode\n\nTurn on WAL mode like this:\n\n    PRAGMA journal_mode=wal;\n\n"
    "Readers do not wait for writers.\n",
    "coffee.md": "# Coffee\n\n| bean | grams |\n|---|---|\n| Yirgacheffe | 18 |\n| Bourbon | 20 |\n\nGrind it fine.\n",
    "hostile.md": "# <script>alert(1)</script>\n\n<img src=x onerror=alert(2)> [click](javascript:alert(3)) "
    "`</code><b>`\n\n[a](https://example.org/?a=1&b=2) \"'><svg onload=alert(4)>\n",
    "arabic.md": "# القهوة\n\nتُحضَّر القهوة بالماء الساخن. تقدم في فنجان صغير.\n",
}  # fmt: skip


@dataclass
class Served:
    """A running server: its address, the secret that may do everything, its file, its process."""

    url: str
    secret: str
    database: Path
    process: subprocess.Popen[str]
    log: list[str]

    def client(self, secret: str | None = None, **options: Any) -> httpx.Client:
        headers = ({"authorization": f"Bearer {secret}"} if secret else {}) | options.pop("headers", {})
        return httpx.Client(base_url=self.url, headers=headers, timeout=60, **options)

    @property
    def owner(self) -> httpx.Client:
        return self.client(self.secret)

    def token(self, name: str, *scopes: str, sources: tuple[str, ...] = (), days: float = 0) -> str:
        with Database(self.database) as db:
            return tokens.create(db, name, scopes, sources, days)


def made(folder: Path) -> Path:
    """An index of two sources, embedded without weights."""
    for name, text in NOTES.items():
        (folder / "notes" / name).parent.mkdir(exist_ok=True)
        (folder / "notes" / name).write_text(text)
    (folder / "secret").mkdir()
    (folder / "secret" / "diary.md").write_text("# Diary\n\nThe treasure is buried under the old oak.\n")
    database = folder / "index.db"
    command = [sys.executable, "-m", "rag", "index", str(folder / "notes"), str(folder / "secret")]
    subprocess.run([*command, "-d", str(database), "--embedder", "hash:256", "-q"], check=True)
    return database


def start(database: Path, *flags: str) -> Served:
    """Run `rag serve` on a free port. The caller ends it."""
    command = [sys.executable, "-m", "rag", "serve", "-d", str(database), "--port", "0", "-m", "none", *flags]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    assert process.stderr is not None
    log: list[str] = []
    for line in process.stderr:
        log.append(line)
        if "Ctrl-C" in line:
            break
    told = "".join(log)
    url = re.search(r" at (http://\S+)/", told)
    assert url, told
    # What follows must be read, or the server waits when the pipe is full.
    threading.Thread(target=lambda: log.extend(process.stderr), daemon=True).start()
    secret = re.search(r"token=(\S+)", told)
    return Served(url[1], secret[1] if secret else "", database, process, log)
