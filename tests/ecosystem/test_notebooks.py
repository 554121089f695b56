"""Notebooks show hits, answers, records and reports as they are, escaped; and they are plain data on demand."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import lxml.html
import pytest
import venvs
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from rag import Index
from rag.app.ask import AskRequest, ask
from rag.evaluate.report import Report, Standing
from rag.measures.statistics import Interval
from rag.sources import files
from rag.store.runs import Run
from rag.types import Answer, Citation, Document, Hit, Passage, Record

ROOT = Path(__file__).parent.parent.parent
HOSTILE = "<script>alert(1)</script> & \"quotes\" 'so' <img src=x onerror=alert(2)>"
ALLOWED = {"div", "p", "b", "a", "small", "blockquote", "mark", "table", "tr", "th", "td", "ul", "li"}


def shown(html: str) -> str:
    """What a browser would show of it; nothing but plain elements, links to http only."""
    tree = lxml.html.fragment_fromstring(html, create_parent="div")
    for element in tree.iter():
        assert element.tag in ALLOWED
        assert set(element.attrib) <= {"style", "href"}
        assert element.get("href", "https://").startswith(("http://", "https://"))
    return tree.text_content()


@given(st.text(st.characters(codec="utf-8", exclude_categories=["C"], include_characters="\n<>&\"'")), st.data())
def test_any_text_is_shown_as_it_is(text: str, data: st.DataObject) -> None:
    document = Document("s", text or "k", text, title=text, url=text)
    passage = Passage(document, 0, len(text), text, text)
    ends = sorted(data.draw(st.lists(st.integers(0, len(text)), max_size=6)))
    marks = tuple(zip(ends[::2], ends[1::2], strict=False))
    answer = Answer(text, text, True, (Citation(passage, text, 0, len(text), marks),), (), "none")
    assert shown(Hit(passage, 0.5)._repr_html_()).count(text) >= (1 if text else 0)
    assert text in shown(answer._repr_html_())
    assert text in shown(Record(document, {"field": text, text: [text]}, "done")._repr_html_())
    assert text in shown(Record(document, None, "failed", text)._repr_html_())


def test_an_address_that_is_none_is_no_link() -> None:
    document = Document("s", "k", "t", url="javascript:alert(1)")
    assert "href" not in Hit(Passage(document, 0, 1, "t"), 1.0)._repr_html_()
    assert "do not answer" in Answer(HOSTILE, "", False, (), (), "none")._repr_html_()


def test_a_report_says_its_means() -> None:
    run = Run(*[HOSTILE if name in ("suite", "system") else value for name, value in BLANK.items()])
    standing = Standing(run, {"R@5": Interval(0.5, 0.25, 0.75, 4), "none": Interval(NAN, NAN, NAN, 0)}, {}, ())
    told = shown(Report(HOSTILE, "search", ("R@5", "none"), (standing,), ())._repr_html_())
    assert HOSTILE in told
    assert "0.500 [0.250, 0.750]" in told
    assert "nan" not in told


NAN = float("nan")
BLANK = dict.fromkeys(Run.__dataclass_fields__, "") | {"id": 1, "settings": {}, "provenance": {}, "cases": 1}


@pytest.fixture
def database(tmp_path: Path) -> Path:
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "bees.md").write_text("# Bees\n\nBees dance to show where the flowers are.\n")
    (tmp_path / "notes" / "bread.md").write_text("---\ntags: food\n---\n# Bread\n\nBread needs a starter.\n")
    with Index(tmp_path / "rag.db", "hash:64", create=True) as index:
        index.add("notes", files([tmp_path / "notes"]))
    return tmp_path / "rag.db"


def test_a_search_is_a_list_a_page_and_plain_data(database: Path) -> None:
    with Index(database) as index:
        hits, none = index.search("bees", 2), index.search("zzz", mode="words")
        asked = ask(index, AskRequest("Where do bees dance?", "none"), None, log=False)
    assert isinstance(hits, list)
    assert "Bees dance to show" in shown(hits._repr_html_())
    assert shown(none._repr_html_()) == "nothing found"
    assert "Bees dance to show" in shown(asked.answer._repr_html_())
    lines = [json.loads(json.dumps(row)) for row in hits.to_dicts()]
    assert [(row["key"], row["content"]) for row in lines] == [
        (hit.passage.document.key, hit.passage.text) for hit in hits
    ]
    bread = next(row for row in lines if row["key"] == "bread.md")
    assert bread["metadata"] == {"tags": ["food"]}


@pytest.mark.parametrize("name", ["langchain_core", "llama_index"])
def test_the_recipes_of_the_manual_run(database: Path, name: str) -> None:
    """Ten lines each, against the real packages, which are too large to be among those of the tests."""
    packages = {"langchain_core": "langchain-core", "llama_index": "llama-index-core"}
    programs = venvs.made("frameworks", *packages.values())
    tokens = MarkdownIt("commonmark").parse((ROOT / "docs" / "ecosystem.md").read_text(encoding="utf-8"))
    (code,) = [one.content for one in tokens if one.type == "fence" and one.info == "python" and name in one.content]
    assert len([line for line in code.splitlines() if line.strip()]) <= 14
    call = "print(RagRetriever(database='rag.db').{}('Where do bees dance?')[0])"
    code += call.format("invoke" if name == "langchain_core" else "retrieve")
    done = subprocess.run(
        [programs / "python", "-c", code], cwd=database.parent, env=venvs.ours(programs), capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert "Bees dance to show where the flowers are." in done.stdout
