"""Subtitles with several speakers: a paragraph for each who speaks, whatever way the file says who does."""

from __future__ import annotations

from pathlib import Path

import pytest
from told import read, text

from rag.app.locate import line_of
from rag.types import Document


def cues(*lines: str, gap: float = 0) -> str:
    """A WebVTT file: one cue a text, two seconds each."""
    made = ["WEBVTT\n"]
    for number, line in enumerate(lines):
        start = number * (2 + gap)
        made.append(f"00:{start:06.3f} --> 00:{start + 2:06.3f}\n{line}\n")
    return "\n".join(made)


SPOKEN = [
    "Rosa: Good evening. Bo,\nhow is the rye?",
    "Rosa: I mean the new one.",
    "Bo: Sour: as it\nshould be.",
    "So good.",
]
TURNS = "Rosa: Good evening. Bo, how is the rye? I mean the new one.\n\nBo: Sour: as it should be. So good."
WAYS = {
    "names": SPOKEN,
    "voices": [line.replace("Rosa: ", "<v Rosa>").replace("Bo: ", "<v.loud Bo>") for line in SPOKEN],
    "times inside": [line.replace(": ", ":<00:00:01.000><c> ", 1) + "</c>" for line in SPOKEN[:3]] + SPOKEN[3:],
    "arrows": [SPOKEN[0], SPOKEN[1], ">> " + SPOKEN[2], SPOKEN[3]],
}


@pytest.mark.parametrize("way", WAYS)
def test_each_who_speaks_has_a_paragraph(way: str) -> None:
    assert text("subtitles", cues(*WAYS[way])) == TURNS


def test_dashes_begin_another_turn() -> None:
    assert text("subtitles", cues("- Is it far?\n- Not at all.", "Come on.", "– Wait!")) == (
        "- Is it far?\n\n- Not at all. Come on.\n\n– Wait!"
    )


def test_who_speaks_on_after_a_pause_is_said_again() -> None:
    said = text("subtitles", cues("Rosa: One.", "Rosa: Two.", "Three.", gap=9))
    assert said == "Rosa: One.\n\nRosa: Two.\n\nRosa: Three."


def test_a_colon_makes_no_name() -> None:
    said = "Remember: salt first. Then: water."
    assert text("subtitles", cues(said, "Remember: no sugar.", "Remember: no sugar, please.")) == (
        f"{said} Remember: no sugar. Remember: no sugar, please."
    )


def test_a_quote_has_its_line_in_the_file(tmp_path: Path) -> None:
    for way, lines in WAYS.items():
        file = tmp_path / "talk.vtt"
        file.write_text(written := cues(*lines))
        ((document,), _) = read("subtitles", written, "talk.vtt")
        at = document.text.index("Bo: Sour")
        line, _ = line_of(file, document, at)
        assert "Sour" in written.split("\n")[line - 1], way
        moved = Document("s", "talk.vtt", document.text, meta=document.meta)
        file.write_text("WEBVTT\n\nsomething else\n" * 9)
        assert line_of(file, moved, at)[0] == 0
