"""What the tests of evaluation share: a small corpus on disk, and the command."""

from pathlib import Path

import pytest
from evaluation import ANIMALS, QUESTIONS, lines
from typer.testing import CliRunner

from rag.cli import app
from rag.errors import RagError


@pytest.fixture
def animals(tmp_path: Path) -> Path:
    """A folder in our form, with retrieval judgements and questions."""
    folder = tmp_path / "animals"
    folder.mkdir()
    lines(folder / "corpus.jsonl", [{"id": key, "title": t, "text": x} for key, (t, x) in ANIMALS.items()])
    lines(folder / "queries.jsonl", [{"id": q["id"], "text": q["question"]} for q in QUESTIONS[:3]])
    rows = [f"{q['id']}\t{q['context_ids'][0]}\t1" for q in QUESTIONS[:3]]
    (folder / "qrels.tsv").write_text("query-id\tcorpus-id\tscore\n" + "\n".join(rows) + "\n")
    lines(folder / "qa.jsonl", QUESTIONS)
    return folder


@pytest.fixture
def cli(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """`rag` in this process, with its own database and cache; errors are raised, not printed."""
    monkeypatch.setenv("RAG_EVAL_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("RAG_DB", str(tmp_path / "runs.db"))
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(tmp_path)

    def call(*arguments: object, code: int = 0) -> str:
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if isinstance(result.exception, RagError):
            raise result.exception
        assert result.exit_code == code, result.output + repr(result.exception)
        return result.stdout

    return call
