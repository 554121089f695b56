"""
Raised and lowered characters, and formulas, as running text that says the same: 10⁶, CO₂, x^(n+1), (a+b)/2.

A raised digit that is set on the line makes another number of it. What Unicode has raised is written so, ordinals stay
as they are read (1st, nᵒ), the rest is marked: `^(…)` above the line, `_(…)` below it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

HIGH = dict(
    zip("0123456789+-−–=()abcdefghijklmnoprstuvwxyz", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", strict=True)
)
LOW = dict(zip("0123456789+-−–=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", strict=True))
ORDINAL = re.compile(r"st|[nr]d|th|[em]re?|[èe]me|e?s|m?mes?|m?lle|[aorde]s?|te|ter|tm|sm|[™®℠©ºª]", re.IGNORECASE)
MARK = re.compile(r"[\w*†‡§¶#]{1,6}(?:[,–-][\w*†‡§]{1,6})*")
INVISIBLE = re.compile("[\u00ad\u200b\u2060\ufeff]")  # where a word may be divided, and where not
DEEPEST = 60


def high(text: str) -> str:
    """Raised text on the line."""
    if ORDINAL.fullmatch(text) or text[:1] in "[*†‡§¶⁰¹²³⁴⁵⁶⁷⁸⁹":
        return text
    return _marked(text, HIGH, "^")


def low(text: str) -> str:
    """Lowered text on the line."""
    return _marked(text, LOW, "_")


def note(text: str) -> str:
    """The mark of a note, which is no part of the word or number before it."""
    return f"[{text}]" if MARK.fullmatch(text) else text


def _marked(text: str, table: dict[str, str], mark: str) -> str:
    if not text or len(text.split()) > 3:
        return f" {text}" if text else ""
    if all(character in table for character in text) and (len(text) < 4 or not text.isalpha()):
        return "".join(table[character] for character in text)
    return f"{mark}{text}" if len(text) == 1 else f"{mark}({text})"


def formula(element: Element) -> str:
    """A formula of MathML or of Word (OMML) on one line; the TeX that it was made from, if it carries that."""
    for part in element.iter():
        if _name(part) == "annotation" and "tex" in (part.get("encoding") or "").lower() and part.text:
            return f"${part.text.strip()}$"
    return " ".join(_written(element, 0).split())


def _name(element: Element) -> str:
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _written(element: Element, depth: int) -> str:
    name = _name(element)
    if depth > DEEPEST:
        return "".join(element.itertext())
    parts = [part for part in element if _name(part) and not _name(part).endswith("Pr")]
    # of MathML, the parts count by their place; of OMML, by their names
    named = {_name(part): _written(part, depth + 1) for part in parts} if name in BY_NAME else {}
    if named:
        return _office(name, named, element)
    texts = [_written(part, depth + 1) for part in parts if _name(part) not in ("annotation", "annotation-xml")]
    if name in ("msup", "mover") and len(texts) == 2:
        return texts[0] + (high(texts[1]) if name == "msup" else f"^{_group(texts[1])}")
    if name in ("msub", "munder") and len(texts) == 2:
        return texts[0] + low(texts[1])
    if name in ("msubsup", "munderover") and len(texts) == 3:
        return texts[0] + low(texts[1]) + high(texts[2])
    if name == "mfrac" and len(texts) == 2:
        return f"{_group(texts[0])}/{_group(texts[1])}"
    if name == "mroot" and len(texts) == 2:
        return f"{high(texts[1])}√{_group(texts[0])}"
    if name == "msqrt":
        return f"√{_group(''.join(texts))}"
    if name == "mfenced":
        return f"{element.get('open') or '('}{', '.join(texts)}{element.get('close') or ')'}"
    if name in ("mtable", "eqArr", "m") and texts:
        return "; ".join(texts)
    if name in ("mtr", "mr"):
        return ", ".join(texts)
    if name == "mspace":
        return " "
    if texts:
        return "".join(texts)
    own = element.text or ""
    return own.strip() if name.startswith("m") and name != "mtext" else own


BY_NAME = frozenset(["sSup", "sSub", "sSubSup", "sPre", "f", "rad", "nary", "d", "func", "limLow", "limUpp"])


def _sign(element: Element, name: str, usual: str) -> str:
    """A sign that a structure of OMML is drawn with: its operator or bracket."""
    for part in element.iter():
        if _name(part) == name:
            return next(iter(part.attrib.values()), "")
        if _name(part) in ("e", "sub", "sup"):
            break
    return usual


def _office(name: str, named: dict[str, str], element: Element) -> str:
    """A structure of OMML from its named parts."""
    base, top, below = named.get("e", ""), named.get("sup", ""), named.get("sub", "")
    if name == "f":
        return f"{_group(named.get('num', ''))}/{_group(named.get('den', ''))}"
    if name == "rad":
        return f"{high(named.get('deg', ''))}√{_group(base)}"
    if name == "d":
        return f"{_sign(element, 'begChr', '(')}{base}{_sign(element, 'endChr', ')')}"
    if name == "func":
        return f"{named.get('fName', '')} {base}"
    if name in ("limLow", "limUpp"):
        return base + (low if name == "limLow" else high)(named.get("lim", ""))
    if name == "nary":
        return f"{_sign(element, 'chr', '∫')}{low(below)}{high(top)} {base}"
    return base + low(below) + high(top)


def _group(text: str) -> str:
    return text if len(text) < 2 or re.fullmatch(r"[\w.]+|\(.*\)", text) else f"({text})"
