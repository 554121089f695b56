"""
Whether a span of a sentence says what holds: it is no number of an item, not denied, not replaced by another beside it.

"The AGM can't be on 15 June: it's now Sunday 29 June" has two dates, of which one is the answer. Rules over the words
around a span, English and a little German; what they do not know they let pass. Pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import pairwise

from rag.ask.candidates import Candidate
from rag.ask.marks import HOUR as CLOCKED
from rag.ask.marks import WORDS
from rag.ask.words import stems
from rag.types import Citation

Span = tuple[int, int]

ITEM = re.compile(r"\n(?=[ \t]*(?:[-*•–]|\(?(?:\d{1,3}|[a-zA-Z])[.)]|\d{1,3}(?:[./]\d{1,3})*\.?)[ \t]+\S)")
NUMBER = re.compile(r"[ \t]*(?:[-*•–#>]+[ \t]*)?(\d{1,3})(?:[.)])?[ \t]+(?=\S)")  # of a line, "4 Allotments"
CLAUSE = re.compile(r"[ \t]*(?:[-*•–#>]+[ \t]*)?(?:\d{1,3}(?:[./]\d{1,3})+\.?|\d{1,3}[.)])(?=[ \t]+\S)")
LIVED = re.compile(  # what stands behind a name: "(1825–1892)", "(abt 1854 – 12 Feb. 1929)", "(b. 1924)", "(1924)"
    r"[^\W\d_]\W{0,3}\((?P<years>(?:\W|\b(?:abt|about|c|ca|circa|b|born|d|died|geb|gest|né|née|um|bef|aft)\b\.?"
    r"|\b(?:\d{1,2}\.? )?[A-Z][a-z]{2,8}\.? (?=\d{4})|\b1[0-9]\d\d\b|\b20\d\d\b)*)\)"
)
ASKS_LIFE = re.compile(
    r"\b(?:born|birth\w*|die[ds]?|death|dead|live[ds]?|life\w*|age|old|year of|gebor\w*|geburt\w*|gestorben|starb|lebte"
    r"|todes\w*|née?|naissance|mort\w*|décéd\w*|naci\w*|muri\w*|falleci\w*|releas\w*|publish\w*|written|made)\b",
    re.IGNORECASE,
)
DAY_BEFORE = re.compile(r"(?<!\d)\d{4}-(?:\d\d-)?\Z")
WORK = re.compile(r"\)[\"”'’*_]{0,3}\](?:\(|\[)")  # after the year of a work in its title, "[Rivers (2020)](…)"
HALF = re.compile(r"half (?:the|of|that|this|my|his|her|your|our|their)\b", re.IGNORECASE)
NAMED = re.compile(  # "see clause 7.3", "page 4": the number is a name
    r"(?:\b(?:clauses?|sections?|articles?|art\.|sect?\.|items?|items? no\.|chapters?|ch\.|pages?|pp?\.|figures?|fig\."
    r"|tables?|steps?|annex|appendix|part|paragraphs?|para\.|ziffern?|absatz|abs\.|punkt|seiten?|kapitel|version|v\.?|no\.|nr\.)|[§#])\s*$",
    re.IGNORECASE,
)
ASKS_NAMED = re.compile(
    r"\b(?:clause|section|article|item|chapter|page|figure|table|step|version|paragraph|number)\b", re.IGNORECASE
)
BREAK = r"[^,;:.!?()\n]"
NOT = re.compile(  # before a span, in its own clause: it is not so, or no longer
    rf"(?:\bnot\b|n['’]t\b|\bcannot\b|\bno longer\b|\bnever\b|\binstead of\b|\brather than\b|\bas opposed to\b"
    rf"|\bused to\b|\boriginally\b|\bformerly\b|\bpreviously\b|\bat that time\b|\bback then\b"
    rf"|\bin those days\b"
    rf"|\bwas (?:to (?:be|have)|going to|meant to|supposed to|planned|due)\b"
    rf"|\b(?:were|was) planned\b|\bup from\b|\bdown from\b|\bnicht\b|\b(?:an)?statt\b"
    rf"|\bursprünglich\b|\bbisher\b"
    rf"|\bau lieu d[eu]\b|\ben vez de\b){BREAK}{{0,40}}$",
    re.IGNORECASE,
)
MORE = re.compile(  # of these a number is said, however it is denied: "no later than", "not more than"
    r"\b(?:more|less|fewer|later|earlier|longer|before|after|until|till|over|above|below|under|beyond|exceed\w*|only|just"
    r"|mehr|später|länger|vor|nach|bis|über|unter|nur)\b",
    re.IGNORECASE,
)
EXAMPLE = re.compile(  # before a span, in its own clause: it is only thought of
    rf"(?:\b(?:say,|e\.?g\.?,?|for (?:example|instance),?|such as|suppos(?:e|ing)|imagine|assum(?:e|ing)|let['’]?s say"
    rf"|z\.\s?B\.|zum beispiel|beispielsweise|angenommen|par exemple|por ejemplo|ad esempio|bijvoorbeeld))"
    rf"{BREAK}{{0,40}}$",
    re.IGNORECASE,
)
GONE = re.compile(  # after a span: it is not so
    rf"{BREAK}{{0,30}}\b(?:(?:is|was|are|were|has been|have been) (?:cancel+ed|called off|withdrawn|superseded"
    rf"|scrapped|wrong)|(?:is|was|are|were) (?:a )?(?:mistake|typo)|no longer|does(?:n['’]t| not) (?:hold|apply|stand)"
    rf"|falls? through|entfällt|gilt nicht)\b",
    re.IGNORECASE,
)
NOW = re.compile(  # before a span: this is what holds
    rf"(?:\bnow\b|\binstead\b|\b(?:moved|changed|corrected|revised|raised|increased|reduced|lowered|cut|postponed"
    rf"|rescheduled|brought forward) (?:back )?to\b|\bbut (?:on|at|in|to)\b|->|→|=>"
    rf"|\bjetzt\b|\bnunmehr\b|\bsondern\b|\bverschoben auf\b|\bdésormais\b|\bahora\b){BREAK}{{0,25}}$",
    re.IGNORECASE,
)
INSTEAD = re.compile(rf"{BREAK}{{0,15}}\b(?:instead|now|stattdessen)\b", re.IGNORECASE)
WRONG = re.compile(  # what a sentence begins with that says of the one before that it is not so
    r"[\W_]*(?:(?:but |however,? )?(?:th(?:at|is)|these|those|it|which|they|both)(?:\s(?:is|was|are|were)|['’]s)"
    r" (?:(?:now|simply|all|plainly|quite|also|of course) )?(?:wrong|false|untrue|incorrect|mistaken|outdated"
    r"|a? ?(?:mistake|misprint|typo|rumou?r|myth|error)|out of date|obsolete|superseded|no longer"
    r"|not (?:\w+ )?(?:true|right|so|correct|the case|valid))"
    r"|th(?:at|is|ese|ose|ey)(?: (?:no longer|do(?:es)? not|did not)|.{0,3} do(?:es)?n['’]t)"
    r" (?:hold|apply|stand|count|exist)"
    r"|(?:wrong|not so|not true|false|no longer|misprint|nonsense)\s*[.:;,!(–—]"
    r"|(?:das|dies|es) (?:ist|war) (?:\w+ )?(?:falsch|überholt|veraltet|ein (?:irrtum|fehler|druckfehler))"
    r"|(?:das|dies|es) (?:stimmt|gilt) (?:so )?nicht|stimmt nicht|falsch\s*[.:;,!]|c['’]est (?:faux|une erreur)"
    r"|(?:eso|esto) es (?:falso|un error))",
    re.IGNORECASE,
)
LEFT = re.compile(  # after a name: who that is has gone
    rf"{BREAK}{{0,25}}\b(?P<verb>st(?:ood|ands?|epped|eps?) (?:down|aside)|resigned|resigns|retired|retires|has left"
    r"|left office|(?:was|is|has been) (?:replaced|succeeded)|trat zurück|démissionn\w+|dimiti\w+)\b",
    re.IGNORECASE,
)
COMMON = re.compile(r"(?:tion|sion|ment|ness|ity|ance|ence|ing)s?$")  # how words end that are no names
CLOCK = re.compile(CLOCKED, re.IGNORECASE)
TITLE = re.compile(r"\[([^\[\]\n]{10,300})\]\(|[\"“„«]([^\"“”„«»\n]{10,300})[\"”»]")  # of a link, or quoted
LONG = re.compile(r"[^\W\d_]{4,}")  # words that have a capital letter in a title
PERIOD = re.compile(  # before a span: it is within which something is, not how long it is
    r"\b(?:within|(?:in|over|during) the (?:first|last|past|next|previous|following))(?: (?:about|at most|the))? \Z",
    re.IGNORECASE,
)
LASTS = re.compile(r"\bhow long (?:is|are|was|were)\b", re.IGNORECASE)
HOUR = re.compile(
    r"\b(?:what time|which hour|what hour|o['’]clock|how late|open|close[sd]?|wie viel uhr|uhrzeit)\b", re.IGNORECASE
)
STRUCK = re.compile(r"~~[^~\n]*~~")
SUPERLATIVE = re.compile(
    r"\b(?:(?:fast|slow|high|low|larg|bigg|small|long|short|old|young|earli|lat|new|cheap|strong|weak|heav(?:i)?|light"
    r"|great|dear|clos|near|deep|tall|hott|cold|warm)(?:e?st)|most expensive|maximum|minimum|average|median|mean|total"
    r"|largest|biggest|best|worst|least|first|last)\b",
    re.IGNORECASE,
)
JOINT = re.compile(r"[,;:.!?()]\s|\b(?:and|but|or|while|whereas|und|aber|oder)\b", re.IGNORECASE)


def items(found: Sequence[Candidate]) -> Iterator[Candidate]:
    """
    The sentences; one that runs over several items of a list (an agenda that is broken into lines) cut at each, and
    without their numbers.
    """
    for one in found:
        quote = one.citation.quote
        cuts = [match.start() for match in ITEM.finditer(quote)] if "\n" in quote else []
        if not _series(one.citation):
            yield one
            continue
        for start, end in pairwise([0, *cuts, len(quote)]):
            mark = NUMBER.match(quote, start + (quote[start : start + 1] == "\n"))
            left = mark.end() if mark else start
            part = quote[left:end]
            left += len(part) - len(part.lstrip())
            if part.strip():
                yield replace(one, citation=_part(one.citation, left, left + len(part.strip())))


def _is_of_life(question: str, text: str, span: Span, spans: Sequence[Span]) -> bool:
    """Is it when somebody was born or lived, behind a name, "Ronald (1924), killed 1944", where that is not asked?"""
    for match in LIVED.finditer(text):
        first, last = match.span("years")
        if first <= span[0] and span[1] <= last:
            bare = match["years"].strip().isdecimal()  # of a work or a house it may be what is asked
            beside = any(end <= first or last <= start for start, end in spans)
            return (beside or not bare) and not ASKS_LIFE.search(question)
    return False


def _is_part(text: str, span: Span) -> bool:
    """Is it the end of a day, the "18" of "2026-10-18", or a part of what is spoken of, "half the butter"?"""
    return DAY_BEFORE.search(text[: span[0]]) is not None or HALF.match(text, span[0]) is not None


def _is_of_work(question: str, text: str, span: Span) -> bool:
    """Is it when a work came out that a text links to, where that is not asked?"""
    return text[: span[0]].endswith("(") and WORK.match(text, span[1]) is not None and not ASKS_LIFE.search(question)


def holds(question: str, text: str, span: Span, spans: Sequence[Span]) -> bool:
    """May the span of a text be what a question asks for, beside the others of its kind (`spans`)?"""
    start, end = span
    struck = any(match.start() < start and end < match.end() for match in STRUCK.finditer(text))
    named = NAMED.search(text[:start]) and not ASKS_NAMED.search(question)
    if struck or named or _is_number_of_item(text, span) or _denied(text, span, spans):
        return False
    if _is_of_work(question, text, span):
        return False
    if _is_of_life(question, text, span, spans) or _is_part(text, span) or EXAMPLE.search(text[:start]):
        return False
    if CLOCK.fullmatch(text[start:end]) and not HOUR.search(question):
        return not any(not CLOCK.fullmatch(text[a:b]) for a, b in spans)  # the day says when, not the hour alone
    if LASTS.search(question) and PERIOD.search(text[:start]):
        return not any(not PERIOD.search(text[:first]) for first, _ in spans)
    others = [other for other in spans if other != span and _now(text, other)]
    if not _now(text, span) and not all(_denied(text, other, spans) for other in others):
        return False
    said = _best(question, text, spans)
    return not any(said.values()) or said.get(span, False)


def denied(citation: Citation) -> bool:
    """Does the sentence after it say that it is not so?"""
    return WRONG.match(citation.passage.document.text, citation.end) is not None


def names(question: str, text: str, span: Span, whole: str) -> bool:
    """
    May words with capital letters be the name of somebody, who has not gone? `whole` is all of the document.

    The first word of a sentence has a capital letter, whatever it is: "Election of chair".
    """
    start, end = span
    left = LEFT.match(text, end)
    if left and left["verb"].split()[0][:5].lower() not in question.lower():
        return False
    word = text[start:end]
    begins = not text[:start].strip("*_#>-• \t0123456789.)(\n") or text[:start].rstrip("*_ \t").endswith(
        (".", "!", "?", ":")
    )
    if not begins or not word.isalpha():
        return True
    common = text[end:].startswith((" of ", " for ", " by ")) or COMMON.search(word)
    return not common and not re.search(rf"\b{re.escape(word.lower())}\b", whole)


def titled(citation: Citation, span: Span) -> bool:
    """Is it a part of a title, of which each word has a capital letter: "45 Places to Find High-Quality Writers"?"""
    text, start, end = citation.passage.document.text, citation.start + span[0], citation.start + span[1]
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    for match in TITLE.finditer(text, first, last if last > 0 else len(text)):
        inside = match.start(match.lastindex or 0) <= start and end <= match.end(match.lastindex or 0)
        words = LONG.findall(match[match.lastindex or 0]) if inside else []
        if len(words) > len(text[start:end].split()) + 1:
            return all(word[0].isupper() for word in words)
    return False


def aside(citation: Citation, span: Span, asked: set[str]) -> bool:
    """
    Is a number said in brackets, "(for one year of overlap)", while its paragraph has others of the same unit? One
    in brackets that alone have a word of the question (its stems) is the case that was asked for, "(in May: 20 days)".
    """
    text, (start, end) = citation.quote, span
    unit = re.search(r"[^\W\d_]{3,}$", text[start:end])
    if not unit or text.rfind("(", 0, start) <= text.rfind(")", 0, start):
        return False
    first, last = text.rfind("(", 0, start), text.find(")", end) + 1 or len(text)
    if asked & set(stems(text[first:last])) - set(stems(f"{text[:first]} {text[start:end]} {text[last:]}")):
        return False
    whole = citation.passage.document.text
    around = whole[max(0, whole.rfind("\n\n", 0, citation.start)) : citation.start]
    after = whole[citation.end :].partition("\n\n")[0]
    like = re.compile(rf"(?:\d|\b{WORDS})[ -]{unit[0].rstrip('s')}s?\b", re.IGNORECASE)
    bare = re.sub(r"\([^()]*\)", " ", f"{around} {text} {after}")
    return like.search(bare) is not None


def replaces(text: str, span: Span, spans: Sequence[Span]) -> list[Span]:
    """A span, and those that it takes the place of: what is said of them is said of it."""
    return [span, *(other for other in spans if _now(text, span) and other != span and _denied(text, other, spans))]


def elided(question: str, text: str, span: Span, spans: Sequence[Span]) -> bool:
    """Is it a mere number to which the unit of another belongs: 58 of "on average 36 mph; the fastest 58"?"""
    return text[slice(*span)].isdecimal() and _best(question, text, spans)[span]


def _part(citation: Citation, start: int, end: int) -> Citation:
    at = citation.start
    return replace(citation, quote=citation.quote[start:end], start=at + start, end=at + end)


def _series(citation: Citation) -> bool:
    """Do its lines, or it and the line before or after it, begin with numbers that go on: "4 …", "5 …"?"""
    if not NUMBER.match(citation.quote.partition("\n")[2] or citation.quote):
        return False
    text = citation.passage.document.text
    start = text.rfind("\n", 0, max(0, text.rfind("\n", 0, citation.start))) + 1
    end = text.find("\n", citation.end + 1)
    numbers = [
        int(found[1]) for line in text[start : end if end > 0 else None].split("\n") if (found := NUMBER.match(line))
    ]
    return any(b - a == 1 for a, b in pairwise(numbers))


def _is_number_of_item(text: str, span: Span) -> bool:
    """Is it the number of a line or of a part: 2.1 of "2.1 The rent is …", "(1) …, (2) …"?"""
    start, end = span
    found = CLAUSE.match(text, text.rfind("\n", 0, start) + 1)
    if found and found.start() <= start < found.end():
        return True
    within = text[start:end].isdecimal() and text[start - 1 : start] == "(" and text[end : end + 1] == ")"
    return within and any(f"({int(text[start:end]) + step})" in text for step in (1, -1))


def _denied(text: str, span: Span, spans: Sequence[Span]) -> bool:
    """Does the sentence say of a span that it is not so, or no longer?"""
    last = max((end for _, end in spans if end <= span[0]), default=0)  # what is denied before it is another
    before = JOINT.split(text[last : span[0]])[-1]
    found = NOT.search(before)
    return bool((found and not MORE.search(found[0])) or GONE.match(text, span[1]))


def _now(text: str, span: Span) -> bool:
    """Does the sentence say of a span that this is so now, instead of another?"""
    return bool(NOW.search(text[: span[0]]) or INSTEAD.match(text, span[1]))


def _best(question: str, text: str, spans: Sequence[Span]) -> dict[Span, bool]:
    """For each span whether the superlative of the question ("the fastest") stands in its clause."""
    words = {word.lower() for word in SUPERLATIVE.findall(question)}
    says = re.compile(rf"\b(?:{'|'.join(words)})\b", re.IGNORECASE) if words and len(spans) > 1 else None
    return {span: bool(says and says.search(_clause(text, span))) for span in spans}


def _clause(text: str, span: Span) -> str:
    before, after = JOINT.split(text[: span[0]])[-1], JOINT.split(text[span[1] :])[0]
    return f"{before} {text[span[0] : span[1]]} {after}"
