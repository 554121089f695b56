"""
Trials of what a stranger types: every command and option with wrong, empty, huge and unreadable values, on no index,
an empty one, a file that is none.

What is to hold: an exit code that docs/commands.md names, an error that is told in few words, no traceback; what is
asked about a file that is no index leaves it as it is.
"""

from __future__ import annotations

import os
import random
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from common import Result, child, clone, ended, folder
from together import command

CODES = {*range(8), 130}
UNREADABLE = os.fsdecode(b"\xff\xfe\xe9bad")
LONG = "a" * 100_000
LONGEST = 300  # seconds that a command may take on a machine that does much besides
HUGE = "1" + "0" * 30
TEXTS = ("", UNREADABLE, LONG, "nothing-like-this", "--", "-", "\x1b[31mred\u202e", "%s{0}$(id)", "'; drop table x")
NUMBERS = ("", "0", "-1", "abc", HUGE, str(2**63 - 1), "1.5")
SHARES = ("", "nan", "inf", "-1", "1e999", "abc")
PLACES = ("", "notes", "/dev/full", "no/such/x.out", UNREADABLE, "/proc/x.out", "notes/0.md", "x.db", "a" * 300)
VALUES = {"<int": NUMBERS, "<float": SHARES, "<path": PLACES, "PATH": PLACES}
MANUAL = Path(__file__).parents[2] / "docs" / "commands.md"
SERVING = ("serve", "watch", "models pull")  # they end when they are told to, or fetch
# Each command as it is used.
GOOD: dict[str, list[str]] = {
    "index": ["notes"], "search": ["thing7"], "similar": ["3.md"], "cluster": [], "themes": [], "duplicates": [],
    "ask": ["where is thing7 kept?", "-m", "none"], "chat": ["-m", "none"], "answers": [], "show": ["1"],
    "open": ["1.1"], "replay": ["1"], "verify": ["claims.md"], "extract": ["notes/3.md", "--schema", "name", "-q"],
    "schema": ["name: str"], "grammar": ["name: str"], "info": [], "doctor": [], "backup": ["b.db"], "optimize": [],
    "move": ["x.db", "y.db"], "status": [], "changes": [], "digest": [], "diff": ["x.db", "y.db"], "merge": ["y.db"],
    "mcp": [], "config": [], "completion": ["bash"], "import-llm": ["e.db"], "push": ["http://127.0.0.1:9"],
    "jobs show": ["1"], "jobs export": ["1"], "jobs forget": ["1"], "jobs": [], "models remove": ["nothing"],
    "models": [], "token create": ["me"], "token list": [], "token revoke": ["me"], "export space": ["space"],
    "export site": ["site"], "sources remove": ["notes"], "sources": [], "alert add": ["a", "thing"],
    "alert list": [], "alert remove": ["a"], "alert run": [], "eval init": ["s.toml"],
    "eval add": ["where?", "--unanswerable"], "eval topics": ["1"], "eval run": ["s.toml"], "eval show": ["1"],
    "eval diff": ["1", "2"], "eval history": [], "eval gate": ["s.toml", "--baseline", "b.json"],
}  # fmt: skip
EMPTY = ("search", "similar", "cluster", "themes", "duplicates", "ask", "chat", "digest", "verify")  # told that it is
NONE = {"schema", "grammar", "config", "completion", "models", "models remove", "index", "extract", "merge", "push"}


def strangers(trials: int, seed: int) -> Result:
    """Wrong, empty, huge and unreadable arguments of every command and option; no index, an empty one, none at all."""
    result, chance = Result("what a stranger types"), random.Random(seed)
    listed = [*_worlds(), *_options()]
    if trials < len(listed):
        listed = sorted(chance.sample(listed, trials), key=lambda one: one[0])
    with folder() as place:
        _prepare(place)
        for world, typed, told in listed:
            clone(place / world, place / "now")
            before = _bytes(place / "now" / "x.db")
            code = ended(child(lambda typed=typed: command(place / "now", list(typed), 0, place / "errors")), LONGEST)
            said = (place / "errors").read_text(errors="replace") if (place / "errors").exists() else ""
            (place / "errors").unlink(missing_ok=True)
            what = f"{world}: rag {' '.join(one if len(one) < 80 else one[:20] + '…' for one in typed)!r}"
            result.trials += 1
            result.seen["done" if code == 0 else "told"] += 1
            result.check(code in CODES, f"{what}: ended with {code}: {said[-300:]}")
            result.check("Traceback" not in said and "Errno" not in said, f"{what}: {said[-400:]}")
            result.check(code == 0 or bool(said.strip()), f"{what}: ended with {code} and said nothing")
            result.check(code == 0 or len(said) < 4000, f"{what}: said {len(said)} characters")
            result.check(not told or told in said, f"{what}: {told!r} is not said: {said[-300:]}")
            if world in ("text", "alien", "zero") and code:
                result.check(_bytes(place / "now" / "x.db") == before, f"{what}: changed a file that is no index")
            if world == "none" and code:
                result.check(before is None and not (place / "now" / "x.db").exists(), f"{what}: left an index")
    return result


def _bytes(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _prepare(place: Path) -> None:
    """A folder for each kind of file that may lie where the index is expected."""
    for world in ("none", "full", "empty", "zero", "text", "alien", "dir"):
        here = place / world
        (here / "notes").mkdir(parents=True)
        for number in range(10):
            (here / "notes" / f"{number}.md").write_text(f"# Thing {number}\n\nThing{number} is kept in box{number}.\n")
        (here / "claims.md").write_text('He says "Thing3 is kept in box3."\n')
    for typed in (["index", "notes", "-q"], ["ask", "thing3?", "-m", "none"], ["alert", "add", "b", "thing"]):
        assert not ended(child(lambda typed=typed: command(place / "full", typed, 0, place / "errors")))
    ended(child(lambda: command(place / "empty", ["import-llm", "no.db"], 0, place / "errors")))
    (place / "empty" / "nothing").mkdir()
    ended(child(lambda: command(place / "empty", ["index", "nothing", "-q"], 0, place / "errors")))
    (place / "zero" / "x.db").touch()
    (place / "text" / "x.db").write_text("This is no database. " * 500)
    (place / "dir" / "x.db").mkdir()
    with closing(sqlite3.connect(place / "alien" / "x.db")) as db:
        db.execute("create table t (a)")
        db.commit()


def _worlds() -> Iterator[tuple[str, tuple[str, ...], str]]:
    """(world, what is typed, what must be said)."""
    for name, arguments in GOOD.items():
        typed = (*name.split(), *arguments)
        for world in ("none", "full", "empty", "zero", "text", "alien", "dir"):
            told = "is empty" if world == "empty" and name in EMPTY else ""
            told = "there is no index" if world == "none" and name not in NONE and name not in OTHERS else told
            yield world, typed, told


OTHERS = ("import-llm", "eval add", "eval run", "eval gate")  # which look at another file first


def _options() -> Iterator[tuple[str, tuple[str, ...], str]]:
    for name, options in _commands():
        if name in SERVING:
            continue
        path = tuple(name.split())
        good = GOOD.get(name, [])  # a command that is new is tried without arguments
        typed = (*path, *good)
        yield "full", (*typed, "--no-such-option"), "No such option"
        yield "full", (*typed, "more", "of", "it"), ""
        if good:
            yield "full", path, ""
            for value in TEXTS:
                yield "full", (*path, value, *good[1:]), ""
        for flag, kind in options:
            for value in next((values for begins, values in VALUES.items() if kind.startswith(begins)), TEXTS):
                yield "full", (*typed, f"{flag}={value}") if flag.startswith("--") else (*typed, flag, value), ""


def _commands() -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Every command with its options, (name, kind of value), as docs/commands.md has them: the program makes that."""
    for section in MANUAL.read_text(encoding="utf-8").split("\n## rag ")[1:]:
        name, _, text = section.partition("\n")
        if "Commands:\n" not in text or name in GOOD:
            yield name, re.findall(r"^  (?:-\w, )?(-k|-C|-n|--[\w-]+) (<.*?>|PATH)", text, re.MULTILINE)
