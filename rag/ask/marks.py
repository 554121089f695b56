"""
Where a text has a number with its unit, a date, or words with capital letters: what may be a fact.

Patterns over plain text, English and its neighbours; pure functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from rag import folding, languages
from rag.ask import units
from rag.ask.words import STOP

MONTH = (
    r"(?:january|february|march|april|may|june|july|august|september|october|november|december|januar|februar|märz|mai|juni"
    r"|juli|oktober|dezember|janvier|février|mars|avril|juin|juillet|août|septembre|octobre|novembre|décembre|enero|febrero"
    r"|marzo|abril|mayo|junio|julio|agosto|septiembre|octubre|noviembre|diciembre"
    r"|januari|februari|maart|mei|augustus|gennaio|febbraio|aprile|maggio|giugno|luglio|settembre|ottobre|dicembre"
    r"|janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro"
    r"|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\.?)"
)
DAY = r"(?:(?:mon|tues|wednes|thurs|fri|satur|sun)days?)"
YEAR = r"(?:1\d{3}|20\d{2})"
HOUR = (  # "9:30", "9AM UTC"
    r"(?:\d{1,2}:\d{2}(?: ?[ap]\.?m\b\.?)?|\d{1,2} ?[ap]\.?m\b\.?)(?: (?-i:UTC|GMT|BST|CES?T|[ECMP][SD]?T)\b)?"
)
DATE = re.compile(
    rf"(?<![\w.,])(?:(?:{DAY},? )?(?:(?:\d{{1,2}}(?:st|nd|rd|th|\.)? ?(?:and|to|or|und|bis|et|y|en|e|[-–&/]) ?)?"
    rf"\d{{1,2}}(?:st|nd|rd|th|\.)? (?:of |de )?{MONTH}(?:,? (?:de )?{YEAR})?"
    rf"|{MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?:,? {YEAR})?|{MONTH} {YEAR})(?:,? (?:at )?{HOUR})?"
    rf"|\d{{4}}-\d{{2}}-\d{{2}}|\d{{1,2}}\.\d{{1,2}}\.\d{{4}}|{HOUR}|\d{{1,4}} (?:bce?|ad|ce)"
    r"|(?:early |late |mid-)?(?:the )?(?:\d{1,2}(?:st|nd|rd|th)) centur(?:y|ies)|(?:the )?\d{3}0s"
    rf"|{YEAR}(?:[-–/]\d{{2,4}})?|{DAY}(?:,? (?:at |um )?{HOUR})?|{MONTH})(?!\w)",
    re.IGNORECASE,
)
WORDS = (
    r"(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|fifteen|twenty|thirty|forty|fifty|sixty|hundred"
    r"|thousand|half|zwei|drei|vier|fünf|sechs|sieben|acht|neun|zehn|zwölf|zwanzig|dreißig|hundert|tausend|deux|trois"
    r"|quatre|cinq|huit|neuf|dix|douze|quinze|vingt|trente|mille|dos|tres|cuatro|cinco|siete|ocho|nueve|diez|doce|veinte"
    r"|treinta|cien|quattro|cinque|sette|otto|nove|dieci|dodici|venti|trenta|cento|quatro|sete|oito|dez|vinte|trinta|cem"
    r"|twee|drie|vijf|zeven|negen|tien|twaalf|twintig|dertig|honderd|duizend)\b"
)
DIGITS = (  # 1,500; 3e-4; 200lb; 1800kcal/day; or a word
    rf"(?:\d(?:[\w.,]*\w)?(?:(?<=\de)[-+]\d+)?(?:/[^\W\d_]+)?|\b{WORDS})"
)
TO = "to|-|–|and|bis|und|à|et|y|a|e|en|tot|(?:out )?of|von"
PERCENT = r"percent\b|(?:per|pour) cent\b|(?:por cien|per cen|por cen)to\b"
NUMBER = re.compile(
    rf"\bhalf an? [^\W\d_]+|(?:[$€£¥]\s?)?(?<![\w.]){DIGITS}(?:\s?(?:{TO})\s?{DIGITS})?"
    rf"(?:\s?(?:[%$€£¥](?!\d)|{PERCENT}|million\b|billion\b|trillion\b|thousand\b|hundred\b|[°º]\s?[CF]?))*"
    rf"(?:[ \u00a0-](?!{WORDS})[^\W\d_]+)?",
    re.IGNORECASE,
)
NAME = re.compile(
    r"\b(?:[A-Z][\w'’.&-]*)(?:\s+(?:of|the|de|van|von|der|da|di|la|le|and|&)(?:\s+(?:the|der|la))?(?=\s+[A-Z])"
    r"|\s+[A-Z][\w'’.&-]*|\s+(?:[IVX]+|\d+)\b)*"
)
INITIAL = re.compile(r"(?:^|[ .])[A-Z]\.$")  # "J. P." has its dot
ADDRESS = re.compile(  # of "[what is said](…)", bare, or of markup: "<img src=…>", "{{< figure … >}}"
    r"(?<=\])\([^()\s]{0,2000}(?:\([^()\s]{0,200}\)[^()\s]{0,2000})?(?:\s[^()\n]{0,400})?\)"
    r"|(?<![\w/])(?:https?|ftp|mailto|file):[^\s<>()\"'`|]{1,2000}|\bwww\.[^\s<>()\"'`|]{1,2000}"
    r"|<[a-zA-Z/!][^<>\n]{0,2000}>|\{\{[<%][^{}\n]{0,2000}[>%]\}\}",
    re.IGNORECASE,
)
CLOCK = re.compile(r"\d:\d\d(?!\d)")
NAMED = re.compile(r"\d+[^\W\d_]{5,}")  # what is written like a number, and is a name: 37signals
UNITED = re.compile(r"\d[^\W\d_]+(?:/[^\W\d_]+)?$")  # a number that has its unit already
EARLIER = re.compile(  # before a version: it is another one
    r"\b(?:before|until|till|below|under|(?:older|lower|earlier|less) than|prior to|vor|bis|unter|älter als|kleiner als"
    r"|avant(?: l[ae])?|jusqu['’](?:à|en)|inférieure à|antes de(?: la)?|hasta(?: la)?|inferior a|prima d(?:i|ella)"
    r"|fino a(?:lla)?|inferiore a|anterior a|até(?: a)?|voor|tot|ouder dan)\s(?:versions?\s|versi\w+\s)?[`*v]*\Z",
    re.IGNORECASE,
)
TIME = (
    r"(?:h|hours?|minutes?|seconds?|days?|nights?|weeks?|months?|quarters?|years?|km|miles?|stunden?|tage?n?|wochen?"
    r"|monate?n?|jahre?n?|heures?|jours?|semaines?|mois|ans?|horas?|d[ií]as?|semanas?|mes|meses|mês|a[nñ]os?|or[ae]"
    r"|giorn[oi]|settiman[ae]|mes[ei]|ann[oi]|uur|uren|dag|dagen|week|weken|maand|maanden|jaar|jaren)"
)
OFTEN = re.compile(  # how often something is
    rf"\b(?:(?:every|alle|tous les|toutes les|(?:a )?cada|ogni|elke|om de) (?:(?:other|second|third|few) )?"
    rf"(?:{DIGITS} )?{TIME}"
    rf"|(?:once|twice|(?:{DIGITS}|several) times|(?:ein|zwei|drei|vier)mal|(?:une|deux|trois|\d+) fois"
    r"|(?:una|dos|tres|uma|duas|três|due|tre|\d+) (?:vez(?:es)?|veces|volt[ae])|(?:een|één|twee|drie|\d+) keer)"
    rf" (?:an?|per|each|every|im|pro|am|in der|par|al|por|a la|all['’]|ao) ?{TIME}"
    r"|hourly|daily|weekly|fortnightly|monthly|quarterly|yearly|annually|täglich|wöchentlich|monatlich"
    r"|vierteljährlich|jährlich|dagelijks|wekelijks|maandelijks|jaarlijks)\b",
    re.IGNORECASE,
)
DATED = re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th|\.)? (?:of |de )?({MONTH})(?!\w)", re.IGNORECASE)
VERBS = ("may", "march", "mars")  # months are written with a capital letter where these are words, too
RANGE = re.compile(r"\s*(?:to|until|till|through|bis|[-–—])\s*", re.IGNORECASE)
MOVED = re.compile(
    r"\b(?:moved?s?|postponed?|shift(?:s|ed)?|delay(?:s|ed)?|chang(?:es|ed)|resched\w+|verschoben|verlegt)\b[^.!?\n]*$",
    re.IGNORECASE,
)
LEADING = (
    "while after before during since then thus however although but following despite because another other both "
    "several some many most each such no all under until when later from by with if one two three here there please "
    "von der die das dem den des am im zum zur "
    "call ask see note contact tell write send visit email mail phone questions answer thanks per"
)
LEADS = STOP | frozenset(LEADING.split())
JOINS = (
    frozenset(  # words that stand between a number and something else, in other languages; no units ("5 l")
        word
        for name in ("de", "fr", "es", "it", "pt", "nl")
        for word in languages.FUNCTION_WORDS[name].split()
        if word[1:]
    )
    - {"man", "war", "den", "hat", "bin", "die", "son", "come"}  # which English counts
)
VERSION = re.compile(r"(?<![\w./-])v?\d+(?:\.(?:\d+|x|\*))+(?:-[a-z]+[\w.]*)?(?![\w-]|\.\d|\.\*)", re.IGNORECASE)


def unaddressed(text: str) -> str:
    """A text, as long as it is, without the addresses of links and pictures, and markup: nothing of these is said."""
    return ADDRESS.sub(lambda found: " " * len(found[0]), text)


def _dates(text: str) -> Iterator[tuple[int, int]]:
    """Dates; "Wednesday to Sunday" is one, and of "moves from 16 June to 7 July" the second."""
    run: list[tuple[int, int]] = []
    for match in DATE.finditer(text):
        if match[0] in VERBS:
            continue
        if run and not RANGE.fullmatch(text[run[-1][1] : match.start()]):
            yield run[0][0], run[-1][1]
            run = []
        run = [match.span()] if run and MOVED.search(text[: run[0][0]]) else [*run, match.span()]
    if run:
        yield run[0][0], run[-1][1]


def often(text: str) -> list[tuple[int, int]]:
    """Where a text says how often something is: "every 6 months", "twice a year"."""
    return [match.span() for match in OFTEN.finditer(text)]


def spans(wanted: str, text: str) -> Iterator[tuple[int, int]]:
    """Where a text has a number with its unit, a date, or words with capital letters; not in an address."""
    text = unaddressed(text)
    if wanted == "date":
        yield from _dates(text)
    elif wanted == "version":
        found = [match.span() for match in VERSION.finditer(text) if not EARLIER.search(text, 0, match.start())]
        yield from found if len({text[start:end] for start, end in found}) == 1 else []  # of two, which is it?
    elif wanted == "number":
        days = [one.span() for one in DATED.finditer(text) if one[1] not in VERBS]
        for match in NUMBER.finditer(text):
            if any(start <= match.start() < end for start, end in days):
                continue
            around = text[max(0, match.start() - 2) : match.end() + 3]
            clock = CLOCK.search(around) and not CLOCK.search(match[0])
            if NAMED.match(match[0]) or clock or units.piece(text, *match.span()):
                continue
            last = re.search(r"[ \u00a0-]([^\W\d_]+)$", match[0])
            word = last[1].lower() if last else ""
            more = (
                last
                and word not in LEADS
                and folding.fold(word) not in JOINS
                and not UNITED.search(match[0], 0, last.start())
            )
            end = match.end() if more or not last else match.start() + last.start()
            if text[match.start() : end].lower() != "one":
                yield match.start(), end
    else:
        for match in NAME.finditer(text):
            start, said = match.start(), match[0]
            while (lead := re.match(r"([\w'’-]+)\s+", said)) and lead[1].lower() in LEADS:
                start, said = start + lead.end(), said[lead.end() :]
            said = re.sub(r"['’]s?$", "", said.rstrip(".,-") + ("." if INITIAL.search(said) else ""))
            if said and said.lower() not in LEADS:
                yield start, start + len(said)
