"""Records of documents without tables: rows whose columns are gone, offers, lists of what things cost."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best

from rag import models
from rag.extract import Plan, SchemaForm
from rag.extract.asker import seen
from rag.extract.candidates import candidates
from rag.extract.choosing import chosen
from rag.extract.keeping import MemoryRows
from rag.extract.lexicon import units
from rag.extract.lists import apart
from rag.extract.run import Runner
from rag.extract.sense import Sense
from rag.grammar import check, shorthand
from rag.prompts import find
from rag.types import Document, Embedder

BILL = """# Halm & Co Ltd

VAT No. GB 284 1193 06

Date: 3 March 2025

Item Qty Unit price Amount

Oak table 80 x 80 6 £410.00 £2,460.00

School bench 180 cm 15 £230.00 £3,450.00

Net £5,910.00

VAT 20 % £1,182.00

Total £7,092.00
"""
COVER = (
    "# Covered\n\nCover Sum insured Excess\n\nFire and storm £750,000 £500\n\nEmployers' liability £1,000,000 none\n"
)
OFFER = """Dear Ann,

our prices:

- Design, two rounds: £2,400
- Shop, 60 products: £5,600
- Support: £35 a month

Total £8,700 plus VAT. Hosting is £35 a month and is not included.
"""
ANGEBOT = "Unser Angebot:\n\n1. Beratung vor Ort – 450,00 €\n2. Montage, zwei Tage – 1.250,00 €\n\nSumme 1.700,00 €\n"
BARE = "Receipt\n\n2 x Croissant 7.00\n1 x Latte, large 3.80\nTotal 10.80\n"
STATEMENT = "Statement\n\n03.02.2025 Miete Februar -840,00\n05.02.2025 Gehalt 2.950,00\n"
FEES = "| Posten | Betrag |\n|---|---|\n| Pacht | 0,22 € je m² |\n| Aufnahme | 100,00 € einmalig |\n"
RECHNUNG = """Pos Bezeichnung Menge Einzelpreis Gesamt
1 Regal Eiche, 180 x 40 cm 2 389,00 € 778,00 €
2 Montage vor Ort 3 Std. 58,00 € 174,00 €

Gesamtbetrag 1 132,88 €
"""
HIRE = """Boats, summer 2025

Canoe, two seats ........ 14.00 EUR per hour
Life jacket ............. free
Rowing boat ............. from 1 250.00 EUR per year

Deposit 50.00 EUR.
"""
POLICY = "Risk Limit Deductible\nFire €250,000 €300\nBicycles €2,000 none\n\nPremium €312.40 a year.\n"
CODES = "SKU Item Qty Price\nA-100 Gloves, box of 100 20 $7.50\nB-220 Masks 50 $0.35\n\nTotal $167.50\n"
HIRED = "Citybike 9 € pro Tag\nE-Bike, 24 € pro Tag\nHelm gratis\n"
WORDED = "We cover:\n- Fire: sum insured £12,000, excess £100\n- Windscreen: sum insured £900, no excess\n"
LINES: list[tuple[str, str, list[dict[str, Any]]]] = [
    (
        BILL,
        "items: list of {name, quantity int, unit_price float}",
        [
            {"name": "Oak table 80 x 80", "quantity": 6, "unit_price": 410},
            {"name": "School bench 180 cm", "quantity": 15, "unit_price": 230},
        ],
    ),
    (
        COVER,
        "covers: list of {cover, sum_insured float, excess float}",
        [
            {"cover": "Fire and storm", "sum_insured": 750000, "excess": 500},
            {"cover": "Employers' liability", "sum_insured": 1000000, "excess": None},
        ],
    ),
    (
        OFFER,
        "items: list of {what, price float}",
        [
            {"what": "Design, two rounds", "price": 2400},
            {"what": "Shop, 60 products", "price": 5600},
            {"what": "Support", "price": 35},
        ],
    ),
    (
        ANGEBOT,
        "positionen: list of {bezeichnung, preis float}",
        [{"bezeichnung": "Beratung vor Ort", "preis": 450}, {"bezeichnung": "Montage, zwei Tage", "preis": 1250}],
    ),
    (
        BARE,
        "items: list of {name, quantity int, price float}",
        [{"name": "Croissant", "quantity": 2, "price": 7}, {"name": "Latte, large", "quantity": 1, "price": 3.8}],
    ),
    (
        STATEMENT,
        "entries: list of {date: date, text, amount float}",
        [
            {"date": "2025-02-03", "text": "Miete Februar", "amount": -840},
            {"date": "2025-02-05", "text": "Gehalt", "amount": 2950},
        ],
    ),
    (
        RECHNUNG,
        "positionen: list of {bezeichnung, menge int, einzelpreis float, gesamt float}",
        [
            {"bezeichnung": "Regal Eiche, 180 x 40 cm", "menge": 2, "einzelpreis": 389, "gesamt": 778},
            {"bezeichnung": "Montage vor Ort", "menge": 3, "einzelpreis": 58, "gesamt": 174},
        ],
    ),
    (
        HIRE,
        "prices: list of {item, price float, unit}",
        [
            {"item": "Canoe, two seats", "price": 14, "unit": "EUR per hour"},
            {"item": "Life jacket", "price": None, "unit": None},
            {"item": "Rowing boat", "price": 1250, "unit": "EUR per year"},
        ],
    ),
    (
        POLICY,
        "covers: list of {risk, limit float, deductible float}",
        [
            {"risk": "Fire", "limit": 250000, "deductible": 300},
            {"risk": "Bicycles", "limit": 2000, "deductible": None},
        ],
    ),
    (
        CODES,
        "items: list of {sku, item, qty int, price float}",
        [
            {"sku": "A-100", "item": "Gloves, box of 100", "qty": 20, "price": 7.5},
            {"sku": "B-220", "item": "Masks", "qty": 50, "price": 0.35},
        ],
    ),
    (
        HIRED,
        "preise: list of {fahrzeug, preis float, einheit}",
        [
            {"fahrzeug": "Citybike", "preis": 9, "einheit": "€ pro Tag"},
            {"fahrzeug": "E-Bike", "preis": 24, "einheit": "€ pro Tag"},
            {"fahrzeug": "Helm", "preis": None, "einheit": None},
        ],
    ),
    (
        WORDED,
        "covers: list of {cover, sum_insured float, excess float}",
        [
            {"cover": "Fire", "sum_insured": 12000, "excess": 100},
            {"cover": "Windscreen", "sum_insured": 900, "excess": None},
        ],
    ),
    (
        FEES,
        "gebuehren: list of {posten, betrag float, einheit}",
        [
            {"posten": "Pacht", "betrag": 0.22, "einheit": "€ je m²"},
            {"posten": "Aufnahme", "betrag": 100, "einheit": "€ einmalig"},
        ],
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def told(embedder: Embedder, text: str, fields: str) -> Any:
    schema = shorthand(fields)
    return best(chosen(schema, Sense(schema, embedder).of(text)))


@pytest.mark.parametrize(("text", "fields", "wanted"), LINES, ids=range(len(LINES)))
def test_lines_that_end_in_values_are_rows(
    embedder: Embedder, text: str, fields: str, wanted: list[dict[str, Any]]
) -> None:
    data = told(embedder, text, fields)
    assert list(data.values()) == [wanted]
    assert check(data, shorthand(fields)) == []


@pytest.mark.parametrize(
    ("said", "parts"),
    [
        ("the saw for £9,800, from 1 April", ["the saw for £9,800", "from 1 April"]),
        ("buy it for £9,800; paint, sand and oil it", ["buy it for £9,800", "paint, sand and oil it"]),
        ("9,5 m, 1,250,000 und 12", ["9,5 m", "1,250,000", "12"]),
        ("36,37,38,39", ["36", "37", "38", "39"]),
    ],
)
def test_the_comma_of_a_number_divides_no_list(said: str, parts: list[str]) -> None:
    assert apart(said) == parts


def test_a_part_of_a_longer_number_is_no_number() -> None:
    text = "VAT No. GB 284 1193 06\nKonto 12 3456 789\nReg. 0284 1193\n80 desks at 1 200 EUR for 25 30 EUR coupons"
    said = {one.text for one in candidates(text) if one.kind == "number"}
    assert said == {"80", "1 200", "25", "30"}
    assert {"GB 284 1193 06", "12 3456 789", "0284 1193"} <= {
        one.text for one in candidates(text) if one.kind in ("code", "phone")
    }


LEASE = (
    "# Lease\n\nThis lease is made on 14 February 2023 between A and B.\n\nThe term is 5 years from 1 April 2023.\n\n"
    "It is insured: 1 May 2023 to 30 April 2024.\n"
)


def test_a_date_is_a_beginning_an_end_or_the_day_of_the_paper(embedder: Embedder) -> None:
    assert told(embedder, LEASE, "start: date, date: date") == {"start": "2023-04-01", "date": "2023-02-14"}
    assert told(embedder, LEASE.partition("It is")[2], "valid_until: date") == {"valid_until": "2024-04-30"}


def test_the_day_on_which_a_file_was_made_says_nothing_of_its_matter(embedder: Embedder) -> None:
    minutes = "# Minutes, 10 March 2025\n\nThe roof is mended.\n"
    for name, said in (("a.docx", "2025-03-10"), ("a.pptx", "2025-03-10"), ("a.html", "2013-12-23")):
        document = Document("s", name, minutes, "Minutes of the team", date="2013-12-23")
        assert told(embedder, seen(document, (0, len(minutes))), "date: date") == {"date": said}


def test_umlauts_may_be_written_in_two_letters() -> None:
    assert units("beschluesse") == units("Beschlüsse") == {"decision"}


MAILED = "From: Paul Weir\n\ntwo of six tables wobble, a crack is 4 cm.\n\nA new table is 450 GBP, 2 are 880 GBP.\n"
ITEMS = "items: list of {name, quantity int, unit_price float}, total float"


def test_an_item_is_not_put_together_from_what_stands_apart(embedder: Embedder) -> None:
    schema = shorthand(ITEMS)
    made = {
        "items": [
            {"name": "Paul Weir", "quantity": 4, "unit_price": None},
            {"name": "tables", "quantity": None, "unit_price": None},
            {"name": "new table", "quantity": 2, "unit_price": 450},
        ],
        "total": 880,
    }
    kept = SchemaForm(schema, 200, embedder=embedder).together(made, MAILED)
    assert kept == {"items": made["items"][2:], "total": 880}
    assert SchemaForm(schema, 200).together(made, MAILED) == made  # who writes freely is believed
    rows = told(embedder, BILL, ITEMS)
    assert SchemaForm(schema, 200, embedder=embedder).together(rows, BILL) == rows
    people = {"people": [{"name": "Paul Weir", "age": 4}]}
    assert (
        SchemaForm(shorthand("people: list of {name, age int}"), 200, embedder=embedder).together(people, "") == people
    )


def test_the_bundled_model_makes_no_item_where_there_is_none(embedder: Embedder) -> None:
    generator = models.generator("smollm2", threads=1, slots=1)
    plan = Plan(shorthand(ITEMS), find("extract", ["text"], generator.name), max_tokens=200)
    rows = MemoryRows()
    document = Document("", "a.txt", MAILED.partition("A new")[0])
    Runner(rows, plan, SchemaForm(plan.schema, 200, embedder=embedder), generator).run([document])
    (row,) = rows.results.values()
    assert row.data == {"items": [], "total": None}
    assert "do not stand together" in row.note
