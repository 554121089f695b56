"""
An answer in a few sentences, by a model that can write one, each with the numbers of the excerpts it stands on.

    excerpts --prompt--> generator (held by a grammar of their numbers) --parts--> sentences and code --checked--> text

Code is never written: the model names a block of the excerpts, which is put in as it stands. Each sentence is checked
against what it cites as soon as it is whole; what stands in none of it is marked, and an answer of which nothing
stands there is none.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rag import grammar, prompts
from rag.ask import lines, questions, support
from rag.ask.asking import Asking, Exchange
from rag.ask.candidates import heading
from rag.ask.words import stems
from rag.blocks import blocks
from rag.errors import InputError
from rag.grammar import citations
from rag.sentences import open_fence, spans
from rag.types import Citation, Generator, Message, Sampling, Shape, Statement

JUNK = re.compile(r"(?<=[.!?:])['”’]?\s*[\]}]|```")  # where a small model ends the object inside of a sentence
RUN_ON = re.compile(r"\b(\w+[.!?])([A-Z]\w*)")  # sentences that a model wrote without a space between them
STEP = re.compile(r"(?:^|(?<=[.:!?]))\s*\d{1,2}[.)]\s+(?=[^\W\d_])")  # the number of a step, which is no sentence
LABEL = re.compile(r" ?\[code (\d+)\]")
ASKED = ("?", "？")
SHORT = 100  # characters of code that can stand in a sentence
PARTS = 4  # of sentences, and blocks of code, at most
SENTENCES = 2  # as long as one may be, in a part
MOST = 6  # sentences in all: what comes later is rarely about the question
TELLS = 0.7  # how many of a sentence's words an excerpt must have beside the one that has most, to be cited with it
ROOM = 1200  # tokens that are kept for the reply; four bytes a character is what it could need, one what it does


@dataclass(frozen=True, slots=True)
class Prose:
    """What a model wrote; `text` is empty if it found no answer, or if nothing of it stands in what it cites."""

    text: str
    statements: tuple[Statement, ...]
    cited: tuple[Citation, ...]  # the excerpts that it stands on, in the order in which it names them
    usage: dict[str, int]
    told: dict[str, Any]
    why: str = ""  # there is no text
    cut: bool = False  # because what there was did not end


def prose(
    question: str,
    excerpts: Sequence[Citation],
    generator: Generator,
    asking: Asking,
    history: Sequence[Exchange] = (),
    on_text: Callable[[str], None] | None = None,
) -> Prose:
    """Raises InputError (a token limit that is too small), ModelError, OutputError, as `lines.line` does."""
    codes = [code for one in excerpts for code in code_of(one)]
    messages, shape, fits, longest = _prompt(question, excerpts, codes, generator, asking, history)
    sampling = Sampling(asking.max_tokens or shape.longest or 512, asking.temperature, asking.seed)
    writing = Writing(question, excerpts[:fits], codes, longest, on_text)
    source = "\n".join(one.quote for one in excerpts)
    feed = writing.feed if on_text else None
    produced = grammar.produce(generator, messages, shape, sampling, k=lines.ATTEMPTS, source=source, on_text=feed)
    writing.finish(produced.data["answer"])
    told = lines.told_of(generator, messages, shape, sampling, produced) | {"shown": fits, "codes": len(codes)}
    usage = {"tokens_in": produced.tokens_in, "tokens_out": produced.tokens_out}
    said = [one for one in writing.statements if not one.code]
    if any(not one.unsupported for one in said):
        return Prose(writing.text, tuple(writing.statements), tuple(writing.cited), usage, told)
    why = "the model found no answer in the excerpts"
    if said:
        why = "what the model wrote stands in none of the excerpts"
        told["unsupported"] = writing.text
    elif produced.data["answer"]:
        return Prose("", (), (), usage, told, "the model's sentence did not end", cut=True)
    return Prose("", (), (), usage, told, why)


def code_of(excerpt: Citation) -> list[str]:
    """The blocks of code of an excerpt, as they stand there."""
    document = excerpt.passage.document
    if document.kind == "code":
        return [excerpt.quote]
    fenced = document.kind == "markdown" and open_fence(document.text[: excerpt.start])
    found = blocks(excerpt.quote, document.kind, fenced)
    return [excerpt.quote[one.start : one.end] for one in found if one.kind == "code"]


class Writing:
    """
    The text of an answer, made from its parts as they become whole.

    What a model says in one part is cut into sentences, each checked by itself. One that the bound cut (it does not end
    where a sentence ends, or the part is as long as that) is left out, and one that announces what does not come.
    """

    def __init__(
        self,
        question: str,
        excerpts: Sequence[Citation],
        codes: Sequence[str],
        longest: int,
        on_text: Callable[[str], None] | None,
    ) -> None:
        self.question, self.excerpts, self.codes, self.longest = question, excerpts, codes, longest
        self.on_text = on_text
        self.text, self.raw, self.taken = "", "", 0
        self.statements: list[Statement] = []
        self.cited: list[Citation] = []
        self.announced: tuple[str, str, Statement] | None = None
        self.source = "\n".join(one.quote for one in excerpts)
        self.headings = "\n".join(f"{heading(one)}." for one in excerpts)
        self.known = f"{question} {self.headings}"

    def feed(self, piece: str) -> None:
        """More of the reply; every part that is whole is passed on."""
        self.raw += piece
        at = self.raw.find("[")
        if at < 0:
            return
        decoder, at, number = json.JSONDecoder(), at + 1, 0
        while True:
            while at < len(self.raw) and self.raw[at] in " ,\n\t":
                at += 1
            try:
                part, at = decoder.raw_decode(self.raw, at)
            except ValueError:
                return
            number += 1
            if number > self.taken and isinstance(part, dict):
                self.taken = number
                self._add(part)

    def finish(self, found: Sequence[Any]) -> None:
        """The parts that count; what a first attempt passed on, and differs, is said again."""
        before, on_text = self.text, self.on_text
        self.on_text, self.text, self.statements, self.cited, self.announced = None, "", [], [], None
        for part in found:
            self._add(part)
        if on_text and self.text != before:
            same = self.text.startswith(before)
            on_text(self.text[len(before) :] if same else "\n" + self.text)

    def _add(self, part: dict[str, Any]) -> None:
        if "code" in part:
            code = self.codes[int(part["code"]) - 1] if int(part["code"]) <= len(self.codes) else ""
            if code and code not in self.text:
                numbers = tuple(n for n, one in enumerate(self.excerpts, 1) if code in one.quote)[:1]
                if self.announced or not self.statements or numbers == (1,) or self._stood_on(numbers):
                    self._put(code, "\n\n", Statement(0, 0, numbers, (), True))
            return
        said = LABEL.sub(self._named, " ".join(str(part.get("say", "")).split()))
        said = JUNK.split(said, maxsplit=1)[0].strip()
        said = STEP.sub(" ", said).strip()
        said = RUN_ON.sub(lambda run: run[0] if run[0] in self.source else f"{run[1]} {run[2]}", said)
        numbers = tuple(dict.fromkeys(int(n) for n in part.get("from", []) if int(n) <= len(self.excerpts)))
        whole = len(str(part.get("say", ""))) < self.longest
        for span in spans(said):
            sentence = said[span.start : span.end]
            last = span.end == len(said)
            if sentence.endswith(lines.ENDS) and (whole or not last):
                self._say(sentence, numbers)

    def _say(self, said: str, named: tuple[int, ...]) -> None:
        """One sentence, checked; one that announces something waits for it."""
        if said in self.text or said in self.headings or said.endswith(ASKED):
            return  # a model may copy the line that stands above an excerpt, and the question
        if sum(not one.code for one in self.statements) == MOST:
            return
        numbers, wrong = self._stands_on(said, named)
        after_code = bool(self.statements) and self.statements[-1].code
        about = Statement(0, len(said), numbers, tuple(wrong), False)
        between = "\n\n" if after_code else " "
        if said.endswith((":", "：")):
            self.announced = (said, between, about)
        else:
            self._put(said, between, about)

    def _stands_on(self, said: str, named: tuple[int, ...]) -> tuple[tuple[int, ...], list[tuple[int, int]]]:
        """
        The excerpts that a sentence stands on, and what stands in none of them: those that the model named, unless
        another says more of it. Models write better sentences than they choose numbers.
        """
        telling = self._telling(said)
        kept = tuple(number for number in named if number in telling) or telling[:1] or named
        ways = list(dict.fromkeys([kept, named, *((number,) for number in range(1, len(self.excerpts) + 1))]))
        found = [
            support.unsupported(said, [self.excerpts[n - 1].quote for n in way], self.known, self.question)
            for way in ways
        ]
        lacking = [sum(last - first for first, last in spans) for spans in found]
        best = lacking.index(min(lacking))
        return ways[best], found[best]

    def _telling(self, said: str) -> tuple[int, ...]:
        """The excerpts with about as many of the words of a sentence as the best has, but for those of the question."""
        words = set(stems(said))
        words = words.difference(stems(self.question)) or words
        common = [len(words.intersection(stems(one.quote))) for one in self.excerpts]
        order = sorted(range(len(common)), key=lambda n: -common[n])
        return tuple(n + 1 for n in order if common[n] and common[n] >= TELLS * common[order[0]])

    def _stood_on(self, numbers: tuple[int, ...]) -> bool:
        """Does a sentence stand on one of these excerpts already?"""
        told = [self.cited[n - 1] for one in self.statements if not one.code for n in one.citations]
        return any(self.excerpts[number - 1] in told for number in numbers)

    def _named(self, label: re.Match[str]) -> str:
        """What a sentence that speaks of "[code 1]" says instead: the code, if it is a short line."""
        number = int(label[1])
        code = self.codes[number - 1].strip() if 0 < number <= len(self.codes) else ""
        return f" `{code}`" if code and "\n" not in code and len(code) <= SHORT else ""

    def _put(self, said: str, between: str, about: Statement) -> None:
        if self.announced:
            announced, self.announced = self.announced, None
            self._put(*announced)
        about = replace(about, citations=tuple(self._number(number) for number in about.citations))
        start = len(self.text) + (len(between) if self.text else 0)
        piece = (between if self.text else "") + said
        wrong = tuple((start + first, start + last) for first, last in about.unsupported)
        if not about.code:
            piece += " " + "".join(f"[{number}]" for number in about.citations)
            piece += marked([said[first:last] for first, last in about.unsupported], said)
        self.text += piece
        self.statements.append(replace(about, start=start, end=start + len(said), unsupported=wrong))
        if self.on_text:
            self.on_text(piece)

    def _number(self, number: int) -> int:
        """The number, in the order of their first use, of an excerpt that the prompt names so."""
        excerpt = self.excerpts[number - 1]
        if excerpt not in self.cited:
            self.cited.append(excerpt)
        return self.cited.index(excerpt) + 1


def marked(wrong: Sequence[str], said: str) -> str:
    """What a reader is told behind a sentence of which something stands in no excerpt that it cites."""
    if not wrong:
        return ""
    return " (not in what is cited)" if wrong == [said] else f" (not in what is cited: {', '.join(wrong)})"


def _prompt(
    question: str,
    excerpts: Sequence[Citation],
    codes: Sequence[str],
    generator: Generator,
    asking: Asking,
    history: Sequence[Exchange],
) -> tuple[list[Message], Shape, int, int]:
    """
    The prompt with as many excerpts as the context holds, the shape that admits only these, how many they are, and the
    characters that a part may have.
    """
    name = "ask_prose" if asking.prompt == "ask" else asking.prompt
    template = prompts.find(name, ["question"])
    place = "excerpts" if "excerpts" in template.places else "sentences"
    characters = SENTENCES * asking.characters
    if asking.max_tokens is not None:
        least = citations.parts(len(excerpts), len(codes), PARTS, lines.SHORTEST).longest or 0
        if asking.max_tokens < least:
            raise InputError(
                f"--max-tokens {asking.max_tokens} is too small: the reply could be cut",
                f"Give at least {least}; a reply ends by itself and is shorter than that as a rule.",
            )
        characters = min(characters, lines.SHORTEST + (asking.max_tokens - least) // (4 * PARTS))
    how = questions.practical(question)
    shape = citations.parts(len(excerpts), len(codes), PARTS, characters, how)
    values = {"question": question, "history": lines.told_before(history)}
    listed, number = [], 0
    for rank, one in enumerate(excerpts, 1):
        text = one.quote
        for code in code_of(one):
            number += 1
            text = text.replace(code, f"[code {number}]\n{code}", 1)
        inside = "\n".join(f"  {line}" for line in text.splitlines())  # so that no line looks like the prompt's own
        listed.append(f"[{rank}] {heading(one)}\n{inside}")
    room = generator.context - min(shape.longest or 0, ROOM)
    messages, fits = prompts.fit(template, values, place, listed, generator.count, room)
    if fits < len(excerpts):
        shape = citations.parts(fits, sum(len(code_of(one)) for one in excerpts[:fits]), PARTS, characters, how)
    return messages, shape, fits, characters
