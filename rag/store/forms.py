"""Change the form in which the vectors of an index are stored: float16 or float32."""

from __future__ import annotations

from rag.errors import InputError
from rag.store.engine import Store
from rag.store.side import remade
from rag.store.vectors import FORMS, STORED, checksum, decoded, encoded, sound

STEP = 2000  # vectors written in one transaction


def convert(db: Store, name: str) -> int:
    """
    Store the vectors in another form from now on, and those that are there too; how many were another.

    Stopped at any moment, some are still in the other form, which is read as well; the next call goes on. Going back
    to f32 gives no digit back. What was made from the vectors is to be made anew. Raises InputError for no form.
    """
    if name not in FORMS:
        raise InputError(f"vectors cannot be stored as {name!r}", f"Choose {' or '.join(FORMS)}.")
    import numpy as np

    width, last, count = np.dtype(FORMS[name]).itemsize, 0, 0
    other = (
        "select v.id, v.data, v.checksum, m.dimensions from vector v join model m on m.id = v.model_id"
        f" where v.id > ? and length(v.data) != {width} * m.dimensions order by v.id limit {STEP}"
    )
    while rows := list(db.execute(other, (last,))):
        with db.transaction():
            if not count:
                remade(db)
            for number, blob, stored, size in rows:
                (made,) = encoded(decoded(sound(db, blob, stored), size).astype(np.float32)[None], name)
                db.execute("update vector set data = ?, checksum = ? where id = ?", (made, checksum(made), number))
        last, count = rows[-1][0], count + len(rows)
    with db.transaction():
        db.remember(STORED, name)
    return count
