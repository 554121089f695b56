"""News of firms, ends of ranges, titles that a label says, choices and verdicts in the words of documents."""

from __future__ import annotations

from typing import Any

import pytest

from rag import models
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.types import Embedder

NEWS = "revenue float, net_profit float, revenue_growth_percent float, employees int, ceo, headquarters, press_contact"
TOLD: list[tuple[str, str, dict[str, Any]]] = [
    (
        "**Leer, 14. August 2025** – Die Nordpump AG hat einen Umsatz von 186,3 Mio. Euro erzielt (Vorjahr: 173,5 Mio."
        " Euro). Der Überschuss ging auf 9,1 Mio. Euro zurück. Zuletzt waren 1.240 Mitarbeiter beschäftigt.\n\n"
        "„Gut“, sagte Vorstandschefin Dr. Birgit Sauter.\n\n**Pressekontakt:** Lars Niemann, Tel. 07161 555-204\n",
        NEWS,
        {
            "revenue": 186_300_000,
            "net_profit": 9_100_000,
            "employees": 1240,
            "ceo": "Dr. Birgit Sauter",
            "headquarters": "Leer",
            "press_contact": "Lars Niemann",
        },
    ),
    (
        "Trading update\n\n  Revenue               GBP 41.2m   (Q3 2024: GBP 44.0m)   -6.4%\n"
        "  Profit after tax      GBP 2.9m\n\nGavin Strood, Chief Executive, said: fine.\n\n"
        "Enquiries: Philippa Dean, 01603 555 017\n",
        NEWS,
        {
            "revenue": 41_200_000,
            "net_profit": 2_900_000,
            "revenue_growth_percent": -6.4,
            "ceo": "Gavin Strood",
            "press_contact": "Philippa Dean",
        },
    ),
    (
        "Valencia, 9 de enero de 2026. Vasco suprimirá 210 de sus 1.900 puestos de trabajo tras pérdidas de 12"
        " millones de euros y una caída de la facturación del 15 %, hasta 318 millones,"
        " dijo su consejero delegado, Andreu Bosch.\n",
        NEWS,
        {
            "revenue": 318_000_000,
            "net_profit": -12_000_000,
            "revenue_growth_percent": -15,
            "employees": 1900,
            "ceo": "Andreu Bosch",
        },
    ),
    (
        "# TH-9 sensor\n\n| Parameter | Min | Typ | Max | Unit |\n|---|---|---|---|---|\n| Supply voltage | 1.71 "
        "| 3.3 | 3.6 | V |\n"
        "| Operating temperature | -40 | | 85 | °C |\n",
        "supply_voltage_min_v float, supply_voltage_max_v float, temperature_min_c float, temperature_max_c float",
        {
            "supply_voltage_min_v": 1.71,
            "supply_voltage_max_v": 3.6,
            "temperature_min_c": -40,
            "temperature_max_c": 85,
        },
    ),
    (
        "Regler\n\nInput 2.2 V to 5.5 V\nTemperatur −55 … +150 °C\n",
        "voltage_min_v float, voltage_max_v float, min_c float, max_c float",
        {"voltage_min_v": 2.2, "voltage_max_v": 5.5, "min_c": -55, "max_c": 150},
    ),
    ("A cap of 250 V.\n", "voltage_min_v float, voltage_max_v float", {"voltage_min_v": None, "voltage_max_v": None}),
    (
        "Musée des Arts — fiche d'inventaire\n\nN° : D.2003\nDésignation : Commode sauteuse\nÉpoque : 1760\n",
        "title",
        {"title": "Commode sauteuse"},
    ),
    (
        "UNIVERSIDAD DE ALTA - Guía docente\n\nAsignatura: Paleografía          Código: 28417\n",
        "title, code",
        {"title": "Paleografía"},
    ),
    (
        "A bistro.\n\nTrattoria Zuppa -- 2/5\nThe terrace is gorgeous. Won't be back.\n",
        "rating float, rating_max int, sentiment: one of positive mixed negative, recommended bool",
        {"rating": 2, "rating_max": 5, "sentiment": "negative", "recommended": False},
    ),
    (
        "Gasthaus Hirsch. Portionen riesig. 4 von 5 Sternen. Klare Empfehlung!\n",
        "stars float, stars_out_of int, sentiment: one of positive negative, recommended bool",
        {"stars": 4, "stars_out_of": 5, "sentiment": "positive", "recommended": True},
    ),
    (
        "VW Golf, EZ 03/2012, 187.000 km, 77 kW, TÜV bis 11/2026, VB 4.950 €. Tel. 0171 / 5550 2289\n",
        "year int, first_registration, inspection_until, negotiable bool",
        {"year": 2012, "first_registration": "03/2012", "inspection_until": "11/2026", "negotiable": True},
    ),
    (
        "Vendo Fiat Panda benzina\nImmatricolazione: giugno 2008\n"
        "Revisione fino a maggio 2026\n3.800 euro non trattabili\n",
        "year int, negotiable bool, fuel: one of petrol diesel electric",
        {"year": 2008, "negotiable": False, "fuel": "petrol"},
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    found = models.embedder("minilm")
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "fields", "said"), TOLD, ids=range(len(TOLD)))
def test_what_rules_tell(embedder: Embedder, text: str, fields: str, said: dict[str, Any]) -> None:
    near = Sense(shorthand(fields), embedder).of(text)
    told = {key[1]: one.text for key, one in near.matches.taken.items()}
    told |= {key[1]: one.value for key, one in near.told.items()}
    assert {name: told.get(name, "nothing") for name in said} == said
    for one in near.told.values():
        assert one.start < 0 or text[one.start : one.end]


@pytest.mark.parametrize(("text", "price"), [("Prezzo 3.800 euro, visibile il 12.10.2024", 3800), ("VB 4.950 €", 4950)])
def test_points_between_thousands_are_none_of_decimals(embedder: Embedder, text: str, price: int) -> None:
    (values,) = Sense(shorthand("price float"), embedder).of(f"{text} e altre cose.").figures.values()
    assert price in [value for _, value in values]


def test_an_advert_of_a_vehicle_says_make_model_and_who_sells_it(embedder: Embedder) -> None:
    text = (
        "A vendre Renault Zoé R90 de 2017\n\n72 000 km, 68 kW, couleur blanc nacré.\nCT OK jusqu'en octobre 2026.\n"
        "Prix : 7 200 € à débattre.\nSylvain, Quimper, 06 55 01 77 20\n"
    )
    near = Sense(shorthand("make, model, colour, inspection_until, seller, location, negotiable bool"), embedder).of(
        text
    )
    assert {key[1]: one.value for key, one in near.told.items()} == {
        "make": "Renault",
        "model": "Zoé R90",
        "colour": "blanc nacré",
        "inspection_until": "octobre 2026",
        "seller": "Sylvain",
        "location": "Quimper",
        "negotiable": True,
    }


def test_who_directs_is_not_who_reviews(embedder: Embedder) -> None:
    text = "# The Tide\n\n**Rating: 8/10** | directed by Ines Valt | reviewed by Marcus Yoo\n\nA slow marvel.\n"
    near = Sense(shorthand("director, author"), embedder).of(text)
    assert {key[1]: one.text for key, one in near.matches.taken.items()} == {
        "director": "Ines Valt",
        "author": "Marcus Yoo",
    }


SIZES = [
    ("Oil on canvas, 61.5 x 92 cm", {"height_cm": 61.5, "width_cm": 92}),
    ("H. 84 cm ; L. 129 cm ; P. 61 cm", {"height_cm": 84, "width_cm": 129, "depth_cm": 61}),
    ("hoogte 27,5 cm, breedte 14 cm", {"height_cm": 27.5, "width_cm": 14, "depth_cm": None}),
]


@pytest.mark.parametrize(("text", "said"), SIZES, ids=["first", "letters", "words"])
def test_sizes_go_to_their_sides(embedder: Embedder, text: str, said: dict[str, float | None]) -> None:
    near = Sense(shorthand("height_cm float, width_cm float, depth_cm float"), embedder).of(
        f"A card.\n\n{text}\n\nEnd."
    )
    assert {key[1]: one.value for key, one in near.told.items()} == said
