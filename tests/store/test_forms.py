"""Vectors as float16 or float32: what is found, what other programs read, changing from one to the other."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import numpy as np
import pytest

from rag import Index
from rag.app.optimize import optimize
from rag.doctor import examine
from rag.errors import DatabaseError, InputError
from rag.ranking import Ranked
from rag.store import forms, vectors

WORDS = ["bees", "dance", "flowers", "onions", "soup", "garden", "bread", "oven", "lake", "stone", "winter", "river"]


class Note:
    def __init__(self, number: int) -> None:
        self.key = f"{number}.txt"
        self.text = " ".join(WORDS[number * step % len(WORDS)] for step in (1, 2, 3, 5, 7)) + f" thing{number}."
        self.stamp = ""

    def read(self) -> list[object]:
        from rag.types import Document

        return [Document("notes", self.key, self.text, f"Note {number_of(self.key)}")]


def number_of(key: str) -> int:
    return int(key.partition(".")[0])


def made(path: Path, form: str = "") -> Index:
    index = Index(path, "hash:64", create=True, store_vectors=form)
    index.add("notes", [Note(number) for number in range(20)])
    return index


def found(index: Index) -> Ranked:
    return index.by_vectors("where do bees dance in the garden", 20)


def test_halves_find_what_floats_find(tmp_path: Path) -> None:
    with made(tmp_path / "f32.db", "f32") as floats, made(tmp_path / "f16.db") as halves:
        assert (vectors.form(floats.db), vectors.form(halves.db)) == ("f32", "f16")
        one, other = dict(found(floats)), dict(found(halves))
        assert one.keys() == other.keys()
        assert max(abs(one[number] - other[number]) for number in one) < 1e-3
        sizes = [index.db.value("select max(length(data)) from vector") for index in (floats, halves)]
        assert sizes == [256, 128]


def test_another_program_reads_float32_of_both(tmp_path: Path) -> None:
    """With the sqlite3 of Python alone; numpy says what a float16 is."""
    for form in ("f16", "f32"):
        with made(tmp_path / f"{form}.db", form) as index:
            # ±0, ±1, the least of normal form, the largest
            rare = np.zeros((1, 64), dtype="<f2")
            rare[0, :6] = [0.0, -0.0, 1, -1, 2.0**-14, 65504]
            if form == "f16":
                with index.db.transaction():
                    index.db.execute(
                        "update vector set data = ? where hash = (select hash from passage_window where id = 1)",
                        (rare.tobytes(),),
                    )
        other = sqlite3.connect(tmp_path / f"{form}.db")
        rows = other.execute(
            "select e.embedding, v.data from embeddings e join vector v on v.hash = e.content_hash"
        ).fetchall()
        other.close()
        assert len(rows) == 20
        for given, stored in rows:
            assert given == vectors.decoded(stored, 64).astype("<f4").tobytes()


def test_changing_the_form_can_be_stopped_and_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "x.db"
    with made(path, "f32") as index:
        before = dict(found(index))
        monkeypatch.setattr(forms, "STEP", 7)
        read, calls = forms.sound, iter(range(100))

        def stopping(*given: object) -> bytes:
            if next(calls) == 10:
                raise KeyboardInterrupt
            return read(*given)  # type: ignore[arg-type]

        with monkeypatch.context() as patched:
            patched.setattr(forms, "sound", stopping)
            with pytest.raises(KeyboardInterrupt):
                forms.convert(index.db, "f16")
        assert index.db.value("select count(distinct length(data)) from vector") == 2  # some of each
        assert dict(found(index)) == pytest.approx(before, abs=1e-3)
        rows = {row["what"]: row for row in optimize(index, store_vectors="f16")}
        assert rows["bytes of main file"]["before"] > 0
        assert index.db.value("select count(*) from vector where length(data) != 128") == 0
        assert dict(found(index)) == pytest.approx(before, abs=1e-3)
        assert [finding for finding in examine(index.db, deep=True) if finding.problem] == []
        assert forms.convert(index.db, "f32") == 40  # windows and titles
        assert dict(found(index)) == pytest.approx(before, abs=1e-3)


def test_a_form_is_chosen_once(tmp_path: Path) -> None:
    made(tmp_path / "x.db", "f16").close()
    with pytest.raises(DatabaseError, match="stores vectors as f16, not f32") as error:
        Index(tmp_path / "x.db", store_vectors="f32")
    assert "--store-vectors f32" in (error.value.hint or "")
    with pytest.raises(InputError, match="f8"):
        Index(tmp_path / "y.db", "hash:64", create=True, store_vectors="f8")
    Index(tmp_path / "x.db", store_vectors="f16").close()


def test_a_flipped_bit_of_a_half_is_found(tmp_path: Path) -> None:
    with made(tmp_path / "x.db") as index:
        with index.db.transaction():
            index.db.execute("update vector set data = cast(x'ff' || substr(data, 2) as blob) where id = 3")
        assert any("1 vectors are damaged" in finding.problem for finding in examine(index.db))
