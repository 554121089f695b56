"""
What a question asks for, told by its words: how something is done, or a fact (a number, a date, a name, yes or no).

Interrogatives of seven languages, a table to add to. What it does not know asks for nothing in particular: then the
answer is an excerpt, which is never wrong. No model, nothing of ours but plain text.
"""

from __future__ import annotations

import re

from rag import folding, languages

NUMBER = r"""
how (?:many|much|often|long|far|big|old|fast|slow|large|small|high|tall|deep|heavy|wide|thick|thin)
how (?:late|soon|hot|warm|cold|expensive)
to within what
what (?:do|does|did|would|will) (?:[\w'’]+ ){1,6}(?:cost|pay)
(?:what|which) (?:\w+ )?(?:speed|size|distance|percentage|percent|number|price|cost|amount)
(?:what|which) (?:\w+ )?(?:rate|length|limit|age|score|port)
wie ?viele? | wie (?:oft|lange|weit|groß|alt|schnell|hoch|teuer|schwer|tief|breit|warm|heiß|kalt)
was (?:kosten|kostete?n?|kostet) | combien | à quelle (?:vitesse|distance|hauteur) | cuánt[oa]s?
quant[oie] | quant[oa]s | hoeveel | hoe (?:vaak|lang|ver|groot|oud|snel|hoog|zwaar|diep|breed) | wat kost(?:en|te)?
(?:welche[rsnm]?|(?:was ist|wie lautet) (?:der|die|das)) (?:[\w-]+ )?(?:port(?:nummer)?|limit|grenze|preis|gebühr|größe)
(?:welche[rsnm]?|(?:was ist|wie lautet) (?:der|die|das)) (?:[\w-]+ )?(?:länge|höhe|breite|tiefe|dauer|anzahl|alter)
(?:welche[rsnm]?|(?:was ist|wie lautet) (?:der|die|das)) (?:[\w-]+ )?(?:geschwindigkeit|temperatur|gewicht|betrag|frist)
FR(?:port|limite|prix|taille|longueur|hauteur|largeur|profondeur|durée|nombre|âge|vitesse|température|poids)
FR(?:pourcentage|montant|distance|délai|coût|tarif)
ES(?:puerto|límite|precio|tamaño|longitud|altura|anchura|profundidad|duración|número|edad|velocidad|temperatura|peso)
ES(?:porcentaje|importe|distancia|plazo|coste|costo|tarifa|cantidad)
IT(?:porta|limite|prezzo|dimensione|lunghezza|altezza|larghezza|profondità|durata|numero|età|velocità|temperatura|peso)
IT(?:percentuale|importo|distanza|termine|costo|tariffa|quantità)
PT(?:porta|limite|preço|tamanho|comprimento|altura|largura|profundidade|duração|número|idade|velocidade|temperatura)
PT(?:peso|percentagem|porcentagem|valor|distância|prazo|custo|tarifa|quantidade)
NL(?:poort|limiet|prijs|grootte|lengte|hoogte|breedte|diepte|duur|aantal|leeftijd|snelheid|temperatuur|gewicht|bedrag)
NL(?:percentage|afstand|termijn|kosten|tarief)
"""
for short, asks in (  # "quel est le …", with a word between
    ("FR", "quel(?:le)?s? (?:est |sont )?(?:les? |la |l['’])?"),
    ("ES", "(?:cuál(?:es)?|qué) (?:es |era )?(?:el |la )?"),
    ("IT", "qual(?:e|i)? ?(?:è |e['’] )?(?:il |la |lo |l['’])?"), ("PT", "qual (?:é |era )?(?:o |a )?"),
    ("NL", "(?:welke?|wat is (?:de|het)) "),
):  # fmt: skip
    NUMBER = NUMBER.replace(short, asks + r"(?:[\w-]+ )?")
DATE = r"""
when | (?:what|which) (?:\w+ )?(?:year|date|day|month|time|century|decade) | wann
(?:in welchem|welches) (?:jahr|datum)
quand | en quelle année | cu[aá]ndo | en qué año | quando | in (?:che|quale) anno | em que ano | wanneer
in welk jaar
"""
NAME = r"""
who | whom | whose | which | where
what (?:is|was|are|were) the (?:\w+ )?(?:name|capital|title|colou?r)
in (?:what|which) (?!year|century|month|decade)\w+
what (?:country|city|company|person|language|band|team|version|colou?r|name|type|kind|brand|model)
wer | wen | wem | wessen | wo | welche[rsnm]? | qui | où | quel(?:le)?s? | qui[eé]n(?:es)? | d[oó]nde
cu[aá]l(?:es)?
chi | dove | quale | quem | onde | qual | wie is | waar | welke?
"""
YES_NO = r"""
(?:is|are|was|were|do|does|did|can|could|has|have|had|will|would|should|may|must)(?:n't)?(?! you| there a way)
ist | sind | war | waren | hat | haben | kann | können | darf | est-ce | a-t-il | peut-on
"""
HOW = r"""
how (?:do|can|could|should|would|did|to|might|does one|is it possible) | how's
what (?:do|should|can|must) (?:i|you|we)
what did (?:i|you|we) (?:do|use|run|type|need|have|change|put|set|write|add|try|install)
what (?:works|was missing|is missing|helps) | what command | which command | best way | way to | steps to
what does .* look like
what (?:was|is) the (?:address|command|condition|code|query|syntax|setting|option|recipe|trick)
what (?:to|do i) (?:put|write|type|run|use)
wie (?:kann|mache?|macht|geht|stelle?|richte?|lässt|soll|muss|installier\w*|konfigurier\w*|ändere?|lösche?)
wie (?:bekomme|erstelle?|schalte)
comment | cómo(?! (?:máximo|mínimo|mucho|poco)) | come (?:si|posso|faccio|fare) | hoe (?:kan|moet|doe|stel|maak)
"""
THING = r"""
what | what's | was | que | qué | quoi | che | cosa | wat | o que
"""
WAYS = (
    ("how", HOW), ("number", NUMBER), ("date", DATE), ("name", NAME), ("yes or no", YES_NO), ("thing", THING),
)  # fmt: skip
EXPLAINS = re.compile(
    r"\b(?:differences?|differs?|pros and cons|advantages?|steps|reasons?|explain|summar\w+|compared?|versus|vs"
    r"|happens?|unterschiede?|différences?|diferencias?|differenz[ae])\b"
    r"|^\s*(?:why|warum|wieso|pourquoi|por qué|perché)\b",
    re.IGNORECASE,
)
# "clause 7.3", "§ 4", "section 12a": what a numbered part of a text is called, and its number.
PART = re.compile(
    r"(?:\b(?:section|clause|article|paragraph|rule|item|point|chapter|schedule|annex|appendix|regulation|abschnitt|artikel"
    r"|klausel|punkt|ziffer|kapitel|absatz|alinéa|chapitre|cláusula|artículo|capítulo|articolo|clausola|capitolo|art\.?|no\.?"
    r"|nr\.?)|§{1,2})\s?(\d{1,4}(?:[./]\d{1,4})*[a-z]?)(?!\w|[./]\d)",
    re.IGNORECASE,
)
CITES = re.compile(
    r"\b(?:referenc\w*|cit(?:e[sd]?|ations?|ing)|bibliograph\w*|contents|literatur\w*|quellen?|sources?|papers?|books?)\b",
    re.IGNORECASE,
)
COMPARES = re.compile(
    r"\b(?:compar(?:e[sd]?|ing|ison)|versus|vs|between the (?:two|three)|(?:get|got|become|became|are|were|is|was)"
    r" (?:\w+ )?(?:better|worse|higher|lower|cheaper)|\w+er than|(?:more|less|fewer) than"
    r"|changed? (?:from|since|between)|verglichen|vergleich"
    r"|zwischen den beiden|comparad[oa]s?|entre l[oe]s (?:dos|deux)|rispetto a)\b",
    re.IGNORECASE,
)
DIGITS = re.compile(
    r"\d|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|twelve|dozen|twenty|thirty|hundred|thousand|million|billion"
    r"|once|twice|half|daily|weekly|hourly|yearly|ein|eine|zwei|drei|vier|fünf|sechs|deux|trois|dos|tres)\b",
    re.IGNORECASE,
)
TIMES = re.compile(
    r"\b(?:january|february|march|april|may|june|july|august|september|october|november|december|monday|tuesday"
    r"|wednesday|thursday|friday|saturday|sunday|century|centuries|decade|today|yesterday|morning|evening|spring|summer"
    r"|autumn|winter|januar|februar|märz|mai|juni|juli|oktober|dezember|jahrhundert|siècle|siglo)\b",
    re.IGNORECASE,
)
ASK = (
    r"(?:how (?:many|much|long|far|old|big|often|fast|do|does|did|is|are|was|were|can|to)|who|whom|whose|when|where"
    r"|which|what|why|wer|wen|wem|wann|wo|warum|wieso|welche\w*|wie (?:viele?|lange|hoch|alt|teuer|oft)"
    r"|qui|quand|où|combien|pourquoi|cu[aá]ndo|d[oó]nde|cu[aá]nt[oa]s?|qui[eé]n|quando|dove|quanto|chi|perch[eé])"
)
AND = r"(?:and|or|und|oder|et|ou|y|e)"
SEVERAL = re.compile(
    rf"\b{ASK}\b.*\b{AND},? (?:(?:at|by|for|from|in|on|to|with) )?{ASK}\b"
    r"|\b(?:who|what|when|where|wer|was|wann|wo)\b.*\b(?:and|und) (?:his|her|its|their|sein\w*|ihr\w*) \w+",
    re.IGNORECASE,
)
VERSION = re.compile(
    folding.loosely(
        r"\b(?:which|what(?: is| was)?(?: the)?|welche[rsnm]?|was ist die|quelle(?: est la)?|(?:cuál(?: es)?|qué)"
        r"(?: la)?|qual(?:e|[ei] ?è)?(?: è| é)?(?: la| a)?|welke|wat is de)"
        r" (?:(?!in |of |for |since |from |with )[\w.+-]+ ){0,2}(?:versions?|versión|versione|versão|versie)\b"
        r"|\b(?:minimum|minimal|min|lowest|oldest)\.? (?:[\w.+-]+ ){0,2}version\b"
        r"|\bversi(?:on|ón|one) (?:minim\w+|mínima)\b|\bversão mínima\b|\b(?:mindest|minimal)version\b"
        r"|\bminimale versie\b"
    ),
    re.IGNORECASE,
)
FACTS = ("number", "date", "name", "yes or no")


def _compiled(words: str) -> re.Pattern[str]:
    """A table of words as a pattern; the space around bars is none."""
    ways = [" ".join(way.split()) for line in words.splitlines() for way in _ways(line)]
    joined = folding.loosely("|".join(way for way in ways if way))
    return re.compile(rf"\b(?:{joined})(?!\w)", re.IGNORECASE)


def _ways(line: str) -> list[str]:
    """The alternatives of a line, cut at the bars that stand outside brackets."""
    found, depth, at = [], 0, 0
    for place, mark in enumerate(line):
        depth += (mark == "(") - (mark == ")")
        if mark == "|" and not depth:
            found.append(line[at:place])
            at = place + 1
    return [*found, line[at:]]


PATTERNS = tuple((name, _compiled(words)) for name, words in WAYS)


def wants(question: str) -> str:
    """ "how", one of FACTS, "thing", or "" if its words do not say."""
    clauses = [clause for clause in re.split(r"(?<=[.!?])\s+|\n", question.strip()) if clause] or [""]
    clause = next((one for one in reversed(clauses) if one.rstrip().endswith(("?", "？"))), clauses[-1])
    known: list[tuple[int, str]] = []
    for name, pattern in PATTERNS:
        found = pattern.search(clause)
        begins = name in ("yes or no", "thing")  # "is" and "what" ask only at the beginning
        if found and name == "yes or no" and found[0].casefold() == "was" and "German" in languages.languages(clause):
            continue  # it is German for "what"
        if found and (not begins or not clause[: found.start()].strip()):
            known.append((found.start(), name))
    if any(name == "how" for _, name in known):
        return "how"
    return min(known, key=lambda one: one[0])[1] if known else ""  # of two at one place the first of the table


def version(question: str) -> bool:
    """Does it ask which version something is, or needs?"""
    return bool(VERSION.search(question))


def several(question: str) -> bool:
    """Does it ask for two things, of which one fact would be half an answer: "when and where", "and how much the …"?"""
    return bool(SEVERAL.search(question)) or question.rstrip("? ").count("?") > 0


def practical(question: str) -> bool:
    """Does it ask how something is done, or is it some words, as to a search engine?"""
    wanted = wants(question)
    return wanted == "how" or (not wanted and not question.rstrip().endswith(("?", "？")))


def explains(question: str) -> bool:
    """Does it want something explained, for which a line is too short?"""
    return bool(EXPLAINS.search(question))


def parts(question: str) -> list[str]:
    """The numbers of the parts of a text that it names, in small letters: "7.3", "12a"."""
    return [one.casefold() for one in PART.findall(question)]


def cites(question: str) -> bool:
    """Does it ask for what a text refers to, or is made of?"""
    return bool(CITES.search(question))


def compares(question: str) -> bool:
    """Does it ask how two things differ, and not how something is done?"""
    return not practical(question) and bool(COMPARES.search(question))
