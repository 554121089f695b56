"""Open what a name means: a database, an index, a model; and say which passages are wanted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rag import dates
from rag.errors import InputError, RagError
from rag.store import Store, collection, conditions, opened
from rag.store.filters import Filters

if TYPE_CHECKING:
    from rag.index import Index
    from rag.types import Embedder, Generator


def open_database(path: Path | str, *, create: bool = False, readonly: bool = False, immutable: bool = False) -> Store:
    """The file of an index, for what needs no model. Raises DatabaseError if it cannot be used."""
    return opened(path, create=create, readonly=readonly, immutable=immutable)


def open_index(
    path: Path | str,
    embedder: str = "",
    *,
    create: bool = False,
    target: int | None = None,
    store_vectors: str = "",
    partial: bool = False,
    ray: str = "",
) -> Index:
    """
    The index in a file; `embedder`, `target` (characters of a passage) and `store_vectors` (f16, f32) are for a new
    one, which `create` allows. Of one on several servers, `partial` does without those that are down. With `ray`, the
    address of a cluster, its embedder works there.

    Raises DatabaseError if the file cannot be used or was built with another embedder.
    """
    from rag.index import Index

    if not ray and not partial:
        return Index(path, embedder or None, create=create, target=target, store_vectors=store_vectors)
    db = opened(path, create=create, partial=partial)
    try:
        model = _on_ray(db, embedder, ray) if ray else embedder or None
        return Index(db, model, target=target, store_vectors=store_vectors)
    except RagError:
        db.close()
        raise


def _on_ray(db: Store, embedder: str, address: str) -> Embedder:
    from rag import models
    from rag.models.on_ray import RayEmbedder

    name = embedder or db.setting("embedder") or models.DEFAULT_EMBEDDER
    return RayEmbedder(name, address, db.setting("fingerprint"))


def open_generator(name: str, base_url: str = "") -> Generator | None:
    """The model that answers; None for "none". `base_url` is the endpoint of a hosted one. Raises ModelError."""
    from rag import grammar, models

    return models.generator(name, endpoint=base_url or None, normalise=grammar.strict, check=grammar.check)


def which(kind: str) -> str:
    """ "passages" or "documents". Raises InputError for anything else."""
    if kind not in collection.KINDS:
        raise InputError(f"there are no {kind!r} in an index", f"Choose {' or '.join(collection.KINDS)}.")
    return kind


def filters(
    source: str = "", prefix: str = "", since: str = "", until: str = "", where: str = "", tags: Sequence[str] = ()
) -> Filters:
    """
    Which passages are wanted: of a source, of keys that begin so, of these dates, with this metadata and tags.

    Raises InputError: no ISO date, or a condition that cannot be read.
    """
    for name, value in (("--since", since), ("--until", until)):
        if value and not dates.is_iso(value):
            raise InputError(f"{name} {value!r} is not an ISO date", "Write 2024, 2024-03 or 2024-03-01.")
    condition = conditions.joined(where, *map(conditions.tagged, tags))
    if condition:
        conditions.read(condition)
    return Filters(source=source, prefix=prefix, since=since, until=until, condition=condition)
