"""
One open GGUF: its metadata, text to tokens and back, a conversation to a prompt.

It does not decode anything (`context`), choose tokens (`sampler`) or know about grammars.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rag.errors import ModelError
from rag.models import hub
from rag.models.llama.library import library
from rag.models.llama.template import Template, placed
from rag.types import Message

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_SAMPLES, _SAMPLE = 64, 65536
PART = re.compile(r"(.*)-(\d{5})-of-(\d{5})\.gguf")


def fingerprint(path: Path) -> str:
    """
    sha256 over the file's size, its first megabyte (all metadata of most models) and 64 blocks spread evenly.

    A few milliseconds for a file of any size. A file that differs only between the blocks has the same fingerprint:
    weights of another training or quantisation differ everywhere, so this tells models apart, not tampering. Of a
    model in several files, all of them count.
    """
    if len(files := parts(path)) > 1:
        each = " ".join(_sampled(file) for file in files)
        return hashlib.sha256(f"gguf parts {each}".encode()).hexdigest()
    return _sampled(path)


def parts(path: Path) -> list[Path]:
    """The files of a model: NAME-00001-of-00003.gguf and the two beside it, or the one there is."""
    named = PART.fullmatch(path.name)
    if not named:
        return [path]
    return [path.with_name(f"{named[1]}-{n:05}-of-{named[3]}.gguf") for n in range(1, int(named[3]) + 1)]


def _sampled(path: Path) -> str:
    size = path.stat().st_size
    digest = hashlib.sha256(f"gguf {size} ".encode())
    with path.open("rb") as file:
        digest.update(file.read(1 << 20))
        for number in range(_SAMPLES):
            file.seek(max(0, (size - _SAMPLE) * (number + 1) // _SAMPLES))
            digest.update(file.read(_SAMPLE))
    return digest.hexdigest()


def located(name: str | Path) -> Path:
    """The file that a name means: a path, or a model that was pulled."""
    path = Path(name).expanduser()
    return path if path.exists() else hub.find(str(name)) or path


def check_file(path: Path) -> None:
    """Say plainly what is wrong with a path before llama.cpp does it in its own words."""
    if not path.exists():
        raise ModelError(f"{path}: no such model file", "Give the path of a GGUF file: llama:PATH.gguf")
    if path.is_dir():
        raise ModelError(f"{path}: is a directory, not a GGUF file", "Give the path of a GGUF file: llama:PATH.gguf")
    try:
        with path.open("rb") as file:
            magic = file.read(4)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}", "Check the file's permissions.") from error
    if magic != b"GGUF":
        raise ModelError(f"{path}: is not a GGUF file (it begins with {magic!r})", "Get the model in GGUF format.")
    files = parts(path)
    if path != files[0]:
        raise ModelError(f"{path}: is a part of a model in {len(files)} files", f"Name the first: llama:{files[0]}")
    if missing := [file.name for file in files if not file.exists()]:
        raise ModelError(
            f"{path}: {len(missing)} of the model's {len(files)} files are missing: {missing[0]}",
            "Put all of them into the same folder.",
        )


class Model:
    """An open GGUF: its metadata, its vocabulary and its chat template."""

    def __init__(self, path: Path) -> None:
        check_file(path)
        self.path, self.lib = path, library()
        self.pointer: Any = None
        params = self.lib.llama_model_default_params()
        self.lib.rag_log.take()
        self.pointer = self.lib.llama_model_load_from_file(os.fsencode(path), params)
        if not self.pointer:
            why = self.lib.rag_log.take() or "llama.cpp gives no reason"
            raise ModelError(
                f"{path}: cannot be loaded: {why}", "The file may be cut off or too new; download it again."
            )
        self.vocab = self.lib.llama_model_get_vocab(self.pointer)
        self.size = int(self.lib.llama_vocab_n_tokens(self.vocab))
        self.trained_context = int(self.lib.llama_model_n_ctx_train(self.pointer))
        self.parameters = int(self.lib.llama_model_n_params(self.pointer))
        self.architecture = self.meta("general.architecture")
        self.end = self._end()
        self._pieces: dict[int, bytes] = {}
        self._ends: dict[int, bool] = {}
        self._first: Any = None
        self._template: Template | None = None

    def close(self) -> None:
        if self.pointer:
            self.lib.llama_model_free(self.pointer)
            self.pointer = self.vocab = None

    def meta(self, key: str) -> str:
        """A metadata value as text; "" if the file has none."""
        size = 256
        while True:
            buffer = ctypes.create_string_buffer(size)
            length = self.lib.llama_model_meta_val_str(self.pointer, key.encode(), buffer, size)
            if length < 0:
                return ""
            if length < size:
                return buffer.value.decode("utf-8", "replace")
            size = length + 1

    @property
    def pooling(self) -> str:
        """How the model pools its vectors ("1" mean, "2" first token, …); "" or "0" for one that generates."""
        return self.meta(f"{self.architecture}.pooling_type")

    def is_embedder(self) -> bool:
        return self.pooling not in ("", "0") or "bert" in self.architecture

    def _end(self) -> int:
        """A token that ends a reply; -1 if the model has none."""
        tokens = (int(self.lib.llama_vocab_eot(self.vocab)), int(self.lib.llama_vocab_eos(self.vocab)))
        return next((token for token in tokens if token >= 0 and self.lib.llama_vocab_is_eog(self.vocab, token)), -1)

    def is_eog(self, token: int) -> bool:
        """Whether a token ends a reply."""
        known = self._ends.get(token)
        if known is None:
            known = self._ends[token] = bool(self.lib.llama_vocab_is_eog(self.vocab, token))
        return known

    def first_tokens(self) -> NDArray[np.int64]:
        """One token for each byte that a text can begin with: what no grammar admits of them, it admits of no token."""
        if self._first is None:
            import numpy as np

            missing = {9, 10, 13, *range(0x20, 0x7F), *range(0xC2, 0xF5)}
            found, longer = [], []
            for token in range(self.size):
                piece = self.piece(token)
                if len(piece) == 1 and piece[0] in missing:
                    missing.remove(piece[0])
                    found.append(token)
                elif piece:
                    longer.append(token)
                if not missing:
                    break
            found += [token for token in longer if self.piece(token)[0] in missing]  # a vocabulary without that byte
            self._first = np.array(found, dtype=np.int64)
        first: NDArray[np.int64] = self._first
        return first

    def tokens(self, text: str, *, special: bool = False, begin: bool = False) -> list[int]:
        """Text to tokens. `special`: the names of special tokens stand for them. `begin`: with the model's BOS."""
        data = text.encode("utf-8", "replace")
        size = len(data) + 8
        buffer = (ctypes.c_int32 * size)()
        length = self.lib.llama_tokenize(self.vocab, data, len(data), buffer, size, begin, special)
        if length < 0:
            size = -length
            buffer = (ctypes.c_int32 * size)()
            length = self.lib.llama_tokenize(self.vocab, data, len(data), buffer, size, begin, special)
        return buffer[:length]

    def piece(self, token: int) -> bytes:
        """The bytes of a token; none for control tokens, which are no text."""
        known = self._pieces.get(token)
        if known is None:
            buffer = ctypes.create_string_buffer(256)
            length = self.lib.llama_token_to_piece(self.vocab, token, buffer, 256, 0, False)
            if length < 0:
                buffer = ctypes.create_string_buffer(-length)
                length = self.lib.llama_token_to_piece(self.vocab, token, buffer, -length, 0, False)
            known = self._pieces[token] = buffer.raw[: max(0, length)]
        return known

    def _chat_template(self) -> Template:
        if self._template is None:
            source = self.meta("tokenizer.chat_template")
            self._template = Template(self.path.name, source, self._named("bos"), self._named("eos"))
        return self._template

    def _named(self, which: str) -> str:
        """The text of a special token ("bos", "eos"); "" if the model has none."""
        token = getattr(self.lib, f"llama_vocab_{which}")(self.vocab)
        text = self.lib.llama_vocab_get_text(self.vocab, token) if token >= 0 else b""
        return (text or b"").decode("utf-8", "replace")

    def prompt(self, messages: Sequence[Message]) -> list[int]:
        """
        The tokens of a conversation in the model's own chat template, up to where its reply begins.

        Special tokens come from the template only: a document that contains "<|im_end|>" gets it as plain text.
        """
        template = self._chat_template()
        text = template.render(messages)
        begin = bool(self.lib.llama_vocab_get_add_bos(self.vocab)) and not (
            template.bos and text.startswith(template.bos)
        )
        if all(self.tokens(m.content) == self.tokens(m.content, special=True) for m in messages):
            return self.tokens(text, special=True, begin=begin)
        found, at = self.tokens("", begin=begin), 0
        for message in messages:
            place = placed(message.content, text, at)
            if place is None:
                raise ModelError(
                    f"{self.path.name}: a message holds special tokens of this model and its template rewrites them",
                    "Remove the special tokens from the text.",
                )
            found += self.tokens(text[at : place[0]], special=True) + self.tokens(text[slice(*place)])
            at = place[1]
        return found + self.tokens(text[at:], special=True)
