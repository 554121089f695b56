"""
Citation grammars: made anew for every question, they admit nothing but what was retrieved.

Five encodings of the same promise, each behind a `Shape`:
    numbers     {"citations": [2, 5], "answer": "…"}: the numbers of the sentences that the prompt shows
    extracts    the same, the answer being a run of words of the sentence that is cited first
    quotes      {"citations": [{"passage": 1, "quote": "…"}], "answer": "…"}: the sentences' own text, as a trie
    spans       the same form, with any run of whole words of the named passage: a suffix automaton over its words
    parts       prose: sentences with the numbers of what they stand on, and the numbers of blocks of code
In the first four the citations come first, so that the answer is written with what it cites before its eyes, and the
empty list with an empty answer is always open. Text is escaped for JSON first, then for GBNF. Nothing here knows
models, prompts or where a sentence stands: who made the lists resolves the numbers.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag.grammar.regular.words import blank_of, suffix_automaton, words
from rag.types import Shape

ANSWER = 400  # characters of the answer, at most
CITATIONS = 3
MOST_REPEATS = 1900  # llama.cpp takes more than 2,000 repetitions as unbounded, in silence

CHARACTER = r'character ::= [ !#-\[\]-~\u00A0-\uD7FF\uE000-\U0010FFFF] | "\\" ["\\n]'
FIRST = r'first ::= [!#-\[\]-~\u00A1-\uD7FF\uE000-\U0010FFFF] | "\\" ["\\]'  # an answer begins with no space
OPEN, MIDDLE, CLOSE = '{"citations": [', '], "answer": "', '"}'
EMPTY = '{"citations": [], "answer": ""}'
PARTS, NO_PARTS, SAY, FROM, CODE = '{"answer": [', '{"answer": []}', '{"say": "', '", "from": [', '{"code": '
UNIT = (  # of prose: no quotation mark, which lets a small model run on
    r'unit ::= [ #-\[\]-~\u00A0-\uD7FF\uE000-\U0010FFFF] | "\\\\"',
    r"stop ::= [.!?:。！？।…]",
)
RULES = 2000  # past this many rules a grammar no longer keeps numbers distinct by itself
RUN = "words copied from the sentence that is cited first"
FURTHER = ("after", "more ::=", "one ::=")  # the rules of `numbers` for what is cited after the first
TOLD = "what supports the answer, best first; empty if nothing here answers the question"


def numbers(count: int, most: int = CITATIONS, answer: int = ANSWER) -> Shape:
    """Cite by number, 1 to `count`; no number twice, as long as a grammar of RULES rules can keep them apart."""
    most = max(0, min(most, count))
    listed = {"type": "array", "maxItems": most, "items": {"enum": list(range(1, count + 1))}}
    if sum(math.comb(count, used) for used in range(most)) <= RULES:
        rules = list(_distinct(count, most))
    else:
        rules = _repeated(" | ".join(f'"{number}"' for number in range(1, count + 1)), most)
    return _shape(listed, rules, most * (len(str(count)) + 2), answer)


def extracts(texts: Sequence[str], most: int = CITATIONS) -> Shape:
    """
    Cite by number, and answer with a run of whole words of the sentence that is cited first.

    The answer after the numbers: a small model that copies first, from any of the sentences, wanders off.
    """
    plain = numbers(len(texts), most, 1)
    longest = max((len(escape(text).encode()) for text in texts), default=0)
    copied = {"type": "string", "x-verbatim": True, "description": RUN}
    schema = {**plain.schema, "properties": {**plain.schema["properties"], "answer": copied}}
    ways, rules = [literal(EMPTY)], [rule for rule in plain.grammar.splitlines() if rule.startswith(FURTHER)]
    known = {rule.partition(" ")[0] for rule in rules}
    for number, text in enumerate(texts, 1):
        if most > 0 and (run := word_spans(f"t{number}", text)):
            more = f" more{{0,{most - 1}}}" if "more" in known else ""
            rest = f" after{number}" if f"after{number}" in known else more
            ways.append(f"{literal(f'{OPEN}{number}')}{rest} {literal(MIDDLE)} t{number} {literal(CLOSE)}")
            rules += run
    grammar = "\n".join(["root ::= " + " | ".join(ways), *rules, ""])
    return Shape(schema, grammar, (), (plain.longest or 0) + longest)


def quotes(passages: Mapping[int, Sequence[str]], most: int = CITATIONS, answer: int = ANSWER) -> Shape:
    """Cite by text: the number of a passage, then one of the sentences given for that passage."""
    given = {number: list(dict.fromkeys(filter(None, texts))) for number, texts in passages.items()}
    given = {number: texts for number, texts in given.items() if texts}
    rules = [rule for number, texts in given.items() for rule in _trie(f"p{number}", texts)]
    schemas = [_quoted(number, {"enum": texts}) for number, texts in given.items()]
    longest = max((len(escape(text).encode()) for texts in given.values() for text in texts), default=0)
    return _by_text(list(given), rules, schemas, longest, most, answer)


def spans(passages: Mapping[int, str], most: int = CITATIONS, answer: int = ANSWER, least: int = 3) -> Shape:
    """Cite by text: the number of a passage, then any run of at least `least` whole words of it."""
    given = {number: text for number, text in passages.items() if len(words(text)) >= least}
    rules = [rule for number, text in given.items() for rule in word_spans(f"p{number}", text, least)]
    schemas = [_quoted(number, {"type": "string", "description": f"copied from passage {number}"}) for number in given]
    longest = max((len(escape(text).encode()) for text in given.values()), default=0)
    return _by_text(list(given), rules, schemas, longest, most, answer)


def parts(excerpts: int, codes: int, most: int = 4, sentence: int = ANSWER, code_second: bool = False) -> Shape:
    """
    Prose in parts: a sentence with the numbers of the excerpts it stands on, or the number of a block of their code.

    {"answer": [{"say": "Use tee.", "from": [1]}, {"code": 2}]}; the first part is a sentence (or a few), and each
    ends with a mark that ends one and has at most `sentence` characters; with `code_second` a block of code, if there
    is one, is the second. No part at all is always open.
    """
    if not 2 <= sentence <= MOST_REPEATS:
        raise ValueError(f"a sentence of {sentence} characters: 2 to {MOST_REPEATS} can be held by a grammar")
    cited = {
        "type": "array",
        "minItems": 1,
        "maxItems": min(2, excerpts),
        "items": {"enum": list(range(1, excerpts + 1))},
    }
    said = {"type": "string", "minLength": 2, "maxLength": sentence, "description": "one whole sentence"}
    say = {"properties": {"say": said, "from": cited}, "required": ["say", "from"]}
    code = {"properties": {"code": {"enum": list(range(1, codes + 1))}}, "required": ["code"]}
    closed = {"type": "object", "additionalProperties": False}
    ways = [{**say, **closed}, *([{**code, **closed}] if codes else [])]
    listed = {"type": "array", "maxItems": most, "items": {"anyOf": ways} if codes else ways[0], "description": TOLD}
    schema = {"type": "object", "properties": {"answer": listed}, "required": ["answer"], "additionalProperties": False}
    shows = ' ", " code' if codes and code_second else ""
    more = f"more{{0,{most - 1 - bool(shows)}}}"
    rules = [
        f"root ::= {literal(NO_PARTS)} | {literal(PARTS)} say{shows} {more} {literal(']}')}",
        'more ::= ", " ' + ("part" if codes else "say"),
        f'say ::= {literal(SAY)} first unit{{0,{sentence - 2}}} stop {literal(FROM)} listed "]}}"',
        *UNIT,
        *_distinct(excerpts, min(2, excerpts)),
        FIRST,
    ]
    if codes:
        block = " | ".join(f'"{number}"' for number in range(1, codes + 1))
        rules += ["part ::= say | code", f'code ::= {literal(CODE)} block "}}"', f"block ::= {block}"]
    longest = len(SAY + FROM) + 4 * sentence + 2 * len(str(excerpts)) + 4
    return Shape(schema, "\n".join([*rules, ""]), (), len(NO_PARTS) + most * (longest + 2))


def word_spans(name: str, text: str, least: int = 1) -> list[str]:
    """
    GBNF rules for any run of at least `least` whole words of a text; `name` is the rule to start from. What it admits
    is the inside of a JSON string (the caller writes the quotation marks around it). No rules if the text is too short.

    A suffix automaton over the words: linear in the text where spelling every run out would be quadratic. The first
    words are a trie, so that the shortest run has `least` words; its leaves go on in the automaton.
    """
    pieces, least = words(text), max(1, least)
    if len(pieces) < least:
        return []
    edges = suffix_automaton(pieces)
    nodes: dict[tuple[str, ...], int] = {(): 0}
    grown: list[dict[str, None]] = [{}]  # by node: its ways on, each once, in the order of the text
    for at in range(len(pieces) - least + 1):
        state, path = 0, tuple[str, ...]()
        for depth, word in enumerate(pieces[at : at + least], 1):
            state, here = edges[state][word], nodes[path]
            path = (*path, word if path else word[blank_of(word) :])
            if depth < least and path not in nodes:
                nodes[path] = len(grown)
                grown.append({})
            onward = f"h{nodes[path]}" if depth < least else f"s{state}"
            grown[here][f"{literal(escape(path[-1]))} {name}{onward}"] = None
    rules = [f"{name}{f'h{node}' if node else ''} ::= " + " | ".join(ways) for node, ways in enumerate(grown)]
    for state, edge in enumerate(edges[1:], 1):
        ends = [f"{literal(escape(word))} {name}s{target}" for word, target in edge.items()]
        rules.append(f"{name}s{state} ::= " + " | ".join([*ends, '""']))
    return rules


def escape(text: str) -> str:
    """The inside of the JSON string that says this text."""
    return json.dumps(text, ensure_ascii=False)[1:-1]


def literal(text: str) -> str:
    """The GBNF literal that matches this text (already escaped for JSON, so without line ends)."""
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda found: f"\\x{ord(found[0]):02X}", text) + '"'


def _shape(listed: Any, rules: list[str], longest: int, answer: int) -> Shape:
    """`rules` say what stands between the brackets of the list (rule `listed`); without any, only EMPTY is admitted."""
    if not 1 <= answer <= MOST_REPEATS:
        raise ValueError(f"an answer of {answer} characters: 1 to {MOST_REPEATS} can be held by a grammar")
    schema = {
        "type": "object",
        "properties": {
            "citations": {"description": TOLD, **listed},
            "answer": {
                "type": "string",
                "maxLength": answer,
                "description": "a short answer from these sentences only",
            },
        },
        "required": ["citations", "answer"],
        "additionalProperties": False,
    }
    root = f"root ::= {literal(EMPTY)}"
    if rules:
        root += f" | {literal(OPEN)} listed {literal(MIDDLE)} text {literal(CLOSE)}"
        rules = [*rules, f"text ::= first character{{0,{answer - 1}}}", FIRST, CHARACTER]
    total = len(OPEN + MIDDLE + CLOSE) + longest + 4 * answer
    return Shape(schema, "\n".join([root, *rules, ""]), (), max(total, len(EMPTY)))


def _by_text(numbers: list[int], rules: list[str], schemas: list[Any], longest: int, most: int, answer: int) -> Shape:
    cites = [f'"{{\\"passage\\": {number}, \\"quote\\": \\"" p{number} "\\"}}"' for number in numbers]
    most = max(0, most)
    listed = {"type": "array", "maxItems": most if cites else 0, "items": {"anyOf": schemas} if schemas else {}}
    rules = [*_repeated(" | ".join(cites), most), *rules] if cites and most else []
    frame = len('{"passage": , "quote": ""}, ') + max((len(str(number)) for number in numbers), default=0)
    return _shape(listed, rules, most * (frame + longest), answer)


def _quoted(number: int, quote: Any) -> Any:
    properties = {"passage": {"enum": [number]}, "quote": quote}
    return {"type": "object", "properties": properties, "required": ["passage", "quote"], "additionalProperties": False}


def _repeated(one: str, most: int) -> list[str]:
    """One to `most` of something. Only a named rule may be repeated: llama.cpp counts the elements of a group."""
    if most < 1:
        return []
    return [f"listed ::= one more{{0,{most - 1}}}", 'more ::= ", " one', f"one ::= {one}"]


def _distinct(count: int, most: int) -> Iterator[str]:
    """One to `most` numbers, none twice: a rule for every set of numbers that may have been used."""

    def name(used: tuple[int, ...]) -> str:
        return "after" + "x".join(map(str, used)) if used else "listed"

    for size in range(most):
        for used in itertools.combinations(range(1, count + 1), size):
            ways = ['""'] if used else []
            comma = ", " if used else ""
            for number in range(1, count + 1):
                if number not in used:
                    onward = f" {name(tuple(sorted((*used, number))))}" if size + 1 < most else ""
                    ways.append(f'"{comma}{number}"{onward}')
            yield f"{name(used)} ::= " + " | ".join(ways)


def _trie(name: str, texts: Sequence[str]) -> Iterator[str]:
    """Rules for exactly these texts, what they begin with in common written once."""
    waiting = [(name, sorted({escape(text) for text in texts}))]
    made = 0
    while waiting:
        rule, group = waiting.pop()
        ways = []
        for _, run in itertools.groupby(group, key=lambda text: text[:1]):
            branch = list(run)
            common = _common(branch[0], branch[-1])
            if len(branch) == 1:
                ways.append(literal(common))
                continue
            made += 1
            ways.append(f"{literal(common)} {name}n{made}")
            waiting.append((f"{name}n{made}", [text[len(common) :] for text in branch]))
        yield f"{rule} ::= " + " | ".join(ways)


def _common(one: str, other: str) -> str:
    """What two texts begin with; in a sorted list the first and the last have in common what all have."""
    same = itertools.takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False))
    return "".join(character for character, _ in same)
