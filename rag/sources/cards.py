"""
Calendars (.ics) and address books (.vcf): one document an event, a task or a person, as lines a person reads.

RFC 5545 and 6350, and version 2.1 of vCard. Alarms, time zones, pictures and keys are not read.
"""

from __future__ import annotations

import quopri
import re
from calendar import month_name
from collections.abc import Iterator
from dataclasses import dataclass

from rag.errors import InputError
from rag.sources.items import Left, untold
from rag.sources.text import iso_date, prose, words_of
from rag.types import Document

LINE = re.compile(r'(?:[\w-]+\.)?(?P<name>[\w-]+)(?P<about>(?:;(?:[^":;]|"[^"]*")*)*):(?P<value>.*)', re.DOTALL)
EVENTS = ("VEVENT", "VTODO", "VJOURNAL")
TOLD = {
    "DTSTART": "When", "DTEND": "Until", "DUE": "Due", "LOCATION": "Where", "RRULE": "Repeats", "STATUS": "Status",
    "ORGANIZER": "Organizer", "ATTENDEE": "With", "URL": "Address", "CATEGORIES": "Categories",
}  # fmt: skip
CARD = {
    "N": "Name", "NICKNAME": "Nickname", "ORG": "Organization", "TITLE": "Position", "ROLE": "Role", "TEL": "Phone",
    "EMAIL": "E-mail", "ADR": "Address", "BDAY": "Birthday", "ANNIVERSARY": "Anniversary", "URL": "Page",
    "CATEGORIES": "Categories",
}  # fmt: skip
SHORT = 1000  # bytes
UNSAID = ("pref", "internet", "voice", "quoted-printable", "base64")
EVERY = {"SECONDLY": "second", "MINUTELY": "minute", "HOURLY": "hour", "DAILY": "day", "WEEKLY": "week",
         "MONTHLY": "month", "YEARLY": "year"}  # fmt: skip
DAYS = {"MO": "Monday", "TU": "Tuesday", "WE": "Wednesday", "TH": "Thursday", "FR": "Friday", "SA": "Saturday",
        "SU": "Sunday"}  # fmt: skip


# What is no text: base64, which may stand on one line of a megabyte.
BINARY = re.compile(
    rb"^(?:[\w-]+\.)?(PHOTO|LOGO|SOUND|KEY|ATTACH)(?=[;:])[^\r\n]*\r?\n(?:[ \t][^\r\n]*\r?\n)*",
    re.IGNORECASE | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a calendar or a card: `TEL;TYPE=home:123` is ("TEL", "TYPE=home", "123")."""

    name: str
    about: str
    value: str


def ics(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A document for each event, task and journal entry of a calendar, dated by its beginning."""
    found = list(_parts(_worded(data, key, left), EVENTS, key))
    made: dict[str, Document] = {}
    for number, part in enumerate(found, 1):
        values = {line.name: line for line in part}
        title = _plain(values["SUMMARY"].value) if "SUMMARY" in values else ""
        lines = [f"{TOLD[line.name]}: {said}" for line in part if line.name in TOLD and (said := _said(line))]
        notes = [_plain(line.value) for line in part if line.name in ("DESCRIPTION", "COMMENT") and line.value.strip()]
        text = "\n\n".join(filter(None, (title, "\n".join(lines), *notes)))
        name = values["UID"].value.strip() if "UID" in values else str(number)
        when = next((_when(values[name].value) for name in ("DTSTART", "DUE") if name in values), "")
        own = key if len(found) == 1 else f"{key}#{name}"
        while own in made:  # an event that was moved once has the name of the others
            own += f" {number}"
        if text:
            made[own] = Document(source, own, text, title or words_of(key), "", _organizer(values), iso_date(when))
    return list(made.values())


def vcf(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A document for each person or organization of an address book."""
    found = list(_parts(_worded(data, key, left), ("VCARD",), key))
    made: dict[str, Document] = {}
    for number, part in enumerate(found, 1):
        values = {line.name: line for line in part}
        title = next((said for name in ("FN", "ORG", "EMAIL") if name in values and (said := _said(values[name]))), "")
        lines = [
            f"{_label(line)}: {said}" for line in part if line.name in CARD and (said := _said(line)) != title and said
        ]
        notes = [_plain(line.value) for line in part if line.name == "NOTE" and line.value.strip()]
        text = "\n\n".join(filter(None, (title, "\n".join(lines), *notes)))
        name = values["UID"].value.strip() if "UID" in values else title or str(number)
        own = key if len(found) == 1 else f"{key}#{name}"
        while own in made:
            own += f" {number}"
        if text:
            made[own] = Document(source, own, text, title or words_of(key))
    return list(made.values())


def _worded(data: bytes, key: str, left: Left) -> str:
    """The text without pictures, sounds and keys; an address of one that is short stays."""

    def cut(found: re.Match[bytes]) -> bytes:
        if len(found[0]) < SHORT:
            return found[0]
        left("pictures and attachments", found[1].decode().lower())
        return b""

    return prose(BINARY.sub(cut, data), key, left)


def _parts(text: str, kinds: tuple[str, ...], key: str) -> Iterator[list[Line]]:
    """The lines of each part of these kinds, without those of what is in it."""
    if not re.match(r"\s*BEGIN:", text, re.IGNORECASE):
        raise InputError(f"{key} is no {'address book' if 'VCARD' in kinds else 'calendar'}: it does not begin so")
    if "QUOTED-PRINTABLE" in text.upper():
        text = text.replace("=\n", "")  # such a line goes on in the next one
    part: list[Line] = []
    inside: list[str] = []
    for raw in re.sub(r"\n[ \t]", "", text).split("\n"):
        line = LINE.fullmatch(raw.strip())
        if not line:
            continue
        name, value = line["name"].upper(), line["value"]
        if name == "BEGIN":
            inside.append(value.strip().upper())
            part = [] if inside[-1] in kinds else part
        elif name == "END":
            if inside and inside.pop() in kinds:
                yield part
        elif inside and inside[-1] in kinds:
            if "QUOTED-PRINTABLE" in line["about"].upper():
                value = quopri.decodestring(value.encode()).decode("utf-8", "replace").replace("\n", "\\n")
            part.append(Line(name, line["about"].strip(";"), value))


def _plain(value: str) -> str:
    """A value without its escapes."""
    text = re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], value)
    return re.sub(r"(?:(?<![ \t])[ \t]+)?\r?\n", "\n", text).strip()


def _said(line: Line) -> str:
    """A value as a person reads it, on one line."""
    if line.name in ("DTSTART", "DTEND", "DUE"):
        zone = re.search(r"TZID=([^;:]+)", line.about)
        return _when(line.value) + (f" ({zone[1].strip(chr(34))})" if zone else "")
    if line.name in ("BDAY", "ANNIVERSARY"):
        return _when(line.value) or _plain(line.value)
    if line.name == "RRULE":
        return _repeats(line.value)
    if line.name in ("ORGANIZER", "ATTENDEE"):
        who = re.search(r'CN=("[^"]*"|[^;:]+)', line.about)
        address = re.sub(r"^mailto:", "", line.value.strip(), flags=re.IGNORECASE)
        return f"{who[1].strip(chr(34))} <{address}>" if who and who[1].strip('"') != address else address
    if line.name in ("N", "ADR", "ORG"):
        parts = [_plain(part) for part in re.split(r"(?<!\\);", line.value)]
        parts = [*parts[3:4], *parts[1:3], *parts[:1], *parts[4:]] if line.name == "N" else parts
        return (" " if line.name == "N" else ", ").join(" ".join(part.split()) for part in parts if part)
    value = _plain(line.value).replace("\n", ", ")
    return " ".join(re.sub(r"^(?:mailto|tel):", "", value, flags=re.IGNORECASE).split())


def _label(line: Line) -> str:
    """What a line of a card is called: "Phone (home)"."""
    kinds = [part.partition("=") for part in line.about.split(";")]
    said = ",".join(name if not sign else value for name, sign, value in kinds if not sign or name.upper() == "TYPE")
    words = [kind for kind in said.lower().replace('"', "").split(",") if kind and kind not in UNSAID]
    return CARD[line.name] + (f" ({', '.join(dict.fromkeys(words))})" if words else "")


def _when(value: str) -> str:
    """20250612T090000 as "2025-06-12 09:00", in UTC as "2025-06-12 09:00Z"; a day without its year as "7 March"."""
    value = value.strip()
    if found := re.fullmatch(r"(\d{4})-?(\d\d)-?(\d\d)(?:T(\d\d):?(\d\d)(?::?\d\d)?(?:\.\d+)?(Z?)\S*)?", value):
        day = "-".join(found.groups()[:3])
        return f"{day} {found[4]}:{found[5]}{found[6]}" if found[4] else day
    found = re.fullmatch(r"--(\d\d)-?(\d\d)", value)
    return f"{int(found[2])} {month_name[int(found[1]) % 13]}" if found else ""


def _repeats(value: str) -> str:
    rule = dict(part.split("=", 1) for part in value.upper().split(";") if "=" in part)
    unit, step = EVERY.get(rule.get("FREQ", ""), ""), rule.get("INTERVAL", "1")
    if not unit:
        return value
    said = f"every {unit}" if step == "1" else f"every {step} {unit}s"
    days = [DAYS[day[-2:]] for day in rule.get("BYDAY", "").split(",") if day[-2:] in DAYS]
    said += f" on {', '.join(days)}" if days else ""
    until = _when(rule.get("UNTIL", ""))
    return said + (f" until {until}" if until else f", {rule['COUNT']} times" if "COUNT" in rule else "")


def _organizer(values: dict[str, Line]) -> str:
    return _said(values["ORGANIZER"]).partition(" <")[0] if "ORGANIZER" in values else ""
