"""
Trials of what can only be read: every command on an index in a folder, a file or on a disk that cannot be written.

What is to hold: what only reads works, and has all that was committed; what must write says so, and what to type
instead; no traceback, and no file is another afterwards.
"""

from __future__ import annotations

import ctypes
import gzip
import json
import os
import random
import signal
import sqlite3
import time
import urllib.error
import urllib.request
from contextlib import closing
from pathlib import Path

from common import Result, child, clone, ended, folder
from soak import address
from strangers import LONGEST
from together import command
from verbs import SCHEMAS

# Where the index lies: in a folder of others, a file of others in a folder of ours, on a disk to read only (where this
# process may mount one), without the files beside it, with older ones, with a WAL, or made by an older version.
WORLDS = ("folder", "file", "disk", "bare", "lagging", "wal", "old")
# What only reads, or writes elsewhere (OUT): it must be done.
READS: dict[str, list[str]] = {
    "search": ["where is thing7 kept"], "search --words": ["thing7"], "search --json": ["thing7"],
    "similar": ["7.md", "--source", "notes"], "cluster": [], "themes": [], "duplicates": [], "digest": [],
    "ask -m none": ["where is thing7 kept?"], "ask -m none --no-log": ["where is thing7 kept?"], "answers": [],
    "chat -m none": [], "show": ["1"], "open --print": ["1.1"], "replay": ["1"], "verify": ["claims.md"], "info": [],
    "info --documents": [], "doctor": [], "doctor --deep": [], "doctor --recover": ["OUT/r.db"], "status": [],
    "changes": [], "changes --since": ["0"], "diff": ["x.db", "y.db"], "backup": ["OUT/b.db"], "sources": [],
    "move": ["x.db", "OUT/z.db"], "export site": ["OUT/site"], "export space": ["OUT/space"], "jobs": [], "mcp": [],
    "jobs show": ["1"], "jobs export": ["1"], "alert list": [], "token list": [], "eval history": [],
    "extract --schema name -d OUT/jobs.db": ["notes/3.md"],
}  # fmt: skip
# What writes into the index or beside it: it says what to do, or does without.
WRITES: dict[str, list[str]] = {
    "index": ["notes"], "index --all": [], "search --fresh": ["thing7"], "extract --schema name": ["notes/3.md"],
    "doctor --fix": [], "optimize": [], "merge": ["y.db"], "sources remove": ["notes"], "alert add": ["c", "thing"],
    "alert remove": ["b"], "alert run": [], "token create": ["me"], "jobs forget": ["1"], "backup": ["b.db"],
    "move": ["x.db", "z.db"], "export site": ["site"], "export space": ["space"],
}  # fmt: skip
FOUND = {"search": "box7", "search --words": "box7", "ask -m none": "box7", "ask -m none --no-log": "box7"}
COMMITTED = "Thing7 was lent out, to box7."  # into the WAL
DIFFERS = {"replay": {0, 1}, "verify": {0, 1}, "diff": {0, 1}}  # exit codes of what compares
SKIPPED = 99
NEWNS, READ_ONLY, REMOUNT, BIND, RECURSIVE, PRIVATE = 0x20000, 1, 32, 4096, 1 << 14, 1 << 18  # of Linux
CAPABILITIES = 0x20080522  # the version of the call


def sealed(trials: int, seed: int) -> Result:
    """Every command where nothing can be written: what reads works, what writes says so, no file is another."""
    result, chance = Result("what can only be read"), random.Random(seed)
    many = [("reads", READS), ("writes", WRITES), ("serves", {"serve": ["-m", "none", "--port", "0"]})]
    listed = [(world, kind, name) for world in WORLDS for kind, names in many for name in names]
    if trials < len(listed):
        listed = sorted(chance.sample(listed, trials))
    commands = dict(many)
    with folder() as place:
        _prepare(place)
        for world, kind, name in listed:
            now, out = place / "now", place / "out"
            clone(place / world, now)
            clone(place / "nothing", out)
            typed = [one.replace("OUT", str(out)) for one in (*name.split(), *commands[kind][name])]
            _close(now, world)
            before = _all(now)
            process = child(lambda: _as_guest(now, typed, out, world))
            if kind == "serves":
                _asked(result, world, process, out)
            code = ended(process, LONGEST)
            if code != SKIPPED:
                result.trials += 1
                _judge(result, world, kind, name, code, out)
                after = {path: data for path, data in _all(now).items() if path in before or world != "file"}
                result.check(before == after, f"{world}: rag {name}: a file is another, or new")
            result.seen["not tried" if code == SKIPPED else "told" if code else "done"] += 1
            _open(now)
    return result


def _judge(result: Result, world: str, kind: str, name: str, code: int, out: Path) -> None:
    said = (out / "errors").read_text(errors="replace") if (out / "errors").exists() else ""
    what = f"{world}: rag {name}: {code}: {said[-300:]}"
    result.check("Traceback" not in said and "Errno" not in said, what)
    if world == "old" and "OUT" not in name and name != "doctor --recover":
        result.check(code == 4 and "older version" in said and "hint: Copy it" in said, what)
    elif kind == "reads":
        named = code == 2 and "there is no job" in said
        result.check(named or code in DIFFERS.get(name, {0}), what)
        wanted = COMMITTED if world == "wal" and name in FOUND else FOUND.get(name, "")
        result.check(wanted in (out / "output").read_text(errors="replace"), f"{what}: {wanted!r} is not found")
        result.check("catches up with" not in said or world == "file", what)
    elif kind == "writes" and code:
        result.check(code in range(8) and "hint: " in said, what)


def _asked(result: Result, world: str, process: int, out: Path) -> None:
    """A server of it finds and answers, and refuses to write with words; it is ended."""
    if not _up(process, out / "errors"):
        return
    url, token = address(out / "errors")
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    ask = json.dumps({"question": "where is thing7 kept?"}).encode()
    for path, body, status in (
        ("/api/search?q=thing7", None, 200), ("/topics", None, 200), ("/api/ask", ask, 200),
        ("/api/sources/1/refresh", b"", 403),
    ):  # fmt: skip
        try:
            with urllib.request.urlopen(urllib.request.Request(url + path, body, headers), timeout=60) as reply:
                got, text = reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            got, text = error.code, error.read().decode()
        result.check(got == status, f"{world}: {path}: {got}: {text[:200]}")
    os.kill(process, signal.SIGINT)


def _up(process: int, log: Path) -> bool:
    """Whether the server began to listen, and did not end before."""
    for _ in range(LONGEST * 10):
        if log.exists() and "Ctrl-C" in log.read_text():
            return True
        if os.waitid(os.P_PID, process, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            return False
        time.sleep(0.1)
    return False


# -- where it lies -----------------------------------------------------------------------------------------------------


def _prepare(place: Path) -> None:
    """A folder for each world, not closed yet."""
    full = place / "folder"
    (place / "nothing").mkdir()
    (full / "notes").mkdir(parents=True)
    for number in range(10):
        (full / "notes" / f"{number}.md").write_text(f"# Thing {number}\n\nThing{number} is kept in box{number}.\n")
    (full / "claims.md").write_text('He says "Thing3 is kept in box3."\n')
    begun = (["index", "notes", "--source", "notes", "-q"], ["ask", "thing3?", "-m", "none"])
    for typed in (*begun, ["alert", "add", "b", "thing"], ["backup", "y.db"]):
        _done(full, typed)
    for world in WORLDS[1:]:
        clone(full, place / world)
    beside = ("x.db-index", "x.db-index-seal", "x.db-lock")
    for name in beside:
        (place / "bare" / name).unlink()
        (place / "old" / name).unlink()
    (place / "old" / "x.db").write_bytes(gzip.decompress((SCHEMAS / "021.db.gz").read_bytes()))
    kept = {name: (place / "lagging" / name).read_bytes() for name in beside}
    for world in ("lagging", "wal"):
        _change(place / world)
    for name, data in kept.items():
        (place / "lagging" / name).write_bytes(data)


def _done(here: Path, typed: list[str]) -> None:
    assert not ended(child(lambda: command(here, typed, 0, here.parent / "errors"))), typed


def _change(here: Path) -> None:
    """A document is another; in `wal` that is in the WAL alone, as a process that was killed leaves it."""
    (here / "notes" / "7.md").write_text(f"# Thing 7\n\n{COMMITTED}\n")
    with closing(sqlite3.connect(here / "x.db")) as reader:
        reader.execute("select count(*) from setting").fetchone()  # so that nobody else is the last
        _done(here, ["index", "notes", "--source", "notes", "-q"])
        data = {name: (here / name).read_bytes() for name in ("x.db", "x.db-wal")}
    if here.name == "wal":
        for name, blob in data.items():
            (here / name).write_bytes(blob)


def _close(now: Path, world: str) -> None:
    for path in [*now.rglob("*"), now]:
        if world == "file":
            path.chmod(0o755 if path.is_dir() else 0o444)
        elif world != "disk":
            path.chmod(0o555 if path.is_dir() else 0o444)


def _open(now: Path) -> None:
    for path in [now, *now.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)


def _all(now: Path) -> dict[str, bytes]:
    return {str(path.relative_to(now)): path.read_bytes() for path in now.rglob("*") if path.is_file()}


# -- who does it -------------------------------------------------------------------------------------------------------


def _as_guest(now: Path, typed: list[str], out: Path, world: str) -> None:
    if world == "disk" and not _mounted(now):
        os._exit(SKIPPED)
    if os.geteuid() == 0:
        _humble()
    os.dup2(os.open(out / "output", os.O_WRONLY | os.O_CREAT, 0o600), 1)
    command(now, typed, 0, out / "errors")


def _mounted(place: Path) -> bool:
    """Whether the folder was mounted on itself, to be read only, for this process alone."""
    libc = ctypes.CDLL(None)
    where = os.fsencode(place)
    return not (
        libc.unshare(NEWNS)
        or libc.mount(b"none", b"/", None, RECURSIVE | PRIVATE, None)
        or libc.mount(where, where, None, BIND, None)
        or libc.mount(b"none", where, None, REMOUNT | BIND | READ_ONLY, None)
    )


def _humble() -> None:
    """Root may do no more than others from now on: what the modes of files say holds."""
    header, none = (ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()
    assert not ctypes.CDLL(None).capset(header, none)
