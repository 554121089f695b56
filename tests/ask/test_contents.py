"""A table of contents leads to what answers, and is not it."""

from __future__ import annotations

from rag import chunking
from rag.ask import answer
from rag.types import Document, Hit

CONTENTS = """# Notes

* [Focus The Address Bar](chrome/focus-the-address-bar.md)
* [Switch Chrome To Another View](chrome/toggle-device-mode.md)
* [Copy Table Contents (all rows)](postgres/copy-rows.md "copy")
"""

NOTE = """# Toggle Device Mode

Device mode shows a page in the mobile view. With the developer tools open, hit `Cmd+Shift+M` to enter it.
"""

LINKS = """# Reading

* [Switch Chrome To Mobile View With A Keyboard Shortcut](https://a.example/mobile)
* [Focus The Address Bar](https://a.example/focus)
"""


def shown(*texts: str) -> list[str]:
    """What is shown from hits that hold one text each, best first."""
    hits = []
    for i, text in enumerate(texts):
        document = Document("docs", f"{i}.md", text, title=text.partition("\n")[0].removeprefix("# "), kind="markdown")
        hits += [Hit(passage, 0.9 - i / 100) for passage in chunking.split(document, 1600)]
    found = answer("keyboard shortcut to switch chrome to mobile view", hits)
    return [citation.quote for citation in (*found.citations, *found.nearest)]


def test_a_note_goes_before_the_list_of_links_that_names_it() -> None:
    assert "`Cmd+Shift+M`" in shown(CONTENTS, NOTE)[0]


def test_a_list_of_links_to_elsewhere_may_answer() -> None:
    assert "https://a.example/mobile" in shown(LINKS)[0]
