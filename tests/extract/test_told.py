"""What documents of many kinds say of fields by their labels, tables, lists and heads, before a model is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from extraction import best
from hypothesis import given
from hypothesis import strategies as st

from rag import models
from rag.app.extract_inputs import given as given_files
from rag.dates import days
from rag.extract import Plan, SchemaForm, records
from rag.extract.about import about, head
from rag.extract.asker import seen
from rag.extract.choosing import chosen
from rag.extract.evidence import standing
from rag.extract.layout import Layout
from rag.extract.lexicon import alike, units
from rag.extract.sense import Sense
from rag.grammar import check, shorthand
from rag.prompts import find
from rag.types import Document, Embedder

MAIL = """From: Katrin Bauer <katrin.bauer@stadtwerke-mainz.de>
To: info@dachdecker-roth.de
Subject: Angebot Dachsanierung
Date: Mon, 19 May 2025 08:03:00 +0200
Content-Type: text/plain; charset=utf-8

Sehr geehrter Herr Roth,

vielen Dank für Ihr Angebot Nr. A-2231 über 48.500 Euro. Wir möchten den Auftrag
erteilen, wenn Sie bis zum 30. Juni fertig sind.

Mit freundlichen Grüßen
Katrin Bauer, Tel. 06131 128-400
"""
INVOICE = """Müller & Söhne GmbH
Industriestraße 44, 70565 Stuttgart

Rechnung Nr. 2025-0317
Rechnungsdatum: 03.02.2025
Kunde: Bäckerei Hoffmann, Marktplatz 3, 72070 Tübingen

Pos  Bezeichnung                     Menge   Einzelpreis   Gesamt
1    Mehl Type 550, 25 kg               12      18,90 €     226,80 €
2    Hefe, frisch, 500 g                40       1,15 €      46,00 €

Nettobetrag                                                272,80 €
MwSt. 7 %                                                   19,10 €
Gesamtbetrag                                               291,90 €

Zahlbar bis 17.02.2025 ohne Abzug.
"""
MARKDOWN = """# Invoice INV-20417

**From:** Pixel & Pine LLC
**To:** Riverside Dental Group
**Due:** April 2, 2025

| Item | Quantity | Unit price | Total |
|------|---------:|-----------:|------:|
| Logo design | 1 | $1,200.00 | $1,200.00 |
| Business cards | 4 | $38.00 | $152.00 |

**Amount due: $1,352.00**
"""
RECEIPT = """セブンイレブン 渋谷三丁目店
電話 03-5467-1234
2025年4月18日 12:07

おにぎり 鮭        ¥150
緑茶 500ml         ¥128

小計              ¥278
消費税(8%)         ¥22
合計              ¥300
"""
JOB = """Chef de projet digital (H/F) – CDI – Lyon

L'agence Novéo recrute un chef de projet pour son bureau de Lyon.
Rémunération : 38 000 à 44 000 € brut par an. Télétravail : 2 jours par semaine.
Candidatures avant le 15 septembre 2025 à recrutement@noveo-agence.fr, contact : Mme Claire Dumas.
"""
MEETING = """# Product sync, 2 June 2025

Present: Priya, Tom, Lena, Marco (remote). Absent: Yusuf.

- Checkout: launch moves. Tom fixes the payment tests.
- Pricing page: Lena will write the new copy until 10 June.

Decision: we drop support for iOS 14.
Next meeting: 9 June, 10:00, room Curie.
"""
LEASE = """This agreement is made between Marcus Bell ("Landlord") and Dana Whitfield ("Tenant").
The lease begins on July 1, 2025 and ends on June 30, 2026. Monthly rent is $1,850. Pets are not allowed.
"""
LOG = "Nov  4 02:17:33 db-1 postgres[2914]: FATAL: no slots left, client=10.2.0.8 user=app_rw"

DOCUMENTS: list[tuple[str, str, dict[str, Any]]] = [
    (
        INVOICE,
        "seller, customer, invoice_number, invoice_date: date, due: date, net float, vat float, total float,"
        " items: list of {name, quantity int, price float}",
        {
            "seller": "Müller & Söhne GmbH", "customer": "Bäckerei Hoffmann", "invoice_number": "2025-0317",
            "invoice_date": "2025-02-03", "due": "2025-02-17", "net": 272.8, "vat": 19.1, "total": 291.9,
            "items": [
                {"name": "Mehl Type 550, 25 kg", "quantity": 12, "price": 18.9},
                {"name": "Hefe, frisch, 500 g", "quantity": 40, "price": 1.15},
            ],
        },
    ),
    (
        MARKDOWN,
        "vendor, buyer, number, due: date, total float, lines: list of {item, qty int, unit_price float, total float}",
        {
            "vendor": "Pixel & Pine LLC", "buyer": "Riverside Dental Group", "number": "INV-20417", "due": "2025-04-02",
            "total": 1352,
            "lines": [
                {"item": "Logo design", "qty": 1, "unit_price": 1200, "total": 1200},
                {"item": "Business cards", "qty": 4, "unit_price": 38, "total": 152},
            ],
        },
    ),
    (
        RECEIPT,
        "store, phone, date: date, total int, tax int, items: list of {name, price int}",
        {
            "store": "セブンイレブン 渋谷三丁目店", "phone": "03-5467-1234", "date": "2025-04-18", "total": 300,
            "tax": 22,
            "items": [{"name": "おにぎり 鮭", "price": 150}, {"name": "緑茶 500ml", "price": 128}],
        },
    ),
    (
        JOB,
        "company, salary_min int, salary_max int, deadline: date, email, contact, remote bool",
        {
            "company": "L'agence Novéo", "salary_min": 38000, "salary_max": 44000, "deadline": "2025-09-15",
            "email": "recrutement@noveo-agence.fr", "contact": "Mme Claire Dumas", "remote": True,
        },
    ),
    (
        MEETING,
        "date: date, attendees: list of str, absent: list of str, decision, next_meeting: date, room,"
        " tasks: list of {who, what, due: date}",
        {
            "date": "2025-06-02", "attendees": ["Priya", "Tom", "Lena", "Marco"], "absent": ["Yusuf"],
            "decision": "we drop support for iOS 14", "next_meeting": "2025-06-09", "room": "Curie",
            "tasks": [
                {"who": "Tom", "what": "Tom fixes the payment tests", "due": None},
                {"who": "Lena", "what": "Lena will write the new copy until 10 June", "due": "2025-06-10"},
            ],
        },
    ),
    (
        LEASE,
        "landlord, tenant, start: date, end: date, rent float, pets_allowed bool",
        {
            "landlord": "Marcus Bell", "tenant": "Dana Whitfield", "start": "2025-07-01", "end": "2026-06-30",
            "rent": 1850, "pets_allowed": False,
        },
    ),
    (
        LOG,
        "timestamp, host, service, level: one of INFO FATAL, message, client_ip, user, pid int",
        {
            "timestamp": "Nov  4 02:17:33", "host": "db-1", "service": "postgres", "message": "no slots left",
            "client_ip": "10.2.0.8", "user": "app_rw", "pid": 2914,
        },
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.mark.parametrize(
    ("text", "fields", "wanted"), DOCUMENTS, ids=lambda one: one.split("\n")[0][:20] if isinstance(one, str) else ""
)
def test_what_a_document_says_of_its_fields(embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]) -> None:
    schema = shorthand(fields)
    held = chosen(schema, Sense(schema, embedder).of(text))
    found = best(held)
    assert {name: found[name] for name in wanted} == wanted
    assert check(wanted | {name: None for name in found if name not in wanted}, schema) == []
    evidence = standing(wanted, Document("", "a", text))
    assert [
        pointer
        for pointer, span in evidence.items()
        if span is None and not {"due", "remote", "pets_allowed"} & set(pointer.split("/"))
    ] == []


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("invoice_date", "Rechnungsdatum"), ("due", "Zahlbar bis"), ("invoice_number", "N° de facture"),
        ("total", "合計"), ("seller", "Verkäufer"), ("attendees", "Anwesend"), ("phone", "Téléphone"),
        ("price", "価格"), ("who", "Responsible"), ("street", "Straße"),
    ],
)  # fmt: skip
def test_a_field_is_known_by_its_words_in_other_languages(field: str, label: str) -> None:
    assert alike(units(field), units(label)) > 0.6


@pytest.mark.parametrize(
    ("field", "label"),
    [("due date", "Date"), ("user name", "Invoice date"), ("total", "Subtotal"), ("colour", "Price")],
)
def test_a_label_of_something_else_does_not_speak_of_a_field(field: str, label: str) -> None:
    assert alike(units(field), units(label)) < 0.4


def test_days_without_a_year_are_found() -> None:
    text = "Moved from 12. März to 17 March; June 3, and 4月5日. Not 99 March."
    assert [(one.month, one.day, text[one.start : one.end]) for one in days(text)] == [
        (3, 12, "12. März"), (3, 17, "17 March"), (6, 3, "June 3"), (4, 5, "4月5日"),
    ]  # fmt: skip


@given(st.text(alphabet="ab: =|\t\n-#*1.,€年計", max_size=120))
def test_layout_holds_for_any_text(text: str) -> None:
    layout = Layout(text)
    for line in layout.lines:
        assert all(line.start <= cell.start <= cell.end <= line.end for cell in line.cells)
        for cell in line.cells:
            layout.labels(cell.start, cell.end)
            layout.is_label(cell.start, cell.end)
    assert all(text[pair.start : pair.end] for pair in layout.pairs if pair.end > pair.start)


def test_what_a_format_knows_is_shown_and_may_be_the_evidence(tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(MAIL, encoding="utf-8")
    (document,) = given_files([str(tmp_path / "a.eml")], (), "")
    known = about(document)
    assert known["From"] == "Katrin Bauer <katrin.bauer@stadtwerke-mainz.de>"
    assert list(known) == ["From", "To", "Subject", "Date"]
    assert seen(document, (0, 10)) == head(known) + document.text[:10]
    found = standing({"to": "info@dachdecker-roth.de", "date": "2025-05-19", "sender": "Katrin Bauer"}, document)
    assert found["/to"] == {"about": "To", "start": 0, "end": 23, "quote": "info@dachdecker-roth.de"}
    assert found["/date"]["about"] == "Date"
    assert "about" not in found["/sender"]  # it stands in the text, too
    (tmp_path / "notes.txt").write_text("Nothing is known of this.", encoding="utf-8")
    (plain,) = given_files([str(tmp_path / "notes.txt")], (), "")
    assert about(plain) == {}  # a title that is the name of the file says nothing


def test_a_day_that_a_text_says_itself_is_not_said_of_it(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\ntitle: Tides\ndate: 2021-08-24\n---\n\nOn tides.\n", encoding="utf-8")
    (document,) = given_files([str(tmp_path / "a.md")], (), "")
    assert document.date == "2021-08-24"
    assert "Date" not in about(document)  # so it is read as from standard input


def test_the_page_of_a_pdf_is_part_of_the_evidence() -> None:
    document = Document("", "a.pdf", "one two\n\nthree", meta={"pages": [0, 9]})
    found = standing({"a": "two", "b": "three", "c": None}, document)
    assert (found["/a"]["page"], found["/b"]["page"], found["/c"]) == (1, 2, None)


@pytest.mark.model
def test_the_bundled_model_says_what_a_mail_says(embedder: Embedder, tmp_path: Path) -> None:
    (tmp_path / "a.eml").write_text(MAIL, encoding="utf-8")
    fields = "sender, recipient, date: date, offer_number, amount float, deadline: date, phone?, fax?"
    schema = shorthand(f"{fields}, request: what they want")
    documents = list(given_files([str(tmp_path / "a.eml")], (), ""))
    with models.generator("smollm2", threads=1, slots=1) as model:
        plan = Plan(schema, find("extract", ["text"], model.name), max_tokens=300)
        (record,) = records(documents, plan, SchemaForm(schema, 300, embedder=embedder), model)
    assert record.data.pop("fax", None) is None
    assert {**record.data, "request": ""} == {
        "sender": "Katrin Bauer", "recipient": "Herr Roth", "date": "2025-05-19",
        "offer_number": "A-2231", "amount": 48500, "deadline": "2025-06-30", "phone": "06131 128-400", "request": "",
    }  # fmt: skip
    assert record.data["request"].startswith("Wir möchten")
