"""`--where`: what it finds is what plain Python finds, what cannot be read is said, and no text becomes SQL."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import Index
from rag.app.open import filters
from rag.errors import InputError
from rag.store import documents, put
from rag.store.conditions import joined, tagged
from rag.store.documents import Entry
from rag.types import Document

METAS: list[dict[str, Any]] = [
    {"status": "draft", "year": 2024, "tags": ["web/css", "SQLite"], "project": {"name": "x"}, "due": "2024-03-15"},
    {"Status": "done", "year": "2021", "tags": ["Äpfel"], "archived": False, "due": "2024"},
    {"status": ["draft", "late"], "year": 19.5, "archived": True, "project": {"name": "y"}},
    {"status": None, "year": "MMXX", "due": "2023-12-31T10:00:00Z", "odd key": 'it\'s "so"'},
    {},
]


class Given:
    def __init__(self, document: Document) -> None:
        self.document, self.key, self.stamp = document, document.key, ""

    def read(self) -> list[Document]:
        return [self.document]


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    with Index(tmp_path_factory.mktemp("where") / "rag.db", "hash:64", create=True) as made:
        made.add("s", [Given(Document("s", f"{n}", f"text {n}", f"Title {n}", meta=m)) for n, m in enumerate(METAS)])
        yield made


def found(index: Index, where: str, *tags: str) -> list[int]:
    wanted = filters(where=where, tags=tags)
    listed = [int(document.key) for document in documents.all_documents(index.db, wanted)]
    for mode in ("words", "vectors"):  # before ranking, in both ways of searching
        assert sorted(int(h.passage.document.key) for h in index.search("text", 5, mode=mode, filters=wanted)) == listed
    return listed


@pytest.mark.parametrize(
    ("where", "wanted"),
    [
        ('status = "draft"', [0, 2]),
        ('status == "done" or STATUS = "late"', [1, 2]),
        ('status != "draft"', [1, 3, 4]),
        ('status in ("late", "done")', [1, 2]),
        ('status not in ("late", "done")', [0, 3, 4]),
        ("status = null", [3]),
        ("year >= 2021", [0, 1]),
        ("year = 2021", [1]),
        ('year = "2024"', [0]),
        ("year < 20", [2]),
        ("archived", [2]),
        ("not archived", [0, 1, 3, 4]),
        ("archived = false", [1]),
        ("project.name = 'x'", [0]),
        ("project", [0, 2]),
        ("due = 2024", [0, 1]),
        ("due <= 2024-03", [0, 1, 3]),
        ("due > 2024-03-14", [0]),
        ("due < 2024", [3]),
        ('title ~ "title 3"', [3]),
        ("#web", [0]),
        ("#web/css and #sqlite", [0]),
        ("#äpfel", [1]),
        ('tags has "SQLite"', [0]),
        ('`odd key` ~ "it\'s"', [3]),
        ('`odd key` = "it\'s \\"so\\""', [3]),
        ('key in ("1", "3")', [1, 3]),
        ('not (key = "1" or not source = "s") and (year or not year)', [0, 2, 3, 4]),
    ],
)
def test_a_condition_finds_what_it_says(index: Index, where: str, wanted: list[int]) -> None:
    assert found(index, where) == wanted


def test_tags_of_the_command_are_all_wanted(index: Index) -> None:
    assert found(index, "", "#web", "sqlite") == [0]
    assert found(index, 'status = "done"', "web") == []


def test_a_tag_that_no_document_has_is_said_and_one_that_is_not_wanted_need_not_be_there(index: Index) -> None:
    for tag, hint in (("sqlit", "Did you mean sqlite?"), ("knitting", "There are: ")):
        with pytest.raises(InputError, match=f"no document has the tag '{tag}'") as raised:
            found(index, "", tag)
        assert hint.casefold() in raised.value.hint.casefold()
    with pytest.raises(InputError, match="knitting"):
        found(index, "#web and #knitting")
    assert 0 in found(index, "not #knitting")
    assert found(index, "not (#knitting or not #web)") == [0]


@pytest.mark.parametrize(
    ("where", "message"),
    [
        ("status = draft", 'in quotes: "draft"'),
        ("status =", "its end"),
        ('status = "', "character 10"),
        ("status ? 1", "character 8"),
        ('(status = "a"', "closing parenthesis"),
        ('status = "a" year = 2', "'year' at character 14"),
        ("and", "a field"),
        ("(" * 50 + "year" + ")" * 50, "nested"),
        ("year = 1 or " * 300 + "year", "characters"),
        ("x'; drop table document; --", "character 2"),
        ("sttus = 1", "no document has a field 'sttus'"),
        ("yeer = 1", "Did you mean year?"),
        ("links > 'a'", "names of notes"),
    ],
)
def test_what_cannot_be_read_is_said(index: Index, where: str, message: str) -> None:
    with pytest.raises(InputError) as raised:
        found(index, where)
    assert message in f"{raised.value.message} {raised.value.hint}"


values = st.one_of(st.text("ab'\"%_;-", max_size=4), st.integers(-3, 3), st.booleans())


def written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'


@given(st.lists(st.dictionaries(st.sampled_from("pq"), values), min_size=1, max_size=4), st.sampled_from("pq"), values)
@settings(max_examples=20, deadline=None)
def test_equality_is_that_of_python(
    tmp_path_factory: pytest.TempPathFactory, metas: Any, name: str, value: Any
) -> None:
    """Any text is a value and nothing else; true is not 1, and a number is the same number written as a text."""
    from rag.store import Database

    def same(one: Any) -> bool:
        return isinstance(one, bool) == isinstance(value, bool) and str(one) == str(value)

    with Database(tmp_path_factory.mktemp("w") / "w.db", create=True) as db:
        source = documents.source_id(db, "s")
        for number, meta in enumerate([*metas, {"p": "", "q": ""}]):
            document = Document("s", str(number), "t", meta=meta)
            put(db, source, [Entry(document, [], str(number), "", "")])
        listed = [int(one.key) for one in documents.all_documents(db, filters(where=f"{name} = {written(value)}"))]
        others = [int(one.key) for one in documents.all_documents(db, filters(where=f"{name} != {written(value)}"))]
    everything = [*metas, {"p": "", "q": ""}]
    assert listed == [n for n, meta in enumerate(everything) if name in meta and same(meta[name])]
    assert sorted(listed + others) == list(range(len(everything)))


def test_conditions_are_joined_whole() -> None:
    assert joined("", "a or b", tagged("x y")) == '(a or b) and (#"x y")'
    for bad in ("", "#", 'a"b'):
        with pytest.raises(InputError, match="is no tag"):
            tagged(bad)
