"""Contracts, papers, reports, CVs, programmes, data sheets: what they say of fields before a model is asked."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best

from rag import models
from rag.extract.choosing import chosen
from rag.extract.likenesses import Likenesses, kind_of
from rag.extract.sense import Sense
from rag.grammar import check, shorthand
from rag.types import Embedder

LEASE = """LICENCE TO OCCUPY

This licence is made on 4 May 2025 between

(1) Ottilie Brandt of 3 Mill Lane, York YO1 7EP ("the Landlord") and
(2) Per Lund and Ines Lund ("the Tenants").

1. Property: Flat 9, 14 Castle Road, York YO1 9SN
2. Term: 6 months, beginning on 1 June 2025 and ending on 30 November 2025
3. Pets: one dog is allowed
4. The Tenants shall not smoke in the rooms.
"""
PAPER = """Moss and memory: how wet winters change the recall of voles

Journal of Upland Ecology 12(4), 2022, pp. 88-97. doi:10.5555/jue.2022.0088

Abstract. We tagged 41 voles over three winters (n = 41, p = 0.02). We conclude that wet winters make voles forget.

Funding: Nordic Vole Trust
"""
CV = """Mirela Stan
Hydrologist

EXPERIENCE
Jan 2020 – present   Lead Hydrologist, Stromwerk B.V., Delft
2016 – 2020          Hydrologist, Apa Labs, Cluj

EDUCATION
2012 – 2016   MSc Hydrology, University of Cluj

SKILLS
R, Python, GIS

LANGUAGES
Romanian (native), Dutch (B1)
"""
SHEET = """# Fjord 30 daypack

€89.00 ~~€110.00~~

| Volume | 30 l |
| --- | --- |
| Material | 80 % recycled nylon |
| Colours | Sand, Fern |

4.2 out of 5 stars (31 reviews)
"""
KINDS: list[tuple[str, str, dict[str, Any]]] = [
    (
        LEASE,
        "landlord, tenants: list of str, property_address, signed_on: date, end: date, smoking_allowed bool",
        {
            "landlord": "Ottilie Brandt",
            "tenants": ["Per Lund", "Ines Lund"],
            "property_address": "Flat 9, 14 Castle Road, York YO1 9SN",
            "signed_on": "2025-05-04",
            "end": "2025-11-30",
            "smoking_allowed": False,
        },
    ),
    (
        PAPER,
        "title, journal, volume int, issue int, pages, sample_size int, p_value float, funder,"
        " finding: in one sentence",
        {
            "title": "Moss and memory: how wet winters change the recall of voles",
            "journal": "Journal of Upland Ecology",
            "volume": 12,
            "issue": 4,
            "pages": "88-97",
            "sample_size": 41,
            "p_value": 0.02,
            "funder": "Nordic Vole Trust",
            "finding": "We conclude that wet winters make voles forget.",
        },
    ),
    (
        CV,
        "jobs: list of {title, company, start, end}, education: list of {degree, school, start int},"
        " skills: list of str, languages: list of {language, level}",
        {
            "jobs": [
                {"title": "Lead Hydrologist", "company": "Stromwerk B.V.", "start": "Jan 2020", "end": "present"},
                {"title": "Hydrologist", "company": "Apa Labs", "start": "2016", "end": "2020"},
            ],
            "education": [{"degree": "MSc Hydrology", "school": "University of Cluj", "start": 2012}],
            "skills": ["R", "Python", "GIS"],
            "languages": [{"language": "Romanian", "level": "native"}, {"language": "Dutch", "level": "B1"}],
        },
    ),
    (
        SHEET,
        "price float, old_price float, material, colors: list of str, rating float",
        {
            "price": 89,
            "old_price": 110,
            "material": "80 % recycled nylon",
            "colors": ["Sand", "Fern"],
            "rating": 4.2,
        },
    ),
    (
        "TORVIK, 3 Mar 2024 — Nurses ended their walkout.\n\nunion leader Astrid Holm said so.\n",
        "place, published: date, people: list of {name, role}",
        {
            "place": "TORVIK",
            "published": "2024-03-03",
            "people": [{"name": "Astrid Holm", "role": "union leader"}],
        },
    ),
    (
        "Spring fete\n\nProgramme\n10:00  Opening\n11:30  Sack race, lower field\n13:00  Prizes\n",
        "programme: list of {time, activity}",
        {
            "programme": [
                {"time": "10:00", "activity": "Opening"},
                {"time": "11:30", "activity": "Sack race, lower field"},
                {"time": "13:00", "activity": "Prizes"},
            ]
        },
    ),
    (
        "Bike fitter, part-time\n\nVelohof Kassel is looking for a fitter.\n\nWhat you do\n* mend bikes\n* train us\n"
        "\n"
        "What you bring\n* two years in a workshop\n* good German\n",
        "company, tasks: list of str, requirements: list of str",
        {
            "company": "Velohof Kassel",
            "tasks": ["mend bikes", "train us"],
            "requirements": ["two years in a workshop", "good German"],
        },
    ),
    (
        "Soup\n\nServes 4 · 35 minutes\n\n1. Fry the leek.\n2. Add water.\n\nPer portion: 410 kcal\n",
        "servings int, steps: list of str, calories int",
        {"servings": 4, "steps": ["Fry the leek", "Add water"], "calories": 410},
    ),
    (
        "Invoice no. 881   Date: 02/04/2025\nOur ref: garden gate\n\nNet £100.00\nVAT 20% £20.00\nTOTAL £120.00\n"
        "account 11873920\n",
        "invoice_number, date: date, vat_rate float, total float, account_number",
        {"invoice_number": "881", "date": "2025-04-02", "vat_rate": 20, "total": 120, "account_number": "11873920"},
    ),
    (
        "Parish meeting, 1 July 2025\n\nThe roof leaks. It was agreed to get a quote. We decided to close the hall.\n",
        "decisions: list of str",
        {"decisions": ["It was agreed to get a quote", "We decided to close the hall"]},
    ),
    (
        "Kitchen order, 4 June 2025\n\nQuestions? Write to help@tiles.example. Ada <ada@x.example> has ordered.\n",
        "support_email",
        {"support_email": "help@tiles.example"},
    ),
]


KINDS += [
    (
        "For sale: van, 11/2019, 84,300 km, 110 kW, no accidents, heated seats, no sunroof. Bills not included.\n",
        "mileage_km int, power_kw int, accident_free bool, sunroof bool, bills_included bool, heated_seats bool",
        {
            "mileage_km": 84300,
            "power_kw": 110,
            "accident_free": True,
            "sunroof": False,
            "bills_included": False,
            "heated_seats": True,
        },
    ),
    (
        "Tarte\n\nPréparation : 20 min. Cuisson : 35 min à 180 °C.\n\n"
        "Préparation :\n1. Émincer les poireaux.\n2. Cuire la pâte.\n",
        "preparation_min int, cuisson_min int, temperature int, etapes: list of str",
        {
            "preparation_min": 20,
            "cuisson_min": 35,
            "temperature": 180,
            "etapes": ["Émincer les poireaux", "Cuire la pâte"],
        },
    ),
    (
        "Discharge letter\n\nAdmitted: 12.02.2025   Discharged: 17.02.2025\n\nMedication\nBisoprolol   2.5 mg   1-0-1\n"
        "Apixaban     5 mg     1-0-1\n",
        "admission: date, discharge: date, medication: list of {name, dose, schedule}",
        {
            "admission": "2025-02-12",
            "discharge": "2025-02-17",
            "medication": [
                {"name": "Bisoprolol", "dose": "2.5 mg", "schedule": "1-0-1"},
                {"name": "Apixaban", "dose": "5 mg", "schedule": "1-0-1"},
            ],
        },
    ),
    (
        "[2025-08-19 07:02:11] production.ERROR: Duplicate entry\n"
        "[2025-08-19 07:02:13] production.INFO: Cache cleared\n",
        "entries: list of {time, level, message}",
        {
            "entries": [
                {"time": "2025-08-19 07:02:11", "level": "ERROR", "message": "Duplicate entry"},
                {"time": "2025-08-19 07:02:13", "level": "INFO", "message": "Cache cleared"},
            ]
        },
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    found = models.embedder("minilm")
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "fields", "wanted"), KINDS, ids=range(len(KINDS)))
def test_what_a_form_says(embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]) -> None:
    schema = shorthand(fields)
    assert best(chosen(schema, Sense(schema, embedder).of(text))) == wanted
    assert check(wanted, schema) == []


ENTITIES = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["name", "type"],
        "additionalProperties": False,
        "properties": {"name": {"type": "string"}, "type": {"enum": ["PER", "LOC", "TIME", "NUM"]}},
    },
}


def test_names_days_and_numbers_are_entities_with_their_kinds(embedder: Embedder) -> None:
    schema = {"type": "object", "properties": {"entities": ENTITIES}, "required": ["entities"]}
    text = "In 1931 Clara Weber moved to Hamburg with 12 sheep. She left Hamburg on 3 May 1940."
    assert best(chosen(schema, Sense(schema, embedder).of(text)))["entities"] == [
        {"name": "1931", "type": "TIME"},
        {"name": "Clara Weber", "type": "PER"},
        {"name": "Hamburg", "type": "LOC"},
        {"name": "12", "type": "NUM"},
        {"name": "3 May 1940", "type": "TIME"},
    ]


def test_lists_of_names_hold_names_of_their_kind(embedder: Embedder) -> None:
    schema = shorthand("people: list of str, places: list of str, location: list of str")
    text = "After the long meeting Maria Lopez and Ahmed Khan drove their old car from Lisbon to Madrid."
    near = Sense(schema, embedder).of(text)
    admitted = {key[1]: near.admitted(key) for key in near.fields}
    assert admitted["people"] == ["Maria Lopez", "Ahmed Khan"]
    assert admitted["location"] == ["Lisbon", "Madrid"]


def test_several_lists_of_kinds_of_names_are_told_by_what_the_names_are_of(embedder: Embedder) -> None:
    schema = shorthand("person: list of str, location: list of str, corporations: list of str, group: list of str")
    text = "so proud of Maria Lopez , she left Lisbon and works at Siemens AG now ! Themba is cute . I miss Nairobi"
    told = best(chosen(schema, Sense(schema, embedder).of(text)))
    assert told["person"] == ["Maria Lopez", "Themba"]
    assert told["location"] == ["Lisbon", "Nairobi"]
    assert told["corporations"] == ["Siemens AG"]
    assert not told["group"]  # no name is of two kinds


def test_kinds_of_names_that_nobody_listed(embedder: Embedder) -> None:
    kinds = {
        "person": ["Anneliese Baumgartner", "Diego Fuentes", "Mrs. Whitcombe", "Kofi Mensah"],
        "place": ["Antwerp", "Lake Constance", "Peru", "Madison Avenue", "Reykjavik"],
        "organisation": ["Volkswagen AG", "University of Oslo", "Chelsea FC", "Department of Health"],
        "time": ["6 October 2011", "Thursday", "the 1980s"],
    }
    names = [name for some in kinds.values() for name in some]
    found = Likenesses(Sense({}, embedder)._embedded).of(names)
    assert [(name, kind_of(found[name])) for name in names] == [(n, kind) for kind, some in kinds.items() for n in some]
