"""
reStructuredText through docutils, as Markdown-like text: what a reader of the page would see.

Nothing is fetched, run or included: `include`, `raw` and files of tables are switched off. Directives and roles that
docutils does not know (those of Sphinx) are read as their content.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, Any

from rag.errors import InputError
from rag.sources import dated, html, rst_lists
from rag.sources.encodings import CONTROL
from rag.sources.items import Left, untold
from rag.sources.text import first_heading, iso_date, plain, prose, words_of
from rag.types import Document

if TYPE_CHECKING:
    from docutils.nodes import Node, document

LONGEST_LINE = 10_000  # docutils reads nothing of a text with a longer one
DIRECTIVE = re.compile(r"^ *\.\. (?:\|[^|\n]*\| *)?([\w:+.-]+)::", re.MULTILINE)
MARK = re.compile(r"^\s*\.\. [\w:+.-]+::[ \t]*|^\s*:[\w -]+:[^\n]*$", re.MULTILINE)
CODE = ("code", "code-block", "sourcecode", "prompt", "doctest", "testcode", "ipython")
# none of theirs is read
NOTHING = ("include", "raw", "literalinclude", "toctree", "contents", "index", "highlight", "date", "tabularcolumns")
TOLD = re.compile(r"^ *\.\. (include|literalinclude|raw):: *([^\n]*)", re.MULTILINE)
VERSIONS = {
    "deprecated": "Deprecated since version", "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "version-added": "Added in version", "version-changed": "Changed in version",
    "versionremoved": "Removed in version",
    "version-deprecated": "Deprecated since version", "version-removed": "Removed in version",
}  # fmt: skip
SAYING = {"seealso": "See also", "todo": "Todo"}  # directives of Sphinx that are boxes with a name
SWITCHES = ("only", "ifconfig")  # whose argument is a condition
ERROR = 3  # of docutils' levels: what could not be understood is not in the tree
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


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A file of reStructuredText as one document; author and date are those of its first fields."""
    text = prose(data, key, left)
    if not text.strip():
        return []
    if len(max(text.split("\n"), key=len)) >= LONGEST_LINE:
        return plain(data, key, source, left)
    for found in TOLD.finditer(text):
        left("raw passages" if found[1] == "raw" else "included files", found[2])
    try:
        tree = _tree(CONTROL.sub("", text))
        for comment in tree.findall(_nodes().comment):
            left("comments", comment.astext())
        about = _docinfo(tree)
        page = _html(tree)
    except (Exception, RecursionError) as error:  # docutils raises what its helpers raise
        why = " ".join(str(error).split())[:200]
        raise InputError(f"{key} cannot be read as reStructuredText: {type(error).__name__}: {why}") from error
    written = html.fragment(page, left)
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
            date=iso_date(about.get("date")) or dated.stated(written, title, key),
            kind="markdown",
        )
    ]


def _nodes() -> Any:
    from docutils import nodes

    return nodes


def _tree(text: str) -> document:
    from docutils import nodes
    from docutils.core import publish_doctree

    _know(set(DIRECTIVE.findall(text)))
    tree = publish_doctree(text, settings_overrides=SETTINGS)
    for message in list(tree.findall(nodes.system_message)):
        if message["level"] >= ERROR and isinstance(message[-1], nodes.literal_block):
            lost = MARK.sub("", message[-1].astext()).strip()
            _put(message, [nodes.paragraph(lost, lost)] if lost else [])
    for wrong in list(tree.findall(nodes.problematic)):
        role = ROLE.match(wrong.astext())
        shown = TARGET.sub(r"\1", role[1]) if role else wrong.astext()
        _put(wrong, [nodes.literal(shown, shown) if role else nodes.inline(shown, shown)])
    rst_lists.rewrite(tree)
    for literal in tree.findall(nodes.literal):
        literal["classes"] = ["code"]
    for block in tree.findall(nodes.literal_block):
        names = [name for name in block["classes"] if name != "code"]
        block["classes"] = [f"highlight-source-{name}" for name in names[:1]]  # as rag.sources.html reads it
    return tree


def _put(node: Any, new: list[Node]) -> None:
    place = node.parent.index(node)
    node.parent[place : place + 1] = new


def _know(names: set[str]) -> None:
    """Have docutils read these directives, if it does not know them, as what stands in them."""
    from docutils.parsers.rst import directives
    from docutils.parsers.rst.languages import en
    from docutils.utils import new_document

    content, code, nothing, version = _directives()
    for name in CODE:
        directives.register_directive(name, code)
    for name in NOTHING:
        directives.register_directive(name, nothing)
    for name in VERSIONS:
        directives.register_directive(name, version)
    asked = new_document("")
    for name in {name.lower() for name in names}:
        if directives.directive(name, en, asked)[0] is None:
            directives.register_directive(name, content)


@cache
def _directives() -> tuple[type, type, type, type]:
    """Directives that take any argument and option: of text, of code, of what is not read, and of a version."""
    from docutils import nodes
    from docutils.parsers.rst import Directive

    class AnyOption(dict[str, Any]):
        def __bool__(self) -> bool:
            return True

        def __getitem__(self, name: str) -> Any:
            return str

    class Nothing(Directive):  # type: ignore[misc]
        has_content, optional_arguments, final_argument_whitespace, option_spec = True, 1, True, AnyOption()

        def run(self) -> list[Node]:
            return []

    class Code(Nothing):
        def run(self) -> list[Node]:
            text = "\n".join(self.content)
            return [nodes.literal_block(text, text, classes=["code", *self.arguments[:1]])] if text.strip() else []

    class Content(Nothing):
        def run(self) -> list[Node]:
            inside = nodes.container()
            for argument in () if self.name in SWITCHES else self.arguments:
                found, messages = self.state.inline_text(argument, self.lineno)
                inside += [nodes.paragraph(argument, "", *found), *messages]
            self.state.nested_parse(self.content, self.content_offset, inside)
            if said := SAYING.get(self.name):
                rst_lists.name(inside, f"{said}: ")
            children: list[Node] = inside.children
            return children

    class Version(Nothing):
        def run(self) -> list[Node]:
            """ "Deprecated since version 2.0: Use hemp." """
            number, _, text = " ".join(" ".join(self.arguments).split()).partition(" ")
            found, messages = self.state.inline_text(text, self.lineno)
            inside = nodes.container()
            inside += [nodes.paragraph(text, "", *found), *messages] if text else []
            self.state.nested_parse(self.content, self.content_offset, inside)
            said = f"{VERSIONS[self.name]} {number}"
            rst_lists.name(inside, f"{said}: " if inside.children else f"{said}.")
            children: list[Node] = inside.children
            return children

    return Content, Code, Nothing, Version


def _docinfo(tree: Node) -> dict[str, str]:
    """Author and date of the document; what its other fields say stays in the text, below the title."""
    from docutils import nodes

    found: dict[str, str] = {}
    for info in list(tree.findall(nodes.docinfo)):
        for part in info.findall():
            if isinstance(part, nodes.author | nodes.date):
                found.setdefault(part.tagname, part.astext())
        said = nodes.bullet_list()
        for part in info.children:
            known = part.tagname in ("author", "authors") or (part.tagname == "date" and iso_date(part.astext()))
            if not known:
                said += rst_lists.field(part)
        _put(info, [said] if said.children else [])
    return found


def _html(tree: Any) -> str:
    from docutils.core import publish_from_doctree

    page = publish_from_doctree(tree, writer="html5", settings_overrides=SETTINGS)
    # notes and footnotes are the author's own here, not the asides of a site's page
    return str(page).replace("<aside", "<div").replace("</aside>", "</div>")
