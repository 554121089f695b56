"""Of a blog's page the article is read and what people said below it, not the buttons; second copies count once."""

from __future__ import annotations

from pathlib import Path

import pytest
from told import read, text

from rag.places import readable
from rag.sources import files

HEAD = '<head><title>Rye</title><meta name="author" content="Liv"><meta name="date" content="2024-05-01"></head>'
SAID = "<p>Rye wants water, more than you think, and a night in the cold.</p>"
BEFORE = """<div class="cookie-banner">We use cookies. <button>Accept all</button></div>
<div class="banner2">This site uses cookies to count. <a href="#">Got it</a></div>"""
ABOVE = '<div class="{0}">Posted on <time datetime="2024-05-01">May 1, 2024</time> by Liv · 6 min read</div>'
BELOW = """<div class="sharedaddy"><h3>Share this:</h3><a>Twitter</a><a>Facebook</a></div>
<ul><li><a href="#">Click to share on Mastodon</a></li><li><a href="#">Email</a></li></ul>
<div class="related-posts"><h3>Related</h3><a href="/a">Spelt, a love story</a> <a href="/b">Water</a></div>
<form class="newsletter-form"><p>News by mail</p><input name="mail"></form>"""
COMMENTS = """<section id="comments"><h2>2 thoughts on “Rye”</h2><ol class="comment-list">
<li class="comment"><div class="comment-author">Bo <span>says:</span></div>
<time datetime="2024-05-02T10:00">May 2</time><div class="comment-content"><p>How cold?</p><p>Mine froze.</p></div>
<a class="comment-reply-link" href="#">Reply</a>
<ol class="children"><li class="comment"><cite class="fn">Liv</cite><div class="comment-meta">May 3</div>
<div class="comment-content"><p>Six degrees.</p></div><div><a href="#">Reply</a></div></li></ol></li></ol>
<div id="respond"><h3>Leave a Reply</h3><form><textarea></textarea></form></div></section>"""
COMMENTED = "## Comments\n\n- Bo (2024-05-02): How cold?\n  Mine froze.\n  - Liv: Six degrees."


@pytest.mark.parametrize("inside", [True, False])
@pytest.mark.parametrize("name", ["entry-meta", "x"])
def test_an_article_and_what_was_said_below_it(inside: bool, name: str) -> None:
    article = f"<article><h1>Rye</h1>{ABOVE.format(name)}{SAID * 4}{BELOW}</article>"
    body = f"<main>{article}{COMMENTS}</main>" if inside else f"<main>{article}</main>{COMMENTS}"
    ((document,), left) = read("html", f"<html>{HEAD}<body>{BEFORE}{body}</body></html>")
    said = "Rye wants water, more than you think, and a night in the cold."
    assert document.text == "# Rye\n\n" + f"{said}\n\n" * 4 + COMMENTED
    assert {"lines about the post", "share buttons", "controls of comments", "lists of other posts"} <= dict(
        left
    ).keys()


def test_banners_and_buttons_of_a_page_without_a_main_element() -> None:
    nothing = '<div class="comments"><p>0 thoughts on “Rye”</p></div><p>Leave a comment</p><p>Loading…</p>'
    assert text("html", f"<html>{HEAD}<body>{BEFORE}<h1>Rye</h1>{SAID}{BELOW}{nothing}</body></html>") == (
        "# Rye\n\nRye wants water, more than you think, and a night in the cold."
    )


KEPT = {
    "<p>Posted guards stopped us twice.</p>": "Posted guards stopped us twice.",
    "<p>Published in 1922 by Faber</p>": "Published in 1922 by Faber",
    "<p>30 min</p>": "30 min",
    "<h2>Share</h2>": "## Share",
    "<h2>Loading</h2>": "## Loading",
    "<p>Reply</p>": "Reply",
    "<p>Print</p>": "Print",
    "<ul><li>Twitter</li><li>Facebook</li></ul>": "- Twitter\n- Facebook",
    "<p>Cookies: accept no raisins.</p>": "Cookies: accept no raisins.",
    "<p>3 comments on the draft</p>": "3 comments on the draft",
    '<section class="sharing"><p>Sharing a room costs 9 euros.</p></section>': "Sharing a room costs 9 euros.",
    '<section id="byline"><p>The byline names the author.</p></section>': "The byline names the author.",
    '<div class="read-next"><p>Read next how the mill burned.</p></div>': "Read next how the mill burned.",
}


@pytest.mark.parametrize("html", KEPT)
def test_what_only_looks_like_it_stays(html: str) -> None:
    page = f"<html>{HEAD}<body><h1>Rye</h1>{SAID}{html}</body></html>"
    assert text("html", page).rpartition("\n\n")[2] == KEPT[html]


def test_a_line_about_the_post_stays_where_nothing_else_tells_it() -> None:
    page = f"<body><h1>Rye</h1><p>Posted on May 1 by Liv · 6 min read</p>{SAID}</body>"
    assert "Posted on May 1 by Liv" in text("html", page)


def test_a_copy_beside_its_original_counts_once(tmp_path: Path) -> None:
    same = ("rye (1).md", "rye copy.md", "rye - Kopie.md", "Copy of rye.md", "rye.md", "sub/rye.md", "rye_all.md")
    (tmp_path / "sub").mkdir()
    for name in same:
        (tmp_path / name).write_text("Rye wants water.\n")
    (tmp_path / "rye (2).md").write_text("Rye wants salt.\n")
    (tmp_path / "oats (1).md").write_text("Oats.\n")
    walk = files([tmp_path])
    assert sorted(item.key for item in walk) == ["oats (1).md", "rye (2).md", "rye.md", "sub/rye.md"]
    assert walk.skipped == {"copies": 5}
    assert (f"{tmp_path}/rye (1).md, of rye.md", "copies") in walk.named


NUMBER = "5e5e5e5ea1a1b2b2c3c3d4d4e5e5f6f6"


def test_a_page_of_notion_has_its_properties_and_no_number() -> None:
    page = "# Kiln log\n\nDate: March 11, 2025\nTags: kiln, glaze\nOwner: Bea Lind\nDone: 3\n\nCone 6 bent: early.\n"
    ((document,), _) = read("markdown", page, f"Wiki {NUMBER}/Kiln log {NUMBER}.md")
    assert document.text == page
    assert (document.title, document.date) == ("Kiln log", "2025-03-11")
    assert document.meta == {"tags": ["kiln", "glaze"], "Owner": "Bea Lind", "Done": 3}
    ((plain,), _) = read("markdown", page, "Kiln log.md")
    assert plain.meta == {}
    ((table,), _) = read("listed", "a,b\n1,2\n", f"Clients {NUMBER}_all.csv")
    assert table.title == "Clients"
    assert readable(f"Wiki {NUMBER}/Kiln log {NUMBER}.md:12") == "Wiki/Kiln log.md:12"
    assert readable("notes/abc 12.md") == "notes/abc 12.md"
