"""Which documents may be found: applied before ranking, never after."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Filters:
    """Empty fields do not filter."""

    source: str = ""
    prefix: str = ""  # of the document's key, literally
    since: str = ""  # ISO date, inclusive
    until: str = ""  # ISO date, exclusive of what comes after its last moment: "2024" includes all of 2024
    after: int = 0  # only passages with a larger number: those that came later
    sources: tuple[str, ...] = ()  # only these, whatever `source` says: what somebody may see at all

    def where(self) -> tuple[str, dict[str, str]]:
        """A condition over `document d join source s`, and its values; empty if nothing is filtered."""
        parts, values = [], {}
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
        return " and ".join(parts), values

    def ids(self, schema: str = "main") -> tuple[str, dict[str, str | int]]:
        """A subquery of the passage ids that may be found; empty if all may."""
        condition, texts = self.where()
        values: dict[str, str | int] = {**texts}
        if self.after:
            condition = " and ".join(part for part in (condition, "p.id > :after") if part)
            values["after"] = self.after
        if not condition:
            return "", {}
        return (
            f"select p.id from {schema}.passage p join {schema}.document d on d.id = p.document_id"
            f" join {schema}.source s on s.id = d.source_id where {condition}",
            values,
        )
