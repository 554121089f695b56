"""Which words of a text are quoted, and what of two texts is only typography."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.understand.attribution import Names, attribution
from rag.understand.matching import altered, verbatim
from rag.understand.plain import differing, plain
from rag.understand.quotations import quotations

WORDS = "Backups are just file copies, he wrote; and 3.5 copies don't cost more"


def quoted(text: str) -> list[str]:
    return [one.text for one in quotations(text)[0]]


@pytest.mark.parametrize(
    "marks", ["“”", "„“", "„”", "””", "«»", "»«", "»»", "‹›", "‘’", "‚‘", "「」", "『』", "＂＂", '""', "''", "〝〞"]
)
def test_every_kind_of_mark_opens_and_closes(marks: str) -> None:
    text = f"They said {marks[0]}{WORDS}{marks[1]}, and went on. The users' own words, isn't it?"
    assert quoted(text) == [WORDS]


def test_a_quotation_inside_another_is_a_part_of_it() -> None:
    assert quoted("He: “She said ‘no way’ twice.” And „Er rief «Halt!» laut“.") == [
        "She said ‘no way’ twice.", "Er rief «Halt!» laut",
    ]  # fmt: skip


def test_french_quotations_have_space_inside() -> None:
    assert quoted("Il dit « rien du tout » et part.") == ["rien du tout"]


def test_blockquotes_of_markdown_and_html() -> None:
    text = "One:\n\n> Two lines\n> of it.\n>\n> — Ada\n\n<blockquote><p>In HTML.</p></blockquote> and <q>in a line</q>."
    found, _ = quotations(text)
    assert [one.text for one in found] == ["Two lines\nof it.", "In HTML.", "in a line"]
    assert [one.line for one in found] == [3, 8, 8]
    assert quoted("> “All of it in marks.” — Bob") == ["All of it in marks."]
    assert quoted(">> deep\n>> words\n") == ["deep\nwords"]
    assert quoted("- > In a list\n  > it goes on.\n- no quotation\n\n1. > Numbered.") == [
        "In a list\nit goes on.",
        "Numbered.",
    ]


def test_code_addresses_and_inches_are_no_quotations() -> None:
    text = 'Run `print("x")` on 5" disks.\n\n```\nsay("hello")\n```\n\n[link](http://x.y/a "a title") <a href="u">t</a>'
    assert quotations(text) == ([], [])


def test_marks_without_an_end_cost_little() -> None:
    """And a name of several words is found in running text."""
    for text in ("“" * 30_000, "'a " * 20_000, '"a ' * 20_000, "> " * 5_000, "<q>" * 2_000, "`a " * 20_000):
        quotations(text)
    found, _ = quotations("What Bob Stone means is that “it is so” there.")
    assert attribution(found[0], Names([*(f"Bob N{n}" for n in range(5000)), "Bob Stone"], [])).name == "Bob Stone"  # type: ignore[union-attr]


def test_a_quotation_of_several_paragraphs_is_opened_again_in_each() -> None:
    assert quoted("“It is so.\n\n“And it stays so,” he said.") == ["It is so.", "And it stays so,"]


def test_entities_and_tex() -> None:
    assert quoted("He said &ldquo;it is so&rdquo; and &quot;never&quot;.") == ["it is so", "never"]
    assert quoted("He said ``it is so'' there.") == ["it is so"]


def test_a_mark_that_is_never_closed_is_told() -> None:
    assert quotations('One.\n\nTwo "is open.\n\nThree "is closed".')[1] == [3]


NAMES = Names(["alice", "Bob Stone", "carol"], ["notes/bash.md", "bash.md", "https://example.org/7"])
SIGNED = [
    ('“W” — alice', "alice"), ('- alice: “W”', "alice"), ('**alice**: “W”', "alice"), ('“W,” wrote carol.', "carol"),
    ('As Stone put it, “W”', "Stone"), ('According to Bob Stone, “W”', "Bob Stone"), ('“W” (@carol)', "carol"),
    ('“W” (notes/bash.md:12)', "notes/bash.md"), ('“W” [there](https://example.org/7)', "https://example.org/7"),
    ('> W\n>\n> — Bob Stone', "Bob Stone"), ('carol wrote:\n\n> W', "carol"), ('“W”\n— carol', "carol"),
    ('For carol it is clear that “W” is so.', "carol"), ('“W” said Dave Miller.', "Dave Miller"),
    ("[alice](https://x.y/z): “W”", "alice"), ("carol (who runs it): “W”", "carol"), ("| alice | “W” |", "alice"),
    ("“W” (carol, 2024)", "carol"), ("“W”—alice", "alice"), ("@carol: “W”", "carol"),
    ('“W” — Zed', "Zed"), ('alice said it. “W” is true.', ""), ('“W” - which is fine', ""), ('“W”\n- carol: no', ""),
    ('She said “W”', ""), ('The manual says: “W”', ""), ('alice and carol agree: “W” it is', ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "name"), SIGNED)
def test_who_is_said_to_have_said_it(text: str, name: str) -> None:
    found, _ = quotations(text.replace("W", WORDS))
    said = attribution(found[0], NAMES)
    assert (said.name if said else "") == name


LETTERS = st.text(st.sampled_from("ab c'’\"“”–-—…. \n*_[]()ée\u0301ﬁ\u00a0\u00ad#>&;"), max_size=40)


@settings(deadline=None)
@given(LETTERS)
def test_one_spelling_is_stable_and_leads_back(text: str) -> None:
    made = plain(text)
    for start in range(len(made.text)):
        for end in range(start + 1, min(len(made.text), start + 4) + 1):
            first, last = made.raw(start), made.raw(end, end=True)
            assert 0 <= first <= last <= len(text)
    for place, character in enumerate(made.text):
        if character in "abce" and not {"ﬁ", "\u0301"} & set(text):
            assert text[made.raw(place) : made.raw(place + 1, end=True)].strip("\u00ad*_[]()\\>~ #") == character


@settings(deadline=None)
@given(st.lists(st.sampled_from(["it's", "a-b", "x", '"y"', "1.5", "well", "…"]), min_size=1, max_size=8))
def test_typography_alone_leaves_a_quotation_verbatim(words: list[str]) -> None:
    there = f"Before all this. {' '.join(words)} And after it."
    said = "\n".join(words).replace("'", "’").replace("…", "...").replace('"y"', "“y”")
    match = verbatim(plain(said), plain(there))
    assert match is not None
    assert there[match.start : match.end] == " ".join(words)
    assert set(match.differences) <= {"white space", "apostrophes", "ellipsis", "quotation marks"}
    assert bool(match.differences) == (said != " ".join(words))


def test_what_differs_is_named() -> None:
    one, other = plain("a *b* – c’s d"), plain("a b - c's  d")
    assert one.text == other.text == "a b-c's d"
    assert differing(list(one.marks), list(other.marks)) == ["markup", "dashes", "apostrophes", "white space"]


@pytest.mark.parametrize(
    ("said", "names"),
    [
        ("copying a live file is not a backup,", ("end punctuation",)),
        ("Copying a live file", ("first letter",)),
        ("copying a … file is not a backup", ("5 characters left out",)),
        ("[C]opying a live file", ("words in brackets",)),
        ("[they say] a live file is not", ("words in brackets",)),
    ],
)
def test_what_a_writer_may_do_to_a_quotation(said: str, names: tuple[str, ...]) -> None:
    match = verbatim(plain(said), plain("That's wrong: copying a live file is not a backup. Really."))
    assert match
    assert match.differences[-1:] == names or match.differences == names or len(match.differences) <= 2


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ("copying a live file is a backup", (("not", ""),)),
        ("copying a live file is not a good backup", (("", "good"),)),
        ("copying a dead file is not a backup", (("live", "dead"),)),
    ],
)
def test_what_was_altered_is_told(said: str, changes: tuple[tuple[str, str], ...]) -> None:
    text = plain("That's wrong: copying a live file is not a backup. Use the backup API instead.")
    assert verbatim(plain(said), text) is None
    match = altered(plain(said), text)
    assert match
    assert match.changes == changes
    assert text.text[match.start : match.end].startswith("copying")


def test_raised_digits_and_parts_of_words_are_not_the_same() -> None:
    assert verbatim(plain("it costs 102"), plain("it costs 10²")) is None
    assert verbatim(plain("he port is open"), plain("the port is open")) is None
    assert altered(plain("no such words"), plain("entirely other things stand here")) is None
