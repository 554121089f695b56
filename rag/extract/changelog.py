"""
What a release brings, mends, changes: the items below the headings of a changelog, else those that begin with such a
word.

    ### Fixed                                ** Fix computation of total bytes (#61277)
    * Crash on start. #12                    ** Add option to select TLS 1.3

The kinds are those of Keep a Changelog (https://keepachangelog.com). Of several releases the first counts. Rules only;
nothing here asks a model.
"""

from __future__ import annotations

import re

from rag.extract.fields import Field
from rag.extract.led import Led, led
from rag.extract.lexicon import bag
from rag.releases import CHANGES

FEW = 2
RELEASED = re.compile(
    r"\b(?:change ?log|release notes|releases?|released|version|news|what['’]s new)\b|\bv?\d+\.\d+\.\d+", re.I
)
# Kind -> what the names of fields of it say.
KINDS = {
    "fixed": bag("solution solved fixed fix bug bugfixe bugfix correction"),
    "added": bag("new added addition"),
    "removed": bag("removed removal"),
    "deprecated": bag("deprecated deprecation"),
    "security": bag("security"),
    "breaking": bag("breaking incompatible"),
    "changed": bag("change changed improvement improved enhancement"),
}
WAYS = {kind: re.compile(rf"\W*(?:{way})(?!\w)", re.IGNORECASE) for kind, way in CHANGES.items()}
HEADS = {kind: re.compile(rf"\W*(?:{way})\W*", re.IGNORECASE) for kind, way in CHANGES.items()}
ISSUE = re.compile(r"(?<![\w&#/])#(?P<n>\d{1,7})(?!\w)|/(?:issues|pull|pulls|merge_requests)/(?P<linked>\d{1,7})(?!\d)")
ISSUES = bag("issue issues ticket tickets bug bugs pr prs pull request requests")


def changes(text: str, asked: frozenset[str]) -> list[str]:
    """The changes of a release that a field asks for; [] if it asks for none, or nothing says which they are."""
    kind = next((kind for kind, said in KINDS.items() if said & asked), "")
    lists = [one for one in led(text) if one.marked] if kind else []
    below = next((one for one in lists if _heads(one, kind)), None)
    if below is not None:
        return list(below.items)
    if any(_heads(one, other) for one in lists for other in KINDS) or not RELEASED.search(text):
        return []
    first = next((one for one in lists if sum(map(_begins, one.items)) >= FEW), None)
    return [item for item in first.items if WAYS[kind].match(item)] if first else []


def _begins(item: str) -> bool:
    """Whether an item begins with the word for a kind of change."""
    return any(way.match(item) for way in WAYS.values())


def _heads(one: Led, kind: str) -> bool:
    """Whether a list stands below the heading of a kind of changes."""
    return any(HEADS[kind].fullmatch(said) is not None for said in (one.lead, one.heading) if said)


def issues(text: str, one: Field) -> list[int]:
    """The numbers of issues that a text names, "#3795", each once, for a list of such numbers."""
    words = set(one.key[1].lower().replace("-", "_").split("_"))
    if one.kind != "number" or not one.listed or not words & ISSUES:
        return []
    return list(dict.fromkeys(int(match["n"] or match["linked"]) for match in ISSUE.finditer(text)))


__all__ = ["changes", "issues"]
