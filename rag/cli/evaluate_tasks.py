"""
What a system of a suite is made of: `Index.search`, `ask.answer`, extraction and grammars wired to its settings.

The runner takes any callable; this builds ours, and finds the user's ("module:function"). A corpus is indexed once for
each content and settings, in a cache that can be deleted at any time. It measures nothing.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import InputError, RagError

if TYPE_CHECKING:
    from rag.ask import Asking
    from rag.evaluate.cases import Case, Data
    from rag.evaluate.run import Outcome, Prepared
    from rag.evaluate.suite import Suite, System
    from rag.index import Index
    from rag.types import Document, Embedder, Generator, Hit

SEARCHED = 200  # passages that are looked at to rank documents
Settings = dict[str, type | tuple[str, ...]]
BUILD: Settings = {"embedder": str, "target": int}
SEARCH: Settings = {"mode": ("hybrid", "words", "vectors"), "weight": float}
MODEL: Settings = {
    "model": str,
    "base_url": str,
    "prompt": str,
    "temperature": float,
    "seed": int,
    "max_tokens": int,
}
ASKING: Settings = {
    "citations": int,
    "candidates": int,
    "characters": int,
    "encoding": ("auto", "numbers", "extracts", "quotes"),
    "threshold": float,
}
SETTINGS: dict[str, Settings] = {
    "retrieval": {**BUILD, **SEARCH, "k": int},
    "chunking": {**BUILD, **SEARCH, "k": int},
    "ask": {**BUILD, **SEARCH, **MODEL, **ASKING, "k": int, "passages": ("searched", "given")},
    "extract": {**MODEL, "window": int, "attempts": int, "verbatim": bool, "examples": str, "shots": int},
    "grammar": {"strict": bool},
    "judge": {"model": str, "base_url": str},
}


@dataclass(frozen=True, slots=True)
class Bench:
    """Where things are: the user's index (for suites that have cases only) and the cache of indexed corpora."""

    database: Path
    cache: Path
    note: Callable[[str], None] = lambda text: None

    def prepare(self, suite: Suite, system: System) -> Prepared:
        """The system, ready to be asked. Raises RagError if it cannot be."""
        if suite.judge:
            return _judged(suite, system, self._prepare(suite, system))
        return self._prepare(suite, system)

    def _prepare(self, suite: Suite, system: System) -> Prepared:
        from rag.cli import evaluate_forms

        if system.callable:
            return _foreign(suite, system)
        if system.run:
            return _found_before(system)
        if suite.task == "grammar":
            return evaluate_forms.grammars(suite, system)
        if suite.task in ("extract", "judge"):
            make = {"extract": evaluate_forms.extraction, "judge": evaluate_forms.judging}[suite.task]
            return make(suite, system, _generator)
        return {"retrieval": self._retrieval, "chunking": self._chunking, "ask": self._ask}[suite.task](suite, system)

    def index(self, data: Data, settings: Mapping[str, Any]) -> tuple[Index, dict[str, Any]]:
        """The index that a system searches, and what it depends on."""
        from rag import chunking, ranking
        from rag import index as searching
        from rag.app.open import open_index
        from rag.evaluate.cases import digest

        ranked = {"ranking": code(searching, ranking)}
        if not data.documents:
            index = open_index(self.database)
            return index, {"index": {"path": str(self.database), "version": index.db.setting("version")}, **ranked}
        embedder = self.embedder(str(settings.get("embedder", "minilm")))
        target = int(settings.get("target") or chunking.TARGET)
        made = {"embedder": embedder.fingerprint, "target": target, "chunking": code(chunking)}
        path = self.cache / f"{data.documents[0].source}-{digest([data.hashes['documents'], made])}.db"
        index = _indexed(path, embedder, target, data.documents, self.note)
        return index, {"index": made, **ranked}

    def embedder(self, name: str) -> Embedder:
        """An embedder that remembers what it embedded."""
        from rag import models
        from rag.store.cache import CachedEmbedder

        return CachedEmbedder(models.embedder(name), self.cache / "vectors.db")

    def _retrieval(self, suite: Suite, system: System) -> Prepared:
        from rag.evaluate.run import Outcome, Prepared
        from rag.store import documents

        index, provenance = self.index(suite.data, system.settings)
        options, k = _options(system.settings, SEARCHED)
        keys = documents.keys(index.db)

        def task(case: Case) -> Outcome:
            best: dict[str, float] = {}
            for number, score in index.rank(case.question, k, **options)[0]:
                best.setdefault(keys[number], round(score, 6))
            return Outcome([[key, score] for key, score in best.items()])

        return Prepared(task, provenance, close=index.close)

    def _chunking(self, suite: Suite, system: System) -> Prepared:
        from rag.evaluate.run import Outcome, Prepared

        index, provenance = self.index(suite.data, system.settings)
        search = _search(index, system.settings, 10)

        def task(case: Case) -> Outcome:
            passages = [hit.passage for hit in search(case.question)]
            return Outcome([[p.document.key, p.start, p.end] for p in passages])

        return Prepared(task, provenance, close=index.close)

    def _ask(self, suite: Suite, system: System) -> Prepared:
        from rag import ask, chunking
        from rag.evaluate.run import Outcome, Prepared

        settings = system.settings
        generator, provenance = _generator(settings)
        asking = ask.Asking(**{key: settings[key] for key in settings if key in (*ASKING, *_ASKED)})
        if settings.get("passages") == "given":  # nothing is searched, so nothing is indexed
            if not suite.data.documents:
                raise InputError(f"system {system.name!r}: passages are given, but the suite has no documents")
            embedder, hits = self.embedder(str(settings.get("embedder", "minilm"))), _given(suite.data)
            built, close = {"embedder": embedder.fingerprint, "chunking": code(chunking)}, lambda: None
        else:
            index, built = self.index(suite.data, settings)
            embedder, close = index.embedder, index.close
            hits = _searched(_search(index, settings, 10))

        def task(case: Case) -> Outcome:
            found = ask.answer(case.question, hits(case), generator, embedder, asking)
            said = ask.to_json(found)
            usage = said.get("usage") or {}
            output = {
                "answerable": said["answerable"],
                "answer": said["answer"],
                "citations": [
                    {key: c[key] for key in ("quote", "document", "start", "end")} for c in said["citations"]
                ],
                "passages": list(dict.fromkeys(passage["document"] for passage in said["passages"])),
            }
            return Outcome(output, int(usage.get("tokens_in") or 0), int(usage.get("tokens_out") or 0))

        texts = {d.key: d.text for d in suite.data.documents} if suite.data.documents else _Texts(index)
        return Prepared(task, {**provenance, **built, **_prompt(asking)}, texts, close)


_ASKED = ("prompt", "temperature", "seed", "max_tokens")


def _judged(suite: Suite, system: System, prepared: Prepared) -> Prepared:
    """The same system with a model that judges its answers."""
    from rag.evaluate.judge import Judge

    generator, _ = _generator({"model": suite.judge})
    if generator is None:
        raise InputError('judge is "none", which judges nothing', "Name a model, or leave judge away.")
    judge = Judge(generator)
    provenance = {**prepared.provenance, "judge": judge.identity()}
    return replace(prepared, provenance=provenance, judge=judge.on(suite.measures))


class _Texts(Mapping[str, str]):
    """The documents' texts of an index, read when they are asked for."""

    def __init__(self, index: Index) -> None:
        self.index = index

    def __getitem__(self, key: str) -> str:
        from rag.store import documents

        try:
            return documents.find(self.index.db, key)[1].text
        except InputError as error:
            raise KeyError(key) from error

    def __iter__(self) -> Iterator[str]:
        from rag.store import documents

        return (document.key for document in documents.all_documents(self.index.db))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True, slots=True)
class _Item:
    """A document of a corpus as something to index."""

    document: Document

    @property
    def key(self) -> str:
        return self.document.key

    @property
    def stamp(self) -> str:
        return "1"  # the file is named after the content: it never changes

    @property
    def read(self) -> Callable[[], list[Document]]:
        return lambda: [self.document]


def _indexed(
    path: Path, embedder: Embedder, target: int, documents: Sequence[Document], note: Callable[[str], None]
) -> Index:
    """The cached index of a corpus, built or finished if it is not complete."""
    from rag.index import Index
    from rag.store.sidecar import MAPPED

    path.parent.mkdir(parents=True, exist_ok=True)
    index = Index(path, embedder, create=True, target=target)
    index.db.execute(f"pragma mmap_size = {MAPPED}")  # it is read from end to end, by this process alone
    if index.db.setting("complete") != len(documents):
        note(f"indexing {len(documents):,} documents of {documents[0].source} (once for these settings)")
        index.add(documents[0].source, [_Item(document) for document in documents], kind="evaluation")
        index.db.remember("complete", len(documents))
    return index


def _search(index: Index, settings: Mapping[str, Any], k: int) -> Callable[[str], list[Hit]]:
    options, k = _options(settings, k)
    return lambda question: index.search(question, k, **options)


def _options(settings: Mapping[str, Any], k: int) -> tuple[dict[str, Any], int]:
    return {key: settings[key] for key in SEARCH if key in settings}, int(settings.get("k", k))


def _searched(search: Callable[[str], list[Hit]]) -> Callable[[Case], list[Hit]]:
    return lambda case: search(case.question)


def _given(data: Data) -> Callable[[Case], list[Hit]]:
    """The passages that came with the question, in their order: nothing is searched."""
    from rag import chunking
    from rag.types import Hit

    documents = {document.key: document for document in data.documents}

    def hits(case: Case) -> list[Hit]:
        found = [passage for key in case.given for passage in chunking.split(documents[key])]
        return [Hit(passage, 1 / rank) for rank, passage in enumerate(found, 1)]

    return hits


def _generator(settings: Mapping[str, Any]) -> tuple[Generator | None, dict[str, Any]]:
    from rag import models
    from rag.app.open import open_generator

    name = str(settings.get("model", models.DEFAULT_GENERATOR))
    generator = open_generator(name, settings.get("base_url", ""))
    return generator, {"model": {"name": name, "fingerprint": generator.fingerprint if generator else "none"}}


def _prompt(asking: Asking) -> dict[str, Any]:
    """Hashes of the prompt, and of the code that chooses sentences and makes the grammar of each question."""
    from rag import ask, gbnf, prompts, sentences
    from rag.grammar import citations

    template = prompts.find(asking.prompt)
    return {
        "prompt": {"name": asking.prompt, "hash": template.hash},
        "grammar": code(gbnf, citations),
        "asking": code(ask, sentences),
    }


def code(*modules: Any) -> str:
    """The hash of modules' source (of a package and what is in it, the whole package): what no setting tells apart."""
    from rag.evaluate.cases import digest

    files = []
    for module in modules:
        file = Path(module.__file__)
        inside = len(module.__name__.split(".")) > 2 or file.name == "__init__.py"
        files += sorted(file.parent.rglob("*.py")) if inside else [file]
    return digest([path.read_text(encoding="utf-8") for path in files])


def _foreign(suite: Suite, system: System) -> Prepared:
    """
    A system that is not ours: `function(documents, settings)` gives a callable from a question to a result.

    For extract and grammar it is asked with the case instead of the question.
    """
    from importlib import import_module

    from rag.evaluate.run import Prepared

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
        from rag.evaluate.run import Outcome

        try:
            given = made(case if suite.task in ("extract", "grammar") else case.question)
        except RagError:
            raise
        except Exception as error:  # whatever a foreign system raises is its failure on this case, and is counted
            raise RagError(f"{type(error).__name__}: {error}") from error
        return given if isinstance(given, Outcome) else Outcome(_plain(suite.task, given))

    texts = {document.key: document.text for document in suite.data.documents}
    return Prepared(task, {"callable": system.callable}, texts)


def _found_before(system: System) -> Prepared:
    """What a TREC run has for each query, in trec_eval's order."""
    from rag.evaluate.adapters import read_run
    from rag.evaluate.cases import Problems, digest
    from rag.evaluate.run import Outcome, Prepared
    from rag.measures import ranked

    found = read_run(Path(system.run), Problems(system.run))  # the suite was refused if anything is wrong with it

    def task(case: Case) -> Outcome:
        scores = found.get(case.id, {})
        return Outcome([[key, scores[key]] for key in ranked(scores)])

    return Prepared(task, {"run": {"path": system.run, "hash": digest(found)}})


def _plain(task: str, given: Any) -> Any:
    """Ids, (id, score) pairs, hits and answers in the form that is scored and kept."""
    from rag.types import Answer, Hit

    if isinstance(given, Answer):
        from rag import ask

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


def default_cache() -> Path:
    """Where indexed corpora are kept: RAG_EVAL_CACHE, else the user's cache folder."""
    with suppress(KeyError):
        return Path(os.environ["RAG_EVAL_CACHE"])
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser() / "chapterverse" / "eval"
