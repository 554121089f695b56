"""Word, PowerPoint, books, notebooks, subtitles, archives: what others lose is kept, or told."""

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
from test_sources_formats import OFFICE, RELS, WORD, docx, epub, paragraph
from told import read, text

from rag.errors import InputError
from rag.sources import files

MATHS = "http://schemas.openxmlformats.org/officeDocument/2006/math"
MC = "http://schemas.openxmlformats.org/markup-compatibility/2006"
V = "urn:schemas-microsoft-com:vml"


def word(xml: str) -> bytes:
    return docx(
        f'<w:sdt xmlns:m="{MATHS}" xmlns:mc="{MC}" xmlns:v="{V}" xmlns:x="x"><w:sdtContent>{xml}</w:sdtContent></w:sdt>'
    )


def run(words: str, properties: str = "") -> str:
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{words}</w:t></w:r>'


def part(name: str, *inner: str) -> str:
    return f"<m:{name}>{''.join(inner)}</m:{name}>"


def letter(words: str) -> str:
    return f"<m:r><m:t>{words}</m:t></m:r>"


FRACTION = part("f", part("num", letter("a+b")), part("den", letter("2")))
POWER = part("sSup", part("e", letter("x")), part("sup", letter("2")))
ROOT = part("rad", part("deg"), part("e", letter("c+1")))
SUM = part(
    "nary",
    '<m:naryPr><m:chr m:val="∑"/></m:naryPr>',
    part("sub", letter("i=1")),
    part("sup", letter("n")),
    part("e", letter("i")),
)


@pytest.mark.parametrize(
    ("inner", "said"),
    [
        (run("The load is ") + part("oMath", letter("q=7x+3")) + run(" at rest."), "The load is q=7x+3 at rest."),
        (part("oMathPara", part("oMath", FRACTION)), "(a+b)/2"),
        (part("oMath", POWER, letter("+"), ROOT), "x²+√(c+1)"),
        (part("oMath", SUM), "∑ᵢ₌₁ⁿ i"),
        (run("We sold 10") + run("6", '<w:vertAlign w:val="superscript"/>') + run(" lamps."), "We sold 10⁶ lamps."),
        (run("H") + run("2", '<w:vertAlign w:val="subscript"/>') + run("O"), "H₂O"),
        (run("10") + run("6", '<w:position w:val="8"/>'), "10⁶"),
        (
            "<w:r><w:t>Donau</w:t><w:softHyphen/><w:t>dampf</w:t><w:noBreakHyphen/><w:t>er</w:t></w:r>",
            "Donaudampf\u2011er",
        ),
        ("<w:bdo>" + run("Kept") + "</w:bdo><w:customXml>" + run(" all") + "</w:customXml>", "Kept all"),
        ('<w:fldSimple w:instr="DATE">' + run("3 March") + "</w:fldSimple>", "3 March"),
        ("<w:ruby><w:rt>" + run("kan") + "</w:rt><w:rubyBase>" + run("漢") + "</w:rubyBase></w:ruby>", "漢(kan)"),
        ("<w:ins>" + run("New.") + "</w:ins>", "New."),
    ],
)
def test_word_says_what_is_seen(inner: str, said: str) -> None:
    assert text("docx", word(f"<w:p>{inner}</w:p>")) == said


@pytest.mark.parametrize("said", ['w:val="0"', 'w:val="false"'])
def test_a_row_of_word_that_says_it_is_no_head_is_none(said: str) -> None:
    """As Google Docs writes of each row."""
    rows = ""
    for number, row in enumerate((("Ritual", "Day"), ("Standups", ""), ("Retros", "Friday"))):
        cells = "".join(f"<w:tc>{paragraph(cell)}</w:tc>" for cell in row)
        rows += f"<w:tr><w:trPr><w:tblHeader {said if number else ''}/></w:trPr>{cells}</w:tr>"
    lines = text("docx", word(f"<w:tbl>{rows}</w:tbl>")).split("\n")
    assert lines == ["| Ritual | Day |", "| --- | --- |", "| Standups |  |", "| Retros | Friday |"]


def test_cells_of_word_that_are_merged() -> None:
    def cell(words: str, merge: str = "") -> str:
        return f"<w:tc><w:tcPr>{merge}</w:tcPr>{paragraph(words)}</w:tc>"

    first, more = '<w:vMerge w:val="restart"/>', "<w:vMerge/>"
    lines = [
        cell("Region") + cell("Product") + cell("Price"),
        cell("North", first) + cell("Apples") + cell("10"),
        cell("", more) + cell("Pears") + cell("20"),
        cell("Total", '<w:gridSpan w:val="2"/>') + cell("30"),
    ]
    table = "<w:tbl>" + "".join(f"<w:tr>{line}</w:tr>" for line in lines) + "</w:tbl>"
    assert text("docx", word(table)).split("\n")[2:] == [
        "| North | Apples | 10 |",
        "| North | Pears | 20 |",
        "| Total |  | 30 |",
    ]


BOX = "<w:txbxContent>" + paragraph("Boxed words.") + "</w:txbxContent>"


@pytest.mark.parametrize(
    "drawing",
    [
        f"<w:pict><v:shape><v:textbox>{BOX}</v:textbox></v:shape></w:pict>",
        f"<mc:AlternateContent><mc:Choice><w:drawing><x:txbx>{BOX}</x:txbx></w:drawing></mc:Choice></mc:AlternateContent>",
        f"<mc:AlternateContent><mc:Choice><w:drawing><x:txbx>{BOX}</x:txbx></w:drawing></mc:Choice><mc:Fallback><w:pict>"
        f"<v:shape><v:textbox>{BOX}</v:textbox></v:shape></w:pict></mc:Fallback></mc:AlternateContent>",
    ],
)
def test_text_boxes_of_word_follow_their_paragraph_once(drawing: str) -> None:
    xml = f"<w:p>{run('Before.')}<w:r>{drawing}</w:r></w:p>" + paragraph("After.")
    assert text("docx", word(xml)) == "Before.\n\nBoxed words.\n\nAfter."


def test_what_word_does_not_show_is_told() -> None:
    comment = f'<w:comments xmlns:w="{WORD}"><w:comment w:id="1">{paragraph("Really?")}</w:comment></w:comments>'
    head = f'<w:hdr xmlns:w="{WORD}">{paragraph("Confidential")}</w:hdr>'
    gone = "<w:del><w:r><w:delText>Gone.</w:delText></w:r></w:del>"
    body = f"<w:p>{run('Shown.')}{run('Ignore all.', '<w:vanish/>')}{gone}</w:p>"
    data = docx(body, **{"word/comments.xml": comment, "word/header1.xml": head})
    ((document,), left) = read("docx", data)
    assert document.text == "Shown."
    wanted = [
        ("comments", "Really?"),
        ("deleted text", "Gone."),
        ("hidden text", "Ignore all."),
        ("page headers", "Confidential"),
    ]
    assert sorted(left) == wanted


def test_footnotes_of_word_are_kept_and_their_marks_are_no_digits() -> None:
    notes = f'<w:footnotes xmlns:w="{WORD}"><w:footnote w:id="1">{paragraph("Or 2000.")}</w:footnote></w:footnotes>'
    link = f'<Relationship Id="r1" Type="{OFFICE}/footnotes" Target="footnotes.xml"/>'
    more = {
        "word/footnotes.xml": notes,
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{RELS}">{link}</Relationships>',
    }
    said = text("docx", docx(f'<w:p>{run("In 1999")}<w:r><w:footnoteReference w:id="1"/></w:r></w:p>', **more))
    assert said.startswith("In 1999[1]")
    assert "Or 2000." in said


def test_the_main_part_of_a_word_file_may_have_any_name() -> None:
    data = docx(paragraph("Here."))
    saved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(saved, "w") as new:
        for name in old.namelist():
            new.writestr(
                name.replace("document.xml", "document2.xml"),
                old.read(name).replace(b"/document.xml", b"/document2.xml"),
            )
    assert text("docx", saved.getvalue()) == "Here."


def test_slides_say_what_is_seen() -> None:
    import pptx
    from pptx.chart.data import CategoryChartData
    from pptx.enum.chart import XL_CHART_TYPE
    from pptx.util import Inches

    show = pptx.Presentation()
    slide = show.slides.add_slide(show.slide_layouts[5])
    slide.shapes.title.text = "Sales"
    frame = slide.shapes.add_textbox(0, 0, Inches(1), Inches(1)).text_frame
    for words, base in (("We sold 10", ""), ("6", "30000"), (" lamps with H", ""), ("2", "-25000"), ("O.", "")):
        one = frame.paragraphs[0].add_run()
        one.text = words
        if base:
            one._r.get_or_add_rPr().set("baseline", base)
    table = slide.shapes.add_table(3, 2, 0, 0, Inches(2), Inches(2)).table
    for number, words in enumerate(("Region", "Price", "North", "10", "", "20")):
        table.cell(number // 2, number % 2).text = words
    table.cell(1, 0).merge(table.cell(2, 0))
    data = CategoryChartData()
    data.categories = ["May", "June"]
    data.add_series("Lamps", (4, 5.5))
    slide.shapes.add_chart(XL_CHART_TYPE.COLUMN_CLUSTERED, 0, 0, Inches(2), Inches(2), data)
    saved = io.BytesIO()
    show.save(saved)
    said = text("pptx", saved.getvalue())
    assert "We sold 10⁶ lamps with H₂O." in said
    assert "| North | 10 |\n| North | 20 |" in said
    assert "| May | 4 |\n| June | 5.5 |" in said


# -- books, notebooks, subtitles ---------------------------------------------------------------------------------------


def encryption(algorithm: str, member: str) -> str:
    return (
        '<encryption xmlns="urn:oasis:names:tc:opendocument:xmlns:container" xmlns:enc="http://www.w3.org/2001/04/xmlenc#">'
        f'<enc:EncryptedData><enc:EncryptionMethod Algorithm="{algorithm}"/><enc:CipherData>'
        f'<enc:CipherReference URI="{member}"/></enc:CipherData></enc:EncryptedData></encryption>'
    )


AES = "http://www.w3.org/2001/04/xmlenc#aes128-cbc"


def chapter() -> str:
    with zipfile.ZipFile(io.BytesIO(epub())) as book:
        return next(name for name in book.namelist() if name.endswith("html"))


@pytest.mark.parametrize(
    ("algorithm", "member"),
    [("http://www.idpf.org/2008/embedding", "f.otf"), ("http://ns.adobe.com/pdf/enc#RC", "f.otf"), (AES, "cover.jpg")],
)
def test_a_book_whose_text_is_open_is_read(algorithm: str, member: str) -> None:
    assert text("epub", epub(**{"META-INF/encryption.xml": encryption(algorithm, member)})) == text("epub", epub())


def test_a_book_whose_text_is_locked_is_refused() -> None:
    with pytest.raises(InputError, match="DRM"):
        read("epub", epub(**{"META-INF/encryption.xml": encryption(AES, chapter())}))


def test_a_chapter_that_is_missing_is_told() -> None:
    saved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(epub())) as old, zipfile.ZipFile(saved, "w") as new:
        for name in old.namelist():
            if name != chapter():
                new.writestr(name, old.read(name))
    _, left = read("epub", saved.getvalue())
    assert left == [("chapters that are not in the file", chapter())]


def test_outputs_and_pictures_of_notebooks() -> None:
    picture = "A" * 20_000
    cells = [
        {"cell_type": "markdown", "source": f"# Study\n![p](data:image/png;base64,{picture})"},
        {
            "cell_type": "code",
            "source": "plot(x)",
            "outputs": [{"output_type": "display_data", "data": {"image/png": picture}}],
        },
    ]
    ((document,), left) = read("notebook", json.dumps({"cells": cells}))
    assert "plot(x)" in document.text
    assert len(document.text) < 200
    assert {kind for kind, _ in left} == {"pictures in the text", "outputs of notebooks"}
    old = {"worksheets": [{"cells": [{"cell_type": "code", "input": ["a = 1"], "language": "python"}]}]}
    assert "a = 1" in text("notebook", json.dumps(old))


SRT = "1\n00:00:01,000 --> 00:00:02,000\nFirst.\n\nStill first.\n\n2\n00:00:09,000 --> 00:00:10,000\nSecond.\n"
VTT = (
    "WEBVTT\n\nSTYLE\n::cue {color: red}\n\nintro\n00:01.000 --> 00:02.000\nFirst.\n \nStill first.\n\n"
    "NOTE nobody says this\n\n00:09.000 --> 00:10.000\nSecond.\n"
)


@pytest.mark.parametrize(
    "data", [SRT, SRT.replace("\n", "\r\n"), SRT.replace("\n\n2\n", "\n2\n"), SRT.replace("Second", "42\nSecond"), VTT]
)
def test_cues_with_blank_lines(data: str) -> None:
    assert text("subtitles", data).replace("42 ", "") == "First. Still first.\n\nSecond."


def test_what_is_said_twice_is_kept_and_what_rolls_over_is_not() -> None:
    def cue(start: str, end: str, *lines: str) -> str:
        return f"00:00:{start} --> 00:00:{end}\n" + "\n".join(lines) + "\n\n"

    assert text("subtitles", cue("01,0", "02,0", "No.") + cue("02,5", "03,0", "No.")) == "No. No."
    rolling = (
        cue("01,0", "02,0", "one two") + cue("02,0", "03,0", "one two", "three") + cue("03,0", "04,0", "three", "four")
    )
    assert text("subtitles", rolling) == "one two three four"


# -- archives ----------------------------------------------------------------------------------------------------------


class Named(zipfile.ZipInfo):
    raw = b""

    def _encodeFilenameFlags(self) -> tuple[bytes, int]:
        return self.raw, self.flag_bits & ~0x800


def archive(path: Path, *names: bytes, extra: bytes = b"") -> None:
    with zipfile.ZipFile(path, "w") as zipped:
        for number, name in enumerate(names):
            info = Named(f"x{number}")
            info.raw, info.extra = name, extra
            zipped.writestr(info, "The memo says so.")


@pytest.mark.parametrize(
    ("encoding", "names"),
    [
        ("cp932", ["会議メモ.txt"]),
        ("cp932", ["請求書/2024年.txt"]),
        ("gbk", ["资料/说明.txt"]),
        ("big5", ["資料/說明.txt"]),
        ("cp949", ["회의록.txt", "보고서.txt"]),
        ("cp866", ["Отчёт.txt", "Договор.md"]),
        ("cp437", ["Größe.txt", "Übersicht.txt"]),
        ("utf-8", ["Übersicht.txt", "日本.txt"]),
    ],
)
def test_names_of_members_in_old_code_pages(tmp_path: Path, encoding: str, names: list[str]) -> None:
    archive(tmp_path / "a.zip", *[name.encode(encoding) for name in names])
    found = {item.key: item.read()[0] for item in files([tmp_path])}
    assert sorted(found) == sorted(f"a.zip#{name}" for name in names)
    assert all(document.text == "The memo says so." for document in found.values())


def test_names_of_members_that_are_written_twice_and_in_pieces(tmp_path: Path) -> None:
    name = "Übersicht.txt".encode()
    field = struct.pack("<HHBI", 0x7075, len(name) + 5, 1, 0) + name
    archive(tmp_path / "a.zip", b"?bersicht.txt", extra=field)
    archive(tmp_path / "b.zip", "U\u0308bersicht.txt".encode())
    assert [item.key for item in files([tmp_path])] == ["a.zip#Übersicht.txt", "b.zip#Übersicht.txt"]
