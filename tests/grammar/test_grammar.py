# ruff: noqa: E501 (tables)
"""JSON Schema to grammar: what each keyword admits and refuses, judged by llguidance; the golden table; bad input."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from grammar_oracle import oracle

from rag import grammar
from rag.errors import InputError
from rag.gbnf import library as base
from rag.grammar import READING, WRITING, Limits
from rag.types import Residual

GOLDEN = Path(__file__).parents[1] / "data" / "grammar_golden.txt"
OBJ = {"type": "object"}

# (schema, texts that a grammar for reading admits, texts that it refuses)
CASES: dict[str, tuple[object, list[str], list[str]]] = {
    "null": ({"type": "null"}, ["null"], ["nul", "0"]),
    "boolean": ({"type": "boolean"}, ["true", "false"], ["True", "1"]),
    "boolean schema": (OBJ | {"properties": {"a": True, "b": False}}, ['{"a":[1]}', "{}"], ['{"b":1}']),
    "nullable": ({"type": ["string", "null"]}, ["null", '"a"'], ["1"]),
    "integer": ({"type": "integer"}, ["0", "-12", "9007199254740993"], ["01", "1.5", "+1", "-"]),
    "integer range": (
        {"type": "integer", "minimum": -3, "maximum": 105}, ["-3", "-1", "0", "7", "99", "105"], ["-4", "106", "1000"],
    ),
    "draft 4 exclusive": (
        {"type": "integer", "minimum": 1, "exclusiveMinimum": True, "maximum": 3, "exclusiveMaximum": True}, ["2"], ["1", "3"],
    ),
    "number": ({"type": "number"}, ["0", "-1.5", "1e-05", "2.5E+16", "-5.005e+282", "5e-324"], ["1e999", "1e310", ".5", "1.", "NaN"]),
    "number range": (
        {"type": "number", "minimum": 0.5, "maximum": 2}, ["0.5", "0.75", "1.999", "2", "2.0"], ["0.49", "2.01", "-1", "0"],
    ),
    "open ends": ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, ["0.001", "0.5"], ["0", "1", "0.0", "1.0"]),
    "multipleOf": ({"type": "integer", "multipleOf": 7}, ["0", "7", "-49", "700"], ["8", "10"]),
    "multipleOf decimal": ({"type": "number", "multipleOf": 0.25}, ["0.25", "1.5", "3"], ["0.3", "1.26"]),
    "multiples in a range": ({"type": "integer", "multipleOf": 5, "minimum": 7, "maximum": 21}, ["10", "20"], ["5", "25", "11"]),
    "string": ({"type": "string"}, ['""', '"a\\n\\"é\\u00e9"', '"\\ud83d\\ude00"'], ['"\n"', '"\\x"', '"\\ud800"', "'a'"]),
    "lengths": ({"type": "string", "minLength": 2, "maxLength": 3}, ['"ab"', '"é\\n€"'], ['"a"', '"abcd"']),
    "pattern": ({"pattern": "^[a-c]{2}$", "type": "string"}, ['"ab"'], ['"abc"', '"a"', '"ad"']),
    "unanchored": ({"pattern": "b+c", "type": "string"}, ['"bc"', '"abbcd"'], ['"b"', '"ac"']),
    "alternation": ({"pattern": "^a|b$", "type": "string"}, ['"ax"', '"xb"'], ['"xa"', '"bx"']),
    "pattern dot": ({"pattern": "^.$", "type": "string"}, ['"\\""', '"\\\\"', '"é"'], ['"""', '"\\"', '"\\n"', '"\n"']),
    "negated class": ({"pattern": "^[^x]$", "type": "string"}, ['"\\""', '"y"', '"\\n"'], ['"x"', '"""']),
    "lookahead": ({"pattern": "^(?!no)[a-z]+$", "type": "string"}, ['"yes"', '"n"'], ['"no"', '"nope"']),
    "pattern and lengths": (
        {"pattern": "^a+b*$", "minLength": 3, "maxLength": 4, "type": "string"}, ['"aab"', '"aaaa"'], ['"ab"', '"aaaab"'],
    ),
    "catastrophic": ({"pattern": "^(a+)+$", "type": "string"}, ['"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"'], ['"aaaaaaaaab"']),
    "date": ({"type": "string", "format": "date"}, ['"2024-02-29"', '"2000-02-29"'], ['"2023-02-29"', '"1900-02-29"', '"2024-04-31"']),
    "date-time": (
        {"type": "string", "format": "date-time"}, ['"2024-02-29T23:59:59.5Z"', '"2024-01-01T00:00:00+01:30"'],
        ['"2024-01-01"', '"2024-01-01T24:00:00Z"', '"2024-01-01T00:00:00"'],
    ),
    "formats": (
        OBJ | {"properties": {"e": {"format": "email", "type": "string"}, "u": {"format": "uri", "type": "string"},
                              "i": {"format": "ipv4", "type": "string"}, "x": {"format": "uuid", "type": "string"}}},
        ['{"e":"a.b@example.co"}', '{"u":"https://x.org/a?b=c#d"}', '{"i":"127.0.0.1"}'],
        ['{"e":"a@"}', '{"u":"no uri"}', '{"i":"1.2.3.256"}', '{"x":"123"}'],
    ),
    "unknown format": ({"type": "string", "format": "colour"}, ['"anything"'], []),
    "enum": ({"enum": ["a", 1, None, {"b": [2]}, "é\""]}, ['"a"', "1", "null", '{"b":[2]}', '"é\\""'], ['"b"', "2"]),
    "enum beside type": ({"enum": ["a", 1], "type": "string"}, ['"a"'], ["1"]),
    "long enum": ({"enum": [f"value {i}" for i in range(40)]}, ['"value 7"', '"value 39"'], ['"value 40"', '"value "']),
    "const": ({"const": {"a": True}}, ['{"a":true}'], ['{"a":false}']),
    "not const": ({"type": "string", "not": {"const": "ab"}}, ['"a"', '"abc"', '""'], ['"ab"', '"\\u0061b"']),
    "not type": ({"not": {"type": ["object", "array", "string"]}}, ["1", "null"], ["{}", '""']),
    "required": (OBJ | {"properties": {"a": {"type": "integer"}}, "required": ["a", "z"]}, ['{"a":1,"z":[]}'], ['{"a":1}', "{}"]),
    "undeclared keys": (OBJ | {"properties": {"ab": {"type": "integer"}}}, ['{"a":"x"}', '{"abc":1,"ab":1}'], ['{"ab":"x"}', '{"\\u0061b":"x"}']),
    "no others": (OBJ | {"properties": {"a": {}}, "additionalProperties": False}, ["{}", '{"a":1}'], ['{"b":1}', '{"a":1,"b":1}']),
    "others of a kind": (OBJ | {"additionalProperties": {"type": "integer"}}, ['{"x":1,"y":2}'], ['{"x":"1"}']),
    "patternProperties": (
        OBJ | {"patternProperties": {"^x-": {"type": "integer"}}, "additionalProperties": {"type": "string"}},
        ['{"x-a":1,"y":"b"}'], ['{"x-a":"b"}', '{"y":1}'],
    ),
    "both patterns": (
        OBJ | {"patternProperties": {"a": {"minimum": 2}, "b": {"maximum": 4, "type": "integer"}}, "additionalProperties": False},
        ['{"ab":3}', '{"b":0}', '{"a":"x"}'], ['{"ab":1}', '{"ab":5}', '{"c":1}'],
    ),
    "propertyNames": (OBJ | {"propertyNames": {"pattern": "^[a-z]+$"}}, ['{"ab":1}'], ['{"A":1}']),
    "min and max keys": (OBJ | {"additionalProperties": {"type": "null"}, "minProperties": 1, "maxProperties": 2}, ['{"a":null}', '{"a":null,"b":null}'], ["{}", '{"a":null,"b":null,"c":null}']),
    "some key": (
        OBJ | {"properties": {"a": {}, "b": {}}, "additionalProperties": False, "minProperties": 1}, ['{"b":1}', '{"a":1,"b":2}'], ["{}"],
    ),
    "items": ({"type": "array", "items": {"type": "integer"}, "minItems": 1, "maxItems": 3}, ["[1]", "[1,2,3]"], ["[]", "[1,2,3,4]", '["a"]']),
    "prefixItems": (
        {"type": "array", "prefixItems": [{"type": "integer"}, {"type": "string"}], "items": False}, ["[]", "[1]", '[1,"a"]'], ['[1,"a",2]', '["a"]'],
    ),
    "draft 4 tuple": (
        {"type": "array", "items": [{"type": "integer"}], "additionalItems": {"type": "string"}}, ['[1,"a","b"]', "[]"], ["[1,2]"],
    ),
    "contains": ({"type": "array", "items": {"type": "integer"}, "contains": {"const": 5}}, ["[5]", "[1,5,2]"], ["[]", "[1,2]"]),
    "$ref": ({"$defs": {"p": {"type": "integer"}}, "type": "array", "items": {"$ref": "#/$defs/p"}}, ["[1]"], ['["a"]']),
    "$ref beside others": (
        {"$schema": "https://json-schema.org/draft/2020-12/schema", "$defs": {"p": {"minimum": 2}}, "$ref": "#/$defs/p", "type": "integer", "maximum": 3}, ["2", "3"], ["1", "4"],
    ),
    "$ref in draft 7": (
        {"$schema": "http://json-schema.org/draft-07/schema#", "definitions": {"p": {"type": "integer"}}, "type": "array",
         "items": {"$ref": "#/definitions/p", "maximum": 3}}, ["[9]"], ['["a"]'],
    ),
    "anchors and ids": (
        {"$id": "http://x.org/root", "$defs": {"a": {"$anchor": "here", "type": "integer"}, "b": {"$id": "other", "$defs": {"c": {"type": "null"}}, "items": {"$ref": "#/$defs/c"}, "type": "array"}},
         "properties": {"i": {"$ref": "#here"}, "o": {"$ref": "other"}}, "type": "object"}, ['{"i":1,"o":[null]}'], ['{"i":"a"}', '{"o":[1]}'],
    ),
    "escaped pointer": ({"$defs": {"a/b": {"type": "null"}}, "$ref": "#/$defs/a~1b"}, ["null"], ["1"]),
    "recursion": (
        OBJ | {"properties": {"v": {"type": "integer"}, "next": {"$ref": "#"}}, "additionalProperties": False},
        ['{"v":1,"next":{"v":2,"next":{}}}'], ['{"next":{"v":"a"}}'],
    ),
    "allOf": (
        {"allOf": [OBJ | {"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"a": {"maximum": 3}, "b": {"type": "null"}}}]},
        ['{"a":3,"b":null}', '{"a":1}'], ['{"a":4}', "{}", '{"a":1,"b":2}'],
    ),
    "allOf closes both": (
        {"allOf": [OBJ | {"properties": {"a": {}}, "additionalProperties": False}, {"properties": {"b": {}}}]}, ['{"a":1}'], ['{"b":1}'],
    ),
    "allOf of tuples": ({"type": "array", "allOf": [{"prefixItems": [{"minimum": 3}]}], "items": {"type": "integer"}}, ["[3]", "[4,1]"], ["[2]"]),
    "anyOf": ({"anyOf": [{"type": "integer"}, {"type": "string", "maxLength": 1}]}, ["1", '"a"'], ['"ab"', "null"]),
    "anyOf of required": (
        OBJ | {"properties": {"a": {"type": "null"}, "b": {"type": "null"}}, "anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        ['{"a":null}', '{"b":null}', '{"a":null,"b":null}'], ["{}"],
    ),
    "oneOf apart": ({"oneOf": [{"type": "integer", "maximum": 3}, {"type": "integer", "minimum": 5}]}, ["3", "5"], ["4"]),
    "oneOf of required": (
        OBJ | {"properties": {"a": {"type": "null"}, "b": {"type": "null"}}, "oneOf": [{"required": ["a"]}, {"required": ["b"]}], "additionalProperties": False},
        ['{"a":null}', '{"b":null}'], ["{}", '{"a":null,"b":null}'],
    ),
    "oneOf by a constant": (
        {"oneOf": [OBJ | {"properties": {"t": {"const": t}, "v": {"type": kind}}, "required": ["t", "v"]} for t, kind in (("i", "integer"), ("s", "string"))]},
        ['{"t":"i","v":1}', '{"t":"s","v":"x"}'], ['{"t":"i","v":"x"}'],
    ),
    "oneOf, a part of the other": ({"oneOf": [{"type": "integer"}, {"type": "number", "minimum": 2}]}, ["1", "2.5"], ["2", "3", "1.5"]),
    "if then else": (
        OBJ | {"properties": {"k": {"enum": ["a", "b"]}, "v": {}}, "required": ["k", "v"], "additionalProperties": False,
               "if": {"properties": {"k": {"const": "a"}}}, "then": {"properties": {"v": {"type": "integer"}}}, "else": {"properties": {"v": {"type": "string"}}}},
        ['{"k":"a","v":1}', '{"k":"b","v":"x"}'], ['{"k":"a","v":"x"}', '{"k":"b","v":1}'],
    ),
    "dependentRequired": (
        OBJ | {"properties": {"a": {"type": "null"}, "b": {"type": "null"}}, "dependentRequired": {"a": ["b"]}, "additionalProperties": False},
        ["{}", '{"b":null}', '{"a":null,"b":null}'], ['{"a":null}'],
    ),
    "unevaluatedProperties": (
        {"allOf": [OBJ | {"properties": {"a": {}}}], "properties": {"b": {}}, "unevaluatedProperties": False}, ['{"b":1,"a":2}'], ['{"c":1}'],
    ),
    "keys in any order": (
        OBJ | {"properties": {k: {"type": "null"} for k in "abcdefgh"}, "required": ["c", "a"], "additionalProperties": False},
        ['{"h":null,"c":null,"b":null,"a":null}', '{"a":null,"c":null}'], ['{"h":null,"c":null}', '{"a":null,"c":null,"z":null}', '{"a":1,"c":null}'],
    ),
    "many keys that must be there": (
        OBJ | {"properties": {k: {"type": "null"} for k in "abcdefghij"}, "required": list("jihgfedcb")},
        ['{"b":null,"x":1,"c":null,"d":null,"a":null,"e":null,"f":null,"g":null,"h":null,"i":null,"j":null}', '{"j":null,"i":null,"h":null,"g":null,"f":null,"e":null,"d":null,"c":null,"b":null}'],
        ['{"b":null,"c":null,"d":null,"e":null,"f":null,"g":null,"h":null,"i":null}', '{"j":null,"i":null,"h":null,"g":null,"f":null,"e":null,"d":null,"c":null,"b":1}'],
    ),
    "counted keys in any order": (
        OBJ | {"properties": {"a": {}, "b": {}, "c": {}}, "additionalProperties": False, "minProperties": 1, "maxProperties": 2},
        ['{"c":1,"a":1}', '{"b":1}'], ["{}", '{"c":1,"b":1,"a":1}'],
    ),
    "constants that come once": (
        {"type": "array", "items": {"enum": ["a", 1, None]}, "uniqueItems": True, "minItems": 2}, ['[null,"a"]', '[1.0,"a",null]'], ['["a"]', '["a","a"]', "[1,1.0]"],
    ),
    "whole numbers with a point": ({"type": "integer", "minimum": 2}, ["2.0", "30.000"], ["1.0", "2.5"]),
    "unevaluatedProperties inside": (
        {"allOf": [OBJ | {"properties": {"a": {}}, "unevaluatedProperties": False}], "properties": {"b": {}}}, ['{"a":1}'], ['{"b":1}'],
    ),
    "unevaluatedItems": (
        {"type": "array", "allOf": [{"prefixItems": [{"type": "integer"}]}], "unevaluatedItems": {"type": "null"}}, ["[1,null]", "[]"], ["[1,2]", "[null]"],
    ),
    "$dynamicRef to the whole schema": (
        {"$id": "https://x.org/tree", "$dynamicAnchor": "node", "type": "object", "properties": {"next": {"$ref": "list"}},
         "additionalProperties": False, "$defs": {"l": {"$id": "list", "$dynamicAnchor": "node", "type": "array", "items": {"$dynamicRef": "#node"}}}},
        ['{"next":[{},{"next":[]}]}'], ['{"next":[[]]}'],
    ),
    "quotes in keys": (OBJ | {"properties": {'a"b\\c\n': {"type": "null"}}, "additionalProperties": False}, ['{"a\\"b\\\\c\\n":null}'], ['{"ab":null}']),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_keyword_means_what_it_says(name: str) -> None:
    schema, good, bad = CASES[name]
    admits = oracle(grammar.compile(schema, limits=READING).grammar)
    assert [text for text in good if not admits(text)] == []
    assert [text for text in bad if admits(text)] == []


@pytest.mark.parametrize("name", CASES)
def test_what_the_table_calls_right_and_wrong_is(name: str) -> None:
    """The table itself, judged by jsonschema."""
    schema, good, bad = CASES[name]
    for text in good:
        assert grammar.check(grammar.parse(text), schema) == []
    for text in bad:
        try:
            value = grammar.parse(text)
        except Exception:  # not JSON at all
            continue
        assert grammar.check(value, schema), text


RESIDUAL = {
    "uniqueItems": {"type": "array", "items": {"type": "string"}, "uniqueItems": True},
    "oneOf": {"oneOf": [{"type": "string", "format": "uri"}, {"type": "string", "pattern": "(a)\\1"}]},
    "not": {"type": "object", "not": {"patternProperties": {"^a": {"type": "null"}}}},
    "pattern": {"type": "string", "pattern": "^(a|b)\\1$"},
    "format": {"type": "string", "format": "regex"},
    "multipleOf": {"type": "integer", "multipleOf": 100003},
    "contains": {"type": "array", "items": {"type": "integer"}, "contains": {"const": 1}, "maxContains": 2},
    "additionalProperties": {"type": "object", "additionalProperties": {"type": "integer"}},
    "x-verbatim": {"type": "string", "x-verbatim": True},
}


@pytest.mark.parametrize("keyword", RESIDUAL)
def test_what_a_grammar_cannot_say_is_named(keyword: str) -> None:
    shape = grammar.compile(RESIDUAL[keyword])
    assert keyword in [residual.keyword for residual in shape.residual]
    with pytest.raises(InputError, match="cannot enforce"):
        grammar.compile(RESIDUAL[keyword], strict=True)


def test_a_part_that_names_its_draft_is_judged_like_the_rest() -> None:
    part = {"$schema": "http://json-schema.org/draft-07/schema#", "multipleOf": 0.01}
    assert grammar.check({"a": 19.99}, {"properties": {"a": part}}) == []
    assert grammar.check({"a": 0.005}, {"properties": {"a": part}})


def test_multiples_are_exact_however_far_apart() -> None:
    assert grammar.check(1e308, {"multipleOf": 7})
    assert grammar.check(10**300, {"multipleOf": 1e-300}) == []
    assert grammar.compile({"enum": [1e308, 14], "multipleOf": 7}).grammar == 'root ::= "14"\n'


def test_a_residual_says_where() -> None:
    schema = {
        "type": "object",
        "properties": {"a/b": {"type": "array", "uniqueItems": True, "items": {"type": "integer"}}},
    }
    assert grammar.compile(schema).residual == (
        Residual("uniqueItems", "/properties/a~1b/uniqueItems", "an element may come twice"),
    )


IMPOSSIBLE = {
    "false": (False, "the schema is false"),
    "types": ({"allOf": [{"type": "string"}, {"type": "integer"}]}, "no type is left"),
    "bounds": ({"type": "integer", "minimum": 5, "maximum": 3}, "no number"),
    "required false": ({"type": "object", "properties": {"a": False}, "required": ["a"]}, "'a' is required"),
    "items": ({"type": "array", "minItems": 3, "maxItems": 2}, "3 elements"),
    "lengths": ({"type": "string", "minLength": 3, "maxLength": 2}, "at least 3"),
    "enum": ({"enum": [1, 2], "type": "string"}, "none of its values"),
    "recursion": ({"type": "object", "properties": {"a": {"$ref": "#"}}, "required": ["a"]}, "without end"),
    "patterns": ({"type": "string", "allOf": [{"pattern": "^a"}, {"pattern": "^b"}]}, "no string"),
    "long": ({"type": "string", "minLength": 10**9}, "20,000"),
}
BAD = {
    "number": (42, "not a number"),
    "type": ({"type": "strnig"}, "/type: unknown type 'strnig'"),
    "properties": ({"properties": []}, "/properties"),
    "minimum": ({"minimum": "x"}, "/minimum"),
    "remote": ({"$ref": "http://example.com/x"}, "outside of the schema"),
    "nowhere": ({"items": {"$ref": "#/nope"}}, "/items/\\$ref: .* leads nowhere"),
    "pattern": ({"type": "string", "pattern": "["}, "/pattern: '\\[' is no regular expression"),
    "no schema inside": ({"not": 5}, "a schema is an object"),
    "condition": ({"if": 5, "then": {}}, "a schema is an object"),
    "choice of nothing": ({"oneOf": []}, "/oneOf: oneOf must hold at least one"),
    "address": ({"$id": "http://[", "$defs": {"a": {"$id": "x"}}}, "an address that is none"),
    "5,000 optional keys": (
        {"type": "object", "properties": {f"k{i}": {} for i in range(5000)}},
        "/properties: 5,000 keys",
    ),
    "enum of 100,000": ({"enum": list(range(100_000))}, "/enum"),
    "parts": ({"properties": {f"k{i}": {"type": "string", "title": "x"} for i in range(30_000)}}, "60,000 parts"),
}


@pytest.mark.parametrize("name", [*IMPOSSIBLE, *BAD])
def test_what_cannot_be_is_refused_by_name(name: str) -> None:
    schema, why = {**IMPOSSIBLE, **BAD}[name]
    with pytest.raises(InputError, match=why):
        grammar.compile(schema)


@pytest.mark.parametrize("limits", [WRITING, READING])
@pytest.mark.parametrize(
    "schema",
    [
        {"anyOf": [{"$ref": "#"}, {"type": "string"}]},
        {
            "$ref": "#/$defs/a",
            "$defs": {
                "a": {"anyOf": [{"$ref": "#/$defs/b"}, {"type": "string"}]},
                "b": {"oneOf": [{"$ref": "#/$defs/a"}]},
            },
        },
    ],
)
def test_a_choice_of_itself_is_no_left_recursion(schema: object, limits: Limits) -> None:
    admits = oracle(grammar.compile(schema, limits=limits).grammar)
    assert admits('"a"')
    assert not admits("1")


@pytest.mark.model
def test_many_keys_load() -> None:
    from rag.models.llama.matcher import smollm2_matcher

    matcher = smollm2_matcher()
    keys = {f"k{i}": {"type": "string", "pattern": f"^{i}$"} for i in range(1100)}
    schema = OBJ | {"properties": keys}
    assert matcher.admits(grammar.compile(schema).grammar, '{"k7":"7","k1099":"1099"}')
    assert matcher.admits(grammar.compile(schema, limits=READING).grammar, '{"k1099":"1099","k7":"7"}')


def nested(levels: int, leaf: object) -> object:
    for _ in range(levels):
        leaf = {"type": "object", "properties": {"a": leaf}, "required": ["a"]}
    return leaf


def test_two_hundred_levels_are_taken_and_thousands_refused() -> None:
    text = '{"a":' * 190 + "null" + "}" * 190
    assert oracle(grammar.compile(nested(190, {"type": "null"})).grammar)(text)
    with pytest.raises(InputError, match="levels deep"):
        grammar.compile(nested(3000, {}))


def test_references_that_fan_out_stay_linear() -> None:
    def fan(levels: int) -> object:
        level = {
            f"d{i}": {"type": "object", "properties": {key: {"$ref": f"#/$defs/d{i + 1}"} for key in "lr"}}
            for i in range(levels)
        }
        return {"$defs": level | {f"d{levels}": {"type": "string"}}, "$ref": "#/$defs/d0"}

    small, large = (len(grammar.compile(fan(n)).grammar) for n in (20, 80))
    assert large < 5 * small


@pytest.mark.parametrize(
    "pattern", ["(x+x+)+y", "^(.{1,1000}){1,1000}$", ".*a.{30}$", "a{1000000}", "(" * 150 + ")" * 150]
)
def test_patterns_without_end_give_a_bounded_grammar(pattern: str) -> None:
    shape = grammar.compile({"type": "string", "pattern": pattern})
    assert len(shape.grammar) < 200_000
    assert grammar.check("x" * 5000, {"pattern": "^(x+x+)+y$"})  # and judging ends, too


@pytest.mark.parametrize("limits", [WRITING, READING, Limits(string=5, items=2)])
def test_great_numbers_are_counted_or_cut(limits: Limits) -> None:
    for schema in (
        {"type": "string", "maxLength": 10**9},
        {"type": "array", "maxItems": 10**9, "items": {"type": "null"}},
    ):
        assert len(grammar.compile(schema, limits=limits).grammar) < 100_000
    admits = oracle(grammar.compile({"type": "string", "minLength": 2500, "maxLength": 4300}, limits=limits).grammar)
    assert [n for n in (2499, 2500, 3999, 4000, 4300, 4301) if admits(f'"{"x" * n}"')] == [2500, 3999, 4000, 4300]


def test_writing_is_bounded_and_knows_its_longest_text() -> None:
    schema = {"type": "array", "items": {"type": "string"}}
    shape = grammar.compile(schema, limits=Limits(string=3, items=2))
    assert shape.longest == len('["\U0001f600\U0001f600\U0001f600","\U0001f600\U0001f600\U0001f600"]'.encode())
    assert grammar.compile(schema, limits=READING).longest is None


def test_writing_closes_objects_and_takes_keys_in_order() -> None:
    schema = {"type": "object", "properties": {"why": {"type": "boolean"}, "a": {"type": "null"}}}
    admits = oracle(grammar.compile(schema).grammar)
    assert admits('{"why":true,"a":null}')
    assert not admits('{"a":null,"why":true}')
    assert not admits('{"b":1}')
    assert oracle(grammar.compile({**schema, "additionalProperties": {"type": "null"}}).grammar)('{"a":null,"b":null}')


def test_recursion_ends_when_writing() -> None:
    schema = {"type": "object", "properties": {"n": {"$ref": "#"}}}
    admits = oracle(grammar.compile(schema, limits=Limits(depth=2)).grammar)
    assert admits('{"n":{"n":{}}}')
    assert not admits('{"n":{"n":{"n":{}}}}')


def test_verbatim_strings_are_runs_of_words_of_the_source() -> None:
    source = 'Rag 1.2 ("fast")\nis out.'
    shape = grammar.compile({"type": "string", "x-verbatim": True}, source=source)
    admits = oracle(shape.grammar)
    runs = ["Rag", "1.2", 'Rag 1.2 ("fast")\nis out.', '"fast")', "is out"]
    assert [run for run in runs if not admits(json.dumps(run))] == []
    assert not any(admits(json.dumps(text)) for text in ("", "Ra", "Rag is", "fast is", "slow"))
    assert grammar.check("slow", {"type": "string", "x-verbatim": True}, source)


def test_a_verbatim_string_may_be_short() -> None:
    source = "one two three four five six seven eight nine ten"
    shape = grammar.compile({"type": "string", "x-verbatim": True, "x-max-chars": 13}, source=source)
    admits = oracle(shape.grammar)
    assert admits('"one two three"')
    assert not admits('"one two three four"')
    assert shape.residual == ()


def test_a_verbatim_string_may_have_a_form() -> None:
    source = "Version 1.2.3 came on 2024-02-30, no, on 2024-02-29."
    date = grammar.compile({"type": "string", "format": "date", "x-verbatim": True}, source=source)
    assert date.grammar == 'root ::= "\\"2024-02-29\\""\n'
    version = {"type": "string", "pattern": "^[0-9]+([.][0-9]+)+$", "x-verbatim": True}
    admits = oracle(grammar.compile(version, source=source).grammar)
    assert [admits(json.dumps(text)) for text in ("1.2.3", "1.2", "2.3", "1.2.4")] == [True, False, False, False]
    with pytest.raises(InputError, match="nothing in the source text fits"):
        grammar.compile(version, source="no number here")


def test_a_verbatim_grammar_is_linear_in_its_source() -> None:
    words = [f"w{i * 7919 % 997}" for i in range(3000)]
    sizes = [
        len(grammar.compile({"type": "string", "x-verbatim": True}, source=" ".join(words[:n])).grammar)
        for n in (750, 3000)
    ]
    assert sizes[1] < 6 * sizes[0]


def golden() -> list[tuple[str, str]]:
    blocks = GOLDEN.read_text("utf-8").split("\n\n")
    return [
        (lines[0], "\n".join(lines[1:])) for lines in (block.strip().split("\n") for block in blocks) if len(lines) > 1
    ]


@pytest.mark.parametrize(("schema", "expected"), golden())
def test_the_golden_table(schema: str, expected: str) -> None:
    shape = grammar.compile(json.loads(schema))
    lines = shape.grammar.strip().split("\n")
    lines.append(f"# longest: {shape.longest}")
    lines += [f"# checked: {residual.keyword} at {residual.pointer or '/'}" for residual in shape.residual]
    assert "\n".join(lines) == expected


@pytest.mark.parametrize("name", base.names())
def test_the_hand_written_grammars_are_sound(name: str) -> None:
    import random

    from grammar_walks import Walker

    shape = base.shape(name)
    walker = Walker(shape.grammar)
    for seed in range(60):
        text = walker.walk(random.Random(seed), 300)
        if name not in ("json", "objects"):  # in these a key may stand twice
            grammar.parse(text)
        if shape.longest is not None:
            assert len(text.encode()) <= shape.longest


def test_an_unknown_base_grammar_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="nothere") as caught:
        base.text("nothere")
    assert "list" in caught.value.hint
