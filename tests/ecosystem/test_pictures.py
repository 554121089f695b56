"""Pictures, through the real API of llm (a small model that takes binaries stands for CLIP) and of blip-caption."""

from __future__ import annotations

import json
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path

import llm
import pytest
from typer.testing import CliRunner

from rag import Index
from rag.cli import app
from rag.doctor import examine
from rag.errors import RagError

COLOURS = {"red": (230, 20, 20), "green": (20, 200, 30), "blue": (20, 40, 230), "yellow": (230, 220, 20)}


class Colours(llm.EmbeddingModel):
    """Words of colours and pictures of one colour, in one space: how much of red, green and blue."""

    model_id = "lab-colours"
    supports_binary = True
    seen = 0

    def embed_batch(self, items: Iterable[str | bytes]) -> Iterator[list[float]]:
        for item in items:
            if isinstance(item, bytes):
                type(self).seen += 1
                found = colour_of(item)
            else:
                named = [COLOURS[word] for word in item.lower().split() if word in COLOURS] or [(1, 1, 1)]
                found = tuple(sum(part) for part in zip(*named, strict=True))
            yield [float(part) + 1 for part in found]


class Plugin:
    @llm.hookimpl
    def register_embedding_models(self, register) -> None:
        register(Colours())


@pytest.fixture(scope="module", autouse=True)
def plugin() -> Iterator[None]:
    llm.plugins.pm.register(Plugin(), name="colours")
    yield
    llm.plugins.pm.unregister(name="colours")


def png(colour: tuple[int, int, int], size: int = 2) -> bytes:
    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = b"".join(b"\0" + bytes(colour) * size for _ in range(size))
    header = struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def colour_of(data: bytes) -> tuple[int, ...]:
    if not data.startswith(b"\x89PNG") or b"IDAT" not in data:
        raise ValueError("cannot identify image file")
    at = data.index(b"IDAT")
    (length,) = struct.unpack(">I", data[at - 4 : at])
    return tuple(zlib.decompress(data[at + 4 : at + 4 + length])[1:4])


def rag(*words: object, code: int = 0, given: str | None = None) -> str:
    done = CliRunner().invoke(app, list(map(str, words)), input=given)
    if isinstance(done.exception, RagError):
        assert done.exception.exit_code == code
        return f"{done.exception.message} {done.exception.hint}"
    assert done.exit_code == code, done.output + repr(done.exception)
    return done.output


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    (tmp_path / "photos" / "more").mkdir(parents=True)
    for number, colour in enumerate(COLOURS.values()):
        (tmp_path / "photos" / f"IMG_{number}.png").write_bytes(png(colour))
    (tmp_path / "photos" / "more" / "IMG_0.png").write_bytes(png((200, 60, 60)))  # the same name, another picture
    (tmp_path / "photos" / "notes.txt").write_text("red red red")
    return tmp_path


def found(database: Path, *words: object) -> list[str]:
    return [row["key"] for row in json.loads(rag("search", *words, "-d", database, "--json"))]


def test_pictures_are_found_by_words_and_by_pictures(photos: Path) -> None:
    database = photos / "p.db"
    told = rag("index", photos / "photos", "--pictures", "--embedder", "llm:lab-colours", "-d", database)
    assert "5 added" in told
    assert "1 no pictures" in told
    assert found(database, "something blue")[0] == "IMG_2.png"
    assert found(database, "red", "-k", 2) == ["IMG_0.png", "more/IMG_0.png"]
    assert found(database, "red green")[0] == "IMG_3.png"
    (photos / "like.png").write_bytes(png((10, 190, 60), 5))
    assert found(database, "--like", photos / "like.png")[0] == "IMG_1.png"
    assert found(database, "--like", photos / "like.png", "--where", 'key ~ "more"') == ["more/IMG_0.png"]
    place = rag("search", "--like", photos / "like.png", "-k", 1, "--format", "grep", "-d", database)
    assert "IMG_1.png:" in place
    (row,) = json.loads(rag("search", "blue", "-k", 1, "-d", database, "--json"))
    assert set(row["via"]) == {"vectors"}
    told = rag("index", photos / "photos", "-d", database)  # the same folder for its texts is a source of its own
    assert "1 added, 0 changed, 0 removed, 0 unchanged" in told
    assert "0 added, 0 changed, 0 removed, 6 unchanged" in rag("index", "--all", "-d", database)


def test_only_what_changed_is_looked_at_again(photos: Path) -> None:
    database = photos / "p.db"
    rag("index", photos / "photos", "--pictures", "--embedder", "llm:lab-colours", "-d", database)
    Colours.seen = 0
    (photos / "photos" / "IMG_0.png").rename(photos / "photos" / "more" / "IMG-0.png")  # moved: its name is the same
    (photos / "photos" / "IMG_1.png").write_bytes(png((250, 250, 250)))
    told = rag("index", "--all", "-d", database)
    assert "1 added, 1 changed, 1 removed, 3 unchanged; 1 passages embedded" in told
    assert Colours.seen == 1
    with Index(database) as index:
        assert [one for one in examine(index.db) if one.problem] == []
        index.db.execute(
            "delete from vector where hash in (select w.hash from passage_window w"
            " join passage_whole p on p.id = w.passage_id where p.text like 'IMG 2%')"
        )
        assert "1 pictures have no vector" in next(one.problem for one in examine(index.db, fix=True) if one.problem)
        assert [one.problem for one in examine(index.db) if one.check == "vectors"] == [""]
    assert "1 changed" in rag("index", "--all", "-d", database)
    assert found(database, "blue")[0] == "IMG_2.png"


def test_what_is_no_picture_is_said(photos: Path) -> None:
    database = photos / "p.db"
    (photos / "photos" / "broken.jpg").write_text("no picture")
    told = rag("index", photos / "photos", "--pictures", "--embedder", "llm:lab-colours", "-d", database)
    assert "broken.jpg is not a picture" in told
    assert "5 added" in told
    other = ["index", photos / "photos", "--pictures", "-d", photos / "t.db", "--embedder", "hash:64"]
    assert "takes no pictures" in rag(*other, code=2)
    rag("index", photos / "photos" / "notes.txt", "-d", photos / "text.db", "--embedder", "hash:64")
    like = ["search", "--like", photos / "photos" / "IMG_0.png", "-d", photos / "text.db"]
    assert "takes no pictures" in rag(*like, code=2)
    assert "is not a picture" in rag("search", "--like", photos / "photos" / "notes.txt", "-d", database, code=2)
    assert "say what to look for" in rag("search", "-d", database, code=2)
    assert "exclude each other" in rag("index", photos, "--pictures", "--ocr", "-d", database, code=2)


def test_captions_of_blip_caption_are_indexed_and_its_errors_told(tmp_path: Path) -> None:
    """The exact form of `blip-caption *.jpg --json`; a row that is an error has no text, and is counted."""
    said = json.dumps([
        {"path": "pelican.jpg", "caption": "a pelican standing on a rock"},
        {"path": "broken.jpg", "error": "cannot identify image file 'broken.jpg'"},
        {"path": "harbour.jpg", "caption": "boats in a harbour at night"},
    ])  # fmt: skip
    told = rag("index", "-", "-d", tmp_path / "c.db", "--embedder", "hash:64", given=said)
    assert "2 added" in told
    assert "row broken.jpg: holds an error and no text: cannot identify image file" in told
    assert found(tmp_path / "c.db", "pelican on a rock")[0] == "pelican.jpg"


def test_the_server_shows_a_picture_as_long_as_it_is_the_one_that_was_indexed(photos: Path) -> None:
    """Its application, in this process, where the model is."""
    from starlette.testclient import TestClient

    from rag.web.app import create
    from rag.web.desk import Settings

    database, secret = photos / "p.db", "s" * 32
    rag("index", photos / "photos", "--pictures", "--embedder", "llm:lab-colours", "-d", database)
    rag("index", photos / "photos" / "notes.txt", "-d", database)
    app = create(Settings(database, model="none", secret=secret))
    headers = {"authorization": f"Bearer {secret}"}
    with TestClient(app, base_url="http://127.0.0.1", headers=headers) as client:
        hit = client.get("/api/search", params={"q": "blue", "size": 1}).json()["items"][0]
        assert (hit["key"], hit["kind"]) == ("IMG_2.png", "picture")
        address = f"/d/{hit['document']}/picture"
        assert f'src="{address}"' in client.get("/search", params={"q": "blue"}).text
        assert f'src="{address}"' in client.get(f"/d/{hit['document']}").text
        shown = client.get(address)
        assert (shown.headers["content-type"], shown.content) == ("image/png", png(COLOURS["blue"]))
        (photos / "photos" / "IMG_2.png").write_bytes(b"\x89PNG something secret")
        assert client.get(address).status_code == 404
        text = next(row["id"] for row in client.get("/api/documents").json()["items"] if row["key"] == "notes.txt")
        assert client.get(f"/d/{text}/picture").status_code == 404
