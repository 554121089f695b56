"""What a search gives: a list of hits that a notebook shows, and that is plain data where one asks for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rag.store.documents import row_of
from rag.types import Hit


class Hits(list[Hit]):
    """
    Best first; `question` is what was searched for, `respelled` its words that stand nowhere -> what they were read as.
    """

    def __init__(
        self, found: Iterable[Hit] = (), question: str = "", respelled: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(found)
        self.question, self.respelled = question, dict(respelled or {})

    def to_dicts(self) -> list[dict[str, Any]]:
        """
        A flat dict a hit, as `rag search --json` prints them.

        For pandas: `pd.DataFrame(hits.to_dicts())`; Arrow: `pa.Table.from_pylist(hits.to_dicts())`.
        """
        return [row_of(hit) for hit in self]

    def _repr_html_(self) -> str:
        return "".join(hit._repr_html_() for hit in self) or "<p>nothing found</p>"
