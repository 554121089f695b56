"""
What a question asks for that is not there.

    unsaid     its names and codes that nothing found says: where it asks for "leave in France" and only other countries
               stand there, what comes nearest is no answer
    unheard    its words that are no English in any form and that nothing found says: mostly names that are typed in
               small letters ("nvm"), but also rare words that a text says otherwise, so one is told, and no more
    misread    what was taken for misspelt, and read as a word that nothing found says either
    lacking    a year, or what has a form (`forms`) that it asks for, where no excerpt shown has any, or the year of
               which it asks, where none is of it: that is no answer either

Surely a name is a code that begins with letters and has digits, and in an English question a word with a capital inside
it. Pure functions over hits.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence

from rag import folding, languages
from rag.ask import forms, questions, units
from rag.ask.words import stems
from rag.models import english
from rag.models.minilm import known
from rag.types import Citation, Hit

CODE = re.compile(  # "WA7280", "F8"; not "16th", "ps3", which a text may call otherwise
    r"(?<![\w/.:-])(?:[A-Z][A-Za-z]{0,5}[:-]?\d[A-Z0-9-]{0,12}|[a-z]{1,6}-?\d{3,}[a-z0-9-]{0,12})(?![\w/]|[.:-]\w)"
)
NAME = re.compile(r"(?<=[^.!?:]\s)[\"'“‘(]?(?P<name>[^\W\d_a-zà-ÿ][\w’'-]{2,})")
OWNED = re.compile(r"['’]s?\Z")
ENDING, STEM = 3, 4  # letters at the end in which forms of a name differ ("Canadian", "Canada"); that are left at least
SLIP = 0.8  # how alike a word is that is the same name with a slip in it
VOWELS = re.compile("[aeiouy]")
KEPT = 2 / 3  # of the consonants of a word, that are left where it is shortened to them
BREAKS = re.compile(r"[\W_]+")
SHORT = 6  # letters of a name that may be found across the blanks of a text only by chance
WORD = re.compile(r"(?<![\w.:/@#'’-])[^\W\d_]{3,24}(?![\w:/@]|[.'’-]\w)")  # no part of an address or a version
FOREIGN = 2  # times as many words as those that are no English: where a question has no more, it may be foreign
TYPED = frozenset("""
    pls plz plss thx thnx thanx ty tysm btw asap tho thru lol lmao omg wtf idk idc imo imho afaik iirc fyi lmk tbh ngl
    cuz coz cos bcuz bcz gonna wanna gotta hafta dunno kinda sorta lemme gimme whats hows wheres whos whens whys thats
    dont doesnt didnt cant wont isnt arent wasnt werent shouldnt couldnt wouldnt havent hasnt hadnt ive youve theyre
    youre ppl sth smth smb sb abt pic pics tmrw tmr yest hrs mins secs wk wks yrs info docs doc etc
    incl inc excl approx resp esp aka viz vs orig prev avg min max qty num cont dept misc temp asst appt govt ref
""".split())  # fmt: skip  # noqa: SIM905  # how people write to each other, and no text does; what is cut short
YEAR = re.compile(
    r"\b(?:what|which) year\b|\b(?:in welchem|welches) jahr\b|\bquelle année\b|\bqué año\b|\b(?:che|quale) anno\b"
    r"|\bque ano\b|\bwelk jaar\b",
    re.IGNORECASE,
)
YEARS = re.compile(r"(?<!\d)(?:1\d|20)\d\d(?!\d)|['’]\d\d\b|\bcentur(?:y|ies)\b|\d0s\b", re.IGNORECASE)
SAYS = re.compile(r"(?<![\w.,:/£$€-])(?:1\d|20)\d\d(?!\d|[\w/-]|[.,:]\d)")


def unsaid(question: str, hits: Sequence[Hit]) -> list[str]:
    """The names and codes of a question, in its order, that no text, title, heading or file name found has."""
    return _nowhere(_things(question), hits)


def unheard(question: str, hits: Sequence[Hit]) -> list[str]:
    """The words of an English question that are none of English, and that nothing found has."""
    if languages.foreign(question):
        return []
    rare = {word: folding.fold(word) for word in WORD.findall(question)}
    rare = {
        word: one
        for word, one in rare.items()
        if not (languages.idle(one) or english.formed(one) or _mistyped(one) or one in TYPED or units.measures(word))
    }
    words = set(re.findall(r"[^\W\d_]+", question))
    return _nowhere(list(rare), hits) if FOREIGN * len(rare) < len(words) else []


def misread(spelled: Mapping[str, str], hits: Sequence[Hit]) -> list[str]:
    """Words that were read as others (typed -> read) of which nothing found says any form: likely names."""
    there = set(stems("\n".join(map(_said, hits)))) if spelled else set()
    return [typed for typed, read in spelled.items() if (own := set(stems(read))) and not own & there]


def lacking(question: str, shown: Sequence[Citation]) -> str:
    """What a question asks for and no excerpt has: "year", "2023" (that it says), what `forms` knows, or ""."""
    around = "\n".join(map(_around, shown))
    if YEAR.search(question):
        return "" if YEARS.search(around) else "year"
    if other := _other_year(question, around):
        return other
    return forms.missing(question, "\n".join(one.quote for one in shown))


def _other_year(question: str, around: str) -> str:
    """A year that the question says and that does not stand there, also not as in "2022/23" or "'23"."""
    if questions.wants(question) == "how":
        return ""  # there it is an example
    years = SAYS.findall(question)
    return next((one for one in years if not re.search(rf"(?<!\d){one}(?!\d)|['’/–-]{one[2:]}(?!\d)", around)), "")


def _nowhere(asked: Sequence[str], hits: Sequence[Hit]) -> list[str]:
    """Those of some words that nothing found has."""
    if not asked or not hits:
        return []
    found = folding.fold("\n".join(map(_said, hits)))
    solid, words = BREAKS.sub("", found), set(re.findall(r"\w+", found))
    return [one for one in asked if not _stands(folding.fold(one), solid, words)]


def _things(question: str) -> list[str]:
    """What is surely a code or a name."""
    codes = [match[0] for match in CODE.finditer(question)]
    own = languages.languages(question)
    ours = not languages.foreign(question) and (not own or "English" in own)
    inside = question.split()[1:]
    capitals = sum(word[:1].isupper() for word in inside)
    named = capitals * 2 <= len(inside) or capitals == 1  # "How Do I Change It" is typed so
    names = [OWNED.sub("", match["name"]) for match in NAME.finditer(question)] if named and ours else []
    return list(dict.fromkeys([*codes, *names]))


def _said(hit: Hit) -> str:
    passage, document = hit.passage, hit.passage.document
    return "\n".join((passage.text, passage.heading, document.title, document.author or "", document.key))


def _around(one: Citation) -> str:
    """The passage of an excerpt, and all that tells of when it is."""
    document = one.passage.document
    return "\n".join((one.quote, _said(Hit(one.passage, 0.0)), document.date))


def _stands(name: str, solid: str, words: set[str]) -> bool:
    """Does it, or a form of it, or the same with a slip, stand there? `name` is folded."""
    plain = BREAKS.sub("", name)
    stem = plain if any(map(str.isdigit, plain)) else plain[: max(STEM, len(plain) - ENDING)]
    if any(stem in word for word in words):
        return True
    if plain in solid and (len(plain) >= SHORT or plain != name or not plain.isalpha()):
        return True  # "data frame", "WA-7260"
    if _shortened(plain, words):
        return True
    like = [word for word in words if word[:1] == plain[:1] and abs(len(word) - len(plain)) < 2]
    return plain.isalpha() and bool(difflib.get_close_matches(plain, like, 1, SLIP))


def _mistyped(word: str) -> bool:
    """Is it English but for two letters that changed places ("suace"), or one that was typed twice?"""
    places = range(1, len(word))
    swapped = (word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :] for at in places)
    single = (word[:at] + word[at + 1 :] for at in places if word[at] == word[at - 1])
    return any(map(known, (*swapped, *single)))


def _shortened(name: str, words: set[str]) -> bool:
    """Is it what is left of the consonants of a word, "ctrl" of "control"? Shorter ones are left of too many: "css"."""
    if len(name) < STEM or VOWELS.search(name) or not name.isalpha():
        return False
    bare = {VOWELS.sub("", word) for word in words if word[:1] == name[:1]}
    goes = re.compile(".*".join(re.escape(letter) for letter in name))
    return any(len(name) >= KEPT * len(_single(one)) and goes.match(one) for one in bare)


def _single(letters: str) -> str:
    """Each letter once where it is doubled."""
    return re.sub(r"(.)\1+", r"\1", letters)


__all__ = ["lacking", "misread", "unheard", "unsaid"]
