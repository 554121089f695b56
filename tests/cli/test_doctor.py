"""Damage of every kind is found, named and mended; a search afterwards gives what it gave before."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Index
from rag.doctor import examine
from rag.errors import DatabaseError
from rag.sources import files
from rag.store import answers
from rag.store.recover import recover

RAG = [sys.executable, "-c", "from rag.cli import main; main()"]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    folder = tmp_path / "notes"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number}.md").write_text(
            f"# Note {number}\n\nThe word{number} stands here.\n\n## More\n\nAnd more."
        )
    with Index(tmp_path / "x.db", "hash:64", create=True) as opened:
        opened.add("notes", files([folder]))
        opened.search("word3")
        yield opened


DAMAGE = {
    "triggers": "drop trigger passage_fts_insert",
    "words": "insert into passage_fts(passage_fts) values ('delete-all')",
    "spans": 'update passage set "end" = 9000 where id = 4',
    "edited passages": "update passage set own = 'Edited here' where id = 5",
    "damaged vectors": "update vector set data = zeroblob(256) where id = 3",
    "vectors": "delete from vector where id in (1, 2)",
    "orphans": "insert into vector (hash, model_id, data, checksum) values ('none', 1, x'00', 0)",
    "documents": "update passage set heading = 'another' where id = 6",
    "records": "update document set meta = '{' where id = 2",
    "schema": "drop view embeddings",
    "embedder": "update setting set value = '\"older weights\"' where key = 'fingerprint'",
}


def problems(index: Index) -> set[str]:
    return {finding.check for finding in examine(index.db) if finding.problem}


def test_a_sound_index_has_no_problems(index: Index) -> None:
    assert problems(index) == set()


@pytest.mark.parametrize("check", DAMAGE)
def test_damage_is_found_and_mended(index: Index, check: str, tmp_path: Path) -> None:
    before = [hit.passage.text for hit in index.search("word7", 3)]
    index.db.execute(DAMAGE[check])
    index.db.remember("version", 77)
    found = {finding.check: finding for finding in examine(index.db)}
    assert found[check].problem
    assert found[check].command == f"rag doctor --fix -d {index.db.path}"
    examine(index.db, fix=True)
    if check in ("spans", "edited passages", "documents", "records"):  # read again from the file
        index.db.execute("update document set stamp = ''")
        index.db.execute("update document set hash = ''")
        index.add("notes", files([tmp_path / "notes"]))
    assert problems(index) <= {"sidecar"}
    assert [hit.passage.text for hit in index.search("word7", 3)] == before
    assert problems(index) == set()


def test_a_vector_that_is_made_again_is_that_of_what_a_page_shows(tmp_path: Path) -> None:
    hut = '<Tooltip client:load slot="hut" class="wide">hut</Tooltip>'
    (tmp_path / "page.md").write_text(f"# Page\n\nThe {hut} is open in May, and the {hut} is shut in June.\n")
    with Index(tmp_path / "x.db", "hash:64", create=True) as index:
        index.add("pages", files([tmp_path / "page.md"]))
        before = list(index.db.execute("select hash, data from vector order by hash"))
        index.db.execute("delete from vector")
        examine(index.db, fix=True)
        assert list(index.db.execute("select hash, data from vector order by hash")) == before


CHANGES = {
    "documents": [
        "update document set title = title || '!'", "update document set date = '2001-01-01'",
        "update document set author = 'Nobody'", "update document set url = 'http://127.0.0.1/'",
        "update document set kind = 'other'", """update document set meta = '{"a": 1}'""",
        "update document set hash = 'x'", "update document set key = key || 'x'",
        "update document set text = text || 'x'",
        "update passage set heading = 'x' where id = 3", "update passage set title = 'x' where id = 3",
        "update passage set identifiers = 'x' where id = 3", "update passage set seq = 7 where id = 3",
        'update passage_window set "end" = "end" - 1 where id = 3', "delete from passage_window where id = 3",
        "update passage_window set seq = 4 where id = 3", "delete from passage where id = 3",
        "update passage set start = start + 1 where id = 3", "update passage set own = 'x' where id = 3",
    ],
    "records": [
        "update answer set answer = 'what nobody said'", "update answer set object = '{'",
        "update answer set history = 'x'", "update setting set value = 'x' where key = 'target'",
    ],
    "schema": ["drop index passage_document", "alter table document drop column stamp", "drop table alert"],
    "triggers": [
        "drop trigger chronicle_document_ad",
        "drop trigger passage_fts_delete;"
        " create trigger passage_fts_delete before delete on passage begin select 1; end",
    ],
    "damaged vectors": ["update vector set checksum = 1 where id = 1", "update vector set data = x'00' where id = 1"],
}  # fmt: skip


@pytest.mark.parametrize(("check", "sql"), [(check, sql) for check, listed in CHANGES.items() for sql in listed])
def test_every_change_by_another_program_is_seen(index: Index, check: str, sql: str) -> None:
    answers.add(index.db, answers.Logged("Where?", "There.", {
        "answerable": True, "citations": [], "model": "none", "trace": {}, "question": "Where?", "answer": "There."
    }, {}))  # fmt: skip
    assert problems(index) == set()
    index.db.execute("pragma foreign_keys = off")
    index.db.execute(sql)
    assert check in problems(index)


@pytest.mark.parametrize(
    "sql", ["update passage set start = 'x'", "drop trigger document_passages; delete from document where id > 1"]
)
def test_a_passage_that_is_damaged_is_an_error_that_says_so(index: Index, sql: str) -> None:
    index.db.execute("pragma foreign_keys = off")
    index.db.execute(sql)
    with pytest.raises(DatabaseError, match="damaged"):
        index.search("word3", 5)


def test_an_index_of_before_the_seals_is_still_checked(index: Index) -> None:
    index.db.execute("update document set seal = ''")
    assert problems(index) == set()
    index.db.execute("update document set author = 'Nobody' where id = 2")
    assert problems(index) == {"documents"}


def test_an_index_that_sqlite_utils_transformed_finds_new_documents_again(index: Index, tmp_path: Path) -> None:
    for old, new in (("heading", "heading2"), ("heading2", "heading")):
        args = [sys.executable, "-m", "sqlite_utils", "transform", tmp_path / "x.db", "passage", "--rename", old, new]
        subprocess.run(args, check=True)
    assert "triggers" in problems(index)
    examine(index.db, fix=True)
    (tmp_path / "notes" / "new.md").write_text("A brandnew note.")
    index.add("notes", files([tmp_path / "notes"]))
    assert index.search("brandnew", 1, mode="words")[0].passage.document.key == "new.md"


def test_the_command_says_what_mends_it_and_exits_4(index: Index, tmp_path: Path) -> None:
    index.db.execute(DAMAGE["vectors"])

    def doctor(*more: str) -> subprocess.CompletedProcess[str]:
        args = [*RAG, "doctor", "-d", str(tmp_path / "x.db"), *more]
        return subprocess.run(args, capture_output=True, text=True, check=False)

    looked = doctor()
    assert looked.returncode == 4
    assert f"mend it: rag doctor --fix -d {tmp_path / 'x.db'}" in looked.stdout
    assert doctor("--fix").returncode == 0
    assert doctor().returncode == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_an_index_in_a_folder_that_cannot_be_written_can_be_searched(index: Index, tmp_path: Path) -> None:
    expected = [hit.passage.document.key for hit in index.search("word7", 3)]
    index.db.execute("pragma wal_checkpoint(truncate)")
    index.close()
    for file in tmp_path.glob("x.db-*"):
        file.unlink()
    (tmp_path / "x.db").chmod(0o644)  # it is made for its owner alone
    for folder in (one for one in (tmp_path, *tmp_path.parents) if one.name.startswith(("pytest", "popen", "test"))):
        folder.chmod(0o755)
    code = (
        "import os, sys; sys.path[:] = sys.argv[2:];"
        " import rag.index, rag.models.hashing, rag.store.vectors, apsw, numpy;"
        " os.setgid(65534); os.setuid(65534);"
        " index = rag.index.Index(sys.argv[1]);"
        " print(*[hit.passage.document.key for hit in index.search('word7', 3)])"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "x.db", *sys.path], capture_output=True, text=True, check=False
    )
    assert run.stdout.split() == expected, run.stderr
    tmp_path.chmod(0o700)
    run = subprocess.run(
        [sys.executable, "-c", code, tmp_path / "x.db", *sys.path], capture_output=True, text=True, check=False
    )
    assert "DatabaseError" in run.stderr
    assert "x.db cannot be reached: Permission denied" in run.stderr


def test_what_could_not_be_mended_is_not_told_to_be_mended_once_more(index: Index) -> None:
    """A lost column: `--fix` said to type `--fix`; what a new file gets of the rows has it again."""
    lost, new = index.db.path, index.db.path.with_name("new.db")
    given = {"question": "q", "answer": "a", "answerable": True, "citations": [], "model": "none", "trace": {}}
    answers.add(index.db, answers.Logged("q", "a", given, {}))
    for kind in ("trigger", "view"):
        for (name,) in list(index.db.execute("select name from sqlite_schema where type = ?", (kind,))):
            index.db.execute(f'drop {kind} "{name}"')
    index.db.execute("alter table answer drop column thumb")
    found = {one.check: one.command for one in examine(index.db, fix=True) if one.problem and not one.mended}
    assert found == dict.fromkeys(("schema", "records"), f"rag doctor --recover NEW.db -d {lost}")
    recover(lost, new)
    with Index(new, "hash:64") as again:
        examine(again.db, fix=True)
        assert [one.problem for one in examine(again.db) if one.problem] == []
        assert again.db.value("select thumb from answer") == 0
