"""
Lines, and what stands in them, of Markdown that say something to the program that makes a page of it, and nothing to a
reader.

Attributes of headings (Hugo, kramdown, pandoc, MkDocs), shortcodes, Liquid, ERB, admonitions, callouts, imports and
components of MDX, links and block ids of wikis, comments. What goes over several lines, and tables of HTML, is read by
`onpage`. What is quoted stays as it is written; this is for what is shown and searched.
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
# of MDX; none of its parts goes over the next "<", so that a text full of them is read in one pass
COMPONENT = r"""</?[A-Z][\w.]*(?:\s(?:[^<>"'{}]|"[^"<]*"|'[^'<]*'|\{[^{}<]*\})*)?/?>"""
COMPONENTS = re.compile(rf"[ \t]*(?:{COMPONENT}[ \t]*)+")
ALONE_TAG = re.compile(r"^[ \t]*</?[A-Z]", re.MULTILINE)  # without one, no line is components alone
CALLOUT = re.compile(
    r"[ \t]*(?:>[ \t]?)+\[!(?P<name>[\w-]{1,40})(?:\|[^\]]*)?\][+-]?[ \t]*(?P<title>.*?)[ \t]*"
)  # of Obsidian
ERB = re.compile(r"[ \t]*(?:<%(?:[^%]|%(?!>)){0,600}%>[ \t]*)+")
# code of a sentence, which stands as it is written; a tag of HTML, of a component, of ERB, Liquid, Hugo; where a link
# leads that begins with a variable; a link of a wiki, the id of a block; an entity; a sign that is no markup here
WRITTEN = re.compile(
    rf"""(?P<code>(?<!`)(?P<ticks>`+)(?!`).+?(?<!`)(?P=ticks)(?!`))"""
    rf"""|(?P<tag></?(?P<name>(?i:{"|".join(ELEMENTS)}))(?:\s[^<>]*)?/?>)|(?P<component>{COMPONENT})"""
    r"""|<%(?P<erb>(?:[^%]|%(?!>)){0,600})%>|\{%-?(?P<liquid>[^{}]*?)-?%\}|(?P<hugo>\{\{[<%][^{}]*[%>]\}\})"""
    r"""|(?<=\]\()(?P<base>\{\{[^{}]*\}\})|!?\[\[(?P<target>[^\s\[\]|][^\[\]|\n]*)(?:\\?\|(?P<label>[^\[\]\n]+))?\]\](?!\()"""
    r"""|(?P<id>(?:(?<=\S)[ \t]+|^[ \t]*)\^(?:[0-9a-f]{6}|[a-zA-Z][\w]*(?:-\w+)+|[a-zA-Z][\w]{3,})[ \t]*$)"""
    r"""|(?P<entity>&(?:\#\d+|\#[xX][0-9a-fA-F]+|[a-zA-Z]+\d*);)|\\(?P<sign>[!-/:-@\[-`{-~])"""
)
MARKS = re.compile(r"[<&\\]|\[\[|\{[{%]|\^[\w-]+[ \t]*$")  # without one of these nothing of the kind stands in a line
NOTED = re.compile(
    r"[<{\\]|&[#\w]+;|\[\[|^[ \t]*:::|^(?:import|export)\b|\[!\w|^[!?]{3}|[ \t]\^[\w-]+[ \t]*$", re.MULTILINE
)
FENCE = re.compile(r"[ \t]*(?:>[ \t]?)*(`{3,}|~{3,})")
APART = frozenset("""
    address article aside blockquote caption center dd details div dl dt fieldset figcaption figure footer form h1 h2 h3
    h4 h5 h6 header hr li main nav ol p pre section summary table tbody td tfoot th thead tr ul
""".split())  # fmt: skip  # noqa: SIM905  # what stands in them is apart from what stands beside them
PADDING = re.compile(r"(?<=\|)[ \t]{2,}|[ \t]{2,}(?=\|)|-{4,}(?=[-: \t|]*$)")  # of the cells of a table of Markdown
LONGEST = 2000  # characters of a heading, beyond which it is no heading
STRINGS = re.compile(r"""["']([^"']*)["']""")
LINKS = frozenset(
    ("link", "post_url", "page", "ref", "relref", "url", "asset_path")
)  # tags that say where something is
LINK = re.compile(r"!?\[((?:[^\[\]]|\[[^\[\]]*\])*)\](?:\([^()]*(?:\([^()]*\)[^()]*)*\)|\[[^\[\]]*\])")
EMPHASIS = re.compile(r"(?<![\w\\])(_{1,3})(?=[^\s_])(.*?[^\s_\\])\1(?!\w)|(?<!\\)(\*{1,3})(?=[^\s*])(.*?[^\s*\\])\3")
SAID = ("caption", "title", "text", "name", "page", "path", "url", "")  # values that say what a shortcode is about


def heading(text: str) -> str:
    """The text of a heading without its attributes."""
    return ATTRIBUTES.sub("", text) if text.rstrip().endswith("}") else text


def bare(text: str) -> str:
    """A heading, or the head of a column, as a page shows it: also without marks of emphasis and code, and links."""
    text, code = heading(text), list[str]()

    def keep(found: re.Match[str]) -> str:
        inside = found[0].strip("`")
        code.append(inside[1:-1] if inside.startswith(" ") and inside.endswith(" ") and inside.strip() else inside)
        return f"\ue000{len(code) - 1}\ue001"

    text = LINK.sub(r"\1", LINK.sub(r"\1", re.sub(r"(?<!`)(`+)(?!`).+?(?<!`)\1(?!`)", keep, text)))
    for _ in range(2 if len(text) < LONGEST else 0):  # bold within slanted
        text = EMPHASIS.sub(lambda found: found[2] or found[4], text)
    return re.sub("\ue000(\\d+)\ue001", lambda found: code[int(found[1])], read(text)).replace("\xad", "").strip()


def read(text: str) -> str:
    """
    A piece of a line as a page shows it: without tags of HTML, components and templates, links of a wiki as their
    words, entities and escaped signs as what they stand for.
    """
    made, at = [], 0
    for start, end, instead in edits(text):
        made += [text[at:start], instead]
        at = end
    return "".join((*made, text[at:]))


def edits(text: str) -> list[tuple[int, int, str]]:
    """What of a line a page shows otherwise, in order: (start, end, what stands there instead)."""
    if not MARKS.search(text):
        return []
    found = ((*match.span(), _read(match)) for match in WRITTEN.finditer(text) if not match["code"])
    return [(start, end, instead) for start, end, instead in found if instead != text[start:end]]


def _read(found: re.Match[str]) -> str:
    if found["tag"] or found["component"]:
        return _tag(found)
    if found["erb"] is not None:
        return _erb(found["erb"])
    if found["liquid"] is not None:
        return _liquid(found["liquid"].strip())
    if found["hugo"]:
        inside = found.string[: found.start()].endswith("](")
        return "".join(STRINGS.findall(found[0])[:1]) if inside else " ".join(map(_shortcode, ONE.finditer(found[0])))
    if found["target"]:
        return (found["label"] or found["target"].strip("\\").lstrip("#^").replace("#", " > ")).strip()
    return unescape(found["entity"]) if found["entity"] else found["sign"] or ""


def _tag(found: re.Match[str]) -> str:
    """A tag of HTML, or of a component, within a line."""
    before, after = found.string[: found.start()][-1:], found.string[found.end() :][:1]
    if found["component"]:
        partner = found[0][1:-1] if found[0].startswith("</") else f"/{found[0][1:-1]}"
        lone = re.fullmatch(r"<\w+>", found[0]) and f"<{partner}>" not in found.string
        return found[0] if lone else _component(found[0])
    name = found["name"].lower()
    if _is_placeholder(found):
        return found[0]
    if name == "img":
        said = next((_value(one) for one in VALUE.finditer(found[0]) if one["key"] == "alt"), "")
        return f"[picture: {said}]" if said.strip() else ""
    beside = before.strip() and after.strip() and before not in ">|" and after != "|"
    return " " if name == "br" or (name in APART and beside) else ""


def _erb(inside: str) -> str:
    """What a tag of ERB stands for: nothing, or what it puts in."""
    return f"[{' '.join(inside[1:].strip('=- ').split())}]" if inside.startswith("=") else ""


def _liquid(inside: str) -> str:
    """What a tag of Liquid or Jinja within a line stands for: the words that it is given, or where it leads."""
    name, _, rest = inside.partition(" ")
    if said := STRINGS.findall(rest):
        return str(said[0])
    return rest.strip() if name in LINKS else ""


def _component(tag: str) -> str:
    """What a component of MDX is called, or has for a title."""
    if tag.startswith("</"):
        return ""
    name = re.match(r"<([\w.]+)", tag)[1]  # type: ignore[index]
    values = {match["key"] or "": _value(match) for match in VALUE.finditer(tag[len(name) + 1 :].rstrip("/>"))}
    if name.lower() in PICTURES:
        return f"[picture: {values['alt']}]" if values.get("alt") else ""
    if version := values.get("v") or values.get("version"):
        return f"[{name}: {version}]"
    return next((f"[{values[key]}]" for key in ("label", "title", "heading", "text") if values.get(key)), "")


def _is_placeholder(found: re.Match[str]) -> bool:
    """Is it rather a name for what somebody is to fill in: a noun alone, which no other tag closes or opens?"""
    name, tag = found["name"].lower(), found["tag"].lower()
    partner = f"<{name}" if tag.startswith("</") else f"</{name}"
    return name not in FORMS and tag in (f"<{name}>", f"</{name}>") and partner not in found.string.lower()


def told(line: str) -> str | None:
    """What is shown for a line that is markup alone: what it stands for, or nothing; None for any other line."""
    sign = line.strip()[:1]
    if not sign or sign not in "{<:!?ie>":
        return None
    if SHORTCODE.fullmatch(line):
        return " ".join(filter(None, map(_shortcode, ONE.finditer(line))))
    if sign == "{":
        return "" if LIQUID.fullmatch(line) or ALONE.fullmatch(line) or COMMENT.fullmatch(line) else None
    if sign in "<ie":
        if COMPONENTS.fullmatch(line):
            return " ".join(filter(None, map(_component, re.findall(COMPONENT, line))))
        if ERB.fullmatch(line):
            return " ".join(filter(None, map(_erb, re.findall(r"<%((?:[^%]|%(?!>))*)%>", line))))
        return "" if COMMENT.fullmatch(line) or IMPORT.fullmatch(line) else None
    found = {":": FENCED, "!": ADMONITION, "?": ADMONITION, ">": CALLOUT}[sign].fullmatch(line)
    if not found or (sign in "!?" and found["title"] is None and found["name"].lower() not in BOXES):
        return None
    name = re.sub(r"^[{.]+(?:callout-)?|[ }].*", "", found["name"] or "")
    return _box(name, bare(re.sub(r"\{[^{}]*\}$", "", found["title"] or "").strip("[] ")))


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
