"""Values where papers of one kind have them: author lines, codes of hazards, days of a stay, currencies, sums."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import told_by_rules

from rag import models
from rag.types import Embedder

CURRENCIES = "price float, currency: one of EUR | USD | NZD | AUD | CAD | HKD"
DAYS = "received date, accepted date"
STAY = "admitted date, discharged date"
DOCUMENTS: list[tuple[str, str, dict[str, Any]]] = [
    # Who wrote an article.
    ("# Peat and snipe\n\nIda Storø^1,*^, Paweł Zając^2^, Rhys ap Iorwerth^1,3^\n\n^1^ Institute of Bogs\n",
     "authors: list of str", {"authors": ["Ida Storø", "Paweł Zając", "Rhys ap Iorwerth"]}),
    ("# Café y sombra\n\nInés Chota¹, Joost van der Heide²\n\n¹Universidad de Tena, Perú; ²Países Bajos\n",
     "authors: list of str", {"authors": ["Inés Chota", "Joost van der Heide"]}),
    ("Archiv für Schlaf\n\nSchlaf und Schule\n\nUte Eck (1), Jan-Ole Peters (2)\n\n(1) Klinik für Kinder\n",
     "authors: list of str", {"authors": ["Ute Eck", "Jan-Ole Peters"]}),
    # Titles behind labels and codes, not what kind of paper it is.
    ("(12) United States Patent       (10) Patent No.: US 11,902,441 B2\n\n(54) BICYCLE FRAME WITH A LOCK\n\n"
     "(73) Assignee: Rota Labs AG\n(22) Filed: Jun. 3, 2021\n", "title, assignee, filed date",
     {"title": "BICYCLE FRAME WITH A LOCK", "assignee": "Rota Labs AG", "filed": "2021-06-03"}),
    ("OFICINA ESPAÑOLA DE PATENTES\n\n(21) Número de solicitud: 202030982\n(54) Título: FRENO DE VIENTO\n", "title",
     {"title": "FRENO DE VIENTO"}),
    ("# BREVET D'INVENTION\n\n(54) **Dispositif d'arrosage pour serre**\n\n(57) Une cuve et une sonde.\n", "title",
     {"title": "Dispositif d'arrosage pour serre"}),
    ("Öffentliche Ausschreibung nach VOB/A\n\na) Auftraggeber: Gemeinde Rhoda\nd) Art des Auftrags: Bauleistungen\n"
     "f) Art und Umfang der Leistung: Dachabdichtung, 640 m² Flachdach\n", "title: what is to be built or bought",
     {"title": "Dachabdichtung, 640 m² Flachdach"}),
    ("AYUNTAMIENTO DE PEÑA\nANUNCIO DE LICITACIÓN\n\n2. Objeto\n   a) Tipo: suministro\n"
     "   b) Descripción: suministro de 212 luminarias\n", "title", {"title": "suministro de 212 luminarias"}),
    ("Avis d'appel public à la concurrence\n\nSection 1\nIntitulé du marché : Restauration scolaire\n", "title",
     {"title": "Restauration scolaire"}),
    ("Archiv für Schlaf 2022; 31: 88-97\nDOI 10.5555/as.2022.8\n\nOriginalarbeit\n\nSchlaf und Schulbeginn\n\n"
     "Ute Eck (1), Jan Peters (2)\n", "title", {"title": "Schlaf und Schulbeginn"}),
    ("Desk lamp\n\nDescription: a lamp of oak and brass\nPrice: 80 €\n", "title", {"title": "Desk lamp"}),
    # Hazards, each behind its code; not those of an ingredient, nor a heading.
    ("SECTION 2: Hazards\nSkin Corr. 1B, H314\nH290 May be corrosive to metals.\nH318 Causes serious eye damage.\n\n"
     "SECTION 3\nCitric acid   77-92-9   Eye Irrit. 2 H319\n",
     "hazard_statements: list of str",
     {"hazard_statements": ["H290 May be corrosive to metals.", "H318 Causes serious eye damage."]}),
    ("## RUBRIQUE 2\n\n- H400 Très toxique pour les organismes aquatiques.\n- EUH031 Dégage un gaz.\n",
     "hazard_statements: list of str",
     {"hazard_statements": ["H400 Très toxique pour les organismes aquatiques.",
                            "EUH031 Dégage un gaz."]}),
    # Days.
    ("Eingegangen: 14.10.2021 / Angenommen: 01.03.2022\n", DAYS, {"received": "2021-10-14", "accepted": "2022-03-01"}),
    ("Recibido: 8 de enero de 2021. Aceptado: 9 de mayo de 2021.\n", DAYS,
     {"received": "2021-01-08", "accepted": "2021-05-09"}),
    ("Received 3 May 2023; accepted 2 August 2023\n", DAYS, {"received": "2023-05-03", "accepted": "2023-08-02"}),
    ("Stationärer Aufenthalt vom 04.03.2024 bis 09.03.2024, Station 2\n", STAY,
     {"admitted": "2024-03-04", "discharged": "2024-03-09"}),
    ("Wir liefern vom 04.03.2024 bis 09.03.2024.\n", STAY, {"admitted": None, "discharged": None}),
    ("Ablauf der Angebotsfrist: 21.05.2024, 10 Uhr\nBindefrist: 28.06.2024\n", "deadline date",
     {"deadline": "2024-05-21"}),
    ("Avis\nDate et heure limites de réception des offres : 14 juin 2024 à 12h00\nVariantes : non\n", "deadline date",
     {"deadline": "2024-06-14"}),
    ("Jahresabrechnung\nKundennummer 77        Rechnungsnummer V-9        Datum 19.01.2024\n\nZeitraum 01.01.2023 bis "
     "31.12.2023\n", "bill_date date", {"bill_date": "2024-01-19"}),
    ("Facture n° 24-0078 du 8 juillet 2024\nPériode du 05/05/2024 au 04/07/2024\n", "bill_date date",
     {"bill_date": "2024-07-08"}),
    ("Rechnung Nr. 4711-2 vom 3. Mai 2024\nLieferdatum 30.04.2024\n", "invoice_date date",
     {"invoice_date": "2024-05-03"}),
    ("Zeitraum 01.01.2023 bis 31.12.2023\nMindestlaufzeit endet am 31.12.2024.\n", "period: {start date, end date}",
     {"period": {"start": "2023-01-01", "end": "2023-12-31"}}),
    ("Patient:     Ann Lee            born 14 March 1961     f\nCollected:   6 May 2024     Printed: 7 May 2024\n"
     "Material:    Serum\n", "patient: {name, born date}, collected_at date",
     {"patient": {"name": "Ann Lee", "born": "1961-03-14"}, "collected_at": "2024-05-06"}),
    ("Patient:     Uwe Brandl            geb. 14.03.1961     m\nEntnahme:    06.05.2024     Ausdruck: 07.05.2024\n"
     "Material:    Serum\n", "patient: {name, born date}, collected_at date",
     {"patient": {"name": "Uwe Brandl", "born": "1961-03-14"}, "collected_at": "2024-05-06"}),
    ("Interessenkonflikt: keiner. Förderung: keine.\n", "funding: {funder, grant}",
     {"funding": {"funder": None, "grant": None}}),
    ("Peat\nFunding: none declared\nContact: n/a\n", "funding: {funder, grant}, contact: {name, phone}",
     {"funding": {"funder": None, "grant": None}, "contact": {"name": None, "phone": None}}),
    # Currencies.
    ("The house sold for NZ$420,000.", CURRENCIES, {"price": 420000, "currency": "NZD"}),
    ("Price: C$35.50", CURRENCIES, {"price": 35.5, "currency": "CAD"}),
    ("Budget: US$ 1,200", "budget float, currency", {"budget": 1200, "currency": "US$"}),
    ("Residual sugar: 1.6 g/l\npH: 3.62\n", "price float", {"price": None}),
    ("Densité : 1,05\npH : 7,25\nEntrée : 8,50\n", "price float", {"price": 8.5}),
    ("# Fen meadows: a twelve-year study\n\nReceived 3 February 2023\n", "year int", {"year": None}),
    # Numbers: a price for a unit is no sum, what is said of one field not another's.
    ("Arbeitspreis 2.769 kWh x 31,20 ct/kWh\nRechnungsbetrag 1.192,30 EUR\n", "total_amount float, amount_due float",
     {"total_amount": 1192.3, "amount_due": 1192.3}),
    ("pH: 1.1 (20 °C)\nBoiling point: 103 °C\nFlash point: not applicable\n",
     "flash_point_c float, boiling_point_c float",
     {"flash_point_c": None, "boiling_point_c": 103}),
]  # fmt: skip


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.mark.parametrize(("text", "fields", "wanted"), DOCUMENTS, ids=range(len(DOCUMENTS)))
def test_a_value_is_taken_from_where_such_papers_have_it(
    embedder: Embedder, text: str, fields: str, wanted: dict[str, Any]
) -> None:
    found = told_by_rules(embedder, text, fields)
    assert {name: found[name] for name in wanted} == wanted
