"""A server of ours: documents go into a source of theirs, which is embedded there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from urllib.parse import urlencode

from rag.remote.link import Given, Link, Refused


class RagServer:
    """Needs a token with the scope `write`."""

    kind = "rag"

    def __init__(self, link: Link) -> None:
        self.link = link

    def put(self, documents: Sequence[Given]) -> list[list[str]]:
        for source in dict.fromkeys(source for source, _, _ in documents):
            body = [_body(given) for given in documents if given[0] == source]
            self.link.send("/api/documents", "POST", {"source": source, "documents": body})
        return [[f"{source}/{document.key}"] for source, document, _ in documents]

    def delete(self, names: Sequence[str]) -> None:
        """Looked up by their names: numbers mean others once another index is served at the address."""
        for name in names:
            source, _, key = name.partition("/")
            query = urlencode({"source": source, "where": f"key = {json.dumps(key, ensure_ascii=False)}"})
            try:
                for row in self.link.send(f"/api/documents?{query}", "GET")["items"]:
                    self.link.send(f"/api/documents/{row['id']}", "DELETE")
            except Refused as error:
                if error.status != 404:
                    raise

    def close(self) -> None:
        self.link.close()


def _body(given: Given) -> dict[str, object]:
    _, document, _ = given
    fields = {"title": document.title, "author": document.author, "date": document.date, "kind": document.kind}
    if document.url.startswith(("http://", "https://")):  # another leads nowhere from there
        fields["url"] = document.url
    said = {name: value for name, value in fields.items() if value}
    return {"key": document.key, "text": document.text, **said, "meta": dict(document.meta)}
