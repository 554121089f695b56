"""
One step of one peer, in the peer's own environment: `worker.py NAME STEP WORK PLACE`. Prints one JSON object.

WORK holds the texts and vectors, PLACE is the folder of the peer's index. Nothing of rag is imported but by rag itself.
"""

from __future__ import annotations

import asyncio
import json
import os
import re
import resource
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

Array = Any
CHANGED = 7  # the passage that is changed
LONG = 60  # CPU seconds, after which no more questions are asked


def memory() -> float:
    """MB, the largest there was; ru_maxrss would count the program that started this one."""
    return int(re.search(r"VmHWM:\s+(\d+)", Path("/proc/self/status").read_text())[1]) / 1024  # type: ignore[index]


def cpu() -> float:
    """CPU seconds of this process and of those that it ran."""
    others = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + others.ru_utime + others.ru_stime


class Peer:
    """An index in a folder: `build`, `open`, `near` (positions of the ten nearest), `change` one passage."""

    def __init__(self, place: Path, texts: list[str], vectors: Array, questions: list[str], asked: Array) -> None:
        self.place, self.texts, self.vectors = place, texts, vectors
        self.questions, self.asked = questions, asked

    def build(self) -> None: ...

    def open(self) -> None: ...

    def close(self) -> None: ...

    def near(self, number: int) -> list[int]:
        return self.nearest(self.asked[number])

    def nearest(self, vector: Array) -> list[int]:
        raise NotImplementedError

    def change(self, number: int, text: str, vector: Array) -> list[int]:
        """Change one passage; what is then found for its new vector."""
        raise NotImplementedError

    def best(self, number: int) -> list[int]:
        """The ten documents that the peer finds for a question in the way that it recommends."""
        return self.near(number)


class Given:
    """rag's embedder here: the vectors that all have."""

    name, fingerprint, dimensions, max_tokens, windows, threshold = "given", "given", 384, 512, False, 0.0

    def __init__(self, known: dict[str, Array]) -> None:
        self.known = known

    def embed(self, texts: Any, kind: str = "passage") -> Array:
        return np.stack([self.known[text] for text in texts])


class Item:
    def __init__(self, number: int, text: str) -> None:
        self.key, self.text, self.stamp = f"{number:07}", text, ""

    def read(self) -> list[Any]:
        from rag.types import Document

        return [Document("s", self.key, self.text)]


class Rag(Peer):
    """Words, vectors and documents in one file: more than is asked for here."""

    def open(self) -> None:
        from rag import Index

        known = dict(zip([*self.texts, *self.questions], [*self.vectors, *self.asked], strict=True))
        self.index = Index(self.place / "x.db", Given(known), create=True)

    def build(self) -> None:
        self.open()
        self.index.add("s", [Item(number, text) for number, text in enumerate(self.texts)])

    def close(self) -> None:
        self.index.close()

    def near(self, number: int) -> list[int]:
        return [passage - 1 for passage, _ in self.index.by_vectors(self.questions[number], 10)]

    def change(self, number: int, text: str, vector: Array) -> list[int]:
        self.index.embedder.known[text] = vector
        self.index.add("s", Changed([Item(number, text)]))
        return [0 if hit.passage.text == text else 1 for hit in self.index.search(text, 1, mode="vectors")]


class RagAsShipped(Peer):
    """For the quality of retrieval: documents cut, embedded and searched by words and vectors as it does by itself."""

    def build(self) -> None:
        from rag import Index

        self.index = Index(self.place / "x.db", "minilm", create=True)
        self.index.add("s", [Item(number, text) for number, text in enumerate(self.texts)], kind="evaluation")

    def best(self, number: int) -> list[int]:
        hits = self.index.search(self.questions[number], 50)
        return list(dict.fromkeys(int(hit.passage.document.key) for hit in hits))[:10]


class Changed:
    """A walk that names only what changed."""

    def __init__(self, items: list[Item]) -> None:
        self.items, self.partial, self.removed, self.steady, self.cursor = items, True, [], False, ""
        self.problems: list[tuple[str, str]] = []

    def __iter__(self) -> Any:
        return iter(self.items)

    def gone(self, known: Any) -> list[str]:
        return []


class FaissFlat(Peer):
    def make(self) -> Any:
        import faiss

        return faiss.IndexFlatIP(384)

    def build(self) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self.index = self.make()
        self.index.add(self.vectors)
        faiss.write_index(self.index, str(self.place / "x.faiss"))

    def open(self) -> None:
        import faiss

        faiss.omp_set_num_threads(1)
        self.index = faiss.read_index(str(self.place / "x.faiss"))

    def nearest(self, vector: Array) -> list[int]:
        return [int(n) for n in self.index.search(vector[None], 10)[1][0]]

    def change(self, number: int, text: str, vector: Array) -> list[int]:
        """It has no replacing: one is added, and the file written anew, since that is all it can keep."""
        import faiss

        self.index.add(vector[None])
        faiss.write_index(self.index, str(self.place / "x.faiss"))
        return [0 if self.nearest(vector)[0] == len(self.vectors) else 1]


class FaissHnsw(FaissFlat):
    def make(self) -> Any:
        import faiss

        index = faiss.IndexHNSWFlat(384, 16, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efSearch = 64
        return index

    def open(self) -> None:
        super().open()
        self.index.hnsw.efSearch = 64


class Usearch(Peer):
    def build(self) -> None:
        from usearch.index import Index

        self.index = Index(ndim=384, metric="ip", dtype="f32")
        self.index.add(np.arange(len(self.vectors)), self.vectors, threads=1)
        self.index.save(str(self.place / "x.usearch"))

    def open(self) -> None:
        from usearch.index import Index

        self.index = Index.restore(str(self.place / "x.usearch"))

    def nearest(self, vector: Array) -> list[int]:
        return [int(n) for n in self.index.search(vector, 10, threads=1).keys]

    def change(self, number: int, text: str, vector: Array) -> list[int]:
        self.index.remove(number)
        self.index.add(number, vector)
        self.index.save(str(self.place / "x.usearch"))
        return [0 if self.nearest(vector)[0] == number else 1]


class SqliteVec(Peer):
    def open(self) -> None:
        import apsw
        import sqlite_vec

        self.db = apsw.Connection(str(self.place / "x.db"))
        self.db.enable_load_extension(True)
        self.db.load_extension(sqlite_vec.loadable_path())
        self.db.pragma("journal_mode", "wal")
        self.db.pragma("mmap_size", 1 << 30)

    def build(self) -> None:
        self.open()
        self.db.execute("create table t(id integer primary key, text); create virtual table v using vec0(e float[384])")
        with self.db:
            self.db.executemany("insert into t values (?, ?)", list(enumerate(self.texts)))
            rows = [(n, v.tobytes()) for n, v in enumerate(self.vectors)]
            self.db.executemany("insert into v(rowid, e) values (?, ?)", rows)

    def nearest(self, vector: Array) -> list[int]:
        sql = "select rowid from v where e match ? and k = 10 order by distance"
        return [n for (n,) in self.db.execute(sql, (vector.tobytes(),))]

    def change(self, number: int, text: str, vector: Array) -> list[int]:
        with self.db:
            self.db.execute("update t set text = ? where id = ?", (text, number))
            self.db.execute("update v set e = ? where rowid = ?", (vector.tobytes(), number))
        return [0 if self.nearest(vector)[0] == number else 1]


class Llm(Peer):
    """llm's Collection over sqlite-utils: cosines in Python, row by row."""

    def open(self) -> None:
        import llm
        import sqlite_utils

        self.llm = llm
        self.db = sqlite_utils.Database(str(self.place / "x.db"))

        class Fixed(llm.EmbeddingModel):
            model_id = "given"

            def embed_batch(self, items: Any) -> Any:
                return [[0.0] * 384 for _ in items]

        self.collection = llm.Collection("s", self.db, model=Fixed())

    def _put(self, rows: list[tuple[int, str, Array]]) -> None:
        encoded = [
            {"collection_id": self.collection.id, "id": str(n), "embedding": self.llm.encode(v.tolist()), "content": t,
             "content_blob": None, "content_hash": self.collection.content_hash(t), "metadata": None,
             "updated": int(time.time())} for n, t, v in rows
        ]  # fmt: skip
        with self.db.conn:
            self.db["embeddings"].upsert_all(encoded, pk=("collection_id", "id"))

    def build(self) -> None:
        self.open()
        self._put([(n, text, v) for n, (text, v) in enumerate(zip(self.texts, self.vectors, strict=True))])

    def nearest(self, vector: Array) -> list[int]:
        return [int(entry.id) for entry in self.collection.similar_by_vector(vector.tolist(), number=10)]

    def change(self, number: int, text: str, vector: Array) -> list[int]:
        self._put([(number, text, vector)])
        return [0 if self.nearest(vector)[0] == number else 1]


class Chroma(Peer):
    def open(self) -> None:
        import chromadb

        self.client = chromadb.PersistentClient(str(self.place / "chroma"))
        self.collection = self.client.get_or_create_collection("passages", metadata={"hnsw:space": "ip"})

    def build(self) -> None:
        self.open()
        for first in range(0, len(self.texts), 2000):
            part = slice(first, first + 2000)
            ids = [str(n) for n in range(first, min(first + 2000, len(self.texts)))]
            self.collection.add(ids=ids, embeddings=self.vectors[part], documents=self.texts[part])

    def nearest(self, vector: Array) -> list[int]:
        return [int(n) for n in self.collection.query(query_embeddings=[vector], n_results=10, include=[])["ids"][0]]

    def change(self, number: int, text: str, vector: Array) -> list[int]:
        self.collection.update(ids=[str(number)], embeddings=[vector], documents=[text])
        return [0 if self.nearest(vector)[0] == number else 1]


def plain(question: str) -> str:
    """Without the marks that a language of queries would read."""
    return re.sub(r"[^\w\s]", " ", question)


class Lance(Peer):
    def open(self) -> None:
        import lancedb

        self.table = lancedb.connect(str(self.place / "lance")).open_table("s")

    def build(self) -> None:
        import lancedb
        import pyarrow as pa

        values = pa.array(self.vectors.reshape(-1), pa.float32())
        vectors = pa.FixedSizeListArray.from_arrays(values, 384)
        rows = pa.table({"id": list(range(len(self.texts))), "text": self.texts, "vector": vectors})
        self.table = lancedb.connect(str(self.place / "lance")).create_table("s", rows)

    def nearest(self, vector: Array) -> list[int]:
        return self.table.search(vector).distance_type("dot").limit(10).to_arrow()["id"].to_pylist()

    def best(self, number: int) -> list[int]:
        """By words and vectors, fused by reciprocal rank as its documentation shows."""
        if not self.table.list_indices():
            self.table.create_fts_index("text")
        query = self.table.search(query_type="hybrid").vector(self.asked[number]).text(plain(self.questions[number]))
        return query.distance_type("dot").limit(10).to_arrow()["id"].to_pylist()

    def change(self, number: int, text: str, vector: Array) -> list[int]:
        self.table.update(where=f"id = {number}", values={"text": text, "vector": vector.tolist()})
        return [0 if self.nearest(vector)[0] == number else 1]


KNOWN: dict[str, Array] = {}  # the vectors of texts, for peers that ask for them by text


def given(texts: list[str]) -> Array:
    return np.stack([KNOWN[text] for text in texts])


class Txtai(Peer):
    """Texts and vectors kept; words too where quality is judged, as its documentation recommends (`hybrid`)."""

    hybrid = False

    def _made(self) -> Any:
        os.environ["ALLOW_RESOLVE_TRANSFORM"] = "True"  # it will not call a function of ours otherwise
        sys.modules.setdefault("worker", sys.modules[__name__])
        from txtai import Embeddings

        KNOWN.update(zip([*self.texts, *self.questions], [*self.vectors, *self.asked], strict=True))
        return Embeddings(method="external", transform="worker.given", content=True, hybrid=self.hybrid)

    def open(self) -> None:
        self.embeddings = self._made()
        self.embeddings.load(str(self.place / "txtai"))

    def build(self) -> None:
        self.embeddings = self._made()
        self.embeddings.index([(n, text, None) for n, text in enumerate(self.texts)])
        self.embeddings.save(str(self.place / "txtai"))

    def near(self, number: int) -> list[int]:
        return [int(row["id"]) for row in self.embeddings.search(self.questions[number], 10)]

    def change(self, number: int, text: str, vector: Array) -> list[int]:
        KNOWN[text] = vector
        self.embeddings.upsert([(number, text, None)])
        self.embeddings.save(str(self.place / "txtai"))
        return [0 if int(self.embeddings.search(text, 1)[0]["id"]) == number else 1]


class TxtaiHybrid(Txtai):
    hybrid = True


class Haiku(Peer):
    """Its client, given documents that are cut and embedded; a question's vector comes from a patched embedder."""

    def _client(self, *, create: bool) -> Any:
        from haiku.rag.client import HaikuRAG
        from haiku.rag.config import AppConfig
        from haiku.rag.embeddings import EmbedderWrapper
        from haiku.rag.store import engine

        KNOWN.update(zip([*self.texts, *self.questions], [*self.vectors, *self.asked], strict=True))

        class Embedder(EmbedderWrapper):
            async def _embed_query(self, text: str) -> list[float]:
                return [float(value) for value in KNOWN[text]]

        engine.get_embedder = lambda config=None: Embedder(None, 384)
        config = AppConfig.model_validate({"embeddings": {"model": {"name": "given", "vector_dim": 384}}})
        return HaikuRAG(self.place / "haiku.lancedb", config=config, create=create)

    def _done(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def open(self, *, create: bool = False) -> None:
        self.loop = asyncio.new_event_loop()
        self.client = self._client(create=create)
        self._done(self.client.__aenter__())

    def close(self) -> None:
        self._done(self.client.__aexit__(None, None, None))

    def _import(self, number: int, text: str, vector: Array) -> Any:
        from docling_core.types.doc.document import DoclingDocument
        from docling_core.types.doc.labels import DocItemLabel
        from haiku.rag.client.documents import DocumentImport
        from haiku.rag.store.models.chunk import Chunk

        document = DoclingDocument(name=str(number))
        document.add_text(label=DocItemLabel.TEXT, text=text)
        refs = {"doc_item_refs": ["#/texts/0"], "labels": ["text"]}
        return DocumentImport(
            document, [Chunk(content=text, metadata=refs, embedding=vector.tolist())], uri=str(number)
        )

    def build(self) -> None:
        self.open(create=True)
        rows = list(zip(range(len(self.texts)), self.texts, self.vectors, strict=True))
        for first in range(0, len(rows), 1000):
            self._done(self.client.import_documents([self._import(*row) for row in rows[first : first + 1000]]))

    def _found(self, question: str, way: str) -> list[int]:
        found = self._done(self.client.search(question, limit=10, search_type=way))
        return [int(one.document_uri) for one in found]

    def near(self, number: int) -> list[int]:
        return self._found(self.questions[number], "vector")

    def best(self, number: int) -> list[int]:
        return self._found(self.questions[number], "hybrid")

    def change(self, number: int, text: str, vector: Array) -> list[int]:
        KNOWN[text] = vector
        new = self._import(number, text, vector)
        old = next(d for d in self._done(self.client.list_documents(filter=f"uri = '{number}'")))
        self._done(self.client.update_document(old.id, chunks=new.chunks, docling_document=new.docling_document))
        return [0 if self._found(text, "vector")[0] == number else 1]


class Qmd(Peer):
    """Its command, over files; it embeds them itself, with the same weights as a GGUF in 16 bits (`qmd.gguf`)."""

    command: Sequence[str] = ("qmd",)

    def _run(self, *words: str) -> str:
        cache = self.place / "cache"
        env = {
            **os.environ, "PATH": f"{os.environ['QMD_BIN']}:{os.environ['PATH']}", "QMD_FORCE_CPU": "1",
            "QMD_EMBED_MODEL": os.environ["QMD_GGUF"], "QMD_EMBED_CONTEXT_SIZE": "512", "XDG_CACHE_HOME": str(cache),
            "XDG_CONFIG_HOME": str(cache), "HOME": str(self.place), "NO_COLOR": "1",
        }  # fmt: skip
        done = subprocess.run(
            [*self.command, *words], env=env, cwd=self.place, capture_output=True, text=True, check=True
        )
        return done.stdout

    def build(self) -> None:
        folder = self.place / "files"
        folder.mkdir()
        for number, text in enumerate(self.texts):
            (folder / f"{number}.md").write_text(text)
        self._run("collection", "add", str(folder), "--name", "s")
        self._run("update")
        self._run("embed")

    def _found(self, typed: str) -> list[int]:
        rows = json.loads(self._run("query", typed, "--no-rerank", "--format", "json", "-n", "10") or "[]")
        return [int(re.search(r"(\d+)\.md", row["file"])[1]) for row in rows]  # type: ignore[index]

    def near(self, number: int) -> list[int]:
        return self._found(f"vec: {plain(self.questions[number])}")

    def best(self, number: int) -> list[int]:
        words = plain(self.questions[number])
        return self._found(f"vec: {words}\nlex: {words}")

    def change(self, number: int, text: str, vector: Array) -> list[int]:
        (self.place / "files" / f"{number}.md").write_text(text)
        self._run("update")
        self._run("embed")
        return [0 if self._found(f"vec: {text}")[0] == number else 1]


PEERS = {
    "rag": Rag, "faiss flat": FaissFlat, "faiss hnsw": FaissHnsw, "usearch": Usearch, "sqlite-vec": SqliteVec,
    "llm": Llm, "chromadb": Chroma, "lancedb": Lance, "txtai": Txtai, "haiku.rag": Haiku, "qmd": Qmd,
}  # fmt: skip
AT_THEIR_BEST = {"rag": RagAsShipped, "txtai": TxtaiHybrid}  # for the quality of retrieval


def quality(name: str, work: Path, place: Path) -> dict[str, list[list[int]]]:
    """set -> of each question the documents found, best first."""
    found = {}
    for folder in sorted(work.glob("quality-*")):
        texts, questions = (json.loads((folder / f"{what}.json").read_text()) for what in ("texts", "questions"))
        vectors, asked = np.load(folder / "vectors.npy"), np.load(folder / "questions.npy")
        own = place / folder.name
        own.mkdir()
        peer = AT_THEIR_BEST.get(name, PEERS[name])(own, texts, vectors, questions, asked)
        peer.build()
        found[folder.name.removeprefix("quality-")] = [[int(n) for n in peer.best(at)] for at in range(len(questions))]
    return found


def main() -> None:
    name, step, work, place = sys.argv[1], sys.argv[2], Path(sys.argv[3]), Path(sys.argv[4])
    if step == "quality":
        print(json.dumps({"found": quality(name, work, place)}))
        return
    asked, true = np.load(work / "questions.npy"), np.load(work / "true.npy")
    questions = json.loads((work / "questions.json").read_text())
    whole = step == "index"
    texts = json.loads((work / "texts.json").read_text()) if whole else []
    vectors = np.load(work / "vectors.npy") if whole else np.empty((0, 384), np.float32)
    peer = PEERS[name](place, texts, vectors, questions, asked)
    prepared = cpu()
    if whole:
        peer.build()
        peer.close()
        size = sum(file.stat().st_size for file in place.rglob("*") if file.is_file())
        print(json.dumps({"index s": cpu() - prepared, "bytes": size / len(texts)}))
        return
    peer.open()
    found = peer.near(0)
    if step == "cold":
        print(json.dumps({"cold s": cpu(), "cold MB": memory(), "first": [int(n) for n in found]}))
        return
    if step == "warm":
        times, hits = [], 0
        for number in range(len(questions)):
            began = cpu()
            found = peer.near(number)
            times.append(cpu() - began)
            hits += len(set(found) & set(true[number].tolist()))
            if sum(times) > LONG:
                break
        print(json.dumps({"warm ms": 1e3 * sorted(times)[len(times) // 2], "recall": hits / (10 * len(times))}))
        return
    peer.vectors = np.empty((len(np.load(work / "vectors.npy", mmap_mode="r")), 0))
    took = []
    for turn in range(5):
        vector = np.random.default_rng(turn).normal(size=384).astype(np.float32)
        vector /= np.linalg.norm(vector)
        began = cpu()
        wrong = peer.change(CHANGED + turn, f"A new text, number {turn}.", vector)
        took.append(cpu() - began)
        if name.startswith("faiss"):
            peer.vectors = np.empty((len(peer.vectors) + 1, 0))
        elif wrong[0]:
            raise SystemExit("the changed passage was not found")
    print(json.dumps({"update ms": 1e3 * sorted(took)[2]}))


if __name__ == "__main__":
    main()
