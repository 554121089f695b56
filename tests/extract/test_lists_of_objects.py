"""Tables of every notation, medicines, things that are ordered, tasks, results and legs: their rows as records."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best
from hypothesis import given
from hypothesis import strategies as st

from rag import models
from rag.extract.choosing import chosen
from rag.extract.examples import many
from rag.extract.fields import fields_of
from rag.extract.layout import Layout
from rag.extract.rows import under_heads
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.types import Embedder

MANY: list[tuple[str, str, list[dict[str, Any]]]] = [
    (
        'Date,Details,Paid out,Balance\n"01 May 2025","Opening, carried","","1,010.00"\n'
        '"03 May 2025","WATER","31.50","978.50"\n',
        "date date, details, paid_out float, balance float",
        [
            {"date": "2025-05-01", "details": "Opening, carried", "paid_out": None, "balance": 1010},
            {"date": "2025-05-03", "details": "WATER", "paid_out": 31.5, "balance": 978.5},
        ],
    ),
    (
        "Mitglieder\n\nName;Beitrag;Ort\nEbert, Kai;45,00;Weiden\nStolz, Ute;60,00;Amberg\n",
        "name, fee float, town",
        [{"name": "Ebert, Kai", "fee": 45, "town": "Weiden"}, {"name": "Stolz, Ute", "fee": 60, "town": "Amberg"}],
    ),
    (
        "Buchung   Vorgang                    Betrag\n02.03.    Miete Haus Kröger        780,00 -\n"
        "06.03.    Gehalt Deichverband    2.318,40 +\n",
        "booked, purpose, amount float",
        [
            {"booked": "02.03.", "purpose": "Miete Haus Kröger", "amount": 780},
            {"booked": "06.03.", "purpose": "Gehalt Deichverband", "amount": 2318.4},
        ],
    ),
    (
        "Results\n\nAshby 2-1 Melton (Roe 4)\nOakham Town 0-0 Syston\nBirch P-P Elm Vale\n",
        "home, away, home_goals int, away_goals int",
        [
            {"home": "Ashby", "away": "Melton", "home_goals": 2, "away_goals": 1},
            {"home": "Oakham Town", "away": "Syston", "home_goals": 0, "away_goals": 0},
            {"home": "Birch", "away": "Elm Vale", "home_goals": None, "away_goals": None},
        ],
    ),
    (
        "**Mon 2 June** — LX 14 Zurich ZRH 09:55 → Oslo OSL 12:10, seat 4A\nHotel in Oslo\n",
        "date, number, from, to, departure, arrival, seat",
        [
            {
                "date": "Mon 2 June",
                "number": "LX 14",
                "from": "Zurich ZRH",
                "to": "Oslo OSL",
                "departure": "09:55",
                "arrival": "12:10",
                "seat": "4A",
            }
        ],
    ),
    (
        "Species: Sundew\nSite: Borth Bog\nCount: 3\n\nSpecies: Sedge\nSite: Cors Fach\nCount: 9\n",
        "species, site, count int",
        [{"species": "Sundew", "site": "Borth Bog", "count": 3}, {"species": "Sedge", "site": "Cors Fach", "count": 9}],
    ),
]
LISTS: list[tuple[str, str, list[dict[str, Any]]]] = [
    (
        "## To do\n\n| What | Who | By | Status |\n|---|---|---|---|\n"
        "| Book a band | Tom Pike | 1 March 2026 | open |\n"
        "| Ask the town | Ann Lee | | done |\n",
        "actions: list of {task, owner, due date, done bool}",
        [
            {"task": "Book a band", "owner": "Tom Pike", "due": "2026-03-01", "done": False},
            {"task": "Ask the town", "owner": "Ann Lee", "due": None, "done": True},
        ],
    ),
    (
        "Wer          Was                   Bis wann     Status\n"
        "Ute Bach     Angebote einholen     28.02.2026   offen\n"
        "Kai Roth     Brief ans Amt         15.02.2026   erledigt\n",
        "tasks: list of {task, owner, due date, done bool}",
        [
            {"task": "Angebote einholen", "owner": "Ute Bach", "due": "2026-02-28", "done": False},
            {"task": "Brief ans Amt", "owner": "Kai Roth", "due": "2026-02-15", "done": True},
        ],
    ),
    (
        "Invoice 7\n\n  Description           Hours    Rate      Total\n"
        "  Interviews             22.0   $35.00    $770.00\n"
        "  Stock photos              1   $49.00     $49.00\n\n  Balance due    $819.00\n",
        "items: list of {description, quantity float, unit_price float, amount float}",
        [
            {"description": "Interviews", "quantity": 22, "unit_price": 35, "amount": 770},
            {"description": "Stock photos", "quantity": 1, "unit_price": 49, "amount": 49},
        ],
    ),
    (
        "Rechnung\n\nAnz.  Text                    Preis     Betrag CHF\n"
        " 2    Bremsbelag              28.50          57.00\n"
        " 1    Arbeit                                137.50\n",
        "items: list of {description, quantity float, unit_price float, amount float}",
        [
            {"description": "Bremsbelag", "quantity": 2, "unit_price": 28.5, "amount": 57},
            {"description": "Arbeit", "quantity": 1, "unit_price": None, "amount": 137.5},
        ],
    ),
    (
        "Sync, Mon 5 May 2025\n\nAIs\nIda to write the plan by Thursday\nLuc to ask legal by 20 May\n"
        "Ola to tell support (EOD today)\n",
        "action_items: list of {task, owner, due date}",
        [
            {"task": "write the plan", "owner": "Ida", "due": "2025-05-08"},
            {"task": "ask legal", "owner": "Luc", "due": "2025-05-20"},
            {"task": "tell support", "owner": "Ola", "due": "2025-05-05"},
        ],
    ),
    (
        "She takes folic acid 5 mg weekly and paracetamol 1 g up to four times a day. SpO2 97%.\n"
        "Apixaban 5 mg   1-0-1\n"
        "Bisoprolol 2,5 mg   bei Bedarf\n"
        "Prend enalapril 10 mg deux fois par jour. Toma ibuprofeno 600 mg cada 8 horas.\n",
        "medications: list of {name, dose, frequency}",
        [
            {"name": "folic acid", "dose": "5 mg", "frequency": "weekly"},
            {"name": "paracetamol", "dose": "1 g", "frequency": "up to four times a day"},
            {"name": "Apixaban", "dose": "5 mg", "frequency": "1-0-1"},
            {"name": "Bisoprolol", "dose": "2,5 mg", "frequency": "bei Bedarf"},
            {"name": "enalapril", "dose": "10 mg", "frequency": "deux fois par jour"},
            {"name": "ibuprofeno", "dose": "600 mg", "frequency": "cada 8 horas"},
        ],
    ),
    (
        "Betreff: Bestellung 2025\n\nBitte liefern Sie am 17. Mai 2025:\n\n"
        "1 Linzer Torte (groß, ohne Nüsse)\n24 Brezeln\n\n"
        "Hafenstr. 8, 2. OG. Etwa 30 Euro. Telefon 0171 555 01\n",
        "items: list of {name, quantity int, size, note}",
        [
            {"name": "Linzer Torte", "quantity": 1, "size": "groß", "note": "ohne Nüsse"},
            {"name": "Brezeln", "quantity": 24, "size": None, "note": None},
        ],
    ),
    (
        "[9:12] Ann: can I order 2 x croissant, three loaves of rye and a dozen bagels\n"
        "[9:13] Bo: about £20, to 5 Mill Lane at 10:30?\n",
        "items: list of {name, quantity int}",
        [
            {"name": "croissant", "quantity": 2},
            {"name": "loaves of rye", "quantity": 3},
            {"name": "bagels", "quantity": 12},
        ],
    ),
]
NONE = [
    ("Allergien: keine bekannt\nMedikation: keine\n", "allergies"),
    ("Bloods fine. NKDA. Next visit in May.\n", "allergies"),
    ("A lamp.\nColour: red\nIn the box: lamp, cable, pouch, charger not included\n", "included"),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def told(embedder: Embedder, text: str, schema: Any) -> Any:
    return best(chosen(schema, Sense(schema, embedder).of(text)))


@pytest.mark.parametrize(("text", "fields", "wanted"), MANY, ids=range(len(MANY)))
def test_a_document_of_many_records(embedder: Embedder, text: str, fields: str, wanted: list[dict[str, Any]]) -> None:
    assert told(embedder, text, many(shorthand(fields)))["items"] == wanted


@pytest.mark.parametrize(("text", "fields", "wanted"), LISTS, ids=range(len(LISTS)))
def test_a_list_of_objects(embedder: Embedder, text: str, fields: str, wanted: list[dict[str, Any]]) -> None:
    assert list(told(embedder, text, shorthand(fields)).values()) == [wanted]


@pytest.mark.parametrize(("text", "name"), NONE)
def test_what_is_denied_is_no_element(embedder: Embedder, text: str, name: str) -> None:
    found = told(embedder, text, shorthand(f"{name}: list of str"))[name]
    assert (found or []) == (["lamp", "cable", "pouch"] if name == "included" else [])


def test_a_text_without_a_dose_has_no_medicines(embedder: Embedder) -> None:
    assert not told(embedder, "She feels well. No tablets.", shorthand("medications: list of {name, dose, frequency}"))[
        "medications"
    ]


CELL = st.text("abcäé", min_size=2, max_size=8)


@given(
    st.lists(st.tuples(CELL, CELL, st.integers(1, 9999)), min_size=1, max_size=6),
    st.sampled_from([";", "\t", "|", "gaps"]),
)
def test_a_table_says_the_same_in_every_notation(rows: list[tuple[str, str, int]], mark: str) -> None:
    lines = [("Name", "Town", "Amount"), *((one, other, str(number)) for one, other, number in rows)]
    if mark == "gaps":
        text = "\n".join(f"{one:<12}{other:<12}{number:>8}" for one, other, number in lines)
    else:
        text = "\n".join(f" {mark} ".join(line) if mark == "|" else mark.join(line) for line in lines)
    wanted = list(fields_of(many(shorthand("name, town, amount int"))))
    found = under_heads(text, Layout(text), wanted)
    assert [(row["name"][0], row["town"][0], row["amount"][0]) for row in found] == lines[1 : 1 + 30]
