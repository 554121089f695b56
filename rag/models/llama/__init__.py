"""
Local models: a GGUF run by llama.cpp, its reply held by a grammar while it is written.

`library` loads llama.cpp, `model` opens a file and tokenises, `template` renders conversations, `context` decodes,
`sampler` picks tokens, `generator` wires them for one prompt and `batch` for many; `embedder` and `matcher` use the
same model. Nothing here compiles a schema or reaches a network.
"""

from rag.models.llama.generator import LlamaGenerator, smollm2

__all__ = ["LlamaGenerator", "smollm2"]
