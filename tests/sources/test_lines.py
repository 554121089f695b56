"""The line of a file at which a passage stands, whatever the file is written in."""

from pathlib import Path

import pytest

from rag.app.locate import line_of
from rag.sources.formats import kind_of, reader

MAILS = """From a@b Tue Jan 14 09:12:44 2025
From: Ann <ann@a.example>
Subject: goat
Message-ID: <1@a>

The goat ate the map of the county on Monday evening.

From a@b Tue Jan 14 10:12:44 2025
From: Bo <bo@b.example>
Subject: Re: goat
Message-ID: <2@b>
In-Reply-To: <1@a>

It was the sheep that did it, all of them together.

-----Original Message-----
From: Ann
Sent: Tuesday
To: Bo
Subject: goat

The goat ate the map of the county on Monday evening.
"""
PAGE = "<html>\n<body>\n<p>One&nbsp;word\n<p>The b\xe4ker sells <b>rye\nbread</b> at noon.\n<td>"


@pytest.mark.parametrize(
    ("name", "data", "words", "line"),
    [
        ("box.mbox", MAILS.encode(), "The goat ate", 6),
        ("box.mbox", MAILS.encode(), "It was the sheep", 14),
        ("a.txt", "Caf\xe9\n\nThe b\xe4ker sells bread.\n".encode("latin-1"), "The b", 3),
        ("a.txt", "Caf\xe9\n\nThe b\xe4ker sells bread.\n".encode("utf-16"), "The b", 3),
        ("a.txt", b"A page ends here.\x0c\nThe next page begins.\n", "The next", 2),
        ("a.html", PAGE.encode(), "The b", 4),
        ("a.html", f'<meta charset="iso-8859-1">{PAGE}'.encode("latin-1"), "The b", 4),
    ],
)
def test_a_line_is_told_where_it_is_true(tmp_path: Path, name: str, data: bytes, words: str, line: int) -> None:
    path = tmp_path / name
    path.write_bytes(data)
    found = [one for one in reader(kind_of(name) or "text")(data, name, "s") if words in one.text]
    assert line_of(path, found[0], found[0].text.index(words))[0] == line
