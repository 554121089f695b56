"""
Answers of the log as faces show them: with the numbers of their documents, and what has changed in these since.

Nothing here asks again; that is `replay` in `rag.app.ask`.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping
from typing import Any

from rag.errors import NotFoundError
from rag.index import Index
from rag.store import answers as store
from rag.store import pages

# Of the trace, for the reader of an answer.
TOLD = ("respelled", "languages", "unsaid", "elsewhere", "unshown", "lacks")
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"  # none that is taken for another


def linked(index: Index, found: Mapping[str, Any]) -> dict[str, Any]:
    """
    The object of an answer, of its trace only what a reader must know (`unsaid`, …); each citation with `id`, its
    document's number, and `now`.

    `now` is "same" if the quote still stands at its place, "moved" if it stands elsewhere in the document, "changed" if
    it does not, "gone" if the document is not there any more (`id` is 0 then).
    """
    listed = {name: [{**one, **_today(index, one)} for one in found.get(name, [])] for name in ("citations", "nearest")}
    trace = found.get("trace", {})
    told = {name: trace[name] for name in TOLD if name in trace}
    return {name: value for name, value in found.items() if name not in ("trace", "passages")} | listed | told


def _today(index: Index, cited: Mapping[str, Any]) -> dict[str, Any]:
    best: dict[str, Any] = {"id": 0, "now": "gone"}
    order = ("gone", "changed", "moved", "same")
    for number, text in pages.texts(index.db, cited["document"]):
        if text[cited["start"] : cited["end"]] == cited["quote"]:
            return {"id": number, "now": "same"}
        now = "moved" if cited["quote"] in text else "changed"
        if order.index(now) > order.index(best["now"]):
            best = {"id": number, "now": now}
    return best


def saved(index: Index, number: int) -> dict[str, Any]:
    """An answer of the log: its object, its number and date, who asked, whether it helped. Raises InputError."""
    logged = store.get(index.db, number)
    known = {"id": number, "conversation": logged.conversation, "created": logged.created}
    return {**linked(index, logged.object), **known, **pages.about(index.db, number)}


def share(index: Index, number: int) -> str:
    """The permanent address of an answer: eight letters that cannot be guessed. Raises InputError if there is none."""
    short = pages.share(index.db, number, "".join(secrets.choice(LETTERS) for _ in range(12)))
    if not short:
        raise NotFoundError(f"there is no answer {number}", "See them all: rag answers")
    return short


def dumps(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
