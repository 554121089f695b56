"""Yes or no: what a text says of it, that it is not so, and that it does not speak of it."""

from __future__ import annotations

import pytest

from rag import models
from rag.app.extract import schema_extraction
from rag.extract import Plan, records
from rag.extract.fields import fields_of
from rag.extract.flags import flagged
from rag.extract.layout import Layout
from rag.grammar import shorthand
from rag.prompts import find
from rag.types import Document


def asked(name: str, text: str) -> bool | None:
    (one,) = fields_of(shorthand(f"{name} bool"))
    told = flagged(text, Layout(text), one)
    if told is not None:
        assert 0 <= told.start < told.end <= len(text)
        assert told.how in ("label", "sentence")
    return told.value if told else None


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("smoker", "She has never smoked and walks a lot.", False),
        ("smoker", "He gave up smoking in 2004.", False),
        ("smoker", "Smokes ten a day, cigarettes only.", True),
        ("smoker", "Noxen: Raucher seit der Jugend", True),
        ("smoker", "Der Patient ist Nichtraucher.", False),
        ("smoker", "Fume un paquet par jour.", True),
        ("smoker", "Exfumador desde hace años.", False),
        ("smoker", "The cake is still warm.", None),
        ("booking_required", "There's no need to book; just come.", False),
        ("registration_required", "Inscription obligatoire par courriel.", True),
        ("registration_required", "Eine Anmeldung ist nicht nötig.", False),
        ("pets_allowed", "Leider sind Haustiere nicht erlaubt.", False),
        ("pets_allowed", "No se admiten mascotas.", False),
        ("pets_allowed", "A cat is no problem at all.", True),
        ("parking", "Une place de stationnement, pas de balcon.", True),
        ("balcony", "Une place de stationnement, pas de balcon.", False),
        ("elevator", "Einen Aufzug gibt es nicht.", False),
        ("road_closed", "He lives in London Road.", None),
        ("road_closed", "Die Straße wurde für eine Stunde gesperrt.", True),
        ("lights_included", "| Part | Fitted |\n|---|---|\n| Lights | not included |\n| Bell | included |", False),
        ("dishwasher_safe", "Farbe: blau\nSpülmaschinengeeignet: nein\nMaterial: Glas", False),
        ("history_of_diabetes", "Denies fever, diabetes.", False),
        ("free_entry", "Tickets: 12 € (children free)", False),
        ("free_entry", "Admission is free.", True),
        ("refund_requested", "I don't want a refund, I want it mended.", False),
        ("accident_free", "The car has had no accidents.", True),
        ("paid", "Due 3 May. Paid: no. Thank you.", False),
    ],
)
def test_a_text_says_whether_it_is_so(name: str, text: str, value: bool | None) -> None:
    assert asked(name, text) is value


def test_neighbours_in_the_schema_change_nothing_and_the_sentence_is_shown() -> None:
    text = "Ms Ada Bell was seen on 3 May 2025. She has never smoked. Her weight was 61 kg."
    alone = "smoker bool, pregnant bool"
    beside = (
        f"patient, visit_date date, hospital, diagnosis, {alone}, allergies: list of str, weight_kg float, follow_up"
    )
    generator = models.generator("smollm2", threads=1, slots=1)
    assert generator is not None
    for fields in (alone, beside):
        plan = Plan(shorthand(fields), find("extract", ["text"], generator.name), max_tokens=400)
        what = schema_extraction(plan, generator, None)
        (row,) = records([Document("", "a", text)], what.plan, what.form, generator)
        assert row.data["smoker"] is False
        assert row.data["pregnant"] is None
