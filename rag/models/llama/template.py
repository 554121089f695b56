"""
The chat template of a GGUF: a conversation to the text that the model was trained on.

The template is the model's own (Jinja, run in a sandbox: a model file is data from strangers). A model without one gets
ChatML. It does not tokenise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rag.errors import ModelError
from rag.types import Message

CHATML = (
    "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>\n' }}"
    "{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}"
)


class Template:
    """Renders messages. `source` is the template in Jinja, `bos` and `eos` the texts of those tokens."""

    def __init__(self, name: str, source: str, bos: str, eos: str) -> None:
        from jinja2 import TemplateError
        from jinja2.sandbox import ImmutableSandboxedEnvironment

        self._name, self.bos = name, bos
        self._values = {"bos_token": bos, "eos_token": eos, "add_generation_prompt": True}
        self._errors = (TemplateError, TypeError, ValueError, KeyError)

        def refuse(message: str) -> None:
            raise TemplateError(message)

        environment = ImmutableSandboxedEnvironment(
            trim_blocks=True, lstrip_blocks=True, extensions=["jinja2.ext.loopcontrols"]
        )
        environment.globals["raise_exception"] = refuse
        # Prompts must not depend on the day: the same question gives the same tokens tomorrow.
        environment.globals["strftime_now"] = lambda _format: ""
        try:
            self._template = environment.from_string(source or CHATML)
        except TemplateError as error:
            raise ModelError(
                f"{self._name}: its chat template is broken: {error}", "Use another GGUF of the model."
            ) from error

    def render(self, messages: Sequence[Message]) -> str:
        """The whole conversation up to where the reply begins."""
        turns = [{"role": message.role, "content": message.content} for message in messages]
        try:
            return self._render(turns)
        except self._errors as error:
            merged = _without_system(turns)
            if merged == turns:
                raise self._refused(error) from error
        try:  # some templates (Gemma) know no system role
            return self._render(merged)
        except self._errors as error:
            raise self._refused(error) from error

    def _render(self, turns: list[dict[str, str]]) -> str:
        values: dict[str, Any] = self._values
        return self._template.render(messages=turns, **values)

    def _refused(self, error: Exception) -> ModelError:
        return ModelError(
            f"{self._name}: its chat template refuses this conversation: {error}", "Check the order of the roles."
        )


def _without_system(turns: list[dict[str, str]]) -> list[dict[str, str]]:
    """The system message put before the first user message."""
    if len(turns) < 2 or turns[0]["role"] != "system" or turns[1]["role"] != "user":
        return turns
    return [{"role": "user", "content": f"{turns[0]['content']}\n\n{turns[1]['content']}"}, *turns[2:]]
