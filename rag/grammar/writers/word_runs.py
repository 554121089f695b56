"""
Any run of whole words of a source text, as a grammar of linear size.

A suffix automaton over the words: each way through it is a run of the text, and each run of the text is a way. What
stands between two words stands there in the source, so what is written is found there letter by letter. A character
that no text can hold (half of a surrogate pair) ends a run. Nothing here knows passages or citations.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from rag.gbnf.expressions import SEQ, VOID, Expr, Rules, alt, lit, ref, seq
from rag.grammar.regular.words import blank_of, suffix_automaton, words

SMALL = 6000  # states that a length may cost
LOOK, UNITS = 4000, 32  # words of a source, and of one run, when each run has to be looked at
TEXT = 200_000  # characters of one source: a grammar of some megabytes
Piece = tuple[str, str] | int  # a word and the blank before it; a number where a run must end


def escape(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def write(rules: Rules, source: str, most: int | None = None) -> tuple[Expr, bool] | None:
    """
    A JSON string that is a run of words of the source, of at most `most` characters, and whether that is kept.

    None for a source that is too long for a grammar.
    """
    if len(source) > TEXT:
        return None
    pieces = _pieces(source)
    if not pieces:
        return VOID, True
    if most is not None and len(source) > most:
        expr = _short(rules, pieces, most)
        if expr is not None:
            return expr, True
    return rules.named("span", seq(lit('"'), _states(rules, suffix_automaton(pieces)), lit('"'))), most is None or len(
        source
    ) <= most


def spans(source: str, most: int | None, fits: Callable[[str], bool]) -> list[str] | None:
    """The runs of a few words that fit, each once, in the order of the text; None if there are too many to look at."""
    pieces = _pieces(source)
    if len(pieces) > LOOK:
        return None
    found: dict[str, None] = {}
    seen: set[str] = set()
    for start in range(len(pieces)):
        text = ""
        for piece in pieces[start : start + UNITS]:
            if isinstance(piece, int):
                break
            text = text + piece[0] + piece[1] if text else piece[1]
            if most is not None and len(text) > most:
                break
            if text not in seen:
                seen.add(text)
                if fits(text):
                    found[text] = None
    return list(found)


def _pieces(source: str) -> list[Piece]:
    """Words and marks, each with the blank before it."""
    out: list[Piece] = []
    for number, text in enumerate(words(source)):
        blank = blank_of(text)
        out.append((text[:blank], text[blank:]) if text.isprintable() or _encodable(text) else number)
    return out if any(isinstance(piece, tuple) for piece in out) else []


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _states(rules: Rules, moves: list[dict[Piece, int]]) -> Expr:
    """One rule a state; the states are in no cycle, and what has a single way in stands inline."""
    uses = [0] * len(moves)
    for here in moves:
        for target in here.values():
            uses[target] += 1
    order = _children_first(moves)
    exprs: dict[int, Expr] = {}
    deep: dict[int, int] = {}
    for state in order:
        parts: list[Expr] = []
        depth = 0
        for piece, target in moves[state].items():
            if isinstance(piece, int):
                continue
            text = piece[1] if state == 0 else piece[0] + piece[1]
            parts.append(seq(lit(escape(text)), exprs[target]))
            depth = max(depth, deep[target])
        if state:
            parts.append((SEQ, ()))
            expr = alt(parts)
            depth += 1
            if parts[0] != (SEQ, ()) and (uses[state] > 1 or depth > 20):
                name = rules.fresh("words")
                rules.body[name] = expr
                expr, depth = ref(name), 0
        else:
            expr = alt(parts)
        exprs[state], deep[state] = expr, depth
    return exprs[0]


def _children_first(moves: list[dict[Piece, int]]) -> list[int]:
    order: list[int] = []
    seen = {0}
    stack = [(0, iter(moves[0].values()))]
    while stack:
        state, targets = stack[-1]
        for target in targets:
            if target not in seen:
                seen.add(target)
                stack.append((target, iter(moves[target].values())))
                break
        else:
            order.append(state)
            stack.pop()
    return order


def _short(rules: Rules, pieces: list[Piece], most: int) -> Expr | None:
    """Runs of at most `most` characters as a tree of beginnings; None if that is too large."""
    trie: dict[str, dict] = {}  # type: ignore[type-arg]
    size = 0
    for start in range(len(pieces)):
        node, left = trie, most
        for at in range(start, len(pieces)):
            piece = pieces[at]
            if isinstance(piece, int):
                break
            text = piece[1] if at == start else piece[0] + piece[1]
            left -= len(text)
            if left < 0:
                break
            if text not in node:
                size += 1
                if size > SMALL:
                    return None
            node = node.setdefault(text, {})
    if not trie:
        return VOID
    return rules.named("span", seq(lit('"'), _branches(rules, trie), lit('"')))


def _branches(rules: Rules, trie: dict[str, dict]) -> Expr:  # type: ignore[type-arg]
    order = [trie]
    for node in order:
        order.extend(node.values())
    done: dict[int, tuple[Expr, int]] = {}
    for node in reversed(order):
        parts: list[Expr] = [seq(lit(escape(text)), done[id(child)][0]) for text, child in node.items()]
        depth = max((done[id(child)][1] for child in node.values()), default=0) + 1
        if node is not trie:
            parts.append((SEQ, ()))
        expr = alt(parts)
        if depth > 20:
            expr, depth = rules.named("words", expr), 0
        done[id(node)] = (expr, depth)
    return done[id(trie)][0]
