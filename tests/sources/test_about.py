"""Author, title and date of an office file or PDF: not those of a template, and the date that a document states."""

from __future__ import annotations

import pytest

from rag.sources import about
from rag.sources.formats import kind_of, reader

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
        ("Plan of 2021.", "Plan", "a.docx", "2021-01-01T10:00:00Z", "2021-01-01T10:00:00Z"),
        # what is no date of the document, or may be two, is none
        ("Employer: Halvorsen & Pike. Employee: N. Okafor. Start date: 2 September 2024.", "A", "a.docx", "", ""),
        ("Date: 3/4/2024", "Letter", "a.pdf", "", ""),
        ("Text.", "After 11 September 2001", "a.docx", "", ""),
        ("Written in 2020.", "Forecast, 31 December 2030", "a.docx", "2020-05-06", "2020-05-06"),
        ("Text.", "Plan", "a.docx", "1980-01-01T00:00:00Z", ""),
        # nor the day on which a file was saved, if it does not even say that year
        ("Wording 01-2024", "Policy", "a.pdf", "2026-11-29", ""),
        ("Text.", "Plan", "a.docx", "2021-01-01T10:00:00Z", ""),
    ],
)  # fmt: skip
def test_the_date_of_a_document(text: str, title: str, key: str, own: str, date: str) -> None:
    found, saved = about.date(text, title, key, own)
    assert found == date
    assert saved == ("" if own in ("", TEMPLATE, date) or own < "1990" else own)


@pytest.mark.parametrize(
    ("key", "text", "date"),
    [
        ("minutes 2022-05-10.md", "# Annual meeting\n\nPresent: all.", "2022-05-10"),
        ("agenda_2022_09_13.txt", "Apologies", "2022-09-13"),
        ("20240514 minutes.txt", "Apologies", "2024-05-14"),
        ("minutes 14 May 2024.txt", "Apologies", "2024-05-14"),
        ("a.md", "# Minutes 14 February 2023\n\nPresent: all.", "2023-02-14"),
        ("a.md", "# Parish\n## Minutes of the meeting held on Tuesday 9 March 2021 (by Zoom)\n\nAll.", "2021-03-09"),
        ("a.txt", "ALDER COUNCIL\nANNUAL MEETING  14 May 2024\n\nPresent: all.", "2024-05-14"),
        ("a.txt", "To: all\nDate: 3 March 2025\n\nDear all", "2025-03-03"),
        ("a.org", "#+TITLE: On call\n#+DATE: 2024-11-03\n* Rota", "2024-11-03"),
        ("a.tex", "\\title{Ovens}\n\\date{3 March 2025}\n\\begin{document}", "2025-03-03"),
        ("a.rst", "Printers\n========\n\n:Date: 2024-05-03\n\nText.", "2024-05-03"),
        ("a.md", "---\ndate: 2020-01-02\n---\n# Minutes 14 February 2023\n", "2020-01-02"),
        ("a.txt", "We met on 3 May 2024", ""),
        ("a.txt", "The bridge was opened on 3 May 1884. It fell on 4 June 1890.", ""),
        ("after 11 September 2001.md", "What came then.", ""),
    ],
)
def test_the_date_of_a_text_is_what_its_name_title_or_head_says(key: str, text: str, date: str) -> None:
    kind = kind_of(key)
    assert kind
    (document,) = reader(kind)(text.encode(), key, "notes")
    assert document.date == date
