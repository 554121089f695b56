"""
The names that notes call each other by: `[[Note]]`, `[[folder/Note#Heading|shown]]`, an alias, a path.

Two names are the same if they are so without their case and their suffix. Nothing here opens a note.
"""

from __future__ import annotations

import posixpath
import unicodedata
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

SUFFIXES = (".md", ".markdown", ".mdown", ".mkd", ".mdx", ".qmd", ".rmd")
DEEPEST = 8  # folders of a path that are part of a name


def target(written: str) -> str:
    """The note that a link means, as it is written: without heading, block and shown text."""
    return written.partition("|")[0].partition("#")[0].partition("^")[0].strip().strip("\\")


def name(text: str, folder: str = "") -> str:
    """The name as it is compared. A path that begins with a dot is taken from `folder`."""
    text = unicodedata.normalize("NFC", target(text)).replace("\\", "/")
    if text.startswith(("./", "../")):
        text = posixpath.normpath(posixpath.join("/", folder, text))
    text = text.strip("/").casefold()
    suffix = next((one for one in SUFFIXES if text.endswith(one)), "")
    return text.removesuffix(suffix).strip()


def names(key: str, meta: Mapping[str, Any]) -> list[str]:
    """Every name of a note: its path, the ends of it, its aliases; none for what is no file of Markdown."""
    if not key.lower().endswith(SUFFIXES):
        return []
    bare = name(key)
    parts = bare.split("/")
    found = ["/".join(parts[-count:]) for count in range(1, min(len(parts), DEEPEST) + 1)] + [bare]
    if "___" in parts[-1] or "%2f" in parts[-1]:  # how Logseq writes a page `a/b` as a file
        found.append(unquote(parts[-1].replace("___", "/")))
    found += [name(alias) for alias in _texts(meta.get("aliases"))]
    return list(dict.fromkeys(filter(None, found)))


def links(key: str, meta: Mapping[str, Any]) -> list[str]:
    """The names that a note links to."""
    if not key.lower().endswith(SUFFIXES):
        return []
    folder = posixpath.dirname(key)
    return list(dict.fromkeys(filter(None, (name(one, folder) for one in _texts(meta.get("links"))))))


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
