"""Which version brought something, when one came out, which is the newest: of a folder of notes and of changelogs."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from rag import arrivals, subjects
from rag.ask import answer, versions
from rag.index import Index
from rag.sources import files
from rag.types import Answer

NOTES = {
    "releases/v0.9.md": "Released on 2020/11/03.\n\n## New\n\n- You can now export notes to PDF.\n- Sorting by name.\n",
    "releases/v0.10.md": "Released on 2021/03/14.\n\n"
    "## New\n\n- There is a new Recovery core plugin that keeps snapshots.\n"
    "- A panel with CSS properties.\n\n"
    "## Fixed\n\n- Fixed the base font size.\n",
    "releases/v1.4.md": "Released on 2023/08/31.\n\n"
    "Introducing **Properties**, a simple way to add tags and dates to notes.\n",
    "releases/v1.4.8.md": "Released on 2023/09/05.\n\n"
    "## Improvements\n\n- Properties: improved performance of PDF export.\n"
    "- Recovery now asks before it restores.\n\n"
    "## New\n\n- Added a search button to properties.\n",
    "releases/v1.10.md": "Released on 2024/02/01.\n\n"
    "## New\n\n- Tables can be sorted.\n\n"
    "## Removed\n\n- The graph of tags.\n",
    "releases/v1.11.md": "---\ntags: [a]\ndate: 2024-03-01\ntitle: 1.11\n---\n"
    "Introducing the **Frame view**. It shows two notes.\n"
    "\n## Improvements\n\n- Frame view: improved a frame view with a large frame.\n",
    "news/v0.1.md": "## New\n\n- You can now draw a lantern tower.\n",
    "news/v0.2.md": "Released on 2022/01/05.\n\n## New\n\n- You can now paint a lantern tower.\n",
    "changelog.md": "# Changelog\n\n"
    "## Version 2.1.0 (2022-05-04)\n\n"
    "### Fixed\n\n- `--watch-folder` no longer hangs.\n\n"
    "## Version 2.0.0 (2021-02-03)\n\n"
    "### Ways to start\n\n"
    "#### Hooks (#12)\n\nThe new `hooks:` setting runs scripts.\n\n"
    "## Version 1.9.0 (2020-01-02)\n\n"
    "### Added\n\n- Option `--watch-folder` to build again after a change.\n\n"
    "### Removed\n\n- Support for Python 2.7.\n",
    "pump-NEWS.txt": "pump NEWS\n\n* Noteworthy changes in release 3.2 (2019-04-05) [stable]\n\n** New programs\n\n"
    "  vortex: stirs water.\n\n** Bug fixes\n\n  valve no longer leaks.\n\n"
    "* Noteworthy changes in release 3.1 (2018-04-05) [stable]\n\n"
    "** Bug fixes\n\n  pump mends a valve.\n",
    "guide.md": "# Guide\n\nHooks and properties are explained here.\n\n"
    "The watch folder is set in the menu. Recovery helps.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Index]:
    folder = tmp_path_factory.mktemp("notes")
    for name, text in NOTES.items():
        (folder / "docs" / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    with Index(folder / "x.db", create=True) as made:
        made.add("docs", files([str(folder / "docs")]))
        yield made


def asked(index: Index, question: str) -> Answer:
    return answer(question, index.with_replies(index.search(question, 8)), None, index.embedder)


@pytest.mark.parametrize(
    ("question", "told", "quote"),
    [
        ("when did pdf export come out", "2020-11-03 (0.9)", "- You can now export notes to PDF."),
        (
            "which release added recovery",
            "0.10 (2021-03-14)",
            "- There is a new Recovery core plugin that keeps snapshots.",
        ),
        ("which version introduced properties", "1.4 (2023-08-31)", "Introducing **Properties**"),
        ("seit welcher Version gibt es Properties", "1.4 (2023-08-31)", "Introducing **Properties**"),
        ("since which version is there --watch-folder", "1.9.0 (2020-01-02)", "- Option `--watch-folder`"),
        ("which version fixed watch-folder", "2.1.0 (2022-05-04)", "- `--watch-folder` no longer hangs."),
        ("which version brought hooks", "2.0.0 (2021-02-03)", "#### Hooks (#12)"),
        ("when was python 2.7 dropped", "2020-01-02 (1.9.0)", "- Support for Python 2.7."),
        ("in which pump release did vortex come", "3.2 (2019-04-05)", "  vortex: stirs water."),
    ],
)
def test_the_note_that_introduces_it_tells_version_and_day(index: Index, question: str, told: str, quote: str) -> None:
    found = asked(index, question)
    assert found.answerable
    assert found.text == told
    assert found.citations[0].quote.startswith(quote)


@pytest.mark.parametrize(
    ("question", "day", "quote"),
    [
        ("release date of 1.4", "2023-08-31", "Released on 2023/08/31."),
        ("when did version 1.10 come out", "2024-02-01", "Released on 2024/02/01."),
        ("when was 2.0 released", "2021-02-03", "## Version 2.0.0 (2021-02-03)"),
        ("release date of pump 3.1", "2018-04-05", "* Noteworthy changes in release 3.1 (2018-04-05) [stable]"),
    ],
)
def test_the_day_of_a_release_is_that_of_its_own_notes(index: Index, question: str, day: str, quote: str) -> None:
    found = asked(index, question)
    assert (found.text, found.citations[0].quote) == (day, quote)


def test_where_a_day_is_not_known_the_version_tells_which_came_first(index: Index) -> None:
    assert asked(index, "which version brought lantern towers").text == "0.1"


@pytest.mark.parametrize("question", ["latest version", "what is the latest version"])
def test_the_newest_release_is_that_of_the_latest_day(index: Index, question: str) -> None:
    notes = index.with_replies(index.search(question, 8))
    first = next(hit.passage.document.key for hit in notes if "release" in hit.via)
    assert asked(index, question).text == {
        "notes": "1.10 (2024-02-01)",
        "changelog.md": "2.1.0 (2022-05-04)",
    }.get(first.partition("/")[0], "3.2 (2019-04-05)")


@pytest.mark.parametrize(
    ("question", "quote"),
    [
        ("what are properties", "Introducing **Properties**, a simple way"),
        ("what is recovery", "- There is a new Recovery core plugin that keeps snapshots."),
        ("what is a frame view", "Introducing the **Frame view**. It shows"),
    ],
)
def test_what_it_is_is_told_by_the_note_that_introduces_it(index: Index, question: str, quote: str) -> None:
    assert asked(index, question).citations[0].quote.startswith(quote)


@pytest.mark.parametrize(
    ("question", "subject"),
    [
        ("what is file recovery", "file recovery"),
        ("what is a file recovery", "file recovery"),
        ("what is the table of moons", "table of moons"),
    ],
)
def test_an_article_is_left_out_only_before_the_subject(question: str, subject: str) -> None:
    assert subjects.subject(question) == subject


def test_a_label_with_what_changed_does_not_say_what_it_is() -> None:
    pattern = subjects.defining("canvas")
    assert subjects.says("- Canvas: improved performance with large ones.", pattern) == 0
    assert subjects.says("- Canvas: an infinite space for notes.", pattern) == 1


def test_a_version_is_not_that_which_begins_with_it() -> None:
    assert versions.identified(["1.4"], "Version 1.4.8")
    assert versions.identified(["1.4"], "v1.4", exactly=True)
    assert not versions.identified(["1.4"], "Version 1.4.8", exactly=True)


@pytest.mark.parametrize("question", ["which version introduced the time machine", "when was the tram line added"])
def test_what_no_note_says_is_not_answered(index: Index, question: str) -> None:
    assert not asked(index, question).answerable


@pytest.mark.parametrize(
    "question",
    [
        "which version of python do I need",
        "what version am I running",
        "when is the meeting",
        "how do I get the latest version",
    ],
)
def test_other_questions_with_such_words_ask_for_no_arrival(question: str) -> None:
    assert arrivals.asked(question) is None
