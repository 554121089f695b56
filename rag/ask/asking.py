"""How to answer: the settings, and what was said before."""

from __future__ import annotations

from dataclasses import dataclass

from rag.types import Generator

ENCODINGS = ("auto", "numbers", "extracts", "quotes")
STYLES = ("auto", "excerpts", "fact", "line", "prose")
SMALL = 300_000_000  # weights; with fewer a model takes the first sentences: it gets few, and copies the line
CAPABLE = 1_000_000_000  # weights; with as many a model writes better than what it would quote (docs/asking.md)


@dataclass(frozen=True, slots=True)
class Asking:
    """How to answer. The defaults were measured (docs/asking.md)."""

    citations: int = 3  # excerpts, at most
    candidates: int = 0  # sentences that a line may be made from; 0: as many as excerpts if the model is small, else 6
    characters: int = 300  # of a line or a sentence of prose, at most
    max_tokens: int | None = None  # None: as many as the longest reply needs
    temperature: float = 0.0
    seed: int = 0
    prompt: str = "ask"  # a bundled one, or a file of the user's
    encoding: str = "auto"  # of a line: numbers, extracts (it is copied), quotes (the sentences' own text)
    threshold: float | None = None  # the relevance below which nothing counts as found; None: the embedder's own
    style: str = "auto"  # excerpts alone, a fact found in them above, a line by the model above, prose; auto: what fits


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question of the conversation, and what was answered."""

    question: str
    answer: str


def small(generator: Generator) -> bool:
    """Can the model do no more than copy?"""
    return generator.parameters is not None and generator.parameters < SMALL


def capable(generator: Generator | None) -> bool:
    """Does the model write prose that is worth reading? A hosted one of unknown size is taken as a large one."""
    return generator is not None and (generator.parameters is None or generator.parameters >= CAPABLE)


def style(asking: Asking, generator: Generator | None) -> str:
    """ "excerpts", "fact", "line" or "prose"."""
    if asking.style != "auto":
        return asking.style if generator or asking.style == "excerpts" else "fact"
    if generator is None or (small(generator) and asking.encoding == "auto"):
        return "fact"  # a small model copies what stands first, and is wrong more often (docs/asking.md)
    return "prose" if capable(generator) else "line"
