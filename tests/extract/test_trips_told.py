"""Where one goes, and the year of a paper, where no label says them."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import told_by_rules

from rag import models
from rag.types import Embedder

FORT = "Subject: visit to the Fort\nFrom: a@b.example\n\nClass 4 will be visiting Kelm Roman Fort on Thursday."
TOLD: list[tuple[str, str, Any]] = [
    (FORT, "destination", "Kelm Roman Fort"),
    ("Am Dienstag fahren wir mit beiden Klassen in den Naturzoo Reken.", "destination", "Naturzoo Reken"),
    ("La classe se rendra au Théâtre de la Digue le jeudi.", "destination", "Théâtre de la Digue"),
    ("# Council Tax bill 2026/27\n\nValuation band C, issued 11 March 2025", "tax_year int", 2026),
    ("Gemeente Zuid\n\nAanslag ozb-belasting 2026\n\nDagtekening  28 februari 2025", "tax_year int", 2026),
    ('Wir bewilligen Ihnen für das Vorhaben "Sanierung der Orgel" eine Zuwendung.', "project", "Sanierung der Orgel"),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.mark.parametrize(("text", "field", "wanted"), TOLD, ids=range(len(TOLD)))
def test_where_one_goes_and_of_which_year_a_paper_is(embedder: Embedder, text: str, field: str, wanted: Any) -> None:
    assert told_by_rules(embedder, text, field) == {field.partition(" ")[0]: wanted}
