"""
How many of the ten nearest vectors pgvector's index finds, what it costs to build and to ask, by its links.

    python eval/bench_hnsw.py 50000 --links 16,64 --links 32,128
    python eval/bench_hnsw.py --vectors rag.db      # those of an index in a file

The texts are made, the embedder has no weights (`hash:384`), whose vectors are as far from each other as vectors get;
or the vectors are those of a real model, 40 of them left out and asked for. CPU time is of the server; 40 questions.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import psycopg
from bench_postgres import Clock, said, servers

from rag.models import embedder
from rag.store import Database
from rag.store.vectors import decoded

QUESTIONS = 40
ASKED = (30, 600)  # windows for ten passages, and for the two hundred of a search


def text(vector: Any) -> str:
    return "[" + ",".join(map(str, vector.tolist())) + "]"


def made(count: int) -> Any:
    """Vectors of made passages, then those of questions."""
    rng = np.random.default_rng(1)
    return embedder("hash:384").embed(
        [" ".join(said(rng, int(rng.integers(500)), words)) for words in [60] * count + [7] * QUESTIONS]
    )


def read(path: Path) -> Any:
    """The vectors of the model that an index has most of, in another order: some of them are questions."""
    with Database(path, readonly=True) as db:
        model, dimensions = next(
            db.execute(
                "select m.id, m.dimensions from model m join vector v on v.model_id = m.id"
                " group by 1 order by count(*) desc"
            )
        )
        rows = [
            decoded(data, dimensions) for (data,) in db.execute("select data from vector where model_id = ?", (model,))
        ]
    found = np.stack(rows).astype(np.float32)
    np.random.default_rng(1).shuffle(found)
    return found


def main(vectors: Any, links: list[str]) -> None:
    count, dimensions = len(vectors) - QUESTIONS, vectors.shape[1]
    stored, questions = vectors[:count], vectors[count:]
    nearest = [set(row.tolist()) for row in np.argsort(-(questions @ stored.T), axis=1)[:, :10]]
    with servers(1) as ((address, process),), psycopg.connect(address, autocommit=True) as connection:
        connection.execute(f"create extension vector; create table t (id int primary key, v vector({dimensions}))")
        with connection.cursor().copy("copy t from stdin") as copy:
            for number, vector in enumerate(stored):
                copy.write_row((number, text(vector)))
        connection.execute("set maintenance_work_mem = '1GB'; set enable_seqscan = off; set hnsw.ef_search = 1000")
        connection.execute("load 'vector'; set hnsw.iterative_scan = strict_order")
        for m, candidates in (map(int, one.split(",")) for one in links):
            clock = Clock([process])
            connection.execute(
                f"create index near on t using hnsw ((v::halfvec({dimensions})) halfvec_ip_ops)"
                f" with (m = {m}, ef_construction = {candidates})".encode()
            )
            print(f"{count} vectors, {m} links of {candidates}: built in {clock.seconds()[1]:.1f} CPU-s")
            for asked in ASKED:
                clock, found = Clock([process]), 0
                for question, wanted in zip(questions, nearest, strict=True):
                    rows = connection.execute(
                        f"select id, v <#> %(q)s::vector from t order by v::halfvec({dimensions}) <#>"
                        f" %(q)s::halfvec({dimensions}) limit %(k)s".encode(),
                        {"q": text(question), "k": asked},
                    ).fetchall()
                    best = sorted(rows, key=lambda row: row[1])[:10]
                    found += len(wanted & {number for number, _ in best})
                milliseconds = 1000 * clock.seconds()[1] / QUESTIONS
                print(f"  asked for {asked}: recall {found / QUESTIONS / 10:.4f}, {milliseconds:.1f} CPU-ms a question")
            connection.execute("drop index near")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("count", type=int, nargs="?", default=50_000)
    parser.add_argument("--vectors", type=Path, help="an index in a file, whose vectors are taken")
    parser.add_argument("--links", action="append", help="links, candidates: 32,128")
    given = parser.parse_args()
    main(read(given.vectors) if given.vectors else made(given.count), given.links or ["32,128"])
