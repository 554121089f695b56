"""One file under several names is one document, and is told once."""

import os
from pathlib import Path

import pytest
from test_sources import Shell


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    made = Shell(tmp_path)
    folder = tmp_path / "notes"
    (folder / "sub").mkdir(parents=True)
    (folder / "a.txt").write_text("The cabinet is green.\n")
    (folder / "sub" / "b.txt").write_text("The chair is red.\n")
    (tmp_path / "link").symlink_to("notes")
    (tmp_path / "way").symlink_to("notes/sub/b.txt")
    return made


def keys(shell: Shell) -> list[str]:
    return sorted(row["key"] for row in shell.json("changes", "--since", "0") if row["change"] != "removed")


@pytest.mark.parametrize(
    "paths",
    [
        ["notes", "link", "notes/a.txt"],
        ["notes", "notes/sub"],
        ["notes", "notes/../notes"],
        ["notes", "link/sub/b.txt", "notes"],
        ["notes", "way.txt"],
    ],
)
def test_by_folder_by_link_and_by_name(shell: Shell, paths: list[str]) -> None:
    (shell.folder / "way").rename(shell.folder / "way.txt")
    done = shell.run("index", *paths)
    assert done.stdout.startswith("2 added")
    assert len(keys(shell)) == 2
    if len(set(map(os.path.abspath, (shell.folder / path for path in paths)))) > 1:
        assert "read already" in done.stderr + done.stdout
    again = shell.run("index", *paths)
    assert again.stdout.startswith("0 added, 0 changed, 0 removed, 2 unchanged")


@pytest.mark.parametrize("paths", [["notes", "link", "notes/a.txt"], ["link", "notes", "notes/sub"]])
def test_within_one_source(shell: Shell, paths: list[str]) -> None:
    done = shell.run("index", *paths, "--source", "all")
    assert done.stdout.startswith("2 added")
    assert "read already" in done.stdout


def test_links_within_a_folder_and_hard_links(shell: Shell) -> None:
    folder = shell.folder / "notes"
    (folder / "0.txt").symlink_to("sub/b.txt")
    os.link(folder / "a.txt", folder / "z.txt")
    assert shell.run("index", "notes").stdout.startswith("2 added")
    assert keys(shell) == ["a.txt", "sub/b.txt"]  # by the name that is no link
    (folder / "copy.txt").write_text("The chair is red.\n")
    assert shell.run("index", "notes").stdout.startswith("1 added")  # a copy is another file


def test_a_file_that_was_indexed_first_stays_where_it_is(shell: Shell) -> None:
    shell.run("index", "notes/a.txt")
    assert shell.run("index", "notes").stdout.startswith("1 added")
    assert keys(shell) == ["a.txt", "sub/b.txt"]
    assert shell.run("index", "--all").stdout.startswith("0 added, 0 changed, 0 removed, 2 unchanged")


def test_a_source_that_the_user_names_has_what_it_names(shell: Shell) -> None:
    shell.run("index", "notes")
    assert shell.run("index", "notes/sub", "--source", "chairs").stdout.startswith("1 added")


def test_a_table_by_two_spellings(shell: Shell) -> None:
    (shell.folder / "t.csv").write_text("id,text\n1,first\n")
    (shell.folder / "u.csv").symlink_to("t.csv")
    done = shell.run("index", "t.csv", "u.csv", "./t.csv")
    assert done.stdout.startswith("1 added")
    assert "u.csv: is read already, as the source" in done.stderr
