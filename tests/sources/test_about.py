"""Author, title and date of an office file or PDF: not those of a template, and the date that a document states."""

from __future__ import annotations

import pytest

from rag.sources import about

TEMPLATE = "2013-12-23T23:15:00Z"


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("(anonymous)", ""), ("python-docx", ""), ("openpyxl", ""), ("Steve Canny", ""), ("Microsoft Office User", ""),
        ("anonymous", ""), ("unspecified", ""), ("Anna Berg", "Anna Berg"), ("Userly Ltd", "Userly Ltd"),
    ],
)  # fmt: skip
def test_what_a_program_put_there_is_no_author(name: str, kept: str) -> None:
    assert about.author(name) == kept


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("(anonymous)", ""), ("untitled", ""), ("Microsoft Word - plan.docx", ""), ("PowerPoint Presentation", ""),
        ("Document1", ""), ("report.docx", ""), ("Presentation of results", "Presentation of results"),
    ],
)  # fmt: skip
def test_what_a_program_put_there_is_no_title(name: str, kept: str) -> None:
    assert about.title(name) == kept


@pytest.mark.parametrize(
    ("text", "title", "key", "own", "date"),
    [
        ("Present: all.", "Minutes, 10 March 2025", "a.docx", TEMPLATE, "2025-03-10"),
        ("# Protokoll (3. Mai 2024)\n\nText.", "Protokoll", "a.docx", "", "2024-05-03"),
        ("Text.", "Team meeting", "2025-01-13-team.docx", TEMPLATE, "2025-01-13"),
        ("Unit 7\n\nInvoice date: 3 March 2025\nDue: 2 April 2025", "Invoice", "a.pdf", "2026-11-29", "2025-03-03"),
        ("Datum: 03.05.2024", "Brief", "a.pdf", "", "2024-05-03"),
        ("# Lease\n\nThis lease is made on 14 February 2023 between A and B.", "A", "a.docx", TEMPLATE, "2023-02-14"),
        # what is no date of the document, or may be two, is none
        ("Employer: Halvorsen & Pike. Employee: N. Okafor. Start date: 2 September 2024.", "A", "a.docx", "", ""),
        ("Date: 3/4/2024", "Letter", "a.pdf", "", ""),
        ("Text.", "After 11 September 2001", "a.docx", "2020-05-06", "2020-05-06"),
        ("Text.", "Forecast, 31 December 2030", "a.docx", "2020-05-06", "2020-05-06"),
        ("Text.", "Plan", "a.docx", "1980-01-01T00:00:00Z", ""),
        ("Text.", "Plan", "a.docx", "2021-01-01T10:00:00Z", "2021-01-01T10:00:00Z"),
    ],
)  # fmt: skip
def test_the_date_of_a_document(text: str, title: str, key: str, own: str, date: str) -> None:
    assert about.date(text, title, key, own) == date
