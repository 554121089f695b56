"""
Subtitles (SRT and WebVTT) as running text. `meta["times"]` holds pairs of an offset and the second it is spoken at.

Cues are joined to paragraphs, which end at a pause or where a sentence ends after a while. Styling is dropped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from rag.errors import InputError
from rag.sources.text import prose, words_of
from rag.types import Document

MOMENT = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
TIME = re.compile(rf"{MOMENT}\s*-->\s*{MOMENT}")
MARKUP = re.compile(r"<[^<>]{0,100}>|\{\\[^{}]{0,100}\}")
VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+([^<>]{1,80})>")
PAUSE = 3.0  # seconds of silence that end a paragraph
LONG = 400  # characters after which the end of a sentence ends it


def read(data: bytes, key: str, source: str) -> list[Document]:
    """A file of subtitles as one document."""
    text, times, paragraph, spoken = "", [], 0, 0.0
    for start, end, words in _cues(prose(data, key)):
        if not text:
            separator = ""
        elif start - spoken > PAUSE or (len(text) - paragraph > LONG and text.endswith((".", "!", "?", "…"))):
            separator = "\n\n"
            paragraph = len(text) + 2
        else:
            separator = " "
        times.append([len(text) + len(separator), round(start, 1)])
        text += separator + words
        spoken = end
    if not text:
        raise InputError(f"{key} has no subtitles")
    return [Document(source, key, text, title=words_of(key), meta={"times": times})]


def _cues(text: str) -> Iterator[tuple[float, float, str]]:
    """(start, end, words); a line that rolls over from the cue before is left out, as automatic captions repeat it."""
    before: list[str] = []
    for block in text.split("\n\n"):
        listed = block.strip("\n").split("\n")
        for number, line in enumerate(listed[:3]):
            if found := TIME.search(line[:200]):
                spoken = [_words(part) for part in listed[number + 1 :]]
                words = " ".join(part for part in spoken if part and part not in before)
                before = spoken
                if words:
                    yield _seconds(found.groups()[:4]), _seconds(found.groups()[4:]), words
                break


def _words(line: str) -> str:
    """A line without markup; who speaks is written before it."""
    line = VOICE.sub(lambda found: f"{found.group(1)}: ", line)
    return " ".join(html.unescape(MARKUP.sub("", line)).split())


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction}")
