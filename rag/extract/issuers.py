"""
Whose paper it is: the bank of a statement, the authority of a notice, the laboratory of a report stand in its
letterhead, behind "Issued by", in the sender of its mail or below its end; and who is quoted in it.

    TARN VALLEY BUILDING SOCIETY      Issued by the Portlennan Met Office at 05:00     "…", said Corran chief Lydia Ott

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache

from rag.extract.candidates import Candidate
from rag.extract.fields import Field, Key, in_words
from rag.extract.letters import HEAD, body_start
from rag.extract.lexicon import bag, units
from rag.extract.natures import ORGANISATION

HEADS, ENDS, LONGEST, WORDS = 3, 3, 70, 9  # lines of a letterhead, of an end; characters and words of a name
LEGAL = (
    r"(?:e\.?G|e\.\s?V\.?|B\.?V\.?|N\.?V\.?|s\.a\.s\.|S\.[rp]\.[lA]\.?|S\.L\.|GmbH|AG|KG|Ltd\.?|Inc\.?|LLC|plc"
    r"|PLC|Co\.?|A/S|ApS|AB|SA|SE)"
)
HOUSES = (  # words of a field -> words of the names of those who issue such papers
    (
        "bank",
        r"\w*bank|\w*sparkasse|building society|credit union|savings|banque|caisse|banco|cajas?|banca|cassa"
        r"|volksbank|raiffeisen\w*|postfinance",
    ),
    (
        "authority council municipality police",
        r"borough|council|city of|county|town of|police|polic\w+|ministry|department|agency|authority|stadt|gemeinde"
        r"|landkreis|kreis|\w+amt"
        r"|behörde|\w*polizei|\w*ministerium|mairie|ville de|commune de|préfecture|ayuntamiento|diputación|comune di"
        r"|municipio|provincia"
        r"|polizia|gemeente|provincie|politie|waterschap|kommune|kommun|urząd|gmina",
    ),
    (
        "auction",
        r"auktion\w*|auction\w*|auctioneers|galerie|gallery|casa d['’]aste|subastas|hôtel des ventes|veiling\w*"
        r"|fine arts?|& sons|& söhne",
    ),
    ("laboratory lab", r"\w*labor\w*|labs?|pathology|diagnosti\w+|laborator\w+"),
    (
        "insurer insurance",
        r"\w*versicherung\w*|insurance|assurances?|mutuelle|seguros|assicurazion\w*|verzekering\w*|mutual",
    ),
    (
        "clinic hospital surgery practice",
        r"\w*klinik\w*|\w*krankenhaus|\w*spital|hospital|infirmary|surgery|clinic|practice|\w*praxis|hôpital|clinique|clínica|clinica|ospedale"
        r"|ziekenhuis|health centre|medical (?:centre|center|group)|veterinari\w+",
    ),
    (
        "hotel inn guesthouse lodging",
        r"hotel|hôtel|albergo|pension|gasthof|inn|hostel|lodge|guest ?house|b&b|posada|parador|auberge|locanda|resort",
    ),
    (
        "school university college",
        r"\w*schule|school|college|universi\w+|hochschule|gymnasium|lycée|instituto|colegio|academy|akademie",
    ),
    ("museum gallery", r"\w*museum|musée|museo|gallery|galerie|pinakothek|kunsthalle"),
    (
        "foundation funder trust sponsor",
        r"\w*stiftung|foundation|fondation|fundación|fondazione|stichting|trust|fonds|fund|academy|society|council",
    ),
    (
        "carrier haulier",
        r"spedition|transport\w*|logisti\w+|lines?|shipping|express|reederei|vervoer\w*|trasporti|kurier\w*|courier",
    ),
    (
        "producer winery domaine estate",
        r"weingut|winzer\w*|domaine|château|maison|bodegas?|cantina|tenuta|fattoria|azienda|winery|vineyards?|estate|cellars?|quinta|cave",
    ),
)
PAPERS = bag("invoice receipt")
ISSUING = bag("issuer issued publisher organiser organizer manufacturer brewery roaster organisation organization")
NAME = (
    r"(?:(?-i:[A-ZÀ-Þ])[\w'’.&-]{0,60})(?:\s(?:(?:of|de|du|la|le|des|del|della|di|von|van|der|den|für|for|and|the|&"
    r"|und|et|y)\s){0,3}(?-i:[A-ZÀ-Þ])[\w'’&-]{0,60}){0,6}"
)
STATED = re.compile(
    r"\b(?:issued|published|released|ausgegeben|herausgegeben|veröffentlicht|émise?|publiée?|émanant|emitid[oa]|publicad[oa]|emess[oa]"
    r"|pubblicat[oa]|uitgegeven|gepubliceerd)\b(?:[^\n.;]{0,40}?)\s(?:by|von der|vom|von|par|por|da|dal|dalla|door)\s"
    rf"(?:(?:the|der|die|dem|la|le|l['’]|el|het|de|il)\s)?(?P<name>{NAME})",
    re.IGNORECASE,
)
OPENS = r"(?:(?:The|Die|Der|Das|Dem|La|Le|El|Il|Het|De|L['’])\s?)?"
BY_NAME, DOING = (rf"(?P<{group}>{NAME}(?:\s{LEGAL})?)" for group in ("by", "does"))
DOES = (  # what only the one does whom a field asks for, and how others say it
    (
        "company firm manufacturer recaller",
        rf"\b(?:recalled by|zurückgerufen von|rappelée?s? par|retirad[oa]s? por|richiamat[oaie] da"
        rf"|teruggeroepen door)\s{OPENS}{BY_NAME}"
        rf"|{OPENS}{DOING}\s(?:is recalling|recalls|ruft\b[^.\n]{{0,160}}\bzurück|rappelle|retira\b|richiama"
        r"|roept\b[^.\n]{0,160}\bterug)",
    ),
    (
        "funder sponsor foundation donor",
        rf"\b(?:funded|sponsored|awarded|financed|gefördert|finanziert|vergeben|financée?s?|décernée?s?|financiad[oa]s?|finanziat[oa]|gefinancierd"
        rf"|uitgereikt)\s(?:by|von der|von|vom|durch|par|por|da|dal|dalla|door)\s(?:the\s|het\s)?{OPENS}{BY_NAME}"
        rf"|{OPENS}{DOING}\s(?:invites (?:applications|proposals)|offers|awards|funds|vergibt|verleiht|fördert"
        rf"|schreibt\b[^.\n]{{0,80}}\baus"
        r"|stelt\b[^.\n]{0,80}\bbeschikbaar|reikt\b|kent\b[^.\n]{0,80}\btoe|attribue|décerne|offre|lance un appel"
        r"|convoca|concede|otorga|bandisce|assegna|mette a disposizione)",
    ),
    (
        "organiser organizer host",
        rf"\b(?:hosted|organi[sz]ed|presented|run|veranstaltet|ausgerichtet|organisée?|organizad[oa]|organizzat[oa]|georganiseerd)"
        rf"\s(?:by|von der|von|vom|par|por|da|dal|dalla|door)\s(?:the\s)?{OPENS}{BY_NAME}",
    ),
)
FROM = re.compile(r"^(?:From|Von|De|Da|Van): \"?(?P<name>[^<\"\n]+?)\"?\s*(?:<|$)", re.MULTILINE)
SENDERS = bag("operator provider airline supplier utility company firm vendor seller shop store issuer organisation")
SERVING = re.compile(
    r"^(?:From|Von|De|Da|Van): \"?(?P<firm>[^<\"\n@]+?)(?P<desk>[ -]+(?:\w*[Kk]undenservice|\w*[Kk]undendienst|Service"
    r"|Services?(?: [Cc]lients?)?|Customer (?:Service|Services|Care|Support)|Support|Team|Info|News|Newsletter"
    r"|Atención al [Cc]liente|Servizio [Cc]lienti|Klantenservice|Kundeservice|Kundtjänst))?\"?\s*"
    r"(?:<(?P<robot>(?:no-?reply|do-?not-?reply|service|info|support|kundenservice|kontakt|contact|hello|news)[\w.+-]*@)?[^>\n]*>)?$",
    re.MULTILINE,
)
PIECE = re.compile(
    r"\s[·|›»]\s|\s{3,}|\t|,\s(?=\d)|\s[-–—]\s|:\s|\s(?:\w*auszug|\w*rechnung|invoice|statement|relevé|extracto|estratto"
    r"|afschrift|page|seite|nr|no|n°|tel)\b",
    re.IGNORECASE,
)
LABELLED = re.compile(
    r"[^:\n]{1,30}:[*_]{0,2}\s|(?:dear|sehr|liebe|bonjour|estimad|gentile|beste|geachte)\b", re.IGNORECASE
)
COMMA = re.compile(rf",\s(?!{LEGAL})")
SAYS = (
    r"(?:said|says|added|adds|explained|explains|insisted|insists|commented|comments|told|sagte?|erklärte?|betonte?|meinte?|so|fügte"
    r"|déclare|a déclaré|explique|a expliqué|affirme|selon|ajoute|dijo|dice|afirmó|explicó|señaló|añadió|ha detto"
    r"|dichiara|spiega|afferma"
    r"|zegt|zei|aldus|verklaart)"
)
PERSON = (
    r"(?:(?:Sir|Dame|Lord|Lady|Dr|Prof|Mr|Mrs|Ms)\.?\s)*(?:[A-ZÀ-Þ][\w'’-]+\.?\s)(?:(?:de|von|van|der|den|di|da"
    r"|del|la|le)\s){0,2}[A-ZÀ-Þ][\w'’-]+"
)
AFTER_QUOTE = re.compile(
    rf"[\"”“»«’'],?\s{{1,3}}(?:{SAYS}\s(?P<said>[^\n.;\"“„»]{{0,80}}?)(?P<name>{PERSON})(?=\s*[,.;:\n]|\s(?:in|on|at|am|im|to|zu)\s|\Z)"
    rf"|(?P<of>[^\n.;\"“„»]{{0,60}}?)(?P<before>{PERSON})\s{SAYS}\b)"
)
QUOTED = bag("quoted quote spokesperson spokesman spokeswoman")


def issuers(text: str, wanted: Sequence[Field]) -> Iterator[tuple[Key, Candidate]]:
    """Who issues a paper, for the fields that ask for a bank, an authority, a company …; and who is quoted."""
    for one in wanted:
        words = _words(one)
        if one.kind != "text" or one.element or one.listed or one.wants:
            continue
        if words & QUOTED:
            if (said := AFTER_QUOTE.search(text)) is not None:
                group = "name" if said["name"] else "before"
                yield one.key, Candidate(said[group], *said.span(group), "name")
        elif (span := _issuer(text, words)) is not None:
            yield one.key, Candidate(text[slice(*span)], *span, "name")


def _words(one: Field) -> frozenset[str]:
    """The words of a field's name; of the name of an object, those that the object is called by."""
    words = frozenset(in_words(one.key[1]).split())
    return one.owner if one.owner and words == {"name"} else words


def _issuer(text: str, words: frozenset[str]) -> tuple[int, int] | None:
    for names, says in DOES:
        if words & bag(names) and (match := re.search(says, text, re.IGNORECASE)):
            return match.span(match.lastgroup or 0)
    if words & SENDERS and len(words) == 1 and (span := _serving(text)) is not None:
        return span
    house = next((way for names, way in HOUSES if words & bag(names)), "")
    if not house and not (words & ISSUING and len(words) == 1):
        return None
    way = _house(house) if house else None
    stated = STATED.search(text)
    if stated and words & (ISSUING | bag("authority")):
        return stated.span("name")
    for start, end in _places(text):
        said = text[start:end]
        if units(said) & PAPERS:
            continue  # "Council Tax bill 2026"
        if way.search(said) if way else ORGANISATION.search(said) or re.search(rf"\s{LEGAL}\Z", said):
            return start, end
    return None


def _serving(text: str) -> tuple[int, int] | None:
    """The firm that a mail is from: the name of its sender, without the desk ("Alpinair Customer Service")."""
    head = HEAD.match(text)
    sender = SERVING.search(text, 0, head.end()) if head else None
    if sender is None or not (sender["desk"] or sender["robot"]) or not sender["firm"].strip(" -|,"):
        return None
    return sender.start("firm"), sender.start("firm") + len(sender["firm"].rstrip(" -|,"))


def is_house(said: str) -> bool:
    """Whether a line says whose paper it is: the name of an office, a firm, a house."""
    return ORGANISATION.search(said) is not None or any(_house(way).search(said) for _, way in HOUSES)


@cache
def _house(way: str) -> re.Pattern[str]:
    """The words of one row of HOUSES, standing by themselves."""
    return re.compile(rf"(?<![\w-])(?:{way})(?![\w-])", re.IGNORECASE)


def _places(text: str) -> Iterator[tuple[int, int]]:
    """Where the issuer of a paper may stand: who sends the mail, the letterhead, the lines below the end."""
    head = HEAD.match(text)
    sender = FROM.search(text, 0, head.end()) if head else None
    if sender:
        yield sender.span("name")
    begin = head.end() if head else body_start(text)
    lines = list(re.finditer(r"[^\n]*[^\W\d_][^\n]*", text[begin:]))
    for n, line in enumerate([*lines[:HEADS], *lines[max(HEADS, len(lines) - ENDS) :][::-1]]):
        said = line[0].strip(" \t*_#>`©")
        if not said or "@" in said or (n < HEADS and LABELLED.match(said)):
            continue
        first = COMMA.split(PIECE.split(said, maxsplit=1)[0], maxsplit=1)[0].strip(" *_#.")
        if 2 < len(first) <= LONGEST and len(first.split()) <= WORDS and (first[0].isupper() or first[0].isdigit()):
            start = begin + line.start() + line[0].index(first)
            after = text[start + len(first) : start + len(first) + 1]
            yield (
                start,
                start
                + len(first)
                + (after == "." and re.search(r"\b(?:Inc|Ltd|Co|s\.a\.s|B\.V|S\.A|e\.V)\Z", first) is not None),
            )


__all__ = ["is_house", "issuers"]
