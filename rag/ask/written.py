"""Passes on the answer while the JSON object around it is still being written."""

from __future__ import annotations

import json
import re
from collections.abc import Callable

STRING = re.compile(
    r'(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}|u[dD][89abAB][0-9a-fA-F]{2}\\u[0-9a-fA-F]{4}))*'
)


class Written:
    """Passes on the answer while the JSON object around it is still being written."""

    KEY = re.compile(r'"answer"\s*:\s*"')

    def __init__(self, on_text: Callable[[str], None]) -> None:
        self.on_text = on_text
        self.text = ""
        self.shown = ""
        self.at = -1  # where the part that was not passed on begins

    def feed(self, piece: str) -> None:
        self.text += piece
        if self.at < 0:
            key = self.KEY.search(self.text)
            if not key:
                return
            self.at = key.end()
        whole = STRING.match(self.text, self.at)
        if whole and whole.end() > self.at:
            piece = json.loads(f'"{whole[0]}"')
            self.shown += piece
            self.on_text(piece)
            self.at = whole.end()

    def finish(self, text: str) -> None:
        """Show the answer that counts, if it is not what was shown (a second attempt, or none)."""
        if self.shown.strip() != text:
            self.on_text(("\n" if self.shown else "") + text)
