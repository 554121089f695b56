"""
`hash:256`: an embedder without weights, for tests and as the floor that a real one must beat.

Words and their letter trigrams are hashed into signed buckets (feature hashing; Weinberger et al. 2009,
arXiv:0902.2206), so texts that share words or parts of words are near each other. It understands nothing. The same
vectors in every process and on every machine.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from rag.errors import ModelError

if TYPE_CHECKING:
    from rag.types import Vectors

TRIGRAM = 0.3  # the weight of a letter trigram beside that of a word


class HashingEmbedder:
    """Feature hashing into `dimensions` buckets."""

    max_tokens = 1_000_000

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self.name = f"hash:{dimensions}"
        self.fingerprint = f"hash-{dimensions}-words-trigrams-1"

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        """float32 (len(texts), dimensions), unit rows; a text without a word points along the first axis."""
        import numpy as np

        out = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        for row, text in zip(out, texts, strict=True):
            for feature, weight in _features(text):
                value = zlib.crc32(feature.encode("utf-8", "surrogatepass"))
                row[(value >> 1) % self.dimensions] += weight if value & 1 else -weight
            norm = float(np.linalg.norm(row))
            if norm < 1e-6:
                row[:] = 0
                row[0] = norm = 1.0
            row /= norm
        return out


def _features(text: str) -> Iterator[tuple[str, float]]:
    for word, count in Counter(re.findall(r"\w+", text.lower())).items():
        weight = 1 + math.log(count)
        yield word, weight
        marked = f"^{word}$"
        for start in range(len(marked) - 2):
            yield "#" + marked[start : start + 3], TRIGRAM * weight


def hashing(dimensions: str) -> HashingEmbedder:
    """`hash:256` -> the embedder. Raises ModelError if the dimensions are not a number from 8 to 4096."""
    if not dimensions.isdecimal() or not 8 <= int(dimensions) <= 4096:
        raise ModelError(f"'hash:{dimensions}': the dimensions are a number from 8 to 4096", "Write hash:256")
    return HashingEmbedder(int(dimensions))
