"""A JSON Schema from what somebody wrote: a file, standard input, JSON itself, a known name, fields in short."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from rag import files, grammar
from rag.errors import InputError
from rag.files import home
from rag.types import JSON


def read_schema(given: str, known: Callable[[str], JSON] = lambda name: None) -> JSON:
    """
    The schema that `given` means; `known` gives that of a name which nothing else explains, or None.

    A file or standard input that does not begin as JSON holds fields in short. Raises InputError: no such file, not
    UTF-8, not JSON, no fields.
    """
    path = home(given)
    if given == "-":
        return _written(_text(lambda: files.piped().decode(), "stdin"), "stdin")
    if given.lstrip().startswith(("{", "true", "false")):
        return _load(given, "--schema")
    if _is_file(path) or ((path.suffix or "/" in given) and not {",", " "} & set(given)):
        return _written(_text(lambda: files.text(path, "utf-8-sig"), given), given)
    if (found := known(given)) is not None:
        return found
    return grammar.shorthand(given)


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # fields in short may be longer than a name can be
        return False


def _text(read: Callable[[], str], name: str) -> str:
    try:
        return read()
    except UnicodeDecodeError as error:
        raise InputError(f"the schema {name} is not UTF-8 at byte {error.start}", "Save it as UTF-8.") from error
    except OSError as error:
        raise InputError(
            f"the schema {name} cannot be read: {error.strerror or error}", "Give a JSON file, or 'name, age int'."
        ) from error


def _written(text: str, name: str) -> JSON:
    """The schema that a file says, as JSON or as fields in short."""
    is_json = text.lstrip().startswith(("{", "[", '"')) or text.strip() in ("true", "false") or not text.strip()
    return _load(text, name) if is_json or name.endswith(".json") else grammar.shorthand(text)


def _load(text: str, name: str) -> JSON:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        where = f"{error.msg}, line {error.lineno}, column {error.colno}"
        raise InputError(f"the schema {name} is not JSON: {where}", "Check it: python -m json.tool FILE") from error
    except RecursionError as error:
        raise InputError(f"the schema {name} is nested too deep to be read", "Flatten it.") from error
