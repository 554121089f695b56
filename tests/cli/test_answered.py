"""How an excerpt is set for people: its words, and of what has none the names of its pictures."""

from __future__ import annotations

import pytest

from rag.ask import to_json
from rag.cli.answered import excerpt, show
from rag.types import Answer, Citation, Document, Passage


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ('<img src="/assets/bird.png" width="9">', ["[picture: bird.png]"]),
        ('<div class="cap"><IMG alt="A small bird" src="b.png"></div>', ["[picture: A small bird]"]),
        ("![A screenshot](https://example.org/y.png)", ["[picture: A screenshot]"]),
        ("[![](https://example.org/z.png)](https://example.org)", ["[picture: z.png]"]),
        ("</div>", []),
        ("A <b>bold</b> word.", ["A bold word."]),
        ('<pre><code class="cmd bash">git pull &amp;&amp; make</code></pre>', ["git pull && make"]),
        ('- <input type="checkbox" class="toc"> `x` &lt;formats...&gt;', ["-  `x` <formats...>"]),
        ("Type `x` <source> and <title>.", ["Type `x` <source> and <title>."]),
        ("<summary>More</summary> of it", ["More of it"]),
        ("Since 2015-10-13\\. It \\*may\\*.", ["Since 2015-10-13. It *may*."]),
        ("<td>Point of contact<br>Ann</td>", ["Point of contact Ann"]),
        ("Write `<b>` and `&lt;` for List<String>, <file>.", ["Write `<b>` and `&lt;` for List<String>, <file>."]),
        ("a < b and c > d", ["a < b and c > d"]),
    ],
)
def test_markup_without_words_is_not_shown(line: str, expected: list[str]) -> None:
    assert [one.strip() for one in excerpt({"quote": line, "start": 0, "kind": "markdown"})] == expected


def test_markup_stays_where_it_is_the_text() -> None:
    code = "```html\n<div>\n```"
    assert [one.strip() for one in excerpt({"quote": code, "start": 0, "kind": "markdown"})] == code.split("\n")
    assert [one.strip() for one in excerpt({"quote": "<div>", "start": 0, "kind": "text"})] == ["<div>"]


LISTING = "# Backup\n\nRun this:\n\n```sh\nmount /backup\ncp -a /home /backup\numount /backup\n```\n\nThen rest.\n"


@pytest.mark.parametrize(
    ("first", "last", "shown"),
    [
        ("cp", "/backup\numount", ["```sh", "cp -a /home /backup", "umount", "```"]),  # within: as code with its fences
        ("cp", "Then rest.", ["```sh", "cp -a /home /backup", "umount /backup", "```", "", "Then rest."]),
        ("Run", "mount /backup", ["Run this:", "", "```sh", "mount /backup", "```"]),
        ("Run", "Then rest.", LISTING.split("\n")[2:-1]),
        ("Then", "rest.", ["Then rest."]),
    ],
)
def test_a_listing_that_is_cut_has_its_fences(first: str, last: str, shown: list[str]) -> None:
    start = LISTING.index(first)
    end = LISTING.index(last, start) + len(last)
    passage = Passage(Document("s", "a.md", LISTING, "Backup", kind="markdown"), 0, len(LISTING), LISTING, "")
    given = Answer("how?", "", True, (Citation(passage, LISTING[start:end], start, end),), (), "none", {}, {})
    [one] = to_json(given)["citations"]
    assert [line.strip() for line in excerpt(one)] == shown


def test_the_address_of_a_page_stands_once_below_its_excerpts(capsys: pytest.CaptureFixture[str]) -> None:
    def cited(key: str, quote: str, url: str) -> Citation:
        return Citation(Passage(Document("s", key, quote, "", url), 0, len(quote), quote, ""), quote, 0, len(quote))

    of = [
        cited("a", "One.", "https://a.org"),
        cited("a", "Two.", "https://a.org"),
        cited("b", "Three.", "https://b.org"),
    ]
    show(to_json(Answer("how?", "One.", True, tuple(of), (), "none", {}, {})))
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines.count("https://a.org") == lines.count("https://b.org") == 1
    assert lines.index("https://a.org") == lines.index("Two.") + 1
