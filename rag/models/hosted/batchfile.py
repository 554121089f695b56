"""
The batch files of OpenAI-compatible providers: requests as JSON lines, and the replies that come back a day later.

A request is known by the hash of what is sent, so nothing has to be remembered between writing and reading, and a
reply can never be taken for the answer to another question. It sends nothing; the files are carried by the user.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

from rag.errors import InputError, ModelError, OutputError, RagError
from rag.models.hosted import problems
from rag.models.hosted.generator import HostedGenerator
from rag.types import JSON, Message, Reply, Request, Sampling, Shape

URL = "/v1/chat/completions"


def request_id(body: JSON) -> str:
    return "rag-" + hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()[:32]


def line(hosted: HostedGenerator, request: Request) -> str:
    """One line of a batch file."""
    body = hosted.batch_body(request)
    return json.dumps(
        {"custom_id": request_id(body), "method": "POST", "url": URL, "body": body}, ensure_ascii=False, allow_nan=False
    )


def _unanswered(answer: JSON) -> bool:
    """Whether a line says that the provider ran out of time, was too busy or failed: nothing of the text's doing."""
    error, response = answer.get("error") or {}, answer.get("response") or {}
    code = str(error.get("code", "")) if isinstance(error, dict) else str(error)
    status = response.get("status_code", 200)
    return any(word in code for word in ("expired", "cancel")) or status in (408, 409, 429) or status >= 500


class BatchReplies:
    """
    A generator that answers from a file of replies; what is not in the file stays unanswered.

    Raises InputError: a file that is missing, or is no file of replies.
    """

    def __init__(self, hosted: HostedGenerator, path: Path) -> None:
        self.hosted = hosted
        self.path = path
        self.name, self.fingerprint, self.context = hosted.name, hosted.fingerprint, hosted.context
        self.constrained, self.parameters = hosted.constrained, hosted.parameters
        self.used: set[str] = set()
        self._places: dict[str, int] = {}  # where in the file a reply stands: the file may be larger than memory
        try:
            with path.open("rb") as file:
                at = 0
                for number, text in enumerate(file, 1):
                    if text.strip() and (found := self._id(text, number)):
                        self._places[found] = at
                    at += len(text)
        except OSError as error:
            raise InputError(f"the batch file {path} cannot be read: {error.strerror}") from error

    def __len__(self) -> int:
        return len(self._places)

    def _id(self, text: bytes, number: int) -> str:
        """The request that a line answers; "" if the provider did not come to it, so that it stays to be asked."""
        try:
            answer = json.loads(text)
            return "" if _unanswered(answer) else str(answer["custom_id"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            raise InputError(
                f"{self.path}, line {number} is no reply of a batch", "Give the output file that the provider made."
            ) from None

    def count(self, messages: Sequence[Message]) -> int:
        return self.hosted.count(messages)

    def generate(
        self,
        messages: Sequence[Message],
        shape: Shape | None = None,
        sampling: Sampling = Sampling(),  # noqa: B008 (frozen)
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        request = Request(messages, shape, sampling)
        body = self.hosted.batch_body(request)
        name = request_id(body)
        if name not in self._places:
            raise ModelError(f"{self.path} holds no reply to this request", "Write the batch anew: --write-batch FILE")
        self.used.add(name)
        with self.path.open("rb") as file:
            file.seek(self._places[name])
            answer = json.loads(file.readline())
        response = answer.get("response") or {}
        if answer.get("error") or response.get("status_code", 200) != 200:
            said = problems.said(answer.get("error") or response.get("body"))
            raise OutputError(f"the provider refused this text: {self.hosted.endpoint.clean(said.text)}", final=True)
        return self.hosted.read(response.get("body"), shape, body)

    def generate_many(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply | Exception]]:
        """Only what the file answers; the rest gives no result at all."""
        for index, request in enumerate(requests):
            if request_id(self.hosted.batch_body(request)) in self._places:
                try:
                    yield index, self.generate(request.messages, request.shape, request.sampling)
                except RagError as error:
                    yield index, error
