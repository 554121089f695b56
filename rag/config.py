"""
`rag.toml`: what holds where nothing is typed, in this folder and for this user.

The folder's file goes before the user's, the environment before both, a flag before all. Nothing heavy is imported:
every command reads this at its start.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag.errors import InputError

NAME = "rag.toml"
KEYS: dict[str, tuple[type, str, str]] = {  # key -> type, environment variable, what it is
    "database": (str, "RAG_DB", "the index, relative to the folder of the file"),
    "model": (str, "RAG_MODEL", "who answers and extracts"),
    "base_url": (str, "OPENAI_BASE_URL", "the endpoint of an openai: model"),
    "embedder": (str, "RAG_EMBEDDER", "of a new index"),
    "rerank": (str, "RAG_RERANK", "who orders the first passages anew"),
    "k": (int, "", "how many passages (by default 10 of search and similar)"),
    "citations": (int, "", "how many excerpts an answer shows at most"),
}
DEFAULTS: dict[str, str | int] = {  # what `rag ask` does where nothing says otherwise
    "database": "rag.db",
    "model": "smollm2",
    "embedder": "minilm",
    "k": 8,
    "citations": 3,
}


@dataclass(frozen=True, slots=True)
class Setting:
    """A value and the file that says so."""

    value: Any
    origin: Path


def places(environment: Mapping[str, str]) -> list[Path]:
    """The files that count, the stronger first."""
    home = environment.get("XDG_CONFIG_HOME") or "~/.config"
    return [Path(NAME).absolute(), Path(os.path.expanduser(home)) / "chapterverse" / NAME]


def load(environment: Mapping[str, str] = os.environ) -> dict[str, Setting]:
    """What the files say. Raises InputError: not TOML, a key that is not known, a value of another type."""
    found: dict[str, Setting] = {}
    for path in reversed(places(environment)):
        if os.path.isfile(path):  # a folder of somebody else is none of ours
            found |= {key: Setting(value, path) for key, value in _read(path).items()}
    return found


def _read(path: Path) -> dict[str, Any]:
    import tomllib  # only where there is a file

    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}", 'Write lines like: model = "smollm2"') from error
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}", "Check its rights, or remove it.") from error
    for key, value in values.items():
        if key not in KEYS:
            raise InputError(f"{path}: there is no setting {key!r}", f"There are: {', '.join(KEYS)}")
        kind = KEYS[key][0]
        if type(value) is not kind or value == "" or (isinstance(value, int) and value < 1):
            wanted = "a text in quotes" if kind is str else "a whole number from 1"
            example = "8" if kind is int else '"…"'
            raise InputError(f"{path}: {key} is {value!r}, not {wanted}", f"Write {key} = {example}")
    if "database" in values:
        values["database"] = str(path.parent / os.path.expanduser(values["database"]))
    return values


def defaults(environment: Mapping[str, str] = os.environ) -> dict[str, Any]:
    """The values of the files."""
    return {key: one.value for key, one in load(environment).items()}


def rows(environment: Mapping[str, str] = os.environ) -> list[dict[str, Any]]:
    """Every setting with its value (None: there is none) and where it comes from: a variable, a file, the default."""
    found = load(environment)
    listed = []
    for key, (_, variable, about) in KEYS.items():
        value, origin = (found[key].value, str(found[key].origin)) if key in found else (DEFAULTS.get(key), "default")
        if variable and environment.get(variable):
            value, origin = environment[variable], variable
        listed.append({"setting": key, "value": value, "from": origin, "about": about})
    return listed
