"""Endpoints as they are: what they reply, what they refuse, what they learn us; a real server on loopback."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scripted_server import Answer, Scripted, completion, refusal, serving, stream

from rag import grammar
from rag.errors import ModelError, OutputError
from rag.models.hosted import Endpoint, HostedGenerator, Limits
from rag.types import Message, Sampling, Shape

HELLO = [Message("user", "My name is Ada.")]
NAME = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {"name": {"type": "string"}},
}
SHAPE = Shape(NAME, 'root ::= "{}"')
ADA = '{"name": "Ada"}'


@pytest.fixture(autouse=True)
def _environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RAG_API_KEY", "OPENAI_API_KEY", "OPENAI_BASE_URL", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


class Patience:
    """Waits for nobody, and remembers for how long it would have."""

    def __init__(self) -> None:
        self.waits: list[float] = []

    def __call__(self, seconds: float) -> None:
        self.waits.append(seconds)


def generator(
    server: Scripted, notices: list[str] | None = None, wait: Patience | None = None, model: str = "m", **limits: Any
) -> HostedGenerator:
    endpoint = Endpoint(server.url, Limits(**{"timeout": 20.0, "retries": 1, **limits}), wait or Patience())
    notice = (notices if notices is not None else []).append
    return HostedGenerator(model, endpoint, normalise=grammar.strict, check=grammar.check, notice=notice)


def sse(*chunks: Any, done: bool = True) -> Answer:
    text = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + ("data: [DONE]\n\n" if done else "")
    return Answer(body=text, headers={"Content-Type": "text/event-stream"})


def piece(content: Any, reason: str | None = None, **delta: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": {"content": content, **delta}, "finish_reason": reason}]}


REPLIES = {
    "plain": completion(ADA),
    "parts": completion([{"type": "text", "text": ADA}]),
    "parts with thoughts": completion([{"type": "thinking", "thinking": "{}"}, {"type": "text", "text": ADA}]),
    "reasoning, content null": completion(None, reasoning_content=ADA),
    "reasoning, content empty": completion("", reasoning_content=ADA),
    "reasoning, by its other name": completion("", reasoning=f"```json\n{ADA}\n```"),
    "fence": completion(f"```json\n{ADA}\n```"),
    "prose": completion(f"Sure!\n\n{ADA}\n\nAnything else?"),
    "thoughts": completion(f'<think>\n{{"name": "Bob"}}?\n</think>\n{ADA}'),
    "tool call": completion(None, "tool_calls", tool_calls=[{"function": {"name": "reply", "arguments": ADA}}]),
    "stream": stream(ADA[:4], ADA[4:]),
    "stream unasked": sse(piece(ADA, "stop")),
    "stream of parts": sse(piece([{"type": "text", "text": ADA}]), piece(None, "stop")),
    "stream that never says why it ended": sse(piece(ADA), done=False),
    "stream with pings": Answer(
        body=": ping\n\n" + str(stream(ADA).body), headers={"Content-Type": "text/event-stream"}
    ),
    "byte order mark": Answer(body=b"\xef\xbb\xbf" + str(completion(ADA).body).encode()),
    "no usage": Answer(body=json.dumps({"choices": [{"message": {"content": ADA}, "finish_reason": "stop"}]})),
    "usage without sense": Answer(
        body=json.dumps({"choices": [{"message": {"content": ADA}}], "usage": {"prompt_tokens": 10**30}})
    ),
}


@pytest.mark.parametrize("streaming", [False, True])
@pytest.mark.parametrize("answer", REPLIES.values(), ids=REPLIES)
def test_a_reply_is_taken_where_it_stands(answer: Answer, streaming: bool) -> None:
    shown: list[str] = []
    with serving(answer) as server:
        reply = generator(server).generate(HELLO, SHAPE, on_text=shown.append if streaming else None)
    assert (json.loads(reply.text), reply.stopped) == ({"name": "Ada"}, "done")
    assert 0 < reply.tokens_in < 1000
    if streaming:
        assert json.loads("".join(shown)) == {"name": "Ada"}


@pytest.mark.parametrize(
    "answer",
    [
        completion(ADA, "length"),
        completion(None, "length", reasoning_content="hm"),
        completion(f"{ADA} or is it", "length"),
    ],
)
def test_a_reply_that_was_cut_is_cut_whatever_it_holds(answer: Answer) -> None:
    with serving(answer) as server:
        assert generator(server).generate(HELLO, SHAPE).stopped == "length"


def test_thoughts_that_hold_more_than_the_value_are_drafts() -> None:
    with serving(completion("", reasoning_content=f'{{"name": "Bob"}}? No: {ADA}')) as server:
        assert generator(server).generate(HELLO, SHAPE).text == ""


def test_a_model_that_thinks_until_its_tokens_are_used_up_gets_more() -> None:
    def answer(body: dict[str, Any]) -> Answer:
        if body["max_tokens"] < 5000:
            return completion(None, "length", reasoning_content="thinking and thinking")
        return completion(ADA)

    with serving(answer) as server:
        model = generator(server)
        assert [model.generate(HELLO, SHAPE, Sampling(100)).text for _ in range(2)] == [ADA, ADA]
    assert [body["max_tokens"] for body in server.seen] == [100, 100 + 8192, 100 + 8192]


def test_half_a_surrogate_pair_is_mended_and_two_halves_are_put_together() -> None:
    body = str(completion("Ada X").body)
    with serving(Answer(body=body.replace("X", "\\ud83d"))) as server:
        assert generator(server).generate(HELLO).text == "Ada \ufffd"
    with serving(sse(piece("a\ud83d"), piece("\ude00b"), piece("", "stop"))) as server:
        assert generator(server).generate(HELLO).text == "a😀b"


# --- what is learned


def test_an_endpoint_that_does_not_keep_to_the_schema_gets_it_in_words_and_that_is_told_once() -> None:
    notices: list[str] = []

    def answer(body: dict[str, Any]) -> Answer:
        return completion(f"```\n{ADA}\n```" if "JSON Schema" in str(body["messages"]) else "Ada, I think.")

    with serving(answer) as server:
        model = generator(server, notices)
        assert model.generate(HELLO, SHAPE).text == "Ada, I think."
        assert [json.loads(model.generate(HELLO, SHAPE).text) for _ in range(2)] == [{"name": "Ada"}] * 2
    assert [body["response_format"]["type"] for body in server.seen] == ["json_schema"] * 3  # it is asked for still
    assert ["JSON Schema" in str(body["messages"]) for body in server.seen] == [False, True, True]
    assert len(notices) == 1
    assert "does not hold its model to the schema" in notices[0]


def test_an_endpoint_that_keeps_to_the_schema_is_told_nothing_of_it() -> None:
    notices: list[str] = []
    with serving(completion(ADA)) as server:
        model = generator(server, notices)
        for _ in range(3):
            model.generate(HELLO, SHAPE)
    assert not notices
    assert not any("JSON Schema" in str(body["messages"]) for body in server.seen)


def test_one_failure_of_one_document_lowers_nothing_for_the_others() -> None:
    failed = refusal(400, "Failed to generate JSON. Please adjust your prompt.", code="json_validate_failed")
    with serving(failed, completion(ADA)) as server:
        model = generator(server)
        for _ in range(3):
            model.generate(HELLO, SHAPE)
    kinds = [body["response_format"]["type"] for body in server.seen]
    assert kinds == ["json_schema", "json_object", "json_schema", "json_schema"]


def test_what_is_refused_for_two_documents_is_not_asked_for_again() -> None:
    notices: list[str] = []

    def answer(body: dict[str, Any]) -> Answer:
        schema = body.get("response_format", {}).get("type") == "json_schema"
        return refusal(400, "response_format: bad request") if schema else completion(ADA)

    with serving(answer) as server:
        model = generator(server, notices)
        for _ in range(4):
            model.generate(HELLO, SHAPE)
    kinds = [body["response_format"]["type"] for body in server.seen]
    assert kinds == ["json_schema", "json_object"] * 2 + ["json_object"] * 2
    assert len(notices) == 1
    assert "takes no JSON schema" in notices[0]


@pytest.mark.parametrize(("taken", "limits"), [(524, [1024, 524]), (0, [1024, 524, None])])
def test_a_limit_that_is_too_large_is_lowered_to_what_is_left_or_left_out(taken: int, limits: list[int | None]) -> None:
    def answer(body: dict[str, Any]) -> Answer:
        if body.get("max_tokens", 0) > taken:
            return refusal(
                400,
                "'max_tokens' or 'max_completion_tokens' is too large: 1024. This model's maximum context length is"
                " 1024 tokens and your request has 500 input tokens (1024 > 1024 - 500).",
            )
        return completion(ADA)

    with serving(answer) as server:
        assert generator(server).generate(HELLO, SHAPE, Sampling(1024)).text == ADA
    assert [body.get("max_tokens") for body in server.seen] == limits


# --- what is refused


@pytest.mark.parametrize(
    ("answer", "wait"),
    [
        (Answer(429, "[{}]", {"Retry-After": "3s"}), 3),
        (Answer(429, json.dumps([{"error": {"message": "x", "details": [{"retryDelay": "39s"}]}}])), 39),
        (refusal(429, "Rate limit reached. Please try again in 1m2.5s."), 62.5),
        (refusal(429, "slow", retry_after=7), 7),
        (Answer(503, "<html><body><h1>Busy</h1>retry in 20s</body></html>"), 20),
    ],
)
def test_a_wait_is_read_wherever_it_stands(answer: Answer, wait: float) -> None:
    patience = Patience()
    with serving(answer, completion("hello")) as server:
        assert generator(server, wait=patience).generate(HELLO).text == "hello"
    assert patience.waits
    assert wait <= max(patience.waits) <= wait * 1.1


def test_a_prompt_that_the_endpoint_cut_is_a_failure_with_a_name() -> None:
    long = [Message("user", "The ferry leaves at seven. " * 1000)]
    body = json.loads(str(completion(ADA).body))
    body["usage"]["prompt_tokens"] = 2048
    with serving(Answer(body=json.dumps(body))) as server, pytest.raises(OutputError) as caught:
        generator(server).generate(long, SHAPE)
    assert "cut the prompt: it read 2048 tokens of some 6" in caught.value.message
    assert caught.value.final
    body["usage"]["prompt_tokens_details"] = {"cached_tokens": 4000}
    with serving(Answer(body=json.dumps(body))) as server:
        assert generator(server).generate(long, SHAPE).text == ADA


# --- keys and addresses


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("OPENAI_API_KEY", "sk-sécret-key-1", "the key in OPENAI_API_KEY cannot be sent: its character 5"),
        ("OPENAI_API_KEY", "sk-secret\r\nX: 1", "its character 10"),
        ("SSL_CERT_FILE", "/nonexistent/ca.pem", "SSL_CERT_FILE=/nonexistent/ca.pem cannot be read: No such file"),
        ("ALL_PROXY", "socks5://127.0.0.1:1", "SOCKS proxy is set .ALL_PROXY. and the package"),
        ("ALL_PROXY", "gopher://me:verysecret@127.0.0.1:1", "a proxy of the environment cannot be used"),
    ],
)
def test_what_the_environment_gets_wrong_is_one_line(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str
) -> None:
    monkeypatch.setenv(name, value)
    with serving(completion(ADA)) as server, pytest.raises(ModelError, match=message) as caught:
        generator(server).generate(HELLO)
    assert not server.seen
    shown = caught.value.message + caught.value.hint
    assert "\n" not in shown
    assert "sécret" not in shown
    assert "sk-secret" not in shown
    assert "verysecret" not in shown


def test_white_space_around_a_key_is_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " sk-secret\r\n")
    with serving(completion("hello")) as server:
        assert generator(server).generate(HELLO).text == "hello"
    assert server.keys == ["Bearer sk-secret"]


def test_the_query_of_a_base_url_goes_with_every_request_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with serving(completion("hello"), refusal(400, "no token=abcdefgh")) as server:
        url = f"{server.url}/deployments/x/?api-version=2024-06-01&token=abcdefgh#part"
        model = HostedGenerator("m", url)
        assert model.generate(HELLO).text == "hello"
        with pytest.raises(OutputError) as caught:
            model.generate(HELLO)
    assert server.paths[0] == "/v1/deployments/x/chat/completions?api-version=2024-06-01&token=abcdefgh"
    assert "abcdefgh" not in model.fingerprint + caught.value.message


# --- reasoning models


@pytest.mark.parametrize("model", ["o3-mini", "o1", "openai/o4-mini", "gpt-5-nano", "gpt-5"])
def test_models_that_think_are_not_sent_what_they_refuse(model: str) -> None:
    body = HostedGenerator(model, "http://127.0.0.1:1/v1").batch_body(_request())
    assert {"max_tokens", "temperature", "seed"}.isdisjoint(body)
    assert body["max_completion_tokens"] > 512


@pytest.mark.parametrize("model", ["gpt-4o-mini", "gpt-5-chat-latest", "o", "olmo", "gpt-50"])
def test_other_models_are(model: str) -> None:
    body = HostedGenerator(model, "http://127.0.0.1:1/v1").batch_body(_request())
    assert {"max_tokens", "temperature", "seed"} <= body.keys()


def _request() -> Any:
    from rag.types import Request

    return Request(HELLO)
