"""The text of a passage is written once, in its document; whoever changes what, words and texts stay as they were."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rag import Index
from rag.store import putting, recover
from rag.types import Document

LONG = " ".join(f"Paragraph {n} of the long one says word{n}." for n in range(4000))
TEXTS = {
    "short": "Sourdough needs a starter.",
    "wide": "Größe 予算 💡 wide characters stand before.\n\n" + "Die Öfen sind heiß. " * 150,
    "nul": "Before the mark.\n\n" + "All is well here. " * 60 + "\0 behind it the zebra.",
    "long": LONG,
}


class Given:
    """A document as an item of a source."""

    def __init__(self, key: str, text: str) -> None:
        self.key, self.text, self.stamp = key, text, str(hash(text))

    def read(self) -> list[Document]:
        return [Document("notes", self.key, self.text)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("once") / "x.db"
    with Index(path, "hash:64", create=True) as index:
        index.add("notes", [Given(key, text) for key, text in TEXTS.items()])
    return path


@pytest.fixture
def index(made: Path, tmp_path: Path) -> Iterator[Index]:
    shutil.copy(made, tmp_path / "x.db")
    with Index(tmp_path / "x.db", "hash:64") as opened:
        yield opened


def check(index: Index) -> None:
    """Words are those of the texts, and each text is its document's."""
    index.db.execute("insert into passage_fts(passage_fts, rank) values ('integrity-check', 1)")
    for text, passage, start, end in index.db.execute(
        'select d.text, p.text, p.start, p."end" from passage_whole p join document d on d.id = p.document_id'
    ):
        assert passage == text[start:end] != ""


def own(index: Index, key: str) -> list[bool]:
    """Which passages of a document have a text of their own, in order."""
    rows = index.db.execute(
        "select p.own != '' from passage p join document d on d.id = p.document_id where d.key = ? order by p.seq",
        (key,),
    )
    return [bool(value) for (value,) in rows]


def test_only_what_a_document_does_not_give_is_written_twice(index: Index) -> None:
    check(index)
    assert not any(own(index, "short") + own(index, "wide"))
    assert own(index, "nul")[-1]
    assert "zebra" in index.search("zebra", 1, mode="words")[0].passage.text
    far = [end > putting.FAR for (end,) in index.db.execute(
        'select p."end" from passage p join document d on d.id = p.document_id where d.key = ? order by seq', ("long",)
    )]  # fmt: skip
    assert own(index, "long") == far
    assert set(far) == {True, False}


def test_documents_that_are_edited_again_and_again_are_found_by_what_they_say(index: Index) -> None:
    chance = random.Random(3)
    for turn in range(12):
        texts = {}
        for key, text in TEXTS.items():
            words = text[: 4000 if key == "long" else None].split(" ")
            for _ in range(chance.randrange(4)):
                words[chance.randrange(len(words))] = chance.choice(["", "altered", f"turn{turn}", "ß\n\n", "\0"])
            texts[key] = " ".join(words) or "nothing"
        index.add("notes", [Given(key, text) for key, text in texts.items() if chance.random() < 0.9])
        check(index)


@pytest.mark.parametrize("sql", [
    "update document set text = 'Another text altogether.'", "update document set text = substr(text, 3)",
    "delete from document where key in ('wide', 'long')", "delete from source",
    "update passage set own = 'What somebody wrote here.' where seq = 0", "delete from passage where seq > 0",
    "update passage set heading = 'New', start = start + 1 where seq < 3",
    "update document set text = 'A' || text; update document set text = substr(text, 2); delete from document",
])  # fmt: skip
def test_another_program_may_change_anything(index: Index, sql: str) -> None:
    path, before = index.db.path, dict(index.db.execute("select id, text from passage_whole"))
    index.close()
    with closing(sqlite3.connect(path)) as other:
        other.executescript(f"pragma foreign_keys = on; {sql};")
        other.execute("insert into passage_fts(passage_fts, rank) values ('integrity-check', 1)")
        after = dict(other.execute("select id, text from passage_whole"))
        if "document set" in sql and "delete" not in sql:
            assert after == before


def test_a_file_of_before_is_upgraded_and_recovered(index: Index, tmp_path: Path) -> None:
    """What an older version wrote: the text in every passage, in a column of another name."""
    texts = list(index.db.execute("select id, text from passage_whole order by id"))
    index.db.execute(
        "drop trigger passage_fts_change; drop trigger passage_fts_update; drop trigger passage_fts_insert;"
        "drop trigger passage_fts_delete; drop trigger document_text; drop trigger document_passages;"
        "drop view passage_view; drop view embeddings; drop view clustered;"
        "update passage set own = (select text from passage_whole w where w.id = passage.id);"
        "drop view passage_searched; drop view passage_whole; alter table passage rename column own to text;"
        "create view passage_searched as select 1; create view passage_view as select 1;"
        "create view embeddings as select 1; create view clustered as select 1;"
        "create trigger passage_fts_insert after insert on passage begin select 1; end;"
        "create trigger passage_fts_delete after delete on passage begin select 1; end;"
        "create trigger passage_fts_update after update on passage begin select 1; end;"
        "delete from _sqlite_migrations where name = '022_once'"
    )
    index.close()
    recover.recover(tmp_path / "x.db", tmp_path / "saved.db")
    for name in ("x.db", "saved.db"):
        with Index(tmp_path / name, "hash:64") as opened:
            assert list(opened.db.execute("select id, text from passage_whole order by id")) == texts
            check(opened)
            assert (own(opened, "short"), own(opened, "nul")[-1]) == ([False], True)
