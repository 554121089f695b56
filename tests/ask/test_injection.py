"""Documents that try to steer the answer (eval/injection), in short: without a model, and by an obedient server."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize("model", ["none", "endpoint"])
def test_no_document_bends_what_is_promised(model: str) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "eval" / "injection", model, "--limit", "33", "--embedder", "hash:64"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr[-2000:]
    assert f"{model}: 34 asked, 0 promises broken" in done.stdout
