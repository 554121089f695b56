"""Records that are sections of a document or entries by date; what minutes say was decided."""

from __future__ import annotations

import json
from typing import Any

import pytest
from extraction import best

from rag import models
from rag.extract import Plan, SchemaForm, records
from rag.extract.asker import Asker
from rag.extract.choosing import chosen
from rag.extract.evidence import leaves, standing
from rag.extract.sense import Sense
from rag.extract.windows import merge
from rag.grammar import check, shorthand
from rag.prompts import find
from rag.types import Document, Embedder, Message

RELEASES = "releases: list of {version, date: date, changes: list of str}"
KEPT = """# Changelog

## [Unreleased]

- nothing yet

## [1.4.0] - 2024-05-02

### Added
- A dark theme (#221).
- Import of contacts from
  vCard files.

### Fixed
- The clock was an hour late; by 1,200 ms.

## [1.3.2](https://x.example/v1.3.2) (2024-03-18)

### Fixed
- A crash at start.

[1.4.0]: https://x.example/compare/v1.3.2...v1.4.0
"""
RULED = "History\n=======\n\n2.1.0 (2023-11-05)\n-----\n\n* New.\n\n2.0 (2023-06-30)\n-----\n\n* Old.\n"
PLAIN = "CHANGES\n\nv2.0, 4 March 2024\n  - new engine\n  - faster\n\nVersion 1.9.1 released 2024-01-12\n  - mended\n"
CHANGES = [
    {
        "version": "1.4.0",
        "date": "2024-05-02",
        "changes": [
            "A dark theme (#221)",
            "Import of contacts from vCard files",
            "The clock was an hour late; by 1,200 ms",
        ],
    },
    {"version": "1.3.2", "date": "2024-03-18", "changes": ["A crash at start"]},
]
KNEE = (
    "---\ntitle: The knee\ndate: 2025-04-02\n---\n\n**12 January.** Pain after 14 km. Stopped.\n\n"
    "**20 January.** No running for four weeks.\n\n**2 April.** New shoes. 12 km. The race on 18 May is on.\n"
)
LOG = (
    "# Log\n\n2024-11-03: topped up.\n2024-12-15: by Kern, £145. New filter.\n2025-02-02: no hot water;\n  it helped.\n"
)
DIARY = "Garden diary 2025\n\nMon 3 March - sowed peas, 4 rows.\nSat 8 March - frost. Covered the beds.\n"
TRIPS = "## 03.03.2025\n\nHannover, Weber. 212 km.\n\n## 05.03.2025\n\nBremen. 248 km. Parken 9,00 €.\n"
TEAM = "## Ada King\n\nRole: Engineer\nEmail: ada@x.example\n\n## Tom Pike\n\nRole: Designer\nEmail: tom@x.example\n"
SOUPS = (
    "# Soups\n\n## Leek soup\n\nServes 4.\n\n- 3 leeks\n- 500 ml stock\n\n## Pea soup\n\nServes 2.\n\n- 300 g peas\n"
)
SHORT = "* 2024-05-01 v1.2: fixes the login; adds German\n* 2024-03-12 v1.1: new icons\n"
TABLE = "| Version | Date | Changes |\n|---|---|---|\n| 2.3 | 2025-02-11 | dark, faster |\n| 2.2 | 2024-11-30 | CSV |\n"
BEES = "# Bienen 2025\n\n12. März\nVolk 3 ist schwach.\n\n20. Mai\nErste Schleuderung: 18 kg.\n"
WHO = "[2025-03-01] Anna: replaced the filter\n[2025-03-15] Tom: oil change, 2.5 h\n"
SECTIONS: list[tuple[str, str, list[dict[str, Any]]]] = [
    (KEPT, RELEASES, CHANGES),
    (
        KEPT,
        "releases: list of {version, date: date, added: list of str, fixed: list of str}",
        [
            {
                "version": "1.4.0",
                "date": "2024-05-02",
                "added": CHANGES[0]["changes"][:2],
                "fixed": CHANGES[0]["changes"][2:],
            },
            {"version": "1.3.2", "date": "2024-03-18", "added": [], "fixed": ["A crash at start"]},
        ],
    ),
    (
        RULED,
        RELEASES,
        [
            {"version": "2.1.0", "date": "2023-11-05", "changes": ["New"]},
            {"version": "2.0", "date": "2023-06-30", "changes": ["Old"]},
        ],
    ),
    (
        PLAIN,
        RELEASES,
        [
            {"version": "v2.0", "date": "2024-03-04", "changes": ["new engine", "faster"]},
            {"version": "1.9.1", "date": "2024-01-12", "changes": ["mended"]},
        ],
    ),
    (
        KNEE,
        "entries: list of {date, distance_km float, what}",
        [
            {"date": "12 January", "distance_km": 14, "what": "Pain after 14 km. Stopped."},
            {"date": "20 January", "distance_km": None, "what": "No running for four weeks."},
            {"date": "2 April", "distance_km": 12, "what": "New shoes. 12 km. The race on 18 May is on."},
        ],
    ),
    (
        LOG,
        "entries: list of {date: date, what, cost float}",
        [
            {"date": "2024-11-03", "what": "topped up.", "cost": None},
            {"date": "2024-12-15", "what": "by Kern, £145. New filter.", "cost": 145},
            {"date": "2025-02-02", "what": "no hot water; it helped.", "cost": None},
        ],
    ),
    (
        DIARY,
        "entries: list of {date: date, note}",
        [
            {"date": "2025-03-03", "note": "sowed peas, 4 rows."},
            {"date": "2025-03-08", "note": "frost. Covered the beds."},
        ],
    ),
    (
        TRIPS,
        "fahrten: list of {datum: date, km int, notiz}",
        [
            {"datum": "2025-03-03", "km": 212, "notiz": "Hannover, Weber. 212 km."},
            {"datum": "2025-03-05", "km": 248, "notiz": "Bremen. 248 km. Parken 9,00 €."},
        ],
    ),
    (
        SHORT,
        RELEASES,
        [
            {"version": "v1.2", "date": "2024-05-01", "changes": ["fixes the login", "adds German"]},
            {"version": "v1.1", "date": "2024-03-12", "changes": ["new icons"]},
        ],
    ),
    (
        TABLE,
        RELEASES,
        [
            {"version": "2.3", "date": "2025-02-11", "changes": ["dark", "faster"]},
            {"version": "2.2", "date": "2024-11-30", "changes": ["CSV"]},
        ],
    ),
    (
        BEES,
        "eintraege: list of {datum: date, notiz, honig_kg float}",
        [
            {"datum": "2025-03-12", "notiz": "Volk 3 ist schwach.", "honig_kg": None},
            {"datum": "2025-05-20", "notiz": "Erste Schleuderung: 18 kg.", "honig_kg": 18},
        ],
    ),
    (
        WHO,
        "entries: list of {date: date, who, what, hours float}",
        [
            {"date": "2025-03-01", "who": "Anna", "what": "replaced the filter", "hours": None},
            {"date": "2025-03-15", "who": "Tom", "what": "oil change, 2.5 h", "hours": 2.5},
        ],
    ),
    (
        TEAM,
        "people: list of {name, role, email}",
        [
            {"name": "Ada King", "role": "Engineer", "email": "ada@x.example"},
            {"name": "Tom Pike", "role": "Designer", "email": "tom@x.example"},
        ],
    ),
    (
        SOUPS,
        "recipes: list of {name, servings int, ingredients: list of str}",
        [
            {"name": "Leek soup", "servings": 4, "ingredients": ["3 leeks", "500 ml stock"]},
            {"name": "Pea soup", "servings": 2, "ingredients": ["300 g peas"]},
        ],
    ),
]


@pytest.fixture(scope="module")
def embedder() -> Embedder:
    return models.embedder("minilm")


@pytest.mark.parametrize(("text", "fields", "wanted"), SECTIONS, ids=range(len(SECTIONS)))
def test_sections_are_records(embedder: Embedder, text: str, fields: str, wanted: list[dict[str, Any]]) -> None:
    schema = shorthand(fields)
    data = best(chosen(schema, Sense(schema, embedder).of(text)))
    assert list(data.values()) == [wanted]
    assert check(data, schema) == []
    found = standing(data, Document("", "a", text))
    said = [pointer for pointer, value in leaves(data) if value is not None]
    assert said
    assert all(found[pointer] for pointer in said)


def test_what_the_bundled_model_writes_of_sections_is_what_they_say(embedder: Embedder) -> None:
    generator = models.generator("smollm2", threads=1, slots=1)
    schema = shorthand(RELEASES)
    plan = Plan(schema, find("extract", ["text"], generator.name), max_tokens=500)
    form = SchemaForm(schema, 500, embedder=embedder)
    (record,) = records([Document("", "a.md", KEPT)], plan, form, generator)
    assert (record.status, record.data) == ("done", {"releases": CHANGES})


PROTOKOLL = """# Protokoll der Versammlung am 15. März 2025

Ort: Vereinsheim. Anwesend: 54 von 121 Mitgliedern.

1. Kassenbericht: Einnahmen 23.050 €, Ausgaben 31.200 €.
2. Der Beitrag steigt ab 2026 von 48 auf 54 €. Angenommen mit 39 zu 14 Stimmen.
3. Auf dem Dach wird eine Solaranlage mit 9,8 kWp
   gebaut. Die Firma Licht bietet sie an.
4. Das Fest findet am 12. Juli statt.
5. Der Antrag, Hühner zu halten, wurde abgelehnt.
"""
MINUTES = """Parish council, minutes of 14 May 2025

1. Playground: quotes of £8,450 and £9,120. It was resolved to accept the first.
2. The pipe costs £14,600. Carried with 44 to 12 votes.
3. The clerk writes to the owner of the hedge.
"""
TOPS = (
    "Protokoll\n\nTOP 1 Messe\nBeschluss: Wir fahren nach Köln, Budget 4.500 €.\n\nTOP 2\nBeschluss: Montag ist frei.\n"
)


@pytest.mark.parametrize(
    ("text", "field", "wanted"),
    [
        (
            PROTOKOLL,
            "beschluesse",
            [
                "Der Beitrag steigt ab 2026 von 48 auf 54 €",
                "Auf dem Dach wird eine Solaranlage mit 9,8 kWp gebaut",
                "Der Antrag, Hühner zu halten, wurde abgelehnt",
            ],
        ),
        (MINUTES, "decisions", ["It was resolved to accept the first", "The pipe costs £14,600"]),
        (TOPS, "beschluesse", ["Wir fahren nach Köln, Budget 4.500 €", "Montag ist frei"]),
        ("Nobody spoke of it. The hall is old.\n", "decisions", None),
    ],
    ids=range(4),
)
def test_what_was_decided(embedder: Embedder, text: str, field: str, wanted: list[str] | None) -> None:
    schema = shorthand(f"{field}: list of str")
    held = chosen(schema, Sense(schema, embedder).of(text))["properties"][field]
    assert (best(held) if wanted else held.get("prefixItems")) == wanted


def test_what_needs_a_longer_reply_than_may_be_is_asked_in_parts(embedder: Embedder) -> None:
    changes = [
        [f"It no longer forgets the {word} of file {n}" for word in ("name", "size", "owner")] for n in range(12)
    ]
    text = "# Changes\n\n" + "".join(
        f"## 1.{n}.0 - 2024-{n + 1:02}-11\n\n" + "".join(f"- {one}.\n" for one in said) + "\n"
        for n, said in enumerate(changes)
    )
    generator = models.generator("smollm2", threads=1, slots=1)
    plan = Plan(shorthand(RELEASES), find("extract", ["text"], generator.name), max_tokens=300)
    form = SchemaForm(plan.schema, 300, embedder=embedder)
    document = Document("", "a.md", text)
    asker = Asker(plan, form, generator)
    spans = asker.spans(document)
    told = [form.likely(text[slice(*span)]) for span in spans]
    assert len(spans) > 2
    assert all(generator.count([Message("user", one)]) <= 300 for one in told)
    whole = merge([json.loads(one) for one in told], lambda n, value: True)
    assert [one["version"] for one in whole["releases"]] == [f"1.{n}.0" for n in range(12)]
    assert [one["changes"] for one in whole["releases"]] == changes
    short = Document("", "a.md", text[: len(text) // 12])
    assert asker.spans(short) == [(0, len(short.text))]
