"""
Places on other machines that take documents: `rag serve`, and a database of Datasette 1.0. A module each.

`connect` tells by itself which one an address is. Nothing here knows an index or what was sent before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from rag.errors import InputError
from rag.remote.datasette import DatasetteTable
from rag.remote.link import Given, Link
from rag.remote.server import RagServer

__all__ = ["Given", "Place", "connect"]


class Place(Protocol):
    """
    Takes documents in the place of what had their names, so that sending twice is as good as once.

    Every method raises ModelError if nobody can be reached, InputError if what was sent is refused.
    """

    kind: str

    def put(self, documents: Sequence[Given]) -> list[list[str]]:
        """Store these; for each, the names that it has there and `delete` takes."""
        ...

    def delete(self, names: Sequence[str]) -> None:
        """Remove these; what is not there is removed."""
        ...

    def close(self) -> None: ...


def connect(address: str, token: str, table: str = "passage") -> Place:
    """Raises InputError for an address that is neither, ModelError if nobody answers."""
    link = Link(address, token)
    try:
        if isinstance(told := link.look("/api/status"), Mapping) and "embedder" in told:
            return RagServer(link)
        if isinstance(told := link.look(".json"), Mapping) and "tables" in told:
            return DatasetteTable(link, table, _tables(told))
    except BaseException:
        link.close()
        raise
    link.close()
    raise InputError(
        f"{link.address} is neither a server of rag nor a database of Datasette 1.0",
        "Give the address of rag serve (https://host:8000), or of a database (https://host/data).",
    )


def _tables(told: Mapping[str, Any]) -> list[str]:
    return [str(one.get("name")) for one in told["tables"] if isinstance(one, Mapping)]
