"""
Figures of the sources: renderings that retrieve like their Markdown, refreshes that cost nothing, one row of a million.

    python eval/bench_sources.py renderings FOLDER         HTML and PDF renderings of the til notes against the Markdown
    python eval/bench_sources.py refresh [--data DIR]      CPU of a refresh with nothing changed: notes, PDFs, rows
    python eval/bench_sources.py chronicle [--rows N]      finding one changed row through the real sqlite-chronicle

DIR is the folder of the evaluation data (RAG_SHARED_DATA, else ../shared/data). The renderings are
those of `eval/renderings.py`; their vectors are kept in FOLDER. The PDFs of `refresh` are written here.
"""

from __future__ import annotations

import argparse
import ctypes
import dataclasses
import json
import os
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rag import Index, models
from rag.app import refresh as refreshing
from rag.evaluate.adapters import read
from rag.evaluate.cases import Case, Problems
from rag.measures import ranking
from rag.measures.statistics import compare
from rag.sources import html, pdf
from rag.sources.columns import Columns
from rag.sources.items import Item, Walk
from rag.sources.settings import Settings
from rag.sources.sqlite import sqlite
from rag.store.cache import CachedEmbedder
from rag.types import Document

ROOT = Path(__file__).parent.parent
PAGE = (595.0, 842.0)
MARGIN = 60.0
SEARCHED = 200  # passages that are looked at to rank documents, as in rag eval
Mark = tuple[str, float, str, float]  # text, size, font, space above


def data_folder(given: str) -> Path:
    return Path(given or os.environ.get("RAG_SHARED_DATA") or ROOT.parent / "shared" / "data")


# -- renderings --------------------------------------------------------------------------------------------------------


def lines_of(markdown: str) -> Iterator[Mark]:
    """The lines of a Markdown text as they are set."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(markdown)
    heading, item, depth = 0, False, 0
    for token in tokens:
        if token.type == "heading_open":
            heading = int(token.tag[1:])
        elif token.type == "heading_close":
            heading = 0
        elif token.type in ("bullet_list_open", "ordered_list_open"):
            depth += 1
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            depth -= 1
        elif token.type == "list_item_open":
            item = True
        elif token.type == "inline":
            size = {0: 11.0, 1: 22.0, 2: 17.0, 3: 14.0}.get(heading, 13.0)
            mark = "  " * (depth - 1) + "• " if item and depth else ""
            item = False
            text = mark + "".join(
                part.content or (" " if "break" in part.type else "") for part in token.children or []
            )
            for number, line in enumerate(textwrap.wrap(text, int(950 / size))):
                yield line, size, "Helvetica", 0.0 if number else 7.0 + heading
        elif token.type in ("fence", "code_block"):
            first = True
            for line in token.content.rstrip("\n").split("\n"):
                for part in textwrap.wrap(line, 85, drop_whitespace=False) or [""]:
                    yield part, 9.0, "Courier", 7.0 if first else 0.0
                    first = False


def as_pdf(markdown: str, head: str) -> bytes:
    """A PDF file with running heads and page numbers."""
    import io

    import pypdfium2
    import pypdfium2.raw as raw

    document = raw.FPDF_CreateNewDocument()

    def write(page: Any, text: str, size: float, font: str, y: float) -> None:
        line = raw.FPDFPageObj_NewTextObj(document, font.encode(), size)
        wide = ctypes.create_string_buffer((text.replace("\t", "    ") + "\0").encode("utf-16-le", "replace"))
        raw.FPDFText_SetText(line, ctypes.cast(wide, raw.FPDF_WIDESTRING))
        indent = (len(text) - len(text.lstrip())) * size * (0.6 if font == "Courier" else 0.3)
        raw.FPDFPageObj_Transform(line, 1, 0, 0, 1, MARGIN + indent, y)
        raw.FPDFPage_InsertObject(page, line)

    number, page, y = 0, None, 0.0
    for text, size, font, above in lines_of(markdown):
        if page is None or y - size * 1.25 - above < MARGIN:
            if page is not None:
                raw.FPDFPage_GenerateContent(page)
                raw.FPDF_ClosePage(page)
            number += 1
            page, y = raw.FPDFPage_New(document, 99999, *PAGE), PAGE[1] - MARGIN
            write(page, head, 8.0, "Helvetica", PAGE[1] - 30)
            write(page, str(number), 8.0, "Helvetica", 30.0)
        y -= size * 1.25 + above
        if text.strip():
            write(page, text.strip() if font != "Courier" else text, size, font, y)
    if page is not None:
        raw.FPDFPage_GenerateContent(page)
        raw.FPDF_ClosePage(page)
    saved = io.BytesIO()
    with pypdfium2.PdfDocument(document) as made:
        made.save(saved)
    return saved.getvalue()


def documents_of(form: str, key: str, path: Path | None, markdown: str) -> list[Document]:
    """A note in one of its forms, as its reader gives it; its title is left out, as it is the query."""
    if path is None:
        return [Document(form, key, markdown, kind="markdown")]
    read = html.read if path.suffix == ".html" else pdf.read
    return [dataclasses.replace(one, title="") for one in read(path.read_bytes(), key, form)]


def renderings(data: Path, folder: Path, every: int, embedder: str) -> None:
    """nDCG@10 of every folder of renderings beside the Markdown they were made from, and the paired difference."""
    notes = [(row["id"], row["text"]) for row in map(json.loads, (data / "til" / "corpus.jsonl").open())][::every]
    cases = [case for case in read(data / "til", Problems("til")).cases if case.relevant.keys() & dict(notes).keys()]
    measure, scores = ranking.parse("nDCG@10"), {}
    cached = CachedEmbedder(models.embedder(embedder), folder / "vectors.db")
    for form in ("markdown", *sorted(path.name for path in folder.iterdir() if path.is_dir())):

        def items(_: Walk, form: str = form) -> Iterator[Item]:
            for key, text in notes:
                path = next((folder / form).glob(key + ".*"), None)
                yield Item(key, "1", partial(documents_of, form, key, path, text))

        with tempfile.TemporaryDirectory() as place, Index(Path(place) / "x.db", cached, create=True) as index:
            summary = index.add(form, Walk(items))
            print(f"{form:10} {summary.added} documents, {summary.passages} passages, {summary.problems}", flush=True)
            for mode in ("hybrid", "words", "vectors"):
                found = [index.search(case.question, SEARCHED, mode=mode) for case in cases]
                keys = [list(dict.fromkeys(hit.passage.document.key for hit in hits)) for hits in found]
                scores[form, mode] = [measure(ids, case.relevant) for ids, case in zip(keys, cases, strict=True)]
                told(form, mode, scores[form, mode], scores["markdown", mode], cases)


def told(form: str, mode: str, scores: list[float], before: list[float], cases: Sequence[Case]) -> None:
    mean = sum(scores) / len(scores)
    print(f"{form:10} {mode:8} nDCG@10 {mean:.4f} ({len(scores)} queries)", end="")
    if scores is not before:
        found = compare(before, scores)
        print(f"  {found.difference:+.4f} [{found.low:+.4f}, {found.high:+.4f}]", end="")
        worst = sorted(zip(before, scores, (case.id for case in cases), strict=True), key=lambda row: row[1] - row[0])[
            :6
        ]
        print("  worst: " + ", ".join(f"{key} {old:.2f}>{new:.2f}" for old, new, key in worst if new < old), end="")
    print(flush=True)


# -- refresh -----------------------------------------------------------------------------------------------------------


def refresh(data: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        (folder / "pdf").mkdir()
        for row in map(json.loads, (data / "til" / "corpus.jsonl").open()):
            made = as_pdf(row["text"] * 2, row["id"])
            (folder / "pdf" / (row["id"].replace("/", "-") + ".pdf")).write_bytes(made)
        with sqlite3.connect(folder / "rows.db") as db:
            db.execute("create table entry (id integer primary key, title text, body text)")
            rows = ((n, f"Title {n}", f"The body of row {n}. " * 10) for n in range(20_000))
            db.executemany("insert into entry values (?, ?, ?)", rows)
        db.close()
        given = {
            "notes": Settings((str(data / "til" / "tree"),)),
            "pdf": Settings((str(folder / "pdf"),)),
            "rows": Settings((str(folder / "rows.db"),), table="entry"),
        }
        with Index(folder / "x.db", "hash:64", create=True) as index:
            for name, settings in given.items():
                began = time.process_time()
                summary = refreshing.refresh(index, refreshing.source(name, settings))
                print(f"first run  {name:6} {summary.added:6} documents  {time.process_time() - began:7.2f} CPU-s")
            pages, documents = pages_of(index), int(index.db.value("select count(*) from document"))
        code = "from rag.cli import main; main()"
        command = [sys.executable, "-c", code, "index", "--all", "--format", "json", "-d", str(folder / "x.db")]
        for _ in range(3):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run(command, stdout=subprocess.PIPE, check=True, cwd=ROOT)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
            row = json.loads(done.stdout)
            assert (row["unchanged"], row["embedded"], row["problems"]) == (documents, 0, []), row
            told = f"{documents} documents ({pages} PDF pages): {spent:.2f} CPU-s"
            print(f"rag index --all with nothing changed, {told}, {spent / documents * 10_000:.3f} a 10,000")


def pages_of(index: Index) -> int:
    rows = index.db.execute("select meta from document d join source s on s.id = d.source_id where s.name = 'pdf'")
    return sum(len(json.loads(meta)["pages"]) for (meta,) in rows)


# -- chronicle ---------------------------------------------------------------------------------------------------------


def chronicle(rows: int) -> None:
    import sqlite_chronicle

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big.db"
        db = sqlite3.connect(path)
        db.execute("create table entry (id integer primary key, title text, body text)")
        db.executemany("insert into entry values (?, ?, ?)", ((n, f"Title {n}", "Body " * 20) for n in range(rows)))
        db.commit()
        sqlite_chronicle.enable_chronicle(db, "entry")
        first = sqlite(path, "s", Columns(text=("body",)), table="entry")
        began = time.process_time()
        count = sum(1 for _ in first)
        print(f"full sweep of {count:,} rows: {time.process_time() - began:.1f} CPU-s")
        for _ in range(5):
            changed = random.randrange(rows)
            db.execute("update entry set body = body || '!' where id = ?", (changed,))
            db.commit()
            wall, cpu = time.monotonic(), time.process_time()
            found = sqlite(path, "s", Columns(text=("body",)), table="entry", cursor=first.cursor)
            keys = [item.key for item in found]
            spent = (time.monotonic() - wall) * 1000, (time.process_time() - cpu) * 1000
            assert keys == [str(changed)], keys
            print(f"one changed row of {rows:,}: {spent[0]:.1f} ms wall, {spent[1]:.1f} ms CPU")
            first = found
        db.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=("renderings", "refresh", "chronicle"))
    parser.add_argument("folder", nargs="?", type=Path, help="renderings: what eval/renderings.py wrote")
    parser.add_argument("--data", default="")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--every", type=int, default=1, help="renderings: take every n-th note")
    parser.add_argument("--embedder", default="minilm", help="renderings: hash:64 for a quick look at words alone")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    if options.what == "chronicle":
        chronicle(options.rows)
    elif options.what == "renderings":
        if options.folder is None:
            parser.error("name the folder that eval/renderings.py wrote")
        renderings(data_folder(options.data), options.folder, options.every, options.embedder)
    else:
        refresh(data_folder(options.data))


if __name__ == "__main__":
    main()
