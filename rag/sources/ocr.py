"""
What a picture of a page says, through Tesseract: scanned PDFs and pictures. Off unless the user asks for it.

What was read so may hold errors that the page does not have: `meta["ocr"]` names the language, and of a PDF the pages.
"""

from __future__ import annotations

from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING, Any

from rag.errors import InputError
from rag.sources.encodings import CONTROL
from rag.sources.pdf_line import Line

if TYPE_CHECKING:
    from PIL.Image import Image

DPI = 300
SECONDS = 120  # of one page
LARGEST = 100_000_000  # pixels of a picture
FEWEST = 30  # of 100: how sure Tesseract is of a word that is kept
INSTALL = "pip install 'chapterverse[ocr]', and Tesseract itself: apt install tesseract-ocr, brew install tesseract"


def lines_of_page(page: Any, key: str, language: str) -> list[Line]:
    """The lines of a page of a PDF that has no text, as they are seen."""
    scale = min(DPI / 72, (LARGEST / max(page.get_width() * page.get_height(), 1)) ** 0.5)
    return lines(page.render(scale=scale).to_pil(), key, language, 1 / scale)


def lines(image: Image, key: str, language: str, scale: float = 72 / DPI) -> list[Line]:
    """The lines in a picture with their places; `scale` is points a pixel. Raises InputError if it cannot be read."""
    try:
        import pytesseract
    except ImportError as error:
        raise InputError(f"{key} is a scan", f"To read it: {INSTALL}") from error
    try:
        found = pytesseract.image_to_data(image, lang=language, timeout=SECONDS, output_type=pytesseract.Output.DICT)
    except pytesseract.TesseractNotFoundError as error:
        raise InputError(f"{key} is a scan, and Tesseract is not installed", INSTALL) from error
    except pytesseract.TesseractError as error:
        why = " ".join(str(error).split())[:200]
        raise InputError(
            f"{key} could not be read by Tesseract: {why}", "Its languages: tesseract --list-langs"
        ) from error
    except RuntimeError as error:  # it took too long
        raise InputError(f"{key} could not be read by Tesseract: {error}") from error
    return list(_lines(found, image.height, scale))


def _lines(found: dict[str, list[Any]], tall: int, scale: float) -> Iterator[Line]:
    """Words put together to lines; their type is taken for one size, since boxes of lines tell it badly."""
    rows: dict[tuple[int, int, int], list[int]] = {}
    for number, word in enumerate(found["text"]):
        if str(word).strip() and float(found["conf"][number]) >= FEWEST:
            place = found["block_num"][number], found["par_num"][number], found["line_num"][number]
            rows.setdefault(place, []).append(number)
    if not rows:
        return
    size = (
        round(0.8 * scale * median(max(found["height"][word] for word in words) for words in rows.values()), 1) or 1.0
    )
    for words in rows.values():
        text = CONTROL.sub("", " ".join(str(found["text"][word]) for word in words))
        feet = [found["top"][word] + found["height"][word] for word in words]
        base = scale * (tall - median(feet))
        last = words[-1]
        right = found["left"][last] + found["width"][last]
        yield Line(text, size, scale * found["left"][words[0]], scale * right - 0.5 * size, base, base)
