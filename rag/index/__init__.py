"""
`Index`: add documents (only what changed), search their passages (words and vectors, fused).

It wires chunking, the embedder and the store; how each does its work is theirs, and how a source is brought up to date
stands in `adding.py`. Nothing here writes answers or prints.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import languages, models, ranking
from rag.errors import DatabaseError, InputError, RagError
from rag.files import typed
from rag.index import leads, named, spelling, threads
from rag.index.by_words import by_words, held, matching
from rag.index.hits import Hits
from rag.index.query import PICTURES, QueryMemo, takes_pictures
from rag.index.rerank import rerank as judged_again
from rag.store import Store, documents, fields, neighbours, opened, vectors
from rag.store.engine import Neighbours
from rag.store.filters import Filters
from rag.types import Embedder, Hit, Item, Passage, Reranker, Walk

if TYPE_CHECKING:
    from rag.index.adding import Summary
    from rag.types import Vectors

__all__ = ["Hits", "Index", "Item"]

WORDS_WEIGHT = 0.5  # of BM25 in the fused score; the rest is the vectors'
WORDS_LEAST = 0.25  # the same where the best passage has next to none of the question's words
HELD = 0.75  # the share of what they could bring from which words count in full
WORDS_UNREAD = 0.7  # the same for a question in a language that the embedder was not made for
DEPTH = 200  # candidates of each ranking
PHRASE = 2.0  # what a passage gains for a phrase in quotes that it holds: it comes before all that do not
NAME = 0.3  # … for a name of the question that it holds as it stands
NAMES = 8  # looked for
MOST = 4096  # passages that are asked for by vectors


class Index:
    """
    An index file with its embedder.

        with Index("blog.db") as index:
            index.add("blog", files(["~/blog"]))
            for hit in index.search("how do I export bookmarks?"):
                print(hit.score, hit.passage.document.key, hit.passage.text)

    The embedder is the one that the file was built with, else `embedder` (a name or an object), else minilm. Vectors
    are stored as the file has them, else as `store_vectors` says, f16 or f32, else f16.
    Raises DatabaseError if the file was built with another embedder or form, InputError if there is no such form.
    """

    def __init__(
        self,
        database: Store | Path | str,
        embedder: Embedder | str | None = None,
        *,
        create: bool = False,
        target: int | None = None,
        store_vectors: str = "",
    ) -> None:
        self.db: Store = opened(database, create=create) if isinstance(database, Path | str) else database
        self._target = target
        self._given = embedder
        self._embedder: Embedder | None = None if isinstance(embedder, str) else embedder
        self._neighbours: Neighbours | None = None
        self._rerankers: dict[str, Reranker] = {}
        self._form = store_vectors
        try:
            self._check_name()
            vectors.check_form(self.db, store_vectors)
        except RagError:
            if self.db is not database:
                self.db.close()
            raise

    def _check_name(self) -> None:
        built = self.db.setting("embedder")
        name = self._given if isinstance(self._given, str) else getattr(self._given, "name", None)
        if built and name and name != built:
            raise DatabaseError(
                f"{self.db.path} was built with the embedder {built}, not {name}",
                f"Omit --embedder, or build a new index: rag index PATH… --embedder {name} -d NEW.db",
            )

    @property
    def embedder(self) -> Embedder:
        """The embedder, loaded now; its fingerprint must be the one that the vectors were made with."""
        if self._embedder is None:
            name = self._given if isinstance(self._given, str) else None
            name = name or self.db.setting("embedder") or models.DEFAULT_EMBEDDER
            self._embedder = QueryMemo(models.embedder(name, fingerprint=self.db.setting("fingerprint")))
        built = self.db.setting("fingerprint")
        if built and built != self._embedder.fingerprint:
            raise DatabaseError(
                f"{self.db.path} was built with {built}, but {self._embedder.name} is now {self._embedder.fingerprint}",
                f"Embed everything again: rag doctor --fix -d {typed(self.db.path)}",
            )
        return self._embedder

    def add(
        self,
        source: str,
        items: Walk | Iterable[Item],
        *,
        prune: bool | None = None,
        kind: str = "files",
        full: bool = False,
        dry_run: bool = False,
        progress: Callable[[Summary], None] | None = None,
    ) -> Summary:
        """
        Bring a source up to date: read what changed, embed what is new, remove what is gone.

        An item with the stamp of the last run, and read by the same version of its reader, is not even opened; `full`
        opens them all. Every document is committed whole, with its
        vectors, some at a time: killed at any moment, the index is usable and the next run goes on. An item that
        cannot be read is counted in `problems`, and what was indexed of it stays. A walk that is `partial` gives only
        what changed, and names what is gone; its cursor is kept once everything is stored.

        What is gone is removed, but if that is all of it, or more than ten and more than stay, it is a problem and they
        are kept: an empty folder may be a disk that is not mounted. `prune=True` removes them all the same, False none
        at all.
        """
        from rag.index.adding import TARGET, Adding

        target = self._target or self.db.setting("target") or TARGET
        keys = kind != "evaluation"  # the ids of a corpus may tell the answer
        adding = Adding(self.db, cache(lambda: self.embedder), target, keys, self._form or vectors.FORM)
        summary = adding.add(source, items, prune=prune, kind=kind, full=full, dry_run=dry_run, progress=progress)
        if not dry_run:
            self.settle(summary, partial(_placing, summary, progress) if progress else None)
        return summary

    def settle(self, summary: Summary, progress: Callable[[int, int], None] | None = None) -> None:
        """`catch_up` at the end of a run; what is in the way is a problem of it, for it can be done without."""
        try:
            self.catch_up(progress)
        except DatabaseError as error:
            summary.problems.append(("the vector index", error.message))

    def catch_up(self, progress: Callable[[int, int], None] | None = None) -> int:
        """
        Bring the vector index up to date with the documents, as `add` does at its end; how many it took in.

        `progress(done, total)` counts documents. Stopped at any moment, the next call goes on.
        """
        near = self._near()
        return near.catch_up(progress) if near else 0

    # -- searching ------------------------------------------------------------------------------------------------

    def search(
        self,
        question: str,
        k: int = 10,
        *,
        mode: str = "hybrid",
        filters: Filters = Filters(),  # noqa: B008 (frozen)
        weight: float | None = None,
        rerank: Reranker | str = "",
        exact: bool = False,
    ) -> Hits:
        """
        The k best passages, best first. `mode` is "hybrid", "words" or "vectors"; `weight` is the words' share;
        None is what was measured to be best.

        `rerank` (a name, or an object) reads the first of them together with the question and orders them anew.
        `exact` compares every vector, also where an index is so large that some of its cells are looked into.
        Raises InputError for an empty question.
        """
        spelled = self.respelled(question, filters)
        question = spelling.replaced(question, spelled)
        fused, rankings = self._rank(question, k, mode, filters, weight, rerank, exact)
        explained = ranking.via(rankings)
        found = documents.hits(self.db, [(number, score, explained.get(number, {})) for number, score in fused])
        return Hits(found, question, spelled)

    def with_replies(self, hits: Hits, filters: Filters = Filters()) -> Hits:  # noqa: B008 (frozen)
        """
        What one answers from: what was found, and below it the other messages of the threads of the first ones, what
        other editions of the first ones say of the same, the documents that they say to look at, and what their pages
        say of who asks; before it the note of a release that says since when there is what was asked for.
        """
        # Their patterns take longer than a search, which has no need of them.
        from rag.index import arrivals, editions, owners, references

        def find(phrase: str) -> list[int]:
            return [number for number, _ in matching(self.db, phrase, DEPTH, filters)]

        found = editions.with_editions(self.db, threads.with_replies(self.db, hits, find), find)
        found = references.with_referred(self.db, found, find)
        found = owners.with_own(self.db, found, hits.question)
        found = arrivals.with_arrival(self.db, hits.question, found, filters)
        return Hits(found, hits.question, hits.respelled)

    def rank(
        self,
        question: str,
        k: int = 10,
        *,
        mode: str = "hybrid",
        filters: Filters = Filters(),  # noqa: B008 (frozen)
        weight: float | None = None,
        rerank: Reranker | str = "",
        exact: bool = False,
    ) -> tuple[ranking.Ranked, dict[str, ranking.Ranked]]:
        """What `search` finds as (passage id, score), without reading any text, and the rankings it was made of."""
        question = spelling.replaced(question, self.respelled(question, filters))
        return self._rank(question, k, mode, filters, weight, rerank, exact)

    def _rank(
        self,
        question: str,
        k: int,
        mode: str,
        filters: Filters,
        weight: float | None,
        rerank: Reranker | str,
        exact: bool,
    ) -> tuple[ranking.Ranked, dict[str, ranking.Ranked]]:
        if not question.strip():
            raise InputError("the question is empty", 'Ask something: rag search "how do I …?"')
        if k < 1:
            raise InputError(f"k is {k}", "Ask for at least one passage: -k 10")
        fields.check(self.db, filters)
        depth = max(DEPTH, k)
        asked = ranking.asked(question)
        if mode == "hybrid" and self.db.setting(PICTURES):
            mode = "vectors"  # a picture has no words but those of its name
        rankings: dict[str, ranking.Ranked] = {}
        if mode in ("hybrid", "words"):
            rankings["words"] = by_words(self.db, asked, depth, filters)
        if mode in ("hybrid", "vectors"):
            rankings["vectors"] = self.by_vectors(question, depth, filters, exact=exact)
        if not rankings:
            raise InputError(f"there is no way of searching named {mode!r}", "Choose hybrid, words or vectors.")
        if weight is None and len(rankings) > 1:
            weight = self._words_weight(question, asked, rankings["words"])
        share = weight or 0.0
        weights = {"words": share, "vectors": 1 - share} if len(rankings) > 1 else dict.fromkeys(rankings, 1.0)
        fused = ranking.fuse(rankings, weights)
        if mode != "vectors":
            fused = ranking.raised(fused, self._holders(asked, depth, filters))
        if mode == "hybrid":
            fused = leads.raised(self.db, question, named.raised(self.db, fused))
        if rerank:
            fused, rankings["reranker"] = judged_again(self.db, question, fused, self._reranker(rerank))
        return fused[:k], rankings

    def respelled(self, question: str, filters: Filters = Filters()) -> dict[str, str]:  # noqa: B008 (frozen)
        """The words of a question that stand nowhere and are likely misspelt -> how this index spells them."""
        return spelling.respelled(self.db, question, filters)

    def _words_weight(self, question: str, asked: ranking.Asked, found: ranking.Ranked) -> float:
        """The weight of the words in the fused score: less where the best passage has few of them."""
        if languages.unread(question, self.embedder):
            return WORDS_UNREAD
        return WORDS_LEAST + (WORDS_WEIGHT - WORDS_LEAST) * min(1.0, held(self.db, asked, found) / HELD)

    def by_words(self, question: str, limit: int, filters: Filters = Filters()) -> ranking.Ranked:  # noqa: B008
        """BM25 over an OR of the question's words, those that say nothing left out."""
        return by_words(self.db, ranking.asked(question), limit, filters)

    def _holders(self, asked: ranking.Asked, limit: int, filters: Filters) -> list[tuple[float, list[int]]]:
        """For each phrase and name of the question: what it weighs, and the passages that hold it as it stands."""
        holders = []
        for weight, expressions in ((PHRASE, asked.phrases), (NAME, asked.telling[:NAMES])):
            for expression in expressions:
                held = [number for number, _ in matching(self.db, expression, limit, filters)]
                if held and (weight > 1 or len(held) < limit):
                    holders.append((weight, held))
        return holders

    def by_vectors(
        self,
        question: str,
        limit: int,
        filters: Filters = Filters(),  # noqa: B008 (frozen)
        *,
        exact: bool = False,
    ) -> ranking.Ranked:
        """Cosine of the question's vector with every passage that may be found."""
        near = self._near()
        if near is None:
            return []
        vector = self.embedder.embed([question], "query")[0]
        return near.nearest(vector, limit, filters, exact=exact)

    @property
    def behind(self) -> int:
        """Documents that the last search compared one by one, because the vector index does not have them yet."""
        return self._neighbours.behind if self._neighbours else 0

    def like(self, picture: bytes, k: int = 10, *, filters: Filters = Filters()) -> Hits:  # noqa: B008 (frozen)
        """
        What is like a picture, given as the bytes of its file: by vectors alone.

        Raises InputError if the embedder takes no pictures.
        """
        fields.check(self.db, filters)
        near = self._near()
        if near is None:
            return Hits()
        vector = takes_pictures(self.embedder).embed_pictures([picture])[0]
        ranked = near.nearest(vector, k, filters)
        explained = ranking.via({"vectors": ranked})
        return Hits(documents.hits(self.db, [(number, score, explained[number]) for number, score in ranked]))

    def similar(self, key: str, k: int = 10, *, source: str = "", filters: Filters = Filters()) -> Hits:  # noqa: B008
        """
        Documents related to one: for each, its passage nearest to the mean of the given document's vectors.

        Raises InputError if no document has the key.
        """
        import numpy as np

        number, _ = documents.find(self.db, key, source)
        near = self._near()
        passages, made = vectors.of_document(self.db, self._model(), number)
        if near is None or not len(passages):
            return Hits()
        mean = made.mean(axis=0)
        mean /= max(float(np.linalg.norm(mean)), 1e-12)
        own = set(passages.tolist())
        ranked = near.nearest(mean, min(MOST, 20 * k + len(own)), filters)
        explained = ranking.via({"vectors": ranked})
        hits = documents.hits(self.db, [(n, score, explained[n]) for n, score in ranked])
        best: dict[tuple[str, str], Hit] = {}
        for hit in hits:
            document = hit.passage.document
            if hit.passage.id not in own:
                best.setdefault((document.source, document.key), hit)
        return Hits(list(best.values())[:k])

    def around(self, passage: Passage, count: int) -> list[Passage]:
        """A passage with up to `count` neighbours on each side."""
        return documents.around(self.db, passage.id, count)

    def _reranker(self, wanted: Reranker | str) -> Reranker:
        if isinstance(wanted, str):
            if wanted not in self._rerankers:
                self._rerankers[wanted] = models.reranker(wanted)
            return self._rerankers[wanted]
        return wanted

    def _model(self) -> int:
        name, fingerprint = self.db.setting("embedder"), self.db.setting("fingerprint")
        return vectors.model_id(self.db, name, fingerprint, 0) if name else 0

    def _ask(self, texts: Sequence[str]) -> Vectors:
        return self.embedder.embed(texts, "query")

    def _near(self) -> Neighbours | None:
        """The vector index; None while nothing was embedded."""
        if self._neighbours is None and (model := self._model()):
            self._neighbours = neighbours(self.db, model, vectors.dimensions(self.db, model), self._ask)
        return self._neighbours

    # -- the rest -------------------------------------------------------------------------------------------------

    def optimize(self, progress: Callable[[int, int], None] | None = None) -> None:
        """Write the vector index anew, without what was removed, and measure how much of it a question must read."""
        if near := self._near():
            near.optimize(progress)

    def rebuild(self) -> None:
        """Make the vector index anew from the documents' vectors, whatever there is."""
        if near := self._near():
            near.rebuild()

    def described(self) -> dict[str, Any]:
        """The vector index: rows, bytes, cells, how many of them a question looks into, at which recall; {}: none."""
        near = self._near()
        return near.described() if near else {}

    def close(self) -> None:
        if self._neighbours:
            self._neighbours.close()
        self.db.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(self, *raised: object) -> None:
        if self._neighbours:
            self._neighbours.close()
        self.db.__exit__(*raised)


def _placing(summary: Summary, progress: Callable[[Summary], None], done: int, total: int) -> None:
    summary.placed, summary.placing = done, total
    progress(summary)
