"""
What the place of a piece promises: the section or the field of a head that is named for what a question asks for.

"Why" is answered under Root cause, "who wrote it" by a line `Author:`, "when did she die" in the register of burials.
Tables of words, to add to; nothing here knows how near a piece is otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from rag.ask.pieces import Piece
from rag.ask.words import telling
from rag.types import Hit

WEIGHTS = {
    "reason": 2.5,  # it says why, where that is asked
    "cause": 7.5,  # it stands under a heading that promises the reason
    "background": 2.5,  # and under one that may tell it
    "decided": 4.0,  # it says how the matter of its document ended, where that is asked for
    "field": 7.0,  # it is the field of a head, or of the data of a page, that is asked for
    "register": 2.5,  # of burials, where it is asked when somebody died
    "another register": -4.0,  # of births
}
HEAD = 1500  # characters in which the head of a document stands
HEADED = re.compile(r"^#{1,6}[ \t]+([^\n]*)\n", re.MULTILINE)
SECTION = 900  # characters of a section that is shown whole
WIDEST = 600  # characters of a head that is shown
DOCUMENTS = 4  # documents whose heads are looked at
ENDS = re.compile(
    r"\b(?:deci(?:de|ded|sion)|agreed?|outcome|conclu\w+|resol(?:ved?|ution)|entschieden|beschlossen|vereinbart|décidé"
    r"|decidi\w+|acord\w+)\b",
    re.IGNORECASE,
)
WHY = re.compile(r"\s*(?:why|how come|warum|wieso|weshalb|pourquoi|por qué|perch[eé])\b", re.IGNORECASE)
REASON = re.compile(
    r"\b(?:because|reasons?|due to|so that|that['’]s why|which is why|otherwise|weil|damit|deshalb|deswegen|wegen"
    r"|parce que|afin|à cause|porque|para que|debido|perché)\b",
    re.IGNORECASE,
)
DECIDES = re.compile(
    r"\W*(?:decisions?|decided|outcome|agreed|resolved|resolution|conclusions?|verdict|entscheidung|beschl(?:uss|üsse)"
    r"|ergebnis|décision|decisión|acuerdo)\b",
    re.IGNORECASE,
)
CAUSE = re.compile(
    r"\W*(?:\d+[.)]?\s)?(?:(?:root|probable|likely|main) )?(?:causes?|reasons?|rationale|motivation|why|ursachen?"
    r"|gründe|begründung|raisons?|motivos?|causas?|oorzaak)\b",
    re.IGNORECASE,
)
BACKGROUND = re.compile(
    r"\W*(?:\d+[.)]?\s)?(?:background|context|problem|hintergrund|anlass|contexte|contexto|achtergrond)\b",
    re.IGNORECASE,
)
DATA = "Data of the page"  # how the heading begins of what a page tells machines (`rag.sources.html_data`)
FIELDS = (  # what a question asks for -> what the line of a head is called that says it
    (r"who(?:['’]s| is| was)? (?:wrote|authored|drafted|prepared|(?:the |an? )?(?:authors?|owners?|writers?)\b)"
     r"|\b(?:authors?|owner) of\b|\bwritten by\b|wer hat .*geschrieben|\bverfasser|\bautor",
     r"authors?|written by|prepared by|drafted by|issued by|by|owners?|verfasser(?:in)?|autor(?:in|en)?|auteurs?"),
    (r"\bchair(?:ed|s|man|woman|person|ing)?\b|\bpresided\b|\bvorsitz|\bvorzit|\bpresidi|\bsitzungsleit|主席|議長",
     r"(?:in the )?chair(?:man|woman|person|ed by)?|presiding|vorsitz(?:ende[r]?)?|sitzungsleitung|leitung|voorzitter"
     r"|président(?:e)?|presidente|presidenza|主席|議長"),
    (r"\b(?:took|kept|takes|keeps|wrote|writes) (?:the )?minutes\b|\bminute[- ]taker\b|\bsecretary\b|\bprotokoll"
     r"|\bschriftführ|\bnotul", r"minutes(?: taken)?(?: by)?|secretary|protokoll\w*|schriftführ\w*|notulist|notulen"),
    (r"\b(?:present|attend(?:ed|ance|ees?|ing)?|participants?|turn(?:ed)? up|how many (?:people|members|guests|persons)"
     r"(?: \w+){0,3} (?:were|came|at|there))\b|\banwesend|\bteilnehm|\baanwezig|\bprésents?\b|出席",
     r"present|attendance|attendees|attended|in attendance|participants|anwesend\w*|teilnehm\w*|aanwezig\w*|présents?"
     r"|asistentes|presenti|出席\w*"),
    (r"\b(?:absent|missing|excused|apologi\w+)\b|\bentschuldigt|\bafwezig|\babsents?\b",
     r"apologies|absent|excused|regrets|absentees|entschuldigt|abwesend|afwezig\w*|excusés?|absents?"),
    (r"\bstatus\b|\b(?:is|are|was|were) .*\b(?:approved|accepted|adopted|final|in force|valid)\b",
     r"status(?: of [\w ]{1,30})?|state|in force since|gültig seit|stand|statut|estado|stato"),
    (r"\bwhen (?:was|were|is) .*\b(?:created|written|published|issued|dated|proposed|approved|accepted)\b",
     r"created|date|dated|issued|published|datum|erstellt|créée?|fecha|data"),
    (r"\bwho decided\b|\bdeciders?\b", r"deciders?|decided by|approvers?|approved by"),
    (r"\bwhere (?:was|did|is|does|were) .*\b(?:meeting|board|session|council|assembly|meet)\b",
     r"place|venue|location|ort|lieu|lugar|luogo|plaats"),
)  # fmt: skip
PAGE = (  # the same, of what a page tells machines
    (r"\bcosts?\b|\bprices?\b|\bhow much (?:is|are|does|do)\b|\b(?:in stock|sold out|available)\b|kostet|preis|coûte"
     r"|prix|cuesta|precio|prezzo", r"price(?: range)?|salary"),
    (r"^\W*(?:where|wo|où|d[oó]nde|dove)\b|\baddress\b", r"where|address"),
    (r"^\W*(?:who|wer|qui|quién|chi)\b.*\b(?:plays?|performs?|sings?|spielt|singt|joue)\b", r"who performs"),
    (r"^\W*(?:when|what time|wann|quand|cuándo)\b|\b(?:begin|start|doors)", r"begins|ends|doors open|open"),
    (r"\b(?:portions?|servings?|serves?|people|yields?|portionen)\b", r"yield \(servings\)|servings"),
    (r"\bhow long\b.*\b(?:take|cook|prep\w*|bake|need)\b", r"(?:total|cook|prep\w*) time"),
    (r"\b(?:weighs?|weight|heavy)\b", r"weight"),
    (r"\bcalories|\bkcal\b|\bnutrition", r"calories"),
    (r"\b(?:phone|telephone|call)\b", r"phone number"),
)  # fmt: skip
BEFORE = r"(?:^|[.;,·|\t(]|\s\s)[\W_]{0,6}"  # what stands before the name of a field
AFTER = r"[*_]{0,2}(?: ?\([^()\n]{0,30}\))?[*_]{0,2}[:：]\s*[*_]{0,2}\S"


def _compiled(fields: Sequence[tuple[str, str]]) -> tuple[tuple[re.Pattern[str], re.Pattern[str]], ...]:
    return tuple(
        (re.compile(asked, re.IGNORECASE), re.compile(f"{BEFORE}(?:{label}){AFTER}", re.IGNORECASE | re.MULTILINE))
        for asked, label in fields
    )


HEADS, TOLD = _compiled(FIELDS), _compiled(PAGE)
REGISTERS = (  # what is asked, and what the registers of it are called
    (r"born|birth|baptis\w*|baptiz\w*|christen\w*|geboren|geburt|getauft|naissance|née?",
     r"births?|baptisms?|christenings?|geburten|taufen|taufbuch|taufregister|naissances|baptêmes"),
    (r"die[ds]?|died|dead|death|buried|burials?|funeral|killed|gestorben|starb|tod|begraben|mort[es]?|décès",
     r"deaths?|burials?|funerals?|graves?|gräber|sterbe\w*|tote|begräbnisse|décès|sépultures"),
    (r"marr(?:y|ied|iage)|wed(?:ding|ded)?|heirat\w*|verheiratet|hochzeit|trauung|marié\w*|mariage",
     r"marriages?|weddings?|banns|heiraten|trauungen|traubuch|mariages"),
)  # fmt: skip


def heads(question: str, hits: Sequence[Hit], every: Sequence[Piece]) -> list[Piece]:
    """
    The fields of heads that are asked for, or the sections that say why, of the documents found first; those that are
    no pieces already.
    """
    wanted, why = _labels(question), bool(WHY.match(question))
    made: list[Piece] = []
    known: set[tuple[str, str]] = set()
    for rank, hit in enumerate(hits if wanted or why else [], 1):
        document = hit.passage.document
        origin = document.source, document.key
        if origin in known or len(known) == DOCUMENTS:
            continue
        known.add(origin)
        found = [("", span) for label in wanted if (span := _field(document.text, label))][:1]
        found += _causes(document.text) if why and document.kind == "markdown" else []
        for heading, place in found:
            if not any(piece.origin == origin and _within(place, piece) for piece in every):
                text = document.text[slice(*place)]
                passage = replace(hit.passage, start=place[0], end=place[1], text=text, heading=heading)
                made.append(Piece(passage, rank, hit.score, *place, ("field",), text, *place))
    return made


def _causes(text: str) -> list[tuple[str, tuple[int, int]]]:
    """The first section under a heading that promises the reason: its heading, and where its text stands."""
    for found in HEADED.finditer(text):
        if CAUSE.match(found[1]):
            after = HEADED.search(text, found.end())
            body = text[found.end() : after.start() if after else len(text)]
            start = found.end() + len(body) - len(body.lstrip())
            end = found.end() + len(body.rstrip())
            return [(found[1].strip(), (start, end))] if 0 < end - start <= SECTION else []
    return []


def _labels(question: str, fields: Sequence[tuple[re.Pattern[str], re.Pattern[str]]] = HEADS) -> list[re.Pattern[str]]:
    return [label for asked, label in fields if asked.search(question)]


def _field(text: str, label: re.Pattern[str]) -> tuple[int, int] | None:
    """The lines around a field in the head of a text that are a paragraph of their own, or the line alone."""
    found = label.search(text, 0, HEAD)
    if not found:
        return None
    at = found.end() - 1
    start, end = text.rfind("\n\n", 0, at) + 2, text.find("\n\n", at)
    start, end = (start if start > 1 else 0), (end if end > 0 else len(text))
    if end - start > WIDEST or "\n#" in text[start:end] or text.startswith("#", start):
        start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at)
        end = end if end > 0 else len(text)
    while start < end and text[start].isspace():
        start += 1
    return (start, end) if end - start <= WIDEST else None


def _within(place: tuple[int, int], piece: Piece) -> bool:
    return piece.start <= place[0] and place[1] <= piece.end and piece.end - piece.start <= 2 * WIDEST


def promises(question: str, wanted: str, every: Sequence[Piece], best: Mapping[tuple[str, str], float]) -> list[float]:
    """How much more likely each piece is to answer, by what the place that it stands in is called."""
    why = bool(WHY.match(question))
    ends = wanted == "yes or no" or bool(ENDS.search(question))
    labels, page, asked = _labels(question), _labels(question, TOLD), telling(question)
    registers = [told for one, told in REGISTERS if re.search(rf"\b(?:{one})\b", question, re.IGNORECASE)]
    others = [told for _, told in REGISTERS if told not in registers] if len(registers) == 1 else []
    return [
        WEIGHTS["decided"] * (ends and _decides(piece)) * best.get(piece.origin, 0.0)
        + WEIGHTS["reason"] * (why and _reasons(piece))
        + (WEIGHTS["cause"] * _under(piece, CAUSE) + WEIGHTS["background"] * _under(piece, BACKGROUND))
        * (why and best.get(piece.origin, 0.0))
        + WEIGHTS["field"]
        * _fielded(piece, page if piece.under.startswith(DATA) else labels, asked)
        * best.get(piece.origin, 0.0)
        + WEIGHTS["register"] * any(_is_register(piece, told) for told in registers)
        + WEIGHTS["another register"] * any(_is_register(piece, told) for told in others)
        for piece in every
    ]


def _under(piece: Piece, heading: re.Pattern[str]) -> bool:
    return heading.match(piece.under) is not None


def _fielded(piece: Piece, labels: Sequence[re.Pattern[str]], asked: set[str]) -> float:
    """Has it a field that is asked for, in the head of a document? More, if that is called as the question says."""
    if not labels or not any(label.search(piece.text) for label in labels):
        return 0.0
    if piece.under.startswith(DATA):
        return 1.0
    if piece.start > HEAD:
        return 0.0
    document = piece.passage.document
    own = telling(f"{document.title} {document.key}")
    return 0.5 + 0.5 * len(asked & own) / max(1, len(asked))


def _is_register(piece: Piece, told: str) -> bool:
    document = piece.passage.document
    return re.search(rf"(?<![^\W_])(?:{told})(?![^\W_])", f"{document.title} {document.key}", re.IGNORECASE) is not None


def _reasons(piece: Piece) -> bool:
    """Does it give a reason, or stand under a heading that promises one?"""
    return bool(REASON.search(piece.prose) or WHY.match(piece.under))


def _decides(piece: Piece) -> bool:
    """Does it begin with how a matter ended, or stand under such a heading?"""
    return bool(DECIDES.match(piece.text) or DECIDES.match(piece.under))
