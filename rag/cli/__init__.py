"""
The command `rag`. Each command is in a module of its own; here they are wired and their errors caught.

The only place that catches RagError: message and hint on stderr, the error's exit code, no traceback.
"""

from __future__ import annotations

import errno
import logging
import os
import signal
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Annotated, NoReturn

import typer

from rag import waiting
from rag.cli import ask as ask_
from rag.cli import chat as chat_
from rag.cli import cluster as cluster_
from rag.cli import completion as completion_
from rag.cli import config as config_
from rag.cli import diff as diff_
from rag.cli import digest as digest_
from rag.cli import doctor as doctor_
from rag.cli import duplicates as duplicates_
from rag.cli import evaluate as evaluate_
from rag.cli import extract as extract_
from rag.cli import grammar as grammar_
from rag.cli import import_llm as import_llm_
from rag.cli import index as index_
from rag.cli import jobs as jobs_
from rag.cli import merge as merge_
from rag.cli import models as models_
from rag.cli import move as move_
from rag.cli import open as open__
from rag.cli import optimize as optimize_
from rag.cli import push as push_
from rag.cli import search as search_
from rag.cli import serve as serve_
from rag.cli import shards as shards_
from rag.cli import sources as sources_
from rag.cli import themes as themes_
from rag.cli import verify as verify_
from rag.cli.base import App
from rag.config import defaults
from rag.errors import InputError, RagError
from rag.terminal import Closed, guard

app = App(
    name="rag",
    help="Ask your own documents. One SQLite file, local models, quotes that cannot be invented.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


def _version(wanted: bool) -> None:
    if wanted:
        from rag import __version__

        print(f"rag {__version__}")
        raise typer.Exit


@app.callback()
def _main(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    guard()


app.command(short_help="Index files and other sources, only what changed.")(index_.index)
app.command()(search_.search)
app.command()(search_.similar)
app.command(short_help="Show what is in the index, in groups.")(cluster_.cluster)
app.command(short_help="Show what is said, by theme, with quotes.")(themes_.themes)
app.command(short_help="Find what stands there more than once.")(duplicates_.duplicates)
app.command()(ask_.ask)
app.command()(chat_.chat)
app.command()(ask_.answers)
app.command(short_help="Print one answer of the log again.")(ask_.show)
app.command("open", short_help="Open what an answer cites.")(open__.open_)
app.command(short_help="Ask a logged question again and compare.")(ask_.replay)
app.command(short_help="Check the quotations of a text.")(verify_.verify)
app.command()(extract_.extract)
app.add_typer(jobs_.app, name="jobs", short_help="Extraction jobs and their rows.")
app.command()(grammar_.schema)
app.command(short_help="Print the grammar of a JSON Schema.")(grammar_.grammar)
app.command()(doctor_.info)
app.command(short_help="Check the index, and mend it.")(doctor_.doctor)
app.command(short_help="Copy the index to a new file, checked.")(doctor_.backup)
app.command(short_help="Make the index small and quick again.")(optimize_.optimize)
app.command(short_help="Copy the index to a server, or back.")(move_.move)
app.add_typer(shards_.app, name="shards", short_help="An index on several servers.")
app.add_typer(models_.app, name="models", short_help="List, pull and remove models.")
app.command(short_help="Index again whenever a file changes.")(sources_.watch)
app.command()(sources_.status)
app.command(short_help="Documents that changed after a version.")(sources_.changes)
app.command(short_help="What is new since the last look, by theme.")(digest_.digest)
app.command(short_help="What differs between indexes, or since when.")(diff_.diff)
app.command(short_help="Take over what another index has.")(merge_.merge)
app.command(short_help="Serve the index: a page, an API.")(serve_.serve)
app.command(short_help="Serve the index to an agent (MCP).")(serve_.mcp)
app.add_typer(serve_.token_app, name="token")
app.add_typer(serve_.export_app, name="export")
app.command(short_help="Which settings hold, and from where.")(config_.config)
app.command(short_help="Completion for bash, zsh or fish.")(completion_.completion)
app.command("import-llm", short_help="Take over collections of llm.")(import_llm_.import_llm)
app.command(short_help="Send what changed to another server.")(push_.push)
app.add_typer(sources_.app, name="sources")
app.add_typer(sources_.alert_app, name="alert")
app.add_typer(evaluate_.app, short_help="Evaluation runs: measure and compare.")


CALLED_FROM_C = "rag.models.llama.library"


def hear_interrupts() -> None:
    """
    What is raised in a callback from C, or while something is thrown away, is forgotten, Ctrl-C too: it is raised again
    a moment later.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        if frame is not None and frame.f_globals.get("__name__") == CALLED_FROM_C:
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            return
        raise KeyboardInterrupt

    def forgotten(what: sys.UnraisableHookArgs) -> None:
        if what.exc_type is KeyboardInterrupt:
            signal.setitimer(signal.ITIMER_REAL, 0.02)
        else:
            sys.__unraisablehook__(what)

    sys.unraisablehook = forgotten
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, stop)
        signal.signal(signal.SIGALRM, stop)


def main(arguments: list[str] | None = None, name: str | None = None) -> None:
    """The entry point: run, and turn a RagError into a message and an exit code. `llm rag` gives what was typed."""
    guard()
    logging.lastResort = waiting.Shown(logging.WARNING)
    hear_interrupts()
    completion_.answer_shell()
    try:
        try:
            app(arguments, prog_name=name, default_map=defaults())
        except SystemExit:
            sys.stdout.flush()  # here a full disk can still be told
            raise
    except RagError as error:
        _fail(error)
    except MemoryError:
        print("rag: the memory is used up; what was done is kept", file=sys.stderr)
        sys.exit(1)
    except (Closed, BrokenPipeError):
        _abandon()
        sys.exit(141)
    except OSError as error:
        _fail(_told(error))
    except UnicodeEncodeError as error:
        _fail(_unreadable(error, sys.argv[1:] if arguments is None else arguments))
    except KeyboardInterrupt:
        print("rag: stopped; what was done is kept, run it again to go on", file=sys.stderr)
        sys.exit(130)


def _fail(error: RagError) -> NoReturn:
    from rag import render

    render.problem(error)
    sys.exit(error.exit_code)


def _abandon() -> None:
    """What is left to be printed has nowhere to go."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _told(error: OSError) -> RagError:
    """What the machine could not do, in one line."""
    if error.filename is None:
        _abandon()
    if isinstance(error, FileNotFoundError) and error.filename is None:
        return RagError("the folder you are in is not there any more", "cd to another")
    if error.errno in (errno.ENOSPC, errno.EDQUOT):  # of a copy the file that was read would be named
        return RagError("the disk is full", "Free some space, run the same command again.")
    name = f"{os.fsdecode(error.filename)}: " if isinstance(error.filename, str | bytes) else ""
    return RagError(f"{name}{error.strerror or error}")


def _unreadable(error: UnicodeEncodeError, arguments: list[str]) -> RagError:
    """Which argument it was that cannot be written so, bytes of no text. Raises the error if it was none."""
    for argument in arguments:
        try:
            argument.encode(error.encoding)
        except UnicodeEncodeError:
            encoding = error.encoding.upper()
            return InputError(f"{argument!r} cannot be used: it cannot be written in {encoding}", "Type it anew.")
    raise error
