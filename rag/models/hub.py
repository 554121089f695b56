"""
Models of the Hugging Face hub: fetched into a folder of the user's, and found there by the name of their file.

`huggingface_hub` (the extra `hub`) knows the hub's protocol and shows how far it is. What was cut off is gone on with,
also by another process, and what arrived is checked against the hub's sha256. Nothing else in this project needs it, or
the network.
"""

from __future__ import annotations

import errno
import glob
import hashlib
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag import waiting
from rag.bounded import Budget, bind
from rag.errors import InputError, ModelError

ANSWER = 120.0  # seconds in which the hub must have said what a file is, however slowly it goes on
SLOWEST = 10_000  # bytes a second that must have arrived when a file is through
PART = re.compile(r"(.*)-\d{5}-of-(\d{5})\.gguf")


@dataclass(frozen=True, slots=True)
class Recommended:
    """A file that is worth having. `megabytes` is about its size; the hub says it exactly."""

    name: str
    repository: str
    file: str
    kind: str
    megabytes: int
    licence: str
    about: str


RECOMMENDED = (
    Recommended(
        "qwen2.5-1.5b", "Qwen/Qwen2.5-1.5B-Instruct-GGUF", "qwen2.5-1.5b-instruct-q4_k_m.gguf",
        "generator", 1117, "Apache-2.0", "answers in prose; 2 GB of memory",
    ),
    Recommended(
        "smollm2-1.7b", "HuggingFaceTB/SmolLM2-1.7B-Instruct-GGUF", "smollm2-1.7b-instruct-q4_k_m.gguf",
        "generator", 1056, "Apache-2.0", "English; 2 GB of memory",
    ),
    Recommended(
        "qwen3-4b", "Qwen/Qwen3-4B-GGUF", "Qwen3-4B-Q4_K_M.gguf",
        "generator", 2497, "Apache-2.0", "many languages; 4 GB of memory",
    ),
    Recommended(
        "nomic-embed", "nomic-ai/nomic-embed-text-v1.5-GGUF", "nomic-embed-text-v1.5.Q8_0.gguf",
        "embedder", 146, "Apache-2.0", "English, long texts",
    ),
    Recommended(
        "qwen3-embedding", "Qwen/Qwen3-Embedding-0.6B-GGUF", "Qwen3-Embedding-0.6B-Q8_0.gguf",
        "embedder", 639, "Apache-2.0", "many languages",
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Pulled:
    """A model that lies in the folder: its first file, and the bytes of all its files."""

    path: Path
    size: int
    repository: str = ""

    @property
    def name(self) -> str:
        """What it is called by: `llama:` and the name of its file."""
        return f"llama:{self.path.name}"


def folder() -> Path:
    """Where models are kept: $CHAPTERVERSE_MODELS, else the user's data folder."""
    if given := os.environ.get("CHAPTERVERSE_MODELS"):
        return Path(given).expanduser()
    data = os.environ.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "chapterverse" / "models"


def pulled() -> list[Pulled]:
    """The models in the folder, by name; what was fetched in part only is not among them."""
    found = []
    for path in sorted(folder().glob("*/*.gguf")):
        files = _files(path)
        if path == files[0] and all(file.exists() for file in files):
            size = sum(file.stat().st_size for file in files)
            found.append(Pulled(path, size, path.parent.name.replace("--", "/", 1)))
    return found


def find(name: str) -> Path | None:
    """The pulled file of this name; None if there is none. Raises ModelError if there are several."""
    found = [one.path for one in pulled() if name in (one.path.name, f"{one.repository}/{one.path.name}")]
    if len(found) > 1:
        paths = ", ".join(str(path) for path in found)
        raise ModelError(f"{name} is the name of {len(found)} models: {paths}", "Give the path: llama:PATH")
    return found[0] if found else None


def pull(name: str, *, quiet: bool = False) -> Pulled:
    """
    Fetch a recommended model by its name, or hf:OWNER/REPOSITORY/FILE.gguf; what is there already is checked only.

    Raises InputError (no such name), ModelError (the hub cannot be reached, has no such file, or sent another one).
    """
    repository, file = _meant(name)
    with _hub() as hub:
        hub.utils.disable_progress_bars() if quiet else hub.utils.enable_progress_bars()
        target = folder() / repository.replace("/", "--")
        first = target / file
        size = 0
        for part in _files(first):
            with _problems(hub, repository, part.name):
                size += _fetch(hub, repository, str(part.relative_to(target)), target)
    return Pulled(first, size, repository)


def remove(name: str) -> Pulled:
    """Delete a model that was pulled: by its file's name, or as it was pulled. Raises InputError if it is not there."""
    known = {one.name: one for one in RECOMMENDED}
    wanted = name.removeprefix("llama:")
    wanted = known[wanted].file if wanted in known else wanted.removeprefix("hf:")
    found = [one for one in pulled() if wanted in (one.path.name, f"{one.repository}/{one.path.name}")]
    if len(found) != 1:
        names = ", ".join(one.path.name for one in pulled()) or "none"
        why = f"{len(found)} models are called" if found else "no model was pulled that is called"
        raise InputError(f"{why} {wanted}", f"Pulled are: {names}")
    for file in _files(found[0].path):
        file.unlink(missing_ok=True)
        file.with_name(f".{file.name}.lock").unlink(missing_ok=True)
    return found[0]


def _meant(name: str) -> tuple[str, str]:
    """(repository, file) of a name."""
    for one in RECOMMENDED:
        if name == one.name:
            return one.repository, one.file
    parts = name.removeprefix("hf:").split("/")
    if name.startswith("hf:") and len(parts) >= 3 and all(part not in ("", ".", "..") for part in parts):
        return "/".join(parts[:2]), "/".join(parts[2:])
    names = ", ".join(one.name for one in RECOMMENDED)
    raise InputError(f"{name!r} names no model to pull", f"One of: {names}; or hf:OWNER/REPOSITORY/FILE.gguf")


def _files(path: Path) -> list[Path]:
    """The files of a model, of which `path` is one."""
    named = PART.fullmatch(path.name)
    if not named:
        return [path]
    return [path.with_name(f"{named[1]}-{n:05}-of-{named[2]}.gguf") for n in range(1, int(named[2]) + 1)]


def _fetch(hub: Any, repository: str, file: str, target: Path) -> int:
    """
    One file into a folder, checked; its size.

    The hub's own download begins anew in every process; ours goes on with what an earlier one left of the same file.
    """
    from filelock import FileLock, Timeout

    path, endpoint = target / file, os.environ.get("HF_ENDPOINT") or None
    url = hub.hf_hub_url(repository, file, endpoint=endpoint)
    with waiting.watched(urlsplit(url).netloc), _within(ANSWER):
        told = hub.get_hf_file_metadata(url, endpoint=endpoint)
    sha = (told.etag or "").lower()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{sha[:16] or 'unknown'}.part")
    try:
        with FileLock(path.with_name(f".{path.name}.lock"), timeout=0):
            if not path.exists():
                _download(hub, url, told, part)
                _check(part, sha, f"{repository}/{file}")
                part.replace(path)
                for old in path.parent.glob(f".{glob.escape(path.name)}.*.part"):
                    old.unlink()
            else:
                _check(path, sha, f"{repository}/{file}")
    except Timeout as error:
        raise ModelError(f"{path} is being pulled already", "Wait for that.") from error
    return path.stat().st_size


def _download(hub: Any, url: str, told: Any, part: Path) -> None:
    """What is missing of a file."""
    from huggingface_hub.file_download import http_get

    headers = hub.utils.build_hf_headers()
    if urlsplit(told.location).netloc != urlsplit(url).netloc:  # a store behind the hub, which gets no token
        headers.pop("authorization", None)
    have = part.stat().st_size if part.exists() else 0
    have = have if told.size and have <= told.size else 0
    with part.open("r+b" if have else "wb") as file:
        if have:
            file.seek(have)
            file.truncate()
        if have != told.size:
            shown = part.name.removeprefix(".").removesuffix(".part")
            with _within(ANSWER + ((told.size or 0) - have) / SLOWEST):
                http_get(
                    told.location,
                    file,
                    resume_size=have,
                    headers=headers,
                    expected_size=told.size,
                    displayed_filename=shown.rpartition(".")[0],
                )


def _check(path: Path, sha: str, name: str) -> None:
    """Raises ModelError, and deletes the file, if it is not what the hub says; only large files have a sha256 there."""
    if re.fullmatch(r"[0-9a-f]{64}", sha) and _sha256(path) != sha:
        path.unlink()
        raise ModelError(f"{name} arrived damaged: its sha256 is not {sha}", "Pull it again.")


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _hub() -> Iterator[Any]:
    try:
        import huggingface_hub
        import huggingface_hub.errors
        import huggingface_hub.utils
    except ImportError as error:
        raise ModelError(
            f"pulling models needs a package that is not installed: {error.name}", "pip install 'chapterverse[hub]'"
        ) from error
    huggingface_hub.set_client_factory(_client)
    yield huggingface_hub


_budget = Budget()


def _client() -> Any:
    """The hub's own client, whose exchanges end in time: it asks for one anew where a connection broke."""
    from huggingface_hub.utils._http import default_client_factory

    client = default_client_factory()
    bind(client, _budget)
    return client


@contextmanager
def _within(seconds: float) -> Iterator[None]:
    """What is asked of the hub meanwhile must be over in time, its tries together."""
    _budget.end = time.monotonic() + seconds
    try:
        yield
    finally:
        _budget.end = float("inf")


@contextmanager
def _problems(hub: Any, repository: str, file: str) -> Iterator[None]:
    """What goes wrong at the hub, in a line."""
    errors = hub.errors
    try:
        yield
    except (errors.GatedRepoError, errors.RepositoryNotFoundError) as error:
        raise ModelError(
            f"{repository} is not to be had at the hub: {_first_line(error)}",
            "Check the name; a gated model needs its terms accepted and HF_TOKEN set.",
        ) from error
    except errors.EntryNotFoundError as error:
        names = ", ".join(_ggufs(hub, repository)[:12]) or "no GGUF file"
        raise ModelError(f"{repository} has no file {file}", f"It has: {names}") from error
    except errors.HFValidationError as error:
        raise InputError(f"{repository} is not the name of a repository: {_first_line(error)}") from error
    except (errors.HfHubHTTPError, OSError) as error:
        if getattr(error, "errno", None) in (errno.ENOSPC, errno.EDQUOT):
            raise ModelError(
                f"the disk is full: {folder()} has no room for {file}",
                "Free some space, run the same command again: it goes on where it stopped.",
            ) from error
        if getattr(error, "filename", None):  # here, not at the hub
            raise InputError(
                f"{folder()} cannot be written: {_first_line(error)}",
                "Name another folder: export CHAPTERVERSE_MODELS=FOLDER",
            ) from error
        raise ModelError(
            f"{repository}/{file} could not be fetched: {_first_line(error)}",
            "Run the same command again: it goes on where it stopped.",
            retry=True,
        ) from error
    except Exception as error:  # the libraries below it raise classes of their own when a connection breaks
        if type(error).__module__.partition(".")[0] not in ("httpx", "httpcore", "requests", "urllib3"):
            raise
        raise ModelError(
            f"{repository}/{file} could not be fetched: {_first_line(error)}",
            "Run the same command again: it goes on where it stopped.",
            retry=True,
        ) from error


def _ggufs(hub: Any, repository: str) -> list[str]:
    try:
        api = hub.HfApi(endpoint=os.environ.get("HF_ENDPOINT") or None)
        with _within(ANSWER):
            names = [one.rfilename for one in api.model_info(repository).siblings or ()]
        return [name for name in names if name.endswith(".gguf")]
    except Exception:  # it is only for the hint
        return []


def _first_line(error: BaseException) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
