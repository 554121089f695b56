"""
Of the messages of a thread which to show: not the one that asks the same as the user, but the one that answers it; not
what was said first, but what corrects it; not a covering note, but what it forwards.

Pure functions over pieces and their scores. Which messages are of a thread is told by `rag.messages`, and that all of
them are among the hits is the business of `rag.index`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag import messages
from rag.ask import marks, questions
from rag.ask.candidates import Candidate
from rag.ask.pieces import Piece
from rag.ask.words import stems, telling
from rag.sentences import spans
from rag.types import Citation, Document

ASKS, QUOTES, IDLE = -3.0, -2.5, -2.5  # of a message that asks; of what one repeats of another; of a greeting
# Of a later message: it states something; says how it ended; as its subject or who began does; if that is asked for
STATES, ENDED, SETTLED, FINAL = 0.8, 2.0, 1.0, 1.5
PAGE = -4.5  # of what asks on a page with answers below it
BESIDE = 0.4  # how far below a message that is which it replies to
NEAR = 6.0  # how far below the best of its thread what corrects it may be
COVERING = 600  # characters of a note above what a mail forwards
SHORT = 25  # characters of a message that states nothing
REQUEST = re.compile(
    r"\?(?=[\s\"'”’)*_]|$)|\b(?:anyone|anybody|any (?:ideas?|advice|help|suggestions?|tips)|please help|help(?:,| me|!)"
    r"|does somebody|looking for (?:help|advice|ideas)|what (?:am i|are we) doing wrong"
    r"|i(?:['’]m| am) (?:stuck|lost|at a loss)|i (?:wonder|need help|don['’]t know (?:how|why|what))"
    r"|weiß jemand|kann (?:mir )?jemand|hat jemand|hilfe"
    r"|quelqu['’]un|alguien|qualcuno)\b",
    re.IGNORECASE,
)
ENDS = re.compile(  # how a message says that what was said before is not so any more, or what it came to
    r"\b(?:correction|corrected|sorry|apolog\w+|my mistake|i was wrong|actually|in fact|it(?:['’]s| is) now|is now"
    r"|are now|now (?:on|at|in)|instead|has changed|have changed|changes?:|moved to|postponed|cancel+ed|called off"
    r"|no longer|sold|solved|resolved|fixed|turned out|turns out|found (?:it|the)|thank(?:s| you)|(?:was|were) right"
    r"|it was|that was it|did the trick|that (?:did|fixed|worked)|works now|worked|in the end|finally|done\b|korrektur"
    r"|let['’]s|let us|agreed|confirmed|(?:works|fine|suits) (?:for|with)? ?me|einverstanden|abgemacht|passt|bestätigt"
    r"|d['’]accord|convenu|confirmée?|de acuerdo|quedamos|confirmad[oa]|va bene|confermat[oa]|akkoord|afgesproken"
    r"|combinado"
    r"|entschuldig\w+|doch|jetzt|stattdessen|gelöst|erledigt|lag an|désolée?|finalement|en fait|perd[oó]n|al final"
    r"|resuelto|scusate|alla fine|risolto)\b",
    re.IGNORECASE,
)
CANCELS = re.compile(
    r"\b(?:cancel+ed|cancel+ation|called off|withdrawn|there will be no|will not (?:take place|happen)"
    r"|won['’]t (?:take place|happen)|fällt aus|entfällt|abgesagt|annulée?|cancelad[oa]|annullat[oa])\b",
    re.IGNORECASE,
)
LAST = re.compile(
    r"\b(?:finally|in the end|eventually|at last|end(?:ed)? up|schließlich|am ende|finalement)\b", re.IGNORECASE
)
ANSWERS = re.compile(  # of a page with a question at its top
    r"^#{1,6} .{0,30}\b(?:answers?|accepted answer|replies|solutions?|antwort(?:en)?|réponses?|respuestas?|risposte)\b",
    re.IGNORECASE | re.MULTILINE,
)


def settled(question: str, every: Sequence[Piece], scores: Sequence[float]) -> list[float]:
    """The scores, with those of the messages of a thread, and of a page with answers, as they answer the question."""
    made = [score + _page(question, piece) for score, piece in zip(scores, every, strict=True)]
    names = [messages.thread(piece.passage.document) for piece in every]
    for name in dict.fromkeys(filter(None, names)):
        own = [i for i, one in enumerate(names) if one == name]
        if len({every[i].origin for i in own}) > 1:
            _thread(question, every, made, own)
    _forwarded(every, made)
    return made


def current(found: Sequence[Candidate], shown: Sequence[Citation]) -> list[Candidate]:
    """The sentences without those of messages older than the first that is shown, of the same thread."""
    newest = shown[0].passage.document if shown else None
    name = messages.thread(newest) if newest else ""

    def old(one: Candidate) -> bool:
        document = one.citation.passage.document
        return newest is not None and messages.thread(document) == name != "" and document.date < newest.date

    return [one for one in found if not old(one)]


def _page(question: str, piece: Piece) -> float:
    """What a piece loses that asks, on a page with answers below it."""
    document = piece.passage.document
    if messages.is_message(document) or questions.wants(question) in ("number", "date"):
        return 0.0
    below = ANSWERS.search(document.text, piece.end)
    asks = below and not ANSWERS.search(document.text, 0, piece.start) and REQUEST.search(piece.prose)
    return PAGE if asks else 0.0


def _thread(question: str, every: Sequence[Piece], made: list[float], own: list[int]) -> None:
    """Change the scores of the pieces of a thread, given by their places: the later states, ends, corrects."""
    first = min((every[i].passage.document for i in own), key=lambda one: one.date)
    newest = max(every[i].passage.document.date for i in own)
    wanted, final = questions.wants(question), bool(LAST.search(question))
    fact = wanted in ("number", "date", "name")
    top, before = max(own, key=lambda i: made[i]), list(made)
    asking: list[int] = []
    for i in own:
        document, text = every[i].passage.document, every[i].text
        later, said = document.date > first.date, _plain(text)
        settles = messages.settles(document.title)
        asks = not fact and not later and REQUEST.search(_plain(document.text))
        if asks or (document.date < newest and _asks_the_same(question, said, messages.subject(document.title))):
            made[i] += ASKS
            asking.append(i)
        elif len(said) < max(SHORT, len(text) / 3):
            made[i] += QUOTES if len(said) < len(text) / 3 else IDLE
        elif later and _states(said):
            ends = settles or bool(ENDS.search(said))
            made[i] += STATES + FINAL * final
            made[i] += 0 if fact else ENDED * ends + SETTLED * (settles or document.author == first.author)
    for i in asking:
        _answered(every, made, before[i], i, [j for j in own if j not in asking])
    if fact:
        _corrected(question, wanted, every, made, own, top)
    else:
        _beside(every, made, own, asking)
    over = max(made[i] for i in own) - before[top]  # a thread is no better than it was
    for i in own:
        made[i] -= max(0.0, over)


def _answered(every: Sequence[Piece], made: list[float], score: float, asks: int, own: Sequence[int]) -> None:
    """Give the best reply to a message that asks the score that this had."""
    asked = every[asks].passage.document
    later = [i for i in own if every[i].passage.document.date > asked.date and _states(_plain(every[i].text))]
    direct = [i for i in later if _replies(every[i].passage.document, asked)]
    own_words = [i for i in later if every[i].passage.document.author == asked.author]  # what it came to
    best = max({*direct, *own_words} or later, key=lambda i: made[i], default=None)
    if best is not None:
        made[best] = max(made[best], score)


def _beside(every: Sequence[Piece], made: list[float], own: Sequence[int], asking: Sequence[int]) -> None:
    """What the best message replies to is shown with it: "that did it, thank you" says too little alone."""
    best = max(own, key=lambda i: made[i])
    told = [i for i in own if i not in asking and _replies(every[best].passage.document, every[i].passage.document)]
    if told:
        most = max(told, key=lambda i: made[i])
        made[most] = max(made[most], made[best] - BESIDE)


def _replies(one: Document, other: Document) -> bool:
    """Does a message answer another: by the number that its mail has, or by its key?"""
    parent = str(one.meta.get("parent") or "")
    return bool(parent) and one.source == other.source and parent in (other.meta.get("message_id"), other.key)


def _corrected(
    question: str, wanted: str, every: Sequence[Piece], made: list[float], own: Sequence[int], top: int
) -> None:
    """Of a number, a date or a name the last message counts that says it otherwise, and that it is otherwise now."""
    asked = telling(question)
    says = [
        i for i in own if made[i] > made[top] - NEAR and _tells(wanted, every[i], asked, every[top].passage.document)
    ]
    first = max(own, key=lambda i: made[i])
    later = [i for i in says if every[i].passage.document.date > every[first].passage.document.date]
    if later:
        last = max(later, key=lambda i: (every[i].passage.document.date, made[i]))
        made[last] = made[first] + 0.01


def _tells(wanted: str, piece: Piece, asked: set[str], corrected: Document) -> bool:
    """
    Does it say otherwise what is asked for, of the matter that is asked about?

    It says that it does ("sorry", "now"), or its author replies to himself; in a sentence with a word of the question
    that the subject does not say, or, if it has none, under a subject with most of them, or as a reply.
    """
    text, document = _plain(piece.text), piece.passage.document
    about = asked & set(stems(messages.subject(document.title)))
    own, most = (asked - about) or asked, 2 * len(about) >= len(asked)
    known = [text[one.start : one.end] for one in spans(text, "text")]
    gone = [one for one in (document.title, *known) if CANCELS.search(one)]
    if any(most or own & set(stems(one)) for one in gone):
        return True
    if said := [one for one in known if own & set(stems(one))]:
        own_reply = document.author == corrected.author and _replies(document, corrected)
        marked = own_reply or messages.settles(document.title) or ENDS.search(text)
        if marked and any(True for one in said for _ in marks.spans(wanted, one)):
            return True
        settling = [one for one in known if ENDS.search(one)] if _replies(document, corrected) else []
        return any(True for one in settling for _ in marks.spans(wanted, one))
    near = most if messages.settles(document.title) else ENDS.search(text) and _replies(document, corrected)
    return bool(near) and any(True for _ in marks.spans(wanted, text))


def _asks_the_same(question: str, said: str, subject: str) -> bool:
    """Has it a question with half of the words of the user's, or of those that its subject does not say?"""
    asked = telling(question)
    rest = asked - set(stems(subject))
    known = [said[one.start : one.end] for one in spans(said, "text")]
    asks = [set(stems(one)) for one in known if REQUEST.search(one)]
    return any(words and 2 * len(words & one) >= len(words) for words in (asked, rest) for one in asks)


def _states(said: str) -> bool:
    """Does it say something, or does it only ask?"""
    known = [said[one.start : one.end] for one in spans(said, "text")]
    return any(not one.rstrip().endswith("?") and len(one) >= SHORT for one in known)


def _plain(text: str) -> str:
    """A message without what it quotes."""
    return "\n".join(line for line in text.split("\n") if not line.lstrip().startswith(">")).strip()


def _forwarded(every: Sequence[Piece], made: list[float]) -> None:
    """What a mail forwards goes before the note above it, if that would be the best."""
    best = max(range(len(every)), key=lambda i: made[i])
    source, key = every[best].origin
    inside = [i for i, piece in enumerate(every) if piece.origin == (source, key + messages.FORWARDED)]
    if inside and len(every[best].passage.document.text) <= COVERING:
        made[max(inside, key=lambda i: made[i])] = made[best] + 0.01
