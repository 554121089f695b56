"""Pictures: of texts, through Tesseract, or as they are, for a model that embeds them. Only where the user asks."""

from __future__ import annotations

import hashlib
import io
from typing import TYPE_CHECKING

from rag.errors import InputError
from rag.sources.items import Left, untold
from rag.sources.ocr import INSTALL, LARGEST, lines
from rag.sources.pdf import text_of
from rag.sources.text import words_of
from rag.types import Document, Picture

if TYPE_CHECKING:
    from PIL.Image import Image

BEGINNINGS = (b"\x89PNG\r\n", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")


def read(data: bytes, key: str, source: str, left: Left = untold, *, language: str = "eng") -> list[Document]:
    """A picture of a text as one document; none if it shows no words."""
    text, _ = text_of([lines(_opened(data, key), key, language)])
    about = {"ocr": language}
    return [Document(source, key, text, words_of(key), "", "", "", about, "markdown")] if text.strip() else []


def whole(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A picture as it is; its text is its name, and what tells its content from any other."""
    if not data.startswith(BEGINNINGS) and data[8:12] != b"WEBP":
        raise InputError(f"{key} is not a picture, or damaged")
    sum_ = hashlib.sha256(data).hexdigest()
    text = f"{words_of(key)} (picture {sum_[:16]})"
    return [Picture(source, key, text, meta={"picture": sum_}, kind="picture", data=data)]


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
