"""
What `--where` says: a small language over what is known of a document, compiled to SQL with bound values.

    status = "draft" and year >= 2020
    #sqlite or (tags in ("web", "cli") and not archived)
    date >= 2024-03 and title ~ "release" and project.name != "x"

A field is a name of the metadata (dots lead into objects), or one of `FIELDS`. Of a list, any element may fit; `!=` and
`not` say that none does. A date is compared as exactly as it is written: `date = 2024` is all of 2024. `~` is
"contains", whatever the case of A to Z. A field alone says that it is there and neither empty, false nor null. `#tag`
is a tag of the document, or one below it (`#tag/inner`). In names of fields and tags the case of A to Z does not count.

No text of the user's becomes SQL: names and values are all bound.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from rag import wikilinks
from rag.dates import is_iso
from rag.errors import InputError

LONGEST = 2000  # characters
DEEPEST = 40  # parentheses and nots
FIELDS = ("key", "source", "title", "url", "author", "date", "kind")
LINKS = ("links", "backlinks")
Value = str | int | float | bool | None
Values = dict[str, str | int | float]
TOKEN = re.compile(
    r"""\s*(?:
    (?P<date>\d{4}-\d\d(?:-\d\d(?:T[\d:.]+Z?)?)?)(?![\w-])
    |(?P<number>-?\d+(?:\.\d+)?)(?![\w.-])
    |(?P<text>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')
    |(?P<tag>\#(?:"[^"]+"|'[^']+'|[^\s()"'=<>!~,#]+))
    |(?P<quoted>`[^`]+`)
    |(?P<name>[^\W\d][\w-]*(?:\.[\w-]+)*)
    |(?P<sign>==|!=|<>|<=|>=|[=<>~(),])
    )""",
    re.VERBOSE,
)
DATE = re.compile(r"\d{4}(-\d\d(-\d\d)?)?")
SIGNS = {"=": "=", "==": "=", "!=": "!=", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">=", "~": "~"}
WORDS = {"and", "or", "not", "in", "has", "contains", "true", "false", "null"}
HINT = """Write it like: --where 'status = "draft"', 'year >= 2020 and #sqlite', 'not archived'"""


@dataclass(frozen=True, slots=True)
class Token:
    kind: str  # a group of TOKEN, or "end"
    text: str
    at: int  # from 1


@dataclass(slots=True)
class Made:
    """What is being written: a value is bound under a name of its own."""

    schema: str = ""
    values: Values = field(default_factory=dict)

    def table(self, name: str) -> str:
        return f"{self.schema}.{name}" if self.schema else name

    def bind(self, value: str | int | float) -> str:
        name = f"c{len(self.values)}"
        self.values[name] = value
        return f":{name}"


SQL = Callable[[Made], str]


@dataclass(frozen=True, slots=True)
class Condition:
    """
    A condition that was read: `sql` writes it for `document d join source s`, `fields` are those of the metadata,
    `tags` those that a document is to have.
    """

    write: SQL
    fields: tuple[str, ...]
    tags: tuple[str, ...] = ()

    def sql(self, schema: str = "") -> tuple[str, Values]:
        """The condition in SQL, and its values; `schema` is where the tables are."""
        made = Made(schema)
        return self.write(made), made.values


@lru_cache(maxsize=64)
def read(text: str) -> Condition:
    """Raises InputError that says where it stops making sense."""
    if len(text) > LONGEST:
        raise InputError(f"the condition has {len(text)} characters, more than {LONGEST}", "Say it shorter.")
    reading = _Reading(text, list(_tokens(text)))
    write = reading.either()
    if reading.now.kind != "end":
        raise reading.wrong("and, or, or the end")
    return Condition(write, tuple(dict.fromkeys(reading.fields)), tuple(dict.fromkeys(reading.tags)))


def tagged(tag: str) -> str:
    """The condition that `--tag` stands for. Raises InputError for a tag that is none."""
    bare = tag.strip().lstrip("#").rstrip("/")
    if not bare or '"' in bare:
        raise InputError(f"{tag!r} is no tag", "Write it as it stands in the notes: --tag project/alpha")
    return f'#"{bare}"'


def joined(*conditions: str) -> str:
    """All of them at once; empty ones say nothing."""
    said = [one for one in conditions if one.strip()]
    return said[0] if len(said) == 1 else " and ".join(f"({one})" for one in said)


def path(*parts: str) -> str:
    """A place in an object, as SQLite names it."""
    return "$" + "".join(f".{json.dumps(part, ensure_ascii=False)}" for part in parts)


def has(name: str) -> tuple[str, Values]:
    """A condition that a document has a field at all."""
    made = Made()
    return f"exists (select 1 from {_rows(name, made)})", made.values


def tag(name: str) -> tuple[str, Values]:
    """A condition that a document has a tag, or one below it."""
    made = Made()
    return _tag(name)(made), made.values


def _tokens(text: str) -> Iterator[Token]:
    at = 0
    while text[at:].strip():
        found = TOKEN.match(text, at)
        if not found or not found.lastgroup:
            at += len(text[at:]) - len(text[at:].lstrip())
            raise InputError(
                f"the condition {text!r} makes no sense at character {at + 1}: {text[at : at + 10]!r}", HINT
            )
        yield Token(found.lastgroup, found[found.lastgroup], found.start(found.lastgroup) + 1)
        at = found.end()
    yield Token("end", "", len(text) + 1)


@dataclass(slots=True)
class _Reading:
    """A descent over the tokens; each method reads one rule and gives what writes it."""

    text: str
    tokens: list[Token]
    at: int = 0
    depth: int = 0
    fields: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    def word(self, *words: str) -> bool:
        """Whether one of these words or signs comes next; it is then read."""
        if self.now.kind in ("name", "sign") and self.now.text.lower() in words:
            self.at += 1
            return True
        return False

    def wrong(self, wanted: str) -> InputError:
        found = f"{self.now.text!r} at character {self.now.at}" if self.now.kind != "end" else "its end"
        return InputError(f"the condition {self.text!r} cannot be read at {found}: {wanted} is wanted there", HINT)

    def either(self) -> SQL:
        parts = [self.both()]
        while self.word("or"):
            parts.append(self.both())
        return parts[0] if len(parts) == 1 else lambda made: _joined(" or ", parts, made)

    def both(self) -> SQL:
        parts = [self.one()]
        while self.word("and"):
            parts.append(self.one())
        return parts[0] if len(parts) == 1 else lambda made: _joined(" and ", parts, made)

    def one(self) -> SQL:
        self.depth += 1
        if self.depth > DEEPEST:
            raise InputError(f"the condition is nested more than {DEEPEST} deep", "Say it simpler.")
        try:
            if self.word("not"):
                known = len(self.tags)
                inner = self.one()
                del self.tags[known:]  # what is not to be there need not be anywhere
                return lambda made: f"not {inner(made)}"
            if self.word("("):
                inner = self.either()
                if not self.word(")"):
                    raise self.wrong("a closing parenthesis")
                return inner
            return self.compared()
        finally:
            self.depth -= 1

    def compared(self) -> SQL:
        token = self.now
        if token.kind == "tag":
            self.at += 1
            self.tags.append(token.text[1:].strip("\"'"))
            return _tag(self.tags[-1])
        if token.kind not in ("name", "quoted") or token.text.lower() in WORDS:
            raise self.wrong("a field")
        self.at += 1
        name = token.text  # in backticks, it is one of the metadata, whatever stands in it
        if name not in (*FIELDS, *LINKS):
            self.fields.append(name)
        if self.word("not"):
            if not self.word("in"):
                raise self.wrong("in")
            return _compared(name, "!=", self.several())
        if self.word("in"):
            return _compared(name, "=", self.several())
        if self.word("has"):
            return _compared(name, "=", [self.value()])
        if self.word("contains"):
            return _compared(name, "~", [self.value()])
        if self.now.kind == "sign" and self.now.text in SIGNS:
            sign = SIGNS[self.now.text]
            self.at += 1
            return _compared(name, sign, [self.value()])
        return _there(name)

    def several(self) -> list[tuple[Value, str]]:
        if not self.word("("):
            raise self.wrong('a list like ("a", "b")')
        values = [self.value()]
        while self.word(","):
            values.append(self.value())
        if not self.word(")"):
            raise self.wrong("a closing parenthesis")
        return values

    def value(self) -> tuple[Value, str]:
        """The value, and how it is written."""
        token = self.now
        if token.kind == "text":
            self.at += 1
            said = re.sub(r"\\(.)", r"\1", token.text[1:-1])
            return said, said
        if token.kind == "date":
            if not is_iso(token.text):
                raise InputError(
                    f"{token.text} in the condition {self.text!r} is no date of the calendar",
                    f'If it is a text, it stands in quotes: "{token.text}"',
                )
            self.at += 1
            return token.text, token.text
        if token.kind == "number":
            self.at += 1
            return (float(token.text) if "." in token.text else int(token.text)), token.text
        if token.kind == "name" and token.text.lower() in ("true", "false", "null"):
            self.at += 1
            return {"true": True, "false": False, "null": None}[token.text.lower()], token.text.lower()
        if token.kind == "name":
            raise InputError(
                f"{token.text!r} in the condition {self.text!r} stands where a value is wanted",
                f'A text stands in quotes: "{token.text}"',
            )
        raise self.wrong("a value")


def _joined(word: str, parts: list[SQL], made: Made) -> str:
    return f"({word.join(part(made) for part in parts)})"


def _rows(name: str, made: Made) -> str:
    """The values of a field as rows `v` with `value` and `type`: one of a single value, each element of a list."""
    if name in FIELDS:
        column = "s.name" if name == "source" else f"d.{name}"
        return f"(select {column} as value, 'text' as type where {column} != '') v"
    first, *rest = [name.strip("`")] if name.startswith("`") else name.split(".")
    below = made.bind(path(*rest)[1:])
    return (
        "(select n.value, n.type from json_each(d.meta) m, json_each(d.meta, m.fullkey || "
        f"{below}) n where lower(m.key) = lower({made.bind(first)})) v"
    )


def _there(name: str) -> SQL:
    if name in LINKS:
        return lambda made: _linked(name, None, made)
    return lambda made: (
        f"exists (select 1 from {_rows(name, made)} where v.type not in ('null', 'false') and v.value != '')"
    )


def _compared(name: str, sign: str, values: list[tuple[Value, str]]) -> SQL:
    """Any value of the field fits any of these; != says that none is one of them."""
    if name in LINKS:
        return _links(name, sign, values)

    def write(made: Made) -> str:
        rows = _rows(name, made)
        fits = " or ".join(_fits("=" if sign == "!=" else sign, value, said, made) for value, said in values)
        return f"{'not ' if sign == '!=' else ''}exists (select 1 from {rows} where {fits})"

    return write


def _fits(sign: str, value: Value, said: str, made: Made) -> str:
    """One value `v` against one of the condition."""
    if value is None or isinstance(value, bool):
        wanted = "null" if value is None else str(value).lower()
        return f"v.type = '{wanted}'" if sign == "=" else "1 = 0"
    if sign == "~":
        return f"instr(lower(v.value), lower({made.bind(said)})) > 0"
    parts = []
    if isinstance(value, int | float):
        parts.append(f"v.type in ('integer', 'real') and cast(v.value as numeric) {sign} {made.bind(value)}")
        parts.append(
            "v.type = 'text' and cast(cast(v.value as numeric) as text) = v.value"
            f" and cast(v.value as numeric) {sign} {made.bind(value)}"
        )
    if DATE.fullmatch(said):
        bound = made.bind(said)
        parts.append(
            "v.type = 'text' and glob('[0-9][0-9][0-9][0-9]-[0-9][0-9]*', v.value)"
            f" and substr(v.value, 1, {len(said)}) {sign} {bound}"
        )
        if not isinstance(value, int):
            parts.append(f"v.type = 'text' and length(v.value) <= {len(said)} and v.value {sign} {bound}")
    elif isinstance(value, str):
        parts.append(f"v.type = 'text' and v.value {sign} {made.bind(value)}")
    if isinstance(value, str) and sign == "=":
        parts.append(f"v.type in ('integer', 'real') and cast(v.value as text) = {made.bind(value)}")
    return " or ".join(f"({part})" for part in parts)


def _tag(tag: str) -> SQL:
    """A tag as written, in small and in capital letters (`lower` of SQLite knows A to Z only), and what is below it."""
    ascii_lower = str.maketrans({chr(n): chr(n + 32) for n in range(65, 91)})
    spelled = sorted({form.translate(ascii_lower) for form in (tag, tag.lower(), tag.capitalize(), tag.upper())})

    def write(made: Made) -> str:
        listed = made.bind(json.dumps(spelled, ensure_ascii=False))
        return (
            f"exists (select 1 from json_each(d.meta, '$.tags') v, json_each({listed}) t"
            " where v.type = 'text' and (lower(v.value) = t.value"
            " or substr(lower(v.value), 1, length(t.value) + 1) = t.value || '/'))"
        )

    return write


def _links(name: str, sign: str, values: list[tuple[Value, str]]) -> SQL:
    if sign not in ("=", "!="):
        raise InputError(f"{name} are names of notes: they are compared with = and !=", f'Write: {name} = "Note"')

    def write(made: Made) -> str:
        fits = " or ".join(_linked(name, said, made) for _, said in values)
        return f"({'not ' if sign == '!=' else ''}({fits}))"

    return write


def _linked(name: str, other: str | None, made: Made) -> str:
    """A document that links to another (`links`), or is linked from it (`backlinks`); None: to or from any."""
    linking, names = made.table("document_link"), made.table("document_name")
    if name == "links":
        only = "l.document_id = d.id"
        if other is None:
            return f"exists (select 1 from {linking} l where {only})"
        bound = made.bind(wikilinks.name(other))
        return (
            f"exists (select 1 from {linking} l where {only} and (l.name = {bound} or l.name in (select m.name from"
            f" {names} n join {names} m on m.document_id = n.document_id where n.name = {bound})))"
        )
    there = (
        f"d.id in (select n.document_id from {linking} l join {names} n on n.name = l.name"
        f" join {made.table('document')} o on o.id = l.document_id"
        " where o.source_id = d.source_id and o.id != d.id"
    )
    if other is None:
        return f"{there})"
    bound = made.bind(wikilinks.name(other))
    return f"{there} and o.id in (select document_id from {names} where name = {bound}))"
