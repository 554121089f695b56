"""
The nouns, and what a part must offer to be one.

Plain frozen data. Nothing here imports anything of ours, reads a file or knows a library: every other
module may import this one, and this one none of them. Offsets are counted in Unicode code points of `Document.text`,
`end` exclusive, everywhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]

JSON = Any  # what json.loads gives


@dataclass(frozen=True, slots=True)
class Document:
    """A text of the user's. `(source, key)` names it and stays the same when its text changes."""

    source: str
    key: str
    text: str
    title: str = ""
    url: str = ""
    author: str = ""
    date: str = ""  # ISO 8601, as much of it as is known: "2024", "2024-03-01", "2024-03-01T12:00:00Z"
    meta: Mapping[str, JSON] = field(default_factory=dict)
    kind: str = "text"  # how it is cut into passages: "markdown", "text", "code"


@dataclass(frozen=True, slots=True)
class Picture(Document):
    """A picture on its way into an index: its `text` names it and its content, `data` is what is embedded."""

    data: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole paragraphs. `document.text[start:end] == text`, always."""

    document: Document
    start: int
    end: int
    text: str
    heading: str = ""  # the path of headings above it, "Install > Linux"
    id: int = 0  # its number in the index; 0 while it has none


@dataclass(frozen=True, slots=True)
class Via:
    """How one way of searching placed a hit: rank from 1, and the score it gave (its own scale)."""

    rank: int
    score: float


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that was found, best first; `via` explains its score ("words", "vectors")."""

    passage: Passage
    score: float
    via: Mapping[str, Via] = field(default_factory=dict)

    def _repr_html_(self) -> str:
        """In a notebook: where it stands, and the passage."""
        return f"<div>{_place_html(self.passage)} <small>{self.score:.3f}</small>{_text_html(self.passage.text)}</div>"


@dataclass(frozen=True, slots=True)
class Message:
    """One turn of a prompt. `role` is "system", "user" or "assistant"."""

    role: str
    content: str


@dataclass(frozen=True, slots=True)
class Residual:
    """What a grammar cannot enforce and the validator checks after decoding."""

    keyword: str  # the JSON Schema keyword, "uniqueItems"
    pointer: str  # where it stands in the schema, an RFC 6901 JSON pointer
    why: str


class Leaning(Protocol):
    """An opinion on how a reply should go on, to be added to the model's own."""

    def after(self, reply: str) -> Mapping[str, float]:
        """The texts with which a reply that begins so should rather go on, and by how many nats; none: no opinion."""
        ...


class Watch(Protocol):
    """What a reply must not say twice, while it is written."""

    def admits(self, more: str) -> bool:
        """Whether the reply may go on with this text."""
        ...

    def repeats(self, more: str) -> bool:
        """Whether, with this text, something stands there again that is not over yet: it must become longer."""
        ...

    def accept(self, more: str) -> None:
        """The reply has gone on with this text."""
        ...


class Once(Protocol):
    """What must not be written twice: a key of an object, an element of a unique list."""

    def begin(self) -> Watch:
        """For one reply, from its first character on."""
        ...


@dataclass(frozen=True, slots=True)
class Shape:
    """
    The same form said twice: hosted models read `schema`, local ones `grammar` (GBNF, start rule `root`).

    What `grammar` admits fits `schema`, except for what `residual` names. `longest` is the length in bytes of the
    longest text that the grammar admits: no model token is shorter than one byte, so as many tokens are always enough.
    None if the grammar was written by hand and its longest text is not known. `leaning` says what a local model should
    rather write where the grammar leaves it a choice, `once` what it must not write twice: both hold only where the
    tokens are chosen here, so that what `once` sees to is still named in `residual`.
    """

    schema: JSON
    grammar: str
    residual: tuple[Residual, ...] = ()
    longest: int | None = None
    leaning: Leaning | None = None
    once: Once | None = None


@dataclass(frozen=True, slots=True)
class Sampling:
    """How a model chooses its tokens. `temperature` 0 is greedy; the same seed gives the same text again."""

    max_tokens: int = 512
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a model wrote. `stopped` is "done" (it ended by itself) or "length" (it was cut)."""

    text: str
    tokens_in: int = 0
    tokens_out: int = 0
    stopped: str = "done"
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Request:
    """One of many prompts for a model that works on several at a time."""

    messages: Sequence[Message]
    shape: Shape | None = None
    sampling: Sampling = field(default_factory=Sampling)


@dataclass(frozen=True, slots=True)
class Citation:
    """
    `document.text[start:end] == quote`: the quote stands at exactly that place.

    `highlights` are the parts of it that matter most, (start, end) in the document's text, in order. `current` is the
    key of the current edition, if the document is another one.
    """

    passage: Passage
    quote: str
    start: int
    end: int
    highlights: tuple[tuple[int, int], ...] = ()
    current: str = ""


@dataclass(frozen=True, slots=True)
class Statement:
    """
    A sentence, or a block of code, of an answer that a model wrote: `answer.text[start:end]`.

    `citations` are the numbers, from 1, of the citations it stands on; `unsupported` are its parts, (start, end) in
    the answer's text, that stand in none of them.
    """

    start: int
    end: int
    citations: tuple[int, ...]
    unsupported: tuple[tuple[int, int], ...] = ()
    code: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer with what supports it. If it is not `answerable`, it has no citations; `nearest` is what came near."""

    question: str
    text: str
    answerable: bool
    citations: tuple[Citation, ...]
    hits: tuple[Hit, ...]
    model: str
    usage: Mapping[str, JSON] = field(default_factory=dict)
    trace: Mapping[str, JSON] = field(default_factory=dict)
    statements: tuple[Statement, ...] = ()  # where a model wrote it; an excerpt has none
    nearest: tuple[Citation, ...] = ()

    def _repr_html_(self) -> str:
        """In a notebook: the answer, and each citation with what matters most of it marked."""
        said = "<p>These documents do not answer that.</p>"
        if self.answerable or self.nearest:
            said = _text_html(self.text)
        near = "The nearest is" if len(self.nearest) == 1 else "What comes nearest"
        cited = [f"<p>{near}:</p>"] if self.nearest else []
        for number, one in enumerate(self.citations or self.nearest, 1):
            marks = [(start - one.start, end - one.start) for start, end in one.highlights]
            cited.append(f"<p>[{number}] {_place_html(one.passage)}</p>{_text_html(one.quote, marks)}")
        return f"<div><p><b>{escape(self.question)}</b></p>{said}{''.join(cited)}</div>"


@dataclass(frozen=True, slots=True)
class Record:
    """One row of an extraction. `status` is "done" (data fits the schema) or "failed" (error says why)."""

    document: Document
    data: JSON
    status: str
    error: str = ""
    raw: str = ""
    attempts: int = 0

    def _repr_html_(self) -> str:
        """In a notebook: the fields of the data, or the error."""
        if self.status != "done":
            return f"<div><b>{escape(self.document.key)}</b>: {escape(self.status)}: {escape(self.error)}</div>"
        fields = self.data if isinstance(self.data, Mapping) else {"": self.data}
        rows = ""
        for name, value in fields.items():
            said = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            rows += f"<tr><th>{escape(str(name))}</th><td>{escape(said)}</td></tr>"
        return f"<div><b>{escape(self.document.key)}</b><table>{rows}</table></div>"


def _place_html(passage: Passage) -> str:
    """A document's title and headings; a link where it has an address that a browser may follow."""
    document = passage.document
    shown = escape(" · ".join(filter(None, (document.title or document.key, passage.heading))))
    if document.url.startswith(("http://", "https://")):
        return f'<a href="{escape(document.url)}">{shown}</a>'
    return f"<b>{shown}</b>"


def _text_html(text: str, marks: Sequence[tuple[int, int]] = ()) -> str:
    """A text as it is written, with marks at (start, end)."""
    parts, at = [], 0
    for start, end in marks:
        start = max(start, at)
        parts += [escape(text[at:start]), "<mark>", escape(text[start:end]), "</mark>"]
        at = end
    parts.append(escape(text[at:]))
    return f'<blockquote style="white-space: pre-wrap; margin-left: 1em">{"".join(parts)}</blockquote>'


class Item(Protocol):
    """Something that may become documents, not read yet (`rag.sources.Item` is one)."""

    @property
    def key(self) -> str: ...  # stable, as long as it is the same thing
    @property
    def stamp(self) -> str: ...  # changes when it does; an item with the stamp of the last run is not read
    @property
    def read(self) -> Callable[[], list[Document]]: ...  # raises InputError if it cannot be read


@runtime_checkable
class Walk(Protocol):
    """
    The items of a source, and what is known of those that are not given (`rag.sources.Walk` is one).

    What it tells holds once it was iterated to its end; `partial`, once it has begun.
    """

    problems: list[tuple[str, str]]  # (what, why) could not be looked at
    partial: bool  # only what changed is given, and `removed` says what is gone
    removed: list[str]  # keys of items
    steady: bool  # the cursor holds true even if the run was stopped or had problems
    cursor: str  # how far the source was read, to be remembered

    def __iter__(self) -> Iterator[Item]: ...

    def gone(self, known: Iterable[str]) -> list[str]:
        """Those of the keys known before, and not given now, that are gone."""
        ...


class Embedder(Protocol):
    """Texts to unit vectors. What belongs to the weights is the embedder's: prefixes, dimensions, the fingerprint."""

    name: str  # the name that `models.embedder` finds it by, "minilm"
    fingerprint: str  # changes when the weights or the prefixes change
    dimensions: int
    max_tokens: int  # longer texts are cut by the model
    windows: bool  # whether a passage is embedded as windows of some sentences each; else as a whole
    threshold: float  # the relevance (`rag.ask`) below which a question finds nothing; 0 where nobody measured it
    english: bool  # whether it was made for English alone, so that in other languages words tell more

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        """float32 of shape (len(texts), dimensions), each row of length 1. `kind` is "passage" or "query"."""
        ...


@runtime_checkable
class PictureEmbedder(Protocol):
    """An embedder that also takes pictures, into the space of its texts."""

    def embed_pictures(self, pictures: Sequence[bytes]) -> Vectors:
        """As `Embedder.embed`, of the bytes of picture files. Raises ModelError for one that it cannot read."""
        ...


class Reranker(Protocol):
    """Judges a query and each text together: slower than comparing vectors, and better."""

    name: str  # the name that `models.reranker` finds it by
    fingerprint: str

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the query, on the model's own scale; higher is better."""
        ...


class Generator(Protocol):
    """Messages to text, held by a shape where one is given."""

    name: str  # the name that `models.generator` finds it by, "smollm2"
    fingerprint: str  # changes when the weights change; for a hosted model its endpoint and name
    context: int  # tokens of prompt and reply together
    constrained: bool  # whether a shape's grammar holds it while it writes; else it may break the shape
    parameters: int | None  # how many weights it has; None if nobody says (a hosted model: taken as a large one)

    def count(self, messages: Sequence[Message]) -> int:
        """Tokens that the prompt costs, chat template included."""
        ...

    def generate(
        self,
        messages: Sequence[Message],
        shape: Shape | None = None,
        sampling: Sampling = Sampling(),
        on_text: Callable[[str], None] | None = None,
    ) -> Reply:
        """
        The model's reply; a shape's grammar or schema holds it while it writes. `on_text` gets each new piece.

        Raises ModelError (missing, unreachable, prompt longer than `context`), never returns a text that a local
        grammar does not admit; a reply that was cut says so in `stopped`.
        """
        ...


class Scorer(Protocol):
    """A model that says how likely texts are. `fingerprint` changes with whatever says so."""

    fingerprint: str

    def likelihoods(self, text: str, ways: Sequence[tuple[str, str]]) -> list[float]:
        """
        How likely `text`, followed by the first part of each way, goes on with its second part: log-likelihoods, nats.
        """
        ...


class BatchGenerator(Generator, Protocol):
    """A generator that works on several prompts at a time, and gives each reply as soon as it is there."""

    def generate_many(self, requests: Iterable[Request]) -> Iterator[tuple[int, Reply | Exception]]:
        """(index of the request, its reply or its RagError), in the order in which they end; reads requests lazily."""
        ...
