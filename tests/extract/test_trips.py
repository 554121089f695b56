"""Journeys: the first leg out, and the way back only where a field asks for it."""

from __future__ import annotations

from typing import Any

import pytest

from rag import models
from rag.extract.sense import Sense
from rag.extract.trips import legs
from rag.grammar import shorthand
from rag.types import Embedder

FIELDS = (
    "departure_place, arrival_place, departure_time, departure_date: date, return_date: date, return_time,"
    " return_departure_time, seats: list of str, paid_with, refundable bool"
)
TRIPS: list[tuple[str, dict[str, Any]]] = [
    (
        "Tern Air booking\n\nOUTBOUND   Thu 17 Apr 2025\nTA 41   Inverness (INV) 06:55  ->  Bristol (BRS) 08:25   Seats"
        " 4A, 4B\n\nINBOUND    Tue 22 Apr 2025\nTA 42   Bristol (BRS) 19:10  ->  Inverness (INV) 20:40\n\n"
        "Fare: Light (non-refundable)\nTotal GBP 233.96  Visa ending 4410\n",
        {
            "departure_place": "Inverness",
            "arrival_place": "Bristol",
            "departure_time": "06:55",
            "departure_date": "2025-04-17",
            "return_date": "2025-04-22",
            "return_departure_time": "19:10",
            "paid_with": "Visa",
            "refundable": False,
        },
    ),
    (
        "Nordbahn Ticket\n\nHinfahrt: Sa, 09.08.2025\n   Leer Hbf   ab 07:42  Gl. 3\n   Bremen Hbf  an 08:53\n"
        "Rückfahrt: So, 10.08.2025\n   Bremen Hbf  ab 18:05\n   Leer Hbf  an 19:14\n\nPlatz 61 und 62\n"
        "Stornierung ausgeschlossen.\n",
        {
            "departure_place": "Leer Hbf",
            "arrival_place": "Bremen Hbf",
            "departure_time": "07:42",
            "departure_date": "2025-08-09",
            "return_date": "2025-08-10",
            "refundable": False,
        },
    ),
    (
        "| | Date | Départ | Heure | Arrivée | Heure |\n|---|---|---|---|---|---|\n"
        "| Aller | 12/11/2025 | Lyon | 09h04 | Nice | 13h48 |\n\nRemboursable sans frais. Payé par carte bancaire.\n",
        {
            "departure_place": "Lyon",
            "arrival_place": "Nice",
            "departure_time": "09h04",
            "return_date": None,
            "paid_with": "carte bancaire",
            "refundable": True,
        },
    ),
    (
        "hi - we go Dover to Calais on friday 13 june 2025, leaving 17:15, and come back sunday 29 june. Paid by debit"
        " card, no money back.\n",
        {
            "departure_place": "Dover",
            "arrival_place": "Calais",
            "departure_time": "17:15",
            "departure_date": "2025-06-13",
            "return_date": "2025-06-29",
            "paid_with": "debit card",
            "refundable": False,
        },
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    found = models.embedder("minilm")
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "said"), TRIPS, ids=["air", "rail", "table", "prose"])
def test_the_way_out_is_what_a_journey_says_first(embedder: Embedder, text: str, said: dict[str, Any]) -> None:
    near = Sense(shorthand(FIELDS), embedder).of(text)
    told = {key[1]: one.value for key, one in near.told.items()}
    assert {name: told.get(name, "nothing") for name in said} == said


def test_seats_are_each_one_value(embedder: Embedder) -> None:
    near = Sense(shorthand(FIELDS), embedder).of(TRIPS[1][0])
    assert ["61", "62"] in near.lists.values()


LEGS = [
    "Departure: Dublin (DUB) 07:15\nArrival: Oslo (OSL) 10:40\n",
    "Departs 07:15 Dublin\nArrives 10:40 Oslo\n",
    "LH12 Dublin DUB 07:15 - Oslo OSL 10:40\n",
]


@pytest.mark.parametrize("text", LEGS, ids=["labels", "hours", "dash"])
def test_a_leg_is_written_in_many_ways(text: str) -> None:
    (leg,) = legs(text)
    assert [text[slice(*leg.places[part])] for part in ("from", "dep", "to", "arr")] == [
        "Dublin",
        "07:15",
        "Oslo",
        "10:40",
    ]


def test_a_meeting_from_ten_to_twelve_is_no_journey() -> None:
    assert legs("Team meeting in Room Curie 10:00 to 12:00, then lunch.\nMonday 10:30 - 12:00 Choir\n") == []
