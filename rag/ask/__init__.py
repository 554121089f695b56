"""
Answer a question from the passages that were found, and cite them verbatim.

    question + hits --candidates--> sentences --prompt--> generator (held by a grammar of these sentences) --> Answer

Only sentences of the hits can be cited, and each citation is resolved to the place where it stands, so a quote cannot
be invented; that it supports the answer is not proved by this. Without a generator the best sentences themselves are
the answer. Nothing here retrieves, stores or prints: hits, models and the log belong to the caller.
"""

from __future__ import annotations

import json
import math
import re
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from rag import grammar, places, prompts
from rag.errors import InputError, OutputError
from rag.grammar import citations
from rag.sentences import open_fence, spans
from rag.types import Answer, Citation, Embedder, Generator, Hit, Message, Sampling, Shape

ENCODINGS = ("auto", "numbers", "extracts", "quotes")
UNKNOWN = "The documents found do not answer this."
CANDIDATES = 6
ATTEMPTS = 2  # a local model cannot miss the shape; a hosted one is told what was wrong, once
SUPPORT = {"cited": 0.1, "words": 0.2}  # what a local model wrote, beside a sentence's own score
EMBEDDED = 32  # sentences that are compared by meaning, the best by their words and passages; more find no more
SHORTEST = 40  # characters of an answer below which --max-tokens is refused
WEIGHTS = {"meaning": 1.0, "words": 0.5, "passage": 0.2}
RELEVANCE = {"meaning": 1.0, "words": 0.3, "passage": 0.3}  # whether it answers at all, not which sentence does best
SMALL = 300_000_000  # weights; with fewer a model takes the first sentences: it gets few, and copies the answer
STRING = re.compile(
    r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|u[dD][89abAB][0-9a-fA-F]{2}\\u[0-9a-fA-F]{4}))*'
)
STOP_WORDS = """
a an and are as at be been but by can could did do does for from had has have how i in is it its many much my not of on
or our should that the their there these they this those to was we were what when where which who whom whose why
will with would you your
"""
STOP = frozenset(STOP_WORDS.split())


@dataclass(frozen=True, slots=True)
class Asking:
    """How to answer. The defaults were measured (docs/asking.md)."""

    citations: int = 3  # at most so many
    candidates: int = (
        0  # sentences that the generator may choose from; 0: as many as it may cite if it is small, else 6
    )
    characters: int = 300  # of the answer, at most
    max_tokens: int | None = None  # None: as many as the longest reply needs
    temperature: float = 0.0
    seed: int = 0
    prompt: str = "ask"
    encoding: str = "auto"  # numbers, extracts (the answer is copied too), quotes (the sentences' own text)
    threshold: float | None = None  # the relevance below which nothing counts as found; None: the embedder's own


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence that may be cited; `score` is what it was chosen by, `meaning` and `words` explain it."""

    citation: Citation
    hit: int  # the rank of its passage, from 1
    score: float
    meaning: float
    words: float

    @property
    def relevance(self) -> float:
        """How near the question it is: high if it may answer it, low if nothing here does."""
        return RELEVANCE["meaning"] * self.meaning + RELEVANCE["words"] * self.words + RELEVANCE["passage"] / self.hit


@dataclass(frozen=True, slots=True)
class Exchange:
    """An earlier question of the conversation, and what was answered."""

    question: str
    answer: str


def answer(
    question: str,
    hits: Sequence[Hit],
    generator: Generator | None = None,
    embedder: Embedder | None = None,
    asking: Asking = Asking(),
    history: Sequence[Exchange] = (),
    on_text: Callable[[str], None] | None = None,
) -> Answer:
    """
    An answer with its citations; `on_text` gets the answer as it is written.

    Raises InputError (empty question, a token limit that is too small), ModelError (question longer than the context,
    model unreachable), OutputError (a hosted model's reply does not fit, twice).
    """
    question = question.strip()
    if not question:
        raise InputError("the question is empty", 'Ask something: rag ask "How do I …?"')
    began = time.perf_counter()
    small = generator is not None and generator.parameters is not None and generator.parameters < SMALL
    if generator and asking.encoding == "auto":
        asking = replace(asking, encoding="extracts" if small else "numbers")
    offered = asking.candidates or (asking.citations if small else CANDIDATES)
    found = candidates(standalone(question, history), hits, embedder, max(offered, asking.citations))
    threshold = asking.threshold
    if threshold is None:
        threshold = embedder.threshold if embedder else 0.0
    relevance = max((one.relevance for one in found), default=0.0)
    trace: dict[str, Any] = {
        "candidates": [_explained(candidate) for candidate in found],
        "relevance": round(relevance, 4),
        "threshold": threshold,
        "seconds": {"candidates": round(time.perf_counter() - began, 3)},
    }
    name = generator.name if generator else "none"
    result = Answer(question, UNKNOWN, False, (), tuple(hits), name, {}, trace)
    if not found or relevance < threshold:
        result = replace(result, trace={**trace, "why": "nothing relevant was found"})
    elif generator is None:
        cited = tuple(one.citation for one in found[: asking.citations])
        result = replace(result, text=prompts.line(cited[0].quote), answerable=True, citations=cited)
    else:
        return _generated(result, found, generator, asking, history, on_text)
    if on_text:
        on_text(result.text)
    return result


def standalone(question: str, history: Sequence[Exchange]) -> str:
    """The question with what it may refer to: the search for a follow-up has the earlier questions in it."""
    return "\n".join([*(exchange.question for exchange in history[-2:]), question])


def candidates(question: str, hits: Sequence[Hit], embedder: Embedder | None, count: int) -> list[Candidate]:
    """The `count` best sentences for a question among those of the hits, best first; the same text only once."""
    every = _sentences(hits)
    if not every:
        return []
    wanted = list(dict.fromkeys(_stems(question)))
    bags = [set(_stems(citation.quote)) for citation, _ in every]
    common = Counter(word for bag in bags for word in bag)
    rare = {word: math.log(1 + (len(bags) - common[word] + 0.5) / (common[word] + 0.5)) for word in wanted}
    total = sum(rare.values()) or 1.0
    words = [sum(rare[word] for word in wanted if word in bag) / total for bag in bags]
    near = [WEIGHTS["words"] * words[i] + WEIGHTS["passage"] / every[i][1] for i in range(len(every))]
    chosen = sorted(range(len(every)), key=lambda i: -near[i])[: max(EMBEDDED, count)]
    meanings = dict.fromkeys(chosen, 0.0)
    if embedder:
        query = embedder.embed([question], kind="query")[0]
        vectors = embedder.embed([_in_context(every[i][0]) for i in chosen])
        meanings = {i: float(vector @ query) for i, vector in zip(chosen, vectors, strict=True)}

    def scored(i: int) -> Candidate:
        citation, rank = every[i]
        return Candidate(citation, rank, near[i] + WEIGHTS["meaning"] * meanings[i], meanings[i], words[i])

    return sorted(map(scored, chosen), key=lambda one: -one.score)[:count]


def _in_context(citation: Citation) -> str:
    """A sentence under its title and headings: alone it may not say what it is about."""
    place = _heading(citation)
    return f"{place}\n{citation.quote}" if place else citation.quote


def _heading(citation: Citation) -> str:
    return prompts.line(" > ".join(filter(None, (citation.passage.document.title, citation.passage.heading))))


def _sentences(hits: Sequence[Hit]) -> list[tuple[Citation, int]]:
    """Every sentence of the hits with the rank of its hit; overlapping passages and repeated text count once."""
    found: dict[str, tuple[Citation, int]] = {}
    for rank, hit in enumerate(hits, 1):
        passage = hit.passage
        fenced = "markdown" in passage.document.kind and open_fence(passage.document.text[: passage.start])
        for span in spans(passage.text, passage.document.kind, fenced):
            quote = passage.text[span.start : span.end]
            citation = Citation(passage, quote, passage.start + span.start, passage.start + span.end)
            found.setdefault(prompts.line(quote), (citation, rank))
    return list(found.values())


def _stems(text: str) -> list[str]:
    """The words of a text that carry meaning, cut to what their forms have in common (a rough English stemmer)."""
    return [_stem(word) for word in re.findall(r"[^\W_]+", text.lower()) if word not in STOP]


def _stem(word: str) -> str:
    for ending in ("ing", "ies", "ied", "es", "ed", "ly", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3:
            word = word.removesuffix(ending)
            break
    return word[:7]


def _generated(
    result: Answer,
    found: Sequence[Candidate],
    generator: Generator,
    asking: Asking,
    history: Sequence[Exchange],
    on_text: Callable[[str], None] | None,
) -> Answer:
    """Let the generator choose among the candidates and write; what it cites is resolved to its place."""
    messages, shape, shown = _prompt(result.question, found, generator, asking, history)
    sampling = Sampling(asking.max_tokens or shape.longest or 512, asking.temperature, asking.seed)
    stream = Written(on_text) if on_text else None
    began = time.perf_counter()
    source = "\n".join(one.quote for one in shown)
    listen = stream.feed if stream else None
    produced = grammar.produce(generator, messages, shape, sampling, k=ATTEMPTS, source=source, on_text=listen)
    cited, text = _cited(produced.data["citations"], shown), produced.data["answer"].strip()
    if cited and generator.constrained:  # what others cite is taken as it is
        cited = _supporting(found[: len(shown)], cited, text, asking)
    if asking.encoding == "extracts" and cited and text not in cited[0].quote:
        raise OutputError(f"{generator.name} did not copy its answer from what it cites first", raw=produced.raw)
    told = {
        "prompt": asking.prompt,
        "prompt_hash": prompts.digest(json.dumps([[one.role, one.content] for one in messages])),
        "grammar_hash": prompts.digest(shape.grammar),
        "encoding": asking.encoding,
        "shown": len(shown),
        "fingerprint": generator.fingerprint,
        "sampling": {"max_tokens": sampling.max_tokens, "temperature": sampling.temperature, "seed": sampling.seed},
        "reply": produced.raw,
        "attempts": produced.attempts,
    }
    seconds = {**result.trace["seconds"], "generator": round(time.perf_counter() - began, 3)}
    usage = {"tokens_in": produced.tokens_in, "tokens_out": produced.tokens_out}
    result = replace(result, usage=usage, trace={**result.trace, **told, "seconds": seconds})
    if cited and text:
        result = replace(result, text=text, answerable=True, citations=cited)
    else:
        result = replace(result, trace={**result.trace, "why": "the model found no answer in the sentences"})
    if stream:
        stream.finish(result.text)
    return result


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
    told = "\n".join(f"Q: {one.question}\nA: {one.answer}" for one in history[-2:])
    values = {"question": question, "history": f"Earlier in this conversation:\n{told}" if told else ""}
    lines = [_line(number, one.citation) for number, one in enumerate(found, 1)]
    messages, fits = prompts.fit(template, values, "sentences", lines, generator.count, room)
    return messages, _shape(found[:fits], asking, characters), [one.citation for one in found[:fits]]


def _line(number: int, citation: Citation) -> str:
    place = _heading(citation)  # behind the sentence: a small model takes what stands first for the answer
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
    said = set(_stems(text))

    def support(one: Candidate) -> tuple[bool, float]:
        words = len(said & set(_stems(one.citation.quote))) / max(1, len(said))
        source = asking.encoding == "extracts" and one.citation == cited[0]
        return source, one.score + SUPPORT["words"] * words + SUPPORT["cited"] * (one.citation in cited)

    return tuple(one.citation for one in sorted(found, key=support, reverse=True)[: asking.citations])


def _explained(one: Candidate) -> dict[str, Any]:
    places = {"document": one.citation.passage.document.key, "start": one.citation.start, "end": one.citation.end}
    scores = {"score": one.score, "meaning": one.meaning, "words": one.words}
    return {**places, "hit": one.hit, **{name: round(value, 4) for name, value in scores.items()}}


def to_json(given: Answer) -> dict[str, Any]:
    """The answer object, as `answer.schema.json` describes it."""
    return {
        "question": given.question,
        "answerable": given.answerable,
        "answer": given.text,
        "citations": [{"quote": one.quote} | _place(one.passage, one.start, one.end) for one in given.citations],
        "passages": [
            _place(hit.passage, hit.passage.start, hit.passage.end)
            | {"text": hit.passage.text, "score": round(hit.score, 6)}
            | {"via": {way: {"rank": via.rank, "score": round(via.score, 6)} for way, via in hit.via.items()}}
            for hit in given.hits
        ],
        "model": given.model,
        "usage": dict(given.usage),
        "trace": dict(given.trace),
    }


def _place(passage: Any, start: int, end: int) -> dict[str, Any]:
    document = passage.document
    names = {"document": document.key, "title": document.title, "url": document.url}
    more = {"author": document.author, "date": document.date, "place": places.place(document, start, end)}
    known = {name: value for name, value in more.items() if value}  # who said it, when, on which page
    return {**names, "start": start, "end": end, "heading": passage.heading, **known}


class Written:
    """Passes on the answer while the JSON object around it is still being written."""

    KEY = re.compile(r'"answer"\s*:\s*"')

    def __init__(self, on_text: Callable[[str], None]) -> None:
        self.on_text = on_text
        self.text = ""
        self.shown = ""
        self.at = -1  # where the part that was not passed on begins

    def feed(self, piece: str) -> None:
        self.text += piece
        if self.at < 0:
            key = self.KEY.search(self.text)
            if not key:
                return
            self.at = key.end()
        whole = STRING.match(self.text, self.at)
        if whole and whole.end() > self.at:
            piece = json.loads(f'"{whole[0]}"')
            self.shown += piece
            self.on_text(piece)
            self.at = whole.end()

    def finish(self, text: str) -> None:
        """Show the answer that counts, if it is not what was shown (a second attempt, or none)."""
        if self.shown.strip() != text:
            self.on_text(("\n" if self.shown else "") + text)
