"""fastembed, offline: a folder made of the bundled ONNX file, and of a cross-encoder of two nodes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rag import models
from rag.errors import ModelError
from rag.index import Index
from rag.models.minilm import VOCABULARY, weights
from rag.sources import Item
from rag.types import Document

pytest.importorskip("fastembed")
TEXTS = ["The ferry leaves at seven.", "Größe und Maß: 12.5 %", "much too long " * 400]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled embedder as a folder that fastembed reads."""
    from tokenizers import BertWordPieceTokenizer

    place = tmp_path_factory.mktemp("minilm")
    (place / "model.onnx").symlink_to(weights())
    tokenizer = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True, strip_accents=True)
    tokenizer.save(str(place / "tokenizer.json"))
    marks = {"unk": "[UNK]", "sep": "[SEP]", "pad": "[PAD]", "cls": "[CLS]", "mask": "[MASK]"}
    special = {f"{name}_token": token for name, token in marks.items()}
    (place / "special_tokens_map.json").write_text(json.dumps(special))
    (place / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 512, "max_length": 512, **special}))
    (place / "config.json").write_text(json.dumps({"hidden_size": 384, "pad_token_id": 0}))
    return place


@pytest.mark.model
def test_a_folder_embeds_as_the_bundled_model_does(folder: Path) -> None:
    embedder = models.embedder(f"fastembed:{folder}", threads=1)
    rows = embedder.embed(TEXTS)
    assert (embedder.dimensions, embedder.max_tokens, embedder.windows) == (384, 512, True)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert ((rows * models.embedder("minilm").embed(TEXTS)).sum(axis=1) > 0.99).all()
    again = models.embedder(f"fastembed:{folder}", threads=1)
    assert again.fingerprint == embedder.fingerprint
    assert np.array_equal(again.embed(TEXTS[:1]), rows[:1])


@pytest.mark.model
def test_a_folder_of_a_family_gets_its_prefixes(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "e5-small"
    place.mkdir()
    for file in folder.iterdir():
        (place / file.name).symlink_to(file)
    e5, plain = (models.embedder(f"fastembed:{path}", threads=1) for path in (place, folder))
    assert not e5.windows
    assert np.allclose(e5.embed(["ferry"], kind="query"), plain.embed(["query: ferry"]), atol=1e-6)
    assert e5.fingerprint != plain.fingerprint


def field(number: int, value: bytes | str | int) -> bytes:
    """One field of a protobuf message."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def varint(value: int) -> bytes:
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + varint(value >> 7)


def cross_encoder() -> bytes:
    """An ONNX model that says of a question and a text the largest id of their tokens: a Cast and a ReduceMax."""

    def attribute(name: str, kind: int, value: bytes) -> bytes:
        return field(5, field(1, name) + value + field(20, kind))

    def value(name: str, kind: int, *sizes: str) -> bytes:
        shape = b"".join(field(1, field(2, size)) for size in sizes)
        return field(1, name) + field(2, field(1, field(1, kind) + field(2, shape)))

    def node(op: str, source: str, target: str, attributes: bytes) -> bytes:
        return field(1, field(1, source) + field(2, target) + field(4, op) + attributes)

    graph = node("Cast", "input_ids", "floats", attribute("to", 2, field(3, 1)))
    graph += node("ReduceMax", "floats", "logits", attribute("axes", 7, field(8, 1)))
    graph += field(2, "largest")
    for name in ("input_ids", "attention_mask", "token_type_ids"):
        graph += field(11, value(name, 7, "batch", "length"))
    graph += field(12, value("logits", 1, "batch", "one"))
    return field(1, 7) + field(7, graph) + field(8, field(2, 13))


@pytest.mark.model
def test_a_cross_encoder_orders_the_first_passages_anew(folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "cross"
    place.mkdir()
    for file in folder.iterdir():
        if file.suffix == ".json":
            (place / file.name).symlink_to(file)
    (place / "model.onnx").write_bytes(cross_encoder())
    name = f"fastembed:{place}"
    least, most = models.reranker(name, threads=1).scores("a", ["a b c", "the ferry"])
    assert least < most  # the letters come first in the vocabulary
    texts = {"one": "A ferry leaves at seven.", "two": "The ferry of the evening is a catamaran."}
    items = [Item(key, key, lambda key=key: [Document("notes", key, texts[key])]) for key in texts]
    with Index(tmp_path / "rag.db", "hash:64", create=True) as index:
        index.add("notes", items)
        before = index.search("When does a ferry leave at seven?", 2)
        after = index.search("When does a ferry leave at seven?", 2, rerank=name)
    assert [hit.passage.document.key for hit in before] == ["one", "two"]
    assert [hit.passage.document.key for hit in after] == ["two", "one"]
    assert after[0].via["reranker"].rank == 1
    assert 1 >= after[0].score > after[1].score >= 0.5


@pytest.mark.parametrize("missing", ["model.onnx", "tokenizer.json"])
def test_a_folder_that_lacks_something_says_what(tmp_path: Path, missing: str) -> None:
    for name in {"model.onnx", "tokenizer.json"} - {missing}:
        (tmp_path / name).write_text("{}")
    for open_one in (models.embedder, models.reranker):
        with pytest.raises(ModelError, match=f"holds no {missing}"):
            open_one(f"fastembed:{tmp_path}")


def test_names_that_mean_nothing_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no such folder"):
        models.embedder("fastembed:./nowhere")
    for open_one in (models.embedder, models.reranker):
        with pytest.raises(ModelError, match="fastembed:no/such-model") as caught:
            open_one("fastembed:no/such-model")
        assert "\n" not in caught.value.message
    with pytest.raises(ModelError, match="names no reranker"):
        models.reranker("what:x")
    with pytest.raises(ModelError, match="is no reranker but an embedder"):
        models.reranker("minilm")


def test_without_the_package_it_says_what_to_install(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['fastembed'] = None\n"
        "from rag import models\nfrom rag.errors import ModelError\n"
        "for call in (models.embedder, models.reranker):\n"
        "    try:\n        call('fastembed:x')\n    except ModelError as error:\n        print(error.hint)\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stdout.splitlines() == ["pip install 'chapterverse[fastembed]'"] * 2, done.stderr
