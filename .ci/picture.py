"""
Draw docs/demo.svg, a terminal in which `rag` really ran, and docs/page.png, the page of `rag serve` after the same
question in Chromium. `make picture` runs it.

The commands run on a terminal of their own, so that colours are what a user sees; rich turns the result into SVG. The
fonts are those of the reader's machine: the picture loads nothing.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parent.parent
WIDTH = 96
QUESTION = "Why can a quote not be invented?"
COMMANDS = ("rag index docs README.md", f'rag ask "{QUESTION}"')
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


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


def page(folder: str) -> None:
    """The page after the question, as a picture; drawn only where there is a Chromium."""
    if CHROMIUM is None:
        print("picture: there is no Chromium here, docs/page.png stays as it was", file=sys.stderr)
        return
    from playwright.sync_api import sync_playwright

    words = ["serve", "-d", f"{folder}/rag.db", "--port", "0", "-m", "none", "--title", "The manual"]
    with subprocess.Popen([str(ROOT / ".venv/bin/rag"), *words], stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        told = iter(server.stderr.readline, "")
        url = next(found[1] for line in told if (found := re.search(r"(http://\S+token=\S+)", line)))
        try:
            with sync_playwright() as playwright:
                browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
                shown = browser.new_page(viewport={"width": 1100, "height": 720})
                shown.goto(url)
                shown.get_by_label("Your question").fill(QUESTION)
                shown.keyboard.press("Enter")
                shown.locator(".answer blockquote").first.wait_for()
                shown.wait_for_load_state("networkidle")
                shown.screenshot(path=ROOT / "docs/page.png")
                browser.close()
        finally:
            server.terminate()
    print("picture: wrote docs/page.png", file=sys.stderr)


def main() -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(record=True, width=WIDTH, file=io.StringIO(), force_terminal=True, color_system="truecolor")
    with tempfile.TemporaryDirectory() as folder:
        for number, command in enumerate(COMMANDS):
            shown = run(command, folder)
            console.print(Text.assemble("\n" if number else "", ("$ ", "bold green"), (command, "bold")))
            console.print(Text.from_ansi(shown))
        page(folder)
    drawn = console.export_svg(title="chapterverse", unique_id="demo")
    drawn = re.sub(r"@font-face \{.*?\}\s*|<!--.*?-->\s*", "", drawn, flags=re.S)
    (ROOT / "docs/demo.svg").write_text(drawn.replace("Fira Code", "ui-monospace").rstrip() + "\n", encoding="utf-8")
    print("picture: wrote docs/demo.svg", file=sys.stderr)


if __name__ == "__main__":
    main()
