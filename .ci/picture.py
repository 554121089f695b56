"""
Draw docs/demo.svg: a terminal in which `rag` really ran. `make picture` runs it.

The commands run on a terminal of their own, so that colours are what a user sees; rich turns the result into SVG. The
fonts are those of the reader's machine: the picture loads nothing.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
WIDTH = 96
COMMANDS = ("rag index docs README.md", 'rag ask "Why can a quote not be invented?"')


def run(command: str, folder: str) -> str:
    """What a command writes to a terminal as its result; progress and notes are not part of it."""
    controller, terminal = os.openpty()
    words = [str(ROOT / ".venv/bin/rag"), *shlex.split(command)[1:]]
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RAG_", "OPENAI_"))}
    environment = {**kept, "RAG_DB": f"{folder}/rag.db", "COLUMNS": str(WIDTH), "TERM": "xterm-256color"}
    environment.pop("NO_COLOR", None)
    process = subprocess.Popen(words, cwd=ROOT, stdout=terminal, stderr=subprocess.PIPE, env=environment)
    os.close(terminal)
    written = b""
    try:
        while piece := os.read(controller, 65536):
            written += piece
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(controller)
    errors = process.communicate()[1]
    if process.returncode:
        sys.exit(f"picture: {command} failed: {errors.decode()}")
    return written.decode().replace("\r\n", "\n").rstrip()


def main() -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    with tempfile.TemporaryDirectory() as folder:
        for number, command in enumerate(COMMANDS):
            shown = run(command, folder)
            console.print(Text.assemble("\n" if number else "", ("$ ", "bold green"), (command, "bold")))
            console.print(Text.from_ansi(shown))
    drawn = console.export_svg(title="chapterverse", unique_id="demo")
    drawn = re.sub(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", "", drawn, flags=re.S)
    (ROOT / "docs/demo.svg").write_text(drawn.replace("Fira Code", "ui-monospace").rstrip() + "\n", encoding="utf-8")
    print("picture: wrote docs/demo.svg", file=sys.stderr)


if __name__ == "__main__":
    main()
