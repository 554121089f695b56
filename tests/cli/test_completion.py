"""Completion as a shell asks for it: bash itself, with the script that `rag completion bash` prints."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

RAG = Path(sys.executable).parent / "rag"


def complete(folder: Path, *words: str) -> list[str]:
    """What bash offers for the last word."""
    typed = " ".join(f"'{word}'" for word in words)
    script = (
        'eval "$(rag completion bash)"\n'
        f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}\n"
        '_rag_completion rag; printf "%s\\n" "${COMPREPLY[@]}"\n'
    )
    environment = os.environ | {"PATH": f"{RAG.parent}:{os.environ['PATH']}"}
    command = ["bash", "--norc", "-c", script]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    assert not done.stderr
    return done.stdout.split("\n")[:-1]


@pytest.mark.skipif(not shutil.which("bash") or not RAG.is_file(), reason="needs bash, and rag as it is installed")
def test_bash_completes_commands_flags_models_and_sources(tmp_path: Path) -> None:
    (tmp_path / "bee.md").write_text("# Bee\n\nA bee dances.\n")
    subprocess.run([RAG, "index", "bee.md", "-q", "--embedder", "hash:64"], cwd=tmp_path, check=True)
    assert complete(tmp_path, "rag", "se") == ["search", "serve"]
    assert complete(tmp_path, "rag", "search", "--wor") == ["--words"]
    assert complete(tmp_path, "rag", "ask", "-m", "smo") == ["smollm2"]
    assert complete(tmp_path, "rag", "search", "--source", "") == [str(tmp_path / "bee.md")]
    assert complete(tmp_path, "rag", "search", "-d", "missing.db", "--source", "") == [""]


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_every_shell_has_a_script(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "rag", "completion", shell], capture_output=True, text=True, check=True
    )
    assert "_RAG_COMPLETE=complete_" + shell in done.stdout
