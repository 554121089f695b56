"""Letters, news, stories: what sentences without labels say of fields before a model is asked."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best

from rag import models
from rag.extract.choosing import chosen
from rag.extract.enumerated import enumerations
from rag.extract.sense import Sense
from rag.grammar import check, shorthand
from rag.types import Embedder

LETTER = """Brook Lettings
3 May 2024

Dear Ms Alonso,

your monthly rent will rise from £710 to £755 with effect from 1 August 2024, because the boiler had to be replaced.
If you object, write to us by 1 July 2024. Your deposit of £800 stays as it is.

Yours sincerely,
Edgar Flint
"""
NEWS = """Corvid to buy Larkspur

OSLO, 9 June 2023 – Corvid Systems has agreed to acquire Larkspur Tools for $45 million. Larkspur, which is based in
Turku, has 80 employees. "We will learn a lot," said Mona Dale, chief executive of Corvid.
"""
REPORT = """At 09:10 the queue stopped. It was down from 09:10 to 10:25. The root cause was a full disk on the broker.
Nobody was hurt. We will add an alarm, clean the disk every night and test the restart.
"""
RENT = """Zwischen Frau Ilse Kramer, Jena (im Folgenden: Vermieterin), und Herrn Piet Vogt, Gera (im Folgenden: Mieter),
wird vereinbart: Die Wohnung Talweg 7, 07743 Jena, hat vier Zimmer. Das Mietverhältnis beginnt am 1. März 2024.
"""
STORY = """Für vier Personen nehme ich 250 g rote Linsen, eine Zwiebel und drei Möhren. Dann gieße ich mit 1,2 Liter
Brühe auf und rühre 2 Esslöffel Essig hinein. Das dauert etwa 40 Minuten.
"""
KINDS: list[tuple[str, str, dict[str, Any]]] = [
    (
        LETTER,
        "sender, recipient, new_rent: number, old_rent: number, valid_from, reply_by, reason, deposit: number",
        {
            "sender": "Edgar Flint",
            "recipient": "Ms Alonso",
            "new_rent": 755,
            "old_rent": 710,
            "valid_from": "1 August 2024",
            "reply_by": "1 July 2024",
            "reason": "the boiler had to be replaced",
            "deposit": 800,
        },
    ),
    (
        NEWS,
        "buyer, target, price: number, employees_of_target: number, ceo_of_buyer, headquarters_of_target",
        {
            "buyer": "Corvid Systems",
            "target": "Larkspur Tools",
            "price": 45_000_000,
            "employees_of_target": 80,
            "ceo_of_buyer": "Mona Dale",
            "headquarters_of_target": "Turku",
        },
    ),
    (
        REPORT,
        "start, end, root_cause, injured: boolean, follow_ups: list of str",
        {
            "start": "09:10",
            "end": "10:25",
            "root_cause": "a full disk on the broker",
            "injured": False,
            "follow_ups": ["add an alarm", "clean the disk every night", "test the restart"],
        },
    ),
    (
        RENT,
        "vermieter, mieter, zimmer: number, beginn",
        {"vermieter": "Ilse Kramer", "mieter": "Piet Vogt", "zimmer": 4, "beginn": "1. März 2024"},
    ),
    (
        STORY,
        "portionen: number, zutaten: list of {name, menge: number, einheit}",
        {
            "portionen": 4,
            "zutaten": [
                {"name": "rote Linsen", "menge": 250, "einheit": "g"},
                {"name": "Zwiebel", "menge": None, "einheit": None},
                {"name": "Möhren", "menge": 3, "einheit": None},
                {"name": "Brühe", "menge": 1.2, "einheit": "Liter"},
                {"name": "Essig", "menge": 2, "einheit": "Esslöffel"},
            ],
        },
    ),
    (
        "Nia Cole passed away on 2 May 2021. Born in Leith on 3 June 1940, she worked as a nurse. She was married to"
        " Hugh and leaves two children, Ada and Ben.",
        "died, birthplace, profession, spouse, children: list of str",
        {
            "died": "2 May 2021",
            "birthplace": "Leith",
            "profession": "nurse",
            "spouse": "Hugh",
            "children": ["Ada", "Ben"],
        },
    ),
    (
        "Ole Dahl was admitted on 4 May 2024 and is allergic to nuts and penicillin. The scan showed a fracture of the"
        " wrist. He takes ibuprofen 400 mg twice a day and pantoprazole 20 mg in the morning.",
        "admitted, diagnosis, allergies: list of str, medications: list of {name, dose}",
        {
            "admitted": "4 May 2024",
            "diagnosis": "fracture of the wrist",
            "allergies": ["nuts", "penicillin"],
            "medications": [{"name": "ibuprofen", "dose": "400 mg"}, {"name": "pantoprazole", "dose": "20 mg"}],
        },
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.mark.parametrize(("text", "fields", "wanted"), KINDS, ids=range(len(KINDS)))
def test_what_sentences_say(embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]) -> None:
    schema = shorthand(fields)
    assert check(wanted, schema) == []
    assert best(chosen(schema, Sense(schema, embedder).of(text))) == wanted


@pytest.mark.parametrize(
    ("sentence", "items"),
    [
        ("The lamps come in red, pale blue and white, and need no tools.", ("red", "pale blue", "white")),
        ("Owen Price, Farah Khan and Jean Tull were present.", ("Owen Price", "Farah Khan", "Jean Tull")),
        ("I loved the grilled fish and the plum cake; the rest was dull.", ("the grilled fish", "the plum cake")),
        ("Bitte geben Sie feste Schuhe, eine Flasche und ein Brot mit.", ("feste Schuhe", "eine Flasche", "ein Brot")),
        ("Es alérgica al marisco y a los huevos.", ("marisco", "huevos")),
    ],
)
def test_lists_in_sentences(sentence: str, items: tuple[str, ...]) -> None:
    assert items in [one.items for one in enumerations(sentence)]
