"""What models there are, and which are used where none is named."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rag import config, models
from rag.models import hub
from rag.types import Embedder

BENCH = (
    "An index of words finds what says the same in the same words; an index of vectors finds what says it in others. "
    "Each passage is cut into windows of a few sentences, every window is embedded once, and a text that was moved or "
    "repeated is never embedded twice. What is searched is a window together with the passages around it and the title "
    "of the document, so that a sentence is found by what it says and by what it is about."
)
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
        origin = settings[setting]["from"]
        named = "" if origin == "default" else settings[setting]["value"]
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


def benched() -> list[dict[str, Any]]:
    """
    The bundled embedder on this machine: CPU seconds to open it, of one short question, and tokens a CPU second.

    One thread; passages of some 100 tokens, made of the vocabulary, the best of three rounds.
    """
    from rag.models.minilm import MiniLM

    texts = [f"{BENCH} This is passage {number} of the measure." for number in range(40)]
    rows = []
    for about, integers in (
        ("products of integers, the default", True),
        ("products of floats, of older indexes", False),
    ):
        began = time.process_time()
        model = MiniLM(1, integers=integers)
        model.embed(["what is measured here?"])
        question = time.process_time() - began
        began = time.process_time()
        model.embed(["to open it", "and to run it once"])
        opened = time.process_time() - began
        tokens = sum(model.tokens(text) for text in texts)
        seconds = min(_seconds(model, texts) for _ in range(3))
        rows.append(
            {
                "model": model.name,
                "about": about,
                "first_question_s": round(question, 3),
                "opened_s": round(opened, 3),
                "tokens_a_cpu_second": round(tokens / seconds),
            }
        )
    return rows


def _seconds(model: Embedder, texts: list[str]) -> float:
    began = time.process_time()
    model.embed(texts)
    return time.process_time() - began
