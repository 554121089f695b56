"""
Grammars against instances that are known to be valid or invalid, with llguidance beside us in the same run.

    python eval/bench_grammar.py ../shared/data/jsonschemabench
    python eval/bench_grammar.py FOLDER --walks 15 --tokens 30 --adversary

The folder holds schemas.jsonl: {"id", "schema", "tests": [{"data", "valid"}]}. Our grammars are for reading
(`READING`, what the schema says) and for writing (at the limits of `rag extract`), matched by llama.cpp with the
bundled vocabulary; llguidance matches with a vocabulary of bytes. An
instance is written as compact JSON in its own key order. "Fully right" counts schemas that have tests: every valid
instance admitted, every invalid one refused, by the grammar alone. `--walks` draws that many random texts out of
each grammar for writing and judges them; `--tokens` measures the cost of a token on that many schemas. `--adversary`
lets a random generator choose among the tokens that the grammar admits, for every schema of the folder and of the
official test suite, and judges what comes to an end. Times are CPU time of the first compilation.
"""

from __future__ import annotations

import argparse
import ctypes
import json
import random
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from rag import grammar
from rag.errors import RagError
from rag.extract.form import CLOSED
from rag.extract.form import LIMITS as EXTRACT
from rag.grammar import READING
from rag.models.llama.matcher import Matcher, smollm2_matcher
from rag.models.llama.sampler import GrammarSampler
from rag.types import Sampling

TESTS = Path(__file__).parent.parent / "tests"
TURNS = 3  # how often a schema is compiled to measure it
sys.path[:0] = [str(TESTS), str(TESTS / "grammar"), str(Path(__file__).parent)]
from grammar_adversary import TIGHT, Adversary  # noqa: E402
from grammar_lacks import lacking  # noqa: E402
from grammar_walks import Walker, verdict  # noqa: E402
from test_grammar_suite import DRAFTS, SUITE  # noqa: E402

Judge = Callable[[list[str]], list[bool]]


@dataclass
class Row:
    name: str
    schemas: int = 0
    converts: int = 0
    loads: int = 0
    tested: int = 0
    right: int = 0
    valid: list[int] = field(default_factory=lambda: [0, 0])  # admitted, all
    invalid: list[int] = field(default_factory=lambda: [0, 0])  # refused, all
    named: int = 0  # leaks that a residual names
    silent: int = 0
    times: list[float] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)


class Loaded:
    """llama.cpp with one grammar at a time."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher, self.lib = matcher, matcher.lib

    def judge(self, gbnf: str) -> Judge | None:
        sampler = self.lib.llama_sampler_init_grammar(self.matcher.model.vocab, gbnf.encode(), b"root")
        if not sampler:
            return None

        def judge(texts: list[str]) -> list[bool]:
            out = []
            for text in texts:
                own = self.lib.llama_sampler_clone(sampler)
                out.append(self._admits(own, text))
                self.lib.llama_sampler_free(own)
            self.lib.llama_sampler_free(sampler)
            return out

        return judge

    def _admits(self, sampler: Any, text: str) -> bool:
        for token in self.matcher.model.tokens(text):
            if not self.matcher._admits(sampler, token):
                return False
            self.lib.llama_sampler_accept(sampler, token)
        return self.matcher._admits(sampler, self.matcher.model.end)


def guidance(options: dict[str, Any]) -> Callable[[Any], Judge | None]:
    from llguidance import LLMatcher, LLTokenizer

    tokenizer = LLTokenizer("byte")

    def build(schema: Any) -> Judge | None:
        compiled = LLMatcher.grammar_from_json_schema(
            json.dumps(schema), overrides={"whitespace_flexible": False, **options}
        )
        first = LLMatcher(tokenizer, compiled)
        if first.is_error():
            return None

        def judge(texts: list[str]) -> list[bool]:
            out = []
            for text in texts:
                matcher = first.deep_copy()
                tokens = list(text.encode())
                out.append(matcher.try_consume_tokens(tokens) == len(tokens) and matcher.is_accepting())
            return out

        return judge

    return build


def measure(row: Row, case: dict[str, Any], build: Callable[[Any], tuple[Judge | None, Any]]) -> None:
    row.schemas += 1
    tests = case["tests"]
    start = time.process_time()
    try:
        judge, shape = build(case["schema"])
    except (RagError, ValueError):
        judge, shape = None, None
        row.times.append(time.process_time() - start)
    else:
        row.times.append(getattr(shape, "seconds", None) or time.process_time() - start)
        row.converts += 1
    row.tested += bool(tests)
    if judge is None:
        row.wrong.append(f"{case['id']}: refused")
        return
    row.loads += 1
    admitted = judge([json.dumps(test["data"], ensure_ascii=False, separators=(",", ":")) for test in tests])
    right = True
    for test, yes in zip(tests, admitted, strict=True):
        counts = row.valid if test["valid"] else row.invalid
        counts[0] += yes == test["valid"]
        counts[1] += 1
        right = right and yes == test["valid"]
        if yes and not test["valid"] and shape is not None:
            row.named += bool(shape.residual)
            row.silent += not shape.residual
    row.right += right and bool(tests)
    if not right:
        row.wrong.append(f"{case['id']}: {['admits' if yes else 'refuses' for yes in admitted]}")


class Timed:
    """A shape with the time that compiling it took (loading it into llama.cpp is not compiling)."""

    def __init__(self, shape: Any, seconds: float) -> None:
        self.residual, self.grammar, self.seconds = shape.residual, shape.grammar, seconds


def ours(loaded: Loaded, row: Row, limits: grammar.Limits) -> Callable[[Any], tuple[Judge | None, Any]]:
    def build(schema: Any) -> tuple[Judge | None, Any]:
        start = time.process_time()
        shape = grammar.compile(schema, limits=limits)
        seconds = time.process_time() - start
        row.sizes.append(len(shape.grammar))
        return loaded.judge(shape.grammar), Timed(shape, seconds)

    return build


def walks(cases: Iterable[dict[str, Any]], count: int) -> None:
    """Random texts out of the grammars for writing: parsed strictly, then judged."""
    rng = random.Random(20260729)
    found: Counter[str] = Counter()
    times = []
    for case in cases:
        start = time.process_time()
        try:
            shape = grammar.compile(case["schema"], limits=EXTRACT)
        except RagError:
            continue
        times.append(time.process_time() - start)
        walker = Walker(shape.grammar)
        for _ in range(count):
            text = walker.walk(rng, 600)
            found["longer than told"] += shape.longest is None or len(text.encode()) > shape.longest
            found[verdict(text, case["schema"], shape)] += 1
            found["walks"] += 1
    print(f"\nrandom walks through the grammars for writing: {said(found)}; compiling {quantiles(times)} ms")


def adversary(loaded: Loaded, cases: list[dict[str, Any]]) -> None:
    """Random tokens under the grammars of the folder's schemas and of the official test suite's."""
    schemas = [case["schema"] for case in cases]
    for draft in DRAFTS:
        for file in sorted((SUITE / draft).glob("*.json")):
            schemas += [group["schema"] for group in json.loads(file.read_text("utf-8"))]
    writer = Adversary(loaded.matcher, 20260729)
    found: Counter[str] = Counter()
    known: set[str] = set()
    for schema in schemas:
        key = json.dumps(schema, sort_keys=True)
        if key in known or not isinstance(schema, dict):
            continue
        known.add(key)
        try:
            shape = grammar.compile(schema, limits=TIGHT)
        except RagError:
            found["refused"] += 1
            continue
        text = writer.write(shape.grammar, 300)
        found["schemas"] += 1
        what = "cut at 300 tokens" if text is None else verdict(text, schema, shape)
        found[what] += 1
        if what in ("undeclared", "not JSON"):
            print(f"{what}: {text} of {key}")
    print(f"\nrandom tokens: {said(found)}")


def said(found: Counter[str]) -> str:
    """Counts as a line: declared is unfit as the residual says, undeclared unfit in silence."""
    names = dict.fromkeys(("valid", "declared", "undeclared", "not JSON"), 0) | found
    return ", ".join(f"{count:,} {name}" for name, count in names.items())


def tokens(loaded: Loaded, cases: list[dict[str, Any]]) -> None:
    """
    What the grammar costs a token: as our engine chooses (the best token by its logit, the grammar asked about it, its
    state moved on), and asked about the whole vocabulary as llama-cpp-python does. Each in a pass of its own: a scan
    of the whole vocabulary empties the processor's caches for whatever comes next.
    """
    lib, model = loaded.lib, loaded.matcher.model
    size = lib.llama_vocab_n_tokens(model.vocab)
    cells = np.zeros(size, dtype=np.dtype([("id", "<i4"), ("logit", "<f4"), ("p", "<f4")]))
    many = cells.ctypes.data_as(ctypes.POINTER(lib.llama_token_data))
    logits = np.zeros(size, dtype=np.float32)
    times: dict[str, list[float]] = {"lazily": [], "whole": []}
    for way, taken in times.items():
        for case in cases:
            text = next((json.dumps(t["data"], separators=(",", ":")) for t in case["tests"] if t["valid"]), "")
            try:
                shape = grammar.compile(case["schema"])
            except RagError:
                continue
            chooser = GrammarSampler(model, shape, Sampling(temperature=0.0))
            for token in model.tokens(text)[:40]:
                if not chooser._admits(token):
                    break
                if way == "lazily":
                    logits[token] = 1.0
                    start = time.process_time_ns()
                    chooser.sample(logits)
                    lib.llama_sampler_accept(chooser._grammar, token)
                    taken.append((time.process_time_ns() - start) / 1e9)
                    logits[token] = 0.0
                    continue
                cells["id"], cells["logit"] = np.arange(size), 1.0
                array = lib.llama_token_data_array(many, size, -1, False)
                start = time.process_time_ns()
                lib.llama_sampler_apply(chooser._grammar, ctypes.byref(array))
                lib.llama_sampler_accept(chooser._grammar, token)
                taken.append((time.process_time_ns() - start) / 1e9)
            chooser.close()
    print(f"\na token at a vocabulary of {size:,}, {len(times['whole'])} tokens, ms p50/p95/p99:")
    print(f"  as our engine chooses              {quantiles(times['lazily'], 3)}")
    print(f"  of all tokens (llama-cpp-python)   {quantiles(times['whole'], 3)}")


def compiling(cases: list[dict[str, Any]]) -> None:
    """
    What each schema costs to compile for each use: CPU time, the best of three, so that it is the schema's and not the
    machine's. Before each of the first three what is remembered of patterns is forgotten, as in a new process.
    """
    print(f"\ncompiling, CPU ms p50/p95/p99, the best of {TURNS}:      as new                 again            slowest")
    for name, limits in (("writing", grammar.WRITING), ("reading", READING)):
        fresh, again = [], []
        for case in cases:
            fresh.append((min(compile_time(case["schema"], limits, forget=True) for _ in range(TURNS)), case["id"]))
            again.append(min(compile_time(case["schema"], limits, forget=False) for _ in range(TURNS)))
        first = quantiles([seconds for seconds, _ in fresh], 2)
        slowest = ", ".join(f"{name} {1e3 * seconds:.0f}" for seconds, name in sorted(fresh, reverse=True)[:3])
        print(f"  for {name:40} {first:22} {quantiles(again, 2):18} {slowest}")


def compile_time(schema: Any, limits: grammar.Limits, *, forget: bool) -> float:
    """CPU seconds of compiling a schema once; `forget` empties the caches of patterns first."""
    if forget:
        for function in remembering():
            function.cache_clear()
    start = time.process_time()
    with suppress(RagError):
        grammar.compile(schema, limits=limits)
    return time.process_time() - start


@cache
def remembering() -> list[Any]:
    """The functions of the compiler that remember what they said of a pattern (tables of characters are kept)."""
    modules = [module for name, module in sys.modules.items() if name.startswith("rag.grammar")]
    found = {id(value): value for module in modules for value in vars(module).values() if hasattr(value, "cache_info")}
    return [function for function in found.values() if function.cache_info().maxsize is not None]


def lacks(loaded: Loaded, cases: list[dict[str, Any]]) -> None:
    """What the schemas lack that are not fully right for writing."""

    def admits(schema: Any, limits: grammar.Limits, data: list[Any]) -> list[bool] | None:
        with suppress(RagError):
            judge = loaded.judge(grammar.compile(schema, limits=limits).grammar)
            return (
                judge([json.dumps(one, ensure_ascii=False, separators=(",", ":")) for one in data]) if judge else None
            )
        return None

    found = lacking(cases, EXTRACT, admits)
    print(f"\n{found.total()} schemas are not fully right for writing; they lack")
    for what, count in found.most_common():
        print(f"  {count:4}  {what}")


def quantiles(times: list[float], digits: int = 1) -> str:
    ordered = sorted(times)
    if not ordered:
        return "-"
    return "/".join(
        f"{ordered[min(len(ordered) - 1, int(len(ordered) * q))] * 1e3:.{digits}f}" for q in (0.5, 0.95, 0.99)
    )


def show(rows: list[Row]) -> None:
    print(
        " " * 24 + " converts  loads  valid ok  invalid ok  fully right        leaks named/silent  compile ms p50/95/99"
    )
    for row in rows:
        share = [100 * a / max(1, b) for a, b in (row.valid, row.invalid)]
        print(
            f"{row.name:24} {100 * row.converts / row.schemas:7.1f}% {100 * row.loads / row.schemas:5.1f}%"
            f" {share[0]:8.1f}% {share[1]:10.1f}%  {row.right:5}/{row.tested} {100 * row.right / row.tested:5.2f}%"
            f"  {row.named:6}/{row.silent:<12}  {quantiles(row.times)}"
        )
    for row in rows:
        if row.sizes:
            sizes = sorted(row.sizes)
            middle, top = sizes[len(sizes) // 2] / 1e3, sizes[-1] / 1e3
            print(f"{row.name}: {middle:.1f} kB of grammar at the median, {top:.0f} kB at most")


def read(folder: Path, limit: int) -> Iterator[dict[str, Any]]:
    with (folder / "schemas.jsonl").open(encoding="utf-8") as file:
        for number, line in enumerate(file):
            if limit and number >= limit:
                return
            yield json.loads(line)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--limit", type=int, default=0, help="only so many schemas")
    parser.add_argument("--walks", type=int, default=0, help="random texts a schema")
    parser.add_argument("--times", action="store_true", help="compile for writing and for reading, the best of three")
    parser.add_argument("--adversary", action="store_true", help="random tokens, a text a schema")
    parser.add_argument("--tokens", type=int, default=0, help="schemas to time tokens on")
    parser.add_argument("--alone", action="store_true", help="without llguidance")
    parser.add_argument("--closed", action="store_true", help="WRITING with no key that the schema does not name, too")
    parser.add_argument("--lacks", action="store_true", help="count what the schemas lack that WRITING gets wrong")
    parser.add_argument("--wrong", action="store_true", help="list the schemas that we get wrong")
    told = parser.parse_args()
    cases = list(read(told.folder, told.limit))
    loaded = Loaded(smollm2_matcher())
    reading, writing = Row("ours (READING)"), Row("ours (WRITING)")
    engines: list[tuple[Row, Callable[[Any], tuple[Judge | None, Any]]]] = [
        (reading, ours(loaded, reading, READING)),
        (writing, ours(loaded, writing, EXTRACT)),
    ]
    if told.closed:
        row = Row("ours (WRITING, closed)")
        engines.append((row, ours(loaded, row, CLOSED)))
    grammar.compile(
        {"type": "string", "format": "date"}, limits=READING
    )  # the imports are not part of the first schema
    if not told.alone:
        for name, options in (("llguidance strict", {}), ("llguidance lenient", {"lenient": True})):
            build = guidance(options)
            engines.append((Row(name), lambda schema, build=build: (build(schema), None)))
    for case in cases:
        for row, build_one in engines:
            measure(row, case, build_one)
    show([row for row, _ in engines])
    if told.wrong:
        print(*[f"{row.name} {line}" for row in (reading, writing) for line in row.wrong], sep="\n")
    if told.lacks:
        lacks(loaded, cases)
    if told.walks:
        walks(cases, told.walks)
    if told.times:
        compiling(cases)
    if told.adversary:
        adversary(loaded, cases)
    if told.tokens:
        tokens(loaded, cases[:: max(1, len(cases) // told.tokens)])


if __name__ == "__main__":
    main()
