"""
Figures of the sources: renderings that retrieve like their Markdown, refreshes that cost nothing, one row of a million.

    python eval/bench_sources.py renderings [--every N]    HTML and PDF renderings of the til notes against the Markdown
    python eval/bench_sources.py refresh [--data DIR]      CPU of a refresh with nothing changed: notes, PDFs, rows
    python eval/bench_sources.py chronicle [--rows N]      finding one changed row through the real sqlite-chronicle

DIR is the folder of the evaluation data (RAG_SHARED_DATA, else ../shared/data). PDFs are written here, by a small
renderer over pypdfium2: wrapped lines in two fonts, headings larger, running heads and page numbers.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import math
import os
import random
import sqlite3
import tempfile
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag import Index
from rag.sources import html, pdf
from rag.sources.items import Item, Walk
from rag.sources.rows import Columns
from rag.sources.settings import Settings, complete, walk
from rag.sources.sqlite import sqlite
from rag.sources.text import front_matter
from rag.store.documents import Filters
from rag.types import Document

ROOT = Path(__file__).parent.parent
PAGE = (595.0, 842.0)
MARGIN = 60.0
Mark = tuple[str, float, str, float]  # text, size, font, space above


def data_folder(given: str) -> Path:
    return Path(given or os.environ.get("RAG_SHARED_DATA") or ROOT.parent / "shared" / "data")


# -- renderings --------------------------------------------------------------------------------------------------------


def as_html(markdown: str) -> bytes:
    """A page as a site generator would write it: the text in `main`, a menu before it and a footer after it."""
    from markdown_it import MarkdownIt

    body = MarkdownIt("commonmark").enable("table").render(markdown)
    menu = "<nav><a href='/'>Home</a> <a href='/about'>About this site</a></nav>"
    return (
        f"<!doctype html><html><head><meta charset='utf-8'><title>Site</title></head><body>{menu}"
        f"<main>{body}</main><footer>Powered by a generator</footer></body></html>"
    ).encode()


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


def documents_of(form: str, key: str, markdown: str) -> list[Document]:
    """A note in one of its forms, read as such a file would be; its title is left out, as it is the query."""
    if form == "markdown":
        return [Document(form, key, markdown, kind="markdown")]
    read, data = (html.read, as_html(markdown)) if form == "html" else (pdf.read, as_pdf(markdown, "Notes"))
    found = read(data, key, form)
    return [Document(form, key, one.text, kind=one.kind, meta=one.meta) for one in found]


def renderings(data: Path, every: int, embedder: str) -> None:
    corpus = [json.loads(line) for line in (data / "til" / "corpus.jsonl").open()][::every]
    keys = {row["id"] for row in corpus}
    queries = {row["id"]: row["text"] for row in map(json.loads, (data / "til" / "queries.jsonl").open())}
    relevant: dict[str, set[str]] = {}
    for line in (data / "til" / "qrels.tsv").read_text().splitlines()[1:]:
        query, document, _ = line.split("\t")
        if document in keys:
            relevant.setdefault(query, set()).add(document)
    queries = {query: queries[query] for query in relevant}
    with tempfile.TemporaryDirectory() as folder, Index(Path(folder) / "x.db", embedder, create=True) as index:
        for form in ("markdown", "html", "pdf"):

            def items(_: Walk, form: str = form) -> Iterator[Item]:
                for row in corpus:
                    text = row["text"][front_matter(row["text"])[1] :]
                    yield Item(row["id"], "1", lambda row=row, text=text: documents_of(form, row["id"], text))

            began = time.process_time()
            summary = index.add(form, Walk(items))
            spent = time.process_time() - began
            print(f"{form:9} {summary.added} documents, {summary.embedded} embedded, {spent:.0f} CPU-s", flush=True)
            for mode in ("hybrid", "words", "vectors"):
                scores = []
                for query, text in queries.items():
                    hits = index.search(text, 50, mode=mode, filters=Filters(source=form))
                    found = list(dict.fromkeys(hit.passage.document.key for hit in hits))[:10]
                    gains = [1 / math.log2(rank + 2) for rank, key in enumerate(found) if key in relevant[query]]
                    ideal = sum(1 / math.log2(rank + 2) for rank in range(min(len(relevant[query]), 10)))
                    scores.append(sum(gains) / ideal)
                print(f"{form:9} {mode:8} nDCG@10 {sum(scores) / len(scores):.4f} ({len(scores)} queries)", flush=True)


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
            "notes": complete(Settings((str(data / "til" / "tree"),))),
            "pdf": complete(Settings((str(folder / "pdf"),))),
            "rows": complete(Settings((str(folder / "rows.db"),), table="entry")),
        }
        with Index(folder / "x.db", "hash:64", create=True) as index:
            for name, settings in given.items():
                began = time.process_time()
                summary = index.add(name, walk(settings, name))
                print(f"first run  {name:6} {summary.added:6} documents  {time.process_time() - began:7.2f} CPU-s")
            count = pages_of(index)
            total = 0.0
            for name, settings in given.items():
                began = time.process_time()
                summary = index.add(name, walk(settings, name))
                spent = time.process_time() - began
                total += spent
                print(f"second run {name:6} {summary.unchanged:6} unchanged  {spent:7.3f} CPU-s")
                assert summary.added + summary.changed + summary.removed + summary.embedded == 0, summary
            documents = int(index.db.value("select count(*) from document"))
            print(f"{documents} documents ({count} PDF pages): {total / documents * 10_000:.3f} CPU-s a 10,000")


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
    parser.add_argument("--data", default="")
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--every", type=int, default=1, help="renderings: take every n-th note")
    parser.add_argument("--embedder", default="minilm", help="renderings: hash:64 for a quick look at words alone")
    options = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")
    if options.what == "chronicle":
        chronicle(options.rows)
    elif options.what == "renderings":
        renderings(data_folder(options.data), options.every, options.embedder)
    else:
        refresh(data_folder(options.data))


if __name__ == "__main__":
    main()
