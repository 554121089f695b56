"""Lists of objects in the pieces of a label, below a heading, or as the stations of a life."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best

from rag import models
from rag.extract.choosing import chosen
from rag.extract.pieces import region
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.types import Embedder

JOBS = "jobs: list of {position, employer, from, to}"
KEYS = "keys: list of {kind, count int}"
DEFECTS = "defects: list of {room, defect}"
METERS = "meters: list of {kind, number, reading float}"


def rows(names: str, *said: tuple[Any, ...]) -> list[dict[str, Any]]:
    return [dict(zip(names.split(), values, strict=True)) for values in said]


LISTS: list[tuple[str, str, list[dict[str, Any]]]] = [
    (
        "# Lebenslauf\n\n| Zeitraum | Tätigkeit | Firma |\n|---|---|---|\n| 10/2011 – heute | Werkleiter | Autohaus"
        " Lang GmbH, Passau |\n| 2004 – 2011 | Mechaniker | Busbetrieb Nord |\n",
        JOBS,
        rows(
            "position employer from to",
            ("Werkleiter", "Autohaus Lang GmbH", "10/2011", "heute"),
            ("Mechaniker", "Busbetrieb Nord", "2004", "2011"),
        ),
    ),
    (
        "Tim Roe\ntim@roe.example\n\nWork\n----\n**Engineer @ Parcelhub** (Delft) _2021 → now_\nGo, Kafka.\n\n"
        "**Clerk @ Bluefin Bank** (Riga) _2017 → 2021_\n",
        JOBS,
        rows(
            "position employer from to",
            ("Engineer", "Parcelhub", "2021", "now"),
            ("Clerk", "Bluefin Bank", "2017", "2021"),
        ),
    ),
    (
        "EXPERIENCE\n\nHalden LLP, London          Mar 2019 – present\nQuantity Surveyor\n * cost plans\n\n"
        "Tembo Construction, Accra          2015–2018\nAssistant Surveyor\n\nEDUCATION\nBSc, Kumasi, 2015\n",
        JOBS,
        rows(
            "position employer from to",
            ("Quantity Surveyor", "Halden LLP", "Mar 2019", "present"),
            ("Assistant Surveyor", "Tembo Construction", "2015", "2018"),
        ),
    ),
    (
        "# Check-out\n\n**Property:** Flat 7\n**Date:** 31/07/2025\n\n| Meter | Serial | Reading |\n|---|---|---|\n"
        "| Gas | G7 | 3312 |\n| Water | W2 | 884 |\n\nKeys returned: 2 x front door, 1 x mailbox\n",
        KEYS,
        rows("kind count", ("front door", 2), ("mailbox", 1)),
    ),
    ("Schlüssel:   3 Haustür, 1 Keller\n\nKaution: 900 €\n", KEYS, rows("kind count", ("Haustür", 3), ("Keller", 1))),
    (
        "Date: 1 May 2025\nTenant: Ann Lee\n\nCondition\n- Living room: burn mark on carpet\n- Bedroom: no issues\n",
        DEFECTS,
        rows("room defect", ("Living room", "burn mark on carpet")),
    ),
    (
        "Mieter:   Jana Roth\n\nMängel:      Küche - Rollladen klemmt\n             Flur - Kratzer (ca. 10 cm)\n",
        DEFECTS,
        rows("room defect", ("Küche", "Rollladen klemmt"), ("Flur", "Kratzer (ca. 10 cm)")),
    ),
    (
        "Objekt: Lindenstr. 12   Zimmer: 2,5\n\nZählerstände:\n  Strom       Nr. 1 EMH 0049     14.205,0 kWh\n"
        "  Wasser      Nr. 8831772        112,4 m³\n\nSchlüssel: 2 Haustür\n",
        METERS,
        rows("kind number reading", ("Strom", "1 EMH 0049", 14205), ("Wasser", "8831772", 112.4)),
    ),
    (
        "Agnes Thorn (1871-1938)\n\nBequest of E. Cray, 1954\n\nExhibited: “Coast”, Whitby 1978; “Women”, Leeds 2011\n",
        "exhibitions: list of {title, place, year int}",
        rows("title place year", ("Coast", "Whitby", 1978), ("Women", "Leeds", 2011)),
    ),
    ("Keys: front door (2), mailbox (1)\n", KEYS, rows("kind count", ("front door", 2), ("mailbox", 1))),
    (
        "Experience\n\nNorda — Data analyst (2019–2022)\nAcme — Clerk (2016–2019)\n",
        JOBS,
        rows("position employer from to", ("Data analyst", "Norda", "2019", "2022"), ("Clerk", "Acme", "2016", "2019")),
    ),
    ("Agnes Thorn (1871-1938)\nGiven by Edith Cray, 1954\n", "exhibitions: list of {title, place, year int}", []),
]


PLAIN: list[tuple[str, str, list[str]]] = [
    ("Instructors: Dr. Ann Moe, with labs by Piotr Zak\n", "lecturers: list of str", ["Dr. Ann Moe", "Piotr Zak"]),
    (
        "# X\n\nWhat we'll cover\n- Darcy's law\n- aquifer tests\n",
        "topics: list of str",
        ["Darcy's law", "aquifer tests"],
    ),
    ("Temario: 1. La gótica. 2. Abreviaturas.\n", "contents: list of str", ["La gótica", "Abreviaturas"]),
    ("Modul A\n\n| Inhalte | Konsens; Uhren |\n| SWS | 6 |\n", "topics: list of str", ["Konsens", "Uhren"]),
    ("# A film\n\nGood:\n- the light\n\nBad:\n- the end\n", "pros: list of str", ["the light"]),
    ("# A film\n\nGood:\n- the light\n\nBad:\n- the end\n", "cons: list of str", ["the end"]),
    ("A sensor.\n\nTypical uses: weather stations, HVAC\n", "applications: list of str", ["weather stations", "HVAC"]),
    ("Where: above 900 m on N, NE and E aspects\n", "aspects: list of str", ["N", "NE", "E"]),
    ("Bericht\n\n| Stufe | groß |\n| Exposition | NW, N, NO |\n", "aspects: list of str", ["NW", "N", "NO"]),
    (
        "Ann writes code. I speak Polish, Russian and bad Dutch.\n",
        "languages: list of str",
        ["Polish", "Russian", "Dutch"],
    ),
    (
        "# Riso\n\nPreparazione: 5 min - Riposo: 9 min\n\n## Procedimento\n1. Tosta il riso.\n2. Servi tutto caldo.\n",
        "steps: list of str",
        ["Tosta il riso", "Servi tutto caldo"],
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    found = models.embedder("minilm")
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "fields", "said"), LISTS, ids=range(len(LISTS)))
def test_a_list_of_objects_is_what_its_label_or_heading_names(
    embedder: Embedder, text: str, fields: str, said: list[dict[str, Any]]
) -> None:
    schema = shorthand(fields)
    near = Sense(schema, embedder).of(text)
    (found,) = best(chosen(schema, near)).values()
    assert (found or []) == said


@pytest.mark.parametrize(("text", "fields", "said"), PLAIN, ids=range(len(PLAIN)))
def test_a_list_of_texts_is_what_its_label_or_heading_names(
    embedder: Embedder, text: str, fields: str, said: list[str]
) -> None:
    schema = shorthand(fields)
    (found,) = Sense(schema, embedder).of(text).lists.values()
    assert found == said


def test_a_region_is_the_lines_of_its_list_and_no_others() -> None:
    found = region("Date: today\n\nKeys\n- 2 front door\n- 1 cellar\n\nDeposit: 900\n", frozenset({"keys"}))
    assert found is not None
    assert found.lines == ("2 front door", "1 cellar")
    assert region("Date: today\nDeposit: 900\n", frozenset({"keys"})) is None
