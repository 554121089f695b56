"""Names to models, the embedder without weights, the adapter for llm's plugins, and grammars checked before use."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import gguf_minilm
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag import models
from rag.errors import InputError, ModelError
from rag.models import llama_gbnf
from rag.models.hashing import HashingEmbedder, hashing
from rag.models.llama import LlamaGenerator, smollm2
from rag.types import Message, Sampling


@pytest.mark.parametrize("name", ["nothing", "nothing:x", "minilm", "hash:64", ""])
def test_an_unknown_generator_gets_the_list(name: str) -> None:
    with pytest.raises(ModelError) as caught:
        models.generator(name)
    assert "smollm2, llama:PATH.gguf, openai:MODEL, llm:ID, none" in caught.value.hint


def test_a_generator_is_no_embedder() -> None:
    with pytest.raises(ModelError, match="is no embedder but a generator"):
        models.embedder("smollm2")


@pytest.mark.parametrize(
    ("name", "why"), [("llama:", "a path is missing"), ("hash:x", "number"), ("minilm:2", "behind")]
)
def test_what_stands_behind_the_colon_is_checked(name: str, why: str) -> None:
    with pytest.raises(ModelError, match=why):
        models.embedder(name)


def test_none_is_no_generator() -> None:
    assert models.generator("none") is None


def test_what_is_available_names_every_scheme() -> None:
    rows = models.available()
    assert {row.name for row in rows if row.kind == "embedder"} >= {"minilm", "hash:256", "llama:PATH.gguf"}
    assert {row.name for row in rows if row.kind == "generator"} >= {"smollm2", "llm:ID", "none"}
    assert all(row.about for row in rows)


def test_looking_names_up_imports_no_library() -> None:
    code = (
        "import sys; from rag import models; models.available(); models.embedder('hash:64'); models.generator('none');"
        "print([n for n in ('numpy', 'llama_cpp', 'onnxruntime', 'openai', 'llm') if n in sys.modules])"
    )
    assert _python(code) == "[]"


def _python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=120)
    assert done.stderr == ""
    return done.stdout.strip()


# --- hash:N


@given(st.lists(st.text(max_size=60), max_size=5), st.sampled_from([8, 64, 256]))
def test_hashed_vectors_are_unit_vectors_and_do_not_depend_on_their_neighbours(texts: list[str], size: int) -> None:
    embedder = HashingEmbedder(size)
    rows = embedder.embed(texts)
    assert rows.shape == (len(texts), size)
    assert rows.dtype == np.float32
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    for row, text in zip(rows, texts, strict=True):
        assert np.array_equal(row, embedder.embed([text])[0])


def test_hashed_vectors_are_the_same_in_every_process() -> None:
    code = "from rag.models.hashing import hashing; print(hashing('16').embed(['Grün ist der Wald']).tobytes().hex())"
    assert _python(code) == hashing("16").embed(["Grün ist der Wald"]).tobytes().hex()


def test_hashed_vectors_find_words_and_parts_of_words() -> None:
    query, same, part, other = hashing().embed(
        [
            "How are documents indexed?",
            "Documents are indexed by night.",
            "Reindexing a document",
            "Penguins like cold water.",
        ]
    )
    assert query @ same > query @ part > query @ other


# --- llm:ID


def test_an_unknown_plugin_model_says_how_to_list_them() -> None:
    with pytest.raises(ModelError, match="no installed llm plugin has this model") as caught:
        models.generator("llm:no-such-model")
    assert "llm models" in caught.value.hint


@pytest.mark.model
def test_a_plugin_model_answers() -> None:
    model = models.generator("llm:SmolLM2")
    assert model is not None
    pieces: list[str] = []
    reply = model.generate([Message("user", "Say yes.")], None, Sampling(max_tokens=5), pieces.append)
    assert reply.text == "".join(pieces)
    assert reply.text.strip()


# --- llama:PATH.gguf as embedder


@pytest.mark.model
def test_the_gguf_embedder_agrees_with_the_bundled_one(tmp_path: Path) -> None:
    file = tmp_path / "minilm.gguf"
    gguf_minilm.write(file)
    texts = [
        "A short text.",
        "Größe, naïve café: accents are stripped, 12.5 % of them!",
        "The quick brown fox jumps over the lazy dog. " * 20,
        "",
        "unbelievably antidisestablishmentarianism 日本語 🙂",
        "much too long " * 400,
    ]
    embedder = models.embedder(f"llama:{file}")
    expected = models.embedder("minilm").embed(texts)
    rows = embedder.embed(texts)
    assert (embedder.dimensions, embedder.max_tokens) == (384, 512)
    assert np.allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)
    assert ((rows * expected).sum(axis=1) > 0.99).all()
    with pytest.raises(ModelError, match="embedding model and cannot write"):
        models.generator(f"llama:{file}")


@pytest.mark.model
def test_a_model_that_writes_is_no_embedder() -> None:
    with smollm2() as model, pytest.raises(ModelError, match="is no embedding model"):
        models.embedder(f"llama:{model.path}")


# --- grammars, before llama.cpp sees them

GOOD = [
    'root ::= "a"',
    'root ::= "a" | "b"\n',
    'root ::= (\n  "a"\n  |\n  "b"\n)* "c" # a comment\nunused ::= [^"\\\\\\x01-\\x1f]*',
    "root ::= item{0,2000}\nitem ::= [a-z]",
    'root ::=\n "a" |\n "b" x?\nx ::= "" | "c" x',
    'root ::= "[" (v ("," v)*)? "]"\nv ::= [0-9]+ | root',
    'root ::= ("a" ("b" | "c"){50}){0,20}',
    'root ::= "\\u00e9" [\\U0001f600-\\U0001f64f] . "日本"',
    'root ::= "a"{3} "b"{2,} "c"{0}',
    "root ::= [-a\\]\\-]\r\n",
]
BAD = {
    "": "no rule `root`",
    'a ::= "b"': "no rule `root`",
    'root ::= "a': "not closed",
    "root ::= x": "`x`, which is not defined",
    'root ::= root "a"': "left recursion",
    'root ::= a root "x" | "y"\na ::= b\nb ::= "" | "c"': "left recursion",
    'root ::= ("a"?)*': "left recursion",
    'root ::= "a"?*': "left recursion",
    'root ::= "a"{2001}': "more than 2000 times",
    'root ::= "a"{0,2001}': "more than 2000 times",
    'root ::= ("," item ("x" | "y")?){0,1900}\nitem ::= "i"': "rules of a group",
    'root ::= "a"{3,2}': "ends before it begins",
    "root ::= [a": "not closed",
    'root ::= "\\q"': "unknown escape",
    "root ::= " + "(" * 30_000 + '"a"' + ")" * 30_000: "deep",
    'root ::= "a" )': "closes nothing",
    'root ::= ( "a"': "is not closed",
    "root ::= *": "repeats nothing",
    'root ::= ""+': "repeats nothing",
    'root ::= "a"{0}*': "repeats nothing",
    "root ::= <think>": "vocabulary",
    'root ::= "\\x00"': "no character",
    'root ::= "a\0"': "NUL",
    'root "a"': "expected",
    "root ::= []": "empty character set",
    'root ::= "a"\nroot ::= "b"': "defined twice",
}


@pytest.mark.parametrize("grammar", GOOD)
def test_a_good_grammar_passes(grammar: str) -> None:
    llama_gbnf.check(grammar)


@pytest.mark.parametrize(("grammar", "why"), BAD.items(), ids=range(len(BAD)))
def test_a_bad_grammar_is_refused_with_the_reason(grammar: str, why: str) -> None:
    with pytest.raises(InputError) as caught:
        llama_gbnf.check(grammar)
    assert why in caught.value.message


# Cut at spaces; "_" is a space and "/" the end of a line.
WORDS = r'root _::=_ a b-1 "x" "x" " [a-z] [ ] ( ) ( ) * + ? | | {2} {0,3} {0} {1,} {1999} / _ . "" é \ "\n" /a_::=_'
PIECES = st.sampled_from([word.replace("_", " ").replace("/", "\n") for word in WORDS.split(" ")])


@pytest.fixture(scope="module")
def smollm() -> Iterator[LlamaGenerator]:
    with smollm2(threads=1) as opened:
        yield opened


@pytest.mark.model
@settings(max_examples=25, deadline=None)
@given(texts=st.lists(st.lists(PIECES, min_size=1, max_size=12).map("".join), min_size=20, max_size=20))
def test_whatever_passes_llama_cpp_can_load(smollm: LlamaGenerator, texts: list[str]) -> None:
    """llama.cpp itself is the oracle, in this process: a grammar that passes and crashes would end the test run."""
    rules = ["", '\na ::= "y"\nb-1 ::= a | [0-9]']
    inner = smollm._model
    for grammar in [start + text + rest for text in texts for rest in rules for start in ("", "root ::= ")]:
        try:
            llama_gbnf.check(grammar)
        except InputError:
            continue
        sampler = inner.lib.llama_sampler_init_grammar(inner.vocab, grammar.encode(), b"root")
        assert sampler, grammar
        inner.lib.llama_sampler_free(sampler)


@pytest.mark.model
@pytest.mark.parametrize("grammar", GOOD)
def test_a_good_grammar_loads(smollm: LlamaGenerator, grammar: str) -> None:
    inner = smollm._model
    sampler = inner.lib.llama_sampler_init_grammar(inner.vocab, grammar.encode(), b"root")
    assert sampler
    inner.lib.llama_sampler_free(sampler)


# --- what a model is


def test_a_plugins_model_that_says_nothing_of_itself_is_taken_as_held_by_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Plain:
        name = fingerprint = "plain:x"

    class Point:
        name, value = "plain", "plugin:open"

        def load(self) -> type[Plain]:
            return lambda rest: Plain()  # type: ignore[return-value]

    monkeypatch.setattr(models, "_entry_points", lambda kind: [Point()])
    generator, embedder = models.generator("plain:x"), models.embedder("plain:x")
    assert generator is not None
    assert (generator.constrained, generator.parameters) == (False, None)
    assert (embedder.windows, embedder.threshold) == (True, 0.0)


@pytest.mark.model
def test_a_local_model_says_its_size_and_that_a_grammar_holds_it(smollm: LlamaGenerator) -> None:
    assert smollm.constrained
    assert smollm.parameters == 134_515_008
