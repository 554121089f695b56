"""What stands in the head of a document comes along, or is found: its standing, what supersedes it, who wrote it."""

from pathlib import Path

import pytest

from rag import Index, models, status
from rag.ask import Asking, answer
from rag.sources import files

OLD = """# ADR-0009: Airflow as the orchestrator
Status: **superseded by ADR-0013** · Date: 2024-03-04 · Deciders: Mirela

We use Airflow on three machines, with many operators.
"""
NEW = """# ADR-0013: Our own small scheduler
Status: accepted · Supersedes ADR-0009 · Author: Jonas

## Decision
A thousand lines of Python and a lease in the database.

## Consequences
Nothing but a command line. Backfills by hand.
"""
MINUTES = """# Board of the riders, 12 March 2026

Chair: Astrid Holm
Present: 9 of 11 members, and 34 guests

## 1. Timetable

The county wants to cut the first boat of the board's list. The board objects, in the chair's words.
"""
POSTMORTEM = """# Postmortem 31: customers billed twice

Status: draft. Author: Priya.

## Impact

Customers got two invoices in May and customers were billed twice.

## Timeline

Customers wrote that they were billed twice, in May.

## Root cause

The host had two crontabs.

## Actions

- Alert when customers are billed twice (Priya, due in June, *moved, see 34*)
"""
LATER = "# Postmortem 34: a wrong board deck\n\nThe alert is now due on 31 August, and its owner is Tom.\n"
PROSE = "# A walk\n\nThe state of the path: it was replaced last year. We see 2024 as a good year for drafts.\n"


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("heads")
    for name, text in (("a9", OLD), ("a13", NEW), ("m", MINUTES), ("p31", POSTMORTEM), ("p34", LATER), ("walk", PROSE)):
        (folder / f"{name}.md").write_text(text, encoding="utf-8")
    index = Index(folder / "x.db", models.embedder("minilm"), create=True)
    index.add("docs", files([str(folder)]))
    return index


def shown(index: Index, question: str) -> list[str]:
    hits = index.with_replies(index.search(question, 3))
    given = answer(question, hits, None, index.embedder, Asking(threshold=0.0))
    for one in given.citations:
        assert one.passage.document.text[one.start : one.end] == one.quote
    return [one.quote for one in given.citations]


def test_what_is_superseded_says_so_and_what_supersedes_it_is_shown(index: Index) -> None:
    first, second, *_ = shown(index, "do we use airflow on three machines?")
    assert first.startswith("Status: **superseded by ADR-0013**")
    assert first.endswith("with many operators.")
    assert second in NEW


def test_a_draft_says_so_in_an_excerpt_of_its_own_and_see_is_followed(index: Index) -> None:
    found = shown(index, "who has to build the alert when customers are billed twice, and when is it due?")
    assert "Status: draft. Author: Priya." in found
    assert any("31 August" in one for one in found)


def test_why_is_answered_by_the_section_named_for_it(index: Index) -> None:
    assert any("two crontabs" in one for one in shown(index, "why were customers billed twice in May?"))


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("who chaired the board of the riders?", "Astrid Holm"),
        ("how many guests were at the board of the riders?", "34 guests"),
        ("who is the author of postmortem 31", "Priya"),
        ("what is the status of postmortem 31", "draft"),
    ],
)
def test_the_field_of_a_head_that_is_asked_for_is_shown(index: Index, question: str, said: str) -> None:
    assert said in shown(index, question)[0]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (OLD, "Status: **superseded by ADR-0013** · Date: 2024-03-04 · Deciders: Mirela"),
        ("# A\n\n## Status\n\nDeprecated by the council\n", "Deprecated by the council"),
        ("---\ntitle: A\nstatus: draft\n---\ntext", "status: draft"),
        ("RAMP\nThis document is obsolete. See b.txt.\n", "This document is obsolete. See b.txt."),
        ("DRAFT - do not use\n\nText.", "DRAFT - do not use"),
        ("Stand: Entwurf, 3. Mai\n", "Stand: Entwurf, 3. Mai"),
        (NEW, ""),
        (PROSE, ""),
        ("The draft was long. It was replaced.", ""),
        ("Status: final", ""),
        ("x\n" * 30 + "Status: draft", ""),
    ],
)
def test_the_line_that_says_a_text_does_not_hold(text: str, line: str) -> None:
    found = status.line(text)
    assert (text[slice(*found)] if found else "") == line


def test_what_is_referred_to() -> None:
    text = "superseded by [ADR-0013](a.md); see also RFC 12, see 034 and see manual_2026.txt. See 2024."
    assert status.referred(text) == ["ADR-0013", "RFC 12", "034", "manual_2026.txt"]
    assert status.is_called("ADR-0013", "ADR 0013: Ours", "a.md")
    assert status.is_called("manual_2026.txt", "", "docs/manual_2026.txt")
    assert not status.is_called("034", "Postmortem 0345", "a.md")
