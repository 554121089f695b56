"""
How a message of a chat stands in a document: `- Ann Lee (2025-02-19 10:20): The kiln is free.`, a reply below it; and
which messages, each a document of its own, are of one thread: by their subject.

The sender and the time stand before each, in one form whatever program it was written with, so that what reads an
answer can tell them from what was said.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rag.types import Document

# The name and the time of a message at the beginning of a line
HEAD = re.compile(r"^[ \t]*- (?P<name>[^\n]{1,100}?) \((?P<time>\d{4}-\d\d-\d\d(?: \d\d:\d\d)?)\): ?", re.MULTILINE)
INDENT = 2  # characters by which a reply stands to the right of what it answers


DATED = re.compile(r"\((?=\d{4}-\d\d-\d\d)")  # in a name: as if the name ended before it


def written(name: str, time: str, text: str, depth: int = 0) -> str:
    """
    A message as an item of a list; its further lines are indented, a reply (`depth` 1) stands to the right. Neither a
    name nor a line of what is said can pass for another message: such a bracket goes, such a line is escaped.
    """
    first, *others = [line.strip() for line in text.split("\n") if line.strip()] or [""]
    margin = " " * (INDENT * depth)
    head = f"{margin}- {DATED.sub('', ' '.join(name.split()))}" + (f" ({time}): " if time else ": ")
    return "\n".join([head + first, *(f"{margin}    {_plain(line)}" for line in others)])


def _plain(line: str) -> str:
    """A line of what is said; with a backslash, as Markdown has it, before a dash that would begin a message."""
    return f"\\{line}" if HEAD.match(line) else line


FORWARDED = "#forwarded"  # ends the key of what a mail forwards, which is a document of its own
BEFORE = re.compile(  # what stands before the subject proper, in any number
    r"\s*(?:(?:re|aw|antw|sv|vs|odp|ynt|r|fwd?|wg|tr|rv|doorst|vb|回复|答复|返信|转发|転送)\s*(?:\[\d+\])?\s*[:：]"
    r"|\[[^\[\]]{1,40}\]"
    r"|(?:correction|corrected|erratum|update[ds]?|reminder|solved|resolved|fixed|sold|closed|cancell?ed|korrektur|gelöst"
    r"|erledigt)\s*[:!–—-])\s*",
    re.IGNORECASE,
)
REPLIED = re.compile(r"\b(?:re|aw|antw|sv|vs|odp|ynt|r)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
SETTLES = re.compile(  # how a subject says that its matter has ended, or that what was said before is not so
    r"\b(?:correct(?:ion|ed)|erratum|updated?|re-?scheduled|postponed|moved|chang(?:e|ed)|solved|resolved|fixed|sold|closed"
    r"|cancell?ed|done|found|gone|taken|withdrawn|korrektur|gelöst|erledigt|verkauft|résolu|vendu|resuelto|vendido|risolto|venduto)\b",
    re.IGNORECASE,
)
AFTER = re.compile(
    rf"(?:(?<!\s)\s+)?(?<![-–—:(\[])[-–—:(\[]++\s*+(?:is |now |was )?{SETTLES.pattern}[^\w]*+$", re.IGNORECASE
)


def subject(title: str) -> str:
    """What a thread is about: its subject without "Re:", the name of a list and "[SOLVED]"."""
    while (cut := BEFORE.match(title)) and cut.end() < len(title):
        title = title[cut.end() :]
    title = AFTER.sub("", title)
    first, _, last = title.rstrip(" !.").rpartition(" ")
    return " ".join((first if last.isupper() and SETTLES.fullmatch(last) else title).split()) or title


def settles(title: str) -> bool:
    """
    Does a subject say that the matter has ended, or that what was said before is not so: "SOLD", "CORRECTION"?

    A reply to a correction ("Re: CORRECTION: …") is none.
    """
    if not title:
        return False
    before, _, after = title.partition(subject(title))
    return bool(SETTLES.search(after) or SETTLES.search(REPLIED.split(before)[0]))


def is_message(document: Document) -> bool:
    """Is a document one message of a thread: a mail, a comment, or the story or issue that is commented on?"""
    meta = document.meta
    begins = bool(document.url and document.author) and ("points" in meta or "state" in meta)
    return begins or bool(meta.get("message_id")) or "parent" in meta or "parent_author" in meta


def thread(document: Document) -> str:
    """The name of the thread that a message is of, the same for all its messages; "" of other documents."""
    if not is_message(document) or not document.title:
        return ""
    words = re.findall(r"[^\W_]+", subject(document.title).casefold())
    return f"{document.source}\n{' '.join(words)}"
