"""
Answer a question from the passages that were found, and show where the answer stands.

    question + hits --candidates--> is it answered at all? --excerpts--> what is shown --lines--> a line above it

An excerpt is a part of a passage, word for word, at exactly its place; it is the answer. A model may put a line above
it, or write prose from it, held by a grammar and checked. Nothing here retrieves, stores or prints: hits, models and
the log belong to the caller.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from rag import languages
from rag.ask import (
    about,
    defaults,
    editions,
    excerpts,
    facts,
    lines,
    prose,
    questions,
    records,
    relevance,
    superseded,
    support,
    threads,
)
from rag.ask.afar import afar, things
from rag.ask.asking import CAPABLE, ENCODINGS, SMALL, STYLES, Asking, Exchange, capable, style
from rag.ask.candidates import EMBEDDED, RELEVANCE, Candidate, candidates, highlighted, within
from rag.ask.followups import dangling, points_back, standalone
from rag.ask.objects import to_json
from rag.ask.unsaid import lacking, unheard, unsaid
from rag.ask.written import Written
from rag.errors import InputError
from rag.types import Answer, Citation, Embedder, Generator, Hit, Statement

TOLD = 0.6  # of a question's words in the sentence of a fact that says alone that the question is answered
READ, HEAD = 5, 2000  # hits whose language is looked at, and characters of their documents
SHOWN = 0.12  # of the threshold, if the best stands in or beside what was shown for the question before
UNKNOWN = "The documents found do not answer this."
UNSURE = "Nothing found answers this for certain."  # what came near is shown below

__all__ = ["CAPABLE", "EMBEDDED", "ENCODINGS", "RELEVANCE", "SMALL", "STYLES", "UNKNOWN", "UNSURE", "Asking",
           "Candidate", "Exchange", "Written", "answer", "candidates", "capable", "standalone", "to_json"]  # fmt: skip


def answer(
    question: str,
    hits: Sequence[Hit],
    generator: Generator | None = None,
    embedder: Embedder | None = None,
    asking: Asking = Asking(),  # noqa: B008 (frozen)
    history: Sequence[Exchange] = (),
    on_text: Callable[[str], None] | None = None,
    searched: str = "",
    absent: Sequence[str] = (),
) -> Answer:
    """
    An answer with its excerpts; `on_text` gets its text, piece by piece where a model writes it.

    `searched` is the question as the hits were searched for (`standalone`), if it was completed already; `absent` are
    its words that the index has nowhere, though it would be expected to.

    Raises InputError (empty question, a token limit that is too small), ModelError (question longer than the context,
    model unreachable), OutputError (a hosted model's reply does not fit, twice).
    """
    question = question.strip()
    if not question:
        raise InputError("the question is empty", 'Ask something: rag ask "How do I …?"')
    began = time.perf_counter()
    asked = searched or standalone(question, history)
    found = candidates(asked, hits, embedder, EMBEDDED)
    threshold = asking.threshold
    if threshold is None:
        threshold = embedder.threshold if embedder else 0.0
        if history and history[-1].answer not in (UNKNOWN, UNSURE) and points_back(question):
            threshold = 0.0  # it can only be about what was just shown
    weighed = excerpts.weighed(asked, hits, embedder, found)
    if threshold and _just_shown(weighed, hits):
        threshold -= SHOWN
    reached = relevance.relevance(asked, found, weighed.nearest, weighed.covered, hits, weighed.record, weighed.unread)
    if weighed.told is not None:  # what a code means is told by what begins with it, or not at all
        reached = max(reached, threshold) if weighed.told else min(reached, threshold - relevance.NEAR / 2)
    enough = bool(found) and reached >= threshold
    near = bool(found) and relevance.near(reached, threshold)
    shown = excerpts.chosen(asked, weighed, asking.citations) if enough or near else []
    if near and weighed.told is None and _told(asked, found, shown):
        enough = True  # the number stands there with what was asked of it
    several = len({(hit.passage.document.source, hit.passage.document.key) for hit in hits}) > 1  # of one, it is that
    head = about.told(asked, hits)  # what a head or heading says is sure
    noted = head[1] if head and any("release" in hit.via for hit in hits) else None
    if noted:
        enough, shown = True, shown or [noted]
    apart = threshold > 0 and several and not history and dangling(question) and not head
    if apart:
        enough, near = False, near or enough
    shown = superseded.completed(asked, shown, weighed) if enough else shown
    rare = unheard(question, hits)
    missing = unsaid(question, hits) if enough and threshold > 0 and not noted else []
    if enough and threshold > 0 and not noted:
        missing += afar([*rare, *things(question, absent)], shown, embedder, question)
    lacks = lacking(question, shown) if enough and threshold > 0 and not head else ""
    if missing or lacks:
        enough, near = False, True
    nowhere = list(dict.fromkeys([*missing, *rare]))
    lost = unheard(question, [Hit(one.passage, 0.0) for one in shown]) if enough else []
    unshown = afar([word for word in lost if word not in nowhere], shown, embedder, question)
    enough = enough and bool(shown)  # of a rule between two pages nothing is shown
    trace: dict[str, Any] = {
        "relevance": round(reached, 4),
        "threshold": threshold,
        "style": "excerpts" if enough else "none",
        **({"searched": asked} if asked != question else {}),
        **({"unsaid": nowhere} if nowhere else {}),
        **({"unshown": unshown} if unshown else {}),
        "seconds": {"excerpts": round(time.perf_counter() - began, 3)},
    }
    shown = [row for one in editions.marked(shown, hits) for row in records.narrowed(asked, one, found)]
    cited = tuple(highlighted(asked, one, found) for one in shown)
    name = generator.name if generator else "none"
    if not enough:
        trace["why"] = "no question before tells what its pronoun is" if apart else "nothing relevant was found"
        if missing:
            trace["why"] = "a name or word of the question stands nowhere in what was found"
        elif lacks:
            trace |= {"why": "what the question asks for stands in no excerpt", "lacks": lacks}
        elif told := _languages(asked, hits):
            trace["languages"] = told
        result = Answer(question, UNSURE if near else UNKNOWN, False, (), tuple(hits), name, {}, trace, nearest=cited)
    else:
        result = Answer(question, shown[0].quote, True, cited, tuple(hits), name, {}, trace)
        if head:
            result = _told_by_head(result, *head)
        else:
            result = _written(result, asked, found, weighed, generator, asking, history, on_text)
    if on_text and result.trace["style"] != "prose":
        on_text(result.text)
    return result


def _languages(question: str, hits: Sequence[Hit]) -> dict[str, Any]:
    """The language of a question and of what was found for it, where all that tells its language is in another."""
    own = languages.languages(question)
    texts = {text for hit in hits[:READ] for text in (hit.passage.text, hit.passage.document.text[:HEAD])}
    others = {name for text in texts for name in languages.languages(text)}
    apart = own and others and not own & others
    return {"question": " or ".join(sorted(own)), "documents": sorted(others)} if apart else {}


def _told_by_head(result: Answer, text: str, line: Citation) -> Answer:
    """The answer as a head or heading says it, with the line that does."""
    line = replace(line, highlights=line.highlights or ((line.start, line.end),))
    return replace(result, text=text, citations=(line,), trace={**result.trace, "style": "fact"})


def _written(
    result: Answer,
    asked: str,
    found: Sequence[Candidate],
    weighed: excerpts.Weighed,
    generator: Generator | None,
    asking: Asking,
    history: Sequence[Exchange],
    on_text: Callable[[str], None] | None,
) -> Answer:
    """The answer with what can be made of the excerpts: prose, a line or a fact above them, or nothing."""
    wanted, way = questions.wants(result.question), style(asking, generator)
    if way == "fact" or generator is None:
        return _with_fact(result, asked, found, generator, asking, history) if way == "fact" else result
    if way == "prose" and asking.style == "auto" and wanted in (*questions.FACTS, "thing"):
        way = "line" if not questions.explains(result.question) else way
    if way == "line":
        return _with_line(result, found, generator, asking, history)
    if way == "excerpts":
        return result
    began = time.perf_counter()
    said = prose.prose(result.question, excerpts.offered(weighed), generator, asking, history, on_text)
    seconds = {**result.trace["seconds"], "generator": round(time.perf_counter() - began, 3)}
    trace = {**result.trace, **said.told, "seconds": seconds, "style": "prose"}
    if said.text:
        cited = tuple(highlighted(asked, one, found) for one in said.cited)
        return replace(
            result, text=said.text, statements=said.statements, citations=cited, usage=said.usage, trace=trace
        )
    if said.cut:
        return replace(result, usage=said.usage, trace={**trace, "style": "excerpts", "why": said.why})
    trace |= {"style": "none", "why": said.why}
    return replace(result, text=UNKNOWN, answerable=False, citations=(), usage=said.usage, trace=trace)


def _told(asked: str, found: Sequence[Candidate], shown: Sequence[Citation]) -> bool:
    """Does one of the excerpts surely tell the number, day or default that is asked for?"""
    if defaults.asks(asked) and defaults.default(asked, shown):
        return True
    wanted = questions.wants(asked)
    told = facts.fact(asked, wanted, _cited(shown, found)) if wanted in ("number", "date") else None
    return told is not None and told.covered >= TOLD and facts.sure(told, wanted)


def _just_shown(weighed: excerpts.Weighed, hits: Sequence[Hit]) -> bool:
    """Does the best piece stand in what was shown for the question before, or beside it?"""
    best = max(range(len(weighed.pieces)), key=lambda i: weighed.scores[i], default=None)
    near = {hit.passage.id for hit in hits if "shown" in hit.via}
    return best is not None and weighed.pieces[best].passage.id in near


def _cited(shown: Sequence[Citation], found: Sequence[Candidate]) -> list[Candidate]:
    """The sentences that stand in the excerpts shown, best first."""
    return [one for one in found if any(within(one.citation, excerpt) for excerpt in shown)]


def _with_fact(
    result: Answer,
    asked: str,
    found: Sequence[Candidate],
    generator: Generator | None,
    asking: Asking,
    history: Sequence[Exchange],
) -> Answer:
    """The answer with the number, date or name that was asked for above its excerpts, if one is likely enough."""
    wanted = facts.kind(result.question)
    own = editions.current(threads.current(_cited(result.citations, found), result.citations), result.citations)
    own = [one for one in own if about.of_the_named(asked, one.citation.passage.document)]
    if defaults.asks(asked):
        places = {one.citation.passage.document.key for one in own}
        cited = [one for one in result.citations if one.passage.document.key in places]
        if value := defaults.default(asked, cited):
            return _above(result, value.quote, value, "fact")
        if defaults.only(asked):
            return result
    told = facts.fact(asked, wanted, own)
    if told is None:
        above = about.headed(asked, result.citations[0]) if wanted == "date" else None
        return _headed(result, *above) if above else result
    if facts.sure(told, wanted):
        return _above(result, told.text, told.sentence, "fact")
    if generator is None or not facts.doubtful(told, asked):
        return result
    result, said = _said(result, own, generator, asking, history)
    return _above(result, told.text, told.sentence, "fact") if facts.agree(told, said.text) else result


def _headed(result: Answer, text: str, first: Citation) -> Answer:
    """The answer with the date in the heading of its first excerpt above it."""
    return replace(result, text=text, citations=(first, *result.citations[1:]), trace={**result.trace, "style": "fact"})


def _said(
    result: Answer, own: Sequence[Candidate], generator: Generator, asking: Asking, history: Sequence[Exchange]
) -> tuple[Answer, lines.Line]:
    """What the model says in a line, and the answer that knows what that cost."""
    began = time.perf_counter()
    said = lines.line(result.question, own, generator, asking, history)
    seconds = {**result.trace["seconds"], "generator": round(time.perf_counter() - began, 3)}
    return replace(result, usage=said.usage, trace={**result.trace, **said.told, "seconds": seconds}), said


def _above(result: Answer, text: str, sentence: Citation, way: str) -> Answer:
    """The answer with a line above its excerpts; that which it stands on comes first, with the sentence marked."""
    first = sorted(result.citations, key=lambda one: not within(sentence, one))
    marked = replace(first[0], highlights=((sentence.start, sentence.end),))
    return replace(result, text=text, citations=(marked, *first[1:]), trace={**result.trace, "style": way})


def _with_line(
    result: Answer, found: Sequence[Candidate], generator: Generator, asking: Asking, history: Sequence[Exchange]
) -> Answer:
    """The answer with a line above its excerpts, if the question is after a fact and the model is sure."""
    wanted, large = questions.wants(result.question), capable(generator)
    own = _cited(result.citations, found)
    if wanted not in (questions.FACTS if not large else (*questions.FACTS, "thing", "how", "")) or not own:
        return result
    result, said = _said(result, own, generator, asking, history)
    sentence = said.sentence
    # What a large one says is checked; what a small one copies must besides be what was asked for.
    sure = lines.says_more(said.text, result.question) if large else lines.sure(said.text, result.question, wanted)
    if sentence is None or not sure:
        return result
    wrong = support.unsupported(said.text, [one.quote for one in result.citations], result.question)
    if wrong == [(0, len(said.text))] or (wrong and not large):
        return result
    statements = (Statement(0, len(said.text), (1,), tuple(wrong)),) if large else ()
    shown = said.text if large else lines.widened(said.text, sentence.quote)
    return replace(_above(result, shown, sentence, "line"), statements=statements)
