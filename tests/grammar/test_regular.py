"""Laws of patterns, automata, Unicode properties and words, against `re`, `unicodedata` and brute force."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.grammar.regular import automaton
from rag.grammar.regular.alphabet import EVERYTHING, Machine
from rag.grammar.regular.automaton import search
from rag.grammar.regular.laws import machine_of
from rag.grammar.regular.machines import lengths, loop_room, minimise, sized, unrolled
from rag.grammar.regular.properties import characters
from rag.grammar.regular.regex import BadPattern
from rag.grammar.regular.words import blank_of, suffix_automaton, words

TEXTS = st.text(alphabet="abc01 -_éß٣ΩЖ中\u00a0", max_size=8)
ATOMS = st.sampled_from(["a", "b", "c", "[ab]", "[^a]", "0", "(?:ab|c)", "(?:a|b1|)", "é"])
COUNTS = st.sampled_from(["", "*", "+", "?", "{1,3}", "{2}"])
PATTERNS = st.builds(
    lambda start, parts, end: start + "".join(parts) + end,
    st.sampled_from(["", "^"]),
    st.lists(st.builds(lambda atom, count: atom + count, ATOMS, COUNTS), min_size=1, max_size=4),
    st.sampled_from(["", "$"]),
)
CLASSES = [r"\d", r"\D", r"\w", r"\W", r"\s", r"\S", ".", r"[^\d]", r"[^\W_]", r"(?i)é", r"(?i)[^s]", r"(?!\W)a"]


@given(PATTERNS, TEXTS)
def test_a_machine_finds_what_re_finds(pattern: str, text: str) -> None:
    assert search(pattern, "exact").matches(text) == (re.search(pattern, text) is not None)


@given(PATTERNS, PATTERNS, TEXTS)
def test_machines_are_sets_of_texts(one: str, other: str, text: str) -> None:
    first, second = search(one), search(other)
    has = first.matches(text), second.matches(text)
    assert automaton.meet(first, second).matches(text) == all(has)
    assert automaton.either([first, second]).matches(text) == any(has)
    assert automaton.minus(first, second).matches(text) == (has[0] and not has[1])
    sorts = automaton.sorts([first, second], lambda mark: not mark[0] or mark[1])
    assert [mark for mark, machine in sorts.items() if machine.matches(text)] == [has] * (has != (True, False))


@given(PATTERNS, TEXTS, st.integers(0, 4), st.integers(0, 6))
def test_fewer_states_and_counted_lengths_keep_the_texts(pattern: str, text: str, least: int, more: int) -> None:
    machine = search(pattern)
    small = minimise(machine)
    assert len(small.moves) <= len(machine.moves)
    assert small.matches(text) == machine.matches(text)
    fitting = machine.matches(text) and least <= len(text) <= least + more
    assert sized(machine, least, least + more).matches(text) == fitting


@given(PATTERNS, st.text(alphabet="abc01", max_size=30), st.integers(0, 3), st.integers(10, 40))
def test_rounds_leave_a_part_that_ends(pattern: str, text: str, rounds: int, most: int) -> None:
    machine = search(pattern)
    part = unrolled(machine, rounds)
    assert not part.matches(text) or machine.matches(text)
    loops = loop_room(part, most, most)
    straight = Machine([[move for move in moves if move[2] != s] for s, moves in enumerate(part.moves)], part.ends)
    assert lengths(straight)[1] is not None
    assert loops <= most


@pytest.mark.parametrize("pattern", CLASSES)
@given(text=TEXTS)
def test_what_it_surely_means_what_it_means_and_what_it_may_mean(pattern: str, text: str) -> None:
    lower, exact, upper = [search(pattern, sense).matches(text) for sense in ("lower", "exact", "upper")]
    assert lower <= exact <= upper
    assert lower <= (re.search(pattern, text) is not None) <= upper
    assert machine_of("pattern", pattern, False).matches(text) <= (not exact)
    assert machine_of("pattern", pattern, False).matches(text) <= (re.search(pattern, text) is None)


@settings(deadline=None)
@given(
    st.characters(exclude_categories=["Cs"]),
    st.sampled_from(["L", "Lu", "Ll", "N", "Nd", "P", "S", "Z", "M", "C", "Cn"]),
)
def test_categories_are_those_of_python(char: str, code: str) -> None:
    held = any(low <= ord(char) <= high for low, high in characters(code))
    assert held == unicodedata.category(char).startswith(code)
    assert search(rf"\p{{{code}}}").matches(char) == held
    assert search(rf"\P{{{code}}}").matches(char) != held


@pytest.mark.parametrize(
    ("pattern", "yes", "no"),
    [
        (r"^\p{Script=Greek}+$", "αβγ", "abc"),
        (r"^\p{sc=Cyrl}+$", "Москва", "Mосква"),
        (r"^\p{Script_Extensions=Deva}+$", "नमस्ते", "hello"),
        (r"^\p{Uppercase_Letter}\p{Lowercase_Letter}+$", "Änne", "änne"),
        (r"^\p{Alphabetic}+$", "naïve", "a1"),
        (r"^\p{Emoji_Presentation}$", "🙂", "a"),
        (r"^\p{White_Space}$", "\u3000", "x"),
        (r"^[^\p{L}\d]+$", "-_!", "-é"),
        (r"^\p{ID_Start}\p{ID_Continue}*$", "été_1", "1a"),
    ],
)
def test_properties_as_schemas_use_them(pattern: str, yes: str, no: str) -> None:
    assert search(pattern).matches(yes)
    assert not search(pattern).matches(no)


def test_a_property_that_is_none_is_said_to_be_none() -> None:
    with pytest.raises(BadPattern, match="no property called Nonsense"):
        search(r"\p{Nonsense}")


@given(TEXTS)
def test_everything_is_everything(text: str) -> None:
    assert EVERYTHING.matches(text)
    assert not automaton.minus(EVERYTHING, EVERYTHING).matches(text)


@given(st.text(max_size=40))
def test_words_joined_again_are_the_text(text: str) -> None:
    found = words(text)
    joined = "".join(found)
    assert text.startswith(joined)
    assert not text[len(joined) :].replace("\u200b", "").strip()
    assert all(blank_of(word) < len(word) for word in found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't pay 1,299.00", ["I", " don't", " pay", " 1,299.00"]),
        ("co-operate foo_bar", ["co", "-", "operate", " foo_bar"]),
        ("東京タワー", ["東", "京", "タ", "ワ", "ー"]),
        ("한국어 말", ["한", "국", "어", " 말"]),
        ("soft\u00adware foo \u200b bar", ["soft\u00adware", " foo", " \u200b bar"]),
        ("cafe\u0301 ภาษา", ["cafe\u0301", " ภ", "า", "ษ", "า"]),
    ],
)
def test_a_word_is_one_thing_in_every_script(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@given(st.lists(st.sampled_from("abc"), max_size=9), st.lists(st.sampled_from("abc"), min_size=1, max_size=4))
def test_the_suffix_automaton_has_the_runs_and_no_others(pieces: list[str], run: list[str]) -> None:
    edges, state = suffix_automaton(pieces), 0
    assert len(edges) <= max(1, 2 * len(pieces))
    for piece in run:
        state = edges[state].get(piece, -1)
        if state < 0:
            break
    assert (state >= 0) == ("".join(run) in "".join(pieces))
