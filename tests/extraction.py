"""What the tests of extraction share: a model that is a function, and a form that validates with jsonschema."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import jsonschema

from rag import prompts
from rag.errors import OutputError, RagError
from rag.extract import Plan, Try
from rag.extract.choosing import chosen
from rag.extract.fronted import Fronted
from rag.extract.sense import Sense
from rag.grammar import shorthand
from rag.grammar.attempts import Misfit
from rag.types import Document, Embedder, Message, Reply, Request, Sampling, Shape

PERSON = {
    "type": "object",
    "additionalProperties": False,
    "required": ["name", "age"],
    "properties": {"name": {"type": ["string", "null"]}, "age": {"type": ["integer", "null"]}},
}


def best(node: Any) -> Any:
    """What a schema that was held to a document would rather say."""
    if "prefixItems" in node:
        return [best(part) for part in node["prefixItems"]]
    if "properties" in node:
        return {name: best(part) for name, part in node["properties"].items()}
    ways = node.get("x-ways") or {}
    return json.loads(max(ways, key=lambda way: ways[way])) if ways else node.get("enum", [None])[0]


class FunctionGenerator:
    """A generator whose reply is a function of the last message."""

    name = "function"
    fingerprint = "function 1"
    context = 4096
    constrained, parameters = True, None

    def __init__(self, function: Callable[[str], str | Exception | Reply]) -> None:
        self.function = function
        self.seen: list[str] = []
        self.open = self.most_open = 0

    def count(self, messages: Sequence[Message]) -> int:
        return sum(len(message.content.split()) + 4 for message in messages)

    def generate(
        self,
        messages: Sequence[Message],
        shape: Shape | None = None,
        sampling: Sampling = Sampling(),  # noqa: B008 (frozen)
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        self.seen.append(messages[-1].content)
        result = self.function(messages[-1].content)
        if isinstance(result, Exception):
            raise result
        if isinstance(result, Reply):
            return result
        return Reply(result, self.count(messages), len(result.split()), seconds=0.5)


class ManyGenerator(FunctionGenerator):
    """The same, three at a time, giving them back in another order."""

    def generate_many(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply | Exception]]:
        held: list[tuple[int, Request]] = []
        for index, request in enumerate(requests):
            held.append((index, request))
            self.most_open = max(self.most_open, len(held))
            if len(held) == 3:
                yield self._one(*held.pop())
        while held:
            yield self._one(*held.pop())

    def _one(self, index: int, request: Request) -> tuple[int, Reply | Exception]:
        try:
            return index, self.generate(request.messages, request.shape, request.sampling)
        except RagError as error:
            return index, error


class JsonForm:
    """Validates; a reply that does not fit is asked for again."""

    def __init__(self, schema: Any) -> None:
        self.validator = jsonschema.Draft202012Validator(schema)
        self.given = Shape(schema, 'root ::= "{}"')

    def first(self, text: str) -> Try:
        return Try(self.given)

    def check(self, reply: str, text: str | None = None) -> Any:
        try:
            value = json.loads(reply)
        except ValueError as error:
            raise OutputError(f"not JSON: {error}", raw=reply) from error
        for error in self.validator.iter_errors(value):
            raise OutputError(error.message, raw=reply)
        return value

    def likely(self, text: str) -> str:
        return ""

    def known(self, text: str) -> Fronted:
        return Fronted()

    def together(self, value: Any, text: str) -> Any:
        return value

    def read(self, value: Any, text: str) -> dict[str, Any]:
        return {}

    def record(self, value: Any) -> Any:
        return value

    def doubted(self, value: Any, text: str) -> list[str]:
        return []

    def again(self, last: Try, wrong: Misfit, attempt: int, text: str) -> Try | None:
        return last


def told_by_rules(embedder: Embedder, text: str, fields: str) -> dict[str, Any]:
    """What rules alone would rather say of fields in short; of lists what they tell for sure."""
    schema = shorthand(fields)
    near = Sense(schema, embedder).of(text)
    found = best(chosen(schema, near))
    return {**found, **{key[1]: said for key, said in near.lists.items()}}


def plan(schema: Any = PERSON, **settings: Any) -> Plan:
    return Plan(schema, prompts.read("test", "--- system\nFields:\n{fields}\n--- user\n{text}"), **settings)


def documents(count: int, words: int = 5) -> list[Document]:
    return [
        Document("s", f"d{n}", f"Person{n} is {n % 90} years old. " + "word " * words + "end.") for n in range(count)
    ]


def person(text: str) -> str:
    """A reply that depends on nothing but the text; a few do not fit."""
    number = int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big")
    name = text.split(" ", 1)[0]
    return json.dumps({"name": name, "age": "unknown" if number % 17 == 0 else number % 90})
