"""PDF: the letters of fonts that name none, as TeX's bitmap fonts; accents and bullets that stand apart."""

import pytest
from test_pdf_kinds import raw
from test_sources_pdf import read


def bitmap(*lines: bytes) -> bytes:
    """A page in a font of drawings that are called a27, a28, … as pdfTeX writes it: no code has a meaning."""
    codes = sorted(set(b"".join(lines)))
    drawing = "50 0 0 0 40 60 d1 0 0 40 60 re f"
    glyphs = "".join(f"/a{code} 7 0 R" for code in codes)
    differences = "".join(f" {code}/a{code}" for code in codes)
    font = (
        "<</Type/Font/Subtype/Type3/FontBBox[0 0 40 60]/FontMatrix[.01 0 0 .01 0 0]"
        f"/FirstChar 0/LastChar 255/Widths[{'50 ' * 256}]/CharProcs<<{glyphs}>>"
        f"/Encoding<</Type/Encoding/Differences[{differences}]>>/Resources<<>>>>"
    )
    shown = "".join(f"BT /F2 10 Tf 60 {700 - 14 * i} Td <{line.hex()}> Tj ET\n" for i, line in enumerate(lines))
    more = (font, f"<</Length {len(drawing)}>>\nstream\n{drawing}\nendstream")
    data = raw(shown, more)
    return data.replace(b"/Font<</F1 4 0 R>>", b"/Font<</F2 6 0 R>>")  # as long as it was


@pytest.mark.parametrize(
    ("written", "said"),
    [  # the codes are those of the tables of TeX's encodings T1 ("Cork") and OT1
        (b"The \x1crst o\x1ece of Stu\x1b & Co. needs an e\x1bort.",
         "The first office of Stuff & Co. needs an effort."),
        (b"Wa\x1fes \x1dow \x15 \x10as it \x1cts\x11, Stra\xffe, \x8aod\xb9, c\xf7ur.",
         "Waffles flow – “as it fits”, Straße, Łodź, cœur."),
        (b"The \x0crst o\x0ece of Stu\x0b & Co., pages 3{5, needs an e\x0bort.",
         "The first office of Stuff & Co., pages 3–5, needs an effort."),
        (b"Wa\x0fes: \\as it \x0cts\", Stra\x19e, M\x7fuller, na\x7f\x10ve, fa\x18cade.",
         "Waffles: “as it fits”, Straße, Müller, naïve, façade."),
    ],
)  # fmt: skip
def test_letters_of_a_font_without_names_are_those_of_tex(written: bytes, said: str) -> None:
    assert read(bitmap(written)).text == said


def test_a_ligature_that_begins_a_line_is_kept() -> None:
    assert read(bitmap(b"It is not easy to say what is", b"\x1cnal and what is \x1bnot, in an o\x1ece.")).text.endswith(
        "what is final and what is ffnot, in an office."
    )


def test_accents_that_were_drawn_before_their_letters_stand_on_them() -> None:
    assert read(raw("BT /F1 11 Tf 60 700 Td (M\\250uller and fa\\270cade, 5 \\264, a`b.) Tj ET\n")).text == (
        "Müller and façade, 5 ´, a`b."
    )


def test_where_no_ligature_tells_that_tex_wrote_it_nothing_is_changed() -> None:
    assert "Stra\xffe" in read(bitmap(b"Stra\xffe und Weg")).text
