"""
The wheel works far from the checkout: it carries its data, and nothing in it reaches for the network.

A real build, a real virtual environment in a temporary folder. Other packages come from the environment that runs the
tests (a path line in a .pth file, which leaves our own editable installation out); `rag` comes from the wheel alone.
Every process of it refuses connections, and runs without a network where the system lets an ordinary user do that.
"""

from __future__ import annotations

import json
import os
import shutil
import site
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import jsonschema
import pytest

from rag import __version__

ROOT = Path(__file__).parent.parent
GUARD = """
import os, sys

def refuse(event, args):
    if event == "socket.getaddrinfo" and args[0] in ("127.0.0.1", "localhost", "::1"):
        return  # servers of models on this machine are looked for by their addresses
    if event == "socket.connect" and isinstance(args[1], tuple) and args[1][0] in ("127.0.0.1", "::1"):
        return
    if event in ("socket.getaddrinfo", "socket.gethostbyname", "socket.connect", "socket.sendto"):
        os.write(2, f"REACHED FOR THE NETWORK: {event} {args}\\n".encode())
        os._exit(99)

sys.addaudithook(refuse)
"""
LETTER = """# The harbour

The ferry to the island leaves at seven in the morning. In winter it leaves at nine.

## Tickets

- A ticket costs four crowns.
- Dogs travel free of charge.
"""


def build(folder: Path, *flags: str) -> Path:
    command = [sys.executable, "-m", "build", "--no-isolation", *flags, "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, check=True, capture_output=True, text=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel that a package index would give: made from the sdist, not from the checkout."""
    return build(tmp_path_factory.mktemp("dist"))


class Home:
    """A virtual environment with the wheel, in a folder of its own, with a home folder that has no caches."""

    def __init__(self, folder: Path, wheel: Path) -> None:
        self.folder = folder
        venv.create(folder / "venv", with_pip=False)
        self.bin = folder / "venv" / "bin"
        (packages,) = (folder / "venv" / "lib").glob("python*/site-packages")
        (packages / "others.pth").write_text("\n".join(site.getsitepackages()) + "\n")
        (packages / "guard.py").write_text(GUARD)
        (packages / "zz_guard.pth").write_text("import guard\n")
        pip = [sys.executable, "-m", "pip", "--python", str(self.bin / "python"), "install", "-q"]
        subprocess.run([*pip, "--no-index", "--no-deps", str(wheel)], check=True, capture_output=True)
        kept = {name: value for name, value in os.environ.items() if name in ("PATH", "LANG", "LC_ALL", "TMPDIR")}
        self.environment = {**kept, "HOME": str(folder), "OMP_NUM_THREADS": "1"}
        unshare = shutil.which("unshare")
        alone = [unshare, "--map-root-user", "--net"] if unshare else []
        works = alone and subprocess.run([*alone, "true"], check=False, capture_output=True).returncode == 0
        self.prefix = alone if works else []

    def run(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        command = [*self.prefix, str(self.bin / words[0]), *words[1:]]
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert not check or done.returncode == 0, done.stdout + done.stderr
        return done


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory, wheel: Path) -> Home:
    made = Home(tmp_path_factory.mktemp("home"), wheel)
    (made.folder / "notes").mkdir()
    (made.folder / "notes" / "harbour.md").write_text(LETTER)
    return made


def test_the_wheel_carries_prompts_grammars_and_schema(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
        assert len(names) == len(set(names))
        wanted = {f"rag/data/{file.relative_to(ROOT)}": file for file in (ROOT / "prompts").glob("*.txt")}
        wanted |= {f"rag/data/{file.relative_to(ROOT)}": file for file in (ROOT / "grammars").glob("*.gbnf")}
        assert len(wanted) >= 3
        wanted |= {
            f"rag/{name}": ROOT / "rag" / name
            for name in ("data/answer.schema.json", "models/minilm/vocab.txt", "models/minilm/LICENSE")
        }
        for name, file in wanted.items():
            assert archive.read(name) == file.read_bytes(), name
        tops = {name.split("/")[0] for name in names}
        made = f"chapterverse-{__version__}"
        assert tops == {"rag", f"{made}.dist-info", f"{made}.data"}
        assert [name for name in names if name.startswith(f"{made}.data")] == [f"{made}.data/data/share/man/man1/rag.1"]


def test_the_checkout_and_the_sdist_make_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    def members(path: Path) -> dict[str, int]:
        with zipfile.ZipFile(path) as archive:
            return {member.filename: member.CRC for member in archive.infolist()}

    assert members(build(tmp_path, "--wheel")) == members(wheel)


def test_rag_is_the_one_of_the_wheel(home: Home) -> None:
    where = home.run("python", "-c", "import rag; print(rag.__file__)").stdout
    assert Path(where.strip()).is_relative_to(home.folder)
    assert home.run("rag", "--version").stdout == f"rag {__version__}\n"


def test_the_guard_stands(home: Home) -> None:
    """A connection ends the process: what the other tests here show is not an accident."""
    code = "import urllib.request; urllib.request.urlopen('http://192.0.2.1/', timeout=1)"
    assert home.run("python", "-c", code, check=False).returncode == 99


def test_index_search_and_ask_without_a_model(home: Home) -> None:
    home.run("rag", "index", "notes", "--embedder", "hash:64", "-d", "hash.db")
    found = json.loads(home.run("rag", "search", "do dogs travel free", "-d", "hash.db", "-f", "json").stdout)
    assert "Dogs travel free" in found[0]["content"]
    text = home.run("rag", "ask", "Do dogs pay?", "--model", "none", "-d", "hash.db", "-f", "json").stdout
    check_answer(home, json.loads(text))


def check_answer(home: Home, answer: dict[str, object]) -> None:
    code = "import rag, pathlib; print((pathlib.Path(rag.__file__).parent / 'data/answer.schema.json').read_text())"
    jsonschema.validate(answer, json.loads(home.run("python", "-c", code).stdout))
    assert answer["answerable"] is True
    for citation in answer["citations"]:  # type: ignore[attr-defined]
        assert LETTER[citation["start"] : citation["end"]] == citation["quote"]


def test_help_models_and_doctor_need_no_network(home: Home) -> None:
    home.run("rag", "index", "notes", "--embedder", "hash:64", "-d", "sound.db")
    assert "PROBLEM" not in home.run("rag", "doctor", "-d", "sound.db").stdout
    assert "Commands:" in home.run("rag", "--help").stdout
    assert "smollm2" in home.run("rag", "models").stdout


def test_tokens_are_counted_without_the_network(home: Home) -> None:
    code = "from rag.models.hosted.tiktokens import count_text; print(count_text('The ferry leaves at seven.'))"
    assert int(home.run("python", "-c", code).stdout) == 6


@pytest.mark.model
def test_the_bundled_models_answer_without_the_network(home: Home) -> None:
    home.run("rag", "index", "notes", "-d", "real.db")
    text = home.run("rag", "ask", "When does the ferry to the island leave?", "-d", "real.db", "-f", "json").stdout
    answer = json.loads(text)
    check_answer(home, answer)
    assert answer["model"] == "smollm2"
    assert "The ferry to the island leaves at seven in the morning." in answer["citations"][0]["quote"]


def test_the_source_package_passes_its_own_tests(wheel: Path, tmp_path: Path) -> None:
    """Unpacked, without git and without links to what lies elsewhere: what needs no model and no build, for brevity."""
    (packed,) = wheel.parent.glob("*.tar.gz")
    shutil.unpack_archive(packed, tmp_path, filter="data")
    (tree,) = tmp_path.iterdir()
    for name in ("Makefile", ".ci/setup", "requirements/lock.txt", "CONTRIBUTING.md", "rag/py.typed"):
        assert (tree / name).is_file(), name
    paths = os.pathsep.join([str(tree), *site.getsitepackages()])
    environment = {**os.environ, "PYTHONPATH": paths, "PYTHONSAFEPATH": "1"}
    chosen = ["tests/test_house.py", "tests/ask", "tests/evaluate/test_suites.py", "tests/extract/test_windows.py"]
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "not model", *chosen]
    done = subprocess.run(command, cwd=tree, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
