"""
Tables of what was paid: two columns of money out and in as one signed amount, a day and its words that share a column,
and the rows that only carry a balance or a sum over.

    Money out   Money in   Balance        02.03. Miete Hausverwaltung Riedl      BALANCE BROUGHT FORWARD

Rules only; nothing here asks a model.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from rag.dates import dates, days
from rag.extract.fields import Field, in_words
from rag.extract.grids import Grid

FEW, LONGEST = 2, 60  # rows of a column that is two; characters of a cell that carries over
OUT = re.compile(
    r"(?:(?:money|paid|payments?|cash) out|outgoings?|withdrawals?|debits?|spent|expenses?|expenditures?|soll|ausgaben?"
    r"|abgang|belastung(?:en)?|lastschrift(?:en)?|débits?|dépenses?|sorties?|cargos?|gastos?|salidas?|debe|addebit[oi]"
    r"|uscit[ae]|dare|af|uitgaven|debet|utgifter|ut|udgifter)",
    re.IGNORECASE,
)
IN = re.compile(
    r"(?:(?:money|paid|payments?|cash) in|deposits?|credits?|received|receipts?|income|haben|einnahmen?|zugang"
    r"|gutschrift(?:en)?|crédits?|recettes?|entrées?|abonos?|ingresos?|entradas?|haber|accredit[oi]|entrat[ae]|avere"
    r"|bij|ontvangsten|kredit|inkomster|in|indtægter|inntekter)",
    re.IGNORECASE,
)
UNIT = re.compile(r"\(.*?\)|\b(?:CHF|EUR|USD|GBP|SEK|NOK|DKK)\b|[€$£]|\bin (?=€|EUR)")
CARRIED = re.compile(
    r"(?:(?:(?:balance|total|amount|sum)\s)?(?:brought|carried)\s(?:forward|down|over)|b/?f|c/?f"
    r"|(?:opening|closing|previous|starting|ending|final) balance|sub-?totals?|zwischensumme|sous-total|subtotale?"
    r"|subtotaal|(?:alter|neuer|anfangs|end) ?-?(?:konto)?(?:stand|saldo)|(?:anfangs|end)(?:bestand|saldo|stand)"
    r"|saldovortrag|übertrag|vortrag|(?:ancien|nouveau) solde|solde (?:initial|final|précédent|reporté|à nouveau)"
    r"|report|à reporter|à nouveau|saldo (?:anterior|inicial|final|nuevo|iniziale|finale|precedente)|suma y sigue"
    r"|riporto|a riportare|(?:begin|eind)saldo|(?:vorig|nieuw) saldo|transport)"
    r"(?:\s(?:(?:from|to|of|for|as at|on|vom|am|zum|auf|von|du|au|de|del|al|van|op"
    r"|per)\s)?[\w./-]{1,12}(?:\s[\w./-]{1,12}){0,2})?",
    re.IGNORECASE,
)
WORDED = re.compile(r"[^\W\d_]{3}")


def signed(grid: Grid, wanted: Sequence[Field]) -> Grid:
    """The table with the columns of money out and in as one, where one amount is asked for: less than zero is out."""
    amounts = [one for one in wanted if one.kind == "number" and "amount" in one.units]
    heads = [UNIT.sub("", head).strip(" .:") for head in grid.heads]
    out = [n for n, head in enumerate(heads) if OUT.fullmatch(head)]
    into = [n for n, head in enumerate(heads) if IN.fullmatch(head)]
    apart = any(OUT.fullmatch(in_words(one.key[1])) or IN.fullmatch(in_words(one.key[1])) for one in wanted)
    if len(amounts) != 1 or len(out) != 1 or len(into) != 1 or apart:
        return grid
    first, last = sorted((out[0], into[0]))

    def one_amount(row: Sequence[str]) -> str:
        spent, got = (row[n].strip("-–—−+ ") for n in (out[0], into[0]))
        return f"-{spent}" if spent else got

    rows = [(*row[:first], one_amount(row), *row[first + 1 : last], *row[last + 1 :]) for row in grid.rows]
    return replace(
        grid, heads=(*heads[:first], amounts[0].key[1], *heads[first + 1 : last], *heads[last + 1 :]), rows=tuple(rows)
    )


def parted(grid: Grid, wanted: Sequence[Field]) -> Grid:
    """The table with a column of a day and words in each cell as two columns, where a day is asked for."""
    if not any(one.kind == "date" or "date" in one.units for one in wanted):
        return grid
    for n, head in enumerate(grid.heads):
        said = [row[n] for row in grid.rows if not is_carried(row)]
        ends = [_day_end(cell) for cell in said]
        if len(said) < FEW or not all(ends):
            continue
        first, _, rest = head.partition(" ")
        rows = [
            (*row[:n], row[n][: _day_end(row[n])], row[n][_day_end(row[n]) :].strip(), *row[n + 1 :])
            for row in grid.rows
        ]
        return replace(grid, heads=(*grid.heads[:n], first, rest or "text", *grid.heads[n + 1 :]), rows=tuple(rows))
    return grid


def _day_end(cell: str) -> int:
    """Where the day ends that a cell begins with, if words follow; else 0."""
    ends = [when.end for when in dates(cell) if when.start == 0] + [day.end for day in days(cell) if day.start == 0]
    if not ends and (said := re.match(r"\d{1,2}\.\d{1,2}\.(?=\s)", cell)):
        ends = [said.end()]
    return max(ends) if ends and WORDED.search(cell, max(ends)) else 0


def is_carried(cells: Sequence[str]) -> bool:
    """Whether a row only carries a balance or a sum over: "BALANCE BROUGHT FORWARD", "Neuer Kontostand vom 31.03."."""
    return any(len(cell) <= LONGEST and CARRIED.fullmatch(cell.strip(" *_-")) is not None for cell in cells)


__all__ = ["is_carried", "parted", "signed"]
