"""`rag search` and `rag similar`: passages, best first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

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
    freshen,
    question_of,
)
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.index import Index
    from rag.types import Hit


def search(
    words_: Annotated[
        list[str],
        typer.Argument(
            metavar="QUESTION",
            help="A question or words; '\"in quotes\"': a phrase; - reads it from standard input.",
            show_default=False,
        ),
    ],
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
    from rag.app.open import filters, open_index

    if words and vectors:
        raise InputError("--words and --vectors exclude each other", "Omit both for the two fused.")
    question = question_of(words_)
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
    from rag.app.open import open_index

    with open_index(database) as index:
        hits = index.similar(key, k, source=source)
        _print(index, hits, form, question="", context=0, explain=explain)


def _print(index: Index, hits: list[Hit], form: Format, *, question: str, context: int, explain: bool) -> None:
    from rag import render
    from rag.app.search import rows, widened

    if form is not Format.text:
        render.rows(rows(index, hits, context), form.value)
        return
    if not hits:
        render.note("nothing found")
    if context:
        hits = [widened(index, hit, context) for hit in hits]
    render.hits(hits, question.replace('"', " ").split(), explain=explain)
