"""Whose paper it is, who is quoted, to whom a firm writes; choices and lists in other words."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import told_by_rules

from rag import models
from rag.types import Embedder

SAID: list[tuple[str, str, dict[str, Any]]] = [
    (
        "TARN VALLEY BUILDING SOCIETY      Page 1\nMr J. Ashdown\n\nYour statement\n",
        "bank",
        {"bank": "TARN VALLEY BUILDING SOCIETY"},
    ),
    (
        "Stadt Rosenau - Ordnungsamt\nRathausplatz 1\n\nVerwarnung\n\nSie parkten falsch.\n",
        "issuing_authority",
        {"issuing_authority": "Stadt Rosenau"},
    ),
    (
        "FORECAST\nIssued by the Portlennan Met Office at 05:00\n\nGales.\n",
        "issuer",
        {"issuer": "Portlennan Met Office"},
    ),
    (
        "Stipendium\n\nDie Hartmann-Quandel-Stiftung vergibt zwei Stipendien.\n",
        "funder",
        {"funder": "Hartmann-Quandel-Stiftung"},
    ),
    ("Rückruf\n\nDie Molkerei Grünthal eG ruft den Käse zurück.\n", "company", {"company": "Molkerei Grünthal eG"}),
    (
        'PRESS\n\nCorran buys Bright. "Their cultures are good," said Corran chief executive Lydia Brandt. It ends.\n',
        "quoted_executive",
        {"quoted_executive": "Lydia Brandt"},
    ),
    (
        "Dear Ms Raman,\n\nThank you for booking with us.\n\nKind regards\nTom Orr\nThe Gull Hotel\n",
        "guest, total float",
        {"guest": "Ms Raman"},
    ),
    ("Ticket 7\nPriorität: niedrig\nDie Uhr bleibt stehen.\n", "severity: one of low medium high", {"severity": "low"}),
    (
        "Gale warning\n\nAn ORANGE wind warning is in effect.\n",
        "level: one of green yellow orange red",
        {"level": "orange"},
    ),
    ("Patient: Lee\nSex: F\nAge: 40\n", "sex: one of male female", {"sex": "female"}),
    ("Juno ist eine liebe Mischlingshündin.\n", "sex: one of male female", {"sex": "female"}),
    ("Reefer set at -18 C. No dangerous goods. Freight prepaid.\n", "hazardous bool", {"hazardous": False}),
    (
        "Ein Angreifer kann ohne Anmeldung das Kennwort setzen.\n",
        "authentication_required bool",
        {"authentication_required": False},
    ),
    (
        "Award\n\nPlease send us\n\n- a letter\n- a CV\n\nby May.\n",
        "required_documents: list of str",
        {"required_documents": ["a letter", "a CV"]},
    ),
    (
        "Reproduzieren:\n- Netz trennen\n- warten\n\nUmgehung: keine\n",
        "steps: list of str",
        {"steps": ["Netz trennen", "warten"]},
    ),
    (
        "Deep purple; the nose gives black olive, violets and a bit of smoke, then fruit.\n",
        "aromas: list of str",
        {"aromas": ["black olive", "violets", "smoke"]},
    ),
    (
        "Er raucht. Dauermedikation: Salbutamol. Allergien sind nicht bekannt.\n",
        "allergies: list of str",
        {"allergies": []},
    ),
    (
        "Beurs\n\nStuur ons een brief, een begroting en een video-opname, via aanvraag@fonds.example.\n",
        "required_documents: list of str",
        {"required_documents": ["een brief", "een begroting", "een video-opname"]},
    ),
    (
        "Stipendium\n\nEinzureichen sind: Exposé (max. 10 Seiten), Lebenslauf, ein Gutachten.\n",
        "required_documents: list of str",
        {"required_documents": ["Exposé", "Lebenslauf", "ein Gutachten"]},
    ),
    ("Er kam am Montag.\nVorerkrankungen: Asthma, Gicht\n", "history: list of str", {"history": ["Asthma", "Gicht"]}),
    (
        "Der Vollzug steht unter dem Vorbehalt der Freigabe durch das Kartellamt und wird im März erwartet.\n",
        "conditions: list of str",
        {"conditions": ["Freigabe durch das Kartellamt"]},
    ),
    ("Gemeldet wurde die Lücke von Henrik Sass. Danke.\n", "credits: list of str", {"credits": ["Henrik Sass"]}),
    (
        "Lange Nacht der Chöre\n\nSamstag, 20. Juni 2026, Wasserburg\n\nEs singen viele.\n",
        "event",
        {"event": "Lange Nacht der Chöre"},
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.mark.parametrize(("text", "fields", "wanted"), SAID, ids=[case[1][:30] for case in SAID])
def test_what_is_said_in_other_words(embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]) -> None:
    found = told_by_rules(embedder, text, fields)
    assert {name: found[name] for name in wanted} == wanted


def test_the_parties_of_a_deal_are_the_same_in_objects(embedder: Embedder) -> None:
    text = "Deal\n\nCorran Foods Inc. has agreed to acquire Bright Dairies, a maker of yogurt.\n"
    found = told_by_rules(embedder, text, "acquirer: {name}, target: {name}")
    assert found["acquirer"] == {"name": "Corran Foods Inc."}
    assert found["target"] == {"name": "Bright Dairies"}
