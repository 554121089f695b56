"""What a few words about a thing say of it without labels: titles of offers, lines of catalogues."""

from __future__ import annotations

import json
from typing import Any

import pytest

from rag import models
from rag.extract import SchemaForm
from rag.extract.candidates import candidates
from rag.extract.near import Near
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.types import Embedder


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def near(text: str, names: str, embedder: Embedder) -> Near:
    return Sense(shorthand(names), embedder).of(text)


def said(text: str, names: str, embedder: Embedder) -> dict[str, Any]:
    """What each field should say most, whoever writes the record."""
    of_text, found = near(text, names, embedder), {}
    for key in of_text.fields:
        ways = {**{"null": 0.0}, **of_text.ways(key)}
        found[key[1]] = json.loads(max(ways, key=lambda way: ways[way]))
    return found


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (
            "Men's Striped Cotton Oxford Shirt Slim Fit Navy Blue",
            {"brand": None, "material": "Cotton", "color": "Navy Blue", "pattern": "Striped", "gender": "Men"},
        ),
        (
            "Velnor Stainless Steel Water Bottle 750 ml Matte Green Leakproof",
            {"brand": "Velnor", "material": "Stainless Steel", "color": "Matte Green", "capacity": "750 ml"},
        ),
        (
            "Vintage Brass Desk Lamp with Shade, Art Deco Style, 12 W",
            {"brand": None, "material": "Brass", "style": "Vintage", "power": "12 W", "color": None},
        ),
        (
            "Professional Volleyball Knee Pads Black Medium, Neoprene",
            {"brand": None, "sport": "Volleyball", "material": "Neoprene", "color": "Black"},
        ),
        ("Robe d'été en lin bleue pour femme", {"material": "lin", "color": "bleue", "gender": "femme"}),
        ("Esstisch Eiche massiv, 160 x 90 cm, schwarz", {"material": "Eiche", "color": "schwarz"}),
    ],
)
def test_attributes_are_told_by_what_such_words_are(text: str, right: dict[str, Any], embedder: Embedder) -> None:
    assert said(text, ", ".join(right), embedder) == right


def test_what_is_said_most_often_comes_first(embedder: Embedder) -> None:
    text = "Running Vest for Cycling and Ice Hockey, Cycling Top with Pockets"
    assert said(text, "brand, sport_type, color", embedder)["sport_type"] == "Cycling"
    assert said("Ice Hockey Stick Senior Carbon", "brand, sport, material", embedder)["sport"] == "Ice Hockey"


@pytest.mark.parametrize(
    ("text", "right"),
    [
        (
            "Solid Oak Dining Table with Black Steel Legs",
            {"leg_material": "Steel", "leg_color": "Black", "drawer_material": None},
        ),
        (
            "Electric Guitar, Maple Neck, Rosewood Fretboard",
            {"fingerboard_material": "Rosewood", "neck_material": "Maple"},
        ),
        (
            "Round Mirror, frame made of aluminium, cotton cord",
            {"frame_material": "aluminium", "cord_material": "cotton"},
        ),
        ("red Toyota Corolla 2012, petrol, one owner", {"car_color": "red"}),  # of the only such field the part is all
    ],
)
def test_an_attribute_of_a_part_stands_beside_its_name(text: str, right: dict[str, Any], embedder: Embedder) -> None:
    assert said(text, ", ".join(right), embedder) == right


@pytest.mark.parametrize(
    ("text", "gender", "department"),
    [
        ("2024 Mens Running Shorts Quick Dry Black", "Men", None),
        ("Women's Female Fit Rain Jacket for Adults", "Women", "Adults"),
        ("Polarized Sunglasses for Men and Women", None, None),
        ("Unisex Beanie Men Women Wool", "Unisex", None),
        ("Swim Goggles for Kids with Case", None, "Kids"),
    ],
)
def test_for_whom_a_thing_is(text: str, gender: str | None, department: str | None, embedder: Embedder) -> None:
    found = said(text, "brand, material, gender, department_name", embedder)
    assert (found["gender"], found["department_name"]) == (gender, department)


def test_the_sex_stands_without_the_ending_of_what_is_whose(embedder: Embedder) -> None:
    text = "2024 Womens Running Shorts, women's"
    told = next(one for key, one in near(text, "brand, material, gender", embedder).told.items() if key[1] == "gender")
    assert (told.value, text[told.start : told.end], told.start) == ("Women", "Women", 5)


@pytest.mark.parametrize(
    ("text", "brand"),
    [
        ("ZORVEX Gaming Mouse Wired Black Seven Buttons", "ZORVEX"),
        ("2024 New Tronmax Cordless Drill Driver Kit Two Batteries", "Tronmax"),
        ("KRAFT & OHM Solid Oak Dining Table Large", "KRAFT & OHM"),
        ("RIVER KING Folding Camping Chair With Cup Holder", "RIVER KING"),
        ("Nike Air Max 90 Running Shoes White", "Nike"),  # a word of the dictionary, and near what it makes
        ("SeaGlow Action Camera Waterproof Touchscreen Black", "SeaGlow"),
        ("Waterproof Jacket Black Polyester With Zorvex Lining", None),  # a name in the middle is another's
        ("Snowboard Ski Helmet Safety Breathable Hard Shell", None),
        ("Unisex Merino Wool Beanie Hat Grey", None),
        ("LED Desk Lamp With Clamp And Dimmer", None),
        ("NEW HOT SALE Kitchen Knife Set Five Pieces", None),
    ],
)
def test_a_brand_is_a_name_that_a_title_begins_with(text: str, brand: str | None, embedder: Embedder) -> None:
    assert said(text, "brand, color", embedder)["brand"] == brand


def test_a_field_is_not_filled_with_its_own_name(embedder: Embedder) -> None:
    text = "Cycling Glasses Outdoor Bicycle Sunglasses UV Lens"
    assert "Lens" not in said(text, "lenses_coating, eyewear_type", embedder).values()


def test_amounts_are_no_codes() -> None:
    text = "Spoon Lure 6pcs/lot 12cm/22g for Line 3-8lb Size S-5XL A-17 YA24a 58-62cm"
    assert [one.text for one in candidates(text) if one.kind == "code"] == ["A-17", "YA24a"]


def test_a_word_for_an_attribute_is_not_doubted(embedder: Embedder) -> None:
    class Judge:
        def likelihoods(self, text: str, ways: list[tuple[str, str]]) -> list[float]:
            return [-99.0] * len(ways)

    form = SchemaForm(shorthand("brand, color, lid_color"), 200, embedder=embedder, judge=Judge())  # type: ignore[arg-type]
    value = {"brand": "ZORVEX", "color": "Red", "lid_color": "Red"}
    text = "ZORVEX Red Travel Mug For Coffee And Tea"
    assert form.doubted(value, text) == ["/brand", "/lid_color"]  # a part of which nothing is said


def test_where_no_thing_is_offered_these_words_mean_something_else(embedder: Embedder) -> None:
    of_text = near("Use the singleton pattern to print the log of the 2023/24 season.", "pattern, season", embedder)
    assert of_text.classed == {}
    of_text = near("Material: thatch", "brand, material", embedder)
    assert [key[1] for key in of_text.classed if key[1] == "material"] == []  # a label says it
