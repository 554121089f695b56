"""Formulas of which a file says no value: worked out if they are plain sums, else shown as they are written."""

import io
import re
import zipfile

import pytest
import xlsxwriter
from told import read

from rag.sources import formulas


def sheet(*rows: list[object]) -> bytes:
    """A file as a program writes it that works nothing out."""
    made, saved = io.BytesIO(), io.BytesIO()
    with xlsxwriter.Workbook(made, {"in_memory": True}) as book:
        page = book.add_worksheet()
        for number, row in enumerate(rows):
            page.write_row(number, 0, row)
    with zipfile.ZipFile(made) as old, zipfile.ZipFile(saved, "w") as new:
        for name in old.namelist():
            new.writestr(name, re.sub(rb"</f><v>[^<]*</v>", b"</f><v></v>", old.read(name)))
    return saved.getvalue()


def test_a_total_is_worked_out_and_what_cannot_be_is_shown_as_it_is_written() -> None:
    data = sheet(
        ["what", "cost", "vat", "all"],
        ["rope", 12.5, "=B2*20%", "=B2+C2"],
        ["tar", 4, "=B3*20%", "=B3+C3"],
        ["TOTAL", "=SUM(B2:B3)", "=SUM(C2:C3)", "=ROUND(SUM(D2:D3),0)"],
        ["mean", "=AVERAGE(B2:B3)", "=VLOOKUP(A2,X!A1:B9,2)", "=C5+1"],
        ["words", "=A2+1", "=B4/0", "=SUM(A2:B2)"],
    )
    ((document,), left) = read("xlsx", data, "a.xlsx")
    assert document.text.split("\n")[4:] == [
        "| rope | 12.5 | 2.5 | 15 |",
        "| tar | 4 | 0.8 | 4.8 |",
        "| TOTAL | 16.5 | 3.3 | 20 |",
        "| mean | 8.25 | =VLOOKUP(A2,X!A1:B9,2) | =C5+1 |",
        "| words | =A2+1 | =B4/0 | 12.5 |",
    ]
    kinds = [kind for kind, _ in left]
    assert kinds.count("formulas without a value, worked out") == 9
    assert kinds.count("formulas without a value, shown as they are") == 4


@pytest.mark.parametrize(
    ("formula", "value"),
    [("1+2*3", 7.0), ("-(A1+2)*2", -8.0), ("A1%", 0.02), ("MAX(A1:A2,9)", 9.0), ("$A$1-A2/4", 1.25), ("SUM()", None),
     ("SUM(A1:A1048576)", None), ("A9", 0.0), ("B1", None), ("=C1", None), ("2^3", None), ("S1!A1", None),
     ("(" * 99, None),
     ("NOW()", None), ("", None), ("1 2", None)],
)  # fmt: skip
def test_what_a_formula_comes_to(formula: str, value: float | None) -> None:
    found = formulas.worked_out({(0, 2): formula}, {(0, 0): 2.0, (1, 0): 3.0, (0, 1): float("nan")})
    assert found.get((0, 2)) == value


def test_formulas_that_stand_on_each_other_are_bounded() -> None:
    chain = {(row, 0): f"A{row}+1" for row in range(1, 3000)}
    assert formulas.worked_out(chain, {(0, 0): 1.0})[2999, 0] == 3000.0
    wide = {(row, 1): "SUM(A1:A9999)" for row in range(3000)}
    assert len(formulas.worked_out(wide, {(0, 0): 1.0})) == formulas.BUDGET // 10_000
    assert formulas.moved("SUM(B$2:$C3)*A1", 2, 1) == "SUM(C$2:$C5)*B3"
