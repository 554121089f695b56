"""Spreadsheets: what a person sees in their cells, sheet by sheet; what is hidden is told."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
import xlsxwriter
from told import read, text

from rag.errors import InputError
from rag.sources.number_formats import shown


def book(*sheets: tuple[str, list[list[object]]], formats: dict[tuple[int, int], str] = {}) -> io.BytesIO:  # noqa: B006
    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved, {"in_memory": True}) as made:
        for name, rows in sheets:
            sheet = made.add_worksheet(name)
            for row, cells in enumerate(rows):
                for column, cell in enumerate(cells):
                    code = formats.get((row, column), "")
                    sheet.write(row, column, cell, made.add_format({"num_format": code}) if code else None)
    return saved


def test_each_sheet_is_a_section_with_its_rows_as_a_table() -> None:
    rows: list[list[object]] = [
        ["Prices of 2025"],
        [],
        ["What", None, "Price"],
        ["Oak|A", None, 12.5],
        [],
        ["Ash", None, 8],
    ]
    data = book(("Prices", rows), ("Notes", [["one"], ["two"]]), ("Empty", [])).getvalue()
    assert text("xlsx", data, "a-list.xlsx") == (
        "## Prices\n\nPrices of 2025\n\n| What | Price |\n| --- | --- |\n| Oak\\|A | 12.5 |\n| Ash | 8 |\n\n"
        "## Notes\n\n- one\n- two"
    )
    ((document,), _) = read("xlsx", data, "a-list.xlsx")
    assert (document.title, document.kind) == ("a list", "markdown")


@pytest.mark.parametrize(
    ("value", "code", "said"),
    [
        (0.0825, "0.0%", "8.3%"), (0.15, "0 %", "15 %"), (1234.5, "£#,##0.00", "£1,234.50"), (7, "000", "007"),
        (-5, '#,##0 "€";[Red]-#,##0 "€"', "-5 €"), (-5, "#,##0;(#,##0)", "(5)"), (0, '0;-0;"none"', "none"),
        (1234.5, "[$$-409]#,##0.00", "$1,234.50"), (1234567.9, '#,##0.0,"k"', "1,234.6k"), (2.5, "General", "2.5"),
        (2, "General", "2"), (0.1 + 0.2, "General", "0.3"), (45726, "dd/mm/yyyy", "2025-03-10"),
        (45726.5625, "yyyy-mm-dd hh:mm", "2025-03-10 13:30"), (0.375, "h:mm AM/PM", "09:00"), (1.25, "[h]:mm", "30:00"),
        (45726, "mmm yy", "2025-03-10"), (1.5, "0.0##", "1.5"), (12, '0" pcs"', "12 pcs"), (2.005, "0.00", "2.01"),
        (3, "@", "3"), (1e300, "dd/mm/yyyy", "1e+300"), (-1, "yyyy-mm-dd", "-1"),
    ],
)  # fmt: skip
def test_a_number_is_what_its_format_shows(value: float, code: str, said: str) -> None:
    assert shown(value, code) == said


def test_dates_formulas_truths_and_errors() -> None:
    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved, {"in_memory": True}) as made:
        sheet = made.add_worksheet("All")
        sheet.write_row(0, 0, ["Day", "Span", "Sum", "Done", "Wrong"])
        sheet.write_datetime(1, 0, datetime(2025, 3, 10), made.add_format({"num_format": "d mmm yyyy"}))
        sheet.write_datetime(1, 1, timedelta(hours=30), made.add_format({"num_format": "[h]:mm"}))
        sheet.write_formula(1, 2, "=1+2", made.add_format({"num_format": "0.00"}), 3)
        sheet.write_boolean(1, 3, True)
        sheet.write_formula(1, 4, "=NA()", None, "#N/A")
        sheet.write_datetime(2, 0, date(2025, 3, 11), made.add_format({"num_format": 14}))
    assert text("xlsx", saved.getvalue()).endswith(
        "| 2025-03-10 | 30:00 | 3.00 | TRUE | #N/A |\n| 2025-03-11 |  |  |  |  |"
    )


def test_merged_cells_stand_in_their_rows_and_what_is_hidden_is_told() -> None:
    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved, {"in_memory": True}) as made:
        sheet = made.add_worksheet("Shown")
        sheet.write_row(0, 0, ["Region", "Quarter", "Sold", "Secret"])
        sheet.merge_range(1, 0, 2, 0, "North")
        sheet.write_row(1, 1, ["Q1", 5, "x"])
        sheet.write_row(2, 1, ["Q2", 6, "x"])
        sheet.write_row(3, 0, ["Gone", "Q3", 7])
        sheet.set_row(3, None, None, {"hidden": True})
        sheet.set_column(3, 3, None, None, {"hidden": True})
        sheet.write_comment(1, 1, "Ask Tom")
        made.add_worksheet("Wages").write(0, 0, "hidden")
        made.get_worksheet_by_name("Wages").hide()
    ((document,), left) = read("xlsx", saved.getvalue())
    rows = "| North | Q1 | 5 |\n| North | Q2 | 6 |"
    assert document.text == f"## Shown\n\n| Region | Quarter | Sold |\n| --- | --- | --- |\n{rows}"
    assert {kind for kind, _ in left} == {"hidden sheets", "hidden rows", "hidden columns", "comments"}


def test_rows_that_a_filter_hides_are_read() -> None:
    saved = io.BytesIO()
    with xlsxwriter.Workbook(saved, {"in_memory": True}) as made:
        sheet = made.add_worksheet("All")
        for row, cells in enumerate([["What", "How"], ["a", "x"], ["b", "y"]]):
            sheet.write_row(row, 0, cells)
        sheet.autofilter(0, 0, 2, 1)
        sheet.filter_column(1, "x == x")
        sheet.set_row(2, None, None, {"hidden": True})
    assert "| b | y |" in text("xlsx", saved.getvalue())


def ods(rows: str, style: str = "") -> bytes:
    saved = io.BytesIO()
    office = "urn:oasis:names:tc:opendocument:xmlns"
    with zipfile.ZipFile(saved, "w") as made:
        made.writestr(
            "content.xml",
            f'<o:document-content xmlns:o="{office}:office:1.0" xmlns:table="{office}:table:1.0"'
            f' xmlns:text="{office}:text:1.0" xmlns:style="{office}:style:1.0">{style}<o:body><o:spreadsheet>'
            f"{rows}</o:spreadsheet></o:body>"
            "</o:document-content>",
        )
    return saved.getvalue()


def test_a_spreadsheet_of_libreoffice() -> None:
    def row(*cells: str, about: str = "") -> str:
        inner = "".join(
            f"<table:table-cell>{f'<text:p>{cell}</text:p>' if cell else ''}</table:table-cell>" for cell in cells
        )
        return f"<table:table-row {about}>{inner}</table:table-row>"

    style = '<style:style style:name="off"><style:table-properties table:display="false"/></style:style>'
    shown_ = row("What", "Price") + row("Oak", "£12.50", about='table:number-rows-repeated="2"')
    shown_ += row("", "", about='table:number-rows-repeated="1048570"') + row(
        "Gone", "1", about='table:visibility="collapse"'
    )
    tables = f'<table:table table:name="Prices">{shown_}</table:table>'
    tables += f'<table:table table:name="Wages" table:style-name="off">{row("a", "b")}</table:table>'
    ((document,), left) = read("ods", ods(tables, style))
    assert document.text == "## Prices\n\n| What | Price |\n| --- | --- |\n| Oak | £12.50 |\n| Oak | £12.50 |"
    assert sorted(kind for kind, _ in left) == ["hidden rows", "hidden sheets"]


def test_what_is_no_spreadsheet_is_told(tmp_path: Path) -> None:
    for data in (b"\xd0\xcf\x11\xe0 old", b"PK no zip", ods("").replace(b"content", b"another")):
        for kind in ("xlsx", "ods"):
            with pytest.raises(InputError, match=r"a-file"):
                read(kind, data)
