"""How an excerpt is set for people: its words, and of what has none the names of its pictures."""

from __future__ import annotations

import pytest

from rag.cli.answered import excerpt


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('<img src="/assets/bird.png" width="9">', ["[picture: bird.png]"]),
        ('<div class="cap"><IMG alt="A small bird" src="b.png"></div>', ["[picture: A small bird]"]),
        ("![A screenshot](https://example.org/y.png)", ["[picture: A screenshot]"]),
        ("[![](https://example.org/z.png)](https://example.org)", ["[picture: z.png]"]),
        ("</div>", []),
        ("A <b>bold</b> word.", ["A <b>bold</b> word."]),
        ("a < b and c > d", ["a < b and c > d"]),
    ],
)
def test_markup_without_words_is_not_shown(line: str, expected: list[str]) -> None:
    assert [one.strip() for one in excerpt({"quote": line, "start": 0, "kind": "markdown"})] == expected


def test_markup_stays_where_it_is_the_text() -> None:
    code = "```html\n<div>\n```"
    assert [one.strip() for one in excerpt({"quote": code, "start": 0, "kind": "markdown"})] == code.split("\n")
    assert [one.strip() for one in excerpt({"quote": "<div>", "start": 0, "kind": "text"})] == ["<div>"]
