"""
What families of embedding models want before a query and before a passage.

Neither GGUF nor ONNX has a field for it, and an endpoint does not say it: it is known by the model's name.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Prefixes(NamedTuple):
    """`family` is the part of a name that it is known by; "" for a model that wants none."""

    family: str
    query: str
    passage: str


_SEARCH = "Represent this sentence for searching relevant passages: "
_QWEN3 = "Instruct: Given a web search query, retrieve relevant passages that answer the query\nQuery:"
FAMILIES = (
    Prefixes("nomic-embed", "search_query: ", "search_document: "),
    Prefixes("embeddinggemma", "task: search result | query: ", "title: none | text: "),
    Prefixes("qwen3-embedding", _QWEN3, ""),
    Prefixes("e5-", "query: ", "passage: "),
    Prefixes("bge-small-en", _SEARCH, ""),
    Prefixes("bge-base-en", _SEARCH, ""),
    Prefixes("bge-large-en", _SEARCH, ""),
    Prefixes("mxbai-embed", _SEARCH, ""),
    Prefixes("arctic-embed", _SEARCH, ""),
)
ENGLISH = re.compile(r"(?<![a-z])(?:en|english|all-minilm|all-mpnet)(?![a-z])")
WHOLE = ("e5-",)  # vectors that lie so close together that sums of windows blur: a passage is embedded as a whole


def prefixes(name: str) -> Prefixes:
    """The prefixes of the model that a name or a path speaks of."""
    called = name.lower().replace(" ", "-").replace("_", "-")
    return next((family for family in FAMILIES if family.family in called), Prefixes("", "", ""))


def wants_windows(name: str) -> bool:
    """Whether a model's vectors of some sentences each may be added up to that of a passage."""
    return prefixes(name).family not in WHOLE


def english(name: str) -> bool:
    """Whether a model says by its name that it was made for English alone."""
    return bool(ENGLISH.search(name.lower()))
