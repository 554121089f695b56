"""Text and question in one spelling, whatever the script: the folding itself, against SQLite's own tokenizer."""

from __future__ import annotations

import apsw
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import folding
from rag.store.fts5 import TOKENIZER

DB = apsw.Connection(":memory:")
TABLE = "fts5(text, tokenize=\"porter unicode61 remove_diacritics 2 categories 'L* N* Co M*'\")"
DB.execute(f"create virtual table t using {TABLE}")


def tokens(text: str) -> list[str]:
    made = DB.fts5_tokenizer("unicode61", TOKENIZER[1:])
    raw = text.encode("utf-8", "replace")
    return list(made(raw, 1, None, include_offsets=False, include_colocated=False))


def found(phrase: str, text: str) -> bool:
    DB.execute("delete from t")
    DB.execute("insert into t values (?)", (folding.searched(text),))
    return bool(list(DB.execute("select 1 from t where t match ?", (phrase,)))) if phrase else False


@pytest.mark.parametrize(("a", "b"), [
    ("Straße", "STRASSE"), ("ﬁnal oﬃce", "final office"), ("Ｐｙｔｈｏｎ", "python"),
    ("smørrebrød Łódź", "smorrebrod lodz"),
    ("so\u00adft zero\u200bwidth", "soft zerowidth"), ("كِتَابُ", "كتاب"), ("الكتاب", "كتاب"), ("إسلام", "اسلام"),
    ("Ἄνθρωπος", "ανθρωποσ"), ("ёжик", "ежик"), ("٢٠٢٤", "2024"), ("e\u0301te\u0301", "été"), ("ｶﾞ", "ガ"),
    ("İstanbul", "istanbul"), ("ſ", "s"), ("ǅ", "dz"), ("שָׁלוֹם", "שלום"),
])  # fmt: skip
def test_two_spellings_are_one_word(a: str, b: str) -> None:
    assert folding.searched(a) == folding.searched(b)


@pytest.mark.parametrize(("a", "b"), [
    ("10⁶", "106"), ("2½", "21 2"), ("мой", "мои"), ("が", "か"), ("हिन्दी", "हन्दी"), ("น้ำ", "นา"),
])  # fmt: skip
def test_different_words_stay_different(a: str, b: str) -> None:
    assert tokens(folding.searched(a)) != tokens(folding.searched(b))


def test_only_what_unicode61_would_get_wrong_is_kept_a_second_time() -> None:
    """Every character of which `needed` says no comes out of the tokenizer as out of the folding."""
    for code in range(0x30000):
        text = f"a{chr(code)}b 1{chr(code)}2"
        if not 0xD800 <= code < 0xE000 and not folding.needed(text):
            assert tokens(text) == tokens(folding.searched(text)), hex(code)
    assert not folding.needed("Grüße, naïve café – “plain” text… И по-русски.".replace("ß", "s"))


CHARACTERS = "東京本社で会議予算案サーバ서울사무소กรุงเทพมหานครភាសាខ្មែរaB3 ,。-é"
LETTERS = st.text(st.sampled_from(CHARACTERS), min_size=1, max_size=30)


@given(LETTERS, st.data())
def test_any_part_of_a_text_without_spaces_is_found(text: str, data: st.DataObject) -> None:
    """A part that begins and ends where characters do, not inside of a word of letters."""
    start = data.draw(st.integers(0, len(text) - 1))
    part = text[start : data.draw(st.integers(start + 1, len(text)))]
    runs = folding.runs().fullmatch(folding.fold(part))
    phrase = folding.phrase(part)
    if runs and not folding.category(part[0]).startswith("M"):
        assert found(phrase, text)


@given(st.text(max_size=40))
def test_no_text_is_syntax(text: str) -> None:
    phrase = folding.phrase(text)
    assert phrase == "" or isinstance(found(phrase, text), bool)


@pytest.mark.parametrize(("word", "text", "held"), [
    ("versicherung", "krankenversicherung", True), ("versicherung", "versicherungspflicht", True),
    ("versicherung", "krankenversicherungsbeitrag", True), ("versicherung", "versicherungen", False),
    ("kranken", "krankenversicherung", True), ("sicher", "unsicherheit", False),
])  # fmt: skip
def test_parts_of_compounds(word: str, text: str, held: bool) -> None:
    assert folding.holds(text, folding.part(word, 4)) == held


def test_compounds_are_kept_of_languages_that_write_them() -> None:
    assert "krankenversicherungsbeitrage" in folding.compounds("Die Krankenversicherungsbeiträge steigen.")
    assert folding.compounds("The internationalization of transportation is an achievement. " * 9 + "der") == []
