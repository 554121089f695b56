"""
Read a suite: the TOML file that names data, task, systems and measures.

    task = "retrieval"              # retrieval, ask, extract, grammar, chunking, judge
    data = "scifact"                # a path, from the suite's folder, or below --data
    measures = ["nDCG@10", "R@100"]

    [settings]                      # of every system
    k = 100

    [[system]]
    name = "words"
    mode = "words"

    [[system]]                      # a grid is one line, and becomes one system a combination
    name = "hybrid"
    grid = { weight = [0.3, 0.5], k = [50, 100] }

    [[system]]                      # any Python callable, so a peer runs beside us
    name = "peer"
    callable = "bench.peers:make"

    [[system]]                      # or what it found before, as a TREC run
    name = "lucene"
    run = "lucene.run"

Unknown keys are errors, and all errors are reported at once. Nothing here runs anything.
"""

from __future__ import annotations

import itertools
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from rag import files
from rag.errors import InputError
from rag.evaluate import adapters, cases, scoring
from rag.evaluate.cases import Data, Problems
from rag.evaluate.pairs import pairs

JSON = Any
Known = Mapping[str, type | tuple[str, ...]]  # a setting -> its type, or the values it may have
KEYS: dict[str, type] = {
    "name": str,
    "task": str,
    "data": str,
    "measures": list,
    "settings": dict,
    "system": list,
    "baseline": str,
    "judge": str,
    "limit": int,
    "seed": int,
    "split": str,
    "kind": str,
    "titles": bool,
    "unjudged": str,
    "cases": list,
    "description": str,
}
RESERVED = ("name", "grid", "callable", "run")
LEAST = {"seed": 0, "candidates": 0}  # of other whole numbers 1, of other numbers 0
SEED = 20


@dataclass(frozen=True, slots=True)
class System:
    """
    A named list of settings. For what is not ours, `callable` is "module:function", or `run` the path of a TREC run.
    """

    name: str
    settings: Mapping[str, JSON] = field(default_factory=dict)
    callable: str = ""
    run: str = ""


@dataclass(frozen=True, slots=True)
class Suite:
    """What is to be run. `systems[0]` is what the others are compared with, unless `baseline` names one."""

    name: str
    task: str
    data: Data
    systems: tuple[System, ...]
    measures: tuple[str, ...]
    baseline: str = ""
    seed: int = SEED
    path: str = ""
    judge: str = ""  # the model that decides Correct and Faithful
    settings: Mapping[str, JSON] = field(default_factory=dict)  # of every system

    def with_models(self, names: Sequence[str]) -> Suite:
        """The same suite with the settings of every system and each of these models as its systems."""
        systems = tuple(System(_stem(name), {**self.settings, "model": name}) for name in names)
        return replace(self, systems=systems, baseline="")


def _stem(model: str) -> str:
    """A short name of a model: "llama:models/tiny-q4.gguf" is "tiny-q4"."""
    scheme, _, rest = model.partition(":")
    return Path(rest).stem if scheme == "llama" else model


def read(path: Path, known: Mapping[str, Known], *, root: Path | None = None, limit: int = 0) -> Suite:
    """
    The suite in a TOML file with its data.

    `known` says which settings a task's systems may have, and of which kind. Relative data paths are looked for beside
    the suite, then below `root`. Raises InputError with everything that is wrong.
    """
    problems = Problems(str(path))
    table = _table(path, problems)
    task = str(table.get("task", ""))
    if task not in scoring.TASKS:
        problems.add(f"task is {task!r}; it must be one of {', '.join(scoring.TASKS)}")
    systems = _systems(table, known.get(task), problems)
    systems = tuple(_with_run(path, system, task, problems, root) if system.run else system for system in systems)
    measures = _measures(table, task, problems)
    baseline = str(table.get("baseline", ""))
    if baseline and baseline not in [system.name for system in systems]:
        problems.add(f"baseline is {baseline!r}, which is none of the systems")
    judge = str(table.get("judge", ""))
    judged = [name for name in measures if name in scoring.JUDGED]
    if judged and not judge:
        problems.add(f'{" and ".join(judged)} need a judge: judge = "openai:NAME", "llama:FILE.gguf" or "smollm2"')
    if judge and not judged:
        problems.add(f"judge is {judge!r}, but none of {', '.join(scoring.JUDGED)} is measured")
    data = _data(path, table, task, problems, root)
    seed = int(table.get("seed", SEED))
    data = _limited(data, limit or int(table.get("limit", 0)), seed)
    problems.stop("See docs/evaluation.md for every key of a suite.")
    return Suite(
        str(table.get("name", path.stem)),
        task,
        data,
        systems,
        measures,
        baseline,
        seed,
        str(path),
        judge,
        table.get("settings", {}),
    )


def _table(path: Path, problems: Problems) -> dict[str, JSON]:
    try:
        table = tomllib.loads(files.text(path))
    except OSError as error:
        raise InputError(f"there is no suite at {path}: {error.strerror}", "Draft one: rag eval init NAME") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise InputError(f"{path} is not TOML: {error}", "See docs/evaluation.md for the form of a suite.") from error
    problems.some(f"unknown keys (known: {', '.join(KEYS)})", [key for key in table if key not in KEYS])
    for key, wanted in KEYS.items():
        if key in table and (not isinstance(table[key], wanted) or (wanted is int and isinstance(table[key], bool))):
            problems.add(f"{key} is {table[key]!r}; it must be a {getattr(wanted, '__name__', wanted)}")
            del table[key]
    for key in ("data", "cases"):
        if key in table and {"data": "cases", "cases": "data"}[key] in table:
            problems.add("give data or cases, not both")
    return table


def _systems(table: dict[str, JSON], known: Known | None, problems: Problems) -> tuple[System, ...]:
    common = table.get("settings", {})
    _check_settings("settings", common, known, problems)
    systems: list[System] = []
    for number, entry in enumerate(table.get("system", [{"name": "default"}]), 1):
        if not isinstance(entry, dict):
            problems.add(f"system {number} is not a table: write [[system]]")
            continue
        name = str(entry.get("name", f"system {number}"))
        own = {key: value for key, value in entry.items() if key not in RESERVED}
        where = str(entry.get("callable", ""))
        given = str(entry.get("run", ""))
        _check_settings(f"system {name!r}", own, None if where else {} if given else known, problems)
        if where and ":" not in where:
            problems.add(f'system {name!r}: callable is {where!r}; write "module:function"')
        for label, varied in _grid(entry.get("grid", {}), f"system {name!r}", known, problems):
            systems.append(System(" ".join(filter(None, [name, label])), {**common, **own, **varied}, where, given))
    problems.some("systems with the same name", cases.twice(system.name for system in systems))
    if not systems:
        problems.add("there is no system")
    return tuple(systems)


def _with_run(path: Path, system: System, task: str, problems: Problems, root: Path | None) -> System:
    """The system with the place of its TREC run, which is read to see what is wrong with it."""
    place = find(path, system.run, root)
    if task != "retrieval":
        problems.add(f"system {system.name!r}: only retrieval has TREC runs")
    elif not place.exists():
        problems.add(f"system {system.name!r}: there is no run at {place}")
    else:
        adapters.read_run(place, problems)
    return replace(system, settings={}, run=str(place))


def _grid(grid: JSON, where: str, known: Known | None, problems: Problems) -> Iterable[tuple[str, dict[str, JSON]]]:
    """Every combination of a grid's values with its name, `weight=0.3 k=50`; one empty one if there is no grid."""
    if not isinstance(grid, dict) or not all(isinstance(values, list) and values for values in grid.values()):
        problems.add(f"{where}: a grid is a table of lists, grid = {{ k = [5, 10] }}")
        return []
    combinations = []
    for values in itertools.product(*grid.values()):
        chosen = dict(zip(grid, values, strict=True))
        _check_settings(where, chosen, known, problems)
        combinations.append((" ".join(f"{key}={value}" for key, value in chosen.items()), chosen))
    return combinations


def _check_settings(where: str, settings: JSON, known: Known | None, problems: Problems) -> None:
    if known is None:
        return
    for key, value in settings.items():
        if key not in known:
            problems.add(f"{where}: unknown setting {key!r} (known: {', '.join(sorted(known))})")
        elif isinstance(wanted := known[key], tuple):
            if value not in wanted:
                problems.add(f"{where}: {key} is {value!r}; it must be one of {', '.join(wanted)}")
        elif not _fits(value, wanted):
            problems.add(f"{where}: {key} is {value!r}; it must be of type {wanted.__name__}")
        elif wanted in (int, float) and value < (least := LEAST.get(key, int(wanted is int))):
            problems.add(f"{where}: {key} is {value!r}; it must be {least} or more")


def _fits(value: JSON, wanted: type) -> bool:
    if wanted is float:
        return isinstance(value, int | float) and not isinstance(value, bool)
    return isinstance(value, wanted) and (wanted is bool or not isinstance(value, bool))


def _measures(table: dict[str, JSON], task: str, problems: Problems) -> tuple[str, ...]:
    if task not in scoring.TASKS:
        return ()
    usual = (*scoring.TASKS[task].default, *(scoring.JUDGED if task == "ask" and "judge" in table else ()))
    names: Sequence[JSON] = table.get("measures", usual)
    result = []
    for name in names:
        try:
            result.append(scoring.check(task, str(name)))
        except InputError as error:
            problems.add(f"{error.message} ({error.hint})" if error.hint else error.message)
    if not names:
        problems.add("there are no measures")
    return tuple(dict.fromkeys(result))


def _data(path: Path, table: dict[str, JSON], task: str, problems: Problems, root: Path | None) -> Data:
    unjudged = table.get("unjudged", "error")
    if unjudged not in ("error", "skip"):
        problems.add(f'unjudged is {unjudged!r}; it must be "error" or "skip"')
    if "cases" in table:
        rows = enumerate(table["cases"], 1)
        data = Data((), tuple(adapters.question(row, problems, f"case {i}") for i, row in rows), whole=False)
    elif "data" not in table:
        problems.add("neither data nor cases: nothing to evaluate on")
        return Data()
    else:
        place = find(path, table["data"], root)
        before = len(problems.messages)
        data = adapters.read(
            place, problems, split=table.get("split", "test"), task=task, kind=table.get("kind", "text")
        )
        if len(problems.messages) > before and not data.cases:
            return data  # what is wrong with it has been said
    if not table.get("titles", True):
        data = adapters.without_titles(data)
    if task == "judge" and data.documents:
        data = pairs(data)
    data = cases.check(data, problems, unjudged=unjudged)
    return cases.with_relevant(data, problems) if task == "retrieval" and data.cases else data


def find(path: Path, name: str, root: Path | None) -> Path:
    """Where a suite's data is: as written, beside the suite, or below the root."""
    places = [path.parent / name, *([root / name] if root else [])]
    return next((place for place in places if place.exists()), places[-1])


def _limited(data: Data, limit: int, seed: int) -> Data:
    """A fixed random part of the cases, in their order: the same for every system and every run."""
    if not limit or limit >= len(data.cases):
        return data
    chosen = sorted(data.cases, key=lambda case: cases.digest([seed, case.id]))[:limit]
    keep = {case.id for case in chosen}
    notes = (*data.notes, f"{limit:,} of {cases.so_many(len(data.cases))}, chosen with seed {seed}")
    part = tuple(case for case in data.cases if case.id in keep)
    return Data(data.documents, part, notes, data.whole, data.hashes["cases"])
