"""
What somebody has tried so far, told in a sentence: "So far I have signed out and in again, cleared the cache and
switched to a cable", "Ya he probado a reiniciar el ordenador, a usar otro navegador y a borrar las cookies".

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re

from rag.extract.fields import Field

FEW, MANY, LONGEST = 2, 20, 120  # elements of a sentence that lists; elements; characters of one
TRIED = {
    "tried",
    "attempted",
    "versucht",
    "probiert",
    "essayé",
    "tenté",
    "probado",
    "intentado",
    "provato",
    "geprobeerd",
}
# Who has done it, in the tense that says so; and the words for trying it, which are no part of what was done.
DONE = re.compile(
    r"\b(?:(?:I|we)(?:['’]ve|\shave)|(?:ich|wir)\shaben?|habe?n?\s(?:ich|wir)|j['’]ai|nous\savons|(?:he|hemos)"
    r"|(?:ho|abbiamo)|(?:ik|we|wij)\sheb(?:ben)?|heb\sik|hebben\swe|(?:eu\s)?já)\s",
    re.IGNORECASE,
)
ALREADY = re.compile(
    r"\b(?:so far|already|tried|attempted|schon|bereits|bisher|versucht|probiert|déjà|essayé|jusqu['’]ici|ya"
    r"|hasta ahora|probado|intentado|già|finora|provato|al|tot nu toe|geprobeerd|já|até agora|tentei)\b",
    re.IGNORECASE,
)
TRYING = re.compile(
    r"(?:(?:already|also|so far|schon|bereits|bisher|auch|déjà|aussi|ya|también|già|anche|al|ook)\b[\s,]+)*"
    r"(?:(?:tried|attempted|versucht|probiert|essayé|tenté|probado|intentado|tratado|provato|tentato|geprobeerd|tentei)"
    r"\b[\s,:]+(?P<to>(?:to|a|de|di|con|om|zu)\s|d['’])?)?",
    re.IGNORECASE,
)
SENTENCE = re.compile(r"(?:[^.!?;\n]|\n(?![^\S\n]*(?:\n|[-*•]))|(?<=\d)\.(?=\d))+")
AND = re.compile(r"\s(?:and|und|et|y|e|en|sowie)\s")
OUTCOME = re.compile(
    r",?\s(?:but|yet|without|aber|doch|ohne|mais|sans|pero|sin|ma|senza|maar|zonder|mas|sem)\s.*", re.IGNORECASE
)


def tried(text: str, one: Field) -> list[str]:
    """What was tried, for a list that asks for it: of the first sentence that says several things; else []."""
    if not one.listed or one.kind != "text" or not (one.words | one.units) & TRIED:
        return []
    for sentence in SENTENCE.finditer(text):
        said = " ".join(sentence[0].split())
        done = DONE.search(said)
        if done and ALREADY.search(said) and len(parts := _parts(said[done.end() :])) >= FEW:
            return parts[:MANY]
    return []


def _parts(said: str) -> list[str]:
    """The parts between commas, the last of them divided at its "and"; none if one is as long as a sentence."""
    bare = OUTCOME.sub("", said)
    trying = TRYING.match(bare)
    to = (trying["to"] or "") if trying else ""  # "probado a reiniciar, a usar y a borrar"
    *parts, last = bare[trying.end() if trying else 0 :].split(", ")
    joined = AND.search(" " + last)
    ends = [(" " + last)[: joined.start()], (" " + last)[joined.end() :]] if joined else [last]
    found = [one for part in (*parts, *ends) if (one := part.strip().removeprefix(to).strip())]
    return found if joined and all(len(part) <= LONGEST for part in found) else []


__all__ = ["tried"]
