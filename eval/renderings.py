"""
The notes of til as HTML pages and PDF files, written by the programs that people use. Nothing is measured here.

    python eval/renderings.py FOLDER html weasyprint chromium [--data DIR] [--every N]

makes FOLDER/html/KEY.html, FOLDER/weasyprint/KEY.pdf, …; files that are there stay. It imports nothing of ours and
runs in any Python with markdown-it-py; the others need weasyprint (`pip install weasyprint`) and `chromium`, each for
its own. `python eval/bench_sources.py renderings FOLDER` measures what they retrieve like.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import tempfile
from pathlib import Path

from markdown_it import MarkdownIt

ROOT = Path(__file__).parent.parent
FORMS = ("html", "weasyprint", "chromium")

# What a site's template puts around every page, none of it the note's own.
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A notebook</title><meta name="viewport" content="width=device-width">
<style>body {{ margin: 0 }} nav li {{ display: inline }}</style>
<script>window.counted = (window.counted || 0) + 1;</script></head>
<body>
<a class="skip" href="#content">Skip to content</a>
<header><p class="brand"><a href="/">A notebook</a></p>
<nav><ul><li><a href="/">Home</a></li><li><a href="/python">Python</a></li><li><a href="/sqlite">SQLite</a></li>
<li><a href="/github-actions">GitHub Actions</a></li><li><a href="/about">About this site</a></li></ul>
<form action="/search"><input name="q"><button>Search</button></form></nav></header>
<div class="layout"><main id="content">{body}</main>
<aside><h3>Recent notes</h3><ul><li><a href="/1">Running a server in the background</a></li>
<li><a href="/2">Building a static page with a template</a></li></ul></aside></div>
<footer><p>Written by somebody. <a href="/feed.atom">Subscribe</a> to the feed. Powered by a generator.</p></footer>
</body></html>
"""

# A report: justified and hyphenated, with running heads and page numbers.
REPORT = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>A notebook</title><style>
@page {{ size: A4; margin: 25mm 22mm; @top-left {{ content: "A notebook"; font-size: 8pt }}
@top-right {{ content: "Internal"; font-size: 8pt }}
@bottom-center {{ content: "Page " counter(page) " of " counter(pages); font-size: 8pt }} }}
body {{ font: 10.5pt/1.4 "DejaVu Serif", serif; text-align: justify; hyphens: auto }}
h1 {{ font-size: 20pt }} h2 {{ font-size: 15pt }} h3 {{ font-size: 12.5pt }} h4, h5, h6 {{ font-size: 10.5pt }}
h1, h2, h3, h4, h5, h6 {{ font-family: "DejaVu Sans", sans-serif; text-align: left; hyphens: manual }}
pre, code {{ font-family: "DejaVu Sans Mono", monospace; font-size: 8.5pt; hyphens: manual }}
pre {{ white-space: pre-wrap; text-align: left; background: #f4f4f4; padding: 6pt }}
table {{ border-collapse: collapse }} td, th {{ border: 1px solid #999; padding: 2pt 4pt }} img {{ max-width: 100% }}
</style></head><body>{body}</body></html>
"""

# The print button of a browser: no style of its own, and the browser's date, title and page numbers at the edges.
PRINTED = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>A notebook</title></head><body>{body}</body></html>
"""


def notes(data: Path, every: int) -> list[tuple[str, str]]:
    """(key, Markdown) of the notes; their titles are the queries, so they are in neither."""
    rows = (json.loads(line) for line in (data / "til" / "corpus.jsonl").open(encoding="utf-8"))
    return [(row["id"], row["text"]) for row in rows][::every]


def weasyprint(page: str, path: Path) -> None:
    import logging

    import weasyprint as library

    logging.getLogger("weasyprint").setLevel(logging.CRITICAL)
    made = library.HTML(string=page, url_fetcher=library.urls.URLFetcher(allowed_protocols={"data"})).write_pdf()
    path.write_bytes(made)


def chromium(page: str, path: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        given = Path(folder) / "note.html"
        given.write_text(page, encoding="utf-8")
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--blink-settings=imagesEnabled=false"]
        command += [
            "--disable-javascript",
            "--host-resolver-rules=MAP * 127.0.0.1:9",
            f"--user-data-dir={folder}/profile",
        ]
        subprocess.run([*command, f"--print-to-pdf={path}", str(given)], check=True, capture_output=True, timeout=120)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("forms", nargs="+", choices=FORMS)
    parser.add_argument(
        "--data", type=Path, default=os.environ.get("RAG_SHARED_DATA") or ROOT.parent / "shared" / "data"
    )
    parser.add_argument("--every", type=int, default=1, help="take every n-th note")
    options = parser.parse_args()
    markdown = MarkdownIt("commonmark").enable("table").enable("strikethrough")
    for key, text in notes(Path(options.data), options.every):
        body = markdown.render(text)
        for form in options.forms:
            path = (options.folder / form / key).with_name(Path(key).name + (".html" if form == "html" else ".pdf"))
            if path.exists():
                continue
            path.parent.mkdir(parents=True, exist_ok=True)
            if form == "html":
                path.write_text(PAGE.format(body=body), encoding="utf-8")
            elif form == "weasyprint":
                weasyprint(REPORT.format(body=body), path)
            else:
                chromium(PRINTED.format(body=body), path)


if __name__ == "__main__":
    main()
