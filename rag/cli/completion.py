"""`rag completion`: what a shell needs to complete commands, flags, models and sources, and the answers to it."""

from __future__ import annotations

import os
from enum import Enum
from typing import Annotated

import typer

VARIABLE = "_RAG_COMPLETE"  # a shell that completes sets it


class Shell(str, Enum):  # noqa: UP042 (typer shows the values of a str Enum)
    bash = "bash"
    zsh = "zsh"
    fish = "fish"


def completion(shell: Annotated[Shell, typer.Argument(help="The shell that you use.", show_default=False)]) -> None:
    """
    Print what makes a shell complete commands, flags, models and sources.

    bash: eval "$(rag completion bash)" in ~/.bashrc; zsh: eval "$(rag completion zsh)" in ~/.zshrc, after compinit;
    fish: rag completion fish > ~/.config/fish/completions/rag.fish
    """
    from typer.completion import get_completion_script  # type: ignore[attr-defined]

    print(get_completion_script(prog_name="rag", complete_var=VARIABLE, shell=shell.value))


def source_names(context: typer.Context, incomplete: str) -> list[str]:
    """The sources of the index that the line names, or the one that is used where none is named; none if it cannot."""
    from rag.app.open import open_database
    from rag.config import defaults
    from rag.errors import RagError
    from rag.store import sources

    try:
        named = context.params.get("database") or os.environ.get("RAG_DB") or defaults().get("database", "rag.db")
        with open_database(named, readonly=True) as db:
            return [one.name for one in sources.sources(db) if one.name.startswith(incomplete)]
    except RagError:
        return []


def model_names(incomplete: str) -> list[str]:
    """The names of generators that work here, or how they begin: servers of this machine are not asked."""
    from rag.models import available

    names = [one.name for one in available() if one.kind == "generator"]
    whole = [name if name.islower() else name[: name.index(":") + 1] for name in names]
    return [name for name in whole if name.startswith(incomplete)]


def answer_shell() -> None:
    """If it is a shell that asks, let typer answer: it ends the program."""
    if VARIABLE in os.environ:
        from typer.completion import completion_init  # type: ignore[attr-defined]

        completion_init()
