"""
The same network in numpy, for one short text.

A question of ten words costs a fifth of a CPU second to embed when onnxruntime has to be imported, the graph built and
all weights unpacked for it; reading just the weights out of the same file and multiplying costs a tenth of that. The
vectors agree to about 1e-6 (tested). For many or long texts onnxruntime is faster: `minilm.py` chooses.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np

LAYERS, HEADS = 6, 12
EPSILON = 1e-12  # of the layer norms, from the model's configuration
DTYPES: dict[int, Any] = {1: np.dtype("<f4"), 3: np.dtype("i1"), 7: np.dtype("<i8")}  # ONNX TensorProto.DataType
LAYER = "inner.encoder.layer.{}."
Array = Any  # float32 arrays; numpy's generic types say no more here


class Forward:
    """
    The weights, mapped and not copied, and the forward pass.

    `integers`: what is multiplied with a matrix is rounded to 8 bits first, as in `minilm_graph.py`.
    """

    def __init__(self, path: Path, *, integers: bool = True) -> None:
        self.integers = integers
        with path.open("rb") as file:
            mapped = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
        self.weights = dict(_initializers(mapped))
        # The matrices have no telling names; in the file they stand in the order in which they are used:
        # per layer query, key, value, attention output, intermediate, output.
        self.matrices = [name[:-2] for name in self.weights if name.startswith("val_") and name.endswith("_q")]

    def __call__(self, ids: Sequence[int]) -> Array:
        """The unit vector (384) of one text's token ids, [CLS] and [SEP] included."""
        x = self._norm(self.rows(ids), "inner.embeddings.LayerNorm")
        for layer in range(LAYERS):
            x = self._layer(x, layer)
        mean = x.mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-12)

    def rows(self, ids: Sequence[int]) -> Array:
        """float32 (tokens, 384): a text's words and their places, before the first layer."""
        words, places = "inner.embeddings.word_embeddings.weight", "inner.embeddings.position_embeddings.weight"
        tokens = np.arange(len(ids))
        return self._stored(words, np.asarray(ids)) + (
            self._stored(places, tokens) + self.weights["inner.embeddings.token_type_embeddings.weight"][0]
        )

    def _stored(self, name: str, rows: Array) -> Array:
        return self.weights[name + "_q"][rows].astype(np.float32) * self.weights[name + "_scale"][rows]

    def _dense(self, x: Array, matrix: str, bias: str) -> Array:
        step = np.float32(1)
        if self.integers:
            x, step = _rounded(x)
        product = x @ self.weights[matrix + "_q"].astype(np.float32)
        return product * (step * self.weights[matrix + "_scale"]) + self.weights[bias]

    def _norm(self, x: Array, name: str) -> Array:
        centred = x - x.mean(axis=1, keepdims=True)
        scaled = centred / np.sqrt((centred * centred).mean(axis=1, keepdims=True) + EPSILON)
        return scaled * self.weights[name + ".weight"] + self.weights[name + ".bias"]

    def _layer(self, x: Array, layer: int) -> Array:
        name = LAYER.format(layer)
        query, key, value, out, wide, narrow = self.matrices[6 * layer : 6 * layer + 6]
        tokens, width = x.shape

        def heads(matrix: str, which: str) -> Array:
            made = self._dense(x, matrix, f"{name}attention.self.{which}.bias")
            return made.reshape(tokens, HEADS, width // HEADS).transpose(1, 0, 2)

        q, k, v = heads(query, "query"), heads(key, "key"), heads(value, "value")
        scores = q @ k.transpose(0, 2, 1) / np.float32(np.sqrt(width // HEADS))
        scores = np.exp(scores - scores.max(axis=2, keepdims=True))
        mixed = (scores / scores.sum(axis=2, keepdims=True)) @ v
        mixed = mixed.transpose(1, 0, 2).reshape(tokens, width)
        x = self._norm(
            self._dense(mixed, out, name + "attention.output.dense.bias") + x, name + "attention.output.LayerNorm"
        )
        inner = _gelu(self._dense(x, wide, name + "intermediate.dense.bias"))
        return self._norm(self._dense(inner, narrow, name + "output.dense.bias") + x, name + "output.LayerNorm")


def _rounded(x: Array) -> tuple[Array, Any]:
    """Whole numbers and what one is worth: ONNX's DynamicQuantizeLinear, less its zero point."""
    low, high = np.minimum(x.min(), np.float32(0)), np.maximum(x.max(), np.float32(0))
    step = (high - low) / np.float32(255) or np.float32(1)
    zero = np.clip(np.rint(-low / step), 0, 255)
    return np.clip(np.rint(x / step) + zero, 0, 255) - zero, step


def _gelu(x: Array) -> Array:
    """x/2 (1 + erf(x/√2)); erf after Abramowitz & Stegun 7.1.26, absolute error below 1.5e-7."""
    z = np.abs(x) * np.float32(0.70710678)
    t = 1 / (1 + 0.3275911 * z)
    series = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))))
    erf = np.sign(x) * (1 - series * np.exp(-z * z))
    return (x * (1 + erf) / 2).astype(np.float32)


def _initializers(data: memoryview) -> Iterator[tuple[str, Array]]:
    """(name, array) of an ONNX file's weights: field 7 of the model is the graph, its fields 5 are the tensors."""
    for field, start, end in _fields(data, 0, len(data)):
        if field == 7:
            for inner, first, last in _fields(data, start, end):
                if inner == 5:
                    yield _tensor(data, first, last)


def _tensor(data: memoryview, start: int, end: int) -> tuple[str, Array]:
    dims: list[int] = []
    name, kind, raw = "", 0, data[0:0]
    for field, first, last in _fields(data, start, end):
        if field == 1:  # packed, or one number
            while first < last:
                value, first = _varint(data, first)
                dims.append(value)
        elif field == 2:
            kind, _ = _varint(data, first)
        elif field == 8:
            name = bytes(data[first:last]).decode()
        elif field == 9:
            raw = data[first:last]
    if kind not in DTYPES or not raw:
        return name, None
    return name, np.frombuffer(raw, dtype=DTYPES[kind]).reshape(dims)


def _fields(data: memoryview, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """(field number, first byte, end) of a protobuf message; of a varint field the bytes of the varint."""
    while start < end:
        tag, start = _varint(data, start)
        kind = tag & 7
        if kind == 0:
            _, stop = _varint(data, start)
        elif kind == 2:
            size, start = _varint(data, start)
            stop = start + size
        else:
            stop = start + (8 if kind == 1 else 4)
        yield tag >> 3, start, stop
        start = stop


def _varint(data: memoryview, start: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = data[start]
        start += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, start
        shift += 7
