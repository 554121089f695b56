"""
What is fuzzed: each target takes bytes, ends with a result that holds what it promises or with an error of ours.

Anything else that it raises, and a promise that does not hold, is a fault. Nothing here knows a fuzzer: the tests give
the same targets their own bytes.
"""

from __future__ import annotations

import json
import os
import sqlite3
import sys
import tempfile
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "eval"), str(ROOT / "tests" / "sources")]

import fuzz_sources  # noqa: E402
import rules  # noqa: E402
from readers import VARIANTS  # noqa: E402

from rag import chunking, config, folding, ranking, sentences, structure  # noqa: E402
from rag.ask import about, excerpts, pieces  # noqa: E402
from rag.errors import RagError  # noqa: E402
from rag.gbnf import expressions, reader  # noqa: E402
from rag.grammar.regular import automaton, regex  # noqa: E402
from rag.models.hosted import completion  # noqa: E402
from rag.store import conditions, leaves  # noqa: E402
from rag.types import Document, Hit  # noqa: E402

Target = Callable[[bytes], object]
KINDS = ("text", "markdown", "code")


def _document(data: bytes) -> tuple[Document, int]:
    """The first two bytes say how the rest is read: its kind, and how long passages are."""
    head, text = data[:2].ljust(2, b"\0"), data[2:].decode("utf-8", "replace").replace("\0", "")
    return Document("s", "k", text, "A title", kind=KINDS[head[0] % 3]), 40 + 8 * head[1]


def _verbatim(text: str, start: int, end: int, quoted: str) -> None:
    assert 0 <= start < end <= len(text)
    assert text[start:end] == quoted


def chunk(data: bytes) -> None:
    """Passages are verbatim, in order, and nothing but white space and headings lies between them."""
    document, target = _document(data)
    end = 0
    for passage in chunking.split(document, target):
        _verbatim(document.text, passage.start, passage.end, passage.text)
        assert passage.start >= end
        if document.kind != "markdown":
            assert not document.text[end : passage.start].strip()
        end = passage.end
        for first, last in chunking.windows(passage):
            assert 0 <= first < last <= len(passage.text)
    assert document.kind == "markdown" or not document.text[end:].strip()


def sentence(data: bytes) -> None:
    """The units of a text are in order, within it, not empty."""
    document, _ = _document(data)
    end = 0
    for span in sentences.spans(document.text, document.kind):
        assert end <= span.start < span.end <= len(document.text)
        end = span.end


def structured(data: bytes) -> None:
    """The parts of a file with a structure come in order and are all of it."""
    language = structure.LANGUAGES[(data[0] if data else 0) % len(structure.LANGUAGES)]
    text = data[1:].decode("utf-8", "replace")
    found, end = structure.parts(text, language), 0
    for part in found:
        assert part.start == end < part.end
        end = part.end
    assert not found or not text[end:].strip()
    document = Document("s", "a", text, kind="code", meta={"language": language})
    passages = chunking.split(document, 200)
    for passage in passages:
        _verbatim(text, passage.start, passage.end, passage.text)
    for piece in pieces.pieces([Hit(passage, 1.0) for passage in passages[:6]]):
        _verbatim(text, piece.start, piece.end, piece.text)


def excerpt(data: bytes) -> None:
    """What is quoted of a document stands there; the question is its first line."""
    document, target = _document(data)
    question = document.text.partition("\n")[0][:200]
    hits = [Hit(passage, 1 / n) for n, passage in enumerate(chunking.split(document, target)[:8], 1)]
    for cited in excerpts.chosen(question, excerpts.weighed(question, hits, None)):
        _verbatim(document.text, cited.start, cited.end, cited.quote)


def grammar(data: bytes) -> None:
    """What can be read of GBNF is written so that it is read as the same."""
    body = reader.read(data.decode("utf-8", "replace"))
    written = expressions.write_rules(list(body), body)
    again = reader.read(written)
    assert list(again) == list(body)
    assert expressions.write_rules(list(again), again) == written


def pattern(data: bytes) -> None:
    """A pattern becomes an automaton of bounded size, or what is wrong with it is said."""
    text = data.decode("utf-8", "replace")
    for sense in ("lower", "upper"):
        automaton.search(text, sense)  # type: ignore[arg-type]


HEAD = [Hit(passage, 1.0) for passage in chunking.split(Document("s", "a.md", "By Ada", author="Ada", date="2025"))]


def question(data: bytes) -> None:
    """What is looked for in a question is text; a condition over metadata is read or refused."""
    text = data.decode("utf-8", "replace").replace("\0", "")
    asked = ranking.asked(text)
    for found in (*asked.phrases, *asked.names, *asked.telling, *asked.prefixes, asked.text):
        found.encode()
    about.told(text, HEAD)
    if text.strip():
        conditions.read(text)


def reply(data: bytes) -> None:
    """A reply of a server, whole and as a stream; what can be read of it is plain text."""
    text = data.decode("utf-8", "replace")
    told: list[str] = []
    whole = partial(completion.gather, text.split("\n"), told.append)
    for read in (lambda: completion.whole(completion.read(text)), whole):
        try:
            made = read()
        except (completion.Malformed, completion.Failed) as error:
            str(error).encode()
            continue
        folding.mended(made.said).encode()
        assert all(isinstance(count, int) and count >= 0 for count in made.usage.values())
    folding.mended("".join(told)).encode()


def settings(data: bytes) -> None:
    """A rag.toml is read, or refused."""
    with tempfile.TemporaryDirectory() as place:
        (Path(place) / "chapterverse").mkdir()
        (Path(place) / "chapterverse" / "rag.toml").write_bytes(data)
        there = os.getcwd()
        try:
            os.chdir(place)
            config.rows({"XDG_CONFIG_HOME": place})
            config.defaults({"XDG_CONFIG_HOME": place})
        finally:
            os.chdir(there)


def pages(data: bytes) -> None:
    """The rows of a damaged SQLite file: each is read or counted as lost."""
    found = leaves.Pages(data, 512, wal={})
    for number in range(1, min(len(found), 40) + 1):
        if found.is_leaf(number):
            for rowid, values in found.rows(number):
                assert isinstance(rowid, int)
                assert isinstance(values, list)
    found.free()
    list(found.leaves(1, set()))


REFUSALS = (RagError, regex.BadPattern, regex.Unsupported, leaves.Unreadable)


def _reading(kind: str) -> Target:
    """A reader: documents of plain text, or an error."""
    read = VARIANTS[kind].read if kind in VARIANTS else fuzz_sources.reading(kind)[0]

    def target(data: bytes) -> None:
        for document in read(data):
            assert document.text.strip()
            assert "\0" not in document.text
            for text in (document.text, document.key, document.title, document.author, document.date, document.url):
                folding.whole(text).encode()
            json.dumps(document.meta, allow_nan=False).encode()

    return target


TARGETS: dict[str, Target] = {
    "chunk": chunk, "sentence": sentence, "excerpt": excerpt, "grammar": grammar, "pattern": pattern,
    "question": question, "structured": structured, "reply": reply, "settings": settings, "pages": pages,
    **rules.TARGETS,
}  # fmt: skip
READERS = (
    "markdown", "text", "code", "html", "rst", "pdf", "docx", "pptx", "epub", "notebook", "eml", "mbox", "subtitles",
    "zip", "csv", "json", "jsonl", "sqlite", "feed", "hn", "issue", "xlsx", "ods", "rtf", "ics", "vcf", "listed",
    "gedcom", "asciidoc", "org", "latex", "man", *VARIANTS,
)  # fmt: skip


def target(name: str) -> Target:
    return TARGETS[name] if name in TARGETS else _reading(name)


def seeds(name: str) -> list[bytes]:
    """Good inputs, from which the fuzzer goes on."""
    if name in VARIANTS:
        return VARIANTS[name].seeds()
    if name in READERS:
        return fuzz_sources.reading(name)[1]()
    if name == "grammar":
        return [path.read_bytes() for path in sorted((ROOT / "grammars").glob("*.gbnf"))]
    if name in ("chunk", "sentence", "excerpt"):
        texts = [path.read_bytes()[:3000] for path in (ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "Makefile")]
        return [bytes([kind, 20]) + text for kind in range(3) for text in texts]
    return (GOOD | rules.GOOD)[name]


def _file() -> bytes:
    """A small SQLite file with long and short rows, and free pages."""
    with tempfile.TemporaryDirectory() as place, closing(sqlite3.connect(Path(place) / "a.db")) as db:
        db.execute("pragma page_size = 512")
        db.execute("create table t (id integer primary key, a, b)")
        rows = ((n, "x" * n * 9, (None, 1.5, b"b", 2**40)[n % 4]) for n in range(60))
        db.executemany("insert into t values (?, ?, ?)", rows)
        db.execute("delete from t where id % 5 = 0")
        db.commit()
        return (Path(place) / "a.db").read_bytes()


STREAM = b"""data: {"choices":[{"delta":{"role":"assistant","content":"One"}}]}

data: {"choices":[{"delta":{"content":" two"},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}

data: [DONE]
"""
WHOLE = b"""{"choices":[{"message":{"role":"assistant","content":[{"type":"text","text":"a"}],"refusal":null,
"tool_calls":[{"function":{"name":"f","arguments":"{}"}}]},"finish_reason":"length"}],"usage":{"prompt_tokens":3}}"""
GOOD = {
    "question": [
        b'What does "the index" of foo_bar.py 2.10.1 in C++ say about \xe6\x97\xa5\xe6\x9c\xac?',
        b'status = "draft" and #a/b',
    ],
    "pattern": [rb"^(?:[A-Z]{2,3}-\d+|x*?)$", rb"(?i)\p{L}+(?=a)[^\W\d_]{1,9}", rb"(?<n>a|b)\1\u{1F600}\x41[\d\s]"],
    "reply": [STREAM, WHOLE, b'{"error":{"message":"no","code":429}}'],
    "settings": [b'database = "x.db"\nmodel = "smollm2"\nk = 8\n', b"[a]\nb = 1979-05-27T07:32:00Z\n"],
    "pages": [_file()],
    "structured": [
        b"\0# a\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  a: |\n    b: c\n  - d: [e]\n"
        b"---\npaths:\n  /x:\n    get: {a: b}\n",
        b'\1{\n  "a": {\n    "b": 1\n  },\n  "c": [\n    {"name": "d"}\n  ]\n}\n',
        b"\2-- a; b\ncreate table x.y (\n  z text default 'a;b' -- c\n);\ninsert into x.y values ($q$;$q$); /* d",
    ],
}
