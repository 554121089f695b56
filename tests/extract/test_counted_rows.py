"""Rows that sentences tell: what is ordered at what each, what is in it, who will do what, legs of a journey."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best

from rag import models
from rag.extract.choosing import chosen
from rag.extract.counted_rows import counted_rows
from rag.extract.fields import fields_of
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.types import Embedder

ITEMS = "items: list of {sku, description, quantity int, unit_price float}"
PARTS = "ingredients: list of {name, cas_number, percent}"
ACTIONS = "action_items: list of {action, owner, due date}"
LEGS = "segments: list of {flight, from, to, date date, departs}"


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def rows(embedder: Embedder, fields: str, text: str) -> list[list[Any]]:
    schema = shorthand(fields)
    (found,) = best(chosen(schema, Sense(schema, embedder).of(text))).values()
    return [list(row.values()) for row in found or []]


@pytest.mark.parametrize(
    ("fields", "text", "found"),
    [
        (
            ITEMS,
            "We order 20 boxes of screws M6 (code VX-M6) at 7.90 each and 5 drills (code TC-16) at 310 each, "
            "1,708 in all.",
            [["VX-M6", "boxes of screws M6", 20, 7.9], ["TC-16", "drills", 5, 310]],
        ),
        (
            ITEMS,
            "Vi ordiniamo 5 trapani a colonna (codice TC-16) a 310 euro l'uno\ne "
            "100 dischi (codice DT-1) a 1,20 euro l'uno.",
            [["TC-16", "trapani a colonna", 5, 310], ["DT-1", "dischi", 100, 1.2]],
        ),
        (
            ITEMS,
            "Wir bestellen 12 Ordner zu je 3,20 € und 4 Locher zu 11 € das Stück.",
            [[None, "Ordner", 12, 3.2], [None, "Locher", 4, 11]],
        ),
        (
            PARTS,
            "It contains 8 % sodium hydroxide (CAS 1310-73-2) and 3 % alkyl glucoside (CAS 68515-73-1).",
            [["sodium hydroxide", "1310-73-2", "8 %"], ["alkyl glucoside", "68515-73-1", "3 %"]],
        ),
        (
            ACTIONS,
            "## Actions\n\n- Restore the purge (Karim, 2026-03-16)\n- Watch the disk (Élodie, 31/03/2026)\n",
            [["Restore the purge", "Karim", "2026-03-16"], ["Watch the disk", "Élodie", "2026-03-31"]],
        ),
        (
            ACTIONS,
            "So that it stays up, Femi will add a lock timeout by\n18 September 2026, and Laura will build a copy of "
            "full\nsize by 9 October 2026.\n\nLaura Beck, head of platform\n",
            [["add a lock timeout", "Femi", "2026-09-18"], ["build a copy of full size", "Laura", "2026-10-09"]],
        ),
        (
            LEGS,
            "You fly from Bristol to Lisbon with flight CV 418 on 22 May 2026\nat 06:45. You come back from Lisbon to "
            "Bristol with flight CV 419 on 29 May 2026,\nleaving at 21:10.",
            [
                ["CV 418", "Bristol", "Lisbon", "2026-05-22", "06:45"],
                ["CV 419", "Lisbon", "Bristol", "2026-05-29", "21:10"],
            ],
        ),
        (
            LEGS,
            "Mit Flug LH 12 von Bremen nach Oslo am 3. Mai 2026 um 7.15 Uhr und mit Flug LH 13 von Oslo nach Bremen am "
            "9. Mai 2026 um 18.40 Uhr.",
            [
                ["LH 12", "Bremen", "Oslo", "2026-05-03", "7.15 Uhr"],
                ["LH 13", "Oslo", "Bremen", "2026-05-09", "18.40 Uhr"],
            ],
        ),
    ],
)
def test_rows_are_told_in_sentences(embedder: Embedder, fields: str, text: str, found: list[list[Any]]) -> None:
    assert rows(embedder, fields, text) == found


TABLE = """| Flight | Depart | Arrive |
| --- | --- | --- |
| PA 1180 | Denver (DEN) Aug 9, 2026 7:15 AM | Boston (BOS) Aug 9, 2026 1:02 PM |
| PA 1193 | Boston (BOS) Aug 20, 2026 5:40 PM | Denver (DEN) Aug 20, 2026 8:11 PM |
"""


def test_a_cell_may_say_where_and_when_at_once(embedder: Embedder) -> None:
    assert rows(embedder, LEGS, TABLE) == [
        ["PA 1180", "Denver", "Boston", "2026-08-09", "7:15 AM"],
        ["PA 1193", "Boston", "Denver", "2026-08-20", "5:40 PM"],
    ]


@pytest.mark.parametrize(
    ("fields", "text", "found"),
    [
        (
            "root_cause: why it happened",
            "The outage was caused by a migration that locked the table while it rebuilt\nan index. Sorry.",
            "a migration that locked the table while it rebuilt an index",
        ),
        (
            "proposal: what is proposed in one sentence",
            "This proposal is one of many that came out of long talks:\n\n- a\n\nCosts rise each year in all offices. "
            "We propose to move them to one shared calendar.",
            "We propose to move them to one shared calendar.",
        ),
        (
            "mission: why the team exists",
            f"# Release\n\n## Mission\n\nEnable anybody to try it. {'It must stay easy to keep up to date. ' * 9}\n\n"
            "## Owned\n\nMethods and configuration of the deployment\n",
            f"Enable anybody to try it. {'It must stay easy to keep up to date. ' * 9}".strip(),
        ),
    ],
)
def test_a_sentence_is_told_whole(embedder: Embedder, fields: str, text: str, found: str) -> None:
    schema = shorthand(fields)
    (said,) = best(chosen(schema, Sense(schema, embedder).of(text))).values()
    assert said == found


def test_a_number_alone_makes_no_row(embedder: Embedder) -> None:
    wanted = list(fields_of(shorthand(ITEMS)))
    assert (
        counted_rows("On 9 May 20 guests (table 12) and 4 children (table 13) came at 7 and left at 11.", wanted) == []
    )
    assert counted_rows("Add 3 eggs at once, and 2 cups of milk for each.", wanted) == []
    assert rows(embedder, ACTIONS, "The museum will be open, and Anna will be there.") == []
