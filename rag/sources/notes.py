"""
What notes of Obsidian and Logseq say about themselves: tags, aliases, links to other notes, properties.

Read from any Markdown text, outside its code: `#tag`, `[[links]]`, `tags:` of the front matter, `key:: value` lines.
The text itself stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import unquote

from rag import wikilinks

MOST = 2000  # tags or links of a note
# As Obsidian has it: after a blank or at the beginning; not only digits; nothing but letters, digits, - _ / and signs.
TAG = re.compile(
    r"(?<!\S)#(?:\[\[(?P<several>[^\[\]\n]{1,200})\]\]"
    r"|(?P<tag>[^\u2000-\u206f\u2e00-\u2e7f'!\"#$%&()*+,.:;<=>?@^`{|}~\[\]\\\s]{1,200}))"
)
LINK = re.compile(r"\[\[([^\[\]\n]{1,400})\]\]")
MARKDOWN_LINK = re.compile(
    r"\]\(<?((?![a-z][a-z0-9+.-]*:)[^()<>\n]{1,400}?\.(?:md|markdown))(?:#[^()<>\n]*)?>?\)", re.I
)
COLOUR = re.compile(r"(?=.*\d)[0-9a-fA-F]{3}(?:[0-9a-fA-F]{3})?(?:[0-9a-fA-F]{2})?|(.)\1{2}|(.)\2{5}")
PROPERTY = re.compile(r"^(?P<mark>[ \t]*[-*][ \t]+|[ \t]*)(?P<name>[^\W\d][\w/-]{0,60})::(?:[ \t]+(?P<value>[^\n]*))?$")
PAGE = re.compile(r"\s*# [^\n]*\n\s*\n(?P<lines>(?:[^\W\d_][^:\n]{0,50}: [^\n]*(?:\n|$))+)(?:\s*\n|$)")
INTERNAL = {"id", "collapsed", "card-last-interval", "card-repeats", "card-ease-factor", "card-next-schedule"}
LISTS = {"tags": ("tags", "tag"), "aliases": ("aliases", "alias")}


def described(text: str, body: int, front: Mapping[str, Any]) -> dict[str, Any]:
    """What is known of a note: the fields of its front matter and properties, with `tags`, `aliases` and `links`."""
    prose = _without_code(text[body:])
    fields = {name: _unlinked(value) for name, value in front.items()} | _properties(prose)
    own = {name: value for name, value in fields.items() if name.lower() not in (*LISTS["tags"], *LISTS["aliases"])}
    tags = _once([*_said(fields, *LISTS["tags"]), *_tags(prose)])
    aliases = _once(_said(fields, *LISTS["aliases"]))
    links = _once([*_targets(text[:body]), *_targets(prose)])
    if links and isinstance(said := own.get("links"), list):
        links = _once([*(one for one in said if isinstance(one, str)), *links])
    found = {"tags": tags, "aliases": aliases, "links": links}
    return own | {name: several for name, several in found.items() if several}


def page_properties(text: str) -> dict[str, Any]:
    """The properties of a page of Notion: the lines `Name: value` below its title, above the first empty line."""
    found = PAGE.match(text)
    lines = found["lines"].strip("\n").split("\n") if found else []
    pairs = [line.partition(": ") for line in lines]
    return {name.strip(): _value(name, value.strip()) for name, mark, value in pairs if mark}


def _without_code(text: str) -> str:
    """The text without listings, code in lines and comments, each left as a blank."""
    lines, fence = [], ""
    for line in text.split("\n"):
        bare = line.lstrip(" \t>-*+").rstrip()
        mark = re.match(r"(`{3,}|~{3,})", bare)
        if mark and not fence:
            fence = mark[1]
            continue
        if fence:
            if mark and bare == bare[0] * len(bare) and bare[0] == fence[0] and len(bare) >= len(fence):
                fence = ""
            continue
        lines.append(line)
    return re.sub(r"(?<!`)(`++)[^`\n]+\1|<!--.{0,5000}?-->", " ", "\n".join(lines), flags=re.DOTALL)


def _tags(prose: str) -> Iterable[str]:
    for found in TAG.finditer(prose):
        tag = (found["several"] or found["tag"]).strip("/")
        if re.search(r"[^\W\d_]|[^\x00-\x7f]", tag) and not COLOUR.fullmatch(tag):
            yield tag


def _targets(text: str) -> Iterable[str]:
    found = [(one.start(), wikilinks.target(one[1])) for one in LINK.finditer(text)]
    found += [(one.start(), unquote(one[1])) for one in MARKDOWN_LINK.finditer(text)]
    return [target for _, target in sorted(found) if target]


def _properties(prose: str) -> dict[str, Any]:
    """
    `key:: value`: the lines at the top and in the first block (Logseq), and lines of their own (Dataview).

    What stands in later blocks of an outline is said of these, not of the page.
    """
    found: dict[str, Any] = {}
    top, blocks = True, 0
    for line in prose.split("\n"):
        if not line.strip():
            continue
        property_ = PROPERTY.match(line)
        blocks += line.lstrip().startswith(("- ", "* "))
        if property_ and ((top and blocks <= 1) or not property_["mark"]):
            name, value = property_["name"], (property_["value"] or "").strip()
            if name.lower() not in INTERNAL:
                found.setdefault(name, _value(name, value))
        elif not property_:
            top = False
    return found


def _value(name: str, text: str) -> Any:
    """A property's value: names in a list where there are several, numbers and yes or no as such."""
    named = [one[1] or one[2] for one in re.finditer(r"#?\[\[([^\[\]]+)\]\]|#([^\s,#]+)", text)]
    if named and not re.sub(r"#?\[\[[^\[\]]+\]\]|#[^\s,#]+|[,\s]", "", text):
        return named if len(named) > 1 or name.lower() in ("tags", "tag", "alias", "aliases") else named[0]
    if text in ("true", "false"):
        return text == "true"
    if re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", text):
        return float(text) if "." in text else int(text)
    return text


def _said(fields: Mapping[str, Any], *names: str) -> list[str]:
    """The values of these fields, whatever their case: of a list, or of a text with commas or blanks between."""
    found: list[str] = []
    for name, value in fields.items():
        if name.lower() not in names:
            continue
        if isinstance(value, str):
            blanks = "tag" in names and "," not in value
            value = re.sub(r"\[\[|\]\]", "", value).split(None if blanks else ",")
        single = [one for one in (value if isinstance(value, list) else [value]) if not isinstance(one, dict | list)]
        mark = "#" if "tag" in names else ""
        found += [str(one).strip().lstrip(mark).strip("/ ") for one in single if one is not None]
    return found


def _unlinked(value: Any) -> Any:
    """A link that is a whole value is the name of the note: `"[[Ada]]"`, and `[[Ada]]`, which YAML takes for lists."""
    if isinstance(value, str) and (found := LINK.fullmatch(value.strip())):
        return wikilinks.target(found[1])
    if isinstance(value, list):
        if len(value) == 1 and isinstance(value[0], list) and len(value[0]) == 1 and isinstance(value[0][0], str):
            return wikilinks.target(value[0][0])
        return [_unlinked(one) for one in value]
    return value


def _once(found: Iterable[str]) -> list[str]:
    """Each once, whatever its case, as it is written first."""
    kept: dict[str, str] = {}
    for one in found:
        if one:
            kept.setdefault(one.casefold(), one)
    return list(kept.values())[:MOST]
