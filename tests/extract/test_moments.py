"""Days, hours, choices and values of one shape: what a text tells of them by its forms."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best

from rag import models
from rag.extract.choosing import chosen
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.models.minilm import MiniLM

KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("Le salon ouvre les 3 et 4 octobre 2026 à Lille.", "date date, end_date date",
     {"date": "2026-10-03", "end_date": "2026-10-04"}),
    ("Konzert am 5. Juni 2026, 20.15 Uhr, Einlass ab 19.30 Uhr", "start_time, doors",
     {"start_time": "20.15 Uhr", "doors": "19.30 Uhr"}),
    ("The meeting opened at 18:30 in the hall and closed at 20:10.", "start_time, end_time",
     {"start_time": "18:30", "end_time": "20:10"}),
    ("Anmeldung bis zum 9. Mai 2026. Das Fest ist am 30. Mai 2026.", "registration_deadline date",
     {"registration_deadline": "2026-05-09"}),
    ("Rechnung 14\nMainz, den 4. April 2026\nZahlbar bis zum 20.04.2026", "invoice_date date",
     {"invoice_date": "2026-04-04"}),
    ("Date: 3 May 2026\nNext visit on 9 June 2026.", "visit_date date, next_visit date",
     {"visit_date": "2026-05-03", "next_visit": "2026-06-09"}),
    ("Fragen an Frau Jung, jung@verein.example, Tel. 0761 44 55 66", "contact_email, contact_phone, iban",
     {"contact_email": "jung@verein.example", "contact_phone": "0761 44 55 66", "iban": None}),
    ("Bakery, 14 Mill Road, Leeds LS6 2AB. Energy rating: D", "postcode, energy_class, ean",
     {"postcode": "LS6 2AB", "energy_class": "D", "ean": None}),
    ("Wohnung in 79098 Freiburg", "postcode", {"postcode": "79098"}),
    ("EAN: 4012345678901, Art. 77", "ean", {"ean": "4012345678901"}),
    ("Anna (née Holm) was born in Oslo on 3 May 1931.", "birth_date date", {"birth_date": "1931-05-03"}),
]  # fmt: skip
CHOSEN = [
    ("Paciente: Ana Ruiz, mujer, 40 años", "sex: one of male female", "female"),
    ("CDI, temps plein, 2 000 € brut par mois", "contract: one of permanent fixed-term", "permanent"),
    ("CDI, temps plein, 2 000 € brut par mois", "salary_period: one of hour month year", "month"),
    ("Zu vermieten: helle Wohnung, Kaltmiete 700 €", "offer: one of rent sale", "rent"),
    ("No rush, whenever you can.", "priority: one of low normal high", "low"),
    ("The parcel never arrived.", "category: one of billing bug delivery", "delivery"),
    ("The garden is green.", "priority: one of low normal high", None),
    ("A lecture by Dr Moss", "kind: one of concert talk market", "talk"),
]


@pytest.fixture(scope="module")
def embedder() -> MiniLM:
    found = models.embedder("minilm")
    assert isinstance(found, MiniLM)
    return found


@pytest.mark.parametrize(("text", "fields", "wanted"), KINDS, ids=range(len(KINDS)))
def test_a_value_of_a_form_is_told(embedder: MiniLM, text: str, fields: str, wanted: dict[str, Any]) -> None:
    schema = shorthand(fields)
    assert best(chosen(schema, Sense(schema, embedder).of(text))) == wanted


@pytest.mark.parametrize(("text", "fields", "wanted"), CHOSEN, ids=range(len(CHOSEN)))
def test_a_choice_is_told_by_other_words_for_it(embedder: MiniLM, text: str, fields: str, wanted: str | None) -> None:
    schema = shorthand(fields)
    told = Sense(schema, embedder).of(text).told
    assert [one.value for one in told.values()] == [wanted]
