"""
Values between Python and the server.

Text there cannot hold the character NUL, which documents may: it travels as U+FFFF, which is no character of any text;
a text that does hold U+FFFF is refused. Sums are integers, as in SQLite.
"""

from __future__ import annotations

from typing import Any

import psycopg
from psycopg.adapt import Buffer
from psycopg.types.numeric import NumericLoader
from psycopg.types.string import StrBinaryDumper, StrDumperUnknown, TextBinaryLoader, TextLoader

from rag.errors import DatabaseError

NUL, STANDS_FOR_NUL = "\0", "\uffff"


def _sent(text: str) -> str:
    if STANDS_FOR_NUL in text:
        raise DatabaseError("a text holds the character U+FFFF, which a server cannot keep", "Take it out of the text.")
    return text.replace(NUL, STANDS_FOR_NUL) if NUL in text else text


class _Dumper(StrDumperUnknown):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_sent(obj))


class _BinaryDumper(StrBinaryDumper):
    def dump(self, obj: str) -> Buffer | None:
        return super().dump(_sent(obj))


def _received(text: bytes | str) -> bytes | str:
    return text.replace(STANDS_FOR_NUL, NUL) if isinstance(text, str) and STANDS_FOR_NUL in text else text


class _Loader(TextLoader):
    def load(self, data: Buffer) -> bytes | str:
        return _received(super().load(data))


class _BinaryLoader(TextBinaryLoader):
    def load(self, data: Buffer) -> bytes | str:
        return _received(super().load(data))


class _Number(NumericLoader):
    def load(self, data: Buffer) -> Any:
        found = super().load(data)
        return int(found) if found == found.to_integral_value() else float(found)


def register(connection: psycopg.Connection[Any]) -> None:
    adapters = connection.adapters
    adapters.register_dumper(str, _BinaryDumper)
    adapters.register_dumper(str, _Dumper)
    for name in ("text", "varchar"):
        adapters.register_loader(name, _BinaryLoader)
        adapters.register_loader(name, _Loader)
    adapters.register_loader("numeric", _Number)
