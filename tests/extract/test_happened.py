"""Which of several days a sentence says of a field, which ends of a range, the hours of a clock, numbers of papers."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import told_by_rules

from rag import models
from rag.extract.clock import clock
from rag.types import Embedder

DAYS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "Olga Brandt slipped away on Monday, March 2, 2026. She came into the world on May 4, 1940.\n\n"
        "A service will be held on March 9, 2026 in the chapel.",
        "date_of_birth date, date_of_death date, funeral_date date",
        {"date_of_birth": "1940-05-04", "date_of_death": "2026-03-02", "funeral_date": "2026-03-09"},
    ),
    (
        "Il est né le 7 avril 1950 à Metz et nous a quittés le 2 mars 2026.",
        "date_of_birth date, date_of_death date",
        {"date_of_birth": "1950-04-07", "date_of_death": "2026-03-02"},
    ),
    (
        "Wij ontvingen uw melding op 5 mei 2026. Uw fiets werd op 1 mei 2026 gestolen.",
        "incident_date date, reported_date date",
        {"incident_date": "2026-05-01", "reported_date": "2026-05-05"},
    ),
    (
        "Please send it before the closing date, 31 May 2026; everybody will hear from us by 30 June 2026.",
        "deadline date, result_date date",
        {"deadline": "2026-05-31", "result_date": "2026-06-30"},
    ),
    (
        "Wir freuen uns auf Sie vom 03.05.2026 bis zum 10.05.2026. Kostenfrei stornieren können Sie bis 20.04.2026.",
        "check_in date, check_out date",
        {"check_in": "2026-05-03", "check_out": "2026-05-10"},
    ),
    (
        "Le produit a été vendu du 4 mars au 9 mai 2025. Le rappel est du 2 juin 2025.",
        "sold_from date, sold_until date",
        {"sold_from": "2025-03-04", "sold_until": "2025-05-09"},
    ),
    (
        "Arrival | Friday 10 July 2026\nDeparture | Monday 13 July 2026\nBooked | 2 May 2026\n",
        "check_in date, check_out date",
        {"check_in": "2026-07-10", "check_out": "2026-07-13"},
    ),
    (
        "Abholung: 18.03.2026   Lieferung: 19.03.2026\nAuftrag vom 01.03.2026\n",
        "departure date, arrival date",
        {"departure": "2026-03-18", "arrival": "2026-03-19"},
    ),
    (
        "BALANCE BROUGHT FORWARD  1,204.17\nRent  -40.00\nBALANCE CARRIED FORWARD  1,164.17\n",
        "opening_balance float, closing_balance float",
        {"opening_balance": 1204.17, "closing_balance": 1164.17},
    ),
]
NUMBERS: list[tuple[str, str, str | None]] = [
    ("Notice No: KM 7741 0932 5\nYou must pay within 28 days.\n", "notice_number", "KM 7741 0932 5"),
    ("Aktenzeichen: 511.30-2025/88412\nZahlen Sie binnen einer Woche.\n", "notice_number", "511.30-2025/88412"),
    ("Confermiamo la vostra prenotazione n. 7730/26 dal 7 marzo.\n", "confirmation_number", "7730/26"),
    ("Booking reference | GR-88231\nRoom | 14\n", "confirmation_number", "GR-88231"),
    ("Appl. No.: 17/345,018\nPatent No.: US 11,904,552 B2\n", "application_number", "17/345,018"),
    ("Appl. No.: 17/345,018\nPatent No.: US 11,904,552 B2\n", "publication_number", "US 11,904,552 B2"),
    ("Ring us at no. 18, Chapel Parade, from 10:52 on 14/08/2025.\n", "confirmation_number", None),
    ("Kundennummer: 40 122\nZählernummer: 1EMH77\n", "confirmation_number", None),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    found = models.embedder("minilm")
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "fields", "said"), DAYS, ids=range(len(DAYS)))
def test_days_are_told_by_what_their_sentences_and_labels_say(
    embedder: Embedder, text: str, fields: str, said: dict[str, Any]
) -> None:
    assert told_by_rules(embedder, text, fields) == said


@pytest.mark.parametrize(("text", "field", "said"), NUMBERS, ids=range(len(NUMBERS)))
def test_the_number_of_a_paper_is_no_time_and_no_other_number(
    embedder: Embedder, text: str, field: str, said: str | None
) -> None:
    assert told_by_rules(embedder, text, field) == {field: said}


@pytest.mark.parametrize(
    ("said", "hour"),
    [
        ("3 pm", "15:00"),
        ("12:15 a.m.", "00:15"),
        ("14 h 30", "14:30"),
        ("7.45 Uhr", "07:45"),
        ("8時半", "08:30"),
        ("25", ""),
    ],
)
def test_an_hour_is_written_in_one_way(said: str, hour: str) -> None:
    assert clock(said) == hour


def test_a_field_of_the_type_time_takes_an_hour_however_it_is_written(embedder: Embedder) -> None:
    text = "Offener Garten am Samstag, Beginn um 14.30 Uhr.\n\nDate: 2 May 2026 08:14\n"
    assert told_by_rules(embedder, text, "start_time time") == {"start_time": "14:30"}
