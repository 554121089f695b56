"""
What is typed into the forms of a PDF page and onto it: values of fields, text boxes, notes. They are no part of its
text, and stand where they are seen; a note is put behind the line that it hangs on.
"""

from __future__ import annotations

import ctypes
from typing import Any

from rag.sources.encodings import CONTROL, lines
from rag.sources.pdf_line import Line, finite

MOST = 2000  # annotations of a page
HIDDEN = 2 | 32  # flags: hidden, not to be viewed


def placed(found: list[Line], page: Any, form: Any) -> list[Line]:
    """The lines of a page with those of its annotations among them, from top to bottom."""
    import pypdfium2.raw as raw

    count = min(raw.FPDFPage_GetAnnotCount(page), MOST)
    if not count:
        return found
    usual = sorted(line.size for line in found if line.size)
    size = usual[len(usual) // 2] if usual else 11.0
    written = list(found)
    for number in range(count):
        annotation = raw.FPDFPage_GetAnnot(page, number)
        if not annotation:
            continue
        try:
            text, x, y, tall = _read(annotation, form)
        finally:
            raw.FPDFPage_CloseAnnot(annotation)
        for part, words in enumerate(text.split("\n")):
            if words.strip():
                base = y + (0.3 * min(tall, size) if tall < 2 * size else tall - (part + 1) * 1.2 * size)
                line = Line(" ".join(words.split()), size, x, x + 0.5 * size * (len(words) - 1), base, base)
                written.insert(_below(written, line), line)
    return written


def _below(written: list[Line], line: Line) -> int:
    """Where a line is put: behind the last one that stands above it, or left of it on its height."""
    at = 0
    for number, other in enumerate(written):
        level = abs(other.base - line.base) < 0.5 * line.size
        if (other.base > line.base and not level) or (level and other.left <= line.left):
            at = number + 1
    return at


def _read(annotation: Any, form: Any) -> tuple[str, float, float, float]:
    """(its words, left, foot, height) of an annotation; no words if it has none to be read."""
    import pypdfium2.raw as raw

    rectangle = raw.FS_RECTF()
    raw.FPDFAnnot_GetRect(annotation, rectangle)
    left, foot, top = map(finite, (rectangle.left, rectangle.bottom, rectangle.top))
    place = (left, foot, max(top - foot, 0.0))
    kind = raw.FPDFAnnot_GetSubtype(annotation)
    if raw.FPDFAnnot_GetFlags(annotation) & HIDDEN:
        return ("", *place)
    if kind == raw.FPDF_ANNOT_WIDGET:
        return (_field(annotation, form), *place)
    if kind in (raw.FPDF_ANNOT_LINK, raw.FPDF_ANNOT_POPUP):
        return ("", *place)
    words = _string(annotation, b"Contents")
    if words and kind != raw.FPDF_ANNOT_FREETEXT:
        who = _string(annotation, b"T")
        words = f"[{who or 'Note'}: {words}]"
    return (words, *place)


def _field(annotation: Any, form: Any) -> str:
    """The value of a field of a form; of a box to be ticked, whether it is."""
    import pypdfium2.raw as raw

    state = _string(annotation, b"AS")
    if state:
        return "[x]" if state != "Off" else "[ ]"
    if form is None:
        return _string(annotation, b"V")
    size = raw.FPDFAnnot_GetFormFieldValue(form, annotation, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAnnot_GetFormFieldValue(form, annotation, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return _text(buffer, size)


def _string(annotation: Any, name: bytes) -> str:
    """A text of an annotation, or of the field that it stands for."""
    import pypdfium2.raw as raw

    size = raw.FPDFAnnot_GetStringValue(annotation, name, None, 0)
    if size <= 2:
        return ""
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAnnot_GetStringValue(annotation, name, ctypes.cast(buffer, ctypes.POINTER(ctypes.c_ushort)), size)
    return _text(buffer, size)


def _text(buffer: Any, size: int) -> str:
    return CONTROL.sub("", lines(buffer.raw[: size - 2].decode("utf-16-le", "replace")))
