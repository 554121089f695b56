"""
Lists of reStructuredText of names and what is said of them (fields, terms, options, notes): each as an item that begins
with its name, so that neither stands without the other. Boxes begin with theirs: "Warning: Never wet."
"""

from __future__ import annotations

from typing import Any

CALLED = {"tip": "Tip", "hint": "Hint", "note": "Note", "attention": "Attention", "caution": "Caution",
          "danger": "Danger",
          "error": "Error", "important": "Important", "warning": "Warning"}  # fmt: skip


def rewrite(tree: Any) -> None:
    """Rewrite the lists and boxes of a tree of docutils."""
    from docutils import nodes

    for box in list(tree.findall(nodes.Admonition)):
        title = next((part for part in box.children if isinstance(part, nodes.title)), None)
        said = title.astext() if title else CALLED.get(box.tagname, "")
        inside = nodes.container("", *[part for part in box.children if part is not title])
        name(inside, f"{said.rstrip(':')}: " if said else "")
        _put(box, inside.children)
    for listed in list(tree.findall(nodes.field_list)):
        _put(listed, [nodes.bullet_list("", *[field(part) for part in listed.children])])
    for listed in list(tree.findall(nodes.definition_list)):
        _put(listed, [nodes.bullet_list("", *[_defined(part) for part in listed.children])])
    for listed in list(tree.findall(nodes.option_list)):
        _put(listed, [nodes.bullet_list("", *[_option(part) for part in listed.children])])
    for note in [part for part in tree.findall() if isinstance(part, nodes.footnote | nodes.citation)]:
        label = next((part for part in note.children if isinstance(part, nodes.label)), None)
        inside = nodes.container("", *[part for part in note.children if part is not label])
        name(inside, f"[{label.astext()}] " if label else "")
        _put(note, inside.children)
    for image in tree.findall(nodes.image):
        image["alt"] = image.get("alt", "")  # else it is called by its file


def name(inside: Any, said: str) -> None:
    """Have what stands in a container begin with a name."""
    from docutils import nodes

    first = inside.children[0] if inside.children else None
    if isinstance(first, nodes.paragraph):
        first.insert(0, nodes.Text(said))
    elif said:
        inside.insert(0, nodes.paragraph("", said.strip()))


def field(part: Any) -> Any:
    """A field as an item of a list: "Version: 1.2"."""
    from docutils import nodes

    if isinstance(part, nodes.field):
        called, body = part.children[0].astext(), list(part.children[1].children)
    else:
        called, body = part.tagname.capitalize(), [nodes.paragraph("", "", *part.children)]
    inside = nodes.container("", *body)
    name(inside, f"{called}: " if body else f"{called}:")
    return nodes.list_item("", *inside.children)


def _defined(part: Any) -> Any:
    from docutils import nodes

    said = [one for one in part.children if isinstance(one, nodes.term | nodes.classifier)]
    kinds = [one.astext() for one in said if isinstance(one, nodes.classifier)]
    called = ", ".join(one.astext() for one in said if isinstance(one, nodes.term))
    inside = nodes.container("", *[one for body in part.children if isinstance(body, nodes.definition) for one in body])
    name(inside, f"{called} ({', '.join(kinds)}): " if kinds else f"{called}: ")
    return nodes.list_item("", *inside.children)


def _option(part: Any) -> Any:
    from docutils import nodes

    options, body = part.children
    inside = nodes.container("", *body.children)
    name(inside, f"{', '.join(one.astext() for one in options.children)}: ")
    return nodes.list_item("", *inside.children)


def _put(node: Any, new: Any) -> None:
    place = node.parent.index(node)
    node.parent[place : place + 1] = list(new)
