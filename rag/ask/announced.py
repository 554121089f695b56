"""
Parts that a paragraph promises and that stand below it, each under a heading of its own: "There are two kinds of
plugins." and then "Core plugins" and "Community plugins".

Only where as many headings follow as parts are promised. A table of words, to add to; pure functions over pieces.
"""

from __future__ import annotations

import re
from dataclasses import replace

from rag.ask.pieces import Piece
from rag.sentences import open_fence, spans

NUMBERS = (  # as texts begin a list of parts, from two on
    "two|both|2|zwei|beide|deux|dos|due|dois|duas|twee", "three|3|drei|trois|tres|tre|três|drie",
    "four|4|vier|quatre|cuatro|quattro|quatro", "five|5|fünf|cinq|cinco|cinque|vijf",
    "six|6|sechs|seis|sei|zes", "seven|7|sieben|sept|siete|sette|sete|zeven",
)  # fmt: skip
PARTS = r"(?:[- ][^\W\d_]+){1,4}?"  # "two-phase technique", "two different ways"
PROMISES = tuple(re.compile(rf"(?<![\w.,:/-])(?:{one})(?={PARTS})", re.IGNORECASE) for one in NUMBERS)
HEADING = re.compile(r"^(#{1,6})[ \t]+([^\n]*?)[ \t#]*$", re.MULTILINE)
LEAD = 300  # characters of a paragraph or of points that promise
LONGEST = 400  # characters of a first paragraph that is shown of each part


def parts(piece: Piece) -> list[Piece]:
    """The first paragraphs below the headings that a piece promises, in their order; none if it promises none."""
    document = piece.passage.document
    text, below = document.text, piece.end
    if document.kind != "markdown" or set(piece.kinds) - {"prose", "list"} or piece.end - piece.start > LEAD:
        return []
    promised = [number for number, one in enumerate(PROMISES, 2) if one.search(piece.text)]
    heads = _heads(text, below, max(promised)) if promised else []
    if len(heads) not in promised or text[below : heads[0].start()].strip():
        return []
    return [part for head in heads if (part := _first(piece, head.end(), head[2]))]


def _heads(text: str, below: int, most: int) -> list[re.Match[str]]:
    """The next headings of one level, up to one of a higher level, or one more than `most`."""
    heads: list[re.Match[str]] = []
    for one in HEADING.finditer(text, below):
        deeper = heads and len(one[1]) > len(heads[0][1])
        if deeper or open_fence(text[: one.start()]):
            continue
        if len(heads) > most or (heads and len(one[1]) < len(heads[0][1])):
            break
        heads.append(one)
    return heads


def _first(piece: Piece, at: int, name: str) -> Piece | None:
    """The first paragraph below a heading, or its first sentences."""
    text = piece.passage.document.text
    start = at + len(text[at:]) - len(text[at:].lstrip())
    end = text.find("\n\n", start)
    end = end if end > 0 else len(text.rstrip())
    if text.startswith("#", start):
        return None
    fits = [start + one.end for one in spans(text[start:end], "text") if one.end <= LONGEST]
    if not fits:
        return None
    path = " > ".join(filter(None, (piece.passage.heading, name)))
    passage = replace(piece.passage, start=start, end=fits[-1], text=text[start : fits[-1]], heading=path)
    return replace(piece, passage=passage, start=start, end=fits[-1], least=start, most=fits[-1], prose=passage.text)
