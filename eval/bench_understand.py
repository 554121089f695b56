"""
What understanding a collection costs, and how good its groups are.

    python eval/bench_understand.py ../shared/data [verify duplicates cluster merge moved folders themes] [--work DIR]

Speed is CPU seconds of one thread over indexes of 100,000 passages and more, made of real sentences (of the sets in the
data folder) put together anew, with the vectors of `hash:384`. Groups are judged beside scikit-learn's KMeans and
MiniBatchKMeans (what llm-cluster uses) on the same vectors, where scikit-learn is installed; on the notes of til, with
the vectors of minilm, against their folders: normalised mutual information (NMI, arithmetic mean) and mean cosine.
Intervals are 95 %, over seeds.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import shutil
import statistics
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from rag.app import clusters, duplicates
from rag.app.verify import STATES, verify
from rag.index import Index
from rag.sentences import spans
from rag.sources import Item, files
from rag.store import Database, collection, documents
from rag.store.merging import merge
from rag.types import Document
from rag.understand import kmeans, near

SETS = ("scifact", "nomiracl_en", "til", "clapnq_dev", "hotpotqa_100", "squad2_cs224n", "anthropic_docs")
PARTS = ("verify", "duplicates", "cluster", "merge", "moved", "folders", "themes")


def sentences(data: Path) -> list[str]:
    found = []
    for name in SETS:
        for line in (data / name / "corpus.jsonl").open(encoding="utf-8"):
            text = json.loads(line)["text"]
            found += [text[s.start : s.end] for s in spans(text) if s.end - s.start > 40 and s.kind == "sentence"]
    return found


def built(data: Path, path: Path, first: int, count: int) -> Path:
    """An index of `count` documents of ten paragraphs of four sentences each, numbered from `first`."""
    if path.exists():
        return path
    said = sentences(data)

    def made(number: int) -> Document:
        rng = random.Random(number)
        starts = [rng.randrange(len(said)) for _ in range(10)]
        paragraphs = [" ".join(said[(at + 7 * step) % len(said)] for step in range(4)) for at in starts]
        return Document(
            "bench", f"d{number:06}", "\n\n".join(paragraphs), f"Document {number}", "", f"author{number % 500}"
        )

    items = (Item(f"d{n:06}", "", lambda n=n: [made(n)]) for n in range(first, first + count))  # type: ignore[misc]
    with Index(path, "hash:384", create=True, target=500) as index:
        index.add("bench", items)
    return path


def timed(what: Callable[[], Any]) -> tuple[Any, float]:
    began = time.process_time()
    return what(), time.process_time() - began


def peak() -> str:
    return f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GB at most"


def bench_verify(data: Path, work: Path) -> None:
    """A thousand quotations, of which a quarter each is verbatim, altered, another author's, and shuffled words."""
    with Database(built(data, work / "big.db", 0, 6000)) as db:
        rng, lines, wanted = random.Random(3), [], []
        last = db.last_passage()
        while len(lines) < 1000:
            sql = "select p.text, d.author from passage_whole p join document d on d.id = p.document_id where p.id = ?"
            row = db.one(sql, (rng.randrange(1, last),))
            units = [s for s in spans(row[0]) if 40 < s.end - s.start < 300 and s.kind == "sentence"] if row else []
            quote = row[0][units[0].start : units[0].end] if units and row else ""
            if not quote or set('"“”«»„\n') & set(quote):
                continue
            author, kind, words = row[1], STATES[len(lines) % 4], quote.split()  # type: ignore[index]
            if kind == "altered":
                words[len(words) // 2] = "zebra"
            elif kind == "not found":
                rng.shuffle(words)
            elif kind == "misattributed":
                author = "author1" if author != "author1" else "author2"
            lines.append(f"- “{' '.join(words) if kind in ('altered', 'not found') else quote}” — {author}")
            wanted.append(kind)
        found, seconds = timed(lambda: verify(db, "\n".join(lines)))
        right = sum(one.status == kind for one, kind in zip(found.checked, wanted, strict=True))
        passages = db.value("select count(*) from passage")
        print(
            f"verify      {len(lines)} quotations, {passages} passages: {seconds:.2f} CPU s; {right} as they were made"
        )


def bench_duplicates(data: Path, work: Path) -> None:
    with Database(built(data, work / "big.db", 0, 6000)) as db:
        (texts, seconds) = timed(lambda: [one.text for one in collection.texts(db, "passages")])
        rng, planted = random.Random(0), []
        for place in range(0, len(texts), len(texts) // 500):
            words = texts[place].split()
            for _ in range(max(1, len(words) // 20)):
                words[rng.randrange(len(words))] = f"zz{place}"
            if near.alike(texts[place], " ".join(words), duplicates.LEAST):
                planted.append((place, len(texts)))
                texts.append(" ".join(words))
        groups, more = timed(lambda: near.groups(texts, duplicates.LEAST))
        of = {place: group.first for group in groups for place in (group.first, *(other for other, _ in group.others))}
        found = sum(of.get(a, -1) == of.get(b, -2) for a, b in planted)
        print(
            f"duplicates  {len(texts)} passages: {seconds + more:.2f} CPU s;"
            f" {found} of {len(planted)} altered copies found"
        )


def bench_cluster(data: Path, work: Path) -> None:
    with Database(built(data, work / "big.db", 0, 6000)) as db:
        for k in (0, 20, 50):
            made, seconds = timed(lambda k=k: clusters.cluster(db, clusters.ClusterRequest(k, "passages", anew=True)))  # type: ignore[misc]
            count = sum(len(one.items) for one in made.clusters)
            chosen = "" if k else " (auto)"
            print(f"cluster     {count} passages, {len(made.clusters)} groups{chosen}: {seconds:.2f} CPU s,"
                  f" cohesion {made.cohesion:.4f}, {peak()}")  # fmt: skip
        found = clusters.items(db, "passages")
        beside(found.vectors, found.keys, 20, seeds=2, all_=False)


def beside(vectors: Any, keys: Any, k: int, labels: Any = None, seeds: int = 5, all_: bool = True) -> None:
    """Ours and scikit-learn's on the same vectors; KMeans only where it is to be `all_`: it takes long."""
    ways: dict[str, Callable[[int], Any]] = {
        "ours": lambda seed: kmeans.cluster(vectors, k, keys, seed=seed).labels,
    }
    try:
        from sklearn.cluster import KMeans, MiniBatchKMeans

        ways["MiniBatchKMeans"] = lambda seed: MiniBatchKMeans(k, n_init="auto", random_state=seed).fit_predict(vectors)
        if all_:
            ways["KMeans"] = lambda seed: KMeans(k, n_init=4, random_state=seed).fit_predict(vectors)
    except ImportError:
        print("            (scikit-learn is not installed: nothing to compare with)")
    for name, way in ways.items():
        runs = [timed(partial(way, seed)) for seed in range(seeds)]
        cohesion = [cosine(vectors, found) for found, _ in runs]
        said = f"  {name:16} k={k}: cohesion {interval(cohesion)}, {statistics.mean(s for _, s in runs):.2f} CPU s"
        print(said + (f", NMI {interval([nmi(found, labels) for found, _ in runs])}" if labels is not None else ""))


def cosine(vectors: Any, labels: Any) -> float:
    """The mean cosine with the direction of the group, whoever made the groups."""
    total = 0.0
    for label in np.unique(labels):
        total += float(np.linalg.norm(vectors[labels == label].sum(axis=0)))
    return total / len(vectors)


def interval(values: list[float]) -> str:
    mean = statistics.mean(values)
    t = {2: 12.71, 3: 4.30, 4: 3.18, 5: 2.78}.get(len(values), 2.78)  # Student's, at 95 %
    half = t * statistics.stdev(values) / len(values) ** 0.5 if len(values) > 1 else 0.0
    return f"{mean:.3f} ± {half:.3f}"


def nmi(one: Any, other: Any) -> float:
    """Normalised mutual information, by the arithmetic mean of the entropies."""
    counts = np.zeros((int(one.max()) + 1, int(other.max()) + 1))
    np.add.at(counts, (one, other), 1)
    joint = counts / len(one)
    a, b = joint.sum(axis=1), joint.sum(axis=0)
    there = joint > 0
    mutual = float((joint[there] * np.log(joint[there] / np.outer(a, b)[there])).sum())
    entropy = [float(-(p[p > 0] * np.log(p[p > 0])).sum()) for p in (a, b)]
    return 2 * mutual / sum(entropy)


def bench_moved(data: Path, work: Path) -> None:
    """One document in a hundred is added: how many of the others change their group, of twenty."""
    for name in ("til.db", "big.db"):
        path = work / f"moved-{name}"
        shutil.copy(built(data, work / "big.db", 0, 6000) if name == "big.db" else notes(data, work), path)
        with Index(path) as index:
            db = index.db
            numbers = documents.ids(db)[::100]
            loaded = list(documents.load(db, numbers).values())
            with db.transaction():
                documents.remove(db, numbers)  # the vectors stay: nothing is embedded again
            before = {kind: labels_of(grouped(db, kind, anew=True)) for kind in collection.KINDS}
            index.add(loaded[0].source, [Item(one.key, "", partial(list, [one])) for one in loaded], prune=False)
            for kind in collection.KINDS:
                after = labels_of(grouped(db, kind, anew=False))
                moved = sum(label != after[number] for number, label in before[kind].items())
                print(f"moved       {name}: {moved} of {len(before[kind])} {kind} ({moved / len(before[kind]):.2%}),"
                      f" after {len(loaded)} documents came")  # fmt: skip


def grouped(db: Any, kind: str, *, anew: bool) -> Any:
    return clusters.cluster(db, clusters.ClusterRequest(20, kind, anew=anew))


def labels_of(made: Any) -> dict[int, int]:
    return {item.passage or item.document: one.number for one in made.clusters for item in one.items}


def bench_merge(data: Path, work: Path) -> None:
    one, other = built(data, work / "one.db", 0, 3000), built(data, work / "other.db", 2500, 3000)
    for path in (one, other):
        shutil.copy(path, path.with_suffix(".copy"))
    with Database(one.with_suffix(".copy")) as db, Database(other.with_suffix(".copy")) as there:
        sizes = [each.value("select count(*) from passage") for each in (db, there)]
        done, seconds = timed(lambda: merge(db, there))
        back, more = timed(lambda: merge(there, db))
        print(f"merge       {sizes[0]} and {sizes[1]} passages, a sixth of the documents in both: {seconds:.2f} CPU s,"
              f" back {more:.2f}; {done.added} documents and {done.vectors} vectors came; same content:"
              f" {done.content == back.content}")  # fmt: skip


def notes(data: Path, work: Path) -> Path:
    path = work / "til.db"
    if not path.exists():
        with Index(path, create=True) as index:
            index.add("til", files([str(data / "til" / "tree")]))
    return path


def bench_folders(data: Path, work: Path) -> None:
    """The groups of til's notes against the folders that their author keeps."""
    with Database(notes(data, work)) as db:
        found = clusters.items(db)
        names = [collection.names(db)[number][1].split("/")[0] for number in found.documents.tolist()]
        folders = {name: place for place, name in enumerate(sorted(set(names)))}
        labels = np.array([folders[name] for name in names])
        auto = kmeans.choose(found.vectors, found.keys)
        print(f"folders     {len(found)} notes in {len(folders)} folders; auto chooses {auto}")
        for k in (auto, 32, 64, len(folders)):
            beside(found.vectors, found.keys, k, labels)


def bench_themes(data: Path, work: Path) -> None:
    from rag.app import themes

    with Index(notes(data, work)) as index:
        made, seconds = timed(lambda: themes.themes(index, themes.ThemesRequest(query="python packages")))
        quotes = [quote for theme in made.themes for quote in theme.quotes]
        checked = verify(index.db, themes.markdown(made)).checked
        sound = sum(one.status == "verbatim" for one in checked)
        print(
            f"themes      {made.passages} passages, {len(made.themes)} themes, {len(quotes)} quotes:"
            f" {seconds:.2f} CPU s; {sound} of {len(checked)} verified as verbatim, {made.dropped} dropped"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path)
    parser.add_argument("parts", nargs="*", default=[], help=" ".join(PARTS))
    parser.add_argument("--work", type=Path, default=Path("bench-understand"))
    given = parser.parse_args()
    given.work.mkdir(exist_ok=True)
    for part in given.parts or PARTS:
        globals()[f"bench_{part}"](given.data, given.work)


if __name__ == "__main__":
    main()
