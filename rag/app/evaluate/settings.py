"""What the systems of each task may set. Pure data, so that a suite is checked before anything is opened."""

from __future__ import annotations

Settings = dict[str, type | tuple[str, ...]]

BUILD: Settings = {"embedder": str, "target": int}
SEARCH: Settings = {"mode": ("hybrid", "words", "vectors"), "weight": float, "rerank": str}
MODEL: Settings = {
    "model": str,
    "base_url": str,
    "prompt": str,
    "temperature": float,
    "seed": int,
    "max_tokens": int,
}
ASKING: Settings = {
    "citations": int,
    "candidates": int,
    "characters": int,
    "encoding": ("auto", "numbers", "extracts", "quotes"),
    "style": ("auto", "excerpts", "fact", "line", "prose"),
    "threshold": float,
}
SETTINGS: dict[str, Settings] = {
    "retrieval": {**BUILD, **SEARCH, "k": int},
    "chunking": {**BUILD, **SEARCH, "k": int},
    "ask": {**BUILD, **SEARCH, **MODEL, **ASKING, "k": int, "passages": ("searched", "given")},
    "extract": {**MODEL, "window": int, "attempts": int, "verbatim": bool, "examples": str, "shots": int, "free": bool},
    "grammar": {"strict": bool},
    "judge": {"model": str, "base_url": str},
}
