"""Lists with what leads to them: headings, sentences, labels below a heading, kinds of changes, numbers of issues."""

from __future__ import annotations

import pytest

from rag.extract.changelog import changes, issues
from rag.extract.fields import fields_of
from rag.extract.layout import Layout
from rag.extract.led import divided, led
from rag.extract.lists import said_in_list
from rag.grammar import shorthand


def listed(name: str, text: str) -> list[str]:
    (one,) = fields_of(shorthand(f"{name}: list of str"))
    return said_in_list(text, Layout(text), one.units)


@pytest.mark.parametrize(
    ("name", "text", "found"),
    [
        (
            "side_effects",
            "4. Possible side effects\nCommon: nausea (1 in 10), headache.\nRare: skin rash.\n\n5. Storage\nKeep cool.",
            ["nausea", "headache", "skin rash"],
        ),
        ("side_effects", "Possible side effects\n\n- nausea\n- headache", ["nausea", "headache"]),
        (
            "side_effects",
            "4. Possible side effects\n\nNot all get them.\n\nCommon: pain, nausea\nand headache.\nRare: rash. Stop.",
            ["pain", "nausea", "headache", "rash"],
        ),
        (
            "side_effects",
            "## Welche Nebenwirkungen sind möglich?\n\nGelegentlich: Juckreiz, Brennen. Sehr selten: Ausschlag.",
            ["Juckreiz", "Brennen", "Ausschlag"],
        ),
        ("contact", "Contact\nPhone: 123, 124\nAddress: 1 Road, Town", []),
        ("tags", "---\ntags:\n- baking\n- cake\ndate: 2025-02-11\n---\n", ["baking", "cake"]),
        (
            "mängel",
            "Die Mängel sind bekannt: ein Kratzer an der Tür und ein defektes Radio.",
            ["ein Kratzer an der Tür", "ein defektes Radio"],
        ),
        ("side_effects", "Possibili effetti indesiderati\n\n- nausea\n- cefalea", ["nausea", "cefalea"]),
        ("bring", "Please bring the following:\n- a torch\n- a tent,\n  with pegs", ["a torch", "a tent, with pegs"]),
        (
            "bring",
            "Ihr Kind braucht an diesem Tag: Rucksack, Frühstück und einen Hut.",
            ["Rucksack", "Frühstück", "einen Hut"],
        ),
        (
            "required_documents",
            "You will need to submit the following paperwork to the office. Note: keep a copy.\n\n"
            "1. The signed form. Your manager can send it.\n\n2. A copy of your passport.",
            ["The signed form", "A copy of your passport"],
        ),
        ("required_documents", "You will need to complete a form:\n- When does it start?\n- Where do you live?", []),
        (  # a line that goes on further in belongs to its item, however few items there are
            "alternatives",
            "## Alternatives considered\n\n1. The offices go on to work together on\n   security at home.\n",
            ["The offices go on to work together on security at home"],
        ),
        ("alternatives", "Overwogen alternatieven\n\n- Niets doen\n- Later kopen\n", ["Niets doen", "Later kopen"]),
        (  # what stands below a sentence explains it; what stands below a name is the list
            "dislikes",
            "## Dislikes\n\n- It is dated, and half of its sites are gone.\n  - It names a site of 2004.\n"
            "- It promises far too much for its price.\n",
            ["It is dated, and half of its sites are gone", "It promises far too much for its price"],
        ),
        (
            "skills",
            "## Skills\n\n- Languages:\n  - Python, with all of its many libraries\n  - R\n",
            ["Languages:", "Python, with all of its many libraries", "R"],
        ),
        (  # a numbered heading goes on with no list of other marks
            "hazards",
            "Hazards:\n- It burns.\n- It irritates the skin.\n\n3. Composition\n   Water\n",
            ["It burns", "It irritates the skin"],
        ),
        ("in_the_box", "## Contents\n\n* [1 Hardware](#Hardware)\n    * [1.1 Audio](#Audio)\n", []),
        (
            "options",
            "## Options\n\n- `-b, --bytes`\n- [\\--quiet]\n- [sizes](sizes.md)\n",
            ["-b, --bytes", "[--quiet]", "sizes"],
        ),
        ("further_pages", "## Further pages\n\nps(1), top(1)\n", ["ps(1)", "top(1)"]),
        (
            "tags",
            "Etiquetas\n\nmapas, datos abiertos, web\n\nGrabación\n\nNo hay\n",
            ["mapas", "datos abiertos", "web"],
        ),
        (
            "responsibilities",
            "# Source\n\nThe Source team owns everything around\n\n- licences\n- access\n",
            ["licences", "access"],
        ),
        (
            "conditions",
            "The conditions are that work stops at six, that the tiles match those of the house,\n"
            "and that the oak is fenced.",
            ["work stops at six", "the tiles match those of the house", "the oak is fenced"],
        ),
        (
            "conditions",
            "Voorschriften\n1. De kleur is gelijk.\n2. Het afval gaat weg.\n",
            ["De kleur is gelijk", "Het afval gaat weg"],
        ),
        ("conditions", "Status: Denied\n", []),
        ("depends", "Package: wget\nDepends: libc6 (>= 2.38), zlib1g\n", ["libc6", "zlib1g"]),
    ],
)
def test_a_list_is_that_of_the_heading_or_the_sentence_before_it(name: str, text: str, found: list[str]) -> None:
    assert listed(name, text) == found


NEWS = """# Foo

## 2.1.0

### Added

* A dark mode. #12

### No longer broken

* Crash on start. #11
* Leak in parser, see https://git.example/foo/issues/9

## 2.0.0

### Fixed

* An old thing.
"""


def test_the_changes_of_a_release_are_below_the_heading_of_their_kind() -> None:
    assert changes(NEWS, frozenset({"solution"})) == [
        "Crash on start. #11",
        "Leak in parser, see https://git.example/foo/issues/9",
    ]
    assert listed("new_features", NEWS) == ["A dark mode. #12"]
    assert listed("fixes", NEWS)[0] == "Crash on start. #11"
    assert listed("removed", NEWS) == []


def test_without_such_headings_changes_are_told_by_their_first_word() -> None:
    text = (
        "NEWS\n\n* Changes in release 1.21.3\n\n** Fix the count (#61277)\n\n** Add option for TLS\n\n** Hide password"
    )
    assert listed("fixes", text) == ["Fix the count (#61277)"]
    assert listed("new_features", text) == ["Add option for TLS"]


def test_numbers_of_issues_are_those_that_are_named_as_such() -> None:
    (one,) = fields_of(shorthand("issue_numbers: list of int"))
    assert issues(NEWS + "a colour #335577ab, 64-bit, #3", one) == [12, 11, 9, 3]
    (other,) = fields_of(shorthand("lottery_numbers: list of int"))
    assert issues(NEWS, other) == []


def test_lists_keep_their_levels_and_lines() -> None:
    (one, two) = led("1. First\n2. Second\n\nNotes\n\n- a\n- b\n\n- c")
    assert (one.items, two.heading, two.items) == (("First", "Second"), "Notes", ("a", "b", "c"))
    assert divided("a (b, c), d and e") == ["a", "d", "e"]
    assert divided("a clause of more words than a part of any list has, d") == []
