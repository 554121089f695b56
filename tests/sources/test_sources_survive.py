"""One hostile file is its own problem; a newer reader reads again; what has one key twice is two documents."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from test_sources import Shell

from rag import Index
from rag.sources import Item, Walk, files, formats
from rag.types import Document


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


HOSTILE: dict[str, bytes] = {
    "digits.md": b"---\nn: " + b"9" * 5000 + b"\n---\n\nBody.\n",
    "levels.md": b"---\nn: " + b"[" * 20_000 + b"\n---\n\nBody.\n",
    "quotes.md": b"> " * 50_000 + b"deep\n",
    "lists.md": b"- " * 50_000 + b"deep\n",
    "links.md": b"# " + b"[" * 60_000 + b"\n\nBody.\n",
    "names.eml": b"From: " + b"(" * 30_000 + b"\nSubject: x\n\nBody.\n",
    "parts.eml": b"Content-Type: multipart/mixed; boundary=a\n\n"
    + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 3000,
    "deep.html": b"<div>" * 100_000 + b"deep",
    "table.html": b"<table>" * 20_000 + b"deep",
    "deep.ipynb": b"[" * 200_000,
    "half.ipynb": json.dumps({"cells": [{"cell_type": "markdown", "source": "\ud800 half"}]}).encode(),
    "deep.rst": b"* " * 20_000,
}


def test_hostile_files_are_their_own_problem(shell: Shell) -> None:
    folder = shell.folder / "notes"
    folder.mkdir()
    for name, data in HOSTILE.items():
        (folder / name).write_bytes(data)
    (folder / "zz.md").write_text("The last one is fine.\n")
    row = shell.json("index", "notes")
    assert "zz.md" in shell.texts()
    told = {Path(name).name for name, _ in row["problems"]} | set(shell.texts())
    assert told >= set(HOSTILE)  # each is read, or named
    assert shell.index("notes")[0] == 0


def test_whatever_a_reader_raises_is_named_with_its_kind(tmp_path: Path) -> None:
    def raising(error: BaseException) -> Callable[[], list[Document]]:
        def read() -> list[Document]:
            raise error

        return read

    errors = [
        RecursionError("deep"),
        MemoryError(),
        ValueError("digits"),
        KeyError("x"),
        AssertionError(),
        OSError(5, "io"),
    ]

    def items(_: Walk) -> Any:
        for number, error in enumerate(errors):
            yield Item(f"{number}", "1", raising(error))
        yield Item("good", "1", lambda: [Document("s", "good", "Good.")])

    with Index(tmp_path / "x.db", "hash:64", create=True) as index:
        summary = index.add("s", Walk(items))
        assert summary.added == 1
        assert [key for key, _ in summary.problems] == [*map(str, range(len(errors)))]
        told = dict(summary.problems)
        kinds = {MemoryError: "memory"}  # in words, where everybody knows some
        assert all(kinds.get(type(one), type(one).__name__) in told[str(at)] for at, one in enumerate(errors))


HALF = '{"id": "a", "text": "Kept \\udc00 whole.", "note": "x\\ud800y", "n\\ud800": 1, "by": "\\udfff!"}'


@pytest.mark.parametrize("flags", [("--text", "text"), ()])
def test_half_of_a_character_costs_no_document_and_is_told(shell: Shell, flags: tuple[str, ...]) -> None:
    """It cost the whole row where it stood in the metadata, and became a question mark in silence in the text."""
    (shell.folder / "rows.jsonl").write_text(HALF + "\n")
    (shell.folder / "book.ipynb").write_text('{"cells": [{"cell_type": "markdown", "source": "Half \\ud800."}]}')
    row = shell.json("index", "rows.jsonl", "book.ipynb", *flags)
    assert (row["added"], row["problems"], row["left_out"]) == (2, [], {"halves of characters": 2})
    with Index(shell.folder / "rag.db") as index:
        stored = {one[0]: one[1:] for one in index.db.execute("select key, text, meta, author from document")}
    told = " ".join(map(str, stored["a"]))
    assert told.count("\ufffd") == 4
    assert "Kept \ufffd whole." in told
    assert "x\ufffdy" in told
    assert "\ufffd!" in told
    assert "?" not in told
    assert stored["book.ipynb"][0] == "Half \ufffd."


@pytest.mark.parametrize("date", ["2023-02-29", "2024-99-99", "2024-13"])
def test_what_no_calendar_has_is_no_date_and_is_kept(shell: Shell, date: str) -> None:
    (shell.folder / "rows.jsonl").write_text(
        json.dumps({"id": "a", "text": "Some words.", "date": date})
        + '\n{"id": "b", "text": "c", "date": "2024-02-29"}'
    )
    (shell.folder / "note.md").write_text(f"---\ndate: {date}\n---\n\nMore words.\n")
    shell.run("index", "rows.jsonl", "note.md")
    with Index(shell.folder / "rag.db") as index:
        rows = index.db.execute("select key, date, meta from document")
        stored = {key: (day, json.loads(meta).get("date")) for key, day, meta in rows}
    assert stored == {"a": ("", date), "note.md": ("", date), "b": ("2024-02-29", None)}
    for flags in (("--since", date), ("--until", date), ("--where", f"date >= {date}")):
        assert f"{date}" in shell.run("search", "words", *flags, ok=False).stderr
    assert "c" in shell.run("search", "c", "--since", "2024-02-29", "--until", "2024-02-29T10:00Z").stdout


def test_a_source_that_cannot_be_listed_does_not_stop_the_others(shell: Shell) -> None:
    (shell.folder / "site.xml").write_text("<urlset><url><loc>http://[::1/</loc></url></urlset>")
    (shell.folder / "bad.jsonl").write_bytes(b"\x00\x01\x02" * 50)
    (shell.folder / "good.md").write_text("Good.\n")
    row = shell.json("index", "site.xml", "bad.jsonl", "good.md")
    assert shell.texts() == {"good.md": "Good.\n"}
    assert len(row["problems"]) == 2
    assert any("http://[::1/" in name for name, _ in row["problems"])


def test_the_traceback_is_shown_when_it_is_asked_for(shell: Shell, caplog: pytest.LogCaptureFixture) -> None:
    (shell.folder / "half.ipynb").write_bytes(
        b'{"cells": [{"cell_type": "code", "source": {}, "outputs": 5}]}' + b" " * 10
    )
    original = formats.READERS["notebook"]
    formats.READERS["notebook"] = "test_sources_survive:broken"
    try:
        done = shell.run("index", "half.ipynb", "--debug", ok=False)
    finally:
        formats.READERS["notebook"] = original
    assert "ZeroDivisionError" in done.stderr
    assert "Traceback" in caplog.text
    assert "1 / 0" in caplog.text


def broken(*_: object) -> list[Document]:
    return [Document("s", "k", str(1 / 0))]


# -- readers that were mended ------------------------------------------------------------------------------------------


def test_a_newer_reader_reads_again_by_itself_and_embeds_only_what_changed(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = shell.folder / "notes"
    folder.mkdir()
    for number in range(3):
        (folder / f"{number}.html").write_text(f"<p>Page {number}.</p>")
        (folder / f"{number}.txt").write_text(f"Text {number}.\n")
    shell.index("notes")
    monkeypatch.setitem(formats.VERSIONS, "html", formats.VERSIONS["html"] + 1)
    done = shell.run("index", "notes")
    assert "0 changed, 0 removed, 6 unchanged; 0 passages embedded" in done.stdout
    assert "3 documents were read again" in done.stderr
    assert "read again" not in shell.run("index", "notes").stderr  # once


def test_an_index_of_before_readers_had_versions_is_read_again(shell: Shell) -> None:
    import sqlite3

    (shell.folder / "a.txt").write_text("Text.\n")
    shell.index("a.txt")
    with sqlite3.connect(shell.folder / "rag.db") as db:
        db.execute("update document set stamp = rtrim(substr(stamp, 1, instr(stamp, 'text.') - 1)), text = 'Tex'")
    db.close()
    assert "1 documents were read again" in shell.run("index", "a.txt").stderr


def test_full_reads_what_seems_unchanged(shell: Shell) -> None:
    import os

    path = shell.folder / "a.txt"
    for code, arguments, seen in (("1111", [], "1111"), ("2222", [], "1111"), ("2222", ["--full"], "2222")):
        path.write_text(f"The code is {code}.\n")
        os.utime(path, ns=(10**18, 10**18))
        shell.index("a.txt", *arguments)
        assert shell.texts()["a.txt"] == f"The code is {seen}.\n"
    assert shell.index("--all", "--full")[3:] == (1, 0)


# -- keys --------------------------------------------------------------------------------------------------------------


def test_a_member_of_an_archive_and_a_file_of_its_name_are_two(shell: Shell) -> None:
    import zipfile

    folder = shell.folder / "notes"
    folder.mkdir()
    with zipfile.ZipFile(folder / "b.zip", "w") as archive:
        archive.writestr("m.txt", "In the archive.")
    (folder / "b.zip#m.txt").write_text("Beside it.")
    assert shell.index("notes")[0] == 2
    assert sorted(shell.texts().values()) == ["Beside it.", "In the archive."]
    assert shell.index("notes")[:4] == (0, 0, 0, 2)
    (folder / "b.zip").unlink()
    shell.index("notes")
    assert list(shell.texts().values()) == ["Beside it."]


def test_items_and_documents_with_one_key_are_kept_apart_and_stay_so(tmp_path: Path) -> None:
    def items(_: Walk) -> Any:
        yield Item("box", "1", lambda: [Document("s", "box#1", "First."), Document("s", "box#1", "Second.")])
        yield Item("box#1", "1", lambda: [Document("s", "box#1", "Third.")])
        yield Item("box#1", "1", lambda: [Document("s", "box#1", "Fourth.")])

    with Index(tmp_path / "x.db", "hash:64", create=True) as index:
        assert index.add("s", Walk(items)).added == 4
        again = index.add("s", Walk(items))
        assert (again.added, again.changed, again.removed, again.unchanged) == (0, 0, 0, 4)
        full = index.add("s", Walk(items), full=True)
        assert (full.added, full.changed, full.removed, full.unchanged) == (0, 0, 0, 4)


def test_what_is_skipped_and_left_out_is_counted_and_named_when_asked(shell: Shell) -> None:
    folder = shell.folder / "notes"
    folder.mkdir()
    (folder / "a.html").write_text("<p>Text.</p><p hidden>Not shown.</p><nav>Menu</nav>")
    (folder / "b.png").write_bytes(b"\x89PNG")
    (folder / "c.html").write_text("<script>only()</script>")
    done = shell.run("index", "notes")
    assert "skipped: 1 pictures; -v names them" in done.stdout
    assert (
        "left out of documents: 1 files without text, 1 hidden text, 1 navigation; -v --full names them" in done.stdout
    )
    assert "named when it is read: with --full" in shell.run("index", "notes", "-v").stderr
    named = shell.run("index", "notes", "--full", "-v").stderr
    assert "pictures: " in named
    assert "b.png" in named
    assert "hidden text: a.html: Not shown." in named
    assert "files without text: c.html" in named
    assert shell.json("index", "notes", "--full")["left_out"] == {
        "files without text": 1,
        "hidden text": 1,
        "navigation": 1,
    }


def test_readers_of_files_give_their_version() -> None:
    assert set(formats.VERSIONS) == set(formats.READERS)
    found = {item.reader for item in files([Path(__file__)])}
    assert found == {formats.stamp_of("code")}
