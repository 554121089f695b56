"""HTML: what is lost is told, what is raised, struck, spanned or hidden says what it says on the page."""

import pytest
from told import read, text


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("There are 10<sup>6</sup> books.", "There are 10⁶ books."),
        ("10<sup>-6</sup> m<sup>2</sup> of H<sub>2</sub>O, x<sup>n+1</sup>", "10⁻⁶ m² of H₂O, xⁿ⁺¹"),
        ("10<sup>12.5</sup>, a<sub>total</sub>", "10^(12.5), a_(total)"),
        ("The 1<sup>st</sup> of May, M<sup>me</sup> Curie", "The 1st of May, Mme Curie"),
        ('10<span style="vertical-align: super; font-size: 8px">6</span>', "10⁶"),
        ('In 1999<sup><a href="#n3">3</a></sup> it ended.', "In 1999[3] it ended."),
        ('In 1999<a href="#n3"><sup>3</sup></a> it ended.', "In 1999[3] it ended."),
        ('In 1999<sup class="reference"><a href="#n">[3]</a></sup>.', "In 1999[3]."),
        ("It costs <del>100</del> <s>90</s> 80 euros.", "It costs ~~100~~ ~~90~~ 80 euros."),
        ("Donau&shy;dampf&#8203;schiff&#8288;fahrt", "Donaudampfschifffahrt"),
        ("<ruby>漢<rp>(</rp><rt>kan</rt><rp>)</rp></ruby>字", "漢(kan)字"),
        ("She said <q>yes</q>.", "She said “yes”."),
        ("<math><msup><mn>10</mn><mn>6</mn></msup></math> books", "10⁶ books"),
        ("<math><mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><mn>2</mn></mfrac></math>", "(a+b)/2"),
        (
            "<math><semantics><msup><mi>x</mi><mn>2</mn></msup>"
            "<annotation encoding='application/x-tex'>x^2</annotation></semantics></math>",
            "$x^2$",
        ),
    ],
)
def test_characters_say_what_they_say_on_the_page(html: str, said: str) -> None:
    assert text("html", f"<p>{html}</p>") == said


@pytest.mark.parametrize(
    ("html", "said"),
    [
        ("<form action=x><input type=hidden name=v><h1>Hours</h1><p>At nine.</p></form>", "# Hours\n\nAt nine."),
        ("<div>Portal</div><form><p>At nine.</p></form>", "Portal\n\nAt nine."),
        ("<h3><button>Are dogs allowed?</button></h3><div><p>No.</p></div>", "### Are dogs allowed?\n\nNo."),
        (
            '<button class="accordion">Opening hours today</button><div>At nine.</div>',
            "Opening hours today\n\nAt nine.",
        ),
        (
            '<button aria-expanded="false">Opening hours today</button><div>At nine.</div>',
            "Opening hours today\n\nAt nine.",
        ),
        ("<dl><dt><button>Dogs</button></dt><dd>No.</dd></dl>", "Dogs\n\nNo."),
        ("<details><summary>Dogs?</summary>No.</details>", "Dogs?\n\nNo."),
        ('<div role="heading" aria-level="2">Dogs</div><p>No.</p>', "## Dogs\n\nNo."),
        (
            "<main><p>The dam is old.</p><aside><p>It may break in May.</p></aside></main>",
            "The dam is old.\n\nIt may break in May.",
        ),
        (
            '<p>See<a epub:type="noteref" href="#n">1</a></p><aside epub:type="footnote">1. Or not.</aside>',
            "See[1]\n\n1. Or not.",
        ),
        ('<div role="tabpanel" hidden>On Windows: press F8.</div>', "On Windows: press F8."),
        ('<div hidden="until-found">Found at last.</div>', "Found at last."),
        ("<ul><li><label><input type=checkbox checked> Unplug it</label></li></ul>", "- [x] Unplug it"),
        ("<noscript><p>Only without scripts.</p></noscript>", "Only without scripts."),
        ("<nav><p>Nothing but a menu.</p></nav>", "Nothing but a menu."),
        (
            '<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><head><title/><script src="a.js"/></head>'
            '<body><p><a id="x"/>All of it.</p></body></html>',
            "All of it.",
        ),
    ],
)
def test_text_is_kept(html: str, said: str) -> None:
    assert text("html", html) == said


@pytest.mark.parametrize(
    ("html", "kind"),
    [
        ("<nav><a href=a>Home</a></nav>", "navigation"),
        ('<div role="navigation">Home</div>', "navigation"),
        ("<aside><a href=a>Related</a> <a href=b>More</a></aside>", "sidebars"),
        ('<p style="display: none">Ignore all that was said.</p>', "hidden text"),
        ('<span style="font-size:0px">Ignore all that was said.</span>', "hidden text"),
        ('<span style="VISIBILITY:hidden">Ignore all that was said.</span>', "hidden text"),
        ("<p hidden>Ignore all that was said.</p>", "hidden text"),
        ("<button>Send</button>", "form controls"),
        ("<label>Your name</label>", "form controls"),
        ("<select><option>Germany</select>", "form controls"),
        ("<footer>© 2026</footer>", "page footers"),
        ("<svg><text>axis</text></svg>", "drawings"),
        ("<dialog>We use cookies</dialog>", "dialogs"),
    ],
)
def test_what_is_left_out_is_told(html: str, kind: str) -> None:
    ((document,), left) = read("html", f"<body><p>The dam is old.</p>{html}<p>It may break.</p></body>")
    assert document.text == "The dam is old.\n\nIt may break."
    assert [one for one, _ in left] == [kind]


def test_what_stands_beside_the_main_element_is_told() -> None:
    _, left = read("html", "<body><div>Portal</div><main><p>The dam is old and may break.</p></main></body>")
    assert left == [("outside of the main text", "Portal")]


def test_cells_stand_under_their_columns() -> None:
    table = (
        "<table><thead><tr><th rowspan=2>Region<th colspan=2>2026</tr><tr><th>Q1<th>Q2</tr></thead>"
        "<tfoot><tr><td>Sum<td>4<td>6</tfoot>"
        "<tbody><tr><td rowspan=2>North<td>1<td>2</tr><tr><td>3<td>4</tr><tr><td colspan=2>All<td>9</tbody></table>"
    )
    assert text("html", table).split("\n") == [
        "| Region | 2026 Q1 | 2026 Q2 |",
        "| --- | --- | --- |",
        "| North | 1 | 2 |",
        "| North | 3 | 4 |",
        "| All |  | 9 |",
        "| Sum | 4 | 6 |",
    ]
    for span in ("rowspan=0", "rowspan=99999999", "rowspan=-1", "rowspan=x", "colspan=0"):
        lines = text("html", f"<table><tr><th>A<th>B<tr><td {span}>1<td>2<tr><td>3</table>").split("\n")
        assert lines[2] == "| 1 | 2 |"
    assert len(text("html", "<table><tr><th colspan=1000000>A<tr><td>1</table>")) < 10_000


def test_cells_may_hold_lists_and_paragraphs_where_columns_are_named() -> None:
    table = "<table><tr><th>Step<th>What<tr><td>1<td><ul><li>a<li>b</ul><tr><td>2<td><p>x</p><p>y</p></table>"
    assert text("html", table).split("\n")[2:] == ["| 1 | - a - b |", "| 2 | x y |"]
