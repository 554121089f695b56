"""
What a sentence says of a field by its form: "because {}", "born in {name}", "{customer} to buy {target}", "The root
cause was {}", "Karen Stead, the referee".

The forms stand in `frames.txt`; the last two kinds are read by the words of the field itself. Rules only; nothing here
asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from rag.extract.candidates import Candidate
from rag.extract.fields import Field, Key
from rag.extract.lexicon import all_notions, bag, units, within

FRAMES = Path(__file__).parent / "frames.txt"  # notions: frame | frame
SAID, BY_FRAME, BY_SUBJECT = 0.45, 0.6, 0.55  # from which a notion is the field's; what a frame says, and a subject
WHOLE = 0.02  # that a value holds another: "Corvid Systems"
LONGEST, SUBJECT, NEXT = 200, 70, 12  # characters of a value, of the subject before "was", behind it to a day
HARMLESS = bag("name person description title main company organisation")  # further words of a field that it may have
CALLED = bag("name company organisation person")
GOES_ON = r"(?<=[^\s.:;!?])[ \t]*\n(?=[a-zà-ÿ])"  # of a line that was wrapped
INSIDE = rf"(?:[^.;!?\n]|[.](?=[\w,])|{GOES_ON})"
AFTER = (
    r"(?=[^\S\n]*(?:[.;!?)]|\n(?![a-zà-ÿ])|:\s|\s[–—]\s"
    r"|,?\s(?:but|which|so that|so|aber|sondern|weshalb|mais|donc|pero|por lo que)\s"
    r"|,\s(?:and|und|et|y|who|we|he|she|it|they|der|die|das|qui|que)\s|\Z))"
)
STOP = (
    r"(?=\s*(?:[.,;:!?\n)]|\Z)|\s(?:and|but|for|with|in|at|on|to|from|until|since|by|when|while|who|which|that"
    r"|because|as|is|was"
    r"|will|und|mit|für|bei|seit|im|an|auf|bis|et|avec|pour|depuis|dans|chez|au|aux|à|y|con|para|desde|en|a|hasta)\s)"
)
TITLE = r"(?:(?:Frau|Herrn?|Mr|Mrs|Ms|Dr|Prof|Mme|M|Sra?|Señora?|Madame|Monsieur)\.?\s)?"
WORD = r"(?:[A-ZÀ-Þ]\.|(?!(?:Mehrheit|Anteile|I|We|He|She|It|They|Ich|Wir|Je|Nous)\b)[A-ZÀ-Þ0-9][\w'’&-]*)"
JOINT = r"(?:of|the|de|la|le|du|des|von|van|der|den|di|da|del|dos|and|&|y|et|und)"
NAME = (
    rf"(?:(?=[A-ZÀ-Þ]){WORD}(?:\s(?:{JOINT}\s){{0,2}}{WORD}){{0,5}}"
    r"(?:(?<=Inc)\.|(?<=Ltd)\.|(?<=Corp)\.|(?<=Co)\.|,\s(?:Inc|Ltd)\.?|\seG)?)"
)
ARTICLE = (
    r"(?:(?:[Tt]he|[Aa]n?|[Ee]ine?[nrms]?|[Dd](?:er|ie|as|en|em)|[Ll][ea]s?|[Uu]ne?|[Ee]l|[Ll]os|[Uu]na?)\s"
    r"|[Ll]['’])?"
)
SLOTS = {
    "": rf"(?P<SLOT>{INSIDE}{{2,{LONGEST}}}?){AFTER}",
    "few": rf"{ARTICLE}(?P<SLOT>[^\W_][\w'’/-]*(?:\s[\w'’/-]+){{0,6}}?){STOP}",
    "adjective": r"(?P<SLOT>[A-Z][a-z]+(?:ese|ian|ish|an|nch|ic|ai|eek|wiss))",
    "name": rf"{ARTICLE}{TITLE}(?P<SLOT>{NAME})",
}
SLOT = re.compile(r"\{(?:(\w+)=)?(\w*)(?: (\w+))?\}")  # notion, kind, the word that it ends with
IS = re.compile(
    r"\s(?:is|was|are|were|will be|has been|ist|war|sind|waren|lautet|beträgt|est|était|sont|étaient|es|fue|son"
    r"|era|eran|è|sono)\s"
    r"(?:(?:that|dass|que|probably|wohl)\s|,\sdass\s)?"
)
# What may be said of a thing by "is", and is no state that it is in: "the reason is", not "the museum is open".
ABSTRACT = bag(
    "purpose diagnosis condition conditions finding problem wish symptoms method job duration damage cause solution"
    " outcome aim goal limitation advantage drawback risk theme motto penalty notice schaden ziel vorteil nachteil"
    " dégât but objectif"
    " daño objetivo ventaja detour"
)
NOUNS = re.compile(r"(?:tion|sion|ment|ness|ity|ung|heit|keit|ción|dad|ance|ence|ism)$")
OF = re.compile(r"\s(?:of|von|des|der|de|du|del|di)\s")
DENIED = re.compile(
    r"(?:unknown|unclear|unbekannt|unklar|inconnue?|desconocid[oa]|not|no|still|also|yet|nicht|kein\w*|noch"
    r"|auch|pas|aussi|encore|no|también|aún|now|very|too|so|to|already)\b",
    re.I,
)


@dataclass(frozen=True, slots=True)
class Frame:
    """A form of sentences; `slots` are the names of its groups with the notions that each is of."""

    way: re.Pattern[str]
    slots: tuple[tuple[str, frozenset[str]], ...]


@cache
def _frames() -> list[Frame]:
    found = []
    for line in FRAMES.read_text(encoding="utf-8").splitlines()[1:]:
        notions, _, forms = line.partition(": ")
        found += [_frame(form, bag(notions)) for form in forms.split(" | ")]
    return found


def _frame(form: str, notions: frozenset[str]) -> Frame:
    slots: list[tuple[str, frozenset[str]]] = []
    way, at = "", 0
    for number, match in enumerate(SLOT.finditer(form)):
        slot = SLOTS[match[2]].replace("SLOT", f"slot{number}")
        if match[3]:
            slot = slot.removesuffix(f"){STOP}") + rf"\s{match[3]}){STOP}"
        way += _literal(form[at : match.start()]) + (slot if match.end() == len(form) else slot.removesuffix(STOP))
        slots.append((f"slot{number}", frozenset({match[1]}) if match[1] else notions))
        at = match.end()
    way += _literal(form[at:])
    opens = r"(?<!\w)" if form[0] != "{" else r"(?<![\w'’&-])"
    return Frame(re.compile(opens + way), tuple(slots))


def _literal(said: str) -> str:
    """A part of a form as a pattern: in any letter case, over line breaks, to its last letter."""
    if not said:
        return ""
    inner = re.escape(said).replace(r"\ ", r"\s").replace("'", "['’]")
    return f"(?i:{inner})" + (r"(?!\w)" if said[-1].isalnum() else "")


def framed(text: str, found: Sequence[Candidate], wanted: Sequence[Field]) -> dict[Key, list[tuple[Candidate, float]]]:
    """What the sentences of a text say of these fields by their form, and how surely."""
    told: dict[Key, list[tuple[Candidate, float]]] = {}
    timed = [one for one in found if one.kind in ("date", "day", "time", "span")]
    for one in wanted:
        if one.kind == "text" and not one.wants and not one.summing:
            said = [*_by_frames(text, one), *_by_subject(text, one, timed)]
            said = [(value, sure + WHOLE * _longer(value, said)) for value, sure in said]
            told[one.key] = sorted(said, key=lambda pair: (-pair[1], pair[0].start))
    return {key: said for key, said in told.items() if said}


def _longer(one: Candidate, said: Sequence[tuple[Candidate, float]]) -> bool:
    """Whether another value is a part of this one: "Corvid" of "Corvid Systems"."""
    return any(other.text != one.text and other.text in one.text for other, _ in said)


def _by_frames(text: str, one: Field) -> Iterator[tuple[Candidate, float]]:
    for frame in _frames():
        told = [(slot, sure) for slot, notions in frame.slots if (sure := _asked(one, notions)) >= SAID]
        for match in frame.way.finditer(text) if told else ():
            for slot, sure in told:
                if value := _trimmed(text, *match.span(slot)):
                    yield value, BY_FRAME + 0.35 * sure


def framed_as(text: str, notion: str) -> list[Candidate]:
    """What the sentences of a text say of a notion by its forms: who took the chair."""
    wanted = frozenset({notion})
    return [
        value
        for frame in _frames()
        for slot, notions in frame.slots
        if wanted & notions
        for match in frame.way.finditer(text)
        if (value := _trimmed(text, *match.span(slot)))
    ]


def _asked(one: Field, notions: frozenset[str]) -> float:
    """
    How much of what a field asks for is one of these notions; 0 if it asks for something of it: its address. The
    name of an object is what the object is called: `acquirer: {name}`.
    """
    asked = one.owner if one.owner and one.units <= CALLED else one.units
    best = max((within(asked, frozenset({notion})) for notion in notions), default=0.0)
    others = (asked - notions) & all_notions() - HARMLESS
    return 0.0 if others else best


def _by_subject(text: str, one: Field, timed: Sequence[Candidate]) -> Iterator[tuple[Candidate, float]]:
    """ "The root cause was …": what is said of a subject that is the field's name."""
    if one.naming:
        return
    abstract = one.listed or one.units & ABSTRACT or any(map(NOUNS.search, one.units - all_notions()))
    for verb in IS.finditer(text):
        least = max(verb.start() - SUBJECT - 1, 0)
        start = max(text.rfind(mark, least, verb.start()) for mark in ".;:,!?\n") + 1
        if verb.start() - start > SUBJECT:
            continue
        subject = OF.split(text[start : verb.start()].strip())[0]
        if not subject or len(subject.split()) > 5:
            continue
        sure = within(one.units, units(subject))
        if sure < 0.5 or DENIED.match(text, verb.end()):
            continue
        ends = re.compile(rf"{INSIDE}{{2,{LONGEST}}}?{AFTER}").match(text, verb.end())
        when = next((day for day in timed if verb.end() <= day.start <= verb.end() + NEXT), None)
        value = when or (_trimmed(text, *ends.span()) if abstract and ends else None)
        if value:
            yield value, BY_SUBJECT + 0.4 * sure


def _trimmed(text: str, start: int, end: int) -> Candidate | None:
    """A value without the blanks and marks at its ends; None if nothing is left."""
    while end > start and (text[end - 1].isspace() or text[end - 1] in ",;:“”\"'"):
        end -= 1
    while start < end and (text[start].isspace() or text[start] in ",;:“”\"'"):
        start += 1
    said = " ".join(text[start:end].split("\n"))
    return Candidate(said, start, end, "cell") if re.search(r"[^\W\d]", said) else None


__all__ = ["framed", "framed_as"]
