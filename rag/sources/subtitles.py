"""
Subtitles and transcripts (SRT and WebVTT) as text. `meta["times"]` holds pairs of an offset and the second it is spoken
at, `meta["lines"]` of an offset and the line of the file.

Cues are joined to paragraphs: one for each who speaks, which also end at a pause, or where a sentence ends after a
while. Styling is dropped; a name that is written before every cue of a speech is said once a paragraph.
"""

from __future__ import annotations

import html
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag.errors import InputError
from rag.sources.items import Left, untold
from rag.sources.text import prose, words_of
from rag.types import Document

MOMENT = r"(?:(\d{1,3}):)?(\d{1,2}):(\d{2})[.,](\d{1,3})"
TIME = re.compile(rf"{MOMENT}\s*-->\s*{MOMENT}")
MARKUP = re.compile(r"<[^<>]{0,100}>|\{\\[^{}]{0,100}\}")
VOICE = re.compile(r"<v(?:\.[\w.]+)?\s+([^<>]{1,80})>")
NOTE = re.compile(r"(?:NOTE|STYLE|REGION)\b")
WORD = r"[^\W\d_a-zß-öø-ÿ][\w.'’&-]*"
LABEL = re.compile(rf"(?:>>+\s*|[-–—]\s*)?(?P<who>{WORD}(?: (?:{WORD}|\([^()]{{1,30}}\))){{0,3}}):(?:\s+|$)")
TURN = re.compile(r">>+\s|[-–—]\s")  # that somebody else speaks
NO_NAMES = frozenset("""
    note remember question answer warning example first second third then finally so but and
""".split())  # fmt: skip  # noqa: SIM905
ROLLING = 0.05  # seconds between a cue and the one that repeats its lines
PAUSE = 3.0  # seconds of silence that end a paragraph
LONG = 400  # characters after which the end of a sentence ends it


@dataclass(frozen=True, slots=True)
class Cue:
    """What is shown at a time: its lines without markup, and the line of the file it begins at."""

    start: float
    end: float
    lines: tuple[str, ...]
    line: int


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A file of subtitles as one document."""
    written = prose(data, key, left)
    cues = list(_cues(written, left))
    names = _names(cues, written)
    text, who = "", ""
    times: list[list[float]] = []
    lines: list[list[int]] = []
    paragraph, spoken = 0, 0.0
    for cue in cues:
        for speaker, turns, words in _speeches(cue.lines, names):
            ended = len(text) - paragraph > LONG and text.endswith((".", "!", "?", "…"))
            breaks = bool(text) and (turns or speaker not in ("", who) or cue.start - spoken > PAUSE or ended)
            who = speaker or ("" if turns else who)
            text += "\n\n" if breaks else " " if text else ""
            paragraph = len(text) if breaks else paragraph
            if not times or times[-1][1] != round(cue.start, 1):
                times.append([len(text), round(cue.start, 1)])
                lines.append([len(text), cue.line])
            labelled = who and (speaker or breaks) and (breaks or not text)
            text += (f"{who}: " if labelled else "") + words
            spoken = cue.start
        spoken = cue.end
    if not text:
        raise InputError(f"{key} has no subtitles")
    return [Document(source, key, text, title=words_of(key), meta={"times": times, "lines": lines})]


def _names(cues: Sequence[Cue], written: str) -> set[str]:
    """Who speaks: those whom the file names in its markup, and what stands before a colon if something does twice."""
    found = (LABEL.match(line) for cue in cues for line in cue.lines)
    labels = Counter(one["who"] for one in found if one and one["who"].lower() not in NO_NAMES)
    said = set(labels) if any(count > 1 for count in labels.values()) else set()
    return said | {" ".join(name.split()) for name in VOICE.findall(written)}


def _speeches(lines: Sequence[str], names: set[str]) -> Iterator[tuple[str, bool, str]]:
    """(who speaks, if it is said; whether somebody begins to; the words) for each part of a cue."""
    speaker, turns, words = "", False, list[str]()
    for line in lines:
        found = LABEL.match(line)
        known = found is not None and found["who"] in names
        begins = known or TURN.match(line) is not None
        if begins and words:
            yield speaker, turns, " ".join(words)
            speaker, turns, words = "", False, []
        if found and known:
            speaker, line = found["who"], line[found.end() :]
        elif begins:
            turns = True
        words += [line] if line else []
    if words:
        yield speaker, turns, " ".join(words)


def _cues(text: str, left: Left) -> Iterator[Cue]:
    """
    The cues of a file. A cue goes from its times to the next ones, whatever blank lines stand in it.

    A line that rolls over from the cue before is left out, as automatic captions repeat it.
    """
    before: list[str] = []
    ended = 0.0
    for number, found, listed in _blocks(text, left):
        spoken = [words for line in listed for words in _words(line)]
        start, end = _seconds(found.groups()[:4]), _seconds(found.groups()[4:])
        rolls = len(spoken) > 1 or len(before) > 1 or abs(start - ended) < ROLLING
        lines = tuple(part for part in spoken if not (rolls and part in before))
        before, ended = spoken or before, end
        if lines:
            yield Cue(start, end, lines, number + 1)


def _blocks(text: str, left: Left) -> Iterator[tuple[int, re.Match[str], list[str]]]:
    """The line and times of every cue and its lines, without the number or name that stands above the next one."""
    moment: tuple[int, re.Match[str]] | None = None
    listed: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        found = TIME.match(line.strip()[:200])
        if not found:
            listed.append(line)
            continue
        if moment:
            yield *moment, _without_name(listed, left)
        moment, listed = (number, found), []
    if moment:
        yield *moment, _without_notes(listed, left)


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


def _words(line: str) -> Iterator[str]:
    """A line without markup; who speaks is written before it, on a line of their own if there are several."""
    for part in VOICE.sub(lambda found: f"\n{found.group(1)}: ", line).split("\n"):
        if words := " ".join(html.unescape(MARKUP.sub("", part)).split()):
            yield words


def _seconds(parts: tuple[str | None, ...]) -> float:
    hours, minutes, seconds, fraction = parts
    return int(hours or 0) * 3600 + int(minutes or 0) * 60 + int(seconds or 0) + float(f"0.{fraction}")
