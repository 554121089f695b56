"""Reports of matches: the sides, the result, half-time, the competition, who scored when."""

from __future__ import annotations

from typing import Any

import pytest

from rag import models
from rag.extract.scores import result
from rag.extract.sense import Sense
from rag.grammar import shorthand

FIELDS = (
    "league, home_team, away_team, home_goals int, away_goals int, half_time_score,"
    " scorers: list of {player, minute int, team}"
)


def goals(*said: tuple[str, int, str | None]) -> list[dict[str, Any]]:
    return [{"player": player, "minute": minute, "team": team} for player, minute, team in said]


REPORTS: list[tuple[str, dict[str, Any]]] = [
    (
        "## VfB Altenau – SC Lerchfeld 2:1 (0:1)\n\nBezirksliga West, 3. Spieltag, 150 Zuschauer\n\n"
        "**Tore:** 0:1 Jan Pohl (9.), 1:1 Ali Demir (60., Elfmeter), 2:1 Demir (90.+2)\n",
        {
            "league": "Bezirksliga West",
            "home_team": "VfB Altenau",
            "away_team": "SC Lerchfeld",
            "home_goals": 2,
            "away_goals": 1,
            "half_time_score": "0:1",
            "scorers": goals(
                ("Jan Pohl", 9, "SC Lerchfeld"), ("Ali Demir", 60, "VfB Altenau"), ("Demir", 90, "VfB Altenau")
            ),
        },
    ),
    (
        "OAKHAM TOWN 0 SYSTON 2\n(half-time 0-1)\n\nSyston led through Will Reed (11). Substitute Tom Shaw wrapped it"
        " up in the 89th minute, and Bob Carr of Oakham saw a red card (90).\n",
        {
            "league": None,
            "home_team": "OAKHAM TOWN",
            "away_team": "SYSTON",
            "home_goals": 0,
            "away_goals": 2,
            "half_time_score": "0-1",
            "scorers": goals(("Will Reed", 11, "SYSTON"), ("Tom Shaw", 89, "SYSTON")),
        },
    ),
    (
        "Régionale 1\nFC Lorval 2 - 2 AS Brion\nMi-temps : 1-0\nButs : Paul Roux (22e, 71e) pour Lorval ;"
        " Max Petit (80e s.p.) pour Brion\n",
        {
            "league": "Régionale 1",
            "home_team": "FC Lorval",
            "away_team": "AS Brion",
            "home_goals": 2,
            "away_goals": 2,
            "half_time_score": "1-0",
            "scorers": goals(("Paul Roux", 22, "Lorval"), ("Paul Roux", 71, "Lorval"), ("Max Petit", 80, "Brion")),
        },
    ),
]


@pytest.fixture(scope="module")
def sense() -> Sense:
    embedder = models.embedder("minilm")
    assert embedder is not None
    return Sense(shorthand(FIELDS), embedder)


@pytest.mark.parametrize(("text", "said"), REPORTS)
def test_the_report_of_a_match_says_sides_and_goals(text: str, said: dict[str, Any], sense: Sense) -> None:
    near = sense.of(text)
    told = {key[1]: value.value for key, value in near.told.items()}
    for name in FIELDS.replace(" int", "").split(", ")[:6]:
        assert told.get(name) == said[name], name
    (rows,) = [found for found in near.rows.values() if found]
    assert [{key: (value[0] if value else None) for key, value in row.items()} for row in rows] == said["scorers"]


SAID = [
    (
        "AC Morla - US Tarza 2-1 (1-0)\nMarcatori: 12' Rossi, 78' Verdi\n",
        "AC Morla",
        "US Tarza",
        [("Rossi", 12), ("Verdi", 78)],
    ),
    (
        "Die SG Nord gewann am Sonntag mit 3:1 (1:0) gegen den TSV Südau. Tore: 1:0 Ott (7.), 2:0 Kaya (31.)\n",
        "SG Nord",
        "TSV Südau",
        [("Ott", 7), ("Kaya", 31)],
    ),
    (
        "Villar CF 2-0 Atlético Norte\nGoles: 1-0, min. 9: Iago Pena; 2-0, min. 33: Manu Otero.\n",
        "Villar CF",
        "Atlético Norte",
        [("Iago Pena", 9), ("Manu Otero", 33)],
    ),
    (
        "Ashby beat Melton 2-1 after leading 1-0 at half-time. Tom Roe (12, 38 pen) scored both.\n",
        "Ashby",
        "Melton",
        [("Tom Roe", 12), ("Tom Roe", 38)],
    ),
]


@pytest.mark.parametrize(("text", "home", "away", "scored"), SAID, ids=["it", "de", "es", "en"])
def test_minutes_stand_before_or_behind_names_and_results_in_sentences(
    text: str, home: str, away: str, scored: list[tuple[str, int]], sense: Sense
) -> None:
    near = sense.of(text)
    told = {key[1]: value.value for key, value in near.told.items()}
    assert (told["home_team"], told["away_team"]) == (home, away)
    (rows,) = [found for found in near.rows.values() if found]
    assert [(row["player"][0], row["minute"][0]) for row in rows] == scored


@pytest.mark.parametrize(
    "text",
    [
        "Open 10:30 - 12:00 in Room 3",
        "2024-05-02 Meeting 1-2 in May",
        "Ratio 3:1 of sand to lime",
        "",
        "Call 01234-56 now",
    ],
)
def test_what_is_no_match_has_no_result(text: str) -> None:
    assert result(text) is None


def test_a_table_of_results_is_no_single_match() -> None:
    assert result("Ashby 2-1 Melton\nOakham 0-0 Syston\nBirch 4-0 Elm Vale\n") is None
