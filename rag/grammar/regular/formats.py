"""
The formats of JSON Schema as patterns: what the grammar writes for them.

Each is a part of what its standard allows, never more: `rag.grammar.schema.validation` judges with other means, and
the tests hold the two together. A format that is not here is a remark, as the standard says, and constrains nothing.
"""

from __future__ import annotations

_YEAR = "(?:[0-9]{3}[1-9]|[0-9]{2}[1-9]0|[0-9][1-9]00|[1-9]000)"
_LEAP = "(?:0[48]|[2468][048]|[13579][26])"
_DATE = (
    f"(?:{_YEAR}-(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)"
    f"|02-(?:0[1-9]|1[0-9]|2[0-8]))|(?:[0-9]{{2}}{_LEAP}|{_LEAP}00)-02-29)"
)
_TIME = r"(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{1,9})?(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_CLOCK = "T(?:[0-9]+H(?:[0-9]+M(?:[0-9]+S)?)?|[0-9]+M(?:[0-9]+S)?|[0-9]+S)"
_DURATION = f"P(?:[0-9]+W|(?:[0-9]+Y(?:[0-9]+M(?:[0-9]+D)?)?|[0-9]+M(?:[0-9]+D)?|[0-9]+D)(?:{_CLOCK})?|{_CLOCK})"
_ATOM = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]"
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_SHORT = "[A-Za-z0-9](?:[A-Za-z0-9-]{0,22}[A-Za-z0-9])?"
_HOST = rf"(?:{_SHORT}(?:\.{_SHORT}){{0,9}}|{_LABEL}(?:\.{_LABEL}){{0,2}})"
_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_IPV4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
_H = "[0-9A-Fa-f]{1,4}"
_IPV6 = (
    "(?:"
    + "|".join(
        [f"(?:{_H}:){{7}}{_H}", f"(?:{_H}:){{6}}{_IPV4}"]
        + [
            f"(?:{_H}(?::{_H}){{0,{n - 1}}})?::(?:{_H}(?::{_H}){{0,{6 - n}}})?".replace("{0,0}", "{0}")
            for n in range(1, 7)
        ]
        + [f"(?:{_H}:){{6}}{_H}::", f"::(?:{_H}:){{0,5}}{_IPV4}"]
        + [f"(?:{_H}:){{{n}}}:(?:{_H}:){{0,{5 - n}}}{_IPV4}".replace("{0,0}", "{0}") for n in range(1, 6)]
    )
    + ")"
)
# international names: no hyphens side by side, for those at the third place say what we cannot follow
_PIECE = "[A-Za-z0-9]{1,15}(?:-[A-Za-z0-9]{1,15}){0,2}"
_IDN = rf"{_PIECE}(?:\.{_PIECE}){{0,4}}"
_PCHAR = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@-]|%[0-9A-Fa-f]{2})"
_QUERY = r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*"
_USER = r"(?:[A-Za-z0-9._~!$&'()*+,;=:-]|%[0-9A-Fa-f]{2})*@"
_NAME = r"(?:[A-Za-z0-9._~!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*"
_AUTHORITY = rf"(?:{_USER})?(?:{_NAME}|\[{_IPV6}\])(?::[0-9]{{0,5}})?"
_TAIL = rf"(?:\?{_QUERY})?(?:#{_QUERY})?"
_SCHEME = "[A-Za-z][A-Za-z0-9+.-]*:"
_ROOTED = rf"/(?:{_PCHAR}+(?:/{_PCHAR}*)*)?"
_URI = rf"{_SCHEME}(?://{_AUTHORITY}(?:/{_PCHAR}*)*|{_ROOTED}|{_PCHAR}+(?:/{_PCHAR}*)*|){_TAIL}"
_NO_COLON = r"(?:[A-Za-z0-9._~!$&'()*+,;=@-]|%[0-9A-Fa-f]{2})"
_RELATIVE = rf"(?://{_AUTHORITY}(?:/{_PCHAR}*)*|{_ROOTED}|{_NO_COLON}+(?:/{_PCHAR}*)*|){_TAIL}"
_POINTER = "(?:/(?:[^~/]|~[01])*)*"
_VARIABLE = r"[A-Za-z0-9_]+(?:\.[A-Za-z0-9_]+)*(?::[1-9][0-9]{0,3}|\*)?"
_TEMPLATE = rf"(?:[A-Za-z0-9._~!$&()*+,;=:@/?#\[\]-]|%[0-9A-Fa-f]{{2}}|\{{[+#./;?&]?{_VARIABLE}(?:,{_VARIABLE})*\}})*"
_UCS = "[\u00a1-\u167f\u1681-\u1fff\u2030-\u205e\u2070-\u2fff\u3001-\ud7ff]"  # letters of all scripts; no blanks


def _international(uri: str, *more: str) -> str:
    """A URI with letters of all scripts in its host, path, query and fragment."""
    for part in (_PCHAR, _NO_COLON, _QUERY[:-1], _NAME[:-1], *more):
        uri = uri.replace(part, f"(?:{part}|{_UCS})")
    return uri


PATTERNS: dict[str, str] = {
    name: f"^(?:{pattern})$"
    for name, pattern in {
        "date": _DATE,
        "time": _TIME,
        "date-time": f"{_DATE}[Tt]{_TIME}",
        "duration": _DURATION,
        "email": rf"{_ATOM}+(?:\.{_ATOM}+)*@{_HOST}",
        "idn-email": rf"(?:{_ATOM}|{_UCS})+(?:\.(?:{_ATOM}|{_UCS})+)*@{_IDN}",
        "hostname": _HOST,
        "idn-hostname": _IDN,
        "ipv4": _IPV4,
        "ip-address": _IPV4,
        "ipv6": _IPV6,
        "uuid": "[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}",
        "uri": _URI,
        "iri": _international(_URI),
        "uri-reference": f"(?:{_URI}|{_RELATIVE})",
        "iri-reference": _international(f"(?:{_URI}|{_RELATIVE})"),
        "uri-template": _TEMPLATE,
        "json-pointer": _POINTER,
        "relative-json-pointer": rf"(?:0|[1-9][0-9]*)(?:#|{_POINTER})",
    }.items()
}
# the same in few states, for where it has to end or a length has to be counted beside
_LEAN_HOST = "[A-Za-z0-9]+(?:-+[A-Za-z0-9]+)*"
_LEAN_PATH = "(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*"
_LEAN_TAIL = rf"(?:\?{_QUERY})?(?:#{_QUERY})?"
_LEAN_START = rf"{_SCHEME}(?://[A-Za-z0-9._~-]*(?::[0-9]{{0,5}})?(?:/{_LEAN_PATH})?|{_PCHAR}{_LEAN_PATH})"
_LEAN_REFERENCE = rf"(?:{_LEAN_START}|(?:[A-Za-z0-9._~-]+|/)?(?:/{_LEAN_PATH})?){_LEAN_TAIL}"
LEAN: dict[str, str] = {
    name: f"^(?:{pattern})$"
    for name, pattern in {
        "email": rf"{_ATOM}+(?:\.{_ATOM}+)*@{_LEAN_HOST}(?:\.{_LEAN_HOST})*",
        "idn-email": rf"(?:{_ATOM}|{_UCS})+(?:\.(?:{_ATOM}|{_UCS})+)*@{_LEAN_HOST}(?:\.{_LEAN_HOST})*",
        "uri": _LEAN_START + _LEAN_TAIL,
        "iri": _international(_LEAN_START + _LEAN_TAIL, _LEAN_PATH[:-1]),
        "uri-reference": _LEAN_REFERENCE,
        "iri-reference": _international(_LEAN_REFERENCE, _LEAN_PATH[:-1]),
    }.items()
}
# what a format admits at most, where that is more than what is written for it: what lies outside surely has another one
_TIME_AT_MOST = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2})"
UPPER: dict[str, str] = {
    name: f"^(?:{pattern})$"
    for name, pattern in {
        "time": _TIME_AT_MOST,
        "date-time": rf"{_DATE}[Tt]{_TIME_AT_MOST}",
        "duration": "P[0-9A-Z]+",
        "email": rf"(?:(?:{_ATOM}|\.)+|\"[\s\S]*\")@[A-Za-z0-9.:\[\]-]*",
        "idn-email": r"[\s\S]+@[\s\S]+",
        "hostname": "[A-Za-z0-9.-]{1,253}",
        "idn-hostname": "[^ /:@]+",
        "ipv6": "[0-9A-Fa-f:.]+",
        "uri": "[A-Za-z][A-Za-z0-9+.-]*:[!-~]*",
        "iri": r"[A-Za-z][A-Za-z0-9+.-]*:[\s\S]*",
        "uri-reference": "[!-~]*",
        "iri-reference": r"[\s\S]*",
        "uri-template": r"[^ \"<>\\\\^`]*",
    }.items()
}
WRITTEN = {"date": "date", "time": "time", "date-time": "date-time"}  # rules of grammars/date.gbnf
CHECKED = frozenset(PATTERNS) | {"regex"}  # what checking judges
