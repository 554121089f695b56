"""One server for the tests of the page and the API."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from serving import Served, made, start


@pytest.fixture(scope="session")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    running = start(made(tmp_path_factory.mktemp("web")), "--pace", "0")
    yield running
    running.process.terminate()
    assert running.process.wait(30) in (0, -15)  # uvicorn ends itself by the signal that it got
    running.process.stderr.close()
