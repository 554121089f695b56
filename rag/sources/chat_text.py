"""
Chats that are exported as text: WhatsApp in the forms of many countries, and others of that form (Signal, KakaoTalk).

    12/01/2025, 19:02 - Ann: Shall we?          [03.06.25, 18:22:10] Ann: Shall we?
    1/12/25, 7:02 PM - Ann: Shall we?           2025/1/12 下午7:02 - Ann: Shall we?

Whether the day or the month stands first is told by all the dates of a chat: none is after the 12th month, and time
goes on.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from pathlib import PurePosixPath

from rag.sources import text
from rag.sources.chats import AUTOMATIC, MARKS, SILENT, Chat, Message, clean, documents
from rag.sources.items import Left, untold
from rag.types import Document

HALF = r"[AaPp]\.?\s?[Mm]\.?|上午|下午|오전|오후|午前|午後|ص|م"
STAMP = re.compile(
    r"\[?(?P<a>\d{1,4})\s?(?:[./-]|年|년)\s?(?P<b>\d{1,2})\s?(?:[./-]|月|월)\s?(?P<c>\d{1,4})(?:日|일|\.)?"
    r"[,،]?\s+(?:(?:at|um|à|às|a las|alle|klo|kl\.?|om|,)\s)?"
    rf"(?P<before>{HALF})?\s?(?P<h>\d{{1,2}})[:.](?P<m>\d{{2}})(?:[:.]\d{{2}})?(?:\s?(?P<after>{HALF}))?"
    r"(?:\]\s?|\s?[-–—]\s|,\s|:\s)"
)
SENDER = re.compile(r"(?P<who>[^:\n]{1,60}?)\s?:(?:\s(?P<text>.*))?$")
BEGINS = re.compile(rb"[\xef\xbb\xbf\xe2\x80\x8e\x8f\xaa\s\[]*(?:\d|[\xd9\xdb])")  # a digit, in Arabic too
LEVELS = frozenset(["debug", "info", "warn", "warning", "error", "critical", "fatal", "trace", "notice", "root"])
# Messages that the program wrote in the place of a picture, or of what was taken back
MEDIA = re.compile(
    r"<[^<>\n]{3,60}>|(?:\S+ )?(?:image|video|audio|sticker|gif|document|contact card|video note) omitted"
    r"|(?:Bild|Video|Audio|Sticker|GIF|Dokument|Kontaktkarte) weggelassen"
    r"|(?:image|vidéo|audio|sticker|GIF|document|fiche contact)\w* (?:absente?|omise?)"
    r"|(?:imagen|video|audio|sticker|GIF|documento) omitid[oa]|(?:imagem|vídeo|áudio|figurinha) ocult[oa]"
    r"|(?:immagine|video|audio|sticker|documento) omess[oa]|afbeelding weggelaten|null"
    r"|(?:you deleted this message|this message was deleted|du hast diese nachricht gelöscht"
    r"|diese nachricht wurde gelöscht"
    r"|vous avez supprimé ce message|ce message a été supprimé|eliminaste este mensaje|se eliminó este mensaje"
    r"|mensagem apagada|essa mensagem foi apagada|hai eliminato questo messaggio|questo messaggio è stato eliminato"
    r"|(?:missed|silenced) (?:voice|video|group)[^.]{0,30}call[^\n]{0,60})[.…]?",
    re.IGNORECASE,
)
EDITED = re.compile(r"\s*<(?:This message was edited|Diese Nachricht wurde bearbeitet|Ce message a été modifié"
                    r"|Se editó este mensaje\.?|Mensagem editada|Questo messaggio è stato modificato)>$")  # fmt: skip
NOTICE = re.compile(
    r"end-to-end|ende-zu-ende|bout en bout|extremo a extremo|de ponta a ponta|crittografia end|端到端|端對端"
)
CHANGES = re.compile(r"[\"“”„«]| (?:created|added|changed|left|removed|joined) ")  # in what would be a name


def plain(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A text file: the conversations of an exported chat, or else one document."""
    found = _read(data, key, source, left)
    return text.plain(data, key, source, left) if found is None else found


def markdown(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """The same of Markdown, which some programs write chats in."""
    found = _read(data, key, source, left)
    return text.markdown(data, key, source, left) if found is None else found


def _read(data: bytes, key: str, source: str, left: Left) -> list[Document] | None:
    """The conversations in a file; None if it is no chat."""
    if not BEGINS.match(data[:300]):
        return None
    said = text.prose(data, key)
    if not is_chat(said, key):
        return None
    return documents(Chat(_title(said, key), list(_messages(text.prose(data, key, left), left))), key, source)


def is_chat(said: str, key: str) -> bool:
    """Whether a text begins like an exported chat, and goes on like one."""
    if key.lower().endswith(".log"):
        return False
    head = [MARKS.sub("", line).strip() for line in said[:20_000].split("\n")[:200]]
    head = [line for line in head if line]
    if not head or not STAMP.match(head[0]):
        return False
    stamped = [found for line in head if (found := STAMP.match(line))]
    sent = [SENDER.match(one.string[one.end() :]) for one in stamped]
    people = {one["who"].strip().lower() for one in sent if one}
    talks = sum(one is not None for one in sent)
    return talks >= 2 and 5 * len(stamped) >= len(head) and 2 * talks >= len(stamped) and not people & LEVELS


def _messages(whole: str, left: Left) -> Iterator[Message]:
    found = list(_stamped(whole))
    order = _order([(int(one["a"]), int(one["b"]), int(one["c"])) for _, one, _ in found], _american(found))
    for line, stamp, body in found:
        rest = body[0]
        sender = SENDER.match(MARKS.sub("", rest[0]))
        said = EDITED.sub("", clean("\n".join([sender["text"] or "", *rest[1:]]))) if sender else ""
        by_program = len(rest) == 1 and bool(re.match("[^:]{1,60}:\\s\u200e", rest[0])) and ":" not in said
        if not sender or CHANGES.search(sender["who"]) or NOTICE.search(said[:200]):
            left(AUTOMATIC, clean(" ".join(rest)))
        elif not said or by_program or MEDIA.fullmatch(said):
            left(SILENT, f"{sender['who']}: {said}")
        else:
            yield Message(clean(sender["who"]).lstrip("~ "), _moment(stamp, order), said, line=line)


Stamped = tuple[int, "re.Match[str]", tuple[list[str]]]


def _stamped(whole: str) -> Iterator[Stamped]:
    """(line of the file, its stamp, the lines of the message without the stamp)."""
    now: tuple[int, re.Match[str]] | None = None
    body: list[str] = []
    for number, line in enumerate(whole.split("\n"), 1):
        bare = line.lstrip("\u200e\u200f\u202a\u202b\u202c\ufeff ")
        if (stamp := STAMP.match(bare)) and _is_date(stamp):
            if now:
                yield *now, (body,)
            now, body = (number, stamp), [bare[stamp.end() :].rstrip("\r")]
        elif now:
            body.append(line)
    if now:
        yield *now, (body,)


def _is_date(stamp: re.Match[str]) -> bool:
    a, b, c = (int(stamp[name]) for name in "abc")
    year = a > 31 or c > 31 or len(stamp["c"]) == 2 or len(stamp["a"]) == 4
    return year and int(stamp["h"]) < 25 and int(stamp["m"]) < 60 and 0 < b <= 31


def _american(found: Sequence[Stamped]) -> bool:
    """Whether the clock has twelve hours and no zeros before days, as in the United States."""
    return any(one["after"] and not one["a"].startswith("0") and "/" in one[0] for _, one, _ in found[:50])


def _order(dates: Sequence[tuple[int, int, int]], american: bool) -> str:
    """ "ymd", "dmy" or "mdy": that in which every date is one, and none is before the one above it."""
    if dates and all(a > 31 for a, _, _ in dates):
        return "ymd"
    fits = {
        "dmy": max((b for _, b, _ in dates), default=0) <= 12,
        "mdy": max((a for a, _, _ in dates), default=0) <= 12,
    }
    if fits["dmy"] != fits["mdy"]:
        return "dmy" if fits["dmy"] else "mdy"
    back = {
        "dmy": sum((y, m, d) > (z, n, e) for (d, m, y), (e, n, z) in pairwise(dates)),
        "mdy": sum((y, m, d) > (z, n, e) for (m, d, y), (n, e, z) in pairwise(dates)),
    }
    if back["dmy"] == back["mdy"]:
        return "mdy" if american else "dmy"
    return min(back, key=lambda one: back[one])


def _moment(stamp: re.Match[str], order: str) -> datetime | None:
    parts = dict(zip(order, (int(stamp["a"]), int(stamp["b"]), int(stamp["c"])), strict=True))
    hour = int(stamp["h"])
    half = re.sub(r"[.\s]", "", stamp["before"] or stamp["after"] or "").lower()
    if half:
        hour = hour % 12 + (12 if half in ("pm", "下午", "오후", "午後", "م") else 0)
    year = parts["y"] + (2000 if parts["y"] < 100 else 0)
    if half.startswith(("上", "下", "오", "午")) and int(stamp["h"]) > 12:
        hour = int(stamp["h"])
    try:
        return datetime(year, parts["m"], parts["d"], hour % 24, int(stamp["m"]))
    except ValueError:
        return None


def _title(said: str, key: str) -> str:
    """What a chat is called: by its file, by who is said to have sent its first notice, by its folder."""
    stem = PurePosixPath(key.rpartition("#")[2]).stem
    named = re.sub(
        r"^(?:WhatsApp[ -]+(?:Chat|Unterhaltung)[ -]+(?:with|mit)|WhatsApp Chat[ -]+|Discussion WhatsApp avec"
        r"|Chat de WhatsApp con|Conversa do WhatsApp com|Chat WhatsApp con|WhatsApp-chat met)\s+",
        "",
        stem,
        flags=re.IGNORECASE,
    )
    if stem.strip("_").lower() not in ("chat", "messages") and not stem.lower().startswith("whatsapp chat"):
        return named.strip("_ ") or stem
    if named != stem:
        return named
    for _, _, (body,) in _stamped(said[:5000]):
        sender = SENDER.match(MARKS.sub("", body[0]))
        if sender and NOTICE.search(body[0]):
            return clean(sender["who"])
        break
    return PurePosixPath(key).parent.name or stem.strip("_")
