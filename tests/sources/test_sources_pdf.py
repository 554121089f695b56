"""PDF: lines become paragraphs, headings, lists and code; what is the page's own is left out; pages are known."""

import ctypes
import io
from collections.abc import Sequence

import pypdfium2
import pypdfium2.raw as raw
import pytest

from rag.errors import InputError
from rag.sources import pdf as reader
from rag.types import Document

Mark = tuple[str, float, str, float]  # text, size, font, space above
Placed = tuple[str, float, str, float, float]  # text, size, font, x, y


def drawn(*pages: Sequence[Placed]) -> bytes:
    """A PDF file with these pieces of text at their places, in this order."""
    document = raw.FPDF_CreateNewDocument()
    for pieces in pages:
        page = raw.FPDFPage_New(document, 99999, 595, 842)
        for text, size, font, x, y in pieces:
            line = raw.FPDFPageObj_NewTextObj(document, font.encode(), size)
            wide = ctypes.create_string_buffer((text + "\0").encode("utf-16-le"))
            raw.FPDFText_SetText(line, ctypes.cast(wide, raw.FPDF_WIDESTRING))
            raw.FPDFPageObj_Transform(line, 1, 0, 0, 1, x, y)
            raw.FPDFPage_InsertObject(page, line)
        raw.FPDFPage_GenerateContent(page)
        raw.FPDF_ClosePage(page)
    saved = io.BytesIO()
    with pypdfium2.PdfDocument(document) as made:
        made.save(saved)
    return saved.getvalue()


def pdf(*pages: Sequence[Mark]) -> bytes:
    """A PDF file with these lines, top down."""
    placed: list[list[Placed]] = []
    for marks in pages:
        y = 790.0
        placed.append([])
        for text, size, font, above in marks:
            y -= size * 1.2 + above
            placed[-1].append((text, size, font, 60, y))
    return drawn(*placed)


def body(text: str, above: float = 0) -> Mark:
    return (text, 11, "Helvetica", above)


def read(data: bytes, key: str = "a-file") -> Document:
    (document,) = reader.read(data, key, "s")
    return document


HEAD = ("Running head", 9.0, "Helvetica", 0.0)


def test_pdf_paragraphs_headings_code_and_pages() -> None:
    data = pdf(
        [
            HEAD,
            ("The Title", 24, "Helvetica", 10),
            body("A paragraph of", 10),
            body("two lines."),
            body("Second one.", 8),
        ],
        [HEAD, ("Section", 16, "Helvetica", 10), body("• item one", 6), body("• item two"), body("a sentence that", 8)],
        [HEAD, body("goes on.", 10), ("def f():", 10, "Courier", 9), ("return 1", 10, "Courier", 0), body("3", 400)],
    )
    document = read(data)
    assert document.text == (
        "# The Title\n\nA paragraph of two lines.\n\nSecond one.\n\n## Section\n\n- item one\n\n- item two\n\n"
        "a sentence that goes on.\n\n```\ndef f():\nreturn 1\n```"
    )
    assert document.title == "The Title"
    assert [document.text[start:].split()[0] for start in document.meta["pages"]] == ["#", "##", "goes"]


def at(y: float, text: str, font: str = "Helvetica", size: float = 11, x: float = 60) -> Placed:
    return (text, size, font, x, y)


LONG = "A line of prose that is long enough to reach the other margin of this page, as most"


def test_pdf_code_is_told_by_the_whole_line() -> None:
    """Code that begins a sentence, or fills a line of one, is not a listing; and listings do not set what is large."""
    page = [
        at(780, "command", "Courier", 9),
        at(780, "does one thing, and here a paragraph goes on about it at some length to", x=103),
        at(766, "--install-everything-there-is-from=/usr/local/share/packages/of/the/machine", "Courier", 9),
        at(752, "and ends."),
        *[
            at(720 - 11 * number, f"line {number} of a listing of some length = {{", "Courier", 9)
            for number in range(9)
        ],
        at(600, "After it."),
    ]
    text = read(drawn(page)).text
    assert text.startswith("command does one thing, and here a paragraph goes on about it at some length to --install")
    assert "the/machine and ends.\n\n```\nline 0 of a listing" in text
    assert text.endswith("{\n```\n\nAfter it.")


def test_pdf_listings_and_paragraphs_go_on_over_pages() -> None:
    first = [at(100, "def f(a):", "Courier", 10), at(88, "    if a:", "Courier", 10)]
    second = [at(780, "        return 1", "Courier", 10), at(700, LONG)]
    third = [at(780, "Words do, and this one ends here."), at(740, "New.")]
    document = read(drawn(first, second, third))
    code = "```\ndef f(a):\n    if a:\n        return 1\n```"
    assert document.text == f"{code}\n\n{LONG}\n\nWords do, and this one ends here.\n\nNew."
    assert [document.text[start:].split()[0] for start in document.meta["pages"]] == ["```", "return", "Words"]
    go_on = [at(780, LONG), at(60, LONG), at(46, LONG)], third
    assert f"as most {LONG[:6]}" in read(drawn(*go_on)).text
    assert "as most Words do, and" in read(drawn(*go_on)).text


def test_pdf_marks_of_lists_that_were_drawn_last_join_their_items() -> None:
    """As some writers do; a page of one column is read from top to bottom, whatever was drawn first."""
    items = [at(700, "First item", x=80), at(686, "Second item", x=80), at(740, LONG), at(672, "End", x=80)]
    marks = [at(700, "•", x=66), at(686, "•", x=66), at(672, "3.", x=64), at(820, "A head", size=8)]
    assert read(drawn(items + marks)).text == f"{LONG}\n\n- First item\n\n- Second item\n\n3. End"


def test_pdf_lines_that_stop_short_end_a_paragraph() -> None:
    """Lists whose marks are pictures, addresses, rows: words that would have had room on the line before."""
    page = [at(780, LONG), at(766, "lines are."), at(752, "Eggs", x=70), at(738, "Some milk", x=70), at(724, LONG)]
    assert read(drawn(page)).text == f"{LONG} lines are.\n\nEggs\n\nSome milk\n\n{LONG}"


def test_pdf_columns_are_read_one_after_the_other() -> None:
    left = [at(780 - 14 * number, f"the left column has line {number} that fills it", x=50) for number in range(3)]
    right = [at(780 - 14 * number, f"the right column has line {number} to fill it", x=310) for number in range(3)]
    text = read(drawn(left + right)).text
    assert text.index("left column has line 2") < text.index("right column has line 0")


def test_pdf_small_type_in_the_margin_and_heads_of_two_pages_are_left_out() -> None:
    edge = [at(822, "26.11.26, 12:05 The printed page", size=8), at(15, "https://example.org/page 1/2", size=8)]
    pages = [[at(790, "A Report"), at(700, f"Text of page {word}.")] for word in ("one", "two")]
    assert read(drawn(edge + pages[0], edge + pages[1])).text == "Text of page one.\n\nText of page two."


def test_a_scanned_pdf_is_told_and_an_empty_page_counted() -> None:
    with pytest.raises(InputError, match="has 2 pages and no text: it is scanned"):
        read(pdf([], []))
    meta = read(pdf([body("Text.")], [])).meta
    assert (meta["pages"], meta["pages_without_text"]) == ([0, 5], [2])


# Encrypted with RC4, revision 2; the password is not the empty one.
LOCKED = b"""%%PDF-1.4
1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj
2 0 obj<</Type/Pages/Kids[3 0 R]/Count 1>>endobj
3 0 obj<</Type/Page/Parent 2 0 R/MediaBox[0 0 9 9]>>endobj
4 0 obj<</Filter/Standard/V 1/R 2/P -4/O<%s>/U<%s>>>endobj
trailer<</Root 1 0 R/Encrypt 4 0 R/ID[<00><00>]>>
%%%%EOF""" % (b"11" * 32, b"22" * 32)


def test_a_protected_pdf_is_told() -> None:
    with pytest.raises(InputError, match="is protected by a password"):
        read(LOCKED)


def test_pdf_columns_below_a_wide_paragraph_keep_their_paragraphs_and_divided_names() -> None:
    left = [at(700 - 14 * number, f"a line of the left column, {word}", x=60) for number, word in enumerate("abc")]
    told = ["the right one speaks of Tik-", "Tok, which stands in the docs/", "readme. TikTok and Jean-", "Luc."]
    right = [at(700 - 14 * number, words, x=310) for number, words in enumerate(told)]
    page = [at(780, LONG), *left, *right]
    text = read(drawn(page)).text
    assert "column, a a line of the left column, b a line" in text
    assert "of TikTok, which stands in the docs/readme. TikTok and Jean-Luc." in text


def test_pdf_running_heads_that_count_with_the_pages_and_tables_of_contents() -> None:
    heads = ["Chapter One: Sowing 7", "8 Chapter One: Sowing", "Chapter Two: Reaping 9"]
    texts = ["Carrots grow.", "Leeks too.", "Peas climb."]
    pages = [[at(790, head), at(700, text)] for head, text in zip(heads, texts, strict=True)]
    assert read(drawn(*pages)).text == "Carrots grow.\n\nLeeks too.\n\nPeas climb."
    assert read(drawn(*[[at(790, "The same slide")]] * 3)).text.count("The same slide") == 3
    contents = [
        at(700, "1.1 Sowing . . . . . . . . . . . . . . . . . . 7"),
        at(686, "1.2 Reaping. . . . . . . . . . . . . . . 9"),
    ]
    assert read(drawn(contents)).text == "1.1 Sowing … 7\n\n1.2 Reaping … 9"


def outlined(lines: list[str], marks: list[str]) -> bytes:
    """A page with these lines in one size, and bookmarks that lead to it."""
    shown = "".join(f"1 0 0 1 60 {780 - 40 * number} Tm ({line}) Tj " for number, line in enumerate(lines))
    stream = f"BT /F 11 Tf {shown}ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R/Outlines 6 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 595 842]/Contents 5 0 R/Resources<</Font<</F 4 0 R>>>>>>",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
    ]  # fmt: skip
    last = 6 + len(marks)
    objects.append(f"<</First 7 0 R/Last {last} 0 R>>")
    for number, title in enumerate(marks, 7):
        after = f"/Next {number + 1} 0 R" if number < last else ""
        objects.append(f"<</Title({title})/Parent 6 0 R/Dest[3 0 R/Fit]{after}>>")
    body = "".join(f"{number} 0 obj\n{text}\nendobj\n" for number, text in enumerate(objects, 1))
    return f"%PDF-1.4\n{body}trailer<</Root 1 0 R>>\n%%EOF".encode()


def test_pdf_headings_in_the_size_of_the_text_are_told_by_the_bookmarks() -> None:
    lines = ["2.1 How to Sow", "Wait for rain.", "Reaping", "Wait for sun."]
    text = read(outlined(lines, ["How to sow", "Reaping", "Not there"])).text
    assert text == "# 2.1 How to Sow\n\nWait for rain.\n\n# Reaping\n\nWait for sun."
