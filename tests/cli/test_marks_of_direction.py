"""Marks of direction that programs put into texts do not show on a screen; what turns a text round does."""

import json

from rag.terminal import escaped, line, safe


def test_marks_of_direction_are_not_shown() -> None:
    written = "\u200eAnn\u200f: \u202a+49 40 1\u202c \u2066today\u2069\u061c"
    assert safe(written) == line(written) == "Ann: +49 40 1 today"
    assert json.loads(escaped(json.dumps(written, ensure_ascii=False))) == written
    assert safe("a\u202eb") == "a\ufffdb"
    assert safe("\x1b[2J") == "\ufffd[2J"
