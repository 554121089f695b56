"""Trials of several processes on one index at the same time: every pair of commands, by two and by five."""

from __future__ import annotations

import itertools
import os
import random
import signal
import sys
import time
from pathlib import Path

from common import Result, child, clone, content, corpus, ended, folder, problems, run
from verbs import VERBS, fill

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
        main(leave=False)  # what the parent tidies up at its end is not the child's
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


BESIDE = ("index", "search", "search --fresh", "ask", "doctor", "doctor --fix", "status", "backup", "info")
LITTLE = {0, 2, 4}  # also where nothing is there yet


def filling(trials: int, seed: int) -> Result:
    """Others look at a file, or fill it too, while it is first filled; half of those that fill it are killed."""
    import rag.app.open  # noqa: F401 (read once, before there are children)

    result, chance = Result("first fillings of a file"), random.Random(seed)
    with folder() as place:
        begun, whole, now = place / "begun", place / "whole", place / "now"
        begun.mkdir()
        corpus(begun, 40)
        clone(begun, whole)
        started = time.monotonic()
        run(lambda: fill(whole))
        longest, wanted = time.monotonic() - started, content(whole / "x.db")
        for number in range(trials):
            clone(begun, now)
            filler = child(lambda: fill(now))
            names = [chance.choice(BESIDE) for _ in range(3)]
            beside = []
            for at, name in enumerate(names):
                time.sleep(chance.uniform(0, longest / 4))
                errors = place / f"error{at}"
                errors.unlink(missing_ok=True)
                beside.append(
                    child(lambda at=at, name=name, errors=errors: command(now, COMMANDS[name][0], at, errors))
                )
            if dies := bool(number % 2):
                time.sleep(chance.uniform(0, longest / 2))
                os.kill(filler, signal.SIGKILL)
            what = f"filling beside {' + '.join(names)}{', killed' if dies else ''}"
            code = ended(filler)
            result.seen["killed" if code == -signal.SIGKILL else "told to wait" if code == 3 else "filled"] += 1
            result.check(code in (0, 3, -signal.SIGKILL), f"{what}: it ended with {code}")
            for at, (name, process) in enumerate(zip(names, beside, strict=True)):
                code = ended(process)
                said = (place / f"error{at}").read_text() if (place / f"error{at}").exists() else ""
                fine = code in LITTLE and "Traceback" not in said
                result.check(fine, f"{what}: {name} ended with {code}: {said[-300:]}")
            result.trials += 1
            _filled(result, now, what, wanted, place / "errors")
    return result


def _filled(result: Result, place: Path, what: str, wanted: dict[str, str], errors: Path) -> None:
    """What was left is sound and can be searched; once more, and the index is whole."""
    errors.unlink(missing_ok=True)
    code = run(lambda: command(place, ["search", "where is thing7 kept"], 9, errors))
    said = errors.read_text() if errors.exists() else ""
    result.check(code in LITTLE and "Traceback" not in said, f"{what}: searched after it: {code}: {said[-300:]}")
    found = problems(place / "x.db")
    result.check(found == "", f"{what}: unsound: {found}")
    code = run(lambda: command(place, ["index", "notes", "-q"], 9, errors))
    result.check(code == 0 and content(place / "x.db") == wanted, f"{what}: another outcome ({code})")
    found = problems(place / "x.db")
    result.check(found == "", f"{what}: at the end unsound: {found}")
