"""
Whose words the text of a mail are: the author's own, those of others that a reply repeats, those that are forwarded.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

REPLY = re.compile(r"^\s*(?:re|aw|antw|sv|vs|odp|ynt|r|回复|回覆|答复|返信)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
FORWARD = re.compile(r"^\s*(?:fwd?|wg|tr|rv|i|doorst|vb|转发|轉寄|転送)\s*[:：]", re.IGNORECASE)
WROTE = re.compile(
    r"(?:^|\n)[ \t]*(?:On|Am|Le|El|Il|Op|Em|Den|Dne|W dniu|Vào|在|于)[^\n]{5,300}(?:\n[^\n>]{1,200}){0,2}"
    r"[:：][ \t]*\n+(?=>)"
)
BLOCK = re.compile(rf"(?:{WROTE.pattern})?(?P<lines>(?:^[ \t]?>.*$\n?)+)", re.MULTILINE)
RULE = r"(?:[ \t]*(?:[-_*=—]{4,}|-{2,}[^\n]{3,60}-{2,})[ \t]*\n\s*)?"
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
    r"^[ \t]*-{2,}\s*(?:Original(?: Message|nachricht)?|Forwarded message|Ursprüngliche Nachricht|Message d'origine"
    r"|Mensaje original|Messaggio originale|Weitergeleitete Nachricht|Begin forwarded message)\s*-{0,}[ \t]*:?[ \t]*$",
    re.MULTILINE | re.IGNORECASE,
)
NAMES = {
    "date": re.compile(r"Sent|Date|Gesendet|Datum|Envoyé|Enviad|Fecha|Data|Inviato|Verzonden|Дата|送信|发送", re.I),
    "subject": re.compile(
        r"Subject|Betreff|Objet|Asunto|Assunto|Oggetto|Onderwerp|Ämne|Emne|Temat|Тема|件名|主题", re.I
    ),
}
SIGNATURE = re.compile(r"^-- $", re.MULTILINE)  # with its space: without it, it is a rule
SIGNED = (8, 500)  # lines and characters of a signature at most


@dataclass(slots=True)
class Own:
    """A message taken apart."""

    text: str
    forwarded: str = ""
    fields: dict[str, str] = field(default_factory=dict)  # of what is forwarded: from, date, subject
    left: list[tuple[str, str]] = field(default_factory=list)


Held = Callable[[str], bool]  # whether another mail that is read says these words of a quotation


def nowhere(words: str) -> bool:
    """A `Held` for a mail that came alone: nothing that it repeats stands elsewhere."""
    return False


def own_words(text: str, subject: str, answers: bool, held: Held = nowhere) -> Own:
    """
    A message without what it repeats from others and its signature; what it forwards is taken apart from it.

    What it repeats is left out only where another mail holds it; else it stays, each of its lines behind a ">".
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
                _below(others, head.end() - start if head else 0, found, held)
                return found
            if others.strip():  # the answer may stand below
                found.text = text
    found.text = _unsigned(found.text, found).strip()
    return found


def _below(others: str, head: int, found: Own, held: Held) -> None:
    """What stands below a message under the head of another: left out if that is read, too; else marked as quoted."""
    found.text = _unsigned(found.text, found).strip()
    if held(others[head:]):
        found.left.append(("what replies repeat", others.strip()))
    else:
        quoted = "\n".join(f"> {line}".rstrip() for line in others.strip().split("\n"))
        found.text = "\n\n".join(filter(None, (found.text, quoted)))


def _unquoted(text: str, found: Own, held: Held) -> str:
    """The text without the quotations that another mail holds, each with the line that says whose words follow."""

    def kept(block: re.Match[str]) -> str:
        words = "\n".join(re.sub(r"^[ \t]?(?:>[ \t]?)+", "", line) for line in block["lines"].split("\n"))
        if not held(words):
            return block[0]
        found.left.append(("what replies repeat", " ".join(block["lines"].split())[:200]))
        return "\n"

    own = BLOCK.sub(kept, text)
    return re.sub(r"\n{3,}", "\n\n", own) if len(own) != len(text) else text


SHINGLE = 4  # words in a row that are looked for


def holds(words: str, texts: Iterable[str]) -> bool:
    """Whether nearly all of these words, four in a row, stand in the texts, however they are broken into lines."""
    wanted = _shingles(words)
    if not wanted:
        return True
    left = set(wanted)
    for text in texts:
        left -= set(_shingles(text, len(wanted[0])))
        if 10 * len(left) <= len(set(wanted)):
            return True
    return False


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


def _unsigned(text: str, found: Own) -> str:
    """The text without the signature at its end; a rule within it is none."""
    mark = None
    for mark in SIGNATURE.finditer(text):  # noqa: B007 (the last one)
        pass
    if mark is None:
        return text
    below = text[mark.end() :].strip()
    if below.count("\n") >= SIGNED[0] or len(below) > SIGNED[1]:
        return text
    if below:
        found.left.append(("signatures", below))
    return text[: mark.start()]


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
