"""What every engine promises, whichever it is: the same ids, texts, filters, orders and scores, and nothing lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rag import Index, chunking, doctor
from rag.errors import DatabaseError
from rag.index import named
from rag.sources import Item
from rag.store import answers, documents, jobs, neighbours, opened, pages, runs, sources, tokens, vectors
from rag.store.filters import Filters
from rag.types import Document

TEXTS = {
    "bread.md": "Sourdough needs a starter.\n\nBake the bread at 230 degrees. The crust needs steam.",
    "soup.md": "Onions make the soup sweet.\n\nIn Köln they say “Zwiebelsuppe”; 東京都 has ramen.",
    "bees.txt": "Bees dance to show where the flowers are.\n\nA hive has one queen.\n\nsqlite-utils v2.10.1 has bees.",
    "zeit.txt": "Die Dampfschifffahrt auf der Donau ist nicht neu, und die Schifffahrtsgesellschaft auch nicht.",
}
DATES = {"bread.md": "2024-03-01", "soup.md": "2023-05-05"}
TARGET = 60  # so that documents have several passages
Address = str


class Given:
    """A document in hand as an item."""

    def __init__(self, key: str, text: str, **fields: Any) -> None:
        self.key, self.stamp, self.text, self.fields = key, "", text, fields

    def read(self) -> list[Document]:
        return [Document("notes", self.key, self.text, **self.fields)]


def given(texts: dict[str, str] = TEXTS) -> list[Item]:
    return [Given(key, text, title=key.split(".")[0], date=DATES.get(key, "")) for key, text in texts.items()]


@pytest.fixture
def index(address: Address) -> Iterator[Index]:
    with Index(opened(address, create=True), "hash:64", target=TARGET) as made:
        made.add("notes", given(), kind="table")
        yield made


def pieces(text: str) -> list[str]:
    return [passage.text for passage in chunking.split(Document("notes", "x.txt", text), TARGET)]


def keys(index: Index, question: str, **options: object) -> list[str]:
    return [hit.passage.document.key for hit in index.search(question, **options)]  # type: ignore[arg-type]


def test_texts_and_offsets_come_back_as_they_were(index: Index) -> None:
    found = {document.key: document.text for document in documents.all_documents(index.db)}
    assert found == TEXTS
    for hit in index.search("bees soup bread", 20):
        assert hit.passage.document.text[hit.passage.start : hit.passage.end] == hit.passage.text


def test_the_same_again_changes_nothing(index: Index) -> None:
    before = [sorted(documents.keys(index.db).items()), sources.version(index.db), documents.counts(index.db)]
    again = index.add("notes", given(), kind="table")
    assert (again.added, again.changed, again.removed, again.unchanged, again.embedded) == (0, 0, 0, 4, 0)
    assert [sorted(documents.keys(index.db).items()), sources.version(index.db), documents.counts(index.db)] == before


def test_a_document_of_another_kind_is_cut_as_a_new_one(address: Address) -> None:
    """Its text is the same, and so are its passages; a fence is one block in Markdown, and lines in plain text."""
    text = "```\n" + "word and\n" * 90 + "```"
    cut = {
        kind: chunking.windows(chunking.split(Document("s", "a", text, kind=kind), 1000)[0])
        for kind in ("markdown", "text")
    }
    assert cut["markdown"] != cut["text"]
    with Index(opened(address, create=True), "hash:64", target=1000) as index:
        for kind in ("markdown", "text", "markdown"):
            index.add("s", [Given("a", text, kind=kind)])
            rows = list(index.db.execute('select start, "end" from passage_window order by seq'))
            assert rows == cut[kind]
            assert not [found for found in doctor.examine(index.db) if found.problem]


def test_a_text_with_a_zero_character_is_whole_and_sound(address: Address) -> None:
    """SQLite's own functions stop at it."""
    text = "Ants dig.\n\nBees \0 dance.\n\n" + "Wasps\0 build nests. " * 40
    with Index(opened(address, create=True), "hash:64", target=TARGET) as index:
        index.add("s", [Given("a", text)])
        assert not [found for found in doctor.examine(index.db) if found.problem]
        assert index.search("who dances", 1)[0].passage.text.endswith("Bees \0 dance.")
        index.db.execute("delete from vector")
        doctor.examine(index.db, fix=True)
        assert not [found for found in doctor.examine(index.db) if found.problem]
        assert [document.text for document in documents.all_documents(index.db)] == [text]


def test_a_document_is_replaced_whole_and_passages_that_stay_keep_their_numbers(index: Index) -> None:
    before = {hit.passage.text: hit.passage.id for hit in index.search("bees hive sqlite", 20)}
    text = TEXTS["bees.txt"].replace("A hive has one queen.", "A hive has one queen and many drones.")
    done = index.add("notes", given({**TEXTS, "bees.txt": text}), kind="table")
    assert (done.changed, done.unchanged) == (1, 3)
    after = {hit.passage.text: hit.passage.id for hit in index.search("bees hive sqlite drones", 20)}
    assert all(after[text] == number for text, number in before.items() if text in after)
    assert documents.find(index.db, "bees.txt")[1].text == text
    number, document = documents.find(index.db, "bees.txt")
    stored = pages.passages(index.db, number)
    assert [row["text"] for row in stored] == [document.text[row["start"] : row["end"]] for row in stored]
    assert len(stored) == len({row["start"] for row in stored}) == len(pieces(document.text))


def test_a_write_that_fails_leaves_what_was_there(index: Index) -> None:
    before = documents.counts(index.db)

    def fails() -> None:
        with index.db.transaction():
            documents.remove(index.db, documents.ids(index.db))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert documents.counts(index.db) == before
    assert keys(index, "soup onions", k=1) == ["soup.md"]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        (Filters(since="2024"), {"bread.md"}),
        (Filters(until="2023"), {"soup.md"}),
        (Filters(prefix="bee"), {"bees.txt"}),
        (Filters(source="notes"), set(TEXTS)),
        (Filters(source="others"), set()),
        (Filters(sources=("others", "notes")), set(TEXTS)),
    ],
)
def test_filters_hold_before_ranking(index: Index, filters: Filters, expected: set[str]) -> None:
    assert {documents.load(index.db, [n])[n].key for n in documents.ids(index.db, filters)} == expected
    question = "bees onions starter Dampfschifffahrt"
    for mode in ("words", "vectors", "hybrid"):
        assert set(keys(index, question, k=20, mode=mode, filters=filters)) == expected, mode


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("year > 2020", {"a"}), ("year >= 2020", {"a", "b"}), ("year != 2021", {"b", "c"}), ('tags has "web"', {"a"}),
        ("#web/css", {"b"}), ("draft", {"a"}), ("not draft", {"b", "c"}), ("draft = false", {"b"}),
        ('project.name = "x"', {"a"}), ("date >= 2024-03", {"a"}), ('title ~ "NOTE"', {"a", "b", "c"}),
        ('year in (2020, "2021")', {"a", "b"}), ('links = "c"', {"a"}), ("backlinks", {"c"}), ('key < "b"', {"a"}),
    ],
)  # fmt: skip
def test_conditions_over_metadata(index: Index, condition: str, expected: set[str]) -> None:
    notes = {
        "a": {"year": 2021, "tags": ["web", "cli"], "draft": True, "project": {"name": "x"}, "links": ["c"]},
        "b": {"year": "2020", "tags": ["web/css"], "draft": False, "project": "x"},
        "c": {},
    }
    items = [
        Given(f"{key}.md", f"Text of {key}.", title=f"Note {key}", date="2024-03-01" if key == "a" else "", meta=meta)
        for key, meta in notes.items()
    ]
    index.add("meta", items, kind="table")
    only = Filters(source="meta", condition=condition)
    found = {documents.load(index.db, [n])[n].key.removesuffix(".md") for n in documents.ids(index.db, only)}
    assert found == expected
    assert {key.removesuffix(".md") for key in keys(index, "text note", k=9, filters=only)} == expected


QUESTIONS = (
    "How hot is the oven for bread?", '"one queen"', "sqlite-utils 2.10.1", "Schifffahrt auf der Donau", "東京", "KÖLN",
    "zwiebelsuppe", "the crust", "flowers dance hive steam", "crusts", "Dampf",
)  # fmt: skip


def test_rankings_and_scores_are_those_of_a_file(index: Index, tmp_path: Path) -> None:
    with Index(opened(str(tmp_path / "file.db"), create=True), "hash:64", target=TARGET) as other:
        other.add("notes", given(), kind="table")
        for question in QUESTIONS:
            for mode in ("words", "vectors", "hybrid"):
                found, expected = (
                    [(hit.passage.text, hit.score) for hit in one.search(question, 10, mode=mode)]
                    for one in (index, other)
                )
                assert [text for text, _ in found] == [text for text, _ in expected], (question, mode)
                scores = [score for _, score in expected]  # the side file of a file keeps 16 bits of a number
                assert [score for _, score in found] == pytest.approx(scores, abs=1e-3), (question, mode)


def test_exact_neighbours_are_those_of_numpy(index: Index) -> None:
    model = vectors.model_id(index.db, "hash:64", index.embedder.fingerprint, 64)
    vector = index.embedder.embed(["bees and bread"], "query")[0]
    near = neighbours(index.db, model, 64)
    found = near.nearest(vector, 3, exact=True)
    near.close()
    assert [score for _, score in found] == sorted((score for _, score in found), reverse=True)
    whole = sorted(index.by_vectors("bees and bread", 100), key=lambda entry: (-entry[1], entry[0]))[:3]
    assert [number for number, _ in found] == [number for number, _ in whole]
    assert [score for _, score in found] == pytest.approx([score for _, score in whole], abs=1e-6)
    assert all(np.isfinite(score) for _, score in found)


def test_another_embedder_is_refused(index: Index, address: Address) -> None:
    with pytest.raises(DatabaseError, match="hash:64"):
        Index(address, "hash:32")


def test_changes_since_a_version(index: Index) -> None:
    db, since = index.db, sources.version(index.db)
    assert {row["change"] for row in sources.changes(db)} == {"added"}
    texts = {key: text for key, text in TEXTS.items() if key != "soup.md"} | {"new.md": "A new note about cheese."}
    index.add("notes", given({**texts, "bees.txt": "Bees sleep."}), kind="table", prune=True)
    assert {(row["key"], row["change"]) for row in sources.changes(db, since)} == {
        ("soup.md", "removed"), ("new.md", "added"), ("bees.txt", "changed"),
    }  # fmt: skip
    assert sources.status(db, since) == {"notes": {"added": 1, "changed": 1, "removed": 1}}
    assert not list(sources.changes(db, sources.version(db)))


def test_what_is_new_to_a_saved_search(index: Index) -> None:
    newest = index.db.last_passage()
    sources.add_alert(index.db, "cheese", "cheese", 0.1)
    index.add("more", [Given("cheese.md", "Cheese needs time.")], kind="table")
    assert keys(index, "cheese bees", filters=Filters(after=newest)) == ["cheese.md"]
    assert sources.alert(index.db, "cheese").seen == newest


CLAIM = """
import sys
from rag.store import opened
with opened(sys.argv[1]) as db, db.claim("-x", int(sys.argv[2])) as ours:
    print(ours)
"""


def claimed(address: Address, number: int) -> str:
    """By another process."""
    command = [sys.executable, "-c", CLAIM, address, str(number)]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()


def test_two_writers(index: Index, address: Address) -> None:
    with opened(address) as other, index.db.writer(), pytest.raises(DatabaseError, match="writing"), other.writer():
        pass
    with index.db.claim("-x", 7) as ours:
        assert ours
        assert [claimed(address, 7), claimed(address, 8)] == ["False", "True"]
    assert claimed(address, 7) == "True"


def test_answers_jobs_runs_and_tokens(index: Index) -> None:
    db = index.db
    given = {"answerable": True, "citations": [], "model": "none", "question": "q", "answer": "a\0b", "trace": {}}
    number = answers.add(db, answers.Logged("q", "a\0b", given, {}, (("x", "y"),)))
    assert answers.get(db, number).answer == "a\0b"
    assert pages.thumb(db, number, 1)
    assert not pages.thumb(db, number + 1, 1)
    assert pages.answers(db)[0]["thumb"] == 1
    job = jobs.begin(db, jobs.Job("h", {"type": "object"}, "s", "p", "ph", "m", "f"))
    entries = [jobs.Entry(n, "notes", f"k{n}", f"hash{n % 2}") for n in range(3)]
    assert jobs.register(db, job, entries) == {"hash0": "pending", "hash1": "pending"}
    jobs.save(db, job, [jobs.Result("hash0", "done", {"a": [1]}, tokens_out=3)])
    assert [result.status for _, result in jobs.results(db, job)] == ["done", "pending", "done"]
    assert [entry.seq for entry, _ in jobs.results(db, job, "done", offset=1, limit=1)] == [2]
    assert (jobs.counts(db, job).done, jobs.counts(db, job).pending, jobs.mean_output(db, job)) == (2, 1, 3.0)
    jobs.write_table(db, "people", [("name", "text"), ("age", "integer"), ("more", "text")], [("Ada", 36, [1])])
    assert next(iter(db.execute('select name, age, more from "people"'))) == ("Ada", 36, "[1]")
    run = runs.begin(db, runs.Run("suite", "system", "search", "fp", {}, {}, 1))
    runs.add(db, run, [runs.Row("c1", "q", {"ids": [1]}, {"nDCG@10": (0.5, 1.0)})])
    assert runs.unfinished(db, "fp") == run
    runs.finish(db, run)
    assert runs.outcomes(db, run)[0].scores == {"nDCG@10": (0.5, 1.0)}
    assert [one.id for one in runs.runs(db)] == [one.id for one in runs.runs(db, ids=[run])] == [run]
    secret = tokens.create(db, "laptop", ("read",), ("notes",), 1)
    found = tokens.find(db, secret)
    assert found is not None
    assert (found.name, found.sources, found.state) == ("laptop", ("notes",), "valid")


def test_documents_page_by_page(index: Index) -> None:
    first = pages.documents(index.db, Filters(), size=2)
    rest = pages.documents(index.db, Filters(), after=first[-1]["id"])
    assert [row["key"] for row in (*first, *rest)] == list(TEXTS)
    assert [row["key"] for row in pages.documents(index.db, Filters(), words="BEE")] == ["bees.txt"]
    assert pages.ids_of(index.db, [("notes", "soup.md"), ("x", "soup.md")]).keys() == {("notes", "soup.md")}
    assert len(index.around(index.search("queen", 1)[0].passage, 5)) >= 1


def test_a_source_is_forgotten(index: Index) -> None:
    assert sources.remove(index.db, "notes") == 4
    vectors.prune(index.db)
    assert documents.counts(index.db) == documents.Counts()
    assert index.search("bees", 5) == []


KILLED = """
import os, sys
from rag import Index, chunking, doctor
from rag.index import batch
from rag.store import opened
from test_contract import Given
batch.BYTES = 5000
class Last(Given):
    def read(self):
        os.kill(os.getpid(), 9)
items = [Given(f"{n}.md", f"Note {n} says number {n} and more words about it.") for n in range(150)]
with Index(opened(sys.argv[1], create=True), "hash:64") as index:
    index.add("many", [*items, Last("last.md", "x")], kind="table")
"""


def test_killed_in_the_middle_the_next_run_goes_on(index: Index, address: Address) -> None:
    done = subprocess.run([sys.executable, "-c", KILLED, address], cwd=Path(__file__).parent, check=False)
    assert done.returncode == -9
    kept = len(documents.ids(index.db, Filters(source="many")))
    assert 0 < kept < 150  # whole documents, those of the last commit
    items: list[Item] = [Given(f"{n}.md", f"Note {n} says number {n} and more words about it.") for n in range(150)]
    again = index.add("many", items, kind="table")
    assert (again.unchanged, again.added) == (kept, 150 - kept)
    assert again.embedded == 150 - kept
    assert keys(index, "number 149", k=1) == ["149.md"]


def test_what_the_first_passage_names_comes_up(index: Index) -> None:
    index.add("more", [Given("hive", "What bees and soup share: see The Queen of Sheba.", title="Hive")], kind="table")
    index.add("queen", [Given("q", "Gold and spices by camel.", title="The Queen of Sheba")], kind="table")
    numbers = {key: number for number, key in documents.keys(index.db).items()}
    ranked = [(numbers["hive"], 0.9), (numbers["zeit.txt"], 0.5), (numbers["q"], 0.4)]
    found = [number for number, _ in named.raised(index.db, ranked)]
    assert found == [numbers["hive"], numbers["q"], numbers["zeit.txt"]]


def test_a_slip_of_the_finger_is_read_as_the_word_of_the_index(index: Index) -> None:
    assert index.respelled("how hot is the braed") == {"braed": "bread"}
    assert keys(index, "sourdougth", mode="words", k=1) == ["bread.md"]
    assert index.respelled("sourdougth", Filters(prefix="soup")) == {}
