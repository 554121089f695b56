"""
What a word is, for quoting and for extracting: one definition, for every script.

Words and numbers as Unicode's word boundaries have them (UAX #29): "don't", "1,299.00" and "foo_bar" are one word each,
"co-operate" is two and a mark. Scripts that are written without spaces, or glue particles to their words (Chinese,
Japanese, Korean, Thai, Lao, Khmer, Burmese, Tibetan), have a word in each character. Marks and invisible characters
(accents, soft hyphens, joiners) belong to the character before them.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import cache
from typing import Any, TypeVar

SCRIPTS = ("Han", "Hiragana", "Katakana", "Bopomofo", "Hangul", "Thai", "Lao", "Khmer", "Myanmar", "Tibetan")
Piece = TypeVar("Piece", bound=Hashable)


@cache
def _pattern() -> Any:
    import regex  # type: ignore[import-untyped]

    single = "".join(rf"\p{{Script={name}}}" for name in SCRIPTS) + "ー々〆"
    after = r"[\p{M}\p{Cf}--\u200b]*+"
    letter = rf"[[\w\p{{M}}]--[{single}\d]]"
    word = rf"[[\w\p{{M}}\p{{Cf}}]--[{single}\u200b]]"
    inner = rf"(?<={letter})['’.·:](?={letter})|(?<=\d)[.,'’](?=\d)"
    return regex.compile(
        rf"[\s\u200b]*(?:[{single}]{after}|{word}++(?:(?:{inner}){word}++)*|[^\s\u200b]{after})", regex.V1
    )


def words(text: str) -> list[str]:
    """The words and marks of a text, each with the blanks before it: joined again they are the text without its end."""
    return _pattern().findall(text)  # type: ignore[no-any-return]


@cache
def _blanks() -> Any:
    import regex

    return regex.compile(r"[\s\u200b]*")


def blank_of(word: str) -> int:
    """How many characters of a word are the blanks before it."""
    return _blanks().match(word).end()  # type: ignore[no-any-return]


def suffix_automaton(pieces: Sequence[Piece]) -> list[dict[Piece, int]]:
    """The suffix automaton of a sequence (Blumer et al. 1985): by state, the next piece -> the next state."""
    edges: list[dict[Piece, int]] = [{}]
    link, length, last = [-1], [0], 0
    for piece in pieces:
        state, at = len(edges), last
        edges.append({})
        link.append(0)
        length.append(length[last] + 1)
        while at >= 0 and piece not in edges[at]:
            edges[at][piece] = state
            at = link[at]
        if at >= 0:
            target = edges[at][piece]
            if length[target] != length[at] + 1:
                copy = len(edges)
                edges.append(dict(edges[target]))
                link.append(link[target])
                length.append(length[at] + 1)
                while at >= 0 and edges[at].get(piece) == target:
                    edges[at][piece] = copy
                    at = link[at]
                link[target] = copy
                target = copy
            link[state] = target
        last = state
    return edges
