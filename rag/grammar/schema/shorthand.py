"""
The short way to write a schema: `name, age int, city?, size: one of S M L, tags: list of str, bio: a short text`.

The notation of `llm`, with a little more. Fields stand between commas or, where a description holds one, on lines.
Behind the name, or behind its colon, stands the type: `int`, `float`, `bool`, `str`, `date`, `time` ("14:30"), `email`,
`url`, `one of A B` (with `|`, or in a line of its own commas, between values of several words), `list of TYPE` (`list`
alone: of str), `{fields}`; what else follows a colon, or a comma behind such a type, describes the field. A field may
be null where a document says nothing; `name!` may not, and `name?` may be missing as well. A list is empty instead.
"""

from __future__ import annotations

import itertools
import re
import shlex
from collections.abc import Iterator

from rag.errors import InputError
from rag.types import JSON

TYPES = {
    "int": "integer",
    "integer": "integer",
    "float": "number",
    "number": "number",
    "bool": "boolean",
    "boolean": "boolean",
    "str": "string",
    "string": "string",
    "text": "string",
    "url": "string",
    "decimal": "number",
    "double": "number",
}
CLOCK = "^(?:[01][0-9]|2[0-3]):[0-5][0-9]$"  # the format `time` of JSON Schema asks for seconds and a zone, too
FORMATS = {"date": {"format": "date"}, "time": {"pattern": CLOCK}, "email": {"format": "email"}}
KNOWN = "int, float, bool, str, date, time, email, url, one of A B, list of TYPE, {fields}"
# A type before a description, in words that describe nothing: not "date, time and place".
TYPED = re.compile(
    r"(?P<kind>(?:list of )?(?:int|integer|float|bool|boolean|str|string)[?!]?"
    r"|list of (?:date|time|email|url|text|number)[?!]?)"
    r"\s*(?:[,;:]|\s[-–—]\s)\s*(?=\S)",
    re.IGNORECASE,
)
SAID = frozenset({"datetime", "timestamp", "duration", "period", "money", "phone"})  # what a field without a type takes
CHOICE = re.compile(r"(?:list (?:of )?)?one of:?\s+(?P<values>.*)", re.IGNORECASE | re.DOTALL)
HINT = 'Write fields like: rag schema "name, age int, size: one of S M L, tags: list of str, bio: a short text"'


def shorthand(text: str, multi: bool = False) -> JSON:
    """The JSON Schema of a shorthand; with `multi`, of a list of such objects under "items". Raises InputError."""
    schema = _object(text)
    if not multi:
        return schema
    return _closed({"items": {"type": "array", "items": schema}}, ["items"])


def _object(text: str) -> dict[str, JSON]:
    properties: dict[str, JSON] = {}
    required = []
    lines = list(_parts(text, "\n"))
    parts = lines if len(lines) > 1 else list(_parts(text, ","))
    for n, part in enumerate(parts):
        _check_choice(part, parts[n + 1 :] if parts is not lines else [])
        name, schema, optional = _field(part)
        if name in properties:
            raise InputError(f"the field {name!r} stands there twice", HINT)
        properties[name] = schema
        if not optional:
            required.append(name)
    if not properties:
        raise InputError("the shorthand names no field", HINT)
    return _closed(properties, required)


def _closed(properties: dict[str, JSON], required: list[str]) -> dict[str, JSON]:
    """An object of these keys and no others."""
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def _check_choice(part: str, following: list[str]) -> None:
    """Raises InputError for a choice of one value: `one of easy, medium, hard` was meant as one of three."""
    named = re.match(r"\s*(?P<name>[^\s:]+)[\s:]+(?P<kind>.*)", part, re.DOTALL)
    choice = CHOICE.fullmatch(_bare(named["kind"].strip())) if named else None
    if named is None or choice is None or len(_values(choice["values"])) > 1:
        return
    meant = [choice["values"].strip(), *itertools.takewhile(_is_bare, following)]
    bars = (" | " if any(" " in one for one in meant) else " ").join(meant if len(meant) > 1 else [meant[0], "…"])
    raise InputError(
        f"the field {named['name']!r} is one of a single value, {meant[0]!r}",
        f"Between the values stand blanks, or bars: {named['name']}: one of {bars}",
    )


def _is_bare(part: str) -> bool:
    """Whether a part is a field of words alone, which may be meant as a value."""
    return not set(part) & set(":{!?") and part.split()[-1].lower() not in (*TYPES, *FORMATS)


def _field(text: str) -> tuple[str, dict[str, JSON], bool]:
    """The name, the schema, and whether it may be missing."""
    head, _, about = (part.strip() for part in _cut(text))
    name, _, kind = (part.strip() for part in head.partition(" "))
    schema = _type(_bare(kind)) if kind else None
    if kind and schema is None:
        said = f"Write {name!r} alone: it is taken as the document says it." if kind.lower() in SAID else HINT
        raise InputError(f"the field {head!r}: {kind!r} is not a type; known are {KNOWN}", said)
    if schema is None and (schema := _type(_bare(about))) is not None:
        kind, about = about, ""
    if schema is None and (typed := TYPED.match(about)):  # "bring: list of str, what the child should bring"
        schema = _type(_bare(typed["kind"]))
        kind, about = (typed["kind"], about[typed.end() :].strip()) if schema else (kind, about)
    marks = {word[-1:] for word in (name, kind)} & {"?", "!"}
    name = _bare(name)
    if not name or len(marks) > 1:
        raise InputError(f"a field without a name: {text!r}", HINT)
    schema = schema or {"type": "string"}
    if "!" not in marks:
        schema = _nullable(schema)
    return name, schema | ({"description": about} if about else {}), "?" in marks


def _bare(text: str) -> str:
    """Without the mark behind it that says whether it may be missing."""
    return text[:-1].rstrip() if text.endswith(("?", "!")) else text


def _type(text: str) -> dict[str, JSON] | None:
    """The schema of a type, None if the text is none."""
    word = text.lower()
    if word in TYPES:
        return {"type": TYPES[word]}
    if word in FORMATS:
        return {"type": "string", **FORMATS[word]}
    if text.startswith("{") and text.endswith("}"):
        return _object(text[1:-1])
    if word == "list":
        return {"type": "array", "items": {"type": "string"}}
    if word.startswith("list "):  # "list {name, price float}" is one, too
        inner = _type(text[len("list ") :].strip().removeprefix("of ").strip())
        return None if inner is None else {"type": "array", "items": inner}
    if choice := CHOICE.fullmatch(text):
        values = _values(choice["values"])
        return {"enum": values} if len(values) > 1 else None
    return None


def _values(text: str) -> list[str]:
    """The values of a choice: between bars or commas, else between blanks with quotes around those of several words."""
    if mark := next((mark for mark in "|," if mark in text), ""):
        found = [_unquoted(value.strip()) for value in text.split(mark)]
    else:
        try:
            found = shlex.split(text)
        except ValueError:  # a quote without its other
            found = text.split()
    return list(dict.fromkeys(filter(None, found)))


def _unquoted(value: str) -> str:
    """A value without the quotes around it, which are needed between blanks only."""
    quoted = len(value) > 1 and value[0] == value[-1] and value[0] in "\"'" and value[0] not in value[1:-1]
    return value[1:-1].strip() if quoted else value


def _nullable(schema: dict[str, JSON]) -> dict[str, JSON]:
    if "enum" in schema:
        return {**schema, "enum": [*schema["enum"], None]}
    return schema if schema["type"] == "array" else {**schema, "type": [schema["type"], "null"]}


def _parts(text: str, mark: str) -> Iterator[str]:
    """What stands between the marks that are in no braces, the empty ones left out."""
    depth = start = 0
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth < 0:
            raise InputError(f"a brace is closed that was not opened: {text[: at + 1]!r}", HINT)
        if char == mark and not depth:
            if part := text[start:at].strip():
                yield part
            start = at + 1
    if depth:
        raise InputError(f"a brace is not closed: {text[start:].strip()!r}", HINT)
    if part := text[start:].strip():
        yield part


def _cut(text: str) -> tuple[str, str, str]:
    """Before and after the first colon that is in no braces."""
    depth = 0
    for at, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if char == ":" and not depth:
            return text[:at], char, text[at + 1 :]
    return text, "", ""
