"""Which version a name is that of, and what notes of releases are."""

from __future__ import annotations

import pytest

from rag import editions, releases
from rag.sources.dated import stated
from rag.types import Document


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("1.4", "1.4"),
        ("v0.9.11", "0.9.11"),
        ("[1.2.0] - 2024-01-01", "1.2.0"),
        ("Version 1.6.1 (2024-08-30)", "1.6.1"),
        ("Noteworthy changes in release 9.1 (2022-04-15) [stable]", "9.1"),
        ("version 1.34 - Ann Moss, 2021-02-13", "1.34"),
        ("man-db 2.11.2 (8 January 2023)", "2.11.2"),
        ("CHANGES WITH 252:", "252"),
        ("Changes between 3.0.1 and 3.0.2 [1 May 2020]", "3.0.2"),
        ("2.0.0-rc.1", "2.0.0-rc.1"),
        ("4.2 Procedure", ""),
        ("Table 3.2", ""),
        ("Upgrading to 2.0", ""),
        ("Rules 2024", ""),
        ("2024-05-01", ""),
    ],
)
def test_a_name_is_that_of_a_version(name: str, version: str) -> None:
    assert releases.version(name) == version


def test_versions_are_ordered_by_their_numbers() -> None:
    rising = ["0.9.11", "0.10.0", "1.4-rc1", "1.4", "1.4.8", "1.13"]
    orders = [releases.order(one) for one in rising]
    assert orders == sorted(orders)
    assert len(set(orders)) == len(orders)
    assert releases.order("1.4.0") == releases.order("1.4")


NOTES = "## New\n\n- Properties add tags and dates to notes.\n\n## Fixed\n\n- Tables no longer flicker in notes.\n"
MANUAL = (
    "## Load\n\nThe trailer carries {} kg.\n\n## Repairs\n\nCall the workshop, which repairs trailers and bicycles.\n"
)


def note(key: str, text: str, title: str = "") -> Document:
    return Document("docs", key, text, title=title or key.rpartition("/")[2].removesuffix(".md"), kind="markdown")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (note("Release notes/v1.4.md", NOTES), note("Release notes/v1.4.8.md", NOTES)),
        (note("Release notes/Mobile/v1.4.md", "Tags.\n"), note("Release notes/Mobile/v1.5.md", "Tags.\n")),
        (note("app/v1.4.md", NOTES), note("app/v1.5.md", NOTES)),
        (note("a.md", NOTES, "Fennel 3.2"), note("b.md", NOTES, "Fennel 4.0")),
    ],
)
def test_notes_of_two_releases_are_no_editions_of_one_work(one: Document, other: Document) -> None:
    assert not editions.same_work(one, other)


def test_two_manuals_with_versions_are_editions_of_one_work() -> None:
    one, other = (
        note(f"{name}.md", MANUAL.format(load), name) for name, load in (("Trailer 3.2", 1), ("Trailer 4.0", 2))
    )
    assert editions.same_work(one, other)


@pytest.mark.parametrize(
    ("line", "day"),
    [
        ("Released on 2020/11/03.", "2020-11-03"),
        ("Release date: 3 March 2024", "2024-03-03"),
        ("**Published:** 2021-03-04 by Ann", "2021-03-04"),
        ("Veröffentlicht am 4. März 2021", "2021-03-04"),
        ("Publié le 4 mars 2021", "2021-03-04"),
        ("Publicado el 4 de marzo de 2021", "2021-03-04"),
        ("- Released: 14 October 1994", ""),  # of the film that the page is about
        ("Published in 2020.", ""),
    ],
)
def test_the_day_on_which_a_page_came_out_is_its_date(line: str, day: str) -> None:
    assert stated(f"# 1.4\n\n{line}\n\nText", "1.4", "1.4.md") == day
