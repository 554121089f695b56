"""
`rag` inside `llm`: its commands, its embedders as models, an index as fragments and as a tool.

    llm rag index ~/notes && llm rag ask 'how do I export bookmarks?'
    llm -f 'rag:how do I export bookmarks?' 'how do I export bookmarks?'
    llm -T rag_search 'What do my notes say about SQLite?'
    llm similar notes -d rag.db -c 'export bookmarks'

The index is `$RAG_DB`, else `rag.db` here. `llm` reads this file at every start: nothing heavy at the top.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import llm

if TYPE_CHECKING:
    from rag.types import Embedder

PASSAGES = 5
COMMAND = {"ignore_unknown_options": True, "allow_interspersed_args": False, "help_option_names": []}


@llm.hookimpl  # type: ignore[untyped-decorator]
def register_commands(cli: click.Group) -> None:
    @cli.command("rag", context_settings=COMMAND)
    @click.argument("arguments", nargs=-1, type=click.UNPROCESSED)
    def rag(arguments: tuple[str, ...]) -> None:
        """Ask your own documents: llm rag index, ask, search … (all commands of rag)"""
        from rag.cli import main

        main(list(arguments) or ["--help"], "llm rag")


@llm.hookimpl  # type: ignore[untyped-decorator]
def register_embedding_models(register: Callable[..., None]) -> None:
    for name in dict.fromkeys(["minilm", *filter(None, map(_built_with, _indexes(sys.argv[1:])))]):
        register(Embedding(name))


@llm.hookimpl  # type: ignore[untyped-decorator]
def register_fragment_loaders(register: Callable[..., None]) -> None:
    register("rag", passages)


@llm.hookimpl  # type: ignore[untyped-decorator]
def register_tools(register: Callable[..., None]) -> None:
    register(rag_search)


class Embedding(llm.EmbeddingModel):  # type: ignore[misc]
    """
    A model that `rag` indexes with, so that `llm similar` can ask an index of its.

    `llm` embeds what it looks for with `embed` and what it keeps with `embed_batch`: so a model that wants one prefix
    before a question and another before a passage gets both right.
    """

    def __init__(self, name: str) -> None:
        self.model_id = f"rag-{name}"
        self.name = name
        self._model: Embedder | None = None

    @property
    def model(self) -> Embedder:
        if self._model is None:
            from rag.models import embedder

            with _told():
                self._model = embedder(self.name)
        return self._model

    def embed(self, item: str | bytes, *, key: str | None = None) -> list[float]:
        return self._vectors([item], "query")[0]

    def embed_batch(self, items: Iterable[str | bytes]) -> Iterator[list[float]]:
        yield from self._vectors(items, "passage")

    def _vectors(self, items: Iterable[str | bytes], kind: str) -> list[list[float]]:
        texts = [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in items]
        with _told():
            return [row.tolist() for row in self.model.embed(texts, kind)]


def passages(question: str) -> list[Any]:
    """The best passages of the index for a question, numbered, each with where it stands (-f 'rag:QUESTION')."""
    return [
        llm.Fragment(f"[{number}] {row['title']} ({row['place']})\n\n{row['text']}", row["place"])
        for number, row in enumerate(_found(question), 1)
    ]


def rag_search(question: str, where: str = "") -> str:
    """
    Search the user's own documents; the result is JSON: a list of title, place and text.

    `where` narrows the search by metadata, e.g. status = "draft" and #tag; leave it empty to search everything.
    """
    import json

    return json.dumps(_found(question, where), ensure_ascii=False)


def _found(question: str, where: str = "") -> list[dict[str, str]]:
    from rag.app.open import filters, open_index

    with _told(), open_index(os.environ.get("RAG_DB", "rag.db")) as index:
        hits = index.search(question, PASSAGES, filters=filters(where=where))
    rows = []
    for hit in hits:
        passage, document = hit.passage, hit.passage.document
        place = document.url or f"{document.key}#{passage.start}-{passage.end}"
        rows.append({"title": document.title or document.key, "place": place, "text": passage.text})
    return rows


@contextmanager
def _told() -> Iterator[None]:
    """What `rag` refuses, in the way in which `llm` tells its users."""
    from rag.errors import RagError

    try:
        yield
    except RagError as error:
        raise ValueError(f"{error.message}. {error.hint}".rstrip(". ")) from error


def _indexes(arguments: list[str]) -> Iterator[Path]:
    """The files that this command may read as an index: those named by -d, else the usual one."""
    yield Path(os.environ.get("RAG_DB", "rag.db"))
    for flag, value in pairwise(arguments):
        if flag in ("-d", "--database"):
            yield Path(value)


def _built_with(index: Path) -> str:
    if not index.is_file():
        return ""
    from rag.store.glance import embedder

    return embedder(index)
