"""
Rows that are written through the real write API of Datasette 1.0, seen by sqlite-chronicle and by us.

And our own index under the same hands: what is edited there is seen, told and mended.
"""

from __future__ import annotations

import json
import os
import socket
import sqlite3
import subprocess
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import sqlite_chronicle
import venvs

from rag import Index
from rag.app import sources as app
from rag.app.refresh import refresh_all, refresh_these, sources_of
from rag.doctor import examine
from rag.sources.settings import Settings
from rag.store import sources as store

MAY = ("insert-row", "update-row", "delete-row")


@dataclass
class Site:
    folder: Path
    client: httpx.Client

    def post(self, path: str, body: object) -> None:
        self.client.post(path, json=body).raise_for_status()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    programs = venvs.made("datasette-1.0", "datasette>=1.0a0")
    with closing(sqlite3.connect(tmp_path / "site.db")) as db:
        db.execute("create table post (id integer primary key, title text, body text)")
        texts = ["Bees dance for flowers.", "Bread needs a starter.", "Honey never spoils."]
        db.executemany(
            "insert into post (title, body) values (?, ?)", [(f"Post {n}", t) for n, t in enumerate(texts, 1)]
        )
        sqlite_chronicle.enable_chronicle(db, "post")
        db.commit()
    with Index(tmp_path / "rag.db", "hash:64", create=True) as index:
        settings = Settings((), table="post")
        refresh_these(index, sources_of([str(tmp_path / "site.db")], settings))
        store.add_alert(index.db, "queen", "queen of the hive", 0.9)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "config.json").write_text(json.dumps({"permissions": {name: {"id": "root"} for name in MAY}}))
    env = {**os.environ, "PYTHONPATH": ""}
    command = [programs / "datasette", "create-token", "root", "--secret", "s3cret"]
    token = subprocess.run(command, capture_output=True, text=True, env=env, check=True).stdout.strip()
    served = [programs / "datasette", tmp_path / "site.db", tmp_path / "rag.db", "-p", str(port)]
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            [*served, "-c", tmp_path / "config.json", "--secret", "s3cret"], stdout=log, stderr=log, env=env
        )
        headers = {"authorization": f"Bearer {token}"}
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client:
                for _ in range(600):
                    try:
                        client.get("/")
                        break
                    except httpx.HTTPError:
                        time.sleep(0.1)
                yield Site(tmp_path, client)
        finally:
            process.terminate()
            process.wait(60)


def test_what_is_written_over_http_is_read_by_the_next_run(site: Site) -> None:
    site.post("/site/post/-/insert", {"row": {"title": "New", "body": "The queen of the hive is large."}})
    site.post("/site/post/1/-/update", {"update": {"body": "Bees dance in the dark."}})
    site.post("/site/post/2/-/delete", {})
    with Index(site.folder / "rag.db") as index:
        done = refresh_all(index)
        assert (done.added, done.changed, done.removed) == (1, 1, 1)
        again = refresh_all(index)
        assert (again.added, again.changed, again.removed, again.embedded) == (0, 0, 0, 0)
        found = [hit.passage.document.key for _, hits in app.new_for(index) for hit in hits]
        assert found == ["4"]
        assert [hit for _, hits in app.new_for(index) for hit in hits] == []


def test_our_own_rows_edited_over_http_are_seen_and_mended(site: Site) -> None:
    site.post("/rag/passage/1/-/update", {"update": {"text": "Wasps sting."}})
    with Index(site.folder / "rag.db") as index:
        assert any(one.problem for one in examine(index.db))
        assert all(one.mended for one in examine(index.db, fix=True) if one.problem)
        assert [one for one in examine(index.db) if one.problem] == []
        refresh_all(index)
        assert index.search("bees dance flowers", 1)[0].passage.text == "Bees dance for flowers."
