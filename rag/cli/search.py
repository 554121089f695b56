"""`rag search` and `rag similar`: passages, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.common import (
    DEFAULT_DATABASE,
    Database,
    Format,
    Fresh,
    K,
    Output,
    Prefix,
    Since,
    Source,
    Until,
    filters,
    freshen,
    open_index,
)  # fmt: skip
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.index import Index
    from rag.types import Hit


def search(
    question: Annotated[str, typer.Argument(help='A question or words; "in quotes": a phrase.', show_default=False)],
    database: Database = DEFAULT_DATABASE,
    k: K = 10,
    words: Annotated[bool, typer.Option("--words", help="Rank by words alone (BM25); loads no model.")] = False,
    vectors: Annotated[bool, typer.Option("--vectors", help="Rank by meaning alone.")] = False,
    source: Source = "",
    prefix: Prefix = "",
    since: Since = "",
    until: Until = "",
    context: Annotated[int, typer.Option("--context", "-C", help="Also this many passages around each.", min=0)] = 0,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the rank and score of each way of searching.")
    ] = False,
    fresh: Fresh = False,
    form: Output = Format.text,
) -> None:
    """Search the index by words and by meaning, fused."""
    if words and vectors:
        raise InputError("--words and --vectors exclude each other", "Leave both away for the two fused.")
    mode = "words" if words else "vectors" if vectors else "hybrid"
    with open_index(database) as index:
        if fresh:
            freshen(index)
        hits = index.search(question, k, mode=mode, filters=filters(source, prefix, since, until))
        _print(index, hits, form, question=question, context=context, explain=explain)


def similar(
    key: Annotated[str, typer.Argument(help="The key of a document, as search shows it.", show_default=False)],
    database: Database = DEFAULT_DATABASE,
    k: K = 10,
    source: Source = "",
    explain: Annotated[bool, typer.Option("--explain", help="Show the rank and score.")] = False,
    form: Output = Format.text,
) -> None:
    """Find documents related to one, by meaning."""
    with open_index(database) as index:
        hits = index.similar(key, k, source=source)
        _print(index, hits, form, question="", context=0, explain=explain)


def _print(index: Index, hits: list[Hit], form: Format, *, question: str, context: int, explain: bool) -> None:
    from rag import render
    from rag.store.documents import row_of

    if form is Format.text:
        if not hits:
            render.note("nothing found")
        if context:
            hits = [_widened(index, hit, context) for hit in hits]
        render.hits(hits, question.replace('"', " ").split(), explain=explain)
        return
    rows: list[dict[str, Any]] = []
    for hit in hits:
        row = row_of(hit)
        if context:
            row["context"] = [
                {"id": passage.id, "start": passage.start, "end": passage.end, "content": passage.text}
                for passage in index.around(hit.passage, context)
            ]
        rows.append(row)
    render.rows(rows, form.value)


def _widened(index: Index, hit: Hit, context: int) -> Hit:
    """The hit with its neighbours' text around its own, still a span of the document."""
    from dataclasses import replace

    around = index.around(hit.passage, context)
    start, end = around[0].start, around[-1].end
    text = hit.passage.document.text[start:end]
    return replace(hit, passage=replace(hit.passage, start=start, end=end, text=text))
