"""Running text of LaTeX as it is seen: accents and signs, fonts dropped, formulas left as they are written."""

from __future__ import annotations

import re
import unicodedata

from rag.sources.items import Left, untold

COMMAND = re.compile(r"\\([a-zA-Z@]+)\*?|\\(.)", re.DOTALL)
SPACE = re.compile(r"[ \t]*")
ACCENTS = {
    "'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "k": "\u0328",
    "r": "\u030a", "b": "\u0331", "d": "\u0323",
}  # fmt: skip
SIGNS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å",
    "i": "ı", "j": "ȷ", "S": "§", "P": "¶", "copyright": "©", "dag": "†", "ddag": "‡", "pounds": "£", "euro": "€",
    "EUR": "€", "texteuro": "€", "textbackslash": "\\", "textasciitilde": "~", "textasciicircum": "^", "textbar": "|",
    "textless": "<", "textgreater": ">", "textdegree": "°", "degree": "°", "textendash": "–", "textemdash": "—",
    "textquotedblleft": "“", "textquotedblright": "”", "textquoteright": "’", "textquoteleft": "‘", "textmu": "µ",
    "textregistered": "®", "texttrademark": "™", "textpm": "±", "texttimes": "×", "ldots": "…", "dots": "…",
    "textellipsis": "…", "LaTeX": "LaTeX", "TeX": "TeX", "today": "", "quad": " ", "qquad": " ", "space": " ",
    "newline": "\n", "linebreak": "\n", "par": "\n\n", "and": ",", "slash": "/", "guillemotleft": "«",
    "guillemotright": "»", "textperiodcentered": "·", "textbullet": "•", "celsius": "°C",
    "percent": "%",
    "nobreakspace": " ",
}  # fmt: skip
LOOKS = frozenset("""
    maketitle tableofcontents listoffigures listoftables centering raggedright raggedleft noindent indent newpage
    clearpage cleardoublepage pagebreak hfill vfill hline smallskip medskip bigskip bfseries itshape ttfamily scshape
    sffamily rmfamily normalfont em bf it tt sc small footnotesize scriptsize tiny normalsize large Large LARGE
    huge Huge
    appendix frontmatter mainmatter backmatter protect xspace item sloppy fussy printbibliography twocolumn onecolumn
    selectfont strut null relax leavevmode frenchspacing singlespacing onehalfspacing doublespacing toprule midrule
    bottomrule doclicenseThis ignorespaces
""".split())  # fmt: skip  # noqa: SIM905
# commands whose arguments say nothing to a reader -> how many there are
SILENT = {
    "label": 1, "vspace": 1, "hspace": 1, "usepackage": 1, "documentclass": 1, "pagestyle": 1, "thispagestyle": 1,
    "bibliographystyle": 1, "setlength": 2, "addtolength": 2, "setcounter": 2, "addtocounter": 2, "hypersetup": 1,
    "geometry": 1, "color": 1, "definecolor": 3, "graphicspath": 1, "newlength": 1, "pdfbookmark": 2, "index": 1,
    "phantom": 1, "vphantom": 1, "hphantom": 1, "rule": 2, "setstretch": 1, "selectlanguage": 1, "fontsize": 2,
    "enlargethispage": 1, "numberwithin": 2, "theoremstyle": 1, "PassOptionsToPackage": 2, "lstset": 1, "lstinline": 0,
    "addcontentsline": 3, "markboth": 2, "markright": 1, "nocite": 1, "newcounter": 1, "makeatletter": 0,
    "makeatother": 0, "captionsetup": 1, "sisetup": 1, "pagenumbering": 1, "renewcommand": 2, "newcommand": 2,
}  # fmt: skip
LAST = {
    "textcolor": 2,
    "colorbox": 2,
    "parbox": 2,
    "raisebox": 2,
    "resizebox": 3,
    "scalebox": 2,
    "foreignlanguage": 2,
    "fcolorbox": 3,
    "hyperlink": 2,
    "adjustbox": 2,
    "texorpdfstring": 1,
}  # fmt: skip  (the one that is shown, of these)
CODE = ("texttt", "code", "verb", "lstinline", "path", "mintinline")
DEEPEST = 25
FORMULA = 5000  # characters
OPERATORS = {
    "pm": "±", "times": "×", "cdot": "·", "leq?": "≤", "geq?": "≥", "neq?": "≠", "approx": "≈", "sim": "~", "circ": "°",
    "mu": "µ", "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "sigma": "σ", "lambda": "λ",
    "pi": "π", "chi": "χ",
    "rightarrow": "→", "to": "→", "infty": "∞", "ldots": "…",
}  # fmt: skip


def balanced(text: str, at: int) -> tuple[str, int]:
    """(what stands in the braces that open at `at`, where they end); to the end of the text if they never do."""
    depth, place = 0, at
    while place < len(text):
        sign = text[place]
        if sign == "\\":
            place += 2
            continue
        depth += (sign == "{") - (sign == "}")
        place += 1
        if not depth:
            return text[at + 1 : place - 1], place
    return text[at + 1 :], len(text)


def inline(text: str, left: Left = untold, level: int = 0) -> str:
    """The text without its commands; what is in the braces of one that is not known stays."""
    if level > DEEPEST:
        return text
    found: list[str] = []
    at = 0
    for stop in re.finditer(r"[\\${}~]|--+|``|''", text):
        if stop.start() < at:
            continue
        found.append(text[at : stop.start()])
        sign, at = stop[0], stop.end()
        if sign == "$":
            piece, at = _formula(text, stop.start())
            found.append(piece)
        elif sign == "\\":
            piece, at = _command(text, stop.start(), left, level)
            found.append(piece)
        else:
            found.append({"~": " ", "``": "“", "''": "”", "--": "–", "---": "—", "{": "", "}": ""}.get(sign, sign))
    found.append(text[at:])
    return unicodedata.normalize("NFC", "".join(found)) if any(map(_combines, found)) else "".join(found)


def _combines(piece: str) -> bool:
    return any("\u0300" <= sign <= "\u036f" for sign in piece) if not piece.isascii() else False


def _formula(text: str, at: int) -> tuple[str, int]:
    """A formula with its dollars, as it is written; a dollar without another is itself."""
    mark = "$$" if text.startswith("$$", at) else "$"
    start = end = at + len(mark)
    while (end := text.find(mark, end, start + FORMULA)) > 0 and text[end - 1] == "\\":
        end += 1
    if end < 0 or "\n\n" in text[start:end]:
        return mark, start
    return _readable(text[start:end]) or text[at : end + len(mark)], end + len(mark)


def _readable(formula: str) -> str:
    """A formula that is a number, a sign or a comparison, as plain text; "" for any other."""
    for command, sign in OPERATORS.items():
        formula = re.sub(rf"\\{command}(?![a-zA-Z])", sign, formula)
    formula = re.sub(r"\^\{?°\}?", "°", formula.replace("\\,", " ").replace("\\%", "%").replace("{,}", ","))
    return "" if re.search(r"[\\^_{}&\n]", formula) else formula.strip()


def _command(text: str, at: int, left: Left, level: int) -> tuple[str, int]:
    """What a command shows, and where the text goes on."""
    match = COMMAND.match(text, at)
    if not match:
        return "\\", at + 1
    name, sign, end = match[1], match[2], match.end()
    if name is None:
        return _sign(text, sign, end)
    if name in ("verb", "lstinline") and text[end : end + 1] not in ("", "{", "["):
        stop = text.find(text[end], end + 1, end + FORMULA)
        return (f"`{text[end + 1 : stop]}`", stop + 1) if stop > 0 else (text[at:end], end)
    if name in ACCENTS and len(name) == 1 and (text[end : end + 1] == "{" or text[end : end + 1].isspace()):
        return _accent(text, name, end)
    if name in SIGNS:
        gap = end + 2 if text.startswith("{}", end) else SPACE.match(text, end).end()  # type: ignore[union-attr]
        return SIGNS[name], gap
    if name in LOOKS:
        return "", SPACE.match(text, end).end()  # type: ignore[union-attr]
    if name in ("begin", "end"):
        return "", balanced(text, end)[1] if text[end : end + 1] == "{" else end
    options, said, end = _arguments(text, end, SILENT.get(name, LAST.get(name, 2 if name == "href" else 9)))
    if name in SILENT:
        return "", end
    return _shown(text[at:end], name, options, said, left, level), end


def _sign(text: str, sign: str, end: int) -> tuple[str, int]:
    if sign in ACCENTS and (text[end : end + 1] == "{" or text[end : end + 1].isalpha() or text[end : end + 1] == "\\"):
        return _accent(text, sign, end)
    if sign in "([":
        close = text.find("\\)" if sign == "(" else "\\]", end, end + FORMULA)
        if close > 0:
            inside = text[end:close].strip()
            plain = _readable(inside) if sign == "(" else ""
            return plain or (f"${inside}$" if sign == "(" else f"$$\n{inside}\n$$"), close + 2
    if sign == "\\":
        skipped = re.compile(r"\*?[ \t]*(?:\[[^\[\]\n]{0,20}\])?").match(text, end)
        return "\n", skipped.end() if skipped else end
    return {",": " ", ";": " ", ":": " ", "!": "", "/": "", "-": "", "@": "", "~": " ", "\n": " ", " ": " "}.get(
        sign, sign
    ), end


def _accent(text: str, sign: str, end: int) -> tuple[str, int]:
    """A letter with its accent, as one character where there is one."""
    end = SPACE.match(text, end).end()  # type: ignore[union-attr]
    letter, after = balanced(text, end) if text[end : end + 1] == "{" else (text[end : end + 1], end + 1)
    if letter.startswith("\\") or letter == "\\":
        found = COMMAND.match(text, end if letter == "\\" else end + 1)
        letter = (found[1] or found[2]) if found else ""
        after = max(after, found.end() if found else after)
    letter = letter.strip()
    return (letter[:1] + ACCENTS[sign] + letter[1:] if letter else ""), after


def _arguments(text: str, at: int, most: int) -> tuple[list[str], list[str], int]:
    """(options in brackets, arguments in braces, where they end) of a command."""
    options: list[str] = []
    said: list[str] = []
    while at < len(text) and len(said) < most:
        if text[at] == "[" and not said:
            close = text.find("]", at, at + 500)
            if close < 0:
                break
            options.append(text[at + 1 : close])
            at = close + 1
        elif text[at] == "{":
            inside, at = balanced(text, at)
            said.append(inside)
        else:
            break
    return options, said, at


def _shown(whole: str, name: str, options: list[str], said: list[str], left: Left, level: int) -> str:
    shown = [inline(one, left, level + 1) for one in said]
    if not said:
        return whole  # a macro of the document's own, perhaps: it stays as it is written
    if "cite" in name.lower():
        keys = ", ".join(part.strip() for part in said[-1].split(","))
        return f"[{', '.join(filter(None, [keys, *(inline(one, left, level + 1) for one in options)]))}]"
    if name in CODE:
        return f"`{shown[-1]}`" if "`" not in shown[-1] and shown[-1].strip() else shown[-1]
    if name == "href":
        return f"{shown[1]} ({said[0]})" if len(shown) > 1 else shown[0]
    if name in ("url", "nolinkurl"):
        return said[0]
    if name in ("footnote", "thanks", "footnotetext"):
        return f" ({shown[0].strip()})"
    if name in ("caption", "captionof"):
        return f"\n\n{' '.join(shown[-1].split())}\n\n"
    if name in ("SI", "qty", "SIrange", "numrange"):
        return " ".join(part.replace("\\", " ").strip() for part in said)
    if name in ("ref", "cref", "Cref", "autoref", "eqref", "pageref", "vref"):
        return f"[{said[0]}]"
    if name in LAST:
        return shown[min(LAST[name], len(shown)) - 1]
    return " ".join(part for part in shown if part) if len(shown) > 1 else shown[0]
