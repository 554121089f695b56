"""
How fast the local engine is beside the obvious loop, where its time goes, and what the lazy grammar check costs.

    python eval/bench_engine.py [--docs 64] [--slots 8] [--model FILE.gguf]

All ways run in one process, one thread, over the same documents in turns of a few documents, so that the load of the
machine falls on all of them alike. CPU seconds count; wall time is printed beside them. Documents: e2e_slots where the
shared data is there (RAG_SHARED_DATA, else ../shared/data), else made up.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.models.llama import LlamaGenerator, smollm2
from rag.types import Message, Reply, Request, Sampling, Shape

GRAMMAR = r"""
root ::= "{\"name\":" text ",\"eatType\":" kind ",\"food\":" text ",\"priceRange\":" price ",\"area\":" area
    ",\"familyFriendly\":" yes ",\"near\":" text "}"
text ::= "\"" char{1,40} "\"" | "null"
char ::= [^"\\\x01-\x1f]
kind ::= "\"pub\"" | "\"restaurant\"" | "\"coffee shop\"" | "null"
price ::= "\"cheap\"" | "\"moderate\"" | "\"high\"" | "\"less than £20\"" | "\"£20-25\"" | "\"more than £30\"" | "null"
area ::= "\"city centre\"" | "\"riverside\"" | "null"
yes ::= "\"yes\"" | "\"no\"" | "null"
"""
GRAMMAR = GRAMMAR.replace("\n    ", " ")  # one line: a rule that goes on in the next line needs parentheses
SHAPE = Shape({}, GRAMMAR)
SYSTEM = """You read a description of a place and write one JSON object with these fields, in this order:
name, eatType (pub, restaurant or coffee shop), food, priceRange, area (city centre or riverside), familyFriendly (yes \
or no), near. Write null for what the text does not say. Write nothing else.

Text: The Wrestlers is a cheap coffee shop with English food by the river, close to Raja. Families are welcome.
JSON: {"name":"The Wrestlers","eatType":"coffee shop","food":"English","priceRange":"cheap","area":"riverside",\
"familyFriendly":"yes","near":"Raja"}

Text: In the centre there is an expensive pub that is no place for children, Green Man.
JSON: {"name":"Green Man","eatType":"pub","food":null,"priceRange":"high","area":"city centre",\
"familyFriendly":"no","near":null}"""


@dataclass(slots=True)
class Spent:
    """What one way of running has cost so far."""

    cpu: float = 0.0
    wall: float = 0.0
    docs: int = 0
    tokens: int = 0
    valid: int = 0

    @contextmanager
    def clock(self) -> Iterator[None]:
        cpu, wall = time.process_time(), time.perf_counter()
        try:
            yield
        finally:
            self.cpu += time.process_time() - cpu
            self.wall += time.perf_counter() - wall

    def add(self, text: str, tokens: int) -> None:
        self.docs += 1
        self.tokens += tokens
        with suppress(ValueError):
            self.valid += len(json.loads(text)) == 7


def documents(count: int) -> list[str]:
    root = Path(os.environ.get("RAG_SHARED_DATA", Path(__file__).parents[2] / "shared" / "data"))
    file = root / "e2e_slots" / "docs.jsonl"
    if file.exists():
        lines = file.read_text(encoding="utf-8").splitlines()
        return [json.loads(line)["text"] for line in lines[:: max(1, len(lines) // count)]][:count]
    names, kinds = ["The Mill", "Blue Spice", "Zizzi", "Aromi", "Cotto"], ["pub", "restaurant", "coffee shop"]
    foods, areas = ["Italian", "Japanese", "English", "Indian"], ["by the river", "in the city centre"]
    return [
        f"{names[n % 5]} is a {kinds[n % 3]} {areas[n % 2]} that serves {foods[n % 4]} food near Bar {n}, for families."
        for n in range(count)
    ]


def messages(text: str) -> list[Message]:
    return [Message("system", SYSTEM), Message("user", f"Text: {text}\nJSON:")]


Way = Callable[[Sequence[str], Spent], None]


def engine(model: LlamaGenerator, shape: Shape | None = SHAPE) -> Way:
    def run(texts: Sequence[str], spent: Spent) -> None:
        with spent.clock():
            sampling = Sampling(max_tokens=160)
            replies = list(model.generate_many(Request(messages(text), shape, sampling) for text in texts))
        for _, reply in replies:
            assert isinstance(reply, Reply), reply
            spent.add(reply.text, reply.tokens_out)

    return run


def unforced(way: Way) -> Way:
    """The same without jump-forward: each token is asked of the model, also where the grammar admits one text only."""
    from rag.models.llama.sampler import GrammarSampler

    def run(texts: Sequence[str], spent: Spent) -> None:
        forced = GrammarSampler.forced
        GrammarSampler.forced = lambda self, tokens: []  # type: ignore[method-assign]
        try:
            way(texts, spent)
        finally:
            GrammarSampler.forced = forced  # type: ignore[method-assign]

    return run


def obvious(path: Path, clear: bool) -> Way:
    """llama-cpp-python's chat API with `grammar=`, as its documentation shows it."""
    from llama_cpp import Llama, LlamaGrammar

    llm = Llama(str(path), n_ctx=2048, n_threads=1, n_threads_batch=1, verbose=False)

    def run(texts: Sequence[str], spent: Spent) -> None:
        for text in texts:
            with spent.clock():
                if clear:
                    llm.reset()
                chat: Any = [{"role": m.role, "content": m.content} for m in messages(text)]
                grammar = LlamaGrammar.from_string(GRAMMAR, verbose=False)
                reply: Any = llm.create_chat_completion(chat, grammar=grammar, temperature=0, max_tokens=160)
            spent.add(reply["choices"][0]["message"]["content"], reply["usage"]["completion_tokens"])

    return run


def compare(texts: list[str], ways: dict[str, Way], turn: int) -> dict[str, Spent]:
    spent = {name: Spent() for name in ways}
    for name, way in ways.items():  # the first document of each way warms it up and does not count
        way(texts[:1], Spent())
        print(f"  warmed up: {name}", file=sys.stderr)
    for begin in range(0, len(texts), turn):
        for name, way in ways.items():
            way(texts[begin : begin + turn], spent[name])
        print(f"  {min(begin + turn, len(texts))} of {len(texts)} documents", file=sys.stderr)
    return spent


def show(spent: dict[str, Spent], first: str, second: str) -> None:
    print("\n| way | CPU s | docs per CPU s | × cleared | × prefix | wall s | tokens out per CPU s | valid |")
    print("|---|---|---|---|---|---|---|---|")
    rate = {name: each.docs / each.cpu for name, each in spent.items()}
    for name, each in spent.items():
        times = f"{rate[name] / rate[first]:.2f} | {rate[name] / rate[second]:.2f}"
        print(
            f"| {name} | {each.cpu:.1f} | {rate[name]:.2f} | {times} "
            f"| {each.wall:.1f} | {each.tokens / each.cpu:.1f} | {each.valid}/{each.docs} |"
        )


def profile(model: LlamaGenerator, texts: list[str]) -> None:
    """Where the time of a batch goes: the decode calls against everything else."""
    from rag.models.llama.context import Context
    from rag.models.llama.model import Model
    from rag.models.llama.sampler import GrammarSampler

    parts: dict[str, float] = {}
    patched: list[tuple[Any, str, Any]] = []

    def watch(owner: Any, name: str, label: str) -> None:
        original = getattr(owner, name)

        def timed(*args: Any, **kwargs: Any) -> Any:
            began = time.process_time()
            try:
                return original(*args, **kwargs)
            finally:
                parts[label] = parts.get(label, 0.0) + time.process_time() - began

        patched.append((owner, name, original))
        setattr(owner, name, timed)

    watch(Context, "decode", "decoding (llama.cpp)")
    watch(GrammarSampler, "__init__", "loading grammars")
    watch(GrammarSampler, "sample", "choosing tokens, lazy grammar check included")
    watch(GrammarSampler, "accept", "advancing grammars, text")
    watch(GrammarSampler, "forced", "looking for forced text")
    watch(Model, "prompt", "chat template, tokens")
    spent = Spent()
    engine(model)(texts, spent)
    for owner, name, original in patched:
        setattr(owner, name, original)
    parts["the loop itself"] = spent.cpu - sum(parts.values())
    print("\n| part | CPU s | share |\n|---|---|---|")
    for label, seconds in sorted(parts.items(), key=lambda part: -part[1]):
        print(f"| {label} | {seconds:.2f} | {100 * seconds / spent.cpu:.1f} % |")
    prompt = sum(len(model._model.prompt(messages(text))) for text in texts)
    print(
        f"\n{prompt} prompt tokens asked for, {spent.tokens} written, "
        f"{spent.tokens / spent.cpu:.1f} written per CPU second."
    )


def bare(model: LlamaGenerator, texts: list[str], slots: int) -> None:
    """The model's own speed at the same batch shape: nothing but decode calls."""
    from rag.models.llama.context import Context

    tokens = model._model.prompt(messages(" ".join(texts[:16])))
    print("\n| bare decode | tokens per CPU s |\n|---|---|")
    for label, sequences in (("a prompt, 512 at a time", 0), ("1 token a step", 1), (f"{slots} tokens a step", slots)):
        context = Context(model._model, 2048, max(1, sequences), 1)
        for slot in context.slots:
            slot.want = tokens[:512] if not sequences else tokens[:64]
        began = time.process_time()
        while any(slot.pending for slot in context.slots):
            context.decode([(slot, slot.pending) for slot in context.slots][:1] if not sequences else _all(context))
        count = 512
        if sequences:
            began, count = time.process_time(), 0
            for step in range(max(16, 128 // sequences)):
                for slot in context.slots:
                    slot.want.append(tokens[64 + step])
                context.decode([(slot, 1) for slot in context.slots])
                count += sequences
        print(f"| {label} | {count / (time.process_time() - began):.0f} |")
        context.close()


def _all(context: Any) -> list[tuple[Any, int]]:
    left, parts = 512, []
    for slot in context.slots:
        if count := min(slot.pending, left):
            parts.append((slot, count))
            left -= count
    return parts


def grammar_cost(model: LlamaGenerator, texts: list[str]) -> None:
    """The same replies, token by token: our choice of a token, and the grammar over the whole vocabulary."""
    import ctypes

    import numpy as np

    from rag.models.llama.context import Context
    from rag.models.llama.sampler import GrammarSampler

    inner = model._model
    lib = inner.lib
    context = Context(inner, 2048, 1, 1)
    slot = context.slots[0]
    data = (lib.llama_token_data * inner.size)()
    cells = np.frombuffer(data, dtype=np.dtype([("id", "<i4"), ("logit", "<f4"), ("p", "<f4")]))
    array = lib.llama_token_data_array(data, inner.size, -1, False)
    times: dict[str, list[float]] = {"lazy": [], "lazy, the check alone": [], "whole vocabulary": []}
    plain, scans = GrammarSampler(inner, None, Sampling()), 0
    for text in texts:
        context.clear()
        slot.want = inner.prompt(messages(text))
        chooser = GrammarSampler(inner, SHAPE, Sampling())
        whole = lib.llama_sampler_init_grammar(inner.vocab, GRAMMAR.encode(), b"root")
        while True:
            while slot.pending:
                logits = context.decode([(slot, slot.pending)])[0]
            began = time.perf_counter()
            token = chooser.sample(logits)
            lazy = time.perf_counter() - began
            began = time.perf_counter()
            plain.sample(logits)
            greedy = time.perf_counter() - began
            began = time.perf_counter()
            cells["id"], cells["logit"] = np.arange(inner.size), logits
            array.size, array.data = inner.size, data
            lib.llama_sampler_apply(whole, ctypes.byref(array))
            assert int(cells["logit"].argmax()) == token or chooser.must_end()
            times["whole vocabulary"].append(time.perf_counter() - began)
            times["lazy"].append(lazy)
            times["lazy, the check alone"].append(max(0.0, lazy - greedy))
            if inner.is_eog(token):
                break
            chooser.accept(token)
            lib.llama_sampler_accept(whole, token)
            slot.want.append(token)
        scans += chooser.full_scans
        chooser.close()
        lib.llama_sampler_free(whole)
    context.close()
    print("\n| choosing a token under the grammar | p50 ms | mean ms | p99 ms |\n|---|---|---|---|")
    for name, values in times.items():
        values.sort()
        p99 = values[int(0.99 * (len(values) - 1))]
        figures = (statistics.median(values), statistics.mean(values), p99)
        print(f"| {name} | " + " | ".join(f"{1e3 * figure:.3f}" for figure in figures) + " |")
    print(f"\n{len(times['lazy'])} tokens, vocabulary {inner.size}, {scans} needed a scan of the whole vocabulary.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--docs", type=int, default=64)
    parser.add_argument("--slots", type=int, default=8)
    parser.add_argument("--model", type=Path, help="a GGUF; the bundled SmolLM2 if left out")
    parser.add_argument("--skip-loops", action="store_true", help="leave the comparison with the obvious loop out")
    given = parser.parse_args()

    def build(slots: int) -> LlamaGenerator:
        return LlamaGenerator(given.model, threads=1, slots=slots) if given.model else smollm2(threads=1, slots=slots)

    texts = documents(given.docs)
    batch, single = build(given.slots), build(1)
    print(f"{len(texts)} documents, {given.slots} slots, model {batch.name}, one thread, load {os.getloadavg()[0]:.1f}")
    if not given.skip_loops:
        first, second = "chat API, cache cleared", "chat API, prefix cache"
        ways = {
            first: obvious(batch.path, True),
            second: obvious(batch.path, False),
            "this engine, 1 slot, no jump-forward": unforced(engine(single)),
            "this engine, 1 slot": engine(single),
            f"this engine, {given.slots} slots, no jump-forward": unforced(engine(batch)),
            f"this engine, {given.slots} slots": engine(batch),
        }
        show(compare(texts, ways, turn=2 * given.slots), first, second)
    profile(batch, texts)
    bare(batch, texts, given.slots)
    grammar_cost(single, texts[:8])
    print(f"\nload at the end {os.getloadavg()[0]:.1f}")
    batch.close()
    single.close()


if __name__ == "__main__":
    main()
