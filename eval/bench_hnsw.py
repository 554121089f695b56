"""
How many of the ten nearest vectors pgvector's index finds, what it costs to build and to ask, by its links.

    python eval/bench_hnsw.py 50000 --links 16,64 --links 32,128

The texts are made, the embedder has no weights (`hash:384`). CPU time is of the server; 40 questions.
"""

from __future__ import annotations

import argparse
from typing import Any

import numpy as np
import psycopg
from bench_postgres import Clock, said, servers

from rag.models import embedder

QUESTIONS = 40
ASKED = (30, 600)  # windows for ten passages, and for the two hundred of a search


def text(vector: Any) -> str:
    return "[" + ",".join(map(str, vector.tolist())) + "]"


def main(count: int, links: list[str]) -> None:
    rng, model = np.random.default_rng(1), embedder("hash:384")
    made = [" ".join(said(rng, int(rng.integers(500)), words)) for words in [60] * count + [7] * QUESTIONS]
    vectors = model.embed(made)
    stored, questions = vectors[:count], vectors[count:]
    nearest = [set(row.tolist()) for row in np.argsort(-(questions @ stored.T), axis=1)[:, :10]]
    with servers(1) as ((address, process),), psycopg.connect(address, autocommit=True) as connection:
        connection.execute("create extension vector; create table t (id int primary key, v vector(384))")
        with connection.cursor().copy("copy t from stdin") as copy:
            for number, vector in enumerate(stored):
                copy.write_row((number, text(vector)))
        connection.execute("set maintenance_work_mem = '1GB'; set enable_seqscan = off; set hnsw.ef_search = 1000")
        connection.execute("load 'vector'; set hnsw.iterative_scan = strict_order")
        for m, candidates in (map(int, one.split(",")) for one in links):
            clock = Clock([process])
            connection.execute(
                "create index near on t using hnsw ((v::halfvec(384)) halfvec_ip_ops)"
                f" with (m = {m}, ef_construction = {candidates})".encode()
            )
            print(f"{count} vectors, {m} links of {candidates}: built in {clock.seconds()[1]:.1f} CPU-s")
            for asked in ASKED:
                clock, found = Clock([process]), 0
                for question, wanted in zip(questions, nearest, strict=True):
                    rows = connection.execute(
                        "select id, v <#> %(q)s::vector from t order by v::halfvec(384) <#> %(q)s::halfvec(384)"
                        " limit %(k)s",
                        {"q": text(question), "k": asked},
                    ).fetchall()
                    best = sorted(rows, key=lambda row: row[1])[:10]
                    found += len(wanted & {number for number, _ in best})
                milliseconds = 1000 * clock.seconds()[1] / QUESTIONS
                print(f"  asked for {asked}: recall {found / QUESTIONS / 10:.4f}, {milliseconds:.1f} CPU-ms a question")
            connection.execute("drop index near")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("vectors", type=int, nargs="?", default=50_000)
    parser.add_argument("--links", action="append", help="links, candidates: 32,128")
    given = parser.parse_args()
    main(given.vectors, given.links or ["32,128"])
