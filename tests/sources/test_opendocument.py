"""Texts and presentations of LibreOffice: headings, lists, tables, notes and formulas are kept, the rest is told."""

from __future__ import annotations

import io
import zipfile
from contextlib import suppress

import pytest
from told import read, text

from rag.errors import InputError

SPACES = " ".join(
    f'xmlns:{prefix}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for prefix, name in {
        "office": "office", "text": "text", "style": "style", "table": "table", "draw": "drawing", "meta": "meta",
        "presentation": "presentation", "fo": "xsl-fo-compatible",
    }.items()
) + ' xmlns:xlink="http://www.w3.org/1999/xlink" xmlns:dc="http://purl.org/dc/elements/1.1/"'  # fmt: skip
STYLES = """
<office:automatic-styles>
<style:style style:name="T1" style:family="text"><style:text-properties style:text-position="super 58%"/></style:style>
<style:style style:name="T2" style:family="text"><style:text-properties style:text-position="-33% 58%"/></style:style>
<style:style style:name="T3" style:family="text"><style:text-properties style:text-line-through-style="solid"/>
</style:style>
<style:style style:name="T4" style:family="text"><style:text-properties text:display="none"/></style:style>
<style:style style:name="P1" style:family="paragraph" style:parent-style-name="Preformatted_20_Text"/>
<text:list-style style:name="L1"><text:list-level-style-number text:level="1"/>
<text:list-level-style-bullet text:level="2"/></text:list-style>
</office:automatic-styles>"""
META = "<office:meta><dc:title>Harbour</dc:title><dc:creator>Ann Lee</dc:creator></office:meta>"


def packed(body: str, kind: str = "text", **parts: str) -> bytes:
    """An archive of OpenDocument with this body, and other parts."""
    saved = io.BytesIO()
    with zipfile.ZipFile(saved, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", flat(body, kind))
        named = {"meta.xml": f"<office:document-meta {SPACES}>{META}</office:document-meta>", **parts}
        for name, part in named.items():
            archive.writestr(name, part)
    return saved.getvalue()


def flat(body: str, kind: str = "text", meta: str = "") -> str:
    styles = f"<office:styles>{LOOKS}</office:styles>{STYLES}"
    whole = f"<office:body><office:{kind}>{body}</office:{kind}></office:body>"
    return f"<office:document-content {SPACES}>{meta}{styles}{whole}</office:document-content>"


LOOKS = '<style:style style:name="Preformatted_20_Text" style:family="paragraph"/>'
BODY = """
<text:tracked-changes><text:changed-region><text:deletion><text:p>was here</text:p></text:deletion></text:changed-region>
</text:tracked-changes>
<text:p text:style-name="Title">Harbour rules</text:p>
<text:table-of-content><text:index-body><text:p>Berths 1</text:p></text:index-body></text:table-of-content>
<text:p>Tides of 10<text:span text:style-name="T1">3</text:span> mm, H<text:span text:style-name="T2">2</text:span>O,
 <text:span text:style-name="T3">old</text:span><text:span text:style-name="T4">unseen</text:span> &amp; new.<text:note
 text:note-class="footnote"><text:note-citation>1</text:note-citation><text:note-body><text:p>At the <text:span>quay</text:span>.</text:p></text:note-body></text:note><office:annotation><dc:creator>Bo</dc:creator><text:p>true?</text:p></office:annotation></text:p>
<text:h text:outline-level="2">Berths</text:h>
<text:list text:style-name="L1"><text:list-item><text:p>First</text:p><text:list><text:list-item><text:p>inner</text:p>
</text:list-item></text:list></text:list-item><text:list-item><text:p>Second</text:p></text:list-item></text:list>
<table:table><table:table-header-rows><table:table-row><table:table-cell><text:p>Berth</text:p></table:table-cell>
<table:table-cell><text:p>Fee</text:p></table:table-cell></table:table-row></table:table-header-rows>
<table:table-row><table:table-cell table:number-rows-spanned="2"><text:p>A</text:p></table:table-cell>
<table:table-cell><text:p>12</text:p></table:table-cell></table:table-row>
<table:table-row><table:covered-table-cell/><table:table-cell><text:p>1|3</text:p></table:table-cell></table:table-row>
</table:table>
<text:p text:style-name="P1">if a:</text:p><text:p text:style-name="P1"><text:s text:c="4"/>b = 1</text:p>
<text:p text:style-name="Quotations">Quiet please.</text:p>
<text:p>Box:<draw:frame><draw:text-box><text:p>In a box.</text:p></draw:text-box></draw:frame></text:p>
<text:p>Area <draw:frame text:anchor-type="as-char"><draw:object xlink:href="./Object 1"/></draw:frame> holds.</text:p>
<text:p><draw:frame draw:name="map"><draw:image xlink:href="Pictures/1.png"/></draw:frame></text:p>
"""  # noqa: E501
MATH = '<math xmlns="http://www.w3.org/1998/Math/MathML"><mi>a</mi><mo>=</mo><mi>b</mi></math>'
SAID = """\
# Harbour rules

Tides of 10³ mm, H₂O, ~~old~~ & new.[1]

## Berths

1. First
   - inner
2. Second

| Berth | Fee |
| --- | --- |
| A | 12 |
| A | 1\\|3 |

```
if a:
    b = 1
```

> Quiet please.

Box:

In a box.

Area a=b holds.

[1] At the quay."""


def test_a_text_is_read_whole() -> None:
    ((document,), left) = read("odt", packed(BODY, **{"Object 1/content.xml": MATH}), "rules.odt")
    assert document.text == SAID
    assert (document.title, document.author, document.kind) == ("Harbour", "Ann Lee", "markdown")
    assert left == [
        ("deleted text", "was here"), ("tables of contents", "Berths 1"), ("hidden text", "unseen"),
        ("comments", "Bo true?"), ("pictures", "map"),
    ]  # fmt: skip


def test_a_flat_file_says_the_same() -> None:
    body = BODY.replace('<draw:object xlink:href="./Object 1"/>', f"<draw:object>{MATH}</draw:object>")
    ((document,), _) = read("odt", flat(body, meta=META), "rules.fodt")
    assert (document.text, document.title) == (SAID, "Harbour")


SLIDES = """
<draw:page draw:name="p1"><draw:frame presentation:class="title"><draw:text-box><text:p>Welcome</text:p></draw:text-box>
</draw:frame><draw:frame presentation:class="outline"><draw:text-box><text:list><text:list-item><text:p>Keys at the desk
</text:p></text:list-item></text:list></draw:text-box></draw:frame><draw:custom-shape><text:p>A shape speaks</text:p>
</draw:custom-shape><presentation:notes><draw:frame presentation:class="notes"><draw:text-box><text:p>Wait for Bo.
</text:p></draw:text-box></draw:frame></presentation:notes></draw:page>
<draw:page draw:name="p2"><draw:frame><draw:image xlink:href="a.png"/></draw:frame></draw:page>
<draw:page draw:name="p3"><draw:g><draw:frame><draw:text-box><text:p>Grouped</text:p></draw:text-box></draw:frame>
</draw:g></draw:page>"""


def test_slides_keep_their_titles_shapes_and_notes() -> None:
    ((document,), left) = read("odp", packed(SLIDES, "presentation"), "welcome.odp")
    blocks = ["## Welcome", "- Keys at the desk", "A shape speaks", "Wait for Bo.", "## Slide 2", "Grouped"]
    assert document.text == "\n\n".join(blocks)
    assert [document.text[at:].split("\n")[0] for at in document.meta["slides"]] == [
        "## Welcome",
        "## Slide 2",
        "Grouped",
    ]
    assert left == [("pictures", "")]


def test_what_would_unfold_or_nests_without_end_costs_little() -> None:
    deep = "<text:section>" * 3000 + "<text:p>deep</text:p>" + "</text:section>" * 3000
    with pytest.raises(InputError):
        text("odt", packed("<text:p/>"))
    assert "deep" in text("odt", packed(deep[: 14 * 200] + "<text:p>deep</text:p>" + "</text:section>" * 200))
    with suppress(InputError):
        read("odt", packed(deep))
    row = (
        '<table:table-row table:number-rows-repeated="1048576"><table:table-cell table:number-columns-repeated="16384">'
    )
    cells = row + "<text:p>x</text:p></table:table-cell></table:table-row>"
    assert len(text("odt", packed(f"<table:table>{cells * 3}</table:table>"))) < 200_000
    evil = packed("<text:p>a</text:p>", **{"styles.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a/>'})
    with pytest.raises(InputError, match="entities"):
        read("odt", evil)
    locked = packed("<text:p>a</text:p>", **{"META-INF/manifest.xml": "<manifest:encryption-data/>"})
    with pytest.raises(InputError, match="password"):
        read("odt", locked)
