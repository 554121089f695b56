"""Numbers that sentences say: how many, how old, since when, how large, the most and the least, in which scale."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import told_by_rules
from hypothesis import given
from hypothesis import strategies as st

from rag import models
from rag.extract.reading import read
from rag.extract.scales import scale_of, scaled
from rag.extract.sense import Sense
from rag.extract.worded import number_of
from rag.grammar import shorthand
from rag.types import Embedder

NUMBERS: list[tuple[str, str, dict[str, Any]]] = [
    ("Afternoon temperatures of around 13 degrees, falling to 5 overnight, with gusts reaching 95 km/h on the coast.",
     "max_gust_kmh float, min_temp_c float, max_temp_c float",
     {"max_gust_kmh": 95, "min_temp_c": 5, "max_temp_c": 13}),
    ("Die Temperaturen gehen auf -8 Grad zurück, in Kammlagen Böen bis 70 km/h.",
     "max_gust_kmh float, min_temp_c float, max_temp_c float",
     {"max_gust_kmh": 70, "min_temp_c": -8, "max_temp_c": None}),
    ("A stone house of 1871 with four bedrooms, a kitchen of 22 sq m, in all about 158 sq m. The garden extends to"
     " some 700 square metres.",
     "living_area_m2 float, plot_m2 float, year_built int",
     {"living_area_m2": 158, "plot_m2": 700, "year_built": 1871}),
    ("Appartement de 91 m² dans un immeuble de 1974, avec un séjour de 30 m².",
     "living_area_m2 float, year_built int", {"living_area_m2": 91, "year_built": 1974}),
    ("Die Stiftung vergibt drei Promotionsstipendien; sie werden für 36 Monate gewährt.",
     "number_of_scholarships int, duration_months int", {"number_of_scholarships": 3, "duration_months": 36}),
    ("Er worden vijf beurzen toegekend aan musici van 16 tot en met 25 jaar.",
     "scholarships int, max_age int", {"scholarships": 5, "max_age": 25}),
    ("Grupos de seis a catorce personas. Son diez sesiones.", "min_participants int, max_participants int, lessons int",
     {"min_participants": 6, "max_participants": 14, "lessons": 10}),
    ("The man came with a five-day history of fever and was discharged home after six days.",
     "days_in_hospital int", {"days_in_hospital": 6}),
    ("Our cat Biscuit, he's 4 and a bit nervous, is missing.", "age_years float", {"age_years": 4}),
    ("Mit ihren vier Jahren hat Juno schon viel erlebt.", "age_years float", {"age_years": 4}),
    ("Domaine des Aulnes, Les Terrasses 2021. From a family estate. Drink now to 2030. Bottled at 14% vol.",
     "vintage int, drink_until int: year, alcohol_percent float",
     {"vintage": 2021, "drink_until": 2030, "alcohol_percent": 14}),
    ("CVSS v3.1: 8.8. All versions before 1.9 are affected.", "cvss_score float", {"cvss_score": 8.8}),
    ("All versions before 1.9 are affected.", "cvss_score float", {"cvss_score": None}),
    ("You started the quarter with $5,310.22 and ended it with $5,844.90.",
     "opening_balance float, closing_balance float", {"opening_balance": 5310.22, "closing_balance": 5844.9}),
    ("The firm pays £1.9bn for the rival, which had revenue of £874m.",
     "revenue_millions float", {"revenue_millions": 874}),
    ("Net profit was €22.6 million. The dividend is €0.85 a share.", "net_profit_meur float, dividend_cents float",
     {"net_profit_meur": 22.6, "dividend_cents": 85}),
    ("Lieferschein vom 18.03.2026\nGesamtgewicht: 5.808 kg\n", "total_weight_kg float", {"total_weight_kg": 5808}),
]  # fmt: skip


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    found = models.embedder("minilm")
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "fields", "said"), NUMBERS, ids=range(len(NUMBERS)))
def test_what_sentences_say_of_numbers(embedder: Embedder, text: str, fields: str, said: dict[str, Any]) -> None:
    assert told_by_rules(embedder, text, fields) == said


@pytest.mark.parametrize(
    ("said", "number"),
    [
        ("forty-one", 41),
        ("einundvierzig", 41),
        ("quatorze", 14),
        ("catorce", 14),
        ("zes", 6),
        ("1,200", 1200),
        ("x", None),
    ],
)
def test_numbers_in_words_of_several_languages(said: str, number: int | None) -> None:
    assert number_of(said) == number


@given(st.integers(1, 999), st.sampled_from(["million", "Millionen", "m", "mn"]))
def test_a_number_with_its_scale_is_divided_once(size: int, word: str) -> None:
    scale = scale_of("deal value millions")
    assert scale is not None
    assert scaled(size * 10**6, f"{size} {word}", scale) == size
    assert scaled(size, str(size), scale) == size  # of a table in millions


def test_a_number_in_another_scale_stands_where_the_document_says_it(embedder: Embedder) -> None:
    text = "The dividend is €0.85 a share. Sales were €3.1 million."
    schema = shorthand("dividend_cents float")
    (one,) = read({"dividend_cents": 85}, schema, Sense(schema, embedder).of(text)).values()
    assert (text[one.start : one.end], one.converted, one.how) == ("0.85", True, "model")
