"""
The heading of a document, whole, for fields that ask for its title: of an advert what is offered, of minutes the
meeting, of a contract its kind, of a shop's page the product.

    # Collections Data Officer (maternity cover)      TO LET: bright top-floor flat, Redland      MIETVERTRAG

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.dates import Day, When, dates, days
from rag.extract.candidates import Candidate
from rag.extract.fields import Field, Key
from rag.extract.issuers import is_house
from rag.extract.letters import body_start
from rag.extract.lexicon import bag

LONGEST, EARLY = 140, 200  # characters of a heading; before which an official paper says what it is
WHOLE, PLAIN = 1.1, 0.8  # how surely a marked heading is a title, and a first line by itself
MARKED = re.compile(
    r"\s*(?:<!--.*?-->\s*)?#{1,3}[ \t]+(?P<head>[^\n]*[^\n \t#])[ \t#]*$|\s*(?P<ruled>[^\n]{3,120})\n={3,}[ \t]*$",
    re.MULTILINE,
)
LINE, LINES = re.compile(r"[^\n]+"), 5  # non-empty lines among which a heading is
INTRODUCING = re.compile(
    r"(?:\b(?:invites? you to|presents?|proudly presents|Abschied von|faire part du décès de"
    r"|lädt ein(?: zu[mr]?)?|präsentiert|présente|vous invite à|eine[nr]?|a|an|the)\s*:?\s*\Z)|(?:suchen"
    r"|looking for|hiring|recherche|recrute)\b[^.]*\Z",
    re.IGNORECASE,
)
NO_TITLE = re.compile(
    r"(?:dear|hi|hello|hey|hallo|liebe[rs]?|sehr geehrte\w*|guten (?:tag|morgen)|bonjour|madame|monsieur|hola"
    r"|estimad[oa]|from|to|von|an|date|datum|subject|betreff|objet|asunto)\b"
    r"|.*[.!?,;]\Z|[^\w\"“„«(]|.*\S@\S|\[?\d{1,2}[:./]\d",
    re.IGNORECASE,
)
KIND_FIRST = re.compile(
    r"(?:for (?:rent|sale|hire)|to (?:let|rent)|zu (?:vermieten|verkaufen)|à (?:vendre|louer)|a (?:vendre|louer)"
    r"|offre d(?:e stage|['’]emploi)|stellen(?:angebot|anzeige)|job(?: offer)?|vacancy"
    r"|urgent|wanted|gesucht|se (?:vende|alquila)|protokoll(?: der| des)?|minutes(?: of(?: the)?)?"
    r"|compte[- ]rendu(?: de la| du)?|event|new|neu)\b[!\s]*[:–—-]?\s*(?=\S)",
    re.IGNORECASE,
)
PRICE_LAST = re.compile(
    r"\s*(?:[,|–—-]|\s)\s*(?:[€£$]\s?\d[\d.,' ]*|\d[\d.,' ]*\s?(?:€|EUR|CHF|Euro))(?:\s?(?:pcm|pm|p\.m\.|/\s?\w+"
    r"|per \w+))?\s*\Z"
)
AT_LAST = re.compile(r"\s(?:@|at|bei|chez|for)\s(?=[A-ZÀ-Þ]).*\Z")
LENGTH_LAST = re.compile(r"\s\(\d+\s(?:mois|months?|Monate|weeks?|Wochen)\)\Z")
NUMBER_LAST = re.compile(r"[\s,]+(?:no\.?|nr\.?|n°|#|Nummer)\s?\S*\d\S*\Z", re.IGNORECASE)
WEEKDAY = re.compile(
    r"[\s,;:(–—-]*(?:\b(?:on|am|vom|du|le|of|Mon|Tues?|Wed|Thu(?:rs)?|Fri|Sat|Sun|[^\W\d_]+(?:day|tag|di)"
    r"|Mittwoch|dimanche)\b[.,]?)?\s*\Z"
)
QUOTED = re.compile(r"[\"“„«](?P<title>[^\"“”„»\n]{3,80})[\"”“»]")
GENDERED = re.compile(
    r"(?<![^\s–—:])(?P<job>[A-ZÀ-Þ][\w/*:.&’' -]{2,60}?\s?\((?:(?:m|w|d|f|x|h|i|div|gn|all genders)[/|*]?){2,7}\))",
    re.IGNORECASE,
)
CONTRACT = re.compile(
    r"agreement|contract|lease|\bdeed\b|vertrag|vereinbarung|contrat|bail\b|convention|contrato|contratto|terms"
    r"|policy|undertaking|licen[cs]e",
    re.IGNORECASE,
)
LABEL = 1.15  # how surely a label says a title
CODED = r"(?:\(\d{2}\)[ \t]*|\(?[a-z]\)[ \t]+|\d{1,2}(?:\.\d{1,2})*[.)]?[ \t]+)?"  # of a form, before a label
SAID = r"[*_]{0,2}[ \t]*[*_]{0,2}(?P<said>[^\n|]{2,140}?)(?=[*_ \t]*(?:\||\n|\Z)|\s{3,})"
LABELLED = re.compile(
    rf"^[ \t|*_-]*{CODED}(?:(?:course |module )?title|titel|titre|título|titolo|désignation|bezeichnung|benennung"
    r"|denominación|denominazione|asignatura"
    r"|module(?: name)?|modulname|modultitel|kurstitel|object name|objektbezeichnung|benaming|vaknaam"
    rf"|intitulé(?: d[ue] [^\W\d_]+)?|matière|materia)[*_]{{0,2}}\s*[:：|]{SAID}"
    rf"|^[ \t|*_-]*\(54\)[*_ \t|]*(?!\w+\s?:){SAID.replace('said', 'coded')}",
    re.IGNORECASE | re.MULTILINE,
)
# A heading that only says what kind of paper it is, or of which office, and the labels that say what it is about.
OFFICIAL = re.compile(
    r"\b(?:patent\w*|\w*patentschrift|brevet|ausschreibung|vergabe\w*|bekanntmachung|avis d['’](?:appel|attribution)"
    r"|avis de marché|marché public|licitaci[oó]n|concurso|ayuntamiento|(?:invitation|call|request) (?:to|for)"
    r" (?:tenders?|proposals?|quotations?|bids?)|(?:contract|tender) notice|notice of (?:contract|tender)"
    r"|bando|gara|aanbesteding|recall notice|auftrag\w*bekanntmachung)\b",
    re.IGNORECASE,
)
ABOUT = re.compile(
    rf"^[ \t|*_-]*{CODED}(?:art und umfang(?: der \w+)?|(?:auftrags)?gegenstand(?: de[rs] \w+)?|leistungsgegenstand"
    r"|objet(?: d[ue] (?:la )?\w+)?|descripción(?: del \w+)?|objeto(?: del \w+)?|oggetto(?: del\w*\W\w+)?"
    r"|omschrijving(?: van de opdracht)?|(?:short |brief )?description(?: of (?:the )?\w+)?|subject(?: of the \w+)?"
    rf"|scope(?: of (?:the )?\w+)?|project)[*_]{{0,2}}\s*[:：|]{SAID}",
    re.IGNORECASE | re.MULTILINE,
)
# A line that says whose paper it is, or its number: "UNIVERSIDAD DE …", "INV. 1954.17".
PAPER = re.compile(
    r"\A\W*(?:inv(?:entory)?\.?|card|karte|karteikarte|fiche|scheda|no\.|n°|nr\.)\s?(?:no\.|n\.|nr\.|n°)?\s?[\w./-]*\d"
    r"|\b(?:universi\w+|museum|\w+museum|musée|museo|facult[aéy]\w*|fakultät|hochschule|school of"
    r"|fiche d['’]inventaire|objectkaart|objektkarte"
    r"|modulhandbuch|guía docente)\b|^\W*(?:DOI|arXiv|ISSN)\b|(?:19|20)\d\d;\s?\d{1,3}(?:\s?\(\d+\))?\s?:\s?\d"
    r"|^\W*(?:originalarbeit|original (?:article|paper|research)|research article|review article|article original"
    r"|artículo original|articolo originale|übersichtsarbeit|fallbericht|case report|short communication)\W*$",
    re.IGNORECASE,
)
CODE_FIRST = re.compile(
    r"(?:(?:Modul|Module|Course|Kurs|Cours|Curso|Corso"
    r"|Vak)\s)?[A-Z]{2,5}[ -]?(?:[A-Z]-)?[A-Z]?-?\d{1,5}[A-Z]?\s*[:–—-]?\s+(?=[^\W\d])"
)
SUBJECTS = bag("event object wine award prize grant exhibition festival conference concert programme competition")
PRODUCTS = bag("price brand ean model warranty product stock")


def headline(text: str, named: bool = False) -> tuple[int, int, float] | None:
    """
    Where the heading of a text stands, without what only says of what kind it is, and how surely it is one; if it is to
    be `named`, that of a thing, not of whose paper it is.
    """
    begin = body_start(text)
    marked = MARKED.match(text, begin)
    if marked and not (named and PAPER.search(marked[0])):
        start, end = marked.span("head" if marked["head"] else "ruled")
        return (*_bare(text, start, end), WHOLE)
    lines = list(LINE.finditer(text, begin, begin + 600))
    for n, line in enumerate(lines[:LINES]):
        start, end = _cell(text, *line.span())
        said = text[start:end]
        if named and PAPER.search(said):
            continue
        if INTRODUCING.search(said) and n + 1 < len(lines):
            continue
        if n + 1 == len(lines):
            return None  # a text of one line has no heading
        alone = "\n\n" in text[line.end() : lines[n + 1].start() + 1] or len(said) < 70
        asking = n > 0 and said.endswith("?")  # "Do Small Models Know?", below whose paper it is
        titled = alone and (asking or not NO_TITLE.match(said)) and ":" not in said[:14]
        if len(said) > LONGEST or not (titled or KIND_FIRST.match(said)):
            return None
        return (*_bare(text, start, end), WHOLE if n else PLAIN)
    return None


def _of_subject(text: str) -> tuple[int, int, float] | None:
    """The heading of the first line that says no more than whose paper it is: the event, the object, the wine."""
    found = headline(text, named=True)
    if found is None or not is_house(text[found[0] : found[1]]):
        return found
    following = re.compile(r"\s*\n\s*(?=[^\s\d])").match(
        text, text.find("\n", found[1]) if "\n" in text[found[1] :] else len(text)
    )
    rest = headline(text[following.end() :], named=True) if following else None
    if following is None or rest is None or is_house(text[following.end() + rest[0] : following.end() + rest[1]]):
        return None
    return following.end() + rest[0], following.end() + rest[1], rest[2]


def _cell(text: str, start: int, end: int) -> tuple[int, int]:
    """The first cell of a line, without blanks and marks around it."""
    said = re.match(r"[ \t]*[*_]{0,2}(?P<said>[^\n]*?)(?=[*_]{0,2}[ \t]*(?:\Z|\n|[ \t]{3,}))", text[start:end] + "\n")
    return (start + said.start("said"), start + said.end("said")) if said else (start, end)


def _bare(text: str, start: int, end: int) -> tuple[int, int]:
    """A heading without "TO LET:" before, and without a price or a day behind it."""
    if lead := KIND_FIRST.match(text, start, end):
        start = lead.end()
    said = text[start:end]
    if price := PRICE_LAST.search(said):
        said = said[: price.start()]
    if last := LENGTH_LAST.search(said):
        said = said[: last.start()]
    said = said.rstrip(" ,;:–—-(")
    if (quoted := QUOTED.fullmatch(said)) is not None:
        return start + quoted.start("title"), start + quoted.end("title")
    return start, start + len(said)


def _undated(said: str) -> str:
    """A heading without the day at its end."""
    told: list[When | Day] = [*dates(said), *days(said)]
    when = max(told, key=lambda day: day.end, default=None)
    if when is None or said[when.end :].strip(" ).") or when.start < 4:
        return said
    return WEEKDAY.sub("", said[: when.start]).rstrip(" ,;:–—-(")


def _labelled(text: str) -> tuple[int, int] | None:
    """Where a label says the title; below the head of an official paper also where one says what it is about."""
    begin = body_start(text)
    if label := LABELLED.search(text, begin):
        return label.span("said" if label["said"] else "coded")
    about = ABOUT.search(text, begin) if OFFICIAL.search(text[begin : begin + EARLY]) else None
    return about.span("said") if about else None


def titles(text: str, wanted: Sequence[Field]) -> Iterator[tuple[Key, Candidate, float]]:
    """What fields such as `title`, `job_title`, `meeting` and `contract_type` ask for, if the heading says it."""
    asked = [one for one in wanted if one.kind == "text" and not one.element and not one.listed]
    shop = any(one.units & PRODUCTS for one in wanted)
    job = next((one for one in asked if one.units == {"job"}), None)
    gendered = GENDERED.search(text[:1_500]) if job else None
    if job and gendered:
        yield job.key, Candidate(gendered["job"], *gendered.span("job"), "cell"), WHOLE
    named = next((one for one in asked if one.units == {"title"}), None)
    if named and (label := _labelled(text)):
        yield named.key, Candidate(text[slice(*label)], *label, "cell"), LABEL
    found = headline(text, named=named is not None)
    if found is None:
        return
    start, end, sure = found
    coded = any(one.kind == "text" and one.words & bag("code number id") for one in wanted)
    for one in asked:
        first, last, surely = start, end, sure
        said = text[start:end]
        if one.units == {"job"} and one.words & {"job", "position", "title"} and not gendered:
            last = first + len(AT_LAST.sub("", said))
        elif one.units == {"contract", "type"}:
            if not CONTRACT.search(said):
                continue
            last, surely = first + len(NUMBER_LAST.sub("", said)), WHOLE
        elif one.units == {"title"}:
            lead = CODE_FIRST.match(said) if coded else None
            if lead:
                first, said = start + lead.end(), said[lead.end() :]
            quoted = QUOTED.search(said)
            if quoted and not shop and said.rstrip().endswith(quoted[0]):
                first, last = first + quoted.start("title"), first + quoted.end("title")
        elif one.units == {"meeting"}:
            last = first + len(_undated(said))
        elif one.units & SUBJECTS and one.words & SUBJECTS and len(one.words) == 1:
            place = _of_subject(text)
            if place is None:
                continue
            first, last, surely = place
        elif not (one.units == {"name"} and shop):
            continue
        if last > first:
            yield one.key, Candidate(text[first:last], first, last, "cell"), surely


__all__ = ["headline", "titles"]
