"""
Family trees (GEDCOM): a document a person, with what is told of them as lines a person reads.

Dates and places stand as they are written. Marriages, parents and children are told at each of whom they are; notes and
sources that are records of their own, where they are referred to. What is told of submitters and files is left out.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from rag.errors import InputError
from rag.sources.items import Left, untold
from rag.sources.text import prose
from rag.types import Document

LINE = re.compile(
    r"\s*(?P<level>\d{1,2})[ \t]+(?:@(?P<id>[^@\n]{1,80})@[ \t]+)?(?P<tag>\w{1,31})(?:[ \t](?P<value>.*))?"
)
LINK = re.compile(r"\s*@([^@\s][^@]*)@\s*")
LABELS = {
    "BIRT": "Born", "CHR": "Baptized", "BAPM": "Baptized", "CHRA": "Baptized", "CONF": "Confirmed", "DEAT": "Died",
    "BURI": "Buried", "CREM": "Cremated", "ADOP": "Adopted", "EMIG": "Emigrated", "IMMI": "Immigrated",
    "NATU": "Naturalized", "CENS": "Census", "RESI": "Lived", "OCCU": "Occupation", "EDUC": "Education",
    "GRAD": "Graduated", "RETI": "Retired", "RELI": "Religion", "NATI": "Nationality", "TITL": "Title",
    "PROB": "Probate",
    "WILL": "Will", "EVEN": "Event", "FACT": "Fact", "DSCR": "Description", "PROP": "Property", "NICK": "Nickname",
    "MARR": "Married", "DIV": "Divorced", "ENGA": "Engaged", "ANUL": "Marriage annulled", "MARB": "Banns", "SEX": "Sex",
    "NOTE": "Note", "SOUR": "Source",
}  # fmt: skip
SEXES = {"M": "male", "F": "female", "X": "other", "U": "unknown"}
UNTOLD = {"CHAN", "REFN", "RIN", "OBJE", "SUBM", "ANCI", "DESI", "RFN", "AFN", "UID", "_UID", "FAMS", "FAMC", "NAME"}
PARTS = {"TYPE": "", "DATE": "", "PLAC": "", "ADDR": "", "AGE": "aged ", "CAUS": "cause: ", "AGNC": "", "PAGE": ""}
MOST = 200  # lines of a person


@dataclass(slots=True)
class Entry:
    """A line, and those that belong to it."""

    tag: str
    value: str
    parts: list[Entry] = field(default_factory=list)

    def all(self, tag: str) -> list[Entry]:
        return [part for part in self.parts if part.tag == tag]

    def said(self, tag: str) -> str:
        return next((part.value for part in self.parts if part.tag == tag and part.value), "")


@dataclass(slots=True)
class Tree:
    """The records of a file by their names."""

    records: dict[str, Entry]

    def of(self, link: str) -> Entry | None:
        found = LINK.fullmatch(link)
        return self.records.get(found[1]) if found else None

    def name(self, link: str) -> str:
        person = self.of(link)
        return _name(person) if person else ""


def read(data: bytes, key: str, source: str, left: Left = untold) -> list[Document]:
    """A document for each person of a family tree."""
    text = prose(data, key, left)
    if not re.match(r"\s*0[ \t]+HEAD\b", text):
        raise InputError(f"{key} is no family tree (GEDCOM): it does not begin with 0 HEAD")
    tree = Tree(_records(text))
    made: list[Document] = []
    for number, (name, record) in enumerate(tree.records.items(), 1):
        if record.tag not in ("INDI", "FAM", "NOTE", "SNOTE", "SOUR", "HEAD", "TRLR"):
            left("records of family trees", f"{record.tag} {record.value}")
        if record.tag != "INDI":
            continue
        called, told = _name(record), "\n".join(dict.fromkeys(filter(None, _told(record, tree))))
        title = called or f"unknown person {number}"
        if called or told:
            text = "\n\n".join(filter(None, (title, told)))
            made.append(Document(source, f"{key}#{name}", text, title))
    return made


def _records(text: str) -> dict[str, Entry]:
    """The records of level 0; what has no name of its own is called by its number."""
    records: dict[str, Entry] = {}
    path: list[Entry] = []
    for number, line in enumerate(text.split("\n")):
        found = LINE.fullmatch(line.rstrip())
        if not found:  # a long value that a program broke
            if path and line.strip():
                path[-1].value += f" {line.strip()}"
            continue
        level, tag, value = int(found["level"]), found["tag"].upper(), (found["value"] or "").replace("@@", "@")
        del path[level:]
        if tag in ("CONC", "CONT") and path:
            path[-1].value += ("\n" if tag == "CONT" else "") + value
            continue
        entry = Entry(tag, value.strip() if tag not in ("NOTE", "TEXT") else value)
        if level == 0:
            name = found["id"] or f"#{number}"
            records[name if name not in records else f"{name} {number}"] = entry
        elif path:
            path[-1].parts.append(entry)
        path.append(entry)
    return records


def _name(person: Entry) -> str:
    names = person.all("NAME")
    if not names:
        return ""
    written = " ".join(names[0].value.replace("/", " ").split())
    return written or " ".join(filter(None, (names[0].said("GIVN"), names[0].said("SURN"))))


def _told(person: Entry, tree: Tree) -> Iterator[str]:
    """What is known of a person, a line each."""
    lines = [line for part in _facts(person) for line in _fact(part, tree)]
    lines += [line for link in person.all("FAMC") for line in _parents(link.value, tree)]
    lines += [line for link in person.all("FAMS") for line in _family(link.value, person, tree)]
    yield from (f"Also called: {' '.join(one.value.replace('/', ' ').split())}" for one in person.all("NAME")[1:])
    yield from lines[:MOST]


def _facts(record: Entry) -> list[Entry]:
    return [part for part in record.parts if part.tag not in UNTOLD]


def _fact(part: Entry, tree: Tree, who: str = "") -> Iterator[str]:
    """An event or a fact on one line: "Died: 6 NOV 1918, Skelbeck Mill, cause: Influenza"; its notes below it."""
    record = tree.of(part.value)
    value = (record.said("TITL") or record.value) if record else part.value
    value = SEXES.get(value, value) if part.tag == "SEX" else "yes" if value == "Y" else value
    details = [f"{PARTS[one.tag]}{' '.join(one.value.split())}" for one in part.parts if one.tag in PARTS and one.value]
    if who and value == "yes":
        value = ""
    said = ", ".join(filter(None, (who, "" if value == "yes" and details else _line(value), *details)))
    label = LABELS.get(part.tag, part.tag.strip("_").capitalize())
    if said:
        yield f"{label}: {said}"
    for note in part.all("NOTE"):
        yield from _fact(note, tree)


def _line(value: str) -> str:
    return " ".join(value.split())


def _parents(link: str, tree: Tree) -> Iterator[str]:
    if family := tree.of(link):
        yield from (f"Father: {name}" for one in family.all("HUSB") if (name := tree.name(one.value)))
        yield from (f"Mother: {name}" for one in family.all("WIFE") if (name := tree.name(one.value)))


def _family(link: str, person: Entry, tree: Tree) -> Iterator[str]:
    """Marriages and children, as the one spouse would tell them."""
    family = tree.of(link)
    if not family:
        return
    others = [one.value for one in (*family.all("HUSB"), *family.all("WIFE")) if tree.of(one.value) is not person]
    who = " and ".join(filter(None, map(tree.name, others)))
    events = [part for part in _facts(family) if part.tag not in ("HUSB", "WIFE", "CHIL", "NCHI")]
    if who and not any(part.tag == "MARR" for part in events):
        yield f"Spouse: {who}"
    for part in events:
        yield from _fact(part, tree, who if part.tag in LABELS and part.tag not in ("NOTE", "SOUR") else "")
    children = [name for one in family.all("CHIL") if (name := tree.name(one.value))]
    if children:
        yield f"Children: {', '.join(children)}"
