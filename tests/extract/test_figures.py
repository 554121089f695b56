"""Numbers where they belong: units and exact conversions, pairs, sizes by their heads, counts; what is no amount."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from extraction import best
from hypothesis import given
from hypothesis import strategies as st

from rag import models
from rag.app.extract import schema_extraction
from rag.extract import Plan, records
from rag.extract.choosing import chosen
from rag.extract.measuring import UNITS, converted, unit_of_name
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.models.minilm import MiniLM
from rag.prompts import find
from rag.types import Document

KINDS: list[tuple[str, str, dict[str, Any]]] = [
    ("Bread slicer\nWeight: 3,2 kg\nHeight: 21 cm\nMotor: 150 W", "weight_g float, height_mm float, power_w float",
     {"weight_g": 3200, "height_mm": 210, "power_w": 150}),
    ("The drone weighs 1.1 lb (0.5 kg) and flies well.", "weight_g float", {"weight_g": 500}),
    ("She was 5 ft tall and weighed 140 lb. Temp 99.1F.", "weight_kg float, temperature_c float",
     {"weight_kg": None, "temperature_c": None}),
    ("Shelf, 800 mm wide, 1.9 m high, 30 cm deep", "width_mm float, height_mm float, depth_mm float",
     {"width_mm": 800, "height_mm": 1900, "depth_mm": 300}),
    ("Box (W x H x D): 20 x 31 x 12 cm", "width_mm int, height_mm int, depth_mm int",
     {"width_mm": 200, "height_mm": 310, "depth_mm": 120}),
    ("Maße (B × H × T) | 60 × 85 × 55,5 cm", "width_cm float, height_cm float, depth_cm float",
     {"width_cm": 60, "height_cm": 85, "depth_cm": 55.5}),
    ("BP 131/77, HR 64, weight 70 kg", "systolic int, diastolic int, heart_rate int",
     {"systolic": 131, "diastolic": 77, "heart_rate": 64}),
    ("BP not taken. Hb 141.", "systolic_mmhg int, diastolic_mmhg int", {"systolic_mmhg": None, "diastolic_mmhg": None}),
    ("Maison de 95 m², 4 pièces, 2 chambres, au 3e étage.", "rooms int, bedrooms int, floor int",
     {"rooms": 4, "bedrooms": 2, "floor": 3}),
    ("Flat of 61 sq m on the ground floor.", "floor int, bedrooms int", {"floor": 0, "bedrooms": None}),
    ("Net 100.00\nDiscount 5%  -5.00\nVAT @ 21%  19.95\nTotal due 114.95", "vat_rate float, total float",
     {"vat_rate": 21, "total": 114.95}),
    ("Der Abend beginnt um 19.15 Uhr. Eintritt 8 €.", "price float", {"price": 8}),
    ("§ 7 Kaution. Die Kaution beträgt 1.200,00 €.", "deposit float", {"deposit": 1200}),
    ("Agreement no. 51220, signed in Leeds.", "deposit float, fee float", {"deposit": None, "fee": None}),
    ("Nobody was hurt when the shelf fell.", "injured int", {"injured": 0}),
    ("Rated 4.3 out of 5 by 218 reviews.", "rating float, review_count int", {"rating": 4.3, "review_count": 218}),
    ("Ab 12 Jahren. Höchstens 25 Teilnehmer.", "min_age int, capacity int", {"min_age": 12, "capacity": 25}),
    ("35 hours a week, from 1 May.", "weekly_hours float", {"weekly_hours": 35}),
    ("Damage: $3,200", "damage_eur float, damage float", {"damage_eur": None, "damage": 3200}),
]  # fmt: skip


@pytest.fixture(scope="module")
def embedder() -> MiniLM:
    found = models.embedder("minilm")
    assert isinstance(found, MiniLM)
    return found


@pytest.mark.parametrize(("text", "fields", "wanted"), KINDS, ids=range(len(KINDS)))
def test_a_number_is_taken_from_its_place(embedder: MiniLM, text: str, fields: str, wanted: dict[str, Any]) -> None:
    schema = shorthand(fields)
    assert best(chosen(schema, Sense(schema, embedder).of(text))) == wanted


def test_what_was_converted_stands_on_what_the_document_says() -> None:
    generator = models.generator("smollm2", threads=1, slots=1)
    assert generator is not None
    text = "Pan\nWeight: 4,3 kg\nPrice: 30 €\n"
    plan = Plan(shorthand("weight_g float, price float"), find("extract", ["text"], generator.name), grounded=True)
    what = schema_extraction(plan, generator, None)
    (row,) = records([Document("", "a", text)], what.plan, what.form, generator)
    assert row.data == {"weight_g": 4300, "price": 30}


@given(
    st.decimals(min_value=0, max_value=10**6, places=3), st.sampled_from(sorted(UNITS)), st.sampled_from(sorted(UNITS))
)
def test_a_conversion_is_exact_or_none(value: Decimal, own: str, wanted: str) -> None:
    said = converted(float(value), UNITS[own], UNITS[wanted])
    if said is None:
        return
    assert UNITS[own].family == UNITS[wanted].family
    assert Decimal(repr(said)) * UNITS[wanted].size == Decimal(repr(float(value))) * UNITS[own].size


def test_the_unit_of_a_field_is_the_last_word_of_its_name() -> None:
    assert unit_of_name("weight g") == UNITS["g"]
    assert unit_of_name("price eur") == UNITS["€"]
    assert unit_of_name("year built") is None
    assert unit_of_name("check in") is None
