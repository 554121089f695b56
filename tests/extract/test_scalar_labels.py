"""Single values by where they stand: deadlines, from where to where, prices in steps, numbers of papers, labels."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best, told_by_rules

from rag import models
from rag.extract.choosing import chosen
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.types import Embedder

TOLD: list[tuple[str, str, dict[str, Any]]] = [
    (
        "Please pay by Friday 20th March 2026. The permission slip must be returned by Wednesday 18th March 2026.",
        "pay_by date, reply_form_by date",
        {"pay_by": "2026-03-20", "reply_form_by": "2026-03-18"},
    ),
    (
        "Bitte geben Sie das Formular bis zum 8. Juni 2026 wieder ab. Das Geld überweisen Sie bis zum 12. Juni 2026.",
        "pay_by date, reply_by date",
        {"pay_by": "2026-06-12", "reply_by": "2026-06-08"},
    ),
    (
        "Le règlement de 12 € est à remettre avant le 3 mai 2026. Merci de votre confiance.",
        "pay_by date, reply_form_by date",
        {"pay_by": "2026-05-03", "reply_form_by": None},
    ),
    (
        "Harbour School, 4 May 2026\n\nOn Tuesday 19 May 2026 Class 3 will visit the mill. Please pay by 12 May 2026.",
        "trip_date date",
        {"trip_date": "2026-05-19"},
    ),
    (
        "Ihr Flug QX 12 von Innsbruck nach Bremen verspätet sich. Wir bitten um Geduld.",
        "from_place, to_place",
        {"from_place": "Innsbruck", "to_place": "Bremen"},
    ),
    (
        "Aucun tram ne circulera entre Place Bellevue et Gare du Nord de lundi à jeudi.",
        "from_station, to_station",
        {"from_station": "Place Bellevue", "to_station": "Gare du Nord"},
    ),
    (
        "Open from Monday to Friday.\n\n| Route | Kelm to Port Ober |\n|---|---|\n| Delay | 12 minutes |\n",
        "from_place, to_place",
        {"from_place": "Kelm", "to_place": "Port Ober"},
    ),
    (
        "Now £7.50 a month for the first 3 months, then £11 a month. Speeds of up to 150 Mbps.",
        "price_month float, price_after_month float",
        {"price_month": 7.5, "price_after_month": 11},
    ),
    (
        "Für 9,99 € pro Monat, ab dem 13. Monat 14,99 €. Einmalig 20 €.",
        "monthly_price float, price_after float",
        {"monthly_price": 9.99, "price_after": 14.99},
    ),
    (
        "Quellen: 68 % erneuerbare Energien, 24 % Kohle, 8 % Erdgas. Umsatzsteuer 19 %.",
        "renewable_percent float",
        {"renewable_percent": 68},
    ),
    (
        "CUSTOMS DECLARATION   Item no.  RB 118 402 663 GB\nMay be opened officially",
        "declaration_number",
        {"declaration_number": "RB 118 402 663 GB"},
    ),
    (
        "Zollinhaltserklärung\n\nSendungsnummer: LX 447 120 885 DE\n\nArt der Sendung: Muster",
        "declaration_number",
        {"declaration_number": "LX 447 120 885 DE"},
    ),
]


@pytest.mark.parametrize(("text", "fields", "wanted"), TOLD)
def test_single_values_go_to_their_fields(embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]) -> None:
    told = told_by_rules(embedder, text, fields)
    assert {name: told[name] for name in wanted} == wanted


BEST: list[tuple[str, str, Any]] = [
    ("Metadata-Version: 2.4\nName: tomli\nVersion: 1.9.1\n", "version", "1.9.1"),
    ("Updated 07:12\nDelay: 38 minutes\n\nIf you arrive 30 minutes late you can claim.", "delay_minutes int", 38),
    (
        "From: office@mill.example\nSubject: Visit\n\nDear parents,\n\nWe go.\n\nKind regards,\n\nAda Moor\n",
        "sender",
        "Ada Moor",
    ),
    (
        "Electricity bill 2026\nKundennummer          4 117 802\nZählernummer   1EMH0010445731\n",
        "account_number",
        "4 117 802",
    ),
    (
        "Electricity bill\n\n781 kWh at 24.67p £192.67\nStanding charge 92 days at 53.8p £49.50",
        "unit_price_ct float",
        24.67,
    ),
    ("Gewicht | Wert\n1,2 kg | 85,00 €\n\nGesamtwert: 193,00 €\n", "total_value float", 193),
    ("| Operador | Telmar |\n|---|---|\n| Gastos de alta | 10 € |\n| SMS | 100 |\n", "setup_fee float", 10),
    ("| Operador | Telmar |\n|---|---|\n| Gastos de alta | 10 € |\n", "provider", "Telmar"),
]


@pytest.mark.parametrize(("text", "field", "wanted"), BEST)
def test_the_label_that_says_the_field_wins(embedder: Embedder, text: str, field: str, wanted: Any) -> None:
    schema = shorthand(field)
    assert best(chosen(schema, Sense(schema, embedder).of(text))) == {field.partition(" ")[0]: wanted}


def test_how_often_is_no_duration(embedder: Embedder) -> None:
    told = told_by_rules(embedder, "Des bus circulent toutes les 15 minutes.", "delay_minutes int")
    assert told == {"delay_minutes": None}


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")
