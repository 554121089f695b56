"""
llguidance as a judge of our grammars: its own parser, over bytes.

Read by our reader and handed over as Lark with one terminal a character, for its lexer takes the longest terminal and
never goes back, which GBNF does not mean. How llama.cpp reads the same text is tested with llama.cpp.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from llguidance import LLMatcher, LLTokenizer

from rag.gbnf.expressions import ALT, CLS, LIT, REF, SEQ, Expr
from rag.gbnf.reader import class_ranges, read

TOKENIZER = LLTokenizer("byte")


def oracle(gbnf: str) -> Callable[[str], bool]:
    """Whether a text is admitted by a grammar, as llguidance reads it."""
    body = read(gbnf)
    names = {name: f"r{i}" for i, name in enumerate(body)} | {"root": "start"}
    lines = [f"{names[name]}: {_lark(expr, names)}" for name, expr in body.items()]
    first = LLMatcher(TOKENIZER, LLMatcher.grammar_from_lark("%llguidance {}\n" + "\n".join(lines)))
    assert not first.is_error(), first.get_error()

    def admits(text: str) -> bool:
        matcher = first.deep_copy()
        data = list(text.encode())
        return matcher.try_consume_tokens(data) == len(data) and matcher.is_accepting()

    return admits


def _lark(expr: Expr, names: dict[str, str]) -> str:
    kind = expr[0]
    if kind == LIT:
        return " ".join(map(json.dumps, expr[1])) or '""'
    if kind == CLS:
        ranges = [(low, high) for low, high in class_ranges(expr[1]) if not 0xD800 <= low <= 0xDFFF]
        return "/[" + "".join(f"\\u{{{low:X}}}-\\u{{{high:X}}}" for low, high in ranges) + "]/"
    if kind == REF:
        return names[expr[1]]
    if kind == SEQ:
        return " ".join(_lark(item, names) for item in expr[1]) or '""'
    if kind == ALT:
        return "(" + " | ".join(_lark(item, names) for item in expr[1]) + ")"
    _, item, least, most = expr
    return f"({_lark(item, names)}){{{least},{'' if most is None else most}}}"


assert SEQ
