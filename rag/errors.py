"""
What can go wrong, and what to do next.

    RagError            exit 1   message + hint; the command line prints both, no traceback
      InputError        exit 2   a path, flag, schema, prompt or suite of yours cannot be used
        NotFoundError            it is well said, but there is nothing of that name or number
          EmptyError    exit 4   there is nothing in the index at all
      ModelError        exit 3   unknown, missing or unreachable model; `retry` says whether trying again may help
      DatabaseError     exit 4   the index: built with another embedder, by a newer version, locked, or damaged
        UnwritableError          it can be read, not written
      OutputError       exit 5   a model's text does not fit the shape; `raw` carries the text
      PartialError      exit 6   a batch ran to its end and some of its rows failed

An OSError of the machine (a name that is too long, a disk that is full) is told in one line, exit 1. Anything else that
is raised is a bug and keeps its traceback. A message names the thing and its value; the hint says
what to type next. Errors of other libraries are mapped in the file that imports the library.
"""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\[Errno -?\d+\] ")  # what Python puts before the words of an OSError
_CODEC = re.compile(r"'utf-8' codec can't decode bytes? (?:0x\w\w )?in position (\d+)(?:-\d+)?: [a-z ]+")


class RagError(Exception):
    """A problem that the user can do something about."""

    exit_code = 1

    def __init__(self, message: str, hint: str = "") -> None:
        message = _CODEC.sub(r"byte \1 is no UTF-8", _NUMBER.sub("", message))
        super().__init__(message)
        self.message = message
        self.hint = hint


class InputError(RagError):
    """Something the user gave cannot be used."""

    exit_code = 2


class NotFoundError(InputError):
    """There is nothing of that name or number in the index."""


class EmptyError(NotFoundError):
    """Nothing has been indexed yet."""

    exit_code = 4


class ModelError(RagError):
    """A model is unknown, missing or unreachable."""

    exit_code = 3

    def __init__(self, message: str, hint: str = "", *, retry: bool = False, after: float | None = None) -> None:
        super().__init__(message, hint)
        self.retry = retry
        self.after = after  # seconds that the provider asks us to wait (Retry-After)


class DatabaseError(RagError):
    """The index cannot be used as it is."""

    exit_code = 4


class UnwritableError(DatabaseError):
    """The index can be read where it lies, and cannot be written there."""


class OutputError(RagError):
    """What a model wrote does not fit the shape."""

    exit_code = 5

    def __init__(self, message: str, hint: str = "", *, raw: str = "", final: bool = False) -> None:
        super().__init__(message, hint)
        self.raw = raw
        self.final = final  # asking again gives nothing else: the text was refused


class PartialError(RagError):
    """Some rows of a batch failed; the others are done."""

    exit_code = 6
