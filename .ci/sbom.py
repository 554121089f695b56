"""
What the program is made of, as CycloneDX 1.5 JSON on stdout: every locked package with its hashes and licence.

    python .ci/sbom.py > sbom.json
"""

from __future__ import annotations

import json
import re
from importlib.metadata import PackageNotFoundError, metadata
from pathlib import Path

LOCK = Path(__file__).parent.parent / "requirements" / "lock.txt"
PINNED = re.compile(r"^([A-Za-z0-9._-]+)==([^\s;\\]+)[^\n]*((?:\n\s+--hash=sha256:[0-9a-f]{64}[^\n]*)*)", re.MULTILINE)


def components(lock: str) -> list[dict[str, object]]:
    """One a pin."""
    found = []
    for match in PINNED.finditer(lock):
        name, version, hashes = match.groups()
        entry: dict[str, object] = {
            "type": "library",
            "name": name,
            "version": version,
            "purl": f"pkg:pypi/{name.lower()}@{version}",
            "hashes": [{"alg": "SHA-256", "content": one} for one in re.findall(r"sha256:([0-9a-f]{64})", hashes)],
        }
        if licence := _licence(name):
            entry["licenses"] = [{"license": {"name": licence}}]
        found.append(entry)
    return found


def _licence(name: str) -> str:
    """As the installed package says it; empty if it is not installed or says nothing short."""
    try:
        told = metadata(name)
    except PackageNotFoundError:
        return ""
    classified = [line.rpartition(" :: ")[2] for line in told.get_all("Classifier") or [] if line.startswith("License")]
    given = told.get("License-Expression") or (classified[0] if classified else told.get("License") or "")
    return given if len(given) < 80 else ""


def main() -> None:
    from rag import __version__

    print(
        json.dumps(
            {
                "bomFormat": "CycloneDX",
                "specVersion": "1.5",
                "version": 1,
                "metadata": {"component": {"type": "application", "name": "chapterverse", "version": __version__}},
                "components": components(LOCK.read_text(encoding="utf-8")),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
