"""
How many threads local inference gets. It starts none itself.
"""

from __future__ import annotations

import os


def default_threads() -> int:
    """RAG_THREADS, else one for each processor that nobody else is using now."""
    if (given := os.environ.get("RAG_THREADS", "")).isdigit() and int(given) > 0:
        return int(given)
    try:
        processors = len(os.sched_getaffinity(0))
    except AttributeError:  # not on Linux
        processors = os.cpu_count() or 1
    return processors
