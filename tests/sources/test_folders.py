"""`rag index .` reads what a person can read: configuration with the code, canvases with the notes; no secrets."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest
from told import read

from rag.ask.pieces import pieces
from rag.chunking import split
from rag.sources import files, kinds
from rag.sources.formats import kind_of
from rag.sources.settings import Settings
from rag.sources.walk import BY_ITSELF
from rag.types import Hit

READ = """
deploy/compose.yaml docker-compose.yml larder.toml setup.cfg app.ini my.cnf Makefile GNUmakefile Dockerfile
Dockerfile.dev Containerfile justfile Jenkinsfile Caddyfile Procfile Vagrantfile .gitlab-ci.yml .github/workflows/ci.yml
.gitlab/agents/config.yaml .pre-commit-config.yaml .env.example .env.sample .editorconfig web.service backup.timer
nginx.conf sites-available/blog main.tf variables.hcl schema.sql api.proto schema.graphql schema.prisma package.json
tsconfig.json tsconfig.build.json pom.xml build.gradle deploy.ps1 run.bat default.nix settings.ini.dist go.mod
CODEOWNERS HACKING refs.bib log4j.properties
""".split()  # noqa: SIM905
SECRETS = [".env", ".env.local", "prod.env", "id_rsa", "server.pem", "secrets.yaml", "db-credentials.json", "x.tfvars"]
LOCKS = ["package-lock.json", "yarn.lock", "pnpm-lock.yaml", "poetry.lock", "Cargo.lock", "go.sum"]
MADE = ["app.min.js", "style.min.css", "app.js.map", "x.bundle.js"]


def test_configuration_is_read_and_secrets_are_not(tmp_path: Path) -> None:
    for name in (*READ, *SECRETS, *LOCKS, *MADE, ".ssh/config", ".git/config", "node_modules/a/package.json"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("port = 80\n")
    (tmp_path / "tool").write_text("#!/bin/sh\necho hi\n")
    (tmp_path / "blob").write_text("no script\n")
    (tmp_path / "dump.yaml").write_text("row: 1\n" * 60_000)
    walk = files([tmp_path])
    assert sorted(item.key for item in walk) == sorted([*READ, "tool"])
    hidden = 2 + 2  # .env, .env.local; .ssh, .git
    assert walk.skipped == {
        "hidden": hidden, "secrets": len(SECRETS) - 2, "lock files": len(LOCKS), "generated": len(MADE),
        "ignored": 1, BY_ITSELF: 1, "large data": 1,
    }  # fmt: skip


def test_what_a_file_of_settings_is_written_in(tmp_path: Path) -> None:
    ((document,), _) = read("settings", "FROM alpine:3.20\n\nEXPOSE 8080\n", "images/Dockerfile.dev")
    assert document.text == "FROM alpine:3.20\n\nEXPOSE 8080\n"
    assert (document.kind, document.meta, document.title) == (
        "code", {"language": "dockerfile"}, "images/Dockerfile.dev",
    )  # fmt: skip


def test_a_section_of_settings_is_a_passage_under_its_name() -> None:
    text = "# all of it\nname = 1\n\n[uploads]\nmax_mb = 8\n\nkeep = 90\n\n[tool.mail]  # out\nhost = 'x'\n"
    ((document,), _) = read("settings", text, "larder.toml")
    passages = split(document)
    assert [(one.heading, one.text.split("\n")[0]) for one in passages] == [
        ("", "# all of it"), ("uploads", "[uploads]"), ("tool > mail", "[tool.mail]  # out"),
    ]  # fmt: skip
    assert passages[1].text == "[uploads]\nmax_mb = 8\n\nkeep = 90"
    shown = [piece.text.strip() for piece in pieces([Hit(passages[1], 1.0)])]
    assert shown == [passages[1].text]


@pytest.mark.parametrize("name", ["notes.md", "a.py", "table.csv", "x.unknown", "photo.heic", "README", "t.tex"])
def test_other_names_are_no_settings(name: str) -> None:
    assert kind_of(name) != "settings"


def test_a_named_export_is_read_like_that_of_a_folder(tmp_path: Path) -> None:
    talk = {"name": "A", "type": "personal_chat", "messages": [{"type": "message", "from": "Ann", "text": "hello"}]}
    (tmp_path / "result.json").write_text(json.dumps(talk))
    (tmp_path / "pom.xml").write_text("<project><version>1</version></project>")
    assert kinds.kind_of(str(tmp_path / "result.json"), Settings(())) == "files"
    assert kinds.kind_of(str(tmp_path / "pom.xml"), Settings(())) == "files"
    (item,) = files([tmp_path / "result.json"])
    assert item.read()[0].text == "- Ann: hello"


def test_json_lists_of_an_archive_are_tables(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "x.zip", "w") as archive:
        archive.writestr("rows.json", '[{"what": "oak", "bay": 3}]')
        archive.writestr("state.json", '{"what": 1}')
    walk = files([tmp_path])
    ((document,),) = [item.read() for item in walk]
    assert document.text == "| what | bay |\n| --- | --- |\n| oak | 3 |"
    assert walk.skipped == {"unsupported": 1}


CANVAS = {
    "nodes": [
        {"id": "g", "type": "group", "label": "Present", "x": 0, "y": 500, "width": 600, "height": 300},
        {"id": "c", "type": "text", "text": "folding saw", "x": 10, "y": 520, "width": 90, "height": 60},
        {"id": "b", "type": "file", "file": "Projects/Boat.md", "x": 300, "y": 3, "width": 90, "height": 60},
        {"id": "a", "type": "text", "text": "# Marta\n\nturns **forty**", "x": 0, "y": 0, "width": 90, "height": 60},
        {"id": "l", "type": "link", "url": "https://charts.example", "x": 0, "y": 100, "width": 9, "height": 9},
    ],
    "edges": [{"id": "e", "fromNode": "c", "toNode": "b", "label": "goes in"}, {"fromNode": "a", "toNode": "b"}],
}


def test_a_canvas_is_read_card_by_card(tmp_path: Path) -> None:
    (tmp_path / "Gift ideas.canvas").write_text(json.dumps(CANVAS))
    (tmp_path / "empty.canvas").write_text("{}")
    walk = files([tmp_path])
    (document,) = [document for item in walk for document in item.read()]
    assert document.text == (
        "# Marta\n\nturns **forty**\n\n[[Projects/Boat]]\n\nhttps://charts.example\n\n## Present\n\nfolding saw\n\n"
        "- folding saw → goes in → [[Projects/Boat]]"
    )
    assert (document.title, document.meta) == ("Gift ideas", {"links": ["Projects/Boat.md"]})
    assert walk.left == {"files without text": 1}
