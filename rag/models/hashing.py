"""
`hash:256`: an embedder without weights. Words and pieces of words, hashed into a vector.

It finds texts that share words or parts of words, so it is the floor that a real embedder must beat, and it needs no
model for tests. It knows no language: no stop words, no stems, no synonyms.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING
from unicodedata import normalize
from zlib import crc32

from rag.errors import ModelError

if TYPE_CHECKING:
    from rag.types import Vectors

SMALLEST, LARGEST = 8, 65536
_WORD = re.compile(r"\w+")
_GRAMS = (3, 4)  # letters; they join "indexes", "indexing" and "reindex"
_SHARE = 0.4  # weight of a word's pieces together, beside 1 for the word itself


class HashingEmbedder:
    """Each feature adds to one place of the vector, with a sign of its own, so that collisions cancel on average."""

    max_tokens = 1_000_000  # nothing is cut
    windows = True
    threshold = 0.0
    english = False

    def __init__(self, dimensions: int = 256) -> None:
        self.dimensions = dimensions
        self.name = f"hash:{dimensions}"
        self.fingerprint = f"hashing-1-{dimensions}"  # raise the number when `features` or `embed` change

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        """float32 of shape (len(texts), dimensions), each row of length 1; the same in every process."""
        import numpy as np

        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for feature, weight in _features(text).items():
                code = crc32(feature.encode("utf-8", "replace"))
                row[code % self.dimensions] += weight if code & 0x80000000 else -weight
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        empty = lengths[:, 0] < 1e-6  # no words, or all cancelled: still a unit vector
        rows[empty] = 0
        rows[empty, 0] = 1
        rows /= np.where(lengths < 1e-6, 1, lengths)
        return rows


def hashing(dimensions: str = "256") -> HashingEmbedder:
    """The embedder for what stands behind `hash:`."""
    if not dimensions.isascii() or not dimensions.isdigit() or not SMALLEST <= int(dimensions) <= LARGEST:
        raise ModelError(
            f"hash:{dimensions}: the dimensions are a number from {SMALLEST} to {LARGEST}",
            "Write hash:256 for example.",
        )
    return HashingEmbedder(int(dimensions))


def _features(text: str) -> dict[str, float]:
    """Words and their pieces; a feature that comes often counts with the root of its count."""
    found: dict[str, float] = {}
    for word, count in Counter(_WORD.findall(normalize("NFKC", text).casefold())).items():
        weight = count**0.5
        found[word] = found.get(word, 0.0) + weight
        pieces = list(_pieces(word))
        for piece in pieces:
            found[piece] = found.get(piece, 0.0) + weight * (_SHARE / len(pieces)) ** 0.5
    return found


def _pieces(word: str) -> Iterator[str]:
    framed = f"<{word}>"  # the frame keeps a piece apart from a word, and says where in the word it stands
    for size in _GRAMS:
        if len(framed) > size:
            yield from (f"#{framed[at : at + size]}" for at in range(len(framed) - size + 1))
