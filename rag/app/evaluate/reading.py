"""The systems of a suite that read: search, chunking, answers to questions."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from rag import ask, chunking, gbnf, prompts, sentences
from rag.app.ask import respelled
from rag.app.evaluate.corpora import FURTHER, Corpora, Texts, alone, exchanges, given, ready, search_options, searched
from rag.app.evaluate.settings import ASKING
from rag.app.evaluate.writing import load
from rag.errors import InputError
from rag.evaluate.cases import Case
from rag.evaluate.provenance import code_hash
from rag.evaluate.run import Outcome, Prepared
from rag.evaluate.suite import Suite, System
from rag.grammar import citations
from rag.index import spelling
from rag.index.absent import absent
from rag.store import documents

SEARCHED = 200  # passages that are looked at to rank documents
ASKED = ("prompt", "temperature", "seed", "max_tokens")  # of a model's settings, those of an answer
CITED = ("quote", "document", "start", "end")  # what of a citation is scored


def retrieval(suite: Suite, system: System, corpora: Corpora) -> Prepared:
    """Documents, best first, each with the score of its best passage."""
    index, provenance = corpora.index(suite.data, system.settings)
    options, k = search_options(system.settings), int(system.settings.get("k", SEARCHED))
    keys = documents.keys(index.db)
    ready(index, suite.data.cases, system.settings)

    def task(case: Case) -> Outcome:
        best: dict[str, float] = {}
        for number, score in index.rank(alone(case), k + (FURTHER if case.exclude else 0), **options)[0]:
            if keys[number] not in case.exclude:
                best.setdefault(keys[number], round(score, 6))
        return Outcome([[key, score] for key, score in best.items()])

    return Prepared(task, provenance, close=index.close)


def spans(suite: Suite, system: System, corpora: Corpora) -> Prepared:
    """The spans of the passages that a search finds: what chunking is measured by."""
    index, provenance = corpora.index(suite.data, system.settings)
    find = searched(index, system.settings, 10)
    ready(index, suite.data.cases, system.settings)

    def task(case: Case) -> Outcome:
        passages = [hit.passage for hit in find(case)]
        return Outcome([[p.document.key, p.start, p.end] for p in passages])

    return Prepared(task, provenance, close=index.close)


def answers(suite: Suite, system: System, corpora: Corpora) -> Prepared:
    """`rag ask`, on what a search finds or on the passages that come with the question."""
    settings, data = system.settings, suite.data
    generator, provenance = load(settings)
    asking = ask.Asking(**{key: settings[key] for key in settings if key in (*ASKING, *ASKED)})
    if settings.get("passages") == "given":  # nothing is searched, so nothing is indexed
        if not data.documents:
            raise InputError(f"system {system.name!r}: passages are given, but the suite has no documents")
        embedder, find = corpora.embedder(str(settings.get("embedder", "minilm"))), given(data)
        built, close = {"embedder": embedder.fingerprint, "chunking": code_hash(chunking)}, lambda: None
        lacks: Callable[[str], list[str]] = lambda _: []  # noqa: E731
        texts: Any = {}
    else:
        index, built = corpora.index(data, settings)
        embedder, find, close, texts = index.embedder, searched(index, settings, 10), index.close, Texts(index)
        lacks = partial(absent, index.db)
        ready(index, data.cases, settings)

    def task(case: Case) -> Outcome:
        hits = find(case)
        spelled = respelled(hits)
        question, searched_for = (spelling.replaced(one, spelled) for one in (case.question, alone(case)))
        turns, missing = exchanges(case), lacks(question)
        said = ask.to_json(
            ask.answer(question, hits, generator, embedder, asking, turns, searched=searched_for, absent=missing)
        )
        usage = said.get("usage") or {}
        output = {
            "answerable": said["answerable"],
            "answer": said["answer"],
            "citations": [{key: cited[key] for key in CITED} for cited in said["citations"]],
            "passages": list(dict.fromkeys(passage["document"] for passage in said["passages"])),
        }
        return Outcome(output, int(usage.get("tokens_in") or 0), int(usage.get("tokens_out") or 0))

    texts = {document.key: document.text for document in data.documents} or texts
    return Prepared(task, {**provenance, **built, **_way(asking)}, texts, close)


def _way(asking: ask.Asking) -> dict[str, Any]:
    """Hashes of the prompt, and of the code that chooses sentences and makes the grammar of each question."""
    return {
        "prompt": {"name": asking.prompt, "hash": prompts.find(asking.prompt).hash},
        "grammar": code_hash(gbnf, citations),
        "asking": code_hash(ask, sentences),
    }
