"""Calendars, address books, Rich Text and small tables of a folder are read; what is not is named, with what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from told import read, text

from rag.errors import InputError
from rag.sources import files
from rag.sources.walk import BY_ITSELF
from rag.types import Document

CALENDAR = r"""BEGIN:VCALENDAR
BEGIN:VTIMEZONE
DTSTART:19700101T000000
END:VTIMEZONE
BEGIN:VEVENT
UID:a@b
SUMMARY:Dentist\, Dr. Gray
DTSTART;TZID=Europe/London:20250612T090000
DTEND;TZID=Europe/London:20250612T093000
LOCATION:12 Mill Lane\nWhitby
DESCRIPTION:Bring the card.\nAnd the
  form.
RRULE:FREQ=WEEKLY;INTERVAL=2;BYDAY=TU;UNTIL=20251231
ORGANIZER;CN="Ann Lee":mailto:ann@x.org
BEGIN:VALARM
DESCRIPTION:not read
END:VALARM
END:VEVENT
BEGIN:VTODO
SUMMARY:Pay the rent
DUE;VALUE=DATE:20250519
END:VTODO
END:VCALENDAR
"""
BOOK = """BEGIN:VCARD
VERSION:3.0
N:Lee;Ann;;Dr.;
FN:Dr. Ann Lee
ORG:Kestrel Timber;Sales
item1.TEL;TYPE=CELL,pref:+44 1947 555 210
TEL;HOME;VOICE:01947 1
EMAIL;type=INTERNET;type=WORK:ann@x.org
ADR;TYPE=home:;;12 Mill Lane;Whitby;;YO21 3AB;UK
BDAY:--0307
NOTE:likes carrot cake\\, not nuts
PHOTO;ENCODING=b;TYPE=JPEG:AAAA
END:VCARD
BEGIN:VCARD
VERSION:2.1
FN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:J=C3=BCrgen=
 Weber
END:VCARD
"""


def test_an_event_says_what_when_and_where() -> None:
    (event, task), _ = read("ics", CALENDAR.replace("\n", "\r\n"), "c.ics")
    assert event.text == (
        "Dentist, Dr. Gray\n\nWhen: 2025-06-12 09:00 (Europe/London)\nUntil: 2025-06-12 09:30 (Europe/London)\n"
        "Where: 12 Mill Lane, Whitby\nRepeats: every 2 weeks on Tuesday until 2025-12-31\n"
        "Organizer: Ann Lee <ann@x.org>\n\nBring the card.\nAnd the form."
    )
    assert (event.key, event.title, event.date) == ("c.ics#a@b", "Dentist, Dr. Gray", "2025-06-12T09:00:00")
    assert (task.text, task.date) == ("Pay the rent\n\nDue: 2025-05-19", "2025-05-19")


def test_a_card_says_who_and_how_to_reach_them() -> None:
    (ann, weber), _ = read("vcf", BOOK, "people.vcf")
    assert ann.text == (
        "Dr. Ann Lee\n\nOrganization: Kestrel Timber, Sales\nPhone (cell): +44 1947 555 210\nPhone (home): 01947 1\n"
        "E-mail (work): ann@x.org\nAddress (home): 12 Mill Lane, Whitby, YO21 3AB, UK\nBirthday: 7 March\n\n"
        "likes carrot cake, not nuts"
    )
    assert ann.title == "Dr. Ann Lee"
    assert weber.text.replace(" ", "") == "JürgenWeber"
    for kind in ("ics", "vcf"):
        with pytest.raises(InputError, match="a-file is no "):
            read(kind, "Dear Ann,")


RTF = rb"""{\rtf1\ansi\ansicpg1252\deff0{\fonttbl{\f0 Times;}}
{\info{\title The plan}{\author Ann}{\creatim\yr2024\mo3\dy1}}
\pard Gray \'fcber \u8364? 5, a \{brace\} and \u-10179?\u-8704?.\par
{\v secret}Second \b bold\b0  line.{\*\unknown not read}{\field{\*\fldinst HYPERLINK "x"}{\fldrslt link}}\par
\trowd\cellx1000\cellx2000\intbl Item\cell Price\cell\row\trowd\intbl Oak|A\cell 5\cell\row\pard
After.\par}"""


def test_rich_text() -> None:
    ((document,), left) = read("rtf", RTF)
    assert document.text == (
        "Gray über € 5, a {brace} and 😀.\n\nSecond bold line.link\n\n"
        "| Item | Price |\n| --- | --- |\n| Oak\\|A | 5 |\n\nAfter."
    )
    assert (document.title, document.author, document.date) == ("The plan", "Ann", "")
    assert left == [("hidden text", "secret")]
    with pytest.raises(InputError, match="is no Rich Text"):
        read("rtf", b"hello")


@pytest.mark.parametrize("half", [rb"\u-10179?", rb"\u-8704?", rb"\u-8704?\u-10179?"])
def test_half_a_character_of_rich_text_is_none(half: bytes) -> None:
    ((document,), _) = read(
        "rtf", rb"{\rtf1{\info{\title A" + half + rb"}{\author B" + half + rb"}}Text " + half + rb" end.}"
    )
    for part in (document.text, document.title, document.author):
        assert "\ufffd" in part
        part.encode()


def walked(folder: Path) -> tuple[dict[str, Document], dict[str, int], dict[str, int]]:
    walk = files([folder])
    found = {document.key: document for item in walk for document in item.read()}
    return found, dict(walk.skipped), dict(walk.left)


def test_small_tables_of_a_folder_are_documents_with_their_rows(tmp_path: Path) -> None:
    (tmp_path / "stock.csv").write_text("id;what;bay\n1;Oak|A;3\n\n2;Ash;4\n")
    (tmp_path / "data.json").write_text(json.dumps([{"name": "x", "tags": ["a", "b"]}, {"name": "y", "old": True}]))
    (tmp_path / "log.jsonl").write_text('{"a": 1}\nnot json\n{"a": 2}\n')
    (tmp_path / "long.tsv").write_text(f"name\ttext\nOne\t{'words ' * 60}\n")
    (tmp_path / "settings.json").write_text('{"a": 1}')
    (tmp_path / "huge.csv").write_text("id,text\n" + "".join(f"{n},row\n" for n in range(1001)))
    found, skipped, left = walked(tmp_path)
    assert found["stock.csv"].text == "| id | what | bay |\n| --- | --- | --- |\n| 1 | Oak\\|A | 3 |\n| 2 | Ash | 4 |"
    assert found["data.json"].text.split("\n")[2:] == ["| x | a, b |  |", "| y |  | true |"]
    assert found["log.jsonl"].text == "| a |\n| --- |\n| 1 |\n| 2 |"
    assert found["long.tsv"].text == f"name: One\n\n{'words ' * 60}".strip()
    assert set(found) == {"stock.csv", "data.json", "log.jsonl", "long.tsv"}
    assert skipped == {BY_ITSELF: 1}
    assert left == {"lines of tables": 1, "large tables (for a row a document, name each: rag index FILE)": 1}


def test_old_formats_are_named_with_what_to_do(tmp_path: Path) -> None:
    for name in ("a.xls", "b.doc", "c.msg"):
        (tmp_path / name).write_bytes(b"\xd0\xcf\x11\xe0\0")
    _, skipped, _ = walked(tmp_path)
    assert skipped == {
        "old Excel file (save it as .xlsx)": 1,
        "old Word file (save it as .docx)": 1,
        "Outlook mail (save it as .eml)": 1,
    }
    walk = files([tmp_path / "a.xls"])
    assert not list(walk)
    assert walk.problems == [(str(tmp_path / "a.xls"), "is an old Excel file, which is not read: save it as .xlsx")]


def test_text_of_a_card_is_text(tmp_path: Path) -> None:
    assert text("vcf", "BEGIN:VCARD\nFN:Ann\nEND:VCARD\n") == "Ann"
