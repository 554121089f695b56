"""
What the commands share: their options, and progress on stderr.

typer at the top and nothing heavy: every command pays for this file at its start.
"""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag import files
from rag.address import place
from rag.cli.completion import model_names, source_names
from rag.files import typed

if TYPE_CHECKING:
    from rag.index import Index
    from rag.store.filters import Filters


class Format(str, Enum):  # noqa: UP042 (typer shows the values of a str Enum)
    text = "text"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"


if TYPE_CHECKING:
    Place = Path
else:  # typer makes a Path of whatever is typed as one, and of an address nonsense
    Place = Any
Database = Annotated[
    Place,
    typer.Option(
        "-d", "--database", envvar="RAG_DB", help="The index: a file, or postgresql://….", show_default=True,
        parser=place, metavar="PATH",
    ),
]  # fmt: skip


class FoundFormat(str, Enum):  # noqa: UP042
    text = "text"
    json = "json"
    jsonl = "jsonl"
    csv = "csv"
    grep = "grep"


FoundOutput = Annotated[
    FoundFormat, typer.Option("--format", "-f", help="How to print the result on stdout; grep: path:line:text.")
]
Output = Annotated[Format, typer.Option("--format", "-f", help="How to print the result on stdout.")]
K = Annotated[int, typer.Option("-k", help="How many passages.", min=1)]
Source = Annotated[str, typer.Option("--source", help="Only this source (see rag info).", autocompletion=source_names)]
Prefix = Annotated[str, typer.Option("--prefix", help="Only documents whose key begins so.")]
Since = Annotated[str, typer.Option("--since", help="Only documents of this date or later (ISO: 2024, 2024-03-01).")]
Until = Annotated[str, typer.Option("--until", help="Only documents of this date or earlier.")]
Where = Annotated[str, typer.Option("--where", help="Only documents like this: 'status = \"draft\" and year > 2020'.")]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Only documents with this tag; again: with all of them.")]
EmbedderName = Annotated[
    str, typer.Option("--embedder", envvar="RAG_EMBEDDER", help="For a new index: minilm, llama:PATH, openai:NAME …")
]
Model = Annotated[
    str,
    typer.Option(
        "-m",
        "--model",
        envvar="RAG_MODEL",
        help="smollm2, llama:FILE.gguf, openai:NAME, llm:ID, none.",
        autocompletion=model_names,
    ),
]
BaseUrl = Annotated[str, typer.Option("--base-url", envvar="OPENAI_BASE_URL", help="The endpoint of an openai: model.")]
Rerank = Annotated[
    str,
    typer.Option(
        "--rerank", envvar="RAG_RERANK", help="A cross-encoder that orders the first 50 anew: fastembed:NAME."
    ),
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Refresh the sources first.")]
Partial = Annotated[
    bool, typer.Option("--partial", help="Of an index on several servers: do without those that are down.")
]
Ray = Annotated[
    str,
    typer.Option("--ray", envvar="RAG_RAY", metavar="ADDRESS", help="The model works on a Ray cluster; local: here."),
]


def _hushed(quiet: bool) -> bool:
    """What is merely slow is no error; what fails and is tried again is one."""
    if quiet:
        logging.getLogger("rag.waiting").setLevel(logging.ERROR)
    return quiet


Quiet = Annotated[bool, typer.Option("-q", "--quiet", callback=_hushed, help="Nothing on stderr but errors.")]

Question = Annotated[
    list[str],
    typer.Argument(
        metavar="QUESTION", help="A question in plain words; - reads it from standard input.", show_default=False
    ),
]
DEFAULT_DATABASE = Path("rag.db")


def question_of(words: list[str]) -> str:
    """The words that were typed, with or without quotation marks; what is not UTF-8 in them becomes "?"."""
    if words == ["-"]:
        return files.piped().decode("utf-8", "replace").strip()
    return " ".join(words).encode("utf-8", "replace").decode()


def freshen(index: Index) -> None:
    """Bring every remembered source up to date; what cannot be read is reported and stops nothing."""
    from rag import render
    from rag.app.refresh import problem_line, refresh_all

    for problem in refresh_all(index).problems:
        render.note(problem_line(*problem))


def tell_respelled(spelled: Mapping[str, str]) -> None:
    """Say which words of a question were read as others."""
    from rag import render

    for word, near in spelled.items():
        render.note(f"read “{word}” as “{near}”: it stands nowhere as it is")


def tell_behind(index: Index) -> None:
    """Say that vectors are compared one by one, because indexing was stopped before it could file them."""
    from rag import render

    if index.behind:
        render.note(
            f"the vector index is behind by {index.behind:,} documents, which were compared one by one;"
            + (
                f" it catches up with: rag index --all -d {typed(index.db.path)}"
                if index.db.writable
                else " it cannot catch up where nothing can be written"
            )
        )


def tell_undated(index: Index, filters: Filters) -> None:
    """Say how many documents --since and --until pass over because they have no date."""
    from rag import render
    from rag.app.search import passed_over

    if said := passed_over(index, filters):
        render.note(f"rag: {said}")


def tell_missing(index: Index) -> None:
    """Say which servers were done without."""
    from rag import render
    from rag.store import missing

    for address in missing(index.db):
        render.note(f"rag: {address} cannot be reached: what lies there is missing here")


@contextmanager
def progress(what: str, *, quiet: bool = False) -> Iterator[Any]:
    """A rich progress bar on stderr; None if stderr is not a terminal or quiet is asked for."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    from rag import render

    columns = (
        TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(),
        TextColumn("left"), TimeRemainingColumn(), TextColumn("{task.fields[rate]}", markup=False),
    )  # fmt: skip
    with Progress(*columns, console=render.console(stderr=True), transient=True) as bar:
        bar.add_task(what, total=None, rate="")
        yield bar
