"""What speaks as a question expects answers it: a default, what does instead, what is done if something goes wrong."""

from __future__ import annotations

import pytest

from rag import chunking, models
from rag.ask import answer, expected
from rag.types import Document, Hit

SOUP = """# Harbour soup

This is the soup of the harbour of my town, as my aunt makes it, who learned it from hers. Every soup there is a little
different, and nobody agrees about the fish. It is a soup for cold evenings.

- Time: 45 min
- Servings: 4

## Ingredients

- 1 kg fish, what there is
- 500 g mussels
- 2 onions and a fennel
- 4 tomatoes, or a tin of them
- 1 litre stock

## Steps

1. Cut the onions and the fennel into pieces that are not too small and fry them slowly in oil, until they are glassy.
2. Add the tomatoes, the stock and the salt, and a glass of white wine with it, whatever is open at the time.
3. Cook all of that for 20 minutes and stir the soup now and then, since the tomatoes like to stick to the ground.
4. Add the fish and the mussels, and cook the soup for 8 minutes more; mussels that stay closed are thrown away.
5. If there is too much salt in it, put a peeled potato in for a while.
6. Put parsley on it, and serve it with white bread and butter in deep plates.
7. (Optional) For leftovers, boil rice in what is left of the soup, and bake it with cheese.

## Note

- For a vegetarian soup, you can replace the fish with white beans and seaweed.
- It can be made the day before, and it is better then.
"""

AHEAD = """# Pages

## The cache

To see how large the readahead is:

```
$ pagetool get readahead
```

To set how large the readahead is for now:

```
# pagetool set readahead=10
```

How far ahead the machine reads is told by this number. It is between 0 and 100, the default is 60. The more
there are, the more is taken from what runs beside it, and the fewer, the more is read from the disk.
"""


def first(question: str, text: str, title: str) -> str:
    document = Document("docs", "a.md", text, title=title, kind="markdown")
    hits = [Hit(passage, 1 - rank / 10) for rank, passage in enumerate(chunking.split(document, 1600))]
    result = answer(question, hits, None, models.embedder("minilm"))
    return (result.citations or result.nearest)[0].quote


@pytest.mark.parametrize(
    ("question", "step"),
    [
        ("leftover harbour soup, what can i turn it into", "7. (Optional) For leftovers, boil rice"),
        ("what if there is too much salt in my harbour soup", "5. If there is too much salt in it"),
        ("harbour soup without fish and mussels", "- For a vegetarian soup, you can replace"),
    ],
)
def test_the_step_or_note_for_it_is_shown_and_not_what_the_recipe_begins_with(question: str, step: str) -> None:
    found = first(question, SOUP, "Harbour soup")
    assert step in found
    assert "my aunt" not in found


def test_a_default_is_shown_and_not_how_to_set_another() -> None:
    assert "the default is 60" in first("what is readahead set to normally", AHEAD, "Pages")


@pytest.mark.parametrize(
    "question",
    [
        "how do i make soup",
        "is it too late?",
        "wann findet das Treffen statt?",
        "keep the proxy from failing instead of restarting",
    ],
)
def test_of_most_questions_nothing_is_expected(question: str) -> None:
    assert expected.ways(question) == []
