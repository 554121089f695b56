"""Show somebody the place of a citation: in their editor at its line, or in their browser."""

from __future__ import annotations

import re
import shlex
import subprocess
import webbrowser
from collections.abc import Mapping
from pathlib import Path

from rag.app.ask import last_answer
from rag.app.locate import Locator, Spot, in_lines, shown
from rag.errors import InputError
from rag.store import Store
from rag.store import answers as store

COLON = ("subl", "zed", "hx", "helix")  # editors that take file:line; these with -g before it:
GOTO = ("code", "code-insiders", "codium", "cursor", "windsurf")
PLUS = frozenset("""
    vi vim nvim gvim mvim view gview vimx ex elvis vis nano rnano pico emacs emacsclient xemacs jmacs zile mg jove
    qemacs joe jpico jstar rjoe jed ne kak micro mcedit dte gedit pluma xed geany less more most editor sensible-editor
""".split())  # +LINE before the file; any other program is given the file alone  # fmt: skip  # noqa: SIM905


def cited(db: Store, name: str) -> Spot:
    """
    The place that "12.2" names: the second excerpt of answer 12, cited or nearest; "12" is its first, ".2" is of the
    last answer, and "" the first of the last.

    Raises InputError: no such answer or citation, a document that is gone.
    """
    match = re.fullmatch(r"(\d*)(?:\.(\d+))?", name)
    if match is None:
        raise InputError(f"{name!r} names no citation", "Write ANSWER.N, like 12.2; see which there are: rag answers")
    logged = store.get(db, int(match[1])) if match[1] else last_answer(db)
    spots, number = Locator(db).cited(logged.object), int(match[2] or 1)
    if not 1 <= number <= len(spots):
        if not spots:
            hint = f"See what was found: rag show {logged.id} --format json"
            raise InputError(f"answer {logged.id} shows no excerpt: nothing that was found answers it", hint)
        said = f"answer {logged.id} shows {len(spots)} excerpt{'s' * (len(spots) > 1)}, so there is no {number}"
        raise InputError(said, f"See it: rag show {logged.id}")
    spot = spots[number - 1]
    if spot.path is None and not spot.url:
        document = shown(logged.object)[number - 1]["document"]
        raise InputError(f"{document} cannot be opened: its file is not there", "Index it again: rag index --all")
    return spot


def command(editor: str, path: Path, line: int) -> list[str]:
    """What starts an editor at a line of a file."""
    words = shlex.split(editor)
    kind = Path(words[0]).stem if words else ""
    if not line:
        return [*words, str(path)]
    if kind in GOTO:
        return [*words, "-g", f"{path}:{line}"]
    if kind in COLON:
        return [*words, f"{path}:{line}"]
    return [*words, f"+{line}", str(path)] if kind in PLUS else [*words, str(path)]


def show(spot: Spot, environment: Mapping[str, str]) -> None:
    """
    Open it: a file of text in $VISUAL or $EDITOR, at its line where that is known, anything else in the browser or what
    the system opens files with.

    Raises InputError if neither can be started.
    """
    editor = environment.get("VISUAL") or environment.get("EDITOR") or ""
    if editor and spot.path and (spot.line or in_lines(spot.path)):
        try:
            subprocess.run(command(editor, spot.path, spot.line), check=False)
            return
        except (OSError, ValueError) as error:
            hint = "Set EDITOR=nano, vim, code …"
            raise InputError(f"the editor {editor!r} cannot be started: {error}", hint) from None
    if not webbrowser.open(spot.link):
        lacks = "" if editor or not spot.path else "EDITOR is not set, and "
        hint = "Set EDITOR=nano, vim, code …, or print it: rag open --print"
        raise InputError(f"{lacks}there is no browser to open {spot.link} with", hint)
