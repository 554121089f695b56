"""Options of commands: the item that says what one does is shown, in whatever case it was asked for."""

from __future__ import annotations

from rag import chunking
from rag.ask import answer
from rag.types import Document, Hit

LIST = """# {name}(1)

## NAME

{name} - list what is in folders

## SYNOPSIS

{name} [OPTION]... [FILE]...

## DESCRIPTION

List information about what {name} is given.

- -a, --all
  do not ignore entries starting with a point, so that those are listed, too, which are kept for settings
  and which nobody wants to see day by day; with -A the folder itself and the one above it are left out

- -c
  sort by the time of the last change of what is known of a file, newest first, and show it, where a long list is asked
  for besides

- -r, --reverse
  reverse order while sorting

  Other orders stay as they are.

- -s, --size
  print the size of each file, in blocks

- -S
  sort by size, largest first

## SEE ALSO

what does {name} not do: {name}dir(1)
"""


def shown(question: str, *names: str, found: int = 100) -> list[str]:
    documents = [Document("man", f"{name}.1.gz", LIST.format(name=name), title=name, kind="markdown") for name in names]
    passages = [one for document in documents for one in chunking.split(document, 120)[:found]]
    return [one.quote for one in answer(question, [Hit(one, 1 - i / 10) for i, one in enumerate(passages)]).citations]


def test_an_option_is_told_by_its_item_and_its_case_is_seen() -> None:
    assert shown("what does ls -S do", "ls")[0].endswith("- -S\n  sort by size, largest first")
    assert "- -s, --size\n  print the size" in shown("ls -s", "ls")[0]
    assert "reverse order" in shown("ls --reverse meaning", "ls")[0]


def test_an_item_that_was_not_found_is_looked_for_in_the_document_that_is_named() -> None:
    hits = shown("what does vdir -r do", "ls", "vdir", found=2)
    assert hits[0] == "- -r, --reverse\n  reverse order while sorting\n\n  Other orders stay as they are."


SET_APART = """# stop

## SYNOPSIS

```
stop [-- <args>]
```

## SEE ALSO

stop(1), what does a stop package do: stopping(7)

## AUTHOR

Whoever wrote all of this lives in a small house by the sea and has asked to be named nowhere but here, at length.

## DESCRIPTION

Runs what a package has under that name among its scripts, if it has one at all.
"""


def test_a_synopsis_and_what_is_referred_to_do_not_say_what_a_command_does() -> None:
    document = Document("man", "stop.md", SET_APART, title="stop", kind="markdown")
    hits = [Hit(one, 1 - i / 100) for i, one in enumerate(reversed(list(chunking.split(document, 100))))]
    quotes = [one.quote for one in answer("what does stop do to a package", hits).citations]
    assert quotes[0].startswith("Runs what")
    assert not any("stopping" in one for one in quotes)
