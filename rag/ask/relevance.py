"""
Is a question answered at all by what was found? One number, and documents that come near where it is too low.

    relevance = nearness of the nearest excerpt + how far the best sentence stands out of others
                + bonuses: one excerpt has most of the question's words; words and meaning find the same first; how-tos

How it was chosen, and what else was tried, stands in docs/decisions.md. Pure functions, no model.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.ask import questions
from rag.ask.candidates import Candidate
from rag.types import Hit

STANDS_OUT = 0.6  # the weight of it
SENTENCE = 0.7  # of a sentence's cosine, where the text around it is about much else
USUAL, AS_MANY = 0.45, 16  # what sentences that do not answer score, and how many of these are added: for short texts
HOW = 0.125  # what people ask for in other words than those of the answer: how-tos, words without a question
COVERED, MOST = 0.2, 0.5  # where an excerpt has all words of a question, and the share from which that counts
AGREED = 0.1  # where the same passage is the first by words and by meaning: hardly ever by chance
RECORD = 0.25  # where a row or a dated line, which is no sentence, has all words of a question
ENOUGH, DOUBT = 0.05, 0.69  # words alone must bring so much more than the threshold; meaning alone brings no more
NEAR = 0.2  # below the threshold: of questions about something else one of five comes so near


def relevance(
    question: str,
    found: Sequence[Candidate],
    nearest: float,
    covered: float,
    hits: Sequence[Hit] = (),
    record: float = 0.0,
    unread: bool = False,
) -> float:
    """
    How likely the question is answered; compared with the embedder's `threshold`.

    `found` are the best sentences, `nearest` the cosine of the excerpt that is nearest to the question, `covered` the
    largest share of the question's words that an excerpt has, `hits` what was found, best first, `record` the share of
    these words that a row or dated line of the best one has. If the question is `unread`, in a language that the
    embedder was not made for, `covered` is the `evidence` of its words, which decides.
    """
    if not found:
        return 0.0
    values = [one.relevance for one in found]
    usual = (sum(values) + AS_MANY * USUAL) / (len(values) + AS_MANY)
    nearest = max(nearest, SENTENCE * max(one.meaning for one in found))
    bonus = HOW * questions.practical(question) + COVERED * max(0.0, (min(covered, 1.0) - MOST) / (1 - MOST))
    bonus += AGREED * agreed(hits) + RECORD * record
    reached = max(0.0, nearest + STANDS_OUT * (max(values) - usual) + bonus)
    return max(covered - ENOUGH, min(reached, DOUBT)) if unread else reached


def agreed(hits: Sequence[Hit]) -> bool:
    """Is one passage the first by words and by vectors?"""
    return any(all(way in hit.via and hit.via[way].rank == 1 for way in ("words", "vectors")) for hit in hits)


def near(reached: float, threshold: float) -> bool:
    """Is a question that is not answered about what the documents are about, so that the nearest is worth a look?"""
    return threshold - NEAR <= reached < threshold
