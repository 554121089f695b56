"""
Who got how many: sentences and lines that name one after the other, each with its numbers.

    Sabine Trost (CDU) kam auf 3.481 Stimmen (46,2 Prozent), Jens Meyer (SPD) auf 2.000 …

The number of a field is the one beside its own word, or of a hundred where the field asks for that; what stands in
brackets behind a name is whose it is. Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rag.extract.fields import Field
from rag.extract.items import counted
from rag.extract.lexicon import SILENT, bag, is_notion
from rag.extract.matching import asks_percent
from rag.extract.rows import Row
from rag.sentences import spans

FEW, MANY = 2, 40
WORD = r"[A-ZÀ-Þ][\w'’-]*\.?"
NAMED = re.compile(rf"{WORD}(?:\s(?:(?:de|del|la|le|du|di|da|von|van|der|den|zu|af|av)\s){{0,2}}{WORD}){{1,4}}")
OF = re.compile(r"\s?[(（,]\s?(?P<of>[^()（）\d,;:]{1,40}?)[)）,]")
PERCENT = re.compile(
    r"(?P<n>\d{1,3}(?:[.,]\d+)?)\s?(?:%|(?:percent|per cent|Prozent|pour ?cent|por ciento|per cento|procent|prosent)\b)"
)
TITLE = re.compile(r"(?:Frau|Herrn?|Mr|Mrs|Ms|Miss|Mme|M|Sra?|Sig|Mevr|De|Dhr)\.?")
WHOSE = bag("party team club company organisation organization group affiliation country city school")


def polled(text: str, wanted: Sequence[Field]) -> list[Row]:
    """The rows of those that are named with two numbers each, or with one and whose they are; [] if fewer than two."""
    who = next((one for one in wanted if one.kind == "text" and (one.naming or "name" in one.units)), None)
    whose = next((one for one in wanted if one.kind == "text" and one is not who), None)
    numbers = [one for one in wanted if one.kind == "number"]
    others = [one for one in wanted if one not in (who, whose) and one not in numbers]
    if who is None or not numbers or others or len(wanted) <= FEW:
        return []
    rows: list[Row] = []
    for name, rest in _named(text):
        row: Row = {who.key[1]: [name]}
        of = OF.match(rest)
        if whose is not None and of and whose.units & WHOSE:
            row[whose.key[1]] = [of["of"].strip()]
        for one in numbers:
            if said := _number(rest, one):
                row[one.key[1]] = [said]
        if len(row) > FEW and any(one.key[1] in row for one in numbers):
            rows.append(row)
    names = [row[who.key[1]][0] for row in rows]
    return rows[:MANY] if len(set(names)) == len(names) >= FEW else []


def _named(text: str) -> Iterator[tuple[str, str]]:
    """The names of each sentence, with what stands between each and the next."""
    for span in spans(text):
        said = text[span.start : span.end]
        found = [
            match
            for match in NAMED.finditer(said)
            if said.count("(", 0, match.start()) <= said.count(")", 0, match.start())
        ]
        ends = [*(match.start() for match in found[1:]), len(said)]
        for match, end in zip(found, ends[: len(found)], strict=True):
            if name := _bare(match[0]):
                yield name, said[match.end() : end]


def _bare(said: str) -> str:
    """A name without an article and what its owner is before it: "Die Kandidatin Ute Klar"; "" if that is all."""
    words = said.split()
    while words and (words[0].casefold() in SILENT or TITLE.fullmatch(words[0]) or is_notion(words[0])):
        words = words[1:]
    return " ".join(words) if len(words) >= FEW else ""


def _number(rest: str, one: Field) -> str:
    if asks_percent(one):
        match = PERCENT.search(rest)
        return match["n"] if match else ""
    return counted(rest, one)


__all__ = ["polled"]
