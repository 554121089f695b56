"""Canvases of Obsidian (JSON Canvas): the cards in the order in which one reads them, under the groups they lie in."""

from __future__ import annotations

from typing import Any

from rag.errors import InputError
from rag.sources.encodings import CONTROL, decode, lines
from rag.sources.items import Left, untold
from rag.sources.tables import load
from rag.sources.text import bounded, words_of
from rag.types import Document

FAR = 1e9  # no card lies so far away
NEAR = 40  # cards whose tops differ by less stand in one row


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A canvas as one document: texts, links to notes and addresses, and what the arrows say."""
    value = load(decode(data, key), key)
    nodes = _objects(value, "nodes")
    groups = sorted((one for one in nodes if one.get("type") == "group"), key=_place)
    cards = sorted((one for one in nodes if one.get("type") != "group"), key=_place)
    inside = {id(card): next((one for one in reversed(groups) if _holds(one, card)), None) for card in cards}
    blocks = [_said(card) for card in cards if inside[id(card)] is None]
    for group in groups:
        below = list(filter(None, (_said(card) for card in cards if inside[id(card)] is group)))
        if label := _text(group.get("label")):
            blocks += [f"## {' '.join(label.split())}", *below] if below else [label]
        else:
            blocks += below
    blocks += _arrows(nodes, _objects(value, "edges"))
    text = bounded("\n\n".join(filter(None, blocks)), left)
    links = list(dict.fromkeys(_text(one.get("file")) for one in cards if one.get("file")))
    meta = {"links": links} if links else {}
    return [Document(source, key, text, words_of(key), meta=meta, kind="markdown")] if text.strip() else []


def _objects(value: Any, name: str) -> list[dict[str, Any]]:
    found = value.get(name) if isinstance(value, dict) else None
    if found is not None and not isinstance(found, list):
        raise InputError(f"{name} of a canvas is a list, and not {type(found).__name__}")
    return [one for one in found or [] if isinstance(one, dict)]


def _number(value: object) -> float:
    """A place or a size; 0 if it is none that a canvas can have."""
    return float(value) if isinstance(value, int | float) and abs(value) < FAR else 0.0


def _place(node: dict[str, Any]) -> tuple[float, float]:
    """From above to below, and from left to right in a row."""
    return _number(node.get("y")) // NEAR, _number(node.get("x"))


def _holds(group: dict[str, Any], card: dict[str, Any]) -> bool:
    """Whether the middle of a card lies in a group."""
    return all(
        _number(group.get(at)) <= _number(card.get(at)) + _number(card.get(size)) / 2
        <= _number(group.get(at)) + _number(group.get(size))
        for at, size in (("x", "width"), ("y", "height"))
    )  # fmt: skip


def _text(value: object) -> str:
    return lines(CONTROL.sub("", value)).strip() if isinstance(value, str) else ""


def _said(card: dict[str, Any]) -> str:
    if note := _text(card.get("file")):
        return f"[[{note.removesuffix('.md')}{_text(card.get('subpath'))}]]"
    return _text(card.get("text")) or _text(card.get("url"))


def _arrows(nodes: list[dict[str, Any]], edges: list[dict[str, Any]]) -> list[str]:
    """What stands on the arrows, with what they join."""
    names = {str(one.get("id")): " ".join((_said(one) or _text(one.get("label"))).split())[:60] for one in nodes}
    told = []
    for edge in edges:
        ends = [names.get(str(edge.get(name)), "") for name in ("fromNode", "toNode")]
        if (label := _text(edge.get("label"))) and all(ends):
            told.append(f"- {ends[0]} → {' '.join(label.split())} → {ends[1]}")
    return ["\n".join(told)] if told else []
