"""The command itself, in processes of their own, and a small index to try it on."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

RAG = [sys.executable, "-m", "rag"]
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]  # root passes every mode
ENVIRONMENT = {**os.environ, "RAG_EMBEDDER": "hash:64", "PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}


def rag(*args: str | Path, before: list[str] | None = None, **kwargs: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*(before or []), *RAG, *map(str, args)], capture_output=True, text=True, env=ENVIRONMENT, check=False, **kwargs
    )  # type: ignore[call-overload,no-any-return]


def start(*args: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*RAG, *map(str, args)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
    )


def notes(folder: Path, count: int = 30) -> Path:
    """A folder of small texts, each about a thing of its own."""
    made = folder / "notes"
    made.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        kept = f"Thing{number} is kept in box{number * 7 % count}."
        (made / f"{number:04}.md").write_text(f"# Thing {number}\n\n{kept}\n\nIt was found in {1900 + number}.\n")
    return made


def built(folder: Path, count: int = 30) -> Path:
    """An index of such a folder."""
    done = rag("index", notes(folder, count), "-d", folder / "x.db", "-q")
    assert done.returncode == 0, done.stderr
    return folder / "x.db"
