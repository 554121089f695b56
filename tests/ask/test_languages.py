"""Questions in other languages than English: what they are about decides, not how they are asked."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag import folding, languages, unspaced
from rag.ask import answer
from rag.ask.words import evidence, shares
from rag.index import Index
from rag.sources import files
from rag.types import Answer

PAPERS = {
    "regels.md": "# Huisregels\n\n## Parkeergarage\n\nEen extra zender voor de garage kost € 45.\n\n"
    "## Dakrenovatie\n\nDe offerte van Lekvrij van € 158.900 is aangenomen.\n\n## Honden\n\nHet is niet zo dat een hond"
    " in de hal los mag lopen, en dat is ook in de tuin niet toegestaan.\n",
    "memo.md": "# 私のメモ\n\n家賃は毎月98,000円、25日に引き落とし。\n\n## 病院\n\n抗生物質は飲み切ってください。"
    "いつでもいいですから、わからないときは聞いてください。\n",
    "gym.txt": "Regler för gymmet\n\nEn ny tagg kostar 200 kr.\n\n"
    "Hur mycket man än tränar ska vikterna ställas tillbaka.\n",
    "kantine.md": "| den | polévka |\n|---|---|\n| po 16. 11. | bramborová |\n| čt 19. 11. | čočková |\n",
    "공지.txt": "11월 18일 오전 10시부터 급수가 중단됩니다.\n\n헬스장은 밤 11시까지 엽니다.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder = tmp_path_factory.mktemp("papers")
    for name, text in PAPERS.items():
        (folder / name).write_text(text, encoding="utf-8")
    made = Index(Path(folder) / "papers.db", create=True)
    made.add("papers", files([str(folder / name) for name in PAPERS]))
    return made


def asked(index: Index, question: str) -> Answer:
    return answer(question, index.search(question, 8), embedder=index.embedder)


@pytest.mark.parametrize(
    ("question", "told"),
    [
        ("wat kost het dak?", "158.900"),  # not what else costs something
        ("家賃はいくらですか", "98,000円"),
        ("家賃を教えてください", "98,000円"),
        ("vad kostar en tagg?", "200 kr"),
        ("헬스장은 몇 시까지 해요?", "11시까지"),
    ],
)
def test_what_a_question_is_about_finds_its_answer(index: Index, question: str, told: str) -> None:
    given = asked(index, question)
    assert given.answerable
    assert told in given.citations[0].quote


@pytest.mark.parametrize(
    "question",
    [
        "wat kost een parkeerplaats per maand?",
        "kan ik een gastenkamer huren?",
        "猫を飼ってもいいですか?",
        "歯医者はどこですか",
        "hur mycket kostar ett par fotbollsskor",
        "quanto custa a farda?",
        "ile kosztuje bilet?",
        "수영장은 어디에 있어요?",
        "Где находится бассейн?",
    ],
)
def test_what_is_asked_about_nowhere_is_not_answered(index: Index, question: str) -> None:
    assert not asked(index, question).answerable


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("学習発表会は何時から?", ["学習発表会"]),
        ("燃えるごみは何曜日?", ["燃", "ごみ"]),
        ("DVDをなくしたらいくら?", []),
        ("下次開會是什麼時候?", ["下次開會"]),
        ("物业经理是谁？", ["物业经理"]),
        ("관리사무소장이 누구입니까?", ["관리사무소장"]),
        ("いくらですか", ["いくらですか"]),  # all that there is
    ],
)
def test_grammar_is_left_out_where_words_are_not_set_apart(question: str, about: list[str]) -> None:
    found = unspaced.about(folding.fold(question))
    assert found == about or (not about and "いくら" not in found)


@pytest.mark.parametrize(
    ("text", "known"),
    [
        ("quanto custa o passeio ao oceanário?", {"Portuguese"}),
        ("What's the first thing that we should do with it?", {"English"}),
        ("hvor mye koster det, og hvorfor er det ikke noen som vet det?", {"Danish or Norwegian"}),
        ("家賃はいくらですか", {"Japanese"}),
        ("下次開會是什麼時候?", {"Chinese"}),
        ("헬스장은 몇 시까지 해요?", {"Korean"}),
        ("4.10, 5.30", set()),
    ],
)
def test_the_language_of_a_text_is_told_where_its_words_tell_it(text: str, known: set[str]) -> None:
    assert languages.languages(text) == known


def test_what_two_languages_share_tells_both() -> None:
    assert {"Italian", "Portuguese"} <= languages.languages("come e o se non me o")


def test_a_part_of_a_word_is_less_than_the_word() -> None:
    texts = ["De gastenkamer is vrij.", "De kamer is vrij.", "De hond is vrij."]
    whole, half, none = shares("kan ik een gastenkamer huren?", texts)
    assert whole > half > none == 0
    assert shares("wat kost het dak?", ["De Dakrenovatie", "De garage"]) == [1.0, 0.0]


def test_words_that_stand_nowhere_speak_against_an_answer() -> None:
    texts = ["En ny tagg kostar 200 kr.", "Vikterna ställs tillbaka."]
    assert evidence("vad kostar en tagg?", texts)[0] > 0.75
    assert evidence("vad kostar fotbollsskor?", texts) == [0.0, 0.0]


def test_no_hint_at_a_language_that_the_documents_are_in(index: Index) -> None:
    told = asked(index, "is there anything about how to get to the airport?").trace.get("languages", {})
    assert "English" not in told.get("documents", ())
    assert "languages" not in asked(index, "waar is het zwembad en hoe laat is het open?").trace
