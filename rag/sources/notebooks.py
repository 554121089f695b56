"""
Jupyter notebooks: their text, their code, and what the code printed, as far as it is text.

Pictures, widgets and warnings are left out and told; of a long output the beginning is read, cut at a line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from rag.errors import InputError
from rag.sources import html
from rag.sources.encodings import CONTROL, decode, lines
from rag.sources.items import Left, untold
from rag.sources.tables import load
from rag.sources.text import bounded, first_heading, words_of
from rag.types import Document

LONGEST = 3000  # characters of what a cell printed that are read
LEFT = "outputs of notebooks"
ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")  # colours of a terminal
OBJECT = re.compile(
    r"\s*<[^<>\n]{1,200}>\s*"
)  # how a thing that cannot be printed is: <Figure size 640x480 with 1 Axes>


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A notebook as one document."""
    content = load(decode(data, key), key)
    cells = content.get("cells") if isinstance(content, dict) else None
    if isinstance(content, dict) and isinstance(sheets := content.get("worksheets"), list):  # of version 3
        cells = [cell for sheet in sheets if isinstance(sheet, dict) for cell in _listed(sheet.get("cells"))]
    if not isinstance(cells, list):
        raise InputError(f"{key} is not a notebook: it has no list of cells")
    meta = content.get("metadata")
    language = _language(meta if isinstance(meta, dict) else {})
    blocks: list[str] = []
    for number, cell in enumerate(cells, 1):
        if isinstance(cell, dict):
            blocks += [_cell(cell, language), _printed(cell, number, left)]
    text = bounded("\n\n".join(filter(None, blocks)), left)
    if not text.strip():
        return []
    title = first_heading(text) or words_of(key)
    return [Document(source, key, text, title, meta={"language": language} if language else {}, kind="markdown")]


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _language(meta: dict[str, Any]) -> str:
    for name in ("language_info", "kernelspec"):
        about = meta.get(name)
        if isinstance(about, dict) and isinstance(found := about.get("language") or about.get("name"), str):
            return found
    return ""


def _joined(written: Any) -> str:
    """A text of a notebook, which may be a list of its lines; without control characters."""
    text = "".join(map(str, written)) if isinstance(written, list) else str(written or "")
    return lines(CONTROL.sub("", ANSI.sub("", text)))


def _cell(cell: dict[str, Any], language: str) -> str:
    written = _joined(cell.get("source", cell.get("input"))).strip("\n")
    return html.fenced(written, language) if written.strip() and cell.get("cell_type") == "code" else written


def _printed(cell: dict[str, Any], number: int, left: Left) -> str:
    """What a cell printed, in one fenced block; "" if it printed no text."""
    found: list[str] = []
    for output in _listed(cell.get("outputs")):
        text = "\n".join(_output(output)).strip("\n") if isinstance(output, dict) else ""
        if text.strip():
            found.append(text)
        else:
            left(LEFT, f"cell {number}: {output.get('output_type') if isinstance(output, dict) else ''}")
    text = "\n".join(found)
    if len(text) > LONGEST:
        cut = text.rfind("\n", 0, LONGEST)
        left(LEFT, f"cell {number}: {len(text):,} characters, of which the beginning is read")
        text = text[: cut if cut > 0 else LONGEST]
    return html.fenced(text, "text") if text.strip() else ""


def _output(output: dict[str, Any]) -> Iterator[str]:
    """The text of an output: what was printed, the value of the last line, or an error."""
    if output.get("ename"):
        yield f"{_joined(output['ename'])}: {_joined(output.get('evalue'))}"
        return
    if output.get("name") == "stderr" or output.get("stream") == "stderr":
        return
    data = output.get("data")
    bundle = data if isinstance(data, dict) else output
    text = _joined(bundle.get("text/plain", bundle.get("text")))
    picture = any(str(name).startswith(("image/", "png", "svg", "jpeg")) for name in bundle)
    if text.strip() and not picture and not OBJECT.fullmatch(text):
        yield "\n".join(line.rstrip() for line in text.split("\n"))
    elif isinstance(shown := bundle.get("text/markdown", bundle.get("text/latex")), str | list):
        yield _joined(shown)
