"""The hash of our own code: what no setting tells apart may still change a result, and is in a run's fingerprint."""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from rag.evaluate.cases import digest


def code_hash(*modules: ModuleType) -> str:
    """
    Of the source of these modules; of one that lies in a folder of `rag`, all of that folder, however deep.

    A module imports others of its folder, so its own text alone would say too little.
    """
    files: list[Path] = []
    for module in modules:
        file = Path(str(module.__file__))
        parts = module.__name__.split(".")
        depth = len(parts) - 2 + (file.name == "__init__.py")  # folders between `rag` and the file
        files += sorted(file.parents[depth - 1].rglob("*.py")) if depth else [file]
    return digest([path.read_text(encoding="utf-8") for path in files])
