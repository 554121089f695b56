"""What a page says twice is read once: contents made of headings, lines that say only when and by whom."""

from __future__ import annotations

from pathlib import Path

import pytest
from told import read, text

from rag.app.locate import line_of

HEAD = '<head><title>Flags</title><meta name="author" content="Liv Moe"><meta name="date" content="2024-08-18"></head>'
ENTRIES = '<h2><a href="f.html#red">1 Why red?</a></h2>\n<h2><a href="#black">2 Why black?</a></h2>'
SECTIONS = "<h3>1 Why red?</h3><p>Blood.</p><h3>2 Why black?</h3><p>Night.</p>"


def test_contents_made_of_headings_hold_no_section() -> None:
    ((document,), left) = read("html", f"<html>{HEAD}<body><h1>Flags</h1>{ENTRIES}{SECTIONS}</body></html>")
    assert document.text == "# Flags\n\n### 1 Why red?\n\nBlood.\n\n### 2 Why black?\n\nNight."
    assert ("tables of contents", "1 Why red? · 2 Why black?") in left


@pytest.mark.parametrize(
    "body",
    [
        '<h2><a href="#x">One</a></h2><p>Text.</p><h2><a href="#y">Two</a></h2><p>More.</p>',  # with text below each
        '<h2><a href="/x">One</a></h2><h2><a href="/y">Two</a></h2><p>Text.</p>',  # other pages, said nowhere else
    ],
)
def test_headings_that_are_links_are_headings(body: str) -> None:
    assert "## One" in text("html", f"<html>{HEAD}<body><h1>Flags</h1>{body}</body></html>")


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ('<p class="date">2024-08-18</p>', False),
        ("<p>By Liv Moe, 18 August 2024 · 4 min read</p>", False),
        ("<time>August 18, 2024</time>", False),
        ("<p>2024-08-19</p>", True),
        ("<p>The flag of 18 August 2024 was red.</p>", True),
        ("<p>On <time>2024-08-18</time> it rained.</p>", True),
    ],
)
def test_a_line_that_the_head_says_too_is_no_text(line: str, kept: bool) -> None:
    said = text("html", f"<html>{HEAD}<body><article><h1>Flags</h1>{line}<p>Blood.</p></article></body></html>")
    assert (said != "# Flags\n\nBlood.") == kept


def test_the_line_of_a_long_paragraph_is_told_unless_it_is_most_of_the_page(tmp_path: Path) -> None:
    long = " ".join(f"word{number}" for number in range(200))
    for others, line in ((["<p>Much else.</p>"] * 900, 902), ([], 0)):
        page = tmp_path / "page.html"
        page.write_text("\n".join(["<h1>Flags</h1>", *others, f"<p>{long}</p>"]), encoding="utf-8")
        ((document,), _) = read("html", page.read_text(encoding="utf-8"))
        document = type(document)(document.source, "page.html", document.text, kind="markdown")
        assert line_of(page, document, document.text.index("word0"))[0] == line
