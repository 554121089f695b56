"""The bundled embedder: its two ways through the network agree, and it knows what is alike."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rag import Index
from rag.doctor import examine
from rag.models import embedder, minilm
from rag.models.minilm import MiniLM, verify
from rag.sources import files
from rag.store import Database

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
        assert one.embed([text])[0] @ expected > 0.99  # they round to 8 bits alike, but for the last bit of a float
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_a_few_texts_get_the_vectors_that_they_get_among_many() -> None:
    few, many = MiniLM(threads=1), MiniLM(threads=1)
    among = many.embed(TEXTS * (minilm.FEW // len(TEXTS) + 1))
    np.testing.assert_array_equal(few.embed(TEXTS), among[: len(TEXTS)])
    np.testing.assert_array_equal(many.embed(TEXTS), among[: len(TEXTS)])  # and after them


def test_products_of_integers_are_the_same_signed_and_unsigned_and_near_those_of_floats(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    floats = MiniLM(threads=2, integers=False)
    expected = floats.embed(TEXTS)
    for text, row in zip(TEXTS, expected, strict=True):
        np.testing.assert_allclose(MiniLM(threads=1, integers=False).embed([text])[0], row, atol=2e-6)
    made = {}
    for signed in (True, False):
        monkeypatch.setattr(minilm, "_has_integer_products", lambda signed=signed: signed)
        made[signed] = MiniLM(threads=2).embed(TEXTS)
        assert (made[signed] * expected).sum(axis=1).min() > 0.98
    np.testing.assert_allclose(made[True], made[False], atol=1e-6)


def test_an_index_of_the_earlier_graph_goes_on_with_it_until_it_is_embedded_again(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("Bees dance to tell where flowers are.\n\nWasps do not dance.\n")
    earlier = MiniLM(integers=False)
    with Index(tmp_path / "x.db", earlier, create=True) as index:
        index.add("s", files([tmp_path / "a.md"]))
        ((passage, score),) = index.by_vectors("which insects dance?", 2)
    (tmp_path / "a.md").write_text("Bees dance to tell where flowers are.\n\nHornets do not dance.\n")
    with Index(tmp_path / "x.db") as index:
        assert index.embedder.fingerprint == earlier.fingerprint != MiniLM().fingerprint
        ((again, near),) = index.by_vectors("which insects dance?", 2)
        assert (again, near) == (passage, pytest.approx(score, abs=1e-4))
        index.add("s", files([tmp_path / "a.md"]))  # new text in the old way
    with Database(tmp_path / "x.db") as db:
        found = {finding.check: finding for finding in examine(db, fix=True)}
        assert found["embedder"].mended
        assert not any(finding.problem for finding in examine(db))
    with Index(tmp_path / "x.db") as index:
        assert index.embedder.fingerprint == MiniLM().fingerprint
        assert index.search("which insects dance?", 1)[0].passage.text.startswith("Bees dance")
        assert index.behind == 0


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
