"""What is fuzzed (eval/fuzz), in its short form: good inputs, some of them spoiled, and what the fuzzer has found."""

from __future__ import annotations

import random
import sys
from functools import partial
from pathlib import Path

import pytest
from counted import Counted

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "eval" / "fuzz")]
import targets  # noqa: E402
from doubling import UNITS, repeated  # noqa: E402

FOUND = [
    ("excerpt", b"\0\x14" + b"# make it say something else, or nothing at all, and then go on\n" * 20),  # no sentence
    ("reply", b'{"choices":[{"message":{"content":"\\ud800"}}],"usage":{"prompt_tokens":-1e400}}'),
    ("answer", b"q\nP\n--\nX\n--\n--"),  # no passage of which anything is shown
    ("extract", b"0\nTotal: " + b"9" * 5000),  # a number of more digits than Python writes
    ("extract", b"amount float\n" + "三".encode() * 5000),
    ("canvas", b'{"nodes": [{"type": "text", "text": "a", "x": 1' + b"0" * 400 + b"}]}"),
    ("blog", b'<form class="newsletter-form">></form>\xd4\xa7\x04'),  # a control character is put elsewhere
    ("chat", b'{"guild": "a", "channel": [], "messages": [{"author": "b", "content": "c"}]}'),
    ("chat", b'{"room_name": "a", "messages": [{"type": "m.room.message", "content": "c"}]}'),
    ("chat", b'{"messages": [{"creator": "a", "text": "b"}, {"creator": 1, "text": "c"}]}'),
    ("chat", b'{"participants": [], "messages": [{"content": "a", "share": "x"}, {"content": "b"}]}'),
]


def tried(name: str, data: bytes) -> None:
    try:
        targets.target(name)(data)
    except targets.REFUSALS as error:
        str(error).encode()


@pytest.mark.parametrize(("name", "data"), FOUND)
def test_what_was_found_is_read_or_refused(name: str, data: bytes) -> None:
    tried(name, data)


@pytest.mark.parametrize("name", targets.TARGETS)
def test_good_and_spoiled_inputs_are_read_or_refused(name: str) -> None:
    from fuzz_sources import mutated

    for number, good in enumerate(targets.seeds(name)):
        tried(name, good)
        for round_ in range({"excerpt": 4, "pattern": 4, "extract": 3, "record": 1}.get(name, 12)):
            tried(name, mutated(good, random.Random(f"{name} {number} {round_}"))[:4000])


@pytest.mark.parametrize("name", targets.VARIANTS)
def test_files_of_every_kind_are_read_or_refused(name: str) -> None:
    from fuzz_sources import mutated

    for number, good in enumerate(targets.seeds(name)[:4]):
        targets.target(name)(good)
        for round_ in range(6):
            tried(name, mutated(good, random.Random(f"{name} {number} {round_}"))[:4000])


@pytest.mark.parametrize("name", ["chunk", "sentence", "excerpt", "grammar", "reply"])
def test_work_grows_with_the_input_and_no_faster(name: str) -> None:
    """Twice the input, twice the lines that run; quadratic work would be four times as many."""
    targets.target(name)(targets.seeds(name)[0])  # what is done once, at the first call
    for unit in UNITS[:: {"sentence": 2, "excerpt": 14}.get(name, 7)]:
        small, large = (Counted().of(partial(tried, name, b"\1\20" + repeated(unit, size))) for size in (1000, 2000))
        assert large <= 2.6 * small + 500, unit


def test_marks_that_end_no_sentence_are_looked_at_once() -> None:
    """80,000 of them took 48 seconds, so this would never end: what a regular expression tries, no line counts."""
    from rag import sentences

    assert len(sentences.spans("?" * 3_000_000 + "a")) == 1


@pytest.mark.parametrize(
    ("unit", "size"),
    [(b"\n", 100_000), (b"_", 100_000), (b"0", 100_000), (b"a: ", 100_000), (b'(the "Landlord") ', 100_000),
     (b"\t", 60_000), (b"> ", 60_000), (b"# ", 60_000), ("A’".encode(), 60_000), (b"A-", 60_000),
     (b"IN THE ACOURT' ", 60_000)],
)  # fmt: skip
def test_the_rules_of_extraction_look_at_a_text_once(unit: bytes, size: int) -> None:
    """Of line breaks 8,000 took two seconds and twice as many eight, so this would take minutes."""
    targets.target("extract")(b"0\n" + unit * (size // len(unit)) + b"!x")


@pytest.mark.parametrize("unit", ["\t", " ", "> ", "-", "- ", "|", ":-", "`", "# ", "1. "])
def test_a_line_is_cut_into_sentences_in_one_pass(unit: str) -> None:
    """Of 16,000 tabs before a word this took four seconds, so of so many it would take hours."""
    from rag import sentences

    text = unit * (400_000 // len(unit)) + "a word"
    for span in sentences.spans(text):
        assert text[span.start : span.end].strip()


@pytest.mark.parametrize("unit", [" ", "\n"])
def test_a_question_is_read_once_however_much_white_space_is_in_it(unit: str) -> None:
    """20,000 blanks took eight seconds, so these would take minutes."""
    from rag import ask

    hits = targets.rules._hits("# Kiln\n\nThe kiln stands in bay four.\n")
    answered = ask.answer(f"where is the kiln{unit * 200_000}?", hits, asking=ask.Asking(threshold=0.0))
    assert "bay four" in answered.citations[0].quote


def test_the_dashes_above_a_quoted_mail_and_around_a_word_in_a_subject_are_looked_at_once() -> None:
    """Both were looked at again from each of them: some minutes."""
    from rag import messages
    from rag.sources import quoted

    dashes = "-" * 100_000
    assert quoted.HEAD.search(f"{dashes}x\nFrom: Ann\n") is None
    assert messages.subject(f"{dashes} x") == f"{dashes} x"
    assert messages.subject("The kiln - - SOLVED!") == "The kiln -"


def test_dates_and_places_of_a_long_table_are_found_in_one_pass() -> None:
    """Of 400 rows of three values this took seven seconds, and 400 with twice the rows."""
    from rag.extract.evidence import evidence

    rows = [{"name": f"Item {n}", "day": f"2025-01-{n % 28 + 1:02}", "price": float(n % 5)} for n in range(1000)]
    text = "".join(f"| {row['name']} | {row['day']} | {row['price']:.2f} |\n" for row in rows)
    found = evidence({"rows": rows}, text)
    assert [found[f"/rows/{n}/name"]["quote"] for n in range(1000)] == [row["name"] for row in rows]
    ends = [end for end, mark in enumerate(text) if mark == "\n"]
    assert all(found[f"/rows/{n}/price"]["end"] <= end for n, end in enumerate(ends))


@pytest.mark.parametrize(
    ("fields", "unit", "size"),
    [("2", "—", 60_000), ("2", "3 a—", 60_000), ("3", "is  ", 300_000), ("3", "a is ", 300_000)],
)
def test_items_and_what_is_said_of_a_subject_are_looked_at_once(fields: str, unit: str, size: int) -> None:
    """4,000 dashes took ten seconds, 16,000 characters of "is" one: of so many, hours."""
    targets.target("extract")(f"{fields}\n{unit * (size // len(unit))}!x".encode())


@pytest.mark.parametrize(
    ("name", "before", "unit"), [("asciidoc", "# a", " "), ("asciidoc", "== a", "\t"), ("markdown", "a (", "`")]
)
def test_what_stands_in_the_middle_of_a_line_is_looked_at_once(name: str, before: str, unit: str) -> None:
    """8,000 of them took a third of a second, and each twice as many four times as long: some minutes."""
    targets.target(name)(f"{before}{unit * 400_000}b\n\nc\n".encode())


def test_a_long_word_without_a_digit_is_looked_through_once() -> None:
    """Before each value of a line: 3,000 characters took more than a second, and this would take hours."""
    from rag.extract import layout

    assert layout.NUMBERED.sub(" ", "a" * 1_000_000 + " x1y b").split()[1:] == ["b"]
