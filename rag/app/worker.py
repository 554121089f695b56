"""
An index in a process of its own, spoken to by lines of JSON: for programs that hold the file with another SQLite.

Two copies of SQLite in one process undo each other's locks, so Datasette, which opens the file itself, asks here. A
line is `{"do": "search", …}`; the reply is `{"ok": …}` or `{"error": message, "hint": …}`. It ends with its input.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from rag.app.answers import linked
from rag.app.ask import AskRequest, ask
from rag.app.open import filters, open_database, open_generator
from rag.app.search import rows
from rag.app.sources import labels
from rag.errors import RagError
from rag.index import Index
from rag.sources.rows import join_key
from rag.sources.settings import from_json
from rag.store import pages, sources, tokens
from rag.types import Hit

PASSAGES = 8


def serve(database: str, *flags: str) -> None:
    """Answer until standard input ends. With `immutable`, nothing is written, not even what a new version changes."""
    try:
        index = Index(open_database(database, readonly="immutable" in flags))
    except RagError as error:  # told to whoever asks, and tried again with the next process
        sys.stdin.readline()
        print(json.dumps(_told(error)), flush=True)
        return
    models: dict[str, Any] = {}
    found: dict[str, Callable[..., Any]] = {
        "about": _about, "embed": _embed, "search": _search, "similar": _similar, "row": _row, "document": _document,
        "ask": partial(_ask, models),
    }  # fmt: skip
    calls = {name: partial(call, index) for name, call in found.items()}
    with index:
        for line in sys.stdin:
            print(json.dumps(_reply(calls, json.loads(line))), flush=True)


def _reply(calls: Mapping[str, Callable[..., Any]], asked: dict[str, Any]) -> dict[str, Any]:
    try:
        return {"ok": calls[asked.pop("do")](**asked)}
    except RagError as error:
        return _told(error)


def _told(error: RagError) -> dict[str, Any]:
    return {"error": error.message, "hint": error.hint}


def _about(index: Index) -> dict[str, Any]:
    """The embedder, loaded now; the tables that sources were read from; the names of the tokens."""
    listed, names = [], labels(index.db)
    for one in sources.sources(index.db):
        settings = from_json(one.settings)
        if settings.kind == "sqlite" and settings.table:
            listed.append(
                {"source": one.name, "label": names[one.name], "path": settings.paths[0], "table": settings.table}
            )
    return {
        "embedder": index.embedder.name,
        "tables": listed,
        "tokens": {str(one.id): one.name for one in tokens.tokens(index.db)},
    }


def _embed(index: Index, text: str) -> str:
    """The vector of a question as hexadecimal bytes."""
    return str(index.embedder.embed([text], "query")[0].astype("<f4").tobytes().hex())


def _search(index: Index, question: str, k: int = 10, where: str = "", mode: str = "hybrid") -> list[dict[str, Any]]:
    return _numbered(index, index.search(question, k, mode=mode, filters=filters(where=where)))


def _similar(index: Index, number: int, k: int = 10) -> list[dict[str, Any]]:
    found = pages.document(index.db, number)
    return _numbered(index, index.similar(found["key"], k, source=found["source"])) if found else []


def _numbered(index: Index, hits: list[Hit]) -> list[dict[str, Any]]:
    found = rows(index, hits)
    ids = pages.ids_of(index.db, [(row["source"], row["key"]) for row in found])
    names = labels(index.db)
    return [  # but for what was removed since it was found
        row | {"document": ids[place], "source": names[row["source"]]}
        for row in found
        if (place := (row["source"], row["key"])) in ids
    ]


def _row(index: Index, path: str, table: str, keys: list[Any]) -> int:
    """The number of the document that a row of a table is; 0 if it is none."""
    for one in _about(index)["tables"]:
        if (one["path"], one["table"]) == (path, table) and (
            number := pages.document_id(index.db, one["source"], join_key(keys))
        ):
            return number
    return 0


def _document(index: Index, number: int) -> dict[str, Any] | None:
    """What a document is called."""
    found = pages.document(index.db, number)
    return found and {name: found[name] for name in ("id", "key", "title", "source")}


def _ask(models: dict[str, Any], index: Index, question: str, model: str, where: str = "") -> dict[str, Any]:
    if model not in models:
        models[model] = open_generator(model)
    request = AskRequest(question, model, k=PASSAGES, filters=filters(where=where))
    return linked(index, ask(index, request, models[model], log=False).object)


if __name__ == "__main__":
    serve(*sys.argv[1:])
