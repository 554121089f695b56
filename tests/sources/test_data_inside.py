"""Data inside other formats: what notebooks printed, what pages tell machines, family trees, lists that are none."""

import json

import pytest
from told import read, text

from rag.sources import word_lists


def notebook(*outputs: dict[str, object]) -> str:
    return json.dumps({"cells": [{"cell_type": "code", "source": "f()", "outputs": list(outputs)}]})


def test_what_a_notebook_printed_stands_below_its_code() -> None:
    said = text(
        "notebook",
        notebook(
            {"output_type": "stream", "name": "stdout", "text": ["\x1b[31mauc\x1b[0m 0.7834\n"]},
            {"output_type": "execute_result", "data": {"text/plain": ["  n  rate\n", "0 4  0.19"], "text/html": "<b>"}},
            {"output_type": "error", "ename": "KeyError", "evalue": "'x'", "traceback": ["long"]},
        ),
    )
    assert said == "```\nf()\n```\n\n```text\nauc 0.7834\n  n  rate\n0 4  0.19\nKeyError: 'x'\n```"


def test_pictures_warnings_and_the_rest_of_a_long_output_are_told() -> None:
    (document,), left = read(
        "notebook",
        notebook(
            {"output_type": "display_data", "data": {"image/png": "AA", "text/plain": "<Figure size 6x4>"}},
            {"output_type": "stream", "name": "stderr", "text": "deprecated"},
            {"output_type": "stream", "name": "stdout", "text": "line\n" * 1000},
        ),
    )
    assert "Figure" not in document.text
    assert "deprecated" not in document.text
    assert 2900 < len(document.text) < 3100
    assert document.text.endswith("line\n```")
    assert [kind for kind, _ in left] == ["outputs of notebooks"] * 3


DATA = {
    "@graph": [
        {"@type": "WebSite", "name": "A shop", "inLanguage": "en"},
        {
            "@type": "Recipe", "name": "Soup", "totalTime": "PT1H5M", "recipeIngredient": ["1 leek", "2 carrots"],
            "nutrition": {"@type": "NutritionInformation", "calories": "312 kcal"},
        },
        {
            "@type": "Event", "doorTime": "2026-07-18T18:45:00+02:00",
            "offers": [{"@type": "Offer", "name": "Seat", "price": "26", "priceCurrency": "EUR",
                        "availability": "https://schema.org/SoldOut"}],
            "additionalProperty": {"@type": "PropertyValue", "name": "Load", "value": "3900 daN"},
        },
        {"@type": "FAQPage", "mainEntity": [{"name": "Spliced?", "acceptedAnswer": {"text": "<p>Yes, twice.</p>"}}]},
    ]
}  # fmt: skip


def test_what_a_page_tells_machines_alone_stands_below_its_text() -> None:
    page = f'<script type="application/ld+json">{json.dumps(DATA)}</script><h1>Soup</h1><p>1 leek and 2 carrots.</p>'
    assert text("html", page).split("\n\n")[2:] == [
        "## Data of the page: Recipe",
        "- Total time: 1 hour 5 minutes (PT1H5M)\n- Calories: 312 kcal",
        "## Data of the page: Event",
        "- Doors open: 2026-07-18 18:45 +02:00\n- Price: Seat, price 26 EUR, Sold out\n- Load: 3900 daN",
        "## Data of the page: FAQ page",
        "- Spliced? Yes, twice.",
    ]


@pytest.mark.parametrize(
    "data", ["[", "[1, null]", '{"@type": "Recipe"}', '{"@graph": 3}', '{"@type": {"a": 1}, "b": 2}']
)
def test_data_that_says_nothing_changes_nothing(data: str) -> None:
    assert text("html", f'<script type="application/ld+json">{data}</script><p>Text.</p>') == "Text."


TREE = """0 HEAD
0 @I1@ INDI
1 NAME Clara /Hogg/
1 BIRT
2 DATE 1863
2 PLAC Bedale
1 DEAT
2 DATE 6 NOV 1918
2 CAUS Influenza
1 NOTE kept the letters
2 CONC  in a tin
1 FAMS @F1@
0 @I2@ INDI
1 NAME Jabez /Thackray/
1 DEAT Y
1 FAMS @F1@
0 @I3@ INDI
1 NAME Edith /Thackray/
1 FAMC @F1@
0 @F1@ FAM
1 HUSB @I2@
1 WIFE @I1@
1 CHIL @I3@
1 MARR
2 DATE 29 JUN 1903
0 @S1@ SUBM
0 TRLR
"""


def test_a_family_tree_is_a_document_a_person() -> None:
    (clara, jabez, edith), left = read("gedcom", TREE, "a.ged")
    assert (clara.key, clara.title) == ("a.ged#I1", "Clara Hogg")
    assert clara.text.split("\n")[2:] == [
        "Born: 1863, Bedale", "Died: 6 NOV 1918, cause: Influenza", "Note: kept the letters in a tin",
        "Married: Jabez Thackray, 29 JUN 1903", "Children: Edith Thackray",
    ]  # fmt: skip
    assert "Died: yes" in jabez.text
    assert edith.text.endswith("Father: Jabez Thackray\nMother: Clara Hogg")
    assert [kind for kind, _ in left] == ["records of family trees"]


def test_two_records_of_one_name_are_both_kept() -> None:
    again = TREE.replace("@I2@ INDI", "@I1@ INDI")
    assert {one.title for one in read("gedcom", again, "a.ged")[0]} == {
        "Clara Hogg",
        "Jabez Thackray",
        "Edith Thackray",
    }


def test_short_lines_below_each_other_are_one_paragraph() -> None:
    lines = "450 g sloes\n\n225 g sugar\n\n1 l gin"
    assert (
        word_lists.tight(f"# Gin\n\n{lines}\n\nShake it.") == "# Gin\n\n450 g sloes\n225 g sugar\n1 l gin\n\nShake it."
    )
    for kept in (
        "Two lines\n\nalone",
        "- a\n\n- b\n\n- c",
        "He came.\n\nShe left.\n\nThey met.",
        f"```\n\n{lines}\n\n```",
    ):
        assert word_lists.tight(kept) == kept
