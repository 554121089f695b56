"""What `.gitignore` says: rules of the folders around a path, asked as git asks them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

Rules = tuple[tuple[Path, "GitIgnoreSpec"], ...]


def rules_above(folder: Path) -> Rules:
    """The rules of the folders above, if the folder lies in a git repository."""
    above = [folder, *folder.parents]
    top = next((place for place in above if os.path.exists(place / ".git")), None)
    rules: Rules = ()
    if top is not None:
        for place in reversed(above[1 : above.index(top) + 1]):
            rules = rules_of(place, rules)
    return rules


def rules_of(folder: Path, rules: Rules) -> Rules:
    path = folder / ".gitignore"
    try:
        if not path.is_file():
            return rules
        lines = path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return rules
    from pathspec import GitIgnoreSpec

    try:
        return (*rules, (folder, GitIgnoreSpec.from_lines(lines)))
    except ValueError:  # a pattern that git could not use either
        return rules


def ignored(path: Path, rules: Rules, *, folder: bool) -> bool:
    """As git decides: the nearest file that says something about the path, its last word counts."""
    for place, spec in reversed(rules):
        relative = path.relative_to(place).as_posix() + ("/" if folder else "")
        if (included := spec.check_file(relative).include) is not None:
            return included
    return False
