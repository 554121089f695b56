"""
Check the pins for known weaknesses without a network: against a copy of the advisory database of PyPA, or any folder of
OSV records (https://ossf.github.io/osv-schema/) in YAML or JSON.

    git clone https://github.com/pypa/advisory-database advisories
    python .ci/audit.py advisories

A line a weakness, then how many records were looked at and how new the newest is: what became known after that day is
not found. Exit code 1 if a pin has one, or if nothing could be looked up.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from packaging.version import InvalidVersion, Version

REQUIREMENTS = Path(__file__).parent.parent / "requirements"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)", re.MULTILINE)
Pins = dict[str, set[str]]  # name, as PyPI compares them -> versions: another for each Python, where it must be


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def pins(folder: Path = REQUIREMENTS) -> Pins:
    found: Pins = {}
    for path in sorted(folder.glob("*.txt")):
        for name, version in PINNED.findall(path.read_text(encoding="utf-8")):
            found.setdefault(canonical(name), set()).add(version)
    return found


def records(folder: Path) -> Iterator[dict[str, Any]]:
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for path in sorted(folder.rglob("*")):
        if path.suffix in (".yaml", ".json") and path.is_file():
            text = path.read_text(encoding="utf-8")
            record = json.loads(text) if path.suffix == ".json" else yaml.load(text, loader)
            if isinstance(record, dict) and "affected" in record:
                yield record


def weaknesses(record: dict[str, Any], pinned: Pins) -> Iterator[str]:
    """What it says of our pins; one that was withdrawn says nothing."""
    for one in () if record.get("withdrawn") else record["affected"]:
        name = canonical(one.get("package", {}).get("name", ""))
        ours = pinned.get(name, set()) if one.get("package", {}).get("ecosystem") == "PyPI" else set()
        for version in sorted(version for version in ours if _affects(one, version)):
            also = ", ".join(record.get("aliases", []))
            about = " ".join(str(record.get("summary") or record.get("details", "")).split())[:200]
            yield f"{name}=={version}: {record['id']}{f' ({also})' if also else ''}: {about}"


def _affects(one: dict[str, Any], version: str) -> bool:
    return version in map(str, one.get("versions", [])) or any(
        _within(part.get("events", []), version) for part in one.get("ranges", []) if part.get("type") != "GIT"
    )


def _within(events: list[dict[str, str]], version: str) -> bool:
    """OSV: affected from an `introduced` on, up to the next `fixed` (which is not), or `last_affected` (which is)."""
    inside, ours = False, Version(version)
    for kind, at in sorted(
        ((kind, at) for event in events for kind, at in event.items()), key=lambda pair: _order(pair[1])
    ):
        if kind == "introduced" and ours >= _order(at):
            inside = True
        elif (kind == "fixed" and ours >= _order(at)) or (kind == "last_affected" and ours > _order(at)):
            inside = False
    return inside


def _order(version: str) -> Version:
    try:
        return Version(str(version))
    except InvalidVersion:  # what cannot be compared bounds nothing
        return Version("0")


def main() -> None:
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "advisories")
    pinned, count, newest = pins(), 0, ""
    found: list[str] = []
    for record in records(folder):
        count, newest = count + 1, max(newest, str(record.get("published", record.get("modified", "")))[:10])
        found += weaknesses(record, pinned)
    if count:
        told = f"{sum(map(len, pinned.values()))} pins, {count:,} records up to {newest}, {len(found)} weaknesses"
        print("\n".join([*found, told]))
    else:
        print(f"audit: there are no OSV records in {folder}: nothing was audited", file=sys.stderr)
    sys.exit(bool(found) or not count)


if __name__ == "__main__":
    main()
