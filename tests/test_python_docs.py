"""The Python of the manual runs as it stands: the API, and the plugins, installed as a package would install them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent


def codes(page: str) -> list[str]:
    """The Python blocks of a page, in order."""
    tokens = MarkdownIt("commonmark").parse((ROOT / "docs" / page).read_text(encoding="utf-8"))
    return [token.content for token in tokens if token.type == "fence" and token.info.strip() == "python"]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "bookmarks.md").write_text("# Bookmarks\n\nExport bookmarks from the menu, as an HTML file.\n")
    (folder / "printer.md").write_text("# Printer\n\nThe printer needs the driver from its own site.\n")
    return tmp_path


def run(folder: Path, *words: str, path: str = "") -> str:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, (path, *sys.path)))}
    done = subprocess.run(
        [sys.executable, *words], cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.model
def test_the_python_of_the_manual_runs(notes: Path) -> None:
    blocks = codes("python.md")
    assert len(blocks) >= 5
    said = [run(notes, "-c", code) for code in blocks]
    assert "2 added" in said[0]
    assert "Export bookmarks from the menu" in said[1]
    assert re.search(r"0 2 \[\]|2 0 \[\]", said[2])
    assert re.fullmatch(r"ada done \{'name': .+, 'born': .+\}\nalan done \{.+\}\n", said[3])  # a small model may err
    assert said[4].startswith("[('verbatim', 'printer.md')]")
    assert said[5].splitlines() == ["hybrid 1.0", "words 1.0"]


def test_the_plugins_of_the_manual_are_found_and_run(notes: Path) -> None:
    models = [code for code in codes("plugins.md") if code.startswith("# my_models.py")]
    others = [code for code in codes("plugins.md") if code not in models]
    assert (len(models), len(others)) == (2, 1)
    site = notes / "site"
    info = site / "my_models-1.dist-info"
    info.mkdir(parents=True)
    (site / "my_models.py").write_text("\n".join(models))
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: my-models\nVersion: 1\n")
    text = (ROOT / "docs" / "plugins.md").read_text(encoding="utf-8")
    points = re.findall(r'\[project\.entry-points\."(.+?)"\]\n(.+)', text)
    assert len(points) == 2
    (info / "entry_points.txt").write_text(
        "".join(f"[{group}]\n{line.replace(chr(34), '')}\n" for group, line in points)
    )

    rag = ("-c", "from rag.cli import main; main()")
    assert "from my_models:Letters" in run(notes, *rag, "models", "--format", "json", path=str(site))
    run(notes, *rag, "index", "notes", "--embedder", "letters:26", "-q", path=str(site))
    found = run(notes, *rag, "search", "printer", "--vectors", "-f", "jsonl", path=str(site))
    assert found.count('"vectors"') == 2
    made = run(notes, *rag, "extract", "notes", "-s", "words int", "-m", "counter", "-q", path=str(site))
    assert len(re.findall(r'"words": \d+', made)) == 2
    assert run(notes, "-c", others[0], path=str(site)).splitlines() == ["2 added", "Dark mode"]


def test_the_picture_of_the_house_names_every_room() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rooms = {
        path.stem for path in (ROOT / "rag").iterdir() if not path.name.startswith(("_", ".")) and path.stem != "py"
    }
    assert [room for room in sorted(rooms) if not re.search(rf"\b{room}\b", text)] == []
