"""
Where the front matter of a Markdown text stands, without reading it: readers describe it, the chunker leaves out what
says how the document is called, filed and shown.

A block of YAML between `---` lines or of TOML between `+++` lines at the very top. A rule, a paragraph and another rule
look alike; they are told apart by what stands between: fields, comments, lists and templates, or sentences.
"""

from __future__ import annotations

import re

LONGEST = 100_000  # characters
FENCES = re.compile(r"\A\ufeff?(---|\+\+\+)(?:yaml|toml)?[ \t]*(?:\r\n|\r|\n)")
END = {"---": re.compile(r"^(?:---|\.\.\.)[ \t]*$"), "+++": re.compile(r"^\+\+\+[ \t]*$")}
FIELD = re.compile(r"""^(?P<name>["']?[A-Za-z_@$][\w .@$/-]{0,60}["']?)[ \t]*:(?:[ \t]+(?P<value>.*))?$""")
PAIR = re.compile(r"""^["'\w][\w.\- "']{0,80}[ \t]*=[ \t]*\S|^\[{1,2}[^\]]{1,100}\]{1,2}[ \t]*(?:#.*)?$""")
OTHER = re.compile(r"^(?:[ \t]|#|- |-$|[\]}]|\{\{|\{%|<%|<<:|\? |: )")  # what goes on, comments, items, templates
KNOWN = frozenset("""
    title date author authors tags categories category description summary layout slug url permalink draft lang language
    type id name created updated modified published aliases keywords subtitle link weight image status version project
    theme marp output jupyter toc bibliography format abstract sidebar_label sidebar_position parent nav_order
""".split())  # fmt: skip  # noqa: SIM905


SUMMARIES = frozenset(("description", "summary", "subtitle", "abstract", "excerpt", "teaser", "lead", "tagline"))
NO_FACTS = (KNOWN - SUMMARIES) | frozenset("""
    comments mathjax math katex cssclass cssclasses publish published_at created_at updated_at lastmod modified_at
    pubdate post_date header cover thumbnail hero heroimage series headless showtoc hidetoc pin pinned hide nav sidebar
    robots canonical canonical_url redirect_from redirect_to uid uuid guid sitemap search og_image twitter
""".split())  # fmt: skip  # noqa: SIM905
# How generators of sites are told where a page goes and how it looks: nothing, one word, or fields below
LAYOUTS = frozenset("""
    menu menus cascade outputs build _build resources template view path outline prev next footer icon order position
    index css js scripts styles markup linktitle edit_uri editlink lastupdated unlisted isso collection collections
    redirects page_title version_added container class classes section identifier has_children has_toc grand_parent
""".split())  # fmt: skip  # noqa: SIM905
LAYOUT = re.compile(
    r"(?:sidebar|displayed_sidebar|nav|toc|hide|show|disable|enable|geekdoc|og|seo|custom_edit|search|pagination)_?\w*"
    r"|(?:hide|show|disable|enable|geekdoc|toc|sidebar|nav|book(?:Toc|Flat|Collapse|Hidden|Menu|Search|Href))[A-Z]?\w*"
)
ADDRESS = re.compile(r"\w*(?:url|uri|link|href)", re.IGNORECASE)  # where a page of it is, and nothing of the matter
NOTHING = ("", "true", "false", "yes", "no", "null", "~", "[]", "{}", "''", '""')


def facts(text: str) -> list[tuple[int, int]]:
    """Runs of fields, (start, end), that say something of what the document is about: a birthday, a summary."""
    first, last, _ = span(text)
    runs: list[tuple[int, int]] = []
    told, start = False, -1
    for line in re.finditer(r"[^\r\n]+", text[first:last]):
        field = FIELD.match(line[0])
        if field:
            told = _is_fact(field["name"], field["value"] or "", text[first + line.end() : last])
        elif not line[0].strip():
            told = False
        if told and start < 0:
            start = line.start()
        if told:
            runs = [one for one in runs if one[0] != first + start]
            runs.append((first + start, first + line.end()))
        else:
            start = -1
    return runs


def summarises(fields: str) -> bool:
    """Whether fields say in short what their document says at length, and nothing else."""
    names = [field["name"].strip("\"'").lower() for line in fields.splitlines() if (field := FIELD.match(line))]
    return bool(names) and SUMMARIES.issuperset(names)


def _is_fact(name: str, value: str, below: str) -> bool:
    bare = name.strip("\"'").replace("-", "_").replace(" ", "_")
    one_word = len(value.split()) < 2
    if bare.lower() in NO_FACTS or (
        one_word and (bare.lower() in LAYOUTS or LAYOUT.fullmatch(bare) or ADDRESS.fullmatch(bare))
    ):
        return False
    goes_on = re.match(r"[\r\n]+(?:[ \t]+\S|- \S)", below)
    return value.strip().lower() not in NOTHING or bool(goes_on)


def end(text: str) -> int:
    """The offset at which the body begins: 0 if the text has no front matter."""
    return span(text)[2]


def span(text: str) -> tuple[int, int, int]:
    """(start and end of what stands between the fences, where the body begins); zeros if there is none."""
    fence = FENCES.match(text)
    if not fence:
        return 0, 0, 0
    mark, at = fence[1], fence.end()
    inside: list[str] = []
    for line in re.finditer(r"([^\r\n]*)(\r\n|\r|\n|\Z)", text[at : at + LONGEST]):
        if END[mark].match(line[1]):
            looks = _yaml(inside) if mark == "---" else _toml(inside)
            return (at, at + line.start(), at + line.end()) if looks else (0, 0, 0)
        if line.end() == line.start():
            break
        inside.append(line[1])
    return 0, 0, 0


def _yaml(inside: list[str]) -> bool:
    """Whether these lines are fields, and not sentences with a colon in them."""
    if not inside:
        return True
    fields = [found for line in inside if (found := FIELD.match(line))]
    if not inside[0].strip() or not all(not line.strip() or FIELD.match(line) or OTHER.match(line) for line in inside):
        return False
    if not fields:
        return all(line.lstrip().startswith(("#", "{", "<")) for line in inside if line.strip())
    names = {field["name"].strip("\"'").lower() for field in fields}
    if names & KNOWN:
        return True
    said = [field for field in fields if len((field["value"] or "").split()) > 4 or " " in field["name"].strip()]
    return 2 * len(said) < len(fields)


def _toml(inside: list[str]) -> bool:
    filled = [line for line in inside if line.strip()]
    return bool(filled) and bool(PAIR.match(filled[0]) or filled[0].startswith("#"))
