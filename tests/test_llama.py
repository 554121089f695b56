"""The local engine, with the bundled model for real."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest

from rag.errors import InputError, ModelError
from rag.models.llama import LlamaGenerator, smollm2
from rag.types import Message, Sampling, Shape

pytestmark = pytest.mark.model

PERSON = Shape({}, r'root ::= "{\"name\":\"" [a-zA-Z ]{1,30} "\",\"age\":" [0-9]{1,3} "}"')
SYSTEM = "You extract data from text. Reply with JSON."


def ask(text: str) -> list[Message]:
    return [Message("system", SYSTEM), Message("user", f"Extract name and age: {text}")]


@pytest.fixture(scope="module")
def model() -> Iterator[LlamaGenerator]:
    with smollm2(threads=1) as opened:
        yield opened


def test_a_reply_fits_its_grammar(model: LlamaGenerator) -> None:
    reply = model.generate(ask("Maria is 31 years old and lives in Porto."), PERSON)
    assert json.loads(reply.text) == {"name": "Maria", "age": 31}
    assert reply.stopped == "done"
    assert reply.tokens_in == model.count(ask("Maria is 31 years old and lives in Porto."))


def test_the_pieces_are_the_reply(model: LlamaGenerator) -> None:
    pieces: list[str] = []
    reply = model.generate(ask("Maria is 31."), None, Sampling(max_tokens=30), pieces.append)
    assert "".join(pieces) == reply.text
    assert reply.tokens_out <= 30


def test_a_cut_reply_says_so(model: LlamaGenerator) -> None:
    reply = model.generate(ask("Maria is 31."), PERSON, Sampling(max_tokens=3))
    assert (reply.stopped, reply.tokens_out) == ("length", 3)


def test_a_seed_gives_the_same_text_again(model: LlamaGenerator) -> None:
    hot = [Sampling(max_tokens=40, temperature=1.5, seed=seed) for seed in (1, 2, 1, 3, 1)]
    texts = [model.generate(ask("Ann is 4."), PERSON, sampling).text for sampling in hot]
    assert texts[0] == texts[2] == texts[4]
    assert len(set(texts)) > 1


def test_a_prompt_longer_than_the_context_names_both_numbers(model: LlamaGenerator) -> None:
    with pytest.raises(ModelError, match=r"90\d\d tokens, the context 8192"):
        model.generate([Message("user", "x " * 9000)])


def test_a_broken_grammar_is_an_error(model: LlamaGenerator) -> None:
    with pytest.raises(InputError, match="left recursion"):
        model.generate(ask("Ann is 4."), Shape({}, 'root ::= root "a"'))
