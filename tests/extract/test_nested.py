"""Objects in records, labels of forms in some languages, descriptions: what rules say before a model is asked."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best

from rag import models
from rag.extract.choosing import chosen
from rag.extract.fields import fields_of
from rag.extract.sense import Sense
from rag.grammar import check, shorthand
from rag.types import Embedder

CARD = """Kreismuseum Talheim, Karte

Inv.-Nr.:     TH 77-3
Künstler:     unbekannt
Datierung:    um 1850
Technik:      Nussbaum, geschnitzt
Maße:         Höhe 31 cm, Breite 12,5 cm
Schenker:     Familie Ott
"""
WEATHER = """| Report | North Fells |
| --- | --- |
| Danger level | 2 |
| Wind | east, 40 km/h |
| Temperature at 2000 m | -7 °C |
| Date | 4 February 2025 |
"""
RELEASE = """Quillmark opens a second mill

LEEDS, 3 May 2025. Quillmark Paper Ltd will open a mill in Goole.

Press contact
Dora Lunt
dora@quillmark.example
+44 113 555 0190
"""
SHEET = """# KX-9 sensor

| Parameter | Min | Typ | Max | Unit |
| --- | --- | --- | --- | --- |
| Supply voltage | 1.8 | 3.0 | 3.6 | V |
| Operating temperature | -30 | | 75 | °C |
"""
FLAT = """Property:    4 Mill Lane, York YO1 7EP
Landlord:    Harrow Homes Ltd
Tenants:     Ida Moss and Per Moss
Date:        1 March 2025
Remarks:     The back door sticks when it rains.
Fuel:        Benzin, 95
New address: 9 Castle Road, York YO1 9SN
"""
KINDS: list[tuple[str, str, dict[str, Any]]] = [
    (
        CARD,
        "inventory_number, artist, dating: when the object was made, material, donor,"
        " dimensions: {height_cm float, width_cm float, depth_cm float}",
        {
            "inventory_number": "TH 77-3", "artist": None, "dating": "um 1850", "material": "Nussbaum, geschnitzt",
            "donor": "Familie Ott", "dimensions": {"height_cm": 31, "width_cm": 12.5, "depth_cm": None},
        },
    ),
    (
        WEATHER,
        "danger_level int: 1 to 5, wind: {direction, speed_kmh int}, temperature_2000m float, report_date: date",
        {
            "danger_level": 2, "wind": {"direction": "east", "speed_kmh": 40}, "temperature_2000m": -7,
            "report_date": "2025-02-04",
        },
    ),
    (
        "Issued: 18:00, 12 January 2026 by the North Fells team\n\nValid until 13.01.2026 um 17:00 Uhr",
        "issued_at, valid_until, issued_on: date",
        {
            "issued_at": "18:00, 12 January 2026", "valid_until": "13.01.2026 um 17:00 Uhr", "issued_on": "2026-01-12",
        },
    ),
    (
        RELEASE,
        "press_contact: {name, email, phone}",
        {"press_contact": {"name": "Dora Lunt", "email": "dora@quillmark.example", "phone": "+44 113 555 0190"}},
    ),
    ("Size: 40 x 25 x 9 cm", "dimensions: {length_cm int, width_cm int, height_cm int}",
     {"dimensions": {"length_cm": 40, "width_cm": 25, "height_cm": 9}}),
    (
        SHEET,
        "supply_voltage_min_v float, supply_voltage_max_v float, temperature_range: {min_c float, max_c float}",
        {
            "supply_voltage_min_v": 1.8, "supply_voltage_max_v": 3.6, "temperature_range": {"min_c": -30, "max_c": 75},
        },
    ),
    (
        FLAT,
        "address, handover_date: date, landlord, tenant, remarks, fuel: one of diesel petrol electric, new_address",
        {
            "address": "4 Mill Lane, York YO1 7EP", "handover_date": "2025-03-01", "landlord": "Harrow Homes Ltd",
            "tenant": "Ida Moss and Per Moss", "remarks": "The back door sticks when it rains", "fuel": "petrol",
            "new_address": "9 Castle Road, York YO1 9SN",
        },
    ),
]  # fmt: skip


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.mark.parametrize(("text", "fields", "wanted"), KINDS, ids=range(len(KINDS)))
def test_what_a_form_says_of_objects_and_labels(
    embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]
) -> None:
    schema = shorthand(fields)
    assert best(chosen(schema, Sense(schema, embedder).of(text))) == wanted
    assert check(wanted, schema) == []


@pytest.mark.parametrize(
    ("field", "phrase"),
    [
        ("city: where the person lives", False),
        ("dating: when the object was made", False),
        ("source: who the recipe is from", False),
        ("expected_behaviour: one sentence", True),
        ("oddities: what struck the writer as strange", True),
        ("danger_level int: 1 to 5", False),
    ],
)
def test_a_description_asks_for_a_phrase_only_where_the_name_asks_for_nothing(field: str, phrase: bool) -> None:
    (one,) = fields_of(shorthand(field))
    assert one.phrase is phrase
