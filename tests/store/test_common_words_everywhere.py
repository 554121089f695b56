"""Questions with words that very many passages hold: the same passages, order and scores on every engine."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from rag import Index
from rag.store import opened, rarity
from rag.store.engine import Store
from rag.store.filters import Filters
from rag.types import Document

WEIGHTS = (2.0, 1.5, 1.0, 0.5)
WORDS = [f"w{chr(97 + n // 26)}{chr(97 + n % 26)}x" for n in range(120)]


class Given:
    """A document of words as frequent as Zipf has it."""

    def __init__(self, number: int) -> None:
        self.key, self.stamp, self.chance = f"{number:04}.txt", "", random.Random(number)

    def read(self) -> list[Document]:
        shares = [1 / (n + 1) for n in range(len(WORDS))]
        words = self.chance.choices(WORDS, shares, k=self.chance.randint(8, 30))
        return [Document("s", self.key, " ".join(words))]


@pytest.fixture(scope="module")
def engines(server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Store]]:
    """The same 250 documents in a file, on one server, on two."""
    where = Path(tmp_path_factory.mktemp("words")) / "x.db"
    own = [f"{server}{'&' if '?' in server else '?'}schema=common{n}" for n in range(3)]
    made = [Index(opened(at, create=True), "hash:64") for at in (where, own[0], f"{own[1]},{own[2]}")]
    for index in made:
        index.add("s", [Given(number) for number in range(250)])
    yield [index.db for index in made]
    for index in made:
        index.close()


def asked() -> list[tuple[str, Filters]]:
    """Expressions of common and rare words, phrases, beginnings, with and without filters."""
    chance = random.Random(9)
    found: list[tuple[str, Filters]] = [(f'"{WORDS[0]}" OR "{WORDS[1]}" OR "{WORDS[0]} {WORDS[1]}"', Filters())]
    for number in range(12):
        strings = [f'"{word}"' for word in [*chance.sample(WORDS[:8], 3), *chance.sample(WORDS[20:], 2)]]
        if number % 3 == 1:
            strings.append(f'"{WORDS[0]} {WORDS[chance.randrange(4)]}"')
        if number % 3 == 2:
            strings.append(f'"{WORDS[30][:3]}"*')
        found.append((" OR ".join(strings), Filters(prefix="00") if number % 4 == 3 else Filters()))
    return found


@pytest.mark.parametrize(("postings", "alone"), [(20, 0.0), (20, 1.7), (60, 1.7), (25_000, 1.7)])
def test_every_engine_leaves_out_the_same(
    engines: list[Store], postings: int, alone: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rarity, "POSTINGS", postings)
    monkeypatch.setattr(rarity, "ALONE", alone)  # at 0 passages that hold one word alone are left out
    for match, filters in asked():
        expected, *others = ([key_of(db, row) for row in db.by_words(match, 15, filters, WEIGHTS)] for db in engines)
        assert expected
        for found in others:
            assert dict(found) == pytest.approx(dict(expected)), match


def key_of(db: Any, row: tuple[int, float]) -> tuple[str, float]:
    return db.value("select d.key from passage p join document d on d.id = p.document_id where p.id = ?", row[:1]), row[
        1
    ]


def test_a_server_reads_no_more_than_the_rare_words_have(engines: list[Store], monkeypatch: pytest.MonkeyPatch) -> None:
    from rag.store.postgres import words

    seen: list[list[str]] = []
    ask: Callable[..., Any] = engines[1].ask  # type: ignore[attr-defined]

    def watched(statement: str, values: Any = None) -> Any:
        if "having" in (values or {}):
            seen.append(values["having"])
        return ask(statement, values)

    monkeypatch.setattr(rarity, "POSTINGS", 20)
    match = " OR ".join(f'"{word}"' for word in (WORDS[0], WORDS[1], WORDS[2], WORDS[100], WORDS[3]))
    words.ranked(watched, match, 10, Filters(), WEIGHTS)
    assert seen[0] == [WORDS[100]]
