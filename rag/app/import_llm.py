"""An embeddings database of `llm` into an index, with its vectors: no model is called."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag import models
from rag.errors import DatabaseError, InputError
from rag.folding import named
from rag.models.llm_adapter import fingerprint as fingerprint_of
from rag.sources import llm_embeddings
from rag.sources.llm_embeddings import Collection
from rag.store import Store, documents, put, vectors
from rag.store.documents import Chunk, Entry
from rag.store.hashes import hashed
from rag.types import Document, Passage

if TYPE_CHECKING:
    pass

BATCH = 1000
BUNDLED = "rag-minilm"  # what the bundled embedder is called inside llm


def collections(path: Path, names: Sequence[str] = ()) -> list[Collection]:
    """The collections of these names, else all. Raises InputError: none has the name, several models, no text."""
    found = llm_embeddings.collections(path)
    wanted = [one for one in found if not names or one.name in names]
    if missing := [name for name in names if name not in {one.name for one in found}]:
        listed = ", ".join(one.name for one in found) or "none"
        raise InputError(f"{path} has no collection {missing[0]!r}", f"Its collections: {listed}")
    if len({one.model for one in wanted}) > 1:
        listed = ", ".join(f"{one.name} ({one.model})" for one in wanted)
        raise InputError(f"the collections are of several models: {listed}", "Name those of one model.")
    if not any(one.stored for one in wanted):
        raise InputError(f"{path} has no text to search", "Embed again with: llm embed-multi … --store")
    return wanted


def take(db: Store, path: Path, collection: Collection) -> tuple[int, list[tuple[str, str]]]:
    """
    Store a collection as a source. What the index had of it and is gone is removed.

    Gives how many documents it has, and (key, why) of the rows whose vector cannot be used: the others are taken over.
    """
    import numpy as np

    name = _embedder(db, collection.model)
    number = documents.source_id(db, collection.name, "llm")
    known = documents.known(db, number)
    count = model = 0
    wrong: list[tuple[str, str]] = []
    size = llm_embeddings.usual_size(path, collection)
    given = llm_embeddings.documents(path, collection, collection.name)
    for batch in iter(lambda: list(islice(given, BATCH)), []):
        with db.transaction():
            rows = []
            for document, blob in batch:
                known.pop(document.key, None)
                try:
                    rows.append(_row(document, blob, size))
                except InputError as error:
                    wrong.append((document.key, error.message))
            if not rows:
                continue
            model = model or vectors.model_id(db, name, db.setting("fingerprint"), rows[0][2].shape[0], create=True)
            texts = {chunk.hash: vector for _, chunk, vector in rows}
            vectors.put(db, model, list(texts), np.stack(list(texts.values())))
            for document, chunk, _ in rows:
                hash_ = documents.document_hash(document, "llm")
                put(db, number, [Entry(document, [chunk], document.key, "", hash_)])
            db.changed()
        count += len(rows)
    with db.transaction():
        documents.remove(db, [entry.id for entries in known.values() for entry in entries])
        vectors.prune(db)
        db.changed()
    return count, wrong


def _row(document: Document, blob: object, size: int) -> tuple[Document, Chunk, Any]:
    import numpy as np

    if not isinstance(blob, bytes) or len(blob) != size or size % 4:
        found = f"{len(blob)} bytes" if isinstance(blob, bytes) else f"no bytes but {type(blob).__name__}"
        raise InputError(f"its vector is {found}, those of the others are {size} bytes", "Embed it again in llm.")
    vector = np.frombuffer(blob, dtype="<f4")
    length = float(np.linalg.norm(vector))
    if not np.isfinite(length) or not length:
        raise InputError("its vector is zero or not finite", "Embed it again in llm.")
    passage = Passage(document, 0, len(document.text), document.text)
    return document, Chunk(passage, hashed(document.text), named(document.text, key=document.key)), vector / length


def _embedder(db: Store, model: str) -> str:
    """The embedder of the index; a new one gets that of the collection."""
    name, fingerprint = f"llm:{model}", fingerprint_of(model)
    if model == BUNDLED:
        bundled = models.embedder("minilm")
        name, fingerprint = bundled.name, bundled.fingerprint
    built = db.setting("embedder")
    if built not in (None, name):
        raise DatabaseError(
            f"{db.path} was built with the embedder {built}, not {name}", "Import into a new index: -d NEW.db"
        )
    if built is None:
        with db.transaction():
            db.remember("uuid", uuid.uuid4().hex)
            db.remember("embedder", name)
            db.remember("fingerprint", fingerprint)
            db.remember(vectors.STORED, vectors.FORM)
    return name
