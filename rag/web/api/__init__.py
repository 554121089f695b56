"""The routes of the JSON API, by subject. A handler gets checked values and gives plain data back."""

from __future__ import annotations

from rag.web.api import asking, documents, jobs, log, searching, sources, topics
from rag.web.routes import Route

ROUTES: list[Route] = [
    *searching.ROUTES, *asking.ROUTES, *documents.ROUTES, *sources.ROUTES, *jobs.ROUTES, *log.ROUTES,
    *topics.ROUTES,
]  # fmt: skip
