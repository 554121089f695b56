"""
What a document's format knows besides its text: who wrote a mail to whom and when, a title, an author, an address.

It stands before the text that a model is shown, as the lines of a letter's head, and values may be taken from it; where
they were, says the evidence. Nothing here asks a model.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any

from rag.dates import dates
from rag.types import Document

JSON = Any
LONGEST = 500  # characters of one of them
BEGINNING = 20_000  # characters of a text in which its day is looked for
COLUMNS = 40  # of a row that are shown
# Of these the date is that of the file, or of the template that it was made from, and says nothing of the matter.
OFFICE = (".docx", ".pptx")


def about(document: Document) -> dict[str, str]:
    """Name -> what is known, in the order in which it is shown; what the text itself begins with is left out."""
    meta = document.meta
    is_mail = "email" in meta or "message_id" in meta
    author, address = document.author, str(meta.get("email") or "")
    sender = f"{author} <{address}>" if author and address and author != address else author or address
    own = is_mail or not is_file_name(document.title, document.key)
    known = {
        "From" if is_mail else "Author": sender,
        "To": str(meta.get("to") or "") if is_mail else "",
        "Subject" if is_mail else "Title": document.title if own else "",
        "Date": "" if _is_of_file(document) or (not is_mail and _says(document.text, document.date)) else document.date,
        "URL": document.url,
    }
    if isinstance(row := meta.get("row"), Mapping):
        return _columns(row, document)
    begin = " ".join(document.text[: 2 * LONGEST].split())
    return {name: said for name, value in known.items() if (said := _plain(value)) and not begin.startswith(said)}


@lru_cache(maxsize=64)
def _says(text: str, date: str) -> bool:
    """Whether a text itself says that day, at its beginning: then its own words say what it is the day of."""
    return any(when.iso == date[:10] for when in dates(text[:BEGINNING]))


def _is_of_file(document: Document) -> bool:
    """Whether what is known as its date is only the day on which the file was made or saved."""
    return "pages" in document.meta or PurePosixPath(document.key).suffix.lower() in OFFICE


def _columns(row: Mapping[str, str], document: Document) -> dict[str, str]:
    """The columns of a row, but for one that is the whole text, and for a key alone."""
    whole = " ".join(document.text.split())
    short = [(name, _plain(value)) for name, value in list(row.items())[:COLUMNS] if len(value) < LONGEST]
    known = {name: value for name, value in short if value and value != whole}
    return known if list(known.values()) != [document.key] else {}


def is_file_name(title: str, key: str) -> bool:
    """Whether a title is only the name of the file."""
    stem = key.rsplit("/", 1)[-1].rsplit(".", 1)[0]
    return (
        "".join(filter(str.isalnum, title.casefold())) == "".join(filter(str.isalnum, stem.casefold())) or title == key
    )


def head(known: Mapping[str, str]) -> str:
    """The lines that stand before a text; "" if nothing is known."""
    return "".join(f"{name}: {said}\n" for name, said in known.items()) + ("\n" if known else "")


def _plain(value: str) -> str:
    return " ".join(value.split())[:LONGEST]


__all__ = ["about", "head"]
