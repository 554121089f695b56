"""
Who asks of themselves ("what do I use for backups?"), and which texts speak in the first person ("I use …").

What somebody wrote down of themselves answers such a question, and not what says its words otherwise. Tables of words
of seven languages; what a link is called is said by somebody else. Pure functions over text.
"""

from __future__ import annotations

import re

from rag import languages

# How one asks of oneself, and no instruction ("how do I …", "do I need …"), and how what answers speaks.
WAYS = (
    (  # English
        r"\b(?:did|have|had|(?<!why )am|was) i\b|\bdo i\b(?! (?:need|have to|do|get|go|put|find|see|start|begin|ask"
        r"|call|tell|apply)\b)|\b(?:is|are|was|were) my\b|\bthat \w+ i \w+"
        r"|\b(?:made|got|gave|told|taught|helped|let|[a-z]{2,}ed) me\b",
        r"\b(?-i:I)\b|\b(?:my|me|mine|myself|we|our|ours)\b|(?:^|[.!?] )\W*(?:currently|previously|formerly|personally"
        r"|lately|recently|nowadays|used to|switched to|stopped)\b",
    ),
    (  # German
        r"\b(?:hab|habe|hatte|bin|war) ich\b|\b(?:ist|sind|war|waren|heißt|heisst) mein\w*"
        r"|\b(?:nutz|benutz|verwend|gebrauch|denk|halt|mein|mag|bevorzug|trink|ess|les|hör|schau|spiel|besitz|heiß|wohn"
        r"|arbeit|leb)e? ich\b|\bich\b.*\b(?:habe?|hatte|bin|war|nutz\w+|benutz\w+|verwend\w+)\W*$",
        r"\b(?:ich|mir|mich|mein(?:e[mnrs]?)?|wir|unser(?:e[mnrs]?)?)\b",
    ),
    (  # French
        r"\b(?:ai|avais|suis|étais|pense|utilise|utilisais|préfère) ?-?je\b|\bj['’](?:ai|avais|étais|utilise|aime)"
        r"|\bje (?:suis|pense|préfère|me)\b|\best-ce que j['’]|\b(?:est|sont|était) (?:mon|ma|mes)\b",
        r"\b(?:je|mon|ma|mes|moi|nous|notre|nos)\b|\bj['’]",
    ),
    (  # Spanish
        r"\b(?:uso|usaba|usé|utilizo|utilizaba|pienso|prefiero|estoy|estaba|soy|era|tengo|tenía|tuve|hice|fui|dejé"
        r"|empecé|compré|he \w+d[oa]|me \w+)\b|\b(?:es|son|era|fue) mis?\b",
        r"\b(?:yo|me|mis?|nos|nuestr[oa]s?|uso|usaba|usé|utilizo|pienso|prefiero|soy|tengo|he|hice|estoy|usamos"
        r"|utilizamos|hemos|tenemos)\b",
    ),
    (  # Italian
        r"\b(?:uso|usavo|utilizzo|penso|preferisco|sono|ero|ho|avevo) \w+"
        r"|\b(?:è|sono|era|erano) (?:il |la |i |le )?(?:mi[oae]|miei)\b",
        r"\b(?:io|mi|mi[oae]|miei|noi|nostr[oaie]|uso|usavo|utilizzo|ho|abbiamo|usiamo)\b",
    ),
    (  # Portuguese
        r"\b(?:uso|usava|usei|utilizo|penso|prefiro|estou|estava|sou|tenho|tinha|fiz)\b"
        r"|\b(?:é|são|era|foi) (?:o |a |os |as )?(?:meus?|minhas?)\b",
        r"\b(?:eu|me|meus?|minhas?|nós|noss[oa]s?|uso|usava|utilizo|prefiro|tenho|usamos)\b",
    ),
    (  # Dutch
        r"\b(?:heb|had|ben|was|gebruik|vind|denk|lees|drink|eet|woon|werk) ik\b|\b(?:is|zijn|was|waren) mijn\b",
        r"\b(?:ik|mij|me|mijn|we|wij|onze?)\b",
    ),
)
NAMES = ("English", "German", "French", "Spanish", "Italian", "Portuguese", "Dutch")
PAIRS = tuple(
    (name, re.compile(asks, re.IGNORECASE), re.compile(says, re.IGNORECASE | re.MULTILINE))
    for name, (asks, says) in zip(NAMES, WAYS, strict=True)
)
HOW = re.compile(  # how something is done is no question of oneself
    r"\bhow (?:do|can|could|should|would|might|to)\b|\b(?:wie (?!viele?\b|oft\b|lang|alt\b)|comment|c[oó]mo|hoe)\b"
    r"|^\W*come\b",
    re.IGNORECASE,
)
LINK = re.compile(  # an address, or what it is called and the address
    r"!?\[(?:[^\[\]\n]|\[[^\[\]\n]{0,200}\]){0,400}\]\((?:[^()\s]|\([^()\s]{0,200}\)){0,1000}(?: [^()\n]{0,200})?\)"
    r"|<?\bhttps?://[^\s<>]{1,1000}>?"
)


def own(question: str) -> re.Pattern[str] | None:
    """How the first person speaks in the language of a question that somebody asks of themselves; else None."""
    if HOW.search(question):
        return None
    names = languages.languages(question)
    return next((says for name, asks, says in PAIRS if (not names or name in names) and asks.search(question)), None)


def speaks(text: str, says: re.Pattern[str]) -> bool:
    """Does a text speak so, but for what its links are called?"""
    return says.search(LINK.sub(" ", text)) is not None
