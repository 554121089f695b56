"""GBNF, the grammar language of llama.cpp: expressions, one reader, one writer, and what llama.cpp bears."""

from rag.gbnf.reader import check

__all__ = ["check"]
