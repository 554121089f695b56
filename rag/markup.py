"""
Lines and ends of lines of Markdown that say something to the program that makes a page of it, and nothing to a reader.

Attributes of headings (Hugo, kramdown, pandoc, MkDocs), shortcodes, Liquid, admonitions, imports of MDX, comments.
What is quoted stays as it is written; this is for what is shown.
"""

from __future__ import annotations

import re
from html import unescape

# {#id .class key="value"}, {: .class}, {-}, {/* #id */} at the end of a heading
ATTRIBUTES = re.compile(
    r"""(?:(?<![ \t])[ \t]+)?\{:?[ \t]*(?:/\*[ \t]*)?(?:[#.][\w:.-]+|-|[\w:-]+=(?:"[^"{}]*"|'[^'{}]*'|[^\s"'{}]+))"""
    r"""(?:[ \t]+(?:[#.][\w:.-]+|[\w:-]+=(?:"[^"{}]*"|'[^'{}]*'|[^\s"'{}]+)))*[ \t]*(?:\*/)?[ \t]*\}[ \t]*$"""
)
ALONE = re.compile(r"[ \t]*\{:[^{}]*\}[ \t]*")  # attributes of kramdown on a line of their own
SHORTCODE = re.compile(r"[ \t]*(?:\{\{[<%][^{}]*[%>]\}\}[ \t]*)+")
ONE = re.compile(r"\{\{[<%]-?[ \t]*(?P<end>/?)[ \t]*(?P<name>[\w./-]+)(?P<rest>[^{}]*?)/?[ \t]*-?[%>]\}\}")
LIQUID = re.compile(r"[ \t]*(?:\{%[^{}]*%\}[ \t]*|\{\{[^{}<%]*\}\}[ \t]*)+")
COMMENT = re.compile(r"[ \t]*(?:<!--(?:(?!-->).)*-->[ \t]*|\{/\*(?:(?!\*/).)*\*/\}[ \t]*)+")
IMPORT = re.compile(
    r"""(?:import[ \t]+(?:[\w$*{}, \t]+[ \t]from[ \t]+)?["'][^"']+["']"""
    r"""|export[ \t]+(?:const|default|let|function)\b.*);?[ \t]*"""
)
FENCED = re.compile(r"[ \t]*:{3,}[ \t]*(?P<name>\{[^{}]*\}|[\w-]*)[ \t]*(?P<title>.*?)[ \t]{0,99}")
ADMONITION = re.compile(
    r"""[ \t]*(?:!{3}|\?{3}\+?)[ \t]+(?P<name>[\w-]+)(?:[ \t]+(?:inline|end|annotate))*"""
    r"""[ \t]*(?:["'](?P<title>.*)["'])?[ \t]*"""
)
VALUE = re.compile(r"""(?:(?P<key>[\w-]+)=)?(?:"(?P<a>[^"]*)"|'(?P<b>[^']*)'|`(?P<c>[^`]*)`|(?P<d>[^\s"'`=]+))""")
PICTURES = frozenset(("figure", "img", "image", "imgproc", "picture", "gallery", "video", "youtube", "vimeo", "gif"))
BOXES = frozenset("""
    hint notice alert callout admonition note tip info warning caution danger important attention details expand quote
    success error question example bug abstract summary todo failure
""".split())  # fmt: skip  # noqa: SIM905
ELEMENTS = """
    a abbr acronym address applet area article aside audio b base basefont bdi bdo big blockquote body br button
    canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir div dl dt em embed
    fieldset figcaption figure font footer form frame frameset h1 h2 h3 h4 h5 h6 head header hgroup hr html i iframe
    img input ins kbd label legend li link main map mark menu meta meter nav noframes noscript object ol optgroup
    option output p param picture pre progress q rp rt ruby s samp script search section select slot small source
    span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time title tr track
    tt u ul var video wbr
""".split()  # fmt: skip  # noqa: SIM905
FORMS = frozenset("""
    a abbr b bdi bdo big blockquote br center cite dd del details dfn div dl dt em embed figcaption h1 h2 h3 h4 h5 h6
    hgroup hr i iframe img ins kbd li mark ol p pre q rp rt ruby s samp small span strike strong sub sup tbody td tfoot
    th thead tr tt u ul var wbr
""".split())  # fmt: skip  # noqa: SIM905  # the others may also be what somebody is to fill in: "open <source>"
# code of a sentence, which stands as it is written; a tag of HTML; an entity; a sign that is no markup here
WRITTEN = re.compile(
    rf"""(?P<code>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"""
    rf"""|(?P<tag></?(?P<name>{"|".join(ELEMENTS)})(?:\s[^<>]*)?/?>)|(?P<entity>&(?:\#\d+|\#x[0-9a-f]+|[a-z]+\d*);)"""
    r"""|\\(?P<sign>[!-/:-@\[-`{-~])""",
    re.IGNORECASE,
)
SAID = ("caption", "title", "text", "name", "page", "path", "url", "")  # values that say what a shortcode is about


def heading(text: str) -> str:
    """The text of a heading without its attributes."""
    return ATTRIBUTES.sub("", text) if text.rstrip().endswith("}") else text


def read(text: str) -> str:
    """A piece of a line as a page shows it: without tags of HTML, entities and escaped signs as what they stand for."""
    if not any(sign in text for sign in "<&\\"):
        return text
    return WRITTEN.sub(_read, text)


def _read(found: re.Match[str]) -> str:
    if found["code"]:
        return found["code"]
    if found["tag"]:
        return found["tag"] if _is_placeholder(found) else " " if found["name"].lower() == "br" else ""
    return unescape(found["entity"]) if found["entity"] else found["sign"]


def _is_placeholder(found: re.Match[str]) -> bool:
    """Is it rather a name for what somebody is to fill in: a noun alone, which no other tag closes or opens?"""
    name, tag = found["name"].lower(), found["tag"].lower()
    partner = f"<{name}" if tag.startswith("</") else f"</{name}"
    return name not in FORMS and tag in (f"<{name}>", f"</{name}>") and partner not in found.string.lower()


def told(line: str) -> str | None:
    """What is shown for a line that is markup alone: what it stands for, or nothing; None for any other line."""
    bare = line.strip()
    if not bare or bare[0] not in "{<:!?ie":
        return None
    if SHORTCODE.fullmatch(line):
        return " ".join(filter(None, map(_shortcode, ONE.finditer(line))))
    if bare[0] == "{":
        return "" if LIQUID.fullmatch(line) or ALONE.fullmatch(line) or COMMENT.fullmatch(line) else None
    if bare[0] in "<ie":
        return "" if COMMENT.fullmatch(line) or IMPORT.fullmatch(line) else None
    found = {":": FENCED, "!": ADMONITION, "?": ADMONITION}[bare[0]].fullmatch(line)
    if not found or (bare[0] in "!?" and found["title"] is None and found["name"].lower() not in BOXES):
        return None
    name = re.sub(r"^[{.]+(?:callout-)?|[ }].*", "", found["name"] or "")
    return _box(name, (found["title"] or "").strip("[] "))


def _box(name: str, title: str) -> str:
    return f"[{': '.join(filter(None, (name.lower(), title)))}]" if name or title else ""


def _shortcode(found: re.Match[str]) -> str:
    """What a shortcode of Hugo stands for: a picture, a box, or the words that it is given."""
    if found["end"]:
        return ""
    name = found["name"].rpartition("/")[2].lower()
    values = {match["key"] or "": _value(match) for match in VALUE.finditer(found["rest"])}
    if name in PICTURES:
        said = next((values[key] for key in ("caption", "alt", "title") if values.get(key)), "")
        return f"[picture: {said or values.get('src', values.get('', name)).rpartition('/')[2]}]"
    if name in BOXES:
        kind = next((values[key] for key in ("style", "type", "color", "") if values.get(key)), name)
        return _box(kind, values.get("title", values.get("heading", "")))
    said = next(
        (values[key] for key in ("caption", "title", "text", "name", "page", "path", "url", "") if values.get(key)), ""
    )
    return f"[{name}: {said}]" if said else ""


def _value(match: re.Match[str]) -> str:
    return next((match[key] for key in "abcd" if match[key] is not None), "")
