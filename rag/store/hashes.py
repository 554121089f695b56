"""
Hashes: what tells two texts apart, and by which a text's vector is found.

They are 128 bits of a SHA-256. Where one stands in every row it is 22 characters of base64url, text for SQL and JSON
like any other; as 32 hex digits it would take ten bytes more in each of five places a passage.
"""

from __future__ import annotations

import hashlib
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode

HEX = re.compile(r"[0-9a-f]{32}\Z")
SHORT = re.compile(r"[0-9A-Za-z_-]{22}\Z")


def digest(*parts: str) -> str:
    """sha256 of the parts, unambiguously joined; 32 hex digits (128 bits)."""
    joined = "\x1f".join(f"{len(part)}:{part}" for part in parts)
    return hashlib.sha256(joined.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def hashed(*parts: str) -> str:
    """The same as it is stored: 22 characters."""
    return short(digest(*parts))


def short(hash_: str) -> str:
    """The 22 characters of 32 hex digits; what is none is left as it is."""
    return urlsafe_b64encode(bytes.fromhex(hash_)).decode()[:22] if HEX.match(hash_) else hash_


def long(hash_: str) -> str:
    """The 32 hex digits of 22 characters; what is none is left as it is."""
    return urlsafe_b64decode(f"{hash_}==").hex() if SHORT.match(hash_) else hash_
