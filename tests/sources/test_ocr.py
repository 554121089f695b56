"""OCR: off unless it is asked for; what is scanned is told, or read with its pages known. Tesseract is the system's."""

import io
import shutil
from pathlib import Path

import pypdfium2
import pytest
from test_sources import Shell
from test_sources_pdf import at, drawn

from rag.errors import InputError
from rag.sources import files, formats, pdf, pictures

WORDS = ["The harbour was built in the year of the flood.", "Its quay could not bear the weight", "of the merchandise."]
PAGE = [at(760, WORDS[0], size=14), at(720, WORDS[1], size=14), at(703, WORDS[2], size=14)]
has_tesseract = pytest.mark.skipif(shutil.which("tesseract") is None, reason="Tesseract is not installed (apt, brew)")


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    return Shell(tmp_path)


def picture(dpi: int = 200) -> bytes:
    """The page as a picture."""
    saved = io.BytesIO()
    with pypdfium2.PdfDocument(drawn(PAGE)) as document:
        document[0].render(scale=dpi / 72).to_pil().save(saved, "PNG")
    return saved.getvalue()


def scanned(*pages: list[tuple[str, float, str, float, float]]) -> bytes:
    """A PDF whose first page is a picture of PAGE; the others are set."""
    from PIL import Image

    saved = io.BytesIO()
    Image.open(io.BytesIO(picture())).save(saved, "PDF", resolution=200)
    if pages:
        with pypdfium2.PdfDocument(saved.getvalue()) as first, pypdfium2.PdfDocument(drawn(*pages)) as rest:
            first.import_pages(rest)
            saved = io.BytesIO()
            first.save(saved)
    return saved.getvalue()


def test_without_it_scans_and_pictures_are_told(shell: Shell) -> None:
    folder = shell.folder / "scans"
    folder.mkdir()
    (folder / "all.pdf").write_bytes(scanned())
    (folder / "half.pdf").write_bytes(scanned([at(700, "A page that was set.")]))
    (folder / "page.png").write_bytes(picture())
    done = shell.run("index", "scans", "-v")
    assert "all.pdf has 1 pages and no text: it is scanned" in done.stderr
    assert "pages without text: half.pdf: page 1; --ocr reads scans" in done.stderr
    assert "skipped: 1 pictures" in done.stdout
    assert shell.texts() == {"half.pdf": "A page that was set."}
    walk = files([folder / "page.png"])
    assert list(walk) == []
    assert "--ocr" in walk.problems[0][1]


@has_tesseract
def test_with_it_they_are_read(shell: Shell) -> None:
    folder = shell.folder / "scans"
    folder.mkdir()
    (folder / "half.pdf").write_bytes(scanned([at(700, "A page that was set.")]))
    (folder / "page.png").write_bytes(picture())
    shell.run("index", "scans")
    done = shell.run("index", "scans", "--ocr")  # what was read without it is read again
    assert done.stdout.startswith("1 added, 1 changed")
    texts = shell.texts()
    assert texts["page.png"].split() == " ".join(WORDS).split()
    assert texts["half.pdf"].startswith(texts["page.png"])
    assert texts["half.pdf"].endswith("A page that was set.")
    assert shell.run("index", "scans", "--ocr").stdout.startswith("0 added, 0 changed, 0 removed, 2 unchanged")
    assert shell.run("index", "--all").stdout.startswith("0 added, 0 changed, 0 removed, 2 unchanged")  # remembered


@has_tesseract
def test_pages_that_were_read_so_are_known() -> None:
    (document,) = pdf.read(scanned([at(700, "A page that was set.")]), "a.pdf", "s", language="eng")
    assert document.meta["ocr"] == "eng"
    assert document.meta["ocr_pages"] == [1]
    assert document.text[document.meta["pages"][1] :] == "A page that was set."


@has_tesseract
def test_a_language_that_is_not_there_is_told() -> None:
    with pytest.raises(InputError, match="could not be read by Tesseract") as error:
        pictures.read(picture(), "a.png", "s", language="xyz")
    assert "tesseract --list-langs" in error.value.hint


def test_without_tesseract_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    for read, data in ((pictures.read, picture()), (pdf.read, scanned())):
        with pytest.raises(InputError, match="Tesseract is not installed") as error:
            read(data, "a-file", "s", language="eng")
        assert "apt install tesseract-ocr" in error.value.hint


@pytest.mark.parametrize("data", [b"", b"\x89PNG\r\n\x1a\n", b"GIF89a" + b"\0" * 50, picture()[:200]])
def test_pictures_that_are_none_are_refused(data: bytes) -> None:
    with pytest.raises(InputError, match=r"not a picture, or damaged"):
        formats.reader("picture", "eng")(data, "a.png", "s")
