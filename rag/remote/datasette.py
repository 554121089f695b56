"""A database of Datasette 1.0, through its write API: a table of passages, a row each, under a name that stays."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import quote

from rag.places import shown
from rag.remote.link import Given, Link, Refused

ROWS = 100  # what Datasette takes at a time
COLUMNS = {
    "id": "text", "source": "text", "key": "text", "title": "text", "heading": "text", "text": "text",
    "start": "integer", "end": "integer", "url": "text", "author": "text", "date": "text", "metadata": "text",
}  # fmt: skip


class DatasetteTable:
    """Needs a token that may insert, update and delete rows; and create the table if it is not there."""

    kind = "datasette"

    def __init__(self, link: Link, table: str, tables: Sequence[str]) -> None:
        self.link, self.table = link, table
        self._there = table in tables

    def _make(self) -> None:
        if not self._there:
            columns = [{"name": name, "type": kind} for name, kind in COLUMNS.items()]
            self.link.send("/-/create", "POST", {"table": self.table, "columns": columns, "pk": "id"})
            self._there = True

    def put(self, documents: Sequence[Given]) -> list[list[str]]:
        self._make()
        rows, names = [], []
        for given in documents:
            made = _rows(given)
            names.append([str(row["id"]) for row in made])
            rows += made
        for first in range(0, len(rows), ROWS):
            self.link.send(f"/{_tilde(self.table)}/-/upsert", "POST", {"rows": rows[first : first + ROWS]})
        return names

    def delete(self, names: Sequence[str]) -> None:
        for name in names:
            try:
                self.link.send(f"/{_tilde(self.table)}/{_tilde(name)}/-/delete", "POST", {})
            except Refused as error:
                if error.status != 404:
                    raise

    def close(self) -> None:
        self.link.close()


def _rows(given: Given) -> list[dict[str, object]]:
    source, document, passages = given
    metadata = json.dumps(shown(document.meta), ensure_ascii=False, default=str)
    return [
        {
            "id": f"{source}/{document.key}#{seq}", "source": source, "key": document.key, "title": document.title,
            "heading": one.heading, "text": one.text, "start": one.start, "end": one.end, "url": document.url,
            "author": document.author, "date": document.date, "metadata": metadata,
        }
        for seq, one in enumerate(passages)
    ]  # fmt: skip


def _tilde(text: str) -> str:
    """As Datasette writes names in its addresses."""
    return quote(text, safe="").replace("~", "%7E").replace(".", "%2E").replace("%20", "+").replace("%", "~")
