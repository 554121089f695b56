"""Exports as JSON: an object with lists of records in it, in a folder and named by itself."""

import json
from pathlib import Path
from typing import Any

import pytest
from told import read

from rag.sources import kinds
from rag.sources.settings import Settings
from rag.sources.walk import BY_ITSELF, files
from rag.types import Document

EXPORT = {
    "owner": "Tomas",
    "units": {"distance": "km", "pace": {"walk": "min", "run": "s"}},
    "trips": [
        {"start_date": "2025-03-02T07:15:00Z", "name": "Old mill", "km": 7.5, "stops": [{"at": "bridge", "min": 4}]},
        {"start_date": "2025-03-09", "name": "Quarry", "km": 11, "stops": []},
    ],
    "tides": {"spring": 6.1, "neap": 3.2, "note": "as the harbour office gives them for the whole of this long month"},
}


def named(folder: Path, value: Any) -> list[Document]:
    path = folder / "export.json"
    path.write_text(json.dumps(value))
    return [document for item in kinds.walk(Settings((str(path),)), "s") for document in item.read()]


def test_an_export_in_a_folder_is_one_document_with_its_lists_as_tables(tmp_path: Path) -> None:
    (tmp_path / "ride export.json").write_text("\ufeff" + json.dumps(EXPORT, indent=1))
    (tmp_path / "state.json").write_text('{"open": ["a", "b"], "version": 2}')
    (tmp_path / "feed.xml").write_text("<a>b</a>")
    walk = files([tmp_path])
    ((document,),) = [item.read() for item in walk]
    assert document.text == (
        "owner: Tomas\n"
        "units (distance: km, pace (walk: min, run: s))\n\n"
        "## trips\n\n"
        "| start_date | name | km | stops |\n"
        "| --- | --- | --- | --- |\n"
        "| 2025-03-02T07:15:00Z | Old mill | 7.5 | at: bridge, min: 4 |\n"
        "| 2025-03-09 | Quarry | 11 |  |\n\n"
        "## tides\n\n"
        "- spring: 6.1\n- neap: 3.2\n- note: as the harbour office gives them for the whole of this long month"
    )
    assert (document.title, document.kind) == ("ride export", "markdown")
    assert walk.skipped == {BY_ITSELF: 1, "unsupported": 1}


def test_its_records_are_documents_with_title_date_and_readable_parts_when_it_is_named(tmp_path: Path) -> None:
    first, second, about = named(tmp_path, EXPORT)
    assert (first.title, first.date, first.key) == ("Old mill", "2025-03-02T07:15:00Z", "2025-03-02T07:15:00Z")
    assert first.text == "stops:\nat: bridge, min: 4\n\nstart_date: 2025-03-02T07:15:00Z\nkm: 7.5"
    assert (second.title, second.date, second.text) == ("Quarry", "2025-03-09", "start_date: 2025-03-09\nkm: 11")
    assert (about.key, about.title) == ("about trips", "about trips")
    assert about.text.startswith("owner: Tomas\nunits (distance: km, pace (walk: min, run: s))\n\n## tides\n\n- spring")


def test_several_lists_are_kept_apart_by_their_names(tmp_path: Path) -> None:
    found = named(tmp_path, {"data": {"books": [{"id": 1, "text": "One"}]}, "films": [{"id": 1, "text": "Two"}]})
    assert [(one.key, one.text) for one in found] == [("data.books/1", "One"), ("films/1", "Two")]


@pytest.mark.parametrize("value", [{}, [], {"a": []}])
def test_an_export_that_holds_nothing_is_no_document(tmp_path: Path, value: Any) -> None:
    assert [one.text for one in named(tmp_path, value) if one.text.strip("a: []")] == []


def test_an_export_that_would_drown_the_rest_is_told() -> None:
    value = {"owner": "Tomas", "rows": [{"n": n} for n in range(1001)]}
    found, left = read("listed", json.dumps(value), "x.json")
    assert (found, [kind.split(" (")[0] for kind, _ in left]) == ([], ["large tables"])
    deep = '{"a":' * 900 + '[{"b": 1}]' + "}" * 900
    assert read("listed", deep, "x.json")[0][0].text
