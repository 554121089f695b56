"""Front matter: YAML and TOML, strict or not; what only looks like it is text, and stays in the passages."""

import pytest
from told import read

from rag import frontmatter
from rag.chunking import FRONT, split
from rag.sources.front import front_matter
from rag.types import Document


def passages(text: str, facts: bool = False) -> str:
    """The passages of the body, or those of what the front matter says."""
    found = split(Document("s", "a.md", text, kind="markdown"))
    return "\n".join(part.text for part in found if (part.heading == FRONT) is facts)


@pytest.mark.parametrize(
    "top",
    [
        "---\n\nThe boiler code is 4711.\n\n---\n",
        "---\n\nRemember: the gate code: 4711 opens both doors.\n\n---\n",
        "---\nThe code is 4711, and nobody may forget it.\n---\n",
        "---\nRemember: the code of the gate is 4711, also on Sundays.\n---\n",
        "---\n# Cellar\nThe code is 4711.\n---\n",
        "---\nAnn: what is the code of the gate?\nBen: it is 4711, as it always was.\n---\n",
        "---\n- 4711\n- a list\n---\n",
        "---\n| code | 4711 |\n|---|---|\n---\n",
        "---\ncode 4711\n",
        "+++\nThe code is 4711.\n+++\n",
    ],
)
def test_a_text_between_rules_is_text(top: str) -> None:
    text = top + "\n# Wine\n\nIt is kept in the cellar.\n"
    ((document,), _) = read("markdown", text)
    assert document.text == text
    assert "4711" in passages(text)
    assert front_matter(text) == ({}, 0)


@pytest.mark.parametrize(
    ("top", "fields"),
    [
        (
            "---\ntitle: Budget: the 2026 plan\ndate: 2026-02-03\nauthor: Kim\n---\n",
            ("Budget: the 2026 plan", "2026-02-03"),
        ),
        ("---\ntags: {{topics}}\ntitle: Harbour walk\ndate: 2026-01-02\n---\n", ("Harbour walk", "2026-01-02")),
        ("---\nauthor: @kim\ntitle: Lighthouses\n---\n", ("Lighthouses", "")),
        ('---\ntitle: "Quoted: yes"\nlayout: post\ndate: 2026-01-02 10:00\n---\n', ("Quoted: yes", "2026-01-02")),
        ("---\ntitle: [broken\ndate: 2026-01-02\n---\n", ("[broken", "2026-01-02")),
        ("---\ntitle: A\n{% include meta.yml %}\ndate: 2026-01-02\n---\n", ("A", "2026-01-02")),
        ("---\ntitle: 100% wool\ndate: 1767312000000\n---\n", ("100% wool", "2026-01-02T00:00:00Z")),
        ("---\ntitle: Tabs\n\tdescription: x\ndate: 2026-01-02\n---\n", ("Tabs description: x", "2026-01-02")),
        ("---\ntitle: A `code` title\ndate: 2026-01-02\n...\n", ("A `code` title", "2026-01-02")),
        ("---\nTitle: Upper\nDate: 2026-01-02\n---\n", ("Upper", "2026-01-02")),
        (
            "---\ntitle: Folded\nsummary: >\n  one\n  two\n\n# a comment\ndate: 2026-01-02\n---\n",
            ("Folded", "2026-01-02"),
        ),
        ("---\r\ntitle: Windows\r\ndate: 2026-01-02\r\n---\r\n", ("Windows", "2026-01-02")),
        ('+++\ntitle = "Bikes"\ndate = 2026-01-02\nauthor = "Kim"\ndraft = false\n+++\n', ("Bikes", "2026-01-02")),
        ('+++\ntitle = "Bikes"\ndate = 2026-01-02\nbroken = {{ x }}\n[extra]\na = 1\n+++\n', ("Bikes", "2026-01-02")),
        ("---\na: &x [1, 2]\nb: *x\ntitle: Alias\ndate: 2026-01-02\n---\n", ("Alias", "2026-01-02")),
    ],
)
def test_fields_are_read_one_by_one(top: str, fields: tuple[str, str]) -> None:
    ((document,), _) = read("markdown", top + "\nWide tyres are comfortable.\n")
    assert (document.title, document.date[:10] if len(fields[1]) == 10 else document.date) == fields
    assert passages(document.text) == "Wide tyres are comfortable."


@pytest.mark.parametrize(
    "line",
    [
        f"n: {'9' * 5000}",
        "n: " + "[" * 2000,
        "n: " + "{a: " * 2000,
        "n: &a [*a, *a]",
        "n: !!python/object:os.system x",
        "? [a, b]\n: c",
        "n: 2026-13-45 99:99",
        "n: .nan",
        "<<: {a: 1}",
    ],
)
def test_a_hostile_field_costs_no_other(line: str) -> None:
    text = f"---\ntitle: Fine\n{line}\ndate: 2026-01-02\n---\n\nBody.\n"
    ((document,), _) = read("markdown", text)
    assert (document.title, document.date) == ("Fine", "2026-01-02")


def test_the_reader_and_the_chunker_agree() -> None:
    text = "---\ntitle: A\n---\nBody"
    assert front_matter(text)[1] == frontmatter.end(text) == len("---\ntitle: A\n---\n")
    assert frontmatter.end("---\n" + "a: 1\n" * 30_000 + "---\n") == 0  # nobody's front matter


def test_a_heading_of_many_pages_is_a_paragraph() -> None:
    for heading in ("[" * 60_000, "a" + "_" * 60_000 + "b", "word " * 12_000):
        found = split(Document("s", "a.md", f"# {heading}\n\nText below.\n", kind="markdown"))
        assert max(len(part.heading) for part in found) <= 1000
        assert "Text below." in found[-1].text
        assert "".join("".join(part.text for part in found).split()).startswith("#" + heading.split()[0][:50])


@pytest.mark.parametrize(
    ("top", "facts"),
    [
        ("---\naliases: [Anna]\nbirthday: 1988-07-19\nphone: 42\nlayout: post\nexcerpt: A story\n---\n",
         "birthday: 1988-07-19\nphone: 42\nexcerpt: A story"),
        ("---\ntitle: Supper\nguests:\n  - Ann\n  - Bob\ndraft: true\nserves: 4\n---\n",
         "guests:\n  - Ann\n  - Bob\nserves: 4"),
        ("---\ntitle: A\ndate: 2026-01-02\ntags: [a, b]\ntoc: true\nnext:\n---\n", ""),
        ("---\r\ntitle: A\r\nserves: 4\r\n---\r\n", "serves: 4"),
        ("No front matter.\n\nserves: 4\n", ""),
    ],
)  # fmt: skip
def test_what_front_matter_says_of_the_matter_is_a_passage(top: str, facts: str) -> None:
    assert passages(top + "\nThe body.", facts=True) == facts
    assert passages(top + "\nThe body.").endswith("The body.")
