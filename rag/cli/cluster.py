"""`rag cluster`: what is in the index, in groups of like meaning."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.common import (
    DEFAULT_DATABASE,
    BaseUrl,
    Database,
    Format,
    Model,
    Output,
    Prefix,
    Quiet,
    Since,
    Source,
    Tags,
    Until,
    Where,
    progress,
)
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.store import Store
    from rag.store.clusters import Grouping

SHOWN = 3  # exemplars of a group
Groups = Annotated[str, typer.Argument(metavar="[N|auto]", help="How many groups; auto: chosen by a criterion.")]


def cluster(
    groups: Groups = "auto",
    database: Database = DEFAULT_DATABASE,
    passages: Annotated[bool, typer.Option("--passages", help="Group passages instead of documents.")] = False,
    name: Annotated[bool, typer.Option("--name", help="Let a model name the groups.")] = False,
    model: Model = "smollm2",
    base_url: BaseUrl = "",
    prompt: Annotated[str, typer.Option("--prompt", help="A prompt of your own for the names, a file.")] = "cluster",
    source: Source = "",
    prefix: Prefix = "",
    since: Since = "",
    until: Until = "",
    where: Where = "",
    tag: Tags = None,
    seed: Annotated[int, typer.Option("--seed", help="Of what is drawn at random.")] = 0,
    anew: Annotated[bool, typer.Option("--anew", help="Do not begin with the groups of the last time.")] = False,
    html: Annotated[Path | None, typer.Option("--html", help="Also write a map, one self-contained page.")] = None,
    truncate: Annotated[int, typer.Option("--truncate", help="Characters of an item; 0: all.", min=0)] = 100,
    quiet: Quiet = False,
    form: Output = Format.text,
) -> None:
    """Show what is in the index: documents in groups of like meaning, with the words that tell them apart."""
    from rag import render
    from rag.app import cluster_map
    from rag.app import clusters as app
    from rag.app.open import filters, open_database, open_generator
    from rag.app.sources import settled

    only = filters(source, prefix, since, until, where, tag or ())
    kind = "passages" if passages else "documents"
    request = app.ClusterRequest(_number(groups), kind, only, seed, anew, name, prompt)
    if html is not None:
        cluster_map.check(html)
    with open_database(database) as db, progress("naming", quiet=quiet or not name) as bar:
        generator = open_generator(model, base_url) if name else None
        step = (lambda said: bar.advance(bar.task_ids[0])) if bar else None
        made = app.cluster(db, replace(request, filters=settled(db, only)), generator, progress=step)
        if html is not None:
            cluster_map.write(db, made, html.expanduser())
            render.note(f"wrote {html}")
        _print(db, made, form, truncate)
    if not made.made:
        render.note("the groups were not kept: the index cannot be written, or is on a server")


def _number(groups: str) -> int:
    if groups == "auto":
        return 0
    if not groups.isdecimal() or int(groups) < 2:
        raise InputError(f"{groups!r} is no number of groups", "Write 2 or more, or auto.")
    return int(groups)


def _print(db: Store, made: Grouping, form: Format, truncate: int) -> None:
    from rag import render
    from rag.app import clusters as app

    if form is not Format.text:
        found = app.rows(db, made, truncate)
        render.rows(app.flat(found) if form is Format.csv else found, form.value)
        return
    for one in sorted(made.clusters, key=lambda one: -len(one.items)):
        head = f"{render.style(f'{one.number}.', '1')} {render.style(render.line(one.name), '1;36')}"
        print(f"{head} {render.style(f'{len(one.items)} {made.kind}, cohesion {one.cohesion:.2f}', '2')}")
        if one.keywords:
            print(f"   {render.safe(', '.join(one.keywords))}")
        for document, text in app.exemplars(db, one, SHOWN):
            print(render.style(f"   · {render.line(_shown(document, text, made.kind))}", "2"))
        print()
    total = sum(len(one.items) for one in made.clusters)
    print(f"{total} {made.kind} in {len(made.clusters)} groups, cohesion {made.cohesion:.3f}")


def _shown(document: Any, text: str, kind: str) -> str:
    """A title, or the beginning of a passage."""
    title = document.title or document.key
    if kind == "documents":
        return f"{title}"
    beginning = " ".join(text.split())[:90]
    return f"{title}: {beginning}"
