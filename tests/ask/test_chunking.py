"""Passages stand where they say, nothing is lost, and structure is respected."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.chunking import TARGET, WHOLE_CODE, WINDOW, split, windows
from rag.markup import bare
from rag.outline import headings
from rag.types import Document

MARKS = st.sampled_from(
    ["# ", "## ", "\n\n", "\n", "```\n", "- ", "1. ", "| a | b |\n|---|---|\n", "> ", "---\n", "\r\n", "\r"]
)
WORDS = st.text(alphabet="ab .!?é\u0301\u200d👩\u05d0\u3002\t", max_size=30)
MARKDOWN = st.lists(st.one_of(MARKS, WORDS), max_size=60).map("".join)


def squeezed(text: str) -> str:
    return "".join(text.split())


@settings(deadline=None)  # the first example loads the parser
@given(MARKDOWN, st.integers(1, 80), st.sampled_from(["markdown", "text", "code"]))
def test_a_passage_is_where_it_says_it_is(text: str, target: int, kind: str) -> None:
    passages = split(Document("s", "d", text, kind=kind), target)
    assert all(text[p.start : p.end] == p.text and p.text.strip() == p.text != "" for p in passages)
    assert all(before.end <= after.start for before, after in pairwise(passages))


@settings(deadline=None)
@given(st.lists(MARKDOWN, max_size=12).map("".join), st.sampled_from(["markdown", "text", "code"]))
def test_windows_lie_in_their_passage_in_order_and_one_is_enough_for_a_short_one(text: str, kind: str) -> None:
    for passage in split(Document("s", "d", text * 20, kind=kind), 4 * WINDOW):
        found = windows(passage)
        assert found
        assert all(0 <= start < end <= len(passage.text) for start, end in found)
        assert all(before <= after for (_, before), (after, _) in pairwise(found))
        if len(passage.text) <= 2 * WINDOW:
            assert found == [(0, len(passage.text))]
        elif kind == "text":
            assert all(end - start <= WINDOW for start, end in found)


@settings(deadline=None)
@given(st.text(max_size=300), st.integers(1, 80), st.sampled_from(["text", "code"]))
def test_nothing_is_lost(text: str, target: int, kind: str) -> None:
    passages = split(Document("s", "d", text, kind=kind), target)
    for one in reversed(headings(text) if kind == "text" else []):  # they are told with what stands below them
        if not any(p.start <= one.start < p.end for p in passages):
            text = text[: one.start] + text[one.end :]
    assert squeezed("".join(p.text for p in passages)) == squeezed(text)


@settings(deadline=None)
@given(MARKDOWN, st.integers(1, 80))
def test_of_markdown_only_headings_rules_and_front_matter_are_left_out(text: str, target: int) -> None:
    document = Document("s", "d", "First.\n\n" + text, kind="markdown")
    passages = split(document, target)
    kept = [False] * len(document.text)
    for p in passages:
        kept[p.start : p.end] = [True] * (p.end - p.start)
    left = [line for line, ok in _lines(document.text, kept) if not ok and line.strip()]
    headings = squeezed("".join(p.heading for p in passages))
    assert all(_is_structure(line) or squeezed(bare(line)) in headings for line in left), left


def _lines(text: str, kept: list[bool]) -> list[tuple[str, bool]]:
    found, offset = [], 0
    for line in text.splitlines(keepends=True):
        body = [kept[offset + i] for i, c in enumerate(line) if not c.isspace()]
        found.append((line, all(body)))
        offset += len(line)
    return found


def _is_structure(line: str) -> bool:
    """A heading, the underline of one, a rule, or a mark with nothing behind it."""
    bare = line.strip()
    return bare.startswith("#") or set(bare) <= set("-=*_ >|1.`") or "[" in bare


MANUAL = """---
title: Manual
---
# Manual

Intro one.

Intro two.

## Install

Type this:

```bash
pip install chapterverse

rag --help
```

## Use

- first
- second

| a | b |
|---|---|
| 1 | 2 |

## Empty

## Last *words*

The end.
"""


def test_headings_make_the_path_and_code_stays_whole() -> None:
    found = [(p.heading, p.text) for p in split(Document("s", "d", MANUAL, title="Manual", kind="markdown"))]
    assert found[0] == ("", "Intro one.\n\nIntro two.")
    assert found[1][0] == "Install"
    assert found[1][1].startswith("Type this:")
    assert found[1][1].endswith("rag --help\n```")
    assert found[2] == ("Use", "- first\n- second\n\n| a | b |\n|---|---|\n| 1 | 2 |")
    assert found[3] == ("", "## Empty")
    assert found[4] == ("Last words", "The end.")


def test_the_first_heading_stays_in_the_path_if_it_is_not_the_title() -> None:
    assert split(Document("s", "d", MANUAL, title="other", kind="markdown"))[0].heading == "Manual"


def test_code_is_kept_whole_until_it_is_very_long() -> None:
    def code(lines: int) -> str:
        return "```\n" + "x = 1  # a line of code\n" * lines + "```\n"

    whole = code(TARGET * WHOLE_CODE // 30)
    assert len(split(Document("s", "d", whole, kind="markdown"))) == 1
    parts = split(Document("s", "d", code(1000), kind="markdown"))
    assert len(parts) > 5
    assert all(p.text.endswith(("code", "```")) for p in parts)


def test_long_prose_is_cut_at_sentence_ends_and_lists_between_items() -> None:
    prose = " ".join(f"This is sentence number {n}." for n in range(200))
    assert all(p.text.endswith(".") for p in split(Document("s", "d", prose)))
    items = "\n".join(f"- item {n} of a long list of things" for n in range(200))
    assert all(p.text.startswith("- item") for p in split(Document("s", "d", items, kind="markdown")))


@pytest.mark.parametrize("text", ["", "\n\n", "---\ntitle: x\n---\n", "\ufeff"])
def test_nothing_gives_no_passages(text: str) -> None:
    assert "".join(p.text for p in split(Document("s", "d", text, kind="markdown"))).strip("\ufeff") == ""


def test_every_piece_of_a_long_table_carries_the_names_of_its_columns() -> None:
    rows = "\n".join(f"| Town{n:03d} | {1000 + n * 37} | {n * 3} |" for n in range(200))
    table = f"| Name | Popu\\|lation | **Elevation** |\n|---|---|---|\n{rows}"
    text = f"# Places\n\n## Towns\n\nAll of them.\n\n{table}\n\nThe end.\n"
    passages = split(Document("s", "t.md", text, "Places", kind="markdown"))
    assert all(text[p.start : p.end] == p.text for p in passages)
    later = [passage for passage in passages if passage.text.startswith("| Town")]
    assert len(later) > 2
    assert {passage.heading for passage in later} == {"Towns > Name | Popu|lation | Elevation"}
    assert {passage.heading for passage in passages if passage not in later} == {"Towns"}


def test_a_piece_of_a_long_class_begins_at_a_method_and_knows_its_class() -> None:
    method = "    @cached\n    def method{0}(self, x):\n        await call(x)\n        return x + {0}\n\n"
    text = "class Server:\n    '''Serves.'''\n\n" + "".join(method.format(n) for n in range(150))
    passages = split(Document("s", "a.py", text, "a.py", kind="code"))
    assert len(passages) > 3
    for passage in passages[1:]:
        assert passage.text.startswith("@cached\n    def method")
        assert passage.heading == "Server"


def test_a_piece_of_one_long_function_knows_the_class_and_the_function_it_stands_in() -> None:
    body = "".join(f"        total += weight_number_{n} * value_number_{n}\n" for n in range(150))
    text = f"class Scale:\n    def weigh(self):\n{body}        return total\n"
    passages = split(Document("s", "a.py", text, "a.py", kind="code"))
    assert [passage.heading for passage in passages] == ["Scale", *["Scale > weigh"] * (len(passages) - 1)]
    assert len(passages) > 3


def test_styles_and_scripts_of_markdown_are_no_passages() -> None:
    text = (
        "<style>\np { color: red }\n\n</style>\n\nHello.\n\n<script>\nvar a;\n</script>\n\nMore.\n\n<div>kept</div>\n"
    )
    found = split(Document("docs", "a.md", text, kind="markdown"))
    assert [passage.text for passage in found] == ["Hello.", "More.\n\n<div>kept</div>"]
