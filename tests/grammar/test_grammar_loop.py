# ruff: noqa: E501 (tables)
"""The guarantee loop, strict reading, the strict subset, the shorthand, reading GBNF, and the commands."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import grammar
from rag.errors import InputError, OutputError
from rag.grammar import Attempts
from rag.types import JSON, Message, Reply, Request, Sampling, Shape

ASK = [Message("user", "say it")]
OBJ = {"type": "object"}


class Scripted:
    """A model that says what it was told to say, and remembers what it was asked."""

    name, fingerprint, context, parameters = "scripted", "", 4096, None

    def __init__(self, *replies: str | Reply, constrained: bool = True) -> None:
        self.constrained = constrained
        self.replies = [reply if isinstance(reply, Reply) else Reply(reply) for reply in replies]
        self.seen: list[Request] = []

    def count(self, messages) -> int:
        return sum(len(message.content) for message in messages)

    def generate(self, messages, shape=None, sampling=None, on_text=None) -> Reply:
        self.seen.append(Request(messages, shape, sampling))
        return self.replies.pop(0)


def admits(shape: Shape, text: str) -> bool:
    from grammar_oracle import oracle

    return oracle(shape.grammar)(text)


def test_a_reply_that_fits_is_data() -> None:
    model = Scripted(Reply('{"a":1}', 10, 5))
    done = grammar.produce(model, ASK, OBJ | {"properties": {"a": {"type": "integer"}}})
    assert (done.data, done.attempts, done.tokens_in, done.tokens_out) == ({"a": 1}, 1, 10, 5)


# (schema, a reply that the grammar admits and the schema refuses, one that must still be admitted then)
NARROWED = {
    "uniqueItems": ({"type": "array", "items": {"type": "string", "pattern": "^[ab]$"}, "uniqueItems": True}, '["a","a"]', '["a","b"]'),
    "oneOf": (
        {"oneOf": [OBJ | {"properties": {"a": {"type": "string", "pattern": p}}, "required": ["a"]} for p in ("(x)\\1", "(y)\\1")]},
        '{"a":"xxyy"}',
        '{"a":"xx"}',
    ),
    "pattern": ({"type": "string", "pattern": "^(a|b)\\1$"}, '"ab"', '"aa"'),
    "format": (OBJ | {"properties": {"r": {"type": "string", "format": "regex"}}}, '{"r":"["}', '{"r":"a"}'),
    "multipleOf": ({"type": "integer", "multipleOf": 100003}, "7", "100003"),
    "not": (OBJ | {"properties": {"a": {"type": "integer"}}, "not": {"patternProperties": {"a": {"const": 1}}}}, '{"a":1}', '{"a":2}'),
    "twice": (OBJ | {"additionalProperties": {"type": "integer"}}, '{"k":1,"k":2}', '{"k":1}'),
}  # fmt: skip


@pytest.mark.parametrize("name", NARROWED)
def test_what_failed_is_ruled_out_and_asked_again(name: str) -> None:
    schema, wrong, right = NARROWED[name]
    assert admits(grammar.compile(schema), wrong)
    model = Scripted(wrong, right)
    try:
        done = grammar.produce(model, ASK, schema, Sampling(5000))
    except InputError:
        pytest.fail("the narrowed schema cannot be compiled")
    assert done.data == json.loads(right)
    assert done.attempts == 2
    second = model.seen[1].shape
    assert not admits(second, wrong)
    assert admits(second, right)


def test_narrowing_keeps_references_alive() -> None:
    schema = {
        "$defs": {
            "u": {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 2}, "uniqueItems": True}
        },
        **OBJ,
    }
    schema |= {"properties": {"a": {"$ref": "#/$defs/u"}, "b": {"$ref": "#/$defs/u"}}}
    model = Scripted('{"a":[1],"b":[2,2]}', '{"a":[1],"b":[2]}')
    grammar.produce(model, ASK, schema)
    assert not admits(model.seen[1].shape, '{"a":[1],"b":[2,2]}')
    assert admits(model.seen[1].shape, '{"a":[2,2],"b":[1]}')  # only the place that failed is narrower


def test_after_k_attempts_the_error_carries_the_text() -> None:
    schema = {"type": "integer", "multipleOf": 100003}
    with pytest.raises(OutputError, match="after 3 attempts") as caught:
        grammar.produce(Scripted("7", "8", "9"), ASK, schema, k=3)
    assert caught.value.raw == "9"


@given(st.lists(st.text(max_size=12), min_size=3, max_size=3))
def test_an_invalid_object_is_never_returned(replies: list[str]) -> None:
    schema = {"type": "array", "items": {"type": "integer"}}
    try:
        done = grammar.produce(Scripted(*replies), ASK, schema, k=3)
    except OutputError:
        return
    assert grammar.check(done.data, schema) == []


def test_a_reply_that_was_cut_is_asked_again_within_its_tokens() -> None:
    schema = OBJ | {"properties": {"a": {"type": "string"}, "b": {"type": "string"}}, "required": ["a", "b"]}
    model = Scripted(Reply('{"a":"x', stopped="length"), '{"a":"x","b":"y"}')
    grammar.produce(model, ASK, schema, Sampling(max_tokens=300))
    first, second = (request.shape.longest for request in model.seen)
    assert first > 900 >= second
    model = Scripted(*[Reply('{"a":"x', stopped="length")] * 2, '{"a":"x","b":"y"}')
    grammar.produce(model, ASK, schema, Sampling(max_tokens=300))
    assert model.seen[2].shape.longest <= 300


def test_what_can_only_be_cut_is_refused_before_decoding() -> None:
    model = Scripted()
    with pytest.raises(InputError, match="10 tokens are allowed"):
        grammar.produce(model, ASK, grammar.compile({"type": "string"}), Sampling(max_tokens=10))
    assert model.seen == []


def test_a_schema_is_tried_before_it_is_given_up() -> None:
    model = Scripted(*[Reply('"a long', stopped="length")] * 3)
    with pytest.raises(OutputError, match="after 3 attempts the reply does not fit the schema: it was cut after 10"):
        grammar.produce(model, ASK, {"const": "a long text that must be there"}, Sampling(max_tokens=10))


def test_a_reply_that_is_cut_and_holds_a_key_twice_is_a_cut_reply() -> None:
    inner = {"type": "object", "additionalProperties": {"type": "integer"}}
    schema = {"type": "object", "additionalProperties": inner}
    cut = '{"a":{"x":1,"x":2},"b":{"y":1,'
    done = grammar.produce(Scripted(cut, Reply(cut, stopped="length"), '{"a":{"x":1}}'), ASK, schema)
    assert (done.data, done.attempts) == ({"a": {"x": 1}}, 3)


def test_a_model_that_no_grammar_holds_is_told_what_was_wrong() -> None:
    model = Scripted('{"a":"x"}', '{"a":1}', constrained=False)
    grammar.produce(model, ASK, OBJ | {"properties": {"a": {"type": "integer"}}})
    said = model.seen[1].messages
    assert [message.role for message in said] == ["user", "assistant", "user"]
    assert "/a: 'x' is not of type 'integer'" in said[2].content


def test_a_batch_runs_the_same_loop_without_a_model() -> None:
    schema = {"type": "array", "items": {"type": "integer", "minimum": 1, "maximum": 2}, "uniqueItems": True}
    several = [Attempts(schema, ASK, Sampling(100, seed=n)) for n in range(3)]
    scripts = [["[1,1]", "[1]"], ["[2]"], ["[2,2]", "[1,1]", "[2,2]"]]
    while waiting := [i for i, one in enumerate(several) if one.request is not None]:
        for i in waiting:
            several[i].feed(Reply(scripts[i].pop(0)))
    assert [several[i].result().data for i in (0, 1)] == [[1], [2]]
    with pytest.raises(OutputError):
        several[2].result()


NOT_JSON = [
    "",
    "{",
    '{"a":1,"a":2}',
    "NaN",
    "[Infinity]",
    "1e999",
    '"\\ud800"',
    '"\ud800"',
    "01",
    "[1,]",
    '"\n"',
    "'a'",
    "1" * 5000,
]


@pytest.mark.parametrize("text", NOT_JSON)
def test_strict_reading_refuses(text: str) -> None:
    with pytest.raises(OutputError) as caught:
        grammar.parse(text)
    assert caught.value.raw == text


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))  # fmt: skip
def test_strict_reading_takes_what_json_writes(value: object) -> None:
    assert grammar.parse(json.dumps(value)) == value


def test_checking_judges_what_jsonschema_leaves_out() -> None:
    for schema, good, bad in (
        ({"format": "uri"}, "http://a.b/c", "not a uri"),
        ({"format": "date-time"}, "2024-01-01T00:00:00Z", "2024-01-01"),
        ({"format": "time"}, "23:59:60Z", "25:00:00Z"),
        ({"multipleOf": 0.1}, 0.3, 0.35),
        ({"pattern": "^\\d$"}, "1", "١"),
        ({"pattern": "a$"}, "a", "a\n"),
        ({"x-max-chars": 2}, "ab", "abc"),
        ({"format": "email"}, "a@b.co", "a@@b"),
    ):
        assert grammar.check(good, schema) == []
        assert grammar.check(bad, schema) != []


STRICT = {
    "optional": (OBJ | {"properties": {"a": {"type": "string"}, "b": {"type": "integer"}}, "required": ["a"]},
                 {"a": "x", "b": None}, {"a": "x"}),
    "nullable": (OBJ | {"properties": {"a": {"type": ["string", "null"]}}}, {"a": None}, {"a": None}),
    "map": (OBJ | {"properties": {"m": OBJ | {"additionalProperties": {"type": "integer"}}}, "required": ["m"]},
            {"m": [{"key": "k", "value": 1}]}, {"m": {"k": 1}}),
    "anything": (OBJ | {"properties": {"a": {}}, "required": ["a"]}, {"a": "[1]"}, {"a": [1]}),
    "root": ({"type": "array", "items": {"type": "integer"}}, {"value": [1]}, [1]),
    "union": (OBJ | {"properties": {"u": {"oneOf": [{"type": "integer"}, OBJ | {"properties": {"x": {"type": "integer"}, "y": {"type": "integer"}}, "required": ["x"]}]}}, "required": ["u"]},
              {"u": {"x": 1, "y": None}}, {"u": {"x": 1}}),
    "recursion": (OBJ | {"properties": {"v": {"type": "integer"}, "n": {"$ref": "#"}}, "required": ["v"]},
                  {"v": 1, "n": {"v": 2, "n": None}}, {"v": 1, "n": {"v": 2}}),
}  # fmt: skip


@pytest.mark.parametrize("name", STRICT)
def test_the_strict_subset_and_back(name: str) -> None:
    schema, reply, data = STRICT[name]
    strict, restore = grammar.strict(schema)
    assert grammar.check(reply, strict) == []
    assert restore(reply) == data
    assert grammar.check(data, schema) == []


@pytest.mark.parametrize("name", STRICT)
def test_the_strict_subset_is_strict(name: str) -> None:
    def walk(node: object) -> None:
        if isinstance(node, dict):
            kind = node.get("type", ())
            if kind == "object" or "object" in kind:
                assert node["additionalProperties"] is False
                assert node["required"] == list(node["properties"])
            assert not node.keys() & {"allOf", "oneOf", "not", "if", "patternProperties", "minLength", "x-verbatim"}
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(grammar.strict(STRICT[name][0])[0])
    assert grammar.strict(STRICT[name][0])[0]["type"] == "object"


def test_what_the_subset_does_not_know_goes_into_the_description() -> None:
    schema = OBJ | {"properties": {"a": {"type": "string", "minLength": 3, "description": "a name"}}, "required": ["a"]}
    assert grammar.strict(schema)[0]["properties"]["a"] == {"type": "string", "description": "a name (minLength: 3)"}


def test_the_limits_of_the_subset_are_refused_by_name() -> None:
    deep: object = {"type": "string"}
    for _ in range(12):
        deep = OBJ | {"properties": {"a": deep}}
    wide = OBJ | {"properties": {f"k{i}": {"type": "string"} for i in range(5001)}}
    many = OBJ | {"properties": {"e": {"type": "integer", "enum": list(range(1001))}}}
    for schema, why in ((deep, "levels"), (wide, "5,000 properties"), (many, "1,000 enum values")):
        with pytest.raises(InputError, match=why):
            grammar.strict(schema)


def test_the_shorthand() -> None:
    assert grammar.shorthand("name, age int!, ok bool?, bio: short text") == {
        "type": "object",
        "properties": {
            "name": {"type": ["string", "null"]},
            "age": {"type": "integer"},
            "ok": {"type": ["boolean", "null"]},
            "bio": {"type": ["string", "null"], "description": "short text"},
        },
        "required": ["name", "age", "bio"],
        "additionalProperties": False,
    }
    lines = grammar.shorthand("name!: given, then family\nprice float\n", multi=True)
    assert lines["properties"]["items"]["items"]["properties"] == {
        "name": {"type": "string", "description": "given, then family"},
        "price": {"type": ["number", "null"]},
    }
    for wrong in (
        "",
        "a b c",
        "age intt",
        "a, a",
        ": x",
        "?",
        "a {b",
        "a}",
        "a {b, b}",
        "a list of thing",
        "z: {not closed",
    ):
        with pytest.raises(InputError):
            grammar.shorthand(wrong)


def test_the_shorthand_has_an_hour_and_an_address_and_says_what_to_write_for_other_times() -> None:
    known = grammar.shorthand("start time, mail email!, page url, price decimal")["properties"]
    assert known["mail"] == {"type": "string", "format": "email"}
    assert (known["page"], known["price"]) == ({"type": ["string", "null"]}, {"type": ["number", "null"]})
    for said, problems in (("09:30", 0), ("9:30", 1), ("24:00", 1), (None, 0)):
        assert len(grammar.check(said, known["start"])) == problems
    with pytest.raises(InputError) as told:
        grammar.shorthand("issued_at datetime")
    assert "'issued_at' alone" in str(told.value.hint)


def test_the_shorthand_has_choices_lists_and_objects() -> None:
    def properties(text: str) -> dict[str, JSON]:
        return dict(grammar.shorthand(text)["properties"])

    assert properties("size: one of S M L, mood one of very good | bad: the tone, x!: one of 'a b' c") == {
        "size": {"enum": ["S", "M", "L", None]},
        "mood": {"enum": ["very good", "bad", None], "description": "the tone"},
        "x": {"enum": ["a b", "c"]},
    }
    assert properties("""head: one of "born in" | 'works for' | it's""")["head"] == {
        "enum": ["born in", "works for", "it's", None]
    }
    assert properties("tags: list") == properties("tags list") == properties("tags: list of str")
    assert properties("tags: list of str, sizes list of one of S M: what fits, due date") == {
        "tags": {"type": "array", "items": {"type": "string"}},
        "sizes": {"type": "array", "items": {"enum": ["S", "M"]}, "description": "what fits"},
        "due": {"type": ["string", "null"], "format": "date"},
    }
    inner = {
        "type": "object",
        "properties": {"name": {"type": ["string", "null"]}, "price": {"type": "number"}},
        "required": ["name", "price"],
        "additionalProperties": False,
    }
    for text in ("lines: list of {name, price float!}, b", "lines list of {name\nprice float!}\nb: x, y"):
        assert properties(text)["lines"] == {"type": "array", "items": inner}
    assert properties("at {name, price float!}")["at"] == {**inner, "type": ["object", "null"]}
    words = properties("wish: list of things they want, z: what {it} says")
    assert [part["description"] for part in words.values()] == ["list of things they want", "what {it} says"]
    assert properties("lines: list {name, price float!}") == properties("lines: list of {name, price float!}")
    lines = properties("size: one of S, partly M, L\nprice float")
    assert lines["size"] == {"enum": ["S", "partly M", "L", None]}


@pytest.mark.parametrize(
    ("text", "instead"),
    [
        ("size: one of easy, medium, hard, price float", "size: one of easy medium hard"),
        ("outcome one of allowed, partly allowed, dismissed", "outcome: one of allowed | partly allowed | dismissed"),
        ("sizes: list of one of S, M, b: what", "sizes: one of S M"),
        ("mood: one of good", "mood: one of good …"),
    ],
)
def test_a_choice_of_one_value_is_refused_with_what_was_meant(text: str, instead: str) -> None:
    with pytest.raises(InputError, match="is one of a single value") as refused:
        grammar.shorthand(text)
    assert refused.value.hint.endswith(instead)


def rag(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "rag.cli", *words], input=stdin, capture_output=True, text=True, check=False
    )


def command(*words: str) -> tuple[int, str]:
    from typer.testing import CliRunner

    from rag.cli import app

    done = CliRunner().invoke(app, list(words))
    if isinstance(done.exception, InputError):
        return done.exception.exit_code, done.exception.message
    return done.exit_code, done.output


def test_the_commands(tmp_path: Path) -> None:
    code, text = command("schema", "name, age int", "--multi")
    assert (code, json.loads(text)) == (0, grammar.shorthand("name, age int", True))
    file = tmp_path / "form.json"
    file.write_text('{"type":"array","uniqueItems":true,"items":{"type":"null"}}')
    code, text = command("grammar", str(file))
    assert code == 0
    assert text.startswith('root ::= "["')
    assert "uniqueItems at /uniqueItems" in text
    assert command("grammar", str(file), "--residual", "--format", "json")[1].count("uniqueItems") == 2
    assert command("grammar", str(file), "--strict")[0] == 2
    assert "not JSON" in command("grammar", '{"a"')[1]
    assert "root ::=" in command("grammar", "--base", "list")[1]
    assert command("grammar", str(tmp_path / "nothere.json"))[0] == 2
    assert command("grammar")[0] == 2
    bad = tmp_path / "bad.gbnf"
    bad.write_text('root ::= "a" |\n  "b" {')
    assert "bad.gbnf: grammar, line 2, column 7" in command("grammar", "--check", str(bad))[1]
