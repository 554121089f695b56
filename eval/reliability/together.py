"""Trials of several processes on one index at the same time: every pair of commands, by two and by five."""

from __future__ import annotations

import itertools
import os
import random
import sys
from pathlib import Path

from common import Result, child, clone, content, ended, folder, problems, run
from verbs import VERBS

# A command, and the exit codes with which it may end: 4 is "another rag is writing", said at once.
COMMANDS: dict[str, tuple[list[str], set[int]]] = {
    "index": (["index", "notes", "-q"], {0, 4}),
    "search": (["search", "where is thing7 kept"], {0}),
    "search --fresh": (["search", "where is thing7 kept", "--fresh"], {0, 4}),
    "ask": (["ask", "where is thing7 kept?", "-m", "none"], {0}),
    "similar": (["similar", "00003.md"], {0, 2}),
    "doctor": (["doctor"], {0}),
    "doctor --fix": (["doctor", "--fix"], {0, 4}),
    "status": (["status"], {0}),
    "alert run": (["alert", "run"], {0}),
    "backup": (["backup", "copy-{}.db"], {0}),
    "answers": (["answers"], {0}),
    "info": (["info", "--documents"], {0}),
}


def command(place: Path, arguments: list[str], number: int, errors: Path) -> None:
    from rag.__main__ import main

    os.chdir(place)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT, 0o600), 2)
    os.environ["RAG_DB"] = "x.db"
    sys.argv = ["rag", *(argument.replace("{}", str(number)) for argument in arguments)]
    try:
        main()
    except SystemExit as end:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(end.code if isinstance(end.code, int) else 0)


def pairs(trials: int, seed: int) -> Result:
    """Two and five processes: no traceback, nothing waits for ever, and the index is that of one after the other."""
    import rag.app.open  # noqa: F401 (read once, before there are children)

    result, chance = Result("processes at the same time"), random.Random(seed)
    pairs = [*itertools.combinations_with_replacement(COMMANDS, 2)]
    with folder() as place:
        begun, whole = place / "begun", place / "whole"
        begun.mkdir()
        run(lambda: VERBS["index again"].prepare(begun))
        run(lambda: command(begun, ["alert", "add", "a", "thing", "--all"], 0, place / "errors"))
        (begun / "x.db-index").unlink(missing_ok=True)
        clone(begun, whole)
        run(lambda: command(whole, ["index", "notes", "-q"], 0, place / "errors"))
        wanted = content(whole / "x.db")
        for number in range(trials):
            one, two = pairs[number % len(pairs)] if trials >= len(pairs) else chance.choice(pairs)
            names = [one, two] if number % 2 else [one, two, one, two, one]
            clone(begun, place / "now")
            started = [
                child(lambda n=n, name=name: command(place / "now", COMMANDS[name][0], n, place / f"error{n}"))
                for n, name in enumerate(names)
            ]
            for n, (name, process) in enumerate(zip(names, started, strict=True)):
                code = ended(process)
                said = (place / f"error{n}").read_text() if (place / f"error{n}").exists() else ""
                result.check(code in COMMANDS[name][1], f"{' + '.join(names)}: {name} ended with {code}: {said[-300:]}")
                result.check("Traceback" not in said, f"{' + '.join(names)}: {name}: {said[-300:]}")
                result.seen["told to wait" if code == 4 else "done"] += 1
                (place / f"error{n}").unlink(missing_ok=True)
            result.trials += 1
            found = problems(place / "now" / "x.db")
            result.check(found == "", f"{' + '.join(names)}: unsound: {found}")
            code = run(lambda: command(place / "now", ["index", "notes", "-q"], 9, place / "errors"))
            same = code == 0 and content(place / "now" / "x.db") == wanted
            result.check(same, f"{' + '.join(names)}: another outcome ({code})")
    return result
