"""The local engine, with the bundled model for real."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from rag.errors import InputError, ModelError, OutputError
from rag.models.llama import LlamaGenerator, smollm2
from rag.types import Message, Reply, Request, Sampling, Shape

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


def person(number: int) -> Request:
    name = ["Maria", "Paul", "Chen", "Fatima", "Igor"][number % 5]
    return Request(ask(f"{name} is {20 + number} years old and lives in Porto."), PERSON, Sampling(max_tokens=60))


def test_many_at_a_time_give_what_one_at_a_time_gives() -> None:
    with smollm2(threads=1, slots=4) as several:
        batch = dict(several.generate_many(person(n) for n in range(10)))
        for number, reply in batch.items():
            assert isinstance(reply, Reply)
            assert json.loads(reply.text)["age"] == 20 + number
    assert sorted(batch) == list(range(10))


def test_requests_are_read_when_there_is_a_slot_for_them() -> None:
    read: list[int] = []

    def requests() -> Iterator[Request]:
        for number in range(1000):
            read.append(number)
            yield person(number)

    with smollm2(threads=1, slots=3) as several:
        replies = several.generate_many(requests())
        for _ in range(4):
            next(replies)
        assert len(read) <= 4 + 3
        assert several.generate(person(0).messages, PERSON).text  # a batch under way does not mind
        assert isinstance(next(replies)[1], Reply)


def test_a_bad_request_fails_alone() -> None:
    requests = [
        person(0),
        Request([Message("user", "x " * 700)]),
        Request(person(1).messages, Shape({}, "root ::= (")),
        Request(person(1).messages, Shape({}, "root ::= [z-a]")),
        person(2),
    ]
    with smollm2(threads=1, slots=2, context=600) as several:
        replies = dict(several.generate_many(requests))
    assert [type(replies[n]) for n in range(5)] == [Reply, ModelError, InputError, OutputError, Reply]


def test_a_full_cache_puts_replies_back_and_loses_none() -> None:
    long = Shape({}, r'root ::= "[" n{40} "]"' + "\n" + r'n ::= [0-9] ","')
    with smollm2(threads=1, slots=3, context=200) as several:
        replies = dict(several.generate_many(Request(ask(f"{n}"), long, Sampling(max_tokens=100)) for n in range(3)))
    for reply in replies.values():
        assert isinstance(reply, Reply)
        assert (reply.stopped, len(reply.text)) == ("done", 82)


def test_one_slot_is_exactly_generate(model: LlamaGenerator) -> None:
    hot = [replace(person(n), sampling=Sampling(60, 1.0, n)) for n in range(4)]
    with smollm2(threads=1, slots=1) as single:
        replies = dict(single.generate_many(hot))
    for number, request in enumerate(hot):
        assert isinstance(reply := replies[number], Reply)
        assert reply.text == model.generate(request.messages, request.shape, request.sampling).text
