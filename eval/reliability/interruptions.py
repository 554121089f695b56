"""Trials that stop a verb in the middle: killed at a point or at random, no power, no room. Then it is done again."""

from __future__ import annotations

import os
import pickle
import random
import select
import signal
import time
from collections.abc import Callable
from pathlib import Path

import disk
from common import EXPECTED, Result, child, clone, ended, folder, problems, run
from verbs import VERBS, Verb

Case = tuple[Path, Path, Verb, str, object, random.Random]  # a folder, as it begins, what is done, its name and outcome


def _each(result: Result, trials: int, seed: int, names: tuple[str, ...], trial: Callable[..., None]) -> Result:
    """As many trials of each verb: `trial(case, how many, result)`."""
    chance = random.Random(seed)
    for name in names:
        with folder() as place:
            begun, whole = place / "begun", place / "whole"
            begun.mkdir()
            if run(lambda: VERBS[name].prepare(begun)):
                raise SystemExit(f"{name} cannot even be prepared")
            clone(begun, whole)
            if run(lambda: VERBS[name].work(whole)):
                raise SystemExit(f"{name} cannot even be done")
            wanted = VERBS[name].outcome(whole)
            case = (place, begun, VERBS[name], name, wanted, chance)
            trial(case, max(1, trials // len(names)), result)
    return result


def _again(result: Result, place: Path, verb: Verb, wanted: object, what: str) -> None:
    """The file is sound as it was left; done again, the verb ends as if nothing had happened."""
    left = _soundly(lambda: _left(place, MENDED if what.startswith("doctor --fix") else ()))
    result.check(left == "", f"{what}: left unsound: {left}")
    code = run(lambda: verb.work(place))
    result.check(code == 0, f"{what}: done again, it ended with {code}")
    if not code:
        result.check(verb.outcome(place) == wanted, f"{what}: done again, the outcome is another")
        left = _soundly(lambda: problems(place / "x.db"))
        result.check(left == "", f"{what}: at the end unsound: {left}")


def _soundly(look: Callable[[], str]) -> str:
    try:
        return look()
    except Exception as error:
        return repr(error)


def _left(place: Path, broken: tuple[str, ...]) -> str:
    """What is wrong with a file as it was left; what was being mended may still be broken, what is to be tidied lie."""
    path = place / "x.db"
    found = problems(path) if path.exists() and path.stat().st_size else ""
    return "; ".join(part for part in found.split("; ") if part and not part.startswith((*broken, "orphans")))


MENDED = ("triggers", "sidecar", "damaged vectors", "vectors", "words", "edited", "orphans")


def kills_at_points(trials: int, seed: int) -> Result:
    """SIGKILL before a write, sync, truncation or deletion of SQLite."""

    def trial(case: Case, many: int, result: Result) -> None:
        place, begun, verb, name, wanted, chance = case
        count = _recorded(place, begun, verb)
        for at in _points(len(count), many, chance):
            clone(begun, place / "now")
            code = run(lambda at=at: disk.killed(lambda: verb.work(place / "now"), at))
            result.trials += 1
            result.seen["killed" if code == -signal.SIGKILL else "had ended"] += 1
            _again(result, place / "now", verb, wanted, f"{name}, killed before operation {at}")

    return _each(Result("kills at failpoints"), trials, seed, tuple(VERBS), trial)


def kills_at_random(trials: int, seed: int) -> Result:
    """SIGKILL at any moment, up to three times in a row."""

    def trial(case: Case, many: int, result: Result) -> None:
        place, begun, verb, name, wanted, chance = case
        clone(begun, place / "now")
        started = time.monotonic()
        run(lambda: verb.work(place / "now"))
        longest = time.monotonic() - started
        done = 0
        while done < many:
            clone(begun, place / "now")
            for _ in range(chance.choice([1, 1, 2, 3])):
                number = child(lambda: verb.work(place / "now"))
                handle = os.pidfd_open(number)
                if not select.select([handle], [], [], chance.uniform(0, longest))[0]:
                    signal.pidfd_send_signal(handle, signal.SIGKILL)
                os.close(handle)
                killed = ended(number) == -signal.SIGKILL
                result.seen["killed" if killed else "had ended"] += 1
                result.trials += killed
                done += 1
            _again(result, place / "now", verb, wanted, f"{name}, killed at random")

    return _each(Result("kills at random"), trials, seed, tuple(VERBS), trial)


def power(trials: int, seed: int) -> Result:
    """The power is lost before an operation: what was not synced is there in part, in any order."""

    def trial(case: Case, many: int, result: Result) -> None:
        place, begun, verb, name, wanted, chance = case
        operations = _recorded(place, begun, verb)
        for at in _points(len(operations), many, chance):
            now = place / "now"
            clone(begun, now)
            for file in now.glob("x.db*"):
                file.unlink()
            kept = {file.name: file.read_bytes() for file in begun.glob("x.db*")}
            kept |= disk.after_power_loss(begun, operations, at, chance)
            touched = {Path(file).name for _, file, _, _ in operations[:at]}
            for file, data in kept.items():
                if not file.endswith("-shm") and (file in touched or (begun / file).exists()):
                    (now / file).write_bytes(data)
            result.trials += 1
            _again(result, now, verb, wanted, f"{name}, power lost before operation {at}")

    return _each(
        Result("power losses"), trials, seed, ("index", "fill", "index again", "extract", "upgrade", "search"), trial
    )


def no_room(trials: int, seed: int) -> Result:
    """The disk is full from a write on: an error that says so, nothing lost, and it goes on once there is room."""

    def trial(case: Case, many: int, result: Result) -> None:
        place, begun, verb, name, wanted, chance = case
        operations = _recorded(place, begun, verb)
        writes = [at for at, (kind, *_) in enumerate(operations) if kind == "write"]
        for at in writes if len(writes) <= many else sorted(chance.sample(writes, many)):
            clone(begun, place / "now")
            code = run(lambda at=at: disk.full(lambda: verb.work(place / "now"), at))
            result.trials += 1
            result.seen["explained" if code == EXPECTED else "done without" if code == 0 else "surprised"] += 1
            result.check(code in (0, EXPECTED), f"{name}, full before operation {at}: ended with {code}")
            _again(result, place / "now", verb, wanted, f"{name}, full before operation {at}")

    return _each(Result("full disks"), trials, seed, tuple(VERBS), trial)


def _recorded(place: Path, begun: Path, verb: Verb) -> list[disk.Operation]:
    """What the verb does to the disk."""
    clone(begun, place / "now")
    out = place / "operations"
    if run(lambda: disk.recorded(lambda: verb.work(place / "now"), out)):
        raise SystemExit("it cannot be recorded")
    found: list[disk.Operation] = pickle.loads(out.read_bytes())
    return found


def _points(count: int, many: int, chance: random.Random) -> list[int]:
    return list(range(count)) if count <= many else sorted(chance.sample(range(count), many))
