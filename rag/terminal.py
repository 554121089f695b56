"""
The one gate for everything that is printed: what a document, a file name or a server says moves no cursor.

Characters that steer a terminal are shown as "�" in text; marks that ask for another order of what follows are not
shown, so that all of it stands as it is stored. In JSON both are escaped, where they stay exact. Our own sequences
pass, for they carry a mark that nobody can foresee. A character that the stream cannot show is written as an escape,
never as a traceback.
"""

from __future__ import annotations

import codecs
import os
import re
import sys
from typing import Any, TextIO

# C0 but tab and newline, DEL, C1, the bidirectional marks, embeddings and isolates, line separators, lone surrogates.
_RANGES = r"\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff"
_STEERS = re.compile(f"[{_RANGES}]")
# Of these, what has no shape and does nothing but order: WhatsApp and others put it around names, numbers and dates.
_ORDER = re.compile(r"[\u061c\u200e\u200f\u202a-\u202c\u2066-\u2069]")
_BREAKS = re.compile(r"[\n\t]")
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")
_NUMBER = re.compile(r"[+-]?(\d[\d,]*)?\.?\d+([eE][+-]?\d+)?%?", re.ASCII)
_LONG = re.compile(r"(\S{200})\S{800,}")
_ESCAPE = "\x1b"
_MARK = f"{_ESCAPE}{os.urandom(8).hex()}"


def safe(text: str) -> str:
    """Without characters that steer a terminal."""
    return _STEERS.sub("�", _ORDER.sub("", text))


def line(text: str) -> str:
    """The same in one line: a name that has several could say what only the program says."""
    return safe(_BREAKS.sub("�", text))


def escaped(text: str) -> str:
    r"""The same as `\u001b`: for JSON and for grammars, which read it back exactly."""
    return _STEERS.sub(_as_escape, text)


def shortened(text: str) -> str:
    """An error without the values that fill the screen: no name that a person typed is so long."""
    return _LONG.sub(r"\1…", text)


def inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula: one that begins like one gets an apostrophe before it."""
    return f"'{text}" if _FORMULA.match(text) and not _NUMBER.fullmatch(text) else text


def sequence(code: str, stream: Any = None) -> str:
    """A sequence of our own, `[1m` or `[K`, for a stream (else stdout) that is a terminal."""
    return f"{_MARK if isinstance(stream or sys.stdout, Gate) else _ESCAPE}{code}"


def _as_escape(match: re.Match[str]) -> str:
    return f"\\u{ord(match[0]):04x}"


def _unshowable(error: UnicodeError) -> tuple[str, int]:
    """The handler of an encoding that lacks a character: JSON's escape, which is readable in a text, too."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    units = error.object[error.start : error.end].encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2)), error.end


codecs.register_error("rag-shown", _unshowable)


class Closed(Exception):
    """Whoever read what is printed went away, as in `rag search … | head`; of an OSError typer would make a failure."""


class Gate:
    """A text stream through which nothing passes that steers a terminal, but our own sequences."""

    def __init__(self, stream: TextIO) -> None:
        self.raw = stream
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="rag-shown")

    def write(self, text: str) -> int:
        if not isinstance(text, str):
            raise TypeError(f"a text is printed, not {type(text).__name__}")
        try:
            self.raw.write(_ESCAPE.join(safe(piece) for piece in text.split(_MARK)))
        except BrokenPipeError as error:
            raise Closed from error
        return len(text)

    def flush(self) -> None:
        try:
            self.raw.flush()
        except BrokenPipeError as error:
            raise Closed from error

    def writelines(self, lines: Any) -> None:
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.raw, name)


def guard() -> None:
    """From now on, what this process prints goes through the gate; a stream that was closed before is an empty one."""
    if sys.stdin is None:
        sys.stdin = open(os.devnull, encoding="utf-8")  # noqa: SIM115 (for as long as the process lives)
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115
        stream = getattr(sys, name)
        if stream is not None and not isinstance(stream, Gate):
            setattr(sys, name, Gate(stream))


def raw(stream: Any) -> Any:
    """The stream behind the gate, for a library that draws: it is given nothing but text that is safe."""
    return stream.raw if isinstance(stream, Gate) else stream
