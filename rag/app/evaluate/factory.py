"""A system of a suite, ready to be asked: ours wired to its settings, or somebody else's."""

from __future__ import annotations

from rag.app.evaluate import foreign, reading, writing
from rag.app.evaluate.corpora import Corpora
from rag.evaluate.run import Prepared
from rag.evaluate.suite import Suite, System

READING = {"retrieval": reading.retrieval, "chunking": reading.spans, "ask": reading.answers}
WRITING = {"extract": writing.extraction, "judge": writing.judging, "grammar": writing.grammars}


def prepare(suite: Suite, system: System, corpora: Corpora) -> Prepared:
    """The system, ready. Raises RagError if it cannot be."""
    prepared = _prepare(suite, system, corpora)
    return writing.judged(suite, prepared) if suite.judge else prepared


def _prepare(suite: Suite, system: System, corpora: Corpora) -> Prepared:
    if system.callable:
        return foreign.called(suite, system)
    if system.run:
        return foreign.found_before(system)
    if suite.task in READING:
        return READING[suite.task](suite, system, corpora)
    return WRITING[suite.task](suite, system)
