"""Who and where by the form of a paper: countries, owners of parts, addressees, senders; the release notes' version."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import told_by_rules

from rag import models
from rag.extract.countries import countries, is_country
from rag.types import Embedder

FORM = """CUSTOMS DECLARATION
May be opened officially

From   Name     Ada Whitcombe
       Address  6 Chantry Row, Ludlow SY8 1PP
       Country  UNITED KINGDOM

To     Name     Pavel Feldt
       Address  Solgatan 77, 113 50 Stockholm
       Country  SWEDEN

Total weight  2.270 kg     Total value  88.00
"""
LETTER = """Amt für Kultur
Abteilung 4

Förderverein Alte Säge e. V.
z. Hd. Frau Dr. Petra Lenk
Mühlenweg 1
19230 Hagenow

Schwerin, 18.12.2025

Sehr geehrte Frau Dr. Lenk,

wir bewilligen Ihnen 500 EUR.
"""
PARTIES = "sender: {name, country}, recipient: {name, country}"
TOLD: list[tuple[str, str, dict[str, Any]]] = [
    (
        FORM,
        PARTIES,
        {
            "sender": {"name": "Ada Whitcombe", "country": "UNITED KINGDOM"},
            "recipient": {"name": "Pavel Feldt", "country": "SWEDEN"},
        },
    ),
    (
        "Absender: Töpferei Brandl, Am Bach 2, 94244 Teisnach, Deutschland\n\n"
        "Empfänger: Galerie Hofer, Getreidegasse 30, 8001 Zürich, Schweiz\n",
        PARTIES,
        {
            "sender": {"name": "Töpferei Brandl", "country": "Deutschland"},
            "recipient": {"name": "Galerie Hofer", "country": "Schweiz"},
        },
    ),
    ("Cuvée Aurore, a wine to drink with friends in Riga.", "country", {"country": None}),
    ("| Valuation band | C |\n|---|---|\n| Town Council | £211.04 |\n| Police | £265.12 |\n", "band", {"band": "C"}),
    (LETTER, "recipient: organisation", {"recipient": "Förderverein Alte Säge e. V."}),
    (
        "From: Nordflug Kundenservice <noreply@nordflug.example>\nSubject: Ihr Flug\n\nIhr Flug ist verspätet.\n",
        "operator",
        {"operator": "Nordflug"},
    ),
    (
        "# La tua bolletta della luce\n\nGentile ADA MORETTI, ecco il riepilogo.\n\nTotale da pagare: 93,17 €\n",
        "customer",
        {"customer": "ADA MORETTI"},
    ),
    (
        "# Release Notes\n\nprog, version 1.5.0 from /path\n\n## Version 1.6.1 (2024-08-30)\n\n* Fix a build error.\n",
        "version, released date",
        {"version": "1.6.1", "released": "2024-08-30"},
    ),
    (
        "* Noteworthy changes in release 1.21.3 (2022-02-26)\n\n** Fix build on 64-bit systems\n",
        "version, released date",
        {"version": "1.21.3", "released": "2022-02-26"},
    ),
    (
        "Lake Credit Union\n\nPrepared for Denise R. Oakley   Member since 2009\n\nFederally insured.",
        "account_holder",
        {"account_holder": "Denise R. Oakley"},
    ),
    (
        "Sparkasse Kontoauszug\nKontoinhaberin: Annika Döring\n\n| 02.03. | Drogerie Blum | -6,00 |\n",
        "account_holder",
        {"account_holder": "Annika Döring"},
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.mark.parametrize(("text", "fields", "wanted"), TOLD, ids=range(len(TOLD)))
def test_who_and_where_is_told_by_the_form_of_a_paper(
    embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]
) -> None:
    assert told_by_rules(embedder, text, fields) == wanted


def test_countries_are_known_in_several_languages_and_by_their_longest_names() -> None:
    text = "Von Österreich über die SCHWEIZ nach Guinea-Bissau, Pays-Bas, USA und Polska"
    said = ["Österreich", "SCHWEIZ", "Guinea-Bissau", "Pays-Bas", "USA", "Polska"]
    assert [text[slice(*span)] for span in countries(text)] == said
    assert [is_country(one) for one in ("Côte d'Ivoire", "Vevey", "us")] == [True, False, False]
