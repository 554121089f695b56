"""The house: imports look down only, parts do not import parts, and nothing heavy is imported at the top."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import rag

HOUSE = Path(rag.__file__).parent
FLOOR = {
    "errors": -1,
    "__about__": 0, "types": 0, "data": 0, "files": 0, "terminal": 0, "places": 0, "quantities": 0, "dates": 0,
    "frontmatter": 0, "folding": 0,
    "gbnf": 0.5,
    "chunking": 1, "sentences": 1, "ranking": 1, "store": 1, "models": 1, "grammar": 1, "prompts": 1, "measures": 1,
    "render": 1, "sources": 1,
    "index": 2, "doctor": 2, "ask": 2, "extract": 2, "evaluate": 2,
    "app": 3,
    "cli": 4, "llm_plugin": 4, "datasette_plugin": 4, "web": 4, "mcp": 4,
}  # fmt: skip
HEAVY = {"numpy", "onnxruntime", "tokenizers", "httpx", "llama_cpp", "jsonschema", "rich", "lxml", "tiktoken", "yaml"}


def room(file: Path) -> str:
    return file.relative_to(HOUSE).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> set[str]:
    """Every module that a file imports, at whatever depth, type checking left out."""
    found: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            for inner in ast.walk(node):
                inner.typing_only = True  # type: ignore[attr-defined]
        if getattr(node, "typing_only", False):
            continue
        if isinstance(node, ast.Import):
            found |= {name.name for name in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found |= {f"{node.module}.{name.name}" for name in node.names}
    return found


FILES = [file for file in sorted(HOUSE.rglob("*.py")) if file != HOUSE / "__init__.py"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(HOUSE)))
def test_imports_look_down_only(file: Path) -> None:
    own = room(file)
    others = {name.split(".")[1] for name in imported(ast.parse(file.read_text())) if name.startswith("rag.")}
    up = [other for other in others - {own, "__version__"} if FLOOR[other] >= FLOOR[own]]
    assert up == [], f"{file.name} (floor {FLOOR[own]}) imports {up}"


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = "import sys, rag.cli; print(*sorted(set(name.split('.')[0] for name in sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert HEAVY.isdisjoint(loaded)


def test_the_face_is_small() -> None:
    assert rag.__all__ == sorted(rag.__all__)
    assert len(rag.__all__) <= 15
    for name in rag.__all__:
        assert getattr(rag, name)
