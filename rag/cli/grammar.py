"""`rag schema` and `rag grammar`: write a schema in short, see the grammar it becomes, check any GBNF."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from rag.cli.common import Format, Output
from rag.errors import InputError
from rag.terminal import escaped

Text = Annotated[str, typer.Argument(help='Fields: "name, age int, bio: a short text".', show_default=False)]
Schema = Annotated[
    str, typer.Argument(help="A JSON Schema: a file, - for stdin, JSON text, or fields in short.", show_default=False)
]


def schema(
    fields: Text,
    multi: Annotated[bool, typer.Option("--multi", help='A list of such objects, under "items".')] = False,
) -> None:
    """Print the JSON Schema that a list of fields means."""
    from rag import grammar as grammar_
    from rag import render

    print(render.as_json(grammar_.shorthand(fields, multi)))


def grammar(
    given: Schema = "",
    residual: Annotated[
        bool, typer.Option("--residual", help="Print what the grammar leaves to be checked, not the grammar.")
    ] = False,
    strict: Annotated[bool, typer.Option("--strict", help="Refuse a schema that leaves anything to check.")] = False,
    reading: Annotated[
        bool, typer.Option("--open", help="What the schema says and no more: undeclared keys, no bounds of our own.")
    ] = False,
    source: Annotated[
        Path | None, typer.Option("--source", help="The text that x-verbatim strings are taken from.")
    ] = None,
    check: Annotated[
        Path | None, typer.Option("--check", help="Load this GBNF through llama.cpp, safely; say line and column.")
    ] = None,
    base: Annotated[str, typer.Option("--base", help="Print a hand-written grammar: list, json, date …")] = "",
    form: Output = Format.text,
) -> None:
    """Print the GBNF of a JSON Schema; what is checked after decoding goes to stderr."""
    from rag import grammar as grammar_

    if check is not None:
        _check(check)
        return
    if base:
        from rag.gbnf.library import text

        print(text(base), end="")
        return
    if not given:
        raise InputError("no schema is given", 'rag grammar schema.json, or rag grammar "name, age int"')
    from rag.app.schemas import read_schema

    limits = grammar_.READING if reading else grammar_.WRITING
    known = _source(source) if source is not None else None
    shape = grammar_.compile(read_schema(given), source=known, strict=strict, limits=limits)
    rows = [{"keyword": one.keyword, "pointer": one.pointer, "why": one.why} for one in shape.residual]
    if residual:
        _residual(rows, form)
        return
    if form is not Format.text:
        from rag import render

        render.rows([{"grammar": shape.grammar, "longest": shape.longest, "residual": rows}], form.value)
        return
    print(escaped(shape.grammar), end="")  # GBNF reads an escape as the character
    for row in rows:
        where = row["pointer"] or "/"
        print(f"rag: checked after decoding: {row['keyword']} at {where}: {row['why']}", file=sys.stderr)


def _residual(rows: list[dict[str, str]], form: Format) -> None:
    from rag import render

    if form is not Format.text:
        render.rows(rows, form.value)
    elif not rows:
        print("nothing: what the grammar admits fits the schema")
    else:
        for row in rows:
            print(f"{row['keyword']:22} {row['pointer'] or '/'}  {row['why']}")


def _source(path: Path) -> str:
    from rag import files

    try:
        return files.text(path)
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"the text {path} cannot be read: {error}", "Name a text file in UTF-8.") from error


def _check(file: Path) -> None:
    from rag import grammar as grammar_
    from rag.gbnf.library import text

    try:
        grammar_.load_check(text(str(file)))
    except InputError as error:
        raise InputError(f"{file}: {error.message}", error.hint) from error
    print(f"{file}: llama.cpp loads it")
