"""`rag ask` and its log, through the command line, over a real index."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from scripted_server import Answer, completion, serving

import rag
from rag.cli import main
from rag.errors import DatabaseError, InputError
from rag.index import Index
from rag.sources import files
from rag.store import Database, answers

SCHEMA = json.loads((Path(rag.__file__).parent / "data" / "answer.schema.json").read_text())
GARDEN = "# Garden\n\nPlant garlic in October. Water it rarely.\n\n## Pests\n\n- Slugs eat lettuce\n- Mice eat peas\n"


class Shell:
    """`rag …` in this process."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self.capsys, self.monkeypatch, self.database = capsys, monkeypatch, folder / "x.db"

    def __call__(self, *words: str) -> tuple[int, str, str]:
        self.monkeypatch.setattr(sys, "argv", ["rag", *words])
        try:
            main()
            code = 0
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = self.capsys.readouterr()
        return code, out, err

    def json(self, *words: str) -> Any:
        code, out, err = self(*words, "--format", "json")
        assert code == 0, err
        return json.loads(out)


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "garden.md").write_text(GARDEN)
    (docs / "kitchen.md").write_text('# Kitchen\n\nHe said "salt". Boil eggs for six minutes.\r\n')
    made = Shell(tmp_path, capsys, monkeypatch)
    monkeypatch.setenv("RAG_DB", str(made.database))
    monkeypatch.delenv("RAG_MODEL", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-test")
    code, _, err = made("index", str(docs), "--embedder", "hash:128")
    assert code == 0, err
    return made


def test_the_object_is_what_the_schema_says(shell: Shell) -> None:
    found = shell.json("ask", "When do I plant garlic?", "--model", "none")
    jsonschema.validate(found, SCHEMA)
    first = found["citations"][0]
    assert found["answer"] == "October"
    assert first["quote"] == "Plant garlic in October. Water it rarely."
    assert GARDEN[slice(*first["highlights"][0])] == "Plant garlic in October."
    assert first["line"] == 3
    assert GARDEN[first["start"] : first["end"]] == first["quote"]
    assert first["heading"] == "Garden" or first["title"] == "Garden"
    code, out, _ = shell("ask", "When do I plant garlic?", "--model", "none", "--format", "jsonl")
    assert (code, len(out.splitlines())) == (0, 1)


@pytest.mark.parametrize(
    "question", ["\udcff garlic", "garlic \x00 \x1b[31m", "שום 😀 garlic", '"garlic" \\ \r\n', "g" * 50_000]
)
def test_questions_of_all_kinds(shell: Shell, question: str) -> None:
    found = shell.json("ask", question, "--model", "none")
    jsonschema.validate(found, SCHEMA)
    assert shell.json("show", "1") == found


def test_text_shows_numbered_citations_with_their_place(shell: Shell) -> None:
    code, out, _ = shell("ask", "What do slugs eat?", "--model", "none", "--citations", "1")
    assert code == 0
    assert re.match(r"\[1\] \S*/garden\.md:7 ", out)
    assert "\n    - Slugs eat lettuce\n" in out
    assert "[2]" not in out


def test_answers_are_logged_listed_shown_and_replayed(shell: Shell) -> None:
    first = shell.json("ask", "What do slugs eat?", "--model", "none")
    shell.json("ask", "Who boils eggs?", "--model", "none")
    shell.json("ask", "not kept", "--model", "none", "--no-log")
    rows = shell.json("answers")
    assert [row["question"] for row in rows] == ["Who boils eggs?", "What do slugs eat?"]
    assert shell.json("show", "1") == first
    code, out, _ = shell("show", "1")
    assert code == 0
    assert "What do slugs eat?" in out
    again = shell.json("replay", "1")
    assert again["same"] is True
    assert {part["what"] for part in again["parts"]} == {
        "passages",
        "prompt",
        "grammar",
        "model",
        "answer",
        "citations",
    }


def test_a_replay_says_what_changed(shell: Shell, tmp_path: Path) -> None:
    shell.json("ask", "When do I plant garlic?", "--model", "none", "--citations", "1")
    (tmp_path / "docs" / "garden.md").write_text(GARDEN.replace("October", "November"))
    assert shell("index", str(tmp_path / "docs"))[0] == 0
    code, out, _ = shell("replay", "1")
    assert code == 1
    assert "answer: changed" in out
    assert "changed: November" in out


def test_a_follow_up_goes_on_with_the_last_conversation(shell: Shell) -> None:
    assert shell("ask", "And then?", "-c", "--model", "none")[0] == 2
    shell.json("ask", "When do I plant garlic?", "--model", "none")
    found = shell.json("ask", "How often do I water it?", "-c", "--model", "none")
    assert "Water it rarely." in found["citations"][0]["quote"]
    assert {row["conversation"] for row in shell.json("answers")} == {1}
    assert shell.json("replay", "2")["same"] is True


def test_a_hosted_model_is_held_and_its_key_is_nowhere(shell: Shell) -> None:
    with serving(completion('{"citations": [1], "answer": "In October."}')) as server:
        url = server.url.replace("http://", "http://me:hidden-password@")
        found = shell.json("ask", "When do I plant garlic?", "--model", "openai:gpt-x", "--base-url", url)
        asked = server.seen[0]
    assert found["answer"] == "In October."
    assert found["citations"][0]["quote"] == "Plant garlic in October. Water it rarely."
    assert asked["response_format"]["json_schema"]["strict"] is True
    assert "sk-secret" not in json.dumps(found)
    stored = b"".join(file.read_bytes() for file in shell.database.parent.glob("x.db*"))
    assert b"sk-secret" not in stored
    assert b"hidden-password" not in stored


@pytest.mark.parametrize("replies", [["Garlic? In October!"] * 2, ['{"citations": [99], "answer": "x"}'] * 2])
def test_a_hosted_model_that_does_not_fit_is_asked_once_more_and_then_refused(shell: Shell, replies: list[str]) -> None:
    with serving(*map(completion, replies)) as server:
        code, out, err = shell("ask", "When is garlic?", "--model", "openai:gpt-x", "--base-url", server.url)
        assert len(server.seen) == 2
    assert (code, out) == (5, "")
    assert "does not fit" in err


def test_a_provider_without_json_schema_is_asked_for_json_and_then_for_text(shell: Shell) -> None:
    def stubborn(body: dict[str, Any]) -> Answer:
        if "response_format" in body:
            return Answer(400, json.dumps({"error": {"message": "response_format is not supported here"}}))
        return completion('{"citations": [1], "answer": "In October."}')

    with serving(stubborn) as server:
        found = shell.json("ask", "When do I plant garlic?", "--model", "openai:gpt-x", "--base-url", server.url)
        kinds = [body.get("response_format", {}).get("type") for body in server.seen]
    assert found["answerable"] is True
    assert list(dict.fromkeys(kinds)) == ["json_schema", "json_object", None]


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["ask", " "], 2, "the question is empty"),
        (["ask", "x", "--format", "csv"], 2, "an answer is not a table"),
        (["ask", "x", "--model", "nobody"], 3, "nobody"),
        (["ask", "x", "--model", "llama:/no/such.gguf"], 3, "/no/such.gguf"),
        (["ask", "x", "--model", "none", "--since", "soon"], 2, "not an ISO date"),
        (["show", "7"], 2, "there is no answer 7"),
        (["replay", "7"], 2, "there is no answer 7"),
    ],
)
def test_bad_input(shell: Shell, words: list[str], code: int, said: str) -> None:
    got, out, err = shell(*words)
    assert (got, out) == (code, "")
    assert said in err
    assert "hint:" in err


def test_no_index_yet(shell: Shell, tmp_path: Path) -> None:
    code, _, err = shell("ask", "x", "--model", "none", "-d", str(tmp_path / "none.db"))
    assert code == 4
    assert "there is no index" in err


def test_filters_narrow_what_can_be_cited(shell: Shell) -> None:
    found = shell.json("ask", "What do slugs eat?", "--model", "none", "--prefix", "kitchen")
    assert {one["document"] for one in found["passages"]} == {"kitchen.md"}


def test_the_log_refuses_what_is_not_there_and_keeps_order(tmp_path: Path) -> None:
    with Database(tmp_path / "y.db", create=True) as db:
        assert answers.last(db) is None
        given = {"answerable": True, "citations": [], "model": "m", "trace": {"seconds": {"a": 1.5}}}
        first = answers.add(db, answers.Logged("q1", "a1", given, {}))
        second = answers.add(db, answers.Logged("q2 \x00😀", "a2", given, {"k": 1}, (("q1", "a1"),), first))
        found = answers.get(db, second)
        assert (found.conversation, found.question, found.history) == (first, "q2 \x00😀", (("q1", "a1"),))
        assert answers.last(db) == found
        assert [row["id"] for row in answers.listed(db)] == [second, first]
        with pytest.raises(InputError, match="there is no answer 3"):
            answers.get(db, 3)


def test_a_log_that_cannot_be_written_does_not_lose_the_answer(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    def locked(*_: object) -> int:
        raise DatabaseError("locked by another program")

    monkeypatch.setattr(answers, "add", locked)
    code, out, err = shell("ask", "What do slugs eat?", "--model", "none")
    assert code == 0
    assert "Slugs eat lettuce" in out
    assert "the answer was not logged" in err


def test_extracts_need_no_generator_library(shell: Shell) -> None:
    code = (
        "import sys; sys.argv = ['rag', 'ask', 'slugs?', '--model', 'none', '--format', 'json'];"
        "import rag.cli; rag.cli.app(standalone_mode=False);"
        "print('llama_cpp' in sys.modules, 'openai' in sys.modules, file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    jsonschema.validate(json.loads(done.stdout), SCHEMA)
    assert done.stderr.split() == ["False", "False"]


@pytest.mark.model
def test_the_bundled_model_answers_and_replays(shell: Shell) -> None:
    found = shell.json("ask", "When do I plant garlic?", "--max-tokens", "600")
    jsonschema.validate(found, SCHEMA)
    for one in found["citations"]:
        text = (
            GARDEN if one["document"] == "garden.md" else '# Kitchen\n\nHe said "salt". Boil eggs for six minutes.\r\n'
        )
        assert text[one["start"] : one["end"]] == one["quote"]
    assert shell.json("replay", "1")["same"] is True


def test_a_question_is_embedded_once(tmp_path: Path) -> None:
    from rag import models
    from rag.app.ask import AskRequest
    from rag.app.ask import ask as answer
    from rag.index.query import QueryMemo

    class Counting:
        """The real embedder, with a list of the questions that it was asked."""

        def __init__(self) -> None:
            self.inner = models.embedder("hash:64")
            self.asked: list[str] = []

        def __getattr__(self, name: str) -> Any:
            return getattr(self.inner, name)

        def embed(self, texts: Sequence[str], kind: str = "passage") -> Any:
            self.asked += texts if kind == "query" else []
            return self.inner.embed(texts, kind)

    counting = Counting()
    (tmp_path / "a.md").write_text("# Bees\n\nA bee dances to tell the others where the flowers are.")
    with Index(tmp_path / "x.db", QueryMemo(counting), create=True) as index:
        index.add("s", files([tmp_path / "a.md"]))
        for question in ("  What does a bee do? ", "And why?"):
            asked = answer(index, AskRequest(question, model="none"), None)
            assert asked.object["passages"]
    assert counting.asked == ["What does a bee do?", "And why?"]
