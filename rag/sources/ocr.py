"""
What a picture of a page says, through Tesseract: scanned PDFs and pictures. Off unless the user asks for it.

What was read so may hold errors that the page does not have: `meta["ocr"]` names the language, and of a PDF the pages.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from statistics import median
from typing import TYPE_CHECKING, Any

from rag.errors import InputError
from rag.sources.encodings import CONTROL
from rag.sources.items import Left, untold
from rag.sources.pdf_line import Line
from rag.types import Document

if TYPE_CHECKING:
    from PIL.Image import Image

DPI = 300
SECONDS = 120  # of one page
LARGEST = 100_000_000  # pixels of a picture
FEWEST = 30  # of 100: how sure Tesseract is of a word that is kept
INSTALL = "pip install 'chapterverse[ocr]', and Tesseract itself: apt install tesseract-ocr, brew install tesseract"


def picture(data: bytes, key: str, source: str, left: Left = untold, *, language: str = "eng") -> list[Document]:
    """A picture of a text as one document; none if it shows no words."""
    from rag.sources.pdf import text_of
    from rag.sources.text import words_of

    text, _ = text_of([lines(_opened(data, key), key, language)])
    about = {"ocr": language}
    return [Document(source, key, text, words_of(key), "", "", "", about, "markdown")] if text.strip() else []


def lines_of_page(page: Any, key: str, language: str) -> list[Line]:
    """The lines of a page of a PDF that has no text, as they are seen."""
    scale = min(DPI / 72, (LARGEST / max(page.get_width() * page.get_height(), 1)) ** 0.5)
    return lines(page.render(scale=scale).to_pil(), key, language, 1 / scale)


def _opened(data: bytes, key: str) -> Image:
    try:
        from PIL import Image
    except ImportError as error:
        raise InputError(f"{key} is a picture", f"To read it: {INSTALL}") from error
    try:
        found = Image.open(io.BytesIO(data))
        if found.width * found.height > LARGEST:
            raise InputError(f"{key} is too large a picture: {found.width} x {found.height}")
        return found.convert("RGB")
    except InputError:
        raise
    except Exception as error:  # Pillow raises what its formats raise
        raise InputError(f"{key} is not a picture, or damaged: {error}") from error


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
