"""Ctrl-C is heard whenever it comes: while the program is read, and while C calls us back."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
from processes import ENVIRONMENT, built

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

LATER = """
import gc
from rag.__main__ import _collect_later

usual = gc.get_threshold()
_collect_later()
few = [[] for _ in range(1000)]
assert gc.get_threshold()[0] > 1000
many = [[] for _ in range(200_000)]
assert (gc.get_threshold(), gc.callbacks) == (usual, [])
"""

WHILE_THROWN_AWAY = """
import os, signal
from rag.cli import hear_interrupts

class Thrown:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)

hear_interrupts()
try:
    Thrown()
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

BEFORE_IT_IS_HEARD = """
import sys
before = set(sys.modules)
import _signal
def heard(number, handler):
    print(*sorted(set(sys.modules) - before))
    sys.exit()
_signal.signal = heard
from rag.__main__ import main
main()
"""


def run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=ENVIRONMENT, check=False, timeout=60
    )


def test_nothing_but_the_beginning_is_read_before_it_is_heard() -> None:
    done = run(BEFORE_IT_IS_HEARD)
    assert (done.stdout, done.stderr) == ("__future__ rag rag.__about__ rag.__main__\n", "")


def test_in_a_callback_from_c() -> None:
    done = run(IN_A_CALLBACK)
    assert (done.stdout, done.stderr) == ("heard\n", "")


def test_while_the_program_is_read() -> None:
    done = run(WHILE_READING)
    assert (done.returncode, done.stderr) == (130, "")


def test_while_something_is_thrown_away() -> None:
    done = run(WHILE_THROWN_AWAY)
    assert (done.stdout, done.stderr) == ("heard\n", "")


# What a script of a package does, but that it says when it begins.
FIRST = """
import sys
sys.argv[0] = "rag"
from rag.__main__ import main
print("begun", flush=True)
sys.exit(main())
"""

WHEN_DONE = """
import atexit, os, runpy, signal, sys
atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))
sys.argv = ["rag", "--version"]
runpy.run_module("rag", run_name="__main__")
"""


def test_when_all_is_done() -> None:
    done = run(WHEN_DONE)
    assert (done.returncode, done.stderr) == (130, "")
    assert done.stdout.startswith("rag ")


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return built(tmp_path_factory.mktemp("interrupts"), 20)


COMMANDS = (
    ["search", "box7"],
    ["ask", "where is thing7 kept?", "-m", "none"],
    ["index", "--all"],
    ["serve", "-m", "none"],
    ["watch"],
)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: words[0])
def test_at_any_moment(words: list[str], index: Path) -> None:
    """From the first line of ours on: one line at most, and 130, or what an undisturbed run ends with."""
    chance = random.Random(words[0])
    for _ in range(3):
        delay = chance.random() ** 2 * 2
        command = [sys.executable, "-c", FIRST, *words, "-d", str(index)]
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=ENVIRONMENT
        ) as process:
            assert process.stdout
            assert process.stdout.readline() == "begun\n"
            timer = threading.Timer(delay, process.send_signal, [signal.SIGINT])
            timer.start()
            _, err = process.communicate(timeout=120)
            timer.cancel()
        assert process.returncode in (0, 130, -signal.SIGINT), (delay, err)  # the last: when Python itself ends
        assert not re.search("Traceback|Exception ignored", err), (delay, err)
        if process.returncode == 130:
            told = [line for line in err.splitlines() if line.startswith("rag: ")]
            assert len(told) <= 1, err


AT_THE_END = r"""
import atexit, os, runpy, sys, threading
atexit.register(lambda: print("tidied up"))
class Late:
    def __del__(self, write=os.write):
        write(1, b"taken apart\n")
late = Late()
if sys.argv[1] == "thread":
    threading.Thread(target=lambda: (threading.main_thread().join(), print("worked on"))).start()
sys.argv = ["rag", *sys.argv[2:]]
runpy.run_module("rag", run_name="__main__")
"""


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["alone", "--version"], 0, ["tidied up"]),
        (["alone", "info", "-d", "no.db"], 4, ["tidied up"]),
        (["alone", "info", "--nonsense"], 2, ["tidied up"]),
        (["thread", "--version"], 0, ["worked on", "tidied up", "taken apart"]),
    ],
)
def test_it_ends_at_once_but_for_what_is_left_to_do(words: list[str], code: int, said: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-c", AT_THE_END, *words], capture_output=True, text=True, env=ENVIRONMENT, check=False
    )
    assert done.returncode == code
    assert [line for line in done.stdout.splitlines() if not line.startswith("rag ")] == said


def test_what_cannot_be_written_at_the_end_is_told() -> None:
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "rag", "--version"], stdout=full, stderr=subprocess.PIPE, text=True, check=False,
            env=ENVIRONMENT,
        )  # fmt: skip
    assert done.returncode != 0
    assert "space" in done.stderr


def test_garbage_is_looked_for_as_usual_in_what_runs_on() -> None:
    done = subprocess.run([sys.executable, "-c", LATER], env=ENVIRONMENT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
