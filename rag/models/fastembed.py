"""
`fastembed:NAME`: embedders and cross-encoders that the package fastembed runs (the extra `fastembed`).

NAME is one of fastembed's own, fetched from the hub when it is first used, or a folder that holds an ONNX model with
its tokenizer (`model.onnx`, `tokenizer.json`, `config.json` …), which needs no network.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError
from rag.models.prefixes import english, prefixes, wants_windows

if TYPE_CHECKING:
    from rag.types import Vectors

FILES = ("model.onnx", "onnx/model.onnx", "model_optimized.onnx", "model_quantized.onnx", "onnx/model_quantized.onnx")
MAX_TOKENS = 512  # where the model's own files say nothing else


class FastEmbedder:
    """A dense embedding model. Raises ModelError: not installed, unknown, not to be had."""

    threshold = 0.0

    def __init__(self, model: str, threads: int | None = None) -> None:
        self.name = f"fastembed:{model}"
        place = _place(model)
        with _errors(self.name):
            from fastembed import TextEmbedding

            if place:
                _register_embedder(TextEmbedding, place)
            extra: dict[str, Any] = {"specific_model_path": str(place)} if place else {}
            self._model: Any = TextEmbedding(str(place) if place else model, threads=threads, **extra)
            self.dimensions = int(self._model.embedding_size)
        called = _called(model, place)
        found = prefixes(called)
        self._prefixes = {"query": found.query, "passage": found.passage}
        self.windows, self.english = wants_windows(called), english(called)
        self.max_tokens = _max_tokens(place)
        weights = _digest(place) if place else model
        self.fingerprint = f"fastembed {weights} {found.family or 'plain'}"

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        """float32 of shape (len(texts), dimensions), each row of length 1."""
        import numpy as np

        rows = np.zeros((len(texts), self.dimensions), dtype=np.float32)
        before = self._prefixes.get(kind, "")
        with _errors(self.name):
            for row, vector in zip(rows, self._model.embed([before + text for text in texts]), strict=True):
                row[:] = vector
        lengths = np.linalg.norm(rows, axis=1, keepdims=True)
        if not np.isfinite(rows).all() or (lengths == 0).any():
            raise ModelError(f"{self.name}: gave a vector that is zero or not finite", "Use another embedding model.")
        rows /= lengths
        return rows


class FastReranker:
    """A cross-encoder. Raises ModelError: not installed, unknown, not to be had."""

    def __init__(self, model: str, threads: int | None = None) -> None:
        self.name = f"fastembed:{model}"
        place = _place(model)
        with _errors(self.name):
            from fastembed.rerank.cross_encoder import TextCrossEncoder

            if place:
                _register_reranker(TextCrossEncoder, place)
            extra: dict[str, Any] = {"specific_model_path": str(place)} if place else {}
            self._model: Any = TextCrossEncoder(str(place) if place else model, threads=threads, **extra)
        self.fingerprint = f"fastembed {_digest(place) if place else model}"

    def scores(self, query: str, texts: Sequence[str]) -> list[float]:
        """How well each text answers the query, on the model's own scale; higher is better."""
        with _errors(self.name):
            return [float(score) for score in self._model.rerank(query, list(texts))] if texts else []


def _place(model: str) -> Path | None:
    """The folder that a name is the path of."""
    path = Path(model).expanduser()
    if path.is_dir():
        return path.resolve()
    if model.startswith((".", "/", "~")):
        raise ModelError(f"fastembed:{model}: there is no such folder", f"It holds {FILES[0]} and tokenizer.json.")
    return None


def _register_embedder(kind: Any, place: Path) -> None:
    from fastembed.common.model_description import ModelSource, PoolingType

    config = _config(place)
    pooling = _config(place, "1_Pooling/config.json")
    first = bool(pooling.get("pooling_mode_cls_token")) or (
        not pooling and prefixes(_called(str(place), place)).family.startswith(("bge", "mxbai", "arctic"))
    )
    if str(place) in {row["model"] for row in kind.list_supported_models()}:
        return
    kind.add_custom_model(
        model=str(place),
        pooling=PoolingType.CLS if first else PoolingType.MEAN,
        normalization=True,
        sources=ModelSource(url="http://localhost/no-download"),
        dim=int(config.get("hidden_size") or config.get("dim") or 0),
        model_file=_weights(place),
    )


def _register_reranker(kind: Any, place: Path) -> None:
    from fastembed.common.model_description import ModelSource

    if str(place) not in {row["model"] for row in kind.list_supported_models()}:
        source = ModelSource(url="http://localhost/no-download")
        kind.add_custom_model(model=str(place), sources=source, model_file=_weights(place))


def _weights(place: Path) -> str:
    """The file of the weights in a folder. Raises ModelError if there is none."""
    found = next((name for name in FILES if (place / name).is_file()), "")
    if not found or not (place / "tokenizer.json").is_file():
        missing = "tokenizer.json" if found else FILES[0]
        raise ModelError(f"{place}: holds no {missing}", "A folder of a model has the ONNX file and its tokenizer.")
    return found


def _config(place: Path, name: str = "config.json") -> dict[str, Any]:
    try:
        found = json.loads((place / name).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _called(model: str, place: Path | None) -> str:
    """The name that speaks of the model's family."""
    own = str(_config(place).get("_name_or_path", "")) if place else ""
    return f"{own} {place.name if place else model}"


def _max_tokens(place: Path | None) -> int:
    if place is None:
        return MAX_TOKENS
    given = _config(place, "tokenizer_config.json").get("model_max_length")
    return given if isinstance(given, int) and 0 < given < 1 << 20 else MAX_TOKENS


def _digest(place: Path) -> str:
    with (place / _weights(place)).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:32]


@contextmanager
def _errors(name: str) -> Iterator[None]:
    """fastembed and what it stands on raise what they like: all of it becomes a ModelError that names the model."""
    try:
        yield
    except ModelError:
        raise
    except ImportError as error:
        if (error.name or "").partition(".")[0] != "fastembed":
            raise ModelError(f"{name}: {error}", "Install it again: pip install 'chapterverse[fastembed]'") from error
        raise ModelError(
            f"{name}: the package fastembed is not installed", "pip install 'chapterverse[fastembed]'"
        ) from error
    except Exception as error:
        said = " ".join(str(error).split())[:300] or type(error).__name__
        hint = "See what it knows: python -c 'import fastembed; print(fastembed.TextEmbedding.list_supported_models())'"
        raise ModelError(f"{name}: {said}", hint) from error
