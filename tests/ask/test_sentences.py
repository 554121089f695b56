"""Text to sentences: every span is where it says it is, nothing overlaps, no word of prose is lost."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.sentences import LONGEST, open_fence, spans

MESSY = st.text(alphabet="ab Z19.!?…。-*#>|`~\"'()\\\n\r\t\0é😀א", max_size=300)


def units(text: str, kind: str = "markdown", fenced: bool = False) -> list[str]:
    return [text[span.start : span.end] for span in spans(text, kind, fenced)]


@given(st.one_of(MESSY, st.text(max_size=300)), st.sampled_from(["text", "markdown", "code"]), st.booleans())
def test_spans_are_in_order_and_without_space_at_their_ends(text: str, kind: str, fenced: bool) -> None:
    end = 0
    for span in spans(text, kind, fenced):
        quote = text[span.start : span.end]
        assert end <= span.start < span.end <= len(text)
        assert quote == quote.strip()
        assert re.search(r"[^\W_]", quote)
        assert len(quote) <= LONGEST
        end = span.end


@given(st.text(alphabet="abZ 19.!?,\n", max_size=300))
def test_no_word_of_plain_text_is_lost(text: str) -> None:
    text = re.sub(r"(?m)^(\s*)\d+\.", r"\1n", text)  # a number with a dot begins a list item, and is its marker
    assert "".join(re.findall(r"\w", "".join(units(text)))) == "".join(re.findall(r"\w", text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Dr. Smith met Mr. J. R. Jones. He left.", ["Dr. Smith met Mr. J. R. Jones.", "He left."]),
        (
            "It costs 3.5 dollars, e.g. in the U.S. Army. Fine.",
            ["It costs 3.5 dollars, e.g. in the U.S. Army.", "Fine."],
        ),
        ("He went to the U.S. The end.", ["He went to the U.S.", "The end."]),
        ('She said "No." Then "Yes!" he said.', ['She said "No."', 'Then "Yes!" he said.']),
        ("これは一つ。これは二つ。", ["これは一つ。", "これは二つ。"]),
        ("Soft\nwrapped line. Next\nline.", ["Soft\nwrapped line.", "Next\nline."]),
        ("Windows\r\nlines. Two.\r\n\r\nThree.", ["Windows\r\nlines.", "Two.", "Three."]),
        ("שלום עולם. זה משפט.", ["שלום עולם.", "זה משפט."]),
        ("- one. And more\n- two\n  goes on\n\n1. three", ["one. And more", "two\n  goes on", "three"]),
        ("# Title\n\nText.\n\n---\n\n> Quoted.", ["Text.", "Quoted."]),
        ("| a | b |\n|---|:--|\n| 1 | 2 |", ["| a | b |", "| 1 | 2 |"]),
        ("Run:\n```sh\nls -l\n\n  cd x  # a. b\n```\nDone.", ["Run:", "ls -l", "cd x  # a. b", "Done."]),
        ("````\n```\nx = 1\n````\nAfter.", ["x = 1", "After."]),
        ("![image](a.png)\n\nText.", ["Text."]),
        ("", []),
        (" \n\t\n", []),
        ("... --- ***", []),
        ("We met on 9.11. Ann came. It was 3.5. Bo left.", ["We met on 9.11. Ann came.", "It was 3.5.", "Bo left."]),
        ("Am 2. Juni kam sie. Der 3. Absatz gilt.", ["Am 2. Juni kam sie.", "Der 3. Absatz gilt."]),
        ("See No. 5 and p. 4. No. Go.", ["See No. 5 and p. 4.", "No.", "Go."]),
        ("Das ist z. B. Holz, Nr. 7. Ende.", ["Das ist z. B. Holz, Nr. 7.", "Ende."]),
        ("Mme. Petit vit av. 1900. Fin.", ["Mme. Petit vit av. 1900.", "Fin."]),
        ("I am 42. My son sat. We ate.", ["I am 42.", "My son sat.", "We ate."]),
        ("Use Python 3.11. Run it at 5 p.m. Then rest.", ["Use Python 3.11.", "Run it at 5 p.m.", "Then rest."]),
        ("9.11.  Garlic. Rain.\n13.12. Snow.", ["9.11.  Garlic. Rain.", "13.12. Snow."]),
        ("May 21. Tower. Bells.\nJune 14 Rain. Sun.", ["May 21. Tower. Bells.", "June 14 Rain. Sun."]),
        ("Mar 28  Rain\nApr 3rd: Sun\nMon 5th - Hail", ["Mar 28  Rain", "Apr 3rd: Sun", "Mon 5th - Hail"]),
    ],
)
def test_units(text: str, expected: list[str]) -> None:
    assert units(text) == expected


def test_every_line_of_code_is_a_unit() -> None:
    assert units("def f():\n    # One. Two.\n\n    return 1\n", "code") == ["def f():", "# One. Two.", "return 1"]


def test_a_passage_from_the_middle_of_a_code_block() -> None:
    document = "Text.\n\n```\na = 1\nb = 2\n```\n\nMore. End."
    at = document.index("b = 2")
    assert open_fence(document[:at])
    assert units(document[at:], fenced=True) == ["b = 2", "More.", "End."]
    assert not open_fence(document)


def test_fences_within_items_and_quotations_leave_none_open() -> None:
    assert not open_fence("* As here:\n\n    ```bash\n    npm install\n   ```\n\nText.\n")
    assert open_fence("* As here:\n\n    ```bash\n    npm install\n")
    assert open_fence("```markdown\n    ```\n    shown\n")
    assert not open_fence("> ```javascript\n> let a\n\nText.\n\n```bash\nls\n```\n")
    assert not open_fence("``` all of it in one line ```\nText.\n")


def test_a_line_without_an_end_is_cut() -> None:
    quotes = units("word " * 10_000)
    assert max(map(len, quotes)) <= LONGEST
    assert sum(quote.count("word") for quote in quotes) == 10_000
    assert len(units("x" * 50_000)) == -(-50_000 // LONGEST)
