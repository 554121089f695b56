"""Markdown that a program fills in is read as Markdown; what no reader knows is told by kind."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

import rag.cli
from rag.chunking import split
from rag.sources import files
from rag.sources.formats import kind_of

ALERT = """---
title: Queue is full
owner: "#on-call"
---

## Clear the queue

Run this task:

<%= RunTask.links("worker", "queue:clear") %>
"""


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.html.md.erb", "markdown"), ("a.md.j2", "markdown"), ("A.Markdown.Liquid", "markdown"),
        ("a.mdx.tmpl", "markdown"),
        ("a.html.erb", None), ("a.erb", None), ("md.erb", None), ("a.tar.j2", None), ("a.md.png", None),
    ],
)  # fmt: skip
def test_a_template_over_markdown_is_markdown(name: str, kind: str | None) -> None:
    assert kind_of(name) == kind


def test_a_template_has_its_front_matter_and_headings(tmp_path: Path) -> None:
    (tmp_path / "queue.html.md.erb").write_text(ALERT)
    (tmp_path / "reset-it.html.md.erb").write_text(ALERT.partition("---\n\n")[2])
    documents = {one.key: one for item in files([tmp_path]) for one in item.read()}
    queue = documents["queue.html.md.erb"]
    assert (queue.title, queue.kind, queue.meta["owner"], queue.text) == (
        "Queue is full",
        "markdown",
        "#on-call",
        ALERT,
    )
    assert documents["reset-it.html.md.erb"].title == "reset it"
    assert [one.heading for one in split(queue)] == ["front matter", "Clear the queue"]


def test_what_is_skipped_is_told_by_kind(tmp_path: Path) -> None:
    for name in ("a.html.erb", "b.html.erb", "c.gliffy"):
        (tmp_path / "pages").mkdir(exist_ok=True)
        (tmp_path / "pages" / name).write_text("<p>hello</p>")
    (tmp_path / "notes.md").write_text("# Notes\n\nThe boat leaves at nine.")
    given = [str(tmp_path / "pages"), str(tmp_path / "notes.md")]
    done = CliRunner().invoke(rag.cli.app, ["index", "-d", str(tmp_path / "a.db"), *given])
    assert (
        "skipped: 3 unsupported (2 .erb, 1 .gliffy; to read one all the same, name it: rag index FILE)" in done.stdout
    )
    assert f"{tmp_path}/pages: no documents; what it holds was skipped" in done.stderr
