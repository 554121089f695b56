"""
The cases of an evaluation run by topic: which kinds of questions fail.

    questions --embedder--> vectors --kmeans--> topics, or the groups that an index keeps --scores--> a mean each
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rag import models
from rag.errors import InputError
from rag.evaluate import scoring
from rag.files import typed
from rag.store import Store, clusters, runs
from rag.understand import keywords as telling
from rag.understand import kmeans, naming

FEWEST = 10  # cases of a run that make topics
LOWEST = 3  # questions that are shown of a topic


def topics(db: Store, number: int, measure: str = "", k: int = 0, index: Store | None = None) -> list[dict[str, Any]]:
    """
    A row a topic, the worst first: its name, cases, mean of the measure with its 95 % interval, the mean of all,
    whether it is worse (its interval lies below that mean), and its questions with the lowest scores.

    With an `index`, its groups of documents (`rag cluster`) are the topics, a question belonging to the nearest; else
    the questions are grouped by themselves. Raises InputError: no such measure, too few cases, no groups.
    """
    run = runs.get(db, number)
    names = [name for name in run.provenance.get("measures", []) if ":p" not in name]
    name = measure or (names[0] if names else "")
    if name not in names:
        raise InputError(f"run {number} has no measure {name!r}", f"It has: {', '.join(names)}")
    rows = [row for row in runs.outcomes(db, number) if row.question.strip()]
    if len(rows) < FEWEST:
        raise InputError(f"run {number} has {len(rows)} cases with a question, too few for topics")
    labels, titles = _kept(rows, index) if index else _made(rows, k)
    whole = scoring.summarise([dict(row.scores) for row in rows], [name], seed=20)[name]
    found = []
    for label in np.unique(labels).tolist():
        own = [row for row, one in zip(rows, labels, strict=True) if one == label]
        interval = scoring.summarise([dict(row.scores) for row in own], [name], seed=20).get(name)
        if interval is None or not interval.n:
            continue
        lowest = sorted(own, key=lambda row: (row.scores.get(name, (0.0, 0.0))[0], row.question))[:LOWEST]
        found.append(
            {
                "topic": titles[label], "cases": len(own), "measure": name, "mean": round(interval.mean, 4),
                "low": round(interval.low, 4), "high": round(interval.high, 4), "all": round(whole.mean, 4),
                "worse": interval.high < whole.mean, "lowest": [row.question for row in lowest],
            }
        )  # fmt: skip
    return sorted(found, key=lambda row: (row["mean"], row["topic"]))


def _made(rows: Any, k: int) -> tuple[Any, list[str]]:
    """The questions in groups of their own, named by their words."""
    questions = [row.question for row in rows]
    vectors = models.embedder(models.DEFAULT_EMBEDDER).embed(questions)
    keys = np.arange(len(questions), dtype=np.uint64)
    made = kmeans.cluster(vectors, k or kmeans.choose(vectors, keys), keys)
    words = telling.keywords(zip(made.labels.tolist(), questions, strict=True))
    return made.labels, naming.by_keywords([words.get(label, []) for label in range(len(made.centres))])


def _kept(rows: Any, index: Store) -> tuple[Any, list[str]]:
    """For each question the nearest group of documents that an index keeps."""
    grouping = clusters.get(index, "documents", {}) or clusters.get(index, "passages", {})
    if grouping is None:
        raise InputError(f"{index.path} has no groups yet", f"Make them: rag cluster -d {typed(index.path)}")
    embedder = models.embedder(index.setting("embedder"))
    centres = np.stack([np.frombuffer(one.centre, dtype="<f4") for one in grouping.clusters])
    vectors = embedder.embed([row.question for row in rows], "query")
    return kmeans.assign(vectors, centres)[0], [one.name for one in grouping.clusters]
