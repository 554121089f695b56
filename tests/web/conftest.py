"""One server for the tests of the page and the API, and one browser."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, sync_playwright
from serving import CHROMIUM, Served, made, start


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium; closed behind each module, for Playwright holds the event loop of its thread."""
    if CHROMIUM is None:
        pytest.skip("there is no Chromium here")
    with sync_playwright() as playwright:
        made = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        yield made
        made.close()


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = start(made(tmp_path_factory.mktemp("web")), "--pace", "0")
    yield running
    running.process.terminate()
    assert running.process.wait(30) in (0, -15)  # uvicorn ends itself by the signal that it got
    running.process.stderr.close()
