"""
Who a text says a quotation is from: an author, or a document by its key, title or address.

    "…" — alice        alice: "…"        bob wrote, "…"        "…" (notes/bash.md)        > … \\n> — carol

Names that the index knows are found wherever they stand beside a quotation; others only where nothing else can be
meant. Whether what is said is true is the business of `rag.app.verify`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rag.understand.quotations import Quotation

VERB = (
    r"(?:said|says|say|wrote|writes|write|told|tells|asked|asks|answered|answers|replied|replies|argued|argues|added|adds"
    r"|noted|notes|observed|observes|remarked|explained|explains|claimed|claims|commented|comments|stated|states|put it"
    r"|puts it|warned|warns|pointed out|points out|concluded|concludes|suggested|suggests|quipped|objected|objects"
    r"|disagreed|disagrees|agreed|agrees|admitted|admits|insisted|insists|recommended|recommends|reported|reports"
    r"|schrieb|schreibt|sagt|sagte|meint|meinte|a écrit|écrit|dit|dijo|escribió|disse|scrive)"
)
GAP = r"\A[\"'”’»)\]*_.,; \t]*(?:\n[ \t]*(?![-*+•>#\n]))?"  # what may stand between: no new item, no new paragraph
DASHED = re.compile(
    r"(?:\A[\"'”’»)\]*_ \t]*(?:—|–|―|--|-)|\A[\"'”’»)\]*_ \t]*\s*?\n[ \t]*(?:—|–|―|--))[ \t]*(?P<name>[^\n]{1,120})"
)
BRACKETED = re.compile(GAP + r"[(\[](?P<name>[^()\[\]\n]{1,120})[)\]]")
LINKED = re.compile(GAP + r"[(—– \t-]*\[(?P<name>[^\[\]\n]{1,120})\]\((?P<url>[^()\s]+)\)")
ADDRESS = re.compile(GAP + r"[:(<—– \t-]*(?P<url>https?://[^\s<>()\"]+)")
VERBED = re.compile(rf"{GAP}(?:{VERB})\s+(?P<name>[^\n,.;:()\[\]]{{1,80}})", re.IGNORECASE)
NAME = r"@?\w[\w.'’-]*(?:[ \t]+\w[\w.'’-]*){0,3}"
SAID = re.compile(
    rf"(?P<name>{NAME})[*_)\]`]*[ \t]+(?:also |then |once |has |have |had |later )?{VERB}\b[^.!?\n\"“”]{{0,60}}$",
    re.IGNORECASE,
)
VERB_LAST = re.compile(rf"{GAP}(?P<name>{NAME})[ \t]+{VERB}\b", re.IGNORECASE)
BEGUN = re.compile(r"\A[*_]*(?P<name>@?[\w][\w .'’-]{0,60}?)[*_]*:[*_]*\s+")
COLON = re.compile(r"(?P<name>[^\n:.;!?\"“”]{1,80}?)[*_)\]`]*[ \t]*:[*_]*\s*>?\s*$")
ACCORDING = re.compile(
    r"(?:according to|in the words of|as|to quote|quoting|from|by|per|laut|selon|según)[ \t]+"
    r"(?P<name>[^\n,:.;]{1,80}),?\s*$",
    re.IGNORECASE,
)
ASIDE = re.compile(r"\[([^\[\]]*)\]\([^()\s]*\)|[ \t]*\([^()\n]{1,80}\)")  # a link's address; what is said by the way
PROPER = re.compile(
    r"(?:@\w[\w.-]*|[A-Z][\w'’-]+(?:[ \t]+(?:[A-Z][\w'’-]*\.?|de|von|van|der|la)){0,4}|[a-z]+[\d_][\w]*)\Z"
)
NO_NAMES = """
he she they it we i you one some someone somebody others another who this that these those the a an but and so as many
most people user users author authors commenter commenters docs documentation manual page article paper there here what
which note
"""
PRONOUNS = frozenset(NO_NAMES.split())
LEAST = 3  # letters of a name that is looked for in running text


@dataclass(frozen=True, slots=True)
class Said:
    """Who is said to have said it: a name, or an address. `known` says that the index has it."""

    name: str
    known: bool
    url: bool = False


class Names:
    """The names that an index knows: authors, and keys, titles and addresses of documents."""

    def __init__(self, authors: Iterable[str], documents: Iterable[str]) -> None:
        self.authors = {_fold(name): name for name in authors if name.strip()}
        self.documents = {_fold(name): name for name in documents if name.strip()}
        last: dict[str, set[str]] = {}
        for name in self.authors.values():
            for part in (name.split()[-1], name.split()[0]):
                last.setdefault(_fold(part), set()).add(name)
        self.begun: dict[str, list[str]] = {}  # names of several words by their first
        for name in self.authors.values():
            if " " in name and (word := re.match(r"\w+", name)):
                self.begun.setdefault(word[0], []).append(name)
        self.parts: Mapping[str, set[str]] = {part: names for part, names in last.items() if len(part) >= LEAST}

    def find(self, said: str) -> str:
        """The name that these words are, whole or as a first or last name; "" if the index knows none such."""
        folded = _fold(said)
        for known in (self.authors, self.documents):
            if folded in known:
                return known[folded]
        if folded in self.parts:
            return said.strip()
        path = re.sub(r"(?::\d+|#\S*)$", "", folded)
        return self.documents.get(path, "")

    def in_running(self, text: str) -> list[str]:
        """The authors whose whole name stands in a text, in its order; no names that are common words."""
        found = []
        for match in re.finditer(r"@?\w[\w.'’-]*", text):
            word = match[0].strip("@.'’-").removesuffix("'s").removesuffix("’s")
            name = self.authors.get(_fold(word), "")
            if name == word and len(word) >= LEAST and word.lower() not in PRONOUNS:
                found.append(name)
        for match in re.finditer(r"\w+", text):
            at = match.start()
            names = self.begun.get(match[0], ())
            found += [name for name in names if text.startswith(name, at) and not text[at + len(name) :][:1].isalnum()]
        return list(dict.fromkeys(found))


def attribution(quotation: Quotation, names: Names) -> Said | None:
    """Who the text says a quotation is from; None if it does not say."""
    return _behind(quotation, names) or _before(quotation, names) or _alone(quotation, names)


def signed(words: str, names: Names) -> tuple[str, Said | None]:
    """The words of a block without the author's name that they begin with ("alice: …"), and that."""
    match = BEGUN.match(words)
    found = names.authors.get(_fold(_clean(match["name"]))) if match else None
    return (words[match.end() :], Said(found, True)) if match and found else (words, None)


def _behind(quotation: Quotation, names: Names) -> Said | None:
    after = quotation.after
    if match := LINKED.match(after):
        return _known(names, match["name"]) or Said(match["url"], True, url=True)
    if match := ADDRESS.match(after):
        return Said(match["url"].rstrip(".,;"), True, url=True)
    if match := DASHED.match(after):
        said = _clean(re.split(r",|\(|\[|;|\s—|\s–|\. ", match["name"])[0])
        if found := _known(names, said) or _known(names, _clean(match["name"])):
            return found
        if quotation.opens and PROPER.match(said) and len(said.split()) <= 5:
            return Said(said, False)
    for pattern in (BRACKETED, VERBED):
        if match := pattern.match(after):
            if found := _longest(names, match["name"]):
                return found
            said = _clean(match["name"])
            if pattern is VERBED and (proper := _proper(said, first=True)):
                return Said(proper, False)
    if match := VERB_LAST.match(after):
        if found := _longest(names, match["name"]):
            return found
        if proper := _proper(match["name"], first=True):
            return Said(proper, False)
    return None


def _before(quotation: Quotation, names: Names) -> Said | None:
    before = re.split(r"(?<=[.!?])\s+|\n[ \t]*\n(?=.*\n[ \t]*\n)", ASIDE.sub(r"\1", quotation.before))[-1].rstrip()
    if quotation.kind == "block" and not before.endswith((":", ",")):
        return None  # what stands in another paragraph says nothing of a block, unless it announces it
    for pattern in (COLON, SAID, ACCORDING):
        if match := pattern.search(before):
            words = _clean(match["name"])
            if found := _longest(names, words, last=True):
                return found
            if pattern is SAID and (proper := _proper(words)):
                return Said(proper, False)
            if pattern is COLON and re.fullmatch(r"@\w[\w.-]*", words):
                return Said(words, False)
    return None


def _alone(quotation: Quotation, names: Names) -> Said | None:
    """The only name of the sentence that a quotation stands in."""
    if quotation.kind == "block":
        return None
    before = re.split(r"(?<=[.!?])\s+|\n[ \t]*(?:\n|[-*+•>] )", quotation.before)[-1]
    after = re.split(r"[.!?](?:\s|$)|\n[ \t]*(?:\n|[-*+•>] )", quotation.after)[0]
    found = names.in_running(f"{before} \0 {after}")
    return Said(found[0], True) if len(found) == 1 else None


def _known(names: Names, said: str) -> Said | None:
    found = names.find(_clean(said)) if said else ""
    return Said(found, True) if found else None


def _longest(names: Names, words: str, *, last: bool = False) -> Said | None:
    """The longest known name at the beginning of some words, or at their end."""
    parts = _clean(words).split()
    for size in range(len(parts), 0, -1):
        some = parts[-size:] if last else parts[:size]
        if found := _known(names, " ".join(some).strip(",")):
            return found
    return None


def _proper(words: str, *, first: bool = False) -> str:
    """The proper name that words end (or begin) with; "" if they do not."""
    parts = words.split()
    for size in range(min(4, len(parts)), 0, -1):
        some = " ".join(parts[:size] if first else parts[-size:]).strip(",")
        if PROPER.match(some) and some.split()[0].lower() not in PRONOUNS:
            return some
    return ""


def same(said: str, author: str) -> bool:
    """Whether a name can be an author's: the whole of it, or whole words of it."""
    one, other = _fold(said), _fold(author)
    return bool(one and other) and (one == other or bool(re.search(rf"(?<!\w){re.escape(one)}(?!\w)", other)))


def _clean(words: str) -> str:
    """A name without markup, a link's address or what a list puts before it."""
    words = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", words)
    return (
        re.sub(r"^\s*(?:[-*+•>]|\d{1,3}[.)])\s+", "", words).strip().strip("*_`~\"'“”‘’ \t.,:()[]").removesuffix("'s")
    )


def _fold(name: str) -> str:
    return " ".join(name.replace("@", " ").casefold().split()) if not name.startswith("http") else name.rstrip("/")
