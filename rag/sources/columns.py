"""What the user says of the columns of a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rag.errors import InputError

KINDS = ("text", "markdown", "html", "code")


@dataclass(frozen=True, slots=True)
class Columns:
    """What the user says of the columns; what is empty is told by their names."""

    key: str = ""  # one named id, key, slug, …, else the first; that is text, too, if it holds words
    text: tuple[str, ...] = ()
    title: str = ""
    url: str = ""  # a column, or an address with columns in braces: https://x.org/{id}
    author: str = ""
    date: str = ""
    html: tuple[str, ...] = ()  # these hold HTML
    kind: str = ""  # what the text is: one of KINDS
    keys: tuple[str, ...] = ()  # instead of `key`: the parts of a primary key
    exact: bool = False  # the text as it was given, line ends too, and `meta["text_columns"]` says what stands where
    told: bool | None = None  # whether the key is a key by its name or the user's word; else it may be text, too

    def check(self, names: Sequence[str], where: str) -> None:
        """Raises InputError if a column that was named is not there."""
        named = [self.key, *self.text, self.title, self.author, self.date, *self.html]
        if "{" not in self.url:
            named.append(self.url)
        for name in named:
            if name and name not in names:
                raise InputError(f"{where} has no column {name!r}", f"Its columns: {', '.join(names) or 'none'}")
        if self.kind and self.kind not in KINDS:
            raise InputError(f"unknown kind of text {self.kind!r}", f"One of: {', '.join(KINDS)}")
