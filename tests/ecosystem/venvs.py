"""Other releases than those of the tests' own environment, each in a venv of its own, made where RAG_VENVS says."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
from pathlib import Path

import pytest


def made(name: str, *packages: str) -> Path:
    """The folder of the programs of a venv with these packages; without RAG_VENVS the test is skipped, and says so."""
    if not (place := os.environ.get("RAG_VENVS")):
        pytest.skip(f"RAG_VENVS=FOLDER runs it against {' '.join(packages)}")
    folder = Path(place) / name
    programs = folder / ("Scripts" if os.name == "nt" else "bin")
    if not (folder / "made").exists():
        venv.create(folder, with_pip=True)
        command = [programs / "python", "-m", "pip", "install", "-q", "--pre", *packages]
        subprocess.run(command, check=True, env={k: v for k, v in os.environ.items() if k != "PYTHONPATH"})
        (folder / "made").touch()
    return programs


def ours(programs: Path) -> dict[str, str]:
    """The environment in which a venv's Python also sees this package and what it needs, but its own packages first."""
    here = Path(__file__).parent.parent.parent
    site = next(path for path in sys.path if path.endswith("site-packages"))
    hook = programs.parent / "behind"
    hook.mkdir(exist_ok=True)
    (hook / "sitecustomize.py").write_text(f"import sys\nsys.path += [{str(here)!r}, {site!r}]\n")
    return {**os.environ, "PYTHONPATH": str(hook)}
