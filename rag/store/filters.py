"""
Which documents may be found, said once for every way of finding them: a condition in SQL, before any ranking.
"""

from __future__ import annotations

import json
from dataclasses import dataclass

from rag.store import conditions
from rag.store.conditions import Values


@dataclass(frozen=True, slots=True)
class Filters:
    """Which documents may be found: applied before ranking, never after. Empty fields do not filter."""

    source: str = ""
    prefix: str = ""  # of the document's key, literally
    since: str = ""  # ISO date, inclusive
    until: str = ""  # ISO date, exclusive of what comes after its last moment: "2024" includes all of 2024
    after: int = 0  # only passages with a larger number: those that came later
    condition: str = ""  # over metadata and fields, in the language of `conditions`
    sources: tuple[str, ...] = ()  # only these, whatever `source` says: what somebody may see at all

    def where(self, schema: str = "") -> tuple[str, Values]:
        """
        A condition over `document d join source s`, and its values; empty if nothing is filtered.

        Raises InputError for a condition that cannot be read.
        """
        parts: list[str] = []
        values: Values = {}
        if self.source:
            parts.append("s.name = :source")
            values["source"] = self.source
        if self.sources:
            parts.append("s.name in (select value from json_each(:sources))")
            values["sources"] = json.dumps(self.sources)
        if self.prefix:
            parts.append("substr(d.key, 1, length(:prefix)) = :prefix")
            values["prefix"] = self.prefix
        if self.since:
            parts.append("d.date >= :since")
            values["since"] = self.since
        if self.until:
            parts.append("d.date != '' and substr(d.date, 1, length(:until)) <= :until")
            values["until"] = self.until
        if self.condition.strip():
            said, bound = conditions.read(self.condition).sql(schema)
            parts.append(f"({said})")
            values |= bound
        return " and ".join(parts), values

    def ids(self, schema: str = "") -> tuple[str, Values]:
        """A subquery of the passage ids that may be found; empty if all may."""
        condition, values = self.where(schema)
        of = f"{schema}." if schema else ""
        if self.after:
            if not condition:
                return f"select p.id from {of}passage p where p.id > :after", {"after": self.after}
            condition = f"{condition} and p.id > :after"
            values = {**values, "after": self.after}
        if not condition:
            return "", {}
        # The plus has SQLite look for documents first and then for their passages; else it may read every passage.
        return (
            f"select p.id from {of}passage p join {of}document d on p.document_id = +d.id"
            f" join {of}source s on s.id = d.source_id where {condition}",
            values,
        )
