"""
Subtitles (SRT and WebVTT) as running text. `meta["times"]` holds pairs of an offset and the second it is spoken at.

Cues are joined to paragraphs, which end at a pause or where a sentence ends after a while. Styling is dropped.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from rag.errors import InputError
from rag.sources.items import Left, untold
from rag.sources.text import prose, words_of
from rag.types import Document

MOMENT = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
TIME = re.compile(rf"{MOMENT}\s*-->\s*{MOMENT}")
MARKUP = re.compile(r"<[^<>]{0,100}>|\{\\[^{}]{0,100}\}")
VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+([^<>]{1,80})>")
NOTE = re.compile(r"(?:NOTE|STYLE|REGION)\b")
ROLLING = 0.05  # seconds between a cue and the one that repeats its lines
PAUSE = 3.0  # seconds of silence that end a paragraph
LONG = 400  # characters after which the end of a sentence ends it


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A file of subtitles as one document."""
    text, times, paragraph, spoken = "", [], 0, 0.0
    for start, end, words in _cues(prose(data, key, left), left):
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


def _cues(text: str, left: Left) -> Iterator[tuple[float, float, str]]:
    """
    (start, end, words). A cue goes from its times to the next ones, whatever blank lines stand in it.

    A line that rolls over from the cue before is left out, as automatic captions repeat it.
    """
    before: list[str] = []
    ended = 0.0
    for found, listed in _blocks(text, left):
        spoken = [words for line in listed if (words := _words(line))]
        start, end = _seconds(found.groups()[:4]), _seconds(found.groups()[4:])
        rolls = len(spoken) > 1 or len(before) > 1 or abs(start - ended) < ROLLING
        words = " ".join(part for part in spoken if not (rolls and part in before))
        before, ended = spoken or before, end
        if words:
            yield start, end, words


def _blocks(text: str, left: Left) -> Iterator[tuple[re.Match[str], list[str]]]:
    """The times of every cue and its lines, without the number or name that stands above the next one."""
    moment: re.Match[str] | None = None
    listed: list[str] = []
    for line in text.split("\n"):
        found = TIME.match(line.strip()[:200])
        if not found:
            listed.append(line)
            continue
        if moment:
            yield moment, _without_name(listed, left)
        moment, listed = found, []
    if moment:
        yield moment, _without_notes(listed, left)


def _without_name(listed: list[str], left: Left) -> list[str]:
    """The lines of a cue without the last: the number of the next cue, or its name below a blank line."""
    while listed and not listed[-1].strip():
        listed = listed[:-1]
    if listed and (listed[-1].strip().isdecimal() or (len(listed) > 1 and not listed[-2].strip())):
        listed = listed[:-1]
    return _without_notes(listed, left)


def _without_notes(listed: list[str], left: Left) -> list[str]:
    """Lines without the blocks of WebVTT that are not spoken: notes, styles, regions."""
    kept: list[str] = []
    silent = False
    for number, line in enumerate(listed):
        if not line.strip():
            silent = False
        elif not silent and number and not listed[number - 1].strip() and NOTE.match(line):
            silent = True
            left("notes and styles of subtitles", line)
        if not silent:
            kept.append(line)
    return kept


def _words(line: str) -> str:
    """A line without markup; who speaks is written before it."""
    line = VOICE.sub(lambda found: f"{found.group(1)}: ", line)
    return " ".join(html.unescape(MARKUP.sub("", line)).split())


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction}")
