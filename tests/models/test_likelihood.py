"""How likely the bundled model thinks texts, against the same asked token by token."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from rag.models.llama import LlamaGenerator, smollm2
from rag.models.llama.context import Context
from rag.types import Message, Sampling

pytestmark = pytest.mark.model
TEXT = "Text: A blue cotton shirt by Omnia."


@pytest.fixture(scope="module")
def model() -> Iterator[LlamaGenerator]:
    with smollm2(threads=1) as opened:
        yield opened


def token_by_token(model: LlamaGenerator, text: str, way: tuple[str, str]) -> float:
    inner = model._open()
    before, after = inner.tokens(text) + inner.tokens(way[0]), inner.tokens(way[1])
    context = Context(inner, 1024, 1, 1)
    slot, total = context.slots[0], 0.0
    slot.want = before
    for token in after:
        row = context.decode([(slot, slot.pending)])[0].astype(np.float64)
        total += float(row[token] - np.logaddexp.reduce(row))
        slot.want = [*slot.want, token]
    context.close()
    return total


def test_they_are_those_of_one_token_after_another(model: LlamaGenerator) -> None:
    ways = [
        ("\nmaterial:", " cotton\n"),
        ("\nmaterial:", " Omnia\n"),
        ("\ncolour:", " blue\n"),
        ("\nbrand:", " null\n"),
    ]
    found = model.likelihoods(TEXT, ways)
    assert found == pytest.approx([token_by_token(model, TEXT, way) for way in ways], abs=0.3)


def test_many_and_long_ways_take_several_batches(model: LlamaGenerator) -> None:
    ways = [("\ncolour:", f" {word}\n") for word in ["blue", "red and white with green stripes"] * 12]
    found = model.likelihoods(TEXT, ways)
    assert found == pytest.approx([*found[:2]] * 12, abs=0.3)
    assert found[0] > found[1]
    assert model.likelihoods(TEXT, []) == []


def test_a_text_that_is_too_long_is_cut(model: LlamaGenerator) -> None:
    (found,) = model.likelihoods("Omnia " * 4000, [("\nbrand:", " Omnia\n")])
    assert -20 < found < 0


def test_the_name_of_a_field_may_have_any_length(model: LlamaGenerator) -> None:
    (found,) = model.likelihoods(TEXT, [(f"\n{'very long name ' * 1000}:", " Omnia\n")])
    assert -40 < found < 0


def test_it_leaves_what_is_being_written_alone(model: LlamaGenerator) -> None:
    asked = [Message("user", "Name a colour.")]
    before = model.generate(asked, sampling=Sampling(max_tokens=8)).text
    model.likelihoods(TEXT, [("\ncolour:", " blue\n")])
    assert model.generate(asked, sampling=Sampling(max_tokens=8)).text == before
