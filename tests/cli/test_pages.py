"""What goes over several lines of Markdown, and what stands in one, is shown and searched as its page shows it."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from test_places import run

from rag import grids, markup, onpage
from rag.app.snippets import snippet
from rag.ask.pieces import pieces
from rag.blocks import blocks
from rag.chunking import split
from rag.cli.answered import excerpt
from rag.sentences import spans
from rag.sources.text import markdown
from rag.types import Document, Hit
from rag.web.typeset import typeset


def shown(quote: str, **more: object) -> list[str]:
    return [line[4:] for line in excerpt({"quote": quote, "start": 0, "kind": "markdown", **more})]


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("See [[Garden plan|the plan]] and [[Tools]].", "See the plan and Tools."),
        ("As [[Tools#Saws]] says. ^0f681f", "As Tools > Saws says."), ("It grows. ^my-quote", "It grows."),
        ("2 ^10", "2 ^10"), ("if [[ -f x ]]; then", "if [[ -f x ]]; then"), ("[[1]](a.md)", "[[1]](a.md)"),
        ('Ask in {% channel "travel" %} first.', "Ask in travel first."), ("A{% if x %} b{% endif %}", "A b"),
        ('[leave]({% page "/leave" %})', "[leave](/leave)"), ("[a]({{site.url}}/b/)", "[a](/b/)"),
        ("[a]({% link pages/b.md %})", "[a](pages/b.md)"), ('[a]({{< ref "b.md" >}})', "[a](b.md)"),
        ("For <Highlight>this</Highlight> one", "For this one"), ("Use <Name> here", "Use <Name> here"),
        ('New <Badge text="beta" /> here', "New [beta] here"),
        ("List<String> and `<Tabs>`", "List<String> and `<Tabs>`"),
        ("<li>one</li><li>two</li>", "one two"), ("<dt>Term</dt><dd>what it is</dd>", "Term what it is"),
        ("Run <%= name %> now", "Run [name] now"), ("Set `{% raw %}`", "Set `{% raw %}`"),
    ],
)  # fmt: skip
def test_what_stands_in_a_line_is_shown_as_a_page_shows_it(written: str, read: str) -> None:
    assert markup.read(written) == read
    assert shown(f"Before.\n\n{written}")[-1] == read
    marked = excerpt({"quote": written, "start": 9, "kind": "markdown", "highlights": [[9, 9 + len(written)]]})
    assert "".join(marked).strip() == read


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("use of `$_SERVER['document_root']`", "use of $_SERVER['document_root']"), ("`` a`b ``", "a`b"),
        ("Given &quot;x&quot; is **so**", 'Given "x" is so'), ("_all_ of snake_case_name", "all of snake_case_name"),
        ("The `*` and 2 * 3", "The * and 2 * 3"), ("[`rag`](x.md) and ![a b](c.png)", "rag and a b"),
        ("Aktuali&shy;sieren", "Aktualisieren"), ("***so***", "so"), ("<b>bold</b> [[x|y]]", "bold y"),
    ],
)  # fmt: skip
def test_a_heading_loses_marks_and_no_characters(written: str, said: str) -> None:
    text = f"# {written}\n\nOne.\n\n## {written}\n\nTwo.\n"
    ((document,)) = markdown(text.encode(), "a.md", "s")
    assert document.title == said
    assert split(Document("s", "a.md", text, "Another", kind="markdown"))[-1].heading == f"{said} > {said}"


COMPONENTS = """import {
  Tabs,
  Card
} from '~/components';
export const x = {
  a: 1
};

First.

<LinkCard
  title="Deploy it"
  href="/deploy/"
/>

<!-- a note
for writers -->
<%= render("list", {
  name: "x"
}) %>

Last.
"""


def test_what_goes_over_several_lines_is_one_thing() -> None:
    assert shown(COMPONENTS) == ["First.", "", "[Deploy it]", "", '[render("list", { name: "x" })]', "", "Last."]
    fenced = f"```mdx\n{COMPONENTS}```"
    assert shown(fenced) == fenced.split("\n")
    page = onpage.page(COMPONENTS)
    for word in ("First", "Last"):
        assert page.written(page.text.index(word)) == COMPONENTS.index(word)
        assert page.shown(COMPONENTS.index(word)) == page.text.index(word)
    at, lines = snippet(COMPONENTS, ["last"], kind="markdown")
    assert (at, lines) == (
        COMPONENTS.index("First."),
        ["First.", "[Deploy it]", '[render("list", { name: "x" })]', "Last."],
    )


STEPS = """# Setup

<Steps>

1. Add the adapter.

    <Tabs>
      <Fragment slot="npm">
      ```sh
      npm run build

      # builds the site with a log
      npx add <Adapter> <b>now</b>
      ```
      </Fragment>
    </Tabs>

2. Restart it.

</Steps>

## Later

Done.
"""


def test_code_within_a_list_and_a_component_is_code() -> None:
    passages = split(Document("s", "a.mdx", STEPS, "Setup", kind="markdown"))
    assert [one.heading for one in passages] == ["", "Later"]
    said = shown(passages[0].text)
    assert "          npx add <Adapter> <b>now</b>" in ["    " + line for line in said]
    assert not any("Tabs" in line or "Fragment" in line for line in said)
    assert "npx add <Adapter> <b>now</b>" in "\n".join(snippet(passages[0].text, ["adapter"], kind="markdown")[1])


def test_since_when_something_is_stands_with_it() -> None:
    text = '## Icons\n\n<p><Since v="5.7.0" /></p>\n\nImport one as a component.\n\nIt is drawn in place.\n'
    (first, *_) = pieces([Hit(split(Document("s", "a.mdx", text, kind="markdown"))[0], 1.0)])
    assert shown(first.text) == ["[Since: 5.7.0]", "", "Import one as a component."]


def test_an_import_alone_is_no_passage() -> None:
    text = "import A from 'a';\n\n# Head\n\n<A>\n\nWords.\n\n</A>\n\n<A />\n"
    assert [one.text for one in split(Document("s", "a.mdx", text, kind="markdown"))] == ["Words."]
    picture = 'Words.\n\n<img alt="A red kettle" src="k.png">\n\nSee <img alt="a map"> there.'
    assert [one.text for one in split(Document("s", "a.md", picture, kind="markdown"))] == [picture]
    assert onpage.said(picture) == "Words.\n\n[picture: A red kettle]\n\nSee [picture: a map] there."


TABLE = """Who owns what:

<table>
  <tr>
   <td><h3>Strategy</h3>
   </td>
   <td><strong>Owners</strong>
   </td>
  </tr>
  <tr>
   <td>Cloud &amp; edge
   </td>
   <td>
<ul>
<li>Ann
<li>Bob
</li>
</ul>

   </td>
  </tr>
  <tr><td>Own servers</td><td>Cid | Dee</td></tr>
</table>

After it.
"""
ROWS = ["| Strategy | Owners |", "| --- | --- |", "| Cloud & edge | • Ann • Bob |", "| Own servers | Cid | Dee |"]


def test_a_table_of_html_is_read_row_by_row() -> None:
    assert shown(TABLE[TABLE.index("  <tr>\n   <td>Cloud") :])[0] == ROWS[2]
    assert shown(TABLE) == ["Who owns what:", "", *ROWS, "", "After it."]
    assert [one.kind for one in blocks(TABLE, "markdown")] == ["prose", "table", "prose"]
    rows = [TABLE[one.start : one.end] for one in spans(TABLE, "markdown") if one.kind == "row"]
    assert [row.count("<tr") for row in rows] == [1, 1, 1]
    (grid,) = grids.grids(TABLE)
    assert grids.columns(TABLE, grid) == "Strategy | Owners"
    start, page = TABLE.index("Cid"), onpage.page(TABLE)
    first, last = page.marked(TABLE, start, start + 3)
    assert page.text[first:last] == "Cid"
    assert shown(f"```html\n{TABLE}```")[3:5] == ["<table>", "  <tr>"]
    html = typeset(TABLE, [(start, start + 3)], "markdown")
    assert html.count("<tr>") == 3
    assert '<mark id="at">Cid</mark>' in html
    assert grids.grids("Write `<table>` so.\n\n    <table><tr><td>code</td></tr></table>\n") == []


def test_a_long_table_of_html_is_cut_between_its_rows() -> None:
    row = "<tr><td>Item {0}</td>\n<td>What item {0} is for, told at some length, so that the table is long.</td></tr>\n"
    text = "<table><tr><th>Name</th><th>Use</th></tr>\n" + "".join(row.format(i) for i in range(60)) + "</table>\n"
    passages = split(Document("s", "a.md", text, kind="markdown"))
    assert len(passages) > 2
    for one in passages:
        assert text[one.start : one.end] == one.text
        assert one.text.startswith(("<table>", "<tr>"))
        assert one.text.endswith(("</tr>", "</table>"))
    assert {one.heading for one in passages[1:]} == {"Name | Use"}
    for piece in pieces([Hit(one, 1.0) for one in passages]):
        assert piece.kinds == ("table",)
        assert piece.text.startswith(("<table>", "<tr>"))
        assert not piece.bare


def test_the_row_of_a_wide_table_is_whole_and_narrow() -> None:
    cells = ["A finding. It is said at length here. " * 8, "x"]
    rows = [f"| CVE-{i} | {cells[0]:<500} | {cells[1]:<200} |" for i in range(6)]
    text = f"| Name | {'Why':<500} | {'Image':<200} |\n| {'-' * 8} | {'-' * 500} | {'-' * 200} |\n" + "\n".join(rows)
    passages = split(Document("s", "a.md", text, kind="markdown"))
    assert all(one.text.startswith("|") and one.text.endswith("|") for one in passages)
    lines = shown(text)
    assert lines[0] == "| Name | Why | Image |"
    assert lines[1] == "| --- | --- | --- |"
    assert lines[2] == f"| CVE-0 | {cells[0].strip()} | x |"
    narrow = "| a   | b |\n| --- | - |\n| cde | f |"
    assert shown(narrow) == narrow.split("\n")


def test_an_excerpt_begins_with_its_first_line_and_its_indent() -> None:
    assert shown("<!-- more -->\n\n\nWords.\n\n<!-- x -->\n\nMore.") == ["Words.", "", "More."]
    code = "An example:\n\n\t# all of it\n\tpath: core\n\turl: x\n"
    assert [one.kind for one in blocks(code, "markdown")] == ["prose", "code"]
    assert shown("One.\n\n\n\nTwo.") == ["One.", "", "", "", "Two."]


def test_tags_are_not_searched(tmp_path: Path) -> None:
    (tmp_path / "owners.md").write_text(f"# Owners\n\n{TABLE}")
    (tmp_path / "post.md").write_text(
        "---\ntitle: A post\nurl: /a-post/\nbuy_url: https://x.org\n---\n\nThe kettle is in the shed.\n"
    )
    run(tmp_path, "index", ".")
    words = "select count(*) from passage_fts where passage_fts match ?"
    with closing(sqlite3.connect(tmp_path / "rag.db")) as db:
        assert [db.execute(words, (word,)).fetchone() for word in ("td", "strategy")] == [(0,), (1,)]
    found = run(tmp_path, "search", "who owns own servers")
    assert "| Own servers | Cid" in found
    assert "url: /a-post/" in run(tmp_path, "search", "kettle")
    assert "    url: /a-post/" in run(tmp_path, "ask", "--model", "none", "where is the kettle")
    assert "buy_url" not in run(tmp_path, "search", "buy a post")
