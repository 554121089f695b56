"""Ask your own documents. `from rag import Index`; the command is `rag`."""

from rag.__about__ import __version__

TYPE_CHECKING = False  # of our own: nothing else is read before Ctrl-C is heard
if TYPE_CHECKING:
    from typing import Any

    from rag.index import Index

__all__ = ["Index", "__version__"]


def __getattr__(name: str) -> "Any":
    """Names are loaded when they are used, so that `rag --help` pays for none of them."""
    if name == "Index":
        from rag.index import Index

        return Index
    raise AttributeError(f"module 'rag' has no attribute {name!r}")
