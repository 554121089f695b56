"""`rag themes` and `rag digest` over a thread of a hundred comments: every quote is verbatim and its author's."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from comments import AGAINST, ODD, SAID, thread
from scripted_server import completion, serving
from shell import Shell, items

from rag.app import themes as app
from rag.app.open import open_generator
from rag.app.verify import verify
from rag.index import Index
from rag.sources.threads import thread as read
from rag.types import Document, Passage
from rag.understand import opinions
from rag.understand.opinions import DISAGREES, contradiction

HN = "https://news.ycombinator.com/item?id="


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("themes")
    (folder / "thread.json").write_text(json.dumps(thread()))
    with Index(folder / "x.db", "hash:256", create=True) as index:
        index.add("thread", read(folder / "thread.json", "thread"))
    return folder / "x.db"


@pytest.fixture
def shell(database: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    return Shell(database, capsys, monkeypatch)


def every(found: dict[str, Any]) -> list[dict[str, Any]]:
    quotes = [quote for theme in found["themes"] for quote in theme["quotes"]]
    return quotes + found["uncommon"] + [one["quote"] for one in found["disagreements"]]


def test_every_quote_is_verbatim_and_its_authors(shell: Shell, database: Path) -> None:
    found = shell.json("themes", "thread", "-n", "5")
    assert found["passages"] == 101
    assert found["dropped"] == 0
    assert len(found["themes"]) == 5
    with Index(database) as index:
        texts = {
            key: (author, text) for key, author, text in index.db.execute("select key, author, text from document")
        }
    quotes = every(found)
    assert len(quotes) >= 20
    for one in quotes:
        author, text = texts[one["document"]]
        assert text[one["start"] : one["end"]] == one["quote"]
        assert (one["author"], one["url"]) == (author, HN + one["document"])
    alike = 0
    for theme in found["themes"]:
        authors = [quote["author"] for quote in theme["quotes"]]
        assert len(set(authors)) == len(authors) == 3
        topics = [topic for quote in theme["quotes"] for topic, said in SAID.items() if quote["quote"] in said]
        alike += max(topics.count(topic) for topic in topics)
    assert alike >= 10  # of fifteen: the words of a hash say little of what is meant


def test_what_it_prints_passes_the_verifier(shell: Shell, database: Path, tmp_path: Path) -> None:
    shown = shell("themes", "thread")
    with Index(database) as index:
        checked = verify(index.db, shown)
    assert len(checked.checked) >= 10
    assert checked.sound
    assert all(one.said for one in checked.checked)
    (tmp_path / "t.md").write_text(shown.replace("user", "User"))
    shell("verify", tmp_path / "t.md")


def test_uncommon_opinions_stand_apart_and_disagreement_names_both(shell: Shell) -> None:
    found = shell.json("themes")
    assert ODD in [one["quote"] for one in found["uncommon"]]
    assert found["disagreements"]
    replies = {str(one["id"]): one for one in flat(thread()["children"])}
    for one in found["disagreements"]:
        reply = replies[one["quote"]["document"]]
        assert any(one["quote"]["quote"].startswith(said[:20]) for said in AGAINST)
        assert (one["who"], one["whom"]) == (reply["author"], replies[str(reply["parent_id"])]["author"])
        assert one["about"]["document"] == str(reply["parent_id"])
    said = sum(any(one["text"].replace("&#x27;", "'").startswith(a[:20]) for a in AGAINST) for one in replies.values())
    assert len(found["disagreements"]) == said


def flat(listed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for item in listed for one in (item, *flat(item["children"]))]


def test_a_query_a_filter_and_what_finds_nothing(shell: Shell) -> None:
    found = shell.json("themes", "--query", "restore a backup", "-n", "2")
    assert 0 < found["passages"] <= 200
    shell("themes", "nowhere", code=2)
    with Index(shell.database) as index:
        index.db.execute("update source set name = '/home/me/thread'")
    assert shell.json("themes", "thread", "-n", "2")["passages"] == 101  # its end is enough
    with Index(shell.database) as index:
        index.db.execute("update source set name = 'thread'")
    shell("themes", "--prefix", "zzz", code=2)
    shell("themes", "-n", "5000", code=2)


def test_a_hosted_model_chooses_quotes_by_number_and_cannot_invent_one(database: Path) -> None:
    asked: list[str] = []

    def answer(request: dict[str, Any]) -> Any:
        asked.append(request["messages"][-1]["content"])
        return completion(
            json.dumps({"quotes": [2, 1, 2], "title": "Same title", "summary": "They say what they say."})
        )

    with serving(answer) as server, Index(database) as index:
        made = app.themes(index, app.ThemesRequest(n=3), open_generator("openai:test", server.url))
    assert len(made.themes) == 3
    assert len({one.title for one in made.themes}) == 3
    assert all(one.summary == "They say what they say." and len(one.quotes) == 2 for one in made.themes)
    for theme, prompt in zip(made.themes, asked, strict=True):
        lines = [line for line in prompt.splitlines() if line.startswith(("[1]", "[2]"))]
        assert lines[1].endswith(theme.quotes[0].text)
        assert lines[0].endswith(theme.quotes[1].text)


def test_what_contradicts_is_seen_and_what_does_not_is_not() -> None:
    from rag.types import Passage

    def of(text: str) -> bool:
        return contradiction(Passage(Document("s", "k", text, kind="markdown"), 0, len(text), text)) is not None

    for text in (
        *AGAINST,
        "That is simply wrong.",
        "I don't think that follows from what you measured.",
        "Nope. It never did.",
    ):
        assert of(text), text
    for text in (
        "I agree, this is how it is.",
        "No one knows how it works.",
        "> That's not true\n\nIndeed it is true, as I said.",
    ):
        assert not of(text), text
    assert DISAGREES.search("i couldn't disagree more")


# -- digest ------------------------------------------------------------------------------------------------------------


@pytest.fixture
def growing(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Shell:
    with Index(tmp_path / "x.db", "hash:64", create=True) as index:
        index.add(
            "notes", items([Document("notes", "old.md", "An old note about garlic in the garden, planted in October.")])
        )
    return Shell(tmp_path / "x.db", capsys, monkeypatch)


def grow(shell: Shell) -> None:
    new = [
        Document(
            "notes",
            f"{n}.md",
            f"The tomato bed number {n} needs water & light every day.",
            f"Bed <{n}>",
            f"https://x.org/{n}",
            "ann",
        )
        for n in range(3)
    ]
    with Index(shell.database) as index:
        index.add("notes", items(new), prune=True)


def test_a_digest_has_what_came_since_the_last_look(growing: Shell) -> None:
    growing("alert", "add", "water", "water")
    assert [one["key"] for one in growing.json("digest")["changes"]] == ["old.md"]
    assert growing("digest") == "nothing new since your last look\n"
    grow(growing)
    for peek in (True, False):
        found = growing.json("digest", *(["--peek"] if peek else []))
        assert [(row["change"], row["key"]) for row in found["changes"]] == [
            ("added", "0.md"), ("added", "1.md"), ("added", "2.md"), ("removed", "old.md"),
        ]  # fmt: skip
        quotes = every(found)
        assert {one["document"] for one in quotes} <= {"0.md", "1.md", "2.md"}
        assert found["searches"][0]["name"] == "water"
    assert growing("digest") == "nothing new since your last look\n"


def test_a_digest_as_a_page_and_as_a_feed(growing: Shell, tmp_path: Path) -> None:
    grow(growing)
    growing("alert", "add", "water", "water", "--all")
    growing("digest", "--format", "html", "--peek", "-o", tmp_path / "new.html")
    page = (tmp_path / "new.html").read_text()
    assert "Bed &lt;" in page
    assert "<script" not in page
    assert "tomato bed number" in page
    for words in ([], ["--alert", "water"]):
        made = growing("digest", "--format", "atom", *words)
        assert made == growing("digest", "--format", "atom", *words)  # fetching it is no look
        feed = ElementTree.fromstring(made)
        name = "{http://www.w3.org/2005/Atom}"
        assert feed.tag == f"{name}feed"
        assert all(feed.findtext(name + one) for one in ("id", "title", "updated"))
        entries = feed.findall(f"{name}entry")
        assert {entry.findtext(f"{name}title") for entry in entries} == {"Bed <0>", "Bed <1>", "Bed <2>"}
        assert len({entry.findtext(f"{name}id") for entry in entries}) == 3
        for entry in entries:
            assert all(entry.findtext(name + one) for one in ("id", "title", "updated", "content"))
            assert entry.find(f"{name}link").get("href", "").startswith("https://x.org/")  # type: ignore[union-attr]
    growing("digest", "--alert", "water", code=2)
    growing("digest", "--alert", "none", "--format", "atom", code=2)
    (tmp_path / "mine.html").write_text("mine")
    growing("digest", "--format", "html", "-o", tmp_path / "mine.html", code=2)


def test_a_quote_says_something_by_itself() -> None:
    text = (
        "Here is how I counted all of the bees that came:\n\n    select count(*) from bees;\n\n"
        "See [the query](https://example.org/?q=select%20count%28%2A%29%20from%20bees%20where%20day%20%3D%201).\n\n"
        "https://example.org/a/very/long/address/that/says/nothing/at/all\n\n"
        "The bees come back to the same flowers every morning.\n"
    )
    document = Document("notes", "bees.md", text, kind="markdown")
    passage = Passage(document, 0, len(text), text)
    assert [quote.text for quote in opinions.sentences(passage)] == [
        "The bees come back to the same flowers every morning."
    ]
