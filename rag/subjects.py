"""
What a question asks about that wants to be told what something is ("what is dunst", "who is Marta?", "dunst"), whether
a title names that, and whether a text says what it is.

Tables of the seven languages that questions are read in, and of Chinese, Japanese and Korean. Pure functions on text.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from rag import folding, releases

MOST, BARE = 5, 4  # words of a subject; of a question that is nothing but one
ASKS = re.compile(  # what stands before the subject; folded, as all that follows
    r"""[\s¿¡]*(?:
    (?:(?:so|and|please|can\ you|could\ you|und|et|y|e|en)[\s,]+)*(?:
    (?:what|who)(?:\ is\ (?:the\ )?(?:meaning|definition|purpose)\ of|\ is\ meant\ by|\ (?:does|do)
        |(?:['’]s|\ is|\ are|\ was|\ were)(?:\ (?:exactly|actually|basically))?)
    | (?:tell\ me\ )?(?:more\ |something\ )?about | define | describe | explain(?:\ what)?
    | (?:the\ )?(?:meaning|definition)\ of
    | was\ (?:ist|sind|war|waren|macht|tut|bedeutet|heisst)(?:\ eigentlich)? | wer\ (?:ist|sind|war|waren)
    | was\ versteht\ man\ unter | wofur\ steht | erzahle?\ mir\ (?:was\ |etwas\ |mehr\ )?(?:von|uber)
    | qu['’]est[-\ ]ce\ qu(?:e\ c['’]est\ qu(?:e|['’])|e|['’]) | c['’]est\ quoi | qui\ (?:est|sont|etait|etaient)
    | que\ (?:fait|font|signifie|veut\ dire) | parlez?[-\ ]moi\ (?:de|d['’])
    | que\ (?:es|son|era|eran|hace|significa) | quien(?:es)?\ (?:es|son|era|fue) | hablame\ (?:de|sobre)
    | (?:che\ )?cos['’](?:e|era) | (?:che\ )?cosa\ (?:e|sono|era|fa|fanno|significa) | chi\ (?:e|sono|era) | parlami\ di
    | o\ que\ (?:e|sao|era|faz|significa) | quem\ (?:e|sao|era|foi)
    | wat\ (?:is|zijn|was|doet|doen|betekent)(?:\ eigenlijk)? | wie\ (?:is|zijn|was) | vertel\ (?:me\ )?over
    )(?=\s|$|(?<=['’])) | (?:什么是|什么叫|谁是|何謂|什麼是|誰是))\s*""",
    re.VERBOSE,
)
ENDS = re.compile(  # what stands behind it
    r"""(?:\ (?:do|does|mean|stand\ for|(?:used\ |good\ )?for|(?:all\ )?about|exactly|actually)
    | [,\ ]+c['’]est\ quoi | \ fur | \ eigentlich
    | (?:是(?:什么|什麼|谁|誰)|とは(?:何(?:ですか|か)?|誰(?:ですか)?)?
        |(?:은|는|이란|란)\ ?(?:무엇\w*|뭐\w*|누구\w*)?))$""",
    re.VERBOSE,
)
ARTICLE = re.compile(
    r"\A(?:an?|the|our|der|die|das|den|dem|eine?|unsere?|les?|la|l['’]|une?|du|des|el|los|las|una|il|lo|gli|uno|os?|as"
    r"|uma?|de|het|een)(?:(?<=['’])|\s)\s*",
)
NUMBERED = re.compile(  # "Chapter 6. ", "A.4. ", "14.4 "
    r"(?:(?:chapter|appendix|part|section|kapitel|anhang|teil|abschnitt|chapitre|annexe|partie|capitulo|apendice"
    r"|capitolo|appendice|hoofdstuk|bijlage|adr|rfc)[\s-]+)?(?:[a-z]?\d{1,4}|[a-z](?=\.))(?:[.-]\d{1,4})*[.):]?\s+"
)
OPENS = re.compile(  # a title that says that it tells of something
    r"(?:(?:an? )?(?:short |brief |quick )?(?:introduction|intro|overview|welcome)(?: to| of)?|about|einfuhrung in"
    r"|uberblick uber|uber|introduction a|a propos (?:de|du)|introduccion a|introduzione a|acerca de|over)[\s:]+"
)
ASIDE = re.compile(r"\s*[(（][^()（）]*[)）]$|\s+(?:[-–—|]+|·)\s.*$|\s*:\s.*$")
TARGET = r"""\((?:[^()\s]|\([^()\s]*\))*(?:\s+"[^"\n]*")?\)?"""
PICTURE = re.compile(rf"!\[[^\[\]\n]*\]{TARGET}")
LINK = re.compile(rf"\[([^\[\]\n]*)\]{TARGET}|<[^<>\n]*>|[*`]+|(?<!\w)_+|_+(?!\w)")
BOTH = re.compile(r"\s+(?:and|or|und|oder|et|ou|y|e|o|en|&|/)\s+|[,:：/]\s+")  # "Aptosid and Siduction" is either
FIRST = 400  # characters of a paragraph in which it says what something is
BETWEEN = r"(?:\s*\([^()\n]{1,120}\)|,[^.;\n]{1,100}?,|\s(?:or|aka|oder|ou|of)\s[\w-]+)*"
IS = (
    r"is|are|was|were|means|stands for|refers to|ist|sind|war|waren|bedeutet|bezeichnet|steht fur|est|sont|etait"
    r"|designe|signifie|es|son|era|fue|significa|e|sono|sao|foi|zijn|betekent"
)
A = (
    r"(?:an?|the|one|any|just|basically|essentially|part|eine?[rs]?|der|die|das|les?|la|une?|l['’]|el|los|las|una"
    r"|il|lo|uno|os?|as|uma?|een|de|het)\b"
)
INTRODUCES = r"introduc(?:es?|ing|ed)|presenting|welcome to|wir stellen vor|voici|presentamos|presentiamo"
KIND = (  # what a thing is, behind its name: "the Canvas core plugin", but not "the Properties view"
    r"(?:core|built-?in|official|native|plug-?in|extension|feature|function|command|option|setting|mode|tool|app|module"
    r"|library|program|service|system|format|language|api|cli|utility|framework|component)"
)
CALLED = r"(?:called|named|namens|genannt|appelée?|nommée?|llamad[oa]|chiamat[oa]|genaamd)"
CHANGED = rf"(?:{'|'.join(releases.CHANGES.values())})(?!\w)"  # "Canvas: Improved …" tells what changed, not what it is
EAST = r"(?:是|とは|は|이란|란|은|는)"


def subject(question: str) -> str:
    """What "what is …" and its like ask about, or all of a question of a few words; folded, without an article."""
    folded = folding.fold(question).strip().rstrip(" ?？.!。¿¡\"'")
    began = ASKS.match(folded)
    rest = (folded[began.end() :] if began else folded).strip(" \"'“”„«»`?,")
    bare = ENDS.sub("", rest)
    most = MOST if began or bare != rest else BARE
    bare = ARTICLE.sub("", bare.strip(" \"'“”„«»`,"), count=1) if began else bare
    return bare if 0 < len(bare.split()) <= most else ""


def asked(question: str) -> bool:
    """Does it ask in so many words what something is?"""
    folded = folding.fold(question).strip().rstrip(" ?？.!。")
    return bool(subject(question)) and bool(ASKS.match(folded) or ENDS.search(folded))


def names(title: str, key: str = "") -> frozenset[str]:
    """What is called by a title and the name of a file: "14.4 Introduction to AppArmor" is AppArmor too."""
    stem = re.sub(r"\.\w{1,5}(?:\.gz)?$", "", key.partition("#")[0].rpartition("/")[2])
    found = set[str]()
    for one in (folding.fold(title), folding.fold(stem)):
        bare = NUMBERED.sub("", one, count=1)
        for form in (one, bare, OPENS.sub("", bare, count=1)):
            found |= {plain_name(form), plain_name(ASIDE.sub("", form, count=1))}
        found |= {plain_name(part) for part in BOTH.split(bare)}
    return frozenset(found - {""})


def plain_name(folded: str) -> str:
    """The words of a folded name: "npm-rebuild" is "npm rebuild"; "C++" is not "C"."""
    return " ".join(re.findall(r"[^\W_]+[+#]*", folded))


def plain(text: str) -> str:
    """A text without pictures, links, tags and emphasis, as it is read."""
    return LINK.sub(lambda found: found[1] or "", PICTURE.sub("", text))


def defining(asked_about: str) -> re.Pattern[str] | None:
    """
    What a sentence looks like that says what something is, in plain folded text (`plain`): "X is …", "X (Y), once Z,
    is …", "X - …" at the beginning of a line. Group "sure" where it says "a …" or "the …"; None for no subject.
    """
    words = re.findall(r"[^\W_]+", asked_about)
    if not words or len(words) > MOST:
        return None
    name = r"(?<!\w)" + r"[\W_]{0,3}".join(map(re.escape, words)) + r"(?![\w-])"
    if folding.unspaced(asked_about):
        return re.compile(rf"{re.escape(asked_about)}(?P<sure>{EAST})")
    marked = rf"[\W_]{{0,3}}{name}[\W_]{{0,3}}"
    return re.compile(
        rf"{name}{BETWEEN},?\s+(?:{IS})\s+(?P<sure>{A})?"
        rf"|{name}\s+[-–—]+\s+(?P<aside>(?:an?|the)\b)"
        rf"|^\W*(?:an?|the)?\s*(?:[\w.-]+, ){{0,3}}{name}(?:, [\w.-]+){{0,6}}(?:\s+[-–—]+|:)"
        rf"\s+(?!{CHANGED})(?P<line>\w)"
        rf"|\b(?P<new>{INTRODUCES})\s+(?:(?:an?|the|our|new)\s+){{0,2}}{marked}(?:\s{KIND}){{0,3}}[,.]"
        rf"|\b(?P<fresh>(?:an?|the|our)\s+new)\s+{marked}(?:\s{KIND}){{0,3}}\s(?:that|which|to|lets?)\b"
        rf"|(?P<called>{CALLED})\s+{marked}\s(?:that|which|to|der|die|das|qui|que|che|die|dat)\b"
        rf"|{marked},\s+(?P<its>(?:an?|une?|eine?|un[oa]?|een)\s+(?:new|neue?[rs]?|nouve\w+|nuev[oa]|nuov[oa]|nieuwe?)\b)",
        re.MULTILINE,
    )


def says(text: str, pattern: re.Pattern[str] | None, first: int = FIRST) -> float:
    """How surely the first characters of a text say what something is: 1, 0.5 where "X is …" goes on otherwise, 0."""
    if pattern is None:
        return 0.0
    found = [one.groupdict() for one in pattern.finditer(folding.fold(plain(text))[:first])]
    return max((1.0 if any(one.values()) else 0.5 for one in found), default=0.0)


def introduces(text: str, pattern: re.Pattern[str] | None) -> bool:
    """Do the first characters of a text say that there is something now, and so what it is: "Introducing X, a …"?"""
    found = pattern.finditer(folding.fold(plain(text))[:FIRST]) if pattern else iter(())
    return any(one.groupdict().get(way) for one in found for way in ("new", "fresh", "called", "its"))


def named(asked_about: str, called: Collection[str]) -> bool:
    """Is what a question asks about one of these names?"""
    own = _single(plain_name(asked_about))
    return bool(own) and any(own == _single(one) for one in called)


def _single(name: str) -> str:
    """A name as one of several is called: "workspaces" is "workspace"."""
    return name[:-1] if len(name) > 3 and name.endswith("s") and not name.endswith("ss") else name


__all__ = ["asked", "defining", "introduces", "named", "names", "plain", "plain_name", "says", "subject"]
