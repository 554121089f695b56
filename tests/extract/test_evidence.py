"""Where values stand: numbers, dates and words in every notation and script; what stands nowhere; --grounded."""

from __future__ import annotations

import csv
import json
import sqlite3
import unicodedata
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from extraction import PERSON, FunctionGenerator, JsonForm, plan
from hypothesis import example, given
from hypothesis import strategies as st
from scripted_server import completion, serving

from rag import extract
from rag.dates import date, dates
from rag.extract.evidence import evidence, find, leaves
from rag.extract.folding import Folded, fold
from rag.extract.grounding import grounded, nowhere
from rag.quantities import number, quantities
from rag.types import Document

TEXTS = st.text(alphabet="ab \n\té.?🙂", max_size=300)


def quotes(data: Any, text: str) -> dict[str, str | None]:
    found = evidence(data, text)
    for span in filter(None, found.values()):
        assert text[span["start"] : span["end"]] == span["quote"]
    return {pointer: span and span["quote"] for pointer, span in found.items()}


def test_evidence_is_where_it_stands() -> None:
    text = "Ada  LOVELACE was born\nin 1815, Turing in 1,912 at £3.50."
    data = {"n": "Ada Lovelace", "y": 1815, "z": 1912, "p": 3.5, "x": "Bob", "l": ["was born in"], "t": True, "e": None}
    assert quotes(data, text) == {
        "/n": "Ada  LOVELACE",
        "/y": "1815",
        "/z": "1,912",
        "/p": "3.50",
        "/x": None,
        "/l/0": "was born\nin",
        "/t": None,
        "/e": None,
    }


@pytest.mark.parametrize(
    ("value", "text", "quote"),
    [
        (1234.5, "it was 1,234.50 in all", "1,234.50"),
        (1234.5, "es waren 1.234,50 Euro", "1.234,50"),
        (1234.5, "soit 1 234,50 euros", "1 234,50"),
        (1234.5, "soit 1\u202f234,50 €", "1\u202f234,50"),
        (1234.5, "Fr. 1'234.50", "1'234.50"),
        (1234.5, "１，２３４．５０円", "１，２３４．５０"),
        (1234.5, "المبلغ ١٬٢٣٤٫٥٠ ريال", "١٬٢٣٤٫٥٠"),
        (1234567, "₹12,34,567", "12,34,567"),
        (1234, "in 1.234 Fällen", "1.234"),
        (0.5, "a dose of .5 ml", ".5"),
        (5, "one dose is 5mg", "5"),
        (250, "患者被给予250毫克", "250"),
        (36, "三十六岁", "三十六"),
        (3, "there were three of them", "three"),
        (1500000, "some 1.5 million people", "1.5 million"),
        (1200000, "etwa 1,2 Mio. Euro", "1,2 Mio"),
        (20000, "大约2万人", "2万"),
        (0.05, "a share of 5%", "5"),
        (-5, "it was -5 degrees and 5 at noon", "-5"),
        (5, "it was -5 degrees and 5 at noon", "5"),
        (-5, "it was −5 °C", "−5"),
        (-5, "minus 5 at night", "minus 5"),
        (-1234.5, "a loss of ($1,234.50) in May", "1,234.50"),
        (-7, "a refund of -$7", "-$7"),
        (5, "from 3-5 days", "5"),
        (2.5, "2½ cups", "2½"),
        (1500, "1.5e3 units", "1.5e3"),
        (250, "costs USD250", "250"),
        (1042, "order INV-1042 came", "1042"),
        (1815, "born 10.12.1815", "1815"),
        ("2024-03-03", "on 3 March 2024 at noon", "3 March 2024"),
        ("3 March 2024", "am 03.03.2024 um", "03.03.2024"),
        ("2024-03-01", "le 1er mars 2024", "1er mars 2024"),
        ("2024-03-01", "２０２４年３月１日に", "２０２４年３月１日"),
        ("1.234,50", "a sum of 1,234.50", "1,234.50"),
        ("5 mg", "take 5mg daily", "5mg"),
        ("250mg", "take 250 mg daily", "250 mg"),
        ("头孢", "静脉注射头孢，每日", "头孢"),
        ("東京", "東京都に住む", "東京"),
        ("กรุงเทพ", "อยู่กรุงเทพมหานคร", "กรุงเทพ"),
        ("서울", "그는 서울에서 왔다", "서울"),
        ("Москва", "в МОСКВА сегодня", "МОСКВА"),
        ("O'Neil", "by O’Neil", "O’Neil"),
        ("1990-1995", "from 1990–1995", "1990–1995"),
        ("software", "the soft-\nware and", "soft-\nware"),
        ("software", "the soft\u00adware and", "soft\u00adware"),
        ("Straße", "in der STRASSE", "STRASSE"),
        ("city_centre", "in the city centre of", "city centre"),
        ("C++", "in C++!", "C++"),
        ("02:30", "at 2.30 am we heard", "2.30 am"),
        ("17:40", "om 17.40 uur vertrokken", "17.40 uur"),
        ("03:15", "gegen 3:15 Uhr", "3:15"),
        ("20:00", "de 5h30 à 20h.", "20h"),
        ("14:30", "fredag kl. 14.30", "14.30"),
        ("15:45", "back by 3.45 pm", "3.45 pm"),
    ],
)
def test_values_are_found_as_people_write_them(value: Any, text: str, quote: str) -> None:
    span = find(value, text)
    assert span is not None
    assert text[slice(*span)] == quote


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("art", "a party"),
        (18, "in 1815 or 18.5 or 3,18"),
        (5, "it was -5 degrees"),
        (-5, "from 3-5 days"),
        (-5, "model A-5"),
        (2, "version 1.2.3"),
        (234, "1 234 euros"),
        (123, "the code x123y"),
        ("", "anything"),
        ("5", "15mg"),
        ("cafe", "un cafe\u0301 noir"),
        ("2024-03-03", "on 4 March 2024"),
        ("00123", "number 123"),
    ],
)
def test_parts_of_words_and_numbers_are_no_evidence(value: Any, text: str) -> None:
    assert find(value, text) is None


def test_composed_or_not_a_word_is_the_same() -> None:
    for form in ("NFC", "NFD"):
        text = unicodedata.normalize(form, "in MÜNCHEN, im Café")
        for value in ("München", unicodedata.normalize("NFD", "Café")):
            span = find(value, text)
            assert span is not None
            assert fold(text[slice(*span)]) == fold(value)


def test_of_several_places_it_is_the_nearest() -> None:
    people = {"items": [{"n": "Ada", "age": 36}, {"n": "Bob", "age": 36}]}
    assert [span["start"] for span in evidence(people, "Ada is 36. Bob is 36.").values()] == [0, 7, 11, 18]
    text = "It was -5 degrees in the night and 5 at noon; one dose is 5mg, and the bill 5."
    found = evidence({"noon": 5, "bill": 5, "night": -5, "dose": "5mg"}, text)
    assert {pointer: span["start"] for pointer, span in found.items()} == {
        "/noon": text.index("5 at noon"),
        "/bill": text.index("5."),
        "/night": text.index("-5"),
        "/dose": text.index("5mg"),
    }
    assert find("x", "x y x", [(2, 5)]) == (4, 5)  # its own window first
    assert find("Ada", "ADA and Ada") == (8, 11)  # letter by letter before another case


@given(TEXTS, st.data())
def test_what_is_copied_is_found(text: str, data: st.DataObject) -> None:
    words = text.split()
    if words:
        start = data.draw(st.integers(0, len(words) - 1))
        copied = " ".join(words[start : start + 3])
        span = find(copied, text)
        assert span is not None
        assert text[slice(*span)].split() == copied.split()


ANY = st.text(st.characters(codec="utf-8"), max_size=40)


@given(ANY, ANY)
@example("A\u0301", "x A\u0301 x")
@example("\u200b", "a\u200bb")
def test_what_is_found_folds_to_what_was_looked_for(value: str, text: str) -> None:
    for start, end in Folded(f"{text} {value} {text}").places(fold(value)):
        assert fold(f"{text} {value} {text}"[start:end]) == fold(value)


@given(st.decimals(-(10**9), 10**9, places=2), st.sampled_from([",.", ".,", " ,", "'.", "\u202f,"]))
def test_every_common_notation_is_read_back(value: Decimal, marks: str) -> None:
    text = f"{value:,.2f}".replace(",", "\0").replace(".", marks[1]).replace("\0", marks[0])
    assert value in {one.value for one in quantities(f"sum: {text} or so")}
    if abs(value) < 1000 or marks[0] != marks[1]:
        assert number(text) == value


@given(st.dates(), st.sampled_from(["%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d.%m.%Y", "%Y年%m月%d日"]))
def test_every_common_date_is_read_back(day: Any, form: str) -> None:
    text = day.strftime(form).replace(str(day.year), f"{day.year:04}") if day.year >= 1000 else ""
    if text:
        assert day.isoformat() in {when.iso for when in dates(f"on {text}.")}
        assert day.day <= 12 or date(text) == day.isoformat()


def test_pointers_are_escaped() -> None:
    assert dict(leaves({"a/b": {"~": 1}, "l": [None]})) == {"/a~1b/~0": 1, "/l/0": None}


# --- what stands nowhere

SCHEMA = {
    "type": "object",
    "required": ["name", "kind", "tags"],
    "properties": {
        "name": {"type": ["string", "null"]},
        "kind": {"$ref": "#/$defs/kind"},
        "tags": {"type": "array", "items": {"anyOf": [{"const": "any"}, {"type": "string"}]}},
        "vip": {"type": "boolean"},
    },
    "$defs": {"kind": {"enum": ["person", "firm"]}},
}


def test_what_a_schema_lets_choose_need_not_stand_anywhere() -> None:
    data = {"name": "Eve", "kind": "person", "tags": ["any", "old", "Ada"], "vip": True}
    missing = nowhere(data, evidence(data, "Ada lives here."), SCHEMA)
    assert missing == ["/name", "/tags/1"]
    assert grounded(data, missing) == {"name": None, "kind": "person", "tags": ["any", "Ada"], "vip": True}


def test_grounded_rows_hold_nothing_that_stands_nowhere() -> None:
    generator = FunctionGenerator(lambda text: '{"name": "Eve", "age": 36}')
    (record,) = extract.records([Document("", "a", "Ada is 36.")], plan(grounded=True), JsonForm(PERSON), generator)
    assert record.data == {"name": None, "age": 36}
    strict = {**PERSON, "properties": {"name": {"type": "string"}, "age": {"type": "integer"}}}
    (record,) = extract.records(
        [Document("", "a", "Ada is 36.")], plan(strict, grounded=True), JsonForm(strict), generator
    )
    assert (record.status, record.data) == ("failed", None)
    assert record.error.startswith("/name stand nowhere in the document, and null does not fit")


def test_it_is_shown_in_every_format(tmp_path: Path, monkeypatch: Any, capsys: Any) -> None:
    from rag import cli

    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    (tmp_path / "in.csv").write_bytes(b'id,subject,body\r\n1,Hi,"Ada\r\nis 36."\r\n')

    def rag(*more: str) -> tuple[str, str]:
        with serving(lambda body: completion('{"name": "Eve", "age": 36}')) as server:
            at = ("-m", "openai:m", "--base-url", server.url, "-s", json.dumps(PERSON))
            flags = ("in.csv", "--text-column", "subject", "--text-column", "body")
            monkeypatch.setattr("sys.argv", ["rag", "extract", *flags, *at, *more])
            with pytest.raises(SystemExit) as end:
                cli.main()
        assert end.value.code in (0, None)
        told = capsys.readouterr()
        return told.out, told.err

    out, err = rag("--evidence")
    row = json.loads(out)
    assert row["nowhere"] == ["/name"]
    span = row["evidence"]["/age"]
    assert span == {"start": 8, "end": 10, "quote": "36", "column": "body", "how": "model"}
    assert "Ada\r\nis 36."[8:10] == "36"  # as it was given, line ends too
    assert "1 of 2 texts and numbers occur somewhere in their documents; 1 stand nowhere" in err
    (listed,) = csv.DictReader(rag("-f", "csv", "--evidence")[0].splitlines())
    assert listed["nowhere"] == "/name"
    assert json.loads(listed["evidence"])["/age"]["quote"] == "36"
    rag("--table", "people", "--evidence")
    with sqlite3.connect(tmp_path / "rag.db") as file:
        assert file.execute("select name, nowhere from people").fetchall() == [("Eve", "/name")]
        stands = file.execute('select pointer, value, stands, start, "end", quote from people_evidence').fetchall()
        assert stands == [("/name", "Eve", 0, None, None, None), ("/age", "36", 1, 8, 10, "36")]
    file.close()
    out, _ = rag("--grounded")
    assert json.loads(out)["data"] == {"name": None, "age": 36}
