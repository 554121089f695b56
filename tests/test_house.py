"""
The house: imports look down only, nothing goes in a circle, SQL stays in the store, and nothing heavy is imported
before it is needed. The floors are drawn in CONTRIBUTING.md.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import rag

HOUSE = Path(rag.__file__).parent
FLOORS = (
    {"errors", "__about__", "dates", "markup"},
    {"grids"},
    {
        "types", "config", "data", "files", "terminal", "places", "quantities", "frontmatter", "folding",
        "sentences", "wikilinks", "messages", "pointers", "structure", "letters", "releases", "onpage",
        "symbols",
    },
    {
        "gbnf", "outline", "pager", "address", "waiting", "bounded", "editions", "languages", "subjects", "unspaced",
        "status",
    },
    {
        "chunking", "blocks", "ranking", "store", "models", "grammar", "prompts", "measures", "render", "sources",
        "remote", "arrivals", "persons",
    },
    {"index", "doctor", "ask", "extract", "evaluate", "understand"},
    {"app"},
    {"web", "datasette_plugin"},
    {"cli"},
    {"__main__", "llm_plugin"},
)  # fmt: skip
FLOOR = {room: number for number, floor in enumerate(FLOORS) for room in floor}
HEAVY = {"numpy", "onnxruntime", "tokenizers", "httpx", "llama_cpp", "jsonschema", "rich", "lxml", "tiktoken", "yaml"}
SQL = re.compile(r"\s*(select|insert|update|delete|create|drop|alter|pragma|with|begin|commit|attach)\s", re.IGNORECASE)


def named(file: Path) -> str:
    parts = file.relative_to(HOUSE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {named(file): file for file in sorted(HOUSE.rglob("*.py"))}
TREES = {name: ast.parse(file.read_text(encoding="utf-8")) for name, file in FILES.items()}


def imported(tree: ast.AST) -> Iterator[tuple[str, str]]:
    """(module, name) of every import in a file, at whatever depth, those for the type checker too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.module, alias.name) for alias in node.names)


def at_run_time(tree: ast.AST) -> ast.AST:
    """The tree without what only the type checker reads."""

    class Strip(ast.NodeTransformer):
        def visit_If(self, node: ast.If) -> ast.AST | list[ast.stmt]:
            return node.orelse if "TYPE_CHECKING" in ast.unparse(node.test) else self.generic_visit(node)

    return Strip().visit(ast.parse(ast.unparse(tree)))


def ours(tree: ast.AST) -> set[str]:
    """The files of ours that a file imports: the module that is named, or what it is imported from."""
    found = set()
    for module, name in imported(tree):
        if module == "rag" or module.startswith("rag."):
            inner = f"{module}.{name}"
            found.add(inner if inner in FILES else module)
    return found - {"rag"}


@pytest.mark.parametrize("name", [name for name in FILES if name != "rag"])
def test_imports_look_down_only(name: str) -> None:
    room = name.split(".")[1]
    others = {other.split(".")[1] for other in ours(at_run_time(TREES[name]))} - {room}
    up = [other for other in others if FLOOR[other] >= FLOOR[room]]
    assert up == [], f"{name} (floor {FLOOR[room]}) imports {up}"


def test_no_file_imports_in_a_circle() -> None:
    """Inside a room neither, nor by an import that is hidden in a function or is for the type checker alone."""
    graph = {name: ours(tree) - {name} for name, tree in TREES.items() if name != "rag"}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(" → ".join(error.args[1]))


def test_sql_is_written_in_the_store() -> None:
    """And in the readers of other programs' files, which are no index of ours."""
    calls = [
        f"{name}, line {node.lineno}"
        for name, tree in TREES.items()
        if name.split(".")[1:2] not in (["store"], ["sources"])
        for node in ast.walk(tree)
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.args
        and SQL.match(ast.unparse(node.args[0]).lstrip("f").strip("'\"(") + " ")
        and isinstance(node.args[0], ast.Constant | ast.JoinedStr)
    ]
    assert calls == []


def test_nobody_knows_the_insides_of_the_command_line() -> None:
    """Tests run the command; what they and the benchmarks need besides lies below the faces."""
    top = HOUSE.parent
    for file in [*top.glob("tests/**/*.py"), *top.glob("eval/**/*.py"), *top.glob(".ci/*.py")]:
        for module, name in imported(ast.parse(file.read_text(encoding="utf-8"))):
            if module.startswith("rag.cli"):
                assert not name.startswith("_"), f"{file}: {module}.{name}"
                assert "eval" not in file.relative_to(top).parts[0], f"{file} imports {module}"


def test_the_command_line_starts_without_heavy_libraries() -> None:
    code = "import sys, rag.cli; print(*sorted(set(name.split('.')[0] for name in sys.modules)))"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert HEAVY.isdisjoint(loaded)


def test_the_face_is_small() -> None:
    assert rag.__all__ == sorted(rag.__all__)
    assert len(rag.__all__) <= 15
    for name in rag.__all__:
        assert getattr(rag, name)


def test_no_two_files_of_tests_are_called_the_same() -> None:
    counted = Counter(file.name for file in (HOUSE.parent / "tests").rglob("test_*.py"))
    assert [name for name, number in counted.items() if number > 1] == []  # pytest would import only one of them
