"""
What is fuzzed of the readers besides a file of each format: chats of every program, blogs, pages of Notion, canvases,
transcripts; and the inside of office files, which a fuzzer never finds behind their checksums.
"""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from shaken import shaken

from rag.sources.formats import reader
from rag.types import Document

USERS = b'[{"id": "U1", "name": "ann", "profile": {"real_name": "Ann Lee"}}, {"id": "U2", "name": "bo"}]'
DMS = b'[{"id": "D1", "members": ["U1", "U2"]}]'
SLACK = [
    {"user": "U1", "ts": "1736236800.5", "text": "Who has <@U2> the <#C9|keys>? &amp; <https://a.b|x>", "files": [{"name": "a"}]},  # noqa: E501
    {"user": "U2", "ts": "1736236801.5", "thread_ts": "1736236800.5", "text": "Me", "attachments": [{"title": "b"}]},
    {"subtype": "bot_message", "username": "b", "ts": "1736236802.5", "text": "red " * 200},
    {"bot_id": "B1", "ts": "1", "blocks": [{"type": "rich_text", "elements": [{"type": "link", "url": "u", "text": "t"}]}]},  # noqa: E501
]  # fmt: skip
TELEGRAM = {
    "name": "Plot", "type": "private_group", "id": 1,
    "messages": [
        {"type": "service", "date": "2025-04-02T08:00:00", "actor": "Ann", "action": "create_group"},
        {"type": "message", "date": "2025-04-02T08:11:00", "from": "Ann", "forwarded_from": "Bo",
         "text": ["Beans ", {"type": "text_link", "text": "here", "href": "https://a.b"}], "file_name": "a.pdf"},
        {"type": "message", "date": "2025-06-01T10:00:00", "from": "Bo", "text": "", "contact_information": {"first_name": "C"},  # noqa: E501
         "poll": {"question": "Tea?", "answers": [{"text": "yes", "voters": 3}]}},
    ],
}  # fmt: skip
CANVAS = {
    "nodes": [
        {"id": "a", "type": "text", "text": "# A\ntext", "x": 0, "y": 0, "width": 100, "height": 50},
        {"id": "b", "type": "file", "file": "N/B.md", "subpath": "#C", "x": 200, "y": 0, "width": 100, "height": 50},
        {"id": "c", "type": "link", "url": "https://a.b", "x": 0, "y": 90, "width": 9, "height": 9},
        {"id": "g", "type": "group", "label": "G", "x": -9, "y": -9, "width": 200, "height": 90},
    ],
    "edges": [{"fromNode": "a", "toNode": "b", "label": "leads to"}],
}
NOTION = (
    b"# A page\n\nStatus: Open\nOwner: Ann Lee, Bo\nDue: March 1, 2024 10:00 AM\nTags: a, b\nDone: true\n\n"
    b"Text [Other](Other%200123456789abcdef0123456789abcdef.md) #tag [[Link|x]] `code` <!-- a -->\n- [ ] todo\n"
)
PAGE = "A page 0123456789abcdef0123456789abcdef.md"
CONFIGS = (
    b"[unit]\nport = 80  # a\n[other]\nname = \"x\"\n", b"services:\n  web:\n    image: a\n    ports: [80]\n",
    b"FROM a:1\nRUN b && \\\n  c\n", b"all: b\n\tcc -o a $<\n\nb:\n", b'{"name": "x", "scripts": {"a": "b"}}',
)  # fmt: skip


NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "source": ["# A\n", "text"]},
        {"cell_type": "code", "source": "f(x)", "outputs": [
            {"output_type": "stream", "name": "stdout", "text": ["a 1\n", "\u001b[31mb\u001b[0m 2\n"]},
            {"output_type": "stream", "name": "stderr", "text": "warning"},
            {"output_type": "execute_result", "data": {"text/plain": ["x  y\n", "1  2"], "text/html": "<b>x</b>"}},
            {"output_type": "display_data", "data": {"image/png": "AAAA", "text/plain": "<Figure>"}},
            {"output_type": "error", "ename": "E", "evalue": "no", "traceback": ["t"]},
        ]},
    ],
    "metadata": {"kernelspec": {"language": "R"}},
}  # fmt: skip
LINKED = {"@context": "https://schema.org", "@graph": [
    {"@type": "Recipe", "name": "Soup", "cookTime": "PT1H35M", "nutrition": {"@type": "NutritionInformation", "calories": "3"}},  # noqa: E501
    {"@type": ["MusicEvent"], "startDate": "2026-07-18T19:30:00+02:00", "location": {"address": {"postalCode": "1"}},
     "offers": [{"price": 2, "priceCurrency": "EUR", "availability": "https://schema.org/InStock"}]},
    {"@type": "FAQPage", "mainEntity": [{"name": "Why?", "acceptedAnswer": {"text": "<p>So.</p>"}}]},
    {"@type": "Product", "additionalProperty": {"@type": "PropertyValue", "name": "L", "value": 3, "unitText": "kg"}},
]}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Linked:
    """A page with data for machines, a byte of the input changing a value of them."""

    def read(self, data: bytes) -> Iterator[Document]:
        given = shaken(LINKED, data)
        page = b"<script type='application/ld+json'>" + given.replace(b"</", b"<\\/") + b"</script><p>A page.</p>"
        yield from reader("html")(page, "a.html", "s")

    def seeds(self) -> list[bytes]:
        return [b"\xff" * 200]


def beside(name: str) -> bytes | None:
    return {"../users.json": USERS, "../dms.json": DMS}.get(name)


def exports() -> list[Any]:
    """A chat of each program."""
    from test_chats import OTHERS

    return [SLACK, TELEGRAM, {"chats": {"list": [TELEGRAM, TELEGRAM]}}, *OTHERS.values()]


def dumped(values: list[Any]) -> list[bytes]:
    return [json.dumps(value).encode() for value in values]


def chats_as_text() -> list[bytes]:
    from test_chat_text import FORMS, SAID

    more = [
        "Ann: \u200eimage omitted",
        "Ann: end-to-end",
        "Bo left",
        "~ Lotte: \u202athanks\u202c <This message was edited>",
    ]
    return ["\n".join(form.format(said) for said in [*SAID, *more]).encode() for form in FORMS.values()]


def blogs() -> list[bytes]:
    import test_blogs as blog

    body = f"<article><h1>Rye</h1>{blog.ABOVE.format('entry-meta')}{blog.SAID * 4}{blog.BELOW}</article>{blog.COMMENTS}"
    return [
        f"<html>{blog.HEAD}<body>{blog.BEFORE}{part}</body></html>".encode() for part in (body, f"<main>{body}</main>")
    ]


def texts() -> list[bytes]:
    import test_opendocument as office

    return [office.flat(office.BODY).encode(), office.packed(office.BODY, **{"Object 1/content.xml": office.MATH})]


def slides() -> list[bytes]:
    import test_opendocument as office
    from test_sources_formats import SLIDES

    return [office.flat(SLIDES, "presentation").encode(), office.packed(SLIDES, "presentation")]


def transcripts() -> list[bytes]:
    from test_office_kinds import VTT
    from test_sources_formats import SRT
    from test_transcripts import WAYS, cues

    return [*(cues(*lines).encode() for lines in WAYS.values()), SRT.encode(), VTT.encode()]


@dataclass(frozen=True, slots=True)
class Variant:
    """A reader, the name of the file that it reads, and good ones; `values` if a byte of the input changes a value."""

    kind: str
    key: str
    good: Callable[[], list[Any]]
    values: bool = False

    def read(self, data: bytes) -> Iterator[Document]:
        given = shaken(self._chosen(data), data[1:]) if self.values else data
        yield from reader(self.kind, beside=beside)(given, self.key, "s")

    def _chosen(self, data: bytes) -> Any:
        good = self.good()
        return good[data[0] % len(good) if data else 0]

    def seeds(self) -> list[bytes]:
        return [bytes([n]) + b"\xff" * 200 for n in range(len(self.good()))] if self.values else self.good()


@dataclass(frozen=True, slots=True)
class Inside:
    """A part of an office file in the place of the good one."""

    kind: str

    def read(self, data: bytes) -> Iterator[Document]:
        (packed, part), saved = self._good(), io.BytesIO()
        with zipfile.ZipFile(io.BytesIO(packed)) as old, zipfile.ZipFile(saved, "w") as new:
            for name in old.namelist():
                new.writestr(name, data if name == part else old.read(name))
        yield from reader(self.kind)(saved.getvalue(), f"a.{self.kind}", "s")

    def _good(self) -> tuple[bytes, str]:
        """A file, and the part of it that says most."""
        from fuzz_sources import reading

        packed = next(data for data in reversed(reading(self.kind)[1]()) if data[:2] == b"PK")
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return packed, next(name for name in archive.namelist() if MAIN.search(name))

    def seeds(self) -> list[bytes]:
        packed, part = self._good()
        with zipfile.ZipFile(io.BytesIO(packed)) as archive:
            return [archive.read(part)]


MAIN = re.compile(r"(?:document|slides/slide1|sheet1|content)\.xml$|xhtml$")
VARIANTS: dict[str, Variant | Inside | Linked] = {
    "linked": Linked(),
    "notebook-values": Variant("notebook", "a.ipynb", lambda: [NOTEBOOK], values=True),
    "chat": Variant("chat", "general/2025-01-07.json", lambda: dumped(exports())),
    "chat-values": Variant("chat", "D1/2025-01-07.json", exports, values=True),
    "whatsapp": Variant("text", "WhatsApp Chat with Plot.txt", chats_as_text),
    "canvas": Variant("canvas", "a.canvas", lambda: dumped([CANVAS])),
    "canvas-values": Variant("canvas", "a.canvas", lambda: [CANVAS], values=True),
    "notion": Variant("markdown", PAGE, lambda: [NOTION]),
    "blog": Variant("html", "a.html", blogs),
    "odt": Variant("odt", "a.odt", texts),
    "odp": Variant("odp", "a.odp", slides),
    "transcript": Variant("subtitles", "a.vtt", transcripts),
    "configs": Variant("settings", "compose.yaml", lambda: list(CONFIGS)),
    **{f"{kind}-inside": Inside(kind) for kind in ("docx", "pptx", "xlsx", "ods", "epub")},
}
