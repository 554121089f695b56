"""
Find a prompt, fill it, fit it to a token budget.

A prompt is a plain text file: a line `--- system`, `--- user` or `--- assistant` begins a turn, `{name}` is a place to
fill, everything else is said as it stands. The bundled ones lie in `prompts/` (in the wheel: `rag/data/prompts`); a
name with a slash or an ending in .txt is a file of the user's. Filled once: what is put in a place is never filled
again, and cannot open a turn or speak in the chat template's own marks. Nothing here knows what a prompt is for.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag import files
from rag.errors import InputError, ModelError
from rag.types import Message

_PACKAGE = Path(__file__).parent
BUNDLED = next(  # in a wheel or a clone, else in an unpacked source package, which carries no links
    (folder for folder in (_PACKAGE / "data" / "prompts", _PACKAGE.parent / "prompts") if folder.is_dir()), _PACKAGE
)
TURN = re.compile(r"^--- (system|user|assistant)[ \t]*$", re.MULTILINE)
PLACE = re.compile(r"\{([a-z_]+)\}")
# What chat templates write between turns, and some servers read as such wherever it stands: <|im_end|>, <｜User｜>,
# <s>, [INST], <<SYS>> …
MARKS = re.compile(
    r"<(?=[|｜][^\s|｜])|(?<=[^\s|｜])[|｜](?=>)|\[(?=/?(?:INST|SYSTEM_PROMPT|AVAILABLE_TOOLS|TOOL_\w+|THINK)\])"
    r"|<(?=/?(?:s|bos|eos|pad|unk|mask|turn|(?:start|end|begin)_of_\w+|(?:im|eot|bot)_\w+|think|tool_\w+|unused\d+)\|?>)"
    r"|<(?=</?SYS>>)",
    re.IGNORECASE,
)
INVISIBLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ud800-\udfff\ufeff]+")


@dataclass(frozen=True, slots=True)
class Template:
    """A prompt with places to fill. `hash` changes with every character of it."""

    name: str
    turns: tuple[tuple[str, str], ...]  # (role, text)

    @property
    def places(self) -> set[str]:
        return {place for _, text in self.turns for place in PLACE.findall(text)}

    @property
    def hash(self) -> str:
        return digest("\n".join(f"{role}\n{text}" for role, text in self.turns))


def names() -> list[str]:
    """The bundled prompts, those for a certain model aside."""
    return sorted(file.stem for file in BUNDLED.glob("*.txt") if "." not in file.stem)


def find(name: str, places: Sequence[str] = (), model: str = "") -> Template:
    """
    The prompt of this name or path; a bundled one may be worded otherwise for a model, as NAME.MODEL.txt.

    Raises InputError if there is none, or one without a place that is needed.
    """
    own = "/" in name or "\\" in name or name.endswith(".txt")
    if not own and model.isidentifier() and (BUNDLED / f"{name}.{model}.txt").exists():
        name = f"{name}.{model}"
    path = Path(name).expanduser() if own else BUNDLED / f"{name}.txt"
    try:
        text = files.text(path)
    except FileNotFoundError:
        known = ", ".join(names())
        raise InputError(f"there is no prompt {name}", f"Bundled are: {known}; your own by path: ./NAME.txt") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the prompt {path} cannot be read: {error}", "A prompt is a text file in UTF-8.") from error
    template = read(name, text)
    if missing := [place for place in places if place not in template.places]:
        shown = ", ".join(f"{{{place}}}" for place in missing)
        raise InputError(f"the prompt {name} has no place {shown}", "Put it where that text belongs.")
    return template


def read(name: str, text: str) -> Template:
    """A prompt from its text; what stands before the first turn is a comment, a text without turns is the user's."""
    parts = TURN.split(text)
    if len(parts) == 1:
        return Template(name, (("user", text.strip()),))
    return Template(name, tuple((role, said.strip()) for role, said in zip(parts[1::2], parts[2::2], strict=True)))


def fill(template: Template, values: Mapping[str, str]) -> list[Message]:
    """The messages. Raises InputError for a place without a value; empty turns are left out."""

    def put(place: re.Match[str]) -> str:
        if place[1] not in values:
            known = ", ".join(sorted(values))
            raise InputError(
                f"the prompt {template.name} has a place {{{place[1]}}} that nothing fills", f"Known: {known}"
            )
        return safe(values[place[1]])

    filled = [Message(role, PLACE.sub(put, text).strip()) for role, text in template.turns]
    return [message for message in filled if message.content]


def fit(
    template: Template,
    values: Mapping[str, str],
    place: str,
    items: Sequence[str],
    count: Callable[[Sequence[Message]], int],
    budget: int,
) -> tuple[list[Message], int]:
    """
    Fill `place` with as many of the items, one a line, as the budget of tokens allows: the messages, and how many fit.
    Raises ModelError if the prompt is too long even with the first item alone.
    """

    def made(many: int) -> list[Message]:
        return fill(template, {**values, place: "\n".join(items[:many])})

    fits, tried = 0, len(items)
    over = len(items) + 1
    while tried > fits:
        if count(made(tried)) <= budget:
            fits = tried
        else:
            over = tried
        tried = (fits + over) // 2
    messages = made(fits)
    if (items and not fits) or (not items and count(messages) > budget):
        needed = count(made(min(1, len(items))))
        raise ModelError(
            f"the prompt needs {needed} tokens and {max(budget, 0)} are left for it",
            "Ask a shorter question, or use a model with a larger context.",
        )
    return messages, fits


def safe(text: str) -> str:
    """Text that can stand in a prompt: no control characters, and no marks that a chat template reads as its own."""
    text = INVISIBLE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return MARKS.sub(lambda mark: f"{mark[0]} ", text)


def line(text: str) -> str:
    """A text on one line, so that it cannot look like the next item of a list."""
    return " ".join(text.split())


def digest(text: str) -> str:
    """A short name of a text that changes when the text does."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
