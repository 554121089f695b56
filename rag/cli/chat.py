"""`rag chat`: a conversation on the terminal, every question after the last one."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from rag.cli.common import (
    DEFAULT_DATABASE,
    BaseUrl,
    Database,
    K,
    Model,
    Prefix,
    Rerank,
    Since,
    Source,
    Tags,
    Until,
    Where,
)
from rag.errors import RagError

if TYPE_CHECKING:
    from rag.app.ask import Asked, AskRequest
    from rag.index import Index
    from rag.store.answers import Logged
    from rag.types import Generator

POLITE = re.compile(  # what people say in a conversation that asks for nothing
    r"(?:many )?(?:thanks?|thank you|thx|ok(?:ay)?|great|nice|cool|perfect|hi|hello|hey|bye|danke|vielen dank|hallo"
    r"|merci|bonjour|gracias|hola|grazie|ciao|obrigad[oa])(?: (?:a lot|so much|very much|schön|beaucoup|you|there))?"
    r"[ !.,:)]*",
    re.IGNORECASE,
)
HELP = """\
Ask a question; the next one may lean on it ("and on Windows?").
  /sources   what the last answer cites    /open N   open excerpt N in $EDITOR or the browser
  /new       begin a new conversation      /quit     or Ctrl-D: leave
Ctrl-C stops an answer, not the conversation."""


def chat(
    database: Database = DEFAULT_DATABASE,
    model: Model = "smollm2",
    base_url: BaseUrl = "",
    k: K = 8,
    follow: Annotated[bool, typer.Option("--continue", "-c", help="Go on with the last conversation.")] = False,
    source: Source = "",
    prefix: Prefix = "",
    since: Since = "",
    until: Until = "",
    rerank: Rerank = "",
    where: Where = "",
    tag: Tags = None,
    log: Annotated[bool, typer.Option("--log/--no-log", help="Keep the answers (rag answers).")] = True,
) -> None:
    """Ask one question after another; each may lean on the last."""
    from rag import render
    from rag.app.ask import AskRequest, last_answer
    from rag.app.open import filters, open_generator, open_index
    from rag.app.sources import settled

    wanted = filters(source, prefix, since, until, where, tag or ())
    request = AskRequest("", model, base_url, k, wanted, rerank=rerank)
    with open_index(database) as index:
        request = replace(request, filters=settled(index.db, wanted))
        earlier = last_answer(index.db) if follow else None
        generator = open_generator(model, base_url)
        if sys.stdin.isatty():
            render.note(HELP)
            _remember_lines()
        Conversation(index, request, generator, earlier, log).run()


class Conversation:
    """What was asked and answered so far, and what is typed next."""

    def __init__(
        self, index: Index, request: AskRequest, generator: Generator | None, earlier: Logged | None, log: bool
    ) -> None:
        self.index, self.request, self.generator, self.earlier, self.log = index, request, generator, earlier, log
        self.last: Mapping[str, Any] = earlier.object if earlier else {}
        self._turns = 0

    def run(self) -> None:
        """Until the input ends."""
        from rag import render

        while True:
            try:
                line = input("\n> " if sys.stdin.isatty() else "").strip()
            except EOFError:
                return
            except KeyboardInterrupt:  # a line that was begun is forgotten
                print(file=sys.stderr)
                continue
            if line.casefold() in ("/quit", "/exit", "/q", "quit", "exit"):
                return
            try:
                if line.startswith("/"):
                    self._command(*line.split(maxsplit=1))
                elif POLITE.fullmatch(line):
                    render.note("ask something about your documents; /help says what else there is")
                elif line:
                    self._ask(line)
            except RagError as error:  # the conversation goes on
                render.problem(error)
            except KeyboardInterrupt:
                render.note("\nstopped")

    def _repeat(self, question: str) -> None:
        """A question that was not typed is on no screen: its turn begins with it."""
        from rag import render

        print("\n" * bool(self._turns) + f"> {render.safe(question)}\n", flush=True)
        self._turns += 1

    def _ask(self, question: str) -> None:
        from rag import render
        from rag.app.ask import ask
        from rag.app.locate import Locator
        from rag.ask import capable
        from rag.cli import answered

        question = question.encode("utf-8", "replace").decode()
        if not sys.stdin.isatty():
            self._repeat(question)
        live = sys.stdout.isatty() and capable(self.generator)
        passed_on: list[str] = []

        def show(piece: str) -> None:
            passed_on.append(piece)
            print(render.safe(piece), end="", flush=True)

        done = ask(
            self.index,
            replace(self.request, question=question),
            self.generator,
            earlier=self.earlier,
            log=self.log,
            on_text=show if live else None,
        )
        for note in done.notes:
            render.note(f"rag: {note}")
        answered.show(done.object, Locator(self.index.db).cited(done.object), streamed=bool(passed_on))
        self._go_on(question, done)

    def _go_on(self, question: str, done: Asked) -> None:
        """The next question is asked after this one, even if it is not in the log."""
        from rag.store.answers import Logged

        before = self.earlier
        history = (*before.history, (before.question, before.answer)) if before else ()
        conversation = before.conversation if before else done.number
        text = str(done.object["answer"])
        self.earlier = Logged(question, text, done.object, self.request.settings(), history, conversation)
        self.last = done.object

    def _command(self, name: str, rest: str = "") -> None:
        from rag import render
        from rag.app.locate import Locator, shown
        from rag.cli import answered

        cited = shown(self.last) if self.last else []
        if name == "/sources":
            spots = Locator(self.index.db).cited(self.last) if cited else []
            for number, (one, spot) in enumerate(zip(cited, spots, strict=True), 1):
                print(f"{render.style(f'[{number}]', '1')} {answered.place(one, spot)}")
            if not cited:
                render.note("the last answer cites nothing" if self.last else "nothing is cited yet")
        elif name == "/open":
            if rest.isdigit() and 0 < int(rest) <= len(cited):
                self._open(cited[int(rest) - 1])
            else:
                render.note(f"there is no excerpt {rest or '?'}; /sources names those of the last answer")
        elif name == "/new":
            self.earlier, self.last = None, {}
            render.note("a new conversation")
        else:
            if name not in ("/help", "/?"):
                render.note(f"there is no command {name}")
            render.note(HELP)

    def _open(self, one: Mapping[str, Any]) -> None:
        """The excerpt's file in $EDITOR at its line, else its address in the browser."""
        import webbrowser

        from rag import render

        file = self._file(one["document"])
        if file is not None and (editor := os.environ.get("VISUAL") or os.environ.get("EDITOR")):
            words = shlex.split(editor)
            at = [f"+{one['line']}"] if Path(words[0]).stem in ("vi", "vim", "nvim", "nano", "emacs", "micro") else []
            try:
                subprocess.run([*words, *at, str(file)], check=False)
            except OSError as error:
                render.note(f"{words[0]} cannot be started: {error}")
        elif one["url"] or file:
            webbrowser.open(one["url"] or (file.resolve().as_uri() if file else ""))
        else:
            render.note(f"{one['document']} is not a file here, and has no address")

    def _file(self, key: str) -> Path | None:
        """The file that a document was read from, if it is one and is still there."""
        import json

        from rag.store import sources

        for remembered in sources.sources(self.index.db):
            for path in json.loads(remembered.settings or "{}").get("paths", []):
                for file in (Path(path) / key, Path(path)):
                    if file.is_file() and (file.name == Path(key).name):
                        return file
        return None


def _remember_lines() -> None:
    """Keys as in a shell: the questions of earlier conversations come back with the arrow."""
    with suppress(ImportError, OSError):
        import atexit
        import readline

        home = Path(os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state") / "chapterverse"
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        file = home / "chat_history"
        with suppress(OSError):
            readline.read_history_file(file)
        readline.set_history_length(1000)
        atexit.register(lambda: readline.write_history_file(file))
