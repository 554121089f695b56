"""Blocks of code in a row: of a collection each stands for itself, what leads to several leads to all."""

from __future__ import annotations

from rag import chunking, models
from rag.ask import answer
from rag.ask.joined import joined
from rag.ask.pieces import pieces
from rag.blocks import blocks, groups
from rag.types import Document, Hit

NOTES = """# Shell

## Code

```bash
# Check if a command is in PATH
found=$(command -v "$1") || exit 1
```

```bash
# Check if a file does not exist
if [ ! -f ~/file.txt ]; then
    echo "no file"
fi
```

```bash
# Write output to a file
ls > output.txt
```

```bash
# Check if no arguments were passed
if [ $# -eq 0 ]; then exit; fi
```
"""
LED = """Make the key and copy it:

```sh
# Make the key
ssh-keygen
```

```sh
# Copy it to the server
ssh-copy-id host
```
"""
PRINTS = "```sh\ncurl example.org\n```\n\n```\n<html>\n```\n"


def test_only_the_block_that_does_what_was_asked_is_shown() -> None:
    embedder = models.embedder("minilm")
    hits = [Hit(one, 1.0) for one in chunking.split(Document("notes", "shell.md", NOTES, kind="markdown"))]
    told = answer("how do i check in bash if a file does not exist", hits, embedder=embedder)
    assert "if [ ! -f" in told.citations[0].quote
    assert "output.txt" not in told.citations[0].quote
    assert told.citations[0].quote.startswith("```bash")
    assert told.citations[0].quote.endswith("```")


def test_what_stands_between_two_blocks_is_not_shown_with_them() -> None:
    every = pieces([Hit(one, 1.0) for one in chunking.split(Document("notes", "shell.md", NOTES, kind="markdown"))])
    first, *_, last = [one for one in every if one.kinds == ("code",)]
    shown = [one.quote for one in joined([first, last], 0, between=1000)]
    assert len(shown) == 2
    assert not any("output.txt" in one for one in shown)


def test_what_is_led_to_and_what_is_printed_stay_together() -> None:
    for text, several in ((LED, False), (PRINTS, False), (NOTES.partition("## Code\n\n")[2], True)):
        assert (len(groups(text, blocks(text, "markdown"))) > 1) == several
