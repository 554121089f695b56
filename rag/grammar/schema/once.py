"""
What must not be written twice, watched while it is written: the keys of an object, the elements of a unique list.

A grammar cannot remember what was written; who writes can. Keys are watched in every object, elements where the
schema surely says `uniqueItems` of the list that stands there, as far as they are texts, numbers or words. Nothing
here asks a model or knows its tokens.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from functools import cached_property

from rag.grammar.schema.document import Document
from rag.types import JSON

LEVELS, PLACES = 12, 2000  # how deep, and at how many places, a schema is searched for unique lists
ENDS = frozenset('",]}')  # after which a key or an element may be complete


@dataclass(slots=True)
class Place:
    """Where a value may stand: what is said of lists there, and the places below."""

    unique: bool = False
    keys: dict[str, Place] = field(default_factory=dict)
    others: Place | None = None  # of any other key, or of the elements


@dataclass(frozen=True, slots=True)
class _Frame:
    """An object or list that is being written."""

    is_object: bool
    unique: bool
    places: tuple[Place, ...]
    parent: _Frame | None
    seen: frozenset[tuple[str, JSON]] = frozenset()


@dataclass(frozen=True, slots=True)
class _State:
    places: tuple[Place, ...]  # of the next value
    frame: _Frame | None = None
    raw: str = ""  # of the key, text, number or word that is being written
    quoted: bool = False
    escaped: bool = False
    key: bool = False


@dataclass(frozen=True)
class Once:
    """What of a shape's text must not stand there twice; its places are looked for when the first reply begins."""

    document: Document

    @cached_property
    def root(self) -> Place:
        finder = _Finder(self.document)
        finder.find(self.document.schema, finder.root, 0)
        return finder.root

    def begin(self) -> Watch:
        return Watch(_State((self.root,)))


@dataclass(slots=True)
class Watch:
    """One reply while it is written."""

    state: _State

    def admits(self, more: str) -> bool:
        """Whether the reply may go on with this text."""
        if ENDS.isdisjoint(more):
            return True
        return _after(self.state, more) is not None

    def repeats(self, more: str) -> bool:
        """Whether, with this text, something stands there again that is not over yet: it must become longer."""
        state = _after(self.state, more)
        if state is None or state.frame is None or not state.raw or not (state.key or _counts(state.frame)):
            return False
        return (_kind(state), _value(state)) in state.frame.seen

    def accept(self, more: str) -> None:
        """The reply has gone on with this text."""
        self.state = _after(self.state, more) or _after(self.state, more, strict=False) or self.state


def _after(state: _State, text: str, strict: bool = True) -> _State | None:
    """The state after more text; None if something stands there twice, unless that is let through."""
    for char in text:
        following = _step(state, char, strict)
        if following is None:
            return None
        state = following
    return state


def _step(state: _State, char: str, strict: bool) -> _State | None:
    if state.quoted:
        if state.escaped or char not in '"\\':
            return replace(state, raw=state.raw + char, escaped=False)
        if char == "\\":
            return replace(state, raw=state.raw + char, escaped=True)
        return _ended(state, strict)
    if char == '"':
        return replace(state, quoted=True, raw="")
    if char in "{[":
        unique = char == "[" and any(place.unique for place in state.places)
        frame = _Frame(char == "{", unique, state.places, state.frame)
        return _State(_elements(frame), frame, key=frame.is_object)
    if char in "}], \n\r\t:":
        if state.raw:
            ended = _ended(state, strict)
            if ended is None:
                return None
            state = ended
        if state.frame is None or char not in "}],":
            return state
        if char == ",":
            return _State(_elements(state.frame), state.frame, key=state.frame.is_object)
        return _State((), state.frame.parent)
    return replace(state, raw=state.raw + char)


def _ended(state: _State, strict: bool) -> _State | None:
    """A key, text, number or word is complete."""
    frame = state.frame
    if frame is None or not (state.key or _counts(frame)):
        return _State((), frame)
    said = _kind(state), _value(state)
    if strict and said in frame.seen:
        return None
    frame = replace(frame, seen=frame.seen | {said})
    if not state.key:
        return _State((), frame)
    below = [place.keys.get(said[1], place.others) for place in frame.places]
    return _State(tuple(place for place in below if place is not None), frame)


def _counts(frame: _Frame) -> bool:
    return frame.unique and not frame.is_object


def _kind(state: _State) -> str:
    return "text" if state.quoted else "word" if state.raw[0] in "tfn" else "number"


def _value(state: _State) -> JSON:
    mark = '"' if state.quoted else ""
    try:
        return json.loads(f"{mark}{state.raw}{mark}")
    except ValueError:
        return state.raw


def _elements(frame: _Frame) -> tuple[Place, ...]:
    return () if frame.is_object else tuple(place.others for place in frame.places if place.others is not None)


class _Finder:
    """Walks what surely applies to a value: properties, items, references and allOf, and the only branch not null."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.root = Place()
        self.count = 0

    def find(self, node: JSON, place: Place, depth: int) -> None:
        self.count += 1
        if not isinstance(node, dict) or depth > LEVELS or self.count > PLACES:
            return
        if "$ref" in node:
            self.find(self.document.resolve(node["$ref"], node), place, depth + 1)
            if self.document.dialect < 2019:
                return
        for part in self._parts(node):
            self.find(part, place, depth + 1)
        if node.get("uniqueItems") is True and not self._listed(node.get("items")):
            place.unique = True
        named = node.get("properties")
        for key, part in named.items() if isinstance(named, dict) else ():
            self.find(part, place.keys.setdefault(key, Place()), depth + 1)
        rest = node.get("items")
        if "prefixItems" in node or isinstance(rest, list):
            rest = None
        elif not isinstance(rest, dict) and not named and "patternProperties" not in node:
            rest = node.get("additionalProperties")
        if isinstance(rest, dict):
            place.others = place.others or Place()
            self.find(rest, place.others, depth + 1)

    def _parts(self, node: dict[str, JSON]) -> list[JSON]:
        parts = list(node["allOf"]) if isinstance(node.get("allOf"), list) else []
        for kind in ("anyOf", "oneOf"):
            branches = node.get(kind)
            if isinstance(branches, list):
                left = [one for one in branches if not (isinstance(one, dict) and one.get("type") == "null")]
                parts += left if len(left) == 1 else []
        return parts

    def _listed(self, items: JSON) -> bool:
        """Elements out of a list of constants: the grammar keeps these apart, or a second attempt does."""
        if isinstance(items, dict) and "$ref" in items:
            items = self.document.resolve(items["$ref"], items)
        return isinstance(items, dict) and ("enum" in items or "const" in items)
