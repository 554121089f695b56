"""All of a list that was cut, the excerpt with the unit that was asked for, and the parts that a paragraph promises."""

from __future__ import annotations

from rag import chunking
from rag.ask import answer
from rag.types import Document, Hit

SUIT = """# Shoes

## The suit about the tariff

- When the shoemakers were about to go public, the customs of the country sent them a bill for 25 million in tariffs.
- The law says that the tariff on nylon shoes is a fifth of what they cost to make, and that it jumps to a fifth of
  the price of a rival who makes a similar shoe in the country.
- The founder believed that his rivals had made an expensive shoe for no other end than to have the customs turn on the
  shoemakers, as not one pair of it was ever seen in any shop that he or his people went to look at.
  - A tariff of 25 million would have been their end.
  - The customs would have asked for more in each year to come.
- What the shoemakers did
  - They asked two senators from their state to have the treasury look at it once more.
  - They had a shoe made that cost next to nothing, so that the fifth was a fifth of that.
  - They sued three of their rivals for having agreed on it, and asked for as much as the customs wanted of them.
  - They told the story on television, as one of the small against the great.
  - They wrote to each paper of the state, and to the two of the capital, that no rival of theirs had ever paid so much.
  - They found a lawyer who had never lost a case of this sort, and who was fond of running.
- In the end they agreed on nine million.
  - The founder was not content with that.
"""
SHELVES = """# Racks

## Overview

| rack | price | signs up alone | pauses |
|---|---|---|---|
| Ivar | €49 | yes | no |
| Tundra | €109 | yes | yes |

## Tundra

The main problem with Tundra is that it is made for two, and one person alone will find most of it in the way.

Tundra looks well. There is so much to it that I lost myself while I looked for the few parts that I wanted.
"""
TOOLS = """# Tools

There are two kinds of tools in the shed: own tools and lent tools.

## Own tools

They belong to whoever cut his name into the handle. Nobody else takes them home.

They hang on the left. Whoever finds one on the right hangs it on the left, and says so to the one whose name it is,
since there was a row about a plane last year that nobody wants to have again. It took three evenings, and the plane was
found in the end in the boot of a car, under a blanket, where it had been all the time, with its blade in a glove.

## Lent tools

Of these there is a list by the door, and each goes back by Sunday.
"""


def shown(question: str, text: str) -> list[str]:
    document = Document("docs", "a.md", text, title="Notes", kind="markdown")
    found = [Hit(one, 1.0 if "Tundra" in one.heading else 0.4) for one in chunking.split(document, 400)]
    hits = sorted(found, key=lambda hit: -hit.score)
    return [one.quote for one in answer(question, hits).citations]


def test_a_list_that_was_cut_is_shown_whole() -> None:
    (whole,) = shown("a rival who makes a similar nylon shoe", SUIT)
    assert whole == SUIT.partition("tariff\n\n")[2].strip()


def test_the_price_is_shown_beside_what_it_is_the_price_of() -> None:
    assert any("€109" in one for one in shown("what does tundra cost", SHELVES))


def test_parts_that_are_promised_are_shown_from_below_their_headings() -> None:
    first = shown("which kinds of tools are there in the shed", TOOLS)[0]
    assert first.startswith("There are two kinds")
    assert "cut his name" in first
    assert "a plane" not in first
    assert "cut his name" not in shown("which kinds of tools are in the shed", TOOLS.replace("two", "three"))[0]
