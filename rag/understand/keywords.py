"""
The words that tell one group of texts from the others: class-based tf-idf over words and pairs of words.

    weight(word, group) = tf(word, group) * log(tf(word, group) / tf(word, all))

with tf the share of texts that have the word (after Grootendorst 2022, BERTopic, whose second factor is
log(1 + A / f(word)): it lets words stay that stand everywhere). Words of no meaning, addresses and code are left out.
Nothing here knows how the groups were made.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rag import folding, frontmatter
from rag.languages import FUNCTION_WORDS, function_words

WORDS = 8  # of a group
READ = 4000  # characters of a text
PAIR = 1.3  # what a pair of words weighs more than its frequency says
RARE = 2  # texts of a group that a word must stand in, where the group has more
NOISE = re.compile(
    r"```.*?(?:```|\Z)|~~~.*?(?:~~~|\Z)|`[^`\n]*`|<[^<>\n]*>|\]\([^()\n]*\)|(?:https?://|www\.)\S+|\S*[/\\@]\S*"
    r"|[\w-]+\.(?:com|org|net|io|html?|md|py|js|json)\b",
    re.DOTALL,
)
TOKEN = re.compile(r"[^\W\d_][\w’'-]*[^\W_]|[^\W\d_]|[.!?;:,()\"“”\n|]")
SAYING_NOTHING = """
also just like use used using uses one two new get got make made may might must need want way well even still much more
most other others another such than only very really now first last here some any each every all both either because
while since though although however within without between through during before after above below again further once
same own too per via etc please thanks yes thing things something anything lot lots see said say says know think let us
would could should shall don't doesn't didn't isn't it's i'm i've you're that's there's can't won't they're we're here's
don’t doesn’t didn’t isn’t it’s i’m i’ve you’re that’s there’s can’t won’t they’re we’re here’s ll ve re s t d m out
example following note based including able actually already always available back bit call called come different easy
find found go good great help idea instead keep kind little long look many people point put quite right run running seem
set show simple small sure take time try turns useful various work works work's year years up down off over under
"""
EMPTY = frozenset(SAYING_NOTHING.split())


def keywords(texts: Iterable[tuple[int, str]], most: int = WORDS) -> dict[int, list[str]]:
    """group -> the words (or pairs) that tell it from the others, the most telling first, in their usual spelling."""
    within: dict[int, Counter[str]] = {}
    sizes: Counter[int] = Counter()
    spelt: dict[str, Counter[str]] = {}
    listed = [(group, _tokens(text[frontmatter.end(text) :])) for group, text in texts]
    idle = _idle(token for _, tokens in listed[:400] for token, _ in tokens)
    for group, tokens in listed:
        within.setdefault(group, Counter()).update(set(_terms(tokens, idle, spelt)))
        sizes[group] += 1
    total: Counter[str] = Counter()
    for one in within.values():
        total.update(one)
    share = {term: count / sizes.total() for term, count in total.items()}
    return {group: _best(one, sizes[group], share, spelt, most) for group, one in sorted(within.items())}


def _best(
    within: Mapping[str, int], size: int, share: Mapping[str, float], spelt: Mapping[str, Counter[str]], most: int
) -> list[str]:
    least = min(RARE, size)
    alone = len(share) == len(within)  # one group: nothing to tell it from
    weights = {
        term: count / size * (1 if alone else math.log(count / size / share[term])) * (PAIR if " " in term else 1)
        for term, count in within.items()
        if count >= least
    }
    chosen: list[str] = []
    taken: set[str] = set()
    for term in sorted(weights, key=lambda term: (-weights[term], term)):
        stems = {_stem(word) for word in term.split()}
        if stems & taken or weights[term] <= 0:
            continue
        taken |= stems
        chosen.append(_spelling(term, spelt))
        if len(chosen) == most:
            break
    return chosen


def _spelling(term: str, spelt: Mapping[str, Counter[str]]) -> str:
    """As it is written most often."""
    return " ".join(spelt[word].most_common(1)[0][0] if word in spelt else word for word in term.split())


def _stem(word: str) -> str:
    return re.sub(r"(?:ies|es|s|ing|ed|n)$", "", word) if len(word) > 4 else word


def _tokens(text: str) -> list[tuple[str, str]]:
    """(folded, as written) of every word; a mark that ends a run of words is ("", "")."""
    found = []
    for match in TOKEN.finditer(NOISE.sub("\n", text[:READ])):
        said = match[0]
        if not said[0].isalpha():
            found.append(("", ""))
            continue
        folded = folding.fold(said)
        if folding.unspaced(folded):  # of a script without spaces: its pieces
            found += [(piece, piece) for piece in folding.searched(said).split() if len(piece) > 1]
        else:
            found.append((folded, said))
    return found


def _idle(words: Iterable[str]) -> frozenset[str]:
    english = frozenset(folding.fold(FUNCTION_WORDS["en"]).split())
    return EMPTY | english | function_words(" ".join(words))


def _terms(tokens: Sequence[tuple[str, str]], idle: frozenset[str], spelt: dict[str, Counter[str]]) -> list[str]:
    terms: list[str] = []
    before = ""
    for folded, said in tokens:
        if not folded or folded in idle or (len(folded) < 2 and folded.isascii()) or len(folded) > 40:
            before = ""
            continue
        spelt.setdefault(folded, Counter())[said] += 1
        terms.append(folded)
        if before and before != folded:
            terms.append(f"{before} {folded}")
        before = folded
    return terms
