"""The name that a piece of code, or a section of settings, defines, in the languages that most people write."""

from __future__ import annotations

import re

NEWLINE = re.compile(r"\r\n|\r|\n")
SYMBOL = re.compile(
    # with a word for it: def, class, func (of a receiver), impl<T>; and the words that may stand before
    r"^(?:(?:export|default|pub(?:\([^()]*\))?|public|private|protected|internal|static|final|abstract|async|unsafe"
    r"|override|open|data|sealed|inline)\s+)*(?:def|defp|defmodule|class|function\*?|func|fun|fn|sub|struct|enum"
    r"|interface|trait|impl(?:<[^<>]*>)?|module|namespace|object|record|protocol|type|macro_rules!)\s+"
    r"(?:\([^()]*\)\s*)?(?P<a>[\w.$]+(?:::\w+)*[!?]?)"
    # type name(…) as in C and Java, but no call or statement; name() { as in a shell; const name = (…) =>
    r"|^(?!(?:if|for|while|switch|return|else|do|case|catch|elif|with|assert|print|echo)\b)"
    r"(?:[A-Za-z_][\w:<>,\[\]]*[\s*&]+){1,6}(?P<b>[A-Za-z_][\w:~]*)\s*\([^;{}()]*\)[^;{}()=]*\{?[ \t]*$"
    r"|^(?P<c>[\w-]+)\s*\(\)\s*\{"
    r"|^(?:export\s+)?(?:const|let|var)\s+(?P<d>\w+)\s*=\s*(?:async\s*)?(?:function\b|\([^()]*\)\s*=>)"
    # what opens a block and is no program: message Name {, resource "kind" "name" {
    r"|^(?:message|service|input|oneof|extend\s+type|model|resource|variable|output|provider)\s+"
    r"(?P<e>[\w.$\"-]+(?:\s+\"[\w.-]+\")?)[^\n;={}]{0,80}\{",
    re.MULTILINE,
)
SECTION = re.compile(r"^\[{1,2}([^\[\]\n]{1,80})\]{1,2}[ \t]*(?:[#;][^\n]*)?$", re.MULTILINE)


def symbol(block: str) -> str:
    """The name that a run of lines defines at its left edge, in the languages that most people write; else ""."""
    found = SYMBOL.search(block)
    return next(filter(None, found.groups()), "") if found else ""


def section(block: str) -> str:
    """The name of the section of settings that a run of lines begins: "[mail]"."""
    found = SECTION.search(block)
    return " > ".join(filter(None, re.split(r"[.\s]+", found[1].replace('"', "")))) if found else ""


def defined(code: str) -> str:
    """What the first line of a piece of code defines; a call that looks like a function of C has no brace."""
    line = NEWLINE.split(code, maxsplit=1)[0].rstrip()
    found = SYMBOL.match(line)
    return "" if not found or (found["b"] and not line.endswith("{")) else next(filter(None, found.groups()), "")
