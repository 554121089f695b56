"""Tables of every make: separators, quotes, keys, cells that hold nothing, dates that are numbers."""

import csv
import io
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.sources.items import Walk
from rag.sources.sqlite import sqlite
from rag.sources.tables import table
from rag.sources.text import iso_date
from rag.types import Document


def read(walk: Walk) -> list[Document]:
    return [document for item in walk for document in item.read()]


def rows(folder: Path, data: str | bytes, name: str = "a.csv") -> tuple[list[Document], Walk]:
    path = folder / name
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    walk = table(path)
    return read(walk), walk


@pytest.mark.parametrize(
    "data",
    [
        "id,title,text\n1,Alpha,first text\n2,Beta,second text\n",
        'id;"title";"text"\n1;Alpha;"first text"\n2;Beta;second text\n',
        "id|title|text\n1|Alpha|first text\n2|Beta|second text\n",
        "id\ttitle\ttext\n1\tAlpha\tfirst text\n2\tBeta\tsecond text\n",
        "sep=;\nid;title;text\n1;Alpha;first text\n2;Beta;second text\n",
        "sep=|\r\nid|title|text\r\n1|Alpha|first text\r\n2|Beta|second text\r\n",
        "id,title,text\n1,Alpha,first text,\n2,Beta,second text,\n",
        "id;title;text;\n1;Alpha;first text;\n2;Beta;second text;\n",
        "\ufeffid;title;text\n1;Alpha;first text\n2;Beta;second text\n",
        "\ufeff\ufeffid,title,text\n1,Alpha,first text\n2,Beta,second text\n",
        '"id", "title", "text"\n1, "Alpha", "first text"\n2, "Beta", "second text"\n',
        "\nid,title,text\n\n1,Alpha,first text\n,,\n2,Beta,second text\n",
        "id\ttitle\ttext\n1\tAlpha\tfirst text\n2\tBeta\tsecond text\n".encode("utf-16"),
    ],
)
def test_whatever_divides_the_cells(tmp_path: Path, data: str | bytes) -> None:
    documents, walk = rows(tmp_path, data)
    assert [(one.key, one.title, one.text) for one in documents] == [
        ("1", "Alpha", "first text"),
        ("2", "Beta", "second text"),
    ]
    assert walk.problems == []


def test_commas_in_the_names_of_columns(tmp_path: Path) -> None:
    documents, _ = rows(tmp_path, 'id;"title, long";"text, body, all"\n1;Alpha;"first, text"\n2;Beta;second\n')
    assert [one.text for one in documents] == ["Alpha\n\nfirst, text", "Beta\n\nsecond"]


@pytest.mark.parametrize(
    "line",
    [
        '3,"Gamma,third text',
        '3,Gamma,"third text',
        '3,Gamma,"third" text',
        '3,Gamma,third "text"',
        '3,Gamma,"third "text""',
    ],
)
def test_a_quote_that_is_not_closed_swallows_nothing(tmp_path: Path, line: str) -> None:
    data = f'id,title,text\n1,Alpha,"first\ntext"\n{line}\n4,Delta,"fourth, text"\n5,Eps,fifth\n'
    documents, walk = rows(tmp_path, data)
    found = {one.key: one.text for one in documents}
    assert (found["1"], found["4"], found["5"]) == ("first\ntext", "fourth, text", "fifth")
    assert found["3"].replace('"', "") == "third text"
    assert [where.rpartition(" ")[2] for where, _ in walk.problems] == ([] if line.endswith('third "text"') else ["4"])


WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\r\0", exclude_categories=["Cc", "Cs"]), min_size=1)
CELLS = st.lists(st.tuples(WORDS, WORDS, WORDS), min_size=1, max_size=5)


@given(CELLS, st.sampled_from(",;\t|"), st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL]))
@settings(max_examples=80)
def test_what_python_writes_is_read_back(cells: list[tuple[str, ...]], delimiter: str, quoting: int) -> None:
    from rag.sources.tables import _records

    written = io.StringIO()
    csv.writer(written, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows(cells)
    text = written.getvalue().rstrip("\n")
    if quoting == csv.QUOTE_MINIMAL and any(cell[:1] == " " for row in cells for cell in row):
        return  # a space before a quote is no part of the cell
    assert [tuple(found) for _, found, _ in _records(text, delimiter)] == cells


def test_two_columns_of_one_name_are_two(tmp_path: Path) -> None:
    documents, _ = rows(tmp_path, "id,text,text\n1,first words,other words\n")
    assert documents[0].text == "first words\n\nother words"


# -- keys --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "data", "keys"),
    [
        ("a.jsonl", '{"text":"The ferry leaves.","id":5}\n{"text":"The bus leaves at nine.","id":6}', ["5", "6"]),
        ("a.csv", "text,slug\nThe ferry leaves at eight.,ferry\nThe bus leaves at nine.,bus\n", ["ferry", "bus"]),
        ("a.csv", "question,answer\nWhen does the ferry leave?,At eight.\nAnd the bus?,At nine.\n",
         ["When does the ferry leave?", "And the bus?"]),
        ("a.csv", "town,people\nFerry,1000\nBus,2000\n", ["Ferry", "Bus"]),
        ("a.csv", "name,people\nFerry 12,1000\nBus 13,2000\n", ["Ferry 12", "Bus 13"]),
        ("a.csv", "text,id\nThe ferry leaves.,1\nThe bus leaves.,1\n", ["The ferry leaves.", "The bus leaves."]),
    ],
)  # fmt: skip
def test_a_first_column_of_words_is_text(tmp_path: Path, name: str, data: str, keys: list[str]) -> None:
    documents, _ = rows(tmp_path, data, name)
    assert [one.key for one in documents] == keys
    assert all(word in f"{one.title} {one.text}".lower() for one, word in zip(documents, ("ferry", "bus"), strict=True))


def test_a_first_column_of_names_is_no_text(tmp_path: Path) -> None:
    documents, _ = rows(tmp_path, "path,text\nrag/a_b.py:12,first\nDEC-0054,second\n17,third\n")
    assert [one.text for one in documents] == ["first", "second", "third"]


def test_rows_without_a_key_are_kept_and_told(tmp_path: Path) -> None:
    documents, walk = rows(tmp_path, '{"id":1,"text":"a"}\n{"id":null,"text":"b"}\n{"id":NaN,"text":"c"}\n', "a.jsonl")
    assert [one.text for one in documents] == ["a", "b", "c"]
    assert len({one.key for one in documents}) == 3
    assert [one.key for one in read(walk)] == [one.key for one in documents]  # the same the next time
    assert len(walk.notes) == 1
    assert "line 2" in walk.notes[0]


def test_a_key_of_many_words_is_short_and_its_own(tmp_path: Path) -> None:
    text = "The ferry leaves at eight from pier two. " * 10
    documents, _ = rows(tmp_path, f"text,note\n{text}1,a\n{text}2,b\n")
    assert len({one.key for one in documents}) == 2
    assert max(len(one.key) for one in documents) < 120
    assert documents[1].text.startswith(text + "2")


@pytest.mark.parametrize("form", ["table", "view", "query"])
def test_sqlite_rows_without_a_key(tmp_path: Path, form: str) -> None:
    path = tmp_path / "a.db"
    with closing(sqlite3.connect(path)) as db, db:
        db.execute("create table note (body text, mood text)")
        db.executemany(
            "insert into note values (?, ?)", [("It rains.", "sad"), ("It rains.", "glad"), (None, "calm today")]
        )
        db.execute("create view seen as select body, mood from note")
    given = (
        {"sql": "select body, mood from note"} if form == "query" else {"table": "note" if form == "table" else "seen"}
    )
    walk = sqlite(path, **given)
    documents = read(walk)
    assert len({one.key for one in documents}) == 3
    assert sum("It rains." in one.text for one in documents) == 2
    assert any("calm today" in one.text for one in documents)
    assert walk.notes


# -- cells -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("nothing", ["NaN", "nan", "", "NULL", "\\N", "<NA>"])
def test_a_cell_that_holds_nothing_says_nothing(tmp_path: Path, nothing: str) -> None:
    documents, walk = rows(
        tmp_path, f"id,title,text,author,date\n1,{nothing},words,{nothing},{nothing}\n2,,{nothing},,\n"
    )
    assert [(one.title, one.text, one.author, one.date) for one in documents] == [("", "words", "", "")]
    assert walk.skipped["empty"] == 1


def test_not_a_number_is_nothing(tmp_path: Path) -> None:
    documents, _ = rows(tmp_path, '[{"id":1,"text":"words","n":NaN,"author":NaN,"big":Infinity}]', "a.json")
    assert (documents[0].author, documents[0].meta) == ("", {"big": "inf"})
    json.dumps(documents[0].meta, allow_nan=False)


@pytest.mark.parametrize(
    "value",
    [1772532000, 1772532000.0, 1772532000000, 1772532000000000, 1772532000000000000, "1772532000", "1772532000000",
     "1772532000.5", "/Date(1772532000000)/", "2026-03-03T10:00:00Z", "2026-03-03T12:00:00+02:00",
     "Tue, 3 Mar 2026 10:00:00 +0000"],
)  # fmt: skip
def test_moments_in_every_unit(value: object) -> None:
    assert iso_date(value) == "2026-03-03T10:00:00Z"


@pytest.mark.parametrize(
    ("value", "date"),
    [(2026, "2026"), ("2026", "2026"), (20260303, "2026-03-03"), ("03.03.2026", "2026-03-03"), ("5", ""), (5, ""),
     (float("nan"), ""), (10**30, ""), (True, ""), ("9" * 5000, ""), ("2026-03-03 10:00:00 UTC", "2026-03-03")],
)  # fmt: skip
def test_other_dates(value: object, date: str) -> None:
    assert iso_date(value) == date


def test_what_a_row_says_in_numbers_is_text_where_no_column_is_the_text(tmp_path: Path) -> None:
    documents, _ = rows(tmp_path, "id,model,price,weight_kg,stock,about\nB1,Kestrel 20,549,14.2,,A city bike\n")
    assert documents[0].text == "Kestrel 20\n\nA city bike\n\nprice: 549\nweight_kg: 14.2"
    assert documents[0].meta == {"price": "549", "weight_kg": "14.2"}
    documents, _ = rows(tmp_path, "id,price,text\nB1,549,A city bike\n")
    assert documents[0].text == "A city bike"


def test_what_an_object_says_beside_its_list_is_not_lost(tmp_path: Path) -> None:
    order = {"customer": "Ada", "items": [{"id": 1, "name": "Lamp"}, {"id": 2, "name": "Desk"}], "note": "At the door."}
    documents, _ = rows(tmp_path, json.dumps(order), "order.json")
    assert [document.text for document in documents] == ["Lamp", "Desk", "customer: Ada\nnote: At the door."]
    assert documents[2].key == "about items"
    sent = {"status": "ok", "count": 1, "next": "https://example.org/?p=2", "rows": [{"id": 1, "text": "A lamp"}]}
    documents, _ = rows(tmp_path, json.dumps(sent), "sent.json")
    assert [document.text for document in documents] == ["A lamp"]
