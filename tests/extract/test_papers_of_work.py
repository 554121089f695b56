"""Orders, permits, tickets, bookings, claims: who is who, which day is whose, codes, choices behind other labels."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import told_by_rules

from rag import models
from rag.types import Embedder

ORDER = """Mühlenbäckerei Sandvoss · Am Anger 4 · 99086 Erfurt

An
Kartonagen Ilse Wirth KG
Hafenweg 9
39104 Magdeburg

## Bestellung Nr. 4711-26

Bestelldatum: 04.03.2026
Liefertermin: 28.03.2026

| Pos. | Artikel | Menge | Gesamt |
| --- | --- | --- | --- |
| 10 | Faltkarton | 6 | 505,20 |
| 20 | Deckel | 2 | 438,00 |
| 30 | Band | 40 | 46,00 |
| Gesamtbetrag netto |  |  | 989,20 |
"""
MAIL = "From: {}\nTo: care@brill.example\nSubject: Kettle\nDate: Mon, 09 Mar 2026 19:04:00 +0000\n\n{}\n"
CASES: list[tuple[str, str, dict[str, Any]]] = [
    (
        ORDER,
        "buyer, supplier, order_date date, deliver_by date, total float",
        {
            "buyer": "Mühlenbäckerei Sandvoss",
            "supplier": "Kartonagen Ilse Wirth KG",
            "order_date": "2026-03-04",
            "deliver_by": "2026-03-28",
            "total": 989.2,
        },
    ),
    (
        "PURCHASE ORDER\nHollin Tea Rooms\n\nRequired by: 25 May 2026\nDate: 11 May 2026\nSupplier: Pask & Co\n"
        "Total: £40.00\n",
        "buyer, supplier, order_date date, deliver_by date",
        {"buyer": "Hollin Tea Rooms", "supplier": "Pask & Co", "order_date": "2026-05-11", "deliver_by": "2026-05-25"},
    ),
    (
        "Deliver by: 28 August 2026\n",
        "order_date date, deliver_by date",
        {"deliver_by": "2026-08-28", "order_date": None},
    ),
    (
        "Ticket 12\n\nRequester: Pia Conti <p.conti@velo.example>\nCreated: 2026-04-02 09:17\n",
        "requester, opened_on date",
        {"requester": "Pia Conti", "opened_on": "2026-04-02"},
    ),
    (
        "Record locator: LMR8WV\nIssued: Jun 3, 2026\n\nFare USD 1,104.00 | Taxes USD 158.70 | Total USD 1,262.70\n",
        "booking_reference, booked_on date, total_price float",
        {"booking_reference": "LMR8WV", "booked_on": "2026-06-03", "total_price": 1262.7},
    ),
    (
        "Zaaknummer: Z2026-77\nLocatie: Kerkpad 3, 8435 KM Oosterveld\nBesluit: verleend onder voorschriften\n"
        "Geldig tot: 20 mei 2027\nBehandelaar: R. Dijkstra\n",
        "site_address, expires_on date, case_officer, decision: one of granted | granted with conditions | refused",
        {
            "site_address": "Kerkpad 3, 8435 KM Oosterveld",
            "expires_on": "2027-05-20",
            "case_officer": "R. Dijkstra",
            "decision": "granted with conditions",
        },
    ),
    ("Status: Denied\n", "decision: one of granted refused", {"decision": "refused"}),
    ("Signalwort: Achtung\nGefahren: keine\n", "signal_word: one of Danger Warning", {"signal_word": "Warning"}),
    ("Nivel: principiante\n", "level: one of beginner advanced", {"level": "beginner"}),
    (
        "Application 26/00418/FUL\n\nDear Mr Ash,\n\nIt is granted.\n\nYours sincerely,\n\nRuth Pell\nCase officer\n",
        "case_officer",
        {"case_officer": "Ruth Pell"},
    ),
    (
        MAIL.format(
            "Iris Dale <iris@post.example>", "I bought it on\n22 November last year at Penn's.\n\nRegards\nIris Dale"
        ),
        "customer_name, purchase_date date",
        {"customer_name": "Iris Dale", "purchase_date": "2025-11-22"},
    ),
    (
        MAIL.format(
            "Tom Bos <t@post.example>", "Op 3 januari 2026 kocht ik bij Radio Smit een radio.\n\nGroet,\nTom Bos"
        ),
        "purchase_date date",
        {"purchase_date": "2026-01-03"},
    ),
    (
        "Sublease, May 30, 2026\n\nKevin moves in on July 1, 2026 and moves out on December 20, 2026.\n",
        "start date, end date",
        {"start": "2026-07-01", "end": "2026-12-20"},
    ),
    ("Protection class: see the plate, IP54, 12 W.\n", "ip_rating", {"ip_rating": "IP54"}),
    ("Emergency phone: +44 1482 496 0199 (24 h)\n", "emergency_phone", {"emergency_phone": "+44 1482 496 0199"}),
    (
        "---\ntitle: The Long Tide by Vera Okafor\nauthor: Vera Okafor\n---\n\nA book.\n",
        "book_title, author",
        {"book_title": "The Long Tide", "author": "Vera Okafor"},
    ),
    (
        "| Bailleur : | SCI Les Ormes |\n| --- | --- |\n| Locataire : | Inès Roy |\n",
        "landlord",
        {"landlord": "SCI Les Ormes"},
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.mark.parametrize(("text", "fields", "wanted"), CASES)
def test_what_papers_say_goes_to_its_field(embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]) -> None:
    told = told_by_rules(embedder, text, fields)
    assert {name: told[name] for name in wanted} == wanted


def test_a_bill_is_still_that_of_the_seller(embedder: Embedder) -> None:
    text = "Pask & Co\n1 Mill Yard\n\nBill to:\nHollin Tea Rooms\n\nInvoice 12\nOrder no: 4\nTotal: £40.00\n"
    told = told_by_rules(embedder, text, "supplier, buyer")
    assert told == {"supplier": "Pask & Co", "buyer": "Hollin Tea Rooms"}
