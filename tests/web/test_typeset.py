"""Typeset text: nothing of it is lost, nothing of it is alive, marks stand where they belong."""

from __future__ import annotations

import re
from html import unescape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.web.setting import excerpt
from rag.web.typeset import typeset

TAGS = re.compile(r"</?(?:p|h[2-6]|hr|pre|code|mark|a|em|strong|span|div|table|tr|t[hd])(?: [^<>]*)?>")
PIECES = st.sampled_from(
    [
        "# ", "```\n", "`", "**", "[a](https://x.org)", "[a](javascript:x)", "| a | b |\n", "|---|\n", "- ", "1. ",
        "\n", "\n\n", "    ", "\t", "> ", "<script>", "</code>", '"', "'", "&amp;", "word ", "é", "漢字", "---\n",
        "\r\n", "\\|", "https://x.org/?a=1&b=2 ",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=6), max_size=30).map("".join)


def shown(html: str) -> str:
    return unescape(TAGS.sub("", html))


@given(text=TEXTS, kind=st.sampled_from(["markdown", "text", "code"]))
def test_nothing_of_a_document_is_alive(text: str, kind: str) -> None:
    html = typeset(text, [(0, len(text) // 2)], kind)
    left = TAGS.sub("", html)
    assert "<" not in left
    assert ">" not in left
    for address in re.findall(r'href="([^"]*)"', html):
        assert unescape(address).lower().startswith(("http://", "https://", "mailto:"))


@given(text=st.text(st.characters(exclude_characters="\r\n", codec="utf-8"), min_size=1), data=st.data())
def test_a_mark_covers_what_it_says(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    html = typeset(text, [(start + 7, end + 7)], "code", base=7)
    marked = "".join(unescape(part) for part in re.findall(r"<mark[^>]*>(.*?)</mark>", html, re.DOTALL))
    assert marked == text[start:end]
    assert shown(html) == text
    assert html.count('id="at"') == (1 if end > start else 0)


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("# A `b`", "<h2>A <code>b</code></h2>"),
        ("```py\nx < 1\n```", '<pre class="code"><code>x &lt; 1</code></pre>'),
        ("    a\n    b", '<pre class="code"><code>a\nb</code></pre>'),
        ("1. one", '<p class="item d0"><span class="bullet">1.</span>one</p>'),
        ("[x](javascript:alert(1))", "<p>x</p>"),
        ("![pic](https://x.org/p.png)", '<p><a href="https://x.org/p.png" rel="noreferrer">pic</a></p>'),
        (f"{'word ' * 12}\nend of it", f"<p>{'word ' * 12} end of it</p>"),
        (f"{'word ' * 12}\nend", f"<p>{'word ' * 12} end</p>"),
        ("Roses are red,\nviolets are blue", "<p>Roses are red,\nviolets are blue</p>"),
        (f"{'word ' * 12}\n{'word ' * 6}\nend", f"<p>{'word ' * 12} {'word ' * 6}\nend</p>"),
        ("<b>&amp;</b>", "<p>&lt;b&gt;&amp;amp;&lt;/b&gt;</p>"),
    ],
)  # fmt: skip
def test_what_people_write_is_set(text: str, html: str) -> None:
    assert typeset(text, kind="markdown") == html


def test_a_table_is_a_table_with_its_marks() -> None:
    text = "| bean | grams |\n|---|---|\n| Bourbon | 20 |\n"
    html = typeset(text, [(text.index("20"), text.index("20") + 2)])
    assert "<th>bean</th>" in html
    assert '<td><mark id="at">20</mark></td>' in html
    assert "---" not in html
    bare = typeset("id | values\n--- | ---\n1 | a\n2 |\n\nThen a | b.\n")
    assert bare.count("<tr>") == 3
    assert "<tr><th>id</th><th>values</th></tr><tr><td>1</td><td>a</td></tr>" in bare
    assert bare.endswith("<p>Then a | b.</p>")


def test_a_broken_line_of_a_cell_is_broken_and_a_comment_is_not_seen() -> None:
    made = typeset("| port |\n| --- |\n| 80<br/>443 <!-- both --> |\n", [(19, 21)], "markdown")
    assert "80</mark><br>443 </td>" in made
    assert "<script" not in typeset("a <br onload=x> <!-- <script>\nalert(1)</script> -->", (), "markdown")


def test_a_part_that_begins_in_code_is_not_turned_inside_out() -> None:
    listing = "".join(f'    {{"name": "plugin-{n}"}},\n' for n in range(60))
    text = f"Before it.\n\n```\n[\n{listing}]\n```\n\nA **datasette** told of afterwards.\n"
    html = excerpt(text.replace("plugin-40", "needle"), ["needle", "afterwards"], "markdown")
    code = html.partition("</code></pre>")[0]
    assert code.startswith('<pre class="code"><code>')
    assert re.search(r"<mark[^>]*>needle</mark>", code)
    assert "```" not in html
    whole = excerpt(f'{{"name": 1}},\n]\n```\n\nA **word** {"of prose " * 3}\n', ["word"], "markdown")
    assert whole.startswith('<pre class="code"><code>{&quot;name&quot;: 1},\n]</code></pre>')
    assert "<strong><mark" in whole
