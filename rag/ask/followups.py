"""
Complete a follow-up from the conversation, so that it can be searched for alone.

A question that stands by itself is left as it is. One that leans on what was said before (it begins with "and" or
"what about", has a pronoun without its noun, or hardly a word of its own) gets the words of the last question that it
lacks; a capable model writes the whole question instead. What is asked stays the new question.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag import grammar, prompts
from rag.ask.asking import Exchange, capable
from rag.ask.words import STOP, stems
from rag.errors import RagError
from rag.types import Generator, Sampling

BEGINS = re.compile(
    r"\s*(?:and|but|or|so|also|then|ok(?:ay)?|what about|how about|why(?: not)?\s*\??$|what else|und|aber|oder|et|mais"
    r"|y|pero|e\s|ma\s|en\s|was ist mit)\b",
    re.IGNORECASE,
)
LEANS = re.compile(
    r"\b(?:it|its|they|them|their|those|these|that|this|he|she|him|his|her|there|then|one|ones|same|former|latter|both"
    r"|er|sie|es|ihn|ihm|ihr|dort|damit|davon|dazu|dies\w*|il|elle|ils|elles|cela|ça|celui|celle|él|ella|ellos|eso|esto)\b",
    re.IGNORECASE,
)
SAID = re.compile(r"\b(?:wrote|written|says?|said|sent|posted|happen(?:s|ed)?|mean[st]?)\b", re.IGNORECASE)
WHOLE = re.compile(  # it has its subject and its verb: "how much does the clerk get"
    r"\b(?:do|does|did|can|will|must|should|may)\s+(?:the|an?|our|my|your)\s+\w+\s+\w+", re.IGNORECASE
)
OWN = 2  # a question of fewer words that say something leans on what was said
LONGEST = 200  # characters of a question that a model completes
ASKS = frozenset("""
    many much often long far old big which whose else about tell show give know use used using get now current today
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
    if LEANS.search(noun):
        return True
    return len(_telling(question)) < OWN and not WHOLE.search(question)


def standalone(question: str, history: Sequence[Exchange], generator: Generator | None = None) -> str:
    """The question as it is to be searched for; a model that fails at it is done without."""
    if not history or not leans(question):
        return question
    if generator is not None and capable(generator):
        try:
            return _by_model(question, history, generator)
        except RagError:
            pass
    lacking: list[str] = []
    known = set(stems(question))
    for exchange in reversed(history[-2:]):
        words = [word for word in _telling(exchange.question) if not set(stems(word)) & known]
        if any(char.isdecimal() for char in question + "".join(lacking)):
            words = [word for word in words if not word[0].isdecimal()]  # "and in 2024?" is no longer about 2023
        lacking += [word for word in words if word not in lacking]
        if not leans(exchange.question):
            break
    return f"{question} ({' '.join(lacking)})" if lacking else question


def points_back(question: str) -> bool:
    """Has the question no word of its own ("how much was it?"), so that it can only be about what was just shown?"""
    return not _telling(SAID.sub(" ", LEANS.sub(" ", question)))


def _telling(question: str) -> list[str]:
    """The words of a question that say what it is about, as they are written."""
    words = re.findall(r"[^\W_][\w.'’+#-]*[^\W_]|[^\W_]", question)
    return [word for word in words if word.lower() not in STOP | ASKS and not BEGINS.fullmatch(word)]


def _by_model(question: str, history: Sequence[Exchange], generator: Generator) -> str:
    told = "\n".join(f"Q: {one.question}\nA: {one.answer[:LONGEST]}" for one in history[-2:])
    messages = prompts.fill(prompts.find("ask_followup"), {"history": told, "question": question})
    shape = grammar.compile(SCHEMA)
    sampling = Sampling(max_tokens=shape.longest or 4 * LONGEST)
    produced = grammar.produce(generator, messages, shape, sampling, k=2)
    return " ".join(str(produced.data["question"]).split()) or question
