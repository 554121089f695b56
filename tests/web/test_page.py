"""The page as a person uses it: in Debian's Chromium, with axe, without JavaScript, on a phone, in the dark."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect
from serving import Served

VIEWS = ["/", "/search?q=coffee+WAL+printer", "/search?q=nothing%20xyzzy", "/documents", "/d/1", "/topics", "/answers",
         "/sources", "/changes", "/jobs", "/evaluations", "/alerts", "/nothing-here", "/documents/new"]  # fmt: skip


@pytest.fixture
def page(browser: Browser, served: Served) -> Iterator[Page]:
    """A page that is signed in; whatever it says in its console, or asks of others, fails the test."""
    context = browser.new_context(base_url=served.url)
    made = context.new_page()
    wrong: list[str] = []
    made.on("pageerror", lambda error: wrong.append(str(error)))
    made.on("console", lambda message: wrong.append(message.text) if message.type == "error" else None)
    made.on("request", lambda request: None if request.url.startswith(served.url) else wrong.append(request.url))
    made.on("dialog", lambda dialog: (wrong.append(dialog.message), dialog.accept()))
    made.goto(f"/-/login?token={served.secret}")
    yield made
    context.close()
    assert [one for one in wrong if "404" not in one] == []


def test_ask_watch_and_open_the_place(page: Page) -> None:
    page.goto("/")
    page.get_by_label("Your question").fill("How do I set up the printer?")
    page.keyboard.press("Enter")
    answer = page.locator(".answer")
    expect(answer).to_be_visible()
    expect(answer.locator("blockquote").first).to_contain_text("lpadmin")
    answer.locator("figcaption a").first.click()
    expect(page.locator("h1")).to_have_text("Printer")
    expect(page.locator("mark").first).to_be_in_viewport()


def test_search_as_one_types(page: Page) -> None:
    page.goto("/search")
    page.get_by_label("Search for").press_sequentially("yirgacheffe")
    expect(page.locator(".hits h2").first).to_have_text("Coffee")
    expect(page.locator(".hits mark").first).to_have_text("Yirgacheffe")
    assert "q=yirgacheffe" in page.url


def test_write_edit_and_delete_a_document(page: Page) -> None:
    page.goto("/documents/new")
    page.get_by_label("Key").fill("from the page")
    page.get_by_label("Title").fill("Written here")
    page.locator("[name=text]").fill("The ladder leans behind the shed.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator("h1")).to_have_text("Written here")
    page.get_by_role("link", name="Edit").click()
    page.locator("[name=text]").fill("The ladder was lent to Ines.")
    page.get_by_role("button", name="Save").click()
    expect(page.locator(".text")).to_have_text("The ladder was lent to Ines.")
    page.get_by_role("link", name="Edit").click()
    page.evaluate("window.confirm = () => true")
    page.get_by_role("button", name="Delete").click()
    expect(page.locator("h1")).to_have_text("Documents")
    expect(page.locator(".rows")).not_to_contain_text("Written here")


def test_an_answer_is_rated_and_shared(page: Page) -> None:
    page.goto("/?q=How do I turn on WAL mode?")
    page.get_by_role("button", name="Helpful", exact=True).click()
    expect(page.get_by_role("button", name="Helpful", exact=True)).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Share").click()
    expect(page.get_by_role("button", name="Stop sharing")).to_be_visible()
    page.goto("/answers")
    expect(page.locator(".rows li").first).to_contain_text("helpful")


def test_a_document_full_of_scripts_is_inert(page: Page, served: Served) -> None:
    with served.client() as client:
        number = client.get("/api/documents", params={"words": "script"}).json()["items"][0]["id"]
    for path in (f"/d/{number}", "/search?q=script+alert+click", "/documents?words=script"):
        page.goto(path)
        expect(page.locator("main")).to_contain_text("<script>alert(1)</script>")
        assert page.locator("main img, main svg, main script").count() == 0
        assert page.locator('a[href^="javascript"]').count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1200, 420])
def test_axe_finds_nothing_and_nothing_is_cut(browser: Browser, served: Served, scheme: str, width: int) -> None:
    context = browser.new_context(base_url=served.url, color_scheme=scheme, viewport={"width": width, "height": 900})
    page = context.new_page()
    page.goto(f"/-/login?token={served.secret}")
    for view in [*VIEWS, "/-/login"]:
        page.goto(view)
        found = Axe().run(page)
        assert found.violations_count == 0, f"{view} {scheme} {width}: {found.generate_report()}"
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wide <= 0, f"{view} is {wide} px too wide at {width}"
    context.close()


def test_search_and_reading_work_without_javascript(browser: Browser, served: Served) -> None:
    context = browser.new_context(base_url=served.url, java_script_enabled=False)
    page = context.new_page()
    page.goto("/search")
    page.get_by_label("Search for").fill("turn on WAL mode")
    page.get_by_role("button", name="Search").click()
    page.locator(".hits a").first.click()
    expect(page.locator("h1")).to_have_text("WAL mode")
    expect(page.locator("mark").first).to_be_visible()
    context.close()


def test_the_keyboard_is_enough(page: Page) -> None:
    page.goto("/documents")
    page.keyboard.press("Tab")
    expect(page.locator(".skip")).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("/")
    expect(page.get_by_label("Words in the title")).to_be_focused()


def test_right_to_left_text_stands_right_to_left(page: Page, served: Served) -> None:
    page.goto("/search?q=القهوة")
    assert page.locator(".hits .text").first.evaluate("one => getComputedStyle(one).direction") == "rtl"


def test_what_is_new_since_the_last_visit_is_told(page: Page, served: Served) -> None:
    with served.owner as client:
        version = client.get("/api/status").json()["version"]
        document = {"key": "fresh", "text": "A fresh document about marmalade."}
        assert client.post("/api/documents", json={"documents": [document]}).status_code == 200
    page.evaluate(f"localStorage.setItem('seen', '{version}')")
    page.goto("/")
    expect(page.locator("#news")).to_contain_text("1 document is new or changed since your last visit")


def test_a_question_that_was_asked_twice_is_listed_once(page: Page) -> None:
    for _ in range(2):
        page.goto("/?q=How fast does the printer print?")
        expect(page.locator(".answer")).to_be_visible()
    page.goto("/")
    expect(page.locator("#recent li", has_text="How fast does the printer print?")).to_have_count(1)
