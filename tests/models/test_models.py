"""Names to models, the embedder without weights, the adapter for llm's plugins, and grammars checked before use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import gguf_minilm
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import models
from rag.errors import ModelError
from rag.models.hashing import HashingEmbedder, hashing
from rag.models.llama import LlamaGenerator, smollm2
from rag.types import Message, Sampling


@pytest.mark.parametrize("name", ["nothing", "nothing:x", "minilm", "hash:64", ""])
def test_an_unknown_generator_gets_the_list(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        models.generator(name)
    for form in ("smollm2", "llama:PATH.gguf", "openai:MODEL", "ollama:NAME", "llamaserver:", "llm:ID", "none"):
        assert form in caught.value.hint


def test_a_generator_is_no_embedder() -> None:
    with pytest.raises(ModelError, match="is no embedder but a generator"):
        models.embedder("smollm2")


@pytest.mark.parametrize(
    ("name", "why"), [("llama:", "a path is missing"), ("hash:x", "number"), ("minilm:2", "behind")]
)
def test_what_stands_behind_the_colon_is_checked(name: str, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        models.embedder(name)


def test_none_is_no_generator() -> None:
    assert models.generator("none") is None


def test_what_is_available_names_every_scheme() -> None:
    rows = models.available()
    assert {row.name for row in rows if row.kind == "embedder"} >= {"minilm", "hash:256", "llama:PATH.gguf"}
    assert {row.name for row in rows if row.kind == "generator"} >= {"smollm2", "llm:ID", "none"}
    assert all(row.about for row in rows)


def test_looking_names_up_imports_no_library() -> None:
    code = (
        "import sys; from rag import models; models.available(); models.embedder('hash:64'); models.generator('none');"
        "print([n for n in ('numpy', 'llama_cpp', 'onnxruntime', 'openai', 'llm') if n in sys.modules])"
    )
    assert _python(code) == "[]"


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == ""
    return done.stdout.strip()


# --- hash:N


@given(st.lists(st.text(max_size=60), max_size=5), st.sampled_from([8, 64, 256]))
def test_hashed_vectors_are_unit_vectors_and_do_not_depend_on_their_neighbours(texts: list[str], size: int) -> None:
    embedder = HashingEmbedder(size)
    rows = embedder.embed(texts)
    assert rows.shape == (len(texts), size)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for row, text in zip(rows, texts, strict=True):
        assert np.array_equal(row, embedder.embed([text])[0])


def test_hashed_vectors_are_the_same_in_every_process() -> None:
    code = "from rag.models.hashing import hashing; print(hashing('16').embed(['Grün ist der Wald']).tobytes().hex())"
    assert _python(code) == hashing("16").embed(["Grün ist der Wald"]).tobytes().hex()


def test_hashed_vectors_find_words_and_parts_of_words() -> None:
    query, same, part, other = hashing().embed(
        [
            "How are documents indexed?",
            "Documents are indexed by night.",
            "Reindexing a document",
            "Penguins like cold water.",
        ]
    )
    assert query @ same > query @ part > query @ other


# --- llm:ID


def test_an_unknown_plugin_model_says_how_to_list_them() -> None:
    with pytest.raises(ModelError, match="no installed llm plugin has this model") as caught:
        models.generator("llm:no-such-model")
    assert "llm models" in caught.value.hint


@pytest.mark.model
def test_a_plugin_model_answers() -> None:
    model = models.generator("llm:SmolLM2")
    assert model is not None
    pieces: list[str] = []
    reply = model.generate([Message("user", "Say yes.")], None, Sampling(max_tokens=5), pieces.append)
    assert reply.text == "".join(pieces)
    assert reply.text.strip()


# --- llama:PATH.gguf as embedder


@pytest.mark.model
def test_the_gguf_embedder_agrees_with_the_bundled_one(tmp_path: Path) -> None:
    file = tmp_path / "minilm.gguf"
    gguf_minilm.write(file)
    texts = [
        "A short text.",
        "Größe, naïve café: accents are stripped, 12.5 % of them!",
        "The quick brown fox jumps over the lazy dog. " * 20,
        "",
        "unbelievably antidisestablishmentarianism 日本語 🙂",
        "much too long " * 400,
    ]
    embedder = models.embedder(f"llama:{file}")
    expected = models.embedder("minilm").embed(texts)
    rows = embedder.embed(texts)
    assert (embedder.dimensions, embedder.max_tokens) == (384, 512)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert ((rows * expected).sum(axis=1) > 0.98).all()  # the bundled one multiplies in whole numbers
    with pytest.raises(ModelError, match="embedding model and cannot write"):
        models.generator(f"llama:{file}")


@pytest.mark.model
def test_a_model_that_writes_is_no_embedder() -> None:
    with smollm2() as model, pytest.raises(ModelError, match="is no embedding model"):
        models.embedder(f"llama:{model.path}")


# --- what a model is


@pytest.fixture(scope="module")
def smollm() -> Iterator[LlamaGenerator]:
    with smollm2(threads=1) as opened:
        yield opened


def test_a_plugins_model_that_says_nothing_of_itself_is_taken_as_held_by_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Plain:
        name = fingerprint = "plain:x"

    class Point:
        name, value = "plain", "plugin:open"

        def load(self) -> type[Plain]:
            return lambda rest: Plain()  # type: ignore[return-value]

    monkeypatch.setattr(models, "_entry_points", lambda kind: [Point()])
    generator, embedder = models.generator("plain:x"), models.embedder("plain:x")
    assert generator is not None
    assert (generator.constrained, generator.parameters) == (False, None)
    assert (embedder.windows, embedder.threshold) == (True, 0.0)


@pytest.mark.model
def test_a_local_model_says_its_size_and_that_a_grammar_holds_it(smollm: LlamaGenerator) -> None:
    assert smollm.constrained
    assert smollm.parameters == 134_515_008
