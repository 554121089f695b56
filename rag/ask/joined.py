"""
Make excerpts of the pieces that were taken, with what a reader would miss beside them.

    completed    the pieces, with the rest of a short section, and the command that the paragraph beside them tells
    joined       as citations: those that stand side by side as one, with what stands between, or the whole paragraph

Nothing here chooses what answers (`excerpts`). Pure functions over pieces.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

from rag.ask import announced
from rag.ask.pieces import Piece
from rag.blocks import blocks, titles
from rag.sentences import spans
from rag.types import Citation

GAP = 100  # characters between two pieces that are shown with them
BRIDGE = 450  # the same, of two in one section
SECTION = 300  # characters of a section that is shown whole: a setting with its type and default
PROMISED = 1500  # characters up to which parts are shown with what promises them
LIST = 1400  # characters of a list that is shown whole
NUMBERED = re.compile(r"\s*\d{1,3}[.)]")  # steps are told in their order
NEXT = 5  # characters between two pieces that stand side by side: line ends
STEPS = 1800  # characters of a list of steps that is shown from its first one, and of all that is shown with it
INSIDE = 5.0  # what stands beside the best may score so much less
POINTS = re.compile(  # how a paragraph begins that is about the code above it
    r"\W*(?:(?:this|that|it|these|they|both|which|the (?:above|former|latter)|(?:dies|das|diese|dieser?|damit|ceci|cela"
    r"|cette|esto|este|esta|questo|questa|dit|deze))\b|the [\w-]+(?: [\w-]+)? above\b)",
    re.IGNORECASE,
)
COMMAND = re.compile(r"`[^`\s]+ [^`\n]+`")  # a command with what it is given, within a sentence


def completed(
    taken: Sequence[Piece], every: Sequence[Piece], scores: Sequence[float], room: int, practical: bool
) -> list[Piece]:
    """
    The pieces taken, best first, with what belongs to them in their sections, up to `room` characters in all.

    That is the code that a piece goes on to speak of; the rest of a short section; and where the question is
    `practical` the steps before and after one, and if no command was taken, the piece beside the best that has one.
    """
    made = list(taken)
    for piece in taken:
        if before := _spoken_of(piece, every):
            made += [before] if before not in made and _size([*made, before]) <= room else []
    for part in (part for piece in taken for part in announced.parts(piece)):
        made += [part] if _size([*made, part]) <= max(room, PROMISED) else []
    for piece in taken[:1]:
        made += [one for one in _rest_of_list(piece, every) if one not in made]
    for piece in taken:
        own = _section(piece, every)
        while own[-1].bare and own[-1] is not piece:  # what stands below it has a heading of its own
            own.pop()
        if piece.passage.heading and own[-1].end - own[0].start <= SECTION:
            made += [one for one in own if one not in made and _size([*made, one]) <= room]
    if practical and made and not any(map(_commands, made)):
        own, score = _section(made[0], every), dict(zip(map(id, every), scores, strict=True))
        least = score.get(id(made[0]), 0.0) - INSIDE
        beside = [
            one
            for one in own
            if _commands(one)
            and any(0 <= one.start - other.end < NEXT or 0 <= other.start - one.end < NEXT for other in made)
            and score[id(one)] >= least
            and _size([*made, one]) <= room
        ]
        made += sorted(beside, key=lambda one: -score[id(one)])[:1]
    return _with_steps(made) if practical else made


def _with_steps(taken: Sequence[Piece]) -> list[Piece]:
    """The pieces, the best first with all of its steps, while what is shown is no longer than that."""
    room, made = STEPS - _size(taken), list[Piece]()
    for piece in taken:
        wide = _all_steps(piece)
        more = wide.end - wide.start - (piece.end - piece.start)
        made.append(wide if more <= room else piece)
        room -= more if more <= room else 0
    return made


def _all_steps(piece: Piece) -> Piece:
    """All of the steps that a piece is some of, or those from the first one on; another piece as it is."""
    if piece.kinds[-1] != "list" or piece.end - piece.least > STEPS:
        return piece
    return replace(piece, start=piece.least, end=piece.most if piece.most - piece.least <= STEPS else piece.end)


def _spoken_of(piece: Piece, every: Sequence[Piece]) -> Piece | None:
    """The code right above a piece that begins by pointing at it: "This will …", "The command above …"."""
    if piece.kinds[0] != "prose" or not POINTS.match(piece.text):
        return None
    place = piece.origin, piece.passage.heading
    above = (one for one in every if (one.origin, one.passage.heading) == place and one.end <= piece.start)
    last = max(above, key=lambda one: one.end, default=None)
    return last if last and last.kinds[-1] == "code" and piece.start - last.end < NEXT else None


def _rest_of_list(piece: Piece, every: Sequence[Piece]) -> list[Piece]:
    """The parts of the list that a piece was cut from, if all of it is not too long."""
    if set(piece.kinds) != {"list"} or NUMBERED.match(piece.text):
        return []
    run = [piece]
    own = [one for one in _section(piece, every) if set(one.kinds) == {"list"}]
    at = own.index(piece)
    for one in own[at + 1 :]:
        if not 0 <= one.start - run[-1].end < 3:
            break
        run.append(one)
    for one in reversed(own[:at]):
        if not 0 <= run[0].start - one.end < 3:
            break
        run.insert(0, one)
    whole = run[-1].end - run[0].start <= LIST and not any(one.term for one in run)
    return run if whole else []


def _section(piece: Piece, every: Sequence[Piece]) -> list[Piece]:
    """The pieces that stand under the same heading of the same document, marked or not, in their order."""
    place = piece.origin, piece.passage.heading
    own = sorted((one for one in every if (one.origin, one.passage.heading) == place), key=lambda one: one.start)
    at = own.index(piece)
    first = max((i for i in range(at + 1) if _titled(own[i])), default=0)
    return own[first : next((i for i in range(at + 1, len(own)) if _titled(own[i])), len(own))]


def _titled(piece: Piece) -> bool:
    """Does it begin with a line like a heading, and so a section of its own?"""
    found = blocks(piece.text) if piece.kinds[0] == "prose" else []
    return len(found) > 1 and titles(piece.text, found[0])


def _commands(piece: Piece) -> bool:
    """Has it code, or a command within a sentence?"""
    return "code" in piece.kinds or COMMAND.search(piece.text) is not None


def _size(taken: Sequence[Piece]) -> int:
    return sum(piece.end - piece.start for piece in taken)


def joined(taken: Sequence[Piece], wide: int, longest: float = math.inf, between: int = 0) -> list[Citation]:
    """
    The pieces as citations, those that stand side by side in one; the order is that of their best piece.

    `wide` is how many characters they may have to be widened within their paragraphs, `between` to be shown with what
    stands between two of a section.
    """
    between -= sum(piece.end - piece.start for piece in taken)
    runs: list[tuple[int, Piece]] = []  # (how good the best of it is, what it is)
    order = {id(piece): number for number, piece in enumerate(taken)}
    for piece in sorted(taken, key=lambda one: (one.origin, one.start)):
        rank, last = runs[-1] if runs else (0, None)
        beside = last and last.origin == piece.origin and piece.start - last.end <= _gap(last, piece, between)
        if last and beside and piece.end - last.start <= longest:
            between -= max(0, piece.start - last.end)
            better = piece if order[id(piece)] < rank else last
            end, most = max(last.end, piece.end), max(last.most, piece.most)
            joined = replace(better, passage=last.passage, start=last.start, end=end, least=last.least, most=most)
            runs[-1] = (min(rank, order[id(piece)]), joined)
        else:
            runs.append((order[id(piece)], piece))
    best = [piece for _, piece in sorted(runs, key=lambda run: run[0])]
    return [cited(piece) for piece in _all_widened(best, wide)]


def _gap(one: Piece, other: Piece, room: int) -> int:
    """
    How many characters may stand between two pieces that are shown with them: of two terms of a list none, nor of two
    blocks of a collection of code.
    """
    collected = one.kinds == other.kinds == ("code",) and one.passage.document.kind != "code"
    if one.term or other.term or collected:
        return NEXT
    return max(GAP, min(BRIDGE, room)) if one.passage.heading == other.passage.heading else GAP


def _all_widened(best: Sequence[Piece], most: int) -> list[Piece]:
    """The pieces with more of their paragraphs while there is room; what a wider one then holds is shown once."""
    room, made = most - sum(piece.end - piece.start for piece in best), list[Piece]()
    for piece in best:
        wide = _widened(piece, room)
        if any(_overlap(wide, other) and not _holds(wide, other) for other in best if other is not piece):
            wide = piece
        room -= wide.end - wide.start - (piece.end - piece.start)
        made.append(wide)
    held = [any(_holds(other, one) for other in made if other is not one) for one in made]
    return [one for one, inside in zip(made, held, strict=True) if not inside]


def _overlap(one: Piece, other: Piece) -> bool:
    return one.origin == other.origin and one.start < other.end and other.start < one.end


def _holds(one: Piece, other: Piece) -> bool:
    return one.origin == other.origin and one.start <= other.start and other.end <= one.end


def _widened(piece: Piece, room: int) -> Piece:
    """A piece with what stands beside it in its paragraph: all of it if there is room, else first what follows."""
    if piece.most - piece.least - (piece.end - piece.start) <= room:
        return replace(piece, start=piece.least, end=piece.most)
    text = piece.passage.document.text
    ends = [piece.end + one.end for one in spans(text[piece.end : piece.most], "text")]
    end = max((one for one in ends if one - piece.end <= room), default=piece.end)
    return replace(piece, end=end)


def cited(piece: Piece) -> Citation:
    """A piece as a citation; its passage is widened where it reads on beyond it."""
    passage = piece.passage
    if piece.start < passage.start or piece.end > passage.end:
        start, end = min(passage.start, piece.start), max(passage.end, piece.end)
        passage = replace(passage, start=start, end=end, text=passage.document.text[start:end])
    return Citation(passage, piece.text, piece.start, piece.end)
