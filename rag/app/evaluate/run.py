"""Read a suite, run its systems, make a suite of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from rag.app.evaluate.corpora import Corpora
from rag.app.evaluate.factory import prepare
from rag.app.evaluate.settings import SETTINGS
from rag.errors import InputError
from rag.evaluate import drafts
from rag.evaluate.report import Report
from rag.evaluate.run import Progress
from rag.evaluate.run import run as run_system
from rag.evaluate.suite import Suite, read
from rag.store import Store, answers, documents, pages
from rag.store.runs import claimed

MODELS = ("ask", "extract", "judge")  # tasks of which the model can be chosen


def read_suite(path: Path, root: Path | None = None, limit: int = 0, models: Sequence[str] = ()) -> Suite:
    """The suite of a file, with `models` instead of its systems. Raises InputError with all that is wrong with it."""
    suite = read(path, SETTINGS, root=root, limit=limit)
    if models and suite.task not in MODELS:
        raise InputError(f"the task {suite.task} asks no model", "Omit --model.")
    return suite.with_models(models) if models else suite


def run_suite(
    db: Store,
    suite: Suite,
    corpora: Corpora,
    only: Sequence[str] = (),
    *,
    fresh: bool = False,
    progress: Callable[[str], AbstractContextManager[Progress]] | None = None,
) -> list[int]:
    """
    Run the systems of a suite (`only` those of these names) one after the other; the numbers of their runs.

    `progress` gets the name of a system and gives what is told how far its run is. See `rag.evaluate.run`.
    """
    chosen = [system for system in suite.systems if not only or system.name in only]
    if unknown := set(only) - {system.name for system in suite.systems}:
        known = ", ".join(system.name for system in suite.systems)
        raise InputError(f"the suite has no system {', '.join(sorted(unknown))}", f"It has: {known}")
    names = [system.name for system in chosen]
    for note in suite.data.notes:
        corpora.note(f"{suite.name}: {note}")
    numbers = []
    with claimed(db, suite.name):
        for system in chosen:
            with progress(system.name) if progress else nullcontext() as advance:
                prepared = prepare(suite, system, corpora)
                try:
                    run = run_system(db, suite, system, prepared, fresh=fresh, together=names, progress=advance)
                    numbers.append(run)
                finally:
                    prepared.close()
    return numbers


def failures(report: Report) -> int:
    """How many cases failed in all."""
    return sum(sum(standing.failures.values()) for standing in report.standings)


def draft_suite(db: Store, path: Path, cases: int = 20, task: str = "retrieval") -> tuple[Path, int]:
    """A suite drafted from an index: its file, and how many cases it has. Raises InputError: no such task, no name."""
    if task not in ("retrieval", "ask"):
        raise InputError(f"a suite of the task {task!r} cannot be drafted from an index", "Choose retrieval or ask.")
    if not path.name:
        raise InputError("a suite needs a name", "rag eval init NAME")
    path = path if path.suffix == ".toml" else path.with_name(path.name + ".toml")
    return path, len(drafts.draft(path, documents.all_documents(db), cases, task=task))


def judged_cases(db: Store, numbers: Iterable[tuple[int, bool]]) -> list[dict[str, Any]]:
    """Answers of the log as cases, each right or wrong. Raises InputError if there is no such answer."""
    return [drafts.judged(answers.get(db, number).object, right) for number, right in numbers]


def rated_cases(db: Store) -> tuple[list[dict[str, Any]], list[str]]:
    """
    The answers that helped as cases, and the questions of those that did not: of them only their user knows what is
    right.

    Of a question that was asked more than once the last answer counts.
    """
    last = {question.strip(): (number, thumb) for number, thumb, question in pages.thumbs(db)}
    rows = judged_cases(db, [(number, True) for number, thumb in last.values() if thumb > 0])
    return rows, [question for question, (_, thumb) in last.items() if thumb < 0]
