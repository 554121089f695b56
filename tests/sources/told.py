"""Read bytes as a reader does, and hear what it leaves out."""

from rag.sources.formats import reader
from rag.types import Document

Left = list[tuple[str, str]]


def read(kind: str, data: str | bytes, key: str = "a-file") -> tuple[list[Document], Left]:
    """The documents in these bytes, and (kind, what) of everything that was left out of them."""
    left: Left = []
    bytes_ = data.encode() if isinstance(data, str) else data
    return reader(kind)(bytes_, key, "s", lambda kind, what: left.append((kind, what))), left


def text(kind: str, data: str | bytes, key: str = "a-file") -> str:
    """The text of the only document."""
    ((document,), _) = read(kind, data, key)
    return document.text
