"""Rows of files and of standard input; the first column is the key, unless the user says otherwise."""

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import InputError
from rag.sources.columns import Columns
from rag.sources.items import Walk
from rag.sources.rows import document_of
from rag.sources.tables import table
from rag.types import Document

SYMBEX = Path(sys.executable).with_name("symbex")


def read(walk: Walk) -> list[Document]:
    return [document for item in walk for document in item.read()]


def file(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


ROWS = [
    {"id": 1, "title": "One", "body": "First.", "n": 5},
    {"id": 2, "title": "Two", "body": "Zweiter, ä.", "n": None},
]


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.json", json.dumps(ROWS)),
        ("a.json", json.dumps({"count": 2, "rows": ROWS})),
        ("a.json", json.dumps(ROWS, indent=2).encode("utf-16")),
        ("a.jsonl", "\n".join(map(json.dumps, ROWS)) + "\n\n"),
        ("a.csv", 'id,title,body,n\n1,One,First.,5\n2,Two,"Zweiter, ä.",\n'),
        ("a.csv", "\ufeffid;title;body;n\r\n1;One;First.;5\r\n2;Two;Zweiter, ä.\r\n".encode("utf-8")),
        ("a.tsv", "id\ttitle\tbody\tn\n1\tOne\tFirst.\t5\n2\tTwo\tZweiter, ä.\t\n".encode("cp1252")),
        ("noname", "\n".join(map(json.dumps, ROWS))),
        ("noname", json.dumps(ROWS, indent=1)),
    ],
)
def test_every_format_gives_the_same_documents(tmp_path: Path, name: str, content: str | bytes) -> None:
    first, second = read(table(file(tmp_path / name, content)))
    assert (first.key, first.title, first.text) == ("1", "One", "First.")
    assert (second.key, second.title, second.text) == ("2", "Two", "Zweiter, ä.")
    assert str(first.meta["n"]) == "5"
    assert "n" not in second.meta


def test_columns_that_the_user_names(tmp_path: Path) -> None:
    rows = [{"a": "x", "slug": "s1", "b": "<p>B <b>bold</b></p>", "by": "Ann", "when": "2024-01-02", "i": 7}]
    path = file(tmp_path / "a.json", json.dumps(rows))
    columns = Columns(key="slug", text=("a", "b"), html=("b",), url="https://x.org/{slug}/{i}", date="when")
    (document,) = read(table(path, "s", columns))
    assert document == Document(
        "s", "s1", "x\n\nB bold", "", "https://x.org/s1/7", "Ann", "2024-01-02", {"i": 7}, "markdown"
    )


def test_a_missing_column_is_named(tmp_path: Path) -> None:
    path = file(tmp_path / "a.csv", "id,text\n1,x\n")
    with pytest.raises(InputError, match="no column 'body'") as error:
        read(table(path, columns=Columns(text=("body",))))
    assert "id, text" in error.value.hint


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        ('{"id":1,"text":"a"}\n{broken\n{"id":2,"text":"b"}', "line 2"),
        ('{"id":1,"text":"a"}\n[1]\n{"id":2,"text":"b"}', "line 2"),
        ('{"id":1,"text":"a"}\n' + "[" * 100_000 + '\n{"id":2,"text":"b"}', "line 2"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_goes_on(tmp_path: Path, content: str, problem: str) -> None:
    walk = table(file(tmp_path / "a.jsonl", content))
    assert [document.key for document in read(walk)] == ["1", "2"]
    assert [problem in where for where, _ in walk.problems] == [True]


def test_a_csv_line_with_too_many_fields_is_named(tmp_path: Path) -> None:
    walk = table(file(tmp_path / "a.csv", "id,text\n1,a\n2,b,c\n3,d\n"))
    assert [document.key for document in read(walk)] == ["1", "3"]
    assert walk.problems == [(f"{tmp_path}/a.csv, line 3", "has 3 fields, and the header 2")]


@pytest.mark.parametrize("content", ["[1, 2]", "{", '"text"', "[" * 200_000, '[{"a": 1}, 2]', "1" * 5000])
def test_json_that_is_no_table(tmp_path: Path, content: str) -> None:
    with pytest.raises(InputError):
        read(table(file(tmp_path / "a.json", content)))


def test_keys_that_come_again_are_kept_apart(tmp_path: Path) -> None:
    walk = table(file(tmp_path / "a.csv", "id,text\nx,one\nx,two\ny,three\nx,four\n"))
    assert [(document.key, document.text) for document in read(walk)] == [
        ("x", "one"),
        ("x#2", "two"),
        ("y", "three"),
        ("x#3", "four"),
    ]
    assert len(walk.notes) == 1


def test_an_endless_cell_is_refused_by_name(tmp_path: Path) -> None:
    path = file(tmp_path / "a.csv", "id,text\n1,fine\n2," + "x" * 1_000_001 + "\n")
    first, second = table(path)
    assert first.read()[0].text == "fine"
    with pytest.raises(InputError, match=r"row 2 has a line of 1,000,001 characters"):
        second.read()


def test_the_output_of_blip_caption(tmp_path: Path) -> None:
    rows = [{"path": "a.jpg", "caption": "a cat on a table"}, {"path": "b.jpg", "error": "cannot identify image file"}]
    walk = table(file(tmp_path / "a.json", json.dumps(rows)))
    assert [(document.key, document.text) for document in read(walk)] == [("a.jpg", "a cat on a table")]
    assert walk.problems == [("row b.jpg", "holds an error and no text: cannot identify image file")]


def test_rows_without_text_are_counted_and_a_title_alone_is_text(tmp_path: Path) -> None:
    walk = table(file(tmp_path / "a.csv", "id,title,body\n1,,\n2,Garlic,\n3,Leeks,They need sun.\n"))
    assert [(document.key, document.text) for document in read(walk)] == [("2", "Garlic"), ("3", "They need sun.")]
    assert walk.skipped == {"empty": 1}
    walk = table(tmp_path / "a.csv", columns=Columns(text=("body",)))
    assert [document.key for document in read(walk)] == ["3"]
    assert walk.skipped == {"empty": 2}


def test_an_object_that_holds_the_rows_may_stand_on_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = {"took": 3, "rows": [{"id": 7, "text": "seven"}, {"id": 8, "text": "eight"}]}
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(json.dumps(rows).encode())))
    assert [document.key for document in read(table("-"))] == ["7", "8"]


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    class Input:
        buffer = io.BytesIO("id,content\n1,naïve 東京\n".encode())

    monkeypatch.setattr(sys, "stdin", Input)
    (document,) = read(table("-"))
    assert (document.key, document.text) == ("1", "naïve 東京")


@settings(deadline=None)
@given(
    st.dictionaries(
        st.text("abc", min_size=1, max_size=5),
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20) | st.lists(st.integers()),
        min_size=1,
    )
)
def test_any_row_is_a_document_or_none(row: dict[str, object]) -> None:
    document = document_of(row, "k", "s", Columns())
    assert document is None or document.text.strip()
    if document:
        json.dumps(document.meta, allow_nan=False)


def symbols(folder: Path) -> str:
    command = [SYMBEX, "*", "*.*", "--nl", "-d", folder]
    return subprocess.run(command, capture_output=True, text=True, check=True, cwd=folder).stdout


def test_symbex_and_lines_that_move(tmp_path: Path) -> None:
    """The real symbex: a line added at the top changes every key and no text."""
    source = tmp_path / "m.py"
    source.write_text("def one():\n    return 1\n\n\nclass Two:\n    def three(self):\n        return 3\n")
    before = read(table(file(tmp_path / "a.nl", symbols(tmp_path))))
    source.write_text("import os\n" + source.read_text())
    after = read(table(file(tmp_path / "a.nl", symbols(tmp_path))))
    assert [document.kind for document in before] == ["code"] * 3
    assert [document.text for document in before] == [document.text for document in after]
    assert [document.key for document in before] == ["m.py:1", "m.py:5", "m.py:6"]
    assert [document.key for document in after] == ["m.py:2", "m.py:6", "m.py:7"]
