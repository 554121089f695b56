"""
The formats of JSON Schema as a judge sees them: each a function of a text. An unknown format is a remark.

Written with other means than the patterns of `rag.grammar.regular.formats`; the tests hold the two together.
"""

from __future__ import annotations

import datetime
import ipaddress
import re
from collections.abc import Callable

from rag.grammar.regular.regex import BadPattern, Unsupported, parse

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{2}):([0-9]{2}):([0-9]{2})(\.[0-9]+)?([Zz]|([+-])([0-9]{2}):([0-9]{2}))")
_SPAN = r"(?:[0-9]+{})?"
_DURATION = re.compile(
    "P(?!$)(?:[0-9]+W|"
    + "".join(_SPAN.format(unit) for unit in "YMD")
    + "(?:T(?=[0-9])"
    + "".join(_SPAN.format(unit) for unit in "HMS")
    + ")?)"
)
_LABEL = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(?<!-)")
_URI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})*")
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_POINTER = re.compile(r"(?:/(?:[^~/]|~[01])*)*")


def _is_date(text: str) -> bool:
    if not _DATE.fullmatch(text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _is_time(text: str) -> bool:
    match = _TIME.fullmatch(text)
    if not match:
        return False
    hour, minute, second = (int(part) for part in match.group(1, 2, 3))
    away = 0
    if match[6]:
        if int(match[7]) > 23 or int(match[8]) > 59:
            return False
        away = (int(match[7]) * 60 + int(match[8])) * (1 if match[6] == "+" else -1)
    leap = second == 60 and (hour * 60 + minute - away) % 1440 == 1439
    return hour <= 23 and minute <= 59 and (second <= 59 or leap)


def _is_date_time(text: str) -> bool:
    return text[10:11] in ("T", "t") and _is_date(text[:10]) and _is_time(text[11:])


def _is_hostname(text: str) -> bool:
    return 0 < len(text) <= 253 and all(map(_LABEL.fullmatch, text.split(".")))


def _is_idn_hostname(text: str) -> bool:
    """As IDNA 2008 has it: letters by their script, contexts and directions."""
    import idna

    try:
        idna.encode(text)
    except (idna.IDNAError, UnicodeError):
        return False
    return True


def _is_email(text: str) -> bool:
    name, at, host = text.rpartition("@")
    plain = re.fullmatch(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+)*", name)
    quoted = len(name) > 1 and name[0] == name[-1] == '"'
    if not at or not (plain or quoted):
        return False
    if host.startswith("[") and host.endswith("]"):
        return _is_address(host[1:-1].removeprefix("IPv6:"), ":" in host)
    return len(host) <= 1000 and all(re.fullmatch(r"(?!-)[A-Za-z0-9-]+(?<!-)", label) for label in host.split("."))


def _is_address(text: str, six: bool) -> bool:
    try:
        (ipaddress.IPv6Address if six else ipaddress.IPv4Address)(text)
    except ValueError:
        return False
    return "%" not in text


def _is_uri(text: str, chars: re.Pattern[str] = _URI, relative: bool = False) -> bool:
    if not chars.fullmatch(text) or text.count("#") > 1:
        return False
    if not _SCHEME.match(text) and (not relative or ":" in re.split("[/?#]", text, maxsplit=1)[0]):
        return False
    authority = re.match(r"(?:[A-Za-z][A-Za-z0-9+.-]*:)?//([^/?#]*)", text)
    if authority:
        host = authority[1].rpartition("@")[2]
        box = re.fullmatch(r"\[(.*)\](?::[0-9]*)?", host)
        if box:
            return _is_address(box[1], True) or bool(re.fullmatch(r"v[0-9A-Fa-f]+\..+", box[1]))
        return (
            "[" not in host
            and "]" not in host
            and bool(re.fullmatch(r"[^:]*(?::[0-9]*)?", host))
            and "@" not in authority[1].rpartition("@")[0]
        )
    rest = text[authority.end() :] if authority else text
    return "[" not in rest and "]" not in rest


_IRI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2}|[\u00a0-\U0010fffd])*")


def _is_template(text: str) -> bool:
    plain = re.sub(
        r"\{[+#./;?&=,!@|]?[A-Za-z0-9_.%]+(?::[0-9]{1,4}|\*)?(?:,[A-Za-z0-9_.%]+(?::[0-9]{1,4}|\*)?)*\}", "", text
    )
    return not re.search(r"[{}\s\"<>\\^`|]", plain)


def _is_regex(text: str) -> bool:
    try:
        parse(text)
    except BadPattern:
        return False
    except Unsupported:
        return True
    return True


FORMATS: dict[str, Callable[[str], bool]] = {
    "date": _is_date,
    "time": _is_time,
    "date-time": _is_date_time,
    "duration": lambda text: bool(_DURATION.fullmatch(text)),
    "email": _is_email,
    "idn-email": lambda text: "@" in text[1:-1],
    "hostname": _is_hostname,
    "idn-hostname": _is_idn_hostname,
    "ipv4": lambda text: _is_address(text, False),
    "ip-address": lambda text: _is_address(text, False),
    "ipv6": lambda text: _is_address(text, True),
    "uuid": lambda text: bool(_UUID.fullmatch(text)),
    "uri": _is_uri,
    "uri-reference": lambda text: _is_uri(text, relative=True),
    "iri": lambda text: _is_uri(text, _IRI),
    "iri-reference": lambda text: _is_uri(text, _IRI, True),
    "uri-template": _is_template,
    "json-pointer": lambda text: bool(_POINTER.fullmatch(text)),
    "relative-json-pointer": lambda text: bool(re.fullmatch(r"(?:0|[1-9][0-9]*)(?:#|(?:/(?:[^~/]|~[01])*)*)", text)),
    "regex": _is_regex,
}
