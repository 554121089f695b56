"""The bundled MiniLM weights written as a GGUF, so that the GGUF embedder has a real model to be compared on."""

from __future__ import annotations

import struct
from pathlib import Path
from typing import Any

import numpy as np

from rag.models.minilm import VOCABULARY, weights
from rag.models.minilm_numpy import LAYERS, Forward

ALIGNMENT = 32


def write(path: Path) -> None:
    words = VOCABULARY.read_text(encoding="utf-8").split("\n")
    words = words[:-1] if words[-1] == "" else words
    special = [word.startswith("[") and word.endswith("]") and len(word) > 2 for word in words]
    pieces = [
        word if control else word[2:] if word.startswith("##") else "▁" + word
        for word, control in zip(words, special, strict=True)
    ]
    meta: dict[str, Any] = {
        "general.architecture": "bert",
        "general.name": "MiniLM",
        "bert.block_count": LAYERS,
        "bert.context_length": 512,
        "bert.embedding_length": 384,
        "bert.feed_forward_length": 1536,
        "bert.attention.head_count": 12,
        "bert.attention.layer_norm_epsilon": 1e-12,
        "bert.attention.causal": False,
        "bert.pooling_type": 1,
        "tokenizer.ggml.model": "bert",
        "tokenizer.ggml.token_type_count": 2,
        "tokenizer.ggml.tokens": pieces,
        "tokenizer.ggml.token_type": [3 if control else 1 for control in special],
        "tokenizer.ggml.bos_token_id": words.index("[CLS]"),
        "tokenizer.ggml.eos_token_id": words.index("[SEP]"),
        "tokenizer.ggml.seperator_token_id": words.index("[SEP]"),
        "tokenizer.ggml.unknown_token_id": words.index("[UNK]"),
        "tokenizer.ggml.padding_token_id": words.index("[PAD]"),
        "tokenizer.ggml.mask_token_id": words.index("[MASK]"),
    }
    save(path, meta, dict(tensors()))


def tensors() -> Any:
    network = Forward(weights())
    given = network.weights

    def rows(name: str) -> Any:
        return given[name + "_q"].astype(np.float32) * np.asarray(given[name + "_scale"]).reshape(-1, 1)

    embeddings = "inner.embeddings."
    yield "token_embd.weight", rows(embeddings + "word_embeddings.weight")
    yield "position_embd.weight", rows(embeddings + "position_embeddings.weight")
    yield "token_types.weight", given[embeddings + "token_type_embeddings.weight"]
    for part in ("weight", "bias"):
        yield f"token_embd_norm.{part}", given[f"{embeddings}LayerNorm.{part}"]
    for layer in range(LAYERS):
        name = f"inner.encoder.layer.{layer}."
        denses = (
            ("attn_q", "attention.self.query"),
            ("attn_k", "attention.self.key"),
            ("attn_v", "attention.self.value"),
            ("attn_output", "attention.output.dense"),
            ("ffn_up", "intermediate.dense"),
            ("ffn_down", "output.dense"),
        )
        for (target, source), matrix in zip(denses, network.matrices[6 * layer : 6 * layer + 6], strict=True):
            full = given[matrix + "_q"].astype(np.float32) * given[matrix + "_scale"]
            yield f"blk.{layer}.{target}.weight", full.T
            yield f"blk.{layer}.{target}.bias", given[f"{name}{source}.bias"]
        for target, source in (("attn_output_norm", "attention.output"), ("layer_output_norm", "output")):
            for part in ("weight", "bias"):
                yield f"blk.{layer}.{target}.{part}", given[f"{name}{source}.LayerNorm.{part}"]


def save(path: Path, meta: dict[str, Any], arrays: dict[str, Any]) -> None:
    """GGUF version 3, float32 tensors."""
    head = b"GGUF" + struct.pack("<IQQ", 3, len(arrays), len(meta))
    head += b"".join(_text(key) + _value(value) for key, value in meta.items())
    offset = 0
    for name, array in arrays.items():
        head += _text(name) + struct.pack("<I", array.ndim)
        head += struct.pack(f"<{array.ndim}Q", *reversed(array.shape)) + struct.pack("<IQ", 0, offset)
        offset += -(-array.size * 4 // ALIGNMENT) * ALIGNMENT
    with path.open("wb") as file:
        file.write(head + b"\0" * (-len(head) % ALIGNMENT))
        for array in arrays.values():
            data = np.ascontiguousarray(array, dtype="<f4").tobytes()
            file.write(data + b"\0" * (-len(data) % ALIGNMENT))


def _text(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _value(value: Any) -> bytes:
    if isinstance(value, bool):
        return struct.pack("<I?", 7, value)
    if isinstance(value, int):
        return struct.pack("<II", 4, value)
    if isinstance(value, float):
        return struct.pack("<If", 6, value)
    if isinstance(value, str):
        return struct.pack("<I", 8) + _text(value)
    if isinstance(value[0], str):
        return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(map(_text, value))
    return struct.pack("<IIQ", 9, 5, len(value)) + struct.pack(f"<{len(value)}i", *value)
