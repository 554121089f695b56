"""
The network of minilm as a graph for onnxruntime that multiplies in int8: made from the weights of the package.

The file of the package keeps int8 weights and casts them to float32 at every run. This graph has the same weights and
rounds what they are multiplied with to 8 bits as well, at run time (DynamicQuantizeLinear, per matrix), so that the
products are of integers, which is three times as fast and the same on every processor. One text at a time: `rows`
(tokens, 384) float32 in, those of its words and places (`minilm_numpy.py`, which spares the graph half of its bytes),
`mean` (384,) float32 out. For a few texts the matrices are inputs too: 10 MB are read where they lie in the package and
not copied three times, 30 ms; for many they are part of the graph, rearranged once, and texts are a tenth quicker.
Written as protobuf by hand: it is 30 lines, the package onnx is 80 MB.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from rag.models.minilm_numpy import EPSILON, HEADS, LAYER, LAYERS

Array = Any
Message = list[bytes | memoryview]  # in pieces: 20 MB of weights are copied once, when all is joined
KINDS = {"float32": 1, "uint8": 2, "int8": 3, "int64": 7}  # ONNX TensorProto.DataType
OPSET, IR = 20, 9


def model(
    weights: Mapping[str, Array], matrices: Sequence[str], *, signed: bool, apart: bool = False
) -> tuple[bytes, dict[str, Array]]:
    """
    The graph, as an ONNX file, and the matrices that it takes beside the rows: none, unless they are wanted `apart`.

    `signed` keeps them int8; else they are moved to uint8, with the same products: processors without instructions for
    int8 products (VNNI) add up signed ones in 16 bits, which can overflow.
    """
    graph = _Graph(weights, matrices, signed, apart)
    return b"".join(graph.message()), graph.given


class _Graph:
    def __init__(self, weights: Mapping[str, Array], matrices: Sequence[str], signed: bool, apart: bool) -> None:
        self.weights, self.matrices, self.signed, self.apart = weights, matrices, signed, apart
        self.nodes: list[Message] = []
        self.tensors: list[Message] = []
        self.given: dict[str, Array] = {}
        self.count = 0

    def message(self) -> Message:
        self._text()
        inputs = [_value("rows", "float32", "S", 384)]
        inputs += [_value(name, matrix.dtype.name, *matrix.shape) for name, matrix in self.given.items()]
        graph = _message(
            *((1, node) for node in self.nodes), (2, "minilm"), *((5, tensor) for tensor in self.tensors),
            *((11, one) for one in inputs), (12, _value("mean", "float32", 384)),
        )  # fmt: skip
        return _message((1, IR), (7, graph), (8, _message((1, ""), (2, OPSET))))

    def _text(self) -> None:
        x = self.norm("rows", "inner.embeddings.LayerNorm")
        for layer in range(LAYERS):
            x = self.layer(x, layer)
        self.op("ReduceMean", x, self.tensor(np.array([0], np.int64)), out="mean", keepdims=0)

    def layer(self, x: str, layer: int) -> str:
        name, (query, key, value, out, wide, narrow) = LAYER.format(layer), self.matrices[6 * layer : 6 * layer + 6]
        biases = [self.weights[f"{name}attention.self.{part}.bias"] for part in ("query", "key", "value")]
        both = self.linear(x, [query, key, value], np.concatenate(biases))
        shape = self.tensor(np.array([-1, 3, HEADS, 384 // HEADS], np.int64))
        split = self.op("Transpose", self.op("Reshape", both, shape), perm=[1, 2, 0, 3])
        q, k, v = (self.op("Gather", split, self.tensor(np.array(part, np.int64))) for part in range(3))
        k = self.op("Transpose", k, perm=[0, 2, 1])
        scale = self.tensor(np.array(1 / math.sqrt(384 // HEADS), np.float32))
        scores = self.op("Softmax", self.op("Mul", self.op("MatMul", q, k), scale), axis=-1)
        mixed = self.op("Transpose", self.op("MatMul", scores, v), perm=[1, 0, 2])
        flat = self.op("Reshape", mixed, self.tensor(np.array([-1, 384], np.int64)))
        bias = self.weights[name + "attention.output.dense.bias"]
        x = self.norm(self.op("Add", self.linear(flat, [out], bias), x), name + "attention.output.LayerNorm")
        inner = self.op("Gelu", self.linear(x, [wide], self.weights[name + "intermediate.dense.bias"]))
        last = self.linear(inner, [narrow], self.weights[name + "output.dense.bias"])
        return self.norm(self.op("Add", last, x), name + "output.LayerNorm")

    def linear(self, x: str, matrices: Sequence[str], bias: Array) -> str:
        """The product with matrices side by side, in integers, and a bias."""
        several = [self.weights[one + "_q"] for one in matrices]
        matrix = np.concatenate(several, axis=1) if len(several) > 1 else several[0]
        scale = np.concatenate([self.weights[one + "_scale"][0] for one in matrices])
        zero = np.array(0, np.int8)
        if not self.signed:
            matrix, zero = (matrix.astype(np.int16) + 128).astype(np.uint8), np.array(128, np.uint8)
        self.op("DynamicQuantizeLinear", x, out=(parts := [f"{x}_{part}" for part in ("q", "scale", "zero")]))
        product = self.op("MatMulInteger", parts[0], self.matrix(matrix), parts[2], self.tensor(zero))
        scales = self.op("Mul", parts[1], self.tensor(scale))
        return self.op("Add", self.op("Mul", self.op("Cast", product, to=1), scales), self.tensor(bias))

    def norm(self, x: str, name: str) -> str:
        weight, bias = (self.tensor(self.weights[f"{name}.{part}"]) for part in ("weight", "bias"))
        return self.op("LayerNormalization", x, weight, bias, axis=-1, epsilon=EPSILON)

    def op(self, kind: str, *inputs: str, out: str | Sequence[str] = "", **attributes: float | list[int]) -> str:
        """Add a node; the name of its (first) output."""
        self.count += 1
        outputs = [out] if isinstance(out, str) else list(out)
        outputs[0] = outputs[0] or f"n{self.count}"
        self.nodes.append(
            _message(
                *((1, name) for name in inputs), *((2, name) for name in outputs), (4, kind),
                *((5, _attribute(name, value)) for name, value in attributes.items()),
            )
        )  # fmt: skip
        return outputs[0]

    def matrix(self, values: Array) -> str:
        """Add one of the large arrays, as part of the graph or as an input; its name."""
        if not self.apart:
            return self.tensor(values)
        name = f"matrix{len(self.given)}"
        self.given[name] = values
        return name

    def tensor(self, values: Array) -> str:
        """Add an array that does not change; its name."""
        self.count += 1
        name = f"t{self.count}"
        dims = [(1, size) for size in values.shape]
        self.tensors.append(_message(*dims, (2, KINDS[values.dtype.name]), (8, name), (9, _raw(values))))
        return name


def _value(name: str, kind: str, *shape: int | str) -> Message:
    """What goes in or comes out."""
    sizes = [(1, _message((2, size) if isinstance(size, str) else (1, size))) for size in shape]
    return _message((1, name), (2, _message((1, _message((1, KINDS[kind]), (2, _message(*sizes)))))))


def _attribute(name: str, value: float | list[int]) -> Message:
    if isinstance(value, list):
        return _message((1, name), *((8, number) for number in value), (20, 7))
    if isinstance(value, float):
        return _message((1, name), (2, value), (20, 1))
    return _message((1, name), (3, value), (20, 2))


def _raw(values: Array) -> Message:
    """The bytes of an array, where they lie."""
    return [np.ascontiguousarray(values).reshape(-1).view(np.uint8).data]


def _message(*fields: tuple[int, int | float | str | Message]) -> Message:
    """A protobuf message of (field number, value)."""
    made: Message = []
    for number, value in fields:
        if isinstance(value, int):
            made.append(_varint(number << 3) + _varint(value))
        elif isinstance(value, float):
            made.append(_varint(number << 3 | 5) + np.float32(value).tobytes())
        else:
            inner: Message = [value.encode()] if isinstance(value, str) else value
            made += [_varint(number << 3 | 2) + _varint(sum(map(len, inner))), *inner]
    return made


def _varint(value: int) -> bytes:
    if 0 <= value < 128:
        return bytes((value,))
    value &= (1 << 64) - 1  # of two's complement
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    return bytes([*out, value])
