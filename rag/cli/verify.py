"""`rag verify`: are the quotations of a text what stands in the index?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag import files
from rag.cli.common import DEFAULT_DATABASE, Database, Format, Output
from rag.errors import InputError

if TYPE_CHECKING:
    from rag.app.verify import Verified

COLOURS = {"verbatim": "32", "altered": "33", "misattributed": "35", "not found": "31"}
INDENT = "    "
WIDEST = 160  # characters of a quotation that are shown


def verify(
    text: Annotated[
        Path,
        typer.Argument(
            metavar="ANSWER.md", help="A text with quotations; - reads it from standard input.", show_default=False
        ),
    ],
    database: Database = DEFAULT_DATABASE,
    wrong: Annotated[bool, typer.Option("--wrong", help="Show only what is not verbatim.")] = False,
    form: Output = Format.text,
) -> None:
    """Check every quotation of a text against the index. Exit code 1 if one is not verbatim, or somebody else's."""
    from rag import render
    from rag.app.open import open_database
    from rag.app.verify import rows
    from rag.app.verify import verify as check

    with open_database(database) as db:
        verified = check(db, _read(text))
    for line in verified.unclosed:
        render.note(f"line {line}: a quotation mark is opened and never closed")
    listed = [row for row in rows(verified) if not (wrong and row["kept"])]
    if form is Format.text:
        for row in listed:
            _show(row)
        _sum_up(verified)
    else:
        render.rows(listed, form.value)
    if not verified.sound:
        raise typer.Exit(1)


def _read(path: Path) -> str:
    if str(path) == "-":
        return files.piped().decode("utf-8", "replace")
    try:
        return files.text(path.expanduser(), "utf-8-sig", "replace")
    except OSError as error:
        raise InputError(
            f"{path} cannot be read: {error.strerror}", "Name a text file, or - for standard input."
        ) from error


def _show(row: dict[str, Any]) -> None:
    """A quotation under what is said of it, and where it stands."""
    from rag import render

    state = render.style(row["status"], COLOURS[row["status"]])
    quote = " ".join(row["quote"].split())
    quote = quote if len(quote) <= WIDEST else quote[: WIDEST - 1] + "…"
    print(f"line {row['line']}: {state}" + (f": {render.safe(row['reason'])}" if row["reason"] else ""))
    print(f"{INDENT}{render.safe(quote)}")
    if row["document"]:
        title = "" if row["title"] == row["document"] else row["title"]
        where = render.place(row["document"], title, row["place"], row["author"])
        print(INDENT + render.link(render.style(where, "36"), row["url"]))
        if row["url"]:
            print(render.style(INDENT + render.line(row["url"]), "2"))
    if row["differences"]:
        print(render.style(f"{INDENT}but for: {render.safe(', '.join(row['differences']))}", "2"))
    if row["changes"]:
        print(f"{INDENT}there: {render.safe(' '.join(row['stands'].split()))}")


def _sum_up(verified: Verified) -> None:
    from rag import render
    from rag.app.verify import STATES

    if not verified.checked:
        render.note("the text has no quotations")
        return
    counts = [f"{verified.count(state)} {state}" for state in STATES if verified.count(state)]
    print(f"{len(verified.checked)} quotations: {', '.join(counts)}")
