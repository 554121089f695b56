"""
reStructuredText through docutils, as Markdown-like text: what a reader of the page would see.

Nothing is fetched, run or included: `include`, `raw` and files of tables are switched off. Directives and roles that
docutils does not know (those of Sphinx) are read as their content.
"""

from __future__ import annotations

import re
from textwrap import dedent
from typing import TYPE_CHECKING, Any

from rag.errors import InputError
from rag.sources import html
from rag.sources.text import CONTROL, first_heading, iso_date, plain, prose, words_of
from rag.types import Document

if TYPE_CHECKING:
    from docutils.nodes import Node, document

LONGEST_LINE = 10_000  # docutils reads nothing of a text with a longer one
DEEPEST = 5  # unknown directives in unknown directives
DIRECTIVE = re.compile(r"\.\. ([\w:+.-]+)::[ \t]*")
CODE = {
    "code",
    "code-block",
    "sourcecode",
    "parsed-literal",
    "prompt",
    "doctest",
    "testcode",
    "ipython",
    "productionlist",
}
EMPTY = {"include", "raw", "literalinclude", "toctree", "index", "highlight", "image"}  # nothing of theirs is read
OPTION = re.compile(r"^\s*:[\w -]+:(\s.*)?$")
ROLE = re.compile(r"^:[\w:+.-]+:`(.*)`$", re.DOTALL)
TARGET = re.compile(r"^!?~?(.*?)(?:\s*<[^<>]*>)?$", re.DOTALL)
SETTINGS = {
    "file_insertion_enabled": False,
    "raw_enabled": False,
    "_disable_config": True,  # not what a docutils.conf of the folder says
    "report_level": 5,
    "halt_level": 5,
    "traceback": True,  # else it ends the process
    "warning_stream": False,
    "syntax_highlight": "none",
    "math_output": "LaTeX",
    "embed_stylesheet": False,
    "input_encoding": "unicode",
    "output_encoding": "unicode",
}


def read(data: bytes, key: str, source: str) -> list[Document]:
    """A file of reStructuredText as one document; author and date are those of its first fields."""
    text = prose(data, key)
    if not text.strip():
        return []
    if len(max(text.split("\n"), key=len)) >= LONGEST_LINE:
        return plain(data, key, source)
    try:
        tree = _tree(CONTROL.sub("", text))
        about = _docinfo(tree)
        page = _html(tree)
    except (Exception, RecursionError) as error:  # docutils raises what its helpers raise
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{key} cannot be read as reStructuredText: {type(error).__name__}: {why}") from error
    written = html.fragment(page)
    if not written:
        return []
    top = written.split("\n", 1)[0]
    title = first_heading(written) or (top.lstrip("# ") if top.startswith("#") else "")
    return [
        Document(
            source,
            key,
            written,
            title=title or words_of(key),
            author=about.get("author", ""),
            date=iso_date(about.get("date")),
            kind="markdown",
        )
    ]


def _tree(text: str, depth: int = 0) -> document:
    from docutils import nodes
    from docutils.core import publish_doctree

    tree = publish_doctree(text, settings_overrides={**SETTINGS, "doctitle_xform": not depth})
    for message in list(tree.findall(nodes.system_message)):
        if isinstance(message[-1], nodes.literal_block) and (found := DIRECTIVE.match(message[-1].astext())):
            _put(message, _content(found[1], message[-1].astext()[found.end() :], depth))
    for wrong in list(tree.findall(nodes.problematic)):
        role = ROLE.match(wrong.astext())
        shown = TARGET.sub(r"\1", role[1]) if role else wrong.astext()
        _put(wrong, [nodes.literal(shown, shown) if role else nodes.inline(shown, shown)])
    for literal in tree.findall(nodes.literal):
        literal["classes"] = ["code"]
    for block in tree.findall(nodes.literal_block):
        names = [name for name in block["classes"] if name != "code"]
        block["classes"] = [f"highlight-source-{name}" for name in names[:1]]  # as rag.sources.html reads it
    return tree


def _put(node: Any, new: list[Node]) -> None:
    place = node.parent.index(node)
    node.parent[place : place + 1] = new


def _content(name: str, block: str, depth: int) -> list[Node]:
    """What a directive holds that docutils does not know, or not so: its argument and its text, not its options."""
    from docutils import nodes

    argument, _, rest = block.partition("\n")
    lines = rest.split("\n")
    while lines and OPTION.match(lines[0]):
        lines.pop(0)
    inside = dedent("\n".join(lines)).strip("\n")
    if name in EMPTY:
        return []
    if name in CODE:
        return [nodes.literal_block(inside, inside, classes=["code", *argument.split()[:1]])] if inside else []
    written = f"{argument}\n\n{inside}".strip()
    if depth >= DEEPEST:
        return [nodes.paragraph(written, written)]
    found: list[Node] = _tree(written, depth + 1).children if written else []
    return found


def _docinfo(tree: Node) -> dict[str, str]:
    """Author and date of the document; the list of its fields is taken out of the text."""
    from docutils import nodes

    found: dict[str, str] = {}
    for info in list(tree.findall(nodes.docinfo)):
        for part in info.findall():
            if isinstance(part, nodes.author | nodes.date):
                found.setdefault(part.tagname, part.astext())
        info.parent.remove(info)
    return found


def _html(tree: Any) -> str:
    from docutils.core import publish_from_doctree

    page = publish_from_doctree(tree, writer="html5", settings_overrides=SETTINGS)
    # notes and footnotes are the author's own here, not the asides of a site's page
    return str(page).replace("<aside", "<div").replace("</aside>", "</div>")
