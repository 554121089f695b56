"""
The manual cannot lie: its generated pages are those of today, its commands parse, its links and its SQL work.

Whether the prose is true, no test can say.
"""

from __future__ import annotations

import html
import importlib.util
import os
import re
import shlex
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from markdown_it import MarkdownIt

import rag.cli
from rag import Index
from rag.sources import files

ROOT = Path(__file__).parent.parent
PAGES = sorted([ROOT / "README.md", ROOT / "CHANGELOG.md", *ROOT.glob("docs/*.md"), *ROOT.glob("eval/*.md")])
RAG = Path(sys.executable).parent / "rag"
WRITTEN = [page for page in PAGES if page.name not in ("commands.md", "CHANGELOG.md")]


def manual() -> Any:
    """`.ci/manual.py`, which makes the generated pages."""
    spec = importlib.util.spec_from_file_location("manual", ROOT / ".ci" / "manual.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def test_the_commands_page_shows_the_help_of_today() -> None:
    assert (ROOT / "docs/commands.md").read_text() == manual().commands(), "run `make docs`"
    assert (ROOT / "docs/rag.1").read_text() == manual().man(), "run `make docs`"


def test_every_table_is_described() -> None:
    made = manual()
    assert set(made.tables()) - set(made.TABLES) == set(), "describe it in .ci/manual.py, then run `make docs`"
    assert set(made.views()) == set(made.VIEWS), "describe it in .ci/manual.py, then run `make docs`"
    assert (ROOT / "docs/database.md").read_text() == made.database(), "run `make docs`"


def fences(page: Path) -> Iterator[tuple[str, str]]:
    """(language, text) of every fenced block."""
    for token in MarkdownIt("commonmark").parse(page.read_text()):
        if token.type == "fence":
            yield token.info.strip(), token.content


def typed(page: Path) -> Iterator[list[str]]:
    """The words of every `rag …` in the shell blocks of a page, pipes and redirections cut off."""
    for language, text in fences(page):
        if language not in ("console", "sh", "bash", "shell"):
            continue
        joined = text.replace("\\\n", " ")
        lines = joined.splitlines()
        if language == "console":
            lines = [line[2:] for line in lines if line.startswith("$ ")]
        for line in lines:
            if not re.search(r"\brag\b", line):
                continue
            lexer = shlex.shlex(line, posix=True, punctuation_chars=";&|<>")
            lexer.whitespace_split = True
            part: list[str] = []
            for word in [*lexer, ";"]:
                if set(word) <= set(";&|<>"):
                    while part and re.fullmatch(r"[A-Z_]+=.*", part[0]):
                        part = part[1:]
                    if part and (part[0] == "rag" or part[0].endswith("/rag")) and (part[1:2] or [""])[0] != "":
                        yield part[1:]
                    part = []
                else:
                    part.append(word)


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_commands_in_the_manual_parse(page: Path) -> None:
    """The program's own parser takes every command that the manual says to type."""
    for words in typed(page):
        parse(words)


def parse(words: list[str]) -> None:
    command: Any = typer.main.get_command(rag.cli.app)
    context: Any = None
    path = "rag"
    while True:
        members = getattr(command, "commands", {})
        context = type(command).context_class(command, info_name=path, parent=context)
        if members and words and words[0] in members:
            path, command, words = words[0], members[words[0]], words[1:]
            continue
        if members and words and not words[0].startswith("-"):
            raise AssertionError(f"there is no command {' '.join([context.command_path, *words])}")
        break
    if "--help" in words or "--version" in words:
        return
    try:
        command.parse_args(context, list(words))
    except Exception as error:
        raise AssertionError(f"{context.command_path} {shlex.join(words)}: {error}") from error


def test_the_readme_names_every_command() -> None:
    table = (ROOT / "README.md").read_text()
    assert [name for name in typer.main.get_command(rag.cli.app).commands if f"`rag {name}" not in table] == []  # type: ignore[attr-defined]


def test_the_parser_of_this_test_refuses_what_is_wrong() -> None:
    for wrong in (["nothing"], ["similar"], ["search", "x", "--nothing"], ["search", "x", "-k", "many"]):
        with pytest.raises(AssertionError):
            parse(wrong)


@pytest.mark.parametrize("page", WRITTEN, ids=name)
def test_flags_named_in_prose_exist(page: Path) -> None:
    flag = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
    known = set(flag.findall((ROOT / "docs/commands.md").read_text()))
    known |= {name for script in ROOT.glob("eval/**/*.py") for name in flag.findall(script.read_text())}
    spans = [child.content for token in MarkdownIt("commonmark").parse(page.read_text()) if token.type == "inline"
             for child in token.children or [] if child.type == "code_inline"]  # fmt: skip
    for span in spans:
        if span.startswith(("rag ", "--")):
            assert set(flag.findall(span)) <= known, span


def anchors(page: Path) -> set[str]:
    """The anchors of the headings, as GitHub makes them."""
    tokens = MarkdownIt("commonmark").parse(page.read_text())
    heads = [tokens[at + 1].content for at, token in enumerate(tokens) if token.type == "heading_open"]
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in heads}


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    for token in MarkdownIt("commonmark").enable("table").parse(page.read_text()):
        for child in token.children or []:
            target = child.attrGet("href") or child.attrGet("src")
            if not isinstance(target, str) or re.match(r"[a-z]+:", target):
                continue
            path, _, anchor = target.partition("#")
            other = (page.parent / path).resolve() if path else page
            assert other.exists(), f"{name(page)} links to {target}"
            assert not anchor or anchor in anchors(other), f"{name(page)} links to {target}"


def test_the_map_leads_to_every_page() -> None:
    text = (ROOT / "docs/index.md").read_text()
    pages = [page.name for page in (ROOT / "docs").glob("*.md") if page.name != "index.md"]
    assert [page for page in pages if f"({page})" not in text] == []


def test_the_sql_of_the_manual_runs(tmp_path: Path) -> None:
    with Index(tmp_path / "manual.db", "hash:64", create=True) as index:
        index.add("docs", files([str(ROOT / "docs")]))
    found = {}
    with sqlite3.connect(f"file:{tmp_path / 'manual.db'}?mode=ro", uri=True) as db:
        for language, text in fences(ROOT / "docs/database.md"):
            if language == "sql":
                found[text] = db.execute(text).fetchall()
    db.close()
    assert len(found) >= 3
    assert next(rows for text, rows in found.items() if "as wrong" in text) == [(0,)]
    assert any(key == "database.md" for rows in found.values() for key, *_ in rows)


def test_the_python_of_the_readme_runs(tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("# Bookmarks\n\nExport bookmarks from the menu.")
    with Index(tmp_path / "rag.db", "hash:64", create=True) as index:
        index.add("notes", files([str(tmp_path / "notes.md")]))
    codes = [text for language, text in fences(ROOT / "README.md") if language == "python"]
    assert codes
    for code in codes:
        done = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
        assert "Export bookmarks from the menu." in done.stdout


def test_the_picture_is_of_this_manual_and_loads_nothing() -> None:
    drawn = (ROOT / "docs/demo.svg").read_text()
    assert not re.search(r"@font-face|@import|<image|href=|url\((?!#)", drawn)
    said = html.unescape(" ".join(re.findall(r"<text[^>]*>([^<]*)</text>", drawn))).replace("\xa0", " ")
    shown = " ".join(said.split("be invented?", 1)[1].split())  # what was printed behind the question
    quotes = re.findall(r"[A-Z][^.:;]{40,}?[.:;]", shown.split("How a quote is kept verbatim", 1)[1])
    texts = " ".join(" ".join(page.read_text().split()) for page in PAGES)
    assert quotes
    assert [quote for quote in quotes if quote not in texts] == [], "run `make picture`"


def blocks() -> list[tuple[str, str]]:
    """What the tutorial says to type, and what it says is printed then."""
    steps: list[tuple[str, str]] = []
    for language, text in fences(ROOT / "docs/tutorial.md"):
        if language == "console":
            for step in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                command = re.match(r"(?:[^\n]*\\\n)*[^\n]*\n?", step)
                assert command
                steps.append((command[0].strip(), step[command.end() :].strip()))
        elif language == "sh":
            steps.append((text, ""))
    return steps


def same(text: str) -> str:
    """Output without what differs from run to run and from one processor to another: decimals, trailing blanks."""
    return "\n".join(line.rstrip() for line in re.sub(r"\d+\.\d+", "N", text).strip().splitlines())


@pytest.mark.model
def test_the_tutorial_happens_as_told(tmp_path: Path) -> None:
    """
    Every step is run; what it prints is what the tutorial shows. A small model's own words may differ from one
    processor to another: of its answers, the quotes are compared with the posts instead.
    """
    steps = blocks()
    assert len(steps) >= 5
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("RAG_", "OPENAI_"))}
    environment = {**kept, "PATH": f"{RAG.parent}:{os.environ['PATH']}", "OMP_NUM_THREADS": "1"}
    posts = ""
    for command, shown in steps:
        done = subprocess.run(
            ["bash", "-ec", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
        posts = posts or "".join(post.read_text() for post in tmp_path.glob("blog/*.md"))
        if command.startswith("rag ask") and "--model none" not in command:
            quotes = re.findall(r"^    (.+)$", done.stdout, re.MULTILINE)
            assert quotes or "do not answer" in done.stdout, command
            squeezed = " ".join(posts.split())
            assert all(" ".join(quote.split()) in squeezed for quote in quotes)
        elif shown:
            assert same(done.stdout) == same(shown), command


@pytest.mark.model
def test_the_demo_answers_from_the_manual() -> None:
    done = subprocess.run([ROOT / ".ci" / "demo"], capture_output=True, text=True, check=True)
    shown = " ".join(re.findall(r"^    (.+)$", done.stdout, re.MULTILINE))
    assert re.search(r"^\[1\] (docs/)?how-it-works.md:\d+", done.stdout, re.MULTILINE)
    assert "cannot be invented" in shown
