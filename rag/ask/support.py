"""
Check what a model wrote against what it cites: numbers, names, commands and negations that stand in none of it.

Deterministic and cheap. It finds what is written otherwise than in the excerpts, not what is wrongly concluded from
them; how much it finds is measured (docs/asking.md). Pure functions on text.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.ask.words import STOP, stems
from rag.quantities import quantities

CODE = re.compile(r"`([^`\n]+)`")
COMMAND = re.compile(
    r"(?<![\w`])(?:--?[A-Za-z][\w-]*(?:=[^\s,;]*[^\s,;.])?|[\w.-]{0,60}[A-Za-z][\w-]{0,60}(?:[/_\\=()\[\]{}]+[\w./_=()-]*)+|\w+\.(?:[a-z\d]{1,4}|[A-Z]{2,4})(?!\w|\.\w)|\w+::\w+)"
)
NAME = re.compile(r"[^\W\d_][\w'’&-]*")
NEGATION = re.compile(
    r"\b(?:not|never|no|none|nothing|without|cannot|neither|nor|nicht|nie|kein\w*|ohne|ne|pas|jamais|sans|nunca|sin)\b|n['’]t\b",
    re.IGNORECASE,
)
REFUSAL = re.compile(  # what is denied without a word for not
    r"\b(?:closed|forbidden|prohibited|skipped|ignored|missing|un(?:able|supported|available)|only|except|instead of"
    r"|fails?)\b",
    re.IGNORECASE,
)
DEGREES = re.compile(r"°|º")  # what stands for a name
SENTENCE = re.compile(r"[^.!?\n]+[.!?]*")
WORDS = {"one": "1", "two": "2", "three": "3", "four": "4", "five": "5", "six": "6", "seven": "7", "eight": "8",
         "nine": "9", "ten": "10", "eleven": "11", "twelve": "12", "once": "1", "twice": "2"}  # fmt: skip
LEAST = 0.4  # the share of a sentence's words that must stand in what it cites, or in what may be said besides
FORM = 5  # letters in which the forms of a word are alike
GENERAL = frozenset(  # stems of words that any instruction is written with: they are not counted
    stems(
        "need use create make follow step command option file directory folder setting modify change add run set "
        "specify provide ensure example way order first then next instead also must want allow enable do get go take "
        "put write type open include find show see work help like such any each every all both following above below"
    )
)
DENIED = 3  # words behind a negation that it denies
LIKE = 0.5  # and in the one sentence of it whose negation is compared


def unsupported(text: str, sources: Sequence[str], known: str = "", asked: str = "") -> list[tuple[int, int]]:
    """
    The parts of a sentence, (start, end), that stand in none of the sources; the whole of it if hardly a word does.

    `known` is what may be said besides: the question, titles and headings. The words of `asked`, if given, do not
    count: who says the question again has said nothing yet.
    """
    source = "\n".join(sources)
    allowed = f"{source}\n{known}"
    found = _joined(
        [*_commands(text, allowed), *_numbers(text, allowed), *_names(text, allowed), *_negations(text, source, known)]
    )
    rest = "".join(" " if any(first <= at < last for first, last in found) else text[at] for at in range(len(text)))
    said = GENERAL.union(stems(asked))
    own = [word[:FORM] for word in dict.fromkeys(stems(rest)) if word not in said]
    there = {word[:FORM] for word in stems(allowed)}
    if own and sum(word in there for word in own) < LEAST * len(own):
        return [(0, len(text))]
    return found


def _plain(text: str) -> str:
    return re.sub(r"[\s`'\"“”‘’]+", " ", text.replace("\\", "")).strip().lower()


def _commands(text: str, allowed: str) -> list[tuple[int, int]]:
    """Code in backticks, options, paths and calls that are not written so."""
    plain = _plain(allowed)
    tokens = set(plain.split())
    found = []
    for match in CODE.finditer(text):
        code = _plain(match[1])
        if code not in plain and not all(word in tokens or word in plain for word in code.split()):
            found.append(match.span())
    spans = [match.span() for match in CODE.finditer(text)]
    for match in COMMAND.finditer(text):
        outside = not any(start <= match.start() < end for start, end in spans)
        if outside and _plain(match[0]).rstrip(".,:;)") not in plain:
            found.append(match.span())
    return found


def _numbers(text: str, allowed: str) -> list[tuple[int, int]]:
    there = {one.value for one in quantities(_spelled(allowed))}
    digits = set(re.findall(r"\d+", allowed))
    found = []
    for match in re.finditer(r"(?<![\w.])\d[\d.,]*(?<![.,])", text):
        values = {one.value for one in quantities(match[0])}
        if not values & there and not set(re.findall(r"\d+", match[0])) <= digits:
            found.append(match.span())
    for match in re.finditer(r"[A-Za-z]+", text):
        if match[0].lower() in WORDS and match[0].lower() not in ("one", "once"):
            word = match[0].lower()
            if WORDS[word] not in digits and not re.search(rf"\b{word}\b", allowed, re.IGNORECASE):
                found.append(match.span())
    return found


def _spelled(text: str) -> str:
    return re.sub(r"[A-Za-z]+", lambda word: WORDS.get(word[0].lower(), word[0]), text)


def _names(text: str, allowed: str) -> list[tuple[int, int]]:
    """Words with a capital letter that do not begin a sentence."""
    there = {word.lower() for word in NAME.findall(DEGREES.sub("Celsius Fahrenheit", allowed))}
    parts = {part for word in there for part in re.split(r"['’&_-]", word)}
    found = []
    for match in NAME.finditer(text):
        word = match[0]
        begins = not re.search(r"[\w,;)`'\"] *$", text[: match.start()])
        inner = any(letter.isupper() for letter in word[1:])
        if not (word[0].isupper() or inner) or (begins and not inner) or word.lower() in STOP or word == "I":
            continue
        bare = re.sub(r"['’]s?$", "", word.lower())
        if not ({bare, bare.removesuffix("s"), f"{bare}s"} & (there | parts)):
            found.append(match.span())
    return found


def _negations(text: str, source: str, known: str) -> list[tuple[int, int]]:
    """A negation that the sentence of the sources most like it has not, or the sentence if it lacks theirs."""
    own = set(stems(text))
    if len(own) < 2:
        return []
    best, alike = "", 0.0
    for match in SENTENCE.finditer(source):
        share = len(own & set(stems(match[0]))) / len(own)
        if share > alike:
            best, alike = match[0], share
    if alike < LIKE:
        return []
    said, told = NEGATION.search(text), _denies(best, own)
    if said and not told and not NEGATION.search(f"{source} {known}") and not REFUSAL.search(best):
        return [said.span()]
    lengths = len(stems(best)) <= 1.5 * len(own) + 1  # a long sentence may deny something else
    return [(0, len(text))] if told and not said and lengths else []


def _denies(sentence: str, words: set[str]) -> bool:
    """Does a negation of the sentence deny one of the words? "If it does not answer, press it" denies no pressing."""
    clauses = (re.split(r"[,;:–—]", sentence[match.end() :], maxsplit=1)[0] for match in NEGATION.finditer(sentence))
    found = (stems(clause)[:DENIED] for clause in clauses)
    return any(words & set(denied) for denied in found)


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    made: list[tuple[int, int]] = []
    for start, end in sorted(set(spans)):
        if made and start <= made[-1][1]:
            made[-1] = (made[-1][0], max(made[-1][1], end))
        else:
            made.append((start, end))
    return made
