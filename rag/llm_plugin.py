"""
`rag` inside `llm`: its embedder as a model, an index as fragments and as a tool.

    llm -f 'rag:how do I export bookmarks?' 'how do I export bookmarks?'
    llm -T rag_search 'What do my notes say about SQLite?'
    llm similar notes -d rag.db -c 'export bookmarks'

The index is `$RAG_DB`, else `rag.db` here. `llm` reads this file at every start: nothing heavy at the top.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import llm

PASSAGES = 5


@llm.hookimpl  # type: ignore[untyped-decorator]
def register_embedding_models(register: Callable[..., None]) -> None:
    register(BundledMiniLM())


@llm.hookimpl  # type: ignore[untyped-decorator]
def register_fragment_loaders(register: Callable[..., None]) -> None:
    register("rag", passages)


@llm.hookimpl  # type: ignore[untyped-decorator]
def register_tools(register: Callable[..., None]) -> None:
    register(rag_search)


class BundledMiniLM(llm.EmbeddingModel):  # type: ignore[misc]
    """The model that `rag` indexes with, so that `llm similar` can ask an index of its."""

    model_id = "rag-minilm"

    def embed_batch(self, items: Iterable[str | bytes]) -> Iterator[list[float]]:
        from rag.models import embedder

        texts = [item.decode("utf-8", "replace") if isinstance(item, bytes) else item for item in items]
        yield from (row.tolist() for row in embedder("minilm").embed(texts))


def passages(question: str) -> list[Any]:
    """The best passages of the index for a question, each with where it stands (-f 'rag:QUESTION')."""
    return [llm.Fragment(f"{row['title']} ({row['place']})\n\n{row['text']}", row["place"]) for row in _found(question)]


def rag_search(question: str) -> str:
    """Search the user's own documents; the result is JSON: a list of title, place and text."""
    import json

    return json.dumps(_found(question), ensure_ascii=False)


def _found(question: str) -> list[dict[str, str]]:
    from rag.errors import RagError
    from rag.index import Index

    try:
        with Index(os.environ.get("RAG_DB", "rag.db")) as index:
            hits = index.search(question, PASSAGES)
    except RagError as error:
        raise ValueError(f"{error.message}. {error.hint}") from error
    rows = []
    for hit in hits:
        passage, document = hit.passage, hit.passage.document
        place = document.url or f"{document.key}#{passage.start}-{passage.end}"
        rows.append({"title": document.title or document.key, "place": place, "text": passage.text})
    return rows
