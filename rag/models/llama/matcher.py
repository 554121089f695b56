"""
Does a grammar admit a text? Asked of llama.cpp's own matcher, with a model's own tokens.

For measuring grammars against instances that are known to be valid or invalid. A text has many splits into tokens;
a grammar of characters admits all of them or none, so the tokenizer's split is enough. It generates nothing.
"""

from __future__ import annotations

import ctypes
from typing import TYPE_CHECKING

from rag import gbnf
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.models.llama.model import Model


class Matcher:
    """Texts against grammars, with the vocabulary of a model."""

    def __init__(self, model: Model) -> None:
        self.model, self.lib = model, model.lib
        self._one = (self.lib.llama_token_data * 1)()
        self._array = self.lib.llama_token_data_array(self._one, 1, -1, False)

    def admits(self, grammar: str, text: str) -> bool:
        """Whether the whole text is admitted. Raises InputError for a grammar that llama.cpp cannot load."""
        gbnf.check(grammar)
        self.lib.rag_log.take()
        sampler = self.lib.llama_sampler_init_grammar(self.model.vocab, grammar.encode(), b"root")
        if not sampler:
            raise InputError(f"grammar: llama.cpp cannot load it: {self.lib.rag_log.take() or 'no reason given'}")
        try:
            for token in self.model.tokens(text):
                if not self._admits(sampler, token):
                    return False
                self.lib.llama_sampler_accept(sampler, token)
            return self._admits(sampler, self.model.end)
        finally:
            self.lib.llama_sampler_free(sampler)

    def _admits(self, sampler: object, token: int) -> bool:
        self._one[0].id, self._one[0].logit = token, 1.0
        self._array.size = 1
        self.lib.llama_sampler_apply(sampler, ctypes.byref(self._array))
        return bool(self._one[0].logit > 0)


def smollm2_matcher() -> Matcher:
    """With the vocabulary of the bundled model, which has a token for every byte."""
    from rag.models.llama import smollm2
    from rag.models.llama.model import Model

    return Matcher(Model(smollm2().path))
