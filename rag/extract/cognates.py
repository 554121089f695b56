"""
Words of one origin in several languages, told by their form: "Densität", "densité", "densidad" and "density".

What differs is told by regular endings and by letters that stand for one another. False friends are none.
Nothing here knows what a word means.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache, lru_cache
from pathlib import Path

FALSE_FRIENDS = Path(__file__).parent / "false_friends.txt"
LEAST = 5  # letters of what is left of a word
ENDINGS = tuple(
    (re.compile(rf"(?<=\w{{3}})(?:{ways})\Z"), end)
    for ways, end in (
        ("[td]aeten|[td]ats?|[td]aet|itaten|teiten|teit|tets?|[td]ades?|dad|(?<=i)(?:ta|te|tes|ty|ties)", "t"),
        ("[tc]ion(?:s|es|en)?|zion[ei]|cao|coes|(?<!r)tie|tjon|sjon|cj[ae]", "cion"),
        ("sion(?:s|es|en)?|sion[ei]|sao|soes|sj[ae]", "sion"),
        ("en[ct]ia|en[zc]a|en[cz]e|enz(?:en)?|ens|encj[ae]|enc(?:y|es|ias)", "enc"),
        ("an[ct]ia|an[zc]a|an[cz]e|anz(?:en)?|anc(?:y|es|ias)", "anc"),
        ("ism(?:us|en|e|o|es|os)?", "ism"),
        ("isch(?:e[rsn]?)?|iques?|ic[oai]s?|isk[ae]?|ical(?:es?)?|ics?", "ic"),
        ("ateurs?|at[oö]e?r[ae]?s?|adora?s?", "ator"),
        ("or[iy]es?|or[iy]|ori[oa]s?|oires?|orium|orien", "ori"),
        ("iums?|io", "ium"),
        ("eurs?|oer|ore[sn]?|ors?", "or"),
        ("eu(?:x|se)|os[oae]s?|ous|oes[e]?|os", "os"),
        ("iv[oae]s?|ifs?|iv", "iv"),
        ("aires?|ari[oa]s?|ary|aries|aer|ar", "ar"),
        ("a(?:le|les|li|l|is|lt)|elles?|els?", "al"),
        ("ur[ea]s?|uren|ur", "ur"),
        ("ages?|ajes?|aggi[oi]|agen?|ag", "ag"),
        ("m(?:i?ent[oei]s?|ents?|enten)", "ment"),
        ("ie[ns]?|ia[s]?|y|ies|i", "i"),
        ("[aeo]?s|en|[aeo]", ""),
    )
)
LETTERS = (("ph", "f"), ("th", "t"), ("rh", "r"), ("sch", "sc"), ("ch", "c"), ("qu", "c"), ("kw", "c"), ("k", "c"),
           ("z", "c"), ("ct", "t"), ("pt", "t"), ("y", "i"), ("j", "i"), ("w", "v"), ("cue", "ce"),
           ("cua", "ca"))  # fmt: skip
ACCENTED = str.maketrans({"ä": "a", "ö": "o", "ü": "u", "ø": "o", "å": "a", "æ": "e", "ł": "l", "ß": "ss", "ñ": "n"})
TWICE = re.compile(r"(.)\1")
BEGUN = re.compile(r"\Ae(?=s[ptck])")  # "especie", "escuela"


@lru_cache(maxsize=20_000)
def skeleton(word: str) -> str:
    """What cognates of a word have in common; "" of a false friend, and of what is too short to tell."""
    if word in _false_friends() or not word.isalpha():
        return ""
    bare = unicodedata.normalize("NFD", word.translate(ACCENTED))
    bare = "".join(char for char in bare if not unicodedata.combining(char))
    if not bare.isascii():
        return ""
    for way, end in ENDINGS:
        if way.search(bare):
            bare = way.sub(end, bare)
            break
    for letters, other in LETTERS:
        bare = bare.replace(letters, other)
    bare = BEGUN.sub("", TWICE.sub(r"\1", bare))
    return bare if len(bare) >= LEAST else ""


@cache
def _false_friends() -> frozenset[str]:
    lines = FALSE_FRIENDS.read_text(encoding="utf-8").splitlines()[1:]
    return frozenset(word for line in lines for word in line.split())


__all__ = ["skeleton"]
