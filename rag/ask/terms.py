"""
Lists of terms: options of a command, settings, words with what is said of each. One of them answers, not their list.

A term stands in the first line of its item, what is said of it in those below. Pure functions on text.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from rag.blocks import Block

LONG, MANY = 500, 3  # characters of a list that is cut into its terms, and how many of them it has at least
RUN = 900  # characters of terms of which nothing is said that stay together
TERM = re.compile(r"[-*+•][ \t]+(?:(-[^\n]*)|([^\n]*))\n[ \t]+(\S+)")  # an item whose text begins in the next line
WRAPPED = 60  # characters of a line that may have been broken because the next word did not fit


def cut(text: str, block: Block, ends: Sequence[int]) -> list[Block]:
    """
    The terms of a long list, each with what is said of it; those of which nothing is said as runs of them.

    `ends` are where its items end, but for the last, from its beginning. Empty if it is no such list.
    """
    size = block.end - block.start
    if size <= LONG:
        return []
    made: list[Block] = []
    told = 0
    plain = False  # is the last one of those of which nothing is said?
    for first, last in itertools.pairwise([0, *ends, size]):
        item = text[block.start + first : block.start + last]
        left = len(item) - len(item.lstrip("\r\n"))
        one = Block(block.start + first + left, block.start + first + len(item.rstrip()), "list")
        bare = not begins(item[left:])
        told += not bare
        if bare and plain and one.end - made[-1].start <= RUN:
            made[-1] = replace(made[-1], end=one.end)
        else:
            made.append(one)
        plain = bare
    return made if told >= MANY else []


def begins(item: str) -> bool:
    """Is the first line of an item a term, and no line that was broken because it was full?"""
    found = TERM.match(item)
    return found is not None and (bool(found[1]) or len(found[2]) + len(found[3]) < WRAPPED)
