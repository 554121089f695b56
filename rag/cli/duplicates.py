"""`rag duplicates`: what stands in the index more than once, nearly."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output, Prefix, Since, Source, Tags, Until, Where

if TYPE_CHECKING:
    from rag.app.duplicates import Member
    from rag.app.locate import Locator

INDENT = "   "
SHOWN = 5  # differences of a member
WIDEST = 160


def duplicates(
    database: Database = DEFAULT_DATABASE,
    documents: Annotated[bool, typer.Option("--documents", help="Whole documents instead of passages.")] = False,
    least: Annotated[
        float, typer.Option("--least", help="Share of words that are the same; 1: only equal texts.")
    ] = 0.9,
    words: Annotated[int, typer.Option("--words", help="Pass over texts with fewer words.", min=1)] = 8,
    source: Source = "",
    prefix: Prefix = "",
    since: Since = "",
    until: Until = "",
    where: Where = "",
    tag: Tags = None,
    form: Output = Format.text,
) -> None:
    """List passages or documents that are nearly the same, and what differs."""
    from rag import render
    from rag.app import duplicates as app
    from rag.app.locate import Locator
    from rag.app.open import filters, open_database
    from rag.app.sources import settled

    with open_database(database) as db:
        only = settled(db, filters(source, prefix, since, until, where, tag or ()))
        found = app.duplicates(db, "documents" if documents else "passages", only, least, words)
        if form is not Format.text:
            render.rows(app.rows(found), form.value)
            return
        locator = Locator(db)
        for number, group in enumerate(found.groups, 1):
            _show(number, group, locator)
    if found.groups:
        more = sum(len(group) - 1 for group in found.groups)
        print(f"{len(found.groups)} groups, {more} {'documents' if documents else 'passages'} more than needed")
    else:
        render.note("nothing stands there twice")
    if found.short:
        render.note(f"{found.short} with fewer than {words} words were passed over")


def _show(number: int, group: list[Member], locator: Locator) -> None:
    """The first with its beginning, the others with what differs."""
    from rag import render

    first = group[0]
    beginning = " ".join(first.document.text[first.start : first.end].split())
    print(f"{render.style(f'{number}.', '1')} {len(group)} alike: {render.safe(beginning[:WIDEST])}")
    for one in group:
        spot = locator.spot(one.document, one.start)
        title = "" if one.document.title == one.document.key else one.document.title
        place = render.link(render.style(render.place(spot.shown or one.document.key, title), "36"), spot.link)
        share = "" if one is first else " the same" if not one.changes else f" {one.similarity:.0%}"
        print(f"{INDENT}{place}{render.style(share, '2')}")
        for before, now in one.changes[:SHOWN]:
            gone, came = render.style(render.safe(_short(before)), "31"), render.style(render.safe(_short(now)), "32")
            print(
                f"{INDENT}{INDENT}" + (f"{gone} → {came}" if before and now else f"- {gone}" if before else f"+ {came}")
            )
        if len(one.changes) > SHOWN:
            print(f"{INDENT}{INDENT}and {len(one.changes) - SHOWN} more differences")
    print()


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= WIDEST else text[: WIDEST // 2] + " … " + text[-WIDEST // 3 :]
