"""Office files, books, mail and subtitles: what they say is kept, what is hostile or broken is refused by name."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from test_everyday_files import BOOK, CALENDAR, RTF
from test_opendocument import SLIDES
from test_opendocument import packed as opendocument
from test_sheets import book, ods
from test_sources_pdf import LOCKED, body, pdf
from test_sources_rst import RST

from rag.errors import InputError
from rag.sources import Walk, files
from rag.sources.formats import READERS, reader
from rag.types import Document


def zipped(members: dict[str, str | bytes]) -> bytes:
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return saved.getvalue()


def read(kind: str, data: bytes, key: str = "a-file") -> Document:
    (document,) = reader(kind)(data, key, "s")
    return document


# -- Word, PowerPoint, books, notebooks --------------------------------------------------------------------------------

WORD = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def docx(xml: str, **more: str) -> bytes:
    types = (
        '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/></Types>'
    )
    link = f'<Relationship Id="r1" Type="{OFFICE}/officeDocument" Target="word/document.xml"/>'
    core = (
        '<cp:coreProperties xmlns:cp="c" xmlns:dc="d" xmlns:dcterms="t"><dc:creator>Ann &amp; Bob</dc:creator>'
        "<dcterms:created>2024-03-01T10:00:00Z</dcterms:created></cp:coreProperties>"
    )
    members: dict[str, str | bytes] = {
        "[Content_Types].xml": types,
        "_rels/.rels": f'<Relationships xmlns="{RELS}">{link}</Relationships>',
        "docProps/core.xml": core,
        "word/document.xml": f'<?xml version="1.0"?><w:document xmlns:w="{WORD}"><w:body>{xml}</w:body></w:document>',
    }
    return zipped({**members, **more})


def paragraph(text: str, style: str = "") -> str:
    properties = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    return f"<w:p>{properties}<w:r><w:t>{text}</w:t></w:r></w:p>"


def test_docx() -> None:
    cell = "<w:tc>" + paragraph("c") + "</w:tc>"
    table = f"<w:tbl><w:tr>{cell * 2}</w:tr><w:tr>{cell * 2}</w:tr></w:tbl>"
    document = read("docx", docx(paragraph("Head", "Heading1") + paragraph("A text &amp; more.") + table))
    assert document.text == "# Head\n\nA text & more.\n\n| c | c |\n| --- | --- |\n| c | c |"
    assert (document.title, document.author, document.date) == ("Head", "Ann & Bob", "")
    assert document.meta == {"saved": "2024-03-01T10:00:00Z"}  # of which the text says nothing


def test_docx_listings_quotations_and_titles_by_the_names_of_their_styles() -> None:
    names = {"T": "Title", "S": "Source Code", "Q": "Quote"}
    styles = "".join(
        f'<w:style w:type="paragraph" w:styleId="{i}"><w:name w:val="{n}"/></w:style>' for i, n in names.items()
    )
    relation = f'<Relationship Id="r1" Type="{OFFICE}/styles" Target="styles.xml"/>'
    more = {
        "word/styles.xml": f'<w:styles xmlns:w="{WORD}">{styles}</w:styles>',
        "word/_rels/document.xml.rels": f'<Relationships xmlns="{RELS}">{relation}</Relationships>',
    }
    run = '<w:r><w:t>if a:</w:t><w:br/><w:t xml:space="preserve">    b</w:t></w:r>'
    listing = f'<w:p><w:pPr><w:pStyle w:val="S"/></w:pPr>{run}</w:p>'
    parts = paragraph("Head", "T") + listing + paragraph("c", "S") + paragraph("So.", "Q")
    text = read("docx", docx(parts, **more)).text
    assert text == "# Head\n\n```\nif a:\n    b\nc\n```\n\n> So."


def presentation() -> bytes:
    import pptx

    show = pptx.Presentation()
    for number in (1, 2):
        slide = show.slides.add_slide(show.slide_layouts[1])
        slide.shapes.title.text = f"Slide {number}"
        slide.placeholders[1].text_frame.text = "first point"
        slide.placeholders[1].text_frame.add_paragraph().text = "second point"
        slide.notes_slide.notes_text_frame.text = f"Say {number}."
    saved = io.BytesIO()
    show.save(saved)
    return saved.getvalue()


def test_pptx() -> None:
    document = read("pptx", presentation())
    assert document.text.startswith("## Slide 1\n\n- first point\n- second point\n\nSay 1.\n\n## Slide 2")
    assert [document.text[start:][:10] for start in document.meta["slides"]] == ["## Slide 1", "## Slide 2"]


def epub(**more: str | bytes) -> bytes:
    container = (
        '<container xmlns="urn:oasis:names:tc:opendocument:xmlns:container"><rootfiles>'
        '<rootfile full-path="OEBPS/b.opf"/></rootfiles></container>'
    )
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
        "<dc:title>The Book</dc:title><dc:creator>Ann</dc:creator><dc:date>2020</dc:date></metadata><manifest>"
        '<item id="b" href="two.xhtml"/><item id="a" href="text/on%20e.xhtml"/></manifest>'
        '<spine><itemref idref="a"/><itemref idref="b"/><itemref idref="nowhere"/></spine></package>'
    )
    members: dict[str, str | bytes] = {
        "META-INF/container.xml": container,
        "OEBPS/b.opf": package,
        "OEBPS/text/on e.xhtml": '<?xml version="1.0" encoding="utf-8"?><html><h1>One</h1><p>First é.</p></html>',
        "OEBPS/two.xhtml": "<html><body><h1>Two</h1><p>Second.</p></body></html>",
    }
    return zipped({**members, **more})


def test_epub() -> None:
    document = read("epub", epub())
    assert document.text == "# One\n\nFirst é.\n\n# Two\n\nSecond."
    assert (document.title, document.author, document.date) == ("The Book", "Ann", "2020")


NOTEBOOK = {
    "metadata": {"kernelspec": {"language": "python"}},
    "cells": [
        {"cell_type": "markdown", "source": ["# Title\n", "Words."]},
        {"cell_type": "code", "source": "print(1)", "outputs": [{"text": "1"}]},
    ],
}


def test_notebook() -> None:
    document = read("notebook", json.dumps(NOTEBOOK).encode())
    assert (document.text, document.title) == (
        "# Title\nWords.\n\n```python\nprint(1)\n```\n\n```text\n1\n```",
        "Title",
    )


# -- mail and subtitles ------------------------------------------------------------------------------------------------

MAIL = """From: =?utf-8?q?Ann_=C3=84?= <ann@x.org>
To: list@x.org
Subject: Re: A question
Date: Fri, 01 Mar 2024 10:00:00 +0100
Message-ID: <2@x.org>
In-Reply-To: <1@x.org>
Content-Type: text/plain; charset=iso-8859-1
Content-Transfer-Encoding: 8bit

On Thu, 29 Feb 2024, Bob wrote:
> Is it so?
> Really?

It is, na\xefve as it sounds.

From what I know, yes.

--\x20
Ann, CEO
"""


def test_a_message_says_who_wrote_it_and_marks_what_it_repeats() -> None:
    document = read("eml", MAIL.encode("latin-1"))
    repeated = "On Thu, 29 Feb 2024, Bob wrote:\n> Is it so?\n> Really?"
    assert document.text == f"{repeated}\n\nIt is, naïve as it sounds.\n\nFrom what I know, yes."
    assert (document.title, document.author, document.date) == ("Re: A question", "Ann Ä", "2024-03-01T09:00:00Z")
    assert document.meta == {"message_id": "2@x.org", "parent": "1@x.org", "to": "list@x.org", "email": "ann@x.org"}


def test_a_mailbox_is_a_document_a_message() -> None:
    first = MAIL.replace("<2@x.org>", "<1@x.org>").replace("In-Reply-To: <1@x.org>\n", "").replace("Re: A", "A")
    box = f"From ann Fri Mar  1 10:00:00 2024\n{first}\nFrom ann Fri Mar  1 11:00:00 2024\n{MAIL}".encode("latin-1")
    documents = reader("mbox")(box.replace(b"From what I know", b">From what I know"), "l.mbox", "s")
    assert [document.key for document in documents] == ["l.mbox#1@x.org", "l.mbox#2@x.org"]
    assert documents[1].text.endswith("From what I know, yes.")
    assert "> Is it so?" in documents[0].text


def test_html_mail_with_an_attachment() -> None:
    from email.message import EmailMessage

    message = EmailMessage()
    message["From"], message["Subject"] = "Bob <b@x.org>", "Report"
    message.set_content("<h1>Hi</h1><p>See the file.</p>", subtype="html")
    message.add_attachment(b"1,2", maintype="text", subtype="csv", filename="r.csv")
    document = read("eml", message.as_bytes())
    assert document.text == "# Hi\n\nSee the file."
    assert document.meta["attachments"] == ["r.csv"]


def test_a_header_that_breaks_the_rules_costs_only_itself() -> None:
    message = MAIL.replace("01 Mar 2024", "99999999999999999999 Mar 2024").encode("latin-1")
    document = read("eml", message)
    assert (document.author, document.date) == ("Ann Ä", "")


SRT = """1
00:00:01,000 --> 00:00:03,500
<i>Hello there,</i>
how are you?

2
00:00:03,600 --> 00:00:05,000
how are you?
I am &amp; fine.

3
00:01:00,000 --> 00:01:02,000
Much later.
"""


@pytest.mark.parametrize(
    "text", [SRT, "WEBVTT\n\n" + SRT.replace(",500", ".500").replace("00:00:0", "00:0"), SRT.replace("\n", "\r\n")]
)
def test_subtitles(text: str) -> None:
    document = read("subtitles", text.encode())
    assert document.text == "Hello there, how are you? I am & fine.\n\nMuch later."
    assert document.meta["times"] == [[0, 1.0], [26, 3.6], [40, 60.0]]


# -- archives ----------------------------------------------------------------------------------------------------------


def write(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def test_a_zip_file_is_read_like_a_folder(tmp_path: Path) -> None:
    members: dict[str, str | bytes] = {
        "a.md": "# A",
        "b/c.txt": "c",
        "b/d.pdf": pdf([body("In a PDF.")]),
        ".h": "x",
        "p.png": b"x",
    }
    path = write(tmp_path / "x.zip", zipped(members))
    walk = files([tmp_path])
    found = {item.key: item.read()[0].text for item in walk}
    assert found == {"x.zip#a.md": "# A", "x.zip#b/c.txt": "c", "x.zip#b/d.pdf": "In a PDF."}
    assert walk.skipped == {"hidden": 1, "pictures": 1}
    stamps = {item.key: item.stamp for item in files([path])}
    write(path, zipped({**members, "a.md": "# A changed"}))
    assert [item.key for item in files([path]) if item.stamp != stamps[item.key]] == ["x.zip#a.md"]


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_links_in_archives_are_refused_and_of_equal_names_the_last_counts(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        for name, mode, content in (("link.md", 0o120777, "/etc/passwd"), ("pipe.md", 0o010644, "")):
            member = zipfile.ZipInfo(name)
            member.external_attr = mode << 16
            archive.writestr(member, content)
        archive.writestr(zipfile.ZipInfo(""), "without a name")
        archive.writestr("a.md", "first")
        archive.writestr("a.md", "last")
    walk = files([tmp_path])
    assert [(item.key, item.read()[0].text) for item in walk] == [("x.zip#a.md", "last")]
    assert [why for _, why in walk.problems] == ["is a link", "is no regular file"]


@pytest.mark.parametrize(
    ("members", "why"),
    [
        ({"../../etc/x.md": "x"}, "leads out of the archive"),
        ({"/etc/x.md": "x"}, "leads out of the archive"),
        ({"C:\\x.md": "x"}, "leads out of the archive"),
        ({"bomb.md": b"\0" * 4_000_000}, "times its size"),
        ({"large.txt": b"\0" * 50_000_001}, "is too large"),
        ({"inner.zip": zipped({"a.md": "x"})}, "is an archive in an archive"),
    ],
)
def test_hostile_members_are_refused_by_name(tmp_path: Path, members: dict[str, str | bytes], why: str) -> None:
    write(tmp_path / "x.zip", zipped({"ok.md": "fine", **members}))
    walk = files([tmp_path])
    assert [item.key for item in walk] == ["x.zip#ok.md"]
    ((name, problem),) = walk.problems
    assert why in problem
    assert next(iter(members)).replace("\\", "/") in name.replace("\\", "/")


def test_a_zip_bomb_is_refused_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rag.sources.archives.MAX_TOTAL", 5_000_000)
    write(tmp_path / "x.zip", zipped({f"{number}.md": b"a" * 500_000 for number in range(11)}))
    walk = files([tmp_path])
    assert list(walk) == []
    assert "would unfold to" in walk.problems[0][1]


def test_a_truncated_archive_keeps_what_was_indexed(tmp_path: Path) -> None:
    path = write(tmp_path / "x.zip", zipped({"a.md": "x" * 1000, "b.md": "y"}))
    known = [item.key for item in files([tmp_path])]
    write(path, path.read_bytes()[:-30])
    walk = files([tmp_path])
    assert list(walk) == []
    assert "truncated" in walk.problems[0][1]
    assert walk.gone(known) == []


LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        (
            "docx",
            docx(paragraph("x"), **{"word/document.xml": f'{LAUGHS}<w:document xmlns:w="{WORD}">&b;</w:document>'}),
        ),
        ("epub", epub(**{"OEBPS/b.opf": f"{LAUGHS}<package>&b;</package>"})),
        ("epub", epub(**{"META-INF/container.xml": f"{LAUGHS}<package>&b;</package>".encode("utf-16")})),
    ],
)
def test_xml_bombs_are_refused(kind: str, data: bytes) -> None:
    with pytest.raises(InputError, match="XML entities"):
        read(kind, data)


ROW = "<table:table-row><table:table-cell><text:p>A</text:p></table:table-cell></table:table-row>"
GOOD: dict[str, Callable[[], bytes]] = {
    "pdf": lambda: pdf([body("A text.")]),
    "docx": lambda: docx(paragraph("A text.")),
    "pptx": presentation,
    "epub": epub,
    "notebook": lambda: json.dumps(NOTEBOOK).encode(),
    "eml": lambda: MAIL.encode("latin-1"),
    "mbox": lambda: b"From a Fri Mar  1 10:00:00 2024\n" + MAIL.encode("latin-1"),
    "subtitles": SRT.encode,
    "html": lambda: b"<h1>A</h1><p>A text.</p>",
    "markdown": lambda: b"---\ntitle: x\n---\n# A\n\ntext",
    "text": lambda: b"A text.",
    "code": lambda: b"def f(): ...",
    "rst": RST.encode,
    "asciidoc": lambda: b"= A\n\n== B\n\n----\nA text.\n----\n",
    "org": lambda: b"#+TITLE: A\n\n* B\nA text.\n",
    "latex": lambda: b"\\section{A} A \\emph{text}.",
    "man": lambda: b".TH A 1\n.SH NAME\nA text.\n",
    "xlsx": lambda: book(("A", [["a", 1], ["b", 2]]), formats={(0, 1): "0.0%"}).getvalue(),
    "ods": lambda: ods(f"<table:table>{ROW}</table:table>"),
    "rtf": lambda: RTF,
    "ics": CALENDAR.encode,
    "vcf": BOOK.encode,
    "gedcom": lambda: b"0 HEAD\n0 @A@ INDI\n1 NAME Ada /Lee/\n1 BIRT\n2 DATE 1815\n0 @F@ FAM\n1 WIFE @A@\n0 TRLR\n",
    "listed": lambda: b"a,b\n1,2\n",
    "settings": lambda: b"port = 80\n",
    "odt": lambda: opendocument("<text:p>A text.</text:p>"),
    "odp": lambda: opendocument(SLIDES, "presentation"),
    "canvas": lambda: b'{"nodes": [{"type": "text", "text": "A text."}]}',
    "chat": lambda: b'{"name": "A", "type": "x", "messages": [{"type": "message", "text": "A text."}]}',
}


@pytest.mark.parametrize("kind", sorted(READERS))
@pytest.mark.parametrize(
    "data", [b"", b"\0" * 100, b"PK\x03\x04", b"%PDF-1.7\n", b"{}", b"[" * 5000, "é".encode() * 999]
)
def test_broken_files_are_errors_of_ours_or_empty(kind: str, data: bytes) -> None:
    try:
        documents = reader(kind)(data, "a", "s")
    except InputError as error:
        documents = []
        assert "a" in error.message  # noqa: PT017
    assert all(document.text.strip() for document in documents)


def test_every_reader_has_a_good_file() -> None:
    assert GOOD.keys() == READERS.keys() - {"picture", "image"}
    for kind, make in GOOD.items():
        documents = reader(kind)(make(), "a", "s")
        assert documents, kind
        assert all(document.text.strip() for document in documents)


@pytest.mark.parametrize("kind", sorted(GOOD))
def test_truncated_files_are_errors_of_ours(kind: str) -> None:
    data = GOOD[kind]()
    for cut in range(0, len(data), max(len(data) // 25, 1)):
        try:
            documents = reader(kind)(data[:cut], "a", "s")
        except InputError:
            continue
        assert all(document.text.strip() for document in documents)


def test_a_bad_file_does_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path / "a.pdf", LOCKED)
    write(tmp_path / "b.docx", b"PK\x03\x04 nothing")
    write(tmp_path / "c.md", b"fine")
    walk: Walk = files([tmp_path])
    problems, texts = [], []
    for item in walk:
        try:
            texts += [document.text for document in item.read()]
        except InputError as error:
            problems.append(error.message)
    assert texts == ["fine"]
    assert problems == [
        "a.pdf is protected by a password",
        "b.docx is a damaged or truncated archive: File is not a zip file",
    ]
