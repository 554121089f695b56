"""What something is, is told by what its own page says first: in the search, and in what is shown."""

from pathlib import Path

import pytest

from rag import Index, models, subjects
from rag.ask import answer
from rag.sources import files

SQUID = """Related articles

* [Proxy](/index.php/Proxy "Proxy")
* [Network](/index.php/Network "Network")

**Note:** Squid 3 is not maintained any more.

[Squid](http://www.squid-cache.org) (the daemon) is a caching proxy for HTTP, HTTPS and FTP, with access controls.

## Installation

Install the squid package. What squid is allowed to do, squid reads in `squid.conf`.

```
# squid -k check
# squid -z
```

## Squid and authentication

What squid does with passwords is up to squid: squid asks the helper, and squid keeps what it says.

```
# squid -k reconfigure
```

## Troubleshooting

If squid does not start, squid is likely to have no cache: create it with squid itself.
"""
OTHERS = {
    "proxy.md": "# Proxy settings\n\nWith squid the squid port is 3128; squid logs what squid was told to log.\n",
    "logs.md": "# Logs\n\nSquid logs: squid writes what squid did. See what squid wrote with `tail`.\n",
    "csplit.md": "# csplit(1)\n\n## NAME\n\ncsplit - split a file into sections\n\n## SYNOPSIS\n\n"
    "csplit [OPTION]... FILE PATTERN...\n\n## DESCRIPTION\n\nOutput pieces separated by patterns to files.\n\n"
    "- -b, --suffix-format=FORMAT\n  use FORMAT instead of %02d in csplit\n\n- -z\n  csplit removes empty files\n",
    "CHANGELOG.md": "# Changelog\n\n## 3.2.0 (2025-03-18)\n\n- New: a key for the queue.\n\n### Faster\n\n"
    "The list of 3.2.0 is read at once.\n\n## 3.1.0 (2024-11-27)\n\n- New: jobs of their own.\n\n"
    "## Upgrading\n\nTo release the lock of 3.1.0, run `pelikan unlock`; the date of the lock is kept.\n",
}


@pytest.fixture(scope="module")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    folder: Path = tmp_path_factory.mktemp("leads")
    for name, text in {"Squid.md": SQUID, **OTHERS}.items():
        (folder / name).write_text(text)
    made = Index(folder / "leads.db", models.embedder("minilm"), create=True)
    made.add("notes", files([str(folder)]))
    return made


def _shown(index: Index, question: str) -> list[str]:
    return [one.quote for one in answer(question, index.search(question, 8), None, index.embedder).citations]


@pytest.mark.parametrize(
    "question", ["what is squid", "What's Squid?", "tell me about squid", "squid?", "was ist Squid?"]
)
def test_a_page_is_found_by_what_it_says_first_and_that_is_shown(index: Index, question: str) -> None:
    assert "caching proxy for HTTP" in index.search(question, 4)[0].passage.text
    assert "caching proxy for HTTP" in _shown(index, question)[0]


def test_the_line_that_names_a_command_and_says_what_it_does_is_no_mere_title(index: Index) -> None:
    assert "split a file into sections" in _shown(index, "what does csplit do")[0]


@pytest.mark.parametrize(
    ("question", "day"),
    [("when did 3.2.0 come out", "2025-03-18"), ("release date of 3.1.0", "2024-11-27")],
)
def test_the_day_of_a_version_is_read_in_its_heading_however_far_below_the_excerpt_stands(
    index: Index, question: str, day: str
) -> None:
    given = answer(question, index.search(question, 8), None, index.embedder)
    assert given.text == day
    assert given.citations[0].quote.startswith("## ")
    assert day in given.citations[0].quote


@pytest.mark.parametrize(
    ("question", "about"),
    [
        ("What's a workspace?", "workspace"),
        ("what does npm rebuild do?", "npm rebuild"),
        ("Qu'est-ce que le compostage ?", "compostage"),
        ("¿Qué es el compost?", "compost"),
        ("che cos'è il pesto?", "pesto"),
        ("o que é o pix?", "pix"),
        ("wat is een vve?", "vve"),
        ("wofür steht VVE?", "vve"),
        ("什么是垃圾分類", "垃圾分類"),
        ("Dockerとは何ですか", "docker"),
        ("how do I install docker", ""),
        ("what is the price of a ticket for adults", ""),
    ],
)
def test_the_subject_of_a_question_is_read_in_its_language(question: str, about: str) -> None:
    assert subjects.subject(question) == about


@pytest.mark.parametrize(
    ("title", "key", "about"),
    [
        ("14.4. Introduction to AppArmor", "sect.apparmor.html", "apparmor"),
        ("npm - a JavaScript package manager", "README.md", "npm"),
        ("xz(1)", "man1/xz.1.gz", "xz"),
        ("Aptosid and Siduction", "sect.html", "siduction"),
        ("Workspaces", "using/workspaces.md", "workspace"),
        ("Coming from Celery", "howto/migrate.md", "migrate"),
    ],
)
def test_a_title_names_what_it_is_about(title: str, key: str, about: str) -> None:
    assert subjects.named(about, subjects.names(title, key))
    assert not subjects.named("celery", subjects.names(title, key))


@pytest.mark.parametrize(
    ("text", "sure"),
    [
        ("[Docker](https://en.wikipedia.org/wiki/Docker_(software) is a utility to pack", 1.0),
        ("**Docker** (once dotCloud), a daemon, is the daemon", 1.0),
        ("podman, docker, buildah - run containers", 1.0),
        ("Docker is available from the repositories", 0.5),
        ("The docker-compose is a file beside it", 0.0),
        ("Docker can be installed", 0.0),
    ],
)
def test_a_sentence_that_says_what_something_is_is_known_in_marks_and_asides(text: str, sure: float) -> None:
    assert subjects.says(text, subjects.defining("docker")) == sure
