"""
The hand-written grammars: finds them, and hands their rules to the compiler.

They lie in `grammars/` of a checkout, or inside the installed package. A name (`list`) means one of them, a path any
file. Nothing here compiles.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

from rag import files
from rag.errors import InputError
from rag.gbnf.expressions import Expr
from rag.gbnf.graph import Graph, longest_text
from rag.gbnf.reader import read
from rag.types import Shape

_PACKAGE = Path(__file__).resolve().parent.parent
FOLDERS = (_PACKAGE / "data" / "grammars", _PACKAGE.parent / "grammars")


def folder() -> Path:
    """Where the hand-written grammars lie."""
    return next((path for path in FOLDERS if path.is_dir()), FOLDERS[0])


def names() -> list[str]:
    """The grammars that have a name."""
    return sorted(path.stem for path in folder().glob("*.gbnf"))


def text(name: str) -> str:
    """A grammar by its name or path."""
    path = Path(name)
    if path.suffix != ".gbnf" and "/" not in name:
        path = folder() / f"{name}.gbnf"
        if not path.is_file():
            raise InputError(f"no grammar is called {name!r}", f"Known are {', '.join(names())}, or give a .gbnf file.")
    try:
        return files.text(path)
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 at byte {error.start}", "Save the grammar as UTF-8.") from error
    except OSError as error:
        raise InputError(
            f"{path}: {error.strerror or error}", "Give a .gbnf file, or one of: " + ", ".join(names())
        ) from error


def shape(name: str) -> Shape:
    """A hand-written grammar as a shape; its schema admits any JSON."""
    given = text(name)
    body = read(given)
    graph = Graph(body, "root")
    return Shape({}, given, (), None if graph.back else longest_text(body, graph.after))


@cache
def rules(name: str) -> dict[str, Expr]:
    """The rules of a named grammar, for the compiler."""
    return read(text(name))
