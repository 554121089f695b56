"""
Documents to requests: the windows of a text, the prompt of each, the shape of its reply, the room for both.

It asks nobody and knows no rows.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.errors import InputError
from rag.extract.about import about, head
from rag.extract.form import Form, Try
from rag.extract.plan import Example, Plan
from rag.extract.windows import Span, windows
from rag.types import Document, Generator, Message, Request, Sampling

FULL = 0.85  # of the tokens of a reply may be what rules tell
LEAST = 32  # tokens of a document that a window must have room for


class Asker:
    """What is asked of a model about a document, window by window."""

    def __init__(self, plan: Plan, form: Form, generator: Generator) -> None:
        self.plan = plan
        self.form = form
        self.generator = generator
        self._empty = generator.count(plan.messages("", shown=()))
        self._all = 0 if plan.choosing else generator.count(plan.messages("")) - self._empty

    def spans(self, document: Document) -> list[Span]:
        """The windows of a document, each with room for its prompt and its reply."""
        text = document.text
        taken = self._taken(self._shown(document))
        room = self._room(document) - taken
        if room < LEAST:
            raise InputError(
                f"{self.generator.name} takes {self.generator.context} tokens; the prompt needs {self._empty + taken}"
                f" and the reply up to {self.plan.max_tokens}: no room for a document",
                "Give fewer or shorter --examples, a smaller --max-tokens, or a model with a larger context.",
            )
        size = min(self.plan.window or room, room)
        whole = [(0, len(text))]
        if len(text.encode("utf-8", "replace")) + 8 <= size:  # no token is shorter than a byte
            if self._fullness(document, whole) <= 1:
                return whole
            size = min(size, self._length(text))
        for _ in range(8):
            found = windows(text, size, int(size * self.plan.overlap), self._length)
            most = max(self._length(text[start:end]) for start, end in found)
            full = self._fullness(document, found)
            if most <= room and full <= 1:  # tokens of pieces do not quite add up to those of the whole
                return found
            size = max(LEAST // 2, int(min(size, most) * min(0.8, 1 / full if full else 1)))
        return found

    def _fullness(self, document: Document, spans: Sequence[Span]) -> float:
        """The part of the tokens of a reply that the fullest window surely takes: rows that rules tell are long."""
        most = FULL * self.plan.max_tokens
        texts = [seen(document, span) for span in spans]
        return max(
            self._length(self.form.likely(text)) / most if self._length(text) * 2 > most else 0 for text in texts
        )

    def _room(self, document: Document) -> int:
        """Tokens that are left for examples and the document's text."""
        known = self._length(document.title) + self._length(head(about(document)))
        return self.generator.context - self._empty - self.plan.max_tokens - known

    def _taken(self, examples: Sequence[Example]) -> int:
        """Tokens that the examples take of it."""
        if not self.plan.choosing:
            return self._all
        return self.generator.count(self.plan.messages("", shown=examples)) - self._empty

    def _shown(self, document: Document) -> Sequence[Example]:
        """The examples for a document; of those chosen for it as many as leave half of the room, if it needs that."""
        examples = self.plan.shown(document.text)
        if self.plan.choosing:
            room = self._room(document)
            needed = min(self._length(document.text), room // 2)
            while examples and room - self._taken(examples) < needed:
                examples = examples[1:]
        return examples

    def _length(self, text: str) -> int:
        return self.generator.count([Message("user", text)]) if text else 0

    def request(self, document: Document, span: Span, what: Try | None = None, attempt: int = 1) -> Request:
        """What is asked about a window; the seed of a further attempt is another one. Raises InputError."""
        text = seen(document, span)
        what = what or self.form.first(text)
        most = min(self.plan.max_tokens, what.shape.longest or self.plan.max_tokens)
        sampling = Sampling(most, self.plan.temperature, self.plan.seed + attempt - 1)
        return Request(
            [*self.plan.messages(text, document.title, self._shown(document)), *what.said], what.shape, sampling
        )


def seen(document: Document, span: Span) -> str:
    """What a model is shown of a window: what the document's format knows, and the window's text."""
    return head(about(document)) + document.text[slice(*span)]
