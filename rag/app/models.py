"""What models there are, and which are used where none is named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rag import config, models
from rag.models import hub

SETTINGS = {"embedder": "embedder", "generator": "model", "reranker": "rerank"}  # of rag.toml and the environment
BUNDLED = {"embedder": models.DEFAULT_EMBEDDER, "generator": models.DEFAULT_GENERATOR}


def listed() -> list[dict[str, Any]]:
    """
    Every name of a model that works here: what is bundled, pulled, or served by this machine, then the kinds of others.

    `default` says why it is the one that is used if none is named; an index keeps the embedder that it was made with.
    """
    rows = [asdict(row) for row in models.available()]
    rows += _pulled()
    rows += _served()
    for row in rows:
        row["default"] = ""
    settings = {row["setting"]: row for row in config.rows()}
    for kind, setting in SETTINGS.items():
        named, origin = settings[setting]["value"], settings[setting]["from"]
        name, why = (
            (named, f"{origin} names it") if named else (BUNDLED.get(kind), "it is bundled, and nothing else is named")
        )
        if not name:
            continue
        found = [row for row in rows if row["kind"] == kind and row["name"] == name]
        if not found:
            found = [asdict(models.Available(name, kind, f"named in {origin}"))]
            rows += found
        found[0]["default"] = why
    return sorted(rows, key=lambda row: (not row["default"], not row["path"] and row["megabytes"] is None))


def _pulled() -> Iterator[dict[str, Any]]:
    recommended = {one.file: one for one in hub.RECOMMENDED}
    for one in hub.pulled():
        known = recommended.get(one.path.name)
        kind = known.kind if known else ("embedder" if "embed" in one.path.name.lower() else "generator")
        yield asdict(
            models.Available(
                one.name,
                kind,
                f"pulled from {one.repository}",
                round(one.size / 1e6),
                known.licence if known else "",
                str(one.path),
            )
        )


def _served() -> Iterator[dict[str, Any]]:
    from rag.models.hosted import local

    for server, have in local.running():
        for one in have:
            kind = "embedder" if "embed" in one.name.lower() else "generator"
            name = f"{server.scheme}:{one.name}"
            yield asdict(models.Available(name, kind, f"served by {server.title}", one.megabytes))
