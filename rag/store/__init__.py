"""
The index on disk: one SQLite file that opens anywhere, and a sidecar of vectors that can be thrown away.

All the SQL of the project is in this package. `Database` opens the file and keeps its promises; the other modules are
plain functions over it, one module a group of tables. Nothing here knows chunking, models or prompts.
"""

from rag.store.database import Database

__all__ = ["Database"]
