"""What a run leaves in files: a page, a baseline, TREC runs; written whole, never in the place of others."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rag import files
from rag.errors import InputError
from rag.evaluate.adapters import write_qrels, write_run
from rag.evaluate.page import MARK
from rag.evaluate.report import Report, baseline
from rag.evaluate.suite import Suite


def check(html: Path | None = None, baseline: Path | None = None) -> None:
    """Raises InputError before the work, if a file that is to be written would take the place of something else."""
    for path, ours in ((html, _is_page), (baseline, _is_baseline)):
        if path is not None:
            files.refuse(path, ours)


def write_page(path: Path, text: str) -> None:
    """A report, or the plot of a history."""
    _write(path, text, _is_page)


def write_baseline(path: Path, report: Report) -> None:
    """The means of a report, for later runs to be compared with."""
    _write(path, json.dumps(baseline(report), ensure_ascii=False, indent=2, default=str) + "\n", _is_baseline)


def read_baseline(path: Path) -> dict[str, Any]:
    """The means that a run is compared with. Raises InputError if the file holds none."""
    hint = "Write one: rag eval run SUITE --baseline FILE.json"
    try:
        value = json.loads(files.text(path))
    except (OSError, ValueError) as error:
        raise InputError(f"the baseline {path} cannot be read: {error}", hint) from error
    if not isinstance(value, dict) or not isinstance(value.get("systems"), dict):
        raise InputError(f"{path} is not a baseline: it has no systems", hint)
    return value


def write_trec(folder: Path, suite: Suite, report: Report) -> None:
    """The judgements and each system's run as TREC files. Raises InputError: the suite ranks nothing."""
    if suite.task != "retrieval":
        raise InputError("only retrieval has TREC runs", "Omit --trec.")
    lines: list[str] = []
    write_qrels(suite.data.cases, lines.append)
    _write(folder / f"{suite.name}.qrels", "".join(lines))
    for standing in report.standings:
        name = "".join(c if c.isalnum() or c in "-_.=" else "_" for c in standing.run.system)
        lines = []
        write_run([(row.case, row.output or []) for row in standing.rows], name, lines.append)
        _write(folder / f"{suite.name}.{name}.run", "".join(lines))


def _is_page(head: bytes) -> bool:
    return MARK.encode() in head


def _is_baseline(head: bytes) -> bool:
    return head.lstrip().startswith(b"{") and b'"suite"' in head


def _write(path: Path, text: str, ours: Callable[[bytes], bool] | None = None) -> None:
    """Write a whole file, in the place of one of its own kind only."""
    files.refuse(path, ours, force=ours is None)
    path.parent.mkdir(parents=True, exist_ok=True)
    with files.whole(path, "The run is kept: rag eval history") as file:
        file.write(text)
