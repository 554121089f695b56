"""
Every table of the main file: `migrations/NNN_name.sql`, in the order in which they are applied.

A migration is recorded in `_sqlite_migrations` under the set `rag` in the transaction that applies it, so
`sqlite-utils migrate --list` reads the record. Never change one that was released: add another.
No virtual table here needs an extension (Datasette refuses a whole file for one), every table has an explicit INTEGER
PRIMARY KEY (VACUUM renumbers rowids of others, and FTS then returns the wrong rows).
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import folding, wikilinks
from rag.store.hashes import short

if TYPE_CHECKING:
    import apsw

FOLDER = Path(__file__).parent / "migrations"
MIGRATIONS: list[str] = sorted(file.stem for file in FOLDER.glob("*.sql"))


def script(migration: str) -> str:
    """What a migration does, in SQL."""
    return (FOLDER / f"{migration}.sql").read_text(encoding="utf-8")


def lend(connection: apsw.Connection) -> None:
    """Give a connection what migrations call to make old rows as new ones are; what stays in the file calls none."""
    functions: dict[str, Callable[..., str | None]] = {
        "rag_folded": folding.instead,
        "rag_short": short,
        "rag_named": folding.named,
        "rag_compounds": lambda text: json.dumps(folding.compounds(text)),
        "rag_names": lambda key, meta: json.dumps(wikilinks.names(key, _object(meta))),
        "rag_links": lambda key, meta: json.dumps(wikilinks.links(key, _object(meta))),
    }
    for name, function in functions.items():
        connection.create_scalar_function(name, function, deterministic=True)


def _object(text: str) -> dict[str, Any]:
    """The metadata of a document; nothing if it is damaged, which `rag doctor` tells."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
