"""`rag search` and `rag similar`: passages, best first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.common import (
    DEFAULT_DATABASE,
    Database,
    FoundFormat,
    FoundOutput,
    Fresh,
    K,
    Partial,
    Prefix,
    Rerank,
    Since,
    Source,
    Tags,
    Until,
    Where,
    freshen,
    question_of,
    tell_behind,
    tell_missing,
    tell_respelled,
    tell_undated,
)
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.index import Index
    from rag.types import Hit

Full = Annotated[bool, typer.Option("--full", help="Show the whole passages, not a few lines of each.")]


def search(
    words_: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUESTION",
            help="A question or words; '\"in quotes\"': a phrase; - reads it from standard input.",
            show_default=False,
        ),
    ] = None,
    database: Database = DEFAULT_DATABASE,
    k: K = 10,
    words: Annotated[bool, typer.Option("--words", help="Rank by words alone (BM25); loads no model.")] = False,
    vectors: Annotated[bool, typer.Option("--vectors", help="Rank by meaning alone.")] = False,
    source: Source = "",
    prefix: Prefix = "",
    since: Since = "",
    until: Until = "",
    rerank: Rerank = "",
    where: Where = "",
    tag: Tags = None,
    exact: Annotated[
        bool, typer.Option("--exact", help="Compare every vector; else a large index looks into the likeliest cells.")
    ] = False,
    like_: Annotated[str, typer.Option("--like", help="Instead of words: what is like this picture.")] = "",
    context: Annotated[int, typer.Option("--context", "-C", help="Also this many passages around each.", min=0)] = 0,
    full: Full = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show the rank and score of each way of searching.")
    ] = False,
    distinct: Annotated[
        bool, typer.Option("--distinct", help="Of passages that are nearly the same, only one.")
    ] = False,
    fresh: Fresh = False,
    partial: Partial = False,
    form: FoundOutput = FoundFormat.text,
) -> None:
    """Search the index by words and by meaning, fused."""
    from rag.app.open import filters, open_index
    from rag.app.sources import settled

    if words and vectors:
        raise InputError("--words and --vectors exclude each other", "Omit both for the two fused.")
    if bool(words_) is bool(like_):
        raise InputError("say what to look for", 'rag search "how do I …?", or for pictures: rag search --like PICTURE')
    question = question_of(words_ or [])
    mode = "words" if words else "vectors" if vectors else "hybrid"
    wanted = filters(source, prefix, since, until, where, tag or ())
    with open_index(database, partial=partial) as index:
        tell_missing(index)
        if fresh:
            freshen(index)
        wanted = settled(index.db, wanted)
        tell_undated(index, wanted)
        asked = k
        if distinct:
            from rag.app.duplicates import WIDER, one_of_each

            asked = WIDER * k
        hits: list[Hit]
        if like_:
            from rag.app.search import picture

            hits = index.like(picture(like_), asked, filters=wanted)
        else:
            hits = found = index.search(question, asked, mode=mode, filters=wanted, rerank=rerank, exact=exact)
            question = found.question  # as it is marked in what was found
            tell_respelled(found.respelled)
        like: dict[int, list[Hit]] = {}
        if distinct:
            hits, like = one_of_each(hits, k)
        _print(index, hits, form, question=question, context=context, full=full, explain=explain, like=like)


def similar(
    key: Annotated[str, typer.Argument(help="The key of a document, as search shows it.", show_default=False)],
    database: Database = DEFAULT_DATABASE,
    k: K = 10,
    source: Source = "",
    full: Full = False,
    explain: Annotated[bool, typer.Option("--explain", help="Show the rank and score.")] = False,
    partial: Partial = False,
    form: FoundOutput = FoundFormat.text,
) -> None:
    """Find documents related to one, by meaning."""
    from rag.app.open import open_index
    from rag.app.sources import key_of, named

    with open_index(database, partial=partial) as index:
        tell_missing(index)
        key, source = key_of(index.db, key, named(index.db, source) if source else "")
        hits = index.similar(key, k, source=source)
        _print(index, hits, form, question="", context=0, full=full, explain=explain)


def _print(
    index: Index,
    hits: list[Hit],
    form: FoundFormat,
    *,
    question: str,
    context: int,
    full: bool,
    explain: bool,
    like: Mapping[int, Sequence[Hit]] | None = None,
) -> None:
    from rag import render
    from rag.app.locate import Locator
    from rag.app.search import rows, widened
    from rag.cli import found
    from rag.pager import paged

    tell_behind(index)
    if not hits and form in (FoundFormat.text, FoundFormat.grep):
        render.note("nothing found")
    if form is FoundFormat.grep:
        found.grep(hits, question, Locator(index.db))
    elif form is FoundFormat.text:
        if context:
            hits = [widened(index, hit, context) for hit in hits]
        with paged():
            found.show(hits, question, Locator(index.db), full=full or bool(context), explain=explain, like=like)
    else:
        render.rows(rows(index, hits, context, like), form.value)
