"""A question that says what a heading says is answered from that section, in whatever forms its words stand there."""

from __future__ import annotations

import pytest

from rag import chunking
from rag.ask import answer
from rag.types import Document, Hit

DEPOT = """# Depot

## Depot roles

There are two roles in the depot: porters go into the depot by the gate, and keepers have the keys to all shelves.

## Getting access to the depot

Your team lead writes to the caretaker, who puts a key with your name on it into the box at the gate. It has to be
signed for within a week, else it goes back, and you begin again with a new letter by the team lead.
"""
WALK = """# The Long Walk

## What I liked

- She does walk, and a long walk it is, through the marsh about which she writes.
- What the walk does to the two brothers.

## What I disliked

- Nobody but the brothers ever speaks.
- There are forty pages on boots.
"""
BANNER = """# Publish an emergency banner

The banner stands on top of each page.

## Check that the banner shows

If the emergency banner doesn't show, see [Trouble with the emergency banner](#trouble).

## When to publish an emergency banner

An emergency is a flood, a storm of the second grade or worse, or the death of a king.

## Take the banner away

When the emergency is over, the emergency banner has to go. Whoever did show it takes it away.
"""


def shown(question: str, text: str, title: str) -> str:
    document = Document("docs", "a.md", text, title=title, kind="markdown")
    hits = [Hit(passage, 0.94) for passage in chunking.split(document, 300)]
    return answer(question, hits).citations[0].quote


@pytest.mark.parametrize(
    ("question", "text", "title", "told"),
    [
        ("how do i get into the depot", DEPOT, "Depot", "Your team lead"),
        ("what does she dislike about the long walk", WALK, "The Long Walk", "forty pages on boots"),
        ("when do we show an emergency banner", BANNER, "Publish an emergency banner", "a flood, a storm"),
    ],
)
def test_the_section_whose_heading_says_the_question_answers(question: str, text: str, title: str, told: str) -> None:
    assert told in shown(question, text, title)
