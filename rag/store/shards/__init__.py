"""
The engine for more than one server: an index whose documents are divided among several (`shards.py`).

Each server is an index of its own kind (`rag.store.postgres`) with a part of the documents, whole, by a hash of their
key. Sources and models are copied to all; settings, answers, jobs, runs, tokens and saved searches are on the first.
"""

from rag.store.shards.shards import Shards

__all__ = ["Shards"]
