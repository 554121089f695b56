"""Servers that are started otherwise: with a model that extracts, and over a file that nobody writes."""

from __future__ import annotations

from pathlib import Path

import pytest
from serving import made, start

from rag.store import Database


@pytest.mark.model
def test_an_extraction_is_started_watched_and_read(tmp_path: Path) -> None:
    served = start(made(tmp_path), "-m", "smollm2")
    try:
        with served.owner as client:
            body = {"schema": "bean, grams: int", "query": "coffee bean grams", "k": 1}
            started = client.post("/api/jobs", json=body)
            assert started.status_code == 202, started.text
            number = started.json()["id"]
            while (told := client.get(f"/api/jobs/{number}").json())["running"]:
                pass
            assert (told["done"], told["failed"], told.get("error", "")) == (1, 0, "")
            (row,) = client.get(f"/api/jobs/{number}/rows").json()["items"]
            assert row["key"].startswith("coffee.md#")
            assert set(row["data"]) == {"bean", "grams"}
            again = client.post("/api/jobs", json=body).json()  # the same job: nothing is done twice
            assert again["id"] == number
    finally:
        served.process.terminate()
        served.process.wait(60)
        served.process.stderr.close()


def test_a_file_that_nobody_writes_is_served_without_locks(tmp_path: Path) -> None:
    database = made(tmp_path)
    with Database(database) as db:
        db.connection.pragma("journal_mode", "delete")
    served = start(database, "--readonly")
    try:
        writer = Database(database)
        writer.connection.execute("begin exclusive")  # a lock that would hold every reader up
        with served.client() as client:
            found = client.get("/api/search", params={"q": "bean grams", "mode": "words"}).json()
            assert found["items"][0]["key"] == "coffee.md"
            assert client.get("/documents").status_code == 200
        writer.connection.execute("rollback")
        writer.close()
    finally:
        served.process.terminate()
        served.process.wait(60)
        served.process.stderr.close()
