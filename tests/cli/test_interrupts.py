"""Ctrl-C is heard whenever it comes: while the program is read, and while C calls us back."""

from __future__ import annotations

import subprocess
import sys

from processes import ENVIRONMENT

IN_A_CALLBACK = """
import ctypes, os, signal, sys
import rag.models.llama.library as library
from rag.cli import hear_interrupts

hear_interrupts()
exec("def called():\\n    import os, signal\\n    os.kill(os.getpid(), signal.SIGINT)", library.__dict__)
try:
    ctypes.CFUNCTYPE(None)(library.called)()
    signal.pause()
except KeyboardInterrupt:
    print("heard")
"""

WHILE_READING = """
import os, runpy, signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell has its children in the background ignore it
class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == "rag.cli.doctor":
            os.kill(os.getpid(), signal.SIGINT)
sys.meta_path.insert(0, Finder())
sys.argv = ["rag", "info"]
runpy.run_module("rag", run_name="__main__")
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=60
    )


def test_in_a_callback_from_c() -> None:
    done = run(IN_A_CALLBACK)
    assert (done.stdout, done.stderr) == ("heard\n", "")


def test_while_the_program_is_read() -> None:
    done = run(WHILE_READING)
    assert (done.returncode, done.stderr) == (130, "rag: stopped\n")
