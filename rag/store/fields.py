"""Which fields and tags there are in the metadata, and whether a condition names one that nobody has."""

from __future__ import annotations

import difflib

from rag.errors import InputError
from rag.store import conditions
from rag.store.conditions import Values
from rag.store.engine import Store
from rag.store.filters import Filters


def check(db: Store, filters: Filters) -> None:
    """Raises InputError if the condition names a field or wants a tag that no document (that may be seen) has."""
    if not filters.condition.strip():
        return
    seen, values = Filters(sources=filters.sources).where()
    only = f"and {seen}" if seen else ""
    wanted = conditions.read(filters.condition)
    for name in wanted.fields:
        if not _there(db, conditions.has(name), only, values):
            raise InputError(f"no document has a field {name.strip('`')!r}", _known(db, name, only, values))
    for tag in wanted.tags:
        if not _there(db, conditions.tag(tag), only, values):
            raise InputError(f"no document has the tag {tag!r}", _tags(db, tag, only, values))


def _there(db: Store, condition: tuple[str, Values], only: str, values: Values) -> bool:
    said, bound = condition
    there = f"select 1 from document d join source s on s.id = d.source_id where {said} {only} limit 1"
    return next(iter(db.execute(there, {**values, **bound})), None) is not None


def _tags(db: Store, tag: str, only: str, values: Values) -> str:
    """The tags that there are, those like the wanted one alone if there are such."""
    rows = db.execute(
        "select v.value, count(*) from document d join source s on s.id = d.source_id, json_each(d.meta, '$.tags') v"
        f" where v.type = 'text' {only} group by 1 order by 2 desc, 1 limit 2000",
        values,
    )
    tags = [str(name) for name, _ in rows]
    return _near(tag, tags) if tags else "No document has any tag: omit it, or choose by a field or a folder."


def _known(db: Store, name: str, only: str, values: Values) -> str:
    """The fields that there are, those like the wanted one first."""
    rows = db.execute(
        "select m.key, count(*) from document d join source s on s.id = d.source_id, json_each(d.meta) m"
        f" where true {only} group by 1 order by 2 desc, 1 limit 200",
        values,
    )
    fields = [*(key for key, _ in rows), *conditions.FIELDS, *conditions.LINKS]
    return _near(name, fields)


def _near(name: str, there: list[str]) -> str:
    folded = {one.casefold(): one for one in reversed(there)}
    near = [folded[one] for one in difflib.get_close_matches(name.casefold(), folded, 3, 0.7)]
    more = " …" if len(there) > 20 else ""
    return f"Did you mean {' or '.join(near)}?" if near else f"There are: {', '.join(there[:20])}{more}"
