"""fastembed, offline: a folder made of the bundled ONNX file, and of a cross-encoder of three nodes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from rag import models
from rag.errors import ModelError
from rag.models.minilm import VOCABULARY, weights

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
