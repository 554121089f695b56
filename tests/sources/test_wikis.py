"""Pages of wikis: what the wiki adds is left out and told, the day of the last edit is the date."""

import pytest
from told import read

MEDIAWIKI = """<html><head><meta name="generator" content="MediaWiki 1.39"><title>Kiln - Clay Wiki</title></head>
<body class="mediawiki"><div id="content" role="main"><h1 id="firstHeading">Kiln</h1>
<div id="siteSub">From Clay Wiki</div>
<a class="mw-jump-link" href="#mw-head">Jump to navigation</a><a class="mw-jump-link" href="#s">Jump to search</a>
<div id="toc" class="toc"><h2>Contents</h2><ul><li><a href="#Fire">1 Firing</a></li><li>
<a href="#Cool">2 Cooling</a></li></ul></div>
<p>The kiln stands in bay four.<sup class="reference"><a href="#n1">[1]</a></sup></p>
<h2><span class="mw-headline" id="Fire">Firing</span>
<span class="mw-editsection">[<a href="?e">edit</a> | <a href="?s">edit source</a>]</span></h2>
<p>Raise it by 100 degrees an hour. It was last fired in May.</p>
<div class="printfooter">Retrieved from "<a href="https://x.example">https://x.example/index.php?title=Kiln</a>"</div>
<div id="catlinks" class="catlinks">
<a href="/c">Categories</a>: <a href="/k">Ovens</a> | <a href="/h">Heat</a></div></div>
<div id="footer"><ul><li>This page was last edited on 9 March 2025, at 15:02.</li></ul></div></body></html>"""
DOKUWIKI = """<html><head><meta name="generator" content="DokuWiki"/><title>kiln</title></head><body>
<div class="dokuwiki">
<div class="page"><div id="dw__toc" class="dw__toc"><h3>Table of Contents</h3><div><ul><li><a href="#a">Firing</a></li>
<li><a href="#b">Cooling</a></li></ul></div></div><h1 id="kiln">Kiln</h1><p>The kiln stands in bay four.</p>
<h2 id="a">Firing</h2><p>Raise it by 100 degrees an hour.</p><div class="secedit editbutton_section"><form>
<button>Edit</button></form></div>
<div class="docInfo"><bdi>kiln.txt</bdi> · Last modified: 2025/03/09 15:02 by ann</div></div></div></body></html>"""
PLAIN = """<html><head><title>Kiln</title><meta name="generator" content="MediaWiki 1.15"></head><body><h1>Kiln</h1>
<p>Jump to: navigation, search</p><p>The kiln stands in bay four.</p><h2>Firing [<a href="?e">edit</a>]</h2>
<p>Raise it by 100 degrees an hour.</p><div>Retrieved from "http://x.example/Kiln"</div><p>Category: Ovens</p>
<p>Diese Seite wurde zuletzt am 9. März 2025 um 15:02 bearbeitet.</p></body></html>"""


@pytest.mark.parametrize(("page", "note"), [(MEDIAWIKI, "[1]"), (DOKUWIKI, ""), (PLAIN, "")])
def test_what_a_wiki_adds_is_left_out_and_told(page: str, note: str) -> None:
    ((document,), left) = read("html", page, "Kiln.html")
    assert document.text.startswith(
        f"# Kiln\n\nThe kiln stands in bay four.{note}\n\n## Firing\n\nRaise it by 100 degrees"
    )
    for words in ("Contents", "edit", "Jump", "Retrieved", "Categor", "From Clay", "Last modified"):
        assert words not in document.text.removesuffix("bearbeitet.")
        assert words not in page or words == "edit" or any(words in what for _, what in left)
    assert (document.title, document.date) == ("Kiln", "2025-03-09")


def test_what_any_page_says_in_such_words_stays() -> None:
    page = """<html><body><h1>Notes</h1><p>Category: large dogs, as the club says.</p>
    <ul class="toc"><li>Oats</li><li>Rye</li></ul>
    <h2>How to [edit] a page</h2><p>The rule was last updated by hand.</p></body></html>"""
    ((document,), _) = read("html", page, "n.html")
    assert document.text == (
        "# Notes\n\nCategory: large dogs, as the club says.\n\n- Oats\n- Rye\n\n## How to [edit] a page\n\n"
        "The rule was last updated by hand."
    )
    assert document.date == ""
