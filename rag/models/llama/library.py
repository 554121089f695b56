"""
The library llama.cpp: loaded once, silently, its errors kept for our messages.

Wraps the low-level API of llama-cpp-python. It opens no model (`model` does).
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import os
import sys
import tempfile
import threading
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

from rag.errors import ModelError
from rag.models.llama.threads import sleeping_threads

_loading = threading.Lock()
_ERROR = 4  # GGML_LOG_LEVEL_ERROR
_CONTINUED = 5  # GGML_LOG_LEVEL_CONT


class Log:
    """What llama.cpp has to say: the last error lines are kept for our messages, nothing is printed."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._error = False

    def __call__(self, level: int, text: bytes, _: object) -> None:
        if level != _CONTINUED:
            self._error = level == _ERROR
        if self._error and text:
            self.lines = [*self.lines, text.decode("utf-8", "replace").strip()][-8:]

    def take(self) -> str:
        """The errors since the last call, the first one first: later ones only repeat that loading failed."""
        lines, self.lines = self.lines, []
        return next((line for line in lines if line), "")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Builds for a GPU print from C while they are imported; keep that off the user's screen and out of pipes."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(Exception):
            stream.flush()
    saved = []
    with tempfile.TemporaryFile() as sink:
        try:
            for number in (1, 2):
                with contextlib.suppress(OSError):  # closed by the parent
                    saved.append((number, os.dup(number)))
                    os.dup2(sink.fileno(), number)
            yield
        finally:
            for number, copy in saved:
                os.dup2(copy, number)
                os.close(copy)


@lru_cache(maxsize=1)
def library() -> Any:
    """The low-level API. Its log goes to `rag_log`; `rag_asleep` says whether waiting threads sleep."""
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # it imports numpy, whose own threads slow the embedder down
    with _loading:
        try:
            with _quiet(), sleeping_threads() as asleep:
                from llama_cpp import llama_cpp as lib
        except (ImportError, OSError, RuntimeError) as error:
            raise ModelError(
                f"llama-cpp-python cannot be loaded: {error}",
                "Install it again: pip install --force-reinstall llama-cpp-python",
            ) from error
        api: Any = lib
        api.rag_asleep = asleep
        api.rag_log = Log()
        api.rag_log_callback = api.llama_log_callback(api.rag_log)  # kept alive as long as the library
        api.llama_log_set(api.rag_log_callback, ctypes.c_void_p(0))
        api.llama_backend_init()
        from llama_cpp import _utils

        for name in ("outnull_file", "errnull_file"):  # files that it opens for itself and never closes
            if (file := getattr(_utils, name, None)) is not None:
                atexit.register(file.close)
        return api
