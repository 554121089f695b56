"""
A list that is told as prose: "… four freedoms." and below it "The first is …", "The second is …", each a paragraph;
and steps: "First, …" with its code, "Now …", "Then …".

The paragraph that announces the parts is read together with them, as one with a colon is with its list, and steps are
read together. Tables of words, to add to.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.blocks import Block
from rag.sentences import spans

MOST = 1000  # characters of a list with what announces it; of a longer one each paragraph is read by itself
LEAD = 300  # characters of a paragraph that announces; of a longer one it is the last sentence
BEFORE = (
    r"\W*(?:(?:and|but|und|et|y|e|en|och|og)\s+)?(?:(?:the|a|my|our|his|her|their|its|de[rn]|das|dem|die|mein\w*|unser\w*"
    r"|ein\w*|le|la|el|il|lo|os?|as?|une?|un[oa]?|zum|zur|in|en|em|ten|för|for|de|det)\s+){0,2}"
)
ORDERED = tuple(
    re.compile(rf"{BEFORE}(?:{words})\b", re.IGNORECASE)
    for words in (
        r"first(?:ly)?|one|erste[nrs]?|erstens|zunächst|premi(?:er|ère)(?:ment)?|d['’]abord|primer[oa]?|prim[oa]|primeir[oa]"
        r"|eerste|första|første",
        r"second(?:ly)?|two|zweite[nrs]?|zweitens|deuxième(?:ment)?|second[eoa]?|segund[oa]|tweede|andra|anden|andre|andet",
        r"third(?:ly)?|three|dritte[nrs]?|drittens|troisième(?:ment)?|tercer[oa]?|terz[oa]|terceir[oa]|derde|tredje",
        r"fourth(?:ly)?|four|vierte[nrs]?|viertens|quatrième(?:ment)?|cuart[oa]|quart[oa]|vierde|fjärde|fjerde",
        r"fifth(?:ly)?|five|fünfte[nrs]?|fünftens|cinquième(?:ment)?|quint[oa]|vijfde|femte",
        r"sixth(?:ly)?|six|sechste[nrs]?|sechstens|sixième(?:ment)?|sext[oa]|sest[oa]|zesde|sjätte|sjette",
        r"seventh(?:ly)?|seven|siebte[nrs]?|siebtens|septième(?:ment)?|séptim[oa]|settim[oa]|sétim[oa]|zevende|sjunde"
        r"|syvende",
    )
)
LAST = re.compile(
    rf"{BEFORE}(?:last(?:ly)?|final(?:ly)?|letzte[nrs]?|schließlich|enfin|derni(?:er|ère)|finalmente|últim[oa]|ultim[oa]"
    r"|laatste|tenslotte|slutligen|endelig|sista|sidste|siste)\b",
    re.IGNORECASE,
)
BEGINS = re.compile(  # the first step of several
    r"\W*(?:first(?:ly)?(?: (?:of all|things? first|up|off))?,|first (?:you|we|i|let['’]?s|make|create|install|open|run"
    r"|go|add|set|get|find|start|check|list|remove|put|download|connect|log|choose|select)\b"
    r"|(?:to|let['’]?s) (?:start|begin)\b|(?:start|begin) (?:by|with)\b|zuerst|zunächst|als erstes|(?:tout )?d['’]abord"
    r"|commence[zr]|primero|en primer|per prima cosa|innanzitutto|primeiro|eerst|först|først)",
    re.IGNORECASE,
)
GOES_ON = re.compile(  # and how the next ones are told
    r"\W*(?:(?:and|und|et|y|e|en|och|og) )?(?:then|next|now|after (?:that|this|which)|afterwards?"
    r"|once (?:that|this|you|it|they|done)|finally|lastly|second(?:ly)?|third(?:ly)?|dann|danach|jetzt|nun|anschließend"
    r"|schließlich|als nächstes|zuletzt|ensuite|puis|maintenant|après|enfin|luego|después|ahora|entonces"
    r"|a continuación|finalmente|por último|poi|quindi|ora|infine|depois|agora|em seguida|por fim|daarna|vervolgens|nu"
    r"|tenslotte|sedan|därefter|slutligen|derefter|til slut)\b",
    re.IGNORECASE,
)
BETWEEN = 1  # groups that begin otherwise between two steps
ANNOUNCES = re.compile(
    r"\b(?:two|three|four|five|six|seven|several|some|few|these|following|[2-7]|zwei|drei|vier|fünf|sechs|sieben|mehrere"
    r"|einige|folgende\w*|deux|trois|quatre|cinq|sept|plusieurs|suivants?|suivantes|dos|tres|cuatro|cinco|seis|siete"
    r"|varios|varias|siguientes|due|tre|quattro|cinque|sei|sette|diversi|diverse|seguenti|dois|duas|três|quatro|sete"
    r"|vários|várias|seguintes|twee|drie|vijf|zes|zeven|volgende|två|fyra|fem|sex|sju|följande|to|fire|seks|syv|følgende)\b",
    re.IGNORECASE,
)


def together(text: str, groups: Sequence[list[Block]]) -> list[list[Block]]:
    """The groups of blocks; steps are one, and the paragraphs of a list told in order with what announces them."""
    made: list[list[Block]] = []
    at = 0
    while at < len(groups):
        if steps := _steps(text, groups[at:]):
            made.append([block for group in groups[at : at + steps] for block in group])
            at += steps
            continue
        count = _parts(text, groups[at:])
        if count < 2 or not made or not (lead := _lead(text, made[-1][-1])):
            made.append(list(groups[at]))
            at += 1
            continue
        parts = [block for group in groups[at : at + count] for block in group]
        if parts[-1].end - lead.start > MOST:
            made += [list(group) for group in groups[at : at + count]]
        else:
            _without(text, made, lead)
            made.append([lead, *parts])
        at += count
    return made


def ordered(text: str, group: Sequence[Block]) -> bool:
    """Is a group such a list?"""
    listed = len(group) > 2 and _parts(text, [[block] for block in group[1:]]) > 1
    return listed or (group[-1].end - group[0].start <= MOST and _steps(text, [[block] for block in group]) > 0)


def _steps(text: str, groups: Sequence[Sequence[Block]]) -> int:
    """How many of the groups are steps that are read together, from the first to the last that fits; 0 if none are."""
    start = groups[0][0]
    if start.kind != "prose" or not BEGINS.match(text, start.start, start.end):
        return 0
    count = 0
    for number, group in enumerate(groups[1:], 2):
        if group[0].kind == "heading" or group[-1].end - start.start > MOST or number - max(count, 1) > BETWEEN + 1:
            break
        if group[0].kind == "prose" and GOES_ON.match(text, group[0].start, group[0].end):
            count = number
    return count


def _parts(text: str, groups: Sequence[Sequence[Block]]) -> int:
    """How many of the groups are paragraphs that tell first, second … in this order; the last one may say so."""
    count = 0
    for group, pattern in zip(groups, ORDERED, strict=False):
        if len(group) > 1 or group[0].kind != "prose" or not pattern.match(text, group[0].start, group[0].end):
            break
        count += 1
    if count > 1 and len(groups) > count and groups[count][0].kind == "prose":
        count += LAST.match(text, groups[count][0].start, groups[count][0].end) is not None
    return count


def _lead(text: str, block: Block) -> Block | None:
    """The paragraph that announces parts, or its last sentence."""
    if block.kind != "prose":
        return None
    start = block.start
    if block.end - start > LEAD:
        start += spans(text[start : block.end], "text")[-1].start
    return Block(start, block.end, "prose") if ANNOUNCES.search(text, start, block.end) else None


def _without(text: str, made: list[list[Block]], lead: Block) -> None:
    """Take what announces out of the last group."""
    last = made[-1].pop()
    if before := text[last.start : lead.start].rstrip():
        made[-1].append(Block(last.start, last.start + len(before), "prose"))
    if not made[-1]:
        made.pop()
