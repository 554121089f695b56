"""
What a job would cost, before anything is asked.

Tokens of the prompts are counted, those of the replies are what earlier rows of the job took, or at most what they may
take. Nothing is written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from rag.errors import InputError
from rag.extract.asker import Asker
from rag.extract.plan import document_hash
from rag.types import Document, Request


@dataclass(frozen=True, slots=True)
class Price:
    """Of a million tokens."""

    tokens_in: float
    tokens_out: float

    @classmethod
    def parse(cls, text: str) -> Price:
        """From "0.15/0.60" (in / out). Raises InputError."""
        try:
            before, after = (float(part) for part in text.split("/"))
        except ValueError:
            raise InputError(
                f"--price {text!r} is not a price", "Of a million tokens in and out: --price 0.15/0.60"
            ) from None
        return cls(before, after)

    def of(self, tokens_in: float, tokens_out: float) -> float:
        return (tokens_in * self.tokens_in + tokens_out * self.tokens_out) / 1e6


@dataclass(frozen=True, slots=True)
class Estimate:
    """`tokens_out` is what is likely (None if no row was done yet), `most_out` what is possible."""

    documents: int
    kept: int
    requests: int
    tokens_in: int
    tokens_out: int | None
    most_out: int


def requests(documents: Iterable[Document], asker: Asker, wanted: Callable[[str], bool]) -> Iterator[Request]:
    """What would be asked first about the documents whose hash is wanted, each text once."""
    seen: set[str] = set()
    for document in documents:
        hash = document_hash(document)
        if hash in seen or not wanted(hash) or not document.text.strip():
            continue
        seen.add(hash)
        for span in asker.spans(document):
            yield asker.request(document, span)


def estimate(
    documents: Iterable[Document], asker: Asker, wanted: Callable[[str], bool], mean_out: float | None
) -> Estimate:
    """The cost of asking once; replies that do not fit and are asked again cost more."""
    counted = kept = 0

    def counting() -> Iterator[Document]:
        nonlocal counted, kept
        for document in documents:
            counted += 1
            kept += not wanted(document_hash(document))
            yield document

    many = tokens_in = most_out = 0
    for request in requests(counting(), asker, wanted):
        many += 1
        tokens_in += asker.generator.count(request.messages)
        most_out += request.sampling.max_tokens
    likely = None if mean_out is None else round(mean_out * many)
    return Estimate(counted, kept, many, tokens_in, likely, most_out)
