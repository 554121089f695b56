"""
An index to carry away: a folder for a Docker Space, or a site of plain files that any web server can hold.

Both hold a copy that is only read. The site has every document as a page, and a search by words that runs in the
browser from one file of postings; nothing of it asks another server.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rag import folding
from rag.__about__ import __version__
from rag.errors import InputError
from rag.index import Index
from rag.store import backup, documents, pages
from rag.store.filters import Filters
from rag.web.desk import labels
from rag.web.page import environment
from rag.web.typeset import typeset

STATIC = Path(__file__).parent / "static"
WORD = re.compile(r"[^\W_]+")
PAIRS = re.compile(f"[{folding.PAIRS}]")
SHOWN = 280  # characters of a passage that search results show
# What was asked, extracted and measured stays at home.
PRIVATE = (
    "answer",
    "token",
    "alert",
    "push",
    "pushed",
    "job",
    "job_row",
    "job_document",
    "eval_run",
    "eval_outcome",
    "eval_score",
    "document_past",
)
DOCKERFILE = """\
FROM python:3.11-slim
RUN apt-get update && apt-get install -y --no-install-recommends build-essential && rm -rf /var/lib/apt/lists/*
RUN pip install --no-cache-dir 'chapterverse[serve]=={version}'
RUN useradd --uid 1000 --create-home user
WORKDIR /app
COPY --chown=1000:1000 index.db index.db-index* ./
USER 1000
EXPOSE 7860
CMD ["rag", "serve", "-d", "/app/index.db", "--readonly", "--public", "--host", "0.0.0.0", "--port", "7860", \\
     "--allow-host", "*", "--frame", "https://huggingface.co", "-m", "{model}", "--title", {title}]
"""
README = """\
---
title: {title}
emoji: 📖
colorFrom: green
colorTo: gray
sdk: docker
app_port: 7860
pinned: false
---

{count} documents to search and ask, served by chapterverse. Nothing that is asked here is kept.
"""


def space(index: Index, folder: Path, title: str, model: str = "none") -> int:
    """
    Write what a Docker Space needs: Dockerfile, README, a compact copy of the index with its vector index.

    How many documents it holds. Raises InputError if the folder is not empty.
    """
    with _whole(folder) as part:
        return _space(index, part, title, model)


def _space(index: Index, folder: Path, title: str, model: str) -> int:
    backup.compact(index.db, folder / "index.db", without=PRIVATE)
    with Index(folder / "index.db", index.embedder) as copy:
        copy.catch_up()
        count = documents.counts(copy.db).documents
    backup.seal(folder / "index.db")
    written = {
        "Dockerfile": DOCKERFILE.format(version=__version__, model=model, title=json.dumps(title)),
        "README.md": README.format(title=json.dumps(title), count=count),
    }
    for name, text in written.items():
        (folder / name).write_text(text, encoding="utf-8")
    for file in folder.iterdir():
        file.chmod(0o644)  # whoever runs the container must read it
    return count


def site(index: Index, folder: Path, title: str) -> int:
    """
    Write the documents as pages, and a page that searches them by words in the browser.

    How many documents there are. Raises InputError if the folder is not empty.
    """
    with _whole(folder) as part:
        return _site(index, part, title)


def _site(index: Index, folder: Path, title: str) -> int:
    names = labels(index)
    (folder / "d").mkdir()
    for file in ("app.css", "icon.svg", "site.js"):
        shutil.copyfile(STATIC / file, folder / file)
    template = environment().get_template("site_document.html")
    passages: list[list[Any]] = []
    postings: dict[str, list[int]] = {}
    listed = []
    for number in documents.ids(index.db, Filters()):
        found = pages.document(index.db, number)
        assert found is not None
        html = typeset(found["text"], (), found["kind"])
        page = template.render(title=title, document=found, html=html, source=names[found["source"]])
        (folder / "d" / f"{number}.html").write_text(page, encoding="utf-8")
        listed.append({"id": number, "title": found["title"] or found["key"], "key": found["key"]})
        for passage in pages.passages(index.db, number):
            words = Counter(_words(f"{found['title']} {passage['heading']} {passage['text']}"))
            for word, count in words.items():
                postings.setdefault(word, []).extend((len(passages), count))
            passages.append([number, passage["heading"], passage["text"][:SHOWN], sum(words.values())])
    data = {"documents": listed, "passages": passages, "postings": postings}
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    (folder / "search.json").write_text(text, encoding="utf-8")
    front = environment().get_template("site.html").render(title=title, documents=listed)
    (folder / "index.html").write_text(front, encoding="utf-8")
    return len(listed)


def _words(text: str) -> Iterator[str]:
    """The words of a text as `site.js` takes a question apart: what a browser can do, in both places the same."""
    folded = unicodedata.normalize("NFD", unicodedata.normalize("NFKC", text).lower().replace("ß", "ss"))
    plain = unicodedata.normalize(
        "NFC", "".join(one for one in folded if not unicodedata.category(one).startswith("M"))
    )
    for word in WORD.findall(plain):
        if PAIRS.search(word):
            yield from (word[at : at + 2] for at in range(len(word)))
        else:
            yield word


@contextmanager
def _whole(folder: Path) -> Iterator[Path]:
    """
    A folder that takes its place when the block ends well; what a run that was killed left beside it is removed.

    Raises InputError if there is something in the folder, or it cannot be written.
    """
    folder = folder.resolve()
    part = folder.with_name(f".{folder.name}.part")
    try:
        used = folder.exists() and any(os.scandir(folder))
        if not used:
            shutil.rmtree(part, ignore_errors=True)
            part.mkdir(parents=True)
    except OSError as error:
        raise InputError(f"{folder} cannot be written: {error.strerror}", "Choose another folder.") from error
    if used:
        raise InputError(f"{folder} is not empty", "Name a new folder.")
    try:
        yield part
        os.replace(part, folder)
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise
