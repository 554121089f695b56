"""Systems that are not ours: any callable, or the TREC run that a system wrote."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Any

from rag import ask
from rag.errors import InputError, RagError
from rag.evaluate.adapters import read_run
from rag.evaluate.cases import Case, Problems, digest
from rag.evaluate.run import Outcome, Prepared
from rag.evaluate.suite import Suite, System
from rag.measures import ranked
from rag.types import Answer, Hit


def called(suite: Suite, system: System) -> Prepared:
    """
    `function(documents, settings)` gives a callable from a question to a result.

    For extract and grammar it is asked with the case instead of the question.
    """
    module, _, name = system.callable.partition(":")
    try:
        make = getattr(import_module(module), name)
    except (ImportError, AttributeError) as error:
        raise InputError(
            f"system {system.name!r}: {system.callable!r} cannot be imported: {error}",
            "Its folder must be on PYTHONPATH, and the function in the module.",
        ) from error
    made = make(suite.data.documents, dict(system.settings))

    def task(case: Case) -> Outcome:
        try:
            given = made(case if suite.task in ("extract", "grammar") else case.question)
        except RagError:
            raise
        except Exception as error:  # whatever a foreign system raises is its failure on this case, and is counted
            raise RagError(f"{type(error).__name__}: {error}") from error
        return given if isinstance(given, Outcome) else Outcome(_plain(suite.task, given))

    texts = {document.key: document.text for document in suite.data.documents}
    return Prepared(task, {"callable": system.callable}, texts)


def found_before(system: System) -> Prepared:
    """What a TREC run has for each query, in trec_eval's order."""
    found = read_run(Path(system.run), Problems(system.run))  # the suite was refused if anything is wrong with it

    def task(case: Case) -> Outcome:
        scores = found.get(case.id, {})
        return Outcome([[key, scores[key]] for key in ranked(scores)])

    return Prepared(task, {"run": {"path": system.run, "hash": digest(found)}})


def _plain(task: str, given: Any) -> Any:
    """Ids, (id, score) pairs, hits and answers in the form that is scored and kept."""
    if isinstance(given, Answer):
        return ask.to_json(given)
    if task not in ("retrieval", "chunking"):
        return given
    rows: list[list[Any]] = []
    for entry in given:
        if isinstance(entry, Hit):
            passage = entry.passage
            place = [passage.start, passage.end] if task == "chunking" else [entry.score]
            rows.append([passage.document.key, *place])
        else:
            rows.append([entry, 0.0] if isinstance(entry, str) else list(entry))
    return rows
