"""
What the user has, as `Document`s: files of many formats, tables, threads, feeds, sites.

One small module a family of formats; libraries are imported when a file of theirs is read. Nothing here knows
passages, models or SQL of the index: a source says what there is (`Item`, with a cheap stamp) and reads it when asked.
"""

from typing import TYPE_CHECKING, Any

from rag.sources.items import MAX_BYTES, Item, Walk

if TYPE_CHECKING:
    from rag.sources.walk import files

__all__ = ["MAX_BYTES", "Item", "Walk", "files"]


def __getattr__(name: str) -> Any:
    """`files`, imported when it is asked for: what reads an item needs no walk."""
    if name != "files":
        raise AttributeError(name)
    from rag.sources.walk import files

    return files
