"""Adding only what changed, finding it, losing nothing: real files and processes, the embedder without weights."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import apsw
import numpy as np
import pytest

from rag import Index, models
from rag.chunking import WINDOW
from rag.errors import DatabaseError, InputError
from rag.index.adding import Summary
from rag.ranking import Ranked
from rag.sources import Item, files
from rag.store import Database, context, vectors
from rag.store.filters import Filters
from rag.store.hashes import digest
from rag.store.schema import MIGRATIONS
from rag.types import Document

RAG = [sys.executable, "-c", "from rag.cli import main; main()"]


@pytest.fixture
def notes(tmp_path: Path) -> Path:
    folder = tmp_path / "notes"
    (folder / "cooking").mkdir(parents=True)
    (folder / "cooking" / "bread.md").write_text(
        "---\ndate: 2024-03-01\n---\n# Bread\n\nSourdough needs a starter.\n\n## Oven\n\nBake at 230 degrees.\n"
    )
    (folder / "cooking" / "soup.md").write_text("---\ndate: 2023-05-05\n---\n# Soup\n\nOnions make the soup sweet.\n")
    (folder / "bees.txt").write_text("Bees dance to show where the flowers are.\n\nA hive has one queen.\n")
    return folder


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index(tmp_path / "x.db", "hash:64", create=True) as opened:
        yield opened


def add(index: Index, folder: Path) -> Summary:
    return index.add("notes", files([folder]))


def counts(summary: Summary) -> tuple[int, int, int, int, int]:
    return summary.added, summary.changed, summary.removed, summary.unchanged, summary.embedded


def test_a_second_run_does_nothing(index: Index, notes: Path) -> None:
    assert counts(add(index, notes)) == (3, 0, 0, 0, 4)
    assert counts(add(index, notes)) == (0, 0, 0, 3, 0)


def test_an_appended_paragraph_embeds_at_most_two(index: Index, notes: Path) -> None:
    add(index, notes)
    with (notes / "cooking" / "bread.md").open("a") as file:
        file.write("\nLet it cool on a rack.\n")
    summary = add(index, notes)
    assert counts(summary)[:4] == (0, 1, 0, 2)
    assert 1 <= summary.embedded <= 2
    assert index.search("cool on a rack", 1)[0].passage.document.key == "cooking/bread.md"


def test_moving_and_renaming_embeds_nothing(index: Index, notes: Path) -> None:
    add(index, notes)
    (notes / "cooking").rename(notes / "kitchen")
    assert counts(add(index, notes)) == (2, 0, 2, 1, 0)
    assert {hit.passage.document.key for hit in index.search("soup bread")} >= {"kitchen/soup.md", "kitchen/bread.md"}


def test_swapped_texts_are_both_updated_without_a_model_call(index: Index, notes: Path) -> None:
    add(index, notes)
    one, two = notes / "bees.txt", notes / "wasps.txt"
    two.write_text("Wasps build nests of paper.")
    add(index, notes)
    a, b = one.read_text(), two.read_text()
    one.write_text(b)
    two.write_text(a)
    assert counts(add(index, notes)) == (0, 2, 0, 2, 0)
    assert index.search("wasps paper", 1)[0].passage.document.key == "bees.txt"


def test_the_same_text_in_two_documents_is_stored_twice_and_embedded_once(index: Index, notes: Path) -> None:
    (notes / "copy.txt").write_text((notes / "bees.txt").read_text())
    assert counts(add(index, notes)) == (4, 0, 0, 0, 4)
    assert {hit.passage.document.key for hit in index.search("bees dance", 2)} == {"bees.txt", "copy.txt"}


def test_what_is_gone_is_removed_with_its_words_and_vectors(index: Index, notes: Path) -> None:
    add(index, notes)
    (notes / "bees.txt").unlink()
    assert counts(add(index, notes)) == (0, 0, 1, 2, 0)
    assert index.search("bees", mode="words") == []
    assert index.db.value("select count(*) from vector where hash in (select hash from passage_window)") == 3
    titles = index.db.value("select count(distinct title_hash) from document")
    assert index.db.value("select count(*) from vector") == 3 + titles
    assert all(hit.passage.document.key != "bees.txt" for hit in index.search("bees hive queen"))


def test_of_a_long_passage_only_the_window_that_changed_is_embedded(index: Index, notes: Path) -> None:
    sentences = [f"Sentence number {n} says something about subject{n} and nothing else at all." for n in range(20)]
    (notes / "long.txt").write_text(" ".join(sentences))
    add(index, notes)
    vectors_before = {key for (key,) in index.db.execute("select hash from vector")}
    sentences[10] = sentences[10].replace("subject10", "zeppelins")
    (notes / "long.txt").write_text(" ".join(sentences))
    assert counts(add(index, notes)) == (0, 1, 0, 3, 1)
    made = {key for (key,) in index.db.execute("select hash from vector")} - vectors_before
    (window,) = list(index.db.execute(
        'select substr(p.text, w.start + 1, w."end" - w.start) from passage_window w join passage_whole p'
        " on p.id = w.passage_id where w.hash in (select value from json_each(?))", (json.dumps(list(made)),)
    ))  # fmt: skip
    assert "zeppelins" in window[0]
    assert len(window[0]) <= WINDOW
    assert index.search(window[0], 1, mode="vectors")[0].passage.document.key == "long.txt"


def test_a_new_title_embeds_the_title_alone_and_is_searched(index: Index, notes: Path) -> None:
    add(index, notes)
    before = index.db.value("select count(*) from vector")
    text = (notes / "cooking" / "soup.md").read_text()
    (notes / "cooking" / "soup.md").write_text(re.sub("^# .*", "# Volcanoes", text, count=1, flags=re.MULTILINE))
    assert counts(add(index, notes)) == (0, 1, 0, 2, 0)
    assert index.db.value("select count(*) from vector") == before  # one title for another
    title = index.embedder.embed(["Volcanoes"])[0]
    stored = index.db.value(
        "select data from vector v join document d on d.title_hash = v.hash where d.key = 'cooking/soup.md'"
    )
    np.testing.assert_allclose(vectors.decoded(stored, 64), title, atol=1e-3)


def test_an_index_made_before_windows_is_searched_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    old = [step for step in MIGRATIONS if step < "007"]
    monkeypatch.setattr("rag.store.migrating.MIGRATIONS", old)
    embedder = models.embedder("hash:64")
    text = "Bees dance to tell where flowers are."
    with Database(tmp_path / "old.db", create=True) as db, db.transaction():
        number = vectors.model_id(db, embedder.name, embedder.fingerprint, 64, create=True)
        key = digest(text)
        vectors.put(db, number, [key], embedder.embed([text]))
        for name, value in (("uuid", "u"), ("embedder", embedder.name), ("fingerprint", embedder.fingerprint)):
            db.remember(name, value)
        db.execute("insert into source (name) values ('notes')")
        db.execute("insert into document (source_id, key, text, hash, indexed) values (1, 'bees', ?, '', '')", (text,))
        db.execute(
            'insert into passage (document_id, seq, start, "end", text, hash) values (1, 0, 0, ?, ?, ?)',
            (len(text), text, key),
        )
    monkeypatch.undo()
    with Index(tmp_path / "old.db") as index:
        (hit,) = index.search("where are flowers", 3, mode="vectors")
        assert hit.passage.text == text


def test_a_dry_run_counts_and_writes_nothing(index: Index, notes: Path) -> None:
    summary = index.add("notes", files([notes]), dry_run=True)
    assert counts(summary) == (3, 0, 0, 0, 0)
    assert index.db.value("select count(*) from document") == 0


def test_what_can_no_longer_be_read_is_named_and_keeps_what_was_indexed(index: Index) -> None:
    def broken() -> list[Document]:
        raise InputError("good.txt: cannot be decoded")

    def item(stamp: str, read: Callable[[], list[Document]]) -> Item:
        return Item("good.txt", stamp, read)

    index.add("s", [item("1", lambda: [Document("s", "good.txt", "Good text.")])])
    summary = index.add("s", [item("2", broken)])
    assert counts(summary) == (0, 0, 0, 0, 0)
    assert summary.problems == [("good.txt", "good.txt: cannot be decoded")]
    assert index.search("good", 1)[0].passage.text == "Good text."


def test_on_a_full_disk_nothing_is_lost_and_the_next_run_goes_on(index: Index, notes: Path) -> None:
    add(index, notes)
    (notes / "large.txt").write_text("\n\n".join(f"Line {n} of a large text. " * 30 for n in range(400)))
    index.db.execute(f"pragma max_page_count = {index.db.value('pragma page_count') + 20}")  # SQLite's own full disk
    with pytest.raises(DatabaseError, match="disk is full"):
        add(index, notes)
    assert index.search("soup", 1, mode="words")[0].passage.document.key == "cooking/soup.md"
    index.db.execute("pragma max_page_count = 1000000")
    assert counts(add(index, notes))[:4] == (1, 0, 0, 3)


@pytest.mark.parametrize("mode", ["hybrid", "words", "vectors"])
def test_every_way_of_searching_finds_and_explains(index: Index, notes: Path, mode: str) -> None:
    add(index, notes)
    hit = index.search("Bake at 230 degrees", 3, mode=mode)[0]
    assert hit.passage.text == "Bake at 230 degrees."
    assert hit.passage.document.text[hit.passage.start : hit.passage.end] == hit.passage.text
    assert set(hit.via) == ({"words", "vectors"} if mode == "hybrid" else {mode})
    assert all(via.rank == 1 for via in hit.via.values())


def test_filters_apply_before_ranking(index: Index, notes: Path) -> None:
    for number in range(60):
        (notes / f"bread{number}.txt").write_text(f"Bread bread bread number {number}.")
    add(index, notes)
    only = Filters(prefix="cooking/", since="2024")
    assert [hit.passage.document.key for hit in index.search("bread", 5, filters=only)] == ["cooking/bread.md"] * 2
    assert index.search("bread", 5, filters=Filters(until="2023"))[0].passage.document.key == "cooking/soup.md"
    assert index.search("bread", 5, filters=Filters(source="nowhere")) == []
    assert index.search("bread", 5, filters=Filters(prefix="cook_ng")) == []


def test_nearest_is_exact(index: Index, notes: Path) -> None:
    for number in range(80):
        (notes / f"{number}.txt").write_text(f"Text about thing{number} and thing{number * 7 % 80}.")
    add(index, notes)
    query = index.embedder.embed(["thing7 and thing49"], "query")[0]
    model = index.db.value("select id from model")
    scores = []
    for (number,) in list(index.db.execute("select id from document")):
        passages, made = vectors.of_document(index.db, model, number)
        title = index.db.value("select title from document where id = ?", (number,))
        named = vectors.encoded(index.embedder.embed([title]), "f16")[0] if title else bytes(128)
        titles = np.tile(vectors.decoded(named, 64), (len(made), 1))
        scores.append(float((context.placed(made, passages, np.zeros(len(made)), titles) @ query).max()))
    scores = sorted(scores, reverse=True)[:10]
    found = index.by_vectors("thing7 and thing49", 10)
    np.testing.assert_allclose([score for _, score in found], scores, atol=4e-4)  # rows are of 12 bits a number


def test_the_sidecar_can_be_lost_damaged_or_stale(index: Index, notes: Path, tmp_path: Path) -> None:
    add(index, notes)
    before = index.by_vectors("soup", 5)
    sidecar = tmp_path / "x.db-index"
    for damage in (sidecar.unlink, lambda: sidecar.write_bytes(b"no database at all" * 500)):
        index._neighbours.close()  # type: ignore[union-attr]
        damage()
        same(index.by_vectors("soup", 5), before)
        assert index.behind == 3
    (notes / "new.txt").write_text("Soup of the day is soup.")
    add(index, notes)
    assert len(index.by_vectors("soup", 9)) == 5
    assert index.behind == 0


def same(found: Ranked, expected: Ranked) -> None:
    """The side file keeps 16 bits of a number."""
    assert [number for number, _ in found] == [number for number, _ in expected]
    np.testing.assert_allclose([score for _, score in found], [score for _, score in expected], atol=4e-4)


def test_neighbours_and_similar(index: Index, notes: Path) -> None:
    (notes / "more-bread.txt").write_text("Bread again: sourdough needs a starter and an oven.")
    add(index, notes)
    hit = index.search("Bake at 230 degrees", 1)[0]
    assert [p.text for p in index.around(hit.passage, 1)] == ["Sourdough needs a starter.", "Bake at 230 degrees."]
    assert index.similar("cooking/bread.md", 1)[0].passage.document.key == "more-bread.txt"
    with pytest.raises(InputError, match="no document 'bread'"):
        index.similar("bread")


@pytest.mark.parametrize(
    "question", ['"', "AND OR NOT", "a* (b", "col:umn", "-x", "soup' OR 1", "\x00soup", "🍞", "x" * 5000, "^{}[]~"]
)
def test_no_question_is_syntax(index: Index, notes: Path, question: str) -> None:
    add(index, notes)
    for mode in ("words", "hybrid"):
        index.search(question, mode=mode)


def test_an_empty_question_and_a_bad_k_are_refused(index: Index) -> None:
    with pytest.raises(InputError, match="empty"):
        index.search(" \n")
    with pytest.raises(InputError, match="k is 0"):
        index.search("x", 0)


def test_an_index_remembers_its_embedder(index: Index, notes: Path, tmp_path: Path) -> None:
    add(index, notes)
    with pytest.raises(DatabaseError, match="built with the embedder hash:64, not hash:32"):
        Index(tmp_path / "x.db", "hash:32")
    with Index(tmp_path / "x.db") as again:
        assert again.embedder.name == "hash:64"


def test_the_file_opens_anywhere(index: Index, notes: Path, tmp_path: Path) -> None:
    add(index, notes)
    for sql in ("vacuum", "insert into passage_fts(passage_fts, rank) values ('integrity-check', 1)"):
        index.db.execute(sql)

    def other(*args: str) -> str:  # in processes of their own: never two SQLites on one file in one process
        return subprocess.run([sys.executable, "-m", *args], capture_output=True, text=True, check=True).stdout

    db = str(tmp_path / "x.db")
    (found,) = json.loads(other("sqlite_utils", "search", db, "passage", "sourdough"))
    (row,) = json.loads(other("sqlite_utils", "rows", db, "passage_view", "--where", f"id = {found['id']}"))
    assert row["text"] == "Sourdough needs a starter."
    assert json.loads(other("datasette", db, "--get", "/x/document.json?_shape=array&_col=key"))[0]["key"] == "bees.txt"
    found = json.loads(other("datasette", db, "--get", "/x/passage_searched.json?_search=sourdough&_shape=array"))
    assert [row["text"] for row in found] == ["Sourdough needs a starter."]


def test_bad_databases_are_named(tmp_path: Path, index: Index) -> None:
    with pytest.raises(DatabaseError, match="no index at"):
        Database(tmp_path / "none.db")
    (tmp_path / "junk.db").write_bytes(b"not a database " * 1000)
    with pytest.raises(DatabaseError, match="not a SQLite file"):
        Database(tmp_path / "junk.db")
    with pytest.raises(DatabaseError, match="no folder"):
        Database(tmp_path / "no" / "x.db", create=True)
    index.db.execute("insert into _sqlite_migrations (migration_set, name) values ('rag', '999_future')")
    with pytest.raises(DatabaseError, match=r"newer version.*999_future"):
        Database(tmp_path / "x.db")
    other = apsw.Connection(str(tmp_path / "other.db"))
    other.execute("create table document (a)")
    other.close()
    with pytest.raises(DatabaseError, match="not an index of rag"):
        Database(tmp_path / "other.db")


def test_a_vector_that_is_not_one_is_refused_and_a_damaged_one_is_named(index: Index, notes: Path) -> None:
    from rag.errors import ModelError

    add(index, notes)
    with pytest.raises(ModelError, match="not finite"):
        vectors.put(index.db, 1, ["x"], np.full((1, 64), np.nan, dtype=np.float32))
    index.db.execute("update vector set data = zeroblob(256)")
    Path(f"{index.db.path}-index").unlink()
    with pytest.raises(DatabaseError, match="damaged vector"):
        index.by_vectors("soup", 5)


def test_a_second_writer_gets_a_clear_message(index: Index, notes: Path, tmp_path: Path) -> None:
    with index.db.writer():
        run = subprocess.run(
            [*RAG, "index", str(notes), "-d", str(tmp_path / "x.db")], capture_output=True, text=True, check=False
        )
    assert run.returncode == 4
    assert "another rag is writing" in run.stderr


SLOW = """
import sys, time
from rag import Index
from rag.models import embedder
from rag.sources import Item, files
made = embedder("hash:64")
plain = made.embed
def embed(texts, kind="passage"):
    print("embedding", flush=True)
    return plain(texts, kind)
made.embed = embed
import rag.index.adding
import rag.index.batch
rag.index.adding.BATCH = 5
rag.index.batch.BYTES = 500
with Index(sys.argv[2], made, create=True) as index:
    print(index.add("notes", files([sys.argv[1]])).embedded)
"""


def test_killed_at_any_moment_it_goes_on_where_it_was(tmp_path: Path) -> None:
    folder, db = tmp_path / "many", tmp_path / "k.db"
    folder.mkdir()
    for number in range(60):
        (folder / f"{number:02}.txt").write_text(f"Text number {number}.")

    for after in (1, 2, 3, 1, 2):
        process = subprocess.Popen([sys.executable, "-c", SLOW, folder, db], stdout=subprocess.PIPE, text=True)
        assert process.stdout
        for _ in range(after):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        process.wait()
        process.stdout.close()

        with Index(db, "hash:64") as index:  # usable, and whole as far as it goes
            index.db.execute("insert into passage_fts(passage_fts, rank) values ('integrity-check', 1)")
            documents = index.db.value("select count(*) from document")
            assert index.db.value("select count(*) from passage") == documents
            assert index.db.value("select count(*) from vector") >= documents
    with Index(db, "hash:64") as index:
        summary = index.add("notes", files([folder]))
        assert summary.embedded == summary.added < 60
        assert index.db.value("select count(*) from document") == 60
        assert len(index.search("text number 7", 60, mode="vectors")) == 60


def test_the_command_line_prints_data_on_stdout_and_the_rest_on_stderr(notes: Path, tmp_path: Path) -> None:
    env = {**os.environ, "RAG_DB": str(tmp_path / "c.db"), "RAG_EMBEDDER": "hash:64"}

    def rag(*args: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run([*RAG, *args], capture_output=True, text=True, env=env, check=False)

    missing = rag("search", "x")
    assert (missing.returncode, missing.stdout) == (4, "")
    assert "hint: Make one: rag index" in missing.stderr
    done = rag("index", str(notes), "--format", "json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["added"] == 3
    found = rag("search", "sourdough", "--format", "jsonl", "-k", "1", "--context", "1")
    row = json.loads(found.stdout)
    assert row["key"] == "cooking/bread.md"
    assert [part["content"] for part in row["context"]] == ["Sourdough needs a starter.", "Bake at 230 degrees."]
    assert rag("search", "sourdough", "--format", "csv").stdout.startswith("id,score,content")
    assert rag("search", "sourdough", "--since", "soon").returncode == 2
    assert rag("index", str(tmp_path / "nothing")).returncode == 2
