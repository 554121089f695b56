"""The command itself, in processes of their own, and a small index to try it on."""

from __future__ import annotations

import fcntl
import os
import pty
import struct
import subprocess
import sys
import termios
from collections.abc import Mapping, Sequence
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


def sent(words: Sequence[str], environment: Mapping[str, str], cwd: Path | None = None) -> str:
    """What a terminal of 40 columns is sent by a program, which must end well."""
    leader, follower = pty.openpty()
    fcntl.ioctl(follower, termios.TIOCSWINSZ, struct.pack("HHHH", 1000, 40, 0, 0))
    with subprocess.Popen(words, cwd=cwd, env=environment, stdout=follower, stderr=follower) as process:
        os.close(follower)
        said = b""
        try:
            while piece := os.read(leader, 65536):
                said += piece
        except OSError:  # the other end is closed
            pass
    os.close(leader)
    assert process.returncode == 0, said
    return said.decode()


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
