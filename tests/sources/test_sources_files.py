"""Files, folders and globs become documents; nothing that lies in a folder stops the walk."""

import contextlib
import os
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import InputError
from rag.sources import Walk, files
from rag.sources.encodings import decode
from rag.sources.front import front_matter
from rag.sources.html import fragment
from rag.sources.text import markdown
from rag.sources.walk import BY_ITSELF
from rag.types import Document


def tree(root: Path, contents: dict[str, str | bytes]) -> Path:
    for name, content in contents.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def keys(walk: Walk) -> list[str]:
    return [item.key for item in walk]


def only(walk: Walk) -> Document:
    (document,) = [document for item in walk for document in item.read()]
    return document


def test_a_folder_gives_its_files_in_order(tmp_path: Path) -> None:
    tree(tmp_path, {"b.md": "# B", "a/z.txt": "z", "a/b.html": "<p>x</p>", "A.markdown": "x", "c.py": "x = 1"})
    walk = files([tmp_path])
    assert keys(walk) == ["A.markdown", "a/b.html", "a/z.txt", "b.md", "c.py"]
    assert [document.kind for item in walk for document in item.read()] == [
        "markdown",
        "markdown",
        "text",
        "markdown",
        "code",
    ]
    assert keys(walk) == keys(walk)


def test_keys_do_not_depend_on_where_the_command_is_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree(tmp_path, {"blog/a.md": "a", "blog/sub/b.md": "b"})
    absolute = keys(files([tmp_path / "blog"]))
    monkeypatch.chdir(tmp_path)
    assert keys(files(["blog"])) == absolute == ["a.md", "sub/b.md"]
    monkeypatch.chdir(tmp_path / "blog" / "sub")
    assert keys(files([".."])) == absolute
    assert keys(files(["../a.md", "b.md"])) == absolute


def test_globs_are_read_by_us_when_the_shell_did_not(tmp_path: Path) -> None:
    tree(tmp_path, {"a.md": "a", "x/b.md": "b", "x/y/c.md": "c", "x/y/d.txt": "d", ".h/e.md": "e"})
    assert keys(files([f"{tmp_path}/**/*.md"])) == ["a.md", "x/b.md", "x/y/c.md"]
    assert keys(files([f"{tmp_path}/*.md"])) == ["a.md"]
    assert keys(files([f"{tmp_path}/x/?/[c-d].*"])) == ["y/c.md", "y/d.txt"]
    assert keys(files([f"{tmp_path}/x/y/[!c].*"])) == ["d.txt"]
    assert keys(files([f"{tmp_path}/.h/*"])) == ["e.md"]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    tree(tmp_path, {"a.md": "a", "x/b.md": "b"})
    assert keys(files([tmp_path, tmp_path / "a.md", f"{tmp_path}/x/*", tmp_path])) == ["a.md", "x/b.md"]


def test_what_is_left_out_is_counted_or_named(tmp_path: Path) -> None:
    tree(
        tmp_path, {"a.md": "a", ".secret.md": "x", ".git/config": "x", "p.png": b"\x89PNG", "e.md": "", "t.json": "{}"}
    )
    tree(tmp_path, {"bad.md": b"\x00\x01\x02\x03binary", "big.md": "x" * 2000, "node_modules/r/readme.md": "x"})
    walk = files([tmp_path], max_bytes=1000)
    assert keys(walk) == ["a.md", "bad.md"]
    assert walk.skipped == {"hidden": 2, "pictures": 1, "empty": 1, BY_ITSELF: 1, "ignored": 1}
    assert walk.problems == [(f"{tmp_path}/big.md", "is too large: 2,000 bytes, more than the limit of 1,000")]
    with pytest.raises(InputError, match=r"bad\.md is binary"):
        [item.read() for item in walk]


def test_two_globs_in_one_folder_find_what_they_name(tmp_path: Path) -> None:
    for name in ("a.md", "b.txt", "c.rst"):
        (tmp_path / name).write_text("Text.\n")
    walk = files([f"{tmp_path}/*.md", f"{tmp_path}/*.txt"])
    assert [item.key for item in walk] == ["a.md", "b.txt"]
    assert walk.notes == []


def test_a_missing_path_is_an_error_and_an_empty_folder_a_note(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no file or folder"):
        files([tmp_path / "nowhere"])
    with pytest.raises(InputError, match="no folder"):
        files([f"{tmp_path}/nowhere/*.md"])
    with pytest.raises(InputError, match="no path"):
        files([])
    walk = files([tmp_path, f"{tmp_path}/*.md"])
    assert keys(walk) == []
    assert walk.notes == [f"{tmp_path}: empty", f"{tmp_path}/*.md: no file matches"]


def test_loops_pipes_and_dead_links_are_named(tmp_path: Path) -> None:
    tree(tmp_path, {"real/a.md": "a"})
    (tmp_path / "real" / "loop").symlink_to(tmp_path)
    (tmp_path / "dead.md").symlink_to(tmp_path / "nothing")
    (tmp_path / "self.md").symlink_to(tmp_path / "self.md")
    os.mkfifo(tmp_path / "pipe.md")
    walk = files([tmp_path])
    assert keys(walk) == ["real/a.md"]
    assert dict(walk.problems) == {
        f"{tmp_path}/dead.md": "is a link that leads nowhere",
        f"{tmp_path}/self.md": "is a link that leads nowhere",
        f"{tmp_path}/pipe.md": "is a named pipe",
        f"{tmp_path}/real/loop": f"is a link that leads back to {tmp_path}",
    }
    (tmp_path / "z").symlink_to(tmp_path / "real")
    assert keys(walk) == ["real/a.md"]
    assert walk.notes == [f"{tmp_path}/z: is a link to {tmp_path}/real, which is read already"]
    device = files(["/dev/zero"])
    assert keys(device) == []
    assert device.problems == [("/dev/zero", "is a device")]


def test_a_file_that_becomes_a_pipe_does_not_block(tmp_path: Path) -> None:
    tree(tmp_path, {"a.md": "a"})
    (item,) = files([tmp_path])
    (tmp_path / "a.md").unlink()
    os.mkfifo(tmp_path / "a.md")
    with pytest.raises(InputError, match="is a named pipe"):
        item.read()
    (tmp_path / "a.md").unlink()
    with pytest.raises(InputError, match="cannot be read"):
        item.read()


IGNORES = {
    ".gitignore": "*.txt\n!keep.txt\nbuild/\n/only-top.md\ndeep/**/x.md\n# note\n\\#odd.md\n",
    "sub/.gitignore": "!again.txt\nlocal.md\n",
    "a.txt": "x",
    "keep.txt": "x",
    "build/a.md": "x",
    "sub/build/keep.txt": "x",
    "only-top.md": "x",
    "sub/only-top.md": "x",
    "deep/1/2/x.md": "x",
    "#odd.md": "x",
    "sub/again.txt": "x",
    "sub/b.txt": "x",
    "sub/local.md": "x",
    "local.md": "x",
}


@pytest.mark.parametrize("below", ["", "sub"])
def test_ignored_is_what_git_ignores(tmp_path: Path, below: str) -> None:
    tree(tmp_path, IGNORES)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    command = ["git", "ls-files", "--others", "--exclude-standard"]
    listed = subprocess.run(command, cwd=tmp_path / below, check=True, capture_output=True, text=True).stdout.split()
    expected = sorted(name for name in listed if not Path(name).name.startswith("."))
    assert keys(files([tmp_path / below])) == expected


def test_an_ignored_file_that_is_named_is_read(tmp_path: Path) -> None:
    tree(tmp_path, {".gitignore": "*", "a.md": "a", ".b.md": "b"})
    assert keys(files([tmp_path])) == []
    assert keys(files([tmp_path / "a.md", tmp_path / ".b.md"])) == [".b.md", "a.md"]


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "shift_jis", "koi8-r"],
)
def test_encodings_are_told_apart(encoding: str) -> None:
    text = {
        "shift_jis": "東京は日本の首都です。人口が多い都市として知られています。\n",
        "koi8-r": "Это обычный русский текст.\n",
    }.get(encoding, "Café naïve: “the résumé” costs 5 €.\nEncore une phrase, très française.\n")
    assert decode((text * 4).encode(encoding), "a.txt") == text * 4


def test_utf8_is_never_mojibake(tmp_path: Path) -> None:
    tree(tmp_path, {"a.md": "Café … 東京"})
    assert only(files([tmp_path])).text == "Café … 東京"


@settings(deadline=None)
@given(st.text(alphabet=st.characters(exclude_characters="\r\0", codec="utf-8"), min_size=1))
def test_any_text_survives(text: str) -> None:
    assert decode(text.encode(), "a.txt") == text.removeprefix("\ufeff")


@settings(max_examples=60, deadline=None)
@given(st.binary(max_size=300))
def test_any_bytes_are_text_or_an_input_error(data: bytes) -> None:
    with contextlib.suppress(InputError):
        assert "\0" not in decode(data, "a.txt")


def test_line_ends_become_newlines() -> None:
    assert decode(b"a\r\nb\rc\n", "x") == "a\nb\nc\n"


def test_one_endless_line_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, {"a.txt": "x" * 1_000_001, "b.txt": "word\n" * 300_000})
    first, second = files([tmp_path])
    assert len(second.read()[0].text) == 1_500_000
    with pytest.raises(InputError, match="a line of 1,000,001 characters"):
        first.read()


FRONT = """---
title: "A title: with a colon"
date: 2024-03-01
author: [Ann, Bob]
tags: [x, y]
draft: false
---
# Heading

Text.
"""


def test_front_matter_is_described_and_kept() -> None:
    (document,) = markdown(FRONT.encode(), "notes/a_b.md", "s")
    assert document.text == FRONT
    assert document.text[front_matter(FRONT)[1] :].startswith("# Heading")
    assert (document.title, document.date, document.author) == ("A title: with a colon", "2024-03-01", "Ann, Bob")
    assert document.meta == {"tags": ["x", "y"], "draft": False}


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ("# One `two` [three](http://x) #\n", "One two three"),
        ("```\n# no\n```\n\n# Yes\n", "Yes"),
        ("Underlined\n===\n", "Underlined"),
        ("## Second level only\n", "my file name"),
        ("---\ntitle: [broken\n---\n# Body\n", "[broken"),
        ("---\na: &a [x]\nb: [*a, *a]\n---\n# Bomb\n", "Bomb"),
        ("---\nonly a rule above\n---\n\n# After\n", "After"),
        ("---\ntitle: 2024\n---\n", "2024"),
    ],
)
def test_titles(text: str, title: str) -> None:
    assert markdown(text.encode(), "docs/my-file_name.md", "s")[0].title == title


PAGE = """<!doctype html><html><head><title>Site | Page</title><meta name="author" content="Ann">
<meta property="article:published_time" content="2024-03-01T10:00:00+02:00"><link rel="canonical" href="https://x.org/p">
<style>p { color: red }</style></head><body><nav><a href="/">Home</a></nav><header>Site</header><main>
<h1>The page</h1><p>Some <b>bold</b> and <code>code()</code>,<br>next   line.</p>running text<ul><li>one</li><li>two
<ol start="3"><li>three</li></ol></li></ul><pre><code class="language-python">def f():
    return "&lt;&amp;&gt;"
</code></pre><table><tr><th>a</th><th>b</th></tr><tr><td>1|2</td><td>3</td></tr></table>
<blockquote><p>Said.</p><p>DuplicateKey.</p></blockquote><script>alert(1)</script><p hidden>no</p><img alt="A picture">
<div>a <span>b<p>c</p></span> d</div></main><footer>Imprint</footer></body></html>"""

TEXT = """# The page

Some bold and `code()`,
next line.

running text

- one
- two
  3. three

```python
def f():
    return "<&>"
```

| a | b |
| --- | --- |
| 1\\|2 | 3 |

> Said.
>
> DuplicateKey.

A picture

a

b

c

d"""


def test_html_keeps_the_main_text(tmp_path: Path) -> None:
    tree(tmp_path, {"p.html": PAGE})
    document = only(files([tmp_path]))
    assert document.text == TEXT
    assert (document.title, document.author) == ("The page", "Ann")
    assert (document.date, document.url) == ("2024-03-01T08:00:00Z", "https://x.org/p")


@pytest.mark.parametrize(
    "html",
    [
        "",
        " ",
        "<",
        "<!doctype html>",
        "\x01",
        "<p>" * 50_000,
        "<table>" * 3000 + "x",
        "<ul><li>" * 3000,
        "<div hidden>x",
        "&#0;",
    ],
)
def test_odd_html_is_no_crash(html: str) -> None:
    assert isinstance(fragment(html), str)


@pytest.mark.parametrize("tag", ["div", "span", "b", "blockquote", "ul"])
def test_text_that_is_nested_deeply_is_kept(tag: str) -> None:
    assert "deep words" in fragment(f"<{tag}>" * 1500 + "deep words" + f"</{tag}>" * 1500)


def test_a_page_that_is_too_large_is_refused(tmp_path: Path) -> None:
    tree(tmp_path, {"a.html": "<p>word " * 1_300_000})
    with pytest.raises(InputError, match=r"a\.html is too large for an HTML page"):
        only(files([tmp_path]))


@settings(deadline=None)
@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=80))
def test_no_word_of_a_paragraph_is_lost(text: str) -> None:
    import html

    assert fragment(f"<p>{html.escape(text)}</p>").split() == text.split()


def test_the_marks_and_buttons_of_a_manual_are_no_text() -> None:
    html = (
        '<h2>Strings<a href="#s">#</a></h2><h3><a href="#x">§</a>C#</h3><pre><code class="language-js">import a'
        "</code><code>require(1)</code><button>copy</button></pre><pre><span>x = 1</span><br><i>y</i></pre>"
    )
    assert fragment(html) == "## Strings\n\n### C#\n\n```js\nimport a\n\nrequire(1)\n```\n\n```\nx = 1\ny\n```"


def test_html_in_the_encoding_it_declares(tmp_path: Path) -> None:
    page = '<html><head><meta charset="windows-1251"></head><body><p>Это текст</p></body></html>'
    tree(tmp_path, {"a.html": page.encode("cp1251")})
    assert only(files([tmp_path])).text == "Это текст"
