"""Ask your own documents. `from rag import Index`; the command is `rag`."""

from rag.__about__ import __version__

__all__ = ["__version__"]
