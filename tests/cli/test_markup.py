"""Lines that are for the program that makes a page are shown as what they stand for, or not; quotes stay verbatim."""

from __future__ import annotations

import pytest

from rag import frontmatter, markup
from rag.app.snippets import snippet
from rag.chunking import split
from rag.cli.answered import excerpt
from rag.sources.text import markdown
from rag.types import Document
from rag.web.typeset import typeset


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ('{{< hint style="warning" >}}', "[warning]"), ("{{< /hint >}}", ""), ("{{</hint>}}", ""),
        ('{{< figure src="a/b.jpg" width="50%" caption="From left to right" >}}', "[picture: From left to right]"),
        ('{{< figure src="a/b.jpg" >}}', "[picture: b.jpg]"), ("{{% notice info %}}", "[info]"), ("{{< toc >}}", ""),
        ('{{< page-ref page="user/signup" >}}', "[page-ref: user/signup]"),
        ("{% raw %}", ""), ("{%- include head.html -%}", ""), ("{{ page.title }}", ""), ("{: .no_toc }", ""),
        (":::warning", "[warning]"), ("::: tip My title", "[tip: My title]"), (":::note[Careful]", "[note: Careful]"),
        ("::: {.callout-note}", "[note]"), (":::", ""), ('!!! note "Title"', "[note: Title]"), ("??? tip", "[tip]"),
        ("<!-- more -->", ""), ("{/* a comment */}", ""),
        ("import Tabs from '@theme/Tabs';", ""), ("export const x = 1", ""), ("<Tabs>", ""), ("</Steps>", ""),
        ('<TabItem label="With npm">', "[With npm]"), ('<Card title="Start" icon={x} />', "[Start]"),
        ('<Since v="4.1.0" />', "[Since: 4.1.0]"), ('<Image src={a} alt="A map" />', "[picture: A map]"),
        ("> [!NOTE]", "[note]"), ("> [!warning]- Bonfires", "[warning: Bonfires]"),
        (':::note[Run it]{icon="x"}', "[note: Run it]"),
        ("<% if x %>", ""), ('<%= task("clear") %>', '[task("clear")]'),
    ],
)  # fmt: skip
def test_a_line_of_markup_is_shown_as_what_it_stands_for(line: str, shown: str) -> None:
    assert markup.told(line) == shown
    quote = f"Before it.\n\n{line}\n\nAfter it."
    said = [one.strip() for one in excerpt({"quote": quote, "start": 0, "kind": "markdown"}) if one.strip()]
    assert said == ["Before it.", *([shown] if shown else []), "After it."]
    assert snippet(quote, ["before"], kind="markdown")[1] == said
    for close in (quote, quote.replace("\n\n", "\n")):
        assert line not in typeset(close, kind="markdown")
        assert typeset(close, kind="markdown").count("<p>") == 2
    fenced = f"```\n{line}\n```"
    assert line in "\n".join(excerpt({"quote": fenced, "start": 0, "kind": "markdown"}))
    assert [one.strip() for one in excerpt({"quote": line, "start": 0, "kind": "text"})] == [line]


@pytest.mark.parametrize(
    "line",
    [
        "import duties rise from 1 May", '{ "a": 1 }', "!!! wow that is big", "??? what", "> quoted",
        ":smile: hi", "> [x] done", "Vec<String>", "<NAME> of the server", "import of {timber}",
        "In {{ version }} it is so.", "<b>bold</b>", "!important", "{} empty", "export of timber", ": a definition",
    ],
)  # fmt: skip
def test_a_line_that_says_something_is_left(line: str) -> None:
    assert markup.told(line) is None


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("Text {#text}", "Text"), ("A b {: #id .class}", "A b"), ("B {.class}", "B"), ("C {-}", "C"),
        ('D {#a .b key="v w"}', "D"), ("E {/* #x */}", "E"), ("Use {curly}", "Use {curly}"), ("f{x}", "f{x}"),
        ("Set {1, 2}", "Set {1, 2}"), ("Version {{ v }}", "Version {{ v }}"),
    ],
)  # fmt: skip
def test_attributes_are_no_part_of_a_heading(written: str, said: str) -> None:
    text = f"# {written}\n\nOne.\n\n## {written}\n\nTwo."
    ((document,)) = markdown(text.encode(), "a.md", "s")
    assert document.title == said
    assert document.text == text
    passages = split(Document("s", "a.md", text, "Another", kind="markdown"))
    assert passages[-1].heading == f"{said} > {said}"
    assert all(text[one.start : one.end] == one.text for one in passages)
    assert f"<h3>{said.replace('{', '{')}</h3>" in typeset(f"## {written}", kind="markdown")
    assert next(iter(excerpt({"quote": f"## {written}", "start": 0, "kind": "markdown"}))).strip() == f"## {said}"


FIELDS = """---
title: Posting
description: Sharing your thoughts.
menu:
  docs:
    weight: 30
    parent: user
layout: page
slug: posting
sidebar_position: 3
sidebar:
  order: 2
aliases: [a, b]
toc: true
bookToc: false
hide_title: yes
nav_order: 4
birthday: 1988-07-19
position: Head of workshop
---

Body.
"""


def test_what_front_matter_says_of_the_layout_is_no_passage() -> None:
    facts = [FIELDS[start:end] for start, end in frontmatter.facts(FIELDS)]
    assert facts == ["description: Sharing your thoughts.", "birthday: 1988-07-19\nposition: Head of workshop"]
    layout = FIELDS.replace("description: Sharing your thoughts.\n", "").replace("birthday: 1988-07-19\n", "")
    layout = layout.replace("position: Head of workshop\n", "")
    assert [one.text for one in split(Document("s", "a.md", layout, kind="markdown"))] == ["Body."]
