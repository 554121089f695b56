"""Thumbnails: made once, kept until the picture changes."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from PIL import Image, ImageOps

QUALITY = 82
SIDE = 320


def key(path: Path) -> str:
    """The name of a thumbnail: a hash of path, size and time of change, so that a new picture gets a new one."""
    found = path.stat()
    return hashlib.blake2b(f"{path}:{found.st_size}:{found.st_mtime_ns}".encode(), digest_size=16).hexdigest()


def thumbnail(path: Path, cache: Path, side: int = SIDE) -> Path:
    """The thumbnail of a picture as WebP, made if it is not there; it is turned as the camera was held."""
    made = cache / f"{key(path)}-{side}.webp"
    if made.exists():
        return made
    with Image.open(path) as picture:
        turned = ImageOps.exif_transpose(picture)
        turned.thumbnail((side, side))
        partial = made.with_suffix(".part")
        turned.save(partial, "WEBP", quality=QUALITY)
    os.replace(partial, made)
    return made


def clean(cache: Path, keep: set[str]) -> int:
    """Remove the thumbnails whose pictures are gone; returns how many bytes became free."""
    freed = 0
    for entry in cache.glob("*.webp"):
        if entry.stem.rpartition("-")[0] not in keep:
            freed += entry.stat().st_size
            entry.unlink()
    return freed
