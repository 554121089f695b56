"""
The chat template of a GGUF: a conversation to the text that the model was trained on.

The template is the model's own (Jinja, run in a sandbox: a model file is data from strangers), with what
transformers adds to the language: `{% generation %}`, the arguments of `tojson`, `raise_exception`, `strftime_now`. A
model without one gets ChatML. Templates differ in whether a message's content is a text or a list of parts, and in
whether they know a system role; a prompt counts only if every message stands in it. It does not tokenise.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rag.errors import ModelError
from rag.types import Message

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)
Turn = dict[str, Any]


class Template:
    """Renders messages. `source` is the template in Jinja, `bos` and `eos` the texts of those tokens."""

    def __init__(self, name: str, source: str, bos: str, eos: str) -> None:
        from jinja2 import TemplateError

        self._name, self.bos = name, bos
        self._values = {"bos_token": bos, "eos_token": eos, "add_generation_prompt": True}
        try:
            self._template = _environment().from_string(source or CHATML)
        except TemplateError as error:
            raise ModelError(
                f"{self._name}: its chat template is broken: {error}", "Use another GGUF of the model."
            ) from error

    def render(self, messages: Sequence[Message]) -> str:
        """The whole conversation up to where the reply begins. Raises ModelError if a message is not in it."""
        turns: list[Turn] = [{"role": message.role, "content": message.content} for message in messages]
        why = ""
        for form in _forms(turns):
            try:
                text = str(self._template.render(messages=form, **self._values))
            except Exception as error:  # a template is a program, and may fail as it likes
                why = why or f"refuses this conversation: {' '.join(str(error).split()) or type(error).__name__}"
                continue
            if all(placed(message.content, text) is not None for message in messages):
                return text
            why = "leaves out a message"
        raise ModelError(f"{self._name}: its chat template {why}", "Use another GGUF of the model.")


def placed(content: str, text: str, start: int = 0) -> tuple[int, int] | None:
    """Where a message stands in a prompt: as it is, trimmed, or written as a JSON string; None if it does not."""
    plain = content.strip()
    for form in (plain, json.dumps(content, ensure_ascii=False)[1:-1], json.dumps(content)[1:-1]):
        if (at := text.find(form, start)) >= 0:
            return at, at + len(form)
    return None


def _forms(turns: list[Turn]) -> Iterator[list[Turn]]:
    """A conversation in the forms that templates expect, the usual one first."""
    merged = _without_system(turns)
    for form in [turns, merged] if merged != turns else [turns]:  # some templates (Gemma) know no system role
        yield form
    for form in [turns, merged] if merged != turns else [turns]:
        yield [{**turn, "content": [{"type": "text", "text": turn["content"]}]} for turn in form]


def _without_system(turns: list[Turn]) -> list[Turn]:
    """The system message put before the first user message."""
    if len(turns) < 2 or turns[0]["role"] != "system" or turns[1]["role"] != "user":
        return turns
    return [{"role": "user", "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}, *turns[2:]]


def _environment() -> Any:
    from jinja2 import TemplateError, nodes
    from jinja2.ext import Extension
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}…{% endgeneration %}` marks what a model is trained on; the text is what stands inside."""

        tags = {"generation"}  # noqa: RUF012 (as jinja2 wants it)

        def parse(self, parser: Any) -> Any:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.Scope(body, lineno=line)

    def refuse(message: str) -> None:
        raise TemplateError(message)

    def tojson(
        value: Any, ensure_ascii: bool = False, indent: Any = None, separators: Any = None, sort_keys: bool = False
    ) -> str:
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols", Generation]
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = refuse
    # Prompts must not depend on the day: the same question gives the same tokens tomorrow.
    environment.globals["strftime_now"] = lambda _format: ""
    return environment
