"""
What was decided, where no heading and no label speaks of decisions: sentences that say so, and what was voted on.

    4. The new pipe costs 14,600 euros. Carried with 44 to 12 votes.        We decided to close the hall.

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 300  # characters of a decision
DECIDED = re.compile(
    r"\b(?:(?:we|it was|was|were|have|has|board|committee|council|team|all|meeting) (?:\w+ )?"
    r"(?:decided|agreed|resolved|approved|adopted|elected|rejected)"
    r"|(?:decided|agreed|approved|voted) (?:to|that|unanimously|on|against|for|in favou?r)"
    r"|beschlossen|beschließt|beschloss|einigten? sich|vereinbart|genehmigt|bewilligt|entlastet|abgelehnt"
    r"|(?:wieder)?gewählt"
    r"|stimmten? (?:\w+ ){0,6}zu|(?:a|ont|avons) été? ?(?:décidé|adopté|approuvé|rejeté)e?s?|avons décidé|ont décidé"
    r"|se (?:decidió|acordó|aprobó)|acordamos|si è deciso)\b|決定し|決まった",
    re.IGNORECASE,
)
VOTE = (  # the beginning of a sentence that only says how a vote went
    r"(?:(?:Motion |Einstimmig |Mehrheitlich |Unanimously )?(?:carried|passed|adopted|approved|agreed|rejected|defeated"
    r"|angenommen|abgelehnt|beschlossen|genehmigt|adoptée?|approuvée?|rejetée?|aprobad[oa]|rechazad[oa])\b|Einstimmig\b|Unanimous\b"
    r"|(?:Mit|With|By|Par|Con)\s[^.]{0,30}?(?:Stimmen|Mehrheit|votes?|majority|voix|votos)\b"
    r"|(?:Abstimmung|Vote|Votes|Ergebnis)\s?:|(?:Dafür|For|Ja|Yes)\s?:?\s\d)"
)
VOTED = re.compile(VOTE, re.IGNORECASE)
SHORT = 12  # words of such a sentence
SENTENCE = re.compile(
    r"(?:(?<=[^\W\d_]{2})|(?<=[€%)\"”])|(?<=\d{3})|(?<=[€£$]\d)|(?<=[€£$]\d\d))[.!?]\s+(?=[A-ZÀ-Þ\"„“])(?<!\b(?:Nr|St|Dr|Mr|Ms)\.\s)"
    rf"|[.!?;]\s+(?=(?i:{VOTE}))"
)
# What is going to be done: of numbered points of minutes it is what the meeting wants.
PLANNED = re.compile(
    r"\b(?:wird|werden)\b.*\b(?:ge\w{2,}(?:t|en)|\w{2,}iert|(?:ver|er|be|ent|zer|über|unter)\w{2,}(?:t|en))\b"
    r"|\b(?:is|are) to be \w+|\bwill be \w+(?:ed|t|n|ld)\b|\b(?:steigt|sinkt|erhöht sich) (?:ab|zum|auf|um)\b"
    r"|\bsera \w+é",
)
NOTHING = re.compile(r"\b(?:nothing|no decision|not yet|nichts|keine? Beschl\w+|rien|nada)\b", re.IGNORECASE)
MINUTES = re.compile(
    r"protokoll|minutes|niederschrift|compte.rendu|procès-verbal|\bacta\b|verbale|議事録", re.IGNORECASE
)
MARK = re.compile(r"[ \t]*(?:(?P<number>\d{1,2}[.)]|TOP \d+:?)|[-*•+])[ \t]+")


def decisions(text: str) -> list[str]:
    """The sentences of a text that say what was decided, each once, in their order."""
    minuted = MINUTES.search(text[:200]) is not None
    found: list[str] = []
    for said, numbered in _points(text):
        sentences = [part.strip() for part in SENTENCE.split(said) if part and part.strip()]
        for n, sentence in enumerate(sentences):
            if VOTED.match(sentence) and len(sentence.split()) <= SHORT:
                found += sentences[n - 1 : n] if n else []
            elif _decides(sentence) or (minuted and numbered and PLANNED.search(sentence)):
                found.append(sentence)
    bare = [one.rstrip(".;,。 ") for one in found]
    return list(dict.fromkeys(one for one in bare if len(one) <= LONGEST))


def _decides(sentence: str) -> bool:
    """Whether a sentence says that something was decided, and not that nothing was."""
    match = DECIDED.search(sentence)
    return match is not None and NOTHING.search(sentence, 0, match.end()) is None


def _points(text: str) -> Iterator[tuple[str, bool]]:
    """The paragraphs and points of a text, each in one line, and whether it is numbered; no headings."""
    lines: list[str] = []
    numbered = False
    for line in [*text.split("\n"), ""]:
        mark = MARK.match(line)
        if mark or not line.strip() or line.startswith(("#", "|")):
            if lines:
                yield " ".join(" ".join(lines).split()), numbered
            lines, numbered = [], bool(mark and mark["number"])
            line = line[mark.end() :] if mark else ""
        if line.strip():
            lines.append(line)


__all__ = ["decisions"]
