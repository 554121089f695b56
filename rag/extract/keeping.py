"""Where the rows of a job are kept: in the database, or in memory for a few documents. Nothing here asks a model."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from rag.store import Store, jobs
from rag.store.jobs import Entry, Job, Result


class Rows(Protocol):
    """Where the rows are kept."""

    def register(self, entries: Sequence[Entry]) -> dict[str, str]:
        """Note these documents of the input; the status of each of their hashes."""
        ...

    def save(self, result: Result) -> None: ...


@dataclass(frozen=True, slots=True)
class DatabaseRows:
    """In the database: they outlive the process."""

    db: Store
    job: Job

    def register(self, entries: Sequence[Entry]) -> dict[str, str]:
        return jobs.register(self.db, self.job, entries)

    def save(self, result: Result) -> None:
        jobs.save(self.db, self.job, [result])


@dataclass(slots=True)
class MemoryRows:
    """In memory, for a few documents."""

    results: dict[str, Result] = field(default_factory=dict)

    def register(self, entries: Sequence[Entry]) -> dict[str, str]:
        return {entry.hash: self.results.setdefault(entry.hash, Result(entry.hash)).status for entry in entries}

    def save(self, result: Result) -> None:
        self.results[result.hash] = result
