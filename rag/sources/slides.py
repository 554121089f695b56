"""
The slides of a presentation through python-pptx: titles, points, tables, charts, diagrams and notes as blocks of text.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from rag.sources import scripts
from rag.sources.html import table_of
from rag.sources.items import Left

A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
DIAGRAM = "{http://schemas.openxmlformats.org/drawingml/2006/diagram}relIds"
RELATED = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}dm"


def blocks(slide: Any, left: Left) -> Iterator[str]:
    """The blocks of a slide, its title first and its notes last."""
    title = slide.shapes.title
    if title is not None and title.has_text_frame and (text := " ".join(_points(title.text_frame, flat=True))):
        yield f"## {text}"
    for shape in _shapes(slide.shapes):
        if title is not None and shape.shape_id == title.shape_id:
            continue
        if shape.has_text_frame:
            yield from _paragraphs(shape.text_frame)
        elif getattr(shape, "has_table", False) and shape.has_table:
            yield _table(shape.table)
        elif getattr(shape, "has_chart", False) and shape.has_chart:
            yield from _chart(shape, left)
        elif (related := shape._element.find(f".//{DIAGRAM}")) is not None:
            yield from _diagram(slide, related.get(RELATED), left)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        yield from _paragraphs(frame)


def _shapes(shapes: Any, depth: int = 0) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes") and depth < 20:
            yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _paragraphs(frame: Any) -> Iterator[str]:
    """One paragraph as it is, several as a list: on slides they are the points."""
    found = _points(frame)
    if len(found) == 1:
        yield found[0].lstrip(" -")
    elif found:
        yield "\n".join(found)


def _points(frame: Any, *, flat: bool = False) -> list[str]:
    found = [(part.level, _text(part._p)) for part in frame.paragraphs]
    return [text if flat else "  " * level + "- " + text for level, text in found if text]


def _text(paragraph: Any) -> str:
    """A paragraph on one line; raised and lowered runs and formulas say what they say on the slide."""
    found: list[str] = []
    for part in paragraph:
        name = part.tag.rpartition("}")[2] if isinstance(part.tag, str) else ""
        if name in ("r", "fld"):
            words = "".join(text.text or "" for text in part.iter(A + "t"))
            about = part.find(A + "rPr")
            base = (about.get("baseline") or "0") if about is not None else "0"
            if base.lstrip("-").rstrip("%").isdecimal() and base.strip("-0%") and words.strip():
                words = scripts.low(words.strip()) if base.startswith("-") else scripts.high(words.strip())
            found.append(words)
        elif name == "br":
            found.append(" ")
        elif name in ("AlternateContent", "m"):
            maths = [one for one in part.iter() if str(one.tag).endswith(("}oMath",))]
            found += [f" {scripts.formula(one)} " for one in maths]
    return " ".join(scripts.INVISIBLE.sub("", "".join(found)).split())


def _table(table: Any) -> str:
    """A table; a cell over several rows stands in each of them."""
    rows = [
        [" ".join(_points(cell.text_frame, flat=True)).replace("|", r"\|") for cell in row.cells] for row in table.rows
    ]
    for number, row in enumerate(table.rows):
        for column, cell in enumerate(row.cells):
            if cell.is_merge_origin:
                for below in range(number + 1, min(number + cell.span_height, len(rows))):
                    rows[below][column] = rows[number][column]
    return table_of(rows) if rows and rows[0] else ""


def _chart(shape: Any, left: Left) -> Iterator[str]:
    """The title of a chart and the numbers that it draws, as a table."""
    with suppress(Exception):  # of a chart that python-pptx does not know
        chart = shape.chart
        if chart.has_title and chart.chart_title.has_text_frame:
            yield " ".join(_points(chart.chart_title.text_frame, flat=True))
        plot = chart.plots[0]
        series = list(plot.series)
        rows = [["", *(one.name for one in series)]]
        columns = [list(one.values) for one in series]
        for number, category in enumerate(plot.categories):
            rows.append([str(category), *(f"{column[number]:g}" if number < len(column) else "" for column in columns)])
        if len(rows) > 1:
            yield table_of(rows)
            return
    left("charts", shape.name)


def _diagram(slide: Any, related: str | None, left: Left) -> Iterator[str]:
    """The words of a diagram (SmartArt) as a list."""
    from rag.sources.books import xml

    try:
        tree = xml(slide.part.related_part(related).blob, "a diagram")
    except Exception:  # of a part that is missing or broken
        left("diagrams", str(related))
        return
    points = [" ".join("".join(text.text or "" for text in one.iter(A + "t")).split()) for one in tree.iter(A + "p")]
    if found := [f"- {point}" for point in points if point]:
        yield "\n".join(found)
