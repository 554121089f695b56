"""The engine for many machines: an index on a PostgreSQL server with pgvector (`server.py`)."""

from rag.store.postgres.server import Postgres

__all__ = ["Postgres"]
