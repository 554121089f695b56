"""Judgments: the court, who against whom, who judged, the costs, the laws, what was awarded."""

from __future__ import annotations

from typing import Any

import pytest

from rag import models
from rag.extract.rulings import ruled
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.types import Embedder

FIELDS = (
    "court, case_number, claimant, defendant, judges: list of str, "
    "outcome: one of allowed | partly allowed | dismissed, costs_borne_by, awarded float, laws: list of str"
)
RULINGS: list[tuple[str, dict[str, Any], dict[str, list[str]]]] = [
    (
        "IN THE COUNTY COURT AT MARLOW\nClaim No. K20YX11\n\nOAK FLOORS LIMITED v ANN CROSS\n\nBefore District Judge"
        " Hall\n\n1. The claim succeeds in part. Judgment for the claimant in the sum of £3,180.00.\n"
        "2. Each party shall bear its own costs under section 49 of the Consumer Rights Act 2015.\n",
        {
            "court": "COUNTY COURT AT MARLOW",
            "case_number": "K20YX11",
            "claimant": "OAK FLOORS LIMITED",
            "defendant": "ANN CROSS",
            "outcome": "partly allowed",
            "costs_borne_by": "Each party",
            "awarded": 3180,
        },
        {"judges": ["District Judge Hall"], "laws": ["section 49 of the Consumer Rights Act 2015"]},
    ),
    (
        "# Amtsgericht Altenau\n\n**Az.: 3 C 418/24**\n\nHanna Pfister, Kirchgasse 3 — Klägerin —\n\ngegen\n\n"
        "Reisebüro Sonne GmbH — Beklagte —\n\nhat das Gericht durch die Richterin am Amtsgericht Dr. Stolz erkannt:\n\n"
        "1. Die Klage wird abgewiesen.\n2. Die Klägerin trägt die Kosten. Dies folgt aus § 651m BGB.\n",
        {
            "court": "Amtsgericht Altenau",
            "case_number": "3 C 418/24",
            "claimant": "Hanna Pfister",
            "defendant": "Reisebüro Sonne GmbH",
            "outcome": "dismissed",
            "costs_borne_by": "Die Klägerin",
        },
        {"judges": ["Dr. Stolz"], "laws": ["§ 651m BGB"]},
    ),
    (
        "CONSEIL DE PRUD'HOMMES DE BRION\nRG n° F 23/00771\n\nDemandeur : Mme Eva Kelif\nDéfenderesse : SAS Four\n"
        "Composition : M. Guy Poulain, président ; Mme Odile Roux, assesseur\n\n"
        "Le conseil déboute Mme Kelif de ses demandes,\nLa condamne aux dépens.\n",
        {
            "court": "CONSEIL DE PRUD'HOMMES DE BRION",
            "case_number": "F 23/00771",
            "claimant": "Mme Eva Kelif",
            "defendant": "SAS Four",
            "outcome": "dismissed",
            "costs_borne_by": "Mme Kelif",
        },
        {"judges": ["M. Guy Poulain", "Mme Odile Roux"]},
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    found = models.embedder("minilm")
    assert found is not None
    return found


@pytest.mark.parametrize(("text", "said", "lists"), RULINGS, ids=["en", "de", "fr"])
def test_what_a_judgment_says(embedder: Embedder, text: str, said: dict[str, Any], lists: dict[str, list[str]]) -> None:
    near = Sense(shorthand(FIELDS), embedder).of(text)
    told = {key[1]: one.value for key, one in near.told.items()}
    assert {name: told.get(name) for name in said} == said
    assert {key[1]: found for key, found in near.lists.items() if key[1] in lists} == lists
    for one in near.told.values():
        assert one.start < 0 or text[one.start : one.end]


def test_a_text_without_a_court_is_no_judgment(embedder: Embedder) -> None:
    for one in Sense(shorthand(FIELDS), embedder).fields.values():
        assert ruled("Ann v Bob is a play. Each party shall bear its own costs.", one) is None
