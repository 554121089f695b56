"""The real Datasettes, 0.65 and 1.0: functions for SQL, the page, links to similar rows, who may see what."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from html import unescape
from pathlib import Path
from urllib.parse import urlencode

import pytest
import venvs

from rag import Index
from rag.app import records
from rag.app.refresh import refresh, source
from rag.sources.settings import Settings
from rag.store import answers, jobs, tokens
from rag.store.answers import Logged

HERE = Path(__file__).parent
POSTS = [
    (1, "Bees", "Bees dance to show where the flowers are."),
    (2, "Bread", "Sourdough bread needs a starter and a hot oven."),
    (3, "Honey", "Bees make honey from flowers; honey never spoils."),
    (4, "<b>Bold</b>", "A <script>alert(1)</script> about flowers."),
]
SETTINGS = {
    "databases": {"closed": {"allow": {"id": "ada"}}},
    "plugins": {"rag": {"model": "none"}},
}
ADA = {"id": "ada"}
COUNTED = "select count(rag_cosine(v.data, rag_embed(:q))) as n from vector v"
FOUND = "select j.value ->> 'title' as title from json_each(rag_search(:q, 2)) j"
NOTHING = "select rag_search('') as hits, rag_embed(null) as vector, rag_cosine(null, x'00') as score"
STORED = "(select data from vector limit 1)"
EMBEDDED = f"select rag_cosine(rag_embed(:q), {STORED}) > 0.9999 as same, length(rag_embed(:q)) as bytes"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("datasette")
    with closing(sqlite3.connect(made / "site.db")) as site:
        site.execute("create table post (id integer primary key, title text, body text)")
        site.executemany("insert into post values (?, ?, ?)", POSTS)
        site.execute("create table tag (post integer, name text, about text, primary key (post, name))")
        site.execute("insert into tag values (1, 'a,b /c', 'Bees, flowers and all that.')")
        site.commit()
    for name in ("open.db", "closed.db"):
        with Index(made / name, "hash:256", create=True) as index:
            for table in ("post", "tag"):
                refresh(index, source(table, Settings((str(made / "site.db"),), table=table)))
            tokens.create(index.db, "laptop", ("ask",))
            found = {
                "citations": [{"document": "1"}, {"document": "1"}],
                "answerable": True,
                "model": "none",
                "trace": {},
            }
            answers.add(
                index.db, Logged("Who dances?", "Bees.", {**found, "question": "Who dances?", "answer": "Bees."}, {})
            )
            schema = {"type": "object", "properties": {"colour": {"type": "string"}}, "required": ["colour"]}
            job = jobs.begin(index.db, jobs.Job("h", schema, "s", "p", "ph", "smollm2", "f"))
            jobs.register(index.db, job, [jobs.Entry(n, "post", str(n), f"x{n}") for n in (1, 2, 3)])
            done = [jobs.Result(f"x{n}", "done", {"colour": "red" if n < 3 else "blue"}) for n in (1, 2, 3)]
            jobs.save(index.db, job, done)
            records.write(index.db, job, records.Target(table="colours"), sys.stdout)
    return made


@pytest.fixture(scope="module", params=["0.65", "1.0"])
def replies(folder: Path, request: pytest.FixtureRequest) -> dict[str, dict]:
    env, program = dict(os.environ), Path(sys.executable)
    if request.param == "1.0":
        programs = venvs.made("datasette-1.0", "datasette>=1.0a0")
        env, program = venvs.ours(programs), programs / "python"
    query = "/{}/-/query.json?" if request.param == "1.0" else "/{}.json?"

    def sql(text: str, database: str = "open", **values: object) -> str:
        return query.format(database) + urlencode({"sql": text, "_shape": "array", **values})

    wanted: dict[str, tuple[str, object]] = {
        "found": (sql(FOUND, q="bees and flowers"), None),
        "counted": (sql(COUNTED, q="bees"), None),
        "embedded": (sql(EMBEDDED, q=POSTS[0][2]), None),
        "nothing": (sql(NOTHING), None),
        "too many": (sql("select rag_search('bees', 1000)"), None),
        "no vector": (sql("select rag_cosine(x'00000000', 'text')"), None),
        "bad where": (sql("select rag_search('bees', 2, 'nothing = 1')"), None),
        "elsewhere": (sql("select rag_search('bees')", "site"), None),
        "closed to sql": (sql(FOUND, "closed", q="bees"), None),
        "open to ada": (sql(FOUND, "closed", q="bees"), ADA),
        "page": ("/-/rag", None),
        "search": ("/-/rag?" + urlencode({"q": "flowers <script>"}), None),
        "where": ("/-/rag.json?" + urlencode({"q": "flowers", "where": 'title = "Honey"'}), None),
        "wrong": ("/-/rag.json?" + urlencode({"q": "x", "where": "title"  " ="}), None),
        "ask": ("/-/rag?" + urlencode({"q": "Where do bees dance?", "ask": 1}), None),
        "closed page": ("/-/rag?" + urlencode({"q": "bees", "database": "closed"}), None),
        "closed to ada": ("/-/rag?" + urlencode({"q": "bees", "database": "closed"}), ADA),
        "row": ("/site/post/1", None),
        "compound row": ("/site/tag/1,a~2Cb~20~2Fc", None),
        "other row": ("/open/token/1", None),
        "document": ("/open/document/3", None),
        "like": ("/-/rag.json?database=open&like=1", None),
        "like none": ("/-/rag?like=999", None),
        "words": ("/open/passage.json?_search=honey&_shape=array", None),
        "records": ("/open/colours.json?_facet=colour&_shape=objects", None),
        "record view": ("/open/record_view.json?status=done&_shape=array", None),
        "facets": ("/open/answer_view.json?_facet=documents&_shape=objects", None),
    }  # fmt: skip
    given = {
        "files": [str(folder / name) for name in ("open.db", "closed.db", "site.db")],
        "settings": SETTINGS, "requests": list(wanted.values()), "actors": [1, "ada"],
    }  # fmt: skip
    done = subprocess.run(
        [program, HERE / "datasette_driver.py"],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        env=env,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    return {**dict(zip(wanted, told["replies"], strict=True)), "names": told["names"], "log": {"text": done.stderr}}


def rows(reply: dict) -> list[dict]:
    assert reply["status"] == 200, reply["text"]
    return json.loads(reply["text"])


def test_sql_searches_and_compares_with_one_call_of_the_model(folder: Path, replies: dict) -> None:
    with Index(folder / "open.db") as index:
        best = [hit.passage.document.title for hit in index.search("bees and flowers", 2)]
    assert [row["title"] for row in rows(replies["found"])] == best
    assert replies["found"]["asked"] == ["search"]
    assert rows(replies["counted"])[0]["n"] > 4
    assert replies["counted"]["asked"] == ["embed"]
    assert rows(replies["embedded"]) == [{"same": 1, "bytes": 4 * 256}]
    assert rows(replies["nothing"]) == [{"hits": "[]", "vector": None, "score": None}]


def test_what_fails_is_an_error_never_a_text(replies: dict) -> None:
    for name in ("too many", "no vector", "bad where", "elsewhere"):
        assert replies[name]["status"] == 400, replies[name]["text"]
    assert "it is how many passages are wanted" in replies["log"]["text"]
    assert "no document has a field 'nothing'" in replies["log"]["text"]
    assert replies["wrong"]["status"] == 400
    assert "cannot be read" in json.loads(replies["wrong"]["text"])["error"]


def test_nobody_sees_what_datasette_does_not_show_him(replies: dict) -> None:
    assert replies["closed to sql"]["status"] == 403
    assert replies["closed page"]["status"] == 403
    assert len(rows(replies["open to ada"])) == 2
    assert replies["closed to ada"]["status"] == 200
    assert "Bees make honey" in replies["closed to ada"]["text"]
    assert "closed" not in replies["page"]["text"]


def test_the_page_shows_hits_as_text_and_leads_to_their_rows(replies: dict) -> None:
    page = replies["search"]["text"]
    assert replies["search"]["status"] == 200
    assert '<a href="/site/post/1">Bees</a>' in page
    assert '<a href="/site/tag/1,a~2Cb~20~2Fc">' in page.replace("~2B", "~20").replace("+", "~20")
    assert "<script>alert(1)" not in page
    assert "A <script>alert(1)</script> about flowers." in unescape(page)
    assert "<b>Bold</b>" not in page
    assert {hit["title"] for hit in rows(replies["where"])["hits"]} == {"Honey"}
    assert '"/tmp' not in replies["where"]["text"]
    assert "Bees dance to show where the flowers are." in replies["ask"]["text"].split("Answer", 1)[1]
    assert '<a href="/open/document/' in replies["ask"]["text"]


def test_rows_lead_to_similar_rows(replies: dict) -> None:
    for name, number in (("row", 1), ("compound row", 5), ("document", 3)):
        page = unescape(replies[name]["text"])
        assert replies[name]["status"] == 200
        assert f"/-/rag?database=open&like={number}" in page, name
    assert "like=" not in replies["other row"]["text"]
    titles = [hit["title"] for hit in rows(replies["like"])["hits"]]
    assert titles
    assert "Bees" not in titles
    assert "there is no document 999" in replies["like none"]["text"]


def test_people_have_names_and_views_have_facets(replies: dict) -> None:
    assert replies["names"]["1"] == {"id": 1, "name": "laptop"}
    assert replies["names"]["ada"] == {"id": "ada"}
    assert [row["title"] for row in rows(replies["words"])] == ["Honey"]
    assert facet(replies["records"], "colour") == [("red", 2), ("blue", 1)]
    assert [row["key"] for row in rows(replies["record view"])] == ["1", "2", "3"]
    told = rows(replies["facets"])
    assert [row["answer"] for row in told["rows"]] == ["Bees."]
    assert facet(replies["facets"], "documents") == [("1", 1)]


def facet(reply: dict, column: str) -> list[tuple[str, int]]:
    found = rows(reply)["facet_results"]  # type: ignore[call-overload]
    return [(one["value"], one["count"]) for one in found.get("results", found)[column]["results"]]
