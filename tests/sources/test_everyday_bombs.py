"""Sheets, Rich Text, calendars, address books and small tables that are small as files and endless as documents."""

from __future__ import annotations

import io
import zipfile

import pytest
from told import read, text

from rag.errors import InputError
from rag.sources import html, listed, sheets
from rag.sources.number_formats import shown

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"


def links(**targets: str) -> str:
    each = "".join(f'<Relationship Id="{kind}" Type="{OFFICE}/{kind}" Target="{to}"/>' for kind, to in targets.items())
    return f'<Relationships xmlns="{PACKAGE}">{each}</Relationships>'


def book(
    rows: str, *, shared: str = "", names: int = 1, before: str = "", after: str = "", to: str = "s.xml", own: str = ""
) -> bytes:
    """An Excel file by hand; `names` sheets, all in one part."""
    saved = io.BytesIO()
    sheets = "".join(f'<sheet name="S{number}" r:id="worksheet"/>' for number in range(names))
    parts = {
        "_rels/.rels": links(officeDocument="xl/workbook.xml"),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{own}<sheets>{sheets}</sheets></workbook>',
        "xl/_rels/workbook.xml.rels": links(worksheet=to, sharedStrings="t.xml", externalLink="http://127.0.0.1:9/x"),
        "xl/s.xml": f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>',
        "xl/t.xml": f'<sst xmlns="{MAIN}"><si><t>{shared}</t></si></sst>',
    }
    with zipfile.ZipFile(saved, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return saved.getvalue()


def row(*cells: tuple[str, str]) -> str:
    return "<row>" + "".join(f'<c r="{place}"><v>{value}</v></c>' for place, value in cells) + "</row>"


def ods(tables: str) -> bytes:
    kinds = "".join(
        f' xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "table", "text")
    )
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as archive:
        archive.writestr("content.xml", f"<office:document-content{kinds}>{tables}</office:document-content>")
    return saved.getvalue()


def test_a_text_that_is_written_once_and_shown_everywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sheets, "MOST_CHARACTERS", 100_000)
    monkeypatch.setattr(sheets.Room.__init__, "__defaults__", (sheets.MOST_CELLS, 100_000, sheets.MOST_SPREAD))
    data = book('<row><c t="s"><v>0</v></c></row>' * 50, shared="word " * 1000)
    with pytest.raises(InputError, match="more than 100,000 characters"):
        read("xlsx", data, "x.xlsx")
    assert "word" in text("xlsx", book('<row><c t="s"><v>0</v></c></row>' * 10, shared="word " * 1000), "x.xlsx")


def test_a_part_that_is_named_by_many_sheets_is_read_once() -> None:
    (documents, left) = read("xlsx", book(row(("A1", "5")), names=300), "x.xlsx")
    assert documents[0].text == "## S0\n\n- 5"
    assert left.count(("sheets that are not in the file", "S7")) == 1
    assert len(left) == 299


def test_a_sheet_elsewhere_is_told_and_nothing_is_fetched() -> None:
    for place in ("http://127.0.0.1:9/x", "file:///etc/passwd", "../../etc/passwd", "/etc/passwd"):
        left: dict[str, str] = {}
        with pytest.raises(InputError, match="no text"):
            sheets.xlsx(book(row(("A1", "5")), to=place), "x.xlsx", "s", left.__setitem__)
        assert left == {"sheets that are not in the file": "S0"}


def test_cells_that_are_merged_again_and_again(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = row(("A1", "5"), ("B1", "6")) + row(("B2", "7"))
    merged = '<mergeCells><mergeCell ref="A1:A2"/>' + '<mergeCell ref="A1:A9999"/>' * 2000 + "</mergeCells>"
    ((document,), left) = read("xlsx", book(rows, after=merged), "x.xlsx")
    assert document.text.endswith("| 5 | 7 |")
    assert [kind for kind, _ in left] == ["merged cells"]


@pytest.mark.parametrize("part", ["<col ", "<mergeCell ", '<mergeCell ref="A1', "<x:mergeCell x:mergeCell "])
def test_what_looks_like_an_element_and_never_ends(part: str) -> None:
    comment = f"<!-- {part * 50_000} -->"
    data = book(row(("A1", "5")), before=comment, after=comment)
    assert text("xlsx", data, "x.xlsx") == "## S0\n\n- 5"


def test_columns_that_are_hidden_again_and_again() -> None:
    columns = "<cols>" + '<col min="2" max="16384" hidden="1"/>' * 20_000 + "</cols>"
    ((document,), left) = read("xlsx", book(row(("A1", "5"), ("C1", "6")), before=columns), "x.xlsx")
    assert document.text == "## S0\n\n- 5"
    assert left == [("hidden columns", "S0: 499")]


def test_cells_far_apart_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    ((document,), left) = read("xlsx", book(row(("A1", "5")) + row(("XFD1048576", "6"))), "x.xlsx")
    assert (document.text, left) == ("## S0\n\n- 5", [("cells beyond column 500", "S0: 1")])
    monkeypatch.setattr(sheets, "MOST_SHOWN", 1000)
    rows = "".join(row((f"{chr(65 + number // 26)}{chr(65 + number % 26)}1", "5")) for number in range(100))
    with pytest.raises(InputError, match="too far apart"):
        read("xlsx", book(rows), "x.xlsx")


@pytest.mark.parametrize("number", ["x", "-1", "0", "9" * 5000, "1.5", "²"])
def test_a_row_that_counts_wrongly_is_the_next_one(number: str) -> None:
    assert text("xlsx", book(f'<row r="{number}"><c><v>5</v></c></row>'), "x.xlsx") == "## S0\n\n- 5"


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        (1e300, "0.00", "1e+300"), (1e30, "#,##0.00", "1e+30"), (0.5, "0." + "0" * 30, "0.5"),
        (12345678, "0." + "0" * 30, "12345678"), (5, "0" + "%" * 250, "5"), (7, ";" * 100_000, "7"),
        (5, "0" + '"x' * 100_000, "5"), (5, "[0]" * 100_000 + "0", "5"),
    ],
)  # fmt: skip
def test_a_format_that_cannot_be_kept_to_costs_no_file(value: float, code: str, said: str) -> None:
    assert shown(value, code) == said


def test_the_years_of_the_first_macs() -> None:
    styled = '<row><c t="d"><v>2025-03-10</v></c><c><v>5</v></c></row>'
    assert "2025-03-10 | 5" in text("xlsx", book(styled, own='<workbookPr date1904="1"/>'), "x.xlsx")


def test_rows_and_columns_that_are_repeated_without_end() -> None:
    endless = 'number-columns-repeated="16384"><text:p>x</text:p></table:table-cell></table:table-row>'
    rows = f'<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:{endless}' * 5
    with pytest.raises(InputError, match="more than 2,000,000 cells"):
        read("ods", ods(f"<table:table>{rows}</table:table>"), "x.ods")
    empty = '<table:table-row table:number-rows-repeated="2147483647"><table:table-cell/></table:table-row>' * 1000
    one = '<table:table-row table:number-rows-repeated="5000"><table:table-cell><text:p>x</text:p></table:table-cell>'
    table = f"<table:table>{empty}{one}</table:table-row></table:table>"
    ((document,), left) = read("ods", ods(table), "x.ods")
    assert document.text.count("- x") == 1000
    assert left == [("rows that are repeated more than 1,000 times", "Sheet 1: 5,000")]


def test_tables_in_the_cells_of_tables_are_read_once() -> None:
    table = "<table:table><table:table-row><table:table-cell>"
    ends = "</table:table-cell></table:table-row></table:table>"
    text_ = text("ods", ods(table * 60 + "<text:p>x</text:p>" + ends * 60), "x.ods")
    assert text_ == "## Sheet 60\n\n- x"


def test_entities_of_a_spreadsheet_are_not_read() -> None:
    declared = '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    data = book(row(("A1", "5")))
    saved = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(saved, "w") as new:
        for name in old.namelist():
            new.writestr(name, declared.encode() * (name == "xl/s.xml") + old.read(name))
    with pytest.raises(InputError, match="entities"):
        read("xlsx", saved.getvalue(), "x.xlsx")
    with pytest.raises(InputError, match="entities"):
        read("ods", ods("<table:table/><!ENTITY x 'y'>"), "x.ods")


def test_rows_of_rich_text_below_a_wide_one_stay_short(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(html, "MOST_FILLED", 10_000)
    data = b"{\\rtf1 " + b"a\\cell " * 500 + b"\\row " + b"b\\cell\\row " * 500 + b"}"
    ((document,), _) = read("rtf", data, "x.rtf")
    assert document.text.count("b") == 500
    assert len(document.text) < 3 * len(data)


def test_titles_and_hidden_text_in_a_million_pieces() -> None:
    data = b"{\\rtf1{\\info{\\title " + b"a\\'41" * 20_000 + b"}}\\v " + b"b\\'42" * 20_000 + b"\\v0 hello}"
    ((document,), left) = read("rtf", data, "x.rtf")
    assert document.text == "hello"
    assert left == [("hidden text", "bB" * 5000)]


@pytest.mark.parametrize("word", [b"\\uc-9", b"\\bin-9", b"\\uc99999999999999\\u65 x}{"])
def test_lengths_of_rich_text_that_are_none_cost_no_text(word: bytes) -> None:
    ((document,), _) = read("rtf", b"{\\rtf1 {" + word + b"} \\u65 ?hello there}", "x.rtf")
    assert document.text.endswith("hello there")


def test_a_picture_on_one_line_costs_no_card_and_no_event() -> None:
    picture = b"QUJD" * 600_000
    card = b"BEGIN:VCARD\nFN:Ada\nitem1.PHOTO;ENCODING=b;TYPE=JPEG:" + picture + b"\n folded\nTEL:17\nEND:VCARD\n"
    assert read("vcf", card, "x.vcf")[0][0].text == "Ada\n\nPhone: 17"
    assert read("vcf", card, "x.vcf")[1] == [("pictures and attachments", "photo")]
    event = b"BEGIN:VEVENT\r\nSUMMARY:Tea\r\nATTACH;VALUE=BINARY:" + picture + b"\r\nLOCATION:Hall\r\nEND:VEVENT\r\n"
    assert read("ics", event, "x.ics")[0][0].text == "Tea\n\nWhere: Hall"


def test_folded_lines_and_rules_without_end() -> None:
    rule = b"RRULE:FREQ=SECONDLY;COUNT=" + b"9" * 400 + b";INTERVAL=" + b"9" * 400
    event = b"BEGIN:VEVENT\nSUMMARY:a" + b"\n b" * 50_000 + b"\n" + rule + b"\nEND:VEVENT\n"
    assert read("ics", event, "x.ics")[0][0].title.startswith("abbb")


def test_objects_that_all_have_other_names_are_a_large_table() -> None:
    data = b"[" + b",\n".join(b'{"k%d": 1}' % number for number in range(1500)) + b"]"
    documents, left = read("listed", data, "x.json")
    assert (documents, left) == ([], [(listed.LARGE, "1,500 rows, 1,500 columns")])
