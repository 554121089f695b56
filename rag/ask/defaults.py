"""
What holds where nothing is said: a question that asks for it, and the places of a text that tell it.

"How many lines does it print if I give none?" is answered by "defaults to 10", "(default: 10)", "The default is 10" or
"Default: 10", and by no other number. The thing whose default it is may be named a line above, by the item or the
heading that the place stands under. Seven languages; pure functions over text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from rag import folding
from rag.ask import questions, units
from rag.ask.words import stems, telling
from rag.types import Citation

NOTHING = r"(?:nothing|none|no \w+|(?:any|some)thing|any|one|it|them|that|so)"
GIVEN = (
    r"(?:say|said|set|give|given|specify|specified|pass|passed|choose|chosen|change|changed|configured?|provided?"
    r"|mention(?:ed)?|tell|told|supply|supplied)"
)
BY_DEFAULT = (
    r"(?:standardmäßig|standardmaessig|voreingestellt|par défaut|por defecto|por omisión|predeterminad[oa]|di default"
    r"|per impostazione predefinita|predefinit[oa]|por padrão|por predefinição|standaard)"
)
STRICT = (
    rf"\b{BY_DEFAULT}\b|\bby default\b|\bout of the box\b|\bdefaults? to\b|\bthe default(?=\W*$)"
    rf"|\b(?:if|when|unless) (?:i|you|we|they) (?:(?:do not|don['’]?t|did not|didn['’]?t) {GIVEN}"
    rf"(?: {NOTHING})?|{GIVEN} (?:nothing|none|no \w+|otherwise))\b(?=\W*$|,)"
    rf"|\b(?:if|when|unless) (?:nothing|none|no \w+|it|not) (?:else |otherwise )?"
    rf"(?:(?:is|was|isn['’]?t|wasn['’]?t|is not) )?{GIVEN}\b"
)
PLAIN = re.compile(
    folding.loosely(rf"{STRICT}|\bdefaults?\b|\bvoreinstellung\b|\bstandard(?:wert|port)\b"), re.IGNORECASE
)
ONLY = re.compile(folding.loosely(STRICT), re.IGNORECASE)
USUAL = re.compile(r"\b(?:normally|usually|as standard|initially|normalerweise)\b", re.IGNORECASE)
JOINS = r"(?:if|and|or|for|in|when|on|to|of|is|but|with|which|at|as|by|unless)"
VALUE = (
    r"(?P<value>`[^`\n]{1,60}`|[\"“'‘][^\"”'’\n]{1,60}[\"”'’]"
    rf"|(?:[$€£]\s?)?[-+]?\d[\w.,:]*(?<=\w)%?(?:[ \u00a0](?!{JOINS}\b)[^\W\d_]+)?(?: \(\d[^()\n]{{1,20}}\))?"
    r"|(?:zero|one|two|three|four|five|six|seven|eight|nine|ten|twelve)(?: [^\W\d_]+)?(?=\s*(?:[.,;)\]]|$))"
    r"|[\w./~%$+-]*\w(?=\s*(?:[.;)\]](?!\w)|,|$)))"
)
SURE = r"(?P<value>`[^`\n]{1,60}`|[\"“'‘«][^\"”'’»\n]{1,60}[\"”'’»]|\d[\w.,:]*(?<=\w)%?(?: (?!\w{1,2}\b)[^\W\d_]+)?)"
TELLS = tuple(
    re.compile(one, re.IGNORECASE | re.MULTILINE)
    for one in (
        rf"\bdefault(?:s|ing)? to (?:be )?(?:the value (?:of )?)?{VALUE}",
        rf"(?:[(\[]|[,;] ?)(?:the )?default(?:s| value)?(?: is|[:=])? ?{VALUE}(?=[)\].,;])",
        rf"\b(?:the |its )default(?: [\w-]+){{0,2}} (?:is|are) (?:set to |to )?{VALUE}",
        rf"^\W*(?:default(?:s|[ -]value)?|standard(?:wert)?|voreinstellung|vorgabe|valeur par défaut|valor por defecto"
        rf"|valor predeterminado|valore predefinito|valor padrão|standaardwaarde)\W{{0,3}}[:=]\W{{0,3}}{VALUE}\W*$",
        # "le [port par défaut](/cli) est `4321`", "verwendet standardmäßig `localhost`", "es `301` por defecto"
        rf"\b{BY_DEFAULT}\b(?:\]\([^()\s]*\))?(?: ?[:=]| (?:est|es|è|é|is|ist|vaut|en|à|auf|op|a))? ?{SURE}",
        rf"\b(?:est|es|è|é|is|ist|vaut|usa|utilise|utiliza|verwendet|gebruikt) {SURE} {BY_DEFAULT}\b",
        rf"\b(?:Standard(?:wert|port)?|Vorgabe(?:wert)?)\b(?: für [\w -]{{1,30}}?)? ist {SURE}",
        rf"\bby default,? (?:the |its )?(?:[\w-]+ ){{1,4}}(?:is|are) (?:set to )?{VALUE}",
    )
)
NO_VALUE = re.compile(
    r"a|an|as|empty|false|is|it|no|none|not|null|of|same|that|the|this|to|true|unset|use|used", re.IGNORECASE
)
QUOTES = "`\"“”'‘’"
HEADING = re.compile(r"^(?:#{1,6} .*|[=~]{1,6} .*)$", re.MULTILINE)
ITEM = re.compile(r"^[-*•] +\S", re.MULTILINE)
LABELLED = re.compile(r"\W*(?:defaults?|standard\w*|vorgabe|voreinstellung)\b", re.IGNORECASE)
SAID = frozenset(  # stems of what such a question is put with
    stems("take use used have has set sets get go value setting many much long big often far time does print given")
)
TOLD = re.compile(r"(?:true|false|yes|no|on|off|enabled|disabled)", re.IGNORECASE)
FAR = 1500  # characters above within which a heading names what is told
ENOUGH = 0.7  # of the words of a question that must be said where a default is told


def asks(question: str) -> bool:
    """Does it ask for what holds where nothing is said?"""
    return bool(PLAIN.search(question) or USUAL.search(question))


def only(question: str) -> bool:
    """Does it ask for nothing else, so that no other number of a text is an answer?"""
    return bool(ONLY.search(question))


def bare(question: str) -> str:
    """The question without the words that ask for a default."""
    return USUAL.sub(" ", PLAIN.sub(" ", question))


def default(question: str, excerpts: Sequence[Citation]) -> Citation | None:
    """The default that a question asks for, as it stands in one of the excerpts; None if not just one is told of it."""
    words = telling(bare(question)) - SAID
    found = [
        (rank, one.quote.casefold(), one)
        for excerpt in excerpts
        for start, end in _told(excerpt.quote)
        if (one := _part(excerpt, start, end)) and _fits(question, one.quote) and not words.issuperset(stems(one.quote))
        if (rank := _rank(words, excerpt, start))[0] >= ENOUGH
    ]
    best = max((rank for rank, _, _ in found), default=None)
    first = [one for one in found if one[0] == best]
    return first[0][2] if len({value for _, value, _ in first}) == 1 else None


def _fits(question: str, value: str) -> bool:
    """Has a value the unit that a question asks for, if it asks for one, and a number if it asks how many?"""
    if (wanted := questions.wants(question)) != "number":
        return wanted in ("name", "thing", "") and not TOLD.search(value)
    units_of = [fits for asks_, fits in units.UNITS if asks_.search(question) and fits.pattern != "(?!)"]
    return bool(questions.DIGITS.search(value)) and all(fits.search(value) for fits in units_of[:1])


def _rank(words: set[str], excerpt: Citation, at: int) -> tuple[float, int]:
    """The share of the words that is said of what stands at a place, and how few others its name has (0 is best)."""
    place, text = excerpt.start + at, excerpt.passage.document.text
    first = max(text.rfind("\n\n", 0, place), 0)
    last = text.find("\n\n", place)
    block = text[first : last if last >= 0 else None].strip("\n")
    line = text[text.rfind("\n", 0, place) + 1 :].partition("\n")[0]
    above = [one[0] for one in HEADING.finditer(text, max(0, first - FAR), place)]
    named = above[-1] if above else excerpt.passage.heading.rpartition(" > ")[2]
    if LABELLED.match(line):  # it says of what is named above it, and explained below
        block += text[last:].lstrip("\n").partition("\n\n")[0] if last >= 0 else ""
    else:
        item = ITEM.search(text, text.rfind("\n- ", first, place) + 1, place + len(line))
        block = text[item.start() if item and item.start() >= first else first : last if last >= 0 else None]
    own = set(stems(named))
    said = own.union(stems(block), stems(excerpt.passage.heading), stems(excerpt.passage.document.title))
    share = len(words & said) / len(words) if words else 0.0
    return share, -len(own - words)


def _part(excerpt: Citation, start: int, end: int) -> Citation:
    at = excerpt.start
    return replace(excerpt, quote=excerpt.quote[start:end], start=at + start, end=at + end)


def _told(text: str) -> Iterator[tuple[int, int]]:
    """Where a text tells a default, in order: without the marks around it."""
    found = dict[int, int]()
    for pattern in TELLS:
        for match in pattern.finditer(text):
            start, end = match.span("value")
            while start < end and text[start] in QUOTES:
                start += 1
            while start < end and text[end - 1] in QUOTES:
                end -= 1
            if start < end and not NO_VALUE.fullmatch(text[start:end]):
                found.setdefault(start, end)
    yield from sorted(found.items())
