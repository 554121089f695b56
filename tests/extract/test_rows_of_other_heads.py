"""Rows below heads of other words, lines of one form, people with their towns, results in sentences."""

from __future__ import annotations

from typing import Any

import pytest
from extraction import best

from rag import models
from rag.extract.choosing import chosen
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.types import Embedder

ROWS: list[tuple[str, str, str, list[dict[str, Any]]]] = [
    (
        "heads of other words",
        "| Time | Lecture | Speaker | Room |\n|---|---|---|---|\n| 09:15 | Peat | Dr Ida Nkem | Hall |\n"
        "| 10:30 | *Tea* | | Foyer |\n| 11:00 | Lime | Tom Orr | B2 |\n",
        "sessions: list of {start, title, speaker, room}",
        [
            {"start": "09:15", "title": "Peat", "speaker": "Dr Ida Nkem", "room": "Hall"},
            {"start": "10:30", "title": "Tea", "speaker": None, "room": "Foyer"},
            {"start": "11:00", "title": "Lime", "speaker": "Tom Orr", "room": "B2"},
        ],
    ),
    (
        "money out and in",
        "Date    Details                 Money out    Money in    Balance\n"
        "01 May 2025  BALANCE BROUGHT FORWARD                         204.17\n"
        "02 May 2025  COUNCIL TAX            148.00                   56.17\n"
        "15 May 2025  SALARY                            988.40        1,044.57\n"
        "31 May 2025  BALANCE CARRIED FORWARD                         1,044.57\n",
        "transactions: list of {date: date, description, amount float}",
        [
            {"date": "2025-05-02", "description": "COUNCIL TAX", "amount": -148},
            {"date": "2025-05-15", "description": "SALARY", "amount": 988.4},
        ],
    ),
    (
        "a day and words in one column",
        "| Alter Kontostand vom 27.02.2026 | EUR | 812,36 + |\n| --- | --- | --- |\n"
        "| Buchung Verwendungszweck |  | Betrag EUR |\n"
        "| 02.03. Miete Riedl |  | -690,00 |\n"
        "| 13.03. Lohn Kern |  | 1.655,08 |\n| Neuer Kontostand | EUR | 1.777,44 + |\n",
        "transactions: list of {date: date, description, amount float}",
        [
            {"date": "2026-03-02", "description": "Miete Riedl", "amount": -690},
            {"date": "2026-03-13", "description": "Lohn Kern", "amount": 1655.08},
        ],
    ),
    (
        "lines that a time begins",
        "Programm\n\n09.00 Uhr Begrüßung (Dr. Petra Hahnke)\n"
        "09.20 Uhr Kleine Schulen (Lars Ott)\n12.00 Uhr Mittagspause\n",
        "sessions: list of {start, title, speaker}",
        [
            {"start": "09.00", "title": "Begrüßung", "speaker": "Dr. Petra Hahnke"},
            {"start": "09.20", "title": "Kleine Schulen", "speaker": "Lars Ott"},
            {"start": "12.00", "title": "Mittagspause", "speaker": None},
        ],
    ),
    (
        "a line below says who",
        "2:00 PM - Intro to HAL\n    Jess Kowalczyk\n2:45 PM - Mill logs\n    Andre Thibault & Priya Nair\n",
        "sessions: list of {start, title, speaker}",
        [
            {"start": "2:00 PM", "title": "Intro to HAL", "speaker": "Jess Kowalczyk"},
            {"start": "2:45 PM", "title": "Mill logs", "speaker": "Andre Thibault & Priya Nair"},
        ],
    ),
    (
        "people with their towns",
        "(72) Inventors: Sean Hall, Clovis, CA (US); Yuki Tanabe, Fresno, CA (US)\n(22) Filed: Jun. 11, 2021\n",
        "inventors: list of {name, city}",
        [{"name": "Sean Hall", "city": "Clovis"}, {"name": "Yuki Tanabe", "city": "Fresno"}],
    ),
    (
        "people with postcodes",
        "Erfinder: Ralf Wehrle, 78467 Konstanz, DE; Simone Egger, 78224 Singen, DE\n",
        "inventors: list of {name, city, country}",
        [
            {"name": "Ralf Wehrle", "city": "Konstanz", "country": "DE"},
            {"name": "Simone Egger", "city": "Singen", "country": "DE"},
        ],
    ),
    (
        "results in sentences",
        "Dear Mr Ade,\n\nThe pH was 6.0, specific gravity 1.018. Protein came back at 0.42 g/L which is much.\n",
        "results: list of {analyte, value float, unit}",
        [
            {"analyte": "pH", "value": 6, "unit": None},
            {"analyte": "specific gravity", "value": 1.018, "unit": None},
            {"analyte": "Protein", "value": 0.42, "unit": "g/L"},
        ],
    ),
    (
        "marks of a column",
        "| Test | Result | Unit | Reference |  |\n| --- | --- | --- | --- | --- |\n"
        "| Leucocytes | 11.8 | /nl | 3.9 - 10.2 | + |\n"
        "| Haemoglobin | 12.9 | g/dl | 13.5 - 17.2 | - |\n",
        "results: list of {test, value float, unit, flag: one of high low normal}",
        [
            {"test": "Leucocytes", "value": 11.8, "unit": "/nl", "flag": "high"},
            {"test": "Haemoglobin", "value": 12.9, "unit": "g/dl", "flag": "low"},
        ],
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.mark.parametrize(("text", "fields", "rows"), [case[1:] for case in ROWS], ids=[case[0] for case in ROWS])
def test_rows(embedder: Embedder, text: str, fields: str, rows: list[dict[str, Any]]) -> None:
    schema = shorthand(fields)
    (found,) = best(chosen(schema, Sense(schema, embedder).of(text))).values()
    assert found == rows
