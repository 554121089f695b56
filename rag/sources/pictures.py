"""Pictures of texts, through Tesseract: only where the user asks for it."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from rag.errors import InputError
from rag.sources.items import Left, untold
from rag.sources.ocr import INSTALL, LARGEST, lines
from rag.sources.pdf import text_of
from rag.sources.text import words_of
from rag.types import Document

if TYPE_CHECKING:
    from PIL.Image import Image


def read(data: bytes, key: str, source: str, left: Left = untold, *, language: str = "eng") -> list[Document]:
    """A picture of a text as one document; none if it shows no words."""
    text, _ = text_of([lines(_opened(data, key), key, language)])
    about = {"ocr": language}
    return [Document(source, key, text, words_of(key), "", "", "", about, "markdown")] if text.strip() else []


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
