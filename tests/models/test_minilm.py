"""The bundled embedder: its two ways through the network agree, and it knows what is alike."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rag.models import embedder
from rag.models.minilm import MiniLM, verify

pytestmark = pytest.mark.model

TEXTS = [
    "How do I load an extension?",
    "x",
    "",
    "Ünïcödé 東京 🍞",
    "a_b.c(d) == 'e'",
    "word " * 60,
    "A much longer text. " * 80,
]


def test_numpy_and_onnxruntime_give_the_same_vectors() -> None:
    one, many = MiniLM(threads=1), MiniLM(threads=2)
    together = many.embed(TEXTS)
    for text, expected in zip(TEXTS, together, strict=True):
        np.testing.assert_allclose(one.embed([text])[0], expected, atol=2e-6)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_it_is_the_model_its_name_stands_for() -> None:
    verify()
    made = embedder("minilm")
    assert (made.name, made.dimensions) == ("minilm", 384)
    a, b, c = made.embed(["A cat sat on the mat.", "A kitten lay on the rug.", "SQLite stores tables in one file."])
    assert a @ b > 0.5 > 0.2 > a @ c


def test_a_text_longer_than_the_model_is_cut_not_refused() -> None:
    made = embedder("minilm")
    long = made.embed(["token " * 5000, "token " * 510])
    np.testing.assert_allclose(long[0], long[1], atol=1e-5)


def test_embedding_reports_to_nobody(tmp_path: Path) -> None:
    code = "from rag.models import embedder; embedder('minilm').embed(['one text', 'another text', 'a third'])"
    env = {**os.environ, "HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
    env.pop("ORT_DISABLE_TELEMETRY", None)
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    assert list(tmp_path.rglob("*onnxruntime*")) == []
