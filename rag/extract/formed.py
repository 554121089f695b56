"""
Texts that a schema holds to a pattern or a format: the runs of words of a document that fit.

An address that a model makes up fits its format as well as the one that stands there. Nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag.extract.plan import resolved
from rag.grammar import check

JSON = Any
HELD = ("pattern", "format", "minLength", "maxLength")
BETWEEN = ("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf")
LONGEST = 5  # words of a run that may fit a pattern
MANY = 40  # runs that fit, from which a pattern says too little to tell a value by
TOKEN = re.compile(r"\S+")
MARKS = ".,;:!?()[]{}<>\"'`*|„“”«»"
BLANK = re.compile(r"\\[sWDSP]|[ .]|\[\^")  # what of a pattern may be a blank
# An address with a host, or of a scheme that needs none: "To:" and "Note:this" are none, though the format admits them.
ADDRESS = re.compile(r"[\w+.-]+://\w|(?:mailto|tel|sms|urn|doi|data|geo|sips?|xmpp|news|magnet|isbn):\S", re.IGNORECASE)
# What words that fit a format hold, so that few are judged.
HINTS = {
    "email": "@", "idn-email": "@", "uri": ":", "iri": ":", "date-time": ":", "time": ":", "uuid": "-", "ipv4": ".",
    "ipv6": ":", "hostname": ".", "idn-hostname": ".", "duration": "P", "json-pointer": "/", "uri-reference": "/",
    "iri-reference": "/",
}  # fmt: skip


def fits(value: JSON, node: Mapping[str, JSON]) -> bool:
    """Whether a text keeps to the pattern, format and length that its schema says, and a number to its bounds."""
    keys = HELD if isinstance(value, str) else BETWEEN if isinstance(value, int | float) else ()
    held = {key: node[key] for key in keys if key in node}
    return not held or not check(value, held)


def formed(text: str, node: Mapping[str, JSON], first: Sequence[str] = ()) -> list[str] | None:
    """
    What of a text fits, each once: of `first`, then its runs of words; None if that is too much to tell anything.
    """
    hint = HINTS.get(str(node.get("format")), "")
    found = dict.fromkeys(said for said in first if fits(said, node))
    if not found:
        among = dict.fromkeys(run for run in _runs(text, node) if hint in run and (hint != ":" or _is_whole(run, node)))
        found = dict.fromkeys(run for run in among if fits(run, node))
    return list(found) if len(found) <= MANY else None


def _is_whole(run: str, node: Mapping[str, JSON]) -> bool:
    """Whether a run says where something is, if that is asked for: a scheme alone does not."""
    return node.get("format") not in ("uri", "iri") or ADDRESS.match(run) is not None


def _runs(text: str, node: Mapping[str, JSON]) -> Iterator[str]:
    """The runs of some words, without the marks around them; of one word, where none has a blank."""
    worded = BLANK.search(str(node.get("pattern", ""))) is not None and "format" not in node
    tokens = [(match.start(), match.end()) for match in TOKEN.finditer(text)]
    for n, (start, _) in enumerate(tokens):
        for _, end in tokens[n : n + (LONGEST if worded else 1)]:
            run = text[start:end]
            yield run.strip(MARKS)
            yield run


def optional(schema: JSON) -> JSON:
    """The schema with `anyOf` of null and something else written as that, with null as one of its types."""
    return _optional(schema, schema, ())


def _optional(node: JSON, root: JSON, within: tuple[str, ...]) -> JSON:
    if isinstance(node, list):
        return [_optional(part, root, within) for part in node]
    if not isinstance(node, Mapping):
        return node
    made = {key: part if key in ("enum", "const") else _optional(part, root, within) for key, part in node.items()}
    for keyword in ("anyOf", "oneOf"):
        parts = node.get(keyword)
        if not isinstance(parts, list):
            continue
        others = [part for part in parts if part != {"type": "null"}]
        if len(others) == 1 and len(others) < len(parts) and isinstance(others[0], Mapping):
            reference = str(others[0].get("$ref", ""))
            other = resolved(others[0], root, "#/") if reference not in within else None
            if isinstance(other, Mapping) and (nullable := or_null(_optional(other, root, (*within, reference)))):
                return {**nullable, **{key: part for key, part in made.items() if key != keyword}}
    return made


def or_null(node: Mapping[str, JSON]) -> dict[str, JSON] | None:
    """The schema, and null; None where that is not said by a type or an enum."""
    kinds = node.get("type")
    if {"const", "$ref", "anyOf", "oneOf", "allOf", "not"} & set(node) or not (kinds or "enum" in node):
        return None
    listed = kinds if isinstance(kinds, list) else [kinds] if kinds else []
    typed = {"type": list(dict.fromkeys([*listed, "null"]))} if listed else {}
    enum = {"enum": list(node["enum"]) + [None] * (None not in node["enum"])} if "enum" in node else {}
    return {**node, **typed, **enum}


__all__ = ["fits", "formed", "optional", "or_null"]
