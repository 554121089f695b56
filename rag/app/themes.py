"""
What is said in a source, or of a question, by theme: with quotes of those who say it, and who disagrees.

    passages --kmeans--> themes --central sentences, or a model that chooses by number--> quotes at their places

A quote is cut out of its document, so it is verbatim and its author is who wrote it. A model of some size writes a
title and a summary of each theme, from as many sentences as its budget of tokens holds, more of them in turns; the
bundled one does not, and the themes are told by their words.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from rag import grammar, places, prompts
from rag.app.clusters import items
from rag.ask import capable
from rag.errors import InputError
from rag.index import Index
from rag.store import documents
from rag.store.filters import Filters
from rag.types import Document, Generator, Passage, Sampling
from rag.understand import keywords as telling
from rag.understand import kmeans, naming, opinions
from rag.understand.opinions import Disagreement, Quote

Array = Any
FOUND = 200  # passages that a query takes at most
NEAR = 0.4  # of the best one's score: what is found less well is not about the question
MOST = 12  # themes that are chosen by themselves
COUNTED = 20_000  # passages of which the words are counted, evenly
READ = 24  # passages nearest a centre whose sentences are weighed
QUOTES = 3  # of a theme
APART = 5  # uncommon opinions
APART_BY = 1.5  # standard deviations below the mean cosine with a theme
WORDS = 8  # of a passage that has an opinion
TOKENS, REPLY = 3000, 600  # of a prompt, and of what is written
WRITTEN = 400  # characters of a summary


@dataclass(frozen=True, slots=True)
class ThemesRequest:
    """What is read: a source, what a query finds, or what filters leave; into how many themes (0: chosen)."""

    query: str = ""
    filters: Filters = field(default_factory=Filters)
    n: int = 0
    quotes: int = QUOTES
    prompt: str = "themes"


@dataclass(frozen=True, slots=True)
class Theme:
    """What several passages say. `summary` is a model's, or empty."""

    title: str
    keywords: list[str]
    passages: int
    authors: list[str]  # by how much they say
    quotes: list[Quote]
    summary: str = ""
    members: tuple[int, ...] = ()  # numbers of the passages, nearest the centre first


@dataclass(frozen=True, slots=True)
class Themes:
    """All of it; `dropped` counts quotes that did not stand at their place any more and were left out."""

    themes: list[Theme]
    uncommon: list[Quote]
    disagreements: list[Disagreement]
    passages: int
    dropped: int = 0


def themes(
    index: Index,
    request: ThemesRequest,
    generator: Generator | None = None,
    *,
    progress: Callable[[str], None] | None = None,
) -> Themes:
    """
    The themes, the largest first. Without a `generator` that can write, all of it is cut out of the documents.

    Raises InputError if nothing is found, OutputError if a hosted model's reply does not fit, twice.
    """
    numbers, vectors, keys = _read(index, request)
    made = _groups(vectors, keys, request.n)
    passages = documents.passages(index.db, numbers)
    step = 1 + len(numbers) // COUNTED
    counted = zip(numbers[::step], made.labels[::step].tolist(), strict=True)
    words = telling.keywords((label, _text(passages[number])) for number, label in counted)
    names = naming.by_keywords([words.get(label, []) for label in range(len(made.centres))])
    writes = generator if capable(generator) else None
    found: list[Theme] = []
    for label in np.argsort(-np.bincount(made.labels, minlength=len(made.centres)), kind="stable").tolist():
        own = np.flatnonzero(made.labels == label)
        own = own[np.argsort(-made.cosines[own], kind="stable")]
        if not len(own):
            continue
        members = [passages[numbers[place]] for place in own.tolist()]
        theme = Theme(
            names[label], words.get(label, []), len(own), _authors(members), [], "", tuple(one.id for one in members)
        )
        theme = _told(index, request, theme, members, made.centres[label], writes, [one.title for one in found])
        found.append(theme)
        if progress:
            progress(theme.title)
    told = {quote.passage for theme in found for quote in theme.quotes}
    apart = _uncommon(index, [passages[number] for number in numbers], made, told)
    against = opinions.disagreements(
        [passages[number] for number in numbers], _Parents(index), lambda texts: index.embedder.embed(texts)
    )
    return _checked(Themes(found, apart, against, len(numbers)))


def _read(index: Index, request: ThemesRequest) -> tuple[list[int], Array, Array]:
    """Numbers, vectors and keys of the passages that are read, in the order of the index."""
    found = items(index.db, "passages", request.filters)
    numbers = found.passages
    if request.query:
        ranked = index.rank(request.query, FOUND, filters=request.filters)[0]
        least = NEAR * max((score for _, score in ranked), default=0.0)
        keep = np.isin(numbers, [number for number, score in ranked if score >= least])
    else:
        keep = np.ones(len(numbers), dtype=bool)
    if not keep.any():
        raise InputError("nothing was found to read", "Ask otherwise, or widen the filter.")
    return numbers[keep].tolist(), found.vectors[keep], found.keys[keep]


def _groups(vectors: Array, keys: Array, n: int) -> kmeans.Clustering:
    if n > len(vectors):
        raise InputError(f"{len(vectors)} passages make no {n} themes", "Ask for fewer.")
    k = n or min(MOST, kmeans.choose(vectors, keys, most=MOST)) if len(vectors) >= 6 or n else 1
    return kmeans.cluster(vectors, k, keys)


def _text(passage: Passage) -> str:
    return f"{passage.heading}\n{passage.text}"


def _authors(members: Sequence[Passage]) -> list[str]:
    counts: dict[str, int] = {}
    for one in members:
        if one.document.author:
            counts[one.document.author] = counts.get(one.document.author, 0) + 1
    return sorted(counts, key=lambda name: (-counts[name], name))


def _told(
    index: Index,
    request: ThemesRequest,
    theme: Theme,
    members: Sequence[Passage],
    centre: Array,
    generator: Generator | None,
    taken: Sequence[str],
) -> Theme:
    """The theme with its quotes, and with a title and a summary if a model writes them."""
    weighed = [quote for passage in members[:READ] for quote in opinions.sentences(passage)]
    if not weighed:  # code, or a word or two: the passage itself
        first = members[0]
        whole = Quote(first.document, first.id, first.start, first.end, first.document.text[first.start : first.end])
        return replace(theme, quotes=[whole])
    vectors = index.embedder.embed([quote.text for quote in weighed])
    if generator is None:
        chosen = opinions.central(weighed, vectors, centre, request.quotes)
        return replace(theme, quotes=[weighed[place] for place in chosen])
    order = opinions.central(weighed, vectors, centre, len(weighed))
    title, summary, quotes = _written(generator, request, theme, [weighed[place] for place in order], taken)
    return replace(theme, title=title, summary=summary, quotes=quotes)


def _written(
    generator: Generator, request: ThemesRequest, theme: Theme, weighed: list[Quote], taken: Sequence[str]
) -> tuple[str, str, list[Quote]]:
    """A title, a summary and the numbers of quotes from a model; of more than fit, those that it chose of each part."""
    template = prompts.find(request.prompt, ["sentences"])
    values = {"keywords": ", ".join(theme.keywords), "taken": "; ".join(taken) or "none yet"}
    while True:
        budget = min(TOKENS, generator.context - REPLY - 8)
        chosen: list[Quote] = []
        rest = weighed
        while rest:
            lines = [
                f"[{n}] {one.document.author or 'someone'}: {prompts.line(one.text)}" for n, one in enumerate(rest, 1)
            ]
            messages, fits = prompts.fit(template, values, "sentences", lines, generator.count, budget)
            sampling = Sampling(max_tokens=REPLY)
            produced = grammar.produce(generator, messages, _schema(fits, request.quotes), sampling, k=2)
            chosen += [rest[number - 1] for number in dict.fromkeys(produced.data["quotes"])]
            rest = rest[fits:]
        if len(chosen) <= request.quotes or len(chosen) >= len(weighed):
            break
        weighed = chosen
    title = " ".join(produced.data["title"].split()).strip(" .") or theme.title
    if title.casefold() in {one.casefold() for one in taken}:
        title = f"{title} ({theme.keywords[0]})" if theme.keywords else theme.title
    return title, " ".join(produced.data["summary"].split()), chosen[: request.quotes]


def _schema(count: int, most: int) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "quotes": {
                "type": "array", "minItems": 1, "maxItems": most,
                "items": {"type": "integer", "minimum": 1, "maximum": count},
            },
            "title": {"type": "string", "minLength": 3, "maxLength": naming.LONGEST},
            "summary": {"type": "string", "minLength": 10, "maxLength": WRITTEN},
        },
        "required": ["quotes", "title", "summary"],
    }  # fmt: skip


def _uncommon(index: Index, passages: Sequence[Passage], made: kmeans.Clustering, told: Container[int]) -> list[Quote]:
    """What stands farthest from every theme and was not told yet, a quote a person; none where all is alike."""
    if len(passages) < 10 or len(_authors(passages)) < 2:  # what one person wrote is no opinion among others
        return []
    limit = float(made.cosines.mean() - APART_BY * made.cosines.std())
    found: list[Quote] = []
    for place in np.argsort(made.cosines, kind="stable").tolist():
        passage = passages[place]
        if made.cosines[place] > limit or len(found) == min(APART, len(passages) // 10):
            break
        authors = {quote.document.author for quote in found} - {""}
        if len(passage.text.split()) < WORDS or passage.document.author in authors or passage.id in told:
            continue
        if listed := opinions.sentences(passage):
            vectors = index.embedder.embed([one.text for one in listed])
            middle = vectors.mean(axis=0)
            found.append(listed[opinions.central(listed, vectors, middle, 1)[0]])
    return found


class _Parents:
    """What a document of a thread answers."""

    def __init__(self, index: Index) -> None:
        self.db = index.db

    def __call__(self, document: Document) -> Document | None:
        key = document.meta.get("parent")
        if key in (None, "") or not document.meta.get("parent_author"):
            return None
        try:
            return documents.find(self.db, str(key), document.source)[1]
        except InputError:
            return None


def _checked(made: Themes) -> Themes:
    """Without a quote that is not what stands at its place: there is none, and if there were, it would be counted."""
    dropped = 0

    def sound(one: Quote) -> bool:
        nonlocal dropped
        right = one.document.text[one.start : one.end] == one.text
        dropped += not right
        return right

    kept = [replace(theme, quotes=[one for one in theme.quotes if sound(one)]) for theme in made.themes]
    apart = [one for one in made.uncommon if sound(one)]
    against = [one for one in made.disagreements if sound(one.quote) and (one.about is None or sound(one.about))]
    return Themes(kept, apart, against, made.passages, dropped)


# -- as data, and as Markdown ------------------------------------------------------------------------------------------


def plain(made: Themes) -> dict[str, Any]:
    """All of it as plain data."""
    return {
        "passages": made.passages,
        "themes": [
            {
                "title": one.title, "summary": one.summary, "keywords": one.keywords, "passages": one.passages,
                "authors": one.authors, "quotes": [_quote(quote) for quote in one.quotes],
            }
            for one in made.themes
        ],
        "uncommon": [_quote(one) for one in made.uncommon],
        "disagreements": [
            {
                "who": one.who, "whom": one.whom, "quote": _quote(one.quote),
                "about": _quote(one.about) if one.about else None,
            }
            for one in made.disagreements
        ],
        "dropped": made.dropped,
    }  # fmt: skip


def _quote(one: Quote) -> dict[str, Any]:
    document = one.document
    return {
        "quote": one.text, "author": document.author, "date": document.date, "document": document.key,
        "source": document.source, "title": document.title, "url": document.url, "start": one.start, "end": one.end,
        "place": places.place(document, one.start, one.end),
    }  # fmt: skip


def markdown(made: Themes) -> str:
    """For people, and for `rag verify`: each quote a blockquote, signed by its author with a link."""
    parts: list[str] = []
    for one in made.themes:
        many = f"{one.passages} passage{'s' * (one.passages != 1)}"
        people = f" by {len(one.authors)} {'people' if len(one.authors) != 1 else 'person'}" if one.authors else ""
        parts += [
            f"## {one.title}",
            f"{many}{people}. Also: {', '.join(more)}" if (more := _beside(one)) else f"{many}{people}.",
            *([one.summary] if one.summary else []),
        ]
        parts += [_block(quote) for quote in one.quotes]
    if made.uncommon:
        parts += ["## Uncommon opinions", *(_block(quote) for quote in made.uncommon)]
    if made.disagreements:
        parts.append("## Who disagrees with whom")
        for against in made.disagreements:
            parts += [f"{against.who} with {against.whom}:", _block(against.quote)]
            parts += ["on:", _block(against.about)] if against.about else []
    return "\n\n".join(parts) + "\n"


def _beside(one: Theme) -> list[str]:
    """The telling words that its title does not have."""
    return [word for word in one.keywords if word.casefold() not in one.title.casefold()]


def _block(one: Quote) -> str:
    lines = "\n".join(f"> {line}".rstrip() for line in one.text.splitlines())
    name = one.document.author or one.document.title or one.document.key
    name = " ".join(name.replace("[", "(").replace("]", ")").split())
    url = one.document.url
    return f"{lines}\n>\n> — {f'[{name}]({url})' if url and not set(url) & set(' ()<>') else name}"
