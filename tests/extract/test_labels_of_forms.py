"""What stands behind labels and in tables of forms in eleven languages, told by rules alone."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import told_by_rules
from hypothesis import given
from hypothesis import strategies as st

from rag import models
from rag.extract.cognates import skeleton
from rag.extract.lexicon import alike, units
from rag.types import Embedder

LABELS = [  # of one meaning: a field's name, and labels
    ("density", "Dichte Densité Densidad Densità Dichtheid Densidade Densitet Gęstość"),
    ("family", "Familie Famille Familia Famiglia Família Familj Rodzina"),
    ("sample", "Probe Échantillon Muestra Campione Monster Amostra Prov Prøve Próbka"),
    ("vessel", "Schiff Navire Buque Nave Schip Navio Fartyg Skib Statek"),
    ("grape_variety", "Rebsorte Cépage Variedad Vitigno Druivenras Casta Druva Drue Szczep"),
    ("fasting", "Nüchtern À_jeun Ayunas Digiuno Nuchter Jejum Fastande Fastende Na_czczo"),
    ("headteacher", "Schulleiterin Proviseure Preside Schoolhoofd Rektor"),
    ("conductivity", "Conductivité Conductividad Conduttività Konduktivität"),  # told by its form
    ("calibration", "Calibración Calibrazione"),
]
DOCUMENTS: list[tuple[str, str, dict[str, Any]]] = [
    (
        "Pasient: Kari Nordmann\nAllergier: ingen\nRøyker: nei\nInnlagt: 03.05.2024\n"
        "Oppfølging: kontroll hos fastlege. Nytt røntgen om seks uker.\n",
        "patient, allergies: list of str, smoker bool, admitted_on date, follow_up",
        {
            "patient": "Kari Nordmann",
            "allergies": [],
            "smoker": False,
            "admitted_on": "2024-05-03",
            "follow_up": "kontroll hos fastlege. Nytt røntgen om seks uker.",
        },
    ),
    (
        "Complications: nil\nEaten before: no\nPunto di infiammabilità: non applicabile\n",
        "complications bool, flash_point_c float",
        {"complications": False, "flash_point_c": None},
    ),
    (
        "| Dossier | 8841-B | Date du prélèvement | 17/05/2024 |\n|---|---|---|---|\n"
        "| Patient | Luc Ferrand | Date d'édition | 18/05/2024 |\n",
        "file_number, patient, sampled_on date, reported_on date",
        {"file_number": "8841-B", "patient": "Luc Ferrand", "sampled_on": "2024-05-17", "reported_on": "2024-05-18"},
    ),
    (
        "Parameter            Messwert     Einheit     Grenzwert\n-----------------------------------\nMikrobiologie\n"
        "  Koloniezahl        4            KBE/ml      100\nChemie\n"
        "  Nitrat             38   +       mg/l        50\n  Blei               0,002        mg/l        0,01\n",
        "results: list of {parameter, value, unit, limit}",
        {
            "results": [
                {"parameter": "Koloniezahl", "value": "4", "unit": "KBE/ml", "limit": "100"},
                {"parameter": "Nitrat", "value": "38", "unit": "mg/l", "limit": "50"},
                {"parameter": "Blei", "value": "0,002", "unit": "mg/l", "limit": "0,01"},
            ]
        },
    ),
    (
        "White cells     >100       x10^6/L     (<10)     HIGH\nRed cells       4          x10^6/L     (<10)\n",
        "results: list of {test, value, unit, reference_range}",
        {
            "results": [
                {"test": "White cells", "value": ">100", "unit": "x10^6/L", "reference_range": "<10"},
                {"test": "Red cells", "value": "4", "unit": "x10^6/L", "reference_range": "<10"},
            ]
        },
    ),
    (
        "Lengua          7,5       Matemáticas    6\nInglés          8         Biología       9\n",
        "marks: list of {subject, mark float}",
        {
            "marks": [
                {"subject": "Lengua", "mark": 7.5},
                {"subject": "Matemáticas", "mark": 6},
                {"subject": "Inglés", "mark": 8},
                {"subject": "Biología", "mark": 9},
            ]
        },
    ),
    (
        "# Zeugnis\n\n| Fach | Note |\n|---|---|\n| Musik | 2 |\n| Chemie | 3 |\n",
        "grades: list of {subject, grade}",
        {"grades": [{"subject": "Musik", "grade": "2"}, {"subject": "Chemie", "grade": "3"}]},
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.mark.parametrize(("field", "labels"), LABELS, ids=lambda one: one.split()[0])
def test_words_of_one_meaning_speak_of_one_field(field: str, labels: str) -> None:
    assert not [label for label in labels.split() if alike(units(field), units(label)) < 0.6]


def test_what_is_no_translation_speaks_of_no_field() -> None:
    for field, label in (("gift", "Gift"), ("library", "Librairie"), ("parents", "Parenti"), ("fabric", "Fabrik")):
        assert skeleton(field) == "" == skeleton(label.casefold())
    assert alike(units("library"), units("Librería")) == alike(units("seal"), units("Schiff")) == 0


@given(st.text(alphabet=st.characters(categories=("Ll",)), max_size=20))
def test_a_skeleton_is_of_plain_letters_or_nothing(word: str) -> None:
    assert skeleton(word) == "" or (skeleton(word).isascii() and skeleton(word).isalpha())


@pytest.mark.parametrize(("text", "fields", "wanted"), DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_forms_and_tables_are_read_in_their_language(
    embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]
) -> None:
    found = told_by_rules(embedder, text, fields)
    assert {name: found[name] for name in wanted} == wanted
