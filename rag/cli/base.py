"""What every command has without saying so: -h beside --help, --json beside --format json, the settings of rag.toml."""

from __future__ import annotations

import math
import re
import sys
from collections.abc import Callable
from copy import copy
from typing import Any

import typer
from typer.core import TyperCommand, TyperGroup, TyperOption
from typer.exceptions import TyperException
from typer.main import get_command_name

from rag.cli import words
from rag.terminal import shortened

LARGEST = 2**62  # what SQLite counts to, with room for sums
SETTINGS = {"help_option_names": ["-h", "--help"]}


def _countable(context: Any) -> None:
    """Raises BadParameter for a number that nothing counts to."""
    for one in context.command.params:
        given = context.params.get(one.name)
        for value in given if isinstance(given, list | tuple) else [given]:
            if isinstance(value, int) and abs(value) > LARGEST:
                raise typer.BadParameter(f"{value} is too large a number.", context, one)
            if isinstance(value, float) and not math.isfinite(value):
                raise typer.BadParameter(f"{value} is no number to count with.", context, one)


def _plain(said: str) -> str:
    """What is wrong with a number, as one says it: "a whole number" for "int range", "from 1" for "x>=1"."""
    for kind, name in (("int", "whole number"), ("float", "number")):
        said = said.replace(f"is not a valid {kind}.", f"is not a {name}.")
    if found := re.search(r"is not in the range (?:(\S+)<=)?x(?:>=(\S+)|<=(\S+))?\.$", said):
        least, most = found[1] or found[2], found[3]
        wanted = f"not between {least} and {most}" if least and most else f"under {least}" if least else f"over {most}"
        said = f"{said[: found.start()]}is {wanted}."
    return said


class _Habits:
    """--json as a short form where there is a --format, and the settings of rag.toml as defaults."""

    def __init__(self, *args: Any, params: list[Any] | None = None, **options: Any) -> None:
        params = params or []
        for one in params:  # "int range" says less than the error does
            if one.type.name.endswith(" range"):
                one.type.name = one.type.name.removesuffix(" range")
        self.asks = words.asks(params)
        self.formatted = any("--format" in one.opts for one in params)
        if self.formatted:
            help = "The same as --format json."
            params = [*params, TyperOption(param_decls=["--json"], is_flag=True, expose_value=False, help=help)]
        super().__init__(*args, params=params, **options)  # type: ignore[call-arg]

    def make_context(self, info_name: Any, args: list[str], parent: Any = None, **extra: Any) -> Any:
        """With what rag.toml says, which the root was given; the models of an evaluation are its suite's."""
        if parent is not None and (said := parent.find_root().default_map):
            held = {key: said[key] for key in said if parent.info_name != "eval" or key == "database"}
            if info_name not in ("ask", "search", "similar"):  # -k means something else elsewhere
                held.pop("k", None)
            extra.setdefault("default_map", held)
        try:
            context = super().make_context(info_name, args, parent=parent, **extra)  # type: ignore[misc]
            _countable(context)
        except TyperException as error:
            if isinstance(said := getattr(error, "message", None), str):
                error.message = shortened(_plain(said))
            if self.asks and hasattr(error, "option_name") and said.startswith("No such"):
                error.message += f". {words.NOT_KNOWN.format(command=info_name)}"
            raise
        return context

    def parse_args(self, context: Any, args: list[str]) -> list[str]:
        if self.formatted:
            end = args.index("--") if "--" in args else len(args)
            args = ["--format=json" if one == "--json" else one for one in args[:end]] + args[end:]
        if self.asks:
            args = words.kept(args, self.params)  # type: ignore[attr-defined]
        parsed: list[str] = super().parse_args(context, args)  # type: ignore[misc]
        return parsed


class Command(_Habits, TyperCommand):
    pass


class Group(_Habits, TyperGroup):
    def parse_args(self, context: Any, args: list[str]) -> list[str]:
        """Only a --json before the name of a member is the group's own."""
        own = next((at for at, one in enumerate(args) if one in self.commands), len(args))
        if self.formatted and "--json" not in args[:own]:
            return TyperGroup.parse_args(self, context, args)
        return super().parse_args(context, args)


class App(typer.Typer):
    """A typer app whose commands are made so."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**{"cls": Group, "context_settings": SETTINGS, "rich_markup_mode": None, **options})

    def command(self, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        return super().command(name, **{"cls": Command, "context_settings": SETTINGS, **options})

    def __call__(self, args: list[str] | None = None, **options: Any) -> Any:
        """Run. Only the command that is asked for is built: building them all takes as long as a search."""
        typed = sys.argv[1:] if args is None else args
        return super(App, self.only(typed[0]) if typed else self).__call__(args, **options)

    def only(self, name: str) -> App:
        """The same app with this one member; itself, if it has none of that name."""
        one = copy(self)
        one.registered_commands = [
            command
            for command in self.registered_commands
            if name == command.name or (command.callback and name == get_command_name(command.callback.__name__))
        ]
        one.registered_groups = [
            group
            for group in self.registered_groups
            if name == (group.name or (group.typer_instance and group.typer_instance.info.name))
        ]
        return one if one.registered_commands or one.registered_groups else self
