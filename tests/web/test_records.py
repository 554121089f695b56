"""The page of records: what was extracted, as a person reads it, with the place of every value."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from serving import NOTES, Served, made, start

from rag import grammar
from rag.store import Database, jobs

FIELDS = (
    "bean, grams int, printed date, decaf bool, kind: one of drink device, beans: list of str, notes: list of str,"
    " cups: list of {size, owner}, " + ", ".join(f"further_field_{n}" for n in range(9))
)
DATA = {
    "bean": "Yirgacheffe", "grams": 18, "printed": "2026-03-03", "decaf": False, "kind": "drink",
    "beans": ["Yirgacheffe", "Bourbon"], "notes": [], "cups": [{"size": "grams", "owner": None}],
    **{f"further_field_{n}": None for n in range(9)},
}  # fmt: skip


def places(text: str) -> dict[str, dict[str, object] | None]:
    """Evidence of `DATA` in a text: what stands in it word for word."""
    said = {"/bean": "Yirgacheffe", "/grams": "18", "/beans/0": "Yirgacheffe", "/beans/1": "Bourbon",
            "/cups/0/size": "grams"}  # fmt: skip
    found = {pointer: {"start": text.index(word), "end": text.index(word) + len(word), "quote": word}
             for pointer, word in said.items()}  # fmt: skip
    return {**found, "/printed": None}


def filled(database: Path) -> int:
    """A job with a document that is done, one that failed and two that are not done yet."""
    with Database(database) as db:
        job = jobs.begin(db, jobs.Job("h", grammar.shorthand(FIELDS), "s", "p", "ph", "smollm2", "f"))
        source = str(database.parent / "notes")
        names = ("coffee.md", "wal.md", "printer.md", "gone.md")
        jobs.register(db, job, [jobs.Entry(n, source, name, name) for n, name in enumerate(names)])
        done = jobs.Result("coffee.md", "done", DATA, places(NOTES["coffee.md"]), note="asked again: too long")
        jobs.save(db, job, [done, jobs.Result("wal.md", "failed", error="it does not fit")])
        return job.id


@pytest.fixture(scope="module")
def extracting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Served, int]]:
    """A server whose model would be loaded for the first extraction; and the number of a job that was made before."""
    database = made(tmp_path_factory.mktemp("records"))
    number = filled(database)
    running = start(database, "--pace", "0", "-m", "smollm2")
    yield running, number
    running.process.terminate()
    running.process.wait(60)
    running.process.stderr.close()


@pytest.fixture
def page(browser: Browser, extracting: tuple[Served, int]) -> Iterator[Page]:
    served, _ = extracting
    context = browser.new_context(base_url=served.url)
    opened = context.new_page()
    wrong: list[str] = []
    opened.on("pageerror", lambda error: wrong.append(str(error)))
    opened.goto(f"/-/login?token={served.secret}")
    yield opened
    context.close()
    assert wrong == []


def test_a_value_leads_to_its_place(page: Page, extracting: tuple[Served, int]) -> None:
    page.goto(f"/jobs/{extracting[1]}")
    row = page.locator("#row0")
    expect(row.get_by_role("rowheader")).to_contain_text("coffee.md")
    row.get_by_role("link", name="Bourbon", exact=True).click()
    expect(page.locator("h1")).to_have_text("Coffee")
    expect(page.locator("mark")).to_have_text("Bourbon")


def test_values_are_told_as_what_they_are(page: Page, extracting: tuple[Served, int]) -> None:
    page.goto(f"/jobs/{extracting[1]}")
    cells = {cell.get_attribute("data-label"): cell for cell in page.locator("#row0 td").all()}
    assert list(cells) == list(DATA)
    assert cells["beans"].locator("li").all_inner_texts() == ["Yirgacheffe", "Bourbon"]
    expect(cells["notes"]).to_contain_text("–")
    expect(cells["decaf"].locator(".chosen")).to_have_text("no")
    expect(cells["kind"].locator(".chosen")).to_have_text("drink")
    expect(cells["printed"]).to_contain_text("not in the document")
    expect(cells["cups"].locator("li")).to_contain_text("size grams")
    assert "[" not in page.locator("#row0").inner_text()
    expect(page.locator("#row1")).to_contain_text("failed: it does not fit")
    expect(page.locator("#row2")).to_contain_text("not done yet")
    assert page.locator("#row3 a").count() == 0  # the index has no such document
    page.get_by_role("link", name="Only what failed").click()
    expect(page.locator("#records tbody")).to_have_count(1)


def test_what_has_changed_since_leads_nowhere_false(page: Page, extracting: tuple[Served, int]) -> None:
    served, _ = extracting
    with Database(served.database) as db:
        job = jobs.begin(db, jobs.Job("other", grammar.shorthand("bean"), "s", "p", "ph", "smollm2", "f"))
        jobs.register(db, job, [jobs.Entry(0, str(served.database.parent / "notes"), "coffee.md", "x")])
        stood = {"/bean": {"start": 3, "end": 9, "quote": "Bourbn"}}
        jobs.save(db, job, [jobs.Result("x", "done", {"bean": "Bourbn"}, stood)])
    page.goto(f"/jobs/{job.id}")
    expect(page.locator("#row0")).to_contain_text("the document has changed since")
    assert page.locator("#row0 td a").count() == 0


def test_the_list_of_jobs_names_fields_and_documents(page: Page) -> None:
    page.goto("/jobs")
    first = page.locator(".rows li", has_text="gone.md").or_(page.locator(".rows li", has_text="printer.md")).first
    expect(first.get_by_role("link")).to_have_text("bean, grams, printed, decaf, kind, beans and 11 more")
    expect(first).to_contain_text("coffee.md, wal.md, printer.md and 1 more")


def test_records_are_taken_away_as_the_command_writes_them(extracting: tuple[Served, int]) -> None:
    served, number = extracting
    with served.owner as client:
        lines = client.get(f"/jobs/{number}/records.jsonl")
        assert "records-" in lines.headers["content-disposition"]
        rows = [json.loads(line) for line in lines.text.splitlines()]
        assert [row["status"] for row in rows] == ["done", "failed", "pending", "pending"]
        assert (rows[0]["data"], rows[0]["nowhere"]) == (DATA, ["/printed"])
        assert rows[0]["evidence"]["/beans/1"]["quote"] == "Bourbon"
        table = list(csv.DictReader(io.StringIO(client.get(f"/jobs/{number}/records.csv").text)))
        assert (table[0]["document"], table[0]["grams"], table[0]["nowhere"]) == ("coffee.md", "18", "/printed")
        assert client.get(f"/api/jobs/{number}/rows").json()["items"][0]["nowhere"] == ["/printed"]
    with served.client() as client:
        assert client.get(f"/jobs/{number}/records.csv").status_code == 401


def test_rows_come_in_while_one_looks(page: Page, extracting: tuple[Served, int]) -> None:
    served, number = extracting
    page.goto(f"/jobs/{number}")
    link = page.locator("#row0").get_by_role("link", name="Bourbon", exact=True)
    link.focus()
    with Database(served.database) as db:
        found = jobs.Result("printer.md", "done", {**DATA, "bean": "Liberica"}, {})
        jobs.save(db, jobs.get(db, number), [found])
    expect(page.locator("#row2")).to_contain_text("Liberica", timeout=60_000)
    expect(page.locator("#state")).to_contain_text("2 done, 1 failed, 1 left")
    expect(link).to_be_focused()


def test_a_wrong_field_is_told_beside_it(page: Page) -> None:
    page.goto("/jobs")
    fields = page.get_by_label("Fields")
    fields.fill("name, age integr")
    page.get_by_role("button", name="Extract").click()
    told = page.locator("#wrong")
    expect(told).to_contain_text("The field 'age integr': 'integr' is not a type")
    expect(fields).to_be_focused()
    expect(fields).to_have_attribute("aria-invalid", "true")
    assert "rag " not in told.inner_text()
    below = told.bounding_box()["y"] - fields.bounding_box()["y"] - fields.bounding_box()["height"]
    assert 0 <= below < 20
    fields.press("End")
    fields.type("x")
    expect(told).to_be_hidden()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 420])
def test_records_are_readable_at_any_width(
    browser: Browser, extracting: tuple[Served, int], scheme: str, width: int
) -> None:
    served, number = extracting
    context = browser.new_context(base_url=served.url, color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"/-/login?token={served.secret}")
    for view in ("/jobs", f"/jobs/{number}"):
        page.goto(view)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{view}: {found.generate_report()}"
        assert page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth") <= 0
        for link in page.locator(".top nav a").all():  # nothing is cut
            box = link.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
    values = page.locator("#row0 .unbroken")
    assert values.evaluate_all("all => all.map((one) => one.getClientRects().length)") == [1] * values.count()
    assert "2026-03-03" in page.locator("#row0 td[data-label=printed]").inner_text()
    if width < 600:  # cards: every value is there without scrolling aside
        for cell in page.locator("#row0 td").all():
            box = cell.bounding_box()
            assert box["x"] >= 0
            assert box["x"] + box["width"] <= width
    context.close()


def test_the_page_is_called_after_what_it_shows(page: Page, extracting: tuple[Served, int]) -> None:
    served, _ = extracting
    page.goto("/")
    expect(page.locator(".brand")).to_have_text("notes, secret")
    expect(page.locator("h1")).to_have_text("Ask your documents")
    only = served.token("guest", "read", sources=(str(served.database.parent / "notes"),))
    with served.client(only, headers={"accept": "text/html"}) as client:
        assert "secret" not in client.get("/").text  # a source that a token may not see is not named to it


def test_a_key_that_is_no_part_of_a_document_is_read_as_it_is() -> None:
    """A name of more digits than Python reads is a name."""
    from rag.web import records

    assert records.PART.fullmatch("a.zip#" + "9" * 5000 + "-1") is None
