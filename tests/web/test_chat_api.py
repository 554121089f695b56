"""OpenAI's own client against our form of its API."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import openai
import pytest
from serving import NOTES, Served


@pytest.fixture
def client(served: Served) -> Iterator[openai.OpenAI]:
    with openai.OpenAI(base_url=f"{served.url}/v1", api_key=served.secret, max_retries=0) as made:
        yield made


ASKED = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How do I turn on WAL mode?"}]


def test_an_answer_comes_with_its_citations(client: Any, served: Served) -> None:
    reply = client.chat.completions.create(model="rag", messages=ASKED)
    message = reply.choices[0].message
    assert message.content
    cited = message.annotations[0].url_citation
    assert cited.title == "WAL mode"
    assert cited.url.startswith(served.url + "/d/")
    quote = reply.rag["citations"][0]
    assert quote["quote"] == NOTES["wal.md"][quote["start"] : quote["end"]]
    assert reply.choices[0].finish_reason == "stop"


def test_it_is_streamed(client: Any) -> None:
    whole = client.chat.completions.create(model="rag", messages=ASKED).choices[0].message.content
    pieces = list(client.chat.completions.create(model="rag", messages=ASKED, stream=True))
    text = "".join(piece.choices[0].delta.content or "" for piece in pieces)
    assert text == whole
    assert pieces[0].choices[0].delta.role == "assistant"
    assert pieces[-1].choices[0].finish_reason == "stop"
    assert pieces[-1].rag["citations"]


def test_a_conversation_is_understood(client: Any) -> None:
    turns = [
        *ASKED,
        {"role": "assistant", "content": "With a PRAGMA."},
        {"role": "user", "content": "And do readers wait?"},
    ]
    parts = [{"role": "user", "content": [{"type": "text", "text": "How do I set up the printer?"}]}]
    assert client.chat.completions.create(model="rag", messages=turns).rag["question"] == "And do readers wait?"
    assert client.chat.completions.create(model="rag", messages=parts).rag["citations"][0]["document"] == "printer.md"


def test_what_is_wrong_is_an_error_of_the_client(client: Any, served: Served) -> None:
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(model="rag", messages=[{"role": "assistant", "content": "x"}])
    with pytest.raises(openai.UnprocessableEntityError, match="4,001 characters, and 4,000 are the most"):
        client.chat.completions.create(model="rag", messages=[{"role": "user", "content": "x" * 4001}])
    with (
        openai.OpenAI(base_url=f"{served.url}/v1", api_key="wrong", max_retries=0) as other,
        pytest.raises(openai.AuthenticationError),
    ):
        other.chat.completions.create(model="rag", messages=ASKED)
    assert [one.id for one in client.models.list()] == ["rag"]
