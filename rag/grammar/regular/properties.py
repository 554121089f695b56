r"""
Unicode properties (`\p{Lu}`, `\p{Script=Greek}`, `\p{Emoji}`) as sets of characters.

General categories are those of Python's own tables, so that grammar, judge and `unicodedata` agree; scripts, script
extensions and binary properties are those of the `regex` library. Names are those of ECMA-262, in any case and with
any underscores.
"""

from __future__ import annotations

from functools import cache

from rag.gbnf.ranges import ANY, Ranges, common, union, without

_PLANES = ((0, 0x33480), (0xE0000, 0xE1000), (0xF0000, 0x110000))  # between them no character is assigned
_CATEGORIES = {
    **{"letter": "L", "casedletter": "LC", "uppercaseletter": "Lu", "lowercaseletter": "Ll", "titlecaseletter": "Lt"},
    **{"modifierletter": "Lm", "otherletter": "Lo", "mark": "M", "combiningmark": "M", "nonspacingmark": "Mn"},
    **{"spacingmark": "Mc", "enclosingmark": "Me", "number": "N", "decimalnumber": "Nd", "digit": "Nd"},
    **{"letternumber": "Nl", "othernumber": "No", "punctuation": "P", "punct": "P", "connectorpunctuation": "Pc"},
    **{"dashpunctuation": "Pd", "openpunctuation": "Ps", "closepunctuation": "Pe", "initialpunctuation": "Pi"},
    **{"finalpunctuation": "Pf", "otherpunctuation": "Po", "symbol": "S", "mathsymbol": "Sm", "currencysymbol": "Sc"},
    **{"modifiersymbol": "Sk", "othersymbol": "So", "separator": "Z", "spaceseparator": "Zs", "lineseparator": "Zl"},
    **{"paragraphseparator": "Zp", "other": "C", "control": "Cc", "cntrl": "Cc", "format": "Cf", "surrogate": "Cs"},
    **{"privateuse": "Co", "unassigned": "Cn"},
}
_CODES = {code.lower(): code for code in set(_CATEGORIES.values())}
_KEYS = {"gc": "gc", "generalcategory": "gc", "sc": "sc", "script": "sc", "scx": "scx", "scriptextensions": "scx"}


@cache
def characters(name: str) -> Ranges:
    """The characters that have a property, surrogates left out. Raises KeyError for what is no property."""
    key, equals, value = name.replace(" ", "").partition("=")
    plain = _plain(value if equals else key)
    kind = _KEYS.get(_plain(key), "") if equals else ""
    if equals and not kind:
        raise KeyError(name)
    code = _CATEGORIES.get(plain) or _CODES.get(plain)
    if kind == "gc" or (not equals and code):
        if code is None:
            raise KeyError(name)
        return _category(code)
    if not equals and plain in ("any", "assigned"):
        return ANY if plain == "any" else without(ANY, _category("Cn"))
    return _looked_up(f"{kind}={value}" if equals else key)


def _plain(name: str) -> str:
    return name.replace("_", "").replace("-", "").lower()


@cache
def _category(code: str) -> Ranges:
    wanted = ("Lu", "Ll", "Lt") if code == "LC" else (code,)
    return union(*[ranges for name, ranges in _categories().items() if name.startswith(wanted)])


@cache
def _categories() -> dict[str, Ranges]:
    """Each general category of two letters, by one look at every character."""
    from unicodedata import category

    runs: dict[str, list[tuple[int, int]]] = {}
    end = 0
    for start, stop in _PLANES:
        if start > end:
            runs.setdefault("Cn", []).append((end, start - 1))
        last, first = "", start
        for point, name in enumerate(map(category, map(chr, range(start, stop))), start):
            if name != last:
                if last:
                    runs.setdefault(last, []).append((first, point - 1))
                last, first = name, point
        runs.setdefault(last, []).append((first, stop - 1))
        end = stop
    return {name: common(ANY, tuple(ranges)) for name, ranges in runs.items()}


def _looked_up(name: str) -> Ranges:
    import regex  # type: ignore[import-untyped]

    try:
        found = regex.compile(rf"\p{{{name}}}+")
    except regex.error as error:
        raise KeyError(name) from error
    ranges: list[tuple[int, int]] = []
    for start, stop in ((0, 0xD800), (0xE000, 0x33480), (0xE0000, 0xE1000), (0xF0000, 0x110000)):
        text = "".join(map(chr, range(start, stop)))
        ranges += [(start + run.start(), start + run.end() - 1) for run in found.finditer(text)]
    return union(tuple(ranges))
