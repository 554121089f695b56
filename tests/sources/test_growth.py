"""What a reader does grows with its file, and no faster: a file of twice as many parts runs twice as many lines."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from counted import Counted
from test_formulas import sheet
from test_sources_formats import epub
from told import read

from rag.sources.kinds import walk
from rag.sources.settings import Settings

SMALL = 20  # parts of the smaller file
MOST = 2.6  # times as many lines; work of each part on each would be four times as many
WIKI = '<html><head><meta name="generator" content="MediaWiki 1.39"></head><body><h1>K</h1>'
MAIL = "From: Ann <ann@x.example>\nTo: bo@x.example\nSubject: Kiln\nDate: Mon, 3 Mar 2025 10:00:00 +0000\n\n"
TEXTS = {
    "asciidoc": (
        "= T\n\n",
        (
            "== A b\n\nSee <<x,y>>, `c` and *d*.\n\n",
            "* a\n** b\n",
            "a:: b\n",
            "|===\n|a |b\n|===\n\n",
            "----\nx\n----\n\n",
            ":n: v\n{n}\n",
            "[NOTE]\n====\na\n====\n\n",
            "// a\n",
            "footnote:[a] ",
            "====\n",
        ),
    ),
    "org": (
        "#+title: T\n",
        (
            "* TODO A b :c:\n",
            "- [ ] a\n  - b\n",
            "| a | b |\n|---+---|\n",
            "#+begin_src x\na\n#+end_src\n",
            "[[a][b]] =c= *d* ",
            ":PROPERTIES:\n:ID: a\n:END:\n",
            "#+begin_src x\n",
            "[fn:1] a\n",
            "SCHEDULED: <2025-03-03>\n",
            ": a\n",
        ),
    ),
    "latex": (
        "\\documentclass{article}\\begin{document}\n",
        (
            "\\section{A b}\nText \\emph{c}, $d$.\n\n",
            "\\begin{itemize}\\item a\\end{itemize}\n",
            "\\begin{itemize}\\item a\n",
            "\\begin{tabular}{ll}a & b \\\\\\end{tabular}\n",
            "{a ",
            "% a\n",
            "\\newcommand{\\x}{y}\\x\n",
            "\\footnote{a} ",
            "\\[a\\]\n",
        ),
    ),
    "man": (
        ".TH A 1\n.SH NAME\na \\- b\n",
        (
            ".SH A B\nText \\fBc\\fR.\n",
            ".TP\n.B a\nb\n",
            ".IP a 4\nb\n",
            ".nf\na\n.fi\n",
            ".RS\n",
            ".B a b\n",
            '.\\" a\n',
            "\\fBa ",
        ),
    ),
    "rst": (
        "T\n=\n\n",
        ("A b\n---\n\nText ``c`` `d <e>`_.\n\n", "- a\n\n", ".. note:: a\n\n", ":a: b\n", "a\n  b\n\n"),
    ),
    "html": (
        WIKI,
        (
            '<h2><b>A</b><span class="mw-editsection">[<a href="?e">edit</a>]</span></h2><p>b</p>',
            '<p>a<sup class="reference"><a href="#n">[1]</a></sup></p>',
            '<table class="infobox"><tr><th>a</th><td>b</td></tr></table>',
            '<div class="navbox">a</div>',
            '<ul><li><a href="/wiki/A">a</a></li></ul>',
            "<pre>a\nb</pre>",
            "<table><tr><td>a</td></tr>",
        ),
    ),
    "eml": (
        MAIL,
        (
            "> a\n",
            "On Mon, 3 Mar 2025, Ann wrote:\n> a\n\nb\n",
            "-----Original Message-----\nFrom: Ann\nSent: Monday\nTo: Bo\nSubject: a\n\nb\n",
            ">> a\n> b\nc\n",
            "--\na\n",
            ">\n",
            "Le lun. 3 mars 2025, Ann a écrit :\n> a\n",
            "_____\nFrom: a\n",
        ),
    ),
    "text": ("", ("03/03/2025, 10:00 - Ann: hello there\n", "[03.03.25, 10:00:01] Bo: a\nb\n", "a: b\n")),
}
MESSAGE = {"user": "U1", "ts": "1736236800.5", "text": "Who has <@U2> the keys?", "thread_ts": "1736236800.5"}
TELEGRAM = {
    "id": 1,
    "type": "message",
    "date": "2025-04-02T08:11:00",
    "from": "Ann",
    "text": "a",
    "reply_to_message_id": 1,
}


def book(count: int) -> bytes:
    """Chapters, each of which a table of contents names."""
    names = [f"c{number}" for number in range(count)]
    items = "".join(f"<item id='{name}' href='{name}.xhtml'/>" for name in names)
    spine = "".join(f"<itemref idref='{name}'/>" for name in names)
    links = "".join(f"<li><a href='{name}.xhtml'>{name}</a></li>" for name in names)
    package = (
        '<package xmlns="http://www.idpf.org/2007/opf"><metadata/><manifest><item id="n" href="nav.xhtml" '
        f'properties="nav"/>{items}</manifest><spine>{spine}</spine></package>'
    )
    parts = {f"OEBPS/{name}.xhtml": f"<html><body><h1>{name}</h1><p>a</p></body></html>" for name in names}
    nav = f"<html><body><nav><ol>{links}</ol></nav></body></html>"
    return epub(**{"OEBPS/b.opf": package, "OEBPS/nav.xhtml": nav, **parts})


def messages(count: int) -> list[dict[str, object]]:
    return [{**MESSAGE, "ts": f"{1736236800 + number}.5"} for number in range(count)]


def telegrams(count: int) -> list[dict[str, object]]:
    return [{**TELEGRAM, "id": number + 1} for number in range(count)]


def record(number: int) -> dict[str, object]:
    return {"id": number, "name": f"n{number}", "tags": ["a"]}


FILES: dict[str, tuple[str, str, Callable[[int], bytes]]] = {
    "table of contents": ("epub", "a.epub", book),
    "sums of a column": ("xlsx", "a.xlsx", lambda count: sheet(*([n, f"=A{n + 1}*2"] for n in range(count)))),
    "formulas on formulas": ("xlsx", "a.xlsx", lambda count: sheet([1], *([f"=A{n + 1}+1"] for n in range(count)))),
    "chat of Slack": ("chat", "general/2025-01-07.json", lambda count: json.dumps(messages(count)).encode()),
    "chat of Telegram": (
        "chat",
        "result.json",
        lambda count: json.dumps(
            {"name": "P", "type": "private_group", "id": 1, "messages": telegrams(count)}
        ).encode(),
    ),
}


EXPORTS: dict[str, Callable[[int], object]] = {
    "a list": lambda count: [record(n) for n in range(count)],
    "many lists": lambda count: {f"l{n}": [record(n)] * 3 for n in range(count)},
    "lists in records": lambda count: {"users": [{**record(n), "orders": [record(n)] * 2} for n in range(count)]},
}


def lines(kind: str, data: bytes, key: str) -> int:
    return Counted().of(lambda: list(read(kind, data, key)[0]))


@pytest.mark.parametrize("kind", TEXTS)
def test_twice_as_much_of_a_text_is_twice_the_work(kind: str) -> None:
    head, units = TEXTS[kind]
    key = "WhatsApp Chat with A.txt" if kind == "text" else f"a.{kind}"
    list(read(kind, head + units[0], key)[0])  # what is done once
    for unit in units:
        small, large = (lines(kind, (head + unit * count).encode(), key) for count in (SMALL, 2 * SMALL))
        assert large <= MOST * small + 500, unit


@pytest.mark.parametrize("name", FILES)
def test_twice_as_many_parts_of_a_file_are_twice_the_work(name: str) -> None:
    kind, key, made = FILES[name]
    list(read(kind, made(3), key)[0])
    small, large = (lines(kind, made(count), key) for count in (SMALL, 2 * SMALL))
    assert large <= MOST * small + 500


@pytest.mark.parametrize("name", EXPORTS)
def test_twice_as_many_records_of_an_export_are_twice_the_work(name: str, tmp_path: Path) -> None:
    path = tmp_path / "a.json"

    def work() -> None:
        assert [document for item in walk(Settings((str(path),)), "s") for document in item.read()]

    counts = []
    for count in (3, SMALL, 2 * SMALL):
        path.write_text(json.dumps(EXPORTS[name](count)))
        counts.append(Counted().of(work))
    assert counts[2] <= MOST * counts[1] + 500


def test_comments_that_answer_each_other_are_looked_through_once() -> None:
    def nested(count: int) -> bytes:
        return b"<body>" + b'<div class="comment">' * count + b"<b>a </b>" * 20 * count

    list(read("html", nested(3), "a.html")[0])
    small, large = (lines("html", nested(count), "a.html") for count in (100, 200))
    assert large <= MOST * small + 500


def test_what_has_very_many_parts_is_no_furniture_of_a_page() -> None:
    """Elements nest, and each is asked: 20,000 empty links that stand 500 deep took 24 seconds."""
    from lxml import html

    from rag.sources import html_blog, html_contents

    about = {"date": "2025-03-03", "author": ""}
    for links, said in ((10, True), (5_000, False)):
        element = html.fragment_fromstring(f"<div>Posted on 2025-03-03{'<a></a>' * links}</div>")
        assert bool(html_blog._short(element, 100)) is said
        assert html_contents._says_about(element, about) is said
