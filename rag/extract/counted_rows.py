"""
Rows that a sentence tells, each with how much of what, and its code in brackets or what one costs.

    20 boxes of screws M6 (code VX-M6) at 7.90 each, 5 drills (code TC-16) at 310 each
    It contains 8 % sodium hydroxide (CAS 1310-73-2) and 3 % glucoside (CAS 68515-73-1)

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from rag.extract.fields import Field
from rag.extract.items import COUNTS, PRICED, Row
from rag.extract.lexicon import bag, units
from rag.extract.matching import asks_percent

FEW, MANY = 2, 40
CODES = bag("code number sku cas article reference isbn ean")  # of a field that asks for what stands in the brackets
SUMS = bag("total subtotal tax")
WORD = r"(?=[^\s(),;:]*[^\W\d_])[^\s(),;:]+"  # with a letter in it, so that no number stands within a name
ROW = re.compile(
    r"(?<![\w.,/-])(?P<amount>\d{1,5}(?:[.,]\d{1,3})?(?P<percent>\s?%)?)\s"
    rf"(?:(?:of|de|di|von|van)\s|d['’])?(?P<name>{WORD}(?:\s{WORD}){{0,7}}?)"
    r"(?P<inside>\s\((?:(?P<label>[^\W\d_][\w.-]*(?:\s[^\W\d_]+\.?){0,2}?)[\s:.]{1,2})?(?P<code>(?=[\w./-]*\d)[\w./-]{2,24})\))?"
    r"(?:,?\s(?:at|(?P<je>(?:(?:zu|für)\s)?je)|zu|für|à|a|por|per|voor|för|til|for)\s(?:[€$£]\s?|(?:EUR|USD|GBP|CHF)\s)?"
    r"(?P<price>\d[\d.,]*\d|\d)(?:\s?(?:[€$£]|EUR|USD|GBP|CHF|euros?|dollars?|pounds|francs?|franken)(?!\w))?"
    r"(?P<each>\s(?:each|apiece|a piece|per|das Stück|je|pro|l['’]un[oa]?|pièce|l['’]unité|chacune?|cada un[oa]|cadauno"
    r"|la unidad|per stuk|elk|cada))?(?!\s?%))?"
    r"(?(inside)|(?(price)|(?!)))(?=[\s,;.)]|\Z)",  # one of both
    re.IGNORECASE,
)


def counted_rows(text: str, wanted: Sequence[Field]) -> list[Row]:
    """The rows of sentences that say an amount, a name, and a code or a price of each; [] if fewer than two."""
    amount = next((one for one in wanted if _asks_amount(one)), None)
    code = next((one for one in wanted if one.kind == "text" and (one.units | one.words) & CODES), None)
    price = next((one for one in wanted if one.kind == "number" and one.units & PRICED and not one.units & SUMS), None)
    taken = (amount, code, price)
    name = next((one for one in wanted if one.kind == "text" and one not in taken and not one.wants), None)
    if amount is None or name is None or not (code or price):
        return []
    rows: list[Row] = []
    for match in ROW.finditer(" ".join(text.split())):
        if bool(match["percent"]) != _is_share(amount) or not _tells(match, code, price):
            continue
        row: Row = {amount.key[1]: [match["amount"]], name.key[1]: [match["name"]]}
        if code and match["code"]:
            row[code.key[1]] = [match["code"]]
        if price and match["price"]:
            row[price.key[1]] = [match["price"]]
        rows.append(row)
    return rows[:MANY] if len(rows) >= FEW else []


def _asks_amount(one: Field) -> bool:
    """Whether a field asks how many, or which share."""
    return (
        one.kind in ("number", "text")
        and not one.units & (PRICED | CODES)
        and (bool(one.units & COUNTS) or _is_share(one))
    )


def _is_share(one: Field) -> bool:
    return asks_percent(one) or "percent" in one.units


def _tells(match: re.Match[str], code: Field | None, price: Field | None) -> bool:
    """Whether a row says its code, or what one of it costs: "(code TC-16)", "at 310 each"."""
    label = units(match["label"] or "")
    coded = (
        code is not None
        and match["code"] is not None
        and (not label or bool(label & (code.units | code.words | CODES)))
    )
    return coded or (price is not None and match["price"] is not None and bool(match["each"] or match["je"]))


__all__ = ["counted_rows"]
