"""
What a question says of options of other programs: "wp --info prints html why", "what does --skip-plugins do".

    kept    what was typed, so that such an option is one of the words

It is one if the words go on behind it and it is like no option of the command: a slip of one stays a mistake, and so
does an option that the question ends with, or that a number follows ("--limit 5").
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any

ALIKE = 0.75  # from which on it may be a slip: "--modle" and "--model" .86, "--info" and "--since" .62
NOT_KNOWN = "If it is one of the words, put -- before them: rag {command} -- …"


def asks(params: Sequence[Any]) -> bool:
    """Does a command take a question as it is typed, in many words?"""
    return any(one.param_type_name == "argument" and one.nargs == -1 and one.metavar == "QUESTION" for one in params)


def kept(typed: list[str], params: Sequence[Any]) -> list[str]:
    """The options of the command, "--", and the words, where an option of something else is among these."""
    takes = {name: not (one.is_flag or one.count) for one in params if one.param_type_name == "option"
             for name in (*one.opts, *one.secondary_opts)}  # fmt: skip
    end = typed.index("--") if "--" in typed else len(typed)
    options, words, others = list[str](), list[str](), list[int]()
    at = 0
    while at < end:
        one = typed[at]
        name = one.partition("=")[0] if one.startswith("--") else one[:2]
        if not one.startswith("-") or one == "-":
            words.append(one)
        elif name in takes:
            value = takes[name] and name == one  # it is the next
            options += typed[at : at + 1 + value]
            at += value
        else:
            others += [] if " " in one else [len(words)]
            words.append(one)
        at += 1
    foreign = [word for word in words if word.startswith("-") and word != "-"]
    if not foreign or not all(_within(words, place, list(takes)) for place in others):
        return typed
    return [*options, "--", *words, *typed[end + 1 :]]


def _within(words: Sequence[str], at: int, own: Sequence[str]) -> bool:
    """Does an option stand within the words of a question, and is like none of the command?"""
    behind = words[at + 1] if at + 1 < len(words) else ""
    goes_on = behind[:1].isalpha() and any(not word.startswith("-") for word in words[:at])
    return goes_on and not difflib.get_close_matches(words[at].partition("=")[0], own, 1, ALIKE)


__all__ = ["NOT_KNOWN", "asks", "kept"]
