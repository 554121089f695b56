"""
Whose words the text of a mail are: the author's own, those of others that a reply repeats, those that are forwarded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

REPLY = re.compile(r"^\s*(?:re|aw|antw|sv|vs|odp|ynt|r|回复|回覆|答复|返信)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
FORWARD = re.compile(r"^\s*(?:fwd?|wg|tr|rv|i|doorst|vb|转发|轉寄|転送)\s*[:：]", re.IGNORECASE)
_SAYS = (
    "wrote|writes|schrieb|schreef|a écrit|écrivait|escribió|escribía|ha scritto|scrisse|escreveu|skrev|kirjoitti"
    "|napisał[ao]?|napsala?|pisze|писала?|написала?|пишет|írta|yazdı|a scris|έγραψε|写道|寫道|撰写|さんは書きました"
)
# "On Monday, Ann wrote:", "Ann schrieb am Montag:", "2025-01-14 10:40 Ann <a@b.c>:", "Quoting Ann:"
ATTRIBUTION = (
    r"(?:^|\n)[ \t]*(?:(?:On|Am|Le|El|Il|Op|Em|Den|Dne|Dnia|W dniu|Vào|在|于)[^\n]{5,300}(?:\n[^\n>]{1,200}){0,2}"
    rf"|[^\n>]{{1,150}}?[\w>)\"”\]] (?:{_SAYS})\b[^\n>]{{0,150}}"
    r"|\d{4}[-/.]\d\d?[-/.]\d\d?[^\n>]{3,150}<[^<>\n]{3,100}>"
    r"|(?:Quoting|Zitat von|Zitiere|Citando a?|Citation de|Citaat van|In reply to)\b[^\n>]{2,150}(?:<[^<>\n]{3,100}>)?)"
    r"[:：][ \t]*\n+"
)
WROTE = re.compile(rf"{ATTRIBUTION}(?=[ \t]?>)")
UNMARKED = re.compile(rf"{ATTRIBUTION}(?![ \t]?>)")
BLOCK = re.compile(rf"(?:{WROTE.pattern})?(?P<lines>(?:^[ \t]?>.*$\n?)+)", re.MULTILINE)
RULE = r"(?:[ \t]*(?:[-_*=—]{4,}|-{2}[^\n]{3,200}--)[ \t]*\n\s*)?"
_FROM = "From|Von|De|Da|Van|Från|Fra|Lähettäjä|Od|От|差出人|发件人|寄件者|Kimden"
_OTHER = (
    "Sent|Date|Gesendet|Datum|Envoyé|Enviado(?: el)?|Enviada(?: em)?|Fecha|Data|Inviato|Verzonden|Skickat|Sendt|Wysłano"
    "|To|An|À|Para|A|Aan|Till|Til|Do|Cc|Kopie|Bcc|Subject|Betreff|Objet|Asunto|Assunto|Oggetto|Onderwerp|Ämne|Emne|Temat"
    "|Reply-To|Organization|Дата|Кому|Тема|送信日時|宛先|件名|发送时间|收件人|主题"
)
FIELD = rf"[ \t]*\*?(?:{_OTHER})[ \t]*[:：]\*?[ \t]*[^\n]*\n(?:[ \t]+\S[^\n]*\n)*"
HEAD = re.compile(
    rf"^{RULE}[ \t]*\*?(?:{_FROM})[ \t]*[:：]\*?[ \t]*(?P<from>[^\n]+)\n\s?(?P<rest>(?:{FIELD}\s?){{2,8}})",
    re.MULTILINE,
)
ORIGINAL = re.compile(
    r"^[ \t]*-{2,}[ \t]*(?:Original(?: Message|nachricht)?|Forwarded message|Ursprüngliche Nachricht|Message d'origine"
    r"|Message original|Mensaje original|Mensagem original|Messaggio originale|Oorspronkelijk bericht"
    r"|Original(?:meddelande)?"
    r"|Opprinnelig melding|Oprindelig meddelelse|Alkuperäinen viesti"
    r"|Wiadomość oryginalna|Původní zpráva|Исходное сообщение"
    r"|Weitergeleitete Nachricht|Begin forwarded message|Reply message|Antwort)[ \t]*-*[ \t]*:?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
EMPTY = re.compile(r"[ \t]?(?:>[ \t]?)+")  # a line of a quotation
FIELDS = re.compile(rf"\s*+(?:[ \t]*\*?(?:{_FROM}|{_OTHER})[ \t]*[:：]\*?[ \t]*[^\n]*\n)+")  # below such a line
NAMES = {
    "date": re.compile(r"Sent|Date|Gesendet|Datum|Envoyé|Enviad|Fecha|Data|Inviato|Verzonden|Дата|送信|发送", re.I),
    "subject": re.compile(
        r"Subject|Betreff|Objet|Asunto|Assunto|Oggetto|Onderwerp|Ämne|Emne|Temat|Тема|件名|主题", re.I
    ),
}
SIGNATURE = re.compile(r"^--[ \t]*$", re.MULTILINE)  # with one space; without it, it may be a rule
SIGNED = (8, 500)  # lines and characters of a signature at most
CARD = (5, 80)  # lines and characters of a line of one without the space, which says who signs or how to reach them
REACHED = re.compile(
    r"\S@\S+\.\w|https?://|www\.|\b(?:tel|phone|mobile|fax|mob|telefon|handy)\b|(?:\+|\b0)\d[\d /()-]{6,}", re.I
)
PROGRAM = re.compile(  # what a phone or a program of mail signs with, alone on its line
    r"(?:(?:sent|gesendet|envoyé|enviado|inviato|verstuurd|verzonden|skickat|sendt|wysłane|odesláno|lähetetty"
    r"|отправлено)"
    r"(?: (?:from|via|by|with|using|von|mit|vom|depuis|de|desde|do|da|dal|vanaf|met|från|fra|z|ze|с|из)\b"
    r"[^\n.!?]{2,70})"
    r"|von meine[mr] [^\n.!?]{2,40} (?:gesendet|geschickt|versendet)"
    r"|get outlook for (?:ios|android)\b[^\n]{0,60}|outlook für (?:ios|android) beziehen[^\n]{0,60}"
    r"|diese nachricht wurde von [^\n]{3,60} gesendet|télécharger outlook pour (?:ios|android)[^\n]{0,60}"
    r"|(?:typed|sent) (?:on|with) (?:a |my )?(?:phone|mobile|tablet)[^\n]{0,60})[.!]?",
    re.IGNORECASE,
)
DEVICE = re.compile(
    r"iphone|ipad|android|phone|mobil|tablet|galaxy|samsung|huawei|xiaomi|pixel|blackberry|outlook|mail|handy|smartphone"
    r"|t[eé]l[eé]phone|móvil|cellulare|telefoo?n|yahoo|proton|gmx|web\.de|k-9|windows|teléfono|telefon|nokia|device|ger[äa]t",
    re.IGNORECASE,
)
QUESTION = 500  # characters of a quotation that an answer below it keeps


@dataclass(slots=True)
class Own:
    """A message taken apart."""

    text: str
    forwarded: str = ""
    fields: dict[str, str] = field(default_factory=dict)  # of what is forwarded: from, date, subject
    left: list[tuple[str, str]] = field(default_factory=list)


# how many words the other mails have, that are read, which say these words of a quotation; 0 if none does
Held = Callable[[str], int]


def nowhere(words: str) -> int:
    """A `Held` for a mail that came alone: nothing that it repeats stands elsewhere."""
    return 0


def own_words(text: str, subject: str, answers: bool, held: Held = nowhere, author: str = "") -> Own:
    """
    A message without what it repeats from others and its signature; what it forwards is taken apart from it.

    What it repeats is left out only where another mail holds it; else it stays, each of its lines behind a ">". So does
    the question that stands above its answer.
    """
    found = Own(text)
    forwards = bool(FORWARD.match(subject)) and not REPLY.match(subject)
    if forwards or answers or REPLY.match(subject):
        head = HEAD.search(text + "\n")
        mark = ORIGINAL.search(text)
        start = min((one.start() for one in (head, mark) if one), default=len(text))
        own, others = text[:start], text[start:]
        if forwards and head and head.start() <= start + 200:
            found.fields = _fields(head)
            found.forwarded = (text + "\n")[head.end() :].strip()
            found.text = own
        elif not forwards:
            found.text = _unquoted(own, found, held)
            if others.strip() and found.text.strip():
                found.text = _unsigned(found.text, found, author).strip()
                _below(others, _head_of(others, head.end() - start if head else 0), found, held)
                return found
            if others.strip():  # the answer may stand below
                found.text = text
    found.text = _unsigned(found.text, found, author).strip()
    return found


def _head_of(others: str, end: int) -> int:
    """Where the words of others begin, below the line and the fields that say whose they are."""
    if end:
        return end
    mark = ORIGINAL.match(others)
    fields = FIELDS.match(others, mark.end()) if mark else None
    return fields.end() if fields else mark.end() if mark else 0


def _below(others: str, head: int, found: Own, held: Held) -> None:
    """What stands below a message under the head of another: left out if that is read, too; else marked as quoted."""
    if held(others[head:]):
        found.left.append(("what replies repeat", others.strip()))
    else:
        quoted = "\n".join(f"> {line}".rstrip() for line in others.strip().split("\n"))
        found.text = "\n\n".join(filter(None, (found.text, quoted)))


def _unquoted(text: str, found: Own, held: Held) -> str:
    """The text without the quotations that another mail holds, each with the line that says whose words follow."""
    if (mark := UNMARKED.search(text)) and text[: mark.start()].strip() and held(text[mark.end() :]):
        found.left.append(("what replies repeat", " ".join(text[mark.start() :].split())[:200]))
        text = text[: mark.start()] + "\n"
    answered = sum(_answered(text, block.end()) for block in BLOCK.finditer(text))

    def kept(block: re.Match[str]) -> str:
        words = _bare(block["lines"])
        size = held(words)
        if not size:
            return block[0]
        # of several quotations that are answered one by one, and of a part of a mail, the answer says nothing alone
        asks = _answered(text, block.end()) and (answered > 1 or 2 * len(words.split()) < size)
        question = _question(block["lines"]) if asks else ""
        if len(question) < len(block["lines"].strip()):
            found.left.append(("what replies repeat", " ".join(block["lines"].split())[:200]))
        head = block[0][: block.start("lines") - block.start()]
        return f"{head}{question}\n" if question else "\n"

    own = BLOCK.sub(kept, text)
    return re.sub(r"\n{3,}", "\n\n", own) if len(own) != len(text) else text


def _bare(lines: str) -> str:
    return "\n".join(re.sub(r"^[ \t]?(?:>[ \t]?)+", "", line) for line in lines.split("\n"))


def _answered(text: str, at: int) -> bool:
    """Whether the words below a quotation, up to the next one, are an answer and no signature."""
    below = text[at : at + 2000].lstrip("\n")
    line = below.partition("\n")[0].strip()
    return bool(line) and not line.startswith((">", "--")) and not WROTE.match(below) and not PROGRAM.fullmatch(line)


def _question(lines: str) -> str:
    """The end of a quotation that an answer follows: all of it if it is short, else its last paragraph; "" if that is
    long, too."""
    whole = lines.strip("\n")
    if len(whole) <= QUESTION:
        return whole
    kept = whole.split("\n")
    while len(kept) > 1 and EMPTY.fullmatch(kept[-1]):
        kept.pop()
    last = re.split(rf"\n{EMPTY.pattern}(?=\n)", "\n".join(kept))[-1].strip("\n")
    return last if len(last) <= QUESTION else ""


SHINGLE = 4  # words in a row that are looked for


def holds(words: str, texts: Iterable[str]) -> int:
    """
    How many words the texts have that hold nearly all of these, four in a row, however they are broken into lines; 0 if
    they do not.
    """
    wanted = _shingles(words)
    if not wanted:
        return 1
    left, size = set(wanted), 0
    for text in texts:
        left -= set(_shingles(text, len(wanted[0])))
        size += len(text.split())
        if 10 * len(left) <= len(set(wanted)):
            return max(size, 1)
    return 0


def _shingles(text: str, size: int = SHINGLE) -> list[tuple[str, ...]]:
    said = re.findall(r"\w+", re.sub(r"(?m)^[ \t]*(?:>[ \t]?)+", "", text).casefold())
    size = min(size, len(said))
    return [tuple(said[at : at + size]) for at in range(len(said) - size + 1)] if size else []


def _fields(head: re.Match[str]) -> dict[str, str]:
    fields = {"from": head["from"].strip(" *")}
    for line in head["rest"].split("\n"):
        name, _, value = line.replace("：", ":").partition(":")
        for own, names in NAMES.items():
            if names.match(name.strip(" *")):
                fields.setdefault(own, value.strip(" *"))
    return fields


def _unsigned(text: str, found: Own, author: str) -> str:
    """The text without the signature at its end, or above what it repeats; a rule within it is none."""
    text = _programs(text, found)
    end = next((one.start() for one in BLOCK.finditer(text) if not _answered(text, one.end())), len(text))
    own, rest = text[:end], text[end:]
    mark = None
    for mark in SIGNATURE.finditer(own):  # noqa: B007 (the last one)
        pass
    if mark is None:
        return text
    below = own[mark.end() :].strip()
    if below.count("\n") >= SIGNED[0] or len(below) > SIGNED[1] or not (mark[0] == "-- " or _signs(below, author)):
        return text
    if below:
        found.left.append(("signatures", below))
    return f"{own[: mark.start()].rstrip()}\n\n{rest.lstrip()}" if rest.strip() else own[: mark.start()]


def _signs(below: str, author: str) -> bool:
    """Whether a few lines say who signs, or how to reach them."""
    lines = below.split("\n")
    if len(lines) > CARD[0] or max(map(len, lines)) > CARD[1]:
        return False
    names = set(re.findall(r"[^\W\d_]{2,}", author.casefold()))
    return bool(names & set(re.findall(r"[^\W\d_]{2,}", below.casefold()))) or REACHED.search(below) is not None


def _programs(text: str, found: Own) -> str:
    """The text without the line that a phone or a program of mail puts below it."""
    lines = text.split("\n")
    kept = []
    for number, line in enumerate(lines):
        alone = (
            not "".join(lines[number + 1 : number + 2]).strip() or "".join(lines[number + 1 : number + 2])[:1] == ">"
        )
        if alone and len(line) < 120 and DEVICE.search(line) and PROGRAM.fullmatch(line.strip()):
            found.left.append(("signatures", line.strip()))
        else:
            kept.append(line)
    return text if len(kept) == len(lines) else re.sub(r"\n{3,}", "\n\n", "\n".join(kept))


def unflowed(text: str, delsp: bool = False) -> str:
    """Paragraphs of `format=flowed` (RFC 3676) on one line each; quoted lines stay as they are."""
    written: list[str] = []
    open_ = False
    for line in text.split("\n"):
        bare = line.removeprefix(" ") if line.startswith((" >", " From", "  ")) else line
        flows = bare.endswith(" ") and bare != "-- " and not bare.startswith(">")
        if open_ and not bare.startswith(">") and bare != "-- ":
            written[-1] += bare
        else:
            written.append(bare)
        if flows and delsp:
            written[-1] = written[-1][:-1]
        open_ = flows
    return "\n".join(line if line == "-- " else line.rstrip(" ") for line in written)
