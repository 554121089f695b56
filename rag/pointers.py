"""Steps of a JSON pointer (RFC 6901): the key of an object as it stands in one, and back."""

from __future__ import annotations


def step(key: object) -> str:
    return str(key).replace("~", "~0").replace("/", "~1")


def key_of(part: str) -> str:
    return part.replace("~1", "/").replace("~0", "~")
