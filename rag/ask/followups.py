"""
Complete a follow-up from the conversation, so that it can be searched for alone.

A question that stands by itself is left as it is. One that leans on what was said before (it begins with "and" or
"what about", has a pronoun without its noun, or hardly a word of its own) gets the words of the last question that it
lacks. One that is but a part ("and in Sweden?", "what about the 7260?") becomes the last question with this part in the
place of its like, or added to it. A capable model writes the whole question instead. What is asked stays the new
question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag import folding, grammar, languages, prompts
from rag.ask.asking import Exchange, capable
from rag.ask.words import ASIDE, STOP, stems
from rag.errors import RagError
from rag.models import minilm
from rag.types import Generator, Sampling

BEGINS = re.compile(
    r"[\s¿¡]*(?:and|but|or|so|also|then|ok(?:ay)?|what about|how about|why(?: not)?\s*\??$|what else|und|aber|oder|et"
    r"|mais"
    r"|y|pero|e\s|ma\s|en\s(?!qu|cu)|was ist mit|et pour|qu['’]en est-il de|y qué hay de|e per|en wat met)\b",
    re.IGNORECASE,
)
LEANS = re.compile(
    r"(?<![\w-])(?:it|its|they|them|their|those|these|that|this|he|she|him|his|her|there|then|one|ones|same|former"
    r"|latter|both"
    r"|er|sie|es|ihn|ihm|ihr|dort|damit|davon|dazu|dies\w*|il|elle|ils|elles|cela|ça|celui|celle|él|ella|ellos|eso"
    r"|esto)\b",
    re.IGNORECASE,
)
STANDS = re.compile(  # for what was spoken of; "it" is nothing in "is it raining", "how is it that"
    r"\b(?:they|them|he|she|him|her|this one|that one|those|these)\b|(?<!is )(?<!was )\bit\b(?! (?:rain|snow|that\b))"
    r"|\b(?:is|was) it\b(?! (?:\w+ing\b|that\b|\w+ to\b|possible|true))",
    re.IGNORECASE,
)
SAID = re.compile(r"\b(?:wrote|written|says?|said|sent|posted|happen(?:s|ed)?|mean[st]?)\b", re.IGNORECASE)
WHOLE = re.compile(  # it has its subject and its verb: "how much does the clerk get"
    r"\b(?:do|does|did|can|will|must|should|may)\s+(?:the|an?|our|my|your)\s+\w+\s+\w+", re.IGNORECASE
)
WHO = re.compile(  # "who is the lecturer": an office, not somebody's of what was spoken of
    r"\s*(?:who(?:['’]s| is| are| was)|wer (?:ist|sind|war)|qui est|qui[eé]n es|chi è|wie is) (?:(?:now|jetzt) )?"
    r"(?:the|our|der|die|das|unsere?|le|la|el|il|de|het) (?!author|owner|winner|writer|editor|maker|autor|eigentümer"
    r"|auteur|dueño|autore|eigenaar)[\w-]+\W*$",
    re.IGNORECASE,
)
OPENS = re.compile(  # a part of a question that is but a part
    r"[\s¿¡]*(?:(?:and|but|or|so|und|aber|oder|et|ou|mais|y|o|pero|e|ma|en|maar|what about|how about|was ist mit"
    r"|et pour"
    r"|qu['’]en est-il de|y qué hay de|en wat met)\s+)?",
    re.IGNORECASE,
)
LINKS = re.compile(  # what joins a question to what was said, and says nothing of its own
    r"^[\s¿¡]*(?:and|but|or|so|then|und|aber|oder|et|ou|mais|y|o|pero|e|ma|en|maar)[\s,]+(?=\S+\s\S)", re.IGNORECASE
)
ASKING = re.compile(  # what a whole question has
    r"\b(?:who\w*|what|when|where|which|why|how|is|are|was|were|do|does|did|can|could|may|must|should|will|would|has"
    r"|have|had"
    r"|w(?:er|en|em|ann|o|ie|arum|ieso)|welche\w*|ist|sind|war|hat|haben|kann|darf|muss|gilt|gibt|kostet|braucht"
    r"|qui|que|quoi|quand|où|comment|combien|quel\w*|est|sont|peut|faut|qui[eé]n|qué|cu[aá]\w+|d[oó]nde|c[oó]mo|es|son"
    r"|puede|hay"
    r"|chi|che|cosa|quando|dove|come|quant\w+|è|sono|può|wat|wanneer|waar|hoe|welke?|kan|mag|moet)\b",
    re.IGNORECASE,
)
PLACED = (
    r"(?:in|on|at|for|with|from|to|by|under|during|of|im|am|bei|beim|mit|für|von|vom|nach|ab|zu|zum|zur|auf|à|au|aux"
    r"|dans|pour"
    r"|avec|de|du|des|sur|chez|para|con|del|por|sobre|a|per|di|da|nel|nella|nei|op|voor|van|naar|em|no|na|en)"
)
DETERMINED = (
    r"(?:the|an?|my|our|your|this|that|der|die|das|den|dem|des|eine?[rnms]?|mein\w*|unser\w*|les?|la|une?|el|los|las"
    r"|il|lo|gli"
    r"|het|een)"
)
INDEFINITE = re.compile(r"(?:an?|eine?[rnms]?|une?|een)", re.IGNORECASE)
PART = re.compile(rf"(?:({PLACED})\s+)?(?:({DETERMINED})\s+)?(\S.*)", re.IGNORECASE)
PARTS = 6  # words of a question that is but a part
PERSON = re.compile(
    r"\b(?:he|she|him|his|her|hers|er|sie|ihn|ihm|ihr\w*|sein\w*|elle|lui|él|ella|lei)\b", re.IGNORECASE
)
NAME = 40  # characters of an answer that is but a name
CODE = re.compile(r"[A-Z]{1,3}[:.-]?\d{1,3}")
SHOWS = re.compile(  # a code stands for what something shows, not for the thing
    r"\b(?:mean\w*|errors?|codes?|faults?|shows?|displays?|bedeute\w*|fehler\w*|zeigt|anzeige|signifie|erreur|affiche"
    r"|significa"
    r"|errore?|muestra|mostra|betekent|fout)\b",
    re.IGNORECASE,
)
EARLIER = 4  # questions back that are read
OWN = 2  # a question of fewer words that say something leans on what was said
LONGEST = 200  # characters of a question that a model completes
ASKS = frozenset("""
    many much often long far old big which whose else about tell show give know use used using get now current today
    mean means
""".split())  # fmt: skip  # noqa: SIM905
SCHEMA = {
    "type": "object",
    "properties": {"question": {"type": "string", "minLength": 3, "maxLength": LONGEST}},
    "required": ["question"],
    "additionalProperties": False,
}


def leans(question: str) -> bool:
    """Can the question not be understood without what was said before?"""
    if BEGINS.match(question):
        return True
    noun = re.sub(r"\b(?:this|that|these|those|der|die|das)\s+(?=[a-z]{3,})", "", question)  # "this file" has its noun
    noun = re.sub(r"\b(?:is|are|was|were) there\b|\bthat (?=\w+s\b)", "", noun, flags=re.IGNORECASE)
    noun = re.sub(r"(?<=\w )Sie\b|\b[Gg]ibt es\b|\b[Ii]l (?:y a|faut|est)\b", "", noun)  # nobody who was spoken of
    if LEANS.search(noun):
        return True
    return len(_telling(question)) < OWN and not WHOLE.search(question) and not WHO.match(question)


def dangling(question: str) -> bool:
    """Has a question that nothing was asked before a pronoun, and hardly a word that says for what it stands?"""
    return bool(STANDS.search(question)) and len(_telling(question)) < OWN


def standalone(question: str, history: Sequence[Exchange], generator: Generator | None = None) -> str:
    """The question as it is to be searched for; a model that fails at it is done without."""
    if not history or not leans(question):
        return question
    if generator is not None and capable(generator):
        try:
            return _by_model(question, history, generator)
        except RagError:
            pass
    return _completed(question, history[-EARLIER:])


def _completed(question: str, history: Sequence[Exchange]) -> str:
    """A question with what it lacks of those before it, each of which is completed in its turn."""
    if not history or not leans(question):
        return question
    last = history[-1]
    before = _completed(last.question, history[:-1])
    if part := _part(question):
        return _with_part(before, *part)
    lacking = [word for word in _telling(before) if not set(stems(word)) & set(stems(question))]
    if any(char.isdecimal() for char in question):
        lacking = [word for word in lacking if not word[0].isdecimal()]  # "and in 2024?" is no longer about 2023
    things = [word for word in lacking if not (SHOWS.search(before) and CODE.fullmatch(word))]
    if PERSON.search(question) and len(last.answer) <= NAME and last.answer[:1].isupper():
        things += [word for word in _telling(last.answer) if word not in things]
    lacking = list(dict.fromkeys(things or lacking))
    return f"{LINKS.sub('', question)} ({' '.join(lacking)})" if lacking else question


def _part(question: str) -> tuple[str, str, str] | None:
    """The preposition, the determiner and the rest of what is but a part: "and in the paper?" -> in, the, paper."""
    opens = OPENS.match(question)
    rest = question[opens.end() if opens else 0 :].strip(" ?!.\u00bf\u00a1")
    found = PART.fullmatch(rest)
    begins = (opens and opens[0].strip(" ¿¡")) or (found and (found[1] or found[2]))
    if not found or not begins or ASKING.search(rest) or LEANS.search(rest) or len(rest.split()) > PARTS:
        return None
    return found[1] or "", found[2] or "", found[3]


def _with_part(question: str, placed: str, determined: str, rest: str) -> str:
    """A question with a part in the place of its like ("in Sweden" for "in Germany", "lab 2" for "lab 3"), or added."""
    part = " ".join(filter(None, (placed, determined, rest)))
    ended = question.rstrip(" ?!.")
    if any(char.isdecimal() for char in rest) and (made := _renumbered(ended, rest)) != ended:
        return made
    definite = determined and not INDEFINITE.fullmatch(determined)
    ahead = rf"\b{re.escape(placed)}\s+" if placed else r"(?<!\w)"
    own = (
        rf"(?!{INDEFINITE.pattern}\s){DETERMINED}\s+"
        if definite
        else rf"(?:{INDEFINITE.pattern}\s+|(?!{DETERMINED}\s))"
    )
    ways = [rf"{re.escape(rest.split()[0])}\s+[\w-]+"] if " " in rest else []  # "Tarif A", "Tarif B"
    if not ways or not re.search(rf"(?<!\w){ways[0]}", ended):
        ways = [rf"{ahead}{own}[^\W\d][\w'’-]*"] if placed or determined else []
    like = list(re.finditer(rf"(?<!\w){ways[0]}(?=$|[\s)])", ended, re.IGNORECASE)) if ways else []
    if len(like) != 1 and len(names := _names(ended)) == 1 and _names(f"- {rest}") == [rest]:
        return re.sub(rf"(?<!\w){re.escape(names[0])}(?!\w)", lambda _: rest, ended)
    if len(like) == 1:
        whole = rest if " " in rest and like[0][0].lower().startswith(rest.split()[0].lower()) else part
        return f"{ended[: like[0].start()]}{whole}{ended[like[0].end() :]}"
    return f"{ended[:-1]} {part})" if ASIDE.search(ended) else f"{ended} {part}"


def _names(text: str) -> list[str]:
    """Its names: words inside it with a capital letter, or that are none of English, in an English text ("scp")."""
    foreign = languages.foreign(text)
    found = re.findall(r"(?<=[ (])[^\W\d_][\w-]+", text)
    return list(dict.fromkeys(one for one in found if one[0].isupper() or not (foreign or minilm.known(one.lower()))))


def _renumbered(question: str, rest: str) -> str:
    """
    A question with a number, year or model in the place of that of the same form: "lab 2", "2024/25", "the 7260" of
    "the WA7240".
    """
    new = next(word for word in rest.split() if any(char.isdecimal() for char in word))
    for old in re.findall(r"[^\s()?,]+", question):
        letters = re.match(r"[^\W\d]*", old)
        own = (letters[0] if letters else "") + new if new[0].isdecimal() else new
        if re.sub(r"\d", "0", own) == re.sub(r"\d", "0", old):
            return question.replace(old, own)
    return question


def points_back(question: str) -> bool:
    """Has the question no word of its own ("how much was it?"), so that it can only be about what was just shown?"""
    return not _telling(SAID.sub(" ", LEANS.sub(" ", question)))


def _telling(question: str) -> list[str]:
    """The words of a question that say what it is about, as they are written."""
    words = re.findall(r"[^\W_][\w.'’+#:-]*[^\W_]|[^\W_]", question)
    nothing = languages.asking(question) if languages.foreign(question) else frozenset[str]()
    said = [word for word in words if word.lower() not in STOP | ASKS and not BEGINS.fullmatch(word)]
    return [word for word in said if folding.fold(word) not in nothing]


def _by_model(question: str, history: Sequence[Exchange], generator: Generator) -> str:
    told = "\n".join(f"Q: {one.question}\nA: {one.answer[:LONGEST]}" for one in history[-2:])
    messages = prompts.fill(prompts.find("ask_followup"), {"history": told, "question": question})
    shape = grammar.compile(SCHEMA)
    sampling = Sampling(max_tokens=shape.longest or 4 * LONGEST)
    produced = grammar.produce(generator, messages, shape, sampling, k=2)
    return " ".join(str(produced.data["question"]).split()) or question
