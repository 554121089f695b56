"""A grouping as a map: one self-contained page, on which each item is a point and what is alike lies together."""

from __future__ import annotations

import json
from functools import cache
from html import escape
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from rag import files
from rag.app.clusters import filters_of, items, texts_of
from rag.store import Store
from rag.store.clusters import Grouping, Item
from rag.understand.projection import project

MARK = '<meta name="generator" content="rag cluster">'  # of every page, so that no other file is replaced by one
MOST = 4000  # points; of more items, every group shows its share, those nearest its centre and evenly the others
READ = 600  # characters of a text that a click shows


def check(path: Path) -> None:
    """Raises InputError if the page would take the place of something else."""
    files.refuse(path.expanduser(), lambda head: MARK.encode() in head)


def write(db: Store, made: Grouping, path: Path) -> None:
    """Write the page of a grouping. Raises RagError if it cannot be written."""
    check(path)
    with files.whole(path) as file:
        file.write(page(map_of(db, made), f"{db.path.stem}: {made.kind}"))


def map_of(db: Store, made: Grouping) -> dict[str, Any]:
    """Points and groups as plain data: what a page draws. Coordinates are in [0, 1]."""
    chosen = [(number, item) for number, one in enumerate(made.clusters) for item in _some(one.items, made)]
    found = items(db, made.kind, filters_of(made))
    own = found.passages if made.kind == "passages" else found.documents
    at = {int(number): place for place, number in enumerate(own)}
    chosen = [(group, item) for group, item in chosen if (item.passage or item.document) in at]
    rows = np.array([at[item.passage or item.document] for _, item in chosen], dtype=np.int64)
    order = np.argsort(found.keys[rows], kind="stable")  # whatever the numbers are: the same picture
    labels = np.array([group for group, _ in chosen], dtype=np.int64)
    places = np.empty((len(rows), 2), dtype=np.float32)
    places[order] = project(found.vectors[rows[order]], labels[order])
    points = []
    for (group, item), (document, text), (x, y) in zip(
        chosen, texts_of(db, [item for _, item in chosen]), places.tolist(), strict=True
    ):
        points.append(
            {
                "g": group, "x": round(x, 4), "y": round(y, 4), "t": document.title or document.key,
                "k": document.key, "u": document.url, "a": document.author, "d": document.date[:10],
                "c": text[:READ] + ("…" if len(text) > READ else ""), "s": round(item.similarity, 3),
            }
        )  # fmt: skip
    groups = [
        {"name": one.name, "size": len(one.items), "cohesion": round(one.cohesion, 3), "keywords": list(one.keywords)}
        for one in made.clusters
    ]
    return {
        "kind": made.kind,
        "total": sum(len(one.items) for one in made.clusters),
        "groups": groups,
        "points": points,
    }


def _some(own: Any, made: Grouping) -> list[Item]:
    """The items of a group that are drawn."""
    total = sum(len(one.items) for one in made.clusters)
    if total <= MOST:
        return list(own)
    wanted = max(3, int(len(own) * MOST / total))
    step = max(1, len(own) // wanted)
    return list(own[::step])[:wanted]


def page(data: dict[str, Any], title: str) -> str:
    """The page; what is written into it cannot leave the place that it is written to."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return _template().replace("{{mark}}", MARK).replace("{{title}}", escape(title)).replace("{{data}}", text)


@cache
def _template() -> str:
    return (resources.files("rag") / "data" / "map.html").read_text(encoding="utf-8")
