"""The pins are audited without a network: what a record says of a pin is found, what it says of others is not."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import yaml

ROOT = Path(__file__).parent.parent
LOCK = (ROOT / "requirements" / "lock.txt").read_text()
ALL = re.findall(r"^numpy==(\S+)", LOCK, re.MULTILINE)  # several: another for a newer Python
OURS = ALL[0]
AFFECTED = {
    "never mended": {"events": [{"introduced": "0"}]},
    "mended later": {"events": [{"introduced": "1.0"}, {"fixed": "9999"}]},
    "ours is the last": {"events": [{"introduced": "0"}, {"last_affected": OURS}]},
    "again": {"events": [{"introduced": "0"}, {"fixed": "0.5"}, {"introduced": OURS}]},
    "by its number": {"versions": [OURS]},
}
NOT = {
    "mended before": {"events": [{"introduced": "0"}, {"fixed": OURS}]},
    "others by number": {"versions": ["0.1"]},
    "later": {"events": [{"introduced": "9999"}]},
}


def audit(
    folder: Path, said: dict[str, object], name: str = "NumPy", **more: object
) -> subprocess.CompletedProcess[str]:
    events, versions = said.get("events"), said.get("versions", [])
    ranges = [{"type": "ECOSYSTEM", "events": events}] if events else []
    affected = {"package": {"ecosystem": "PyPI", "name": name}, "versions": versions, "ranges": ranges}
    record: dict[str, object] = {
        "id": "PYSEC-1",
        "details": "it leaks",
        "published": "2024-05-01T00:00:00Z",
        "affected": [affected],
        **more,
    }
    (folder / "numpy").mkdir(exist_ok=True)
    (folder / "numpy" / "one.yaml").write_text(yaml.safe_dump(record))
    (folder / "numpy" / "other.json").write_text(json.dumps(record | {"id": "PYSEC-2", "affected": []}))
    return subprocess.run(
        [sys.executable, ROOT / ".ci" / "audit.py", folder], capture_output=True, text=True, check=False
    )


def test_what_a_record_says_of_a_pin(tmp_path: Path) -> None:
    for name, said in AFFECTED.items():
        done = audit(tmp_path, said)
        assert done.returncode == 1, (name, done.stderr)
        assert f"numpy=={OURS}: PYSEC-1: it leaks\n" in done.stdout, name
        assert "2 records up to 2024-05-01, " in done.stdout
    told = audit(tmp_path, AFFECTED["never mended"]).stdout
    assert all(f"numpy=={version}: PYSEC-1" in told for version in ALL)
    for name, other in NOT.items():
        assert audit(tmp_path, other).returncode == 0, name
    assert audit(tmp_path, AFFECTED["never mended"], name="numpy-other").returncode == 0
    assert audit(tmp_path, AFFECTED["never mended"], withdrawn="2024-06-01T00:00:00Z").returncode == 0


def test_a_folder_without_records_is_no_audit(tmp_path: Path) -> None:
    done = subprocess.run([sys.executable, ROOT / ".ci" / "audit.py", tmp_path], capture_output=True, text=True)
    assert (done.returncode, "nothing was audited" in done.stderr) == (1, True)


def test_workflows_call_what_there_is() -> None:
    """Each target of make, each script, each file of pins is there."""
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    seen = 0
    for path in (ROOT / ".github" / "workflows").glob("*.yml"):
        for job in yaml.safe_load(path.read_text())["jobs"].values():
            for line in (step["run"] for step in job["steps"] if "run" in step):
                called = re.match(r"make ([a-z -]+)", line)
                assert set(called[1].split() if called else []) <= targets, line
                for file in re.findall(r"(?:eval|requirements|\.ci)/[\w./-]+", line):
                    assert (ROOT / file).exists(), line
                    seen += 1
    assert seen >= 4
    done = subprocess.run(["make", "-n", "audit", "sbom"], cwd=ROOT, capture_output=True, text=True)
    assert (done.returncode, "pip-audit" in done.stdout, ".ci/sbom.py" in done.stdout) == (0, True, True), done.stderr


def test_every_pin_is_in_the_list_of_what_the_program_is_made_of() -> None:
    listed = subprocess.run([sys.executable, ROOT / ".ci" / "sbom.py"], cwd=ROOT, capture_output=True, text=True)
    parts = {(one["name"], one["version"]) for one in json.loads(listed.stdout)["components"]}
    assert parts == set(re.findall(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", LOCK, re.MULTILINE))
    assert all(one["hashes"] for one in json.loads(listed.stdout)["components"])
