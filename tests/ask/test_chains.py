"""Chains of editions: which holds is said only where that is certain, and the head that replaces one is read whole."""

from __future__ import annotations

import pytest

from rag import chunking, editions, status
from rag.ask import answer
from rag.types import Answer, Document, Hit

BODY = "{}The leader is elected for a term of {}. The secretary counts the ballots and keeps the records."
FIRST = """Historical version of the Charter of the Society (v1.0)

Version 1.0 ratified on 2 December 1998.

Superseded by Version 1.1 ratified on 21 June 2003, Version 1.4
ratified on 7 October 2007, and the current version 1.9 ratified on 26 March,
2022.

"""
SECOND = """Historical version of the Charter of the Society (v1.4)

Superseded by Version 1.5 ratified on 9 January 2015, and the current
version 1.9 ratified on 26 March 2022.

"""
THIRD = """Charter of the Society (v1.9)

Supersedes Version 1.5 ratified on 9 January 2015, Version 1.4 ratified
on 7 October 2007, and Version 1.0 ratified on 2 December 1998.

"""


def charter(key: str, head: str, term: str) -> Document:
    return Document("docs", key, BODY.format(head, term), title=head.partition("\n")[0], kind="text")


OLD = charter("charter.1.0.txt", FIRST, "one year")
LATER = charter("charter.1.4.txt", SECOND, "two years")
NEW = charter("charter.txt", THIRD, "three years")  # its name has no version


def asked(question: str, *documents: Document) -> Answer:
    passages = [passage for one in documents for passage in chunking.split(one, 300)]
    return answer(question, [Hit(passage, 1 - rank / 50) for rank, passage in enumerate(passages)])


def test_the_newest_of_three_goes_first_though_its_name_has_no_version() -> None:
    assert editions.same_work(OLD, NEW)
    assert editions.same_work(LATER, NEW)
    assert editions.ordered([OLD, NEW, LATER]) == [NEW, LATER, OLD]
    found = asked("for which term is the leader elected", OLD, LATER, NEW)
    assert found.citations[0].passage.document == NEW
    older = asked("for which term was the leader elected in version 1.0", OLD, LATER, NEW)
    assert [older.citations[0].passage.document, older.citations[0].current] == [OLD, NEW.key]


def test_no_edition_is_called_current_that_says_itself_that_it_is_not() -> None:
    assert editions.holding(editions.ordered([OLD, LATER])) is None
    found = asked("for which term was the leader elected in version 1.0", OLD, LATER)
    assert found.citations
    assert not any(one.current for one in found.citations)


@pytest.mark.parametrize(("followed", "certain"), [("2.0", True), ("3.0", False)])
def test_nor_one_after_which_another_names_a_later_one(followed: str, certain: bool) -> None:
    first = charter("guide-1.0.md", f"Guide\n\nVersion 1.0. Superseded by version {followed}.\n\n", "one year")
    second = charter("guide-2.0.md", "Guide\n\nVersion 2.0.\n\n", "two years")
    order = editions.ordered([first, second])
    assert order == [second, first]
    assert (editions.holding(order) == second) is certain


@pytest.mark.parametrize(
    ("name", "work"),
    [("charter.1.4", "charter"), ("install-2.0", "install"), ("The Guide, former version", "guide"),
     ("Historical society", "historical society")],
)  # fmt: skip
def test_a_version_behind_a_dot_or_dash_tells_editions_apart(name: str, work: str) -> None:
    assert editions.work(name) == work


def test_what_a_head_says_takes_the_place_of_a_text_is_read_over_broken_lines() -> None:
    line = status.line(OLD.text)
    assert line
    assert OLD.text[slice(*line)].endswith("26 March,\n2022.")
    kept = "Draft\n\nThe board will decide."
    assert status.line(kept) == (0, len("Draft"))
