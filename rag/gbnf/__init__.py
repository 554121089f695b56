"""GBNF, the grammar language of llama.cpp: expressions, one reader, one writer, and what llama.cpp bears."""
