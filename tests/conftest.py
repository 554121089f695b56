"""One thread for every numeric library, set before any is imported: the machine that tests is shared."""

from __future__ import annotations

import os

for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "RAG_THREADS"):
    os.environ.setdefault(name, "1")
for name in ("RAG_DB", "RAG_MODEL", "RAG_EMBEDDER", "OPENAI_API_KEY", "OPENAI_BASE_URL", "RAG_API_KEY"):
    os.environ.pop(name, None)  # the tests' own settings, not the user's
