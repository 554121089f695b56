"""
How letters and mails begin and end: the line that greets, the name of the matter above it, what is wished at the end.

These lines say nothing by themselves. Tables of words in the languages that are written most, to add to.
"""

from __future__ import annotations

import re

LONGEST = 80  # characters of a line that only greets
GREETING = re.compile(
    r"(?:dear|hello|hi|hey|good (?:morning|afternoon|evening|day)|to whom|liebe[rs]?|sehr geehrte[rs]?|hallo|guten|moin"
    r"|servus|grüezi|werte[rs]?|verehrte[rs]?"
    r"|chère?s?|bonjour|bonsoir|salut|cher|estimad[oa]s?|apreciad[oa]s?|querid[oa]s?|hola|buen[oa]s|muy señor(?:es)?"
    r"|caro|cara|cari|gentil[ei]|gent\.|egregio|egr\.|spett(?:\.|abile)|buongiorno|buonasera|ciao|beste|geachte"
    r"|lieve|prezad[oa]s?|olá|caríssim[oa]|exm[oa]s?\.?|drog[ia]|szanown[ia]|cześć|kär[ae]|bästa|hej|kære|milý|milá"
    r"|vážen[ýáí]|ahoj|dobrý den|hei|hyvä|arvoisa)\b",
    re.IGNORECASE,
)
SUBJECT = re.compile(
    r"[ \t]*(?:re|ref|subject|concerning|betreff|betr\.|betrifft|objet|concerne|asunto|ref\.|oggetto|assunto|betreft"
    r"|onderwerp|ämne|angående|emne|angår|aihe|temat|dotyczy|věc)[ \t]*:[ \t]*",
    re.IGNORECASE,
)
WISHES = (
    r"(?:with )?(?:(?:my|our|all|the) )*(?:(?:very )?(?:best|kind(?:est)?|warm(?:est)?|many|good) )*"
    r"(?:wishes|regards|greetings)|(?:many )?thanks(?: (?:again|in advance|a lot))?|thank you|cheers"
    r"|(?:with )?(?:much )?love"
    r"|best|all the best|(?:very )?(?:truly )?yours(?: (?:very |ever )?"
    r"(?:sincerely|faithfully|truly|respectfully|affectionately|cordially|gratefully|ever))?"
    r"|sincerely(?: yours)?|faithfully|truly"
    r"|respectfully(?: yours)?"
    r"|cordially|take care|see you(?: soon)?|your (?:\w+ )?friend"
    r"|(?:(?:mit|viele|liebe|beste|herzliche|schöne) )?(?:(?:freundlich|viel|best|lieb|herzlich|schön|sonnig)\w* )*"
    r"(?:grü(?:ß|ss)en?|gruß|gruss)(?: (?:aus|an|von) [^\n]{1,30})?"
    r"|hochachtungsvoll|herzlich(?:st)?|alles (?:gute|liebe)"
    r"|bis bald|[lvm]f?g|(?:ihre?|deine?|eue?re?)(?= *[\n,])"
    r"|(?:très |bien )?(?:cordialement|amicalement|sincèrement)|bien à (?:vous|toi)|à bientôt|bises|amitiés"
    r"|(?:veuillez|je vous prie|nous vous prions)[^\n]{1,60}(?:agréer|recevoir)[^.]{1,160}"
    r"|(?:sincères |meilleures |mes )?"
    r"salutations(?: \w+)?"
    r"|(?:(?:un|reciba\w*|cordial|muchos) )*(?:cordial )?saludos?(?: cordiales)?|atentamente|atte|cordialmente"
    r"|(?:un (?:fuerte )?)?abrazo|besos"
    r"|(?:(?:cordiali|distinti|cari) )?saluti|(?:un (?:caro )?)?abbraccio|a presto"
    r"|atenciosamente|(?:com os )?(?:melhores )?cumprimentos|abraços"
    r"|(?:met )?(?:vriendelijke|hartelijke) groet(?:en|jes)?|groet(?:en|jes)|hoogachtend"
    r"|(?:med )?(?:vänliga|vänlig|bästa) hälsning(?:ar)?|mvh|(?:med )?(?:venlig|vennlig|kærlig) hilsen"
    r"|(?:de bedste )?hilsner"
    r"|ystävällisin terveisin|terveisin|z poważaniem|pozdrawiam|s pozdravem"
)
NAMES = r"(?:\n[^\n]{0,60}){0,6}\s*"
CLOSING = re.compile(  # how a mail or letter ends: "Best wishes", and who wrote it
    rf"\s*(?:{WISHES})[,.!–—-]*\s*{NAMES}", re.IGNORECASE
)
SIGNED = re.compile(  # "-- The Debian Developers", "— Anna Berg, treasurer": names behind a dash, and no sentence
    r"\s*(?:--|—|–)[ \t]*(?:the |die |der |les |los )?[^\W\d_a-z][\w.'’-]*"
    r"(?:[ \t,&/]+(?:(?:of|de|di|von|van|der|and|und|et|y|the)[ \t]+)*[^\W\d_][\w.'’-]*){0,6}[ \t]*"
    r"(?:\n[^\n.!?]{0,60}){0,3}\s*",
)


def greets(text: str) -> bool:
    """Is it a line that greets, and nothing else: "Dear Ms Haas,"?"""
    line = text.strip().strip("*_")
    if len(line) > LONGEST or "\n" in line or not GREETING.match(line) or line.endswith((".", "?")):
        return False
    told = re.split(r"[,:;!–-]\s+", line.rstrip(",:;!–- "))  # "Sehr geehrte Frau Klein, sehr geehrter Herr Berg"
    return all(GREETING.match(one) for one in told) and (line[-1] in ",:;!–-" or len(line.split()) <= 3)


def closes(text: str) -> bool:
    """Is it how a letter ends, with who wrote it, and nothing else?"""
    return bool(CLOSING.fullmatch(text) or (SIGNED.fullmatch(text) and not text.rstrip().endswith((".", "!", "?"))))
