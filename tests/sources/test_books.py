"""Books and Word files: no page of contents, rules between scenes, levels of lists, tables in tables."""

from test_sources_formats import docx, epub, paragraph
from told import read, text

PACKAGE = (
    '<package xmlns="http://www.idpf.org/2007/opf" xmlns:dc="http://purl.org/dc/elements/1.1/"><metadata>'
    "<dc:title>The Book</dc:title></metadata><manifest><item id='n' href='nav.xhtml' properties='nav'/>"
    "<item id='t' href='toc.xhtml'/><item id='k' href='keys.xhtml'/><item id='b' href='two.xhtml'/></manifest><spine>"
    "<itemref idref='n'/><itemref idref='t' linear='no'/><itemref idref='b'/>"
    "<itemref idref='k' linear='no'/></spine></package>"
)
LINKS = (
    "<html><body><h1>Contents</h1><ol><li><a href='two.xhtml'>Two</a></li><li><a href='k'>Answers</a></li></ol></body>"
    "</html>"
)
SCENES = "<html><body><hr/><h1>Two</h1><p>Dusk.</p><hr class='x'/><p>Dawn.</p><hr></hr></body></html>"


def test_pages_of_contents_are_no_chapters_and_scenes_stand_apart() -> None:
    more = {"OEBPS/b.opf": PACKAGE, "OEBPS/nav.xhtml": LINKS, "OEBPS/toc.xhtml": LINKS, "OEBPS/two.xhtml": SCENES}
    keys = "<html><body><h1>Answers</h1><p>Seven, see <a href='two.xhtml'>Two</a>.</p></body></html>"
    ((document,), left) = read("epub", epub(**more, **{"OEBPS/keys.xhtml": keys}))
    assert document.text == "# Two\n\nDusk.\n\n* * *\n\nDawn.\n\n# Answers\n\nSeven, see Two."
    assert [kind for kind, _ in left] == ["pages of contents"] * 2


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
TYPES = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
LISTED = "<w:pPr><w:numPr><w:ilvl w:val='0'/><w:numId w:val='1'/></w:numPr></w:pPr>"
STYLES = "".join(
    f"<w:style w:type='paragraph' w:styleId='L{level}'><w:name w:val='List Bullet{name}'/>{LISTED}</w:style>"
    for level, name in ((1, ""), (2, " 2"), (3, " 3"))
)
NUMBERS = (
    f"<w:numbering {W}><w:abstractNum w:abstractNumId='0'><w:lvl w:ilvl='0'><w:pStyle w:val='L1'/>"
    "<w:numFmt w:val='bullet'/></w:lvl>"
    "</w:abstractNum><w:num w:numId='1'><w:abstractNumId w:val='0'/></w:num></w:numbering>"
)
LINKED = "".join(
    f'<Relationship Id="{name}" Type="{TYPES}/{name}" Target="{name}.xml"/>' for name in ("styles", "numbering")
)
RELATED = (
    f'<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">{LINKED}</Relationships>'
)


def row(*cells: str) -> str:
    return f"<w:tr>{''.join(f'<w:tc>{cell}</w:tc>' for cell in cells)}</w:tr>"


def test_a_list_keeps_its_levels_and_a_table_its_cells() -> None:
    listed = (("hull", 1), ("keel", 2), ("bolt", 3), ("rib", 2), ("deck", 1))
    items = "".join(paragraph(words, f"L{level}") for words, level in listed)
    inner = "".join(row(paragraph(a), paragraph(b)) for a, b in (("red", "2"), ("blue", "1")))
    rows = row(paragraph("Buoys"), paragraph("Count"))
    rows += row(paragraph("harbour") + paragraph("and bay"), f"{paragraph('3')}<w:tbl>{inner}</w:tbl>{paragraph('')}")
    parts = {"styles": f"<w:styles {W}>{STYLES}</w:styles>", "numbering": NUMBERS, "_rels/document.xml.rels": RELATED}
    more = {f"word/{name}" + (".xml" if "/" not in name else ""): part for name, part in parts.items()}
    found = text("docx", docx(f"{items}<w:tbl>{rows}</w:tbl>", **more))
    assert found == (
        "- hull\n  - keel\n    - bolt\n  - rib\n- deck\n\n"
        "| Buoys | Count |\n| --- | --- |\n| harbour and bay | 3 red, 2; blue, 1 |"
    )
