"""Search by words in every language and notation: our own sets, and kinds that users of other tools reported."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rag import Index
from rag.sources import files
from rag.store import Database
from rag.store.schema import MIGRATIONS
from rag.types import Document

SETS = Path(__file__).parents[2] / "eval" / "languages"


class Text:
    """A document as something to index."""

    def __init__(self, document: Document) -> None:
        self.document, self.key, self.stamp = document, document.key, ""

    def read(self) -> list[Document]:
        return [self.document]


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    with Index(tmp_path / "x.db", "hash:64", create=True) as opened:
        yield opened


def put(index: Index, **texts: str) -> None:
    filler = {f"f{n}": f"Filler note number {n} about gardening, soil, rain and the weather." for n in range(12)}
    index.add("s", [Text(Document("s", key, text)) for key, text in {**texts, **filler}.items()])


def first(index: Index, question: str, mode: str = "words") -> str:
    hits = index.search(question, 1, mode=mode)
    assert all(hit.passage.document.text[hit.passage.start : hit.passage.end] == hit.passage.text for hit in hits)
    return hits[0].passage.document.key if hits else ""


@pytest.mark.parametrize("language", ["ar", "de", "ja", "zh"])
def test_words_alone_find_nine_of_ten_among_the_first_five(index: Index, language: str) -> None:
    rows = [json.loads(line) for line in (SETS / language / "corpus.jsonl").read_text("utf-8").splitlines()]
    index.add("s", [Text(Document("s", row["id"], row["text"])) for row in rows], kind="evaluation")
    questions = [json.loads(line) for line in (SETS / language / "queries.jsonl").read_text("utf-8").splitlines()]
    right = dict(line.split("\t")[:2] for line in (SETS / language / "qrels.tsv").read_text().splitlines()[1:])
    found = [
        right[one["id"]] in [hit.passage.document.key for hit in index.search(one["text"], 5, mode="words")]
        for one in questions
    ]
    assert len(found) == 40
    assert sum(found) >= 36


@pytest.mark.parametrize(("text", "questions"), [
    ("会議は来週の火曜日に東京本社で開催されます。予算案の資料を事前に確認してください。",
     ["予算案", "東京", "火曜日に", "会"]),
    ("我们的数据库检索系统支持全文搜索，备份每天凌晨三点运行。", ["数据库", "备份", "凌晨", "数据库备份"]),
    ("서울사무소의 와이파이비밀번호는 게시판에 있습니다. 회의록은 서버에 저장됩니다.", ["회의록", "비밀번호", "서울"]),
    ("การประชุมครั้งต่อไปจะจัดขึ้นที่กรุงเทพในวันศุกร์หน้า", ["กรุงเทพ", "วันศุกร์", "ประชุม"]),
    ("ການປະຊຸມຈະຈັດຂຶ້ນທີ່ວຽງຈັນ", ["ວຽງຈັນ"]),
    ("ကျောင်းသားများသည် ရန်ကုန်မြို့တွင် နေထိုင်သည်", ["ရန်ကုန်"]),
    ("កិច្ចប្រជុំនឹងធ្វើនៅភ្នំពេញថ្ងៃសុក្រ", ["ភ្នំពេញ"]),
    ("हिन्दी में किताबें पुस्तकालय में हैं", ["किताबें", "पुस्तकालय"]),
    ("كِتَابُ الطَّبْخِ عَلَى الرَّفِّ", ["كتاب", "الكتاب", "طبخ"]), ("סֵפֶר הַבִּשּׁוּל עַל הַמַּדָּף", ["ספר", "המדף"]),
    ("The ﬁnal oﬃce report is in the cabinet.", ["final", "office"]),
    ("Ｐｙｔｈｏｎ の 設定 ファイル", ["Python", "設定"]),
    ("Die Straße in Łódź; smørrebrød.", ["Strasse", "STRASSE", "Lodz", "smorrebrod"]),
    ("The co\u00adopera\u00adtion zone\u200bs", ["cooperation", "zones"]),
    ("Cafe\u0301 and naïveté", ["café", "naivete"]),
    ("Die Krankenversicherungsbeiträge steigen.", ["Versicherung", "Beiträge", "Krankenversicherung"]),
])  # fmt: skip
def test_a_word_is_found_in_any_script(index: Index, text: str, questions: list[str]) -> None:
    put(index, right=text)
    assert {question: first(index, question) for question in questions} == dict.fromkeys(questions, "right")


@pytest.mark.parametrize("mode", ["words", "hybrid"])
@pytest.mark.parametrize(("texts", "asked"), [
    ({"a": "Release 2.10.1 fixes the login page.", "b": "Release 1.2.10 fixes it.", "c": "Release 1.10.2 fixes it.",
      "d": "Release v2.1 is old.", "e": "Release 3.2.1 is new."},
     {"2.10.1": "a", "1.2.10": "b", "release 1.10.2": "c", "2.1": "d", "v3.2.1": "e"}),
    ({"c": "C is a language, C is old, C is small.", "cpp": "Templates are a part of C++ since long.",
      "cs": "Properties are a part of C# since long.", "fs": "F# has units of measure.",
      "net": "Programs for .NET need a runtime.", "mesh": "A net is a mesh, a net for fish, a net."},
     {"C++": "cpp", "C#": "cs", "F#": "fs", ".NET": "net"}),
    ({"mail": "Write to jane.doe@example.org for access.", "jane": "Jane Doe wrote. Example org, jane, doe, example."},
     {"jane.doe@example.org": "mail"}),
    ({"path": "See src/app/main.py for it.", "words": "The main app is a py thing in src; the app src is main."},
     {"src/app/main.py": "path"}),
    ({"dec": "Ticket DEC-0054 covers the hosts.", "dec2": "Ticket 0054 of DEC. In DEC 54 boxes."}, {"DEC-0054": "dec"}),
    ({"dead": "The dead letter office keeps parcels that nobody claims, next to the old market hall.",
      "other": "Office hours: the letter about the dead tree came to the office; a letter of a dead office."},
     {'"dead letter office"': "dead", "“dead letter office”": "dead", "„dead letter office“": "dead",
      "«dead letter office»": "dead", "what is the »dead letter office« for": "dead"}),
    ({"ja": "予算の案を東京で。予算案は会議で。", "jb": "予算、案、会議、予算、案、会議。"},
     {"「予算案は会議」": "ja"}),
])  # fmt: skip
def test_what_stands_as_it_was_asked_comes_first(
    index: Index, mode: str, texts: dict[str, str], asked: dict[str, str]
) -> None:
    put(index, **texts)
    assert {question: first(index, question, mode) for question in asked} == asked


def test_files_are_found_by_the_words_of_their_names_and_folders(index: Index, tmp_path: Path) -> None:
    folder = tmp_path / "notes"
    for name in ("kitchen/breadRecipes.txt", "garage/tyres_winter.txt", "x/übersicht.txt"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("Nothing of this is named inside.\n")
    index.add("notes", files([folder]))
    for question, key in (
        ("kitchen", "kitchen/breadRecipes.txt"), ("recipes", "kitchen/breadRecipes.txt"),
        ("tyres_winter.txt", "garage/tyres_winter.txt"), ("ubersicht", "x/übersicht.txt"),
    ):  # fmt: skip
        assert first(index, question) == key


def test_an_index_of_before_is_folded_in_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "old.db"
    with monkeypatch.context() as patched:
        patched.setattr("rag.store.migrating.MIGRATIONS", [step for step in MIGRATIONS if step < "010"])
        with Database(path, create=True) as db, db.transaction():
            db.execute("insert into source (id, name) values (1, 's')")
            for number, text in enumerate(("予算案の資料", "Die Krankenversicherungsbeiträge", "plain words"), 1):
                db.execute(
                    "insert into document (id, source_id, key, text, hash, indexed) values (?, 1, ?, ?, '', '')",
                    (number, f"k{number}", text),
                )
                db.execute(
                    'insert into passage (id, document_id, seq, start, "end", text, hash) values (?, ?, 0, 0, ?, ?, ?)',
                    (number, number, len(text), text, str(number)),
                )
    with Index(path, "hash:64") as index:
        assert [first(index, word) for word in ("予算案", "Versicherung", "words", "k3")] == ["k1", "k2", "k3", "k3"]
        assert index.db.value("select count(*) from passage where folded is not null") == 1
        index.db.execute("insert into passage_fts(passage_fts, rank) values ('integrity-check', 1)")
        index.db.execute("delete from passage")
        index.db.execute("insert into passage_fts(passage_fts, rank) values ('integrity-check', 1)")
        assert first(index, "words") == ""


@pytest.mark.parametrize(("windows", "expected"), [(True, 4), (False, 1)])
def test_an_embedder_says_whether_it_wants_windows_or_whole_passages(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, windows: bool, expected: int
) -> None:
    monkeypatch.setattr("rag.models.hashing.HashingEmbedder.windows", windows)
    text = " ".join(f"Sentence number {n} says something about a subject and nothing else." for n in range(20))
    with Index(tmp_path / "x.db", "hash:64", create=True) as index:
        index.add("s", [Text(Document("s", "long", text))])
        spans = list(index.db.execute('select start, "end" from passage_window order by seq'))
        assert index.search("subject nineteen", mode="vectors")[0].passage.document.key == "long"
    assert len(spans) >= expected if windows else spans == [(0, len(text))]


@pytest.mark.parametrize("mode", ["words", "hybrid"])
def test_a_phrase_comes_first_though_hundreds_of_passages_have_more_of_the_words(index: Index, mode: str) -> None:
    many = {f"m{n}": "Amber birch cedar dune ember fjord." for n in range(210)}
    more = {f"n{n}": "Nothing of this is asked for." for n in range(520)}
    long = "Something else is told here at length, about boats and ropes and the price of herring. " * 9
    put(index, **many, **more, right=f"{long} The quiet lamp was lit. {long}")
    assert first(index, 'amber birch cedar dune ember fjord "quiet lamp"', mode) == "right"
