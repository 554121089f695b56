"""The adversary: a text of tokens drawn at random, whatever the grammar lets through, and what became of it."""

from __future__ import annotations

import codecs
import random
from typing import Any

from rag import grammar
from rag.models.llama.matcher import Matcher

# few choices are left open, so that most texts come to an end
TIGHT = grammar.Limits(string=12, items=2, keys=2, key=8, depth=1, silent=2)
DRAWN = 200


class Adversary:
    """Writes with the vocabulary of a real model, and without the model."""

    def __init__(self, matcher: Matcher, seed: int) -> None:
        self.matcher, self.lib, self.model = matcher, matcher.lib, matcher.model
        self.rng = random.Random(seed)
        self.begin: dict[int, list[int]] = {}  # a byte: the tokens that begin with it
        for token in range(self.lib.llama_vocab_n_tokens(self.model.vocab)):
            if piece := self.model.piece(token):
                self.begin.setdefault(piece[0], []).append(token)
        self.single = [min(tokens, key=lambda t: len(self.model.piece(t))) for tokens in self.begin.values()]
        self.cells = (self.lib.llama_token_data * 1024)()

    def write(self, gbnf: str, most: int) -> str | None:
        """A text; None if it has no end within so many tokens. Bytes that make no text are not drawn."""
        sampler = self.lib.llama_sampler_init_grammar(self.model.vocab, gbnf.encode(), b"root")
        assert sampler, "llama.cpp cannot load the grammar"
        decoder = codecs.getincrementaldecoder("utf-8")()
        text = ""
        try:
            for _ in range(most):
                whole = not decoder.getstate()[0]
                if whole and self.rng.random() < 0.5 and self.matcher._admits(sampler, self.model.end):
                    return text
                token = self._draw(sampler, decoder)
                if token is None:
                    return text if whole and self.matcher._admits(sampler, self.model.end) else None
                self.lib.llama_sampler_accept(sampler, token)
                text += decoder.decode(self.model.piece(token))
        finally:
            self.lib.llama_sampler_free(sampler)
        return None

    def _draw(self, sampler: Any, decoder: codecs.IncrementalDecoder) -> int | None:
        """One of the tokens that the grammar admits; which bytes it admits is asked first."""
        bytes_ = self._admitted(sampler, decoder, self.single)
        if not bytes_:
            return None
        able = [token for byte in bytes_ for token in self.begin[self.model.piece(byte)[0]]]
        return self.rng.choice(self._admitted(sampler, decoder, self.rng.choices(able, k=DRAWN)) or bytes_)

    def _admitted(self, sampler: Any, decoder: codecs.IncrementalDecoder, tokens: list[int]) -> list[int]:
        for cell, token in zip(self.cells, tokens, strict=False):
            cell.id, cell.logit = token, 1.0
        array = self.lib.llama_token_data_array(self.cells, len(tokens), -1, False)
        self.lib.llama_sampler_apply(sampler, array)
        good = [cell.id for cell in self.cells[: len(tokens)] if cell.logit > 0]
        return [token for token in good if _readable(decoder, self.model.piece(token))]


def _readable(decoder: codecs.IncrementalDecoder, piece: bytes) -> bool:
    state = decoder.getstate()
    try:
        decoder.decode(piece)
    except UnicodeDecodeError:
        return False
    finally:
        decoder.setstate(state)
    return True
