"""
One short line above the excerpt, for a question after a fact: copied by a small model, written by a larger one.

    sentences of the excerpts --prompt--> generator (held by a grammar of these sentences) --> a line, if it is sure

It is sure if the line has what the question asks for (a number, a date, a name) and says more than the question does.
A small model names the sentence first and copies from it; where it is not sure the excerpt alone is the answer.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from rag import grammar, prompts
from rag.ask import questions
from rag.ask.asking import ENCODINGS, Asking, Exchange, small
from rag.ask.candidates import Candidate, heading
from rag.ask.words import STOP, stems
from rag.errors import InputError, OutputError
from rag.grammar import citations
from rag.types import Citation, Generator, Message, Sampling, Shape

if TYPE_CHECKING:
    from rag.grammar import Produced

ATTEMPTS = 2  # a local model cannot miss the shape; a hosted one is told what was wrong, once
SUPPORT = {"cited": 0.1, "words": 0.2}  # what a local model wrote, beside a sentence's own score
FEW, SENTENCES = 3, 6  # that are offered to a small model, and to others
TOLD = 300  # characters of an earlier answer that a prompt repeats
PHRASE = 80  # characters of a line that need not end as a sentence does
ENDS = (".", "!", "?", "。", "！", "？", "।", "…", ":", "：", ")")
SHORTEST = 40  # characters of an answer below which --max-tokens is refused


@dataclass(frozen=True, slots=True)
class Line:
    """What a model said in a line, and the sentence it stands on; `text` is empty if it is not sure."""

    text: str
    sentence: Citation | None
    usage: dict[str, int]
    told: dict[str, Any]


def line(
    question: str,
    found: Sequence[Candidate],
    generator: Generator,
    asking: Asking,
    history: Sequence[Exchange] = (),
) -> Line:
    """
    What the model says in a line, from the sentences given, best first.

    Raises InputError (a token limit that is too small), ModelError (question longer than the context, model
    unreachable), OutputError (a hosted model's reply does not fit, twice).
    """
    encoding = asking.encoding
    if encoding == "auto":
        encoding = "extracts" if small(generator) else "numbers"
    asking = replace(asking, encoding=encoding)
    found = found[: asking.candidates or (FEW if small(generator) else SENTENCES)]
    messages, shape, shown = _prompt(question, found, generator, asking, history)
    sampling = Sampling(asking.max_tokens or shape.longest or 512, asking.temperature, asking.seed)
    source = "\n".join(one.quote for one in shown)
    produced = grammar.produce(generator, messages, shape, sampling, k=ATTEMPTS, source=source)
    cited, text = _cited(produced.data["citations"], shown), produced.data["answer"].strip()
    if cited and generator.constrained:  # what others cite is taken as it is
        cited = _supporting(found[: len(shown)], cited, text, asking)
    if encoding == "extracts" and cited and text not in cited[0].quote:
        raise OutputError(f"{generator.name} did not copy its answer from what it cites first", raw=produced.raw)
    told = told_of(generator, messages, shape, sampling, produced) | {"encoding": encoding, "shown": len(shown)}
    usage = {"tokens_in": produced.tokens_in, "tokens_out": produced.tokens_out}
    return Line(text if cited else "", cited[0] if cited and text else None, usage, told)


def says_more(text: str, question: str) -> bool:
    """Does the line say anything that the question does not, and is it no sentence that breaks off?"""
    if len(text) > PHRASE and not text.endswith(ENDS):
        return False
    return bool(set(stems(text)) - set(stems(question)))


def sure(text: str, question: str, wanted: str) -> bool:
    """Has the line what the question asks for, and does it say more than the question?"""
    if not says_more(text, question):
        return False
    if wanted == "number":
        return bool(questions.DIGITS.search(text))
    if wanted == "date":
        return bool(re.search(r"\d", text) or questions.TIMES.search(text))
    if wanted == "name":
        words = [word for word in re.findall(r"[^\W\d_]\w+", text) if word.lower() not in STOP]
        return any(word[0].isupper() or not word[0].isascii() for word in words)
    return False


def widened(text: str, sentence: str) -> str:
    """A line of one word with the words beside it in the sentence that it was copied from."""
    if len(text.split()) > 1 or text not in sentence:
        return text
    at = sentence.index(text)
    before = re.search(r"\b(\w+ )$", sentence[:at])
    after = re.match(r"( \w+)", sentence[at + len(text) :])
    if text[:1].isdigit() and after:
        return text + after[1]
    return before[1] + text if before else text + (after[1] if after else "")


def told_of(
    generator: Generator, messages: Sequence[Message], shape: Shape, sampling: Sampling, produced: Produced
) -> dict[str, Any]:
    """What a trace keeps of how a model was asked, and what it replied."""
    return {
        "prompt_hash": prompts.digest(json.dumps([[one.role, one.content] for one in messages])),
        "grammar_hash": prompts.digest(shape.grammar),
        "fingerprint": generator.fingerprint,
        "sampling": {"max_tokens": sampling.max_tokens, "temperature": sampling.temperature, "seed": sampling.seed},
        "reply": produced.raw,
        "attempts": produced.attempts,
    }


def _prompt(
    question: str, found: Sequence[Candidate], generator: Generator, asking: Asking, history: Sequence[Exchange]
) -> tuple[list[Message], Shape, list[Citation]]:
    """The prompt with as many candidates as the context holds, and the shape that admits only these."""
    template = prompts.find(asking.prompt, ["question", "sentences"])
    characters = asking.characters
    if asking.max_tokens is not None:
        spare = asking.max_tokens - (_shape(found, asking, 1).longest or 0)
        characters = min(characters, 1 + spare // 4)  # a character is four bytes at most, a token one at least
        copied = asking.encoding == "extracts"  # no longer than the longest sentence, whatever `characters` is
        if spare < 0 or (characters < SHORTEST and not copied):
            least = asking.max_tokens - spare + (0 if copied else 4 * SHORTEST)
            raise InputError(
                f"--max-tokens {asking.max_tokens} is too small: the reply could be cut",
                f"Give at least {least}; a reply ends by itself and is shorter than that as a rule.",
            )
    characters = max(1, characters)
    room = generator.context - (_shape(found, asking, characters).longest or 0) - 1
    values = {"question": question, "history": told_before(history)}
    lines = [_line(number, one.citation) for number, one in enumerate(found, 1)]
    messages, fits = prompts.fit(template, values, "sentences", lines, generator.count, room)
    return messages, _shape(found[:fits], asking, characters), [one.citation for one in found[:fits]]


def told_before(history: Sequence[Exchange]) -> str:
    """The last exchanges of a conversation, for a prompt."""
    told = "\n".join(f"Q: {one.question}\nA: {one.answer[:TOLD]}" for one in history[-2:])
    return f"Earlier in this conversation:\n{told}" if told else ""


def _line(number: int, citation: Citation) -> str:
    place = heading(citation)  # behind the sentence: a small model takes what stands first for the answer
    return f"[{number}] {prompts.line(citation.quote)}" + (f" ({place})" if place else "")


def _shape(found: Sequence[Candidate], asking: Asking, characters: int) -> Shape:
    if asking.encoding not in ENCODINGS:
        raise InputError(f"there is no encoding {asking.encoding!r}", f"Choose one of: {', '.join(ENCODINGS)}")
    if asking.encoding == "extracts":
        return citations.extracts([one.citation.quote for one in found], asking.citations)
    if asking.encoding == "quotes":
        texts = {number: [one.citation.quote] for number, one in enumerate(found, 1)}
        return citations.quotes(texts, asking.citations, characters)
    return citations.numbers(len(found), asking.citations, characters)


def _cited(chosen: Sequence[Any], shown: Sequence[Citation]) -> tuple[Citation, ...]:
    """The citations that numbers or quotes name, each once."""
    numbers = [one["passage"] if isinstance(one, dict) else one for one in chosen]
    return tuple(shown[int(number) - 1] for number in dict.fromkeys(numbers))  # 1.0 is an integer of JSON Schema


def _supporting(
    found: Sequence[Candidate], cited: tuple[Citation, ...], text: str, asking: Asking
) -> tuple[Citation, ...]:
    """
    The sentences that support what a local model wrote: by their own score, its answer's words in them, its own choice.

    Small models write better answers than they choose numbers, so what they chose counts little. A sentence that the
    answer was copied from stays first.
    """
    said = set(stems(text))

    def support(one: Candidate) -> tuple[bool, float]:
        words = len(said & set(stems(one.citation.quote))) / max(1, len(said))
        source = asking.encoding == "extracts" and one.citation == cited[0]
        return source, one.score + SUPPORT["words"] * words + SUPPORT["cited"] * (one.citation in cited)

    return tuple(one.citation for one in sorted(found, key=support, reverse=True)[: asking.citations])
