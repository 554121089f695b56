"""Who is who by the form of a document, and its heading whole: what rules tell before a model is asked."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best

from rag import models
from rag.extract.choosing import chosen
from rag.extract.headline import headline
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.types import Embedder

BILL = """Quayside Bindery
3 Rope Walk, Lynn PE30 1NN

INVOICE 5512

Invoice to:                        Deliver to:
Fenmoor School                     Back gate
Station Road                       Mill Row
Downham PE38 9AA                   Downham PE38 9AB

Books rebound      12   £9.00   £108.00
Total £108.00
"""
LETTER = """Hillfoot Surgery

Dear Dr Amin,

Re: Mr Owen Tarrant, DOB 3.4.1961

He was seen in clinic. He takes ramipril 5 mg once daily. No known drug allergies.

Yours sincerely

Dr Lila Voss
"""
OBITUARY = """Clara Ann Whitlow (née Farrow), 81, died at Marsh House on 3 May 2025.

She was born in Ely. Beloved wife of the late Percy, mother of Joan and Piers, grandma of Kit.
The funeral is at St Mary's Church on 20 May. Donations to Fen Hospice.
"""
NOTICE = """Wir nehmen Abschied von

Karl Otto Brandes
Schlosser

* 3. Mai 1940 in Husum      † 1. März 2025 in Kiel

In Liebe
Erna Brandes
Uwe und Silke
Maren
mit allen Enkeln
"""
FRENCH = """Madame Odile Renard, son épouse,
Paul et Zoé, ses enfants,
ont la tristesse de faire part du décès de

Monsieur Guy Renard
"""
AGREEMENT = """SERVICE AGREEMENT

This agreement is made on 2 May 2025 between

(1) Alder Boats Limited (company number 1), whose office is in Hull; and
(2) Nina Quist of 4 Sea Road, Hull.

Signed for Alder Boats Limited: Tom Ferris, Director
Signed: Nina Quist
"""
VERTRAG = """Pachtvertrag

zwischen
der Stadt Norden, vertreten durch Eva Harms – nachfolgend „Verpächterin“ –
und
dem Gartenverein Sonnental e. V. – nachfolgend „Pächter“ –

§ 1 Die Wiese wird verpachtet.

Eva Harms               Dirk Poppe
Stadträtin              Vorsitzender
"""
DEATH = "name, birth_name, spouse, children: list of str, place_of_death, funeral_place"
PEOPLE = "party_a, party_b, signatories: list of {name, role}"
KINDS: list[tuple[str, str, dict[str, Any]]] = [
    (BILL, "supplier, customer", {"supplier": "Quayside Bindery", "customer": "Fenmoor School"}),
    (
        "Malerei Kolb\nHauptstr. 4\n80331 München\n\nFrau\nIda Lorenz\nAm Bach 7\n80333 München\n\n"
        "RECHNUNG 12\n\nGesamt 90,00 €\n",
        "supplier, customer",
        {"supplier": "Malerei Kolb", "customer": "Ida Lorenz"},
    ),
    (
        "# Facture 8\n\n**Atelier Brun** — 2 rue Basse, Lyon\n\n"
        "Client : Mairie de Vaux, 1 place Verte, Vaux\n\nTotal TTC : 40,00 €\n",
        "supplier, customer",
        {"supplier": "Atelier Brun", "customer": "Mairie de Vaux"},
    ),
    (
        LETTER,
        "patient, doctor, hospital, allergies: list of str",
        {"patient": "Owen Tarrant", "doctor": "Dr Lila Voss", "hospital": "Hillfoot Surgery", "allergies": []},
    ),
    (
        OBITUARY,
        DEATH,
        {
            "name": "Clara Ann Whitlow",
            "birth_name": "Farrow",
            "spouse": "Percy",
            "children": ["Joan", "Piers"],
            "place_of_death": "Marsh House",
            "funeral_place": "St Mary's Church",
        },
    ),
    (
        NOTICE,
        DEATH,
        {
            "name": "Karl Otto Brandes",
            "birth_name": None,
            "spouse": "Erna Brandes",
            "children": ["Uwe", "Maren"],
            "place_of_death": "Kiel",
            "funeral_place": None,
        },
    ),
    (
        FRENCH,
        "name, spouse, children: list of str",
        {"name": "Guy Renard", "spouse": "Odile Renard", "children": ["Paul", "Zoé"]},
    ),
    (
        "She is married to the painter Ivo Sand; they have twins, Ada and Max.",
        "spouse, children: list of str",
        {"spouse": "Ivo Sand", "children": ["Ada", "Max"]},
    ),
    ("Ada Sand met Ivo Berg and Max Thal in Bonn.", "spouse, children: list of str", {"spouse": None, "children": []}),
    (
        AGREEMENT,
        f"contract_type, {PEOPLE}",
        {
            "contract_type": "SERVICE AGREEMENT",
            "party_a": "Alder Boats Limited",
            "party_b": "Nina Quist",
            "signatories": [{"name": "Tom Ferris", "role": "Director"}, {"name": "Nina Quist", "role": None}],
        },
    ),
    (
        VERTRAG,
        PEOPLE,
        {
            "party_a": "Stadt Norden",
            "party_b": "Gartenverein Sonnental e. V",
            "signatories": [
                {"name": "Eva Harms", "role": "Stadträtin"},
                {"name": "Dirk Poppe", "role": "Vorsitzender"},
            ],
        },
    ),
    (
        '**Between:** Orr Seeds, Inc., a Delaware corporation ("Orr"), and Lund Mills AB ("Lund")\n\n1. No fee.\n\n'
        "| For Orr Seeds, Inc. | For Lund Mills AB |\n|---|---|\n| May Orr | Per Lund |\n| CEO | Chair |\n",
        PEOPLE,
        {
            "party_a": "Orr Seeds, Inc.",
            "party_b": "Lund Mills AB",
            "signatories": [{"name": "May Orr", "role": "CEO"}, {"name": "Per Lund", "role": "Chair"}],
        },
    ),
    (
        "Choir, 3 May 2025\n\nPresent: Ann Lee (chair), Bo Roy, Cy Fox (minutes)\n",
        "meeting, chair, minute_taker",
        {"meeting": "Choir", "chair": "Ann Lee", "minute_taker": "Cy Fox"},
    ),
    (
        "Retro, web team\nFacilitator: Ines\nNotes: Kofi\n\nAll went well.\n",
        "chair, minute_taker",
        {"chair": "Ines", "minute_taker": "Kofi"},
    ),
    (
        "Dear Tim,\n\nplease keep three loaves for me.\n\nThanks\nGail Moor\n4 Priory Road\n",
        "customer",
        {"customer": "Gail Moor"},
    ),
]
TITLES: list[tuple[str, str, str]] = [
    (
        "# Junior Archivist (job share)\n\nYou report to the Head of Archives, Moira Tait.\n",
        "job_title",
        "Junior Archivist (job share)",
    ),
    (
        "Wir suchen ab sofort eine\n\nErzieherin (m/w/d) in Teilzeit\n\nIhr Profil: Geduld\n",
        "job_title",
        "Erzieherin (m/w/d)",
    ),
    ("Data Engineer @ Larkspur\n\nWe are six people in Ghent.\n", "job_title", "Data Engineer"),
    (
        "Helle 2-Zimmer-Wohnung am Stadtpark\n\nIn Fürth vermieten wir ab 1. Juli.\n",
        "title",
        "Helle 2-Zimmer-Wohnung am Stadtpark",
    ),
    ("TO LET: bright garden flat, Hove\n\n£900 a month.\n", "title", "bright garden flat, Hove"),
    ("# Barn with two acres – £210,000\n\nA dry barn.\n", "title", "Barn with two acres"),
    ('The Fen Society invites you to\n\n"Eels after dark"\n\na talk by Hal Denny\n', "title", "Eels after dark"),
    ("Protokoll der Sitzung des Chors\n\nDatum: 3.3.2025\n", "meeting", "Sitzung des Chors"),
    ("Stoneware mug, blue glaze\n\nMade in Dingle. €28.\n", "name, price float", "Stoneware mug, blue glaze"),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


def told(embedder: Embedder, text: str, fields: str) -> Any:
    schema = shorthand(fields)
    return best(chosen(schema, Sense(schema, embedder).of(text)))


@pytest.mark.parametrize(("text", "fields", "wanted"), KINDS, ids=range(len(KINDS)))
def test_who_is_who(embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]) -> None:
    found = told(embedder, text, fields)
    assert {name: value or None for name, value in found.items()} == {
        name: value or None for name, value in wanted.items()
    }


@pytest.mark.parametrize(("text", "fields", "wanted"), TITLES, ids=range(len(TITLES)))
def test_a_heading_is_told_whole(embedder: Embedder, text: str, fields: str, wanted: str) -> None:
    assert next(iter(told(embedder, text, fields).values())) == wanted


def test_a_text_of_one_line_has_no_heading() -> None:
    assert headline("Seapesca Minnow Fishing Lure 85mm 8g Hard Bait") is None
    assert headline("Minnow Lure\n\nIt floats, and it is hard.\n") is not None
