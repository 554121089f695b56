"""Blocks and excerpts: what belongs together is shown together, whole, and nothing else."""

from __future__ import annotations

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import chunking
from rag.ask import answer, questions
from rag.blocks import blocks, groups
from rag.types import Document, Hit

NOTE = """# Sorting

I wanted to sort a big file by its second column.

Here's how to do that:

```bash
sort -k 2 big.txt \\
  > sorted.txt

echo done
```

The `-k 2` option names the column.

## Removing lines

To remove double lines use this instead:

    uniq sorted.txt

| tool | what it does |
|------|--------------|
| sort | sorts lines |
| uniq | removes double lines |

Ingredients:

- one file
- some patience
  and time

1. Open it
2. Close it
"""


def shown(question: str, text: str, kind: str = "markdown", target: int = 1600) -> list[str]:
    document = Document("docs", "a.md", text, title="Note", kind=kind)
    hits = [Hit(passage, 1 - rank / 10) for rank, passage in enumerate(chunking.split(document, target))]
    return [one.quote for one in answer(question, hits).citations]


def kinds(text: str, kind: str = "markdown", fenced: bool = False) -> list[str]:
    return [block.kind for block in blocks(text, kind, fenced)]


def test_the_blocks_of_markdown() -> None:
    found = blocks(NOTE, "markdown")
    assert [block.kind for block in found] == [
        "heading", "prose", "prose", "code", "prose", "heading", "prose", "code", "table", "prose", "list",
    ]  # fmt: skip
    code = NOTE[found[3].start : found[3].end]
    assert code.startswith("```bash\n")
    assert code.endswith("echo done\n```")
    assert NOTE[found[7].start : found[7].end] == "    uniq sorted.txt"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a\n\nb\nc", ["prose", "prose"]),
        ("- a\n- b\n\n  more of b\n\nc", ["list", "prose"]),
        ("- a\n\n      code in the item\n- b", ["list"]),
        ("Title\n=====\ntext", ["heading", "prose"]),
        ("x | y\n--|--\n1 | 2", ["table"]),
        ("~~~\n```\n~~~\nafter", ["code", "prose"]),
        ("```\nnever closed\n\nstill", ["code"]),
        ("![picture](a.png)\n\ntext", ["image", "prose"]),
        ('<img alt="x"\n src="y">\ntext', ["image", "prose"]),
        ("> said\n> more", ["prose"]),
        ("", []),
        ("\n\n---\n\n", []),
    ],
)
def test_blocks_of_all_kinds(text: str, expected: list[str]) -> None:
    assert kinds(text) == expected


def test_a_text_that_begins_inside_code() -> None:
    assert kinds("x = 1\n\ny = 2\n```\nafter", fenced=True) == ["code", "prose"]


def test_other_kinds_of_documents_have_blocks_too() -> None:
    assert kinds("a = 1\nb = 2\n\ndef f():\n    pass\n", "code") == ["code", "code"]
    assert kinds("# no heading here\n\n1. first\n2. second", "text") == ["prose", "list"]


@given(st.text(alphabet=st.sampled_from("ab:.\n `~-|#>1![]()<\t\r"), max_size=300),
       st.sampled_from(["markdown", "text", "code"]), st.booleans())  # fmt: skip
def test_blocks_are_in_order_and_nothing_that_is_read_is_lost(text: str, kind: str, fenced: bool) -> None:
    found = blocks(text, kind, fenced)
    at = 0
    for block in found:
        assert at <= block.start < block.end <= len(text)
        assert not any(letter.isalnum() for letter in text[at : block.start])
        at = block.end
    assert not any(letter in "abcdefghij" for letter in text[at:])
    assert [block for group in groups(text, found) for block in group] == found


def test_a_paragraph_comes_with_what_it_introduces() -> None:
    (first, *_) = shown("How do I sort a big file by its column?", NOTE)
    assert "Here's how to do that:\n\n```bash\nsort -k 2 big.txt" in first
    assert "\n```\n\nThe `-k 2` option names the column." in first
    (first, *_) = shown("How do I remove double lines?", NOTE)
    assert "To remove double lines use this instead:\n\n    uniq sorted.txt" in first


def test_what_a_passage_cuts_off_is_read_on() -> None:
    """The passages are smaller than the blocks that belong together."""
    for target in (60, 120, 200):
        for quote in shown("How do I sort a big file by its second column?", NOTE, target=target):
            assert not quote.rstrip().endswith(":")
            assert quote.count("```") % 2 == 0


def test_the_opposite_of_what_was_asked_comes_second() -> None:
    text = "To turn the light off again:\n\n    light off\n\nTo turn the light on:\n\n    light on\n"
    assert shown("How do I turn the light on?", text)[0].endswith("light on")
    assert shown("How do I turn the light off?", text)[0].startswith("To turn the light off")
    assert shown("How do I enable the light?", text)[0].startswith("To turn the light on")
    assert shown("How do I disable the light?", text)[0].startswith("To turn the light off")


def test_who_restores_is_not_told_to_delete() -> None:
    text = "A database is deleted from a snapshot:\n\n    db drop NAME\n\n" + "The weather was fair on that day. " * 16
    text += "\n\nA database is loaded by name:\n\n    db load NAME\n"
    assert shown("how do I restore a database from a snapshot", text)[0].endswith("db load NAME")


def test_code_of_a_source_file_is_shown_in_whole_runs() -> None:
    code = "import os\n\n\ndef first():\n    return 1\n\n\ndef second(path):\n    return os.stat(path)\n"
    assert any(
        "def second(path):\n    return os.stat(path)" in quote for quote in shown("what is second", code, "code")
    )


def test_a_long_paragraph_is_cut_at_sentence_ends() -> None:
    text = " ".join(f"Sentence number {n} speaks of the thing {n}." for n in range(80)) + " The secret word is garlic."
    (first, *_) = shown("What is the secret word?", text, "text")
    assert "The secret word is garlic." in first
    assert len(first) < 500
    assert first.startswith("Sentence number")


@pytest.mark.parametrize(
    ("question", "wanted"),
    [
        ("How do I stop it?", "how"), ("Is there a way to undo this?", "how"), ("Wie kann ich das ändern?", "how"),
        ("How many bytes are there?", "number"), ("Wie viele sind es?", "number"), ("¿Cuántos hay?", "number"),
        ("When was it built?", "date"), ("In what year did it end?", "date"), ("Wann war das?", "date"),
        ("Who wrote it?", "name"), ("What is the capital of France?", "name"), ("Wo liegt Bonn?", "name"),
        ("Did it get faster?", "yes or no"), ("It failed. Is that normal?", "yes or no"),
        ("tarball without history", ""), ("Why is the sky blue?", ""), ("", ""), ("私は誰ですか", ""),
    ],
)  # fmt: skip
def test_what_a_question_asks_for(question: str, wanted: str) -> None:
    assert questions.wants(question) == wanted


MINUTES = """Minutes of the garden club

Thursday, 2 May, club house
Present: Ann, Bob

1. Water
The meter was read. Bob found a leak behind the shed; the plumber comes next week and needs the main to be off.

2. Bonfires
Garden waste may no longer be burned, because the neighbours complained. The container stands at the gate.

Actions
- Bob: plumber
- Ann: letter about the bonfires
"""

MODULE = '''"""Thumbnails."""
import os

SIDE = 320


class Cache:
    """Where thumbnails are kept."""

    def __init__(self, folder):
        self.folder = folder

    # Remove what nobody needs any more.
    def clean(self, keep):
        freed = 0

        for entry in os.listdir(self.folder):
            freed += entry not in keep
        return freed


@cached
def key(path):
    return path
'''


def test_a_line_like_a_title_never_stands_alone() -> None:
    found = blocks("Chapter 2. Steam\n\nShips called here from 1841.\n\nCoal\n\nCranes\n\nThey came later.", "text")
    text = "Chapter 2. Steam\n\nShips called here from 1841.\n\nCoal\n\nCranes\n\nThey came later."
    assert [len(group) for group in groups(text, found)] == [2, 1, 2]


def test_a_title_is_no_answer() -> None:
    text = "LUMEN\nShort manual\n\nCARE\n\nRinse the filter every week.\n\nPhone\n\nThe number is 12 34.\n\nPhone"
    assert shown("phone", text, "text")[0].endswith("The number is 12 34.")
    (first, *_) = shown("lumen short manual", text, "text")
    assert "Rinse the filter every week." in first


def test_a_numbered_section_of_minutes_is_no_list() -> None:
    found = blocks(MINUTES, "text")
    texts = [MINUTES[group[0].start : group[-1].end] for group in groups(MINUTES, found)]
    assert [text.split("\n")[0] for text in texts][-3:] == ["1. Water", "2. Bonfires", "Actions"]
    assert shown("Why may garden waste no longer be burned?", MINUTES, "text") == [texts[-2].partition("\n")[2]]


def test_steps_that_go_on_are_one_list() -> None:
    text = "1. Open the file\n\n   and read it\n\n2. Close it\n\n3. Done"
    assert kinds(text) == ["list"]


def test_of_code_the_definition_is_shown() -> None:
    (first, *_) = shown("What does clean return?", MODULE, "code")
    assert first.startswith("    # Remove what nobody needs any more.\n    def clean(self, keep):")
    assert first.endswith("        return freed")


def test_what_a_thing_is_is_said_by_the_sentence_that_defines_it() -> None:
    text = """# Tools

Install frob with brew, or build frob from source. Frob reads frob files and writes frob files.

    brew install frob frob-docs frob-extra

Years ago somebody at the institute needed it. Frob (formerly frobnicate) is a program that sorts maps by their colour.
"""
    (first, *_) = shown("What is frob?", text)
    assert "is a program that sorts maps" in first


ESSAY = """**On advisers.** Every adviser is different so it helps to know how they vary. As a rule ask whether one
is before tenure or after it. The younger ones will be around more, since they work hard to get tenure. They will do
mathematics with you and read your code. The older ones have a wide net and little time, and will help with the story.

**On topics.** """ + "Choose a topic that others will build on, and be first. " * 30  # fmt: skip


def test_a_sentence_is_shown_with_the_rest_of_its_paragraph() -> None:
    (first, *_) = shown("before tenure or after tenure, which advisers?", ESSAY)
    assert first.startswith("**On advisers.**")
    assert first.endswith("help with the story.")


def test_of_a_long_paragraph_what_follows_is_shown_with_its_sentence() -> None:
    long = "It rained. " * 40 + "The ferry leaves at nine from the north pier. Bring a coat. " + "It rained on. " * 40
    (only,) = shown("Where does the ferry leave from?", long)
    assert "north pier. Bring a coat." in only
    assert len(only) <= 720


@given(st.lists(st.sampled_from(["Cats sleep.", "A cat eats fish daily.", "Dogs bark at a cat. "]), max_size=60))
def test_excerpts_do_not_overlap(sentences: list[str]) -> None:
    document = Document("docs", "a.md", " ".join(sentences), title="Note", kind="markdown")
    hits = [Hit(passage, 1 - rank / 10) for rank, passage in enumerate(chunking.split(document, 300))]
    cited = sorted((one.start, one.end) for one in answer("What does a cat eat?", hits).citations)
    assert all(before[1] <= after[0] for before, after in itertools.pairwise(cited))
    assert all(document.text[one.start : one.end] == one.quote for one in answer("A cat?", hits).citations)


def test_a_short_document_is_shown_whole() -> None:
    row = "Moorland X\n\nGravel bike with carbon fork\n\nprice: 1299\nweight_kg: 12.8"
    assert shown("what is the price of the gravel bike?", row, "text") == [row]


def test_what_front_matter_says_is_an_excerpt() -> None:
    (first, *_) = shown(
        "Which birthday is noted?", "---\nbirthday: 1988-07-19\ntags: [person]\n---\n\nAnna works in a shop.\n"
    )
    assert first == "birthday: 1988-07-19"


def test_a_summary_in_front_matter_leads_to_its_document_and_is_no_excerpt() -> None:
    top = "---\ntitle: stop\ndescription: Stop a package\n---\n\n"
    body = "This runs the command that is named for stopping a package in its scripts.\n"
    assert shown("how do I stop a package?", top + body) == [body.strip()]
    assert shown("how do I stop a package?", top) == ["description: Stop a package"]  # it is all that there is
    (first, *_) = shown("Which phone is noted?", "---\nsummary: A friend\nphone: 42\n---\n\nAnna works in a shop.\n")
    assert "phone: 42" in first


def test_nothing_without_what_comes_next_is_an_excerpt() -> None:
    text = """# Database

The long-term database contains several tables:

## Location

The long-term database is stored by default at `/etc/thing/queries.db`, unless another is configured.

## Interval

How often is the database written?

Once per minute, and when the service stops.

| Setting | Default |
| ------- | ------- |
| **Times** |  |
| interval | 60 |
"""
    assert shown("where is the long-term database stored", text)[0].startswith("The long-term database is stored")
    assert "Once per minute" in shown("how often is the database written", text)[0]


def test_who_wants_to_log_in_is_not_told_how_to_log_out() -> None:
    text = """# Service

## Logging out

To log out of the service, run this:

    service one

## More

Your service account is used with this:

    service two
"""
    assert "service two" in shown("how do I log in to the service", text)[0]


HEAD = '---\ntitle: "Beef Goulash"\ndate: 2021-03-12\nauthor: yaroslav\n---\n\nThe goulash recipe wants time.\n'


@pytest.mark.parametrize(
    ("question", "text", "line"),
    [
        ("who wrote the goulash recipe", "yaroslav", "author: yaroslav"),
        ("when was the goulash recipe published?", "2021-03-12", "date: 2021-03-12"),
    ],
)
def test_what_is_asked_about_a_document_stands_in_its_head(question: str, text: str, line: str) -> None:
    document = Document("d", "a.md", HEAD, "Beef Goulash", author="yaroslav", date="2021-03-12", kind="markdown")
    found = answer(question, [Hit(passage, 1.0) for passage in chunking.split(document)])
    assert (found.text, [one.quote for one in found.citations]) == (text, [line])
    assert HEAD[found.citations[0].start : found.citations[0].end] == line


@pytest.mark.parametrize("asked", ["who wrote to Bob? ", "when was the letter ", "wann wurde der Brief "])
def test_a_question_of_a_book_s_length_is_answered(asked: str) -> None:
    document = Document("d", "a.md", HEAD, "Beef Goulash", author="yaroslav", date="2021-03-12", kind="markdown")
    found = answer(asked * 5000, [Hit(passage, 1.0) for passage in chunking.split(document)])
    assert all(HEAD[one.start : one.end] == one.quote for one in found.citations)


def test_an_author_that_stands_nowhere_is_not_told() -> None:
    document = Document("d", "a.md", "The goulash recipe wants time.", "Goulash", author="yaroslav", kind="markdown")
    found = answer("who wrote the goulash recipe", [Hit(passage, 1.0) for passage in chunking.split(document)])
    assert found.text == "The goulash recipe wants time."


LEASE = """LEASE

4.  USE
4.1 The Tenant shall not sublet, assign, nor take in paying guests, save that one (1)
    lodger may be taken with the Landlord's prior consent, given in writing.
4.2 Pets: no dog shall be kept. A cat, or fish, or a caged bird, may be kept provided the
    Landlord has been told.
4.3 Smoking is prohibited throughout, including on the balcony.
4.4 The Tenant shall not hang washing out of the windows that face the street, nor keep bicycles in
    the hall, nor leave the bins in front of the house on other days than that of the collection.
4.5 Musical instruments may be played until nine in the evening, drums not at all, and the piano not
    on Sundays, unless the neighbours on both sides and those below have been asked and agree.
4.6 Nothing may be stored on the common stair. See also clause 7.3.

7.  INSURANCE AND SAFETY
7.1 The building is insured by the Landlord; the Tenant's belongings are not.
7.2 The Tenant shall test smoke alarms monthly.
7.3 Items obstructing escape routes may be removed without notice and at the Tenant's cost.
"""
COUNCIL = """Minutes, 16 November

88/21 DECLARATIONS. Cllr Dunmore declared an interest in 91/21 (he owns the field).
89/21 FINANCE. Balance at bank £11,204.17. Cheques signed: Lumen & Son £6,480.00; grass (Verdant) £412.50;
      hall hire £60.
90/21 SPEEDING. The speed watch on Bath Road counted 212 cars in two hours. Resolved to ask for a 20 mph zone.
91/21 ALLOTMENTS. Mr Dunmore offers half an acre at £250 a year. Deferred until a plan is drawn.
92/21 JUBILEE. A working party: Pym, Singh, and Mrs Oakes of the WI. Budget not more than £1,500.
      A beacon on the common if the farmer agrees, cakes by the WI, and the band of the fire brigade at three o'clock.
93/21 HEDGES. The hedge along the churchyard is to be cut back by March, before the birds nest; two quotes are wanted,
      one of them from Verdant, who know the place and have the machine that the lane needs.
94/21 ANY OTHER BUSINESS. The clerk will retire in spring. Everybody was sorry.
"""


def test_a_numbered_part_is_the_one_that_is_called_so() -> None:
    first = shown("what does clause 7.3 say", LEASE, "text", 300)[0]
    assert "escape routes" in first
    assert "escape routes" in shown("What about § 7.3?", LEASE, "text", 300)[0]


@pytest.mark.parametrize(("text", "question"), [(LEASE, "may I keep a cat"), (COUNCIL, "what does Mr Dunmore offer")])
def test_an_excerpt_begins_and_ends_with_numbered_items(text: str, question: str) -> None:
    items = re.findall(r"^\d+(?:[./]\d+).*(?:\n[ ]{4}.*)*", text, re.MULTILINE)
    (quote, *_) = shown(question, text, "text")
    assert len(quote) < 700 < len(text)
    held = [item for item in items if item in quote]
    assert held
    assert re.sub(r"^(?:LEASE\n\n|\d\.  .*\n)", "", quote, flags=re.MULTILINE) == "\n".join(held)


def test_what_a_text_refers_to_is_no_answer() -> None:
    paper = (
        "# Bats\n\n## Results\n\nBats avoided the turbines by 120 m on windy nights.\n\n## References\n\n"
        "1. Schofield H. Bats and wind turbines. 2008.\n2. Pugh M. How bats react to wind turbines. 2011.\n"
    )
    assert "120 m" in shown("How do bats react to wind turbines?", paper, target=60)[0]
    assert "Pugh" in shown("Which references are there on how bats react to wind turbines?", paper, target=60)[0]


def test_both_sides_of_a_comparison_are_shown() -> None:
    tests = [
        Document("labs", f"{month}.txt", f"{month} blood test\n\nTotal cholesterol was {value} mmol/L.", date=date)
        for month, value, date in (("June", "6.1", "2024-06-03"), ("November", "5.4", "2024-11-11"))
    ]
    hits = [Hit(passage, 1 - n / 4) for n, one in enumerate(tests) for passage in chunking.split(one)]
    quotes = [one.quote for one in answer("did my cholesterol get better between the two tests?", hits).citations]
    assert sorted("6.1" in quote for quote in quotes) == [False, True]
