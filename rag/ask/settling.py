"""
What came of a matter, where nothing but the matter links two documents: a letter that corrects an earlier one, the
meeting that decided what was only proposed, the final bill and not the offer.

Pure functions over pieces and their scores; the messages of a thread are the business of `rag.ask.threads`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag import messages
from rag.ask import questions
from rag.ask.pieces import Piece
from rag.ask.words import stems, telling
from rag.types import Document

HEAD = 200  # characters of a text in which it says that it is a correction
NEAR = 7.0  # how far below the best what came of a matter may be
CORRECTS = re.compile(  # in a title, the name of a file, or the head of a text
    r"(?<![^\W_])(?:corrections?|corrected|corrigend(?:um|a)|errat(?:um|a)|korrektur|berichtigung|richtigstellung"
    r"|rectificati(?:f|on|ons)|corrección|fe de erratas|correzione|rettifica|errata[ -]corrige|correctie|rectificatie"
    r"|correç(?:ão|ões)|rättelse|rettelse"
    r"|please note the (?:new|changed|corrected)|bitte (?:die )?(?:neue|geänderte|korrigierte)[nrs]? \w+ beachten)"
    r"(?![^\W_])",
    re.IGNORECASE,
)
PENDING = re.compile(  # of what is said: it is not decided yet
    r"\b(?:(?:to be|still|yet to be|must be|needs to be) (?:confirmed|decided|approved|ratified|voted on|agreed)"
    r"|subject to (?:approval|confirmation|the vote)|we propose|(?:is|are|was) proposed|proposal:|proposed:"
    r"|(?:noch )?zu (?:bestätigen|beschließen|genehmigen)|muss noch|vorbehaltlich|wird vorgeschlagen|vorschlag:"
    r"|sous réserve|à confirmer|à approuver|por confirmar|pendiente de|se propone|da confermare|da approvare|si propone"
    r"|nog te bevestigen|onder voorbehoud|a confirmar|sujeito a)",
    re.IGNORECASE,
)
ASKS_FINAL = re.compile(
    r"\b(?:in the end|finally|actually|really|eventually|after all|ultimately|end(?:ed)? up|turn(?:ed)? out"
    r"|am ende|schließlich|letztlich|letztendlich|tatsächlich|wirklich|endgültig"
    r"|finalement|au final|en fin de compte|réellement|vraiment|al final|finalmente|en realidad|realmente"
    r"|alla fine|davvero|effettivamente|in realtà|uiteindelijk|werkelijk|echt|no final|afinal|na realidade)\b",
    re.IGNORECASE,
)
SAYS_FINAL = re.compile(
    r"\b(?:final (?:sum|bill|cost|price|invoice|account|amount|total|date|score|version)|in the end|turned out|came to"
    r"|comes to|ended up|actual (?:cost|price|sum)|actually (?:paid|cost|spent)"
    r"|endsumme|endpreis|schlussrechnung|endabrechnung|endgültig\w*|am ende|insgesamt"
    r"|(?:montant|prix|facture|coût) (?:final|définitif|finale)|au final|finalement|(?:importe|precio|coste) final"
    r"|factura final|al final|(?:conto|prezzo|costo) finale|alla fine|eindafrekening|eindbedrag|uiteindelijk"
    r"|(?:valor|preço|custo) final|no final)\b",
    re.IGNORECASE,
)


def settled(question: str, every: Sequence[Piece], made: list[float]) -> None:
    """Put what came of the matter before the piece that would be the best, if that is only what was said at first."""
    best = max(range(len(every)), key=lambda i: made[i])
    asked = {stem for stem in telling(question) if not stem.isdecimal()}
    fact = questions.wants(question) in ("number", "date", "name", "thing", "")
    if not asked or not fact or messages.thread(every[best].passage.document):
        return
    later = [
        i for i, piece in enumerate(every)
        if i != best and not piece.bare and made[i] > made[best] - NEAR and questions.DIGITS.search(piece.text)
    ]  # fmt: skip
    for way in (_correcting, _deciding, _final):
        if found := [i for i in later if way(question, asked, every[i], every[best])]:
            first = max(found, key=lambda i: made[i])
            made[first] = made[best] + 0.01
            return


def _correcting(question: str, asked: set[str], piece: Piece, main: Piece) -> bool:
    """Is it of a text that corrects the other, by their names, folder and days, with half of the matter?"""
    one, other = piece.passage.document, main.passage.document
    if one.key == other.key or not CORRECTS.search(_head(one)) or CORRECTS.search(_head(other)) or _earlier(one, other):
        return False
    named = [telling(CORRECTS.sub(" ", f"{document.title} {_name(document)}")) for document in (one, other)]
    said = asked & set(stems(main.text))
    return _folder(one) == _folder(other) and bool(named[0] & named[1]) and 2 * len(said & _said(piece)) >= len(said)


def _deciding(question: str, asked: set[str], piece: Piece, main: Piece) -> bool:
    """Is it of a later text, and says all that of the matter which one says that is not decided yet?"""
    one, other = piece.passage.document, main.passage.document
    said = asked & set(stems(main.text))
    if not PENDING.search(main.text) or PENDING.search(piece.text) or not (one.date and other.date):
        return False
    return one.date > other.date and len(said) > 1 and said <= set(stems(piece.text))


def _final(question: str, asked: set[str], piece: Piece, main: Piece) -> bool:
    """Where it is asked what it came to in the end: does it say so, of the matter, and the other not?"""
    if not ASKS_FINAL.search(question) or SAYS_FINAL.search(main.text) or not SAYS_FINAL.search(piece.text):
        return False
    matter = asked - telling(" ".join(ASKS_FINAL.findall(question)))
    return bool(matter & (_said(piece) | telling(_name(piece.passage.document))))


def _said(piece: Piece) -> set[str]:
    return set(stems(f"{piece.placed} {piece.text}"))


def _head(document: Document) -> str:
    return f"{document.title}\n{_name(document)}\n{document.text[:HEAD]}"


def _name(document: Document) -> str:
    return re.sub(r"[\W_]+", " ", document.key.rpartition("/")[2].rpartition(".")[0])


def _folder(document: Document) -> tuple[str, str]:
    return document.source, document.key.rpartition("/")[0]


def _earlier(one: Document, other: Document) -> bool:
    return bool(one.date and other.date) and one.date < other.date
