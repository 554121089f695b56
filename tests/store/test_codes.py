"""Vectors as planes of bits: how far what they give is from the vectors has the bounds that a search relies on."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.store import codes


@pytest.mark.parametrize("compiled", [True, False], ids=["simsimd", "numpy"])
@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), dimensions=st.integers(1, 130), power=st.sampled_from([1, 3, 9]))
def test_every_bound_holds(compiled: bool, seed: int, dimensions: int, power: int) -> None:
    chance = np.random.default_rng(seed)
    made = chance.normal(size=(30, dimensions)) ** power  # the higher, the fewer numbers hold most of the length
    made[0] = 0
    made[1, 1:] = 0
    rows = (made / np.maximum(np.linalg.norm(made, axis=1, keepdims=True), 1e-12)).astype(np.float32)
    coarse, fine, scale = codes.encode(rows)
    assert fine.shape == (30, codes.half(dimensions))
    assert (np.abs(codes.decode(coarse, fine, scale) - rows) <= scale[:, None] / 30 + 1e-6).all()
    with pytest.MonkeyPatch.context() as patch:
        if not compiled:
            patch.setattr(codes, "simsimd", None)
        for vector in rows[2:8]:
            products = codes.Products(vector)
            scored = products.of(coarse) * scale
            assert scored == pytest.approx((coarse.astype(float) @ vector.astype(float)) * scale, abs=1e-6)
            assert (np.abs(products.rough(coarse) * scale - scored) <= products.off(scale) + 1e-6).all()
            whole = codes.decode(coarse, fine, scale) @ vector
            assert (np.abs(whole - scored) <= codes.slack(vector) * scale + 1e-6).all()
            finer = products.of(codes.unpacked(fine, dimensions)) * scale / codes.FINE
            assert scored + finer == pytest.approx(whole, abs=1e-5)
