"""Steps are shown together, from the first one: those of a numbered list, and those that are told in paragraphs."""

from __future__ import annotations

import pytest

from rag.ask import Answer, Asking, answer
from rag.ask.joined import completed
from rag.ask.pieces import Piece
from rag.chunking import split
from rag.types import Document, Hit

CACHE = """# Purge a page from the cache

Somebody may have to do this at night, when an old page is still shown and readers complain about what it says.

## Purge a page

To take one page out of the cache:

{steps}

## Look at the headers

A page tells in its headers how old it is.
"""
STEPS = [
    "Log in to the console of the cache. If you have no account there, ask your lead, or somebody in the team of the"
    " platform who has had one for longer than a week, so that it may invite others as well.",
    "Choose the service below all services, which is called Production for the site itself and Assets for the pictures,"
    " style sheets and scripts of it, that have a cache of their own and a name of their own, too.",
    "From the button that is called Purge, near the top left of the page, choose Purge URL. A small window opens in"
    " which there is room for a single path, and below it a box that nobody needs to tick for this.",
    "Enter the full path of the page to purge, which is all that comes after the name of the host, and choose Purge."
    " The page is old for some seconds more, and then the next reader gets it anew from the site.",
    "Open the page in another browser, in which you are not logged in, and look whether what it says has changed; if"
    " it has not, wait for a minute and a half, and begin again with the first of these steps.",
]
TOLD = """# Turn off a workflow

A workflow that runs each night costs minutes.

First, list the workflows so that you can figure out which number the one has that you want to turn off.

```
$ flow list
Demo      active   60018591
Nightly   active   60028624
```

Now, copy the number of the workflow. In my case, it is `60028624`.

Then, run this for the number:

```
$ flow off 60028624
```

I learned this from a colleague.
"""


def asked(question: str, text: str) -> Answer:
    document = Document("notes", "a.md", text, "a", kind="markdown")
    hits = [Hit(passage, 1 / rank) for rank, passage in enumerate(split(document), 1)]
    return answer(question, hits, None, None, Asking(threshold=0.0))


@pytest.mark.parametrize("mark", ["{}. ", "1. "])
def test_steps_are_shown_from_the_first_to_the_last(mark: str) -> None:
    steps = "\n".join(mark.format(number) + step for number, step in enumerate(STEPS, 1))
    found = asked("how do I enter the path of a page to purge", CACHE.format(steps=steps))
    assert found.citations[0].quote == f"To take one page out of the cache:\n\n{steps}"


def test_of_many_steps_those_up_to_the_one_that_answers_are_shown() -> None:
    many = [*STEPS, *(f"Look at page {number} of the list, which may be old as well. " * 4 for number in range(30))]
    steps = "\n".join(f"{number}. {step.strip()}" for number, step in enumerate(many, 1))
    found = asked("how do I enter the path of a page to purge", CACHE.format(steps=steps))
    assert found.citations[0].quote.startswith("To take one page out of the cache:\n\n1. Log in")
    assert "Enter the full path" in found.citations[0].quote
    assert len(found.citations[0].quote) < 1800


def test_the_best_comes_with_all_steps_and_others_while_there_is_room() -> None:
    text = "\n".join(f"{number}. {'Wait for the light to go out again. ' * 8}" for number in range(1, 9))
    passage = split(Document("notes", "a.md", text, "a", kind="markdown"))[0]
    first = Piece(passage, 1, 1.0, 300, 600, ("list",), "", 0, 1200)
    second = Piece(passage, 1, 1.0, 1500, 1800, ("list",), "", 1210, 2400)
    third = Piece(passage, 1, 1.0, 2450, 2500, ("list",), "", 2410, 2500)
    made = completed([first, second, third], [first, second, third], [3.0, 2.0, 1.0], 1000, practical=True)
    assert [(one.start, one.end) for one in made] == [(0, 1200), (1500, 1800), (2410, 2500)]


def test_steps_that_are_told_in_paragraphs_are_one() -> None:
    found = asked("how do I turn off a workflow", TOLD)
    assert found.citations[0].quote == TOLD[TOLD.index("First,") : TOLD.index("\n\nI learned")]


def test_a_paragraph_that_goes_on_with_nothing_is_no_step() -> None:
    text = "First, the hut was built by Ann.\n\nIt is blue.\n\nThe roof is of slate.\n\nThen came the war."
    found = asked("Who built the hut?", text)
    assert found.citations[0].quote == "First, the hut was built by Ann."
