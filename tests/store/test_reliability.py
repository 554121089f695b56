"""The trials of eval/reliability in their short form: SIGKILL, no power, no room, damage, many at once, old files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RELIABILITY = Path(__file__).parents[2] / "eval" / "reliability"
SHORT = {
    "points": 15, "random": 15, "power": 15, "full": 15, "main": 7, "side": 14, "together": 4, "filling": 4,
    "upgrades": 10, "clock": 1, "bombs": 6, "many": 200, "strangers": 40, "servers": 6,
    "sealed": 50, "versions": 3,
}  # fmt: skip
SEEDS = {"sealed": "6"}  # a copy onto a disk to read only, a move of what cannot be held, a server that may not write


@pytest.mark.parametrize("trial", SHORT)
def test_nothing_is_lost_and_nothing_surprises(trial: str) -> None:
    done = subprocess.run(
        [sys.executable, RELIABILITY, trial, "--trials", str(SHORT[trial]), "--seed", SEEDS.get(trial, "1")],
        capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr[-3000:]
    assert " 0 faults" in done.stdout
