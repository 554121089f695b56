"""Which fields there are in the metadata, and whether a condition names one that nobody has."""

from __future__ import annotations

import difflib

from rag.errors import InputError
from rag.store import conditions
from rag.store.conditions import Values
from rag.store.engine import Store
from rag.store.filters import Filters


def check(db: Store, filters: Filters) -> None:
    """Raises InputError if the condition names a field that no document (that may be seen at all) has."""
    if not filters.condition.strip():
        return
    seen, values = Filters(sources=filters.sources).where()
    only = f"and {seen}" if seen else ""
    for name in conditions.read(filters.condition).fields:
        has, bound = conditions.has(name)
        there = f"select 1 from document d join source s on s.id = d.source_id where {has} {only} limit 1"
        if next(iter(db.execute(there, {**values, **bound})), None) is None:
            raise InputError(f"no document has a field {name.strip('`')!r}", _known(db, name, only, values))


def _known(db: Store, name: str, only: str, values: Values) -> str:
    """The fields that there are, those like the wanted one first."""
    rows = db.execute(
        "select m.key, count(*) from document d join source s on s.id = d.source_id, json_each(d.meta) m"
        f" where true {only} group by 1 order by 2 desc, 1 limit 200",
        values,
    )
    fields = [*(key for key, _ in rows), *conditions.FIELDS, *conditions.LINKS]
    folded = {field.casefold(): field for field in reversed(fields)}
    near = [folded[one] for one in difflib.get_close_matches(name.casefold(), folded, 3, 0.7)]
    return f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(fields[:20])}"
