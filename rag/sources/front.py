"""
The fields of a text's front matter: YAML or TOML, each field by itself.

What strict YAML refuses (`title: Budget: the plan`, `{{ a template }}`, `@someone`) is taken as it is written, so that
one odd field costs no other. Aliases are not followed: a few lines of them unfold to gigabytes.
"""

from __future__ import annotations

import re
from typing import Any

from rag import frontmatter

NAME = re.compile(r"""^(?P<name>"[^"\n]*"|'[^'\n]*'|[^\s#\-:{}\[\]<][^:\n]*?)[ \t]*:(?:[ \t]+|$)(?P<value>.*)""")
PAIR = re.compile(r"""^(?P<name>[\w.\-"' ]+?)[ \t]*=[ \t]*(?P<value>.*)""")
TEMPLATE = re.compile(r"^(?:\{\{|\{%|<%|\? |: )")  # and keys that are no words
LONGEST = 20_000  # characters of one field


def front_matter(text: str) -> tuple[dict[str, Any], int]:
    """The fields of a block at the top, and where the body begins; ({}, 0) if there is no such block."""
    start, stop, body = frontmatter.span(text)
    if not body:
        return {}, 0
    return (_toml if text.lstrip("\ufeff").startswith("+++") else _yaml)(text[start:stop]), body


def _yaml(block: str) -> dict[str, Any]:
    """All fields at once if that goes, else one by one."""
    if "*" not in block and "&" not in block and isinstance(found := _loaded(block), dict):
        return {str(name): value for name, value in found.items()}
    fields: dict[str, Any] = {}
    for part in _parts(block):
        head = NAME.match(part)
        if not head:
            continue
        name, written = head["name"].strip("\"'"), part[head.start("value") :].strip()
        found = _loaded(part) if not re.search(r"(?:^|[\s:])[*&]\S", part) and not TEMPLATE.match(written) else None
        value = next(iter(found.values())) if isinstance(found, dict) and len(found) == 1 else written
        fields[name] = _unquoted(value) if value is written else value
    return fields


def _parts(block: str) -> list[str]:
    """The lines of each field: the one with its name, and those that go on."""
    parts: list[list[str]] = []
    for line in block.split("\n"):
        if NAME.match(line):
            parts.append([line])
        elif parts and not TEMPLATE.match(line):
            parts[-1].append(line)
    return ["\n".join(part)[:LONGEST] for part in parts]


def _loaded(text: str) -> object:
    """YAML as plain data; None if it cannot be read, for whatever reason."""
    import yaml

    try:
        if text.count("[") + text.count("{") > 500:
            return None
        return yaml.load(text, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, TypeError, LookupError, AttributeError, OverflowError, RecursionError):
        return None


def _unquoted(text: str) -> str:
    text = re.sub(r"(?<![ \t])[ \t]+#[^\n]*$", "", text) if "\n" not in text else text
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    return text[1:-1] if quoted else text


def _toml(block: str) -> dict[str, Any]:
    """All fields at once if that goes, else those of the top that can be read, one by one."""
    import tomllib

    try:
        return tomllib.loads(block)
    except (ValueError, RecursionError):
        pass
    fields: dict[str, Any] = {}
    for line in block.split("\n"):
        if line.startswith("["):
            break
        if found := PAIR.match(line[:LONGEST]):
            try:
                fields |= tomllib.loads(line)
            except (ValueError, RecursionError):
                fields[found["name"].strip("\"' ")] = _unquoted(found["value"].strip())
    return fields
