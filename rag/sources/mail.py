"""
E-mail: one message (eml) or a mailbox (mbox), one document a message.

The author, the date and what it answers are kept, so that a quote knows who said it; for the same reason what a reply
repeats from a mail that is read, too, is left out (else it stays, marked as quoted); what is forwarded is a document
of its own, by its own author. Attachments are named, not read.
"""

from __future__ import annotations

import email
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.errors import MessageError
from email.header import decode_header
from email.message import Message
from email.utils import parseaddr

from rag.errors import InputError
from rag.sources import html, quoted
from rag.sources.encodings import CONTROL, codec, decode, lines
from rag.sources.items import Left, untold
from rag.sources.text import bounded, iso_date
from rag.types import Document

# A line "From " with a time in it, and the first field of a message below
FROM = re.compile(rb"^From [^\n]{0,300}\d\d?:\d\d[^\n]{0,100}\n(?=[!-9;-~]{1,80}:)", re.MULTILINE)
# what the parser of the standard library raises over headers that break the rules
STUMBLES = (
    MessageError,
    ValueError,
    LookupError,
    TypeError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    RecursionError,
)
HEADERS = ("from", "to", "subject", "date", "message-id", "in-reply-to", "references", "list-id")
LONGEST_HEADER = 10_000  # characters
MOST_PARTS = 1000
MOST_ANSWERED = 8  # earlier mails of a thread that are looked into


Beside = Callable[[str], bytes | None]  # another mail by its number, `<…@…>`; None if it is not read


def alone(number: str) -> bytes | None:
    """A `Beside` for a mail that came alone."""


def eml(data: bytes, key: str, source: str, left: Left = untold, beside: Beside = alone) -> list[Document]:
    """One message as one document; what it forwards as another."""

    def known(number: str) -> str | None:
        raw = beside(f"<{number}>")
        return None if raw is None else _opened(raw, key, untold).text

    found = _message(_opened(data, key, left), key, source, left, known)
    if not found:
        raise InputError(f"{key} is a message without text")
    return found


def mbox(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """Every message of a mailbox as a document of its own; their keys are `FILE#message-id`."""
    data = data.removeprefix(b"\xef\xbb\xbf").lstrip(b"\r\n").replace(b"\r\n", b"\n")
    if not FROM.match(data):
        raise InputError(f"{key} is not a mailbox: it does not begin with a line 'From …'")
    found: list[Document] = []
    seen: dict[str, list[str]] = {}
    opened: list[Opened] = []
    for raw in _split(data):
        try:
            opened.append(_opened(raw, key, left))
        except InputError as error:
            left("messages that cannot be read", error.message)
    texts_ = {mail.number: mail.text for mail in opened if mail.number}
    for number, mail in enumerate(opened, 1):
        messages = _message(mail, key, source, left, texts_.get, inside=True)
        if not messages:
            left("messages without text", f"number {number}")
        for document in messages:
            texts = seen.setdefault(document.key, [])
            if document.text in texts:
                left("messages that come again", document.key)
                continue
            texts.append(document.text)
            found.append(replace(document, key=f"{document.key}#{len(texts)}") if len(texts) > 1 else document)
    return found


def _split(data: bytes) -> Iterator[bytes]:
    """The messages of a mailbox; a line "From " begins one where an empty line stands before it."""
    starts = [
        found.start()
        for found in FROM.finditer(data)
        if found.start() == 0 or data[max(found.start() - 2, 0) : found.start()] == b"\n\n"
    ]
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        _, _, message = data[start:end].partition(b"\n")
        yield re.sub(rb"^>(>*From )", rb"\1", message, flags=re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Opened:
    """A message: its author as (name, address), its headers, all of its text and what is attached."""

    author: tuple[str, str]
    head: dict[str, str]
    text: str
    attached: list[str]

    @property
    def number(self) -> str:
        return self.head["message-id"].strip("<> ")

    @property
    def answered(self) -> list[str]:
        """The numbers of the mails that it answers, the nearest first, each once."""
        found = re.findall(r"<([^<>\s]+)>", f"{self.head['references']} {self.head['in-reply-to']}")
        return list(dict.fromkeys(found[::-1]))[:MOST_ANSWERED]


def _opened(raw: bytes, key: str, left: Left) -> Opened:
    try:
        message = email.message_from_bytes(raw)
        head = {name: _header(message, name) for name in HEADERS}
        return Opened(_person(message, head["from"]), head, *_body(message, key, left))
    except STUMBLES as error:
        raise InputError(f"{key} cannot be read as e-mail: {error}") from error


def _message(
    mail: Opened,
    key: str,
    source: str,
    left: Left,
    known: Callable[[str], str | None],
    *,
    inside: bool = False,
) -> list[Document]:
    """
    A message as a document, and what it forwards as another; none if it has no text.

    `known` gives the text of another mail by its number: what a message repeats is left out only if that is read.
    """
    head, attached = mail.head, mail.attached

    def held(words: str) -> int:
        return quoted.holds(words, (text for number in mail.answered if (text := known(number)) is not None))

    own = quoted.own_words(
        mail.text, head["subject"], bool(head["in-reply-to"] or head["references"]), held, mail.author[0]
    )
    for kind, what in own.left:
        left(kind, what)
    if not (own.text or own.forwarded) or not (head["from"] or head["subject"] or head["date"]):
        return []
    name, address = mail.author
    number = mail.number
    meta = {
        "message_id": number,
        "parent": (head["in-reply-to"].split() or head["references"].split()[-1:] or [""])[0].strip("<>"),
        "to": head["to"],
        "list": head["list-id"],
        "email": address,
        "attachments": attached,
    }
    if inside:
        key = f"{key}#{number or head['date'] + ' ' + head['from']}"
    about = {field: value for field, value in meta.items() if value}
    title, author, date = head["subject"], name or address, iso_date(head["date"])
    found = [Document(source, key, own.text, title, "", author, date, about)] if own.text else []
    if own.forwarded:
        who, where = _address(own.fields.get("from", ""))
        about = {"forwarded_by": author, "message_id": number, **({"email": where} if where else {})}
        title, date = own.fields.get("subject") or title, iso_date(own.fields.get("date"))
        found.append(Document(source, f"{key}#forwarded", own.forwarded, title, "", who or where, date, about))
    return found


def _raw(message: Message[str, str], name: str) -> str:
    value = next((str(raw) for field, raw in message.raw_items() if field.lower() == name), "")
    return value[:LONGEST_HEADER]


def _header(message: Message[str, str], name: str) -> str:
    return " ".join(_words(_raw(message, name)).split())


def _words(raw: str) -> str:
    """A header as text: encoded words in the encoding they name, other bytes as UTF-8 or what they look like."""
    raw = re.sub(r"\?=\s+=\?", "?==?", raw.replace("\r", "").replace("\n", " "))
    pieces: list[tuple[bytes, str]] = []
    try:
        for part, label in decode_header(raw) if "=?" in raw else [(raw, None)]:
            data = part if isinstance(part, bytes) else part.encode("ascii", "surrogateescape")
            label = codec(label) if label else ""
            if pieces and label and pieces[-1][1] == label:  # a character may be divided between two words
                pieces[-1] = (pieces[-1][0] + data, label)
            else:
                pieces.append((data, label))
        text = "".join(_decoded(data, label) for data, label in pieces)
    except (*STUMBLES, InputError):
        text = raw.encode("ascii", "surrogateescape").decode("utf-8", "replace") if raw.isascii() else raw
    return CONTROL.sub("", text)


def _person(message: Message[str, str], shown: str) -> tuple[str, str]:
    """(name, address); a name is decoded after it was told from the address: it may hold a comma."""
    raw = " ".join(_raw(message, "from").split())
    if raw.count("(") > 20:  # the parser of the standard library takes comments within comments
        return shown[:200], ""
    name, address = _address(raw)
    return (" ".join(_words(name).split()), _words(address)) if address else (shown, "")


def _decoded(data: bytes, label: str) -> str:
    try:
        return decode(data, "mail", label)
    except InputError:
        return data.replace(b"\0", b"").decode(label or "utf-8", "replace")


def _body(message: Message[str, str], key: str, left: Left) -> tuple[str, list[str]]:
    """The text of a message, all its parts in order, and the names of what is attached."""
    attached: list[str] = []
    texts = [text for text in _texts(message, attached, left, Counter()) if text.strip()]
    for name in attached:
        left("attachments", name)
    return bounded("\n\n".join(text.strip("\n") for text in texts), left), attached


def _texts(part: Message[str, str], attached: list[str], left: Left, seen: Counter[str]) -> Iterator[str]:
    """The texts below a part: of alternatives the plain one, if it says as much; all parts of the others."""
    seen["parts"] += 1
    if seen["parts"] > MOST_PARTS:
        left("parts of mails", f"more than {MOST_PARTS}")
        return
    kind = part.get_content_type()
    if kind == "message/rfc822" or _is_attached(part):
        attached.append(_clean(_name(part) or kind))
    elif kind == "multipart/alternative":
        yield _chosen([list(_texts(one, attached, left, seen)) for one in _children(part)], part)
    elif part.is_multipart():
        for one in _children(part):
            yield from _texts(one, attached, left, seen)
    elif kind in ("text/plain", "text/html", "text/x-amp-html", "text/markdown", "text/enriched"):
        yield _text(part, left)
    else:
        attached.append(_clean(_name(part) or kind))


def _children(part: Message[str, str]) -> list[Message[str, str]]:
    found = part.get_payload()
    return [one for one in found if isinstance(one, Message)] if isinstance(found, list) else []


def _is_attached(part: Message[str, str]) -> bool:
    """Whether a part is a file that came along; a text that is shown in its place is not."""
    return not part.is_multipart() and (
        part.get_content_disposition() == "attachment"
        or (bool(_name(part)) and part.get_content_disposition() != "inline")
    )


def _name(part: Message[str, str]) -> str:
    try:
        return _words(part.get_filename() or "")
    except STUMBLES:
        return "a part without a name that can be read"


def _chosen(found: list[list[str]], part: Message[str, str]) -> str:
    """Of alternatives the plain text, unless it is blank or only says that there is another."""
    texts = ["\n\n".join(text.strip("\n") for text in one if text.strip()) for one in found]
    kinds = [one.get_content_type() for one in _children(part)]
    plain = next((text for text, kind in zip(texts, kinds, strict=True) if kind == "text/plain" and text), "")
    rich = next(
        (text for text, kind in zip(texts[::-1], kinds[::-1], strict=True) if kind != "text/plain" and text), ""
    )
    if not plain or not rich:
        return plain or rich
    words, known = plain.split(), set(rich.split())
    short = len(words) < 60 and 2 * len(words) < len(rich.split())
    stub = short and 2 * sum(word in known for word in words) < len(words)
    return rich if stub else plain


def _text(part: Message[str, str], left: Left) -> str:
    data = part.get_payload(decode=True)
    written = data if isinstance(data, bytes) else b""
    label = str(part.get_content_charset() or "")
    if part.get_content_subtype() != "plain" and not label and (found := html.CHARSET.search(written[:20_000])):
        label = found[1].decode("ascii")
    text = lines(_clean(_decoded(written, label)))
    if part.get_content_subtype() in ("html", "x-amp-html", "enriched"):
        return html.fragment(text, left)
    if str(part.get_param("format") or "").lower() == "flowed":
        return quoted.unflowed(text, str(part.get_param("delsp") or "").lower() == "yes")
    return text


def _clean(text: str) -> str:
    return CONTROL.sub("", text)


def _address(field: str) -> tuple[str, str]:
    """(name, address) of a field; of one that is nested without end, neither."""
    try:
        return parseaddr(field)
    except RecursionError:
        return "", ""
