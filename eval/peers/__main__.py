"""
The same work by rag and by its peers, each in an environment of its own: the same texts, the same vectors.

    python eval/peers OUT.json --data ../shared/data [--passages 10000] [--envs DIR] [--peers rag faiss …]
    python eval/peers OUT.json --show

Texts are paragraphs of some 430 characters (eval/growth.py), vectors those of the bundled embedder, one a paragraph.
Each peer is installed with pip from the package index into DIR/NAME and does, in processes of its own: index all, a
question in a fresh process, a hundred questions in one, one paragraph changed and found. Seconds are CPU seconds of one
thread where the peer lets itself be held to one. What cannot be installed or run is named with its reason.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import venv
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
}
ELSEWHERE = {
    "txtai": "its environment is 1.3 GB with torch",
    "qmd": "embeds with a model of its own, the same vectors cannot be given to it",
    "haiku.rag": "wants a server that embeds, and Python 3.12",
}
STEPS = ("index", "cold", "warm", "update")
ONE = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "RAYON_NUM_THREADS": "1",
       "TOKENIZERS_PARALLELISM": "false", "ANONYMIZED_TELEMETRY": "False", "LANCE_CPU_THREADS": "1"}  # fmt: skip
QUESTIONS = 100


def prepare(work: Path, data: Path, count: int) -> None:
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


def python_of(name: str, envs: Path) -> Path:
    """The interpreter of a peer's environment, made if need be. Raises CalledProcessError."""
    if name == "rag":
        return Path(sys.executable)
    place = envs / name.split()[0]
    python = place / "bin" / "python"
    if not (place / "ready").exists():
        venv.create(place, with_pip=True, clear=True)
        command = [python, "-m", "pip", "install", "-q", "--only-binary", ":all:", *PACKAGES[name]]
        subprocess.run(command, check=True, capture_output=True, text=True)
        (place / "ready").touch()
    return python


def measured(name: str, work: Path, envs: Path) -> dict[str, Any]:
    """All steps of one peer."""
    python = python_of(name, envs)
    row: dict[str, Any] = {"peer": name, "versions": " ".join(PACKAGES[name][:1])}
    with tempfile.TemporaryDirectory(dir=work) as place:
        for step in STEPS:
            command = [python, HERE / "worker.py", name, step, work, place]
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, env={**os.environ, **ONE}, timeout=1800
            )
            if done.returncode:
                raise RuntimeError(f"{step}: {done.stderr.strip().splitlines()[-1][:200]}")
            row |= json.loads(done.stdout.splitlines()[-1])
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
    lines += ["", "Not measured: " + "; ".join(f"{name} ({why})" for name, why in ELSEWHERE.items()) + "."]
    return "\n".join(lines)


def main() -> None:
    from growth import machine

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path)
    parser.add_argument("--data", type=Path)
    parser.add_argument("--passages", type=int, default=10_000)
    parser.add_argument("--envs", type=Path, default=Path(tempfile.gettempdir()) / "rag-peers")
    parser.add_argument("--peers", nargs="*", default=list(PACKAGES), choices=list(PACKAGES))
    parser.add_argument("--show", action="store_true", help="print the table of a result")
    options = parser.parse_args()
    if options.show:
        print(table(json.loads(options.out.read_text())))
        return
    options.envs.mkdir(parents=True, exist_ok=True)
    rows: list[dict[str, Any]] = []
    about = {"passages": options.passages, **machine()}
    with tempfile.TemporaryDirectory() as work:
        prepare(Path(work), options.data, options.passages)
        for name in options.peers:
            began = time.monotonic()
            try:
                rows.append(measured(name, Path(work), options.envs))
            except (subprocess.SubprocessError, RuntimeError, OSError) as error:
                said = getattr(error, "stderr", "") or str(error)
                rows.append({"peer": name, "error": str(said).strip().splitlines()[-1][:160]})
            print(f"{rows[-1]} in {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)
            about["load after"] = machine()["load"]
            options.out.write_text(json.dumps({"about": about, "rows": rows}, indent=1) + "\n")


if __name__ == "__main__":
    main()
