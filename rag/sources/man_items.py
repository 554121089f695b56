"""What is written of a page of the manual: headings, paragraphs and items, each as far in as it is set."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

DEEPEST = 24  # spaces
FENCED = 3  # spaces that a listing is set in at most: further in its fence would be text
LONGEST_TAG = 200  # characters of a paragraph that names what is set further in below it
MOST_TAGS = 8  # of one item; more are a list of names
NUMBER = re.compile(r"\(?\d{1,3}[.)]")
BULLET = re.compile(r"[•○◦▪·][ \t]*(?=\S)")


@dataclass(slots=True)
class Level:
    """A margin: what stands at it, and the item that is open there."""

    left: str = ""
    inside: str = ""  # the margin of the text of the last item; "" if a paragraph came since
    open: bool = False  # whether what comes next is more of it
    alone: int = -1  # the paragraph that may turn out to name what is set further in; -1: none
    bare: int = 0  # items in a row that are a tag alone
    last: int = -1  # how many blocks there were behind the last item
    named: bool = False  # whether the last block is the name of what comes next
    above: int = -1  # that of the level above, until something is written at this one

    def margin(self) -> str:
        return self.inside if self.open else self.left


@dataclass(slots=True)
class Items:
    """The blocks of a page, and the margins that it is set at."""

    blocks: list[str] = field(default_factory=list)
    levels: list[Level] = field(default_factory=lambda: [Level()])

    def heading(self, text: str) -> None:
        self.levels = [Level()]
        self.blocks.append(text)

    def paragraph(self, text: str) -> None:
        if found := BULLET.match(text):
            self.item("-", text[found.end() :])
            return
        named = self._adopted()
        level = self.levels[-1]
        self._write(text, level.margin())
        if named or self._goes_on(text):
            self.blocks[-2:] = ["\n".join(self.blocks[-2:])]
        level.inside = level.inside if level.open else ""
        is_name = len(text) <= LONGEST_TAG and not text.endswith((".", ":", "!", "?", ";", ","))
        level.alone = len(self.blocks) - 1 if is_name and not level.open and not NUMBER.match(text) else -1

    def item(self, tag: str, text: str) -> None:
        self._adopted()
        level = self.levels[-1]
        marked = tag == "-" or NUMBER.fullmatch(tag) is not None
        mark = tag.strip("(").rstrip(".)") + "." if marked and tag != "-" else "-"
        level.inside, level.open, level.alone = level.left + " " * (len(mark) + 1), True, -1
        if text and not marked:
            tag = ", ".join([*self._bare(level), tag])
        inside = text.replace("\n", f"\n{level.inside}")
        if marked:
            self.blocks.append(f"{level.left}{mark} {inside}".rstrip())
        else:
            self.blocks.append(f"{level.left}{mark} {tag}" + (f"\n{level.inside}{inside}" if text else ""))
        level.bare = level.bare + 1 if not (text or marked) else 0
        level.last = len(self.blocks)

    def _bare(self, level: Level) -> list[str]:
        """The tags right above that have no text of their own, taken out: they have that of the item that follows."""
        if level.last != len(self.blocks) or not 0 < level.bare <= MOST_TAGS:
            return []
        tags = [block.strip().removeprefix("- ") for block in self.blocks[-level.bare :]]
        del self.blocks[-level.bare :]
        return tags

    def _goes_on(self, text: str) -> bool:
        """Whether a paragraph is the rest of a sentence that a program has cut (help2man does)."""
        level, before = self.levels[-1], self.blocks[-2] if len(self.blocks) > 1 else ""
        return level.open and text[:1].islower() and before[-1:].isalnum() and "\n" in before

    def block(self, text: str) -> None:
        """A listing or a table: lines that are kept as they are."""
        self.levels[-1].above, self.levels[-1].named = -1, False
        self._write(text, self.levels[-1].margin()[:FENCED])
        self.levels[-1].alone = -1

    def end_item(self) -> None:
        self.levels[-1].open = False
        self.levels[-1].inside = ""

    def more(self) -> None:
        """What follows belongs to the item before, or to the paragraph that names it."""
        level = self.levels[-1]
        if level.inside:
            level.open = True
        elif level.alone == len(self.blocks) - 1 >= 0:
            self._adopt(level.alone, level)
            level.open, level.alone = True, -1
            level.named = True

    def further_in(self) -> None:
        level = self.levels[-1]
        above = level.alone if level.alone == len(self.blocks) - 1 else -1
        self.levels.append(Level(level.margin()[:DEEPEST], above=above))

    def further_out(self, *, back: bool = False) -> None:
        """To the margin before; `back`: into the item that was open there."""
        if len(self.levels) > 1:
            self.levels.pop()
        self.levels[-1].open = self.levels[-1].open and back

    def _adopted(self) -> bool:
        """Make the paragraph above what it is: the name of an option whose description is further in."""
        level = self.levels[-1]
        if level.named:
            level.named = False
            return True
        if level.above >= 0 and len(self.levels) > 1:
            outer = self.levels[-2]
            self._adopt(level.above, outer)
            level.left, level.above = outer.inside[:DEEPEST], -1
            return True
        return False

    def _adopt(self, number: int, level: Level) -> None:
        name = self.blocks[number].strip().split("\n")
        level.inside = level.left + "  "
        self.blocks[number] = f"{level.left}- {f'{chr(10)}{level.inside}'.join(map(str.strip, name))}"

    def _write(self, text: str, margin: str) -> None:
        self.blocks.append("\n".join(margin + line if line else "" for line in text.split("\n")))
