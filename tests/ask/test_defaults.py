"""What holds where nothing is said: told where a text says so of the thing that was asked for, and nothing else is."""

from __future__ import annotations

import pytest

from rag import chunking
from rag.ask import answer, defaults
from rag.types import Document, Hit

COPY = """A block size may be given with `bs`. If your block size is, say, 1 MiB, the last block is read whole.

Defaults to 512 bytes, which is the block size of old drives."""
CONFIG = """# Settings

#### `save-delay`

* Default: 5
* Type: Number

Seconds to wait before a save.

#### `save-limit`

* Default: 20
* Type: Number

The most saves that are kept."""


def told(question: str, text: str, title: str) -> str:
    """The fact above the excerpts; "" if there is none."""
    hits = [Hit(passage, 1.0) for passage in chunking.split(Document("notes", "a", text, title=title, kind="markdown"))]
    found = answer(question, hits)
    return found.text if found.trace["style"] == "fact" else ""


@pytest.mark.parametrize(
    ("question", "text", "title", "expected"),
    [
        ("what block size does copy take if you dont give one", COPY, "copy", "512 bytes"),
        ("what is the block size out of the box", COPY, "copy", "512 bytes"),
        ("save-limit default", CONFIG, "Settings", "20"),
        ("which hash is used for prints if i don't say any", "- -E hash\n  The default hash is “sha256”.", "prints",
         "sha256"),
        ("how many lines does it print by default", "It prints N lines; N defaults to 10 if not given.", "head", "10"),
        ("how wide are columns by default", "--width=NUM\n  columns are at most NUM (default 130) wide.", "diff", ""),
        ("how many columns by default", "--width=NUM\n  at most NUM (default 130) columns.", "diff", "130"),
        ("what level is used for xz by default", "The level of xz (default is 9 for gzip, 6 for xz).", "pack", ""),
        ("how many retries by default", "We saw 3 retries on that day, and nobody knows why.", "log", ""),
    ],
)  # fmt: skip
def test_a_default_is_what_holds_where_nothing_is_said(question: str, text: str, title: str, expected: str) -> None:
    assert told(question, text, title) == expected


@pytest.mark.parametrize(
    "text",
    [
        "If the block size of copy is, say, 4 MiB, less is read.",
        "With a block size of copy of, for example, 4 MiB less is read.",
        "Suppose that the block size of copy is 4 MiB.",
    ],
)
def test_what_is_only_thought_of_is_no_fact(text: str) -> None:
    assert told("how big is the block size of copy", text, "copy") == ""
    assert told("how big is the block size of copy", "The block size of copy is 4 MiB.", "copy") == "4 MiB"


@pytest.mark.parametrize(
    ("question", "strict"),
    [
        ("what if i don't set anything, which port", True),
        ("which port does it take unless i say otherwise", True),
        ("which port is taken when none is given", True),
        ("what is the default gateway", False),
        ("what is it set to normally", False),
    ],
)
def test_a_question_for_a_default_is_known_by_how_it_is_put(question: str, strict: bool) -> None:
    assert defaults.only(question) is strict
    assert defaults.asks(question)


def test_a_question_for_something_that_one_gives_is_none() -> None:
    assert not defaults.asks("what happens if i give no notice to the landlord in time")
