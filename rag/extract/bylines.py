"""
Lists that are written alike in every language: who wrote an article, below its title; the hazards of a safety data
sheet, each behind its code.

    Annika Sørdal^1,*^, Piotr Wiśniewski^2^      Rosa Tuesta¹, Hernán Chota²      H290 May be corrosive to metals.

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator

from rag.extract.fields import Field
from rag.extract.letters import body_start
from rag.extract.lexicon import is_notion

EARLY, FEW, MANY, APART = 1_500, 2, 40, 160  # characters before an author line; names; characters between two hazards
MARK = re.compile(
    r"\^[^^\n]{1,12}\^|\^[\d,*†‡§]{1,8}|[¹²³⁰-⁹*†‡§¶]+(?:[,·]?[¹²³⁰-⁹*†‡§¶]+)*|\s?[(\[]\d{1,2}(?:,\s?\d{1,2})*[)\]]"
    r"|<sup>[^<\n]{1,16}</sup>|(?<=[^\W\d_])\d(?:,\d)*(?=\s*(?:[,;]|\Z))"
)
LEAD = re.compile(r"\A(?:by|von|par|por|di|door)\s+", re.IGNORECASE)
BETWEEN = re.compile(r"\s*[,;·|•]\s*(?:(?:and|und|et|y|e|en)\s+|&\s*)?|\s+(?:and|und|et|y|e|en|&)\s+|\s{3,}")
PARTICLE = r"(?:(?:de|la|le|du|von|van|der|den|di|da|del|dos|das|ter|ten|zu|zur|el|al|bin|ibn|ap|af)\s)"
PERSON = re.compile(rf"(?:[A-ZÀ-Ž](?:\.|[\w'’.-]+)\s){{1,3}}{PARTICLE}{{0,2}}(?:{PARTICLE}?[A-ZÀ-Ž][^\W\d_][\w'’-]*)")
HAZARD = re.compile(
    r"(?<!\w)(?P<said>(?:EUH|H)\d{3}[A-Za-z]{0,2}(?:\s?\+\s?H\d{3}[A-Za-z]{0,2})*[ \t]?[:–-]?[ \t]?"
    r"[A-ZÀ-Ž][^\n|]*?[^\s|])(?=\s*(?:\||\n|\Z|\s{3}|(?:EUH|H)\d{3}\s))"
)


def written(text: str, one: Field) -> list[str]:
    """The authors of an article or the hazard statements of a sheet, as a list that asks for them; else []."""
    if one.kind != "text" or not one.listed:
        return []
    if one.units == {"author"}:
        return _authors(text)
    return list(_hazards(text)) if one.units in ({"hazard_statements"}, {"danger"}) else []


def _authors(text: str) -> list[str]:
    """The names of the line below the title in which each name, or most, has a mark, or which says "by"."""
    begin = body_start(text)
    lines = text[begin : begin + EARLY].splitlines()
    for above, line in itertools.pairwise(itertools.chain([""], filter(str.strip, lines))):
        said = line.strip(" \t_|")
        if not above or said.startswith("#") or not (MARK.search(said) or LEAD.match(said)):
            continue
        names = [
            name.strip(" *_.,;") for name in BETWEEN.split(MARK.sub("", LEAD.sub("", said))) if name.strip(" *_.,;")
        ]
        if len(names) >= FEW and all(PERSON.fullmatch(name) and not is_notion(name) for name in names):
            return list(dict.fromkeys(names))[:MANY]
    return []


def _hazards(text: str) -> Iterator[str]:
    """The first run of sentences behind a code, each once; what a table says of an ingredient is none."""
    last = None
    seen: set[str] = set()
    for match in HAZARD.finditer(text):
        code = match["said"].split()[0]
        if len(match["said"].split()) < FEW + 1 or code in seen:
            continue
        if last is not None and match.start() - last > APART:
            return
        last = match.end()
        seen.add(code)
        yield match["said"]


__all__ = ["written"]
