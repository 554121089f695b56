"""Questions with words that very many passages hold: quicker, and the best are the same."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from rag.store import Database, fts5, put, rarity, words
from rag.store.documents import Chunk, Entry, source_id
from rag.store.filters import Filters
from rag.store.hashes import hashed
from rag.types import Document, Passage

WEIGHTS = (2.0, 1.5, 1.0, 0.5)
WORDS = [f"w{chr(97 + n // 26)}{chr(97 + n % 26)}x" for n in range(200)]


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """600 passages of words as frequent as Zipf has it."""
    chance = random.Random(4)
    shares = [1 / (n + 1) for n in range(len(WORDS))]
    with Database(tmp_path_factory.mktemp("words") / "x.db", create=True) as opened:
        with opened.transaction():
            source = source_id(opened, "s")
            for number in range(600):
                text = " ".join(chance.choices(WORDS, shares, k=chance.randint(8, 30)))
                document = Document("s", f"{number}", text)
                chunk = Chunk(Passage(document, 0, len(text), text), hashed(text))
                put(opened, source, [Entry(document, [chunk], f"{number}", "", hashed(text))])
        yield opened


def test_the_best_are_those_of_all_words(db: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    chance, divided, same = random.Random(9), 0, 0
    for _ in range(40):
        asked = [*chance.sample(WORDS[:12], 3), *chance.sample(WORDS[40:], 2)]
        match = " OR ".join(f'"{word}"' for word in asked)
        whole = dict(db.by_words(match, 1000, Filters(), WEIGHTS))
        with monkeypatch.context() as patched:
            patched.setattr(rarity, "POSTINGS", 40)
            found = db.by_words(match, 100, Filters(), WEIGHTS)
            divided += len(list(rarity.divisions(*fts5._counts(db.connection, match)))) > 1
        assert {number: score for number, score in found if whole[number] != pytest.approx(score)} == {}
        assert found == sorted(found, key=lambda entry: (-entry[1], entry[0]))
        same += len({number for number, _ in found[:10]} & set(list(whole)[:10]))
    assert divided == 40
    assert same >= 0.9 * 400  # words are drawn anew each time here, so common ones are repeated more than in a text


def test_the_commonest_words_are_counted_in_the_texts_of_the_best(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scores are those of all words, and the best nearly the same."""
    chance, idle, same = random.Random(5), 0, 0
    for _ in range(30):
        asked = [*chance.sample(WORDS[:6], 2), *chance.sample(WORDS[30:], 4)]
        match = " OR ".join(f'"{word}"' for word in asked)
        whole = dict(db.by_words(match, 1000, Filters(), WEIGHTS))
        with monkeypatch.context() as patched:
            patched.setattr(rarity, "POSTINGS", 40)
            patched.setattr(rarity, "PLACES", 200)
            found = db.by_words(match, 200, Filters(), WEIGHTS)
            _, counts, total = fts5._counts(db.connection, match)
            idle += len(rarity.idle(counts, total)) > 0
        assert {number: score for number, score in found if whole[number] != pytest.approx(score)} == {}
        assert found == sorted(found, key=lambda entry: (-entry[1], entry[0]))
        same += len({number for number, _ in found[:10]} & set(list(whole)[:10]))
    assert idle >= 20
    assert same >= 0.9 * 300


def test_words_are_looked_up_where_they_say_much_or_few_others_are_left() -> None:
    common = {f"common{n}": 60_000 for n in range(3)}
    rare = {f"rare{n}": 10 for n in range(4)}
    total = 1_000_000
    assert rarity.idle({**rare, **common}, total) == ["common2", "common1"]  # until the others are few enough
    assert rarity.idle({**rare, "common": 60_000}, total) == []
    assert rarity.idle({"rare0": 10, **common}, total) == ["common2"]  # two would be more than a quarter of all
    assert rarity.idle(common, total) == []
    assert rarity.idle({"rare0": 10, "common": 290_000}, total) == []


def test_passages_with_one_word_alone_are_scored_only_if_they_could_be_among_the_best(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    some = [WORDS[2], WORDS[5], WORDS[40]]
    match = " OR ".join(f'"{word}"' for word in some)
    whole = db.by_words(match, 1000, Filters(), WEIGHTS)
    texts = dict(db.execute("select id, text from passage_whole"))
    several = [row for row in whole if sum(word in texts[row[0]].split() for word in some) > 1]
    monkeypatch.setattr(rarity, "POSTINGS", 500)
    monkeypatch.setattr(rarity, "ALONE", 0.0)
    assert whole[:20] != several[:20]
    assert db.by_words(match, 20, Filters(), WEIGHTS) == [(n, pytest.approx(score)) for n, score in several[:20]]
    more = db.by_words(match, len(several) + 1, Filters(), WEIGHTS)
    assert len(more) > len(several)  # where those with several words are too few
    monkeypatch.setattr(rarity, "ALONE", 2.2)  # as much as a word can add
    assert db.by_words(match, 20, Filters(), WEIGHTS) == [(n, pytest.approx(score)) for n, score in whole[:20]]


def test_phrases_beginnings_and_quotes_are_looked_for_with_the_rare_words(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = db.value("select text from passage_whole where id = 7")
    phrase = " ".join(text.split()[2:5])
    match = f'"{phrase}" OR "{WORDS[0]}" OR "{WORDS[150][:3]}" * OR "{WORDS[1]}" OR "no""thing"'.replace('" *', '"*')
    whole = db.by_words(match, 10, Filters(), WEIGHTS)
    monkeypatch.setattr(rarity, "POSTINGS", 40)
    division = next(rarity.divisions(*fts5._counts(db.connection, match)))
    assert f'"{phrase}"' in division.rare
    assert f'"{WORDS[150][:3]}"*' in division.rare
    assert f'"{WORDS[0]}"' in division.common
    assert db.by_words(match, 10, Filters(), WEIGHTS)[0] == whole[0]
    only = Filters(after=590)
    assert {number for number, _ in db.by_words(f'"{WORDS[0]}" OR "{WORDS[1]}"', 50, only, WEIGHTS)} <= set(
        range(591, 601)
    )


def test_a_word_written_together_is_not_looked_for_where_a_word_of_the_question_finds_it(tmp_path: Path) -> None:
    text = "Das Improvement und die Improvements sind mit dem Gesamtimprovement nicht zu verwechseln."
    document = Document("s", "a", text)
    with Database(tmp_path / "x.db", create=True) as db:
        chunk = Chunk(Passage(document, 0, len(text), text), hashed(text))
        put(db, source_id(db, "s"), [Entry(document, [chunk], "a", "", hashed(text))])
        assert {"improvements", "gesamtimprovement"} <= set(words.compounds(db, ["improv"]))
        assert words.compounds(db, ["improv"], ["improve"]) == ["gesamtimprovement"]


def test_frequencies_follow_what_this_and_other_connections_write(tmp_path: Path) -> None:
    def put_one(into: Database, number: int) -> None:
        text = f"zebra number{number}"
        document = Document("s", f"{number}", text)
        chunk = Chunk(Passage(document, 0, len(text), text), hashed(text))
        put(into, source_id(into, "s"), [Entry(document, [chunk], f"{number}", "", hashed(text))])

    with Database(tmp_path / "x.db", create=True) as here, Database(tmp_path / "x.db") as there:
        assert here.frequencies(["zebra"]) == {}
        put_one(here, 1)
        assert here.frequencies(["zebra", "horse"]) == {"zebra": 1}
        assert there.frequencies(["zebra"]) == {"zebra": 1}
        put_one(there, 2)
        assert here.frequencies(["zebra"]) == here.frequencies(["zebra"]) == {"zebra": 2}
        with suppress(KeyError), here.transaction():
            put_one(here, 3)
            assert here.frequencies(["zebra"]) == {"zebra": 3}
            raise KeyError
        assert here.frequencies(["zebra"]) == {"zebra": 2}
