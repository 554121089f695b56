"""
E-mail: one message (eml) or a mailbox (mbox), one document a message.

The author, the date and what it answers are kept, so that a quote knows who said it; for the same reason the lines that
a reply repeats from others are left out, as are signatures. Attachments are named, not read.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections.abc import Iterator
from email.message import EmailMessage
from email.utils import parseaddr

from rag.errors import InputError
from rag.sources import html
from rag.sources.text import CONTROL, iso_date, lines
from rag.types import Document

FROM = re.compile(rb"^From .{1,300}\d{4}\s*$", re.MULTILINE)
WROTE = re.compile(r"(?:^|\n)(?:On|Am|Le|El|Il|Op)\b[^\n]{5,300}(?:\n[^\n>]{1,200}){0,2}:[ \t]*\n+(?=>)")
QUOTED = re.compile(r"^>.*$\n?", re.MULTILINE)
SIGNATURE = re.compile(r"^-- ?$", re.MULTILINE)
# what the parser of the standard library raises over headers that break the rules
STUMBLES = (ValueError, LookupError, TypeError, AttributeError, ArithmeticError, AssertionError, RecursionError)
ORIGINAL = re.compile(r"^-{2,}\s*(?:Original Message|Forwarded message|Ursprüngliche Nachricht)\s*-{2,}$", re.M | re.I)


def eml(data: bytes, key: str, source: str) -> list[Document]:
    """One message as one document."""
    document = _message(data, key, source)
    if document is None:
        raise InputError(f"{key} is a message without text")
    return [document]


def mbox(data: bytes, key: str, source: str) -> list[Document]:
    """Every message of a mailbox as a document of its own; their keys are `FILE#message-id`."""
    if not FROM.match(data):
        raise InputError(f"{key} is not a mailbox: it does not begin with a line 'From …'")
    found: dict[str, Document] = {}
    for raw in _split(data):
        document = _message(raw, key, source, inside=True)
        if document is not None:
            found.setdefault(document.key, document)
    return list(found.values())


def _split(data: bytes) -> Iterator[bytes]:
    """The messages of a mailbox; a line "From " begins one where an empty line stands before it."""
    starts = [
        match.start()
        for match in FROM.finditer(data)
        if match.start() == 0 or data[max(match.start() - 4, 0) : match.start()].replace(b"\r", b"").endswith(b"\n\n")
    ]
    for start, end in zip(starts, [*starts[1:], len(data)], strict=True):
        _, _, message = data[start:end].partition(b"\n")
        yield re.sub(rb"^>(>*From )", rb"\1", message, flags=re.MULTILINE)


def _message(raw: bytes, key: str, source: str, *, inside: bool = False) -> Document | None:
    """A message as a document; None if it has no text."""
    try:
        message = email.message_from_bytes(raw, _class=EmailMessage, policy=email.policy.default)
        head = {name: _header(message, name) for name in HEADERS}
        text, attached = _body(message)
    except STUMBLES as error:
        if inside:
            return None
        raise InputError(f"{key} cannot be read as e-mail: {error}") from error
    if head["in-reply-to"] or head["references"] or head["subject"].lower().startswith("re:"):
        text = own_words(text)
    text = SIGNATURE.split(text)[0].strip()
    if not text or not (head["from"] or head["subject"] or head["date"]):
        return None
    name, address = parseaddr(head["from"])
    own = head["message-id"].strip("<> ")
    meta = {
        "message_id": own,
        "parent": (head["in-reply-to"].split() or head["references"].split()[-1:] or [""])[0].strip("<>"),
        "to": head["to"],
        "list": head["list-id"],
        "email": address,
        "attachments": attached,
    }
    part = own or f"{head['date']} {head['from']}"
    return Document(
        source,
        f"{key}#{part}" if inside else key,
        text,
        title=head["subject"],
        author=name or address,
        date=iso_date(head["date"]),
        meta={field: value for field, value in meta.items() if value},
    )


HEADERS = ("from", "to", "subject", "date", "message-id", "in-reply-to", "references", "list-id")


def _header(message: EmailMessage, name: str) -> str:
    try:
        value = str(message.get(name, "") or "")
    except STUMBLES:
        value = next((str(raw) for field, raw in message.raw_items() if field.lower() == name), "")
    value = value.encode("utf-8", "replace").decode()
    return " ".join(CONTROL.sub("", value).split())


def _body(message: EmailMessage) -> tuple[str, list[str]]:
    """The text of a message, from its plain part, else from its HTML; and the names of what is attached."""
    attached = [_clean(part.get_filename() or "") for part in message.walk() if part.get_filename()]
    part = message.get_body(preferencelist=("plain", "html"))
    if part is None:
        return "", attached
    data = part.get_payload(decode=True)
    written = data if isinstance(data, bytes) else b""
    try:
        text = written.decode(part.get_content_charset() or "utf-8")
    except (LookupError, UnicodeError):
        text = written.decode("utf-8", "replace")
    text = lines(_clean(text))
    return (html.fragment(text) if part.get_content_subtype() == "html" else text), attached


def _clean(text: str) -> str:
    return CONTROL.sub("", text.encode("utf-8", "replace").decode())


def own_words(text: str) -> str:
    """A reply without what it repeats from others."""
    text = ORIGINAL.split(text)[0]
    return re.sub(r"\n{3,}", "\n\n", QUOTED.sub("", WROTE.sub("\n", text)))
