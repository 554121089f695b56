"""`rag chat`: a real process on a real terminal, fed line by line."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import sys
from pathlib import Path

import pytest

NOTE = "# Radio\n\nThe radio exam has 35 questions.\n\nThe pool of the radio exam holds 429 questions.\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "radio.md").write_text(NOTE)
    run = [sys.executable, "-m", "rag", "index", "notes", "-d", "x.db", "--embedder", "hash:128", "-q"]
    subprocess.run(run, cwd=tmp_path, check=True)
    return tmp_path


class Terminal:
    """A process whose input and output are a terminal."""

    def __init__(self, folder: Path, *words: str, **names: str) -> None:
        self.waiting = ""  # was printed and not looked at yet
        self.mine, theirs = pty.openpty()
        environment = {**os.environ, "NO_COLOR": "1", "TERM": "dumb", "XDG_STATE_HOME": str(folder / "state"), **names}
        command = [sys.executable, "-m", "rag", "chat", "-d", "x.db", "-m", "none", *words]
        self.process = subprocess.Popen(
            command, cwd=folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a job in the background ignores it
        )  # fmt: skip
        os.close(theirs)

    def until(self, pattern: str) -> str:
        """What is printed, up to the pattern; what comes behind it is kept."""
        while not (found := re.search(pattern, self.waiting)):
            assert select.select([self.mine], [], [], 60)[0], f"{pattern!r} was never printed, but {self.waiting!r}"
            self.waiting += os.read(self.mine, 4096).decode()
        shown, self.waiting = self.waiting[: found.end()], self.waiting[found.end() :]
        return shown

    def type(self, line: str) -> None:
        os.write(self.mine, line.encode() + b"\n")

    def interrupt(self) -> None:
        """Ctrl-C until it is heard: one that comes in the very moment in which the prompt is written may be lost."""
        self.process.send_signal(signal.SIGINT)
        while not select.select([self.mine], [], [], 1)[0]:
            self.process.send_signal(signal.SIGINT)

    def end(self) -> int:
        os.write(self.mine, b"\x04")
        self.process.wait(timeout=60)
        os.close(self.mine)
        return self.process.returncode


def test_a_conversation(folder: Path) -> None:
    editor = folder / "editor"
    editor.write_text('#!/bin/sh\necho "opened $@"\n')
    editor.chmod(0o755)
    chat = Terminal(folder, EDITOR=str(editor), VISUAL="")
    assert "/sources" in chat.until("\n> ")
    chat.type("How many questions does the radio exam have?")
    assert "35 questions" in chat.until(r"35 questions[\s\S]*\n> ")
    chat.type("And how many are in the pool?")
    assert "429" in chat.until(r"429[\s\S]*\n> ")
    chat.type("/sources")
    chat.until(r"\[1\] notes/radio\.md:\d+")
    chat.until("> ")
    chat.type("/open 1")
    chat.until(r"opened \S*radio\.md")
    chat.until("> ")
    chat.type("/open 9")
    chat.until("there is no excerpt 9")
    chat.until("> ")
    chat.interrupt()  # a line that was begun is forgotten, the conversation is not
    chat.until("> ")
    chat.type("/nonsense")
    chat.until("there is no command /nonsense")
    chat.until("Ctrl-C")
    chat.until("> ")
    assert chat.end() == 0


def test_lines_of_a_pipe_are_questions(folder: Path) -> None:
    asked = "How many are in the pool of the exam?\n/sources\n/new\n\nWhat is \udcff?\n/quit\nnot read\n"
    done = subprocess.run(
        [sys.executable, "-m", "rag", "chat", "-d", "x.db", "-m", "none", "--no-log"],
        cwd=folder, input=asked.encode("utf-8", "surrogateescape"), capture_output=True, check=True,
    )  # fmt: skip
    turns = re.split(r"^> (.*)\n\n", done.stdout.decode(), flags=re.M)  # each begins with its question
    assert turns[0] == ""
    assert turns[1::2] == ["How many are in the pool of the exam?", "What is ??"]
    assert "429" in turns[2]
    assert turns[2].endswith("\n\n")
    assert "not read" not in done.stdout.decode()


def test_thanks_ask_for_nothing(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rag", "chat", "-d", "x.db", "-m", "none", "--no-log"],
        cwd=folder, input=b"thanks!\nThank you very much\n/sources\n", capture_output=True, check=True,
    )  # fmt: skip
    assert not done.stdout.strip()
    assert done.stderr.decode().count("ask something about your documents") == 2
    assert "nothing is cited yet" in done.stderr.decode()
