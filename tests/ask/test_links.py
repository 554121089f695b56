"""A list of links says little itself; of who asks, what they wrote of themselves answers."""

from pathlib import Path

import pytest

from rag import Index, models
from rag.ask import answer
from rag.ask.links import called, lists
from rag.persons import own, speaks
from rag.sources import files
from rag.types import Answer

MAIL = "".join(
    f"- [{name}](https://{name.lower()}.example/) - Email client for {of}, an app for people who use email.\n"
    for name, of in (
        ("Kestrel", "Linux"), ("Wren", "macOS"), ("Osprey", "Windows"), ("Heron", "teams"), ("Egret", "the terminal"),
        ("Plover", "Android"), ("Dunlin", "the web"), ("Godwit", "servers"), ("Curlew", "lists"), ("Avocet", "shops"),
    )
)  # fmt: skip
NOTES = {
    "email.md": f"# Email\n\nI use [Sparrow](https://sparrow.example) with two accounts.\n\n## Links\n\n{MAIL * 3}",
    "vegan.md": "# Veganism\n\n## Links\n\n- [What if everyone in the world went vegan? (2020)](https://t.example/1)\n"
    "- [Should we go vegan?](https://t.example/2)\n- [Why I went vegan (2019)](https://t.example/3)\n",
    "july.md": "# July 2018\n\nThe garden was dry.\n\nOh, and I went vegan too this month, after a film about hens.\n",
    "matrix.md": "# Matrix\n\n[Dunnock](https://d.example) is a Matrix server written in Go.\n\n## Links\n\n"
    "- [Robin](https://r.example) - Minimal Matrix server written in TypeScript.\n"
    "- [Matrix servers written in anything](https://m.example/1)\n- [The Matrix server (2021)](https://m.example/2)\n",
    "podcasts.md": "# Podcasts\n\nA podcast is people talking.\n\n## Links\n\n- [How to make a podcast](https://p.example)\n"
    "- [Good resources for podcasts](https://q.example)\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("links")
    for name, text in NOTES.items():
        (folder / name).write_text(text)
    made = Index(folder / "links.db", models.embedder("minilm"), create=True)
    made.add("notes", files([str(folder)]))
    return made


def asked(index: Index, question: str) -> Answer:
    return answer(question, index.with_replies(index.search(question, 8)), embedder=index.embedder)


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("what email client am i using", "I use [Sparrow]"),
        ("which email app do i use now", "I use [Sparrow]"),
        ("which matrix server is written in go", "[Dunnock](https://d.example) is a Matrix server written in Go."),
        ("when did i go vegan", "I went vegan too this month"),
        ("good resources for podcasts", "https://q.example"),
    ],
)
def test_a_paragraph_answers_and_no_list_of_links(index: Index, question: str, says: str) -> None:
    assert says in asked(index, question).citations[0].quote


def test_no_year_of_a_title_is_a_fact(index: Index) -> None:
    assert "20" not in asked(index, "in what year did everyone go vegan").text.partition("\n")[0][:8]
    quote = "[Who went vegan? (2020)](https://t.example/2021) - a talk of 2022"
    assert [quote[start:end] for start, end in called(quote)] == [quote[: quote.index(" - ")]]
    quote = "The limit is [20 MB](https://t.example/30)."
    assert called(quote) == []


@pytest.mark.parametrize(
    ("text", "links"),
    [
        ("- [A](https://a.example) - a remark\n- **[B (2020)](https://b.example)**\n- <https://c.example>", True),
        ("- [A](https://a.example) is what I use.\n- [B](https://b.example) broke twice.", False),
        ("- [start](#start): begins\n- [stop](usage.md): ends", False),  # parts of the same work
        ("Plain text with [a link](https://a.example).", False),
    ],
)
def test_lists_of_links(text: str, links: bool) -> None:
    assert lists(text) == links


@pytest.mark.parametrize(
    ("question", "answers", "other"),
    [
        ("what do i think of kubernetes", "I personally avoid it.", "- [What I think of it](https://a.example)"),
        ("was halte ich von kubernetes", "Ich meide es.", "Kubernetes ist verbreitet."),
        ("quel client mail j'utilise", "J'utilise Sparrow.", "Un client mail pour tous."),
        ("que cliente de correo uso", "Uso Sparrow para el correo.", "El cliente de correo de todos."),
        ("quale client di posta uso ora", "Uso Sparrow con due caselle.", "Il client di posta per tutti."),
        ("welke mailclient gebruik ik", "Ik gebruik Sparrow.", "Een mailclient voor iedereen."),
    ],
)
def test_who_asks_of_themselves_is_answered_in_the_first_person(question: str, answers: str, other: str) -> None:
    says = own(question)
    assert says
    assert speaks(answers, says)
    assert not speaks(other, says)


@pytest.mark.parametrize(
    "question",
    [
        "how do i send an email",
        "do i need a license",
        "wie kann ich das ändern",
        "cómo instalo el paquete",
        "what is squid",
    ],
)
def test_who_asks_for_instructions_does_not(question: str) -> None:
    assert own(question) is None
