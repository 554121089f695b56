"""PDF: tables by lines, by surfaces and by white space alone keep their rows; what is no table stays text."""

from __future__ import annotations

import pytest
from test_pdf_kinds import raw, shown
from test_sources_pdf import at, drawn, read

ROWS = [
    ["Item", "Qty", "Unit price", "Amount"],
    ["School bench 180 cm", "15", "230.00", "3,450.00"],
    ["Delivery and assembly", "1", "180.00", "180.00"],
    ["", "", "Net", "3,630.00"],
    ["", "", "Total", "4,356.00"],
]
XS = [72, 260, 320, 420, 520]
BEFORE, AFTER = (
    "Here is what you ordered from us in the spring of this year.",
    "Please pay within thirty days of today.",
)


def wide(text: str) -> float:
    """About what a text in Helvetica of 11 points takes."""
    return 5.6 * len(text)


def page(rows: list[list[str]], rules: str = "", *, right: bool = False, step: int = 20) -> bytes:
    """A paragraph, a table with its columns at XS, a paragraph; `rules` draws what lies under it."""
    made = shown(72, 740, BEFORE) + rules
    for number, row in enumerate(rows):
        for column, cell in enumerate(row):
            x = XS[column + 1] - 6 - wide(cell) if right and column else XS[column] + 4
            made += shown(round(x), 700 - step * number, cell) if cell else ""
    return raw(made + shown(72, 700 - step * len(rows) - 30, AFTER))


def table(rows: list[list[str]]) -> str:
    head, *others = ["| " + " | ".join(row) + " |" for row in rows]
    return "\n".join([head, "|" + " --- |" * len(rows[0]), *others])


def grid(rows: int, step: int = 20) -> str:
    lines = [f"{XS[0]} {714 - step * row} m {XS[-1]} {714 - step * row} l S\n" for row in range(rows + 1)]
    return "".join(lines + [f"{x} {714 - step * rows} m {x} 714 l S\n" for x in XS])


def surfaces(rows: int, step: int = 20) -> str:
    """A surface behind every other row."""
    return "".join(
        f"0.9 g {XS[0]} {714 - step * (row + 1)} {XS[-1] - XS[0]} {step} re f 0 g\n" for row in range(0, rows, 2)
    )


def under_the_head(rows: int) -> str:
    return f"{XS[0]} 694 {XS[-1] - XS[0]} 0.5 re f\n"


@pytest.mark.parametrize("right", [False, True])
@pytest.mark.parametrize("rules", [grid, surfaces, under_the_head, lambda rows: ""])
def test_a_table_keeps_its_rows_however_it_is_ruled(rules: object, right: bool) -> None:
    document = read(page(ROWS, rules(len(ROWS)), right=right))  # type: ignore[operator]
    assert document.text == f"{BEFORE}\n\n{table(ROWS)}\n\n{AFTER}"


LABELS = [["Order no", "NB-117"], ["Date", "11 May 2026"], ["Supplier", "Calder Packing"], ["Terms", "30 days"]]


def labelled(rows: list[list[str]], top: int) -> str:
    return "".join(shown(76, top - 16 * n, a) + shown(200, top - 16 * n, b) for n, (a, b) in enumerate(rows))


def test_labels_above_a_table_are_no_row_of_it_and_figures_stand_below_their_heads() -> None:
    goods = [
        ["Item", "Qty", "Price", "Amount"],
        ["Cake box", "400", "0.42", "168.00"],
        ["Sheet", "12", "9.75", "117.00"],
    ]
    content = labelled(LABELS, 740)
    for n, row in enumerate(goods):
        at = [76, 300, 380, 460] if n == 0 else [76, 345, 425, 500]  # heads at the left, figures at the right
        content += "".join(shown(x, 668 - 16 * n, cell) for x, cell in zip(at, row, strict=True))
    assert read(raw(content)).text == f"{table(LABELS)}\n\n{table(goods)}"


def test_labels_with_values_at_the_left_and_at_the_right_are_pairs() -> None:
    content = labelled([*LABELS[:3], ["Weight", "740 g"]], 700) + shown(76, 636, "Radio") + shown(480, 636, "5.3")
    assert read(raw(content)).text == table([*LABELS[:3], ["Weight", "740 g"], ["Radio", "5.3"]])


def test_cells_of_several_lines_and_over_several_rows() -> None:
    content = grid(2, 40)
    content += shown(76, 700, "A bench of solid oak with") + shown(76, 686, "a back") + shown(264, 700, "15")
    content += shown(324, 700, "230.00") + shown(424, 700, "3,450.00")
    content += shown(76, 660, "A chair") + shown(264, 660, "2") + shown(324, 660, "90.00") + shown(424, 660, "180.00")
    rows = [["A bench of solid oak with a back", "15", "230.00", "3,450.00"], ["A chair", "2", "90.00", "180.00"]]
    assert read(raw(content)).text == table(rows)
    assert read(raw(content.split("S\n")[-1])).text == table(rows)  # without any line
    spanned = grid(3).replace("72 694 m 520 694 l S\n", "260 694 m 520 694 l S\n")  # no line below the first cell
    for row, cells in enumerate([["North", "1", "2", "3"], ["", "4", "5", "6"], ["South", "7", "8", "9"]]):
        spanned += "".join(shown(XS[column] + 4, 700 - 20 * row, cell) for column, cell in enumerate(cells) if cell)
    assert read(raw(spanned)).text == table(
        [["North", "1", "2", "3"], ["North", "4", "5", "6"], ["South", "7", "8", "9"]]
    )


def test_a_table_goes_on_over_two_pages_with_and_without_its_head() -> None:
    head = ["Day", "What", "Paid", "Left"]
    rows = [[f"{number:02} May", f"Payment {number}", f"{number}.50", f"{900 - number}.00"] for number in range(1, 9)]

    def drawn_rows(part: list[list[str]]) -> list[tuple[str, float, str, float, float]]:
        return [
            at(700 - 14 * number, cell, x=(60, 150, 320, 430)[column])
            for number, row in enumerate(part)
            for column, cell in enumerate(row)
        ]

    for again in ([head], []):
        document = read(drawn(drawn_rows([head, *rows[:4]]), drawn_rows([*again, *rows[4:]])))
        assert document.text == table([head, *rows])
        assert document.text[document.meta["pages"][1] :].startswith("| 05 May")


def test_a_statement_of_an_account() -> None:
    rows = [["Date", "Description", "Paid out", "Balance"], ["", "Brought forward", "", "1,200.00"]]
    rows += [[f"{day:02} Mar", f"Shop number {day}", f"{day}.50", f"{1200 - day}.00"] for day in range(2, 9)]
    assert table(rows) in read(page(rows, right=True, step=13)).text


def test_a_page_that_lies_on_its_side_is_read_as_it_is_seen() -> None:
    rows = [["Item", "Qty", "Price"], ["Bench", "15", "230.50"], ["Oak chair", "2", "90.50"], ["Shelf", "6", "380.50"]]
    turned = ""
    for row, cells in enumerate(rows):
        for x, cell in zip((60, 250, 360), cells, strict=True):
            turned += f"BT /F1 11 Tf 0 1 -1 0 {100 + 16 * row} {x} Tm ({cell}) Tj ET\n"
    assert read(raw(turned, page="/Rotate 90")).text == table(rows)


def test_raised_digits_and_lines_within_cells_stay_what_they_are() -> None:
    rows = [["Town", "People", "Note"], ["A|B", "10", "one"], ["Ulm", "20", "two"], ["Kiel", "30", "three"]]
    content = "".join(
        shown(x, 700 - 20 * number, cell)
        for number, row in enumerate(rows)
        for x, cell in zip((72, 250, 400), row, strict=True)
    )
    content = content.replace("(10) Tj", "(10) Tj /F1 7 Tf 4 Ts (6) Tj 0 Ts")
    assert read(raw(content)).text == table([rows[0], ["A\\|B", "10⁶", "one"], *rows[2:]])


FORM = [("Name:", "Anna Berg"), ("Street:", "12 Mill Lane"), ("Born on:", "3 May 1980"), ("Member since:", "2015")]
CODE = ["x = 1          # the first", "y = x + 1      # the next", "z = x + y      # and both"]


def test_forms_and_addresses_are_lines_of_one_paragraph() -> None:
    form = "".join(shown(72, 700 - 16 * n, a) + shown(220, 700 - 16 * n, b) for n, (a, b) in enumerate(FORM))
    assert read(raw(form)).text == "\n".join(f"{label} {value}" for label, value in FORM)
    lines = ["Anna Berg", "12 Mill Lane", "Whitby YO21 3AB"]
    address = "".join(shown(72, 700 - 14 * n, line) for n, line in enumerate(lines)) + shown(
        72, 600, BEFORE + " " + AFTER
    )
    assert read(raw(address)).text == "\n".join(lines) + f"\n\n{BEFORE} {AFTER}"


def test_what_is_no_table_is_none() -> None:
    frame = "50 50 500 700 re S 300 50 m 300 750 l S\n"  # a page in two boxes
    prose = [
        at(740 - 13 * n, "and goes on in words of one column", size=10, x=60 + 250 * side)
        for n in range(20)
        for side in (0, 1)
    ]
    marks = "".join(
        shown(72, 700 - 14 * n, f"{n}.") + shown(100, 700 - 14 * n, f"Step {n} of {n * 7}") for n in range(1, 7)
    )
    code = "".join(f"BT /F1 11 Tf 72 {700 - 14 * n} Td ({line}) Tj ET\n" for n, line in enumerate(CODE))
    for data in (drawn(prose), raw(frame + shown(60, 700, "Left") + shown(310, 700, "Right")), raw(marks), raw(code)):
        assert "---" not in read(data).text


def test_a_page_of_drawings_is_no_table_and_costs_no_text() -> None:
    lines = "".join(
        f"{60 + n % 70 * 7} {60 + n // 70 * 9} m {66 + n % 70 * 7} {60 + n // 70 * 9} l S\n" for n in range(4000)
    )
    assert read(raw(lines + shown(72, 700, BEFORE))).text == BEFORE
