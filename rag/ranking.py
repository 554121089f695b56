"""
From a question to words to look for, and from rankings to one.

Pure functions: no SQL, no models. Scores of words (BM25) and of vectors (cosine) have different scales; they are
brought to [0, 1] within one question and added with a weight (convex combination; Bruch et al. 2023,
arXiv:2210.11934, found it better than reciprocal rank, and so do the figures in docs/decisions.md).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from rag import folding
from rag.types import Embedder, Via

Ranked = Sequence[tuple[int, float]]  # (passage id, score), best first

QUOTED = re.compile(
    '"([^"]+)"|“([^“”"]+)[”“"]|„([^„“”"]+)[“”"]|«([^«»]+)»|»([^«»]+)«|「([^「」]+)」|『([^『』]+)』|＂([^＂]+)＂'
)
NAME = re.compile(r"(?<![^\W_])[^\W_]++(?:[_.\-/:@#&=?~%+\\]++[^\W_]++)+")  # never tried from within a word
FEW = 3  # words of a question that is a name and little else
# Words that say nothing of what is looked for, in the languages where a short list does; of the one that a question
# is in. Folded like everything that is compared.
FUNCTION_WORDS = {
    "en": "a about an and are as at be been but by can could did do does for from had has have how i if in into is it"
    " its many me much my not of on or our should so some that the their them then there these they this those to"
    " was we were what when where which who whom whose why will with would you your"
    " cant couldnt didnt doesnt dont hadnt hasnt havent hows isnt shouldnt thats theres wasnt werent whats wheres whos"
    " wont",
    "de": "aber als am an auch auf aus bei bin bis das dass dem den denen der deren des dessen die dies diese diesem"
    " dieser dieses du durch ein eine einem einen einer eines er es fur hat hatte hatten haben ich ihr ihre ihren"
    " im in ist kann kein keine man mein mit nach nicht noch oder sein seine seinen seiner sich sie sind so uber"
    " um und uns unter vom von vor wann war waren warum was welche welchem welchen welcher welches wem wen wer"
    " werden wessen wie wieso wird wo woher wohin wurde wurden zu zum zur zwischen ab bist dann darf darfst dir durfen"
    " ihm ihn ihnen ist konnen kannst lang lange mehr mich mir muss musst mussen ob soll sollen sollte viel viele"
    " vielen wenn will wollen wofur womit",
    "fr": "a au aux avec ce ces cette comment dans de des du elle en est et etait il ils je l la le les leur leurs mon"
    " ne nous on ont ou par pas pour pourquoi qu quand que quel quelle quelles quels qui quoi sa se ses son sont"
    " sur un une vous y d c s n",
    "es": "a al como con cual cuales cuando cuantos de del donde el ella en era es esta este fue ha han hay la las lo"
    " los mi no o para por porque que quien se ser si sin sobre son su sus un una y yo",
    "it": "a al alla anche che chi ci come con cosa da dal dalla dei del della delle di dove e era gli ha hanno i il in"
    " io la le lo ma mi nel nella non o per perche piu quale quali quando quanti quanto si sono su sua suo un una",
    "pt": "a ao as com como da das de do dos e ela ele em era essa esse esta este eu foi ha isso mais mas me na nao nas"
    " no nos o onde os ou para pela pelo por porque quais qual quando que quem se sem ser seu sua sao um uma",
    "nl": "aan al als bij dan dat de der deze die dit door een en er had heb heeft hem het hij hoe hun ik in is je kan"
    " maar met mijn naar niet nog of om onder ook op over te tot uit van voor waar waarom wanneer was wat we welke"
    " wie wordt zijn zich zo",
    "sv": "alla att av blev bli da de dem den denna det detta dig din du efter ej eller en ett for fran han har hon hur"
    " i ingen inte jag kan med men mig min mot nar och om pa sa sig sin som till under upp vad var vart vem vi"
    " vilka vilken vid er og at af til hvad hvem hvor hvorfor hvornar hvilken hvilke ikke jeg kan med der",
    "ru": "а без бы был была были было быть в во вот все да для до его ее если есть еще же за и из или им их к как"
    " какая какие какой каких когда кого кто куда ли мне мой мы на надо не нет но о об он она они от по под почему"
    " при с со так такое там то только у уже чем что чтобы это я",
    "ar": "في من على إلى الى عن مع هو هي هذا هذه ذلك تلك التي الذي ما ماذا متى أين كيف لماذا كم هل من أي أن إن كان كانت"
    " لا لم قد ثم أو و كل",
}  # fmt: skip


# Of these only the language is told: that "jest" is Polish for "is" helps nobody who looks for it.
ONLY_TOLD = {
    "pl": "a aby albo ale bez bo byc byl byla bylo byly ci co czy dla do dlaczego gdy gdzie go i ich ile ja jak jaka"
    " jaki jakie jest jego jej juz kiedy kim kto ktora ktore ktory lub ma mi mnie moja moje na nad nie niej nim o od on"
    " ona oni po pod przed przez przy sa sie ta tak tam te tego tej ten to tu tym u w we z za ze",
    "cs": "a aby ale ani az bez by byl byla bylo byt ci co do ho i jak jaka jake jaky je jeho jeji ji jsem jsou ja k"
    " kam kde kdo kdy kolik ktera ktere ktery ma mame mezi mi mu na nad ne nebo neni o od on ona oni po pod pro proc"
    " proto pred pri s se si ta tak take tam te ten to toho tu u uz v ve vsak z za ze",
}  # fmt: skip
LANGUAGES = {
    "en": "English", "de": "German", "fr": "French", "es": "Spanish", "it": "Italian", "pt": "Portuguese",
    "nl": "Dutch", "sv": "a Scandinavian language", "pl": "Polish", "cs": "Czech", "ru": "Russian", "ar": "Arabic",
}  # fmt: skip
SURE, SHARE = 2, 0.2  # function words, at least, and their share of all words, that tell a language


@dataclass(frozen=True, slots=True)
class Asked:
    """
    A question in FTS5 expressions: `phrases` it quotes, `names` (that a passage should hold as they stand, above all if
    they are `telling`), and folded `text` for its words.
    """

    phrases: tuple[str, ...]
    names: tuple[str, ...]
    telling: tuple[str, ...]
    prefixes: tuple[str, ...]  # single characters of a script without spaces
    text: str


def asked(question: str) -> Asked:
    """What to look for in a question."""
    folded = folding.fold(question)
    quoted = ["".join(groups) for groups in QUOTED.findall(question)]
    telling = [f'"{name}"' for name in folding.wholes(question)]
    names = [folding.phrase(name) for name in NAME.findall(question) if not re.fullmatch(r"[\d.]+", name)]
    prefixes: list[str] = []

    def pieces(run: re.Match[str]) -> str:
        whole = folding.whole_pieces(run[0])
        if not whole:
            prefixes.append(folding.phrase(run[0]))
        elif len(whole) > 1:
            names.append(folding.phrase(run[0]))
        return f" {' '.join(whole)} "

    text = folded if folded.isascii() else folding.runs().sub(pieces, folded)
    return Asked(
        tuple(filter(None, map(folding.phrase, quoted))),
        tuple(dict.fromkeys(filter(None, telling + names))),
        tuple(dict.fromkeys(filter(None, telling + (names if len(question.split()) <= FEW else [])))),
        tuple(dict.fromkeys(prefixes)),
        f"{text} {folding.names(question)}",
    )


@cache
def _function_words(language: str) -> frozenset[str]:
    return frozenset(folding.fold((FUNCTION_WORDS | ONLY_TOLD)[language]).split())


def function_words(words: Iterable[str]) -> frozenset[str]:
    """The function words of the language that these folded words of a question are in; none if no language is known."""
    counted = list(words)
    counts = {name: sum(word in _function_words(name) for word in counted) for name in FUNCTION_WORDS}
    best = max(counts, key=lambda name: counts[name])  # the first of equals: English
    return _function_words(best) if counts[best] else frozenset()


def language(text: str) -> str:
    """The name of the language that a text is in, by its function words; "" where they do not tell, as in tables."""
    words = re.findall(r"[^\W\d_]+", folding.fold(text))
    counts = {name: sum(word in _function_words(name) for word in words) for name in LANGUAGES}
    best = max(counts, key=lambda name: counts[name])
    return LANGUAGES[best] if counts[best] >= max(SURE, SHARE * len(words)) else ""


def idle(word: str) -> bool:
    """Is a folded word a function word of any language?"""
    return any(word in _function_words(language) for language in FUNCTION_WORDS)


def foreign(question: str) -> bool:
    """Is a question in another language than English, by its function words, or its letters if it has none?"""
    known = function_words(re.findall(r"\w+", folding.fold(question)))
    return "the" not in known if known else not question.isascii()


def unread(question: str, embedder: Embedder | None) -> bool:
    """Is a question in a language that the embedder was not made for? Then what its words say counts more."""
    return getattr(embedder, "english", False) and foreign(question)


def match_expression(words: Iterable[str], phrases: Iterable[str] = ()) -> str:
    """An FTS5 expression: any of the words (quoted, so that nothing in them is syntax) or of the expressions."""
    return " OR ".join([*phrases, *('"' + word.replace('"', '""') + '"' for word in words)])


def scaled(ranked: Ranked) -> dict[int, float]:
    """Scores brought to [0, 1] by the smallest and the largest of this ranking."""
    if not ranked:
        return {}
    scores = [score for _, score in ranked]
    low, high = min(scores), max(scores)
    if high == low:
        return dict.fromkeys((number for number, _ in ranked), 1.0)
    return {number: (score - low) / (high - low) for number, score in ranked}


def via(rankings: Mapping[str, Ranked]) -> dict[int, dict[str, Via]]:
    """passage id -> how each ranking placed it."""
    found: dict[int, dict[str, Via]] = {}
    for name, ranked in rankings.items():
        for rank, (number, score) in enumerate(ranked, 1):
            found.setdefault(number, {})[name] = Via(rank, score)
    return found


def fuse(rankings: Mapping[str, Ranked], weights: Mapping[str, float]) -> list[tuple[int, float]]:
    """(passage id, fused score in [0, 1]), best first; ties by passage id, so that the order is always the same."""
    total: dict[int, float] = {}
    for name, ranked in rankings.items():
        for number, score in scaled(ranked).items():
            total[number] = total.get(number, 0.0) + weights[name] * score
    return ordered(total)


def with_less(ranked: Ranked, less: Ranked, weight: float) -> Ranked:
    """A ranking of words and one that says less, of the same scale, added with a weight."""
    if not ranked or not less:
        return ranked or less
    total = {number: weight * score for number, score in less}
    for number, score in ranked:
        total[number] = total.get(number, 0.0) + score
    return ordered(total)


def raised(ranked: Ranked, holders: Sequence[tuple[float, Iterable[int]]]) -> list[tuple[int, float]]:
    """
    A fused ranking in which a passage gains for everything that it holds: (weight, the passages that hold it).

    Scores stay in [0, 1]. What weighs more than 1 comes before all that lacks it.
    """
    total = dict(ranked)
    for weight, held in holders:
        for number in held:
            total[number] = total.get(number, 0.0) + weight
    whole = 1 + sum(weight for weight, _ in holders)
    return ordered({number: score / whole for number, score in total.items()})


def ordered(total: Mapping[int, float]) -> list[tuple[int, float]]:
    """Best first; ties by passage id."""
    return sorted(total.items(), key=lambda entry: (-entry[1], entry[0]))
