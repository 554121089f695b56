"""Editors and shells: what other programs pipe in, and what they jump to; by the real jq, symbex, vim and sqlite3."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
NOTES = {
    "bees.md": "# Bees\n\nFirst a line.\n\nBees dance to show where the flowers are.\n",
    "bread.md": "---\ntags: food\n---\n# Bread\n\nBread needs a starter.\n",
}


def shell(command: str, folder: Path, **extra: str) -> str:
    needed = command.split()[0]
    env = {**os.environ, "PATH": f"{BIN}:{os.environ['PATH']}", "RAG_DB": str(folder / "rag.db"), **extra}
    env["RAG_EMBEDDER"], env["RAG_MODEL"] = "hash:64", "none"
    done = subprocess.run(["bash", "-ec", command], cwd=folder, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{needed}: {done.stdout}{done.stderr}"
    return done.stdout


def needs(program: str) -> None:
    if not shutil.which(program):
        pytest.skip(f"{program} is not installed")


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    for name, text in NOTES.items():
        (tmp_path / "notes" / name).write_text(text)
    shell("rag index notes", tmp_path)
    return tmp_path


def test_paragraphs_of_a_blog_are_asked_as_they_were_exported(tmp_path: Path) -> None:
    """The table that the tutorial on embedding paragraphs makes: the first column is the id, the prefix is typed."""
    needs("jq")
    rows = ["id,text", "123-0,passage: LLM is a command-line tool.", "123-1,passage: It runs Llama on a laptop."]
    (tmp_path / "blog-paragraphs.csv").write_text("\n".join(rows) + "\n")
    shell("rag index blog-paragraphs.csv", tmp_path)
    assert shell("rag ask 'What is LLM?' --json | jq -e '.citations | length > 0'", tmp_path).strip() == "true"
    assert shell("rag ask 'What is LLM?' --json | jq -r '.citations[0].document'", tmp_path).strip() == "123-0"


def test_symbols_of_a_program_by_symbex(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    code = (
        "def cosine_similarity(a, b):\n    return dot(a, b)\n\n\nclass Bee:\n    def dance(self):\n        return 1\n"
    )
    (tmp_path / "lib" / "m.py").write_text(code)
    index = "symbex '*' '*.*' --nl -d lib | rag index - --source code"
    assert "3 added" in shell(index, tmp_path)
    assert shell("rag search 'cosine similarity' --json | jq -r '.[0].key'", tmp_path) == "lib/m.py:1\n"
    (tmp_path / "lib" / "m.py").write_text("import os\n" + code)
    assert "0 passages embedded" in shell(index, tmp_path)


def test_an_editor_jumps_to_what_was_found(notes: Path) -> None:
    """vim reads the hits as a quickfix list, and stands in the line that answers."""
    needs("vim")
    shell("rag search 'bees dance flowers' -k 1 --format grep > hits", notes)
    (notes / "go.vim").write_text("call writefile([expand('%:t'), getline('.')], 'where')\nqa!\n")
    shell("vim -e -s -u NONE -q hits -S go.vim </dev/null || true", notes, TERM="dumb")
    assert (notes / "where").read_text().splitlines() == ["bees.md", "Bees dance to show where the flowers are."]
    cited = shell("rag ask 'Where do bees dance?' --format grep", notes).splitlines()
    path, line, text = cited[0].split(":", 2)
    assert Path(notes / path).read_text().splitlines()[int(line) - 1] == text


def test_lines_for_fzf_are_one_a_hit(notes: Path) -> None:
    """The recipe pipes these through fzf, which gives one of them back; here `head` chooses."""
    recipe = "rag search bees --words --format grep | head -1 | cut -d: -f1-2 | sed 's/:/ +/'"
    assert shell(recipe, notes).split() == ["notes/bees.md", "+5"]


def test_the_file_opens_in_the_shell_of_sqlite(notes: Path) -> None:
    needs("sqlite3")
    before = shell("rag search 'bees and bread' --json | jq -c '[.[] | [.key, .score]]'", notes)
    assert shell("sqlite3 rag.db 'vacuum; select count(*) from passage_view'", notes).strip() == "2"
    assert shell("rag search 'bees and bread' --json | jq -c '[.[] | [.key, .score]]'", notes) == before
