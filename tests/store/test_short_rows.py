"""Rows that say nothing twice: hashes of 22 characters, old files made so, equal texts with one vector."""

from __future__ import annotations

import gzip
import tempfile
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import apsw
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shell import items

from rag.doctor import examine
from rag.index import Index
from rag.models.hashing import HashingEmbedder
from rag.store import Database, documents, size, sources
from rag.store.hashes import digest, hashed, long, short
from rag.store.merging import content, merge
from rag.types import Document

SAMPLES = sorted((Path(__file__).parents[2] / "eval" / "reliability" / "schemas").glob("*.db.gz"))
TEXTS = {
    "bees.md": "Bees dance to tell where flowers are.",
    "soup.md": "Onions make the soup sweet.",
    "é.md": "Zürich 🍞",
}


class Counting(HashingEmbedder):
    asked = 0

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Any:
        Counting.asked += len(texts)
        return super().embed(texts, kind)


@given(st.text(max_size=50))
def test_a_hash_is_the_same_long_and_short(text: str) -> None:
    assert len(hashed(text)) == 22
    assert (long(hashed(text)), short(digest(text))) == (digest(text), hashed(text))
    assert short(hashed(text)) == hashed(text)  # made short twice, as where a killed upgrade goes on
    assert (short(""), long(""), short(text)) == ("", "", text if len(text) != 32 else short(text))


def old(sample: Path, path: Path) -> Path:
    """A file as an older version made it; with a seal, where it had them, as it was computed then."""
    path.write_bytes(gzip.decompress(sample.read_bytes()))
    with closing(apsw.Connection(str(path))) as db:
        if "010" <= sample.name < "020":
            for number, *row in list(
                db.execute(
                    "select d.id, d.key, d.title, d.url, d.author, d.date, d.kind, d.meta, d.hash, d.title_hash,"
                    ' p.seq, p.start, p."end", p.title, p.heading, p.identifiers, p.hash, p.seq, w.seq, w.start,'
                    ' w."end", w.hash from document d join passage p on p.document_id = d.id'
                    " join passage_window w on w.passage_id = p.id"
                )
            ):
                db.execute("drop trigger if exists document_changed")
                db.execute("update document set seal = ? where id = ?", (digest(*map(str, row)), number))
    return path


@pytest.mark.parametrize("sample", SAMPLES, ids=[sample.name[:3] for sample in SAMPLES])
def test_an_old_file_is_upgraded_and_nothing_is_embedded_again(sample: Path, tmp_path: Path) -> None:
    path = old(sample, tmp_path / "x.db")
    Counting.asked = 0
    with Index(path, Counting(64)) as index:
        assert {len(hash_) for (hash_,) in index.db.execute("select hash from vector")} == {22}
        assert {len(hash_) for (hash_,) in index.db.execute("select hash from document")} <= {documents.SHORT, 22}
        assert not [one for one in examine(index.db) if one.problem and one.check not in ("sidecar", "triggers")]
        if "010" <= sample.name < "020":
            for number, seal in index.db.execute("select id, seal from document"):
                assert len(seal) == 11
                assert documents.seal(index.db, number) == seal[: documents.SEAL]
        same = [
            Document("notes", key, text, date="2024-01-01", meta={"a": number})
            for number, (key, text) in enumerate(TEXTS.items(), 1)
        ]
        cut = index.add("notes", items(same))  # text has been cut in another manner since, to the same passages here
        assert (cut.unchanged + cut.changed, cut.embedded) == (3, 0)
        assert index.add("notes", items(same)).unchanged == 3
        assert [hit.passage.document.key for hit in index.search("bees dance", 1, mode="words")] == ["bees.md"]
        assert isinstance(index.db, Database)
        assert index.db.setting(size.SHORTER) is True
        size.compact(index.db)
        assert index.db.setting(size.SHORTER) is None
        assert [hit.passage.document.key for hit in index.search("bees dance", 1, mode="words")] == ["bees.md"]
    assert Counting.asked == 0


def test_writing_every_page_anew_keeps_what_is_temporary_in_a_file(tmp_path: Path) -> None:
    with Index(tmp_path / "x.db", "hash:16", create=True) as index, index.db.writer():
        assert isinstance(index.db, Database)
        index.add("notes", items([Document("notes", "a", "The bees dance.")]))
        index.db.execute("create table ballast (data blob)")
        for _ in range(280):
            index.db.execute("insert into ballast values (randomblob(1000000))")
        apsw.status(apsw.SQLITE_STATUS_MEMORY_USED, True)
        size.compact(index.db, whole=True)
        assert apsw.status(apsw.SQLITE_STATUS_MEMORY_USED)[1] < 450_000_000  # a copy in memory: 600
        assert index.db.value("select count(*) from ballast where length(data) = 1000000") == 280
        assert index.search("bees", 1)


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["One.", "Two.", "Three."])), max_size=8))
def test_equal_texts_share_one_vector(said: list[tuple[str, str]]) -> None:
    with tempfile.TemporaryDirectory() as folder, Index(Path(folder) / "x.db", "hash:16", create=True) as index:
        for key, text in said:
            index.add("notes", items([Document("notes", key, text, title=text)]), prune=False)
        last = dict(said)
        assert index.db.value("select count(*) from vector") == len(set(last.values()))
        rows = index.db.execute("select d.key, v.id from document d join vector v on v.hash = d.title_hash")
        assert len({number for _, number in rows}) == len(set(last.values()))
        windows = "select count(distinct hash) from passage_window"
        assert index.db.value(windows) == len(set(last.values()))


def test_a_document_says_once_when_it_changed_and_merging_goes_by_it(tmp_path: Path) -> None:
    """One file from before, with a row of each document's clock, and one of today come to the same."""
    for name in "ab":
        old(next(one for one in SAMPLES if one.name.startswith("019")), tmp_path / f"{name}.db")
    with Index(tmp_path / "a.db") as ours, Index(tmp_path / "b.db") as theirs:
        assert isinstance(ours.db, Database)
        assert isinstance(theirs.db, Database)
        ours.add("notes", items([Document("notes", "soup.md", "Leeks, too.")]), prune=False)
        theirs.add("notes", items([Document("notes", "new.md", "New.")]), prune=False)
        with theirs.db.transaction():
            documents.remove(theirs.db, [documents.find(theirs.db, "bees.md")[0]])
        kept = "select key from document_clock order by key"
        assert [key for (key,) in ours.db.execute(kept)] == ["bees.md", "é.md"]
        assert [key for (key,) in theirs.db.execute(kept)] == ["soup.md", "é.md"]
        assert ("bees.md", 1) in set(theirs.db.execute("select key, deleted from document_stamp"))
        merge(ours.db, theirs.db)
        merge(theirs.db, ours.db)
        assert content(ours.db) == content(theirs.db)
        assert sorted(documents.keys(ours.db).values()) == ["new.md", "soup.md", "é.md"]
        changes = {row["key"]: row["change"] for row in sources.changes(ours.db)}
        assert changes == {"bees.md": "removed", "new.md": "added", "soup.md": "added", "é.md": "added"}
        with ours.db.transaction():
            ours.db.execute("delete from source")  # as another program might
        assert {row["source"] for row in sources.changes(ours.db)} == {"notes"}
