"""
Trials of two versions of the program at one file: an older one, from the history of this repository, beside this one.

For each schema that was added, the code of the commit before: it makes an index, then both are at it in turn or at the
same time. Nothing is lost, what is answered is right, what cannot be done is said in words. Without the history there
are no trials.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from common import Result, clone, content, folder, problems
from soak import address

ROOT = Path(__file__).parents[2]
MIGRATIONS = "rag/store/migrations"
EXPLAINED = {0, 1, 2, 4}  # exit codes of what is done, and of an error that is told
NEW = "Thing7 was lent out, to box7."


def versions(trials: int, seed: int) -> Result:
    """An older version and this one at one file, in turn and at the same time, for every schema there was."""
    result = Result("two versions at one file")
    for commit in _older()[: max(1, -(-trials // len(WAYS)))]:
        with folder() as place:
            code = place / "code"
            code.mkdir()
            packed = subprocess.run(["git", "-C", ROOT, "archive", commit, "rag"], capture_output=True, check=True)
            subprocess.run(["tar", "-x", "-C", code], input=packed.stdout, check=True)
            (place / "begun" / "notes").mkdir(parents=True)
            for number in range(300):
                text = f"# Thing {number}\n\nThing{number} is kept in box{number}.\n"
                (place / "begun" / "notes" / f"{number}.md").write_text(text)
            _done(result, f"{commit}: its index", code, place / "begun", "index", "notes", "--source", "notes")
            for name, way in WAYS.items():
                clone(place / "begun", place / "now")
                way(result, f"{commit}: {name}", code, place / "now")
                found = problems(place / "now" / "x.db")
                result.check(found == "", f"{commit}: {name}: unsound: {found}")
                result.trials += 1
    return result


def _older() -> list[str]:
    """The commits before each one that added a schema, newest first."""
    command = ["git", "-C", str(ROOT), "log", "--diff-filter=A", "--format=%h~1", "--", MIGRATIONS]
    try:
        return subprocess.run(command, capture_output=True, check=True, text=True).stdout.split()
    except (OSError, subprocess.CalledProcessError):
        return []


def _start(code: Path, here: Path, *typed: str, log: Path | None = None) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": str(code), "RAG_EMBEDDER": "hash:64", "RAG_DB": "x.db"}
    out = log.open("w") if log else subprocess.PIPE
    command = [sys.executable, "-m", "rag", *typed]
    return subprocess.Popen(command, cwd=here, env=environment, stdout=out, stderr=out, text=True)


def _done(result: Result, what: str, code: Path, here: Path, *typed: str) -> tuple[int, str]:
    return _ended(result, what, _start(code, here, *typed))


def _ended(result: Result, what: str, process: subprocess.Popen[str]) -> tuple[int, str]:
    out, errors = process.communicate(timeout=600)
    result.check("Traceback" not in errors and process.returncode in EXPLAINED, f"{what}: {errors[-300:]}")
    result.seen["told" if process.returncode else "done"] += 1
    return process.returncode, out + errors


def _in_turn(result: Result, what: str, code: Path, here: Path) -> None:
    """What this version upgraded the older one refuses, and leaves as it is."""
    _, said = _done(result, what, ROOT, here, "search", "where is thing7 kept")
    result.check("Thing7 is kept in box7." in said, f"{what}: this one finds {said[-200:]}")
    before = content(here / "x.db")
    for typed in (["search", "thing7"], ["index", "notes", "--source", "notes"], ["doctor", "--fix"]):
        number, said = _done(result, what, code, here, *typed)
        result.check(number == 4 and "newer version" in said, f"{what}: rag {typed[0]}: {number}: {said[-200:]}")
    result.check(content(here / "x.db") == before, f"{what}: the older one changed it")


def _while_it_writes(result: Result, what: str, code: Path, here: Path) -> None:
    """This version looks while the older one writes; both end in words, and once more it is all there."""
    for path in (here / "notes").iterdir():
        path.write_text(path.read_text().replace("is kept in", "was lent out, to"))
    older = _start(code, here, "index", "notes", "--source", "notes")
    newer = [_start(ROOT, here, "search", "where is thing7 kept") for _ in range(2)]
    for process in newer:
        number, said = _ended(result, what, process)
        right = "box7." in said if number == 0 else "hint: " in said
        result.check(right, f"{what}: searched meanwhile: {number}: {said[-200:]}")
    _ended(result, f"{what}: the older one", older)
    _again(result, what, here)


def _while_it_serves(result: Result, what: str, code: Path, here: Path) -> None:
    """The older one serves while this version upgrades and writes: what it answers is right, or an error."""
    log = here.parent / "serve.log"
    server = _start(code, here, "serve", "--port", "0", "-m", "none", "-d", "x.db", log=log)
    try:
        url, token = address(log)
        result.check(_asked(url, token)[0] == 200, f"{what}: not served: {log.read_text()[-300:]}")
        (here / "notes" / "7.md").write_text(f"# Thing 7\n\n{NEW}\n")
        _again(result, what, here)
        for _ in range(3):
            status, said = _asked(url, token)
            right = NEW in said if status == 200 else status in (500, 503)
            result.check(right, f"{what}: served afterwards: {status}: {said[:300]}")
            result.seen["answered" if status == 200 else "refused"] += 1
        again = _start(ROOT, here, "search", "where is thing7 kept")
        result.check(NEW in _ended(result, what, again)[1], f"{what}: not found beside it")
    finally:
        server.terminate()
        server.wait(60)


def _asked(url: str, token: str) -> tuple[int, str]:
    request = urllib.request.Request(f"{url}/api/search?q=thing7", headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            found = json.load(reply)["items"]
            return reply.status, found[0]["content"] if found else ""
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(errors="replace")


def _again(result: Result, what: str, here: Path) -> None:
    """This version reads the folder, and has what a fresh index has."""
    number, said = _done(result, what, ROOT, here, "index", "notes", "--source", "notes", "-q")
    result.check(number == 0, f"{what}: once more: {number}: {said[-300:]}")
    with folder() as place:
        clone(here / "notes", place / "notes")
        _done(result, what, ROOT, place, "index", "notes", "--source", "notes", "-q")
        fresh = content(place / "x.db")
    result.check(content(here / "x.db") == fresh, f"{what}: another index than a fresh one")


WAYS: dict[str, Callable[[Result, str, Path, Path], None]] = {
    "in turn": _in_turn,
    "while it writes": _while_it_writes,
    "while it serves": _while_it_serves,
}
