"""
One token from one row of logits, as grammar and sampling want it.

The grammar is asked late: about the best token first, then about the best 64, 1,024, and about the whole vocabulary
only if it refuses all these. The result is that of masking the whole vocabulary at each step, which costs far more.

With a temperature, Gumbel noise is added to the scaled logits and the best *admitted* token is taken: that is a sample
of exactly the distribution among admitted tokens, and the late question stays right. The noise of a token depends on
the seed and its place in the reply alone, not on what else is decoded at the same time.
"""

from __future__ import annotations

import codecs
import ctypes
import re
from collections.abc import Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from rag import gbnf
from rag.errors import InputError, OutputError
from rag.types import Sampling, Shape

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from rag.models.llama.model import Model

WIDTHS = (64, 1024)
SHORTEST, LONGEST = 4, 200  # bytes of a text that must follow, to be looked at
QUOTES = re.compile(r'(?<!\\)(?:\\\\)*"')  # that begin or end a text of JSON
ROUNDS, CIRCLE = 3, range(4, 400)  # how often, and how long in characters, what is said again and again


class GrammarSampler:
    """Chooses the tokens of one reply. Holds llama.cpp's grammar state: `close` frees it."""

    def __init__(self, model: Model, shape: Shape | None, sampling: Sampling) -> None:
        import numpy as np

        self.model, self.lib, self.sampling, self.np = model, model.lib, sampling, np
        self.step = 0
        self._said = ""
        self.decoder = codecs.getincrementaldecoder("utf-8")("strict" if shape else "replace")
        self.full_scans = 0
        self._leaning = shape.leaning if shape else None
        self._first_tokens: dict[str, list[int]] = {}
        self._watch = shape.once.begin() if shape and shape.once else None
        self._grammar: Any = None
        self._buffer: Any = None
        if shape is not None:
            gbnf.check(shape.grammar)
            self.lib.rag_log.take()
            self._grammar = self.lib.llama_sampler_init_grammar(model.vocab, shape.grammar.encode(), b"root")
            if not self._grammar:
                why = self.lib.rag_log.take() or "no reason given"
                raise InputError(
                    f"grammar: llama.cpp cannot load it: {why}", "The format is GBNF, that of llama.cpp's grammars."
                )
            self._one = (self.lib.llama_token_data * 1)()
            self._one_array = self.lib.llama_token_data_array(self._one, 1, -1, False)

    def close(self) -> None:
        if self._grammar:
            self.lib.llama_sampler_free(self._grammar)
            self._grammar = None

    def sample(self, logits: NDArray[np.float32]) -> int:
        """
        The next token: an end-of-reply token only where the grammar permits an end, and no comma after elements of a
        list that go round in circles, if the list may end there.
        """
        token = self._likeliest(self._leant(logits))
        if self._grammar is None or self.model.is_eog(token):
            return token
        before, comma, _ = self.model.piece(token).decode("utf-8", "replace").partition(",")
        if not comma or not self._circles(before):
            return token
        end = self._first(self.np.array(self.model.tokens(before + "]")[:1]))
        return token if end is None else end

    def _leant(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        """The logits with what the shape's leaning adds to the tokens that begin the texts it would rather have."""
        wanted = self._leaning.after(self._said) if self._leaning and not self.decoder.getstate()[0] else {}
        if not wanted:
            return logits
        texts = [(text.encode(), nats) for text, nats in wanted.items()]
        leant = logits.copy()
        width = min(WIDTHS[1], len(logits))
        likely = self.np.argpartition(logits, -width)[-width:].tolist()
        begun = [token for text in wanted for token in self._begun_by(text)]  # of a wanted text, however unlikely
        for token in dict.fromkeys([*likely, *begun]):
            if piece := self.model.piece(token):
                nats = [more for text, more in texts if text.startswith(piece) or piece.startswith(text)]
                leant[token] += max(nats, default=0.0)
        return leant

    def _begun_by(self, text: str) -> list[int]:
        """The token that a text begins with."""
        if text not in self._first_tokens:
            self._first_tokens[text] = self.model.tokens(text)[:1]
        return self._first_tokens[text]

    def _likeliest(self, logits: NDArray[np.float32]) -> int:
        np = self.np
        scores = self._scores(logits)
        best = int(scores.argmax())
        if self._admits(best):
            return best
        for width in WIDTHS:
            if width >= len(scores):
                break
            least = np.partition(scores, -width)[-width]
            near = np.flatnonzero(scores >= least)  # all that tie with the last one as well
            found = self._first(near[np.lexsort((near, -scores[near]))])
            if found is not None:
                return found
            if width == WIDTHS[0] and (end := self._only_end()) is not None:
                return end
        self.full_scans += 1
        everything = np.argsort(-scores, kind="stable")
        found = self._first(everything)
        if found is None and self._watch is not None:  # nothing else is left but to say it twice
            watch, self._watch = self._watch, None
            found, self._watch = self._first(everything), watch
        if found is None:
            raise OutputError(
                "the grammar admits no token that this model knows", "Check the grammar's character sets."
            )
        return found

    def accept(self, token: int) -> str:
        """Put the chosen token into the reply; the text that is now sure, whole code points only."""
        self.step += 1
        if self.model.is_eog(token):
            return ""
        if self._grammar:
            self.lib.llama_sampler_accept(self._grammar, token)
        text = self.decoder.decode(self.model.piece(token))
        self._said += text
        if self._watch is not None:
            self._watch.accept(text)
        return text

    def _circles(self, more: str) -> bool:
        """
        Whether the reply and `more` end in elements of a list, texts or objects, that were said three times in a row.

        Small models do not find out of that by themselves, and go on until the list may hold no more.
        """
        said = self._said + more
        if not said.endswith(('"', "}")) or len(QUOTES.findall(said)) % 2:  # inside of a text
            return False
        tail = said[-ROUNDS * CIRCLE.stop :]
        return any(
            tail[-ROUNDS * length + 1 :] == (tail[-length:] * ROUNDS)[1:]  # the first one has no comma before it
            for length in CIRCLE
            if len(tail) >= ROUNDS * length and tail[-length] == "," and '"' in tail[-length:]
        )

    def forced(self, tokens: Sequence[int]) -> list[int]:
        """
        Tokens that must follow these, the reply so far, if the tokenizer would have gone on so.

        The grammar admits but one text for a while, the names of the fields above all: the model need not be asked
        token by token. The last token of that text is left to it, as it may take a longer one that goes on from there.
        """
        if self._grammar is None or self.decoder.getstate()[0]:
            return []
        text = self._forced_text()
        if len(text) < SHORTEST:
            return []
        for last in range(1, 5):  # tokens that end in whole code points
            with suppress(UnicodeDecodeError):
                before = list(tokens[-last:])
                found = self.model.tokens((b"".join(map(self.model.piece, before)) + text).decode())
                return found[len(before) : -1] if found[: len(before)] == before else []
        return []

    def _forced_text(self) -> bytes:
        """The bytes that the grammar admits alone, one after another, as far as they are ASCII."""
        text, ahead = b"", self._grammar
        try:
            while len(text) < LONGEST:
                admitted = self._admitted(self.model.first_tokens(), ahead)
                if len(admitted) != 1 or self._admits(self.model.end, ahead):
                    break
                piece = self.model.piece(int(admitted[0]))
                if len(piece) != 1 or not piece.isascii():
                    break
                if ahead is self._grammar:
                    ahead = self.lib.llama_sampler_clone(self._grammar)
                self.lib.llama_sampler_accept(ahead, int(admitted[0]))
                text += piece
        finally:
            if ahead is not self._grammar:
                self.lib.llama_sampler_free(ahead)
        return text

    def finish(self) -> str:
        """What is left of an unfinished code point at the end of a reply without a grammar."""
        try:
            return self.decoder.decode(b"", True)
        except UnicodeDecodeError:
            return ""

    def must_end(self) -> bool:
        """Whether the grammar admits nothing but the end."""
        return self._grammar is not None and self._only_end() is not None

    def _scores(self, logits: NDArray[np.float32]) -> NDArray[np.float32]:
        heat = self.sampling.temperature
        if heat <= 0:
            return logits
        noise = self.np.random.Generator(self.np.random.PCG64((self.sampling.seed & (2**64 - 1), self.step)))
        scores: NDArray[np.float32] = logits / self.np.float32(heat)
        scores -= self.np.log(noise.standard_exponential(len(logits), dtype=self.np.float32) + self.np.float32(1e-30))
        return scores

    def _readable(self, token: int) -> bool:
        """Control tokens are no text, and with a grammar the bytes so far must be able to become text."""
        piece = self.model.piece(token)
        if not piece:
            return False
        if (self._grammar and not piece.isascii()) or self.decoder.getstate()[0]:
            state = self.decoder.getstate()
            try:
                self.decoder.decode(piece)
            except UnicodeDecodeError:
                return False
            finally:
                self.decoder.setstate(state)
        return True

    def _admits(self, token: int, grammar: Any = None) -> bool:
        if self.model.is_eog(token):
            if self._grammar is None:
                return True
            if self.decoder.getstate()[0]:  # in the middle of a code point
                return False
        elif not self._readable(token):
            return False
        if self._grammar is None:
            return True
        self._one[0].id, self._one[0].logit = token, 1.0
        self._one_array.size = 1
        self.lib.llama_sampler_apply(grammar or self._grammar, ctypes.byref(self._one_array))
        return bool(self._one[0].logit > 0) and (grammar is not None or self._is_new(token))

    def _is_new(self, token: int) -> bool:
        """Whether a token says nothing twice that must be said once."""
        if self._watch is None:
            return True
        state = self.decoder.getstate()
        text = self.decoder.decode(self.model.piece(token))
        self.decoder.setstate(state)
        return self._watch.admits(text) and (not self._watch.repeats(text) or self._goes_on(token, text))

    def _goes_on(self, token: int, text: str) -> bool:
        """Whether the grammar admits more behind a token than the end of what is said twice with it."""
        assert self._watch is not None
        ahead = self.lib.llama_sampler_clone(self._grammar)
        try:
            self.lib.llama_sampler_accept(ahead, token)
            pieces = [self.model.piece(int(one)) for one in self._admitted(self.model.first_tokens(), ahead)]
        finally:
            self.lib.llama_sampler_free(ahead)
        return any(not piece.isascii() or self._watch.admits(text + piece.decode()) for piece in pieces)

    def _admitted(self, tokens: NDArray[np.int64], grammar: Any) -> NDArray[np.int64]:
        """Those of the tokens that the grammar admits, with one question."""
        cells = self.np.zeros(len(tokens), dtype=[("id", "<i4"), ("logit", "<f4"), ("p", "<f4")])
        cells["id"], cells["logit"] = tokens, 1.0
        data = cells.ctypes.data_as(ctypes.POINTER(self.lib.llama_token_data))
        array = self.lib.llama_token_data_array(data, len(tokens), -1, False)
        self.lib.llama_sampler_apply(grammar, ctypes.byref(array))
        admitted: NDArray[np.int64] = tokens[cells["logit"] > 0]
        return admitted

    def _first(self, tokens: NDArray[np.int64]) -> int | None:
        """The first of these tokens that is admitted, with one question to the grammar."""
        if self._grammar is not None:
            tokens = self._admitted(tokens, self._grammar)
        for token in tokens.tolist():
            if self.model.is_eog(token):
                if self._grammar is None or not self.decoder.getstate()[0]:
                    return int(token)
            elif self._readable(token) and self._is_new(token):
                return int(token)
        return None

    def _only_end(self) -> int | None:
        """The end-of-reply token if the grammar is complete here and admits no byte more."""
        if self._grammar is None or self.decoder.getstate()[0]:
            return None
        end = self.model.end
        if end < 0 or not self._admits(end):
            return None
        return end if self._first(self.model.first_tokens()) is None else None
